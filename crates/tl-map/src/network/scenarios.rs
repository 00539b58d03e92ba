//! What if: another reviewer, a faster train, more runners, more changes, fewer reviews.
//!
//! In: a line that calibrated. Out: an [`Outcome`] for each [`Scenario`] that the line can be asked. Start at `scenarios`. Every scenario runs on the random numbers of the line as it
//! is, replication by replication, so that their difference is the scenario and not chance.
//! **Invariant:** a scenario that changes nothing has a difference of exactly zero.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::asked::{Asked, Knob};
use super::calendar::Group;
use super::line::Model;
use super::observed::{Merge, Observed};
use super::simulation::{Run, simulate};
use super::{IntervalParts, Settings};
use crate::stats::Interval;
use crate::stats::quantile::quantile_f64;
use crate::stats::random::SplitMix64;

/// What is done to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// One more reviewer, who gives as much time to reviews as the others, at the same hours.
    OneMoreReviewer,
    /// Trains leave twice as often.
    ReleaseTrainHalved,
    /// Twice as many CI runs can go on at once.
    RunnersDoubled,
    /// Half as many changes again, of the same kinds and at the same hours.
    ArrivalsTimesOneAndAHalf,
    /// Changes of low risk are not reviewed.
    LowRiskAutoApproved,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 5] = [
        Self::OneMoreReviewer,
        Self::ReleaseTrainHalved,
        Self::RunnersDoubled,
        Self::ArrivalsTimesOneAndAHalf,
        Self::LowRiskAutoApproved,
    ];

    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OneMoreReviewer => "one more reviewer",
            Self::ReleaseTrainHalved => "release train twice as often",
            Self::RunnersDoubled => "twice the runners",
            Self::ArrivalsTimesOneAndAHalf => "half as many changes again",
            Self::LowRiskAutoApproved => "low-risk changes need no review",
        }
    }

    /// The same as what is asked of the line.
    pub const fn asked(self) -> Asked {
        let today = Asked::TODAY;
        match self {
            Self::OneMoreReviewer => Asked { reviewers: 1, ..today },
            Self::ReleaseTrainHalved => Asked { trains: 200, ..today },
            Self::RunnersDoubled => Asked { runners: 200, ..today },
            Self::ArrivalsTimesOneAndAHalf => Asked { arrivals: 150, ..today },
            Self::LowRiskAutoApproved => Asked { unreviewed: 100, ..today },
        }
    }

    /// What of the line it changes.
    const fn knob(self) -> Knob {
        match self {
            Self::OneMoreReviewer => Knob::Reviewers,
            Self::ReleaseTrainHalved => Knob::Trains,
            Self::RunnersDoubled => Knob::Runners,
            Self::ArrivalsTimesOneAndAHalf => Knob::Arrivals,
            Self::LowRiskAutoApproved => Knob::Unreviewed,
        }
    }
}

/// The whole line, from start of work to end of deployment, as another one. Milliseconds;
/// quantiles are of all replications together (the median of few changes leans to one side where
/// totals have a gap in the middle, and more changes lean less), their intervals by the bootstrap
/// over replications, that of the mean by Student's t over them; two-sided, 95 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Median of the line as it is, simulated.
    pub median_before: f64,
    /// 90 % quantile of the line as it is, simulated.
    pub p90_before: f64,
    /// Median of the other line minus median before: negative is faster.
    #[serde(with = "IntervalParts")]
    pub median_change: Interval,
    /// 90 % quantile of the other line minus before.
    #[serde(with = "IntervalParts")]
    pub p90_change: Interval,
    /// Mean of the other line minus before.
    #[serde(with = "IntervalParts")]
    pub mean_change: Interval,
    /// How busy each station is then.
    pub stations: Vec<StationLoad>,
    /// Said when a station cannot keep up; the changes above then depend on the simulated time.
    pub unstable: Option<String>,
    /// Share of changes that did not get through within twice the simulated time.
    pub unfinished: f64,
    /// Simulated changes that count, over all replications.
    pub changes: usize,
}

