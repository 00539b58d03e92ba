//! Which words a text has: one pass over the text for all of them together.
//!
//! In: literals, each with bits. Out: the bits of those that occur. Start at [`Words`].
//! The automaton is our own: that of a library takes longer to make than a page to be read, and its
//! search reports every single match, of which honest text is full.

/// Words, without regard to the case of ASCII letters, each with bits.
///
/// An automaton after Aho and Corasick (1975). It is made anew in every process, also in a hook that an
/// agent waits for, where each page of memory that is written first costs as much as some thousand steps:
/// states are numbered by their depth, so that the children of one stand in a row; only the first ones,
/// where most bytes of a text lead to, have a table; and bytes that no word tells apart share its column.
pub(crate) struct Words {
    /// The column of a byte.
    columns: [u8; 256],
    /// Columns of a table.
    width: usize,
    /// States that have a table: the start and those behind one or two bytes.
    short: usize,
    /// The next state, for each of these states and each column.
    tables: Vec<u16>,
    /// The byte that leads to a state.
    bytes: Vec<u8>,
    /// The first child of a state; its last one stands before the first one of the next state.
    children: Vec<u16>,
    /// The longest other state that a state ends with.
    shorter: Vec<u16>,
    /// By state, where the bits of the words that end there stand in `sets`.
    ended: Vec<u16>,
    /// Bits of words that end in one place; first of none.
    sets: Vec<u128>,
}

/// A place in a [`Words`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct State(u16);

/// A state while words are put in: those that begin with it, and its length.
#[derive(Clone, Copy)]
struct Open {
    from: u16,
    to: u16,
    depth: u16,
}

impl Words {
    /// A few thousand short literals at most, none empty.
    pub(crate) fn new(words: &[(&str, u128)]) -> Self {
        let mut all = String::with_capacity(words.iter().map(|(word, _)| word.len()).sum());
        all.extend(words.iter().map(|(word, _)| *word));
        all.make_ascii_lowercase();
        let mut left = all.as_bytes();
        let mut next = |length| {
            let (word, rest) = left.split_at(length);
            left = rest;
            word
        };
        let mut sorted: Vec<(&[u8], u128)> =
            words.iter().map(|(word, bits)| (next(word.len()), *bits)).collect();
        sorted.sort_unstable();
        let (columns, width) = columns(all.as_bytes());
        // No more states than letters; memory that nothing is written to costs nothing.
        let most = all.len() + 2;
        let mut made = Self {
            columns,
            width,
            short: 0,
            tables: Vec::new(),
            bytes: Vec::with_capacity(most),
            children: Vec::with_capacity(most),
            shorter: Vec::new(),
            ended: Vec::with_capacity(most),
            sets: vec![0],
        };
        made.bytes.push(0);
        let mut open = Vec::with_capacity(most);
        open.push(Open { from: 0, to: number(sorted.len()), depth: 0 });
        let mut state = 0;
        while let Some(Open { from, to, depth }) = open.get(state).copied() {
            let mut of_state = &sorted[usize::from(from)..usize::from(to)];
            let mut bits = 0;
            while let Some(((word, of_word), rest)) = of_state.split_first()
                && word.len() == usize::from(depth)
            {
                bits |= of_word;
                of_state = rest;
            }
            let set = made.set(bits);
            made.ended.push(set);
            made.children.push(number(open.len()));
            let mut from = to - number(of_state.len());
            while let Some((word, _)) = of_state.first() {
                let byte = word[usize::from(depth)];
                let same = of_state.partition_point(|(word, _)| word[usize::from(depth)] == byte);
                let to = from + number(same);
                open.push(Open { from, to, depth: depth + 1 });
                made.bytes.push(byte);
                of_state = &of_state[same..];
                from = to;
            }
            state += 1;
        }
        made.children.push(number(open.len()));
        made.complete();
        made
    }

    /// Where these bits stand; there are some dozens of different ones.
    fn set(&mut self, bits: u128) -> u16 {
        let known = self.sets.iter().position(|set| *set == bits);
        number(known.unwrap_or_else(|| {
            self.sets.push(bits);
            self.sets.len() - 1
        }))
    }

