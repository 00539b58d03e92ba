//! Deployments and incidents as flat rows: what reached production, what broke there, and by which sign.
//!
//! In: the dataset. Out: [`DeploymentRow`]s and [`IncidentRow`]s of the window, the newest first. Start at
//! [`deployments`] and [`incidents`]. **Invariant:** an instant or a span that is not known is `None`,
//! never zero; nobody is named.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use tl_core::delivery::Incident;
use tl_core::fact::Outcome;
use tl_core::time::{Millis, Timestamp};

use crate::change::ChangeAt;
use crate::dataset::Dataset;
use crate::deployment::{Deployment, Kind};
use crate::failure::Grade;

/// A deployment to production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// The service.
    pub service: String,
    /// The environment, as the source calls it.
    pub environment: String,
    /// The repository's name for people; empty where it is not known.
    pub repository: String,
    /// What was deployed: full id of a commit, or version.
    pub what: String,
    /// When it was asked for or started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Timestamp,
    /// From start to end.
    pub took_ms: Option<Millis>,
    /// How it ended.
    pub outcome: Outcome,
    /// `planned`, `rollback` or `hotfix`.
    pub form: DeploymentForm,
    /// Why it is a rollback or a hotfix.
    pub why: Option<String>,
    /// Changes that it brought to production first.
    pub changes: u64,
    /// The same by name, as [`JourneyRow`](crate::journey_row::JourneyRow) has it.
    pub brought: Vec<String>,
    /// Keys of its records in the ledger: jobs and regions may have told it apart.
    pub keys: Vec<String>,
    /// Signs that it failed, the surest first.
    pub failures: Vec<FailureSign>,
    /// When users were served again, where it failed and they were.
    pub recovered: Option<Timestamp>,
    /// From its end to then; zero where that was before it had ended.
    pub recovery_ms: Option<Millis>,
}

/// What kind of deployment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentForm {
    /// Nothing says otherwise.
    Planned,
    /// It brought back what ran before.
    Rollback,
    /// It mends what is in production.
    Hotfix,
}

/// A sign that a deployment failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureSign {
    /// How sure it is, `A` to `E`.
    pub grade: String,
    /// When it was seen.
    pub at: Timestamp,
    /// In words.
    pub why: String,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Its key, by the source.
    pub key: String,
    /// Its title; empty where it has none.
    pub title: String,
    /// Severity, priority or urgency in the source's words.
    pub severity: String,
    /// Services that it concerns, by the team's names where configured.
    pub services: Vec<String>,
    /// Repository; empty where unknown.
    pub repository: String,
    /// Environment; empty where unknown.
    pub environment: String,
    /// Address of its page; empty where it has none.
    pub url: String,
    /// When it began.
    pub opened: Timestamp,
    /// When somebody took it first.
    pub acked: Option<Timestamp>,
    /// When it was over; `None` while it goes on, also where it came back.
    pub resolved: Option<Timestamp>,
    /// From the beginning until somebody took it.
    pub to_ack_ms: Option<Millis>,
    /// From the beginning until it was over.
    pub to_resolve_ms: Option<Millis>,
    /// How often it came back after it was resolved.
    pub reopened: u64,
    /// Deployments that are blamed for it, the surest first.
    pub causes: Vec<Cause>,
    /// Changes that are blamed for it, the surest first: those that it names, else what the blamed
    /// deployments brought.
    pub changes: Vec<BlamedChange>,
}

/// A change that an incident is put down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlamedChange {
    /// Its repository's name for people.
    pub repository: String,
    /// Its name, as [`JourneyRow`](crate::journey_row::JourneyRow) has it.
    pub change: String,
    /// How sure it is: `A` or `E`.
    pub grade: String,
}

/// A deployment that an incident is put down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The service that was deployed.
    pub service: String,
    /// What was deployed.
    pub what: String,
    /// When that ended.
    pub finished: Timestamp,
    /// How sure it is: `A` or `E`.
    pub grade: String,
    /// In words.
    pub why: String,
}

/// A row for every deployment to production that ended in the window, the newest first.
pub fn deployments(data: &Dataset<'_>) -> Vec<DeploymentRow> {
    let window = data.window;
    let ended = |one: &&Deployment| (window.since..=window.until).contains(&one.finished);
    data.deployments.list.iter().rev().filter(ended).map(|one| deployment(data, one)).collect()
}

