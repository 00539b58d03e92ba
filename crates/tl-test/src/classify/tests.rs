//! Classes by hand, and against the rates of real tests.

use tl_core::test::Status;

use super::*;
use crate::simulate::{self, Dice, FAILED, PASSED, Told};
use crate::state::{Execution, RunOfTest, fold};

const MACHINE: Execution = Execution { status: Status::Errored, signature: 2, infra: true };

fn take(state: &mut TestState, commit: u32, attempts: &[Execution]) {
    let at = Timestamp::from_seconds(i64::from(commit) * 3_600);
    fold(state, &RunOfTest { commit, at, job: 0, attempt: 1, unmerged: false, attempts, ms: 5 });
}

/// A stretch of commits for each: sign and how many. `.` green, `F` red, `b` both, `m` machine.
fn told(stretches: &[(char, u32)]) -> TestState {
    let mut state = TestState::default();
    let mut commit = 0;
    for (sign, count) in stretches {
        for _ in 0..*count {
            let attempts: &[Execution] = match sign {
                '.' => &[PASSED],
                'F' => &[FAILED],
                'b' => &[FAILED, PASSED],
                'm' => &[MACHINE],
                other => panic!("`{other}` is no sign"),
            };
            take(&mut state, commit, attempts);
            commit += 1;
        }
    }
    state
}

fn class_of(stretches: &[(char, u32)]) -> Class {
    of(&told(stretches)).class
}

#[test]
fn a_test_is_new_until_it_ran_ten_times() {
    assert_eq!(of(&TestState::default()).class, Class::New);
    assert_eq!(class_of(&[('.', 9)]), Class::New);
    assert_eq!(class_of(&[('F', 9)]), Class::New);
    assert_eq!(class_of(&[('.', 10)]), Class::Healthy);
    // Both results on one commit say it at once.
    assert_eq!(class_of(&[('.', 2), ('b', 1)]), Class::Flaky);
}

#[test]
fn failures_from_a_commit_on_are_a_regression() {
    let judged = of(&told(&[('.', 100), ('F', 3)]));
    assert_eq!(judged.class, Class::Regressed);
    assert_eq!(judged.phases.last().map(|phase| (phase.from, phase.cause)), Some((100, (99, 100))));
    assert!(!judged.proven);
}

#[test]
fn a_regression_that_nobody_mends_is_broken() {
    assert_eq!(class_of(&[('.', 100), ('F', 100)]), Class::Regressed);
    assert_eq!(class_of(&[('.', 100), ('F', 101)]), Class::Broken);
    let judged = of(&told(&[('.', 100), ('F', 20)]));
    let began = Timestamp::from_seconds(100 * 3_600);
    assert_eq!(aged(judged.clone(), began, began + Millis::days(14)).class, Class::Regressed);
    assert_eq!(aged(judged, began, began + Millis::days(15)).class, Class::Broken);
}

#[test]
fn what_never_passed_is_broken() {
    assert_eq!(class_of(&[('F', 10)]), Class::Broken);
    assert_eq!(class_of(&[('F', 200)]), Class::Broken);
}

#[test]
fn one_failure_without_a_later_pass_is_no_flake() {
    assert_eq!(class_of(&[('.', 100), ('F', 1), ('.', 100)]), Class::Healthy);
    // A regression and its mend: two flips, and no evidence of a flake.
    assert_eq!(class_of(&[('.', 100), ('F', 5), ('.', 40)]), Class::Healthy);
}

#[test]
fn one_commit_with_both_results_is_a_flake_and_two_prove_it() {
    let once = of(&told(&[('.', 100), ('b', 1), ('.', 50)]));
    assert_eq!((once.class, once.proven), (Class::Flaky, false));
    let again = of(&told(&[('.', 100), ('b', 1), ('.', 50), ('F', 1), ('.', 3)]));
    assert_eq!((again.class, again.proven), (Class::Flaky, true));
    let twice = of(&told(&[('.', 100), ('b', 2), ('.', 50)]));
    assert_eq!((twice.class, twice.proven), (Class::Flaky, true));
}

