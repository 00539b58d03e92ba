//! States as bytes: a block of them for the ledger.
//!
//! In: states with the number of their test within the block. Out: bytes, and back. Start at
//! [`encode`] and [`decode`]. **Invariants:** what is read is what was written, bit by bit, so that
//! folding in pages is folding at once; any bytes give states or an error, never a panic, and memory
//! that grows with the bytes alone. A test that never failed takes about 60 bytes.
//!
//! A version, then the states one after another. Instants are told from [`TestState::first`] on, commits of
//! a list from the one before. What follows from window and blocks is not written.

use tl_core::time::Timestamp;

use crate::bytes::{Reader, Writer};

use super::{
    Block, DIVERGENT, DONE, HOT, Phase, Recent, SIGNATURES, TRIES, TestState, Try, WINDOW, fold,
};

/// The form below. Never changes; another form is another version.
const VERSION: u8 = 2;

/// The form before it: all code was taken for merged.
const MERGED: u8 = 1;

/// Bytes of a state that has run some times, at least, about.
const LEAST: usize = 48;

/// Durations that differ: steps from 1 to 128.
const DURATIONS: usize = 129;

/// Which lists a state has.
mod has {
    pub(super) const DIVERGENT: u8 = 1;
    pub(super) const DONE: u8 = 2;
    pub(super) const TRIES: u8 = 4;
    pub(super) const SIGNATURES: u8 = 8;
    pub(super) const HOT: u8 = 16;
    /// Counters that are mostly zero.
    pub(super) const RARE: u8 = 32;
    /// The decayed sum of failures.
    pub(super) const EMA: u8 = 64;
    /// Runs of code that was not merged.
    pub(super) const UNMERGED: u8 = 128;
}

/// Why bytes are no states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A later version of the program wrote them.
    #[error("states of version {found} were written by a later version of throughline")]
    Version {
        /// The version.
        found: u8,
    },
    /// They are damaged.
    #[error("states are damaged at byte {at}")]
    Damaged {
        /// Where that showed.
        at: usize,
    },
}

