//! States from the lake alone.
//!
//! In: every row of the lake. Out: the states that follow from them, in the order of the commits.
//! Start at [`rebuild`]. So what came too late when it was recorded finds its place, and states that
//! were damaged are made anew. **Invariant:** memory holds the rows of [`AT_ONCE`] tests.

use rustc_hash::FxHashMap;
use tl_core::test::Status;
use tl_core::time::Timestamp;
use tl_lake::place::Place;
use tl_lake::rows::Row;
use tl_lake::scan::{Wanted, scan};
use tl_ledger::Ledger;
use tl_ledger::lake::{Standing, Swap, SwapError};

use super::dims::{Dims, Run};
use super::history::{HistoryError, status_of};
use super::{dims, job, states};
use crate::state::{self, Execution, RunOfTest, TestState};

/// Tests whose rows are in memory at once.
const AT_ONCE: u32 = 8 * states::BLOCK;

/// How often it begins anew because somebody recorded in between.
const ROUNDS: u32 = 4;

/// What became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Tests, each variant for itself.
    pub tests: u64,
    /// Of these, those whose state was another one before.
    pub changed: u64,
    /// Rows that were read.
    pub rows: u64,
}

/// Folds the whole lake anew. With `keep`, the states are written where they differ; else only compared.
///
/// # Errors
/// Ledger or lake cannot be read or written.
pub async fn rebuild(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    keep: bool,
    now: Timestamp,
) -> Result<Rebuilt, HistoryError> {
    for _ in 0..ROUNDS {
        let manifest = ledger.lake(lake).await?;
        let names: Vec<&str> = dims::WHOLE.into_iter().chain(["runs", "state/"]).collect();
        let (Standing { generation, .. }, packs) = ledger.packs(lake, &names).await?;
        if generation != manifest.generation {
            continue;
        }
        let tables = Dims::read(generation, &packs)?;
        let mut runs: Vec<Run> = Vec::new();
        let mut known: FxHashMap<(String, u32), &[u8]> = FxHashMap::default();
        for pack in &packs {
            if pack.name == "runs" {
                runs.extend(dims::runs(pack)?);
            } else if pack.name.starts_with("state/") {
                known.insert((pack.name.clone(), pack.block), &pack.value);
            }
        }
        let mut done = Rebuilt::default();
        let mut changed = Vec::new();
        for first in (0..tables.tests.len()).step_by(AT_ONCE as usize) {
            let tests = Some((first, first + AT_ONCE - 1));
            let mut rows: Vec<Row> = Vec::new();
            let wanted = Wanted { tests, ..Wanted::ALL };
            scan(place, &manifest.segments, &wanted, &mut |some| {
                rows.extend((0..some.len()).filter_map(|row| some.row(row)));
            })?;
            done.rows += rows.len() as u64;
            rows.sort_unstable_by_key(|row| {
                (row.variant, row.test, row.commit, row.at, row.run, row.attempt)
            });
            let block = |row: &Row| (row.variant, row.test / states::BLOCK);
            for of_block in rows.chunk_by(|one, other| block(one) == block(other)) {
                let (variant, number) = block(&of_block[0]);
                let folded = fold(of_block, &tables, &runs);
                let pack = states::write(variant, number, &folded);
                done.tests += folded.len() as u64;
                let before = known.get(&(pack.name.clone(), number)).copied();
                if before != Some(pack.value.as_slice()) {
                    let before = before.and_then(|bytes| state::decode(bytes).ok());
                    done.changed += differing(&before.unwrap_or_default(), &folded);
                    changed.push(pack);
                }
            }
        }
        if !keep || changed.is_empty() {
            return Ok(done);
        }
        let swap = Swap {
            lake,
            expected: generation,
            add: &[],
            remove: &[],
            packs: &changed,
            events: &[],
            at: now,
        };
        match ledger.swap(&swap).await {
            Ok(_) => return Ok(done),
            Err(SwapError::Late { .. }) => {}
            Err(err) => return Err(err.into()),
        }
    }
    Err(HistoryError::Busy)
}

/// The states that rows of one block and variant make.
fn fold(rows: &[Row], tables: &Dims, runs: &[Run]) -> Vec<(u32, TestState)> {
    let mut folded: Vec<(u32, TestState)> = Vec::new();
    let mut attempts = Vec::new();
    for of_run in rows.chunk_by(|one, other| (one.test, one.run) == (other.test, other.run)) {
        let first = of_run[0];
        attempts.clear();
        attempts.extend(of_run.iter().map(|row| Execution {
            status: status_of(row.status),
            signature: row.signature,
            infra: tables.is_infra(row.signature),
        }));
        let ran = of_run.iter().find(|row| row.status != Status::Skipped as u8);
        if folded.last().is_none_or(|(test, _)| *test != first.test) {
            folded.push((first.test, TestState::default()));
        }
        let Some((_, state)) = folded.last_mut() else { continue };
        // A run that no table knows was never recorded: its job is none.
        let run = runs.get(first.run as usize);
        let (attempt, own_job) = run.map_or((1, job("")), |run| (run.attempt, job(&run.job)));
        state::fold(
            state,
            &RunOfTest {
                commit: first.commit,
                at: Timestamp::from_millis(first.at),
                job: own_job,
                attempt,
                unmerged: run.is_some_and(|run| run.unmerged),
                attempts: &attempts,
                ms: ran.map_or(0, |row| row.ms),
            },
        );
    }
    folded
}

/// Tests of which two blocks say something else. Numbers of `before` are within the block.
fn differing(before: &[(u32, TestState)], now: &[(u32, TestState)]) -> u64 {
    let known: FxHashMap<u32, &TestState> =
        before.iter().map(|(test, state)| (*test, state)).collect();
    let is_other = |(test, state): &&(u32, TestState)| {
        known.get(&(test % states::BLOCK)).is_none_or(|known| *known != state)
    };
    now.iter().filter(is_other).count() as u64
}
