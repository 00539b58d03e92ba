//! What history knows: every test with its states, commits, runs, reasons to fail.
//!
//! In: the ledger's packs, the lake's rows. Out: [`History`], and single [`Executed`]. Start at
//! [`known`] and [`executions`]. **Invariant:** what is shown is of one generation: names, states and
//! runs of different moments are never mixed.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tl_core::test::{Status, TestKey, TestName};
use tl_core::time::Timestamp;
use tl_lake::columns::Columns;
use tl_lake::place::Place;
use tl_lake::rows::Row;
use tl_lake::scan::{ScanError, Wanted, scan};
use tl_ledger::Ledger;
use tl_ledger::lake::{LakeError, Standing, SwapError};

use super::dims::{self, Commit, Dims, Known, Run};
use super::{PackError, lesson, outages, states};
use crate::choose::cofail::CoFail;
use crate::choose::escaped::Escapes;
use crate::choose::weights::Weights;
use crate::gate;
use crate::infra::Broad;
use crate::outage::{Cause, Here, Outages};
use crate::state::TestState;

/// How often history is read anew because somebody recorded in between.
const ROUNDS: u32 = 8;

/// ln 3: a test that fails three times as often when a file changes has to do with it.
const NEAR: f64 = 1.098_612_288_668_11;

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A pack cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LakeError),
    /// A segment cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// Others recorded all the time.
    #[error("history changed again and again while it was read")]
    Busy,
}

/// One test in one variant.
#[derive(Debug, Clone, Copy)]
pub struct Test<'a> {
    /// Its row, by which the lake knows it.
    pub row: u32,
    /// What stands for it.
    pub key: TestKey,
    /// The variant.
    pub variant: &'a str,
    /// What is remembered of it.
    pub state: &'a TestState,
}

/// All that history knows but the single executions.
#[derive(Debug, Default)]
pub struct History {
    dims: Dims,
    /// All runs, in the order in which they were recorded.
    pub runs: Vec<Run>,
    /// Which tests fail when which files change.
    pub cofail: CoFail,
    /// What selections would have missed.
    pub escapes: Escapes,
    /// What history counts when tests are ordered.
    pub weights: Weights,
    /// Reasons that several tests failed for at once.
    outages: Outages,
    templates: Vec<String>,
    /// By variant, then by test.
    states: Vec<FxHashMap<u32, TestState>>,
}

impl History {
    /// How often history has changed.
    pub const fn generation(&self) -> u64 {
        self.dims.generation
    }

    /// Whether nothing was ever recorded.
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The row of a test, by which the lake knows it.
    pub fn row(&self, key: &TestKey) -> Option<u32> {
        self.dims.tests.find(key)
    }

    /// What stands for the test of a row.
    pub fn key(&self, row: u32) -> Option<TestKey> {
        self.dims.tests.key(row)
    }

    /// The names of the test of a row, as its report had them.
    pub fn name(&self, row: u32) -> Option<TestName> {
        self.dims.tests.name(row)
    }

    /// Commits, in the order in which they were recorded first: their rows.
    pub fn commits(&self) -> &[Commit] {
        &self.dims.commits
    }

    /// Variants by their rows.
    pub fn variants(&self) -> &[String] {
        &self.dims.variants
    }

    /// A reason to fail and its text; `None` for 0.
    pub fn reason(&self, row: u32) -> Option<(&Known, &str)> {
        let at = row.checked_sub(1)? as usize;
        let template = self.templates.get(at).map_or("", String::as_str);
        Some((self.dims.reasons.get(at)?, template))
    }

    /// Every test in every variant that it ran in, by variant and row.
    pub fn tests(&self) -> Vec<Test<'_>> {
        let mut all = Vec::new();
        for (variant, states) in self.dims.variants.iter().zip(&self.states) {
            let known = states.iter().filter_map(|(row, state)| {
                Some(Test { row: *row, key: self.key(*row)?, variant, state })
            });
            let from = all.len();
            all.extend(known);
            all[from..].sort_unstable_by_key(|test| test.row);
        }
        all
    }

    /// The median of cases of the last 20 runs of a job in a variant that were whole and not
    /// selected; `None` for fewer than five of them.
    pub fn median_cases(&self, job: &str, shard: &str, variant: &str) -> Option<u64> {
        let variant = self.dims.variants.iter().position(|known| known == variant)? as u32;
        let of_job = self.runs.iter().rev().filter(|run| {
            run.variant == variant && run.job == job && run.shard == shard && run.complete
        });
        let mut cases: Vec<u64> =
            of_job.filter(|run| !run.selected).take(20).map(|run| run.cases).collect();
        cases.sort_unstable();
        if cases.len() < 5 { None } else { cases.get(cases.len() / 2).copied() }
    }
}

impl gate::Known for History {
    /// Of a test that no variant is asked for, the one with the fewest clean runs: what is released
    /// must be clean in all of them.
    fn state(&self, test: &TestKey, variant: &str) -> Option<&TestState> {
        let row = self.row(test)?;
        let known = self.dims.variants.iter().position(|known| known == variant);
        let exact = known.and_then(|variant| self.states.get(variant)?.get(&row));
        if exact.is_some() || !variant.is_empty() {
            return exact;
        }
        let all = self.states.iter().filter_map(|states| states.get(&row));
        all.min_by_key(|state| state.clean)
    }

