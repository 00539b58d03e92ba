//! The states that a run changes, block by block.
//!
//! In: packs of states, what a run says of each test. Out: the packs behind it. Start at
//! [`fold`].

use tl_core::segment::Pack;
use tl_core::test::Status;

use super::PackError;
use super::dims::Dims;
use super::rows_of::{Place, Resolved};
use crate::choose::weights::Outcomes;
use crate::state::{self, DecodeError, Execution, TestState};

/// Tests of one pack.
pub(super) const BLOCK: u32 = 256;

type Decode = fn(&[u8]) -> Result<Vec<(u32, TestState)>, DecodeError>;

/// The name of the packs of a variant.
pub(super) fn name(variant: u32) -> String {
    format!("state/{variant}")
}

/// The states of a pack with the rows of their tests.
pub(super) fn read(pack: &Pack) -> Result<Vec<(u32, TestState)>, PackError> {
    decoded(pack, state::decode)
}

fn decoded(pack: &Pack, decode: Decode) -> Result<Vec<(u32, TestState)>, PackError> {
    let mut states = decode(&pack.value).map_err(|err| match err {
        DecodeError::Version { found } => PackError::version(pack, found),
        DecodeError::Damaged { .. } => PackError::damaged(pack),
    })?;
    let first = pack.block.checked_mul(BLOCK).ok_or_else(|| PackError::damaged(pack))?;
    let mut before = None;
    for (test, _) in &mut states {
        // Each once, in their order: that is how they were written.
        if *test >= BLOCK || before.is_some_and(|before| before >= *test) {
            return Err(PackError::damaged(pack));
        }
        before = Some(*test);
        *test += first;
    }
    Ok(states)
}

/// A pack of states; all of them are of one block.
pub(super) fn write(variant: u32, block: u32, states: &[(u32, TestState)]) -> Pack {
    let value = state::encode(states.iter().map(|(test, state)| (test % BLOCK, state)));
    Pack { name: name(variant), block, value }
}

/// The blocks that a run touches.
pub(super) fn touched(resolved: &Resolved) -> Vec<u32> {
    let mut blocks: Vec<u32> = resolved.tests().map(|test| test / BLOCK).collect();
    blocks.dedup();
    blocks
}

/// Takes a run into the states of its tests. `packs`: those of the touched blocks that are there;
/// `outcomes` gets each first attempt beside what was known before it.
pub(super) fn fold(
    packs: &[Pack],
    resolved: &Resolved,
    place: &Place,
    dims: &Dims,
    outcomes: &mut Outcomes,
) -> Result<Vec<Pack>, PackError> {
    let mut changed = Vec::new();
    let mut open: Option<(u32, Vec<(u32, TestState)>)> = None;
    let mut failed = None;
    resolved.each(place, dims, |test, run| {
        let block = test / BLOCK;
        if open.as_ref().is_none_or(|(open, _)| *open != block) {
            if let Some((block, states)) = open.take() {
                changed.push(write(place.variant, block, &states));
            }
            let known = packs.iter().find(|pack| pack.block == block);
            let known = known.map(|pack| decoded(pack, state::decode_to_fold)).transpose();
            let states = known.unwrap_or_else(|err| {
                failed = Some(err);
                None
            });
            open = Some((block, states.unwrap_or_default()));
        }
        let Some((_, states)) = open.as_mut() else { return };
        let row = match states.binary_search_by_key(&test, |(test, _)| *test) {
            Ok(row) => row,
            Err(row) => {
                states.insert(row, (test, TestState::default()));
                row
            }
        };
        let state = &mut states[row].1;
        let first = run.attempts.iter().find(|attempt| attempt.status.ran());
        let is_first = |first: &&Execution| run.attempt <= 1 && !first.infra;
        if let Some(first) = first.filter(is_first) {
            let runs = state.runs.saturating_add(state.unmerged);
            let was_red = state.runs > 0 && state.last_status > Status::Skipped as u8;
            outcomes.add(f64::from(state.ema), runs, was_red, first.status.is_red());
        }
        state::fold(state, run);
    });
    if let Some((block, states)) = open {
        changed.push(write(place.variant, block, &states));
    }
    failed.map_or(Ok(changed), Err)
}
