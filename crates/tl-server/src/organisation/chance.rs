//! Draws from distributions, from one seed.

use std::f64::consts::TAU;

use tl_map::stats::random::SplitMix64;

/// The one source of chance.
#[derive(Debug, Clone)]
pub(super) struct Chance(SplitMix64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to 1, without 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// An index below `len`, each equally likely.
    pub(super) fn below(&mut self, len: usize) -> usize {
        self.0.below(u32::try_from(len).unwrap_or(u32::MAX)) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// The whole number below or above `mean`, so that `mean` is the mean.
    pub(super) fn around(&mut self, mean: f64) -> usize {
        mean as usize + usize::from(self.happens(mean.fract()))
    }

    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Log-normal with this median and this deviation of the logarithm, at most a hundred medians.
    pub(super) fn spread(&mut self, median: f64, deviation: f64) -> f64 {
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos();
        median * (deviation * normal).exp().min(100.0)
    }
}
