//! Rows and lakes for this crate's tests.

use std::ops::Range;

use proptest::prelude::*;
use tempfile::TempDir;
use tl_core::segment::Segment;

use crate::place::Place;
use crate::rows::{Row, Rows};
use crate::write::write;

/// A run of `count` tests, each once; every fiftieth fails in every third run.
pub(crate) fn rows_of_run(run: u32, count: u32) -> Rows {
    let mut rows = Rows::default();
    for test in 0..count {
        let red = test % 50 == 3 && run.is_multiple_of(3);
        rows.push(Row {
            test,
            commit: run / 2,
            variant: run % 2,
            run,
            at: 1_700_000_000_000 + i64::from(run) * 60_000,
            status: if red { 2 } else { 0 },
            attempt: 1,
            ms: test * 7,
            signature: u32::from(red),
        });
    }
    rows
}

/// Any rows, of few tests, commits and instants, so that they meet.
pub(crate) fn any_rows(count: Range<usize>) -> impl Strategy<Value = Rows> {
    let row = (0..6_u32, 0..5_u32, 0..3_u32, 0..20_u32, -5..5_i64, 0..5_u8, 1..4_u8, any::<u32>())
        .prop_map(|(test, commit, variant, run, at, status, attempt, ms)| Row {
            test,
            commit,
            variant,
            run,
            at,
            status,
            attempt,
            ms,
            signature: ms / 7,
        });
    prop::collection::vec(row, count).prop_map(|all| {
        let mut rows = Rows::default();
        all.into_iter().for_each(|row| rows.push(row));
        rows
    })
}

/// A lake in a directory of its own.
pub(crate) fn lake() -> (TempDir, Place) {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::Directory(directory.path().join("lake"));
    (directory, place)
}

/// Writes a segment and puts it.
pub(crate) fn put(place: &Place, rows: &Rows, level: u8, id: u64) -> Segment {
    let (bytes, segment) = write(rows, level, id).unwrap();
    place.put(&segment.path, bytes).unwrap();
    segment
}
