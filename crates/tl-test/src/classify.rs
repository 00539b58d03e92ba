//! What history says of a test: healthy, flaky, broken, regressed, new, or a victim of its machine.
//!
//! In: a [`TestState`]. Out: a [`Judgement`] with its evidence. Start at [`of`].
//! **Invariants:** a test that never failed, or never passed on a commit on which it had failed, is
//! not flaky; what a change broke is regressed although it was flaky before, once nothing but
//! failures is seen behind that change; a change that is not merged breaks nothing but itself.
//! **Definition:** `docs/test.md`, "Classes".

use serde::{Deserialize, Serialize};
use tl_core::test::{Class, Rate};
use tl_core::time::{Millis, Timestamp};

use crate::interval;
use crate::quarantine::release;
use crate::state::{self, Phase, TestState};

/// Runs that a test needs before anything is said of it.
const NEW: u32 = 10;

/// Runs for which a commit with both results makes a test flaky, whatever came then.
const LONG_AGO: u32 = 300;

/// Runs and days after which a regression that nobody mended is a broken test.
const REGRESSED: u32 = 100;
const REGRESSED_DAYS: i64 = 14;

/// What history says of a test, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// In a word.
    pub class: Class,
    /// Whether it is surely flaky: two commits with both results, or one and another time at which it
    /// failed, with clean commits between.
    pub proven: bool,
    /// How often it fails in its last phase.
    pub rate: Rate,
    /// Its phases that are remembered, the oldest first.
    pub phases: Vec<Phase>,
}

/// Judges a test. The first that holds: `new` before ten runs; `regressed` if the last phase began
/// with a rise of the rate, is red in three of ten runs at least, and no commit of it has both
/// results; `broken` if it is red in nine of ten at least; `flaky` if a commit of the last phase, or
/// of the last 300 runs, has both results, and clean runs have not outweighed that; else `healthy`.
/// Ends of the 90 % interval count, not the share itself. A test of the last two whose newest run a
/// machine failed is told as `infra`.
pub fn of(state: &TestState) -> Judgement {
    let phases = state::phases(state);
    let last = phases.last().copied();
    let rate = last.map_or_else(|| interval::rate(0, 0), |last| rate_of(&last));
    let class = match last {
        Some(last) => class(state, &phases, &last, &rate),
        None if state.divergent_all > 0 => Class::Flaky,
        None => Class::New,
    };
    let failed_last =
        state.infra > 0 && state.newest().is_none_or(|newest| newest < state.infra_last);
    let class = match class {
        Class::New | Class::Healthy if failed_last => Class::Infra,
        class => class,
    };
    let proven = state.divergent_all > 1 || (state.divergent_all == 1 && episodes(state) > 1);
    Judgement { class, proven, rate, phases }
}

/// The same, some time later: a regression that is a fortnight old is a broken test. `began`: when
/// the first commit of its last phase was tested.
#[must_use]
pub fn aged(mut judgement: Judgement, began: Timestamp, now: Timestamp) -> Judgement {
    if judgement.class == Class::Regressed && now - began > Millis::days(REGRESSED_DAYS) {
        judgement.class = Class::Broken;
    }
    judgement
}

fn rate_of(phase: &Phase) -> Rate {
    interval::rate(u64::from(phase.red), u64::from(phase.runs))
}

fn class(state: &TestState, phases: &[Phase], last: &Phase, rate: &Rate) -> Class {
    let before = phases.len().checked_sub(2).map(|row| &phases[row]);
    if state.runs < NEW && state.divergent_all == 0 {
        return Class::New;
    }
    let has_both = |from: u32| state.divergent.iter().any(|(commit, _)| *commit >= from);
    let rose = before.is_some_and(|before| last.share() > before.share());
    if rose && !has_both(last.cause.1) && rate.low > 0.3 {
        return if last.runs > REGRESSED { Class::Broken } else { Class::Regressed };
    }
    let was_good = phases.iter().any(|phase| phase.red < phase.runs);
    if rate.low > 0.9 || (last.runs >= 3 && last.red == last.runs && !was_good) {
        return Class::Broken;
    }
    let newest = state.divergent.last();
    let is_recent = newest.is_some_and(|(commit, _)| state.runs_behind(*commit) < LONG_AGO);
    if (has_both(last.from) || is_recent) && !is_outweighed(state, before, last) {
        return Class::Flaky;
    }
    Class::Healthy
}

/// Whether there were as many clean runs as a quarantine asks for: the same evidence says the same.
/// A commit with both results is a failure, also where its code was not merged.
fn is_outweighed(state: &TestState, before: Option<&Phase>, last: &Phase) -> bool {
    let both = state.divergent.iter().filter(|(commit, _)| *commit >= last.from).count() as u32;
    let (red, runs) = match before {
        // The phase that failed is over.
        Some(before) if last.red.max(both) == 0 => (before.red.max(before.divergent), before.runs),
        _ => (last.red.max(both), last.runs.saturating_sub(state.clean)),
    };
    red > 0 && state.clean >= release::needed(red, runs, state.waits.max(1))
}

/// How often a test began to fail, as far back as blocks are held.
fn episodes(state: &TestState) -> usize {
    let mut was_green = true;
    let mut count = 0;
    for block in state.blocks() {
        count += usize::from(was_green && block.red > 0);
        was_green = block.red == 0;
    }
    count
}

#[cfg(test)]
mod tests;
