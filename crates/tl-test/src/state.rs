//! What is remembered of one test in one variant, of bounded size.
//!
//! In: results, run by run. Out: [`TestState`]: how often it fails, since when, whether it passes and
//! fails on one and the same commit, how long it takes. Start at [`fold()`].
//! **Invariants:** a state has an upper size, however many runs it has seen; skipped tests are no
//! runs; failures of machines count in [`TestState::infra`] and nowhere else; what ran on code that
//! is not merged yet says how likely a test is to fail, how long it takes and whether it is flaky, and
//! never that it broke; in which order the runs of the last [`WINDOW`] commits arrive changes nothing of these. What comes later than that is counted
//! in [`TestState::late`], and finds its place among the blocks as well as may be; for a later attempt
//! of an older commit those failures wait that there is room for ([`TRIES`]).
//! **Definition:** `docs/test.md`, "History".

use serde::{Deserialize, Serialize};
use tl_core::test::Status;
use tl_core::time::Timestamp;

mod divergence;
mod durations;
mod encode;
mod fold;
mod phases;
#[cfg(test)]
mod tests;

pub use durations::{bucket, middle_ms};
pub(crate) use encode::decode_to_fold;
pub use encode::{DecodeError, decode, encode};
pub use fold::fold;
pub use phases::phases;

/// Commits whose results are held one by one.
pub const WINDOW: usize = 16;

/// Blocks behind the window.
pub const HOT: usize = 64;

/// Phases that are over.
pub const DONE: usize = 8;

/// Commits with both results that are held by name.
pub const DIVERGENT: usize = 8;

/// Failures that wait for a later attempt.
pub const TRIES: usize = 32;

/// Reasons to fail.
pub const SIGNATURES: usize = 4;

/// What a run that is one run older weighs, for [`TestState::ema`].
pub const DECAY: f32 = 0.93;

/// What one run says of one test in one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOfTest<'a> {
    /// Row of the commit: commits are in the order of their rows.
    pub commit: u32,
    /// Instant of the run.
    pub at: Timestamp,
    /// What stands for the job: two jobs of a commit are no attempts of one another.
    pub job: u32,
    /// Which attempt of the pipeline the run is, from 1.
    pub attempt: u32,
    /// Whether the code that ran is in no default branch yet, such as that of a request: its failures
    /// may be its own.
    pub unmerged: bool,
    /// Executions within the run, the first one first; skipped ones may stand among them.
    pub attempts: &'a [Execution],
    /// How long the first one took in milliseconds; 0 where that is not known.
    pub ms: u32,
}

/// One execution of a test within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// What became of it.
    pub status: Status,
    /// Row of the reason to fail; 0: none.
    pub signature: u32,
    /// Whether the machine failed, not the test.
    pub infra: bool,
}

/// A run of equal results over neighbouring commits; a commit with both results stays alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Row of the first commit.
    pub commit: u32,
    /// Row of the last commit.
    pub last: u32,
    /// First attempts.
    pub runs: u32,
    /// Of those, the red ones.
    pub red: u32,
}

/// What the results of a block have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Green,
    Red,
    Mixed,
}

impl Block {
    pub(crate) const fn kind(&self) -> Kind {
        match self.red {
            0 => Kind::Green,
            red if red >= self.runs => Kind::Red,
            _ => Kind::Mixed,
        }
    }

    /// Takes in one more run; `red`: 1 for a red one.
    pub(crate) const fn count(&mut self, red: u32) {
        self.runs = self.runs.saturating_add(1);
        self.red = self.red.saturating_add(red);
    }

    /// Rows of commits from its first to its last.
    pub(crate) const fn span(&self) -> u64 {
        self.last.saturating_sub(self.commit) as u64 + 1
    }

    /// Whether a block behind it goes on as it ended.
    pub(crate) fn goes_on_with(&self, next: &Self) -> bool {
        self.kind() == next.kind() && self.kind() != Kind::Mixed
    }
}

/// A stretch of commits over which the rate of failure was the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Row of its first commit.
    pub from: u32,
    /// Rows of the last commit that was surely before it, and of the first that is surely in it:
    /// with a chance of 90 % it began behind the one, and not behind the other. Equal for the first
    /// phase of all.
    pub cause: (u32, u32),
    /// First attempts.
    pub runs: u32,
    /// Of those, the red ones.
    pub red: u32,
    /// Commits of it with both results, of those that are held by name.
    pub divergent: u32,
}

impl Phase {
    /// The share of first attempts that were red; 0 where there were none.
    pub fn share(&self) -> f64 {
        f64::from(self.red) / f64::from(self.runs.max(1))
    }
}

/// Results of one of the newest commits; one that was tested before and behind its merge has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Row of the commit.
    pub commit: u32,
    /// Whether its code was not merged yet.
    pub unmerged: bool,
    /// First attempts.
    pub runs: u16,
    /// Of those, the red ones.
    pub red: u16,
    /// The worst of them, a [`Status`] by its number.
    pub status: u8,
    /// The longest of them, by its [`bucket`]; 0: not known.
    pub duration: u8,
}

impl Recent {
    pub(crate) const fn block(&self) -> Block {
        let Self { commit, runs, red, .. } = *self;
        Block { commit, last: commit, runs: runs as u32, red: red as u32 }
    }

