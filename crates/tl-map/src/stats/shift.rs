//! Hodges-Lehmann shift: by how much one cohort takes longer than another.
//!
//! In: two cohorts. Out: [`hodges_lehmann`], the median of all `n m` differences between a value
//! of the first and one of the second, and its [`interval`]. **Definition:** Hodges & Lehmann,
//! *Estimates of Location Based on Rank Tests*, Annals of Mathematical Statistics 34 (1963).
//! **Cost:** the differences are never stored. The `k`-th smallest is found by halving the range
//! of values and counting, in one pass over both sorted samples, how many differences are at
//! most the middle: exact on integers, `log2(range) (n + m)` steps.

use super::bootstrap::Clusters;
use super::rank::Cohort;
use super::{Interval, Z_95};

/// The median of all differences first - second; `None` when a sample is empty.
pub fn hodges_lehmann(first: &[i64], second: &[i64]) -> Option<f64> {
    Differences::new(first, second).map(|differences| differences.median())
}

/// The shift with its 95 % interval; `None` when a cohort is empty.
///
/// The limits are differences of ranks `n m / 2 -+ z sd(U)`, Lehmann's (Moses') interval:
/// the shifts that the rank test would not reject. `sd(U)` is not that of independent rows but
/// from the sums per author of the placements of the values, with the first cohort moved by the
/// estimated shift: Obuchowski, *Nonparametric Analysis of Clustered ROC Curve Data*, Biometrics
/// 53 (1997). A bootstrap of the shift itself would cost minutes on large cohorts.
pub fn interval(first: Cohort<'_>, second: Cohort<'_>) -> Option<Interval> {
    let differences = Differences::new(first.values, second.values)?;
    let estimate = differences.median();
    let pairs = differences.pairs() as f64;
    let spread = Z_95 * clustered_sd(first, second, estimate.round() as i64) * pairs;
    // Lehmann counts ranks from 1; a spread beyond all differences leaves all of them.
    let below = (pairs / 2.0 - spread).floor().max(1.0) as u64 - 1;
    let above = differences.pairs() - 1 - below;
    Some(Interval {
        estimate,
        low: differences.smallest(below) as f64,
        high: differences.smallest(above) as f64,
    })
}

/// All differences between two samples, ordered but not stored.
struct Differences {
    first: Vec<i64>,
    second: Vec<i64>,
}

impl Differences {
    fn new(first: &[i64], second: &[i64]) -> Option<Self> {
        let sorted = |values: &[i64]| {
            let mut values = values.to_vec();
            values.sort_unstable();
            values
        };
        let some = !first.is_empty() && !second.is_empty();
        some.then(|| Self { first: sorted(first), second: sorted(second) })
    }

    fn pairs(&self) -> u64 {
        self.first.len() as u64 * self.second.len() as u64
    }

    fn median(&self) -> f64 {
        let middle = self.smallest((self.pairs() - 1) / 2);
        if self.pairs() % 2 == 1 || self.count_at_most(middle) > self.pairs() / 2 {
            return middle as f64;
        }
        f64::midpoint(middle as f64, self.next_above(middle) as f64)
    }

    /// The difference of rank `rank` (from 0); at most `pairs() - 1`.
    fn smallest(&self, rank: u64) -> i64 {
        let last = |values: &[i64]| values[values.len() - 1];
        let mut low = i128::from(self.first[0].saturating_sub(last(&self.second)));
        let mut high = i128::from(last(&self.first).saturating_sub(self.second[0]));
        while low < high {
            let middle = (low + high).div_euclid(2);
            if self.count_at_most(middle as i64) > rank { high = middle } else { low = middle + 1 }
        }
        low as i64
    }

    /// How many differences are at most `limit`.
    fn count_at_most(&self, limit: i64) -> u64 {
        // As the first sample's value grows, ever fewer of the second are small enough.
        let mut too_small = 0;
        let mut count = 0;
        for &value in &self.first {
            while too_small < self.second.len()
                && value.saturating_sub(self.second[too_small]) > limit
            {
                too_small += 1;
            }
            count += (self.second.len() - too_small) as u64;
        }
        count
    }

    /// The smallest difference above `limit`, which must not be the largest.
    fn next_above(&self, limit: i64) -> i64 {
        let mut too_small = 0;
        let mut next = i64::MAX;
        for &value in &self.first {
            while too_small < self.second.len()
                && value.saturating_sub(self.second[too_small]) > limit
            {
                too_small += 1;
            }
            // Of those still above the limit, the largest of the second gives the least.
            if too_small > 0 {
                next = next.min(value.saturating_sub(self.second[too_small - 1]));
            }
        }
        next
    }
}

/// The standard deviation of U / (n m) over authors, with the first cohort moved back by
/// `shift`.
fn clustered_sd(first: Cohort<'_>, second: Cohort<'_>, shift: i64) -> f64 {
    let pulls = pulls(first, second, shift);
    let squares: f64 = pulls.iter().map(|pull| pull * pull).sum();
    let units = pulls.len() as f64;
    (squares * units / (units - 1.0).max(1.0)).sqrt()
}

