//! Percentile bootstrap that resamples authors, not changes.
//!
//! In: the author of each row, and columns of values. Out: an [`Interval`] per statistic. Start
//! at [`Clusters::new`]. Changes of one author resemble each other, so treating them as
//! independent would make intervals too narrow: a draw takes whole authors, with replacement.
//! **Definition:** Efron, *Bootstrap Methods: Another Look at the Jackknife*, Annals of
//! Statistics 7 (1979); percentile limits at 2.5 % and 97.5 % of the draws, by type 7.
//! **Invariant:** the same rows, seed and number of draws give the same limits on every
//! platform, whatever the order of the rows (of two or more authors); and all statistics of the
//! same rows see the same draws, so they can be compared draw by draw.
//!
//! From a thousand authors on, and for quantiles from a hundred rows on that belong to nobody, nothing
//! is drawn: the limits are the ones that ever more draws come to, as `linear` computes them.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::quantile::{Summary, interpolate, position, quantile, quantile_f64};
use super::random::SplitMix64;
use super::{Interval, linear};

/// How many draws, and which: part of a result's definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Draws {
    /// Number of resamples.
    pub count: u32,
    /// Seed of the generator.
    pub seed: u64,
}

impl Default for Draws {
    /// 2,000 draws from a fixed seed.
    fn default() -> Self {
        Self { count: 2_000, seed: 20_260_801 }
    }
}

/// What a draw takes with replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Whole authors, with all their changes.
    Author,
    /// Single changes, because all are by one author: the interval is then too narrow if
    /// changes resemble each other.
    Change,
}

/// What the sum of a column is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// The number of rows: a mean.
    Rows,
    /// The sum of all columns: a share.
    All,
    /// The sum of the other columns: a ratio.
    Rest,
    /// One.
    Nothing,
}

impl Over {
    fn divisor(self, sum: f64, all: f64, rows: f64) -> f64 {
        match self {
            Self::Rows => rows,
            Self::All => all,
            Self::Rest => all - sum,
            Self::Nothing => 1.0,
        }
    }

    /// The statistic; not a number where there is nothing to divide by.
    fn of(self, sum: f64, all: f64, rows: f64) -> f64 {
        match self.divisor(sum, all, rows) {
            0.0 => f64::NAN,
            divisor => sum / divisor,
        }
    }
}

/// Rows grouped by author, ready to be resampled.
#[derive(Debug, Clone)]
pub struct Clusters {
    /// The cluster of each row; clusters are numbered in the order of their author ids.
    of_row: Vec<u32>,
    /// Rows in each cluster.
    sizes: Vec<u32>,
    unit: Unit,
}

impl Clusters {
    /// Groups rows by author. With a single author each row is its own cluster. Author ids are rows
    /// of a table: memory is taken for the largest one.
    pub fn new(authors: &[u32]) -> Self {
        // Author ids are rows of a table: which of them occur, then the number of each among those.
        let mut number = vec![u32::MAX; authors.iter().max().map_or(0, |most| *most as usize + 1)];
        authors.iter().for_each(|author| number[*author as usize] = 0);
        let mut units = 0;
        for number in number.iter_mut().filter(|number| **number == 0) {
            *number = units;
            units += 1;
        }
        if units < 2 {
            let of_row: Vec<u32> = (0..authors.len() as u32).collect();
            return Self { sizes: vec![1; of_row.len()], of_row, unit: Unit::Change };
        }
        let mut sizes = vec![0; units as usize];
        let of_row: Vec<u32> = authors.iter().map(|author| number[*author as usize]).collect();
        for &cluster in &of_row {
            sizes[cluster as usize] += 1;
        }
        Self { of_row, sizes, unit: Unit::Author }
    }

    /// What a draw takes.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// How many units there are to draw from.
    pub fn units(&self) -> usize {
        self.sizes.len()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.of_row.len()
    }

