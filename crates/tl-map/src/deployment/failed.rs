//! Which deployments failed, by what that is seen, and when users were served again.
//!
//! In: the deployments with their kinds, the incidents, and the failure links of changes. Out:
//! [`Failure`]s. Start at [`judge`].
//! **Definition:** grades A to E of `docs/measures.md`: A an incident names the deployment, its
//! commit or a change in it; B it was rolled back; C a revert names a change that it brought;
//! D a hotfix followed; E it was the last one of its service within 24 hours before an incident.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};
use tl_core::delivery::{Incident, numbered};
use tl_core::id::CommitId;
use tl_core::time::{Millis, Timestamp};

use super::{Deployment, Kind};
use crate::change::ChangeAt;
use crate::collected::Collected;
use crate::dataset::Repository;
use crate::failure::{FailureKind, Grade};
use crate::fold::{Records, What};
use crate::options::CollectedOptions;

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
    /// Changes that failed by it: those that an incident or revert names, else everything that the
    /// deployment brought.
    pub changes: SmallVec<[ChangeAt; 2]>,
    /// Row of the incident in [`Delivery::incidents`](tl_core::delivery::Delivery::incidents).
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
    options: &CollectedOptions,
    window: Millis,
    until: Timestamp,
) {
    let incidents = Incidents::new(list, collected, repositories, options);
    let records = &collected.records;
    let opened = collected.delivery.incidents.par_iter().enumerate();
    let mut found: Vec<(usize, Failure)> =
        opened.flat_map_iter(|(row, incident)| incidents.blame(row, incident, until)).collect();
    found.par_extend((0..list.len()).into_par_iter().flat_map_iter(|row| {
        let reverted = by_revert(list, row, repositories, window);
        by_successor(list, row, records, window).into_iter().chain(reverted)
    }));
    found.sort_by(|(a_row, a), (b_row, b)| {
        (a_row, a.grade, a.at, &a.why).cmp(&(b_row, b.grade, b.at, &b.why))
    });
    let mut found = found.into_iter().peekable();
    while let Some((row, first)) = found.next() {
        let more = std::iter::from_fn(|| found.next_if(|(other, _)| *other == row));
        list[row].failures = std::iter::once(first).chain(more.map(|(_, one)| one)).collect();
    }
}

/// See [`Deployment::recovered`].
pub(super) fn recovered(failures: &[Failure]) -> Option<Timestamp> {
    let mended = failures.iter().filter(|one| one.incident.is_none());
    let mended = mended.filter_map(|one| one.recovered).min();
    let grade = failures.iter().filter(|one| one.incident.is_some()).map(|one| one.grade).min();
    let incidents =
        failures.iter().filter(|one| one.incident.is_some() && Some(one.grade) == grade);
    let over: Option<Vec<Timestamp>> = incidents.map(|one| one.recovered).collect();
    let over = over.and_then(|all| all.into_iter().max());
    mended.into_iter().chain(over).min()
}

/// A rollback or hotfix says that the deployment before it failed.
fn by_successor(
    list: &[Deployment],
    row: usize,
    records: &Records,
    window: Millis,
) -> Option<(usize, Failure)> {
    let this = &list[row];
    let grade = match this.kind {
        Kind::Planned => return None,
        Kind::Rollback(_) => Grade::B,
        Kind::Hotfix(_) => Grade::D,
    };
    let before = this.previous.filter(|_| this.is_success())?.index();
    let replaced = &list[before];
    // Long after, it is the next piece of work, not this one's end; the same again mends nothing;
    // and what a rollback brought back had not failed.
    let is_late = this.finished - replaced.finished > window;
    let is_same = replaced.what(records) == this.what(records);
    if is_late || is_same || matches!(replaced.kind, Kind::Rollback(_)) {
        return None;
    }
    let failure = Failure {
        grade,
        at: this.finished,
        why: this.kind.why().unwrap_or_default().to_owned(),
        recovered: Some(this.finished),
        changes: list[before].shipped.clone(),
        incident: None,
    };
    Some((before, failure))
}

