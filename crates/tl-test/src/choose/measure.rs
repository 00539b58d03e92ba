//! How good an order is: recorded runs played again, each ordered by what was known before it.
//!
//! In: cycles of results, oldest first. Out: a [`Replay`]. Start at [`replay`]. **Invariant:** a
//! cycle is ordered by earlier cycles alone; neither its results nor its durations are looked at.

use rustc_hash::FxHashMap;

use super::history::DECAY;
use super::weights::{Outcomes, Weights};

/// One result of a recorded run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ran {
    /// What stands for the test.
    pub test: u32,
    /// How long it took.
    pub seconds: f64,
    /// Whether it failed.
    pub red: bool,
}

/// How early failures were found.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Replay {
    /// Mean over cycles of NAPFD at half of a cycle's time; see [`napfd`].
    pub napfd: f64,
    /// Mean of APFDc over cycles with failures; see [`apfdc`].
    pub apfdc: f64,
    /// Mean APFD of failures of tests that were green when they ran last, with the tests that were
    /// red then taken out: who always fails is easy to foresee.
    pub apfd_new: f64,
    /// Cycles.
    pub cycles: u64,
    /// Of those, the ones with a failure.
    pub failing: u64,
    /// Of those, the ones with a new failure.
    pub failing_anew: u64,
}

/// Durations of a test that its 75th percentile is taken of.
const DURATIONS: usize = 100;

/// Runs below which the last duration stands for all.
const FEW: usize = 5;

/// What is known of a test while cycles are played.
#[derive(Debug, Default)]
struct Known {
    decayed: f64,
    runs: u32,
    red: bool,
    seconds: Vec<f64>,
}

impl Known {
    fn fold(&mut self, ran: &Ran) {
        self.decayed = self.decayed * DECAY + f64::from(u8::from(ran.red));
        self.runs = self.runs.saturating_add(1);
        self.red = ran.red;
        if self.seconds.len() == DURATIONS {
            self.seconds.remove(0);
        }
        self.seconds.push(ran.seconds);
    }

    fn p75(&self) -> f64 {
        if self.seconds.len() < FEW {
            return self.seconds.last().copied().unwrap_or_default();
        }
        let mut sorted = self.seconds.clone();
        let at = sorted.len() * 3 / 4;
        *sorted.select_nth_unstable_by(at, f64::total_cmp).1
    }
}

/// How much history counts while cycles are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighed {
    /// As the defaults have it.
    Fixed,
    /// Fitted to the cycles before.
    Fitted,
}

/// Plays recorded cycles again; tests that score the same are ordered by chance, mean of `seeds`. Cycles
/// before `from` are learnt from, and not measured.
///
/// A test that stands in a cycle twice is folded twice, in its order.
pub fn replay(cycles: &[Vec<Ran>], seeds: &[u64], weighed: Weighed, from: usize) -> Replay {
    let mut weights = Weights::default();
    let mut known: FxHashMap<u32, Known> = FxHashMap::default();
    let mut sum = Replay::default();
    for (at, cycle) in cycles.iter().enumerate() {
        let usual = median(known.values().map(Known::p75).collect()).unwrap_or_default();
        let nobody = Known::default();
        let of = |ran: &Ran| known.get(&ran.test).unwrap_or(&nobody);
        let seconds = |known: &Known| if known.runs == 0 { usual } else { known.p75() };
        let scores: Vec<f64> = cycle
            .iter()
            .map(|ran| {
                let known = of(ran);
                weights.likely(known.decayed, known.runs, known.red, seconds(known))
            })
            .collect();
        if weighed == Weighed::Fitted {
            let mut outcomes = Outcomes::default();
            for ran in cycle {
                outcomes.add(of(ran).decayed, of(ran).runs, of(ran).red, ran.red);
            }
            weights.fold(&outcomes);
        }
        let was_red: Vec<bool> = cycle.iter().map(|ran| of(ran).red).collect();
        let failing = cycle.iter().any(|ran| ran.red);
        let anew = cycle.iter().zip(&was_red).any(|(ran, was)| ran.red && !was);
        let is_measured = at >= from;
        let (failing, anew) = (failing && is_measured, anew && is_measured);
        sum.cycles += u64::from(is_measured);
        sum.failing += u64::from(failing);
        sum.failing_anew += u64::from(anew);
        for seed in seeds.iter().filter(|_| is_measured) {
            let order = ordered(&scores, *seed);
            let ranked: Vec<Ran> = order.iter().map(|row| cycle[*row]).collect();
            sum.napfd += napfd(&ranked, 0.5);
            sum.apfdc += apfdc(&ranked).unwrap_or_default();
            let fresh: Vec<bool> =
                order.iter().filter(|row| !was_red[**row]).map(|row| cycle[*row].red).collect();
            sum.apfd_new += apfd(&fresh).unwrap_or_default();
        }
        for ran in cycle {
            known.entry(ran.test).or_default().fold(ran);
        }
    }
    let mean = |sum: f64, n: u64| sum / (n * seeds.len() as u64).max(1) as f64;
    Replay {
        napfd: mean(sum.napfd, sum.cycles),
        apfdc: mean(sum.apfdc, sum.failing),
        apfd_new: mean(sum.apfd_new, sum.failing_anew),
        ..sum
    }
}

