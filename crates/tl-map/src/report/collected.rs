//! The part of the report that needs more than git: filled from what was collected from forges,
//! trackers, CI and pagers.
//!
//! In: made by the measures. Out: [`CollectedReport`], a part of `map/v1`. **Invariant:** fields
//! are only added; what cannot be said is a figure without a value that says why.

use serde::{Deserialize, Serialize};

use super::{DoraRow, Figure};

/// What the collected events add to the map.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CollectedReport {
    /// For each boundary how many changes have it, and why the others lack it.
    pub coverage: Vec<BoundaryCoverage>,
    /// DORA's five for each service that was deployed in the window, by name.
    pub services: Vec<ServiceDora>,
    /// CI; `None` where no build was collected.
    pub ci: Option<Ci>,
    /// Reviews; `None` where no request was collected.
    pub reviews: Option<Reviews>,
    /// Time in status; `None` where no moves of tickets were collected.
    pub time_in_status: Option<TimeInStatus>,
}

/// How well one boundary is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoundaryCoverage {
    /// Number of the definition, such as `t4`.
    pub boundary: String,
    /// In words, such as `first review`.
    pub label: String,
    /// Changes merged in the window that have it.
    pub known: u64,
    /// Why the others lack it, with how many, the most frequent reason first.
    pub lacking: Vec<(String, u64)>,
}

/// DORA's five of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceDora {
    /// The service.
    pub service: String,
    /// Its deployments to production in the window that succeeded.
    pub deployments: u64,
    /// Days of the window on which it was deployed.
    pub days: u64,
    /// The five, as in the whole.
    pub rows: Vec<DoraRow>,
}

/// CI of the changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ci {
    /// All pipelines together.
    pub whole: PipelineRow,
    /// Each pipeline, the one with most runs first; at most 20.
    pub pipelines: Vec<PipelineRow>,
    /// First run of a request's head to every pipeline green, median hours.
    pub to_green: Figure,
}

/// One pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelineRow {
    /// Its name.
    pub pipeline: String,
    /// Runs that ended in the window.
    pub runs: u64,
    /// Wait for a runner, median hours.
    pub queue_p50: Figure,
    /// Wait for a runner, 90th percentile, hours.
    pub queue_p90: Figure,
    /// Duration of a run, median hours.
    pub duration_p50: Figure,
    /// Share of runs that failed.
    pub failed: Figure,
    /// Share of pipelines on a commit that were run more than once.
    pub rerun: Figure,
    /// Share of pipelines on a commit that failed and then succeeded on the same commit.
    pub flaky: Figure,
}

/// Reviews of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reviews {
    /// Reviews by people that were given in the window.
    pub reviews: u64,
    /// People who gave them.
    pub reviewers: u64,
    /// Reviews for each reviewer and week.
    pub load: Figure,
    /// Share of the reviews by the fifth of the reviewers who give most.
    pub busiest_fifth: Figure,
    /// Waiting for a reviewer between first review and approval, median hours.
    pub reviewers_turn: Figure,
    /// The author changes it again between first review and approval, median hours.
    pub authors_turn: Figure,
    /// Reviews that asked for changes, for each reviewed change, mean.
    pub rounds: Figure,
    /// Ready to the first review by a program, median hours.
    pub to_first_ai_review: Figure,
    /// Share of merged requests that no other person reviewed.
    pub unreviewed: Figure,
}

/// Where tickets spend their time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeInStatus {
    /// Tickets done in the window.
    pub tickets: u64,
    /// Active time over all time from first progress to done.
    pub flow_efficiency: Figure,
    /// Statuses, the one with most time first.
    pub statuses: Vec<StatusRow>,
}

/// One status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusRow {
    /// In the tracker's words.
    pub status: String,
    /// What it means: `backlog`, `active`, `queue`, `blocked`.
    pub meaning: String,
    /// Tickets that were in it.
    pub tickets: u64,
    /// Time of a ticket in it, median hours.
    pub p50: Figure,
    /// Time of a ticket in it, 90th percentile, hours.
    pub p90: Figure,
    /// Summed time, hours.
    pub total_hours: f64,
    /// Share of the summed time between first progress and done.
    pub share: Figure,
}
