//! What if one stage took less time? And which queue should be shortened first?
//!
//! In: the stages of finished journeys ([`StageMatrix`]) and an [`Operator`] for one stage. Out:
//! an [`Effect`] on the total, or the ranking of [`invest_first`]. Start at [`what_if`].
//! **Definition:** every item keeps its own other stages, so that what is slow together stays
//! together; totals are added up anew. There is no model: it says what these same items would
//! have taken, and ignores that a shorter queue may fill up again (congestion).
//! **Invariant:** an operator that changes no item has an effect of exactly zero.

use rayon::prelude::*;
use serde::Serialize;
use tl_core::time::Millis;

use crate::stats::Interval;
use crate::stats::bootstrap::{Clusters, Draws, SortedColumn, percentile, weigh_f64};
use crate::stats::minimum::is_comparable;
use crate::stats::quantile::{Summary, quantile};
use crate::stats::rates::{Count, newcombe};

/// The stage times of journeys, a column per stage.
///
/// Only journeys with a known time in every stage are in it: a total that leaves out a stage
/// would be another total.
#[derive(Debug, Clone)]
pub struct StageMatrix {
    /// Milliseconds, by stage and then by row.
    columns: Vec<Vec<i64>>,
    totals: Vec<i64>,
    clusters: Clusters,
    left_out: usize,
}

impl StageMatrix {
    /// Takes rows: an author, and the times of `stages` stages, of which `None` is unknown.
    ///
    /// # Panics
    /// When a row has another number of stages.
    pub fn new<R>(stages: usize, rows: impl IntoIterator<Item = (u32, R)>) -> Self
    where
        R: IntoIterator<Item = Option<Millis>>,
    {
        let rows = rows.into_iter();
        let room = rows.size_hint().0;
        let mut columns: Vec<Vec<i64>> = (0..stages).map(|_| Vec::with_capacity(room)).collect();
        let (mut totals, mut kept) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let mut left_out = 0;
        let mut row: Vec<Option<Millis>> = Vec::with_capacity(stages);
        for (author, times) in rows {
            row.clear();
            row.extend(times);
            assert_eq!(row.len(), stages, "a time for each stage");
            let Some(total) = row.iter().copied().sum::<Option<Millis>>() else {
                left_out += 1;
                continue;
            };
            for (column, time) in columns.iter_mut().zip(row.iter().flatten()) {
                column.push(time.get());
            }
            totals.push(total.get());
            kept.push(author);
        }
        Self { columns, totals, clusters: Clusters::new(&kept), left_out }
    }

    /// Journeys that take part.
    pub fn rows(&self) -> usize {
        self.totals.len()
    }

    /// Journeys left out because a stage is unknown.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The times of one stage in milliseconds, one per journey that takes part.
    pub fn stage(&self, stage: usize) -> &[i64] {
        &self.columns[stage]
    }

    fn totals_after(&self, stage: usize, operator: Operator) -> Vec<i64> {
        let times = &self.columns[stage];
        let after = operator.apply(times);
        let totals = self.totals.iter().zip(times).zip(after);
        totals.map(|((total, before), after)| total - before + after).collect()
    }
}

/// What is done to the times of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The stage takes no time.
    Zero,
    /// The stage takes this many times as long; rounded to the millisecond.
    Scale(f64),
    /// The stage takes at most this long, as under a service level.
    Cap(Millis),
    /// The stage takes at most as long as its median (type 7, rounded) today. The median is that
    /// of the data, also in each draw of the bootstrap.
    CapAtOwnMedian,
}

impl Operator {
    fn apply(self, times: &[i64]) -> Vec<i64> {
        let cap = |limit: i64| times.iter().map(|&time| time.min(limit)).collect();
        match self {
            Self::Zero => vec![0; times.len()],
            Self::Scale(factor) => {
                times.iter().map(|&time| (time as f64 * factor).round() as i64).collect()
            }
            Self::Cap(limit) => cap(limit.get()),
            Self::CapAtOwnMedian => {
                let mut sorted = times.to_vec();
                sorted.sort_unstable();
                cap(quantile(&sorted, 0.5).map_or(i64::MAX, |median| median.round() as i64))
            }
        }
    }
}

/// What an operator on one stage does to the total, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// Index of the stage.
    pub stage: usize,
    /// What was done to it.
    pub operator: Operator,
    /// Totals as they were.
    pub before: Summary,
    /// Totals as they would have been.
    pub after: Summary,
    /// Median before minus median after: positive is faster.
    pub median_saved: Interval,
    /// 90 % quantile before minus after.
    pub p90_saved: Interval,
    /// Mean before minus mean after.
    pub mean_saved: Interval,
}

