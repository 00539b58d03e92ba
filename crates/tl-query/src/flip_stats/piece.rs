//! What is known of a stretch of a test's executions, and how stretches are put together.
//!
//! In: executions one by one. Out: [`Pieces`], as bytes between the machines that share a query.
//! Start there. **Invariant:** what is called exact is what one pass over all executions in the
//! order of time would have counted.

/// Bytes of one piece.
const WIDTH: usize = 41;
/// Most pieces that are kept of one group before neighbours are put together.
const LIMIT: usize = 256;

/// The earliest execution was red.
const FIRST_RED: u8 = 1;
/// The latest one was red.
const LAST_RED: u8 = 2;
/// Several executions of the earliest instant were not all of one colour.
const FIRST_MIXED: u8 = 4;
/// The same of the latest instant.
const LAST_MIXED: u8 = 8;
/// Two stretches of which this one was made overlapped, so that `flips` is a guess.
const GUESSED: u8 = 16;

/// Executions that came in the order of time: how many, how many red, how often the colour changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Executions, without skipped ones.
    pub(crate) runs: u64,
    /// Red ones.
    pub(crate) red: u64,
    /// Executions of another colour than the one before.
    pub(crate) flips: u64,
    /// Earliest and latest instant, milliseconds since 1970.
    first: i64,
    last: i64,
    marks: u8,
}

impl Piece {
    /// One execution.
    fn one(at: i64, red: bool) -> Self {
        let marks = if red { FIRST_RED | LAST_RED } else { 0 };
        Self { runs: 1, red: red.into(), flips: 0, first: at, last: at, marks }
    }

    const fn is(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Whether `flips` is counted, not guessed.
    pub(crate) const fn is_exact(&self) -> bool {
        !self.is(GUESSED)
    }

    /// Adds an execution that is not earlier than the last one.
    fn push(&mut self, at: i64, red: bool) {
        let flip = red != self.is(LAST_RED);
        self.runs += 1;
        self.red += u64::from(red);
        self.flips += u64::from(flip);
        if at > self.last {
            self.marks &= !LAST_MIXED;
        } else if flip {
            self.marks |= LAST_MIXED;
            if at == self.first {
                self.marks |= FIRST_MIXED;
            }
        }
        self.marks = (self.marks & !LAST_RED) | if red { LAST_RED } else { 0 };
        self.last = at;
    }

    /// This piece and one that does not begin earlier.
    ///
    /// Exact where the other begins later than this one ends, and where they touch in one instant
    /// whose executions all have one colour: which of two came first cannot matter then.
    fn then(self, next: Self) -> Self {
        let turns = self.is(LAST_RED) != next.is(FIRST_RED);
        let touch_plainly =
            self.last == next.first && !turns && !self.is(LAST_MIXED) && !next.is(FIRST_MIXED);
        let apart = self.last < next.first || touch_plainly;
        let end = if self.last > next.last { self } else { next };
        let guessed = if apart { 0 } else { GUESSED };
        Self {
            // Saturating: the numbers may have come over a network.
            runs: self.runs.saturating_add(next.runs),
            red: self.red.saturating_add(next.red),
            flips: self.flips.saturating_add(next.flips).saturating_add(turns.into()),
            first: self.first,
            last: end.last,
            marks: (self.marks & (FIRST_RED | FIRST_MIXED))
                | (end.marks & (LAST_RED | LAST_MIXED))
                | ((self.marks | next.marks) & GUESSED)
                | guessed,
        }
    }

    fn write(&self, to: &mut Vec<u8>) {
        for number in [self.runs, self.red, self.flips] {
            to.extend_from_slice(&number.to_le_bytes());
        }
        to.extend_from_slice(&self.first.to_le_bytes());
        to.extend_from_slice(&self.last.to_le_bytes());
        to.push(self.marks);
    }

    fn read(bytes: &[u8; WIDTH]) -> Option<Self> {
        let mut words = bytes.chunks_exact(8).map(|word| {
            let word: [u8; 8] = word.try_into().unwrap_or_default();
            i64::from_le_bytes(word)
        });
        let mut count = || words.next().and_then(|word| u64::try_from(word).ok());
        let (runs, red, flips) = (count()?, count()?, count()?);
        let (first, last) = (words.next()?, words.next()?);
        let marks = bytes[WIDTH - 1];
        let sound = runs > 0 && red <= runs && flips < runs && first <= last && marks < 32;
        sound.then_some(Self { runs, red, flips, first, last, marks })
    }
}

/// The executions of one group, in as many pieces as they came in.
///
/// A piece ends where an execution is earlier than the one before: at the next file, and at the
/// next partial state. They are put in order at the end, since a sum of two that are not
/// neighbours would seem to overlap whatever lies between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// The one that grows; without executions at the start.
    open: Piece,
    closed: Vec<Piece>,
}

impl Pieces {
    /// The state of one execution.
    pub(crate) fn one(at: i64, red: bool) -> Self {
        Self { open: Piece::one(at, red), closed: Vec::new() }
    }

    /// Adds an execution.
    pub(crate) fn push(&mut self, at: i64, red: bool) {
        if self.open.runs == 0 {
            self.open = Piece::one(at, red);
        } else if at >= self.open.last {
            self.open.push(at, red);
        } else {
            let done = std::mem::replace(&mut self.open, Piece::one(at, red));
            self.close(done);
        }
    }

    fn close(&mut self, piece: Piece) {
        if self.closed.len() >= LIMIT {
            self.closed.sort_unstable_by_key(|piece| (piece.first, piece.last));
            let pairs = self.closed.chunks(2).map(|pair| match *pair {
                [one, next] => one.then(next),
                _ => pair[0],
            });
            self.closed = pairs.collect();
        }
        self.closed.push(piece);
    }