/// How far each author pulls U / (n m) away from what it would be if all were placed alike, with the
/// first cohort moved back by `shift`.
pub(super) fn pulls(first: Cohort<'_>, second: Cohort<'_>, shift: i64) -> Vec<f64> {
    let clusters = Clusters::new(&[first.authors, second.authors].concat());
    let (of_first, of_second) = clusters.of_row().split_at(first.values.len());
    let ours = first.values.iter().map(|value| value.saturating_sub(shift)).zip(of_first);
    let theirs = second.values.iter().copied().zip(of_second);
    // Twice the cluster, plus one for the second cohort.
    let ours = ours.map(|(value, cluster)| (value, 2 * cluster));
    let mut rows: Vec<(i64, u32)> =
        ours.chain(theirs.map(|(value, cluster)| (value, 2 * cluster + 1))).collect();
    rows.sort_unstable();
    let (n, m) = (first.values.len() as f64, second.values.len() as f64);
    // Summed as integers, so that the order of the rows cannot change the last digit.
    let mut placed = vec![[Placed::default(); 2]; clusters.units()];
    let mut smaller = [0_u64; 2];
    for equal in rows.chunk_by(|one, next| one.0 == next.0) {
        let of_second: u64 = equal.iter().map(|(_, slot)| u64::from(slot % 2)).sum();
        let tied = [equal.len() as u64 - of_second, of_second];
        for (_, slot) in equal {
            let own = (slot % 2) as usize;
            // Among the rows of the other cohort; ties count one half.
            placed[(slot / 2) as usize][own].add(2 * smaller[1 - own] + tied[1 - own]);
        }
        smaller[0] += tied[0];
        smaller[1] += tied[1];
    }
    let wins: u64 = placed.iter().map(|[first, _]| first.twice_sum).sum();
    let mean = wins as f64 / (2.0 * n * m);
    let pull = |[first, second]: &[Placed; 2]| {
        let first_pull = first.twice_sum as f64 / (2.0 * m) - mean * first.rows as f64;
        let lost = second.twice_sum as f64 / (2.0 * n);
        let second_pull = (1.0 - mean) * second.rows as f64 - lost;
        first_pull / n + second_pull / m
    };
    placed.iter().map(pull).collect()
}

/// Placements of one author's rows among the other cohort: for each row, how many of the other are
/// smaller, times two; ties count once.
#[derive(Debug, Default, Clone, Copy)]
struct Placed {
    rows: u64,
    twice_sum: u64,
}

impl Placed {
    fn add(&mut self, twice_placement: u64) {
        self.rows += 1;
        self.twice_sum += twice_placement;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    #[test]
    fn the_shift_agrees_with_numpy() {
        // python3 -c "import numpy as n; x=n.array([i*i%97 for i in range(60)]); y=n.array([i*i%89+9 for i in range(45)]); print(n.median(n.subtract.outer(x,y)))"
        let first: Vec<i64> = (0..60).map(|i| i * i % 97).collect();
        let second: Vec<i64> = (0..45).map(|i| i * i % 89 + 9).collect();
        assert_eq!(hodges_lehmann(&first, &second), Some(-3.0));
        assert_eq!(hodges_lehmann(&[1, 4], &[0]), Some(2.5));
        assert_eq!(hodges_lehmann(&[], &[0]), None);
    }

    #[test]
    fn with_each_change_alone_the_interval_is_close_to_the_textbook_one() {
        // Lehmann's interval for independent rows, from the differences themselves:
        // python3 -c "import numpy as n; x=n.array([i*i%997 for i in range(150)]); y=n.array([i*7919%911+50 for i in range(120)]); d=n.sort(n.subtract.outer(x,y).ravel()); k=int(n.floor(150*120/2-1.959963984540054*(150*120*271/12)**.5)); print(n.median(d), d[k-1], d[-k])"
        let first: Vec<i64> = (0..150).map(|i| i * i % 997).collect();
        let second: Vec<i64> = (0..120).map(|i| i * 7919 % 911 + 50).collect();
        let authors: Vec<u32> = (0..270).collect();
        let found = interval(
            Cohort { values: &first, authors: &authors[..150] },
            Cohort { values: &second, authors: &authors[150..] },
        )
        .expect("two cohorts");
        assert_close(found.estimate, -38.0, 0.0);
        assert_close(found.low, -109.0, 0.1);
        assert_close(found.high, 32.0, 0.1);
    }

    #[test]
    fn complete_separation_still_has_a_width() {
        let first: Vec<i64> = (0..40).map(|i| 1000 + i * i).collect();
        let second: Vec<i64> = (0..40).map(|i| i * 3).collect();
        let authors: Vec<u32> = (0..40).map(|i| i % 8).collect();
        let found = interval(
            Cohort { values: &first, authors: &authors },
            Cohort { values: &second, authors: &authors },
        )
        .expect("two cohorts");
        assert!(found.low < found.estimate && found.estimate < found.high, "{found:?}");
    }

    #[test]
    fn a_shift_is_found_across_the_whole_range_of_values() {
        assert_eq!(hodges_lehmann(&[i64::MAX], &[i64::MIN]), Some(i64::MAX as f64));
        assert_close(hodges_lehmann(&[7; 9], &[7; 4]).expect("two samples"), 0.0, 0.0);
    }
}
