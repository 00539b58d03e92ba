//! Deployments: what reached production when, which of them failed, and what mended them.
//!
//! In: the recorded deployments and incidents, and the repositories with their changes. Out:
//! [`Deployments`]: one [`Deployment`] per service, environment and commit, oldest first. Start
//! at [`Deployments::new`]. **Invariants:** what the first known deployment of a service contains
//! is left-censored, never attached to it; each rollback, hotfix and failure keeps why it is one.
//! **Definition:** `docs/measures.md`, "Deployments".

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};
use tl_core::delivery::Release;
use tl_core::fact::Outcome;
use tl_core::id::{CommitId, CommitIx};
use tl_core::time::{Millis, Timestamp};

use self::version::Versions;
use crate::change::{Change, ChangeAt};
use crate::collected::Collected;
use crate::dataset::Repository;
use crate::fold::{Record, Records, What};
use crate::options::CollectedOptions;
use crate::row::RowIx;

mod failed;
mod kind;
pub(crate) mod version;

pub use failed::Failure;
pub use kind::Kind;

/// Records of the same service, environment and commit that end within this time of one another
/// are one deployment: jobs and regions.
const TOGETHER: Millis = Millis::HOUR;

/// One deployment to production.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// Service, by the team's name for it where configured.
    pub service: Arc<str>,
    /// Environment as the source calls it.
    pub environment: Arc<str>,
    /// Its repository in [`Dataset::repositories`](crate::dataset::Dataset::repositories).
    pub repository: Option<RowIx>,
    /// The same as a commit of the repository.
    pub commit: Option<CommitIx>,
    /// Position of the mainline up to which it contains everything.
    pub position: Option<RowIx>,
    /// When it was asked for or started, the earliest of its records.
    pub started: Option<Timestamp>,
    /// When it ended: the first of its records that succeeded, else the last.
    pub finished: Timestamp,
    /// How it ended: well, if one of its records did.
    pub outcome: Outcome,
    /// Rows of its records in [`Collected::records`], at least one.
    pub records: SmallVec<[u32; 4]>,
    /// Planned, rollback or hotfix, and why.
    pub kind: Kind,
    /// The successful deployment of the same service and environment before it.
    pub previous: Option<RowIx>,
    /// Changes that it brought to production first.
    pub shipped: SmallVec<[ChangeAt; 2]>,
    /// Why it counts as failed; the surest first.
    pub failures: Box<[Failure]>,
}

impl Deployment {
    /// What was deployed: full id or version, as recorded. All its records say the same.
    pub fn what<'r>(&self, records: &'r Records) -> What<'r> {
        named_by(&records.get(self.records[0] as usize))
    }

    /// Whether it reached production.
    pub fn is_success(&self) -> bool {
        self.outcome == Outcome::Success
    }

    /// When users were served again, where it failed and they were: with the rollback or hotfix, or
    /// when the last of the incidents was over; of the surer incidents, where there are such.
    pub fn recovered(&self) -> Option<Timestamp> {
        failed::recovered(&self.failures)
    }

    /// When it began to reach users, as far as that is known.
    pub fn began(&self) -> Timestamp {
        self.started.map_or(self.finished, |at| at.min(self.finished))
    }
}

/// When a change came to production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstDeployment {
    /// Nothing of its repository is deployed by records: unknown.
    Unknown,
    /// Not yet.
    Waiting,
    /// By the first known deployment of its service, or before.
    LeftCensored,
    /// By this one.
    Deployed(usize),
}

/// Every deployment to production that is known, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Deployments {
    /// Oldest first, by end.
    pub list: Vec<Deployment>,
    /// Deployments that are left out, but show that a change failed: rows go on from the list.
    others: Vec<Deployment>,
    /// For a repository and service the steps in which its mainline came to production.
    steps: FxHashMap<(usize, Arc<str>), Steps>,
    /// Services by repository.
    services: FxHashMap<usize, Vec<Arc<str>>>,
}

/// How far a mainline was in production with one service.
#[derive(Debug, Clone, Default)]
struct Steps {
    /// Its first known deployment, and the position up to which that contains the mainline:
    /// nobody knows since when.
    first: Option<(usize, Option<usize>)>,
    /// Positions and deployments after that, both rising.
    steps: Vec<(usize, usize)>,
    /// Commits off the mainline, with the first deployment that holds them.
    beside: FxHashMap<CommitIx, usize>,
}

