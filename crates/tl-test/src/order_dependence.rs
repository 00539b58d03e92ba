//! Tests whose result depends on which tests ran before them.
//!
//! In: runs of one test, red or not, each with the tests before it. Out: [`Suspect`]s with their
//! evidence. Start at [`suspects`]. **Invariant:** a test is named only if it was before every red run
//! and no green one, or the reverse, and chance is an unlikely reason, all tests that were looked
//! at counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

/// Red and green runs that are needed, of each.
const RUNS: usize = 2;

/// The chance at which a suspect is named.
const SURE: f64 = 0.01;

/// One run of the test in question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordered {
    /// Whether it was red.
    pub red: bool,
    /// Rows of the tests that ran before it, in any order.
    pub before: Vec<u32>,
}

/// What a test before it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Behind it the test is red.
    Pollutes,
    /// Without it the test is red.
    Prepares,
}

/// Tests that cannot be told apart by the runs there are, one of which is to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Rows of the tests, ascending.
    pub tests: Vec<u32>,
    /// What they do.
    pub effect: Effect,
    /// The chance that runs without any such test look like this, all tests that were looked at
    /// counted.
    pub p: f64,
    /// Red runs.
    pub red: u32,
    /// Green runs.
    pub green: u32,
}

/// Tests that were before the test in question in every red run and in no green one, or the reverse.
///
/// Fisher's exact test, both sides: with `r` red of `n` runs, a test that parts them has the chance
/// 2 / C(n, r). Tests with the same presence in all runs are one hypothesis; their number corrects it
/// (Holm, Scandinavian Journal of Statistics 1979; what parts the runs has the smallest chance of
/// all, so it stands first). Nothing is found below two red and two green runs, nor where the order
/// never changes.
pub fn suspects(runs: &[Ordered]) -> Vec<Suspect> {
    let red = runs.iter().filter(|run| run.red).count();
    let green = runs.len() - red;
    if red < RUNS || green < RUNS {
        return Vec::new();
    }
    let mut presence: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
    for (row, run) in runs.iter().enumerate() {
        for test in &run.before {
            presence.entry(*test).or_insert_with(|| vec![false; runs.len()])[row] = true;
        }
    }
    let mut patterns: BTreeMap<Vec<bool>, Vec<u32>> = BTreeMap::new();
    for (test, was_there) in presence {
        patterns.entry(was_there).or_default().push(test);
    }
    let ln_factorial = |n: usize| ln_gamma(n as f64 + 1.0);
    let ways = ln_factorial(red + green) - ln_factorial(red) - ln_factorial(green);
    let alone = (2.0 * (-ways).exp()).min(1.0);
    let mut left = patterns.len();
    let mut found = Vec::new();
    for effect in [Effect::Pollutes, Effect::Prepares] {
        let wanted: Vec<bool> =
            runs.iter().map(|run| run.red == (effect == Effect::Pollutes)).collect();
        let Some(tests) = patterns.remove(&wanted) else { continue };
        let p = (alone * left as f64).min(1.0);
        left -= 1;
        if p < SURE {
            found.push(Suspect { tests, effect, p, red: red as u32, green: green as u32 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(red: bool, before: &[u32]) -> Ordered {
        Ordered { red, before: before.to_vec() }
    }

    #[test]
    fn a_test_behind_which_it_always_fails_is_named() {
        let mut runs = Vec::new();
        for number in 0..8 {
            runs.push(run(true, &[1, 7, 10 + number]));
            runs.push(run(false, &[1, 20 + number]));
        }
        let found = suspects(&runs);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].tests.as_slice(), found[0].effect),
            ([7].as_slice(), Effect::Pollutes)
        );
        // 2 / C(16, 8), and 18 patterns: sixteen tests that were there once, the one that was always
        // there, and this one.
        assert!((found[0].p - 18.0 * 2.0 / 12_870.0).abs() < 1e-9, "{}", found[0].p);
    }

    #[test]
    fn a_test_that_has_to_come_first_is_named() {
        let runs: Vec<_> = (0..14)
            .map(|number| if number % 2 == 0 { run(true, &[3]) } else { run(false, &[3, 9]) })
            .collect();
        let found = suspects(&runs);
        assert_eq!(
            (found[0].tests.as_slice(), found[0].effect),
            ([9].as_slice(), Effect::Prepares)
        );
        assert_eq!((found[0].red, found[0].green), (7, 7));
    }

    #[test]
    fn alone_and_in_the_suite_leaves_all_of_the_suite_under_suspicion() {
        let suite: Vec<u32> = (0..100).collect();
        let runs: Vec<_> = (0..12)
            .map(|number| if number % 2 == 0 { run(true, &suite) } else { run(false, &[]) })
            .collect();
        let found = suspects(&runs);
        assert_eq!((found.len(), found[0].tests.len()), (1, 100));
    }

    #[test]
    fn an_order_that_never_changes_says_nothing() {
        let runs: Vec<_> = (0..40).map(|number| run(number % 3 == 0, &[1, 2, 3])).collect();
        assert!(suspects(&runs).is_empty());
    }

    #[test]
    fn few_runs_and_many_tests_are_chance() {
        let few = [run(true, &[7]), run(true, &[7]), run(false, &[]), run(false, &[])];
        assert!(suspects(&few).is_empty());
        // Each of 256 tests is there in other runs: one of them parts eight runs by luck.
        let runs: Vec<_> = (0..8_u32)
            .map(|row| run(row < 4, &(0..256).filter(|n| n >> row & 1 == 1).collect::<Vec<_>>()))
            .collect();
        assert!(suspects(&runs).is_empty());
        assert!(suspects(&[]).is_empty());
    }
}
