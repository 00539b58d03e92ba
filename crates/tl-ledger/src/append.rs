//! Appending events.
//!
//! In: events. Out: how many of them are new, on disk before the call returns. Start at
//! [`Ledger::append`]. **Invariant:** all or none of a batch; the same (source, key) once, and the
//! first one stays.

mod once;

use tl_core::event::{EVENT_LIMIT, Event, EventError};

use crate::backend::{Arg, Connection, postgres};
use crate::cursor::{self, Cursor};
use crate::document::{self, Written};
use crate::names::Names;
use crate::read::Recorded;
use crate::rows::RowProjection;
use crate::rows::folding::Folding;
use crate::store::StoreError;
use crate::{Ledger, Place, Position};

/// What became of a batch of events.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Events that were not in the ledger before.
    pub new: usize,
    /// Events that were there already, with the same content.
    pub known: usize,
    /// Indexes, ascending, of events whose (source, key) was there with other content. They were
    /// not stored: an event never changes, so the first one stays.
    pub conflicting: Vec<usize>,
}

/// What became of a batch that was to be folded as well.
#[derive(Debug)]
pub struct Taken {
    /// What became of its events.
    pub appended: Appended,
    /// Whether the rows hold them too.
    pub folded: bool,
    /// The batch.
    pub events: Vec<Event>,
}

/// Why a batch was not appended. Nothing of it is in the ledger then.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// An event breaks the rules of its format.
    #[error("event `{key}` of `{origin}` is not accepted")]
    Event {
        /// Its source.
        origin: String,
        /// Its key.
        key: String,
        /// Which rule.
        source: EventError,
    },
    /// An event cannot be written as JSON.
    #[error("event `{key}` of `{origin}` cannot be written as JSON")]
    Json {
        /// Its source.
        origin: String,
        /// Its key.
        key: String,
        /// Why.
        source: serde_json::Error,
    },
    /// An event is too large.
    #[error(
        "event `{key}` of `{origin}` has {size} bytes as JSON, over the limit of {EVENT_LIMIT}"
    )]
    TooLarge {
        /// Its source.
        origin: String,
        /// Its key.
        key: String,
        /// Its size as JSON in bytes.
        size: usize,
    },
    /// The database could not write: full disk, locked, damaged, read-only.
    #[error("failed to append {count} events to ledger `{place}`")]
    Store {
        /// The ledger.
        place: Place,
        /// Events in the batch.
        count: usize,
        /// Why.
        source: StoreError,
    },
}

impl Ledger {
    /// Appends a batch in one transaction. When it returns, the batch is on disk.
    pub async fn append(&self, events: &[Event]) -> Result<Appended, AppendError> {
        if events.is_empty() {
            return Ok(Appended::default());
        }
        self.append_and(events, None).await
    }

    /// Appends a batch and writes a cursor in the same transaction: all of it, or nothing. So a
    /// collection that is stopped at any point resumes after what it has, and exactly there.
    pub async fn append_with_cursor(
        &self,
        events: &[Event],
        cursor: &Cursor,
    ) -> Result<Appended, AppendError> {
        self.append_and(events, Some(cursor)).await
    }

    /// Appends a batch and folds it into `folding`: what is in memory already is not read back.
    /// Gives the events back, and what became of them.
    ///
    /// Only where every event is new and `folding` is up to date, in SQLite, whose positions follow
    /// one another; else the batch is only appended, and [`Taken::folded`] says so:
    /// [`Ledger::catch_up_folding`] does the rest.
    pub async fn append_and_fold<P: RowProjection>(
        &self,
        folding: &mut Folding<P>,
        events: Vec<Event>,
    ) -> Result<Taken, AppendError> {
        if events.is_empty() {
            return Ok(Taken { appended: Appended::default(), folded: true, events });
        }
        let written = document::write_all(&events)?;
        let count = events.len();
        let mut session = self.session().await;
        let failed = |err| AppendError::Store {
            place: self.place.clone(),
            count,
            source: StoreError::from(err),
        };
        session.begin().await.map_err(failed)?;
        // What is folded of a batch that did not get to the disk must not stay: taken out until it
        // is there, also when this future is dropped.
        let mut own = std::mem::take(folding);
        let mut names = std::mem::take(&mut session.names);
        let to = &mut session.connection;
        let done = append_and_fold(to, &mut names, &mut own, events, written).await;
        let taken = session.finish(done).await.map_err(failed)?;
        *folding = own;
        session.names = names;
        Ok(taken)
    }

