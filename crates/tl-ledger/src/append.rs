//! Appending events.
//!
//! In: events. Out: how many of them are new, on disk before the call returns. Start at
//! [`Ledger::append`]. **Invariant:** all or none of a batch; the same (source, key) once, and the
//! first one stays.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use tl_core::event::{EVENT_LIMIT, Event, EventError};

use crate::store::StoreError;
use crate::{Ledger, Place};

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
    /// SQLite could not write: full disk, locked, damaged, read-only.
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
        let documents = events.iter().map(document).collect::<Result<Vec<_>, _>>()?;
        let mut session = self.session().await;
        let failed = |err| AppendError::Store {
            place: self.place.clone(),
            count: events.len(),
            source: StoreError::from(err),
        };
        session.begin().await.map_err(failed)?;
        let done = append(&mut session.connection, events, documents).await;
        session.finish(done).await.map_err(failed)
    }
}

/// Rows of one statement. Each statement costs a trip to SQLite's thread, each row does not;
/// measured with `cargo bench -p tl-bench --bench ledger`.
const ROWS: usize = 1024;

/// The event as the ledger stores it, after its check.
fn document(event: &Event) -> Result<String, AppendError> {
    let named = || (event.source.clone(), event.key.clone());
    event.check().map_err(|source| {
        let (origin, key) = named();
        AppendError::Event { origin, key, source }
    })?;
    let json = serde_json::to_string(event).map_err(|source| {
        let (origin, key) = named();
        AppendError::Json { origin, key, source }
    })?;
    if json.len() > EVENT_LIMIT {
        let (origin, key) = named();
        return Err(AppendError::TooLarge { origin, key, size: json.len() });
    }
    Ok(json)
}

async fn append(
    connection: &mut SqliteConnection,
    events: &[Event],
    documents: Vec<String>,
) -> Result<Appended, sqlx::Error> {
    let mut appended = Appended::default();
    let mut documents = documents.into_iter();
    for (number, chunk) in events.chunks(ROWS).enumerate() {
        let stored = insert(&mut *connection, chunk, documents.by_ref()).await?;
        appended.new += stored;
        if stored < chunk.len() {
            let first = number * ROWS;
            let other = conflicting(&mut *connection, chunk).await?;
            appended.known += chunk.len() - stored - other.len();
            appended.conflicting.extend(other.into_iter().map(|index| first + index));
        }
    }
    Ok(appended)
}

/// Inserts the events whose (source, key) is new; returns how many.
async fn insert(
    connection: &mut SqliteConnection,
    events: &[Event],
    documents: impl Iterator<Item = String>,
) -> Result<usize, sqlx::Error> {
    // FAIL: without it SQLite copies each page that the statement changes, to undo the statement
    // alone. We undo the whole transaction when one fails.
    let mut sql = String::with_capacity(100 + events.len() * 12);
    sql.push_str("INSERT OR FAIL INTO events (source, key, kind, at, event) VALUES (?,?,?,?,?)");
    for _ in 1..events.len() {
        sql.push_str(",(?,?,?,?,?)");
    }
    sql.push_str(" ON CONFLICT (source, key) DO NOTHING");
    // Only the statement of full chunks is worth keeping.
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(events.len() == ROWS);
    for (event, document) in events.iter().zip(documents) {
        query = query
            .bind(event.source.as_str())
            .bind(event.key.as_str())
            .bind(event.kind.as_str())
            .bind(event.at.as_millis())
            .bind(document);
    }
    let stored = query.execute(connection).await?.rows_affected();
    Ok(usize::try_from(stored).unwrap_or(usize::MAX))
}

/// Indexes of the events that differ from what is stored under their (source, key).
async fn conflicting(
    connection: &mut SqliteConnection,
    events: &[Event],
) -> Result<Vec<usize>, sqlx::Error> {
    let mut other = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let stored: String = sqlx::query("SELECT event FROM events WHERE source = ? AND key = ?")
            .bind(event.source.as_str())
            .bind(event.key.as_str())
            .fetch_one(&mut *connection)
            .await?
            .try_get(0)?;
        // Compared as events, not as text: a later version may write the same fact otherwise.
        if serde_json::from_str::<Event>(&stored).ok().as_ref() != Some(event) {
            other.push(index);
        }
    }
    Ok(other)
}

#[cfg(test)]
mod tests;
