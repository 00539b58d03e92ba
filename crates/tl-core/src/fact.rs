//! The ledger's vocabulary: every kind of event that delivery is told in, and what it carries.
//!
//! In: made by `tl-collect` from records. Out: folded by `tl-map` into
//! [`Delivery`](crate::delivery::Delivery). Start at [`kind`] for the list; each kind names its
//! payload, which stands in [`Event::data`] as JSON; the things it concerns stand in
//! [`Event::refs`] under the roles of [`role`].
//!
//! **Invariants:** a kind and a field, once released, keep their names for ever; fields are only
//! added, and each has a default. An event says what never changes again: what a system may
//! change later (title, labels, head) goes into an `updated` event whose key holds the instant of
//! the update, so that the same record gives the same events however often, and in whatever
//! order, it is read. `docs/events.md` is the reader's version of this file.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::attribution::AuthorClass;
use crate::event::Event;
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// Every kind of event about delivery, with the payload that belongs to it.
///
/// Subjects read `ticket:ABC-1`, `change:acme/api#12`, `build:ID`, `deployment:ID`,
/// `release:acme/api@v1.2.0`, `incident:ID`, `iteration:ID`, `person:LOGIN`, `team:NAME`. An id
/// that only its system makes unique begins with the system's name: `incident:pagerduty/Q1`.
pub mod kind {
    /// [`TicketState`](super::TicketState): created in the tracker (t0).
    pub const TICKET_OPENED: &str = "ticket.opened";
    /// [`TicketState`](super::TicketState): what it looked like at `at`.
    pub const TICKET_UPDATED: &str = "ticket.updated";
    /// [`StatusMove`](super::StatusMove): went from one status to another.
    pub const TICKET_STATUS: &str = "ticket.status";
    /// [`TicketClosed`](super::TicketClosed): resolved, closed, done.
    pub const TICKET_CLOSED: &str = "ticket.closed";
    /// No payload: opened again.
    pub const TICKET_REOPENED: &str = "ticket.reopened";
    /// [`TicketLink`](super::TicketLink): the tracker or forge says which change belongs to it.
    pub const TICKET_LINKED: &str = "ticket.linked";
    /// [`IterationMove`](super::IterationMove): put into or taken out of an iteration.
    pub const TICKET_ITERATION: &str = "ticket.iteration";
    /// [`IterationState`](super::IterationState): a sprint was started.
    pub const ITERATION_STARTED: &str = "iteration.started";
    /// [`IterationState`](super::IterationState): a sprint was closed.
    pub const ITERATION_FINISHED: &str = "iteration.finished";

    /// [`ChangeState`](super::ChangeState): the request was created (t3).
    pub const CHANGE_OPENED: &str = "change.opened";
    /// [`ChangeState`](super::ChangeState): what it looked like at `at`.
    pub const CHANGE_UPDATED: &str = "change.updated";
    /// No payload: a draft was marked ready for review (t3r).
    pub const CHANGE_READY: &str = "change.ready";
    /// No payload: turned back into a draft.
    pub const CHANGE_DRAFTED: &str = "change.drafted";
    /// [`CommitMade`](super::CommitMade): a commit of the request; `at` is its author date.
    pub const CHANGE_COMMIT: &str = "change.commit";
    /// No payload, `refs.commit` is the new head: commits were pushed to an open request.
    pub const CHANGE_PUSHED: &str = "change.pushed";
    /// [`ReviewRequested`](super::ReviewRequested): somebody was asked to review.
    pub const CHANGE_REVIEW_REQUESTED: &str = "change.review-requested";
    /// [`ReviewGiven`](super::ReviewGiven): a review, approval or review comment by `actor`.
    pub const CHANGE_REVIEW: &str = "change.review";
    /// No payload: entered the merge queue or train.
    pub const CHANGE_QUEUED: &str = "change.queued";
    /// No payload: left the merge queue without being merged.
    pub const CHANGE_DEQUEUED: &str = "change.dequeued";
    /// [`ChangeMerged`](super::ChangeMerged), `refs.commit` is what landed (t6).
    pub const CHANGE_MERGED: &str = "change.merged";
    /// No payload: closed without a merge.
    pub const CHANGE_CLOSED: &str = "change.closed";
    /// No payload: opened again.
    pub const CHANGE_REOPENED: &str = "change.reopened";

