//! What a comparison could have seen: printed beside every "no difference".
//!
//! In: how much data there was. Out: the smallest effect that it would have found significant
//! (two-sided, 5 %) four times in five (power 80 %).

use super::rates::Count;
use super::{Interval, Z_95, Z_POWER_80};

/// The smallest rise over the rate `base` (0 to 1) that arms of `n_base` and `n_other` trials
/// detect; `None` when not even a rate of 1 would be, or an arm is empty.
///
/// Two-proportion z test with the pooled variance under "no difference": Fleiss, Levin & Paik,
/// *Statistical Methods for Rates and Proportions* (2003), ch. 4, without continuity correction.
pub fn smallest_rise(base: f64, n_base: u64, n_other: u64) -> Option<f64> {
    let (n0, n1) = (n_base as f64, n_other as f64);
    let is_detected = |rise: f64| {
        let other = base + rise;
        let pooled = (n0 * base + n1 * other) / (n0 + n1);
        let if_equal = pooled * (1.0 - pooled) * (1.0 / n0 + 1.0 / n1);
        let if_different = base * (1.0 - base) / n0 + other * (1.0 - other) / n1;
        rise >= Z_95 * if_equal.max(0.0).sqrt() + Z_POWER_80 * if_different.max(0.0).sqrt()
    };
    let (mut missed, mut seen) = (0.0, 1.0 - base);
    if n_base == 0 || n_other == 0 || seen <= 0.0 || !is_detected(seen) {
        return None;
    }
    // Halving 60 times narrows the answer to the last digits of a 64-bit float.
    for _ in 0..60 {
        let middle = f64::midpoint(missed, seen);
        if is_detected(middle) { seen = middle } else { missed = middle }
    }
    Some(seen)
}

/// [`smallest_rise`] over the rate that was counted in the base arm.
pub fn smallest_rise_over(base: Count, n_other: u64) -> Option<f64> {
    smallest_rise(base.rate()?, base.trials, n_other)
}

/// The smallest effect that an estimate with this interval's width detects, in its unit.
///
/// Reads the standard error from the width, as for a normal estimate.
pub fn smallest_effect(interval: Interval) -> f64 {
    (Z_95 + Z_POWER_80) * (interval.high - interval.low) / (2.0 * Z_95)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    #[test]
    fn rare_failures_need_many_changes() {
        // At a base rate of 1 %, 768 changes an arm see 3 % and 2,318 see 2 %:
        // python3 -c "f=lambda p,q:((1.959963984540054*(2*(p+q)/2*(1-(p+q)/2))**.5+.8416212335729143*(p*(1-p)+q*(1-q))**.5)/(q-p))**2; print(f(.01,.03), f(.01,.02))"
        assert_close(smallest_rise(0.01, 768, 768).expect("detectable"), 0.02, 1e-4);
        assert_close(smallest_rise(0.01, 2318, 2318).expect("detectable"), 0.01, 1e-4);
    }

    #[test]
    fn a_handful_of_changes_detects_nothing() {
        assert_eq!(smallest_rise(0.5, 3, 3), None);
        assert_eq!(smallest_rise(0.1, 0, 50), None);
        assert_eq!(smallest_rise_over(Count { events: 4, trials: 4 }, 100), None);
    }

    #[test]
    fn a_wide_interval_hides_large_effects() {
        let interval = Interval { estimate: 0.0, low: -Z_95, high: Z_95 };
        assert_close(smallest_effect(interval), Z_95 + Z_POWER_80, 1e-12);
    }
}
