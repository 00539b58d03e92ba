//! Many small files of results become few, and what nobody needs any more goes.
//!
//! In: a ledger and the place of its lake. Out: [`Compacted`]. Start at [`compact`] and [`sweep`].
//! **Invariants:** rows are neither lost nor changed: new files are in their place before the ledger
//! takes the old ones out, in one swap; and old ones stay for an hour, because somebody may be
//! reading them. A file that no ledger lists goes after a day: it may be on its way into a swap.

use std::collections::BTreeSet;

use tl_core::segment::Segment;
use tl_core::time::{Millis, Timestamp};
use tl_lake::compact as files;
use tl_lake::place::{Place, PlaceError};
use tl_ledger::Ledger;
use tl_ledger::lake::{LakeError, Swap, SwapError};

/// Runs of this time may still come: their files stay as they are.
const OPEN: Millis = Millis::DAY;

/// How long a file that was taken out is still there.
const READERS: Millis = Millis::HOUR;

/// How long a file that nobody lists is still there.
const WRITERS: Millis = Millis::DAY;

/// Swaps of one call at most, those that come late included.
const ROUNDS: u32 = 64;

/// What was put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Files before.
    pub before: u64,
    /// Files that they became.
    pub after: u64,
    /// Rows in them.
    pub rows: u64,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that were taken out.
    pub doomed: u64,
    /// Files that nobody listed.
    pub orphans: u64,
}

/// Why files were not put together or deleted. History is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// Files cannot be read or written.
    #[error(transparent)]
    Files(#[from] files::CompactError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] LakeError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// A file cannot be deleted or listed.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Puts together what should be. With `all`, what came as it was recorded is put together whatever its
/// size, but for the last day.
///
/// # Errors
/// A file or the ledger cannot be read or written.
pub async fn compact(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    all: bool,
    now: Timestamp,
) -> Result<Compacted, CompactError> {
    let mut done = Compacted::default();
    for round in 0..ROUNDS {
        let manifest = ledger.lake(lake).await?;
        // What is left of `all` after the first round is new.
        let Some(old) = files::plan(&manifest, now - OPEN, all && round == 0) else { break };
        let new = files::compact(place, &old, manifest.next)?;
        let remove: Vec<u64> = old.iter().map(|segment| segment.id).collect();
        let swap = Swap {
            lake,
            expected: manifest.generation,
            add: &new,
            remove: &remove,
            packs: &[],
            events: &[],
            at: now,
        };
        match swap_until_done(ledger, &swap).await {
            Ok(true) => {
                done.before += old.len() as u64;
                done.after += new.len() as u64;
                done.rows += new.iter().map(|segment| segment.rows).sum::<u64>();
            }
            // Somebody else has put them together.
            Ok(false) => remove_unlisted(ledger, place, lake, &new).await?,
            Err(err) => {
                remove_unlisted(ledger, place, lake, &new).await?;
                return Err(err);
            }
        }
    }
    Ok(done)
}

/// Swaps, also where runs were recorded in the meantime; `false` where an old file is listed no more.
async fn swap_until_done(ledger: &Ledger, swap: &Swap<'_>) -> Result<bool, CompactError> {
    let mut add = swap.add.to_vec();
    let mut expected = swap.expected;
    for _ in 0..ROUNDS {
        match ledger.swap(&Swap { add: &add, expected, ..*swap }).await {
            Ok(_) => return Ok(true),
            Err(SwapError::Late { .. }) => {
                let manifest = ledger.lake(swap.lake).await?;
                let listed: BTreeSet<u64> = manifest.segments.iter().map(|one| one.id).collect();
                if !swap.remove.iter().all(|id| listed.contains(id)) {
                    return Ok(false);
                }
                // Their numbers are the next ones now; their paths and contents stay.
                for (segment, id) in add.iter_mut().zip(manifest.next..) {
                    segment.id = id;
                }
                expected = manifest.generation;
            }
            Err(err) => return Err(err.into()),
        }
    }
    Ok(false)
}

/// Deletes files that were to be listed, but for those that are: two processes that put the same files
/// together write the same ones.
async fn remove_unlisted(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    new: &[Segment],
) -> Result<(), CompactError> {
    let listed = ledger.lake(lake).await?.segments;
    let is_listed = |own: &&Segment| listed.iter().any(|segment| segment.path == own.path);
    for segment in new.iter().filter(|own| !is_listed(own)) {
        place.delete(&segment.path)?;
    }
    Ok(())
}

/// Deletes files that were taken out an hour ago, and those that nobody lists and that are a day old.
///
/// # Errors
/// The ledger cannot be read, or a file not be deleted.
pub async fn sweep(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    now: Timestamp,
) -> Result<Swept, CompactError> {
    let mut swept = Swept::default();
    let doomed = ledger.doomed(lake, now - READERS).await?;
    for segment in &doomed {
        place.delete(&segment.path)?;
        swept.doomed += 1;
    }
    let ids: Vec<u64> = doomed.iter().map(|segment| segment.id).collect();
    if !ids.is_empty() {
        ledger.forget(lake, &ids).await?;
    }
    // Found first, and only then asked who lists them: what is swapped in between is listed.
    let found = place.list()?;
    let manifest = ledger.lake(lake).await?;
    let waiting = ledger.doomed(lake, now + Millis::DAY).await?;
    let known: BTreeSet<&str> =
        manifest.segments.iter().chain(&waiting).map(|segment| segment.path.as_str()).collect();
    for file in found.iter().filter(|file| !known.contains(file.path.as_str())) {
        if file.modified < now - WRITERS {
            place.delete(&file.path)?;
            swept.orphans += 1;
        }
    }
    Ok(swept)
}

#[cfg(test)]
mod tests;
