//! What selections would have missed, measured on runs of all tests.
//!
//! In: full runs, each with the selection that its change would have got from what was known before
//! it. Out: [`Escapes`] over all of them, which says which score is low enough to skip. Start at
//! [`Escapes::fold`]. **Invariant:** a red test that was skipped counts, however
//! unlikely it was.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use tl_core::test::TestKey;

use super::score::always;
use super::select::Selection;
use crate::bytes::{restored, stored};

/// Failures that may be missed, as a share.
pub const ALLOWED: f64 = 0.01;

/// Red tests below which no score is taken for safe: one in a hundred cannot be seen in fewer.
pub const ENOUGH: u64 = 100;

/// Scores are counted from this one on, in steps of a quarter.
const LOWEST: f64 = -12.0;
const STEP: f64 = 0.25;
const STEPS: usize = 128;

/// Runs at which what was counted is halved, so that it follows the present.
const RUNS: u64 = 2_000;

/// The first byte of an encoded state.
const VERSION: u8 = 1;

/// What selections of many full runs would have missed, by score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escapes {
    /// Full runs.
    runs: u64,
    /// Red tests that would have been run whatever they score.
    red_always: u64,
    /// Milliseconds of tests that would have been run whatever they score.
    ms_always: u64,
    /// Red tests by score.
    red: Vec<u64>,
    /// Milliseconds by score.
    ms: Vec<u64>,
}

/// What would be missed, and spared, with a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Full runs that this was measured on; older ones count less.
    pub runs: u64,
    /// Red tests of these.
    pub red: u64,
    /// Of those, the ones that would not have been run.
    pub escaped: u64,
    /// The share of the time that would have been spared.
    pub spared: f64,
}

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the counts of what selections miss do not read")]
pub struct DecodeError;

impl Default for Escapes {
    fn default() -> Self {
        Self { runs: 0, red_always: 0, ms_always: 0, red: vec![0; STEPS], ms: vec![0; STEPS] }
    }
}

impl Escapes {
    /// Takes in a full run: the selection of its change made with what was known before it, and the
    /// tests that were red.
    pub fn fold(&mut self, selection: &Selection, red: &FxHashSet<TestKey>) {
        if self.runs >= RUNS {
            let counts = self.red.iter_mut().chain(&mut self.ms);
            let own = [&mut self.runs, &mut self.red_always, &mut self.ms_always];
            counts.chain(own).for_each(|count| *count /= 2);
        }
        self.runs += 1;
        let mut unseen = red.clone();
        for test in &selection.tests {
            let was_red = u64::from(unseen.remove(&test.id));
            let ms = u64::from(test.p75_ms.unwrap_or_default());
            let always = !selection.everything.is_empty() || always(test).is_some();
            let (reds, times) = if always {
                (&mut self.red_always, &mut self.ms_always)
            } else {
                let step = step(test.score);
                (&mut self.red[step], &mut self.ms[step])
            };
            *reds = reds.saturating_add(was_red);
            *times = times.saturating_add(ms);
        }
        // A test that no selection knew is missed at any score.
        let count = unseen.len() as u64;
        if selection.everything.is_empty() {
            self.red[0] = self.red[0].saturating_add(count);
        } else {
            self.red_always = self.red_always.saturating_add(count);
        }
    }

    /// The highest score below which at most `allowed` of the red tests were; `None` where fewer
    /// than [`ENOUGH`] red tests were seen.
    pub fn threshold(&self, allowed: f64) -> Option<f64> {
        let red = self.expected(f64::NEG_INFINITY).red;
        if red < ENOUGH {
            return None;
        }
        let mut missed = 0;
        let mut highest = 0;
        for (at, count) in self.red.iter().enumerate() {
            missed += count;
            if missed as f64 > allowed * red as f64 {
                break;
            }
            highest = at + 1;
        }
        Some(LOWEST + STEP * highest as f64)
    }

    /// What running all that score at least `least` would have missed and spared.
    pub fn expected(&self, least: f64) -> Expected {
        let below = if least == f64::NEG_INFINITY { 0 } else { step(least) };
        let sum = |counts: &[u64]| counts.iter().fold(0_u64, |sum, one| sum.saturating_add(*one));
        let (missed, spared) = (sum(&self.red[..below]), sum(&self.ms[..below]));
        let ms = sum(&self.ms).saturating_add(self.ms_always);
        Expected {
            runs: self.runs,
            red: sum(&self.red).saturating_add(self.red_always),
            escaped: missed,
            spared: if ms == 0 { 0.0 } else { spared as f64 / ms as f64 },
        }
    }

    /// As bytes to store: some hundred.
    pub fn encode(&self) -> Vec<u8> {
        stored(VERSION, self)
    }

    /// Reads what [`Escapes::encode`] wrote; no bytes are an empty state.
    ///
    /// # Errors
    /// The bytes are something else, or a newer program's.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let state: Self = restored(VERSION, 16 * 1_024, bytes).ok_or(DecodeError)?;
        let fits = state.red.len() == STEPS && state.ms.len() == STEPS;
        fits.then_some(state).ok_or(DecodeError)
    }
}

/// The step that a score is counted in.
fn step(score: f64) -> usize {
    // The cast saturates, and is 0 for what is not a number.
    (((score - LOWEST) / STEP).floor() as usize).min(STEPS - 1)
}