    /// [`BuildState`](super::BuildState), `refs.commit`: a run or job waits for a runner.
    pub const CI_QUEUED: &str = "ci.queued";
    /// [`BuildState`](super::BuildState), `refs.commit`: it runs.
    pub const CI_STARTED: &str = "ci.started";
    /// [`BuildState`](super::BuildState), `refs.commit`: it ended.
    pub const CI_FINISHED: &str = "ci.finished";
    /// [`TestsFinished`](super::TestsFinished): a suite of tests ended.
    pub const TESTS_FINISHED: &str = "tests.finished";
    /// [`StepState`](super::StepState): a pipeline waits for a person.
    pub const STEP_WAITING: &str = "step.waiting";
    /// [`StepState`](super::StepState): the person acted.
    pub const STEP_DONE: &str = "step.done";

    /// [`DeployState`](super::DeployState): a deployment was asked for.
    pub const DEPLOY_QUEUED: &str = "deploy.queued";
    /// [`DeployState`](super::DeployState): it began.
    pub const DEPLOY_STARTED: &str = "deploy.started";
    /// [`DeployState`](super::DeployState): it ended, well or not (t9).
    pub const DEPLOY_FINISHED: &str = "deploy.finished";
    /// [`ReleaseState`](super::ReleaseState): a release was published (t8).
    pub const RELEASE_PUBLISHED: &str = "release.published";

    /// [`IncidentState`](super::IncidentState): an incident began or was reported.
    pub const INCIDENT_OPENED: &str = "incident.opened";
    /// [`IncidentState`](super::IncidentState): what it looked like at `at`.
    pub const INCIDENT_UPDATED: &str = "incident.updated";
    /// No payload: somebody took it.
    pub const INCIDENT_ACKED: &str = "incident.acked";
    /// No payload: users are served again.
    pub const INCIDENT_RESOLVED: &str = "incident.resolved";
    /// No payload: it came back.
    pub const INCIDENT_REOPENED: &str = "incident.reopened";

    /// [`AiUsage`](super::AiUsage): use of an AI tool by `actor` over a day (evidence E4, or E2).
    pub const AI_USAGE: &str = "ai.usage";
    /// [`AiUsage`](super::AiUsage): one session of an AI tool by `actor` (evidence E2).
    pub const AI_SESSION: &str = "ai.session";
    /// [`SurveyAnswer`](super::SurveyAnswer): one answer to one question.
    pub const SURVEY_ANSWER: &str = "survey.answer";

    /// [`AgentDecided`](super::AgentDecided): what a coding agent wanted to do was judged.
    pub const AGENT_DECIDED: &str = "agent.decided";

    /// [`GuardScanned`](super::GuardScanned): what coding agents read and run was vetted.
    pub const GUARD_SCANNED: &str = "guard.scanned";
    /// [`GuardApproved`](super::GuardApproved): somebody approved items as they were then.
    pub const GUARD_APPROVED: &str = "guard.approved";

    /// [`TestsRecorded`](super::TestsRecorded): results of one run of tests went into history.
    pub const TESTS_RECORDED: &str = "tests.recorded";
    /// [`GateDecided`](super::GateDecided): a gate said yes or no to a change.
    pub const GATE_DECIDED: &str = "gate.decided";

    /// [`ServerAudit`](super::ServerAudit): somebody did something to the server, or was refused.
    pub const SERVER_AUDIT: &str = "server.audit";

