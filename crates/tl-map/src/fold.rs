//! Events to the things that they tell of: tickets, requests, builds, deployments, incidents.
//!
//! In: [`Event`]s of the kinds of [`tl_core::fact::kind`], in any order, any of them repeated.
//! Out: one [`Entity`] per thing, as bytes for the ledger's rows ([`fold_row`]), and all of them
//! together as [`Delivery`] ([`delivery`]). Start at [`concern`]: an event concerns one thing at
//! most, so rows are folded apart from each other.
//!
//! **Invariant:** what comes out depends on the set of events alone. Each field is joined by an
//! operation that is commutative, associative and idempotent: the earliest, the latest, the
//! greatest, the union. Where two sources contradict each other in a name, the one that is later
//! in the alphabet stands.

mod builds;
mod categories;
mod commits;
mod deployment;
mod incident;
mod join;
mod names;
mod packed;
mod planning;
mod records;
mod request;
mod row;
mod said;
mod shelf;
mod skipped;
mod ticket;
mod tickets;
mod uses;
mod what;

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;
use tl_core::delivery::Delivery;
use tl_core::event::Event;
use tl_core::fact::{kind, role};

pub use commits::{BuildRows, Builds, Ci, Ran};
pub use deployment::DeploymentRow;
pub use records::{Record, Records};
pub use row::{Entity, Folded, ROW_VERSION, RowError, fold_row};
pub use shelf::{Shelf, Shelved};
pub use tickets::{Seen, Step, TicketRows, Tickets, Ties};
pub use uses::{Used, Uses};
pub use what::What;

/// A kind of thing. The numbers are stored: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Tickets, by key.
    Ticket = 1,
    /// Requests, by key: `acme/api#12`.
    Request = 2,
    /// CI, by the full id of the commit.
    Builds = 3,
    /// Deployments, by id.
    Deployment = 4,
    /// Releases, by key: `acme/api@v1.2.0`.
    Release = 5,
    /// Incidents, by id.
    Incident = 6,
    /// Iterations, by id.
    Iteration = 7,
    /// Use of AI tools, by source and key of the event: `SOURCE/KEY`.
    Usage = 8,
    /// Answers to surveys, by source and key of the event.
    Answer = 9,
}

impl Table {
    /// Every kind of thing.
    pub const ALL: [Self; 9] = [
        Self::Ticket,
        Self::Request,
        Self::Builds,
        Self::Deployment,
        Self::Release,
        Self::Incident,
        Self::Iteration,
        Self::Usage,
        Self::Answer,
    ];

    /// The number that stands for it in stored rows.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind of thing with a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.number() == number)
    }
}

/// What an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern<'a> {
    /// One thing: its kind and key.
    Thing(Table, Cow<'a, str>),
    /// Nothing, because it does not name what it must: the role that is missing, such as `commit`
    /// of a run of CI.
    Lacks(&'static str),
    /// Nothing: its kind is none of [`kind::ALL`].
    Other,
}

/// What an event concerns.
pub fn concern(event: &Event) -> Concern<'_> {
    let named = |table, role| match name(event, role) {
        Some(key) => Concern::Thing(table, Cow::Borrowed(key)),
        None => Concern::Lacks(role),
    };
    match event.kind.as_str() {
        kind::TICKET_OPENED
        | kind::TICKET_UPDATED
        | kind::TICKET_STATUS
        | kind::TICKET_CLOSED
        | kind::TICKET_REOPENED
        | kind::TICKET_LINKED
        | kind::TICKET_ITERATION => named(Table::Ticket, role::TICKET),
        kind::ITERATION_STARTED | kind::ITERATION_FINISHED => {
            named(Table::Iteration, role::ITERATION)
        }
        kind::CHANGE_OPENED
        | kind::CHANGE_UPDATED
        | kind::CHANGE_READY
        | kind::CHANGE_DRAFTED
        | kind::CHANGE_COMMIT
        | kind::CHANGE_PUSHED
        | kind::CHANGE_REVIEW_REQUESTED
        | kind::CHANGE_REVIEW
        | kind::CHANGE_QUEUED
        | kind::CHANGE_DEQUEUED
        | kind::CHANGE_MERGED
        | kind::CHANGE_CLOSED
        | kind::CHANGE_REOPENED => named(Table::Request, role::CHANGE),
        kind::CI_QUEUED | kind::CI_STARTED | kind::CI_FINISHED => match name(event, role::BUILD) {
            Some(_) => named(Table::Builds, role::COMMIT),
            None => Concern::Lacks(role::BUILD),
        },
        kind::TESTS_FINISHED => named(Table::Builds, role::COMMIT),
        kind::STEP_WAITING | kind::STEP_DONE => match name(event, role::DEPLOYMENT) {
            Some(key) => Concern::Thing(Table::Deployment, Cow::Borrowed(key)),
            None => named(Table::Builds, role::COMMIT),
        },
        kind::DEPLOY_QUEUED | kind::DEPLOY_STARTED | kind::DEPLOY_FINISHED => {
            named(Table::Deployment, role::DEPLOYMENT)
        }
        kind::RELEASE_PUBLISHED => named(Table::Release, "release"),
        kind::INCIDENT_OPENED
        | kind::INCIDENT_UPDATED
        | kind::INCIDENT_ACKED
        | kind::INCIDENT_RESOLVED
        | kind::INCIDENT_REOPENED => named(Table::Incident, role::INCIDENT),
        kind::AI_USAGE | kind::AI_SESSION => own(Table::Usage, event),
        kind::SURVEY_ANSWER => own(Table::Answer, event),
        _ => Concern::Other,
    }
}

