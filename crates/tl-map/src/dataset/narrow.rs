//! The part of the changes that is asked about: of some repositories, services, teams or a cohort.
//!
//! In: the whole dataset, and [`Only`](crate::options::Only). Out: the same dataset with these
//! changes, the open requests that may become such, and the deployments that brought them. Start at
//! [`Dataset::narrow`]. Repositories are chosen before anything is read of them; all else when all is
//! known, because what a change met came from everywhere: who reviewed it, and by what it failed.
//! **Invariants:** every figure speaks of the same changes and deployments; the window, the line and
//! the names stay those of the whole; a part with fewer people than the privacy floor is empty.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::attribution::Cohort;
use tl_core::delivery::numbered;
use tl_core::history::Gap;

use super::repository::Repository;
use super::{Dataset, Item};
use crate::change::{ChangeAt, Pending};
use crate::deployment::{may_bring, service_of};
use crate::fold::Record;
use crate::measure::figures::people;
use crate::row::RowIx;

/// How much of the whole a dataset holds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Narrowed {
    /// All of it.
    #[default]
    Whole,
    /// Some of its repositories.
    ToRepositories,
    /// Some of its changes.
    ToChanges,
    /// Nothing: it would have been a part with fewer people than the privacy floor.
    Hidden,
}

/// What can be chosen, whatever was.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Known {
    /// Repositories by their names for people, in the order given.
    pub repositories: Vec<String>,
    /// Services that something was deployed of, by name.
    pub services: Vec<String>,
}

/// What belongs to the part, while nothing was taken away yet.
struct Part {
    items: Vec<bool>,
    open: Vec<bool>,
    /// Requests that are not delivered, by repository.
    pending: Vec<Vec<bool>>,
    deployments: Vec<bool>,
}

