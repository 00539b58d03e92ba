//! Which deployments failed, by what that is seen, and when users were served again.
//!
//! In: the deployments with their kinds, the incidents, and the failure links of changes. Out:
//! [`Failure`]s. Start at [`judge`].
//! **Definition:** grades A to E of `docs/measures.md`: A an incident names the deployment, its
//! commit or a change in it; B it was rolled back; C a revert names a change that it brought;
//! D a hotfix followed; E it was the last one of its service within 24 hours before an incident.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::delivery::{Delivery, Incident};
use tl_core::time::{Millis, Timestamp};

use super::{Deployment, Kind};
use crate::collected::Collected;
use crate::dataset::Repository;
use crate::failure::{FailureKind, Grade};

/// One sign that a deployment failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How sure it is.
    pub grade: Grade,
    /// When it was seen: the incident began, the rollback or hotfix ended, the revert was merged.
    pub at: Timestamp,
    /// In words, for people.
    pub why: String,
    /// When users were served again by this sign.
    pub recovered: Option<Timestamp>,
    /// Changes that failed by it, as (repository, change): those that an incident or revert names,
    /// else everything that the deployment brought.
    pub changes: Vec<(usize, usize)>,
    /// Row of the incident in [`Delivery::incidents`].
    pub incident: Option<usize>,
}

impl Failure {
    /// By what it was seen.
    pub const fn kind(&self) -> FailureKind {
        match self.grade {
            Grade::A | Grade::E => FailureKind::Incident,
            Grade::B => FailureKind::RolledBack,
            Grade::C => FailureKind::Reverted,
            Grade::D => FailureKind::HotFixed,
        }
    }
}

/// Longest time between a deployment and an incident that may be taken for its doing.
const SOON: Millis = Millis::DAY;