/// Rows from the highest score to the lowest, ties in an order that depends on `seed` alone.
fn ordered(scores: &[f64], seed: u64) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..scores.len()).collect();
    let chance = |row: usize| mixed(seed.wrapping_add(mixed(row as u64)));
    rows.sort_by(|a, b| {
        scores[*b].total_cmp(&scores[*a]).then_with(|| chance(*a).cmp(&chance(*b)))
    });
    rows
}

/// SplitMix64's finalizer: Steele, Lea & Flood, OOPSLA (2014).
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let at = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(at, f64::total_cmp).1)
}

/// Normalised APFD of a ranked run of which only a `share` of its time is spent.
///
/// A test that no longer fits is left out, and later ones may fit. p - sum(rank) / (F N) + p / (2N)
/// with p = found / F, N = all tests; 1 without failures. Spieker et al., ISSTA (2017).
pub fn napfd(ranked: &[Ran], share: f64) -> f64 {
    let mut left = share * ranked.iter().map(|ran| ran.seconds).sum::<f64>();
    let (mut taken, mut found, mut ranks, mut failures) = (0_u64, 0_u64, 0_u64, 0_u64);
    for ran in ranked {
        failures += u64::from(ran.red);
        if ran.seconds <= left {
            left -= ran.seconds;
            taken += 1;
            if ran.red {
                found += 1;
                ranks += taken;
            }
        }
    }
    if failures == 0 {
        return 1.0;
    }
    let (all, n) = (failures as f64, ranked.len() as f64);
    let p = found as f64 / all;
    p - ranks as f64 / (all * n) + p / (2.0 * n)
}

/// Cost-cognizant APFD of a ranked run: the mean share of its time that is left when a failure is
/// found, half of the test's own counted. `None` without failures or time.
///
/// Elbaum, Malishevsky & Rothermel, ICSE (2001), with failures of equal weight.
pub fn apfdc(ranked: &[Ran]) -> Option<f64> {
    let total: f64 = ranked.iter().map(|ran| ran.seconds).sum();
    let failures = ranked.iter().filter(|ran| ran.red).count();
    if failures == 0 || total <= 0.0 {
        return None;
    }
    let (mut left, mut sum) = (total, 0.0);
    for ran in ranked {
        if ran.red {
            sum += left - ran.seconds / 2.0;
        }
        left -= ran.seconds;
    }
    Some(sum / (total * failures as f64))
}

/// Average percentage of faults detected, of tests in their order; `None` without failures.
///
/// 1 - sum(rank) / (F N) + 1 / (2N). Rothermel et al., ICSM (1999).
pub fn apfd(reds: &[bool]) -> Option<f64> {
    let ranks = || reds.iter().zip(1_u64..).filter(|(red, _)| **red).map(|(_, rank)| rank);
    let (failures, n) = (ranks().count() as f64, reds.len() as f64);
    (failures > 0.0).then(|| 1.0 - ranks().sum::<u64>() as f64 / (failures * n) + 1.0 / (2.0 * n))
}

#[cfg(test)]
mod tests;
