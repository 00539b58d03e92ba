//! Generated lakes, and what a direct scan of them says.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tl_lake::flips::flips;
use tl_lake::place::Place;
use tl_lake::rows::{Row, Rows};
use tl_lake::write::write;

use crate::session::Lake;

/// Files of a lake, in the order of their numbers, each with its level.
#[derive(Debug, Clone)]
pub(crate) struct Generated {
    pub(crate) files: Vec<(u8, Vec<Row>)>,
}

impl Generated {
    /// Runs one after another, each with some of the tests and here and there a second attempt;
    /// the first of them put together by test, as compaction does, in several files.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let run = prop::collection::vec((0_u32..12, 0_u32..2, 0_u8..5, 0_u8..6), 0..24);
        let runs = prop::collection::vec((run, 1_i64..1_000), 1..24);
        (runs, 0_usize..24, 1_u32..5, any::<bool>()).prop_map(|(runs, compacted, width, late)| {
            let mut at = 0;
            let mut files: Vec<Vec<Row>> = Vec::new();
            for (run, (results, pause)) in (0..).zip(runs) {
                at += pause;
                files.push(rows_of(run, at, &results));
            }
            let new = files.split_off(compacted.min(files.len()));
            let old = compact(&files, width).into_iter().map(|rows| (1, rows));
            let new = new.into_iter().filter(|rows| !rows.is_empty()).map(|rows| (0, rows));
            let mut files: Vec<(u8, Vec<Row>)> = old.chain(new).collect();
            // Numbers say when a file was written, and a run may be recorded later than the next.
            if late {
                files.reverse();
            }
            Self { files }
        })
    }
}

fn rows_of(run: u32, at: i64, results: &[(u32, u32, u8, u8)]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for &(test, variant, status, again) in results {
        if rows.iter().any(|row| (row.test, row.variant) == (test, variant)) {
            continue;
        }
        let row = Row { test, variant, run, at, status, attempt: 1, ..Row::default() };
        rows.push(row);
        if again == 0 {
            rows.push(Row { status: 0, attempt: 2, ..row });
        }
    }
    rows
}

/// The rows sorted by test, cut into files of `width` tests each.
fn compact(runs: &[Vec<Row>], width: u32) -> Vec<Vec<Row>> {
    let mut rows: Vec<Row> = runs.concat();
    rows.sort_by_key(|row| (row.test, row.at, row.run, row.attempt));
    rows.chunk_by(|one, next| one.test / width == next.test / width).map(<[Row]>::to_vec).collect()
}

/// Writes a lake of these files, numbered in their order.
pub(crate) fn lake_of(root: &Path, files: &[(u8, Vec<Row>)]) -> Lake {
    let place = Place::Directory(root.to_path_buf());
    let segments = (1..).zip(files).map(|(id, (level, rows))| {
        let mut columns = Rows::default();
        rows.iter().for_each(|row| columns.push(*row));
        let (bytes, segment) = write(&columns, *level, id).expect("rows are encoded");
        place.put(&segment.path, bytes).expect("a file is written");
        segment
    });
    Lake { root: PathBuf::from(root), segments: segments.collect() }
}

/// What a direct scan says: a line a test and variant.
pub(crate) fn scanned(lake: &Lake) -> String {
    let place = Place::Directory(lake.root.clone());
    let found = flips(&place, &lake.segments, 100).expect("a sound lake");
    let mut lines: Vec<(u32, u32, String)> = found
        .iter()
        .map(|(variant, test, stats)| {
            let exact = !stats.overlap;
            let numbers = format!("{} {} {} {exact}", stats.runs, stats.red, stats.flips);
            (test, variant, format!("{test} {variant} {numbers}"))
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|line| line.2).collect::<Vec<_>>().join("\n")
}