    /// Says of each state where it goes on if no word does: shorter states first.
    fn complete(&mut self) {
        // Behind the children of the children of the start.
        let two = usize::from(self.children[usize::from(self.children[1])]);
        self.tables.reserve_exact(two * self.width);
        self.shorter = vec![0; self.ended.len()];
        for state in 0..self.ended.len() {
            let shorter = self.shorter[state];
            let also = self.ended[usize::from(shorter)];
            if also != 0 {
                let both = self.sets[usize::from(self.ended[state])] | self.sets[usize::from(also)];
                self.ended[state] = self.set(both);
            }
            let children = self.children[state]..self.children[state + 1];
            for child in children.clone().filter(|_| state > 0) {
                let next = self.next(State(shorter), self.bytes[usize::from(child)]);
                self.shorter[usize::from(child)] = next.0;
            }
            if state < two {
                let table = self.tables.len();
                if state == 0 {
                    self.tables.resize(self.width, 0);
                } else {
                    let row = usize::from(shorter) * self.width;
                    self.tables.extend_from_within(row..row + self.width);
                }
                for child in children {
                    let byte = self.bytes[usize::from(child)];
                    self.tables[table + usize::from(self.columns[usize::from(byte)])] = child;
                }
                self.short = state + 1;
            }
        }
    }

    /// The state in front of a text.
    pub(crate) fn start(&self) -> State {
        State(0)
    }

    /// The state behind a byte.
    #[inline]
    pub(crate) fn next(&self, state: State, byte: u8) -> State {
        let state = usize::from(state.0);
        if state < self.short {
            State(self.tables[state * self.width + usize::from(self.columns[usize::from(byte)])])
        } else {
            self.next_of_long(state, byte)
        }
    }

    /// The same for a state behind three bytes or more.
    #[inline(never)]
    fn next_of_long(&self, mut state: usize, byte: u8) -> State {
        let lower = byte.to_ascii_lowercase();
        while state >= self.short {
            for child in self.children[state]..self.children[state + 1] {
                if self.bytes[usize::from(child)] == lower {
                    return State(child);
                }
            }
            state = usize::from(self.shorter[state]);
        }
        State(self.tables[state * self.width + usize::from(self.columns[usize::from(byte)])])
    }

    /// The bits of the words that end in a state: none in nearly all.
    #[inline]
    pub(crate) fn ended(&self, state: State) -> u128 {
        match self.ended[usize::from(state.0)] {
            0 => 0,
            set => self.sets[usize::from(set)],
        }
    }

    /// The bits of all words in a text; stops where `all` are seen.
    pub(crate) fn seen(&self, text: &[u8], all: u128) -> u128 {
        let (mut state, mut seen) = (self.start(), 0);
        for byte in text {
            state = self.next(state, *byte);
            let ended = self.ended(state);
            if ended != 0 {
                seen |= ended;
                if seen == all {
                    break;
                }
            }
        }
        seen
    }
}

/// For each byte its column, and how many there are: one for each byte that stands in a word, the first
/// for all others. A large letter is where the small one is.
fn columns(words: &[u8]) -> ([u8; 256], usize) {
    let mut columns = [0; 256];
    let mut width = 1_u8;
    for byte in words {
        let column = &mut columns[usize::from(*byte)];
        if *column == 0 {
            // Words have no large letters any more, so that there are fewer than 256 different bytes.
            *column = width;
            width += 1;
        }
    }
    for large in b'A'..=b'Z' {
        columns[usize::from(large)] = columns[usize::from(large.to_ascii_lowercase())];
    }
    (columns, usize::from(width))
}

/// The number of a state: all rules together have some thousands.
fn number(state: usize) -> u16 {
    u16::try_from(state).expect("a few thousand short literals have fewer than 65,536 states")
}

#[cfg(test)]
mod tests {
    use super::Words;
    use proptest::prelude::*;

    const WORDS: &[(&str, u128)] =
        &[("abcd", 1), ("bc", 2), ("c", 4), ("x y", 8), ("d.", 16), ("bc", 32), ("bCDb", 64)];

    #[test]
    fn a_word_within_another_one_is_seen_too() {
        let words = Words::new(WORDS);
        assert_eq!(words.seen(b"ABC", u128::MAX), 2 | 4 | 32);
        assert_eq!(words.seen(b"abcd.", u128::MAX), 1 | 2 | 4 | 16 | 32);
        assert_eq!(words.seen(b"", u128::MAX), 0);
    }

    proptest! {
        #[test]
        fn it_sees_what_a_plain_search_sees(text in "[abcdxy. B]{0,12}") {
            let lower = text.to_ascii_lowercase();
            let there = WORDS.iter().filter(|(word, _)| lower.contains(&word.to_ascii_lowercase()));
            let expected = there.fold(0, |all, (_, bit)| all | bit);
            prop_assert_eq!(Words::new(WORDS).seen(text.as_bytes(), u128::MAX), expected);
        }
    }
}
