//! What only single executions tell: in which order tests ran, and which attempts of jobs were lost.
//!
//! In: the lake's rows. Out: what [`order_dependence`](crate::order_dependence) and
//! [`cost`](crate::cost) ask for. Start at [`orders`] and [`attempts`].

use std::collections::{BTreeMap, BTreeSet};

use tl_core::segment::Segment;
use tl_core::time::Timestamp;
use tl_lake::columns::Columns;
use tl_lake::place::Place;
use tl_lake::rows::Rows;
use tl_lake::scan::{Wanted, scan};
use tl_ledger::Ledger;

use super::dims::Run;
use super::history::{History, HistoryError};
use crate::cost::Attempted;
use crate::order_dependence::Ordered;

/// Number of [`Status::Skipped`](tl_core::test::Status).
const SKIPPED: u8 = 1;

const fn is_red(status: u8) -> bool {
    status >= 2
}

/// Runs of a test with the tests before it, in the order of their reports, the oldest first. Only of
/// runs whose rows are still as they were recorded, which is at least a day: put together with others
/// they are sorted. First attempts only.
///
/// # Errors
/// The ledger or a segment cannot be read.
pub async fn orders(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    test: u32,
) -> Result<Vec<Ordered>, HistoryError> {
    let manifest = ledger.lake(lake).await?;
    let has_it = |segment: &&Segment| {
        segment.level == 0 && (segment.tests.0..=segment.tests.1).contains(&test)
    };
    let segments: Vec<Segment> = manifest.segments.iter().filter(has_it).cloned().collect();
    let columns = Columns::ALL
        .without(Columns::COMMIT)
        .without(Columns::VARIANT)
        .without(Columns::AT)
        .without(Columns::MS)
        .without(Columns::SIGNATURE);
    let wanted = Wanted { columns, tests: None, since: None };
    let mut found = Vec::new();
    let mut before: Vec<u32> = Vec::new();
    let mut of_run = None;
    scan(place, &segments, &wanted, &mut |rows| {
        for row in 0..rows.len() {
            if of_run.replace(rows.run[row]) != Some(rows.run[row]) {
                before.clear();
            }
            let status = rows.status[row];
            if rows.attempt[row] > 1 || status == SKIPPED {
                continue;
            }
            if rows.test[row] == test {
                found.push(Ordered { red: is_red(status), before: before.clone() });
            } else {
                before.push(rows.test[row]);
            }
        }
    })?;
    Ok(found)
}

/// Attempts of jobs that were tried more than once since then. `minutes` says how long a run took and
/// how long it had waited, where the CI system told; else the tests' durations count.
///
/// # Errors
/// The ledger or a segment cannot be read.
pub async fn attempts(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    history: &History,
    since: Timestamp,
    minutes: impl Fn(&Run) -> Option<(f64, f64)>,
) -> Result<Vec<Attempted>, HistoryError> {
    let mut jobs: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for (row, run) in (0_u32..).zip(&history.runs).filter(|(_, run)| run.at >= since) {
        let of = (run.commit, run.job.clone(), run.variant, run.shard.clone());
        jobs.entry(of).or_default().push(row);
    }
    jobs.retain(|_, runs| runs.len() > 1);
    let job_of: BTreeMap<u32, usize> = jobs
        .values()
        .enumerate()
        .flat_map(|(job, runs)| runs.iter().map(move |run| (*run, job)))
        .collect();
    let manifest = ledger.lake(lake).await?;
    let columns = Columns::ALL
        .without(Columns::COMMIT)
        .without(Columns::VARIANT)
        .without(Columns::MS)
        .without(Columns::SIGNATURE);
    let wanted = Wanted { columns, tests: None, since: Some(since) };
    let rows_of = |rows: &Rows, row: usize| (rows.run[row], rows.test[row], rows.attempt[row]);
    // First which tests were red in any attempt of a job, then what became of these in all of them.
    let mut red: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); jobs.len()];
    scan(place, &manifest.segments, &wanted, &mut |rows| {
        for row in (0..rows.len()).filter(|row| is_red(rows.status[*row])) {
            if let Some(job) = job_of.get(&rows.run[row]) {
                red[*job].insert(rows.test[row]);
            }
        }
    })?;
    // The last attempt within a run says what became of a test.
    let mut last: BTreeMap<(u32, u32), (u8, u8)> = BTreeMap::new();
    scan(place, &manifest.segments, &wanted, &mut |rows| {
        for row in 0..rows.len() {
            let (run, test, attempt) = rows_of(rows, row);
            if job_of.get(&run).is_some_and(|job| red[*job].contains(&test)) {
                let known = last.entry((run, test)).or_default();
                *known = (*known).max((attempt, rows.status[row]));
            }
        }
    })?;
    let mut found = Vec::new();
    for (of, runs) in &jobs {
        for row in runs {
            let run = &history.runs[*row as usize];
            let own = minutes(run).unwrap_or((run.ms as f64 / 60_000.0, 0.0));
            let mut attempted = Attempted {
                of: of.clone(),
                attempt: run.attempt,
                minutes: own.0,
                waited: own.1,
                ..Attempted::default()
            };
            for ((_, test), (_, status)) in last.range((*row, 0)..=(*row, u32::MAX)) {
                if is_red(*status) {
                    attempted.red.insert(*test);
                } else if *status != SKIPPED {
                    attempted.passed.insert(*test);
                }
            }
            found.push(attempted);
        }
    }
    Ok(found)
}