    /// Every kind, in the order of this file.
    pub const ALL: &[&str] = &[
        TICKET_OPENED,
        TICKET_UPDATED,
        TICKET_STATUS,
        TICKET_CLOSED,
        TICKET_REOPENED,
        TICKET_LINKED,
        TICKET_ITERATION,
        ITERATION_STARTED,
        ITERATION_FINISHED,
        CHANGE_OPENED,
        CHANGE_UPDATED,
        CHANGE_READY,
        CHANGE_DRAFTED,
        CHANGE_COMMIT,
        CHANGE_PUSHED,
        CHANGE_REVIEW_REQUESTED,
        CHANGE_REVIEW,
        CHANGE_QUEUED,
        CHANGE_DEQUEUED,
        CHANGE_MERGED,
        CHANGE_CLOSED,
        CHANGE_REOPENED,
        CI_QUEUED,
        CI_STARTED,
        CI_FINISHED,
        TESTS_FINISHED,
        STEP_WAITING,
        STEP_DONE,
        DEPLOY_QUEUED,
        DEPLOY_STARTED,
        DEPLOY_FINISHED,
        RELEASE_PUBLISHED,
        INCIDENT_OPENED,
        INCIDENT_UPDATED,
        INCIDENT_ACKED,
        INCIDENT_RESOLVED,
        INCIDENT_REOPENED,
        AI_USAGE,
        AI_SESSION,
        SURVEY_ANSWER,
        AGENT_DECIDED,
        GUARD_SCANNED,
        GUARD_APPROVED,
        TESTS_RECORDED,
        GATE_DECIDED,
        SERVER_AUDIT,
    ];
}

/// Roles under which [`Event::refs`] names what an event concerns.
pub mod role {
    /// Key of a ticket: `ABC-1`, or `acme/api#34` for an issue of a forge.
    pub const TICKET: &str = "ticket";
    /// A request: `acme/api#12` (`#` also for merge requests).
    pub const CHANGE: &str = "change";
    /// Full object id of a commit, lower case.
    pub const COMMIT: &str = "commit";
    /// A repository as its forge names it: `acme/api`.
    pub const REPOSITORY: &str = "repository";
    /// A run or job of a CI system.
    pub const BUILD: &str = "build";
    /// A deployment.
    pub const DEPLOYMENT: &str = "deployment";
    /// A deployable service, as the source calls it.
    pub const SERVICE: &str = "service";
    /// An environment, as the source calls it: `production`, `staging-eu`.
    pub const ENVIRONMENT: &str = "environment";
    /// An incident.
    pub const INCIDENT: &str = "incident";
    /// A sprint, milestone or cycle.
    pub const ITERATION: &str = "iteration";
    /// A team.
    pub const TEAM: &str = "team";
    /// A run of this program's own agents.
    pub const RUN: &str = "run";

    /// All of them.
    pub const ALL: [&str; 12] = [
        TICKET,
        CHANGE,
        COMMIT,
        REPOSITORY,
        BUILD,
        DEPLOYMENT,
        SERVICE,
        ENVIRONMENT,
        INCIDENT,
        ITERATION,
        TEAM,
        RUN,
    ];
}

/// What a ticket looks like at one instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketState {
    /// Title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Type in the tracker's words: `Bug`, `Story`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Status in the tracker's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// What the status means, where the tracker says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<StatusCategory>,
    /// Priority in the tracker's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub priority: String,
    /// Labels, in the tracker's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Story points or another estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
    /// Key of the parent ticket or epic.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parent: String,
    /// Who is to do it, as the tracker names people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<String>,
    /// Component or other part of the product, as the tracker names it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// Address of its page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// What a status means, in every tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusCategory {
    /// Not begun.
    Todo,
    /// Begun and not done.
    Doing,
    /// Done, closed, cancelled.
    Done,
}

/// A ticket went from one status to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusMove {
    /// Status before, in the tracker's words; empty where unknown.
    pub from: String,
    /// Status after.
    pub to: String,
    /// What the status before means, where the tracker says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_category: Option<StatusCategory>,
    /// What the status after means, where the tracker says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_category: Option<StatusCategory>,
}

/// A ticket was closed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketClosed {
    /// How, in the tracker's words: `Fixed`, `not_planned`; empty where it does not say.
    pub resolution: String,
}

/// How a ticket and a change were connected; the first is the surest.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LinkForm {
    /// The tracker or forge keeps a link between the two.
    #[default]
    Explicit,
    /// A closing keyword: `fixes #12`.
    Closing,
    /// The key in the name of the branch.
    Branch,
    /// The key in the title.
    Title,
    /// The key in the text.
    Body,
    /// The key in the message of a commit.
    Commit,
}

/// The tracker says which change or commit belongs to a ticket: `refs.change`, `refs.commit`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketLink {
    /// How it knows.
    pub form: LinkForm,
    /// Address of the change, where that is all that is known of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A ticket was put into or taken out of an iteration: `refs.iteration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IterationMove {
    /// Put in, not taken out.
    pub added: bool,
}

