//! How much of a test's history counts, fitted to how the tests of this repository went on.
//!
//! In: what was known of each test before a run, and whether it was red then. Out: [`Weights`], by
//! which tests are ordered. Start at [`Weights::fold`] and [`Weights::likely`].
//! **Invariants:** the same runs in the same order give the same weights; where fewer than
//! [`ENOUGH`] red results were seen, history counts as if nothing was fitted.
//! **Definition:** `docs/test.md`, "Order, select, split".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::history::{chance, cost, likelihood};
use crate::bytes::{restored, stored};

/// Red results, and green ones, below which nothing is taken for fitted.
pub const ENOUGH: u64 = 50;

/// Before anything was seen: the chance of history as it is, and nothing for the last run; and how
/// sure that is: as sure as ten results in doubt.
const BEFORE: [f64; 3] = [0.0, 1.0, 0.0];
const SURE: [f64; 3] = [0.01, 10.0, 10.0];

/// Steps of Newton's method for one run, and how far one goes at most.
const STEPS: u32 = 8;
const STRIDE: f64 = 1.0;

/// Results at which what was seen is halved, so that the weights follow the present.
const RESULTS: u64 = 2_000_000;

/// Parts of a logarithm that results are counted by.
const PARTS: f64 = 16.0;

/// The first byte of an encoded state.
const VERSION: u8 = 1;

/// Results of one run, by what was known of their tests before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// All, and red ones, by the chance of history (parts of its logarithm), and whether the last run was red.
    counts: BTreeMap<(i16, bool), (u64, u64)>,
}

impl Outcomes {
    /// One more. `decayed`, `runs`, `was_red`: what was known of its test.
    pub fn add(&mut self, decayed: f64, runs: u32, was_red: bool, is_red: bool) {
        // The cast saturates.
        let chance = (chance(decayed, runs).ln() * PARTS).round() as i16;
        let (all, red) = self.counts.entry((chance, was_red)).or_default();
        *all += 1;
        *red += u64::from(is_red);
    }
}

/// What the logarithm of a chance is made of: 1, that of history, whether the last run was red.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    of: [f64; 3],
    /// How sure these are: the second derivatives.
    sure: [[f64; 3]; 3],
    /// Results that were seen, and red ones of them.
    results: u64,
    red: u64,
}

/// Why bytes are no weights.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the weights of history do not read")]
pub struct DecodeError;

impl Default for Weights {
    fn default() -> Self {
        let mut sure = [[0.0; 3]; 3];
        for (row, at) in SURE.iter().enumerate() {
            sure[row][row] = *at;
        }
        Self { of: BEFORE, sure, results: 0, red: 0 }
    }
}

impl Weights {
    /// Whether enough was seen, and it says that history repeats itself.
    pub fn are_fitted(&self) -> bool {
        let green = self.results.saturating_sub(self.red);
        self.red >= ENOUGH && green >= ENOUGH && self.of[1] > 0.0
    }

    /// Red results that were seen; older ones count less.
    pub const fn red(&self) -> u64 {
        self.red
    }

    /// What the logarithm of history's chance counts, and a red last run beside it.
    pub const fn of_history(&self) -> (f64, f64) {
        (self.of[1], self.of[2])
    }

    /// The logarithm of what to compare tests by.
    pub fn likely(&self, decayed: f64, runs: u32, was_red: bool, seconds: f64) -> f64 {
        if !self.are_fitted() {
            return likelihood(decayed, runs, seconds).ln();
        }
        let z = dot(&self.of, &inputs(chance(decayed, runs).ln(), was_red));
        // ln (1 / (1 + e^-z)), where e^-z may be beyond all numbers.
        let logarithm = if z > 0.0 { -(-z).exp().ln_1p() } else { z - z.exp().ln_1p() };
        logarithm - cost(seconds).ln()
    }

    /// Takes in a run: the weights that are the likeliest by it and by what was known before, as far as
    /// both are normally distributed (a logistic regression, run by run).
    pub fn fold(&mut self, outcomes: &Outcomes) {
        let mut of = self.of;
        let mut sure = self.sure;
        for _ in 0..STEPS {
            let (slope, bend) = self.derivatives(&of, outcomes);
            sure = bend;
            let Some(step) = solved(bend, slope) else { return };
            let longest = step.iter().fold(STRIDE, |most, part| most.max(part.abs()));
            for (weight, part) in of.iter_mut().zip(step) {
                *weight -= part * STRIDE / longest;
            }
        }
        let numbers = of.iter().chain(sure.iter().flatten());
        if !numbers.clone().all(|number| number.is_finite()) {
            return;
        }
        (self.of, self.sure) = (of, sure);
        for (all, red) in outcomes.counts.values() {
            self.results += all;
            self.red += red;
        }
        if self.results > RESULTS {
            self.results /= 2;
            self.red /= 2;
            let before = Self::default().sure;
            let known = self.sure.iter_mut().flatten().zip(before.iter().flatten());
            known.for_each(|(known, before)| *known = f64::midpoint(*known, *before));
        }
    }

    /// Of what is not likely about weights: the first derivatives and the second ones.
    fn derivatives(&self, of: &[f64; 3], outcomes: &Outcomes) -> ([f64; 3], [[f64; 3]; 3]) {
        let away: [f64; 3] = std::array::from_fn(|at| of[at] - self.of[at]);
        let mut slope: [f64; 3] = std::array::from_fn(|row| dot(&self.sure[row], &away));
        let mut bend = self.sure;
        for ((chance, was_red), (all, red)) in &outcomes.counts {
            let x = inputs(f64::from(*chance) / PARTS, *was_red);
            let (all, red) = (*all as f64, *red as f64);
            let expected = 1.0 / (1.0 + (-dot(of, &x).clamp(-30.0, 30.0)).exp());
            for row in 0..3 {
                slope[row] += x[row] * (all * expected - red);
                for column in 0..3 {
                    bend[row][column] += x[row] * x[column] * all * expected * (1.0 - expected);
                }
            }
        }
        (slope, bend)
    }

