//! Two cohorts compared by ranks: which takes longer, by how much, and how sure.
//!
//! In: two [`Cohort`]s of durations with their authors. Out: a [`Comparison`]. Start at
//! [`compare`]. Ranks, because delivery times are skewed: a mean would compare the outliers.
//! **Caution:** the p-value takes changes as independent, as the rank test does; the intervals
//! of [`Comparison::delta`] and [`Comparison::shift`] do not, they vary whole authors. Where
//! the two disagree, believe the intervals.

use std::ops::Range;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::bootstrap::{Clusters, Draws, percentile};
use super::{Interval, linear, shift};

/// Rows of one cohort: a value each, and its author.
#[derive(Debug, Clone, Copy)]
pub struct Cohort<'a> {
    /// Values, such as durations in milliseconds.
    pub values: &'a [i64],
    /// The author of each value; the same id in both cohorts is the same person.
    pub authors: &'a [u32],
}

/// How two cohorts differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Rows of the first cohort.
    pub n: usize,
    /// Rows of the second cohort.
    pub m: usize,
    /// Mann-Whitney U test.
    pub test: MannWhitney,
    /// Cliff's delta, with the author-clustered bootstrap interval.
    pub delta: Interval,
    /// Size of `delta` in a word.
    pub magnitude: Magnitude,
    /// Hodges-Lehmann shift: how much longer the first takes, in the values' unit.
    pub shift: Interval,
}

/// Result of the Mann-Whitney U test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MannWhitney {
    /// Pairs in which the first cohort's value is larger, ties counting one half.
    pub u: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Whether `p` is from the exact distribution instead of the normal approximation.
    pub exact: bool,
}

/// Size of a Cliff's delta in a word.
///
/// Limits 0.147, 0.33 and 0.474: Romano, Kromrey, Coraggio & Skowronek, *Appropriate
/// Statistics for Ordinal Level Data*, Florida Association of Institutional Research (2006).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Magnitude {
    /// Below 0.147.
    Negligible,
    /// Below 0.33.
    Small,
    /// Below 0.474.
    Medium,
    /// From 0.474.
    Large,
}

impl Magnitude {
    /// The word for a delta of either sign.
    pub fn of(delta: f64) -> Self {
        match delta.abs() {
            size if size < 0.147 => Self::Negligible,
            size if size < 0.33 => Self::Small,
            size if size < 0.474 => Self::Medium,
            _ => Self::Large,
        }
    }
}

/// Compares two cohorts; `None` when one of them is empty.
pub fn compare(first: Cohort<'_>, second: Cohort<'_>, draws: &Draws) -> Option<Comparison> {
    let delta = delta_interval(first, second, draws)?;
    Some(Comparison {
        n: first.values.len(),
        m: second.values.len(),
        test: mann_whitney(first.values, second.values)?,
        delta,
        magnitude: Magnitude::of(delta.estimate),
        shift: shift::interval(first, second)?,
    })
}

/// The Mann-Whitney U test, two-sided; `None` when a sample is empty.
///
/// Mann & Whitney, Annals of Mathematical Statistics 18 (1947). Exact when both samples have
/// fewer than 20 values and no value occurs twice; else normal, with the variance corrected for
/// ties and with continuity correction.
pub fn mann_whitney(first: &[i64], second: &[i64]) -> Option<MannWhitney> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let ranks = Ranks::of(first, second);
    let (n, m) = (first.len() as f64, second.len() as f64);
    let u = ranks.twice_u as f64 / 2.0;
    let larger = u.max(n * m - u);
    if first.len() < 20 && second.len() < 20 && ranks.ties == 0.0 {
        let p = (2.0 * exact_tail(first.len(), second.len(), larger as usize)).min(1.0);
        return Some(MannWhitney { u, p, exact: true });
    }
    let all = n + m;
    let variance = n * m / 12.0 * ((all + 1.0) - ranks.ties / (all * (all - 1.0)));
    // No variance: all values are equal, so nothing speaks against "no difference".
    let p = if variance > 0.0 {
        let z = (larger - n * m / 2.0 - 0.5) / variance.sqrt();
        (2.0 * Normal::standard().sf(z)).min(1.0)
    } else {
        1.0
    };
    Some(MannWhitney { u, p, exact: false })
}

