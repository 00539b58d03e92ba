use proptest::prelude::*;

use super::*;

const FEW: Draws = Draws { count: 200, seed: 1 };
const UNGUARDED: Guard = Guard::TooFew;

fn matrix(rows: &[[i64; 3]], authors: &[u32]) -> StageMatrix {
    let times = |row: &[i64; 3]| row.map(|hours| Some(Millis::new(hours * 3_600_000)));
    StageMatrix::new(3, authors.iter().copied().zip(rows.iter().map(times)))
}

/// Coding 2 h, review 10 h, release 30 h or so, varying by row.
fn slow_release() -> StageMatrix {
    let rows: Vec<[i64; 3]> = (0..60).map(|i| [2 + i % 3, 10 + i % 7, 30 + i % 11]).collect();
    let authors: Vec<u32> = (0..60).map(|i| i % 12).collect();
    matrix(&rows, &authors)
}

#[test]
fn zeroing_one_stage_keeps_every_items_other_stages() {
    let rows = [[1, 5, 10], [2, 6, 0], [3, 7, 20]];
    let effect = what_if(&matrix(&rows, &[0, 1, 2]), 2, Operator::Zero, &FEW).expect("rows");
    // Totals 16, 8, 30 become 6, 8, 10.
    assert_eq!(effect.before.p50, 16.0 * 3_600_000.0);
    assert_eq!(effect.after.p50, 8.0 * 3_600_000.0);
    assert_eq!(effect.median_saved.estimate, 8.0 * 3_600_000.0);
    assert_eq!(effect.mean_saved.estimate, 10.0 * 3_600_000.0);
}

#[test]
fn each_operator_does_what_it_says() {
    let times = [0, 3, 10, 100];
    assert_eq!(Operator::Zero.apply(&times), [0; 4]);
    assert_eq!(Operator::Scale(0.5).apply(&times), [0, 2, 5, 50]);
    assert_eq!(Operator::Cap(Millis::new(9)).apply(&times), [0, 3, 9, 9]);
    assert_eq!(Operator::CapAtOwnMedian.apply(&times), [0, 3, 7, 7]);
}

#[test]
fn a_journey_with_an_unknown_stage_is_left_out_and_counted() {
    let known = Some(Millis::HOUR);
    let matrix = StageMatrix::new(2, [(0, [known, known]), (1, [known, None])]);
    assert_eq!((matrix.rows(), matrix.left_out()), (1, 1));
}

#[test]
fn the_longest_queue_is_the_first_to_invest_in() {
    let candidates = [1, 2].map(|stage| Candidate { stage, guard: UNGUARDED });
    let slices = invest_first(&slow_release(), &candidates, Operator::Zero, 20.0, &FEW);
    assert_eq!(slices[0].effect.stage, 2);
    assert_eq!((slices[0].best, slices[1].best), (1.0, 0.0));
    let saved_hours = slices[0].effect.median_saved.estimate / 3_600_000.0;
    assert!((slices[0].hours_a_week.estimate - 20.0 * saved_hours).abs() < 1e-9);
    assert!(slices[0].hours_a_week.low > slices[1].hours_a_week.high);
    assert!(slices[0].is_recommendable());
}

#[test]
fn a_queue_whose_quick_changes_fail_more_is_never_recommended() {
    let times: Vec<Millis> = (0..200).map(Millis::days).collect();
    let quick_fail: Vec<bool> = (0..200).map(|i| i < 100 && i % 4 == 0 || i == 150).collect();
    let raises = guard_at_median(&times, &quick_fail);
    assert!(matches!(raises, Guard::Raises { difference } if difference.low > 0.0), "{raises:?}");
    let slow_fail: Vec<bool> = quick_fail.iter().rev().copied().collect();
    assert!(matches!(guard_at_median(&times, &slow_fail), Guard::Ok { .. }));
    assert_eq!(guard_at_median(&times[..30], &quick_fail[..30]), Guard::TooFew);
    assert_eq!(guard_at_median(&[], &[]), Guard::TooFew);

    let candidates =
        [Candidate { stage: 1, guard: UNGUARDED }, Candidate { stage: 2, guard: raises }];
    let slices = invest_first(&slow_release(), &candidates, Operator::Zero, 20.0, &FEW);
    let recommended = slices.iter().find(|slice| slice.is_recommendable());
    assert_eq!(recommended.map(|slice| slice.effect.stage), Some(1));
}

#[test]
fn two_equal_queues_share_the_probability_of_being_best() {
    let rows: Vec<[i64; 3]> = (0..40).map(|i| [1, 5 + i, 5 + i]).collect();
    let authors: Vec<u32> = (0..40).collect();
    let candidates = [1, 2].map(|stage| Candidate { stage, guard: UNGUARDED });
    let slices = invest_first(&matrix(&rows, &authors), &candidates, Operator::Zero, 1.0, &FEW);
    assert_eq!(slices.iter().map(|slice| slice.best).collect::<Vec<f64>>(), [0.5, 0.5]);
}

#[test]
fn without_journeys_there_is_nothing_to_say() {
    let empty = matrix(&[], &[]);
    assert_eq!(what_if(&empty, 0, Operator::Zero, &FEW), None);
    let candidates = [Candidate { stage: 0, guard: UNGUARDED }];
    assert!(invest_first(&empty, &candidates, Operator::Zero, 1.0, &FEW).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn zeroing_a_stage_that_takes_no_time_changes_nothing(
        rows in prop::collection::vec(([0..500_i64, 0..500_i64], 0..6_u32), 1..40),
    ) {
        let authors: Vec<u32> = rows.iter().map(|(_, author)| *author).collect();
        let rows: Vec<[i64; 3]> = rows.iter().map(|([a, b], _)| [*a, 0, *b]).collect();
        let effect = what_if(&matrix(&rows, &authors), 1, Operator::Zero, &FEW).expect("rows");
        prop_assert_eq!(effect.before, effect.after);
        for saved in [effect.median_saved, effect.p90_saved, effect.mean_saved] {
            prop_assert_eq!(saved, Interval { estimate: 0.0, low: 0.0, high: 0.0 });
        }
    }

    #[test]
    fn the_order_of_the_journeys_does_not_matter(
        rows in prop::collection::vec(([0..500_i64, 0..500_i64, 0..500_i64], 0..6_u32), 1..40),
        by in 0..40_usize,
    ) {
        let ranking = |rows: &[([i64; 3], u32)]| {
            let authors: Vec<u32> = rows.iter().map(|(_, author)| *author).collect();
            let rows: Vec<[i64; 3]> = rows.iter().map(|(row, _)| *row).collect();
            let candidates = [0, 1, 2].map(|stage| Candidate { stage, guard: UNGUARDED });
            let matrix = matrix(&rows, &authors);
            invest_first(&matrix, &candidates, Operator::CapAtOwnMedian, 3.0, &FEW)
        };
        // A single author is resampled by change, where a row's place is its identity.
        prop_assume!(rows.iter().any(|(_, author)| *author != rows[0].1));
        let mut turned = rows.clone();
        turned.rotate_left(by % rows.len());
        turned.swap(0, by % rows.len());
        prop_assert_eq!(ranking(&rows), ranking(&turned));
    }
}