    /// Quantiles of a column at each `p` of `at`, with intervals; empty when there are no rows.
    ///
    /// `values` has one value per row.
    pub fn quantiles(&self, values: &[i64], at: &[f64], draws: &Draws) -> Vec<Interval> {
        if self.rows() == 0 {
            return Vec::new();
        }
        let enough = if self.units() == self.rows() { linear::MANY_ALONE } else { linear::MANY };
        if self.units() < enough {
            self.drawn_quantiles(values, at, draws)
        } else {
            self.computed_quantiles(values, at)
        }
    }

    pub(super) fn drawn_quantiles(
        &self,
        values: &[i64],
        at: &[f64],
        draws: &Draws,
    ) -> Vec<Interval> {
        let column = SortedColumn::new(self, values, at);
        let mut drawn = vec![Vec::with_capacity(draws.count as usize); at.len()];
        self.each_draw(draws, |multiplicity, rows| {
            for (index, values) in drawn.iter_mut().enumerate() {
                values.push(column.resampled(index, multiplicity, rows));
            }
        });
        let estimates = (0..at.len()).map(|index| column.estimate(index));
        estimates.zip(drawn).filter_map(|(value, drawn)| percentile(value, drawn)).collect()
    }

    pub(super) fn computed_quantiles(&self, values: &[i64], at: &[f64]) -> Vec<Interval> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let below = |value: f64| {
            let mut below = vec![0; self.units()];
            for (cluster, own) in self.of_row.iter().zip(values) {
                below[*cluster as usize] += u32::from(*own as f64 <= value);
            }
            self.sizes.iter().copied().zip(below)
        };
        let limits = |p: f64| linear::quantile_limits(&sorted, p, below);
        at.iter().filter_map(|p| limits(*p)).collect()
    }

    /// The mean of each column, with intervals; empty when there are no rows.
    pub fn means(&self, columns: &[&[i64]], draws: &Draws) -> Vec<Interval> {
        self.of_sums(columns, draws, Over::Rows)
    }

    /// The sum of each column, with intervals; empty when there are no rows.
    pub fn sums(&self, columns: &[&[i64]], draws: &Draws) -> Vec<Interval> {
        self.of_sums(columns, draws, Over::Nothing)
    }

    /// The share (0 to 1) of each column's sum in the sum of all columns, with intervals.
    ///
    /// For non-negative values. Draws in which everything is zero have no shares and are left
    /// out; empty when there are no rows or their sum is zero.
    pub fn shares(&self, columns: &[&[i64]], draws: &Draws) -> Vec<Interval> {
        self.of_sums(columns, draws, Over::All)
    }

    /// The sum of one column over the sum of another, with its interval; `None` where the second
    /// is zero.
    pub fn ratio(&self, over: &[i64], under: &[i64], draws: &Draws) -> Option<Interval> {
        let ratio = self.of_sums(&[over, under], draws, Over::Rest);
        // The first column's: the other is its inverse, and missing where nothing is over.
        let any = under.iter().any(|value| *value != 0);
        ratio.into_iter().next().filter(|_| any)
    }

    /// Calls `each` with every draw: how often it holds each cluster, and its number of rows.
    pub(crate) fn each_draw(&self, draws: &Draws, mut each: impl FnMut(&[u32], u64)) {
        let mut hand_on =
            |multiplicity: &[u32]| each(multiplicity, weigh(multiplicity, &self.sizes));
        match Made::of(draws, self.sizes.len()) {
            Some(made) => made.each(hand_on),
            None => make(draws, self.sizes.len(), &mut hand_on),
        }
    }

    /// The sum of a column per cluster.
    pub(crate) fn sums_by_cluster(&self, values: &[i64]) -> Vec<f64> {
        let mut sums = vec![0_i128; self.sizes.len()];
        for (&cluster, &value) in self.of_row.iter().zip(values) {
            sums[cluster as usize] += i128::from(value);
        }
        sums.into_iter().map(|sum| sum as f64).collect()
    }

    /// The cluster of each row.
    pub(crate) fn of_row(&self) -> &[u32] {
        &self.of_row
    }

    fn of_sums(&self, columns: &[&[i64]], draws: &Draws, over: Over) -> Vec<Interval> {
        if self.units() < linear::MANY {
            self.drawn_sums(columns, draws, over)
        } else {
            self.computed_sums(columns, over)
        }
    }

    pub(super) fn computed_sums(&self, columns: &[&[i64]], over: Over) -> Vec<Interval> {
        let sums: Vec<Vec<f64>> = columns.iter().map(|c| self.sums_by_cluster(c)).collect();
        let own = |unit: usize| -> f64 { sums.iter().map(|sums| sums[unit]).sum() };
        let all: f64 = (0..self.units()).map(own).sum();
        let limits = |column: &Vec<f64>| {
            let sum: f64 = column.iter().sum();
            let estimate = over.of(sum, all, self.rows() as f64);
            let whole = over.divisor(sum, all, self.rows() as f64);
            let expected = if over == Over::Nothing { sum / self.units() as f64 } else { 0.0 };
            let pull = |unit: usize| {
                let own_part = over.divisor(column[unit], own(unit), f64::from(self.sizes[unit]));
                match over {
                    Over::Nothing => column[unit] - expected,
                    Over::Rows | Over::All | Over::Rest => {
                        (column[unit] - estimate * own_part) / whole
                    }
                }
            };
            let pulls = (0..self.units()).map(pull);
            (!estimate.is_nan()).then(|| linear::limits(estimate, pulls))
        };
        sums.iter().filter_map(limits).collect()
    }

    pub(super) fn drawn_sums(
        &self,
        columns: &[&[i64]],
        draws: &Draws,
        over: Over,
    ) -> Vec<Interval> {
        let sums: Vec<Vec<f64>> = columns.iter().map(|c| self.sums_by_cluster(c)).collect();
        let mut drawn = vec![Vec::with_capacity(draws.count as usize); columns.len()];
        let evaluate = |sums: &[f64], rows: u64| -> Vec<f64> {
            let all: f64 = sums.iter().sum();
            sums.iter().map(|&sum| over.of(sum, all, rows as f64)).collect()
        };
        // Draws go through the sums in groups: each is added up in the same order as alone, and no
        // addition waits for the one before it.
        let mut weights = vec![[0.0; LANES]; self.sizes.len()];
        let mut rows = Vec::with_capacity(LANES);
        let mut add = |weights: &[[f64; LANES]], rows: &mut Vec<u64>| {
            let sums: Vec<[f64; LANES]> =
                sums.iter().map(|sums| weigh_lanes(weights, sums)).collect();
            for (lane, rows) in rows.drain(..).enumerate() {
                let own: Vec<f64> = sums.iter().map(|sums| sums[lane]).collect();
                for (drawn, value) in drawn.iter_mut().zip(evaluate(&own, rows)) {
                    drawn.push(value);
                }
            }
        };
        self.each_draw(draws, |multiplicity, rows_of_draw| {
            for (lanes, &weight) in weights.iter_mut().zip(multiplicity) {
                lanes[rows.len()] = f64::from(weight);
            }
            rows.push(rows_of_draw);
            if rows.len() == LANES {
                add(&weights, &mut rows);
            }
        });
        add(&weights, &mut rows);
        let once = vec![1; self.sizes.len()];
        let known: Vec<f64> = sums.iter().map(|sums| weigh_f64(&once, sums)).collect();
        let estimates = evaluate(&known, self.rows() as u64);
        let intervals = estimates.into_iter().zip(drawn);
        intervals.filter_map(|(value, drawn)| percentile(value, drawn)).collect()
    }
}

