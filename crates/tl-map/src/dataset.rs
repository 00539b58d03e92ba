//! The dataset: every change of every repository, ready to be measured.
//!
//! In: histories and options. Out: [`Dataset`], which each measure reads. Start at
//! [`Dataset::new`]. **Invariant:** nothing after the end of the window is known: what was merged
//! later is absent, what was released or failed later is still open or whole.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tl_core::attribution::Cohort;
use tl_core::delivery::{Delivery, Request};
use tl_core::history::{EARLIEST, History};
use tl_core::id::PersonIx;
use tl_core::time::{Millis, Timestamp};

use crate::change::{self, Change, Changes, Pending};
use crate::collected::{Collected, GitMentions, Told};
use crate::deployment::{Deployments, FirstDeployment};
use crate::failure::{self, Evidence, FailureKind, Grade, Link};
use crate::graph::Graph;
use crate::journey::{Boundary, End, Front, Journey, Line, Marks, Seen, Shape, Stage};
use crate::lines::Lines;
use crate::measure::funnel;
use crate::options::Options;
use crate::release::{FirstRelease, ReleaseIx, Releases};

/// The period that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub since: Timestamp,
    /// Last instant, up to which everything is known.
    pub until: Timestamp,
}

/// One repository and what was found in it.
#[derive(Debug)]
pub struct Repository<'a> {
    /// What was read.
    pub history: &'a History,
    /// Its mainline.
    pub graph: Graph,
    /// Its releases.
    pub releases: Releases,
    /// Its changes.
    pub changes: Changes,
    /// Its failures, as they were known at the end of the window.
    pub links: Vec<Link>,
    /// Rows of `links` by the change that failed.
    links_of: FxHashMap<usize, Vec<usize>>,
    /// Requests that were not delivered at the end of the window, by number.
    pub pending: Vec<Pending>,
    /// When its default branch is first seen, by the clock of its commits.
    first_seen: Option<Timestamp>,
    /// For each of its people the author id that all repositories share.
    author_of: Vec<u32>,
}

/// One delivered change, as measures see it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Row of its repository in [`Dataset::repositories`].
    pub repository: usize,
    /// Row in that repository's `changes.delivered`.
    pub change: usize,
    /// Author id, shared by all repositories: people are one by address.
    pub author: u32,
    /// By evidence of AI use.
    pub cohort: Cohort,
    /// How it arrived.
    pub shape: Shape,
    /// Boundaries and stages.
    pub journey: Journey,
    /// When it was merged.
    pub merged: Timestamp,
    /// In which release it first was.
    pub release: Option<ReleaseIx>,
    /// Whether it is in the earliest known release or deployment, so that its wait is unknown.
    pub left_censored: bool,
    /// Whether it is merged and not with its users yet, though others of its repository are.
    pub is_waiting: bool,
    /// Row of the deployment that first brought it to production, in [`Deployments::list`].
    pub deployment: Option<usize>,
    /// Whether an equivalent commit was released first.
    pub backport: bool,
    /// What was collected of it.
    pub told: Told,
    /// Merge to the first failure link of grade A to C.
    pub failed_strict: Option<Millis>,
    /// Merge to the first failure link of any grade.
    pub failed_wide: Option<Millis>,
    /// Lines and files, where the difference was read.
    pub size: Option<Size>,
    /// Row of its team in the options.
    pub team: Option<usize>,
}

/// What one repository adds to the dataset.
#[derive(Default)]
struct Part {
    items: Vec<Item>,
    /// As [`Dataset::failed_in_production`].
    failed_in_production: FxHashMap<(usize, usize), Vec<(usize, usize)>>,
}

/// A change that failed in production.
#[derive(Debug, Clone, Copy)]
struct FailedChange {
    change: usize,
    /// Row of the deployment that failed.
    by: usize,
    /// Row of its failure.
    number: usize,
}

/// When a change came to its users: in production, or in a release that stands for it.
#[derive(Debug, Default, Clone, Copy)]
struct Arrival {
    at: Option<Timestamp>,
    started: Option<Timestamp>,
    deployment: Option<usize>,
    left_censored: bool,
    is_waiting: bool,
}

