//! What flaky tests cost: minutes of CI that were spent although nothing was wrong.
//!
//! In: attempts of jobs with their red and passed tests. Out: [`Cost`]. Start at [`of`].
//! **Definition:** an attempt is lost if it was red by tests alone, and each of these passed in a
//! later attempt of the same job on the same commit. Its minutes, and those that the next attempt
//! waited, are split over these tests by equal parts. **Invariant:** minutes are only counted where
//! every red test passed later: one that did not was the reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One attempt of a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempted {
    /// What all attempts of it have in common: commit, job, variant, shard.
    pub of: (u32, String, u32, String),
    /// Which one, from 1.
    pub attempt: u32,
    /// How long it ran, in minutes.
    pub minutes: f64,
    /// How long it waited before it ran, in minutes; 0 where that is not known.
    pub waited: f64,
    /// Rows of the tests that were red in the end.
    pub red: BTreeSet<u32>,
    /// Rows of the tests that passed in the end; at least those that are red in another attempt.
    pub passed: BTreeSet<u32>,
}

/// What one test cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct OfTest {
    /// Row of the test.
    pub test: u32,
    /// Minutes.
    pub minutes: f64,
    /// Attempts that were lost by it, alone or with others.
    pub attempts: u32,
}

/// What all of them cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Attempts that were looked at.
    pub attempts: u32,
    /// Of those, lost ones.
    pub lost: u32,
    /// Minutes of these.
    pub minutes: f64,
    /// By test, the dearest first.
    pub tests: Vec<OfTest>,
}

/// Adds up what flaky tests cost.
pub fn of(attempts: &[Attempted]) -> Cost {
    let mut by_job: BTreeMap<_, Vec<&Attempted>> = BTreeMap::new();
    for attempt in attempts {
        by_job.entry(&attempt.of).or_default().push(attempt);
    }
    let mut cost = Cost { attempts: attempts.len() as u32, ..Cost::default() };
    let mut by_test: BTreeMap<u32, OfTest> = BTreeMap::new();
    for of_job in by_job.values_mut() {
        of_job.sort_by_key(|attempt| attempt.attempt);
        for (row, attempt) in of_job.iter().enumerate() {
            let later = &of_job[row + 1..];
            let passed_later =
                |test: &u32| later.iter().any(|attempt| attempt.passed.contains(test));
            if attempt.red.is_empty() || !attempt.red.iter().all(passed_later) {
                continue;
            }
            let minutes = attempt.minutes + later.first().map_or(0.0, |next| next.waited);
            cost.lost += 1;
            cost.minutes += minutes;
            for test in &attempt.red {
                let known =
                    by_test.entry(*test).or_insert(OfTest { test: *test, ..OfTest::default() });
                known.minutes += minutes / attempt.red.len() as f64;
                known.attempts += 1;
            }
        }
    }
    cost.tests = by_test.into_values().collect();
    cost.tests.sort_by(|a, b| b.minutes.total_cmp(&a.minutes).then(a.test.cmp(&b.test)));
    cost
}

/// The chance that a run is red although nothing is wrong: that at least one of its tests fails which
/// fail so often, each for itself.
pub fn red_by_chance(rates: impl IntoIterator<Item = f64>) -> f64 {
    let all_pass: f64 = rates.into_iter().map(|rate| (1.0 - rate.clamp(0.0, 1.0)).ln()).sum();
    1.0 - all_pass.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(commit: u32, attempt: u32, minutes: f64, red: &[u32], passed: &[u32]) -> Attempted {
        Attempted {
            of: (commit, "unit".to_owned(), 0, String::new()),
            attempt,
            minutes,
            waited: 2.0,
            red: red.iter().copied().collect(),
            passed: passed.iter().copied().collect(),
        }
    }

    #[test]
    fn an_attempt_is_lost_if_all_of_its_red_tests_passed_later() {
        let cost = of(&[
            attempt(1, 2, 10.0, &[], &[5, 6]),
            attempt(1, 1, 10.0, &[5, 6], &[]),
            // One of two never passed: that was a failure.
            attempt(2, 1, 10.0, &[5, 7], &[]),
            attempt(2, 2, 10.0, &[7], &[5]),
            // Nobody tried again.
            attempt(3, 1, 10.0, &[5], &[]),
        ]);
        assert_eq!((cost.attempts, cost.lost, cost.minutes), (5, 1, 12.0));
        assert_eq!(
            cost.tests,
            [
                OfTest { test: 5, minutes: 6.0, attempts: 1 },
                OfTest { test: 6, minutes: 6.0, attempts: 1 }
            ]
        );
    }

    #[test]
    fn another_job_of_the_commit_is_no_later_attempt() {
        let mut other = attempt(1, 2, 10.0, &[], &[5]);
        other.of.1 = "integration".to_owned();
        assert_eq!(of(&[attempt(1, 1, 10.0, &[5], &[]), other]).lost, 0);
    }

    #[test]
    fn many_small_chances_are_a_large_one() {
        assert!(red_by_chance([]).abs() < 1e-12);
        assert!((red_by_chance([0.5, 0.5]) - 0.75).abs() < 1e-12);
        assert!(red_by_chance(std::iter::repeat_n(0.01, 500)) > 0.99);
        assert!((red_by_chance([1.0, 0.1]) - 1.0).abs() < 1e-12);
    }
}
