use proptest::prelude::*;

use super::*;
use crate::fixtures::{any_rows, lake, put, rows_of_run};
use crate::rows::Row;
use crate::scan::{scan, verify};

fn rows_of(place: &Place, segments: &[Segment]) -> Vec<Row> {
    let mut all = Vec::new();
    scan(place, segments, &Wanted::ALL, &mut |rows| {
        all.extend((0..rows.len()).filter_map(|n| rows.row(n)));
    })
    .unwrap();
    all
}

fn in_order(mut rows: Vec<Row>) -> Vec<Row> {
    let key = |row: &Row| (row.test, row.at, row.run, row.attempt, row.variant, row.commit, row.ms);
    rows.sort_by_key(key);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// No row is lost, doubled or changed; the new files are sorted, and as the manifest says.
    #[test]
    fn the_rows_of_the_old_files_are_those_of_the_new_ones(
        files in prop::collection::vec(any_rows(1..60), 1..5),
        bucket in 1..80_u64,
    ) {
        let (_directory, place) = lake();
        let old: Vec<Segment> =
            (1..).zip(&files).map(|(id, rows)| put(&place, rows, 0, id)).collect();
        let mut new = New { place: &place, level: 1, next: 9, writer: None, put: Vec::new() };
        fill(&place, &old, &mut new, bucket).unwrap();
        let new = new.put;
        prop_assert_eq!(in_order(rows_of(&place, &old)), in_order(rows_of(&place, &new)));
        for segment in &new {
            verify(&place, segment).unwrap();
            let rows = rows_of(&place, std::slice::from_ref(segment));
            prop_assert!(rows.is_sorted_by_key(|row| (row.test, row.at, row.run, row.attempt)));
        }
        prop_assert_eq!(new.iter().map(|segment| segment.id).collect::<Vec<_>>(), vec![9]);
    }
}

/// A segment that the plan looks at; nothing is read.
fn listed(id: u64, level: u8, rows: u64, last: i64) -> Segment {
    Segment {
        id,
        level,
        rows,
        bytes: 1,
        first: Timestamp::from_seconds(last - 1),
        last: Timestamp::from_seconds(last),
        tests: (0, 1),
        sha256: String::new(),
        path: String::new(),
    }
}

fn planned(segments: Vec<Segment>, open: i64, all: bool) -> Option<Vec<u64>> {
    let manifest = Manifest { generation: 1, next: 1000, segments };
    let planned = plan(&manifest, Timestamp::from_seconds(open), all);
    planned.map(|segments| segments.iter().map(|segment| segment.id).collect())
}

#[test]
fn many_files_or_many_rows_are_put_together_and_what_may_still_grow_is_not() {
    let small = |count: u64| (1..=count).map(|id| listed(id, 0, 10, id as i64)).collect();
    assert_eq!(planned(small(32), 1000, false), None);
    assert_eq!(planned(small(33), 1000, false), Some((1..=33).collect()));
    assert_eq!(planned(small(40), 33, false), None);
    assert_eq!(planned(small(3), 3, true), Some(vec![1, 2]));
    assert_eq!(planned(vec![], 3, true), None);
    // At most so many rows at once, but always at least one file.
    let large = (1..=3).map(|id| listed(id, 0, FILE / 2, 10 - id as i64)).collect();
    assert_eq!(planned(large, 1000, false), Some(vec![3, 2]));
    assert_eq!(planned(vec![listed(1, 0, FILE * 2, 1)], 1000, false), Some(vec![1]));
}

#[test]
fn sorted_files_are_put_together_when_they_are_many_and_the_next_level_stays() {
    let level = |level: u8, count: u64| (1..=count).map(|id| listed(id, level, 10, 1)).collect();
    assert_eq!(planned(level(1, 8), 1000, true), None);
    assert_eq!(planned(level(1, 9), 0, false), Some((1..=9).collect()));
    assert_eq!(planned(level(2, 99), 1000, true), None);
}

#[test]
fn where_a_file_is_damaged_the_new_ones_are_taken_back() {
    let (_directory, place) = lake();
    let good = put(&place, &rows_of_run(1, 100), 0, 1);
    let mut bad = put(&place, &rows_of_run(2, 100), 0, 2);
    assert_eq!(compact(&place, &[good.clone(), bad.clone()], 3).unwrap().len(), 1);
    place.delete(&bad.path).unwrap();
    bad.sha256 = "0".repeat(64);
    let before = place.list().unwrap();
    assert!(compact(&place, &[good, bad], 3).is_err());
    assert_eq!(place.list().unwrap(), before);
}

#[test]
fn the_level_goes_up_to_two() {
    let (_directory, place) = lake();
    let mut segment = put(&place, &rows_of_run(1, 10), 0, 1);
    for (next, level) in [(2, 1), (3, 2), (4, 2)] {
        segment = compact(&place, &[segment], next).unwrap().remove(0);
        assert_eq!((segment.id, segment.level), (next, level));
    }
}
