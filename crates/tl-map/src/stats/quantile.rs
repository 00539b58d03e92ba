//! Quantiles by linear interpolation, and the summary of one column.
//!
//! In: numbers. Out: [`quantile`] of a sorted slice, or [`Summary`] of an unsorted one.
//! **Definition:** type 7 of Hyndman & Fan, *Sample Quantiles in Statistical Packages*, The
//! American Statistician 50 (1996): the quantile `p` of `n` values lies at position
//! `(n - 1) p` between the order statistics. It is the default of R, NumPy and spreadsheets.

use serde::Serialize;

/// What is told of every column: how many, the mean, and four quantiles, in the values' unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many values.
    pub n: usize,
    /// Arithmetic mean: moved by a few very slow items, so shown beside the median.
    pub mean: f64,
    /// A quarter of the values are smaller.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// Three quarters of the values are smaller.
    pub p75: f64,
    /// Nine tenths of the values are smaller.
    pub p90: f64,
}

impl Summary {
    /// Summarises the values, in any order; `None` when there are none.
    pub fn of(values: &[i64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        Self::of_sorted(&sorted)
    }

    /// Summarises values sorted upwards; `None` when there are none.
    pub fn of_sorted(sorted: &[i64]) -> Option<Self> {
        let sum: i128 = sorted.iter().map(|&value| i128::from(value)).sum();
        Some(Self {
            n: sorted.len(),
            mean: sum as f64 / sorted.len() as f64,
            p25: quantile(sorted, 0.25)?,
            p50: quantile(sorted, 0.5)?,
            p75: quantile(sorted, 0.75)?,
            p90: quantile(sorted, 0.9)?,
        })
    }
}

/// The quantile `p` (from 0 to 1) of values sorted upwards; `None` when there are none.
pub fn quantile(sorted: &[i64], p: f64) -> Option<f64> {
    at_position(sorted.len(), p, |rank| sorted[rank] as f64)
}

/// The quantile `p` (from 0 to 1) of values sorted upwards; `None` when there are none.
pub fn quantile_f64(sorted: &[f64], p: f64) -> Option<f64> {
    at_position(sorted.len(), p, |rank| sorted[rank])
}

/// Where the quantile `p` of `n > 0` values lies: the rank below (from 0) and the fraction of
/// the way to the next rank.
pub(crate) fn position(n: u64, p: f64) -> (u64, f64) {
    let position = (n - 1) as f64 * p.clamp(0.0, 1.0);
    (position.floor() as u64, position.fract())
}

/// The point `fraction` of the way from `below` to `above`.
pub(crate) fn interpolate(below: f64, above: f64, fraction: f64) -> f64 {
    below + fraction * (above - below)
}

fn at_position(n: usize, p: f64, value_at: impl Fn(usize) -> f64) -> Option<f64> {
    if n == 0 {
        return None;
    }
    let (below, fraction) = position(n as u64, p);
    let below = below as usize;
    let above = (below + 1).min(n - 1);
    Some(interpolate(value_at(below), value_at(above), fraction))
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    #[test]
    fn quantiles_agree_with_numpy() {
        // python3 -c "import numpy as n; print(n.quantile([1,3,4,10,11,20,100],[0,.1,.25,.5,.9,1]))"
        let sorted = [1, 3, 4, 10, 11, 20, 100];
        let wanted = [(0.0, 1.0), (0.1, 2.2), (0.25, 3.5), (0.5, 10.0), (0.9, 52.0), (1.0, 100.0)];
        for (p, value) in wanted {
            assert_close(quantile(&sorted, p).expect("not empty"), value, 1e-12);
        }
    }

    #[test]
    fn no_values_have_no_summary() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(quantile_f64(&[], 0.5), None);
    }

    #[test]
    fn a_summary_sorts_for_itself_and_does_not_overflow() {
        let summary = Summary::of(&[4, 1, 3, 2]).expect("not empty");
        assert_eq!((summary.n, summary.mean, summary.p50, summary.p75), (4, 2.5, 2.5, 3.25));
        let huge = Summary::of(&[i64::MAX, i64::MAX]).expect("not empty");
        assert_close(huge.mean, i64::MAX as f64, 1e-12);
    }
}