/// Makes every draw of so many units: how often it holds each of them.
fn make(draws: &Draws, units: usize, each: &mut impl FnMut(&[u32])) {
    let mut random = SplitMix64::new(draws.seed);
    let mut multiplicity = vec![0_u32; units];
    for _ in 0..draws.count {
        multiplicity.fill(0);
        for _ in 0..units {
            multiplicity[random.below(units as u32) as usize] += 1;
        }
        each(&multiplicity);
    }
}

/// Every draw of so many units, kept for the next column: nearly all columns of a report are of the
/// same people, and to make a draw takes six times as long as to weigh a column by it.
#[derive(Debug)]
struct Made {
    draws: Draws,
    units: usize,
    /// How often each unit occurs, draw after draw.
    multiplicity: Vec<u8>,
}

/// The draws that were asked for last, the latest at the end: [`KEPT`] at most.
static MADE: Mutex<Vec<Arc<Made>>> = Mutex::new(Vec::new());

/// How many are kept.
const KEPT: usize = 8;

/// Draws that take less are made as fast as they are found, and more is too much to keep.
const MADE_BYTES: RangeInclusive<usize> = 256 << 10..=8 << 20;

impl Made {
    /// Those of so many units; `None` where they are not kept.
    fn of(draws: &Draws, units: usize) -> Option<Arc<Self>> {
        let bytes = units.checked_mul(draws.count as usize)?;
        if !MADE_BYTES.contains(&bytes) {
            return None;
        }
        if let Some(known) = Self::known(draws, units) {
            return Some(known);
        }
        let mut multiplicity = Vec::with_capacity(bytes);
        let mut fits = true;
        make(draws, units, &mut |draw| {
            fits &= draw.iter().all(|count| *count <= u32::from(u8::MAX));
            multiplicity.extend(draw.iter().map(|count| *count as u8));
        });
        let made = fits.then(|| Arc::new(Self { draws: *draws, units, multiplicity }))?;
        let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == KEPT {
            all.remove(0);
        }
        all.push(Arc::clone(&made));
        Some(made)
    }