#[test]
fn a_flaky_test_that_a_change_broke_is_regressed() {
    let past = [('.', 30), ('b', 1), ('.', 30), ('b', 1), ('.', 60)];
    let now = [past.as_slice(), &[('F', 8)]].concat();
    let judged = of(&told(&now));
    assert_eq!(judged.class, Class::Regressed, "{judged:?}");
    // Where it still passes now and then on the same commit, it is as flaky as before, or more.
    let worse = [past.as_slice(), &[('F', 4), ('b', 1), ('F', 5)]].concat();
    assert_eq!(class_of(&worse), Class::Flaky);
}

#[test]
fn a_flake_that_was_mended_is_healthy_once_clean_runs_outweigh_it() {
    let past = [('.', 9), ('b', 1)].repeat(20);
    assert_eq!(class_of(&past), Class::Flaky);
    let mended = |clean: u32| class_of(&[past.as_slice(), &[('.', clean)]].concat());
    assert_eq!(mended(10), Class::Flaky);
    assert_eq!(mended(299), Class::Healthy);
}

#[test]
fn a_machine_that_fails_says_nothing_of_the_test() {
    assert_eq!(class_of(&[('.', 50), ('m', 3)]), Class::Infra);
    assert_eq!(class_of(&[('.', 50), ('m', 3), ('.', 1)]), Class::Healthy);
    assert_eq!(class_of(&[('m', 3)]), Class::Infra);
    assert_eq!(class_of(&[('.', 50), ('F', 8), ('m', 1)]), Class::Regressed);
}

#[test]
fn a_request_breaks_itself_and_not_the_default_branch() {
    let request = |state: &mut TestState, commit: u32, attempts: &[Execution]| {
        let at = Timestamp::from_seconds(i64::from(commit) * 3_600);
        let run = RunOfTest { commit, at, job: 0, attempt: 1, unmerged: true, attempts, ms: 5 };
        fold(state, &run);
    };
    let mut state = told(&[('.', 100)]);
    (100..140).for_each(|commit| request(&mut state, commit, &[FAILED]));
    assert_eq!(of(&state).class, Class::Healthy);
    // Merged all the same, it is the branch's.
    (140..143).for_each(|commit| take(&mut state, commit, &[FAILED]));
    let judged = of(&state);
    assert_eq!(judged.class, Class::Regressed);
    assert_eq!(judged.phases.last().map(|phase| phase.cause), Some((99, 140)));

    // A flake is one wherever it is seen, and ends by clean runs of the branch like any other.
    let mut state = told(&[('.', 100)]);
    request(&mut state, 100, &[FAILED, PASSED]);
    assert_eq!(of(&state).class, Class::Flaky);
    request(&mut state, 101, &[FAILED, PASSED]);
    assert!(of(&state).proven);
    (102..600).for_each(|commit| take(&mut state, commit, &[PASSED]));
    assert_eq!(of(&state).class, Class::Flaky);
    (600..1_400).for_each(|commit| take(&mut state, commit, &[PASSED]));
    assert_eq!(of(&state).class, Class::Healthy, "{:?}", of(&state));
}

#[test]
fn two_of_three_real_flaky_tests_are_found_in_300_runs_and_no_stable_one() {
    let tests = simulate::real();
    let (mut found, mut flaky, mut stable) = (0, 0, 0);
    let mut dice = Dice::new(3);
    // Every stable test has the same rate: none. A few of them stand for all here.
    let few = tests.iter().filter(|test| !test.is_flaky).take(200);
    for test in tests.iter().filter(|test| test.is_flaky).chain(few) {
        let state = simulate::observed(&mut dice, test.rate, 300);
        let is_found = of(&state).class == Class::Flaky;
        if test.is_flaky {
            flaky += 1;
            found += u32::from(is_found);
        } else {
            stable += 1;
            assert!(!is_found, "a stable test was called flaky");
        }
    }
    assert!(flaky > 400 && stable == 200, "{flaky} {stable}");
    let recall = f64::from(found) / f64::from(flaky);
    assert!(recall >= 0.6, "{found} of {flaky}");
}

#[test]
fn a_change_that_breaks_a_stable_test_is_called_and_found() {
    let mut dice = Dice::new(5);
    for failures in [3, 4, 5, 10, 50] {
        for _ in 0..40 {
            let told = simulate::regression(&mut dice, 0.0, failures);
            assert_eq!(told, Told { regressed: true, near: true }, "{failures} failures");
        }
    }
}
