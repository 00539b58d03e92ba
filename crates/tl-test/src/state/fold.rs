//! One more run, taken into a state.
//!
//! In: a state, what a run says of its test. Out: the state behind it. Start at [`fold`].
//! Results of the newest commits are held one by one, in the order of the commits. What leaves this
//! window is put into blocks, and what is derived from both is computed anew after each run: so the
//! order of arrival does not matter as long as a commit is in the window.

use tl_core::test::Status;
use tl_core::time::Timestamp;

use super::{
    Block, DECAY, DONE, Execution, HOT, Kind, Recent, RunOfTest, SIGNATURES, TestState, WINDOW,
    divergence, durations, phases, push,
};

/// Takes in a run.
///
/// The first execution that was not skipped is a first attempt if the pipeline's attempt is the
/// first; the others tell only whether a commit both failed and passed.
pub fn fold(state: &mut TestState, run: &RunOfTest<'_>) {
    let mut ran = run.attempts.iter().filter(|execution| execution.status.ran());
    let Some(first) = ran.next() else { return };
    // Nothing ran in 1970.
    let is_new = (state.first, state.last) == (Timestamp::default(), Timestamp::default());
    state.first = if is_new { run.at } else { state.first.min(run.at) };
    state.last = if is_new { run.at } else { state.last.max(run.at) };
    let reds = run.attempts.iter().filter(|execution| is_own(execution));
    for red in reds.filter(|execution| execution.signature > 0) {
        remember(state, red.signature, run);
    }
    divergence::take(state, run);
    if run.attempt <= 1 {
        if first.status.is_red() && first.infra {
            state.infra = state.infra.saturating_add(1);
            state.infra_last = state.infra_last.max(run.commit);
        } else {
            take_first(state, run, first);
        }
    }
    settle(state);
}

/// Whether it failed by the test's own doing.
pub(super) const fn is_own(execution: &Execution) -> bool {
    execution.status.is_red() && !execution.infra
}

/// Takes in a first attempt.
fn take_first(state: &mut TestState, run: &RunOfTest<'_>, first: &Execution) {
    let RunOfTest { commit, unmerged, .. } = *run;
    let red = u32::from(first.status.is_red());
    let (runs, reds) = if unmerged {
        (&mut state.unmerged, &mut state.unmerged_red)
    } else {
        (&mut state.runs, &mut state.red)
    };
    *runs = runs.saturating_add(1);
    *reds = reds.saturating_add(red);
    // Of one commit, what ran before its merge stands behind what ran after it.
    if state.closed().is_some_and(|closed| commit < closed || (commit == closed && !unmerged)) {
        state.late = state.late.saturating_add(1);
        durations::add(&mut state.durations, durations::bucket(run.ms));
        if !unmerged {
            changing_blocks(state, |hot| insert(hot, commit, red));
        }
        return;
    }
    let row = state.recent.partition_point(|recent| recent.place() < (commit, unmerged));
    if state.recent.get(row).is_none_or(|recent| recent.place() != (commit, unmerged)) {
        let status = Status::Passed as u8;
        let none = Recent { commit, unmerged, runs: 0, red: 0, status, duration: 0 };
        state.recent.insert(row, none);
    }
    let recent = &mut state.recent[row];
    recent.runs = recent.runs.saturating_add(1);
    recent.red = recent.red.saturating_add(red as u16);
    recent.status = recent.status.max(first.status as u8);
    recent.duration = recent.duration.max(durations::bucket(run.ms));
    if state.recent.len() > WINDOW {
        let oldest = state.recent.remove(0);
        close(state, &oldest);
    }
}

/// Puts the commit that leaves the window into the sums, and into the blocks if it is merged.
fn close(state: &mut TestState, oldest: &Recent) {
    let (ema, weight) = aged(state.base.ema, state.base.weight, oldest);
    (state.base.ema, state.base.weight) = (ema, weight);
    durations::add(&mut state.durations, oldest.duration);
    if state.recent.first().is_none_or(|next| next.commit > oldest.commit) {
        divergence::forget(state, oldest.commit);
    }
    if oldest.unmerged {
        return;
    }
    if state.hot.is_empty() && state.done.is_empty() {
        state.begin = (oldest.commit, oldest.commit);
    }
    push(&mut state.hot, oldest.block());
    if state.hot.len() > HOT {
        make_room(state);
    }
}

/// The decayed sums of red runs and of all, one commit later. Runs of one commit have no order:
/// each of them counts with the mean of their weights.
fn aged(ema: f32, weight: f32, recent: &Recent) -> (f32, f32) {
    let (runs, red) = (f32::from(recent.runs), f32::from(recent.red));
    if recent.runs == 1 {
        return (ema * DECAY + red, weight * DECAY + 1.0);
    }
    let kept = DECAY.powi(i32::from(recent.runs));
    let sum = (1.0 - kept) / (1.0 - DECAY);
    (ema * kept + sum * red / runs.max(1.0), weight * kept + sum)
}

