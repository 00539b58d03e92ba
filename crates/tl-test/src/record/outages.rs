//! Reasons of several tests at once, on their way into history.
//!
//! In: the pack of earlier ones, a run. Out: the reasons that are none of its tests', and the pack
//! behind the run. Start at [`of_run`].

use rustc_hash::FxHashSet;
use tl_core::segment::Pack;
use tl_core::test::Signature;

use super::{Gathered, PackError, RunInfo};
use crate::outage::Outages;

/// Name of the pack.
pub(super) const PACK: &str = "outages";

/// Reasons of a run that are none of its tests', and what is to be written where that has changed.
pub(super) fn of_run(
    packs: &[Pack],
    info: &RunInfo,
    gathered: &Gathered,
) -> Result<(FxHashSet<Signature>, Option<Pack>), PackError> {
    let mut outages = read(packs)?;
    let (broad, here) = (gathered.broad(), info.here());
    let shared = broad.iter().filter(|broad| outages.cause(broad, &here).is_shared());
    let shared = shared.map(|broad| broad.signature).collect();
    let is_whole = info.complete && !info.selected && !gathered.is_empty();
    let has_changed = outages.fold(&broad, is_whole, &here);
    let pack =
        has_changed.then(|| Pack { name: PACK.to_owned(), block: 0, value: outages.encode() });
    Ok((shared, pack))
}

/// What is known of outages.
pub(super) fn read(packs: &[Pack]) -> Result<Outages, PackError> {
    let Some(pack) = packs.iter().find(|pack| pack.name == PACK) else {
        return Ok(Outages::default());
    };
    Outages::decode(&pack.value).map_err(|_| PackError::damaged(pack))
}