/// An event that is a thing of its own.
fn own(table: Table, event: &Event) -> Concern<'static> {
    Concern::Thing(table, Cow::Owned(format!("{}/{}", event.source, event.key)))
}

/// The name of the thing that an event concerns in a role: its subject, where that begins with the
/// role, or else the reference.
fn name<'a>(event: &'a Event, role: &str) -> Option<&'a str> {
    let subject = event.subject.strip_prefix(role).and_then(|rest| rest.strip_prefix(':'));
    subject.or_else(|| event.what(role)).filter(|name| !name.is_empty())
}

/// What entities say together, put where it belongs as they come: there may be millions.
#[derive(Debug, Default)]
pub struct Gathering {
    all: Delivery,
}

impl Gathering {
    /// Makes room for so many more things of a kind.
    pub fn reserve(&mut self, table: Table, count: usize) {
        match table {
            Table::Ticket => self.all.tickets.reserve_exact(count),
            Table::Request => self.all.requests.reserve_exact(count),
            Table::Builds => self.all.builds.reserve_exact(count),
            Table::Deployment => self.all.deployments.reserve_exact(count),
            Table::Release => self.all.releases.reserve_exact(count),
            Table::Incident => self.all.incidents.reserve_exact(count),
            Table::Iteration => self.all.iterations.reserve_exact(count),
            Table::Usage => self.all.usage.reserve_exact(count),
            Table::Answer => self.all.answers.reserve_exact(count),
        }
    }

    /// Adds one more.
    pub fn add(&mut self, entity: Entity) {
        entity.add_to(&mut self.all);
    }

    /// Adds what was gathered beside: of each kind one of the two has all.
    pub fn join(&mut self, other: Self) {
        fn join<T>(ours: &mut Vec<T>, theirs: Vec<T>) {
            match ours.is_empty() {
                true => *ours = theirs,
                false => ours.extend(theirs),
            }
        }
        let (ours, theirs) = (&mut self.all, other.all);
        join(&mut ours.tickets, theirs.tickets);
        join(&mut ours.requests, theirs.requests);
        join(&mut ours.builds, theirs.builds);
        join(&mut ours.deployments, theirs.deployments);
        join(&mut ours.releases, theirs.releases);
        join(&mut ours.incidents, theirs.incidents);
        join(&mut ours.iterations, theirs.iterations);
        join(&mut ours.usage, theirs.usage);
        join(&mut ours.answers, theirs.answers);
    }

    /// All of them, in order.
    pub fn finish(self) -> Delivery {
        let mut all = self.all;
        all.tickets.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.tickets.par_iter_mut().for_each(ticket::join_closings);
        categories::fill(&mut all.tickets);
        all.requests.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.builds.par_sort_unstable_by(|a, b| a.commit.cmp(&b.commit));
        all.deployments.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.releases.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.incidents.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.iterations.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.usage.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all.answers.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all
    }
}

/// What a list of entities says together.
pub fn delivery(entities: impl IntoIterator<Item = Entity>) -> Delivery {
    let mut gathering = Gathering::default();
    entities.into_iter().for_each(|entity| gathering.add(entity));
    gathering.finish()
}

/// What a list of events says, without rows between: for tests, and where all fits into memory.
/// An event whose payload cannot be read says nothing.
pub fn all<'a>(events: impl IntoIterator<Item = &'a Event>) -> Delivery {
    let mut entities: BTreeMap<(Table, String), Entity> = BTreeMap::new();
    for event in events {
        let Concern::Thing(table, key) = concern(event) else { continue };
        let key = (table, key.into_owned());
        let mut entity = entities.remove(&key).unwrap_or_else(|| Entity::new(table, &key.1));
        if entity.apply(event).is_ok() || entity.activity().is_some() {
            entities.insert(key, entity);
        }
    }
    delivery(entities.into_values())
}

#[cfg(test)]
mod tests;