/// One sign that a change failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// When it was seen.
    pub at: Timestamp,
    /// How sure it is.
    pub grade: Grade,
    /// By what it was seen.
    pub kind: FailureKind,
    /// The change or deployment that shows it.
    pub by: String,
    /// In words, for people.
    pub why: String,
}

/// A request that is not merged yet.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    /// Row of its repository.
    pub repository: usize,
    /// Its number.
    pub request: u32,
    /// As far as it came.
    pub journey: Journey,
}

impl Open {
    /// The stage that it is in: the one after the last boundary that it passed.
    pub fn stage(&self) -> Option<Stage> {
        let line = self.journey.line;
        let passed = line.boundaries().iter().rposition(|at| self.journey.at(*at).is_some())?;
        line.before_merge().get(passed).copied()
    }
}

/// How large a change is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Files touched.
    pub files: u64,
    /// Of the lines added, those changed again within the rework window; `None` where only the
    /// forge told the size.
    pub reworked: Option<u64>,
}

/// Everything that measures need.
#[derive(Debug)]
pub struct Dataset<'a> {
    /// What the caller chose.
    pub options: &'a Options,
    /// The period.
    pub window: Window,
    /// Which boundaries can be known.
    pub line: Line,
    /// What was collected from forges, trackers, CI and pagers.
    pub collected: Collected<'a>,
    /// Deployments to production that were collected.
    pub deployments: Deployments,
    /// For each change that failed in production, as (repository, change), the deployments and the
    /// rows of their failures.
    failed_in_production: FxHashMap<(usize, usize), Vec<(usize, usize)>>,
    /// The repositories, in the order given.
    pub repositories: Vec<Repository<'a>>,
    /// Every change that has to do with the window, repository by repository, oldest first:
    /// merged or released in it, still waiting at its end, or just before it.
    pub items: Vec<Item>,
    /// Requests that are open at the end of the window, bots' left out.
    pub open: Vec<Open>,
    /// Name and address of each author id.
    pub authors: Vec<(String, String)>,
}

impl<'a> Dataset<'a> {
    /// Finds the changes of all repositories and what became of them, by git alone.
    pub fn new(histories: &'a [History], options: &'a Options) -> Self {
        Self::collected(histories, Collected::nothing(), options)
    }

    /// The same with what was collected from forges, trackers, CI and pagers.
    pub fn with_delivery(
        histories: &'a [History],
        delivery: &'a Delivery,
        options: &'a Options,
    ) -> Self {
        Self::collected(histories, Collected::new(delivery), options)
    }

    fn collected(histories: &'a [History], collected: Collected<'a>, options: &'a Options) -> Self {
        let newest = || newest(histories, collected.delivery, options.now);
        let until = options.until.unwrap_or_else(newest);
        let since =
            options.since.unwrap_or_else(|| until - Millis::days(i64::from(options.window_days)));
        let mut dataset = Self {
            options,
            window: Window { since, until },
            line: Line::GIT,
            collected,
            deployments: Deployments::default(),
            failed_in_production: FxHashMap::default(),
            repositories: Vec::with_capacity(histories.len()),
            items: Vec::new(),
            open: Vec::new(),
            authors: Vec::new(),
        };
        let mut repositories: Vec<Repository<'_>> =
            histories.par_iter().map(|history| Repository::new(history, until)).collect();
        dataset.name_authors(&mut repositories);
        dataset.deployments = Deployments::new(
            &dataset.collected,
            &repositories,
            &options.collected,
            options.failure_window(),
            until,
        );
        dataset.line = dataset.line_of();
        let failed = dataset.failed_changes();
        let parts: Vec<Part> = repositories
            .par_iter()
            .enumerate()
            .map(|(row, repository)| {
                let failed = failed.get(&row).map_or(&[][..], Vec::as_slice);
                dataset.part(row, repository, failed)
            })
            .collect();
        dataset.items.reserve_exact(parts.iter().map(|part| part.items.len()).sum());
        for part in parts {
            dataset.items.extend(part.items);
            dataset.failed_in_production.extend(part.failed_in_production);
        }
        dataset.repositories = repositories;
        dataset.open = dataset.open_requests();
        dataset
    }