/// Cliff's delta: the probability that a value of the first sample is larger than one of the
/// second, minus the probability that it is smaller; `None` when a sample is empty.
///
/// Cliff, *Dominance Statistics*, Psychological Bulletin 114 (1993). From -1 to 1.
pub fn cliffs_delta(first: &[i64], second: &[i64]) -> Option<f64> {
    let pairs = first.len() as f64 * second.len() as f64;
    (pairs > 0.0).then(|| Ranks::of(first, second).twice_u as f64 / pairs - 1.0)
}

/// What the ranks of two samples say.
struct Ranks {
    /// Twice the number of pairs in which the first sample's value is larger; ties count once.
    twice_u: u128,
    /// Sum of t^3 - t over groups of t equal values.
    ties: f64,
}

impl Ranks {
    fn of(first: &[i64], second: &[i64]) -> Self {
        let mut pooled: Vec<(i64, bool)> = first.iter().map(|&value| (value, true)).collect();
        pooled.extend(second.iter().map(|&value| (value, false)));
        pooled.sort_unstable();
        let (mut twice_u, mut ties, mut smaller) = (0_u128, 0.0, 0_u128);
        for equal in pooled.chunk_by(|one, next| one.0 == next.0) {
            let ours = equal.iter().filter(|(_, is_first)| *is_first).count() as u128;
            let theirs = equal.len() as u128 - ours;
            twice_u += ours * (2 * smaller + theirs);
            smaller += theirs;
            let t = equal.len() as f64;
            ties += t * t * t - t;
        }
        Self { twice_u, ties }
    }
}

/// The probability, if nothing differs, that U is at least `at_least`, for small samples
/// without ties.
///
/// Counts arrangements by the recurrence of Mann & Whitney: the largest value is of the first
/// sample, and then beats all `m` others, or of the second.
fn exact_tail(n: usize, m: usize, at_least: usize) -> f64 {
    // arrangements[j][u]: of the values placed so far and `j` of the second sample. At most
    // C(38, 19), about 3.5e10, so 64 bits hold every count.
    let mut arrangements = vec![vec![0_u64; n * m + 1]; m + 1];
    for row in &mut arrangements {
        row[0] = 1;
    }
    for _ in 1..=n {
        let before = arrangements.clone();
        for j in 0..=m {
            for u in 0..=n * m {
                let largest_is_first = if u >= j { before[j][u - j] } else { 0 };
                let largest_is_second = if j > 0 { arrangements[j - 1][u] } else { 0 };
                arrangements[j][u] = largest_is_first + largest_is_second;
            }
        }
    }
    let counts = &arrangements[m];
    let tail: u64 = counts.iter().skip(at_least).sum();
    tail as f64 / counts.iter().sum::<u64>() as f64
}

/// Cliff's delta with its percentile interval over draws of authors of both cohorts together.
///
/// An author in both cohorts is drawn into both. Draws that leave a cohort empty have no delta
/// and are left out.
fn delta_interval(first: Cohort<'_>, second: Cohort<'_>, draws: &Draws) -> Option<Interval> {
    let estimate = cliffs_delta(first.values, second.values)?;
    let clusters = Clusters::new(&[first.authors, second.authors].concat());
    if clusters.units() < linear::MANY {
        return percentile(estimate, drawn_deltas(&clusters, first.values, second.values, draws));
    }
    Some(computed_delta(estimate, first, second))
}

/// The same of so many authors that nothing is drawn.
pub(super) fn computed_delta(estimate: f64, first: Cohort<'_>, second: Cohort<'_>) -> Interval {
    // A delta is twice the share of pairs that are won, minus one.
    linear::limits(estimate, shift::pulls(first, second, 0).into_iter().map(|pull| 2.0 * pull))
}

