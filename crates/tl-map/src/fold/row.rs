//! Entities, and the rows in which the ledger keeps them.
//!
//! In: a stored row, or none yet, and the new events of one thing. Out: the row to store. Start at
//! [`fold_row`]. A row is a version byte, then the entity as postcard.

use serde::{Deserialize, Serialize};
use tl_core::delivery::{
    Answer, CommitBuilds, Delivery, Incident, Iteration, Release, Request, Ticket, Usage,
};
use tl_core::event::Event;
use tl_core::fact::Outcome;
use tl_core::time::Timestamp;

use super::deployment::DeploymentRow;
use super::{Table, builds, deployment, incident, planning, request, said, ticket};

/// Version of the rows that this program writes. Rows of another version are folded anew from the
/// events, which never change.
pub const ROW_VERSION: u8 = 2;

/// One thing while it is folded.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is named for its table")]
pub enum Entity {
    Ticket(Ticket),
    Request(Box<Request>),
    Builds(CommitBuilds),
    Deployment(DeploymentRow),
    Release(Release),
    Incident(Incident),
    Iteration(Iteration),
    Usage(Usage),
    Answer(Answer),
}

/// A row that cannot be read: of another version, or damaged.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Written by another version of the program.
    #[error("a row of version {found}, not {ROW_VERSION}")]
    Version {
        /// Its version; 0 for an empty row.
        found: u8,
    },
    /// Damaged.
    #[error("a row that does not read as an entity")]
    Damaged(#[source] postcard::Error),
}

/// A row after folding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// The row to store; `None` when there was none, and no event could be read.
    pub row: Option<Vec<u8>>,
    /// The latest instant that it tells of, in ms since 1970; `None` where it tells of none.
    pub activity: Option<i64>,
    /// Whether it has not come to its end: no window may leave it out.
    pub is_open: bool,
    /// The series that it is a part of, of which a window needs the last one before it too: what ran
    /// before a deployment, and since when somebody uses AI tools.
    pub series: Option<String>,
    /// Events whose payload could not be read. They changed nothing.
    pub unreadable: usize,
}

/// Adds events to the row of the thing that they concern ([`super::concern`]).
pub fn fold_row<'a>(
    table: Table,
    key: &str,
    stored: Option<&[u8]>,
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<Folded, RowError> {
    let mut entity = match stored {
        Some(row) => Entity::decode(table, row)?,
        None => Entity::new(table, key),
    };
    let mut folded = Folded::default();
    let mut told = stored.is_some();
    for event in events {
        match entity.apply(event) {
            Ok(()) => told = true,
            Err(_) => folded.unreadable += 1,
        }
    }
    if told {
        folded.row = Some(entity.encode());
        folded.activity = entity.activity().map(Timestamp::as_millis);
        folded.is_open = entity.is_open();
        folded.series = entity.series();
    }
    Ok(folded)
}

impl Entity {
    /// A thing of which nothing is known yet but its key.
    pub fn new(table: Table, key: &str) -> Self {
        let key = key.to_owned();
        match table {
            Table::Ticket => Self::Ticket(Ticket { key, ..Ticket::default() }),
            Table::Request => Self::Request(Box::new(Request { key, ..Request::default() })),
            Table::Builds => Self::Builds(CommitBuilds { commit: key, ..CommitBuilds::default() }),
            Table::Deployment => {
                let mut row = DeploymentRow::default();
                row.deployment.key = key;
                Self::Deployment(row)
            }
            Table::Release => Self::Release(deployment::release(&key)),
            Table::Incident => Self::Incident(Incident { key, ..Incident::default() }),
            Table::Iteration => Self::Iteration(Iteration { key, ..Iteration::default() }),
            Table::Usage => Self::Usage(said::usage(&key)),
            Table::Answer => Self::Answer(said::answer(&key)),
        }
    }

    /// Adds what an event says; it must concern this thing. Where the payload cannot be read,
    /// nothing is changed.
    pub fn apply(&mut self, event: &Event) -> Result<(), serde_json::Error> {
        match self {
            Self::Ticket(ticket) => ticket::apply(ticket, event),
            Self::Request(request) => request::apply(request, event),
            Self::Builds(builds) => builds::apply(builds, event),
            Self::Deployment(row) => deployment::apply(row, event),
            Self::Release(release) => deployment::published(release, event),
            Self::Incident(incident) => incident::apply(incident, event),
            Self::Iteration(iteration) => planning::apply(iteration, event),
            Self::Usage(usage) => said::used(usage, event),
            Self::Answer(answer) => said::answered(answer, event),
        }
    }