pub(super) fn judge(
    list: &mut [Deployment],
    collected: &Collected<'_>,
    repositories: &[Repository<'_>],
    window: Millis,
    until: Timestamp,
) {
    let mut found: Vec<(usize, Failure)> = Vec::new();
    let named = Named::new(list, &collected.delivery.incidents, repositories);
    for (row, incident) in collected.delivery.incidents.iter().enumerate() {
        found.extend(by_incident(list, row, incident, collected, &named, until));
    }
    for row in 0..list.len() {
        let this = &list[row];
        if let (Kind::Rollback(why) | Kind::Hotfix(why), Some(before), true) =
            (&this.kind, this.previous, this.is_success())
        {
            let grade = if matches!(this.kind, Kind::Rollback(_)) { Grade::B } else { Grade::D };
            // A hotfix long after is the next piece of work, not this one's end.
            if grade == Grade::B || this.finished - list[before].finished <= window {
                found.push((
                    before,
                    Failure {
                        grade,
                        at: this.finished,
                        why: why.clone(),
                        recovered: Some(this.finished),
                        changes: list[before].shipped.clone(),
                        incident: None,
                    },
                ));
            }
        }
        found.extend(by_revert(list, row, repositories, window));
    }
    for (row, failure) in found {
        list[row].failures.push(failure);
    }
    for deployment in list {
        deployment.failures.sort_by(|a, b| (a.grade, a.at, &a.why).cmp(&(b.grade, b.at, &b.why)));
        deployment.recovered = deployment.failures.iter().filter_map(|one| one.recovered).min();
    }
}

/// Whether an incident is of the service of a deployment, as far as either says.
fn concerns(incident: &Incident, deployment: &Deployment, collected: &Collected<'_>) -> bool {
    let records = deployment.records.iter().map(|row| &collected.delivery.deployments[*row]);
    let same = |name: &String| {
        name.eq_ignore_ascii_case(&deployment.service)
            || records.clone().any(|record| name.eq_ignore_ascii_case(&record.service))
    };
    if !incident.services.is_empty() {
        return incident.services.iter().any(same);
    }
    incident.repository.is_empty()
        || records.clone().any(|record| record.repository == incident.repository)
}

fn by_incident(
    list: &[Deployment],
    row: usize,
    incident: &Incident,
    collected: &Collected<'_>,
    named_changes: &Named,
    until: Timestamp,
) -> Vec<(usize, Failure)> {
    let Some(opened) = incident.opened.filter(|at| *at <= until) else { return Vec::new() };
    let recovered = incident.resolved.iter().copied().filter(|at| *at <= until).min();
    let failure = |grade, why, changes: &[(usize, usize)]| Failure {
        grade,
        at: opened,
        why,
        recovered,
        changes: changes.to_vec(),
        incident: Some(row),
    };
    let key = &incident.key;
    let mut named: Vec<(usize, Failure)> = list
        .iter()
        .enumerate()
        .filter(|(_, deployment)| names(incident, deployment, collected.delivery))
        .map(|(at, one)| (at, failure(Grade::A, format!("incident {key} names it"), &one.shipped)))
        .collect();
    for (at, change) in named_changes.of(incident) {
        if named.iter().all(|(known, _)| *known != at) {
            let why = format!("incident {key} names a change that it brought");
            named.push((at, failure(Grade::A, why, &[change])));
        }
    }
    if !named.is_empty() {
        return named;
    }
    let before = list[..list.partition_point(|one| one.finished <= opened)].iter();
    let last = before
        .enumerate()
        .rev()
        .take_while(|(_, one)| opened - one.finished <= SOON)
        .find(|(_, one)| one.is_success() && concerns(incident, one, collected));
    let guess = |(at, one): (usize, &Deployment)| {
        let hours = (opened - one.finished).hours();
        let why = format!("the last deployment before incident {key}, {hours:.1} h earlier");
        (at, failure(Grade::E, why, &one.shipped))
    };
    last.map(guess).into_iter().collect()
}

/// Changes that incidents name, with the deployment that brought them.
struct Named(FxHashMap<String, (usize, (usize, usize))>);

impl Named {
    fn new(list: &[Deployment], incidents: &[Incident], repositories: &[Repository<'_>]) -> Self {
        let wanted: FxHashSet<&str> = incidents
            .iter()
            .flat_map(|incident| incident.commits.iter().chain(&incident.changes))
            .map(String::as_str)
            .collect();
        let mut found = FxHashMap::default();
        if wanted.is_empty() {
            return Self(found);
        }
        for (row, deployment) in list.iter().enumerate() {
            for place in &deployment.shipped {
                let repository = &repositories[place.0];
                let change = &repository.changes.delivered[place.1];
                let id = repository.history.commit(change.landed).id.to_string();
                let key = change
                    .request
                    .map(|number| format!("{}#{number}", repository.history.repository));
                for name in key.into_iter().chain([id]) {
                    if wanted.contains(name.as_str()) {
                        found.insert(name, (row, *place));
                    }
                }
            }
        }
        Self(found)
    }

    /// The changes that one incident names.
    fn of(&self, incident: &Incident) -> Vec<(usize, (usize, usize))> {
        let names = incident.commits.iter().chain(&incident.changes);
        names.filter_map(|name| self.0.get(name)).copied().collect()
    }
}

/// Whether an incident names a deployment, what it deployed, or a change that it brought.
fn names(incident: &Incident, deployment: &Deployment, delivery: &Delivery) -> bool {
    let key = |row: &usize| incident.deployments.contains(&delivery.deployments[*row].key);
    deployment.records.iter().any(key) || incident.commits.contains(&deployment.what)
}

/// A later revert names a change that this deployment brought to production.
fn by_revert(
    list: &[Deployment],
    row: usize,
    repositories: &[Repository<'_>],
    window: Millis,
) -> Vec<(usize, Failure)> {
    let this = &list[row];
    let mut found = Vec::new();
    for (place, change) in &this.shipped {
        let repository = &repositories[*place];
        for link in repository.links_of(*change) {
            let in_use = link.at >= this.finished && link.at - this.finished <= window;
            if link.kind == FailureKind::Reverted && link.grade <= Grade::C && in_use {
                found.push((
                    row,
                    Failure {
                        grade: link.grade,
                        at: link.at,
                        why: link.why.clone(),
                        recovered: None,
                        changes: vec![(*place, *change)],
                        incident: None,
                    },
                ));
            }
        }
    }
    found
}