/// Deployments by what incidents may name.
struct Incidents<'a> {
    list: &'a [Deployment],
    collected: &'a Collected<'a>,
    options: &'a CollectedOptions,
    by_key: FxHashMap<&'a str, usize>,
    by_what: FxHashMap<What<'a>, Vec<usize>>,
    changes: Named<'a>,
    /// Whether all deployments are of one service, so that an incident needs not say which.
    one_service: bool,
}

impl<'a> Incidents<'a> {
    fn new(
        list: &'a [Deployment],
        collected: &'a Collected<'a>,
        repositories: &[Repository<'_>],
        options: &'a CollectedOptions,
    ) -> Self {
        let delivery = collected.delivery;
        let mut by_key = FxHashMap::default();
        let mut by_what: FxHashMap<What<'_>, Vec<usize>> = FxHashMap::default();
        let keys = delivery.incidents.iter().flat_map(|one| &one.deployments);
        let keys: FxHashSet<&str> = keys.map(String::as_str).collect();
        let commits = delivery.incidents.iter().flat_map(|one| &one.commits);
        let commits: FxHashSet<What<'_>> = commits.map(|id| What::of(id)).collect();
        for (row, deployment) in list.iter().enumerate() {
            if !keys.is_empty() {
                let records = deployment.records.iter();
                let own = records.map(|record| collected.records.get(*record as usize).key());
                by_key.extend(own.filter(|key| keys.contains(key)).map(|key| (key, row)));
            }
            let what = deployment.what(&collected.records);
            if commits.contains(&what) {
                by_what.entry(what).or_default().push(row);
            }
        }
        let changes = Named::new(list, &delivery.incidents, repositories);
        let one_service = list.windows(2).all(|two| two[0].service == two[1].service);
        Self { list, collected, options, by_key, by_what, changes, one_service }
    }

    /// The deployments that an incident speaks against.
    fn blame(&self, row: usize, incident: &Incident, until: Timestamp) -> Vec<(usize, Failure)> {
        let Some(opened) = incident.opened.filter(|at| *at <= until) else { return Vec::new() };
        let production = &self.options.production;
        if !incident.environment.is_empty() && !production.is_match(&incident.environment) {
            return Vec::new();
        }
        let last = |all: &[Timestamp]| all.iter().copied().filter(|at| *at <= until).max();
        let again = last(&incident.reopened);
        let recovered =
            last(&incident.resolved).filter(|at| again.is_none_or(|again| again <= *at));
        let failure = |grade, why, changes: &[ChangeAt]| Failure {
            grade,
            at: opened,
            why,
            recovered,
            changes: changes.into(),
            incident: Some(row),
        };
        let key = &incident.key;
        let mut blamed: Vec<(usize, Failure)> = Vec::new();
        for (at, change) in self.changes.of(incident) {
            let why = format!("incident {key} names a change that it brought");
            blamed.push((at, failure(Grade::A, why, &[change])));
        }
        for at in self.named(incident) {
            if blamed.iter().all(|(known, _)| *known != at) {
                let changes = &self.list[at].shipped;
                let why = format!("incident {key} names it");
                blamed.push((at, failure(Grade::A, why, changes)));
            }
        }
        // What came after it began may have mended it; it did not cause it.
        blamed.retain(|(at, _)| self.list[*at].is_success() && self.list[*at].began() <= opened);
        if blamed.is_empty()
            && let Some(at) = self.last_before(incident, opened)
        {
            let hours = (opened - self.list[at].finished).hours();
            let why = format!("the last deployment before incident {key}, {hours:.1} h earlier");
            blamed.push((at, failure(Grade::E, why, &self.list[at].shipped)));
        }
        blamed
    }

    /// Deployments that an incident names, by their own key or by what they deployed.
    fn named(&self, incident: &Incident) -> Vec<usize> {
        let keys = incident.deployments.iter().filter_map(|key| self.by_key.get(key.as_str()));
        let commits = incident.commits.iter().filter_map(|id| self.by_what.get(&What::of(id)));
        // One commit may be deployed with several services, of which the incident has one.
        let of_service =
            |row: &usize| incident.services.is_empty() || self.concerns(incident, &self.list[*row]);
        let commits = commits.flatten().copied().filter(of_service);
        let mut rows: Vec<usize> = keys.copied().chain(commits).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// The last successful deployment of its service, where that was not long before.
    fn last_before(&self, incident: &Incident, opened: Timestamp) -> Option<usize> {
        let before = self.list.partition_point(|one| one.finished <= opened);
        (0..before)
            .rev()
            .take_while(|row| opened - self.list[*row].finished <= SOON)
            .find(|row| self.list[*row].is_success() && self.concerns(incident, &self.list[*row]))
    }

    /// Whether an incident is of the service of a deployment, as far as either says.
    fn concerns(&self, incident: &Incident, deployment: &Deployment) -> bool {
        let records = deployment.records.iter();
        let mut records = records.map(|row| self.collected.records.get(*row as usize));
        if incident.services.is_empty() && incident.repository.is_empty() {
            return self.one_service;
        }
        if incident.services.is_empty() {
            return records.any(|record| record.repository() == incident.repository);
        }
        let configured =
            self.options.services.iter().find(|service| *service.name == *deployment.service);
        incident.services.iter().any(|name| {
            name.eq_ignore_ascii_case(&deployment.service)
                || configured.is_some_and(|service| service.is_called(name))
                || records.clone().any(|record| name.eq_ignore_ascii_case(record.service()))
        })
    }
}

/// Changes that incidents name, by that name, with the deployment that brought them.
struct Named<'a>(FxHashMap<&'a str, Vec<Brought>>);

/// Row of a deployment, and the change that it brought.
type Brought = (usize, ChangeAt);

impl<'a> Named<'a> {
    fn new(
        list: &[Deployment],
        incidents: &'a [Incident],
        repositories: &[Repository<'_>],
    ) -> Self {
        let names = incidents.iter().flat_map(|one| one.commits.iter().chain(&one.changes));
        let names: FxHashSet<&str> = names.map(String::as_str).collect();
        let commits: FxHashMap<CommitId, &str> =
            names.iter().filter_map(|name| Some((name.parse().ok()?, *name))).collect();
        let requests: FxHashMap<(&str, u64), &str> =
            names.iter().filter_map(|name| Some((numbered(name)?, *name))).collect();
        let mut found: FxHashMap<&str, Vec<Brought>> = FxHashMap::default();
        if commits.is_empty() && requests.is_empty() {
            return Self(found);
        }
        for (row, deployment) in list.iter().enumerate() {
            for place in &deployment.shipped {
                let repository = &repositories[place.0 as usize];
                let change = &repository.changes.delivered[place.1 as usize];
                let id = repository.history.commit(change.landed).id;
                let of = repository.history.repository.as_str();
                let request =
                    change.request().and_then(|number| requests.get(&(of, number.into())));
                for name in request.into_iter().chain(commits.get(&id)) {
                    found.entry(name).or_default().push((row, *place));
                }
            }
        }
        Self(found)
    }

    /// The changes that one incident names.
    fn of(&self, incident: &Incident) -> Vec<Brought> {
        let names = incident.commits.iter().chain(&incident.changes);
        names.filter_map(|name| self.0.get(name.as_str())).flatten().copied().collect()
    }
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
        let repository = &repositories[*place as usize];
        if repository.links.is_empty() {
            continue;
        }
        for link in repository.links_of(*change as usize) {
            let in_use = link.at >= this.finished && link.at - this.finished <= window;
            if link.kind == FailureKind::Reverted && link.grade <= Grade::C && in_use {
                found.push((
                    row,
                    Failure {
                        grade: link.grade,
                        at: link.at,
                        why: link.why.clone(),
                        recovered: None,
                        changes: smallvec![(*place, *change)],
                        incident: None,
                    },
                ));
            }
        }
    }
    found
}