    /// The latest instant that it tells of; `None` where it tells of none.
    pub fn activity(&self) -> Option<Timestamp> {
        match self {
            Self::Ticket(ticket) => ticket::activity(ticket),
            Self::Request(request) => request::activity(request),
            Self::Builds(builds) => builds::activity(builds),
            Self::Deployment(row) => deployment::activity(&row.deployment),
            Self::Release(release) => Some(release.at).filter(|at| at.as_millis() != i64::MAX),
            Self::Incident(incident) => incident::activity(incident),
            Self::Iteration(iteration) => planning::activity(iteration),
            Self::Usage(usage) => said::activity(usage.at),
            Self::Answer(answer) => said::activity(answer.at),
        }
    }

    /// Whether it has not come to its end: not merged or closed, not done, not resolved.
    pub fn is_open(&self) -> bool {
        let open = |closed: Option<&Timestamp>, reopened: Option<&Timestamp>| match closed {
            None => true,
            Some(closed) => reopened.is_some_and(|reopened| reopened > closed),
        };
        match self {
            Self::Ticket(ticket) => {
                open(ticket.closed.last().map(|(at, _)| at), ticket.reopened.last())
            }
            Self::Request(request) => {
                request.merged.is_none() && open(request.closed.last(), request.reopened.last())
            }
            Self::Deployment(row) => row.deployment.finished.is_none(),
            Self::Incident(incident) => open(incident.resolved.last(), incident.reopened.last()),
            Self::Iteration(iteration) => iteration.finished.is_none(),
            Self::Builds(_) | Self::Release(_) | Self::Usage(_) | Self::Answer(_) => false,
        }
    }

    /// The series that it is a part of: successful deployments of one place, uses by one person.
    fn series(&self) -> Option<String> {
        match self {
            Self::Deployment(DeploymentRow { deployment: one, .. }) => {
                let place = [&one.repository, &one.service, &one.environment, &one.name];
                (one.outcome == Outcome::Success).then(|| place.map(String::as_str).join("\n"))
            }
            Self::Usage(usage) => Some(usage.person.clone()),
            _ => None,
        }
    }

    /// The row to store.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ticket(ticket) => encode(ticket),
            Self::Request(request) => encode(&**request),
            Self::Builds(builds) => encode(builds),
            Self::Deployment(row) => encode(row),
            Self::Release(release) => encode(release),
            Self::Incident(incident) => encode(incident),
            Self::Iteration(iteration) => encode(iteration),
            Self::Usage(usage) => encode(usage),
            Self::Answer(answer) => encode(answer),
        }
    }

    /// Reads a stored row.
    pub fn decode(table: Table, row: &[u8]) -> Result<Self, RowError> {
        Ok(match table {
            Table::Ticket => Self::Ticket(decode(row)?),
            Table::Request => Self::Request(Box::new(decode(row)?)),
            Table::Builds => Self::Builds(decode(row)?),
            Table::Deployment => Self::Deployment(decode(row)?),
            Table::Release => Self::Release(decode(row)?),
            Table::Incident => Self::Incident(decode(row)?),
            Table::Iteration => Self::Iteration(decode(row)?),
            Table::Usage => Self::Usage(decode(row)?),
            Table::Answer => Self::Answer(decode(row)?),
        })
    }

    /// Reads the stored row of a request.
    pub(super) fn request(row: &[u8]) -> Result<Request, RowError> {
        decode(row)
    }

    /// Puts it where it belongs.
    pub(super) fn add_to(self, all: &mut Delivery) {
        match self {
            Self::Ticket(ticket) => all.tickets.push(ticket),
            Self::Request(request) => all.requests.push(*request),
            Self::Builds(builds) => all.builds.push(builds),
            Self::Deployment(row) => all.deployments.push(row.deployment),
            Self::Release(release) => all.releases.push(release),
            Self::Incident(incident) => all.incidents.push(incident),
            Self::Iteration(iteration) => all.iterations.push(iteration),
            Self::Usage(usage) => all.usage.push(usage),
            Self::Answer(answer) => all.answers.push(answer),
        }
    }
}

pub(super) fn encode(entity: &impl Serialize) -> Vec<u8> {
    // Entities are plain structs, and a vector takes as many bytes as come.
    postcard::to_extend(entity, vec![ROW_VERSION]).expect("plain data can be written to memory")
}

pub(super) fn decode<'r, T: Deserialize<'r>>(row: &'r [u8]) -> Result<T, RowError> {
    match row.split_first() {
        Some((&ROW_VERSION, entity)) => postcard::from_bytes(entity).map_err(RowError::Damaged),
        found => Err(RowError::Version { found: found.map_or(0, |(version, _)| *version) }),
    }
}