    /// Adds the state of another part of the query; `false` where its bytes are not a state.
    #[must_use]
    pub(crate) fn merge(&mut self, bytes: &[u8]) -> bool {
        let (pieces, []) = bytes.as_chunks::<WIDTH>() else { return false };
        for piece in pieces {
            let Some(piece) = Piece::read(piece) else { return false };
            self.close(piece);
        }
        true
    }

    /// The state, for [`Self::merge`]: nothing where there is no execution.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(WIDTH * (self.closed.len() + 1));
        for piece in self.closed.iter().chain(Some(&self.open)).filter(|piece| piece.runs > 0) {
            piece.write(&mut bytes);
        }
        bytes
    }

    /// All of them together; `None` where there is no execution.
    pub(crate) fn total(&self) -> Option<Piece> {
        let mut pieces = self.closed.clone();
        pieces.extend(Some(self.open).filter(|piece| piece.runs > 0));
        pieces.sort_unstable_by_key(|piece| (piece.first, piece.last));
        pieces.into_iter().reduce(Piece::then)
    }

    /// Bytes on the heap.
    pub(crate) const fn heap(&self) -> usize {
        self.closed.capacity() * size_of::<Piece>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(rows: &[(i64, bool)]) -> Pieces {
        let mut pieces = Pieces::default();
        rows.iter().for_each(|&(at, red)| pieces.push(at, red));
        pieces
    }

    fn numbers(pieces: &Pieces) -> (u64, u64, u64, bool) {
        let total = pieces.total().expect("there are executions");
        (total.runs, total.red, total.flips, total.is_exact())
    }

    #[test]
    fn files_read_in_any_order_are_counted_in_the_order_of_time() {
        let late_first =
            all(&[(5, true), (6, false), (1, false), (2, false), (3, true), (4, true)]);
        assert_eq!(numbers(&late_first), (6, 3, 2, true));
    }

    #[test]
    fn stretches_that_overlap_are_said_to_be_a_guess() {
        let (mut one, other) = (all(&[(1, true), (3, true)]), all(&[(2, false)]));
        assert!(one.merge(&other.bytes()));
        let (runs, red, _, exact) = numbers(&one);
        assert_eq!((runs, red, exact), (3, 2, false));
    }

    #[test]
    fn one_instant_in_two_states_is_a_guess_unless_it_is_of_one_colour() {
        let (mut one, other) = (all(&[(1, false), (2, true)]), all(&[(2, true), (3, false)]));
        assert!(one.merge(&other.bytes()));
        assert_eq!(numbers(&one), (4, 2, 2, true));
        let (mut one, other) = (all(&[(1, true), (2, true)]), all(&[(2, false), (2, true)]));
        assert!(one.merge(&other.bytes()));
        assert!(!numbers(&one).3);
    }

    #[test]
    fn executions_that_come_backwards_are_still_counted_exactly() {
        let rows: Vec<(i64, bool)> = (0..2_000).rev().map(|at| (at, at % 3 == 0)).collect();
        let pieces = all(&rows);
        assert_eq!(numbers(&pieces), (2_000, 667, 1_333, true));
        assert!(pieces.closed.len() <= LIMIT);
    }

    #[test]
    fn bytes_that_are_no_state_are_refused() {
        let mut bytes = all(&[(1, true)]).bytes();
        assert!(!Pieces::default().merge(&bytes[1..]));
        bytes[0] = 0;
        assert!(!Pieces::default().merge(&bytes), "no runs");
        assert!(!Pieces::default().merge(&[0xff; WIDTH]));
    }

    /// One pass over all of them in the order of time.
    fn direct(rows: &[(i64, bool)]) -> (u64, u64, u64) {
        let red = rows.iter().filter(|row| row.1).count() as u64;
        let flips = rows.windows(2).filter(|pair| pair[0].1 != pair[1].1).count() as u64;
        (rows.len() as u64, red, flips)
    }

    proptest! {
        /// However executions are dealt to states, the count is that of one pass, or says that it
        /// is a guess; and what was not torn apart is never a guess.
        #[test]
        fn what_is_called_exact_is_what_one_pass_counts(
            rows in prop::collection::vec((0_i64..40, any::<bool>()), 1..60),
            parts in 1_usize..6,
            scatter in any::<bool>(),
            turn in 0_usize..6,
        ) {
            let mut rows = rows;
            rows.sort_by_key(|row| row.0);
            let each = rows.len().div_ceil(parts);
            let mut states: Vec<Pieces> = vec![Pieces::default(); parts];
            for (index, &(at, red)) in rows.iter().enumerate() {
                let part = if scatter { (at * 7 + index as i64 * 3) as usize % parts } else { index / each };
                states[part].push(at, red);
            }
            states.rotate_left(turn % parts);
            let mut merged = Pieces::default();
            for state in &states {
                prop_assert!(merged.merge(&state.bytes()));
            }
            let total = merged.total().expect("there are executions");
            let (runs, red, flips) = direct(&rows);
            prop_assert_eq!((total.runs, total.red), (runs, red));
            if total.is_exact() {
                prop_assert_eq!(total.flips, flips);
            }
            let torn = rows.chunks(each).zip(rows.chunks(each).skip(1))
                .any(|(one, next)| one.last().map(|row| row.0) == next.first().map(|row| row.0));
            if !scatter && !torn {
                prop_assert!(total.is_exact());
            }
        }

        #[test]
        fn no_bytes_make_a_state_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut pieces = Pieces::default();
            if pieces.merge(&bytes) {
                pieces.total();
            }
        }
    }
}