/// An iteration: sprint, cycle or milestone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IterationState {
    /// Name.
    pub name: String,
    /// Board or team that it belongs to.
    pub board: String,
    /// When it was planned to start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_start: Option<Timestamp>,
    /// When it was planned to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_end: Option<Timestamp>,
}

/// A key of a ticket, and where in a request it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Mention {
    /// How.
    pub form: LinkForm,
    /// The ticket: `ABC-1`, or `acme/api#34`.
    pub ticket: String,
}

/// What a request looks like at one instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeState {
    /// Number on the forge.
    pub number: u64,
    /// Title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Whether it is a draft.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// Name of the branch that it is made of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub branch: String,
    /// Repository of that branch where it is another one: a fork.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fork: String,
    /// Object id of its head.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub head: String,
    /// Name of the branch that it is to be merged to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub base: String,
    /// Object id of that branch's tip when the forge last looked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub base_head: String,
    /// Who wrote it, as the forge names people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// Person, bot or agent.
    pub author_class: AuthorClass,
    /// AI tools that took part, by [`AiTool::name`](crate::attribution::AiTool::name): from the
    /// author, the branch and the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_tools: Vec<String>,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Lines added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additions: Option<u64>,
    /// Lines removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletions: Option<u64>,
    /// Files touched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Tickets that its branch, title and text name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Requests (`acme/api#7`) and commits that its text says it reverts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reverts: Vec<String>,
    /// Address of its page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A commit of a request: `refs.commit`, `actor` is its author.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommitMade {
    /// Committer date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed: Option<Timestamp>,
    /// First line of the message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Author's address, lower case, where the forge says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// AI tools that the message or the author names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_tools: Vec<String>,
    /// Lines added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additions: Option<u64>,
    /// Lines removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletions: Option<u64>,
}

/// Somebody was asked to review.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewRequested {
    /// Person or team, as the forge names them.
    pub reviewer: String,
}

/// What a review said.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewVerdict {
    /// Only words.
    #[default]
    Commented,
    /// May be merged.
    Approved,
    /// Must be changed first.
    ChangesRequested,
    /// An approval or objection taken back.
    Dismissed,
}

/// A review by `actor`; `refs.commit` is what was reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewGiven {
    /// What it said.
    pub verdict: ReviewVerdict,
    /// Person, bot or AI reviewer.
    pub reviewer_class: AuthorClass,
}

/// A request was merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeMerged {
    /// Branch that it was merged to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub base: String,
}

/// How something ended.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Not said, or not yet.
    #[default]
    Unknown,
    /// As it should.
    Success,
    /// It failed.
    Failure,
    /// Somebody or something stopped it.
    Cancelled,
    /// It was not run.
    Skipped,
    /// It took too long.
    TimedOut,
}

/// What a CI event is about.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum BuildLevel {
    /// A whole run: workflow run, pipeline, build.
    #[default]
    Run,
    /// A part of one: job, stage, task, check run.
    Job,
}

/// A run or job of a CI system: `refs.build`, `refs.commit`, `refs.change` where known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildState {
    /// Run or job.
    pub level: BuildLevel,
    /// Name of the pipeline or workflow.
    pub pipeline: String,
    /// Name of the job; empty for a run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub job: String,
    /// Which attempt: 1 for the first.
    pub attempt: u32,
    /// What started it: `push`, `pull_request`, `schedule`, `merge_group`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trigger: String,
    /// Branch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub branch: String,
    /// How it ended; [`Outcome::Unknown`] before.
    pub outcome: Outcome,
    /// Runner that did it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub runner: String,
    /// Whether a person has to start it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
}

/// A suite of tests ended: `refs.build`, `refs.commit` where known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestsFinished {
    /// Name of the suite.
    pub suite: String,
    /// Cases.
    pub tests: u64,
    /// Cases that failed.
    pub failures: u64,
    /// Cases that broke.
    pub errors: u64,
    /// Cases not run.
    pub skipped: u64,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// A pipeline waited for a person: `refs.deployment` or `refs.build`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepState {
    /// Name of the step.
    pub name: String,
    /// `approval` or `manual-job`.
    pub form: String,
    /// What the person said.
    pub outcome: Outcome,
}