/// The delta of each draw; not a number when the draw leaves a cohort empty.
pub(crate) fn drawn_deltas(
    clusters: &Clusters,
    first: &[i64],
    second: &[i64],
    draws: &Draws,
) -> Vec<f64> {
    let pooled = Pooled::new(clusters, first, second);
    let mut drawn = Vec::with_capacity(draws.count as usize);
    // Draws go through the ranks in groups: one pass over many rows then serves several draws.
    let mut weights = vec![[0; LANES]; clusters.units()];
    let mut rows = Vec::with_capacity(LANES);
    clusters.each_draw(draws, |multiplicity, rows_of_draw| {
        for (lanes, &weight) in weights.iter_mut().zip(multiplicity) {
            lanes[rows.len()] = weight;
        }
        rows.push(rows_of_draw);
        if rows.len() == LANES {
            drawn.extend(pooled.deltas(&weights, &rows));
            rows.clear();
        }
    });
    drawn.extend(pooled.deltas(&weights, &rows));
    drawn
}

/// Draws that go through the ranks together.
const LANES: usize = 16;

/// Both cohorts in one sorted order, so that the deltas of draws take one pass.
struct Pooled {
    /// Per value, upwards: twice its cluster, plus one for the second cohort. Among equal
    /// values the second cohort comes first.
    slots: Vec<u32>,
    /// Ranks of groups of equal values that hold both cohorts.
    mixed: Vec<Range<usize>>,
}

impl Pooled {
    fn new(clusters: &Clusters, first: &[i64], second: &[i64]) -> Self {
        let is_second = |row: usize| u32::from(row >= first.len());
        let values = first.iter().chain(second);
        let rows = values.zip(clusters.of_row()).enumerate().map(|(row, (&value, &cluster))| {
            (value, 1 - is_second(row), 2 * cluster + is_second(row))
        });
        let mut rows: Vec<(i64, u32, u32)> = rows.collect();
        rows.sort_unstable();
        let mut mixed = Vec::new();
        let mut start = 0;
        for equal in rows.chunk_by(|one, next| one.0 == next.0) {
            if equal[0].1 != equal[equal.len() - 1].1 {
                mixed.push(start..start + equal.len());
            }
            start += equal.len();
        }
        Self { slots: rows.into_iter().map(|(_, _, slot)| slot).collect(), mixed }
    }

    /// The delta of each draw of `rows`, given how often it holds each cluster; not a number
    /// when one of its cohorts is empty.
    fn deltas(&self, weights: &[[u32; LANES]], rows: &[u64]) -> Vec<f64> {
        if rows.is_empty() {
            return Vec::new();
        }
        // 32 bits for the weight of a cohort: a draw has about as many rows as the data.
        let (mut at_most, theirs) = self.wins(weights, 0..self.slots.len());
        // That counts tied pairs as won; a tie is half a win.
        let mut tied = [0; LANES];
        for ranks in &self.mixed {
            let (pairs, _) = self.wins(weights, ranks.clone());
            tied.iter_mut().zip(pairs).for_each(|(tied, pairs)| *tied += pairs);
        }
        at_most.iter_mut().zip(tied).for_each(|(wins, tied)| *wins = 2 * *wins - tied);
        let deltas = rows.iter().zip(at_most).zip(theirs).map(|((&rows, twice_u), m)| {
            let pairs = (rows - u64::from(m)) as f64 * f64::from(m);
            // 0 / 0 where a cohort is empty.
            if pairs > 0.0 { twice_u as f64 / pairs - 1.0 } else { f64::NAN }
        });
        deltas.collect()
    }