    /// Requests that are open at the end of the window, along the line as far as they came.
    fn open_requests(&self) -> Vec<Open> {
        funnel::open_requests(self)
            .map(|(row, pending)| {
                let repository = &self.repositories[row].history.repository;
                let mut marks = Marks::default();
                marks.apply_known(Boundary::FirstCommit, Some(pending.first_commit));
                marks.apply_known(Boundary::LastPush, Some(pending.last_push));
                if self.line.front != Front::Git {
                    let request = self.collected.request(repository, u64::from(pending.request));
                    let options = &self.options.collected;
                    let git = GitMentions::default();
                    self.collected.tell(&mut marks, request, &git, options, self.window.until);
                }
                Open {
                    repository: row,
                    request: pending.request,
                    journey: marks.journey(self.line),
                }
            })
            .collect()
    }

    /// The line that what was collected allows.
    const fn line_of(&self) -> Line {
        let delivery = self.collected.delivery;
        let front = if !delivery.requests.is_empty() {
            Front::Requests
        } else if !delivery.tickets.is_empty() {
            Front::Tickets
        } else {
            Front::Git
        };
        let end = if self.deployments.list.is_empty() { End::Released } else { End::Deployed };
        Line { front, end }
    }

    /// Gives each person the id that all repositories share: people are one by address.
    fn name_authors(&mut self, repositories: &mut [Repository<'a>]) {
        let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
        for repository in repositories {
            let people = &repository.history.people;
            repository.author_of.reserve_exact(people.len());
            for person in people {
                let id = *ids.entry(person.email.as_str()).or_insert_with(|| {
                    self.authors.push((person.name.clone(), person.email.clone()));
                    self.authors.len() as u32 - 1
                });
                repository.author_of.push(id);
            }
        }
    }

    /// What one repository adds to the dataset.
    fn part(&self, row: usize, repository: &Repository<'a>, failed: &[FailedChange]) -> Part {
        let until = self.window.until;
        let mut part = Part::default();
        let mut item_of = vec![None; repository.changes.delivered.len()];
        for (index, change) in repository.changes.delivered.iter().enumerate() {
            let merged = failure::merged_at(change);
            if merged > until || merged < EARLIEST {
                continue;
            }
            let arrival = self.arrival(row, repository, change);
            if !self.matters(arrival, merged) {
                continue;
            }
            item_of[index] = Some(part.items.len() as u32);
            part.items.push(self.item(repository, row, index, arrival));
        }
        for link in &repository.links {
            if let Some(item) = item_of[link.failed].map(|item| &mut part.items[item as usize]) {
                let after = Millis::new((link.at - item.merged).get().max(0));
                let earliest = |known: Option<Millis>| Some(known.map_or(after, |k| k.min(after)));
                item.failed_wide = earliest(item.failed_wide);
                if link.grade <= Grade::C {
                    item.failed_strict = earliest(item.failed_strict);
                }
            }
        }
        self.add_production_failures(&mut part, row, &item_of, failed);
        self.add_sizes(&mut part.items, repository);
        part
    }

    /// Changes that failed in production, by repository.
    fn failed_changes(&self) -> FxHashMap<usize, Vec<FailedChange>> {
        let mut failed: FxHashMap<usize, Vec<FailedChange>> = FxHashMap::default();
        for (by, deployment) in self.deployments.list.iter().enumerate() {
            for (number, failure) in deployment.failures.iter().enumerate() {
                // A revert is a link of the change itself.
                if failure.grade == Grade::C {
                    continue;
                }
                for (repository, change) in &failure.changes {
                    let found = FailedChange { change: *change, by, number };
                    failed.entry(*repository).or_default().push(found);
                }
            }
        }
        failed
    }

    /// Failures that were seen in production, from the deployments that brought the changes.
    fn add_production_failures(
        &self,
        part: &mut Part,
        row: usize,
        item_of: &[Option<u32>],
        failed: &[FailedChange],
    ) {
        for FailedChange { change, by, number } in failed {
            let Some(index) = item_of[*change] else { continue };
            let failure = &self.deployments.list[*by].failures[*number];
            let item = &mut part.items[index as usize];
            if failure.at < item.merged {
                continue; // What was seen before it was merged was not its doing.
            }
            let after = failure.at - item.merged;
            let earliest = |known: Option<Millis>| Some(known.map_or(after, |k| k.min(after)));
            item.failed_wide = earliest(item.failed_wide);
            if failure.grade <= Grade::C {
                item.failed_strict = earliest(item.failed_strict);
            }
            part.failed_in_production.entry((row, *change)).or_default().push((*by, *number));
        }
    }

    /// Whether a change has to do with the window: merged in it, released in it, waiting still,
    /// or young enough at its start for its lines to be reworked in it.
    fn matters(&self, arrival: Arrival, merged: Timestamp) -> bool {
        let since = self.window.since;
        merged + self.options.rework_window() >= since
            || arrival.is_waiting
            || arrival.at.is_some_and(|at| at >= since)
    }

    /// When a change came to its users.
    fn arrival(&self, row: usize, repository: &Repository<'_>, change: &Change) -> Arrival {
        let options = &self.options.collected;
        let deployed = match self.line.end {
            End::Released => FirstDeployment::Unknown,
            End::Deployed => self.deployments.first(row, repository, change, options),
        };
        let unknown = Arrival::default();
        match deployed {
            FirstDeployment::LeftCensored => Arrival { left_censored: true, ..unknown },
            FirstDeployment::Waiting => Arrival { is_waiting: true, ..unknown },
            FirstDeployment::Deployed(by) => {
                let deployment = &self.deployments.list[by];
                Arrival {
                    at: Some(deployment.finished),
                    started: deployment.started,
                    deployment: Some(by),
                    ..unknown
                }
            }
            // What has no recorded deployments: a release is taken for one, if the team says so.
            FirstDeployment::Unknown
                if self.line.end == End::Deployed && !options.release_is_deploy =>
            {
                unknown
            }
            FirstDeployment::Unknown => match change.first_release {
                FirstRelease::LeftCensored => Arrival { left_censored: true, ..unknown },
                FirstRelease::Waiting => {
                    Arrival { is_waiting: !repository.releases.list.is_empty(), ..unknown }
                }
                FirstRelease::Released { .. } => {
                    Arrival { at: change.marks.get(Boundary::Released), ..unknown }
                }
            },
        }
    }

    fn item(
        &self,
        repository: &Repository<'a>,
        row: usize,
        index: usize,
        arrival: Arrival,
    ) -> Item {
        let change = &repository.changes.delivered[index];
        let mut release = None;
        let mut backport = false;
        if let FirstRelease::Released { release: first, backport: other } = change.first_release {
            release = Some(first);
            backport = other;
        }
        let mut marks = change.marks;
        let told = self.tell(repository, change, &mut marks);
        if self.line.end == End::Deployed {
            marks.apply_known(Boundary::InProduction, arrival.at);
            marks.apply_known(Boundary::DeployStarted, arrival.started);
        }
        Item {
            repository: row,
            change: index,
            author: repository.author_of[change.author.row()],
            cohort: change.attribution.cohort(),
            shape: change.shape,
            journey: marks.journey(self.line),
            merged: failure::merged_at(change),
            release,
            left_censored: arrival.left_censored,
            is_waiting: arrival.is_waiting,
            deployment: arrival.deployment,
            backport,
            told,
            failed_strict: None,
            failed_wide: None,
            size: None,
            team: self.team(repository, change),
        }
    }

    /// Adds to the marks of a change what was collected of it.
    fn tell(&self, repository: &Repository<'_>, change: &Change, marks: &mut Marks) -> Told {
        if change.shape == Shape::Direct {
            marks.seen = Seen::Direct;
        }
        if self.line.front == Front::Git {
            return Told::default();
        }
        let request = change.request.and_then(|number| {
            self.collected.request(&repository.history.repository, u64::from(number))
        });
        let start = change.position as usize;
        let landed = &repository.graph.mainline[start..start + change.span as usize];
        let mut git = GitMentions::default();
        for commit in landed.iter().map(|ix| repository.history.commit(*ix)) {
            if self.collected.has_ties() {
                git.commits.push(commit.id.to_string());
            }
            let links = commit.links.iter();
            git.tickets.extend(links.flat_map(|links| &links.tickets).map(String::as_str));
        }
        let options = &self.options.collected;
        self.collected.tell(marks, request, &git, options, self.window.until)
    }

    /// Sizes and rework of items, from the differences that were read.
    fn add_sizes(&self, items: &mut [Item], repository: &Repository<'a>) {
        let mut lines = Lines::default();
        let rework = self.options.rework_window();
        for item in &mut *items {
            let change = &repository.changes.delivered[item.change];
            let start = change.position as usize;
            let mut size = Size { reworked: Some(0), ..Size::default() };
            let mut known = true;
            for ix in &repository.graph.mainline[start..start + change.span as usize] {
                let Some(diff) = repository.history.diff(*ix) else {
                    known = false;
                    continue;
                };
                size.added += diff.added();
                size.removed += diff.removed();
                size.files += diff.files.len() as u64;
                lines.apply(item.change as u32, item.merged, diff, rework);
            }
            item.size = known.then_some(size);
            if !known && let Some(row) = item.told.request {
                item.size = told_size(&self.collected.delivery.requests[row]);
            }
        }
        for item in items {
            if let Some(size) = &mut item.size {
                size.reworked = size.reworked.map(|_| lines.reworked(item.change as u32));
            }
        }
    }

    /// The first team that has the author or a path of the change.
    fn team(&self, repository: &Repository<'a>, change: &Change) -> Option<usize> {
        let teams = &self.options.teams;
        if teams.is_empty() {
            return None;
        }
        let email = &repository.history.people[change.author.row()].email;
        let diff = repository.history.diff(change.landed);
        teams.iter().position(|team| {
            team.authors.contains(email)
                || diff.is_some_and(|diff| {
                    diff.files.iter().any(|file| team.paths.is_match(&file.path))
                })
        })
    }

    /// Changes merged in the window, without those of bots: what most measures are about.
    pub fn in_window(&self) -> impl Iterator<Item = &Item> {
        self.merged_in_window().filter(|item| item.cohort != Cohort::Bot)
    }

    /// Changes merged in the window, bots included.
    pub fn merged_in_window(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| self.is_in_window(item))
    }

