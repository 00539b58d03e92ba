//! Commits on which a test failed and then passed: the evidence that is free of changes of the code.
//!
//! In: runs of a commit, whichever comes first. Out: [`TestState::divergent`]. Start at [`take`].
//! **Invariant:** attempts of one another are of one commit, one variant and one job, in one run or in
//! runs that the pipeline numbers as attempts; what a machine failed is none.

use tl_core::test::Status;

use super::fold::is_own;
use super::{DIVERGENT, RunOfTest, TRIES, TestState, Try};

/// Looks whether attempts of a commit differ now.
pub(super) fn take(state: &mut TestState, run: &RunOfTest<'_>) {
    let places = || (1_u32..).zip(run.attempts);
    let red = places().find(|(_, execution)| is_own(execution));
    let pass = places().filter(|(_, execution)| execution.status == Status::Passed).last();
    let place = |within: u32| ((run.attempt.clamp(1, 255) << 8) | within.min(255)) as u16;
    let red = red.map_or(0, |(within, _)| place(within));
    // The very first attempt is behind nothing: that it passed says nothing here.
    let pass = pass.map_or(0, |(within, _)| place(within));
    let pass = if pass == place_of_first() { 0 } else { pass };
    if red == 0 && pass == 0 {
        return;
    }
    let is_closed = state.closed().is_some_and(|closed| run.commit <= closed);
    let at = state.tries.partition_point(|t| (t.commit, t.job) < (run.commit, run.job));
    let is_known = state.tries.get(at).is_some_and(|t| (t.commit, t.job) == (run.commit, run.job));
    if !is_known {
        if red == 0 && is_closed {
            // A failure of it would be known.
            return;
        }
        let new = Try { commit: run.commit, job: run.job, red: 0, pass: 0, at: run.at };
        state.tries.insert(at, new);
    }
    let known = &mut state.tries[at];
    let was_divergent = known.is_divergent();
    known.red = if known.red == 0 || red == 0 { known.red.max(red) } else { known.red.min(red) };
    known.pass = known.pass.max(pass);
    known.at = known.at.max(run.at);
    let known = *known;
    if known.is_divergent() {
        let jobs = state.tries.iter().filter(|t| t.commit == known.commit && t.is_divergent());
        let is_first = !was_divergent && jobs.count() == 1;
        note(state, &known, is_first);
    }
    if state.tries.len() > TRIES {
        state.tries.remove(0);
    }
}

const fn place_of_first() -> u16 {
    (1 << 8) | 1
}

/// Notes that a commit has both results; `is_first`: by its first job.
fn note(state: &mut TestState, known: &Try, is_first: bool) {
    let row = state.divergent.partition_point(|(commit, _)| *commit < known.commit);
    let noted = state.divergent.get_mut(row).filter(|(commit, _)| *commit == known.commit);
    if let Some((_, at)) = noted {
        *at = (*at).max(known.at);
        return;
    }
    state.divergent_all = state.divergent_all.saturating_add(u32::from(is_first));
    state.divergent.insert(row, (known.commit, known.at));
    if state.divergent.len() > DIVERGENT {
        state.divergent.remove(0);
    }
}

/// A commit leaves the window: of it and those before it, only failures wait on.
pub(super) fn forget(state: &mut TestState, commit: u32) {
    state.tries.retain(|t| t.commit > commit || (t.red > 0 && !t.is_divergent()));
}
