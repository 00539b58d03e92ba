//! Statistics for skewed, censored and clustered delivery data.
//!
//! In: slices of integers (durations in milliseconds, line counts, 0 and 1 for outcomes) and
//! dense author ids. Out: plain numbers with an [`Interval`]. Start at [`quantile`] for one
//! column, at [`bootstrap`] for its interval, at [`rank`] for two cohorts, at [`rates`] for
//! failures. No IO, no clock, and no chance: every random draw comes from a fixed seed.
//! **Invariant:** the order of the rows never changes a result; only where all rows are by one
//! author, and rows are resampled one by one, may limits differ in the noise of the draws.
//! **Confidence:** every interval is two-sided at 95 %.

pub mod bootstrap;
pub mod detectable;
pub mod kaplan_meier;
mod linear;
pub mod minimum;
pub mod misclassification;
pub mod quantile;
pub mod random;
pub mod rank;
pub mod rates;
pub mod shift;
pub mod strata;

#[cfg(test)]
mod properties;

use serde::Serialize;

/// The standard normal quantile at 97.5 %: half-width of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// The standard normal quantile at 80 %: the power that every detectable effect assumes.
pub const Z_POWER_80: f64 = 0.841_621_233_572_914_3;

/// An estimate with its two-sided 95 % interval, in the unit of the values it came from.
///
/// `low <= high`; a percentile interval need not contain the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The statistic of the data as they are.
    pub estimate: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl Interval {
    /// The same interval in another unit, such as hours for milliseconds.
    ///
    /// A negative factor swaps the limits.
    pub fn scaled(self, factor: f64) -> Self {
        let (one, other) = (self.low * factor, self.high * factor);
        Self { estimate: self.estimate * factor, low: one.min(other), high: one.max(other) }
    }

    /// Whether `value` lies between the limits, both included.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF as _, Normal};

    use super::*;

    /// Asserts that two numbers agree to `tolerance`, relative above one and absolute below.
    #[track_caller]
    pub(crate) fn assert_close(got: f64, wanted: f64, tolerance: f64) {
        let error = (got - wanted).abs() / wanted.abs().max(1.0);
        assert!(error <= tolerance, "got {got}, wanted {wanted}");
    }

    #[test]
    fn the_constants_are_quantiles_of_the_normal_distribution() {
        assert_close(Normal::standard().inverse_cdf(0.975), Z_95, 1e-12);
        assert_close(Normal::standard().inverse_cdf(0.8), Z_POWER_80, 1e-12);
    }

    #[test]
    fn a_negative_factor_keeps_the_limits_in_order() {
        let interval = Interval { estimate: 2.0, low: 1.0, high: 4.0 }.scaled(-1.0);
        assert_eq!(interval, Interval { estimate: -2.0, low: -4.0, high: -1.0 });
        assert!(interval.contains(-4.0) && !interval.contains(0.0));
    }
}