    /// Per draw: pairs within these ranks whose first value comes later, and the weight of the
    /// second cohort there.
    fn wins(&self, weights: &[[u32; LANES]], ranks: Range<usize>) -> ([u64; LANES], [u32; LANES]) {
        let (mut wins, mut theirs) = ([0_u64; LANES], [0_u32; LANES]);
        for &slot in &self.slots[ranks] {
            let weight = &weights[(slot / 2) as usize];
            if slot % 2 == 1 {
                for lane in 0..LANES {
                    theirs[lane] += weight[lane];
                }
            } else {
                for lane in 0..LANES {
                    wins[lane] += u64::from(weight[lane]) * u64::from(theirs[lane]);
                }
            }
        }
        (wins, theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    #[track_caller]
    fn assert_test(first: &[i64], second: &[i64], u: f64, p: f64, exact: bool) {
        let test = mann_whitney(first, second).expect("two samples");
        assert_close(test.u, u, 1e-12);
        assert!((test.p / p - 1.0).abs() < 1e-9, "got {}, wanted {p}", test.p);
        assert_eq!(test.exact, exact);
    }

    #[test]
    fn the_exact_test_agrees_with_scipy() {
        // python3 -c "from scipy.stats import mannwhitneyu as t; print(t([19,22,16,29,24],[20,11,17,12],method='exact'), t([1,2,3],[4,5,6,7],method='exact'), t(range(0,38,2),range(1,39,2),method='exact'))"
        assert_test(&[19, 22, 16, 29, 24], &[20, 11, 17, 12], 17.0, 1.0 / 9.0, true);
        assert_test(&[1, 2, 3], &[4, 5, 6, 7], 0.0, 2.0 / 35.0, true);
        let (even, odd): (Vec<i64>, Vec<i64>) = (0..19).map(|i| (2 * i, 2 * i + 1)).unzip();
        assert_test(&even, &odd, 171.0, 0.795_114_839_176_840_8, true);
    }

    #[test]
    fn the_normal_approximation_agrees_with_scipy() {
        // python3 -c "from scipy.stats import mannwhitneyu as t; print(t([1,2,2,3,5,5],[2,4,5,6,7,7,7],method='asymptotic'), t([i*i%97 for i in range(60)],[i*i%89+9 for i in range(45)],method='asymptotic'), t([i*i%97 for i in range(60)],[i*i%89+900 for i in range(45)],method='asymptotic'))"
        let (first, second) = ([1, 2, 2, 3, 5, 5], [2, 4, 5, 6, 7, 7, 7]);
        assert_test(&first, &second, 7.0, 0.049_859_275_588_637_96, false);
        let first: Vec<i64> = (0..60).map(|i| i * i % 97).collect();
        let second: Vec<i64> = (0..45).map(|i| i * i % 89 + 9).collect();
        assert_test(&first, &second, 1272.0, 0.615_747_950_264_694_5, false);
        let later: Vec<i64> = second.iter().map(|value| value + 891).collect();
        assert_test(&first, &later, 0.0, 2.360_497_802_971_042e-18, false);
        assert_test(&[3, 3, 3], &[3, 3], 3.0, 1.0, false);
    }

    #[test]
    fn delta_counts_wins_minus_losses() {
        assert_eq!(cliffs_delta(&[5, 6], &[1, 2, 3]), Some(1.0));
        assert_eq!(cliffs_delta(&[1, 2], &[1, 2]), Some(0.0));
        assert_eq!(cliffs_delta(&[], &[1]), None);
        let limits = [0.1, -0.2, 0.4, -0.9].map(Magnitude::of);
        let words = [Magnitude::Negligible, Magnitude::Small, Magnitude::Medium, Magnitude::Large];
        assert_eq!(limits, words);
    }

    #[test]
    fn one_author_who_makes_the_difference_is_not_a_difference() {
        // All slow changes of the first cohort are by one of five authors.
        let first: Vec<i64> = (0..100).map(|i| if i % 5 == 0 { 10_000 + i } else { i }).collect();
        let authors: Vec<u32> = (0..100).map(|i| i % 5).collect();
        let second: Vec<i64> = (0..100).map(|i| i - 1).collect();
        let others: Vec<u32> = (0..100).map(|i| 5 + i % 5).collect();
        let compare_with = |authors: &[u32], others: &[u32]| {
            let first = Cohort { values: &first, authors };
            let second = Cohort { values: &second, authors: others };
            compare(first, second, &Draws::default()).expect("two cohorts")
        };
        let clustered = compare_with(&authors, &others);
        let (alone, also_alone): (Vec<u32>, Vec<u32>) = (0..100).map(|i| (i, 100 + i)).unzip();
        let independent = compare_with(&alone, &also_alone);
        assert_eq!(clustered.delta.estimate, independent.delta.estimate);
        assert!(independent.delta.low > 0.0, "{independent:?}");
        assert!(clustered.delta.low <= 0.01, "{clustered:?}");
        assert!(clustered.magnitude == Magnitude::Small);
    }

    #[test]
    fn an_empty_cohort_cannot_be_compared() {
        let empty = Cohort { values: &[], authors: &[] };
        let one = Cohort { values: &[1], authors: &[0] };
        assert_eq!(compare(empty, one, &Draws::default()), None);
        assert_eq!(mann_whitney(&[], &[1]), None);
    }
}