/// Writes states, each with the number of its test within the block.
pub fn encode<'a>(states: impl IntoIterator<Item = (u32, &'a TestState)>) -> Vec<u8> {
    let states = states.into_iter();
    let mut to = Writer(Vec::with_capacity(1 + LEAST * states.size_hint().0));
    to.byte(VERSION);
    for (test, state) in states {
        to.number(u64::from(test));
        to.state(state);
    }
    to.0
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// The bytes are damaged, or of a later version.
pub fn decode(bytes: &[u8]) -> Result<Vec<(u32, TestState)>, DecodeError> {
    let mut states = decode_to_fold(bytes)?;
    states.iter_mut().for_each(|(_, state)| fold::settle(state));
    Ok(states)
}

/// The same for who takes a run in and writes them again: what follows from window and blocks is not
/// computed.
///
/// # Errors
/// Those of [`decode`].
pub(crate) fn decode_to_fold(bytes: &[u8]) -> Result<Vec<(u32, TestState)>, DecodeError> {
    let Some((version, _)) = bytes.split_first() else {
        return Err(DecodeError::Damaged { at: 0 });
    };
    if !(MERGED..=VERSION).contains(version) {
        return Err(DecodeError::Version { found: *version });
    }
    let mut from = Reader::new(&bytes[1..]);
    let mut states = Vec::with_capacity(bytes.len() / LEAST);
    while !from.is_at_end() {
        let state = from.whole().and_then(|test| Some((test, from.state(*version)?)));
        states.push(state.ok_or(DecodeError::Damaged { at: 1 + from.at() })?);
    }
    Ok(states)
}

impl Writer {
    fn instant(&mut self, first: Timestamp, at: Timestamp) {
        self.signed(at.as_millis().wrapping_sub(first.as_millis()));
    }

    fn state(&mut self, state: &TestState) {
        let rare = [state.base.flips, state.base.waits, state.late, state.infra, state.infra_last];
        let lists = [
            (has::DIVERGENT, state.divergent.is_empty() && state.divergent_all == 0),
            (has::DONE, state.done.is_empty()),
            (has::TRIES, state.tries.is_empty()),
            (has::SIGNATURES, state.signatures.is_empty()),
            (has::HOT, state.hot.is_empty() && state.base.weight == 0.0),
            (has::RARE, rare == [0; 5]),
            (has::EMA, state.base.ema == 0.0),
            (has::UNMERGED, state.unmerged == 0),
        ];
        let flags = lists.iter().filter(|(_, empty)| !empty).fold(0, |all, (flag, _)| all | flag);
        self.byte(flags);
        self.signed(state.first.as_millis());
        self.instant(state.first, state.last);
        self.numbers([state.runs, state.red]);
        if flags & has::UNMERGED > 0 {
            self.numbers([state.unmerged, state.unmerged_red]);
        }
        if flags & has::RARE > 0 {
            self.numbers(rare);
        }
        if flags & has::EMA > 0 {
            self.0.extend(state.base.ema.to_le_bytes());
        }
        let mut before = 0;
        if flags & has::HOT > 0 {
            self.0.extend(state.base.weight.to_le_bytes());
            self.step(&mut before, state.begin.0);
            self.step(&mut before, state.begin.1);
            self.number(state.hot.len() as u64);
            for block in &state.hot {
                self.step(&mut before, block.commit);
                self.step(&mut before, block.last);
                self.numbers([block.runs, block.red]);
            }
        }
        self.recent(&state.recent, before);
        self.number(state.durations.len() as u64);
        for (bucket, count) in &state.durations {
            self.byte(*bucket);
            self.number(u64::from(*count));
        }
        self.lists(state, flags);
    }

    /// The window. Most commits have one green run: a byte, and one more where the time differs.
    fn recent(&mut self, recent: &[Recent], mut before: u32) {
        self.byte(recent.len() as u8);
        let mut duration = 0;
        for recent in recent {
            let step = recent.commit.wrapping_sub(before);
            let is_plain = (recent.runs, recent.red, recent.status) == (1, 0, 0);
            let is_same = recent.duration == duration;
            let short = step.min(31) as u8;
            let unmerged = u8::from(recent.unmerged) << 2;
            self.byte((short << 3) | unmerged | (u8::from(is_same) << 1) | u8::from(is_plain));
            if short == 31 {
                self.number(u64::from(step));
            }
            if !is_same {
                self.byte(recent.duration);
            }
            if !is_plain {
                self.numbers([recent.runs.into(), recent.red.into(), recent.status.into()]);
            }
            (before, duration) = (recent.commit, recent.duration);
        }
    }

    fn lists(&mut self, state: &TestState, flags: u8) {
        if flags & has::DIVERGENT > 0 {
            self.numbers([state.divergent_all, state.divergent.len() as u32]);
            let mut before = 0;
            for (commit, at) in &state.divergent {
                self.step(&mut before, *commit);
                self.instant(state.first, *at);
            }
        }
        if flags & has::DONE > 0 {
            self.number(state.done.len() as u64);
            for phase in &state.done {
                let mut before = phase.from;
                self.number(u64::from(phase.from));
                self.step(&mut before, phase.cause.0);
                self.step(&mut before, phase.cause.1);
                self.numbers([phase.runs, phase.red, phase.divergent]);
            }
        }
        if flags & has::TRIES > 0 {
            self.number(state.tries.len() as u64);
            let mut before = 0;
            for known in &state.tries {
                self.step(&mut before, known.commit);
                self.numbers([known.job, known.red.into(), known.pass.into()]);
                self.instant(state.first, known.at);
            }
        }
        if flags & has::SIGNATURES > 0 {
            self.number(state.signatures.len() as u64);
            for (row, count, last) in &state.signatures {
                self.numbers([*row, *count]);
                self.instant(state.first, *last);
            }
        }
    }
}

impl Reader<'_> {
    fn instant(&mut self, first: Timestamp) -> Option<Timestamp> {
        Some(Timestamp::from_millis(first.as_millis().wrapping_add(self.signed()?)))
    }

    fn state(&mut self, version: u8) -> Option<TestState> {
        let flags = self.byte()?;
        let first = Timestamp::from_millis(self.signed()?);
        let mut state = TestState { first, last: self.instant(first)?, ..TestState::default() };
        (state.runs, state.red) = (self.whole()?, self.whole()?);
        if version > MERGED && flags & has::UNMERGED > 0 {
            (state.unmerged, state.unmerged_red) = (self.whole()?, self.whole()?);
        }
        if flags & has::RARE > 0 {
            (state.base.flips, state.base.waits) = (self.whole()?, self.whole()?);
            (state.late, state.infra) = (self.whole()?, self.whole()?);
            state.infra_last = self.whole()?;
        }
        if flags & has::EMA > 0 {
            state.base.ema = self.float()?;
        }
        let mut before = 0;
        if flags & has::HOT > 0 {
            state.base.weight = self.float()?;
            state.begin = (self.step(&mut before)?, self.step(&mut before)?);
            state.hot = self.list(HOT, |from| from.block(&mut before))?;
        }
        state.recent = self.recent(version, before)?;
        state.durations = self.list(DURATIONS, |from| Some((from.byte()?, from.whole()?)))?;
        self.lists(&mut state, flags)?;
        // Commits are in their order, each once: the rest relies on it.
        let closed = state.closed();
        let in_order = state.hot.windows(2).all(|pair| pair[0].last < pair[1].commit)
            && state.recent.windows(2).all(|pair| pair[0].place() < pair[1].place())
            && state.recent.first().is_none_or(|first| Some(first.commit) >= closed)
            && state.merged().next().is_none_or(|first| Some(first.commit) > closed);
        in_order.then_some(state)
    }

    fn block(&mut self, before: &mut u32) -> Option<Block> {
        let (commit, last) = (self.step(before)?, self.step(before)?);
        let (runs, red) = (self.whole()?, self.whole()?);
        (commit <= last && red <= runs && runs > 0).then_some(Block { commit, last, runs, red })
    }

    fn recent(&mut self, version: u8, mut before: u32) -> Option<Vec<Recent>> {
        let mut duration = 0;
        let count = usize::from(self.byte()?);
        // And room for one more, which is what comes next as a rule.
        let mut list = Vec::with_capacity(count.min(WINDOW) + 1);
        for _ in 0..count {
            let head = self.byte()?;
            let (short, long) = if version > MERGED { (head >> 3, 31) } else { (head >> 2, 63) };
            let step = if short == long { self.whole()? } else { u32::from(short) };
            let unmerged = version > MERGED && head & 4 > 0;
            before = before.wrapping_add(step);
            if head & 2 == 0 {
                duration = self.byte()?;
            }
            let (runs, red, status) = if head & 1 > 0 {
                (1, 0, 0)
            } else {
                (self.whole()?, self.whole()?, self.whole()?)
            };
            list.push(Recent { commit: before, unmerged, runs, red, status, duration });
        }
        let sound = list.len() <= WINDOW && list.iter().all(|one| one.red <= one.runs);
        sound.then_some(list)
    }

    fn lists(&mut self, state: &mut TestState, flags: u8) -> Option<()> {
        let first = state.first;
        if flags & has::DIVERGENT > 0 {
            state.divergent_all = self.whole()?;
            let mut before = 0;
            state.divergent =
                self.list(DIVERGENT, |from| Some((from.step(&mut before)?, from.instant(first)?)))?;
        }
        if flags & has::DONE > 0 {
            state.done = self.list(DONE, Self::phase)?;
        }
        if flags & has::TRIES > 0 {
            let mut before = 0;
            state.tries = self.list(TRIES, |from| {
                let (commit, job) = (from.step(&mut before)?, from.whole()?);
                let (red, pass) = (from.whole()?, from.whole()?);
                Some(Try { commit, job, red, pass, at: from.instant(first)? })
            })?;
        }
        if flags & has::SIGNATURES > 0 {
            state.signatures = self.list(SIGNATURES, |from| {
                Some((from.whole()?, from.whole()?, from.instant(first)?))
            })?;
        }
        Some(())
    }

    fn phase(&mut self) -> Option<Phase> {
        let from = self.whole()?;
        let mut before = from;
        let cause = (self.step(&mut before)?, self.step(&mut before)?);
        let (runs, red) = (self.whole()?, self.whole()?);
        Some(Phase { from, cause, runs, red, divergent: self.whole()? })
    }
}
