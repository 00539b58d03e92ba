//! What if the line itself were another? A simulation that answers only where it is calibrated.
//!
//! In: [`Observed`], the line with its active times and waits. Out: [`Answer`]: the
//! [`Calibration`], and the [`Outcome`]s of scenarios when it holds. Start at [`answer`]; any other
//! line can be asked of a [`Simulator`](asked::Simulator). Unlike
//! [`what_if`](crate::what_if), which changes one stage of finished journeys, here queues fill and
//! empty: a wait is never given, it emerges from arrivals, service times and capacities.
//! **Invariant:** pure and repeatable: the same input and settings give the same answer; no
//! scenario is answered when one station does not hold.

pub mod asked;
pub(crate) mod calendar;
pub mod calibrate;
pub mod engine;
pub(crate) mod line;
pub mod observed;
pub mod scenarios;
pub(crate) mod simulation;
pub mod station;

use serde::{Deserialize, Serialize};

use crate::measure::MeasureDoc;
use crate::stats::Interval;
use crate::stats::bootstrap::Draws;
use calendar::Group;
use calibrate::{Calibration, calibrate};
use line::Model;
use observed::Observed;
use scenarios::{Outcome, Scenario, scenarios};
use simulation::simulate;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "network",
    title: "What if the line changed",
    what: "how long the whole line would take with another reviewer, a faster release train, more \
           runners, more changes or fewer reviews, by a simulation that must first show the waits \
           that were observed",
    formula: "the line of the repository with most changes, its newest 2,000; arrivals: the changes of \
              observed hours, drawn for the same hour of the week, each with all its active times; \
              coding without a queue; review by the reviewers on duty in that hour of the week; CI by \
              its runners, beside the review; release by train, or by the merge itself; calibrated when \
              at each station the simulated p50 and p90 of the wait lie in the observed 95 % \
              author-bootstrap intervals or the Kolmogorov-Smirnov distance is at most 0.15, and the \
              wait's rank correlation with the queue found is at most 0.25 below the simulated one; \
              change = mean over replications with common random numbers, interval by Student's t; load \
              = work that came / capacity",
    unit: "hours; loads and shares",
    edge_cases: &[
        "no scenario is answered unless every station that was observed holds; each says why",
        "no forge logs when a review began: its wait is from asked (ready, or the push after a review) \
         to given, and its active time the time since the reviewer's review before it, where that was \
         less than two hours ago and this one waited already, else the median of those",
        "how much of their time reviewers give to reviews is not logged: this one number is fitted \
         on changes that started in the first half of the window and checked on the second half",
        "the hours of reviews are learned from the whole window; with fewer than 20 reviews per hour \
         of the week, working days share their hours and so does the weekend",
        "runners are as many as jobs ever went on at once; jobs of other requests and repositories keep \
         them busy too, but where those are more than three times the line's own work CI is not \
         simulated and says so",
        "a merge is not a queue: each change keeps its own measured wait from the last review, rework \
         and CI to the merge, in a merge queue too",
        "a change waits until what it leaves with is closed: at the first merge that stays behind, or \
         when it leaves; approvals and the deployment come after that",
        "the last change to leave with a deployment within 30 minutes of its merge had it deployed, \
         where three times as many deployments come so soon as in the half hour after that; what else \
         is merged leaves with it; where three quarters of changes leave so soon there is no train",
        "waits are compared in whole minutes: what a runner needs to start is no queue",
        "a station with fewer than 20 observed waits in the second half does not hold, nor does a \
         window shorter than four weeks",
        "a load of 1 or more is said to grow without bound; times then hold for the simulated weeks only",
        "reviewers are alike and take the oldest request first; who is assigned is not modelled; \
         where teams are configured, each reviews its own changes at its own hours, and one more \
         reviewer joins the team with most work a reviewer",
        "changes of bots are part of the line; what was begun so late that one in ten is not merged yet \
         is left out",
        "a change of low risk has at most 50 lines in at most 3 files, where its size is known",
        "a scenario about a station that the line does not have is left out",
    ],
    source: "Little 1961; Kingman 1961; Efron 1979; Law, Simulation Modeling and Analysis, ch. 5 and 11",
};

/// How thoroughly to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Independent runs of each line: at least 2.
    pub replications: u32,
    /// Seed of all chance.
    pub seed: u64,
    /// About how many changes a run has at most, unless two weeks have more; small lines have as
    /// many weeks as were observed.
    pub changes: usize,
    /// Draws of the bootstrap of observed waits.
    pub draws: Draws,
}

impl Default for Settings {
    /// 20 runs of at most about 10,000 changes, from a fixed seed.
    fn default() -> Self {
        Self { replications: 20, seed: 20_260_801, changes: 10_000, draws: Draws::default() }
    }
}

/// What the simulation says, and whether it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the simulated line waits as the observed one did, station by station.
    pub calibration: Calibration,
    /// One for each scenario that the line can be asked; empty unless the calibration holds.
    pub scenarios: Vec<(Scenario, Outcome)>,
}

/// Calibrates the line and, only if that holds, asks every scenario of it.
pub fn answer(observed: &Observed, settings: &Settings) -> Answer {
    let (calibration, share) = calibrate(observed, settings);
    if !calibration.holds {
        return Answer { calibration, scenarios: Vec::new() };
    }
    let groups = Group::learned(observed);
    let scenarios = scenarios(observed, &groups, share, settings);
    Answer { calibration, scenarios }
}

/// Changes that one run of the line simulates, uncalibrated: the work that a benchmark measures.
pub fn simulated_changes(observed: &Observed, changes: usize, seed: u64) -> usize {
    let groups = Group::learned(observed);
    let share = observed.review_share.unwrap_or(1.0);
    simulate(&Model::new(observed, &groups, share, changes), seed, 0).simulated
}

/// How an [`Interval`] is written and read.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Interval")]
struct IntervalParts {
    estimate: f64,
    low: f64,
    high: f64,
}

#[cfg(test)]
mod tests;
