//! Files put together under a ledger, while others record.

use tempfile::TempDir;
use tl_core::test::{Status, TestName};
use tl_lake::scan::verify;

use super::*;
use crate::read::Case;
use crate::record::{Beside, Gathered, LAKE, RunInfo, executions, known, record};

async fn open(home: &TempDir) -> (Ledger, Place) {
    let ledger = Ledger::open(&home.path().join("ledger.db")).await.unwrap();
    (ledger, Place::Directory(home.path().join("lake")))
}

fn at(run: u32) -> Timestamp {
    Timestamp::from_seconds(1_750_000_000) + Millis::new(i64::from(run) * 60_000)
}

async fn add(ledger: &Ledger, place: &Place, run: u32) {
    let mut gathered = Gathered::new(false);
    for number in 0..5 {
        gathered.add(&Case {
            test: TestName { name: format!("case {number}"), ..TestName::default() },
            status: Status::Passed,
            micros: Some(1_000),
            started: None,
            failure: None,
            attempt: 1,
            line: None,
            at_line: 1,
            order: number,
        });
    }
    let info = RunInfo {
        commit: format!("{run:040x}"),
        digest: format!("{run:064x}"),
        at: at(run),
        complete: true,
        ..RunInfo::default()
    };
    record(ledger, place, LAKE, &info, &gathered, &Beside::default(), at(run)).await.unwrap();
}

#[tokio::test]
async fn many_files_become_one_and_no_row_is_lost() {
    let home = TempDir::new().unwrap();
    let (ledger, place) = open(&home).await;
    for run in 0..40 {
        add(&ledger, &place, run).await;
    }
    let before = executions(&ledger, &place, LAKE, 3, 100).await.unwrap();
    // On the same day nothing is touched.
    let now = at(41);
    assert_eq!(compact(&ledger, &place, LAKE, true, now).await.unwrap(), Compacted::default());
    let later = now + Millis::days(2);
    let done = compact(&ledger, &place, LAKE, false, later).await.unwrap();
    assert_eq!(done, Compacted { before: 40, after: 1, rows: 200 });
    let manifest = ledger.lake(LAKE).await.unwrap();
    assert_eq!(manifest.segments.len(), 1);
    manifest.segments.iter().for_each(|segment| verify(&place, segment).unwrap());
    assert_eq!(executions(&ledger, &place, LAKE, 3, 100).await.unwrap(), before);
    assert_eq!(known(&ledger, LAKE).await.unwrap().runs.len(), 40);

    // Old files wait for their readers.
    assert_eq!(sweep(&ledger, &place, LAKE, later).await.unwrap(), Swept::default());
    let hour = later + Millis::HOUR + Millis::new(1);
    assert_eq!(sweep(&ledger, &place, LAKE, hour).await.unwrap().doomed, 40);
    assert_eq!(place.list().unwrap().len(), 1);
    assert_eq!(executions(&ledger, &place, LAKE, 3, 100).await.unwrap(), before);
}

#[tokio::test]
async fn two_at_once_put_the_same_files_together_once() {
    let home = TempDir::new().unwrap();
    let (ledger, place) = open(&home).await;
    for run in 0..35 {
        add(&ledger, &place, run).await;
    }
    let (other, same_place) = open(&home).await;
    let later = at(0) + Millis::days(3);
    let (one, two) = tokio::join!(
        compact(&ledger, &place, LAKE, false, later),
        compact(&other, &same_place, LAKE, false, later)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.rows + two.rows, 175, "{one:?} {two:?}");
    let manifest = ledger.lake(LAKE).await.unwrap();
    manifest.segments.iter().for_each(|segment| verify(&place, segment).unwrap());
    assert_eq!(executions(&ledger, &place, LAKE, 3, 100).await.unwrap().len(), 35);
}

#[tokio::test]
async fn a_file_that_nobody_lists_goes_after_a_day() {
    let home = TempDir::new().unwrap();
    let (ledger, place) = open(&home).await;
    add(&ledger, &place, 0).await;
    place.put("results/L0/9-0123abcd.parquet", b"half a swap".to_vec()).unwrap();
    // Files have the machine's time.
    let written = place.list().unwrap().iter().map(|file| file.modified).max().unwrap();
    let soon = sweep(&ledger, &place, LAKE, written + Millis::HOUR).await.unwrap();
    assert_eq!((soon.orphans, place.list().unwrap().len()), (0, 2));
    let later = sweep(&ledger, &place, LAKE, written + Millis::days(2)).await.unwrap();
    assert_eq!((later.orphans, place.list().unwrap().len()), (1, 1));
    assert_eq!(executions(&ledger, &place, LAKE, 3, 100).await.unwrap().len(), 1);
}