    async fn append_and(
        &self,
        events: &[Event],
        cursor: Option<&Cursor>,
    ) -> Result<Appended, AppendError> {
        let written = document::write_all(events)?;
        let mut session = self.session().await;
        let failed = |err| AppendError::Store {
            place: self.place.clone(),
            count: events.len(),
            source: StoreError::from(err),
        };
        session.begin().await.map_err(failed)?;
        // The same for the names.
        let mut names = std::mem::take(&mut session.names);
        let done = append(&mut session.connection, &mut names, events, written, cursor).await;
        let appended = session.finish(done).await.map_err(failed)?;
        session.names = names;
        Ok(appended)
    }
}

pub(crate) async fn append(
    connection: &mut Connection,
    names: &mut Names,
    events: &[Event],
    written: Vec<Written>,
    cursor: Option<&Cursor>,
) -> Result<Appended, sqlx::Error> {
    let appended = match connection {
        Connection::Sqlite(_) if events.is_empty() => Appended::default(),
        Connection::Sqlite(to) => once::append(to, names, events, written).await?,
        Connection::Postgres(_) => append_to_server(connection, events, written).await?,
    };
    if let Some(cursor) = cursor {
        cursor::write(connection, cursor).await?;
    }
    Ok(appended)
}

/// Events of one statement to a server.
const ROWS: usize = 1024;

async fn append_to_server(
    connection: &mut Connection,
    events: &[Event],
    written: Vec<Written>,
) -> Result<Appended, sqlx::Error> {
    let mut appended = Appended::default();
    let mut written = written.into_iter();
    for (number, chunk) in events.chunks(ROWS).enumerate() {
        let Connection::Postgres(to) = connection else { break };
        let written = written.by_ref().take(chunk.len()).collect();
        let stored = postgres::insert_events(to, chunk, written).await?;
        appended.new += stored;
        if stored < chunk.len() {
            let first = number * ROWS;
            let other = conflicting(connection, chunk).await?;
            appended.known += chunk.len() - stored - other.len();
            appended.conflicting.extend(other.into_iter().map(|index| first + index));
        }
    }
    Ok(appended)
}

/// Appends, and folds where that is possible.
async fn append_and_fold<P: RowProjection>(
    connection: &mut Connection,
    names: &mut Names,
    folding: &mut Folding<P>,
    events: Vec<Event>,
    written: Vec<Written>,
) -> Result<Taken, sqlx::Error> {
    let before = end(connection).await?;
    let appended = append(connection, names, &events, written, None).await?;
    let after = end(connection).await?;
    let follow = after.0 - before.0 == events.len() as i64;
    let is_sqlite = matches!(connection, Connection::Sqlite(_));
    if !is_sqlite || !follow || appended.new < events.len() || !folding.goes_on_from(before) {
        return Ok(Taken { appended, folded: false, events });
    }
    let positions = (before.0 + 1..).map(Position);
    let page: Vec<Recorded> =
        positions.zip(events).map(|(position, event)| Recorded { position, event }).collect();
    let folded = folding.take(connection, &page).await?;
    let events = page.into_iter().map(|recorded| recorded.event).collect();
    Ok(Taken { appended, folded, events })
}

async fn end(connection: &mut Connection) -> Result<Position, sqlx::Error> {
    let sql = "SELECT coalesce(max(position), 0) FROM events";
    let end = connection.first(sql, &[], |row| row.integer(0)).await?;
    Ok(Position(end.unwrap_or(0)))
}

/// Indexes of the events that differ from what is stored under their (source, key).
async fn conflicting(
    connection: &mut Connection,
    events: &[Event],
) -> Result<Vec<usize>, sqlx::Error> {
    let mut other = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let stored = connection
            .first(
                "SELECT source, key, kind, at, event FROM events WHERE source = $1 AND key = $2",
                &[Arg::Text(&event.source), Arg::Text(&event.key)],
                // Compared as events, not as text: a later version may write the same fact
                // otherwise.
                |row| Ok(row.stored(0)?.event().ok()),
            )
            .await?;
        if stored.flatten().as_ref() != Some(event) {
            other.push(index);
        }
    }
    Ok(other)
}

#[cfg(test)]
mod tests;
