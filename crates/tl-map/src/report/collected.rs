//! The part of the report that needs more than git: filled from what was collected from forges,
//! trackers, CI and pagers.
//!
//! In: made by the measures. Out: [`CollectedReport`], a part of `map/v1`. **Invariant:** fields
//! are only added; what cannot be said is a figure without a value that says why.

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

use super::{DoraRow, Figure, Visibility};
use crate::network::scenarios::{Scenario, StationLoad};

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
    /// The merge queue; `None` where no request is known to have been in one.
    #[serde(default)]
    pub merge_queue: Option<MergeQueue>,
    /// Time in status; `None` where no moves of tickets were collected.
    pub time_in_status: Option<TimeInStatus>,
    /// Changes by evidence of AI use; `None` where none was merged in the window.
    #[serde(default)]
    pub ai_use: Option<AiUseTable>,
    /// The four pillars of APEX.
    #[serde(default)]
    pub apex: Apex,
    /// Work outside working hours.
    #[serde(default)]
    pub after_hours: AfterHours,
    /// Steps that wait for a person; `None` where no source tells of any.
    #[serde(default)]
    pub manual_steps: Option<ManualSteps>,
    /// The velocity paradox by usage cohort; `None` where nobody's change was merged in the window.
    #[serde(default)]
    pub paradox: Option<Paradox>,
    /// The line of the busiest repository under other circumstances, by simulation; `None` where
    /// no request was collected or nobody asked.
    #[serde(default)]
    pub network: Option<Network>,
    /// Stages in working hours; `None` unless asked for.
    #[serde(default)]
    pub business_hours: Option<BusinessHours>,
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
    /// Share that failed, of the runs that failed or succeeded.
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

/// The merge queue or merge train. Time in it is of the requests that were merged out of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergeQueue {
    /// Requests that were merged out of the queue in the window.
    pub merged: u64,
    /// Their share of the requests merged in the window.
    pub share: Figure,
    /// Approval to the last entry, median hours.
    pub approved_to_queued_p50: Figure,
    /// Approval to the last entry, 90th percentile, hours.
    pub approved_to_queued_p90: Figure,
    /// Last entry to the merge, median hours.
    pub in_queue_p50: Figure,
    /// Last entry to the merge, 90th percentile, hours.
    pub in_queue_p90: Figure,
    /// In the queue, all stays of a request together, median hours.
    pub in_all_p50: Figure,
    /// In the queue, all stays of a request together, 90th percentile, hours.
    pub in_all_p90: Figure,
    /// Entries of a request, mean.
    pub entries: Figure,
    /// Share removed unmerged at least once, of the requests that left the queue in the window.
    pub removed: Figure,
    /// Requests removed in the window that were not merged by its end.
    pub removed_unmerged: u64,
    /// Requests in the queue at the end of the window.
    pub waiting: u64,
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

/// Changes by evidence of AI use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AiUseTable {
    /// Changes merged in the window, bots left out.
    pub changes: u64,
    /// How many carry each level; a change counts once.
    pub by_level: Vec<EvidenceRow>,
    /// Share of the changes with evidence of any level.
    pub leverage: Figure,
    /// People that the telemetry tells of.
    pub people_told_of: u64,
    /// Of those, people who are no author of a change here.
    pub people_not_joined: u64,
}

/// One level of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// `E1` to `E4`.
    pub level: String,
    /// What it is.
    pub label: String,
    /// Changes whose strongest evidence it is.
    pub changes: u64,
}

/// The four pillars of APEX.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Apex {
    /// AI leverage, predictability, flow efficiency, developer experience.
    pub pillars: Vec<Pillar>,
    /// Iterations that ended in the window, the latest first; at most 20.
    pub iterations: Vec<IterationRow>,
    /// Questions of the surveys, by their words.
    pub survey: Vec<SurveyRow>,
}

/// One pillar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pillar {
    /// `A`, `P`, `E` or `X`.
    pub letter: String,
    /// Name of the pillar.
    pub name: String,
    /// What its north star is.
    pub north_star: String,
    /// How that is computed.
    pub formula: String,
    /// The north star.
    pub figure: Figure,
    /// What stands beside it: in words, and the figure.
    pub beside: Vec<(String, Figure)>,
    /// What it means, in a sentence; empty where nothing can be said.
    pub says: String,
}