    /// As bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        stored(VERSION, self)
    }

    /// Reads what [`Weights::encode`] wrote; no bytes are those before anything was seen.
    ///
    /// # Errors
    /// The bytes are something else, or a newer program's.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let known: Self = restored(VERSION, 1_024, bytes).ok_or(DecodeError)?;
        let mut numbers = known.of.iter().chain(known.sure.iter().flatten());
        let are_numbers = numbers.all(|number| number.is_finite());
        are_numbers.then_some(known).ok_or(DecodeError)
    }
}

fn inputs(chance: f64, was_red: bool) -> [f64; 3] {
    [1.0, chance, f64::from(u8::from(was_red))]
}

fn dot(one: &[f64; 3], other: &[f64; 3]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// x of `by` x = `of`, by elimination: `by` is symmetric and positive.
fn solved(mut by: [[f64; 3]; 3], mut of: [f64; 3]) -> Option<[f64; 3]> {
    for at in 0..3 {
        if by[at][at].abs() < 1e-12 {
            return None;
        }
        for row in at + 1..3 {
            let above = by[at];
            let share = by[row][at] / above[at];
            for (own, above) in by[row].iter_mut().zip(above) {
                *own -= share * above;
            }
            of[row] -= share * of[at];
        }
    }
    for at in (0..3).rev() {
        for column in at + 1..3 {
            of[at] -= by[at][column] * of[column];
        }
        of[at] /= by[at][at];
    }
    of.iter().all(|part| part.is_finite()).then_some(of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equations_are_solved() {
        let by = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]];
        let x = [1.0, -2.0, 0.5];
        let of: [f64; 3] = std::array::from_fn(|row| dot(&by[row], &x));
        let found = solved(by, of).unwrap();
        assert!(found.iter().zip(x).all(|(found, x)| (found - x).abs() < 1e-12), "{found:?}");
        assert_eq!(solved([[0.0; 3]; 3], x), None);
    }

    #[test]
    fn few_results_change_nothing() {
        let mut weights = Weights::default();
        let mut outcomes = Outcomes::default();
        (0..49).for_each(|_| outcomes.add(3.0, 90, true, true));
        (0..900).for_each(|_| outcomes.add(0.0, 90, false, false));
        weights.fold(&outcomes);
        assert!(!weights.are_fitted());
        assert_eq!(weights.likely(1.0, 9, true, 2.0), likelihood(1.0, 9, 2.0).ln());
    }

    #[test]
    fn what_repeats_itself_counts_more_than_what_does_not() {
        let fitted = |repeats: bool| {
            let mut weights = Weights::default();
            for round in 0..200_u32 {
                let mut outcomes = Outcomes::default();
                for test in 0..100_u32 {
                    let failed = test < 10;
                    // One in ten fails: the same ones, or another ten each time.
                    let is_red = if repeats { failed } else { (test + round * 7) % 10 == 0 };
                    outcomes.add(if failed { 8.0 } else { 0.0 }, 90, failed, is_red);
                }
                weights.fold(&outcomes);
            }
            assert!(weights.are_fitted());
            let worth =
                |failed: bool| weights.likely(if failed { 8.0 } else { 0.0 }, 90, failed, 1.0);
            worth(true) - worth(false)
        };
        assert!(fitted(true) > 4.0, "{}", fitted(true));
        assert!(
            fitted(false).abs() < 0.3 || fitted(false) == (8.5_f64 / 0.5).ln(),
            "{}",
            fitted(false)
        );
    }

    #[test]
    fn weights_keep_following_after_millions_of_results() {
        let mut weights = Weights::default();
        let run = |red: u64| Outcomes {
            counts: [((-40, false), (90_000, 0)), ((16, true), (10_000, red))].into(),
        };
        (0..60).for_each(|_| weights.fold(&run(9_000)));
        let before = weights.likely(8.0, 90, true, 1.0);
        (0..60).for_each(|_| weights.fold(&run(1_000)));
        assert!(weights.likely(8.0, 90, true, 1.0) < before - 1.0);
        assert!(weights.results <= RESULTS);
    }

    proptest! {
        /// Whatever the runs are, there is a finite number for every test, and what is stored is read.
        #[test]
        fn any_runs_give_numbers(
            runs in prop::collection::vec(
                prop::collection::vec((0.0_f64..20.0, 0_u32..500, any::<bool>(), any::<bool>()), 0..40),
                0..40,
            ),
        ) {
            let mut weights = Weights::default();
            for run in &runs {
                let mut outcomes = Outcomes::default();
                run.iter().for_each(|(e, n, was, is)| outcomes.add(*e, *n, *was, *is));
                weights.fold(&outcomes);
                prop_assert_eq!(Weights::decode(&weights.encode()), Ok(weights.clone()));
            }
            for (decayed, runs, was_red, _) in runs.iter().flatten() {
                prop_assert!(weights.likely(*decayed, *runs, *was_red, 1.0).is_finite());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(weights) = Weights::decode(&bytes) {
                weights.likely(1.0, 9, true, 1.0);
            }
        }
    }
}