    /// Whether a change was merged in the window.
    pub fn is_in_window(&self, item: &Item) -> bool {
        item.merged >= self.window.since
    }

    /// The items of one repository.
    pub fn of_repository(&self, row: usize) -> &[Item] {
        let start = self.items.partition_point(|item| item.repository < row);
        let rest = &self.items[start..];
        &rest[..rest.partition_point(|item| item.repository == row)]
    }

    /// The part of the window in which there was something to see: from the first commit of the
    /// oldest repository, where that is younger than the window.
    ///
    /// At least a week, or the whole window where that is shorter: a rate of a repository that
    /// was begun this morning would say nothing.
    pub fn observed(&self) -> Window {
        let Window { since, until } = self.window;
        let first = self.repositories.iter().filter_map(|found| found.first_seen).min();
        let from = first.map_or(since, |first| first.max(since)).min(until - Millis::WEEK);
        Window { since: from.max(since), until }
    }

    /// Length of the observed part of the window in weeks.
    pub fn weeks(&self) -> f64 {
        let Window { since, until } = self.observed();
        (until - since).get().max(1) as f64 / Millis::WEEK.get() as f64
    }

    /// Whether any repository has a stable release.
    pub fn has_releases(&self) -> bool {
        self.repositories.iter().any(|found| !found.releases.list.is_empty())
    }