/// Computes what follows from window and blocks.
pub(super) fn settle(state: &mut TestState) {
    let (mut ema, mut weight) = (state.base.ema, state.base.weight);
    let (mut flips, mut waits) = edges(&state.hot);
    let mut before = state.hot.last().copied();
    let mut clean = before.filter(|block| block.kind() == Kind::Green).map_or(0, |b| b.runs);
    // A commit that is not held any more failed or passed.
    let was_red = before.is_some_and(|block| block.kind() != Kind::Green);
    let mut last = if was_red { Status::Failed as u8 } else { Status::Passed as u8 };
    for recent in &state.recent {
        (ema, weight) = aged(ema, weight, recent);
        if recent.unmerged {
            continue;
        }
        last = recent.status;
        let block = recent.block();
        if let Some(before) = before.filter(|before| !before.goes_on_with(&block)) {
            flips += 1;
            waits += u32::from(is_wait(&before, &block));
        }
        clean = if block.red == 0 { clean.saturating_add(block.runs) } else { 0 };
        before = Some(block);
    }
    state.flips = state.base.flips.saturating_add(flips);
    state.waits = state.base.waits.saturating_add(waits);
    // Both results of code that was not merged say as much of the test as those of merged code.
    let newest = state.divergent.last();
    state.clean = newest.map_or(clean, |(commit, _)| clean.min(state.runs_behind(*commit)));
    (state.ema, state.weight) = (ema, weight);
    state.last_status = last;
}

/// Changes between blocks, and of those the failures behind clean runs.
fn edges(blocks: &[Block]) -> (u32, u32) {
    let waits = blocks.windows(2).filter(|pair| is_wait(&pair[0], &pair[1])).count();
    (blocks.len().saturating_sub(1) as u32, waits as u32)
}

fn is_wait(before: &Block, behind: &Block) -> bool {
    before.kind() == Kind::Green && behind.kind() != Kind::Green
}

/// Changes the blocks, and keeps the sums of what they do not show any more.
fn changing_blocks(state: &mut TestState, change: impl FnOnce(&mut Vec<Block>)) {
    change(&mut state.hot);
    if state.hot.len() > HOT {
        make_room(state);
    }
}

/// Makes room for one more block: phases that ended before the middle are over; where none did, the
/// two oldest blocks become one.
fn make_room(state: &mut TestState) {
    let (flips, waits) = edges(&state.hot);
    let middle = state.hot[HOT / 2].commit;
    let found = phases::within(&state.hot, state.begin, &state.divergent);
    let over = found.iter().skip(1).filter(|phase| phase.from < middle).count();
    if over > 0 {
        state.done.extend(&found[..over]);
        let surplus = state.done.len().saturating_sub(DONE);
        state.done.drain(..surplus);
        state.begin = found[over].cause;
        state.hot.retain(|block| block.commit >= found[over].from);
    } else {
        let (first, second) = (state.hot[0], state.hot.remove(1));
        state.hot[0] = Block {
            commit: first.commit,
            last: second.last,
            runs: first.runs.saturating_add(second.runs),
            red: first.red.saturating_add(second.red),
        };
    }
    let (fewer_flips, fewer_waits) = edges(&state.hot);
    state.base.flips = state.base.flips.saturating_add(flips - fewer_flips);
    state.base.waits = state.base.waits.saturating_add(waits.saturating_sub(fewer_waits));
}

/// Finds the place of a result whose commit is behind the window. Blocks do not say how many of their
/// runs a commit has: where one has to be cut, they count as spread evenly.
fn insert(hot: &mut Vec<Block>, commit: u32, red: u32) {
    let new = Block { commit, last: commit, runs: 1, red };
    let row = hot.partition_point(|block| block.last < commit);
    let Some(block) = hot.get_mut(row) else { return };
    if block.commit > commit {
        if row == 0 {
            // Older than all that is held: it counts in the sums alone.
            return;
        }
        if hot[row - 1].goes_on_with(&new) {
            let before = &mut hot[row - 1];
            before.last = commit;
            before.count(red);
        } else if new.goes_on_with(&hot[row]) {
            let behind = &mut hot[row];
            behind.commit = commit;
            behind.count(red);
        } else {
            hot.insert(row, new);
        }
        return;
    }
    if block.commit == block.last || block.goes_on_with(&new) || block.kind() == Kind::Mixed {
        block.count(red);
        return;
    }
    let whole = *block;
    let up_to = |commits: u32| {
        let share = u64::from(whole.runs) * u64::from(commits) / whole.span();
        u32::try_from(share).unwrap_or(u32::MAX)
    };
    let (mut left, mut own) = (up_to(commit - whole.commit), up_to(commit - whole.commit + 1));
    // The ends of a block have a run each.
    if commit == whole.commit {
        own = own.max(1);
    } else if commit == whole.last {
        left = left.min(whole.runs - 1);
    }
    let color = u32::from(whole.kind() == Kind::Red);
    let part = |commit, last, runs| Block { commit, last, runs, red: runs * color };
    let mut parts = Vec::with_capacity(3);
    if left > 0 {
        parts.push(part(whole.commit, commit - 1, left));
    }
    let own = own - left;
    parts.push(Block { runs: own.saturating_add(1), red: red.saturating_add(own * color), ..new });
    if whole.runs > left + own {
        parts.push(part(commit + 1, whole.last, whole.runs - left - own));
    }
    hot.splice(row..=row, parts);
}

/// Remembers a reason to fail. Where there are more than four, which of them are held depends on
/// the order in which they come.
fn remember(state: &mut TestState, signature: u32, run: &RunOfTest<'_>) {
    let known = state.signatures.iter_mut().find(|(row, _, _)| *row == signature);
    if let Some((_, count, last)) = known {
        *count = count.saturating_add(1);
        *last = (*last).max(run.at);
    } else if state.signatures.len() < SIGNATURES {
        state.signatures.push((signature, 1, run.at));
    } else if let Some(rarest) = state.signatures.last_mut().filter(|rarest| rarest.2 <= run.at) {
        *rarest = (signature, 1, run.at);
    }
    state.signatures.sort_unstable_by_key(|(row, count, last)| {
        (std::cmp::Reverse(*count), std::cmp::Reverse(*last), *row)
    });
}
