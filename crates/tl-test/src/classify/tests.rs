//! Classes by hand, and against the rates of real tests.

use tl_core::test::Status;

use super::*;
use crate::state::{Execution, RunOfTest, fold};

const PASSED: Execution = Execution { status: Status::Passed, signature: 0, infra: false };
const FAILED: Execution = Execution { status: Status::Failed, signature: 1, infra: false };
const MACHINE: Execution = Execution { status: Status::Errored, signature: 2, infra: true };

fn take(state: &mut TestState, commit: u32, attempts: &[Execution]) {
    let at = Timestamp::from_seconds(i64::from(commit) * 3_600);
    fold(state, &RunOfTest { commit, at, job: 0, attempt: 1, attempts, ms: 5 });
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

/// Numbers that look like chance and are the same on every machine: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Rates of `FlakeFlagger`'s tests over ten thousand repetitions, and whether each is flaky.
fn flake_flagger() -> Vec<(f64, bool)> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/flakeflagger/test-rerun-scripts/test_results.csv"
    );
    let text = std::fs::read_to_string(file)
        .unwrap_or_else(|err| panic!("the data of `shared/data/flakeflagger` is needed: {err}"));
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let column = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let (fails, passes, flaky) =
        (column("NumFailingRuns"), column("NumPassingRuns"), column("IsFlaky"));
    let number = |row: &Vec<&str>, at: usize| row[at].parse::<f64>().unwrap();
    lines
        .map(|row| {
            let (fails, passes) = (number(&row, fails), number(&row, passes));
            (fails / (fails + passes).max(1.0), row[flaky] == "1")
        })
        .collect()
}

/// A test that fails with this chance over so many commits, each failure tried once more.
fn simulated(dice: &mut Dice, chance: f64, commits: u32) -> TestState {
    let mut state = TestState::default();
    for commit in 0..commits {
        let attempts: &[Execution] = match (dice.roll() < chance, dice.roll() < chance) {
            (false, _) => &[PASSED],
            (true, false) => &[FAILED, PASSED],
            (true, true) => &[FAILED, FAILED],
        };
        take(&mut state, commit, attempts);
    }
    state
}

#[test]
fn two_of_three_real_flaky_tests_are_found_in_300_runs_and_no_stable_one() {
    let tests = flake_flagger();
    let (mut found, mut flaky, mut stable) = (0, 0, 0);
    let mut dice = Dice(3);
    // Every stable test has the same rate: none. A few of them stand for all here.
    let few = tests.iter().filter(|(_, is_flaky)| !is_flaky).take(200);
    for (rate, is_flaky) in tests.iter().filter(|(_, is_flaky)| *is_flaky).chain(few) {
        let state = simulated(&mut dice, *rate, 300);
        let is_found = of(&state).class == Class::Flaky;
        if *is_flaky {
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
    let mut dice = Dice(5);
    for failures in [3, 4, 5, 10, 50] {
        for _ in 0..40 {
            let clean = 50 + (dice.roll() * 200.0) as u32;
            let judged = of(&told(&[('.', clean), ('F', failures)]));
            assert_eq!(judged.class, Class::Regressed, "{clean} clean, {failures} failures");
            assert_eq!(judged.phases.last().map(|phase| phase.from), Some(clean));
        }
    }
}