    /// What they are sorted by.
    pub(crate) const fn place(&self) -> (u32, bool) {
        (self.commit, self.unmerged)
    }
}

/// Attempts of one commit and job that may come to differ.
///
/// The place of an attempt is the pipeline's attempt, 256 times, and the one within the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// Row of the commit.
    pub commit: u32,
    /// What stands for the job.
    pub job: u32,
    /// Place of the earliest attempt that was red by the test's own doing; 0: none.
    pub red: u16,
    /// Place of the latest attempt that passed, the very first one left out; 0: none.
    pub pass: u16,
    /// Instant of the latest run of them.
    pub at: Timestamp,
}

impl Try {
    /// Whether it failed and passed later.
    pub(crate) const fn is_divergent(&self) -> bool {
        self.red > 0 && self.pass > self.red
    }
}

/// What of the sums below stems from commits that are not held any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Of [`TestState::flips`], those between blocks that were put together or are over.
    pub flips: u32,
    /// Of [`TestState::waits`] the same.
    pub waits: u32,
    /// [`TestState::ema`] before the window.
    pub ema: f32,
    /// [`TestState::weight`] before the window.
    pub weight: f32,
}

/// What is remembered of one test in one variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TestState {
    /// When it was seen first.
    pub first: Timestamp,
    /// When it was seen last.
    pub last: Timestamp,
    /// First attempts on merged code, but those that a machine failed.
    pub runs: u32,
    /// Of those, the red ones.
    pub red: u32,
    /// The same of code that was not merged yet: nothing below counts them but `ema`, `weight`,
    /// `divergent`, `tries`, `durations`, `signatures` and `infra`.
    pub unmerged: u32,
    /// Of those, the red ones.
    pub unmerged_red: u32,
    /// Changes from one result to the other, from commit to commit.
    pub flips: u32,
    /// Green first attempts since the last commit with a red one, and since the last one of all with
    /// both results.
    pub clean: u32,
    /// [`Status`] of the newest commit of merged code, the worst of it; one that is not held any more
    /// failed or passed.
    pub last_status: u8,
    /// Sum of [`DECAY`]^age over red first attempts.
    pub ema: f32,
    /// The same over all.
    pub weight: f32,
    /// The last commits, eight at most, on which it failed and then passed, and when.
    pub divergent: Vec<(u32, Timestamp)>,
    /// All commits on which it did.
    pub divergent_all: u32,
    /// Phases that are over, eight at most.
    pub done: Vec<Phase>,
    /// [`Phase::cause`] of the first phase in `hot`; equal where nothing is before it.
    pub begin: (u32, u32),
    /// Results that phases are still found in, up to the window; 64 at most.
    pub hot: Vec<Block>,
    /// Results of the newest commits, sixteen at most: the window.
    pub recent: Vec<Recent>,
    /// Attempts that may come to differ.
    pub tries: Vec<Try>,
    /// Durations of commits behind the window: [`bucket`] and how many; halved at 4,096.
    pub durations: Vec<(u8, u16)>,
    /// Reasons to fail that were seen most: row, how often, when last; four at most.
    pub signatures: Vec<(u32, u32, Timestamp)>,
    /// How often a failure ended a stretch of clean runs: a wait for them began anew.
    pub waits: u32,
    /// Results of commits that came too late to find their place for sure.
    pub late: u32,
    /// First attempts that a machine failed.
    pub infra: u32,
    /// Row of the newest commit of those.
    pub infra_last: u32,
    /// What stems from commits that are not held any more.
    pub base: Base,
}

impl TestState {
    /// Row of the newest commit that is behind the window; `None` where all are in it.
    pub(crate) fn closed(&self) -> Option<u32> {
        self.hot.last().map(|block| block.last)
    }

    /// Row of the newest commit with a result of the test's own, merged or not.
    pub fn newest(&self) -> Option<u32> {
        self.recent.last().map(|recent| recent.commit)
    }

    /// Results of the newest commits whose code is merged.
    pub(crate) fn merged(&self) -> impl DoubleEndedIterator<Item = &Recent> {
        self.recent.iter().filter(|recent| !recent.unmerged)
    }

    /// All blocks that are held, those of the window included, neighbours of equal results as one.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = self.hot.clone();
        for recent in self.merged() {
            push(&mut blocks, recent.block());
        }
        blocks
    }

    /// First attempts on commits behind this one, as far back as they are held; about right within
    /// a block.
    pub(crate) fn runs_behind(&self, commit: u32) -> u32 {
        let share = |block: &Block| {
            if block.commit > commit {
                return block.runs;
            }
            let behind = u64::from(block.last.saturating_sub(commit));
            let share = u64::from(block.runs) * behind / block.span();
            u32::try_from(share).unwrap_or(u32::MAX)
        };
        let held = self.hot.iter().map(share);
        let newest = self.merged().map(|recent| share(&recent.block()));
        held.chain(newest).fold(0, u32::saturating_add)
    }
}

/// Adds a block at the end, or to the one that is there.
pub(crate) fn push(blocks: &mut Vec<Block>, next: Block) {
    match blocks.last_mut() {
        Some(last) if last.goes_on_with(&next) => {
            last.last = next.last;
            last.runs = last.runs.saturating_add(next.runs);
            last.red = last.red.saturating_add(next.red);
        }
        _ => blocks.push(next),
    }
}
