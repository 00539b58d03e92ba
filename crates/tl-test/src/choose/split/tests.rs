use proptest::prelude::*;

use super::*;

fn timed(times: &[u64]) -> Vec<Unit> {
    let unit = |(name, ms): (usize, &u64)| Unit { name: format!("t{name:04}"), p75_ms: Some(*ms) };
    times.iter().enumerate().map(unit).collect()
}

#[test]
fn shards_end_at_the_same_time() {
    let split = split(&timed(&[5_000, 4_000, 3_000, 3_000, 3_000]), 2);
    assert_eq!((split.seconds(), split.bound_seconds), (9.0, 9.0));
    assert_eq!(split.shards[0].index, 1);
}

#[test]
fn what_is_not_known_counts_as_the_median() {
    let mut all = timed(&[1_000, 2_000, 9_000]);
    all.push(Unit { name: "new".to_owned(), p75_ms: None });
    let split = split(&all, 1);
    assert_eq!((split.unknown, split.median_seconds, split.seconds()), (1, 2.0, 14.0));
}

#[test]
fn nothing_known_at_all_is_dealt_out_evenly() {
    let all: Vec<Unit> =
        (0..10).map(|name| Unit { name: name.to_string(), p75_ms: None }).collect();
    let split = split(&all, 5);
    assert!(split.shards.iter().all(|shard| shard.items.len() == 2), "{split:?}");
}

#[test]
fn fewer_units_than_shards_leave_empty_shards_and_no_unit_out() {
    let split = split(&timed(&[7]), 3);
    assert_eq!(split.shards.iter().map(|shard| shard.items.len()).sum::<usize>(), 1);
    assert_eq!(super::split(&[], 3).shards.len(), 3);
}

#[test]
fn a_name_that_comes_twice_is_one_unit() {
    let twice = |ms| Unit { name: "a".to_owned(), p75_ms: Some(ms) };
    let split = split(&[twice(1_000), twice(2_000)], 2);
    assert_eq!(split.shards[0].items, ["a"]);
    assert_eq!((split.seconds(), split.shards[1].items.len()), (3.0, 0));
}

/// Durations as test suites have them: most short, a few long.
fn durations() -> impl Strategy<Value = Vec<u64>> {
    let one = (0.0_f64..1.0, 0.0_f64..1.0).prop_map(|(a, b)| {
        // Box and Muller: a normal number, taken as the logarithm of milliseconds.
        let normal = (-2.0 * a.max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        (1_000.0 * (1.5 * normal).exp()) as u64
    });
    prop::collection::vec(one, 20..400)
}

proptest! {
    /// Shards hold every unit exactly once.
    #[test]
    fn no_unit_is_lost_or_doubled(times in prop::collection::vec(any::<Option<u64>>(), 0..80), count in 0_u32..40) {
        let all: Vec<Unit> = times.iter().enumerate()
            .map(|(name, ms)| Unit { name: format!("{name:03}"), p75_ms: *ms }).collect();
        let split = split(&all, count);
        let mut names: Vec<&String> = split.shards.iter().flat_map(|shard| &shard.items).collect();
        names.sort();
        prop_assert_eq!(names, all.iter().map(|unit| &unit.name).collect::<Vec<_>>());
        prop_assert!(split.seconds() >= split.bound_seconds);
        prop_assert_eq!(split.shards.len(), count.max(1) as usize);
    }

    /// The same units give the same shards in whatever order they come.
    #[test]
    fn shards_do_not_depend_on_the_order_of_units(
        all in prop::collection::vec((0_u32..60, any::<Option<u16>>()), 0..60)
            .prop_map(|rows| rows.into_iter().map(|(name, ms)| Unit { name: name.to_string(), p75_ms: ms.map(u64::from) }).collect::<Vec<_>>())
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        count in 1_u32..9,
    ) {
        prop_assert_eq!(split(&all.0, count), split(&all.1, count));
    }

    /// The fullest shard takes at most 5 % more than the lower bound.
    #[test]
    fn the_fullest_shard_is_near_the_bound(times in durations(), count in 4_u32..17) {
        let split = split(&timed(&times), count);
        prop_assert!(split.seconds() <= split.bound_seconds * 1.05 + 0.002, "{} of {}", split.seconds(), split.bound_seconds);
    }
}
