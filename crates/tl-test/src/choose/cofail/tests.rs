use proptest::prelude::*;

use super::*;

fn key(number: u32) -> TestKey {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&number.to_be_bytes());
    TestKey(key)
}

fn week(number: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000) + Millis::days(7 * number)
}

/// 100 green runs of other files, and then three changes of a file of which two fail.
fn shop() -> CoFail {
    let mut state = CoFail::default();
    for _ in 0..100 {
        fold(&mut state, &["src/users.rs"], &[], week(0));
    }
    fold(&mut state, &["src/cart.rs"], &[key(1)], week(0));
    fold(&mut state, &["src/cart.rs", "src/bill.rs"], &[key(1)], week(0));
    fold(&mut state, &["src/cart.rs"], &[], week(0));
    state
}

#[test]
fn a_test_that_fails_when_a_file_changes_is_found_by_the_file() {
    let lifts = shop().lifts(&["src/users.rs", "src/cart.rs"], week(0));
    let lift = lifts[&key(1)];
    assert_eq!((lift.file, lift.red, lift.changed), (1, 2.0, 3.0));
    assert!((lift.usual - 2.5 / 104.0).abs() < 1e-9);
    assert_eq!(lift.weight, 2.0);
    assert!(shop().lifts(&["src/users.rs", "src/none.rs"], week(0)).is_empty());
}

#[test]
fn a_test_that_always_fails_is_no_sign_of_any_file() {
    let mut state = CoFail::default();
    for run in 0..40 {
        fold(&mut state, &[&format!("src/{}.rs", run % 4)], &[key(1)], week(0));
    }
    assert!(state.lifts(&["src/1.rs"], week(0)).is_empty());
}

#[test]
fn what_is_long_ago_counts_less() {
    let (soon, late) = (shop().lifts(&["src/cart.rs"], week(1)), shop());
    let late = late.lifts(&["src/cart.rs"], week(150));
    assert!((soon[&key(1)].red - 2.0 * 0.98).abs() < 1e-6);
    assert!(late[&key(1)].red < 0.1);
}

#[test]
fn a_run_that_touches_or_breaks_everything_says_nothing() {
    let mut state = CoFail::default();
    let many: Vec<String> = (0..=CROWD).map(|file| file.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let reds: Vec<TestKey> = (0..=CROWD as u32).map(key).collect();
    fold(&mut state, &many, &[key(1)], week(0));
    fold(&mut state, &["a"], &reds, week(0));
    fold(&mut state, &[], &[key(1)], week(0));
    fold(&mut state, &many[..60], &reds[..60], week(0));
    assert!(state.is_empty());
}

#[test]
fn what_is_kept_has_a_bound_and_the_strongest_stay() {
    let mut state = CoFail::default();
    for _ in 0..20 {
        fold(&mut state, &["hot.rs"], &[key(u32::MAX)], week(0));
    }
    for run in 0..130_u32 {
        let files: Vec<String> = (0..40).map(|file| format!("{run}/{file}.rs")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let reds: Vec<TestKey> = (0..40).map(|test| key(run * 40 + test)).collect();
        fold(&mut state, &files, &reds, week(0));
    }
    let pairs: usize = state.files.values().map(|row| row.red.len()).sum();
    assert_eq!(pairs, state.pairs);
    assert!(state.files.len() <= FILES && state.tests.len() <= TESTS && pairs <= PAIRS);
    assert!(state.encode().len() < 512 << 10, "{}", state.encode().len());
    assert!(state.lifts(&["hot.rs"], week(0)).contains_key(&key(u32::MAX)));
}

#[test]
fn a_newer_programs_counts_are_refused() {
    assert_eq!(CoFail::decode(&[9, 1, 2]), Err(DecodeError::Version(9)));
    assert_eq!(CoFail::decode(&[VERSION, 1, 2]), Err(DecodeError::Form));
    assert_eq!(CoFail::decode(&[]), Ok(CoFail::default()));
}

type Run = (Vec<u8>, Vec<u32>, i64);

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (prop::collection::vec(0_u8..6, 1..4), prop::collection::vec(0_u32..6, 0..4));
    prop::collection::vec(
        (run, -20_i64..60).prop_map(|((files, reds), at)| (files, reds, at)),
        0..30,
    )
}

fn folded(runs: &[Run]) -> CoFail {
    let mut state = CoFail::default();
    for (files, reds, at) in runs {
        let files: Vec<String> = files.iter().map(u8::to_string).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let reds: Vec<TestKey> = reds.iter().map(|test| key(*test)).collect();
        fold(&mut state, &files, &reds, week(*at));
    }
    state
}

proptest! {
    #[test]
    fn a_state_reads_as_it_is_written(runs in runs()) {
        let state = folded(&runs);
        prop_assert_eq!(CoFail::decode(&state.encode()), Ok(state));
    }

    /// Runs may come in any order.
    #[test]
    fn the_order_of_runs_does_not_matter(runs in runs()) {
        let back: Vec<Run> = runs.iter().rev().cloned().collect();
        let files = ["0", "1", "2", "3", "4", "5"];
        let (there, back) = (folded(&runs).lifts(&files, week(60)), folded(&back).lifts(&files, week(60)));
        for (test, lift) in &there {
            let other = back.get(test).map_or(0.0, |lift| lift.weight);
            prop_assert!((lift.weight - other).abs() < 1e-3, "{} {}", lift.weight, other);
        }
    }

    #[test]
    fn bytes_of_others_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let with_version: Vec<u8> = [VERSION].into_iter().chain(bytes.iter().copied()).collect();
        for bytes in [bytes, with_version] {
            if let Ok(state) = CoFail::decode(&bytes) {
                let lifts = state.lifts(&["a"], week(0));
                prop_assert!(lifts.values().all(|lift| (0.0..=2.0).contains(&lift.weight)));
            }
        }
    }

    /// Instants of others move nothing out of bounds.
    #[test]
    fn any_instant_is_taken(at in any::<i64>(), later in any::<i64>(), now in any::<i64>()) {
        let mut state = CoFail::default();
        fold(&mut state, &["a"], &[key(1)], Timestamp::from_millis(at));
        fold(&mut state, &["a"], &[key(1)], Timestamp::from_millis(later));
        let lifts = state.lifts(&["a"], Timestamp::from_millis(now));
        prop_assert!(lifts.values().all(|lift| lift.weight.is_finite()));
        prop_assert!(CoFail::decode(&state.encode()).is_ok());
    }
}