/// Applies an operator to one stage of every journey; `None` when no journey takes part.
///
/// Intervals are by author-clustered bootstrap; before and after are compared draw by draw.
///
/// # Panics
/// When the matrix has no such stage.
pub fn what_if(
    matrix: &StageMatrix,
    stage: usize,
    operator: Operator,
    draws: &Draws,
) -> Option<Effect> {
    what_ifs(matrix, &[(stage, operator)], draws).pop()?
}

/// The same for several stages and operators, each alone: what is drawn of the totals as they are is
/// drawn once.
pub fn what_ifs(
    matrix: &StageMatrix,
    changes: &[(usize, Operator)],
    draws: &Draws,
) -> Vec<Option<Effect>> {
    evaluate(matrix, changes, draws).into_iter().map(Drawn::effect).collect()
}

/// A queue that could be shortened, and what the failures say about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Index of the stage.
    pub stage: usize,
    /// From [`guard`] or [`guard_at_median`].
    pub guard: Guard,
}

/// One candidate with what shortening it would save.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slice {
    /// Effect on the total.
    pub effect: Effect,
    /// Median saved times weekly arrivals, in hours a week: the rank is by this.
    pub hours_a_week: Interval,
    /// Mean saved times weekly arrivals, in hours a week: what all changes of a week save
    /// together.
    pub mean_hours_a_week: Interval,
    /// Share of the draws in which this candidate saves most of the median; a tie counts in
    /// equal parts, a draw in which no candidate saves anything counts for none.
    pub best: f64,
    /// What the failures say.
    pub guard: Guard,
}

impl Slice {
    /// Whether it may be recommended: it saves something, and the data do not say that changes
    /// which were quick there fail more often.
    pub fn is_recommendable(&self) -> bool {
        self.hours_a_week.estimate > 0.0 && !matches!(self.guard, Guard::Raises { .. })
    }
}

/// Ranks queues by what shortening each of them alone would save, most first.
///
/// The one to recommend is the first that [`Slice::is_recommendable`]. Ranked by the median
/// saved, then by the mean, then by stage. Empty when no journey takes part.
///
/// # Panics
/// When the matrix lacks a candidate's stage.
pub fn invest_first(
    matrix: &StageMatrix,
    candidates: &[Candidate],
    operator: Operator,
    weekly_arrivals: f64,
    draws: &Draws,
) -> Vec<Slice> {
    let changes: Vec<(usize, Operator)> =
        candidates.iter().map(|candidate| (candidate.stage, operator)).collect();
    let drawn = evaluate(matrix, &changes, draws);
    let best = shares_of_best(&drawn);
    let hours_a_week = weekly_arrivals / Millis::HOUR.get() as f64;
    let slices = candidates.iter().zip(drawn).zip(best);
    let mut slices: Vec<Slice> = slices
        .filter_map(|((candidate, drawn), best)| {
            let effect = drawn.effect()?;
            Some(Slice {
                effect,
                hours_a_week: effect.median_saved.scaled(hours_a_week),
                mean_hours_a_week: effect.mean_saved.scaled(hours_a_week),
                best,
                guard: candidate.guard,
            })
        })
        .collect();
    slices.sort_by(|one, other| {
        let by_median = other.hours_a_week.estimate.total_cmp(&one.hours_a_week.estimate);
        let by_mean = other.mean_hours_a_week.estimate.total_cmp(&one.mean_hours_a_week.estimate);
        by_median.then(by_mean).then(one.effect.stage.cmp(&other.effect.stage))
    });
    slices
}

/// What the failures of changes that passed a stage quickly or slowly say about shortening it.
///
/// An association: quick changes may fail for other reasons. It is a brake, not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Guard {
    /// Quick changes do not clearly fail more often.
    Ok {
        /// Failure rate of the quick minus that of the slow.
        difference: Interval,
    },
    /// Quick changes fail more often: the whole interval lies above zero.
    Raises {
        /// Failure rate of the quick minus that of the slow.
        difference: Interval,
    },
    /// Too few changes or failures to say.
    TooFew,
}