    fn tests(&self) -> u64 {
        u64::from(self.dims.tests.len())
    }

    /// Whether the test was red at least twice when the file changed, and three times as often as
    /// else.
    fn is_near(&self, test: &TestKey, file: &str) -> bool {
        let Some(last) = self.runs.iter().map(|run| run.at).max() else { return false };
        let lifts = self.cofail.lifts(&[file], last);
        lifts.get(test).is_some_and(|lift| lift.weight >= NEAR && lift.red >= 2.0)
    }
}

/// What history knows of the tests of one run.
#[derive(Debug, Clone, Copy)]
pub struct AtRun<'a> {
    /// All that it knows.
    pub history: &'a History,
    /// The run.
    pub here: Here,
}

impl gate::Known for AtRun<'_> {
    fn state(&self, test: &TestKey, variant: &str) -> Option<&TestState> {
        self.history.state(test, variant)
    }

    fn tests(&self) -> u64 {
        gate::Known::tests(self.history)
    }

    fn is_near(&self, test: &TestKey, file: &str) -> bool {
        self.history.is_near(test, file)
    }

    fn cause(&self, broad: &Broad) -> Cause {
        self.history.outages.cause(broad, &self.here)
    }
}

/// Reads what history knows.
///
/// # Errors
/// The ledger cannot be read, or holds what a later version wrote.
pub async fn known(ledger: &Ledger, lake: &str) -> Result<History, HistoryError> {
    let names: Vec<&str> = dims::WHOLE
        .into_iter()
        .chain(["runs", "templates", "state/"])
        .chain(lesson::PACKS)
        .chain([outages::PACK, lesson::WEIGHTS])
        .collect();
    // One reading: all of one generation.
    let (Standing { generation, .. }, packs) = ledger.packs(lake, &names).await?;
    let mut history = History { dims: Dims::read(generation, &packs)?, ..History::default() };
    history.dims.tests.index();
    (history.cofail, history.escapes) = lesson::read(&packs)?;
    history.outages = outages::read(&packs)?;
    history.weights = lesson::weights(&packs)?;
    history.states.resize_with(history.dims.variants.len(), FxHashMap::default);
    for pack in &packs {
        match pack.name.as_str() {
            "runs" => history.runs.extend(dims::runs(pack)?),
            "templates" => history.templates.extend(dims::templates(pack)?),
            name => {
                let variant = name.strip_prefix("state/").and_then(|v| v.parse::<usize>().ok());
                let states = variant.and_then(|variant| history.states.get_mut(variant));
                if let Some(known) = states {
                    known.extend(states::read(pack)?);
                }
            }
        }
    }
    Ok(history)
}

/// One execution of one test, as the lake has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// Instant of its run.
    pub at: Timestamp,
    /// Row of its commit.
    pub commit: u32,
    /// Row of its variant.
    pub variant: u32,
    /// Row of its run.
    pub run: u32,
    /// Which attempt within the run, from 1.
    pub attempt: u8,
    /// What became of it.
    pub status: Status,
    /// Duration in milliseconds; 0 where it is not known.
    pub ms: u32,
    /// Row of the reason to fail; 0: none.
    pub reason: u32,
}

/// The last executions of one test, at most so many, the oldest first.
///
/// # Errors
/// The ledger or a segment cannot be read.
pub async fn executions(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    test: u32,
    most: usize,
) -> Result<Vec<Executed>, HistoryError> {
    let mut last_error = HistoryError::Busy;
    for _ in 0..ROUNDS {
        let manifest = ledger.lake(lake).await?;
        let wanted = Wanted { columns: Columns::ALL, tests: Some((test, test)), since: None };
        let mut last: BTreeMap<(i64, u32, u8), Executed> = BTreeMap::new();
        let scanned = scan(place, &manifest.segments, &wanted, &mut |rows| {
            for row in (0..rows.len()).filter_map(|row| rows.row(row)) {
                last.insert((row.at, row.run, row.attempt), executed(&row));
                if last.len() > most {
                    last.pop_first();
                }
            }
        });
        match scanned {
            Ok(_) => return Ok(last.into_values().collect()),
            // Put together with others, and deleted since: the manifest names another file now.
            Err(err @ ScanError::Missing { .. }) => last_error = err.into(),
            Err(err) => return Err(err.into()),
        }
    }
    Err(last_error)
}

fn executed(row: &Row) -> Executed {
    Executed {
        at: Timestamp::from_millis(row.at),
        commit: row.commit,
        variant: row.variant,
        run: row.run,
        attempt: row.attempt,
        status: status_of(row.status),
        ms: row.ms,
        reason: row.signature,
    }
}

/// A status by its number; one that is not known is the worst.
pub(super) fn status_of(number: u8) -> Status {
    match number {
        0 => Status::Passed,
        1 => Status::Skipped,
        2 => Status::Failed,
        3 => Status::Errored,
        _ => Status::Unfinished,
    }
}
