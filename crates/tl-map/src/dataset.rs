//! The dataset: every change of every repository, ready to be measured.
//!
//! In: histories and options. Out: [`Dataset`], which each measure reads. Start at
//! [`Dataset::new`]. **Invariant:** nothing after the end of the window is known: what was merged
//! later is absent, what was released or failed later is still open or whole.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tl_core::attribution::Cohort;
use tl_core::delivery::{Delivery, Request, numbered};
use tl_core::diff::CommitDiff;
use tl_core::history::{EARLIEST, History};
use tl_core::id::PersonIx;
use tl_core::time::{Millis, Timestamp};

pub use self::gathered::{Others, newest};
use self::gathered::{nothing, tasks};
pub use self::narrow::{Known, Narrowed};
pub use self::repository::{Held, Repository};
use self::requests::Hearing;
pub use self::requests::{Given, Requests};
use crate::change::{Change, ChangeAt};
use crate::collected::{Collected, Told};
use crate::deployment::{Deployments, FirstDeployment, named_commits};
use crate::failure::{self, FailureKind, Grade};
use crate::fold::{RowError, Shelf};
use crate::journey::{Boundary, End, Front, Journey, Line, Marks, Shape, Stage};
use crate::lines::Lines;
use crate::options::Options;
use crate::release::{FirstRelease, ReleaseIx};
use crate::row::RowIx;

mod gathered;
mod narrow;
mod repository;
mod requests;

/// The period that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub since: Timestamp,
    /// Last instant, up to which everything is known.
    pub until: Timestamp,
}

/// One delivered change, as measures see it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where it stands.
    pub at: ChangeAt,
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
    /// Why it has no known arrival, where that can be told.
    pub gap: Option<Gap>,
    /// The deployment that first brought it to production, in [`Deployments::list`].
    pub deployment: Option<RowIx>,
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
    /// Its team in the options.
    pub team: Option<RowIx>,
}

impl Item {
    /// Row of its repository in [`Dataset::repositories`].
    pub const fn repository(&self) -> usize {
        self.at.0 as usize
    }

    /// Row in that repository's `changes.delivered`.
    pub const fn change(&self) -> usize {
        self.at.1 as usize
    }

    /// See [`Gap::LeftCensored`].
    pub fn left_censored(&self) -> bool {
        self.gap == Some(Gap::LeftCensored)
    }

    /// See [`Gap::Waiting`].
    pub fn is_waiting(&self) -> bool {
        self.gap == Some(Gap::Waiting)
    }
}

/// Changes, repository by repository. Those of each lie by themselves, so that they take the room
/// that the steps before them leave.
#[derive(Debug, Default)]
pub struct Items(Vec<Vec<Item>>);

impl Items {
    /// Adds those of the next repository.
    fn add(&mut self, mut items: Vec<Item>) {
        items.shrink_to_fit();
        self.0.push(items);
    }

    /// Those of the repository at a row.
    fn of_repository(&self, row: usize) -> &[Item] {
        self.0.get(row).map_or(&[], Vec::as_slice)
    }

