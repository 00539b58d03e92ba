//! Planned, rollback or hotfix: what kind of deployment each is, and why.
//!
//! In: the deployments with their chain and what they brought. Out: their [`Kind`]. Start at
//! [`classify`]. **Definition:** `docs/measures.md`, "Deployments".

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use tl_core::delivery::Incident;
use tl_core::id::CommitIx;
use tl_core::time::Timestamp;

use super::Deployment;
use crate::collected::Collected;
use crate::dataset::Repository;
use crate::fold::{Records, What};
use crate::options::CollectedOptions;

/// What kind of deployment it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Nothing says otherwise.
    Planned,
    /// It brought back what ran before, and why that is known.
    Rollback(Box<str>),
    /// It mends what is in production, and why that is known.
    Hotfix(Box<str>),
}

impl Kind {
    /// Whether it was not planned.
    pub fn is_rework(&self) -> bool {
        *self != Self::Planned
    }

    /// Why, where it is no planned one.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Planned => None,
            Self::Rollback(why) | Self::Hotfix(why) => Some(why),
        }
    }
}

/// An incident and when it began.
struct Began<'d> {
    at: Timestamp,
    incident: &'d Incident,
}

pub(super) fn classify(
    list: &mut [Deployment],
    collected: &Collected<'_>,
    repositories: &[Repository<'_>],
    options: &CollectedOptions,
) {
    let mut incidents: Vec<Began<'_>> = collected
        .delivery
        .incidents
        .iter()
        .filter_map(|incident| Some(Began { at: incident.opened?, incident }))
        .collect();
    // As many deployments as there are, each looks at those of its own time alone.
    incidents.sort_by_key(|began| began.at);
    // What ran before in each place.
    let records = &collected.records;
    let mut ran: FxHashSet<(&str, &str, What<'_>)> = FxHashSet::default();
    ran.reserve(list.len());
    let mut known = Vec::with_capacity(list.len());
    for this in &*list {
        let place = (&*this.service, &*this.environment, this.what(records));
        known.push(if this.is_success() { !ran.insert(place) } else { ran.contains(&place) });
    }
    drop(ran);
    let kind = |(row, is_known)| match rollback(list, row, is_known, records, repositories) {
        Some(why) => Kind::Rollback(why.into()),
        None => match hotfix(list, row, collected, &incidents, repositories, options) {
            Some(why) => Kind::Hotfix(why.into()),
            None => Kind::Planned,
        },
    };
    let kinds: Vec<Kind> = known.into_par_iter().enumerate().map(kind).collect();
    for (deployment, kind) in list.iter_mut().zip(kinds) {
        deployment.kind = kind;
    }
}

/// Whether it brings back something older than what runs.
fn rollback(
    list: &[Deployment],
    row: usize,
    is_known: bool,
    records: &Records,
    repositories: &[Repository<'_>],
) -> Option<String> {
    let this = &list[row];
    let said = |record: &u32| records.get(*record as usize).rollback();
    if this.records.iter().any(said) {
        return Some("the source calls it a rollback".to_owned());
    }
    let running = &list[this.previous?.index()];
    let (what, running_what) = (this.what(records), running.what(records));
    if let (Some(new), Some(old)) = (this.commit, running.commit)
        && this.repository == running.repository
        && new != old
        && is_ancestor(&repositories[this.repository?.index()], new, this, old, running, records)
    {
        let (new, old) = (what.short(), running_what.short());
        return Some(format!("{new} is an ancestor of {old}, which was running"));
    }
    let both_known = this.commit.is_some() && running.commit.is_some();
    if both_known || !is_known || what == running_what {
        return None;
    }
    // By versions: older, and seen before in this place; an older line may go on beside.
    let (new, old) = (numbers(what)?, numbers(running_what)?);
    (new < old).then(|| format!("version {what} is older than {running_what}, which was running"))
}

/// Whether `new` is a proper ancestor of `old`, both deployed.
fn is_ancestor(
    found: &Repository<'_>,
    new: tl_core::id::CommitIx,
    this: &Deployment,
    old: tl_core::id::CommitIx,
    running: &Deployment,
    records: &Records,
) -> bool {
    let entry = found.graph.entry(new);
    let on_mainline = entry.is_some_and(|at| found.graph.mainline[at] == new);
    // A commit that a merge brought is contained from that merge on.
    if let (false, Some(entry), Some(old)) = (on_mainline, entry, running.position) {
        return entry <= old.index();
    }
    match (this.position, running.position) {
        (Some(new), Some(old)) if on_mainline => {
            new < old || (new == old && this.what(records) != running.what(records))
        }
        // Off the mainline: look for it among the ancestors that are off it as well.
        _ => super::contained(found, old).1.contains(&new),
    }
}

/// The numbers of a version such as `v1.12.3`.
fn numbers(version: What<'_>) -> Option<Vec<u64>> {
    let What::Text(version) = version else { return None };
    let numbers: Result<Vec<u64>, _> =
        version.trim_start_matches(['v', 'V']).split('.').map(str::parse).collect();
    numbers.ok().filter(|numbers| numbers.len() > 1)
}

/// Whether it mends what is in production.
fn hotfix(
    list: &[Deployment],
    row: usize,
    collected: &Collected<'_>,
    incidents: &[Began<'_>],
    repositories: &[Repository<'_>],
    options: &CollectedOptions,
) -> Option<String> {
    let this = &list[row];
    let previous = this.previous.map(|before| &list[before.index()]);
    let records = &collected.records;
    if previous.is_some_and(|previous| previous.what(records) == this.what(records)) {
        return None; // The same again mends nothing.
    }
    let branches = this.records.iter().map(|row| records.get(*row as usize).branch());
    if let Some(branch) = branches.into_iter().find(|name| options.hotfix_branches.is_match(name)) {
        return Some(format!("deployed from branch {branch}"));
    }
    let since = previous.map(|previous| previous.finished);
    let first =
        since.map_or(incidents.len(), |since| incidents.partition_point(|began| began.at < since));
    let end = incidents.partition_point(|began| began.at <= this.finished).max(first);
    if let Some(why) = all_hot(this, &incidents[first..end], repositories) {
        return Some(why);
    }
    is_picked(this, previous?, repositories)
        .then(|| "brings cherry-picks on a branch of its own".to_owned())
}

/// Why each change that it brings mends something: a revert, a label, a branch, an incident. One
/// that does not makes it a planned deployment that also mends.
fn all_hot(
    this: &Deployment,
    incidents: &[Began<'_>],
    repositories: &[Repository<'_>],
) -> Option<String> {
    let mut reverts = 0;
    let mut first_reason = None;
    for (repository, index) in &this.shipped {
        let found = &repositories[*repository as usize];
        let change = &found.changes.delivered[*index as usize];
        let links = found.history.commit(change.landed).links.as_deref();
        if links.is_some_and(|links| !links.reverts.is_empty()) {
            reverts += 1;
            continue;
        }
        let number = change.request()?;
        let hot = &found.told.get(*index as usize)?.request.as_ref()?.rare.as_ref()?.hot;
        let reason = if let Some(label) = &hot.label {
            format!("request #{number} has the label {label}")
        } else if let Some(branch) = &hot.branch {
            format!("request #{number} comes from {branch}")
        } else {
            let key = answered(&hot.names, incidents)?;
            format!("request #{number} names incident {key}")
        };
        first_reason.get_or_insert(reason);
    }
    match first_reason {
        Some(reason) => Some(reason),
        None if reverts > 0 => Some("all that it brings are reverts".to_owned()),
        None => None,
    }
}

/// The incident that one of these names is, or its ticket.
fn answered<'d>(names: &[String], incidents: &[Began<'d>]) -> Option<&'d str> {
    incidents.iter().map(|began| began.incident).find_map(|incident| {
        let ticket = incident.state.as_ref().map_or("", |(_, state)| state.ticket.as_str());
        let is_it = |name: &String| *name == ticket || *name == incident.key;
        names.iter().any(is_it).then_some(incident.key.as_str())
    })
}

/// Whether all that it has and the one before had not are cherry-picks beside the mainline.
fn is_picked(this: &Deployment, previous: &Deployment, repositories: &[Repository<'_>]) -> bool {
    let (Some(repository), Some(commit)) = (this.repository, this.commit) else { return false };
    let found = &repositories[repository.index()];
    let is_picked = |ix: &CommitIx| {
        let links = found.history.commit(*ix).links.as_deref();
        links.is_some_and(|links| !links.cherry_picked_from.is_empty())
    };
    // A branch that also brings what is new on the mainline is a planned release.
    if found.graph.entry(commit).is_some() || this.position > previous.position {
        return false;
    }
    let new = super::contained(found, commit).1;
    if !new.iter().any(is_picked) {
        return false;
    }
    let known = previous.commit.map(|ix| super::contained(found, ix).1).unwrap_or_default();
    let known: FxHashSet<CommitIx> = known.into_iter().collect();
    new.iter().filter(|ix| !known.contains(ix)).any(is_picked)
}