impl Dataset<'_> {
    /// Whether this is a part of what was asked for.
    pub const fn is_narrowed(&self) -> bool {
        !matches!(self.narrowed, Narrowed::Whole)
    }

    /// Whether changes of a repository were chosen, and not all of them.
    pub const fn is_of_chosen_changes(&self) -> bool {
        matches!(self.narrowed, Narrowed::ToChanges | Narrowed::Hidden)
    }

    /// Whether a repository has to do with the part.
    pub fn is_shown(&self, row: usize) -> bool {
        let has_pending = || !self.repositories[row].pending.is_empty();
        !self.is_of_chosen_changes() || !self.of_repository(row).is_empty() || has_pending()
    }

    /// What the repositories cannot say, and whether the part is too small to be shown.
    pub fn gaps(&self) -> Vec<Gap> {
        let shown = self.repositories.iter().enumerate().filter(|(row, _)| self.is_shown(*row));
        let mut gaps: Vec<Gap> =
            shown.flat_map(|(_, found)| found.history.gaps.iter().cloned()).collect();
        if self.narrowed == Narrowed::Hidden {
            gaps.push(Gap {
                id: "privacy-floor".to_owned(),
                what: format!(
                    "fewer than {} people have changes in this part",
                    self.options.privacy_floor
                ),
                consequence: "A part of so few people is not shown apart from the whole."
                    .to_owned(),
                mend: None,
            });
        }
        gaps
    }

    /// Whether the deployment at a row of [`Collected::records`](crate::collected::Collected::records)
    /// belongs to what is shown; of one that has not ended, its service says so.
    pub fn is_record_shown(&self) -> impl Fn(usize, &Record<'_>) -> bool {
        let list = self.deployments.list.iter().filter(|_| self.is_narrowed());
        let records: FxHashSet<usize> =
            list.clone().flat_map(|one| one.records.iter().map(|row| *row as usize)).collect();
        let services: FxHashSet<&str> = list.map(|one| &*one.service).collect();
        move |row, record| {
            !self.is_narrowed()
                || records.contains(&row)
                || (record.finished().is_none()
                    && services.contains(service_of(record, &self.options.collected)))
        }
    }

    /// Takes away what was not asked for.
    pub(super) fn narrow(&mut self) {
        if self.options.only.is_empty() {
            return;
        }
        let only = &self.options.only;
        let of_repositories = !only.repositories.is_empty();
        let of_changes =
            !only.services.is_empty() || !only.teams.is_empty() || only.cohort.is_some();
        let before = people(self.in_window());
        let mut part = self.part_asked_for();
        let kept = self.items.iter().zip(&part.items).filter(|(_, kept)| **kept);
        let left = kept.map(|(item, _)| item);
        let left = people(left.filter(|item| self.is_in_window(item)));
        let floor = self.options.privacy_floor;
        let floor =
            if of_repositories && self.is_one_of_several { floor } else { floor.min(before) };
        // Agents and bots are no people.
        let is_of_people = !matches!(only.cohort, Some(Cohort::AgentAuthored | Cohort::Bot));
        self.narrowed = match (of_repositories, of_changes) {
            _ if is_of_people && left > 0 && left < floor => Narrowed::Hidden,
            (_, true) => Narrowed::ToChanges,
            _ => Narrowed::ToRepositories,
        };
        if self.narrowed == Narrowed::Hidden {
            part.hide();
        }
        if self.is_of_chosen_changes() {
            // The simulated line is of whole repositories.
            self.busiest = None;
        }
        self.keep(&part);
        self.keep_collected();
    }

    fn part_asked_for(&self) -> Part {
        let items: Vec<bool> = self.items.iter().map(|item| self.is_wanted(item)).collect();
        let pending: Vec<Vec<bool>> = self
            .repositories
            .iter()
            .enumerate()
            .map(|(row, found)| {
                found.pending.iter().map(|one| self.is_wanted_open(row, found, one)).collect()
            })
            .collect();
        let is_open_wanted = |row: usize, number: u32| {
            let found = &self.repositories[row].pending;
            let at = found.iter().position(|one| one.request == number);
            at.is_some_and(|at| pending[row][at])
        };
        let open = self.open.iter().map(|one| is_open_wanted(one.repository, one.request));
        let open = open.collect();
        let deployments = self.wanted_deployments(&items);
        Part { items, open, pending, deployments }
    }

    /// Whether a change is asked for.
    fn is_wanted(&self, item: &Item) -> bool {
        let only = &self.options.only;
        self.is_by(item.cohort, item.team.map(RowIx::index)) && {
            only.services.is_empty()
                || match item.deployment {
                    Some(row) => only.has_service(&self.deployments.list[row.index()].service),
                    // Not there yet, or before anybody looked: it may come with any of these.
                    None => self.may_come_with(item),
                }
        }
    }

    fn may_come_with(&self, item: &Item) -> bool {
        let found = &self.repositories[item.repository()];
        let change = &found.changes.delivered[item.change()];
        let options = &self.options.collected;
        let services = self.deployments.services(item.repository()).iter();
        (item.is_waiting() || item.left_censored())
            && services
                .filter(|service| self.options.only.has_service(service))
                .any(|service| may_bring(service, found, change, options))
    }

    /// Whether a request that is not delivered may become a change that is asked for.
    fn is_wanted_open(&self, row: usize, found: &Repository<'_>, one: &Pending) -> bool {
        let only = &self.options.only;
        let team = self.team_of(&found.history.people[one.author.row()].email, None);
        let deployed_with = || self.deployments.services(row).iter();
        self.is_by(one.attribution.cohort(), team)
            && (only.services.is_empty()
                || deployed_with().any(|service| only.has_service(service)))
    }

    fn is_by(&self, cohort: Cohort, team: Option<usize>) -> bool {
        let only = &self.options.only;
        let team = || team.map(|row| &self.options.teams[row].name);
        only.cohort.is_none_or(|wanted| wanted == cohort)
            && (only.teams.is_empty() || team().is_some_and(|name| only.teams.contains(name)))
    }

    /// Deployments of the part: of its services and repositories, and where changes were chosen by
    /// their authors those that brought one of them.
    fn wanted_deployments(&self, items: &[bool]) -> Vec<bool> {
        let only = &self.options.only;
        let kept = self.items.iter().zip(items).filter(|(_, kept)| **kept);
        let brought: FxHashSet<RowIx> = kept.filter_map(|(item, _)| item.deployment).collect();
        let list = &self.deployments.list;
        let here = list.iter().filter(|one| one.repository.is_some());
        let services_here: FxHashSet<&str> = here.map(|one| &*one.service).collect();
        let is_here = |row: usize| {
            let one = &list[row];
            let names_none = || {
                let records = one.records.iter();
                let mut records = records.map(|row| self.collected.records.get(*row as usize));
                records.all(|record| record.repository().is_empty())
            };
            only.repositories.is_empty()
                || one.repository.is_some()
                || (services_here.contains(&*one.service) && names_none())
        };
        let is_by_author = !only.teams.is_empty() || only.cohort.is_some();
        (0..list.len())
            .map(|row| {
                brought.contains(&RowIx::new(row as u32))
                    || (!is_by_author && is_here(row) && only.has_service(&list[row].service))
            })
            .collect()
    }

    /// Keeps the part, and what its failures refer to.
    fn keep(&mut self, part: &Part) {
        let mut kept = part.items.iter();
        self.items.retain(|_| kept.next().copied().unwrap_or_default());
        let mut kept = part.open.iter();
        self.open.retain(|_| kept.next().copied().unwrap_or_default());
        for (found, kept) in self.repositories.iter_mut().zip(&part.pending) {
            let mut kept = kept.iter();
            found.pending.retain(|_| kept.next().copied().unwrap_or_default());
        }
        let changes: FxHashSet<ChangeAt> = self.items.iter().map(|item| item.at).collect();
        self.failed_in_production.retain(|change, _| changes.contains(change));
        let referred = self.failed_in_production.values().flatten().map(|(by, _)| *by).collect();
        let rows = self.deployments.keep(&part.deployments, &referred, &changes);
        for item in self.items.iter_mut() {
            item.deployment =
                item.deployment.and_then(|row| Some(RowIx::new(*rows.get(&row.index())? as u32)));
        }
        for (by, _) in self.failed_in_production.values_mut().flatten() {
            *by = rows[by];
        }
    }

    /// Keeps what was collected of the changes and requests of the part: their reviews, tickets and CI.
    fn keep_collected(&mut self) {
        let requests: FxHashSet<(u32, u32)> = self.requests_shown();
        self.requests.given.retain(|one| requests.contains(&one.of));
        let by_name: FxHashMap<String, u32> = self
            .repositories
            .iter()
            .zip(0..)
            .map(|(found, row)| (found.history.repository.clone(), row))
            .collect();
        self.requests.unmerged.retain(|(key, _)| {
            let place = numbered(key).and_then(|(name, number)| {
                Some((*by_name.get(name)?, u32::try_from(number).ok()?))
            });
            place.is_some_and(|place| requests.contains(&place))
        });
        let tickets = self.items.iter().filter_map(|item| Some(item.told.ticket?.0)).collect();
        self.collected.tickets.keep(tickets);
        let landed = self.items.iter().filter_map(|item| {
            let commit =
                self.repositories[item.repository()].history.commit(self.change(item).landed);
            self.collected.builds.row(&commit.id.to_string())
        });
        let heads = self
            .items
            .iter()
            .filter_map(|item| item.told.request.as_ref()?.head.map(RowIx::number));
        let builds = heads.chain(landed).collect();
        self.collected.builds.keep(builds);
    }

    /// Requests of the part, as (row of the repository, number).
    fn requests_shown(&self) -> FxHashSet<(u32, u32)> {
        let merged = self
            .items
            .iter()
            .filter_map(|item| Some((item.repository() as u32, self.change(item).request()?)));
        let pending = self
            .repositories
            .iter()
            .zip(0..)
            .flat_map(|(found, row)| found.pending.iter().map(move |one| (row, one.request)));
        merged.chain(pending).collect()
    }
}

impl Part {
    fn hide(&mut self) {
        let lists = [&mut self.items, &mut self.open, &mut self.deployments];
        lists.into_iter().chain(&mut self.pending).for_each(|list| list.fill(false));
    }
}
