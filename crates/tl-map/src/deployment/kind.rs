//! Planned, rollback or hotfix: what kind of deployment each is, and why.
//!
//! In: the deployments with their chain and what they brought. Out: their [`Kind`]. Start at
//! [`classify`]. **Definition:** `docs/measures.md`, "Deployments".

use tl_core::delivery::{Delivery, Incident};
use tl_core::time::Timestamp;

use super::Deployment;
use crate::collected::Collected;
use crate::dataset::Repository;
use crate::options::CollectedOptions;

/// What kind of deployment it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Nothing says otherwise.
    Planned,
    /// It brought back what ran before, and why that is known.
    Rollback(String),
    /// It mends what is in production, and why that is known.
    Hotfix(String),
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
    for row in 0..list.len() {
        let kind = match rollback(list, row, collected.delivery, repositories) {
            Some(why) => Kind::Rollback(why),
            None => match hotfix(list, row, collected, &incidents, repositories, options) {
                Some(why) => Kind::Hotfix(why),
                None => Kind::Planned,
            },
        };
        list[row].kind = kind;
    }
}

/// Whether it brings back something older than what runs.
fn rollback(
    list: &[Deployment],
    row: usize,
    delivery: &Delivery,
    repositories: &[Repository<'_>],
) -> Option<String> {
    let this = &list[row];
    let said = |record: &usize| delivery.deployments[*record].rollback;
    if this.records.iter().any(said) {
        return Some("the source calls it a rollback".to_owned());
    }
    let running = &list[this.previous?];
    let short = |what: &str| what.chars().take(10).collect::<String>();
    if let (Some(new), Some(old)) = (this.commit, running.commit)
        && this.repository == running.repository
        && new != old
        && is_ancestor(&repositories[this.repository?], new, this, old, running)
    {
        let (new, old) = (short(&this.what), short(&running.what));
        return Some(format!("{new} is an ancestor of {old}, which was running"));
    }
    if this.commit.is_some() || this.what.is_empty() || this.what == running.what {
        return None;
    }
    // By versions: older, and seen before in this place.
    let (new, old) = (numbers(&this.what)?, numbers(&running.what)?);
    (new < old)
        .then(|| format!("version {} is older than {}, which was running", this.what, running.what))
}

/// Whether `new` is a proper ancestor of `old`, both deployed.
fn is_ancestor(
    found: &Repository<'_>,
    new: tl_core::id::CommitIx,
    this: &Deployment,
    old: tl_core::id::CommitIx,
    running: &Deployment,
) -> bool {
    let on_mainline = found.graph.entry(new).is_some_and(|at| found.graph.mainline[at] == new);
    match (this.position, running.position) {
        (Some(new), Some(old)) if on_mainline => {
            new < old || (new == old && this.what != running.what)
        }
        // Off the mainline: look for it among the ancestors that are off it as well.
        _ => super::contained(found, old).1.contains(&new),
    }
}

/// The numbers of a version such as `v1.12.3`.
fn numbers(version: &str) -> Option<Vec<u64>> {
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
    let previous = this.previous.map(|before| &list[before]);
    let branches =
        this.records.iter().map(|record| &collected.delivery.deployments[*record].branch);
    if let Some(branch) = branches.into_iter().find(|name| options.hotfix_branches.is_match(name)) {
        return Some(format!("deployed from branch {branch}"));
    }
    let mut all_reverts = !this.shipped.is_empty();
    for (repository, change) in &this.shipped {
        let found = &repositories[*repository];
        let change = &found.changes.delivered[*change];
        let request = change.request.and_then(|number| {
            let row = collected.request(&found.history.repository, u64::from(number))?;
            collected.delivery.requests[row].state.as_ref().map(|(_, state)| state)
        });
        if let Some(state) = request {
            let hot = |label: &&String| options.hotfix_labels.contains(&label.to_lowercase());
            if let Some(label) = state.labels.iter().find(hot) {
                return Some(format!("request #{} has the label {label}", state.number));
            }
            if options.hotfix_branches.is_match(&state.branch) {
                return Some(format!("request #{} comes from {}", state.number, state.branch));
            }
        }
        let links = found.history.commit(change.landed).links.as_deref();
        all_reverts &= links.is_some_and(|links| !links.reverts.is_empty());
    }
    if all_reverts {
        return Some("all that it brings are reverts".to_owned());
    }
    if let (Some(repository), Some(commit)) = (this.repository, this.commit) {
        let found = &repositories[repository];
        if found.graph.entry(commit).is_none() {
            let new = super::contained(found, commit).1;
            let before = previous.and_then(|before| before.commit);
            let known = before.map(|ix| super::contained(found, ix).1).unwrap_or_default();
            let picked = new.iter().filter(|ix| !known.contains(ix)).any(|ix| {
                let links = found.history.commit(*ix).links.as_deref();
                links.is_some_and(|links| !links.cherry_picked_from.is_empty())
            });
            if picked && previous.is_some() {
                return Some("brings cherry-picks on a branch of its own".to_owned());
            }
        }
    }
    let since = previous?.finished;
    let first = incidents.partition_point(|began| began.at < since);
    let end = incidents.partition_point(|began| began.at <= this.finished);
    answers_incident(this, incidents.get(first..end)?, collected, repositories)
}

/// Whether a change that it brings names one of the incidents that began since the deployment
/// before.
fn answers_incident(
    this: &Deployment,
    incidents: &[Began<'_>],
    collected: &Collected<'_>,
    repositories: &[Repository<'_>],
) -> Option<String> {
    for Began { incident, .. } in incidents {
        let ticket = incident.state.as_ref().map_or("", |(_, state)| state.ticket.as_str());
        for (repository, change) in &this.shipped {
            let found = &repositories[*repository];
            let Some(number) = found.changes.delivered[*change].request else { continue };
            let row = collected.request(&found.history.repository, u64::from(number));
            let state = row.and_then(|row| collected.delivery.requests[row].state.as_ref());
            let mut mentions = state.iter().flat_map(|(_, state)| &state.mentions);
            if mentions.any(|one| one.ticket == ticket || one.ticket == incident.key) {
                return Some(format!("request #{number} names incident {}", incident.key));
            }
        }
    }
    None
}
