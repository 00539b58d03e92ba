//! How sure a share is.
//!
//! In: how often something happened, of how many times. Out: the ends of its 90 % interval. Start at
//! [`jeffreys`].

use statrs::distribution::{Beta, ContinuousCDF as _};
use tl_core::test::Rate;

/// From so many of both kinds on, the bell curve is right to five digits, and the beta distribution
/// slow.
const MANY: u64 = 10_000;

/// Of so many, a rare kind has the same number as of any more.
const ALL: u64 = 1_000_000;

/// The 95 % quantile of the normal distribution.
const NORMAL: f64 = 1.644_853_626_951_472_7;

/// The 90 % interval of Jeffreys for `x` of `n`: the 5 % and 95 % quantiles of Beta(x + 1/2,
/// n - x + 1/2); the lower end is 0 where it never happened, the upper one 1 where it always did.
/// Source: Brown, Cai, `DasGupta`, Interval estimation for a binomial proportion, 2001.
pub fn jeffreys(x: u64, n: u64) -> (f64, f64) {
    let n = n.max(x);
    let rare = x.min(n - x);
    let (low, high) = if rare > MANY {
        let mean = (x as f64 + 0.5) / (n as f64 + 1.0);
        let spread = NORMAL * (mean * (1.0 - mean) / (n as f64 + 2.0)).sqrt();
        (mean - spread, mean + spread)
    } else if n > ALL {
        let scale = ALL as f64 / n as f64;
        let (low, high) = quantiles(rare, ALL);
        let (low, high) = (low * scale, high * scale);
        if rare == x { (low, high) } else { (1.0 - high, 1.0 - low) }
    } else {
        quantiles(x, n)
    };
    (if x == 0 { 0.0 } else { low }, if x == n { 1.0 } else { high })
}

fn quantiles(x: u64, n: u64) -> (f64, f64) {
    match Beta::new(x as f64 + 0.5, (n - x) as f64 + 0.5) {
        Ok(beta) => (beta.inverse_cdf(0.05), beta.inverse_cdf(0.95)),
        // Both are above 0.
        Err(_) => (0.0, 1.0),
    }
}

/// The same, with what it is of.
pub fn rate(fails: u64, runs: u64) -> Rate {
    let (low, high) = jeffreys(fails, runs);
    Rate { fails, runs, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_those_of_the_tables() {
        // scipy.stats.beta.ppf of the same.
        for (x, n, low, high) in [
            (9, 412, 0.012_33, 0.036_29),
            (5, 10, 0.261_92, 0.738_08),
            (3, 3, 0.555_93, 1.0),
            (0, 390, 0.0, 0.004_91),
            (0, 0, 0.0, 1.0),
        ] {
            let (got_low, got_high) = jeffreys(x, n);
            assert!((got_low - low).abs() < 1e-5, "{x} of {n}: {got_low}");
            assert!((got_high - high).abs() < 1e-5, "{x} of {n}: {got_high}");
        }
        assert!(jeffreys(0, 390).1 < 0.005 && jeffreys(0, 370).1 > 0.005);
    }

    const TABLE: [(u64, u64, f64, f64); 5] = [
        (10_000, 30_000, 3.288686e-01, 3.378218e-01),
        (10_001, 30_000, 3.289018e-01, 3.378552e-01),
        (3, 1_000_000, 1.083676e-06, 7.033554e-06),
        (3, 2_000_000, 5.418377e-07, 3.516781e-06),
        (12_000, 5_000_000, 2.364219e-03, 2.436207e-03),
    ];

    #[test]
    fn a_share_of_very_many_is_nearly_sure() {
        let many = u64::from(u32::MAX);
        for x in [0, 1, 5_000, many / 3, many - 1, many] {
            let (low, high) = jeffreys(x, many);
            let share = x as f64 / many as f64;
            assert!(low <= share && share <= high && high - low < 1e-3, "{x}: {low} {high}");
        }
        // scipy.stats.beta.ppf of the same: on both sides of where another formula begins.
        for (x, n, low, high) in TABLE {
            let (got_low, got_high) = jeffreys(x, n);
            assert!((got_low / low - 1.0).abs() < 1e-3, "{x} of {n}: {got_low}");
            assert!((got_high / high - 1.0).abs() < 1e-3, "{x} of {n}: {got_high}");
        }
    }

    #[test]
    fn more_failures_than_runs_are_as_many() {
        assert_eq!(jeffreys(7, 3), jeffreys(7, 7));
    }
}
