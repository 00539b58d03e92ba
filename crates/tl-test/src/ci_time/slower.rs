//! Since when a job takes longer.
//!
//! In: its durations in order of time. Out: a [`Slower`], where it is sure. Start at [`slower`].
//! **Caution:** durations of neighbouring runs are not independent; the p-value takes them so, and is
//! corrected for all places that were tried.

use statrs::distribution::{ContinuousCDF as _, Normal};

/// Durations on each side, at least.
const SIDE: usize = 10;

/// Durations that are looked at, the last ones.
pub(super) const LAST: usize = 1_000;

/// The p-value that a change has to be under.
const SURE: f64 = 0.001;

/// How much longer it has to take, as a ratio of medians.
const MUCH: f64 = 1.2;

/// A job takes longer than it did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slower {
    /// The first duration that is longer.
    pub(super) from: usize,
    /// Median before, seconds.
    pub(super) before: f64,
    /// Median since, seconds.
    pub(super) after: f64,
    /// Mann-Whitney, two-sided, times the places that were tried.
    pub(super) p: f64,
}

/// The place from which on durations are longer, where that is sure and much, and still so.
///
/// Mann & Whitney, Annals of Mathematical Statistics 18 (1947), normal approximation with
/// corrections for ties and continuity, at each place with ten durations on both sides (Pettitt,
/// Applied Statistics 28, 1979), Bonferroni for the places.
pub(super) fn slower(seconds: &[f64]) -> Option<Slower> {
    let n = seconds.len();
    let places = (n + 1).checked_sub(2 * SIDE).filter(|places| *places > 0)?;
    let (ranks, ties) = ranks(seconds);
    let (all, mut sum) = (n as f64, 0.0);
    let mut best: Option<(f64, usize)> = None;
    for (at, rank) in ranks.iter().enumerate() {
        let (k, m) = (at as f64, all - at as f64);
        if (SIDE..=n - SIDE).contains(&at) {
            let z = deviation(sum, k, m, ties);
            if z.is_finite() && best.is_none_or(|best| z > best.0) {
                best = Some((z, at));
            }
        }
        sum += rank;
    }
    let (z, from) = best?;
    let p = (2.0 * Normal::standard().sf(z) * places as f64).min(1.0);
    let (before, after) = (median(&seconds[..from]), median(&seconds[from..]));
    let now = median(&seconds[n - SIDE..]);
    let much = before > 0.0 && after >= MUCH * before && now >= MUCH * before;
    (p < SURE && much).then_some(Slower { from, before, after, p })
}

/// By how many standard deviations the first `k` of `k + m` values, whose ranks add up to `sum`, are
/// smaller than by chance.
fn deviation(sum: f64, k: f64, m: f64, ties: f64) -> f64 {
    let all = k + m;
    // Pairs in which the earlier is larger.
    let u = sum - k * (k + 1.0) / 2.0;
    let variance = k * m / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
    (k * m / 2.0 - u - 0.5) / variance.sqrt()
}

/// Ranks from 1, equal values with their mean; and the sum of t^3 - t over ties of t.
fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let (mut ranks, mut ties, mut before) = (vec![0.0; values.len()], 0.0, 0);
    for equal in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let count = equal.len() as f64;
        let mean = before as f64 + (count + 1.0) / 2.0;
        equal.iter().for_each(|row| ranks[*row] = mean);
        ties += count * count * count - count;
        before += equal.len();
    }
    (ranks, ties)
}

/// The median; 0 of none.
pub(super) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5).unwrap_or_default()
}

/// The value below which a share of the values lie, interpolated; `None` of none.
pub(super) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 s, give or take 10 %, without any order.
    fn usual(n: usize, mean: f64) -> Vec<f64> {
        (0..n).map(|i| mean * (0.9 + 0.2 * ((i * 7919 % 101) as f64 / 100.0))).collect()
    }

    #[test]
    fn the_run_from_which_a_job_is_slower_is_found() {
        let seconds = [usual(40, 60.0), usual(20, 90.0)].concat();
        let found = slower(&seconds).expect("half as long again");
        assert_eq!(found.from, 40);
        assert!(found.p < 1e-6 && found.after > 1.4 * found.before, "{found:?}");
    }

    #[test]
    fn a_little_a_few_or_a_while_are_no_change() {
        assert_eq!(slower(&usual(300, 60.0)), None);
        assert_eq!(slower(&[usual(40, 60.0), usual(40, 66.0)].concat()), None);
        assert_eq!(slower(&[usual(40, 60.0), usual(3, 90.0)].concat()), None);
        assert_eq!(slower(&[usual(60, 90.0), usual(60, 60.0)].concat()), None);
        let mended = [usual(40, 60.0), usual(60, 90.0), usual(15, 60.0)].concat();
        assert_eq!(slower(&mended), None);
        assert_eq!(slower(&[60.0; 100]), None);
        assert_eq!(slower(&[]), None);
    }

    #[test]
    fn the_test_agrees_with_scipy() {
        // python3 -c "from scipy.stats import mannwhitneyu as t; print(t(range(10),range(5,25),method='asymptotic'))"
        let seconds: Vec<f64> = (0..10).chain(5..25).map(f64::from).collect();
        let (ranks, ties) = ranks(&seconds);
        assert_eq!(ties, 5.0 * 6.0);
        let sum: f64 = ranks[..10].iter().sum();
        assert_eq!(sum - 55.0, 12.5);
        let p = 2.0 * Normal::standard().sf(deviation(sum, 10.0, 20.0, ties));
        assert!((p / 0.000_128_341_168_925_431 - 1.0).abs() < 1e-9, "{p}");
        assert_eq!(percentile(&[1.0, 2.0, 3.0, 4.0], 0.75), Some(3.25));
    }
}
