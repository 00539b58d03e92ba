use proptest::prelude::*;

use super::*;
use crate::fixtures::{any_rows, lake, put, rows_of_run};
use crate::rows::{Row, Rows};

/// Runs in the order of time, one after the other.
fn folded(runs: &[(i64, bool)]) -> FlipStats {
    let mut stats = FlipStats::default();
    runs.iter().for_each(|(at, red)| stats.push(*at, *red));
    stats
}

/// Runs at instants that are all different, in their order.
fn history() -> impl Strategy<Value = Vec<(i64, bool)>> {
    prop::collection::btree_map(-50..50_i64, any::<bool>(), 0..30)
        .prop_map(|runs| runs.into_iter().collect())
}

proptest! {
    /// A history may be cut anywhere, and its parts be put together in any order of neighbours.
    #[test]
    fn parts_of_a_history_merge_to_the_whole(
        runs in history(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        backwards in any::<bool>(),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(runs.len() + 1)).collect();
        cuts.extend([0, runs.len()]);
        cuts.sort_unstable();
        let mut parts: Vec<FlipStats> =
            cuts.windows(2).map(|ends| folded(&runs[ends[0]..ends[1]])).collect();
        if backwards {
            parts.reverse();
        }
        let mut whole = FlipStats::default();
        parts.iter().for_each(|part| whole.merge(part));
        prop_assert_eq!(whole, folded(&runs));
        prop_assert!(!whole.overlap);
    }

    /// Two histories that are mixed are not counted wrong in silence: all but the flips is right,
    /// and where the flips are not, it says so.
    #[test]
    fn mixed_histories_are_counted_right_or_say_that_they_are_not(
        runs in history(),
        sides in prop::collection::vec(any::<bool>(), 30),
    ) {
        let side = |wanted: bool| {
            let of_side = runs.iter().zip(&sides).filter(|(_, side)| **side == wanted);
            folded(&of_side.map(|(run, _)| *run).collect::<Vec<_>>())
        };
        let (mut one, mut other) = (side(true), side(false));
        let whole = folded(&runs);
        let second = other;
        other.merge(&one);
        one.merge(&second);
        prop_assert_eq!(one, other);
        let without_flips = |stats: FlipStats| FlipStats { flips: 0, overlap: false, ..stats };
        prop_assert_eq!(without_flips(one), without_flips(whole));
        prop_assert!(one.overlap || one.flips == whole.flips);
    }
}

/// What sorting all rows of each test would say.
fn by_sorting(files: &[Rows]) -> BTreeMap<(u32, u32), FlipStats> {
    let mut runs: BTreeMap<(u32, u32), Vec<Row>> = BTreeMap::new();
    for rows in files {
        for row in (0..rows.len()).filter_map(|n| rows.row(n)).filter(|row| row.status != 1) {
            runs.entry((row.variant, row.test)).or_default().push(row);
        }
    }
    let fold = |mut rows: Vec<Row>| {
        rows.sort_by_key(|row| (row.at, row.run, row.attempt));
        folded(&rows.iter().map(|row| (row.at, row.status >= 2)).collect::<Vec<_>>())
    };
    runs.into_iter().map(|(key, rows)| (key, fold(rows))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Files may overlap in time, rows of a file be in any order: the answer is that of the rows in
    /// the order of time. Rows of one instant are told apart by run and attempt; here each has its
    /// own.
    #[test]
    fn flips_are_those_of_the_rows_in_the_order_of_time(
        files in prop::collection::vec(any_rows(1..60), 1..4),
    ) {
        let (_directory, place) = lake();
        let mut files = files;
        let mut number = 0;
        for rows in &mut files {
            for run in &mut rows.run {
                number += 1;
                *run = number;
            }
            // What `record` writes: within a file the rows of an instant stand in their order.
            rows.sort();
        }
        let segments: Vec<Segment> =
            (1..).zip(&files).map(|(id, rows)| put(&place, rows, 1, id)).collect();
        let table = flips(&place, &segments, 6).unwrap();
        let found: BTreeMap<(u32, u32), FlipStats> =
            table.iter().map(|(variant, test, stats)| ((variant, test), *stats)).collect();
        let wanted = by_sorting(&files);
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        for (key, found) in found {
            let wanted = wanted[&key];
            prop_assert!(!found.overlap);
            prop_assert_eq!((found.runs, found.red), (wanted.runs, wanted.red));
            prop_assert_eq!((found.first.0, found.last.0), (wanted.first.0, wanted.last.0));
        }
    }

    /// With instants of their own, every number is that of the sorted rows.
    #[test]
    fn late_files_change_nothing_but_the_order_of_reading(
        rows in any_rows(1..120),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        seed in any::<u64>(),
    ) {
        let (_directory, place) = lake();
        let mut rows = rows;
        // An instant for each row, in an order that the seed says.
        let count = rows.len() as u64;
        for (number, at) in (0..).zip(&mut rows.at) {
            let step = (seed % count) | 1;
            *at = (number * (count + step) % (2 * count + 1)) as i64 * 1000 + number as i64;
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len())).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let files: Vec<Rows> = cuts
            .windows(2)
            .map(|ends| {
                let mut part = Rows::default();
                (ends[0]..ends[1]).filter_map(|n| rows.row(n)).for_each(|row| part.push(row));
                part
            })
            .collect();
        let segments: Vec<Segment> =
            (1..).zip(&files).map(|(id, rows)| put(&place, rows, 0, id)).collect();
        let table = flips(&place, &segments, 6).unwrap();
        let found: BTreeMap<(u32, u32), FlipStats> =
            table.iter().map(|(variant, test, stats)| ((variant, test), *stats)).collect();
        prop_assert_eq!(found, by_sorting(&files));
    }
}

#[test]
fn skipped_rows_are_no_runs_and_attempts_are() {
    let (_directory, place) = lake();
    let mut rows = Rows::default();
    for (attempt, status) in [(1, 0), (1, 1), (1, 2), (2, 0), (1, 4), (1, 3)] {
        let at = rows.len() as i64;
        rows.push(Row { test: 2, variant: 9, at, status, attempt, ..Row::default() });
    }
    let table = flips(&place, &[put(&place, &rows, 0, 1)], 3).unwrap();
    let stats = table.get(2, 9);
    assert_eq!((stats.runs, stats.red, stats.flips), (5, 3, 3));
    assert_eq!((stats.first, stats.last), ((0, 0), (5, 1)));
    assert_eq!(stats.rate(), Some(0.75));
    assert_eq!(table.get(2, 8).rate(), None);
    assert_eq!(table.iter().count(), 1);
}

#[test]
fn a_test_that_nobody_knows_is_an_error_that_names_the_file() {
    let (_directory, place) = lake();
    let segment = put(&place, &rows_of_run(1, 10), 0, 1);
    let err = flips(&place, std::slice::from_ref(&segment), 9).unwrap_err();
    assert!(err.to_string().contains(&segment.path), "{err}");
    // Not even where the manifest hides it.
    let lie = Segment { tests: (0, 8), ..segment };
    assert!(matches!(flips(&place, &[lie], 9), Err(ScanError::Contradicts { .. })));
}
