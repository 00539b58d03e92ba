//! The limits that draws of authors come to where there are very many, without drawing them.
//!
//! In: how far each author pulls a statistic, or its rows and how many of them lie below a value. Out:
//! an [`Interval`]. Start at [`limits`] and [`quantile_limits`]. **Invariant:** used from [`MANY`]
//! authors on alone; below, draws are exact and cheap.
//! **Source:** pulls by the nonparametric delta method, Davison & Hinkley, *Bootstrap Methods and
//! their Application* (1997), 2.7; their skewness by Cornish and Fisher's expansion, Hall, *The
//! Bootstrap and Edgeworth Expansion* (1992), 3; quantiles by Woodruff, *Confidence Intervals for
//! Medians and Other Position Measures*, Journal of the American Statistical Association 47 (1952).

use super::quantile::quantile;
use super::{Interval, Z_95};

/// From so many units on the limits are computed and not drawn: there they agree with those of many
/// draws to a twentieth of the interval's width.
pub(super) const MANY: usize = 1_000;

/// The same of rows that belong to nobody, for quantiles.
pub(super) const MANY_ALONE: usize = 100;

/// The interval of a statistic from how far each author pulls it away from its estimate: pulls add up
/// to nothing.
pub(super) fn limits(estimate: f64, pulls: impl IntoIterator<Item = f64>) -> Interval {
    let (reach, lean) = spread(pulls);
    Interval { estimate, low: estimate - reach + lean, high: estimate + reach + lean }
}

/// How far draws reach to either side, and how much farther above than below.
fn spread(pulls: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for pull in pulls {
        squares += pull * pull;
        cubes += pull * pull * pull;
    }
    let lean = if squares > 0.0 { cubes / squares / 6.0 * (Z_95 * Z_95 - 1.0) } else { 0.0 };
    (Z_95 * f64::sqrt(squares), lean)
}

/// The interval of the quantile `p` of sorted values, from the rows of each author and how many of
/// them are at most a value; `None` without values.
pub(super) fn quantile_limits<A: Iterator<Item = (u32, u32)>>(
    sorted: &[i64],
    p: f64,
    authors: impl Fn(f64) -> A,
) -> Option<Interval> {
    let n = sorted.len() as f64;
    // A draw's quantile is at most a value where at least `p` of its rows are.
    let spread_at = |value: f64, share: f64| {
        spread(authors(value).map(|(rows, below)| (f64::from(below) - share * f64::from(rows)) / n))
    };
    let estimate = quantile(sorted, p)?;
    let (reach, _) = spread_at(estimate, p);
    let limit = |side: f64| {
        // How far they reach changes along the values: once more, from where the limit seems to be.
        let value = quantile(sorted, (p + side * reach).clamp(0.0, 1.0))?;
        let share = sorted.partition_point(|one| *one as f64 <= value) as f64 / n;
        let (reach, lean) = spread_at(value, share);
        quantile(sorted, (p + side * reach - lean).clamp(0.0, 1.0))
    };
    let (low, high) = (limit(-1.0)?, limit(1.0)?);
    Some(Interval { estimate, low: low.min(estimate), high: high.max(estimate) })
}

#[cfg(test)]
mod tests {
    use super::super::bootstrap::{Clusters, Draws, Over, percentile};
    use super::super::random::SplitMix64;
    use super::super::rank::{Cohort, cliffs_delta, computed_delta, drawn_deltas};
    use super::*;

    /// `MANY` authors, some with few changes and some with many; how long these take depends on the
    /// author, and is skewed as delivery times are.
    fn changes(seed: u64) -> (Vec<i64>, Vec<u32>) {
        let mut random = SplitMix64::new(seed);
        let (mut values, mut authors) = (Vec::new(), Vec::new());
        for author in 0..MANY as u32 {
            let own = i64::from(1 + random.below(9));
            for _ in 0..1 + random.below(30) {
                let length = (f64::from(1 + random.below(1 << 16)) / 65_536.0).ln() * -3_600_000.0;
                values.push(own * length as i64);
                authors.push(author);
            }
        }
        (values, authors)
    }

    #[track_caller]
    fn assert_near(computed: &[Interval], drawn: &[Interval]) {
        assert_eq!(computed.len(), drawn.len());
        for (computed, drawn) in computed.iter().zip(drawn) {
            let noise = 0.05 * (drawn.high - drawn.low);
            assert_eq!(computed.estimate, drawn.estimate);
            assert!((computed.low - drawn.low).abs() < noise, "{computed:?} {drawn:?}");
            assert!((computed.high - drawn.high).abs() < noise, "{computed:?} {drawn:?}");
        }
    }

    #[test]
    fn computed_limits_are_those_of_drawing() {
        let draws = Draws { count: 4_000, seed: 7 };
        let (values, authors) = changes(3);
        let clusters = Clusters::new(&authors);
        assert_eq!(clusters.units(), MANY);
        let at = [0.1, 0.5, 0.9];
        let drawn = clusters.drawn_quantiles(&values, &at, &draws);
        assert_near(&clusters.computed_quantiles(&values, &at), &drawn);
        let other: Vec<i64> = values.iter().rev().map(|value| value / 3 + 3_600_000).collect();
        let columns = [&*values, &*other];
        for over in [Over::Rows, Over::All, Over::Rest, Over::Nothing] {
            let drawn = clusters.drawn_sums(&columns, &draws, over);
            assert_near(&clusters.computed_sums(&columns, over), &drawn);
        }
    }

    #[test]
    fn computed_limits_of_rows_that_belong_to_nobody_are_those_of_drawing() {
        let draws = Draws { count: 20_000, seed: 7 };
        let each: Vec<u32> = (0..MANY_ALONE as u32).collect();
        let values: Vec<i64> = each.iter().map(|row| 1_000 * i64::from(row * row)).collect();
        let clusters = Clusters::new(&each);
        let at = [0.25, 0.5, 0.9];
        let drawn = clusters.drawn_quantiles(&values, &at, &draws);
        assert_near(&clusters.computed_quantiles(&values, &at), &drawn);
    }

    #[test]
    fn a_computed_delta_has_the_limits_of_drawing() {
        let draws = Draws { count: 4_000, seed: 7 };
        let ((values, authors), (others, other_authors)) = (changes(3), changes(4));
        let clusters = Clusters::new(&[&*authors, &*other_authors].concat());
        let estimate = cliffs_delta(&values, &others).expect("two cohorts");
        let drawn = percentile(estimate, drawn_deltas(&clusters, &values, &others, &draws));
        let first = Cohort { values: &values, authors: &authors };
        let second = Cohort { values: &others, authors: &other_authors };
        assert_near(&[computed_delta(estimate, first, second)], &[drawn.expect("a delta")]);
    }

    #[test]
    fn rows_of_their_own_have_the_limits_of_the_binomial_law() {
        let values: Vec<i64> = (0..10_000).collect();
        let below = |value: f64| values.iter().map(move |row| (1, u32::from(*row as f64 <= value)));
        let found = quantile_limits(&values, 0.5, below);
        // The middle, and 1.96 times the root of 10,000 / 4 ranks to either side.
        let found = found.expect("there are values");
        assert_eq!((found.low.round(), found.high.round()), (4_902.0, 5_097.0));
    }

    #[test]
    fn what_does_not_vary_has_no_width() {
        let flat = limits(2.0, [0.0, 0.0]);
        assert_eq!((flat.low, flat.estimate, flat.high), (2.0, 2.0, 2.0));
        assert_eq!(quantile_limits(&[], 0.5, |_| [].into_iter()), None);
    }
}