/// A row for every incident that began in the window, the newest first.
pub fn incidents(data: &Dataset<'_>) -> Vec<IncidentRow> {
    let mut causes: FxHashMap<usize, Vec<Cause>> = FxHashMap::default();
    let mut blamed: FxHashMap<usize, Vec<Sign>> = FxHashMap::default();
    for one in &data.deployments.list {
        for failure in &one.failures {
            let Some(row) = failure.incident else { continue };
            causes.entry(row).or_default().push(Cause {
                service: one.service.to_string(),
                what: one.what(&data.collected.records).to_string(),
                finished: one.finished,
                grade: format!("{:?}", failure.grade),
                why: failure.why.clone(),
            });
            let of = blamed.entry(row).or_default();
            of.extend(failure.changes.iter().map(|change| (failure.grade, *change)));
        }
    }
    let mut rows: Vec<IncidentRow> = Vec::new();
    for (at, found) in data.collected.delivery.incidents.iter().enumerate() {
        let mut causes = causes.remove(&at).unwrap_or_default();
        if data.is_narrowed() && causes.is_empty() {
            // Nobody knows which part it belongs to.
            continue;
        }
        causes.sort_by(|a, b| (&a.grade, b.finished).cmp(&(&b.grade, a.finished)));
        let changes = blamed_changes(data, blamed.remove(&at).unwrap_or_default());
        rows.extend(incident(data, found, causes, changes));
    }
    rows.sort_by(|a, b| b.opened.cmp(&a.opened).then_with(|| a.key.cmp(&b.key)));
    rows
}

/// How sure it is that a change caused an incident, and the change.
type Sign = (Grade, ChangeAt);

/// Each change once, by its surest grade.
fn blamed_changes(data: &Dataset<'_>, mut found: Vec<Sign>) -> Vec<BlamedChange> {
    found.sort_unstable();
    let mut seen = FxHashSet::default();
    found.retain(|(_, change)| seen.insert(*change));
    let named = |(grade, change): Sign| BlamedChange {
        repository: data.repositories[change.0 as usize].history.name.clone(),
        change: data.name_at(change),
        grade: format!("{grade:?}"),
    };
    found.into_iter().map(named).collect()
}

fn deployment(data: &Dataset<'_>, one: &Deployment) -> DeploymentRow {
    let repository = one.repository.map(|row| data.repositories[row.index()].history.name.clone());
    let since = |from: Timestamp, to: Timestamp| (to - from).max(Millis::ZERO);
    DeploymentRow {
        service: one.service.to_string(),
        environment: one.environment.to_string(),
        repository: repository.unwrap_or_default(),
        what: one.what(&data.collected.records).to_string(),
        started: one.started,
        finished: one.finished,
        took_ms: one.started.map(|at| since(at, one.finished)),
        outcome: one.outcome,
        form: match one.kind {
            Kind::Planned => DeploymentForm::Planned,
            Kind::Rollback(_) => DeploymentForm::Rollback,
            Kind::Hotfix(_) => DeploymentForm::Hotfix,
        },
        why: one.kind.why().map(str::to_owned),
        changes: one.shipped.len() as u64,
        brought: one.shipped.iter().map(|change| data.name_at(*change)).collect(),
        keys: one
            .records
            .iter()
            .map(|row| data.collected.records.get(*row as usize).key().to_owned())
            .collect(),
        failures: one
            .failures
            .iter()
            .map(|failure| FailureSign {
                grade: format!("{:?}", failure.grade),
                at: failure.at,
                why: failure.why.clone(),
            })
            .collect(),
        recovered: one.recovered(),
        recovery_ms: one.recovered().map(|at| since(one.finished, at)),
    }
}

/// A service by the team's name for it.
fn called(data: &Dataset<'_>, name: &str) -> String {
    let mut configured = data.options.collected.services.iter();
    configured
        .find(|one| one.is_called(name))
        .map_or_else(|| name.to_owned(), |one| one.name.clone())
}

/// Nothing where nobody knows when it began, or that was not in the window.
fn incident(
    data: &Dataset<'_>,
    found: &Incident,
    causes: Vec<Cause>,
    changes: Vec<BlamedChange>,
) -> Option<IncidentRow> {
    let until = data.window.until;
    let opened = found.opened.filter(|at| (data.window.since..=until).contains(at))?;
    let last = |all: &[Timestamp]| all.iter().copied().filter(|at| *at <= until).max();
    let again = last(&found.reopened);
    let resolved = last(&found.resolved).filter(|at| again.is_none_or(|again| again <= *at));
    let acked = found.acked.filter(|at| *at <= until);
    let since = |at: Timestamp| (at - opened).max(Millis::ZERO);
    let state = found.state.as_ref().map(|(_, state)| state.clone()).unwrap_or_default();
    Some(IncidentRow {
        key: found.key.clone(),
        title: state.title,
        severity: state.severity,
        services: found.services.iter().map(|name| called(data, name)).collect(),
        repository: found.repository.clone(),
        environment: found.environment.clone(),
        url: state.url,
        opened,
        acked,
        resolved,
        to_ack_ms: acked.map(since),
        to_resolve_ms: resolved.map(since),
        reopened: found.reopened.iter().filter(|at| **at <= until).count() as u64,
        causes,
        changes,
    })
}