/// When a service first had a change.
enum First {
    /// By this deployment.
    By(usize),
    /// By its first known deployment, or before.
    ByThen(usize),
    /// Not yet.
    Waiting,
}

impl Deployments {
    /// Groups the records, and finds what each brought to production, and what became of it.
    pub fn new(
        collected: &Collected<'_>,
        repositories: &[Repository<'_>],
        options: &CollectedOptions,
        failure_window: Millis,
        until: Timestamp,
    ) -> Self {
        let delivery = collected.delivery;
        let records = &collected.records;
        let mut found = Self { list: grouped(records, options, until), ..Self::default() };
        if found.list.is_empty() {
            return found;
        }
        found.join(records, &delivery.releases, repositories, options, until);
        found.chain();
        found.contain(repositories);
        found.ship(repositories, options);
        kind::classify(&mut found.list, collected, repositories, options);
        failed::judge(&mut found.list, collected, repositories, options, failure_window, until);
        found
    }

    /// The deployment at a row, also one that is left out.
    pub fn get(&self, row: usize) -> &Deployment {
        self.list.get(row).unwrap_or_else(|| &self.others[row - self.list.len()])
    }

    /// Services that a repository is deployed with.
    pub fn services(&self, repository: usize) -> &[Arc<str>] {
        self.services.get(&repository).map_or(&[], Vec::as_slice)
    }

    /// Names of services that something was deployed of, each once.
    pub fn names(&self) -> Vec<String> {
        let names = self.list.iter().map(|one| &*one.service);
        let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Keeps some deployments, with what they brought of these changes; those that are referred to
    /// beside. Returns where each is now.
    pub(crate) fn keep(
        &mut self,
        kept: &[bool],
        referred: &FxHashSet<usize>,
        changes: &FxHashSet<ChangeAt>,
    ) -> FxHashMap<usize, usize> {
        let all = std::mem::take(&mut self.list);
        let mut rows = FxHashMap::default();
        let mut beside = Vec::new();
        for ((row, mut one), kept) in all.into_iter().enumerate().zip(kept) {
            one.previous =
                one.previous.and_then(|row| Some(RowIx::new(*rows.get(&row.index())? as u32)));
            one.shipped.retain(|change| changes.contains(change));
            if *kept {
                rows.insert(row, self.list.len());
                self.list.push(one);
            } else if referred.contains(&row) {
                beside.push((row, one));
            }
        }
        for (number, (row, one)) in beside.into_iter().enumerate() {
            rows.insert(row, self.list.len() + number);
            self.others.push(one);
        }
        rows
    }

    /// When a change first was in production: with a service of its own where paths tell.
    pub fn first(
        &self,
        repository: usize,
        found: &Repository<'_>,
        change: &Change,
        options: &CollectedOptions,
    ) -> FirstDeployment {
        let Some(services) = self.services.get(&repository) else {
            return FirstDeployment::Unknown;
        };
        let mut earliest: Option<usize> = None;
        // The first deployments that may not have been the first: it was in use by then.
        let mut by_then: Option<usize> = None;
        let mut waits = false;
        for service in services {
            if !may_bring(service, found, change, options) {
                continue;
            }
            let Some(steps) = self.steps.get(&(repository, service.clone())) else { continue };
            match steps.first(found, change) {
                First::By(row) => earliest = earliest.into_iter().chain([row]).min(),
                First::ByThen(row) => by_then = by_then.into_iter().chain([row]).min(),
                First::Waiting => waits = true,
            }
        }
        match (earliest, by_then) {
            (Some(row), None) => FirstDeployment::Deployed(row),
            (Some(row), Some(other)) if row < other => FirstDeployment::Deployed(row),
            (_, Some(_)) => FirstDeployment::LeftCensored,
            (None, None) if waits => FirstDeployment::Waiting,
            (None, None) => FirstDeployment::Unknown,
        }
    }

    /// Finds the repository and commit of each: by the commit that it names, else by the tag or
    /// release that its version names.
    fn join(
        &mut self,
        records: &Records,
        releases: &[Release],
        repositories: &[Repository<'_>],
        options: &CollectedOptions,
        until: Timestamp,
    ) {
        let versions = Versions::new(repositories, releases, until);
        // Forks share commits, but few do: the first place of each, and the others.
        let mut named: FxHashMap<CommitId, (usize, CommitIx)> = FxHashMap::default();
        named.reserve(repositories.iter().map(|one| one.named.len()).sum());
        let mut also: FxHashMap<(CommitId, usize), CommitIx> = FxHashMap::default();
        for (row, repository) in repositories.iter().enumerate() {
            for (id, ix) in &repository.named {
                if named.entry(*id).or_insert((row, *ix)).0 != row {
                    also.insert((*id, row), *ix);
                }
            }
        }
        let by_name: FxHashMap<&str, usize> = repositories
            .iter()
            .enumerate()
            .map(|(row, found)| (found.history.repository.as_str(), row))
            .collect();
        self.list.par_iter_mut().for_each(|deployment| {
            let record = records.get(deployment.records[0] as usize);
            let of = by_name.get(record.repository()).copied();
            let of = of.filter(|_| !record.repository().is_empty());
            let id = named_by(&record).id();
            let first = id.and_then(|id| named.get(&id)).copied();
            // The one that the record names, else the first.
            let other = || Some((of?, *also.get(&(id?, of?))?));
            let own = first.filter(|(row, _)| Some(*row) == of).or_else(other);
            let by_version = || {
                let repository = repository_of(&record, &deployment.service, options);
                let (version, by) = (record.version(), deployment.finished);
                let find =
                    || versions.find(&version.to_string(), &deployment.service, repository, by);
                record.commit().is_empty().then(find)?
            };
            let found = own.or(first).or_else(by_version);
            deployment.commit = found.map(|(_, ix)| ix);
            deployment.repository =
                found.map(|(row, _)| row).or(of).map(|row| RowIx::new(row as u32));
        });
    }

    /// Finds the successful deployment before each, of its service and environment.
    fn chain(&mut self) {
        let mut running: FxHashMap<(&str, &str), u32> = FxHashMap::default();
        let mut previous = Vec::with_capacity(self.list.len());
        for (row, deployment) in (0..).zip(&self.list) {
            let place = (&*deployment.service, &*deployment.environment);
            previous.push(running.get(&place).map(|row| RowIx::new(*row)));
            if deployment.is_success() {
                running.insert(place, row);
            }
        }
        for (deployment, previous) in self.list.iter_mut().zip(previous) {
            deployment.previous = previous;
        }
    }

    /// Finds up to where each contains the mainline, and the commits beside it.
    fn contain(&mut self, repositories: &[Repository<'_>]) {
        let place = |one: &Deployment| {
            let (repository, commit) = (one.repository?.index(), one.commit?);
            Some((repository, contained(&repositories[repository], commit)))
        };
        let places: Vec<Option<_>> = self.list.par_iter().map(place).collect();
        for ((row, deployment), place) in self.list.iter_mut().enumerate().zip(places) {
            let Some((repository, (position, beside))) = place else { continue };
            deployment.position = position.map(|position| RowIx::new(position as u32));
            if deployment.outcome != Outcome::Success {
                continue;
            }
            let services = self.services.entry(repository).or_default();
            if !services.contains(&deployment.service) {
                services.push(deployment.service.clone());
            }
            let known = self.steps.entry((repository, deployment.service.clone())).or_default();
            known.add(row, position, beside);
        }
    }

    /// Notes with each deployment the changes that it brought first with its service.
    fn ship(&mut self, repositories: &[Repository<'_>], options: &CollectedOptions) {
        // Which deployment brought which change, service by service.
        let of = |(row, repository): (usize, &Repository<'_>)| {
            let mut shipped: Vec<(usize, u32)> = Vec::new();
            for service in self.services.get(&row).into_iter().flatten() {
                let Some(steps) = self.steps.get(&(row, service.clone())) else { continue };
                for (index, change) in (0..).zip(&repository.changes.delivered) {
                    if let First::By(by) = steps.first(repository, change)
                        && may_bring(service, repository, change, options)
                    {
                        shipped.push((by, index));
                    }
                }
            }
            shipped
        };
        let shipped: Vec<Vec<(usize, u32)>> = repositories.par_iter().enumerate().map(of).collect();
        for (row, shipped) in (0..).zip(shipped) {
            for (by, index) in shipped {
                self.list[by].shipped.push((row, index));
            }
        }
        self.list.iter_mut().for_each(|one| one.shipped.shrink_to_fit());
    }
}

impl Steps {
    fn add(&mut self, deployment: usize, position: Option<usize>, beside: Vec<CommitIx>) {
        match self.first {
            None => self.first = Some((deployment, position)),
            Some((_, first)) => {
                let reached = self.steps.last().map(|(position, _)| *position).or(first);
                if let Some(position) = position.filter(|position| Some(*position) > reached) {
                    self.steps.push((position, deployment));
                }
            }
        }
        for ix in beside {
            self.beside.entry(ix).or_insert(deployment);
        }
    }

    fn first(&self, found: &Repository<'_>, change: &Change) -> First {
        let start = change.position as usize;
        let last = start + change.span as usize - 1;
        let Some((first, contains)) = self.first else { return First::Waiting };
        if contains.is_some_and(|position| last <= position) {
            return First::ByThen(first);
        }
        let next = self.steps.partition_point(|(position, _)| *position < last);
        let own = self.steps.get(next).map(|(_, deployment)| *deployment);
        let landed = &found.graph.mainline[start..=last];
        let other = if self.beside.is_empty() {
            None
        } else {
            let same = landed.iter().flat_map(|ix| found.releases.equivalents(&found.history, *ix));
            same.filter_map(|ix| self.beside.get(&ix)).min().copied()
        };
        match own.into_iter().chain(other).min() {
            Some(deployment) if deployment == first => First::ByThen(first),
            Some(deployment) => First::By(deployment),
            None => First::Waiting,
        }
    }
}

/// Most commits off the mainline that are looked at for one deployment.
const BESIDE_LIMIT: usize = 2_000;

/// The position of the mainline up to which a commit contains it, and its commits beside it.
fn contained(found: &Repository<'_>, commit: CommitIx) -> (Option<usize>, Vec<CommitIx>) {
    let on_mainline = |ix: CommitIx| {
        found.graph.entry(ix).filter(|position| found.graph.mainline[*position] == ix)
    };
    let mut position = None;
    let mut beside = Vec::new();
    let mut seen = FxHashSet::default();
    let mut open = vec![commit];
    while let Some(ix) = open.pop().filter(|_| beside.len() < BESIDE_LIMIT) {
        if let Some(at) = on_mainline(ix) {
            position = Some(position.map_or(at, |known: usize| known.max(at)));
        } else if seen.insert(ix) {
            beside.push(ix);
            open.extend_from_slice(found.history.parents(ix));
        }
    }
    (position, beside)
}

/// The configured services with paths in a repository.
fn with_paths<'o>(
    repository: &str,
    options: &'o CollectedOptions,
) -> impl Iterator<Item = &'o crate::options::Service> {
    let here = move |service: &&crate::options::Service| {
        let of_repository = service.repositories.is_empty()
            || service.repositories.iter().any(|name| name == repository);
        of_repository && !service.paths.is_empty()
    };
    options.services.iter().filter(here)
}

/// Whether a service may bring a change: it has no paths of its own in the repository, or the
/// change touches them, or it cannot be told what the change touches.
pub(crate) fn may_bring(
    service: &str,
    found: &Repository<'_>,
    change: &Change,
    options: &CollectedOptions,
) -> bool {
    let mut own = with_paths(&found.history.repository, options);
    let Some(own) = own.find(|one| one.name == service) else { return true };
    let Some(diff) = found.history.diff(change.landed) else { return true };
    let touches = |paths: &globset::GlobSet| diff.files.iter().any(|f| paths.is_match(&f.path));
    // What belongs to no service may concern any.
    touches(&own.paths)
        || !with_paths(&found.history.repository, options).any(|one| touches(&one.paths))
}

/// Whether a record is of production: as its source says, or by the name of its environment.
pub fn is_production(record: &Record<'_>, options: &CollectedOptions) -> bool {
    record.production().unwrap_or_else(|| {
        // A source without environments deploys to the one that there is.
        record.environment().is_empty() || options.production.is_match(record.environment())
    })
}

/// The service of a record: by the team's table, else as recorded, else its repository.
pub fn service_of<'r>(record: &Record<'r>, options: &'r CollectedOptions) -> &'r str {
    let called = [record.service(), record.name(), record.environment()];
    let known = options.services.iter().find(|service| {
        called.iter().any(|name| !name.is_empty() && service.is_called(name))
            || (record.service().is_empty()
                && service.repositories.iter().any(|name| name == record.repository())
                && service.paths.is_empty())
    });
    match known {
        Some(service) => &service.name,
        None if !record.service().is_empty() => record.service(),
        None if !record.repository().is_empty() => record.repository(),
        None => record.name(),
    }
}

/// The repository that a record is of: as recorded, else the only one of its service.
fn repository_of<'r>(record: &Record<'r>, service: &str, options: &'r CollectedOptions) -> &'r str {
    let configured = options.services.iter().find(|one| one.name == service);
    match configured.map(|one| one.repositories.as_slice()) {
        Some([only]) if record.repository().is_empty() => only,
        _ => record.repository(),
    }
}

/// The ids of all commits that deployments and releases name.
pub(crate) fn named_commits(collected: &Collected<'_>) -> FxHashSet<CommitId> {
    let deployed = collected.records.iter().flat_map(|one| [one.commit(), one.version()]);
    let released = collected.delivery.releases.iter().map(|one| What::of(&one.commit));
    deployed.chain(released).filter_map(|what| what.id()).collect()
}

/// What a record says was deployed: a commit, else a version.
fn named_by<'r>(record: &Record<'r>) -> What<'r> {
    if record.commit().is_empty() { record.version() } else { record.commit() }
}

/// Records of production as deployments, oldest first.
fn grouped(records: &Records, options: &CollectedOptions, until: Timestamp) -> Vec<Deployment> {
    let is_wanted = |record: &Record<'_>| {
        record.outcome() != Outcome::Skipped && is_production(record, options)
    };
    let mut ended: Vec<(Timestamp, usize)> = (0..records.len())
        .into_par_iter()
        .map(|row| (row, records.get(row)))
        .filter(|(_, record)| is_wanted(record))
        .filter_map(|(row, record)| Some((record.finished()?, row)))
        .filter(|(at, _)| *at <= until)
        .collect();
    ended.par_sort_by_key(|(at, row)| (*at, records.get(*row).key_bytes()));
    let mut list: Vec<Deployment> = Vec::with_capacity(ended.len());
    // Deployments that may still get records, by place: each with the end of its first record.
    let mut open: FxHashMap<(&str, &str), Vec<(usize, Timestamp)>> = FxHashMap::default();
    // Few places, each deployed to again and again.
    let mut names: FxHashMap<&str, Arc<str>> = FxHashMap::default();
    let mut name = |text| Arc::clone(names.entry(text).or_insert_with(|| Arc::from(text)));
    for (at, row) in ended {
        let record = records.get(row);
        let service = service_of(&record, options);
        let what = named_by(&record);
        let begun = record.started().or(record.queued()).map(|begun| begun.min(at));
        let is_success = record.outcome() == Outcome::Success;
        let here = open.entry((service, record.environment())).or_default();
        here.retain(|(index, first)| {
            let same = list[*index].what(records) == what;
            at - *first <= TOGETHER && (same || !is_success)
        });
        // What names nothing cannot be told from the next one.
        let same =
            here.iter().find(|(index, _)| !what.is_empty() && list[*index].what(records) == what);
        if let Some((index, _)) = same {
            let before = &mut list[*index];
            // The first success brought it there; a job that failed beside it took nothing back.
            if !before.is_success() {
                before.finished = at;
                before.outcome = record.outcome();
            }
            before.started = before.started.into_iter().chain(begun).min();
            before.records.push(row as u32);
            continue;
        }
        here.push((list.len(), at));
        list.push(Deployment {
            service: name(service),
            environment: name(record.environment()),
            repository: None,
            commit: None,
            position: None,
            started: begun,
            finished: at,
            outcome: record.outcome(),
            records: smallvec![row as u32],
            kind: Kind::Planned,
            previous: None,
            shipped: SmallVec::new(),
            failures: Box::default(),
        });
    }
    list.shrink_to_fit();
    list.sort_by(|a, b| {
        let rest = || (&a.service, a.what(records)).cmp(&(&b.service, b.what(records)));
        a.finished.cmp(&b.finished).then_with(rest)
    });
    list
}