    fn known(draws: &Draws, units: usize) -> Option<Arc<Self>> {
        let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let row = all.iter().position(|made| made.draws == *draws && made.units == units)?;
        all[row..].rotate_left(1);
        all.last().cloned()
    }

    fn each(&self, mut each: impl FnMut(&[u32])) {
        let mut multiplicity = vec![0; self.units];
        for draw in self.multiplicity.chunks_exact(self.units) {
            for (wide, narrow) in multiplicity.iter_mut().zip(draw) {
                *wide = u32::from(*narrow);
            }
            each(&multiplicity);
        }
    }
}

/// Draws that go through the sums of clusters together.
const LANES: usize = 8;

/// [`weigh_f64`] of several draws.
fn weigh_lanes(weights: &[[f64; LANES]], sums: &[f64]) -> [f64; LANES] {
    let mut all = [-0.0; LANES]; // As an empty sum: nothing changes when this is added to.
    for (weights, sum) in weights.iter().zip(sums) {
        for (all, weight) in all.iter_mut().zip(weights) {
            *all += weight * sum;
        }
    }
    all
}

/// The percentile interval of an estimate from its draws. Draws that are not numbers are left
/// out; `None` when the estimate is not a number or no draw is left.
pub(crate) fn percentile(estimate: f64, mut drawn: Vec<f64>) -> Option<Interval> {
    drawn.retain(|value| !value.is_nan());
    drawn.sort_unstable_by(f64::total_cmp);
    let low = quantile_f64(&drawn, 0.025)?;
    let high = quantile_f64(&drawn, 0.975)?;
    (!estimate.is_nan()).then_some(Interval { estimate, low, high })
}

/// A column sorted once, so that the quantile of a draw is found by a short walk.
///
/// A draw is a vector of multiplicities. The quantile of the draw lies near that of the data:
/// the walk starts at one of a few ranks around the data's own (the steps), where the weight below
/// is a sum over clusters, and goes up or down from there. The result is exact however far it
/// must go.
#[derive(Debug)]
pub(crate) struct SortedColumn {
    values: Vec<i64>,
    /// The cluster of each rank.
    clusters: Vec<u32>,
    pivots: Vec<Pivot>,
}

#[derive(Debug)]
struct Pivot {
    p: f64,
    /// Ascending by rank; at least one.
    steps: Vec<Step>,
}

/// A rank where a walk may begin.
#[derive(Debug)]
struct Step {
    rank: usize,
    /// Rows of each cluster below `rank`.
    below: Vec<u32>,
}

/// Steps to either side of the data's own rank.
const STEPS: usize = 32;