/// One iteration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IterationRow {
    /// Its name.
    pub name: String,
    /// Board or team that it belongs to.
    pub board: String,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether the numbers are points; else they are tickets.
    pub in_points: bool,
    /// In it at its start.
    pub planned: f64,
    /// Added later, and still in it at its end.
    pub unplanned: f64,
    /// Planned, and done in it.
    pub planned_done: f64,
    /// Unplanned, and done in it.
    pub unplanned_done: f64,
    /// Planning accuracy; `None` where nothing was planned.
    pub planning: Option<f64>,
    /// Capacity accuracy; `None` where nothing was planned.
    pub capacity: Option<f64>,
}

/// One question of a survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyRow {
    /// The question.
    pub question: String,
    /// Answers in the window.
    pub answers: u64,
    /// Mean answer: 0 is the lowest possible, 1 the highest.
    pub mean: Figure,
}

/// Work outside working hours.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AfterHours {
    /// Name of the calendar.
    pub calendar: String,
    /// Merges, reviews, deployments, and the first two around releases.
    pub rows: Vec<AfterHoursRow>,
    /// Deployments to production in each hour of the day, midnight first.
    pub deployments_by_hour: Vec<u64>,
    /// Deployments to production on each day of the week, Monday first.
    pub deployments_by_day: Vec<u64>,
}

/// One kind of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterHoursRow {
    /// `merges`, `reviews`, `deployments`, `merges around releases`, `reviews around releases`.
    pub what: String,
    /// How many there were.
    pub n: u64,
    /// Share outside the hours of the calendar.
    pub outside: Figure,
    /// Share on days of the week on which the calendar never works.
    pub weekend: Figure,
}

/// Steps that wait for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManualSteps {
    /// By form: `approval`, `manual-job`.
    pub forms: Vec<ManualStepRow>,
    /// Share of the deployments that waited for a person, over services whose source tells.
    pub deployments_waited: Figure,
    /// Share of CI runs that a person started.
    pub manual_runs: Figure,
}

/// Manual steps of one form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManualStepRow {
    /// `approval` or `manual-job`.
    pub form: String,
    /// Done in the window.
    pub done: u64,
    /// Waiting at the end of the window.
    pub open: u64,
    /// How long they waited, median hours.
    pub waiting_p50: Figure,
    /// How long they waited, 90th percentile, hours.
    pub waiting_p90: Figure,
}

/// Delivery by how much its authors use AI tools, beside what a survey found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paradox {
    /// Authors whose cohort is by telemetry of their tools.
    pub by_telemetry: u64,
    /// Authors whose cohort is by the evidence in their changes.
    pub by_evidence: u64,
    /// Very frequent, frequent, occasional, none known; those that have people.
    pub rows: Vec<ParadoxRow>,
    /// Where the survey's figures come from.
    pub survey: String,
    /// Change failure of very frequent and frequent users against the others, like with like.
    pub adjusted: AdjustedFailure,
    /// Authors before and after their first known use.
    pub before_after: BeforeAfter,
    /// What it shows, or why nothing can be said.
    pub says: Vec<String>,
}

/// One usage cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParadoxRow {
    /// `very frequent`, `frequent`, `occasional` or `none known`.
    pub usage: String,
    /// Its authors.
    pub people: u64,
    /// Their changes merged in the window.
    pub changes: u64,
    /// Whether the figures may be read.
    pub visibility: Visibility,
    /// Days with a change of theirs coming to production, for each author and active week.
    pub production_days: Figure,
    /// Share of its authors whose median active week has five or more such days: daily or faster.
    pub daily: Compared,
    /// Share of their changes that failed (strict).
    pub failed: Compared,
    /// Hours from a failed deployment, or from the merge where releases stand for deployments, to
    /// when it was mended; median.
    pub recovery: Compared,
    /// Share of their merges outside working hours.
    pub after_hours: Figure,
    /// Share of their lines that was changed again within the rework window.
    pub rework: Figure,
}

/// A figure of the team, and what the survey found for the same cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The team's own.
    pub own: Figure,
    /// The survey's, self-reported, in the same unit; `None` where it gives none.
    pub survey: Option<f64>,
}