    /// The one of a change; `None` where that has nothing to do with the window.
    pub fn get(&self, at: ChangeAt) -> Option<&Item> {
        let items = self.of_repository(at.0 as usize);
        items.binary_search_by_key(&at, |item| item.at).ok().map(|row| &items[row])
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Item> + Clone {
        self.0.iter().flatten()
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.0.iter_mut().flatten()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    fn retain(&mut self, mut keep: impl FnMut(&Item) -> bool) {
        self.0.iter_mut().for_each(|items| items.retain(&mut keep));
    }
}

/// What one repository adds to the dataset.
#[derive(Default)]
struct Part {
    items: Vec<Item>,
    /// As [`Dataset::failed_in_production`].
    failed_in_production: FxHashMap<ChangeAt, Vec<(usize, usize)>>,
}

/// A change that failed in production.
#[derive(Debug, Clone, Copy)]
struct FailedChange {
    change: u32,
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
    gap: Option<Gap>,
}

/// Why nobody can say when a change came to its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// It is in the earliest known release or deployment, so that its wait is unknown.
    LeftCensored,
    /// It is merged and not with its users yet, though others of its repository are.
    Waiting,
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

/// How large a change is. What is more than a number holds is its largest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
    /// Files touched.
    pub files: u32,
    /// Of the lines added, those changed again within the rework window; `None` where only the
    /// forge told the size.
    pub reworked: Option<u32>,
}

/// A count, or the largest number where it is more.
fn at_most(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The requests of the repository with most changes that have one, merged in the window.
#[derive(Debug)]
pub struct Busiest {
    /// Its row.
    pub repository: usize,
    count: usize,
    requests: Vec<Request>,
    by_number: FxHashMap<u64, usize>,
}

impl Busiest {
    fn new(repository: usize, count: usize, requests: Vec<Request>) -> Self {
        let numbers = requests.iter().enumerate();
        let numbers = numbers.filter_map(|(row, one)| Some((numbered(&one.key)?.1, row)));
        Self { repository, count, by_number: numbers.collect(), requests }
    }

    /// The request with a number.
    pub fn request(&self, number: u32) -> Option<&Request> {
        self.by_number.get(&u64::from(number)).map(|row| &self.requests[*row])
    }
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
    /// What requests tell that belongs to no one change.
    pub requests: Requests,
    /// The requests of the repository with most changes, where its line is to be simulated.
    pub busiest: Option<Busiest>,
    /// For each change that failed in production, the deployments and the rows of their failures.
    failed_in_production: FxHashMap<ChangeAt, Vec<(usize, usize)>>,
    /// The repositories, in the order given.
    pub repositories: Vec<Repository<'a>>,
    /// Every change that has to do with the window, repository by repository, oldest first:
    /// merged or released in it, still waiting at its end, or just before it.
    pub items: Items,
    /// Requests that are open at the end of the window, bots' left out.
    pub open: Vec<Open>,
    /// Name and address of each author id.
    pub authors: Vec<(String, String)>,
    /// How much of the whole this is.
    pub narrowed: Narrowed,
    /// What can be chosen, whatever was.
    pub known: Known,
    /// Whether the whole has several repositories: a change is then named with its own.
    is_one_of_several: bool,
}

impl<'a> Dataset<'a> {
    /// Finds the changes of all repositories and what became of them, by git alone.
    pub fn new(histories: &'a [History], options: &'a Options) -> Self {
        Self::with_delivery(histories, nothing(), options)
    }

    /// The same with what was collected from forges, trackers, CI and pagers.
    pub fn with_delivery(
        histories: &'a [History],
        delivery: &'a Delivery,
        options: &'a Options,
    ) -> Self {
        let requests = Shelf::of(&delivery.requests);
        Self::gathered(histories, Collected::new(delivery), requests, &Others::none(), options)
            .expect("a row that was just written can be read")
    }

    /// The same with requests as their rows hold them, and repositories that are known by those
    /// alone: as many at a time as there are cores, so that nobody holds all requests.
    pub fn gathered(
        histories: &'a [History],
        collected: Collected<'a>,
        requests: Shelf,
        others: &Others<'_>,
        options: &'a Options,
    ) -> Result<Self, RowError> {
        let until = match options.until {
            Some(until) => until,
            None => {
                let Collected { delivery, records, .. } = &collected;
                newest(histories, delivery, records, &requests, others, options.now)?
            }
        };
        let since =
            options.since.unwrap_or_else(|| until - Millis::days(i64::from(options.window_days)));
        let mut dataset = Self {
            options,
            window: Window { since, until },
            line: Line::GIT,
            collected,
            deployments: Deployments::default(),
            requests: Requests::default(),
            busiest: None,
            failed_in_production: FxHashMap::default(),
            repositories: Vec::new(),
            items: Items::default(),
            open: Vec::new(),
            authors: Vec::new(),
            narrowed: Narrowed::Whole,
            is_one_of_several: histories.len() + others.names.len() > 1,
            known: Known::default(),
        };
        let named = histories.iter().map(|history| &history.name).chain(&others.names);
        dataset.known.repositories = named.cloned().collect();
        let mut repositories = dataset.hear(histories, requests, others)?;
        dataset.name_authors(&mut repositories);
        dataset.deployments = Deployments::new(
            &dataset.collected,
            &repositories,
            &options.collected,
            options.failure_window(),
            until,
        );
        if !dataset.deployments.list.is_empty() {
            dataset.line.end = End::Deployed;
        }
        dataset.known.services = dataset.deployments.names();
        // Asked for while changes were told and deployments joined, and not again.
        dataset.collected.forget_ties();
        repositories.iter_mut().for_each(|found| found.named = Vec::new());
        let failed = dataset.failed_changes();
        let part = |(row, repository): (usize, &mut Repository<'a>)| {
            let failed = failed.get(&(row as u32)).map_or(&[][..], Vec::as_slice);
            dataset.part(row, repository, failed)
        };
        let parts: Vec<Part> = repositories.par_iter_mut().enumerate().map(part).collect();
        for part in parts {
            dataset.items.add(part.items);
            dataset.failed_in_production.extend(part.failed_in_production);
        }
        for (row, repository) in repositories.iter_mut().enumerate() {
            let open = std::mem::take(&mut repository.open).into_iter();
            dataset.open.extend(open.map(|(request, marks)| Open {
                repository: row,
                request,
                journey: marks.journey(dataset.line),
            }));
        }
        dataset.repositories = repositories;
        dataset.narrow();
        Ok(dataset)
    }

    /// Finds what is in each repository, with what its requests tell.
    fn hear(
        &mut self,
        histories: &'a [History],
        requests: Shelf,
        others: &Others<'_>,
    ) -> Result<Vec<Repository<'a>>, RowError> {
        self.line.front = match requests.is_empty() {
            false => Front::Requests,
            true if !self.collected.tickets.is_empty() => Front::Tickets,
            true => Front::Git,
        };
        let hearing = Hearing::new(&self.collected, self.options, self.window, self.line.front);
        let wanted = named_commits(&self.collected);
        let most = Mutex::new(None);
        let heard: Result<Vec<_>, RowError> =
            tasks(histories, requests, others, &self.options.only.repositories)
                .into_par_iter()
                .map(|task| {
                    let requests = task.shelved.requests()?;
                    drop(task.shelved);
                    let mut heard = Vec::with_capacity(task.places.len().max(1));
                    for (row, history) in task.places {
                        let history = match history {
                            Some(history) => Held::Read(history),
                            None => Held::Made(Box::new((others.make)(&task.name, &requests))),
                        };
                        let mut found = Repository::new(history, self.window, &wanted);
                        let mut told = hearing.hear(Some(&mut found), &requests);
                        if !heard.is_empty() {
                            told.is_told();
                        }
                        found.slim();
                        heard.push((Some((row, found)), told));
                    }
                    match heard.first() {
                        None => heard.push((None, hearing.hear(None, &requests))),
                        Some((Some((row, found)), _)) if self.options.collected.network => {
                            self.keep_busiest(&most, *row, found, requests);
                        }
                        Some(_) => {}
                    }
                    Ok(heard)
                })
                .collect();
        let mut all: Vec<Option<Repository<'a>>> = Vec::new();
        all.resize_with(histories.len() + others.names.len(), || None);
        let mut logins = FxHashMap::default();
        for (found, heard) in heard?.into_iter().flatten() {
            let row = found.as_ref().map(|(row, _)| *row);
            let rows = self.requests.add(&mut logins, row, heard);
            if let Some((row, mut found)) = found {
                let asked = found.told.iter_mut().filter_map(|told| told.request.as_mut());
                for author in asked.filter_map(|asked| asked.author.as_mut()) {
                    *author = RowIx::new(rows[author.index()]);
                }
                all[row] = Some(found);
            }
        }
        self.busiest = most.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(all.into_iter().flatten().collect())
    }

    /// Keeps the requests of the repository in which most changes of the window have one; of
    /// equals those of the first.
    fn keep_busiest(
        &self,
        most: &Mutex<Option<Busiest>>,
        row: usize,
        found: &Repository<'_>,
        requests: Vec<Request>,
    ) {
        let is_inside = |change: &Change| {
            let merged = failure::merged_at(change);
            merged >= self.window.since.max(EARLIEST) && merged <= self.window.until
        };
        let told = found.changes.delivered.iter().zip(&found.told);
        let count =
            told.filter(|(change, told)| is_inside(change) && told.request.is_some()).count();
        let mut most = most.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            most.as_ref().map_or((0, Reverse(0)), |one| (one.count, Reverse(one.repository)));
        if count > 0 && (count, Reverse(row)) > known {
            *most = Some(Busiest::new(row, count, requests));
        }
    }

    /// Gives each person the id that all repositories share: people are one by address.
    fn name_authors(&mut self, repositories: &mut [Repository<'a>]) {
        let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
        for Repository { history, author_of, .. } in repositories {
            author_of.reserve_exact(history.people.len());
            for person in &history.people {
                let id = *ids.entry(person.email.as_str()).or_insert_with(|| {
                    self.authors.push((person.name.clone(), person.email.clone()));
                    self.authors.len() as u32 - 1
                });
                author_of.push(id);
            }
        }
    }

    /// What one repository adds to the dataset.
    fn part(&self, row: usize, repository: &mut Repository<'a>, failed: &[FailedChange]) -> Part {
        let until = self.window.until;
        let changes = repository.changes.delivered.len();
        let mut part = Part { items: Vec::with_capacity(changes), ..Part::default() };
        let mut item_of = vec![None; changes];
        let mut told = std::mem::take(&mut repository.told).into_iter();
        let marks = std::mem::take(&mut repository.changes.marks);
        for (index, marks) in marks.into_iter().enumerate() {
            let change = &repository.changes.delivered[index];
            let told = told.next().unwrap_or_default();
            let merged = failure::merged_at(change);
            if merged > until || merged < EARLIEST {
                continue;
            }
            let arrival = self.arrival(row, repository, change, &marks);
            if !self.matters(arrival, merged) {
                continue;
            }
            item_of[index] = Some(part.items.len() as u32);
            part.items.push(self.item(repository, row, index, marks, arrival, told));
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
        self.add_production_failures(&mut part, &item_of, failed);
        self.add_sizes(&mut part.items, repository);
        repository.sizes = Vec::new();
        part
    }

    /// Changes that failed in production, by repository.
    fn failed_changes(&self) -> FxHashMap<u32, Vec<FailedChange>> {
        let mut failed: FxHashMap<u32, Vec<FailedChange>> = FxHashMap::default();
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
        item_of: &[Option<u32>],
        failed: &[FailedChange],
    ) {
        for FailedChange { change, by, number } in failed {
            let Some(index) = item_of[*change as usize] else { continue };
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
            part.failed_in_production.entry(item.at).or_default().push((*by, *number));
        }
    }

    /// Whether a change has to do with the window: merged in it, released in it, waiting still,
    /// or young enough at its start for its lines to be reworked in it.
    fn matters(&self, arrival: Arrival, merged: Timestamp) -> bool {
        let since = self.window.since;
        merged + self.options.rework_window() >= since
            || arrival.gap == Some(Gap::Waiting)
            || arrival.at.is_some_and(|at| at >= since)
    }

    /// When a change came to its users.
    fn arrival(
        &self,
        row: usize,
        repository: &Repository<'_>,
        change: &Change,
        marks: &Marks,
    ) -> Arrival {
        let options = &self.options.collected;
        let deployed = match self.line.end {
            End::Released => FirstDeployment::Unknown,
            End::Deployed => self.deployments.first(row, repository, change, options),
        };
        let unknown = Arrival::default();
        match deployed {
            FirstDeployment::LeftCensored => Arrival { gap: Some(Gap::LeftCensored), ..unknown },
            FirstDeployment::Waiting => Arrival { gap: Some(Gap::Waiting), ..unknown },
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
                FirstRelease::LeftCensored => Arrival { gap: Some(Gap::LeftCensored), ..unknown },
                FirstRelease::Waiting if repository.releases.list.is_empty() => unknown,
                FirstRelease::Waiting => Arrival { gap: Some(Gap::Waiting), ..unknown },
                FirstRelease::Released { .. } => {
                    Arrival { at: marks.get(Boundary::Released), ..unknown }
                }
            },
        }
    }

    fn item(
        &self,
        repository: &Repository<'a>,
        row: usize,
        index: usize,
        mut marks: Marks,
        arrival: Arrival,
        told: Told,
    ) -> Item {
        let change = &repository.changes.delivered[index];
        let mut release = None;
        let mut backport = false;
        if let FirstRelease::Released { release: first, backport: other } = change.first_release {
            release = Some(first);
            backport = other;
        }
        if self.line.end == End::Deployed {
            marks.apply_known(Boundary::InProduction, arrival.at);
            marks.apply_known(Boundary::DeployStarted, arrival.started);
        }
        Item {
            at: (row as u32, index as u32),
            author: repository.author_of[change.author.row()],
            cohort: change.attribution.cohort(),
            shape: change.shape,
            journey: marks.journey(self.line),
            merged: failure::merged_at(change),
            release,
            gap: arrival.gap,
            deployment: arrival.deployment.map(|row| RowIx::new(row as u32)),
            backport,
            told,
            failed_strict: None,
            failed_wide: None,
            size: None,
            team: self.team(repository, change),
        }
    }

    /// Sizes and rework of items, from the differences that were read.
    fn add_sizes(&self, items: &mut [Item], repository: &Repository<'a>) {
        let mut lines = Lines::default();
        let rework = self.options.rework_window();
        for item in &mut *items {
            let change = &repository.changes.delivered[item.change()];
            let start = change.position as usize;
            let mut size = Size { reworked: Some(0), ..Size::default() };
            let mut known = true;
            for ix in &repository.graph.mainline[start..start + change.span as usize] {
                let Some(diff) = repository.history.diff(*ix) else {
                    known = false;
                    continue;
                };
                size.added = size.added.saturating_add(at_most(diff.added()));
                size.removed = size.removed.saturating_add(at_most(diff.removed()));
                size.files = size.files.saturating_add(at_most(diff.files.len() as u64));
                lines.apply(item.at.1, item.merged, diff, rework);
            }
            item.size = known.then_some(size);
            if !known {
                item.size = repository.sizes.get(item.change()).copied().flatten();
            }
        }
        for item in items {
            if let Some(size) = &mut item.size {
                size.reworked = size.reworked.map(|_| at_most(lines.reworked(item.at.1)));
            }
        }
    }

    /// The first team that has the author or a path of the change.
    fn team(&self, repository: &Repository<'a>, change: &Change) -> Option<RowIx> {
        if self.options.teams.is_empty() {
            return None;
        }
        let email = &repository.history.people[change.author.row()].email;
        self.team_of(email, repository.history.diff(change.landed))
            .map(|row| RowIx::new(row as u32))
    }

    /// The first team that has a person or a path. What is known by requests alone has logins for
    /// addresses: the configuration says whose they are.
    pub(crate) fn team_of(&self, email: &String, diff: Option<&CommitDiff>) -> Option<usize> {
        let address = self.options.collected.people.get(email);
        self.options.teams.iter().position(|team| {
            team.authors.contains(email)
                || address.is_some_and(|address| team.authors.contains(address))
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
        self.items.of_repository(row)
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
        let name = match change.request() {
            Some(number) => format!("#{number}"),
            None => found.history.commit(change.landed).id.short(),
        };
        self.name_within(repository, if change.request().is_some() { "" } else { "@" }, &name)
    }

    /// The same of a change by where it stands.
    pub fn name_at(&self, (repository, change): ChangeAt) -> String {
        self.change_name(repository as usize, change as usize)
    }

    /// A name within a repository, with the repository's where there are several.
    pub fn name_within(&self, repository: usize, between: &str, name: &str) -> String {
        match self.is_one_of_several {
            true => format!("{}{between}{name}", self.repositories[repository].history.name),
            false => name.to_owned(),
        }
    }

    /// Every sign that an item failed, the earliest first: from its repository and from production.
    pub fn signs(&self, item: &Item) -> Vec<Sign> {
        let links = self.repositories[item.repository()].links_of(item.change());
        let mut signs: Vec<Sign> = links
            .map(|link| Sign {
                at: link.at,
                grade: link.grade,
                kind: link.kind,
                by: self.change_name(item.repository(), link.by),
                why: link.why.clone(),
            })
            .collect();
        let failed = self.failed_in_production.get(&item.at);
        for (by, number) in failed.into_iter().flatten() {
            let deployment = self.deployments.get(*by);
            let failure = &deployment.failures[*number];
            let short = deployment.what(&self.collected.records).short();
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
        &self.repositories[item.repository()].changes.delivered[item.change()]
    }

    /// Whether the change has been followed for the whole failure window.
    pub fn is_followed(&self, item: &Item) -> bool {
        item.merged + self.options.failure_window() <= self.window.until
    }
}