/// How busy a station is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StationLoad {
    /// `review`, `ci` or `merge queue`.
    pub name: String,
    /// Load before: work that came per capacity; above 1 it cannot be done.
    pub before: f64,
    /// Load on the other line.
    pub after: f64,
}

/// Asks every scenario that the line can be asked.
pub(crate) fn scenarios(
    observed: &Observed,
    groups: &[Group],
    share: f64,
    settings: &Settings,
) -> Vec<(Scenario, Outcome)> {
    let line = Model::new(observed, groups, share, settings.changes);
    let before = replications(&line, settings);
    Scenario::ALL
        .iter()
        .filter_map(|&scenario| {
            if !scenario.knob().turns(&line) {
                return None;
            }
            let after = replications(&scenario.asked().of(&line), settings);
            Some((scenario, outcome(&before, &after, &stations(&line))?))
        })
        .collect()
}

/// One run with its totals sorted.
#[derive(Debug, Clone)]
pub(crate) struct Replication {
    run: Run,
    mean: f64,
}

/// Runs of a line, sorted; `None` for one in which nothing got through.
pub(crate) fn replications(model: &Model<'_>, settings: &Settings) -> Vec<Option<Replication>> {
    let runs = (0..settings.replications.max(2))
        .map(|replication| simulate(model, settings.seed, replication.into()));
    runs.map(|mut run| {
        run.totals.sort_unstable();
        let sum: i128 = run.totals.iter().map(|&total| i128::from(total)).sum();
        let mean = sum as f64 / run.totals.len() as f64;
        (!run.totals.is_empty()).then_some(Replication { mean, run })
    })
    .collect()
}

/// A station's name and its load in a run.
pub(crate) type Load = (&'static str, fn(&Run) -> f64);

/// The stations with a capacity.
pub(crate) fn stations(line: &Model<'_>) -> Vec<Load> {
    let mut stations: Vec<Load> = Vec::new();
    if line.has_review() {
        stations.push(("review", |run| run.review.load()));
    }
    if line.has_ci() {
        stations.push(("ci", |run| run.ci.load()));
    }
    if matches!(line.merge, Merge::Batches { .. }) {
        stations.push(("merge queue", |run| run.merge.load()));
    }
    stations
}

/// Compares replication by replication; `None` when fewer than two have changes in both.
pub(crate) fn outcome(
    before: &[Option<Replication>],
    after: &[Option<Replication>],
    stations: &[Load],
) -> Option<Outcome> {
    let pairs: Vec<(&Replication, &Replication)> =
        before.iter().zip(after).filter_map(|(b, a)| Some((b.as_ref()?, a.as_ref()?))).collect();
    let count = pairs.len() as f64;
    let means: Vec<f64> = pairs.iter().map(|(before, after)| after.mean - before.mean).collect();
    let [median, p90] = [0.5, 0.9].map(|at| pooled(&pairs, at));
    let (median, p90) = (median?, p90?);
    let loads: Vec<StationLoad> = stations
        .iter()
        .map(|(name, load)| StationLoad {
            name: (*name).to_owned(),
            before: pairs.iter().map(|(before, _)| load(&before.run)).sum::<f64>() / count,
            after: pairs.iter().map(|(_, after)| load(&after.run)).sum::<f64>() / count,
        })
        .collect();
    let finished: usize = pairs.iter().map(|(_, after)| after.run.totals.len()).sum();
    let unfinished: usize = pairs.iter().map(|(_, after)| after.run.unfinished).sum();
    Some(Outcome {
        median_change: median.1,
        p90_change: p90.1,
        mean_change: paired(&means)?,
        median_before: median.0,
        p90_before: p90.0,
        unstable: unstable(&loads),
        stations: loads,
        unfinished: unfinished as f64 / (finished + unfinished).max(1) as f64,
        changes: finished + unfinished,
    })
}

/// Says which stations cannot keep up.
fn unstable(loads: &[StationLoad]) -> Option<String> {
    let over: Vec<String> = loads
        .iter()
        .filter(|station| station.after >= 1.0)
        .map(|station| {
            format!(
                "{}: {:.2} times the work that it can do, so its queue grows without bound; the \
                 times given hold only for the simulated weeks",
                station.name, station.after
            )
        })
        .collect();
    (!over.is_empty()).then(|| over.join("; "))
}

/// Draws of the bootstrap over replications.
const DRAWS: u32 = 400;

/// A quantile of all totals before, and its change with the percentile bootstrap's interval over
/// replications; `None` for fewer than two.
fn pooled(pairs: &[(&Replication, &Replication)], at: f64) -> Option<(f64, Interval)> {
    if pairs.len() < 2 {
        return None;
    }
    let before = Pool::new(pairs.iter().map(|(before, _)| before.run.totals.as_slice()));
    let after = Pool::new(pairs.iter().map(|(_, after)| after.run.totals.as_slice()));
    let once = vec![1; pairs.len()];
    let change = |times: &[u64]| Some(after.quantile(times, at)? - before.quantile(times, at)?);
    let mut random = SplitMix64::new(at.to_bits());
    let mut draws: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let mut times = vec![0; pairs.len()];
            for _ in pairs {
                times[random.below(pairs.len() as u32) as usize] += 1;
            }
            change(&times)
        })
        .collect();
    draws.sort_unstable_by(f64::total_cmp);
    let estimate = change(&once)?;
    let [low, high] = [0.025, 0.975].map(|at| quantile_f64(&draws, at).unwrap_or(estimate));
    // The percentiles of few replications may leave the estimate just outside.
    let interval = Interval { estimate, low: low.min(estimate), high: high.max(estimate) };
    Some((before.quantile(&once, at)?, interval))
}