/// Change failure of one group against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdjustedFailure {
    /// Share that failed among changes of very frequent and frequent users.
    pub exposed: Figure,
    /// Share that failed among the others.
    pub reference: Figure,
    /// Risk ratio as the changes are.
    pub crude: Figure,
    /// Mantel-Haenszel risk ratio over repository, third of the sizes, and month.
    pub ratio: Figure,
    /// How strong an unknown difference between the groups would have to be to explain it.
    pub e_value: Option<f64>,
}

/// Authors before and after their first known use of an AI tool: differences, after less before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BeforeAfter {
    /// Authors with enough changes on both sides.
    pub people: u64,
    /// Change of the share of changes that failed, median author.
    pub failed: Figure,
    /// Change of the median time from first commit to merge, hours, median author.
    pub to_merge: Figure,
    /// Change of merged changes a week, median author.
    pub changes_per_week: Figure,
}

/// What a simulation of the line says, and whether it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The repository whose line it is: the one with most changes.
    pub repository: String,
    /// Changes that the line is made from, the newest, begun between `since` and `until`.
    pub changes: u64,
    /// First instant that is simulated.
    pub since: Timestamp,
    /// Last instant that is simulated.
    pub until: Timestamp,
    /// People who reviewed.
    pub reviewers: u64,
    /// How many people who do nothing but review would do as much; `None` where no share of time
    /// was fitted.
    pub effective_reviewers: Option<f64>,
    /// CI jobs that went on at once; 0 where CI is not simulated.
    pub runners: u64,
    /// Deployments or releases that changes waited for; 0 where each is deployed on demand.
    pub trains: u64,
    /// What is not simulated, and why.
    pub left_out: Vec<String>,
    /// The calibration, station by station, in the order of the line.
    pub stations: Vec<NetworkStation>,
    /// Why no scenario is answered, in a sentence; `None` where they are.
    pub refused: Option<String>,
    /// The scenarios that the line can be asked; empty where they are refused.
    pub scenarios: Vec<NetworkScenario>,
}

/// Waits at one station, observed and simulated; of reviews from asked to given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkStation {
    /// `review`, `ci`, `merge queue` or `release`.
    pub station: String,
    /// Observed wait, median hours.
    pub observed_p50: Figure,
    /// Observed wait, 90th percentile, hours.
    pub observed_p90: Figure,
    /// Simulated wait, median hours.
    pub simulated_p50: f64,
    /// Simulated wait, 90th percentile, hours.
    pub simulated_p90: f64,
    /// Largest difference of the two distributions, 0 to 1.
    pub ks: f64,
    /// Simulated work that came per capacity.
    pub load: f64,
    /// Whether the simulation may stand for this station.
    pub holds: bool,
    /// Why, or why not.
    pub why: String,
}

/// The whole line under one scenario, from start of work to production.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkScenario {
    /// What is done to the line.
    pub scenario: Scenario,
    /// The same in words.
    pub label: String,
    /// Simulated median as it is, hours.
    pub median_before: f64,
    /// Simulated 90th percentile as it is, hours.
    pub p90_before: f64,
    /// Change of the median; negative is faster.
    pub median_change: Figure,
    /// Change of the 90th percentile.
    pub p90_change: Figure,
    /// Change of the mean.
    pub mean_change: Figure,
    /// How busy each station is, before and after.
    pub loads: Vec<StationLoad>,
    /// Said where a station cannot keep up.
    pub unstable: Option<String>,
    /// Share of changes that did not get through within twice the simulated time.
    pub unfinished: f64,
}

/// Stages in working hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// Name of the calendar.
    pub calendar: String,
    /// The stages in the order of the line, then the whole line.
    pub rows: Vec<BusinessHoursRow>,
}

/// One stage, of the changes that went through it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusinessHoursRow {
    /// Stable name of the stage, or `total`.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Changes.
    pub n: u64,
    /// Working hours, median.
    pub p50: Figure,
    /// Working hours, 90th percentile.
    pub p90: Figure,
    /// Hours of calendar time of the same changes, median.
    pub calendar_p50: Figure,
    /// Hours of calendar time of the same changes, 90th percentile.
    pub calendar_p90: Figure,
}