/// A deployment: `refs.deployment`, `refs.service`, `refs.environment`, `refs.commit`,
/// `refs.repository`, each where the source says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeployState {
    /// How it ended; [`Outcome::Unknown`] before.
    pub outcome: Outcome,
    /// Version that was deployed, where named.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Whether the source itself says that the environment is production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub production: Option<bool>,
    /// Whether the source itself says that this is a rollback.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rollback: bool,
    /// Branch or tag that was deployed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub branch: String,
    /// Name of the deployment or of its job.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Commits besides `refs.commit` that the source says it brings, full ids: of other
    /// repositories, as `acme/web@ID`, or of the same one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
}

/// A release: `refs.repository`, `refs.commit` where known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReleaseState {
    /// Tag.
    pub tag: String,
    /// Title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whether the forge calls it a pre-release.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prerelease: bool,
}

/// An incident: `refs.service`, and `refs.deployment`, `refs.commit` or `refs.change` where the
/// source names what caused it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncidentState {
    /// Title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Severity, priority or urgency in the source's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// Ticket of the incident, where it is one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ticket: String,
    /// Address of its page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// Use of an AI tool by one person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AiUsage {
    /// Tool, by [`AiTool::name`](crate::attribution::AiTool::name) where it is in that list.
    pub tool: String,
    /// `E2` where it can be joined to changes by author and time, `E4` where it only says that
    /// the tool was used that day.
    pub level: String,
    /// Sessions.
    pub sessions: u64,
    /// Suggestions or edits offered.
    pub offered: u64,
    /// Of those, accepted.
    pub accepted: u64,
    /// Lines that the tool added.
    pub lines_added: u64,
    /// Lines that the tool removed.
    pub lines_removed: u64,
    /// Commits made by it.
    pub commits: u64,
    /// Requests opened by it.
    pub changes: u64,
    /// Tokens.
    pub tokens: u64,
    /// Cost in US dollars.
    pub cost_usd: f64,
    /// Time in use, milliseconds.
    pub active_ms: u64,
}

/// One answer to one question of a survey; `actor` is never kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SurveyAnswer {
    /// Question.
    pub question: String,
    /// Answer on its scale.
    pub score: f64,
    /// Lowest answer possible.
    pub min: f64,
    /// Highest answer possible.
    pub max: f64,
    /// Team.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub team: String,
}

impl Event {
    /// The same event with its actor; an empty name is none.
    #[must_use]
    pub fn by(mut self, actor: &str) -> Self {
        self.actor = (!actor.is_empty()).then(|| actor.to_owned());
        self
    }

    /// The same event with one more thing that it concerns; an empty name is none.
    #[must_use]
    pub fn about(mut self, role: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        if !name.is_empty() {
            self.refs.insert(role, name);
        }
        self
    }

    /// The same event with its payload.
    #[must_use]
    pub fn with(mut self, payload: &impl Serialize) -> Self {
        // Payloads are plain structs: numbers, texts and lists, which JSON can always hold.
        self.data = serde_json::to_value(payload).unwrap_or_default();
        self
    }

    /// The payload that belongs to the event's kind; fields that are missing have their defaults.
    pub fn payload<T: DeserializeOwned + Default>(&self) -> Result<T, serde_json::Error> {
        if self.data.is_null() { Ok(T::default()) } else { T::deserialize(&self.data) }
    }

    /// What it concerns in a role.
    pub fn what(&self, role: &str) -> Option<&str> {
        self.refs.get(role)
    }
}

/// A hook's verdict about what a coding agent wanted to do, or did. No text of a prompt, an argument or
/// a result is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentDecided {
    /// Client that runs the agent: `claude-code`, `cursor`, ...
    pub client: String,
    /// Its event, in its words: `PreToolUse`.
    pub event: String,
    /// How strongly it was objected to, and why.
    pub verdict: Verdict,
    /// What it was about, such as `run cargo` or `read src/lib.rs`; at most ten.
    pub what: Vec<String>,
    /// Hex SHA-256 of all that the tool was called with.
    pub arguments: String,
    /// Whether the session had read what nobody vouches for.
    pub tainted: bool,
    /// How long the decision took, in microseconds.
    pub micros: u64,
}