/// Totals of several replications, sorted, each with its replication's row.
struct Pool(Vec<(i64, u32)>);

impl Pool {
    fn new<'r>(replications: impl Iterator<Item = &'r [i64]>) -> Self {
        let mut all: Vec<(i64, u32)> = (0..)
            .zip(replications)
            .flat_map(|(row, totals)| totals.iter().map(move |total| (*total, row)))
            .collect();
        all.sort_unstable();
        Self(all)
    }

    /// The smallest total with a share `at` of all at or below it, each replication taken so many
    /// times.
    fn quantile(&self, times: &[u64], at: f64) -> Option<f64> {
        let all: u64 = self.0.iter().map(|(_, row)| times[*row as usize]).sum();
        let wanted = (at * all as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        for (total, row) in &self.0 {
            below += times[*row as usize];
            if below >= wanted {
                return Some(*total as f64);
            }
        }
        None
    }
}

/// Mean of differences with its interval by Student's t; `None` for fewer than two.
fn paired(differences: &[f64]) -> Option<Interval> {
    let count = differences.len() as f64;
    if differences.len() < 2 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / count;
    let squares = differences.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
    let error = (squares / (count - 1.0) / count).sqrt();
    let half = StudentsT::new(0.0, 1.0, count - 1.0).ok()?.inverse_cdf(0.975) * error;
    Some(Interval { estimate: mean, low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_paired_differences_agrees_with_scipy() {
        // scipy.stats.t.interval(0.95, 3, loc=mean, scale=scipy.stats.sem([1,2,4,7]))
        let found = paired(&[1.0, 2.0, 4.0, 7.0]).expect("four differences");
        let half = 3.182_446_305 * 2.645_751_311 / 2.0;
        assert!((found.estimate - 3.5).abs() < 1e-12);
        assert!((found.low - (3.5 - half)).abs() < 1e-6, "{found:?}");
        assert_eq!(paired(&[1.0]), None);
    }
}