impl Pivot {
    /// Steps as far as quantiles of draws lie, where that is farther than a sum over clusters
    /// costs: whole clusters are drawn, so by about the root of their number.
    fn new(ranks: &[u32], clusters: usize, p: f64) -> Self {
        let middle = if ranks.is_empty() { 0 } else { position(ranks.len() as u64, p).0 as usize };
        let reach = (4.0 * ranks.len() as f64 / (clusters.max(1) as f64).sqrt()) as usize;
        let between = reach / STEPS;
        // A walk of `clusters` ranks costs about as much as a step.
        let count = if between > clusters / 8 { STEPS } else { 0 };
        let low = middle.saturating_sub(count * between);
        let high = (middle + count * between).min(ranks.len().saturating_sub(1));
        let mut below = vec![0; clusters];
        for &cluster in &ranks[..low] {
            below[cluster as usize] += 1;
        }
        let mut steps = vec![Step { rank: low, below: below.clone() }];
        for rank in low..high {
            below[ranks[rank] as usize] += 1;
            if (rank + 1 - low) % between.max(1) == 0 {
                steps.push(Step { rank: rank + 1, below: below.clone() });
            }
        }
        Self { p, steps }
    }

    /// The step where the walk to the row `target` of a draw begins, with the weight below it.
    ///
    /// A draw has about as many rows in a stretch of ranks as the data, so how far the weight below
    /// the middle is off says which step is near. Any step would do: the walk is exact.
    fn start(&self, multiplicity: &[u32], target: u64) -> (usize, u64) {
        let weight = |step: usize| weigh(multiplicity, &self.steps[step].below);
        let middle = self.steps.len() / 2;
        let below = weight(middle);
        let [first, second, ..] = &*self.steps else { return (self.steps[middle].rank, below) };
        let off = target as i64 - below as i64;
        let steps = off.div_euclid((second.rank - first.rank).max(1) as i64);
        let step = (middle as i64 + steps).clamp(0, self.steps.len() as i64 - 1) as usize;
        (self.steps[step].rank, if step == middle { below } else { weight(step) })
    }
}

impl SortedColumn {
    /// Sorts a column with one value per row, to be asked for its quantiles `at`.
    pub(crate) fn new(clusters: &Clusters, values: &[i64], at: &[f64]) -> Self {
        let mut rows: Vec<(i64, u32)> =
            values.iter().copied().zip(clusters.of_row.iter().copied()).collect();
        rows.sort_unstable();
        let (values, ranks): (Vec<i64>, Vec<u32>) = rows.into_iter().unzip();
        let pivots = at.iter().map(|&p| Pivot::new(&ranks, clusters.sizes.len(), p));
        Self { pivots: pivots.collect(), values, clusters: ranks }
    }

    /// What is told of the data themselves; `None` when there are no rows.
    pub(crate) fn summary(&self) -> Option<Summary> {
        Summary::of_sorted(&self.values)
    }

    /// The quantile `at[index]` of the data themselves; not a number when there are no rows.
    pub(crate) fn estimate(&self, index: usize) -> f64 {
        quantile(&self.values, self.pivots[index].p).unwrap_or(f64::NAN)
    }

    /// The quantile `at[index]` of a draw of `rows` rows; not a number when it has none.
    pub(crate) fn resampled(&self, index: usize, multiplicity: &[u32], rows: u64) -> f64 {
        if rows == 0 {
            return f64::NAN;
        }
        let pivot = &self.pivots[index];
        let (target, fraction) = position(rows, pivot.p);
        let (rank, weight_through) = self.find(pivot, multiplicity, target);
        let value = self.values[rank] as f64;
        if weight_through > target + 1 || fraction == 0.0 {
            return value;
        }
        // The next row of the draw is the next rank that the draw holds at all.
        let held = |&next: &usize| multiplicity[self.clusters[next] as usize] > 0;
        match (rank + 1..self.values.len()).find(held) {
            Some(next) => interpolate(value, self.values[next] as f64, fraction),
            None => value,
        }
    }