/// A scan of `throughline guard`: counts, and nothing of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardScanned {
    /// New findings by rule.
    pub rules: BTreeMap<String, u64>,
    /// New findings by level: `block`, `high`, `warn`, `info`.
    pub levels: BTreeMap<String, u64>,
    /// Findings that somebody allowed or that the baseline knows.
    pub known: u64,
    /// Hex SHA-256 of all that was there, so that a change of it is seen.
    pub inventory: String,
    /// Files that were read.
    pub files: u64,
    /// How many there are of what: `servers`, `instructions`, `skills`, `hooks`, `permissions`,
    /// `packages`; what there is none of is left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, u64>,
    /// Clients that run agents here: `claude-code`, `cursor`, ...
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// Things that are not as they were when somebody approved them; absent where that was not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drifted: Option<u64>,
    /// The machine that was looked at, by a pseudonym that lasts as long as its installation; empty
    /// where that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Whether the home of whoever ran it was looked at, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub home: bool,
}

/// An approval of `throughline guard lock` or `approve`; who did it is the event's actor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardApproved {
    /// Items such as `server:mail` or `file:AGENTS.md`.
    pub items: Vec<String>,
    /// Why, where somebody said.
    pub reason: String,
    /// Last day on which it holds; empty: it holds on.
    pub expires: String,
}

/// Results of one run of tests, as history has them; `refs.commit` says of what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestsRecorded {
    /// What else tells runs of one commit apart, such as `os=linux,py=3.12`.
    pub variant: String,
    /// Job of the pipeline.
    pub job: String,
    /// Shard of the job, such as `2/4`; empty: not split.
    pub shard: String,
    /// Which attempt of the pipeline, from 1.
    pub attempt: u32,
    /// Executions of tests.
    pub cases: u64,
    /// Of those, red ones, quarantined or not.
    pub red: u64,
    /// Of those, skipped ones.
    pub skipped: u64,
    /// Whether the evidence was whole: what an incomplete run does not tell is not green.
    pub complete: bool,
    /// Whether only a part of the tests was chosen to run.
    pub selected: bool,
    /// Reports that were read.
    pub reports: u32,
    /// Sum of the tests' durations in seconds.
    pub seconds: f64,
    /// How the runner ended, where that is known.
    pub exit: Option<i32>,
    /// Segment of the lake that has the rows.
    pub segment: u64,
    /// Hex SHA-256 over the reports, by which an upload that comes twice is known.
    pub digest: String,
}

/// A gate's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GateDecided {
    /// Which gate: `tests`.
    pub gate: String,
    /// `passed`, `overdue`, `failed` or `unproven`.
    pub outcome: String,
    /// Exit code that goes with it.
    pub exit: u8,
    /// Failures that speak against the change.
    pub red: u64,
    /// Ids of tests whose failures the quarantine took out.
    pub masked: Vec<String>,
    /// Why, one sentence each, ten at most.
    pub reasons: Vec<String>,
}

/// What somebody did to the server: a line of its audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerAudit {
    /// What: `signed-in`, `token-created`, `token-revoked`, `refused`, ...
    pub what: String,
    /// To what; 500 characters at most.
    pub detail: String,
    /// The role that whoever did it has; empty where that is not known.
    pub role: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_accepted_by_the_ledger() {
        for kind in kind::ALL {
            let event = Event::new(kind, Timestamp::from_millis(0), "test", "k", "x");
            assert_eq!(event.check(), Ok(()), "{kind}");
        }
    }

    #[test]
    fn a_payload_reads_back_what_it_wrote_and_tolerates_what_is_missing() {
        let event = Event::new(kind::CHANGE_REVIEW, Timestamp::from_millis(0), "test", "k", "x");
        assert_eq!(event.payload::<ReviewGiven>().unwrap(), ReviewGiven::default());
        let given = ReviewGiven {
            verdict: ReviewVerdict::ChangesRequested,
            reviewer_class: AuthorClass::Bot,
        };
        assert_eq!(event.with(&given).payload::<ReviewGiven>().unwrap(), given);
    }
}