    /// The author id of a person of a repository.
    pub fn author(&self, repository: usize, person: PersonIx) -> u32 {
        self.repositories[repository].author_of[person.row()]
    }

    /// The change's name for people: `#12` or a short commit id, with the repository's name
    /// where there are several.
    pub fn change_name(&self, repository: usize, change: usize) -> String {
        let found = &self.repositories[repository];
        let change = &found.changes.delivered[change];
        let name = match change.request {
            Some(number) => format!("#{number}"),
            None => found.history.commit(change.landed).id.short(),
        };
        if self.repositories.len() > 1 {
            format!(
                "{}{}{name}",
                found.history.name,
                if change.request.is_some() { "" } else { "@" }
            )
        } else {
            name
        }
    }

    /// Every sign that an item failed, the earliest first: from its repository and from production.
    pub fn signs(&self, item: &Item) -> Vec<Sign> {
        let links = self.repositories[item.repository].links_of(item.change);
        let mut signs: Vec<Sign> = links
            .map(|link| Sign {
                at: link.at,
                grade: link.grade,
                kind: link.kind,
                by: self.change_name(item.repository, link.by),
                why: link.why.clone(),
            })
            .collect();
        let failed = self.failed_in_production.get(&(item.repository, item.change));
        for (by, number) in failed.into_iter().flatten() {
            let deployment = &self.deployments.list[*by];
            let failure = &deployment.failures[*number];
            let short: String = deployment.what.chars().take(10).collect();
            signs.push(Sign {
                at: failure.at,
                grade: failure.grade,
                kind: failure.kind(),
                by: format!("{} {short}", deployment.service),
                why: failure.why.clone(),
            });
        }
        signs.sort_by(|a, b| (a.at, a.grade, &a.by).cmp(&(b.at, b.grade, &b.by)));
        signs
    }