    /// The rank that holds the draw's row number `target` (from 0), and the draw's weight up to
    /// and including that rank.
    fn find(&self, pivot: &Pivot, multiplicity: &[u32], target: u64) -> (usize, u64) {
        let weight = |rank: usize| u64::from(multiplicity[self.clusters[rank] as usize]);
        let (mut rank, mut below) = pivot.start(multiplicity, target);
        while below > target {
            rank -= 1;
            below -= weight(rank);
        }
        let mut through = below + weight(rank);
        while through <= target {
            rank += 1;
            through += weight(rank);
        }
        (rank, through)
    }
}

fn weigh(multiplicity: &[u32], counts: &[u32]) -> u64 {
    multiplicity.iter().zip(counts).map(|(&m, &count)| u64::from(m) * u64::from(count)).sum()
}

/// The sum over clusters, each as often as the draw holds it; always in the same order.
pub(crate) fn weigh_f64(multiplicity: &[u32], sums: &[f64]) -> f64 {
    multiplicity.iter().zip(sums).map(|(&m, sum)| f64::from(m) * sum).sum()
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_close;
    use super::*;

    #[test]
    fn the_interval_of_a_mean_agrees_with_scipy() {
        // python3 -c "import numpy as n, scipy.stats as s; x=n.arange(1,41.)**1.5; print(s.bootstrap((x,), n.mean, n_resamples=200000, method='percentile', rng=1).confidence_interval, x.mean())"
        let values: Vec<i64> = (1..=40).map(|i| (f64::from(i).powf(1.5) * 1e6) as i64).collect();
        let each_alone: Vec<u32> = (0..40).collect();
        let draws = Draws { count: 20_000, ..Draws::default() };
        let mean = Clusters::new(&each_alone).means(&[&values], &draws)[0].scaled(1e-6);
        assert_close(mean.estimate, 104.374_29, 1e-6);
        // Two bootstraps with other random numbers agree to their own noise.
        assert_close(mean.low, 80.89, 0.005);
        assert_close(mean.high, 128.55, 0.005);
    }

    #[test]
    fn a_ratio_is_of_sums_and_there_is_none_over_nothing() {
        let clusters = Clusters::new(&[1, 2, 3]);
        let ratio = |over: &[i64], under: &[i64]| clusters.ratio(over, under, &Draws::default());
        // (2 + 0 + 6) / (1 + 1 + 2); a draw of one author alone gives 2, 0 or 3.
        let found = ratio(&[2, 0, 6], &[1, 1, 2]).expect("the second sum is not zero");
        assert_eq!((found.estimate, found.low, found.high), (2.0, 0.0, 3.0));
        assert_eq!(ratio(&[0, 0, 0], &[1, 1, 2]).map(|found| found.high), Some(0.0));
        assert_eq!(ratio(&[2, 0, 6], &[0, 0, 0]), None);
    }

    #[test]
    fn steps_shorten_the_walk_and_change_nothing() {
        let mut random = SplitMix64::new(5);
        let authors: Vec<u32> = (0..20_000).map(|_| random.below(40)).collect();
        let values: Vec<i64> =
            authors.iter().map(|author| i64::from(random.below(1000 + author * 50))).collect();
        let clusters = Clusters::new(&authors);
        let column = SortedColumn::new(&clusters, &values, &[0.5]);
        assert!(column.pivots[0].steps.len() > STEPS);
        let mut draws = 0;
        clusters.each_draw(&Draws { count: 50, seed: 1 }, |multiplicity, rows| {
            let rows_of = |(value, author): (&i64, &u32)| {
                std::iter::repeat_n(*value, multiplicity[*author as usize] as usize)
            };
            let mut drawn: Vec<i64> = values.iter().zip(&authors).flat_map(rows_of).collect();
            drawn.sort_unstable();
            assert_eq!(drawn.len() as u64, rows);
            assert_eq!(Some(column.resampled(0, multiplicity, rows)), quantile(&drawn, 0.5));
            draws += 1;
        });
        assert_eq!(draws, 50);
    }

    #[test]
    fn draws_that_are_kept_are_those_that_are_made() {
        let draws = Draws { count: 300, seed: 11 };
        for units in [1_000, 1_001, 1_000] {
            let mut made: Vec<Vec<u32>> = Vec::new();
            make(&draws, units, &mut |draw| made.push(draw.to_vec()));
            let authors: Vec<u32> = (0..units as u32).collect();
            let mut kept: Vec<Vec<u32>> = Vec::new();
            Clusters::new(&authors).each_draw(&draws, |draw, rows| {
                assert_eq!(rows, units as u64);
                kept.push(draw.to_vec());
            });
            assert!(Made::known(&draws, units).is_some());
            assert!(kept == made, "{units} units");
        }
    }

    #[test]
    fn an_author_with_many_equal_changes_widens_the_interval() {
        let values: Vec<i64> = (0..400).map(|row| i64::from(row / 40) * 100).collect();
        let ten_authors: Vec<u32> = (0..400).map(|row| row / 40).collect();
        let independent: Vec<u32> = (0..400).collect();
        let width = |authors: &[u32]| {
            let median = Clusters::new(authors).quantiles(&values, &[0.5], &Draws::default())[0];
            median.high - median.low
        };
        assert!(width(&ten_authors) > 3.0 * width(&independent));
    }

    #[test]
    fn a_single_author_is_resampled_by_change_and_says_so() {
        let clusters = Clusters::new(&[9; 30]);
        assert_eq!((clusters.unit(), clusters.units()), (Unit::Change, 30));
        let values: Vec<i64> = (0..30).collect();
        let median = clusters.quantiles(&values, &[0.5], &Draws::default())[0];
        assert!(median.low < 14.5 && median.high > 14.5);
    }

    #[test]
    fn the_same_seed_gives_these_limits_for_ever() {
        // The same generator and the same draws, written out with NumPy's quantiles:
        // python3 - <<'END'
        // import numpy as n
        // M = 2**64 - 1; s = 20260801
        // def r():
        //     global s; s = s + 0x9e3779b97f4a7c15 & M; z = (s ^ s >> 30) * 0xbf58476d1ce4e5b9 & M
        //     z = (z ^ z >> 27) * 0x94d049bb133111eb & M; return (z ^ z >> 31) >> 32
        // a = [[i * i for i in range(60) if i % 7 == k] for k in range(7)]
        // d = [n.quantile(sum((a[r() * 7 >> 32] for _ in a), []), [.5, .9]) for _ in range(2000)]
        // print(n.quantile(d, [.025, .975], axis=0), n.quantile(sum(a, []), [.5, .9]))
        // END
        let values: Vec<i64> = (0..60).map(|i| i * i).collect();
        let authors: Vec<u32> = (0..60).map(|i| i % 7).collect();
        let found = Clusters::new(&authors).quantiles(&values, &[0.5, 0.9], &Draws::default());
        let wanted = [(870.5, 784.0, 961.0), (2819.7, 2798.5, 3025.0)];
        for (found, (estimate, low, high)) in found.iter().zip(wanted) {
            assert_close(found.estimate, estimate, 1e-12);
            assert_close(found.low, low, 1e-12);
            assert_close(found.high, high, 1e-12);
        }
        assert_eq!(found.len(), wanted.len());
    }

    #[test]
    fn shares_add_up_to_one_and_need_something_to_share() {
        let clusters = Clusters::new(&[0, 0, 1, 2]);
        let (one, other) = ([1, 2, 3, 4], [4, 3, 2, 1]);
        let shares = clusters.shares(&[&one, &other], &Draws::default());
        assert_close(shares[0].estimate + shares[1].estimate, 1.0, 1e-12);
        assert_close(shares[0].low + shares[1].high, 1.0, 1e-9);
        assert!(clusters.shares(&[&[0; 4], &[0; 4]], &Draws::default()).is_empty());
    }

    #[test]
    fn no_rows_give_no_intervals() {
        let clusters = Clusters::new(&[]);
        assert!(clusters.quantiles(&[], &[0.5], &Draws::default()).is_empty());
        assert!(clusters.means(&[&[]], &Draws::default()).is_empty());
    }
}
