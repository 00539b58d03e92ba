//! What a run teaches about choosing tests: which fail when which files change, and what a selection
//! would have missed.
//!
//! In: a [`Lesson`] of a run, the packs of earlier ones. Out: packs behind it, which are part of
//! [`History`]; what was red in a request is read by [`failed_in`].

use rustc_hash::FxHashSet;
use tl_core::segment::Pack;
use tl_core::test::{Status, TestKey};
use tl_core::time::Timestamp;
use tl_lake::columns::Columns;
use tl_lake::place::Place;
use tl_lake::scan::{Wanted, scan};
use tl_ledger::Ledger;
use tl_ledger::lake::{Swap, SwapError};

use super::history::{History, HistoryError};
use super::{PackError, ROUNDS, RecordError, rows_of};
use crate::choose::cofail::{self, CoFail};
use crate::choose::escaped::Escapes;
use crate::choose::select::Selection;
use crate::choose::weights::{Outcomes, Weights};
use crate::cover::map::Map;

/// Names of the packs.
pub(super) const PACKS: [&str; 2] = [COFAIL, ESCAPES];
const COFAIL: &str = "cofail";
const ESCAPES: &str = "escapes";
const COVERAGE: &str = "coverage";

/// Name of the pack of what history counts.
pub(super) const WEIGHTS: &str = "weights";

/// A whole run of a change of which the files are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lesson {
    /// Files that the change touches.
    pub changed: Vec<String>,
    /// What would have been selected for it with what was known before, where all tests were run.
    pub selection: Option<Selection>,
}

/// The packs behind a run. `known`: those before it.
pub(super) fn packs(
    known: &[Pack],
    lesson: &Lesson,
    red: &[TestKey],
    now: Timestamp,
) -> Result<Vec<Pack>, PackError> {
    let (mut cofail, mut escapes) = read(known)?;
    let changed: Vec<&str> = lesson.changed.iter().map(String::as_str).collect();
    cofail::fold(&mut cofail, &changed, red, now);
    let pack = |name: &str, value| Pack { name: name.to_owned(), block: 0, value };
    let mut packs = vec![pack(COFAIL, cofail.encode())];
    if let Some(selection) = &lesson.selection {
        let red: FxHashSet<TestKey> = red.iter().copied().collect();
        escapes.fold(selection, &red);
        packs.push(pack(ESCAPES, escapes.encode()));
    }
    Ok(packs)
}

/// What was learned so far.
pub(super) fn read(packs: &[Pack]) -> Result<(CoFail, Escapes), PackError> {
    let named = |name: &str| packs.iter().find(|pack| pack.name == name);
    let wrong = |pack: &Pack, what: &dyn std::fmt::Display| PackError {
        name: pack.name.clone(),
        block: pack.block,
        what: format!("cannot be used: {what}"),
    };
    let cofail = named(COFAIL).map(|pack| CoFail::decode(&pack.value).map_err(|e| wrong(pack, &e)));
    let escapes =
        named(ESCAPES).map(|pack| Escapes::decode(&pack.value).map_err(|e| wrong(pack, &e)));
    Ok((cofail.transpose()?.unwrap_or_default(), escapes.transpose()?.unwrap_or_default()))
}

/// The pack of what history counts, behind a run.
pub(super) fn weighed(known: &[Pack], outcomes: &Outcomes) -> Result<Pack, PackError> {
    let mut weights = weights(known)?;
    weights.fold(outcomes);
    Ok(Pack { name: WEIGHTS.to_owned(), block: 0, value: weights.encode() })
}

/// What history counts.
pub(super) fn weights(packs: &[Pack]) -> Result<Weights, PackError> {
    let Some(pack) = packs.iter().find(|pack| pack.name == WEIGHTS) else {
        return Ok(Weights::default());
    };
    Weights::decode(&pack.value).map_err(|_| PackError::damaged(pack))
}

/// Tests of a run whose first attempt was red by their own doing.
pub(super) fn red(
    resolved: &rows_of::Resolved,
    place: &rows_of::Place,
    dims: &super::dims::Dims,
) -> Vec<TestKey> {
    let mut red = Vec::new();
    resolved.each(place, dims, |test, run| {
        let first = run.attempts.iter().find(|attempt| attempt.status.ran());
        if first.is_some_and(|first| first.status.is_red() && !first.infra) {
            red.extend(dims.tests.key(test));
        }
    });
    red
}

/// Which test covers which lines, as far as it was remembered.
///
/// # Errors
/// The ledger cannot be read, or holds what a later version wrote.
pub async fn coverage(ledger: &Ledger, lake: &str) -> Result<Map, HistoryError> {
    let (_, packs) = ledger.packs(lake, &[COVERAGE]).await?;
    Ok(map(&packs)?)
}

/// Takes in what a run measured of single tests: `learn` changes what is known. Another writer in
/// between is no matter: it is asked again.
///
/// # Errors
/// The ledger cannot be read or written, or the map is too large.
pub async fn remember_coverage(
    ledger: &Ledger,
    lake: &str,
    learn: impl Fn(&mut Map),
    now: Timestamp,
) -> Result<(), RecordError> {
    for _ in 0..ROUNDS {
        let (standing, packs) = ledger.packs(lake, &[COVERAGE]).await?;
        let mut map = map(&packs)?;
        learn(&mut map);
        let wrong = |err| PackError {
            name: COVERAGE.to_owned(),
            block: 0,
            what: format!("cannot be written: {err}"),
        };
        let value = map.encode().map_err(wrong)?;
        let pack = Pack { name: COVERAGE.to_owned(), block: 0, value };
        let swap = Swap {
            lake,
            expected: standing.generation,
            add: &[],
            remove: &[],
            packs: std::slice::from_ref(&pack),
            events: &[],
            at: now,
        };
        match ledger.swap(&swap).await {
            Ok(_) => return Ok(()),
            Err(SwapError::Late { .. }) => {}
            Err(err) => return Err(err.into()),
        }
    }
    Err(RecordError::Busy { rounds: ROUNDS })
}

fn map(packs: &[Pack]) -> Result<Map, PackError> {
    let Some(pack) = packs.first() else { return Ok(Map::default()) };
    Map::decode(&pack.value).map_err(|err| PackError {
        name: pack.name.clone(),
        block: pack.block,
        what: format!("cannot be used: {err}"),
    })
}

/// Tests that were red in a run of a request (`acme/api#12`); none for an empty name.
///
/// # Errors
/// The ledger or a segment cannot be read.
pub async fn failed_in(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    history: &History,
    change: &str,
) -> Result<FxHashSet<TestKey>, HistoryError> {
    let is_of = |run: &&super::Run| !change.is_empty() && run.change == change;
    let runs: FxHashSet<u32> =
        (0..).zip(&history.runs).filter(|(_, run)| is_of(run)).map(|(row, _)| row).collect();
    let Some(since) = history.runs.iter().filter(is_of).map(|run| run.at).min() else {
        return Ok(FxHashSet::default());
    };
    let wanted = Wanted { columns: Columns::ALL, tests: None, since: Some(since) };
    let manifest = ledger.lake(lake).await?;
    let mut red = FxHashSet::default();
    scan(place, &manifest.segments, &wanted, &mut |rows| {
        for at in 0..rows.len() {
            if rows.status[at] >= Status::Failed as u8 && runs.contains(&rows.run[at]) {
                red.insert(rows.test[at]);
            }
        }
    })?;
    Ok(red.into_iter().filter_map(|row| history.key(row)).collect())
}
