//! Properties: each fast algorithm equals the obvious slow one.

use proptest::prelude::*;
use tl_core::time::Millis;

use super::bootstrap::{Clusters, Draws, SortedColumn};
use super::kaplan_meier::{Observation, survival};
use super::quantile::{quantile, quantile_f64};
use super::rank::{Cohort, cliffs_delta, compare, drawn_deltas};
use super::rates::{Count, newcombe, wilson};
use super::shift::hodges_lehmann;

const FEW: Draws = Draws { count: 50, seed: 3 };
const AT: [f64; 5] = [0.0, 0.25, 0.5, 0.9, 1.0];

/// Values with their authors; few distinct values, so that ties are frequent.
fn rows() -> impl Strategy<Value = Vec<(i64, u32)>> {
    prop::collection::vec((prop_oneof![0..8_i64, -1_000..1_000_000_i64], 0..7_u32), 1..60)
}

fn sample() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![0..8_i64, -500..500_i64], 1..30)
}

fn at_least_two_authors(rows: &[(i64, u32)]) -> bool {
    rows.iter().any(|(_, author)| *author != rows[0].1)
}

fn turned<T: Clone>(rows: &[T], by: usize) -> Vec<T> {
    let mut turned = rows.to_vec();
    turned.rotate_left(by % rows.len());
    turned.swap(0, by % rows.len());
    turned
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_quantile_of_a_draw_is_that_of_its_rows_written_out(rows in rows()) {
        let (values, authors): (Vec<i64>, Vec<u32>) = rows.into_iter().unzip();
        let clusters = Clusters::new(&authors);
        let column = SortedColumn::new(&clusters, &values, &AT);
        let mut differing = Vec::new();
        clusters.each_draw(&FEW, |multiplicity, rows| {
            let mut written_out = Vec::new();
            for (value, &cluster) in values.iter().zip(clusters.of_row()) {
                written_out.extend((0..multiplicity[cluster as usize]).map(|_| *value));
            }
            written_out.sort_unstable();
            for (index, &p) in AT.iter().enumerate() {
                let got = column.resampled(index, multiplicity, rows);
                let wanted = quantile(&written_out, p).unwrap_or(f64::NAN);
                if got != wanted || rows != written_out.len() as u64 {
                    differing.push((p, got, wanted));
                }
            }
        });
        prop_assert!(differing.is_empty(), "{differing:?}");
    }

    #[test]
    fn the_walk_from_the_pivot_finds_what_a_full_scan_finds(
        rows in rows(),
        multiplicity in prop::collection::vec(0..4_u32, 60),
    ) {
        // Multiplicities that no draw would have: far from the pivot, empty clusters, one left.
        let (values, authors): (Vec<i64>, Vec<u32>) = rows.into_iter().unzip();
        let clusters = Clusters::new(&authors);
        let multiplicity = &multiplicity[..clusters.units()];
        let mut sorted: Vec<(i64, u32)> =
            values.iter().copied().zip(clusters.of_row().iter().copied()).collect();
        sorted.sort_unstable();
        let scanned: Vec<f64> = sorted
            .iter()
            .flat_map(|&(value, cluster)| {
                std::iter::repeat_n(value as f64, multiplicity[cluster as usize] as usize)
            })
            .collect();
        let column = SortedColumn::new(&clusters, &values, &AT);
        for (index, &p) in AT.iter().enumerate() {
            let got = column.resampled(index, multiplicity, scanned.len() as u64);
            match quantile_f64(&scanned, p) {
                Some(wanted) => prop_assert_eq!(got, wanted),
                None => prop_assert!(got.is_nan()),
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(rows in rows(), by in 0..60_usize) {
        prop_assume!(at_least_two_authors(&rows));
        let intervals = |rows: &[(i64, u32)]| {
            let (values, authors): (Vec<i64>, Vec<u32>) = rows.iter().copied().unzip();
            let clusters = Clusters::new(&authors);
            let squares: Vec<i64> = values.iter().map(|value| value * value).collect();
            let columns: [&[i64]; 2] = [&values, &squares];
            [
                clusters.quantiles(&values, &AT, &FEW),
                clusters.means(&columns, &FEW),
                clusters.shares(&columns, &FEW),
            ]
        };
        prop_assert_eq!(intervals(&rows), intervals(&turned(&rows, by)));
    }

    #[test]
    fn comparing_cohorts_does_not_depend_on_the_order_of_their_rows(
        first in rows(),
        second in rows(),
        by in 0..60_usize,
    ) {
        prop_assume!(at_least_two_authors(&first));
        let compared = |first: &[(i64, u32)], second: &[(i64, u32)]| {
            let (values, authors): (Vec<i64>, Vec<u32>) = first.iter().copied().unzip();
            let (others, other_authors): (Vec<i64>, Vec<u32>) = second.iter().copied().unzip();
            let first = Cohort { values: &values, authors: &authors };
            compare(first, Cohort { values: &others, authors: &other_authors }, &FEW)
        };
        let once = compared(&first, &second);
        prop_assert_eq!(once, compared(&turned(&first, by), &turned(&second, by)));
        let reversed = compared(&second, &first).expect("two cohorts");
        let once = once.expect("two cohorts");
        prop_assert!((once.delta.estimate + reversed.delta.estimate).abs() < 1e-12);
        prop_assert!((once.test.p - reversed.test.p).abs() < 1e-12);
        prop_assert_eq!(once.shift.estimate, -reversed.shift.estimate);
    }

    #[test]
    fn delta_counts_the_same_pairs_as_two_loops(first in sample(), second in sample()) {
        let mut balance = 0_i64;
        for one in &first {
            for other in &second {
                balance += (one - other).signum();
            }
        }
        let wanted = balance as f64 / (first.len() * second.len()) as f64;
        let got = cliffs_delta(&first, &second).expect("two samples");
        prop_assert!((got - wanted).abs() < 1e-12, "got {got}, wanted {wanted}");
    }

    #[test]
    fn the_delta_of_a_draw_is_that_of_its_rows_written_out(first in rows(), second in rows()) {
        let (values, authors): (Vec<i64>, Vec<u32>) = first.into_iter().unzip();
        let (others, other_authors): (Vec<i64>, Vec<u32>) = second.into_iter().unzip();
        let clusters = Clusters::new(&[authors, other_authors].concat());
        let mut wanted = Vec::new();
        clusters.each_draw(&FEW, |multiplicity, _| {
            let written_out = |values: &[i64], of_row: &[u32]| -> Vec<i64> {
                let rows = values.iter().zip(of_row);
                let repeated = rows.flat_map(|(&value, &cluster)| {
                    std::iter::repeat_n(value, multiplicity[cluster as usize] as usize)
                });
                repeated.collect()
            };
            let (ours, theirs) = clusters.of_row().split_at(values.len());
            let drawn = (written_out(&values, ours), written_out(&others, theirs));
            wanted.push(cliffs_delta(&drawn.0, &drawn.1).unwrap_or(f64::NAN));
        });
        let got = drawn_deltas(&clusters, &values, &others, &FEW);
        prop_assert_eq!(got.len(), wanted.len());
        for (got, wanted) in got.iter().zip(wanted) {
            let same = got.is_nan() && wanted.is_nan() || (got - wanted).abs() < 1e-12;
            prop_assert!(same, "got {got}, wanted {wanted}");
        }
    }

    #[test]
    fn the_shift_is_the_median_of_all_differences(first in sample(), second in sample()) {
        let mut differences: Vec<i64> =
            first.iter().flat_map(|one| second.iter().map(move |other| one - other)).collect();
        differences.sort_unstable();
        prop_assert_eq!(hodges_lehmann(&first, &second), quantile(&differences, 0.5));
    }

    #[test]
    fn without_open_items_the_curve_is_one_minus_the_distribution(lengths in sample()) {
        let item = |&length: &i64| Observation { length: Millis::new(length), ended: true };
        let curve = survival(&lengths.iter().map(item).collect::<Vec<_>>());
        for &length in &lengths {
            let longer = lengths.iter().filter(|&&other| other > length).count();
            let wanted = longer as f64 / lengths.len() as f64;
            prop_assert!((curve.beyond(Millis::new(length)) - wanted).abs() < 1e-9);
        }
        let mut sorted = lengths.clone();
        sorted.sort_unstable();
        let median = curve.quantile(0.5).estimate.map(Millis::get);
        prop_assert_eq!(median, Some(sorted[(sorted.len() - 1) / 2]));
    }

    #[test]
    fn the_limits_of_a_curve_enclose_it_and_stay_within_zero_and_one(
        items in prop::collection::vec((0..40_i64, any::<bool>()), 1..60),
    ) {
        let items: Vec<Observation> = items
            .into_iter()
            .map(|(length, ended)| Observation { length: Millis::new(length), ended })
            .collect();
        let curve = survival(&items);
        for step in &curve.steps {
            prop_assert!(0.0 <= step.low && step.low <= step.survival, "{step:?}");
            prop_assert!(step.survival <= step.high && step.high <= 1.0, "{step:?}");
        }
    }

    #[test]
    fn rates_and_their_limits_stay_possible(
        (events, trials) in (1..500_u64).prop_flat_map(|trials| (0..=trials, Just(trials))),
        (other_events, other) in (1..500_u64).prop_flat_map(|trials| (0..=trials, Just(trials))),
    ) {
        let count = Count { events, trials };
        let rate = wilson(count).expect("there are trials");
        prop_assert!(0.0 <= rate.low && rate.low <= rate.estimate);
        prop_assert!(rate.estimate <= rate.high && rate.high <= 1.0);
        let difference =
            newcombe(count, Count { events: other_events, trials: other }).expect("trials");
        prop_assert!(-1.0 <= difference.low && difference.high <= 1.0 + 1e-12);
        prop_assert!(difference.contains(difference.estimate));
    }
}