    /// The item's change.
    pub fn change(&self, item: &Item) -> &Change {
        &self.repositories[item.repository].changes.delivered[item.change]
    }

    /// Whether the change has been followed for the whole failure window.
    pub fn is_followed(&self, item: &Item) -> bool {
        item.merged + self.options.failure_window() <= self.window.until
    }
}

impl<'a> Repository<'a> {
    /// Finds the changes of a history, and what became of them until an instant.
    fn new(history: &'a History, until: Timestamp) -> Self {
        let graph = Graph::new(history);
        let releases = Releases::until(history, &graph, until);
        let changes = change::changes(history, &graph, &releases);
        let mut links = failure::failures(history, &graph, &releases, &changes, Evidence::All);
        links.retain(|link| link.at <= until);
        let mut links_of: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (row, link) in links.iter().enumerate() {
            links_of.entry(link.failed).or_default().push(row);
        }
        let first_seen = graph.mainline.iter().map(|ix| history.commit(*ix).committed);
        Self {
            first_seen: first_seen.filter(|at| *at >= EARLIEST).min(),
            pending: pending(&changes, history, until),
            author_of: Vec::new(),
            history,
            graph,
            releases,
            changes,
            links,
            links_of,
        }
    }

    /// The failure links of a change, as they were known at the end of the window.
    pub fn links_of(&self, change: usize) -> impl Iterator<Item = &Link> {
        let rows = self.links_of.get(&change).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| &self.links[*row])
    }
}

/// The size of a request as its forge tells it; what of it was reworked is unknown there.
fn told_size(request: &Request) -> Option<Size> {
    let (_, state) = request.state.as_ref()?;
    Some(Size {
        added: state.additions?,
        removed: state.deletions?,
        files: state.files.unwrap_or_default(),
        reworked: None,
    })
}

/// Requests that were begun but not delivered at an instant: also those merged later.
fn pending(changes: &Changes, history: &History, until: Timestamp) -> Vec<Pending> {
    let later = changes.delivered.iter().filter(|change| failure::merged_at(change) > until);
    let later = later.filter_map(|change| {
        let (first, last) = (Boundary::FirstCommit, Boundary::LastPush);
        Some(Pending {
            request: change.request?,
            author: change.author,
            attribution: change.attribution,
            first_commit: change.marks.get(first)?,
            last_push: change.marks.get(last).unwrap_or(history.commit(change.landed).committed),
            commits: change.commits,
            merged_elsewhere: false,
        })
    });
    let mut pending: Vec<Pending> = changes
        .pending
        .iter()
        .cloned()
        .chain(later)
        .filter(|request| request.first_commit <= until)
        .map(|request| Pending { last_push: request.last_push.min(until), ..request })
        .collect();
    pending.sort_by_key(|request| request.request);
    pending
}

/// The newest instant at which something is known to have happened, not after `now`: where a window
/// ends that was not given.
pub fn newest(histories: &[History], delivery: &Delivery, now: Timestamp) -> Timestamp {
    let deployed = delivery.deployments.iter().filter_map(|one| one.finished);
    let merged = delivery.requests.iter().filter_map(|one| Some(one.merged.as_ref()?.at));
    histories
        .iter()
        .flat_map(|history| {
            let mainline = history.mainline();
            let commits = mainline.into_iter().map(|ix| history.commit(ix).committed);
            let tags = history.tags.iter().map(|tag| tag.at);
            let heads = history.requests.iter().map(|head| history.commit(head.commit).committed);
            commits.chain(tags).chain(heads).collect::<Vec<_>>()
        })
        .chain(deployed)
        .chain(merged)
        .filter(|at| *at <= now)
        .max()
        .unwrap_or(now)
}