/// Judges from the failures of changes that were quick and slow in a stage.
pub fn guard(quick: Count, slow: Count) -> Guard {
    match newcombe(quick, slow) {
        Some(difference) if is_comparable(quick, slow) => {
            if difference.low > 0.0 {
                Guard::Raises { difference }
            } else {
                Guard::Ok { difference }
            }
        }
        _ => Guard::TooFew,
    }
}

/// Judges with the stage's median as the border: at most the median is quick.
///
/// `times` and `failed` have one entry per change.
pub fn guard_at_median(times: &[Millis], failed: &[bool]) -> Guard {
    let mut sorted: Vec<i64> = times.iter().map(|time| time.get()).collect();
    sorted.sort_unstable();
    let Some(median) = quantile(&sorted, 0.5) else {
        return Guard::TooFew;
    };
    let (mut quick, mut slow) = (Count::default(), Count::default());
    for (time, &failed) in times.iter().zip(failed) {
        let arm = if time.get() as f64 <= median { &mut quick } else { &mut slow };
        arm.trials += 1;
        arm.events += u64::from(failed);
    }
    guard(quick, slow)
}

/// The quantiles of totals that are drawn: median and 90 %.
const DRAWN: [f64; 2] = [0.5, 0.9];

/// What each draw of authors saves by one stage.
struct Drawn {
    stage: usize,
    operator: Operator,
    before: Option<Summary>,
    after: Option<Summary>,
    median: Vec<f64>,
    p90: Vec<f64>,
    mean: Vec<f64>,
}

impl Drawn {
    fn effect(self) -> Option<Effect> {
        let (before, after) = (self.before?, self.after?);
        Some(Effect {
            stage: self.stage,
            operator: self.operator,
            median_saved: percentile(before.p50 - after.p50, self.median)?,
            p90_saved: percentile(before.p90 - after.p90, self.p90)?,
            mean_saved: percentile(before.mean - after.mean, self.mean)?,
            before,
            after,
        })
    }
}

/// Evaluates all changes on the same draws, so that they can be compared draw by draw; as many at a
/// time as there are cores.
fn evaluate(matrix: &StageMatrix, changes: &[(usize, Operator)], draws: &Draws) -> Vec<Drawn> {
    let clusters = &matrix.clusters;
    let column = SortedColumn::new(clusters, &matrix.totals, &DRAWN);
    let mut quantiles: Vec<[f64; 2]> = Vec::with_capacity(draws.count as usize);
    clusters.each_draw(draws, |multiplicity, rows| {
        quantiles.push([0, 1].map(|index| column.resampled(index, multiplicity, rows)));
    });
    let before = column.summary();
    drop(column);
    let of = |(stage, operator): &(usize, Operator)| {
        let totals = matrix.totals_after(*stage, *operator);
        let saved = matrix.totals.iter().zip(&totals).map(|(before, after)| before - after);
        let saved = clusters.sums_by_cluster(&saved.collect::<Vec<i64>>());
        let column = SortedColumn::new(clusters, &totals, &DRAWN);
        drop(totals);
        let mut drawn = Drawn {
            stage: *stage,
            operator: *operator,
            before,
            after: column.summary(),
            median: Vec::with_capacity(quantiles.len()),
            p90: Vec::with_capacity(quantiles.len()),
            mean: Vec::with_capacity(quantiles.len()),
        };
        let mut known = quantiles.iter();
        clusters.each_draw(draws, |multiplicity, rows| {
            let Some([median, p90]) = known.next() else { return };
            drawn.median.push(median - column.resampled(0, multiplicity, rows));
            drawn.p90.push(p90 - column.resampled(1, multiplicity, rows));
            drawn.mean.push(weigh_f64(multiplicity, &saved) / rows as f64);
        });
        drawn
    };
    changes.par_iter().map(of).collect()
}

/// For each stage, the share of draws in which its median saved is the largest.
fn shares_of_best(drawn: &[Drawn]) -> Vec<f64> {
    let draws = drawn.first().map_or(0, |one| one.median.len());
    let mut wins = vec![0.0; drawn.len()];
    for draw in 0..draws {
        let most = drawn.iter().map(|one| one.median[draw]).fold(0.0, f64::max);
        let is_best = |one: &Drawn| most > 0.0 && one.median[draw] == most;
        let tied = drawn.iter().filter(|one| is_best(one)).count();
        for (wins, one) in wins.iter_mut().zip(drawn) {
            if is_best(one) {
                *wins += 1.0 / tied as f64;
            }
        }
    }
    wins.into_iter().map(|wins| wins / draws.max(1) as f64).collect()
}

#[cfg(test)]
mod tests;
