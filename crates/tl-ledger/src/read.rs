//! Reading events back, in pages.
//!
//! In: a position and a limit. Out: the events after it. Start at [`Ledger::read`].
//! **Invariant:** what was read once at a position is there for ever; nothing ever appears before
//! a position that was read.

use sqlx::Row as _;
use tl_core::event::Event;

use crate::store::StoreError;
use crate::{Ledger, Place, Position};

/// An event and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its place in the ledger.
    pub position: Position,
    /// The event as it was appended.
    pub event: Event,
}

/// Why events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A stored event is not one: the file was changed by another program.
    #[error("event at position {} of ledger `{place}` cannot be understood", position.0)]
    Event {
        /// The ledger.
        place: Place,
        /// Where.
        position: Position,
        /// Why.
        source: serde_json::Error,
    },
    /// SQLite could not read.
    #[error("failed to read ledger `{place}`")]
    Store {
        /// The ledger.
        place: Place,
        /// Why.
        source: StoreError,
    },
}

impl Ledger {
    /// The events after `after`, oldest first, at most `limit`, whose kind begins with `kinds`
    /// (such as `change.`; empty for all). Fewer than `limit` means that there are no more yet.
    pub async fn read(
        &self,
        after: Position,
        kinds: &str,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let mut session = self.session().await;
        let rows = sqlx::query(
            "SELECT position, event FROM events
             WHERE position > ?1 AND substr(kind, 1, length(?2)) = ?2
             ORDER BY position LIMIT ?3",
        )
        .bind(after.0)
        .bind(kinds)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut session.connection)
        .await
        .map_err(|err| self.unread(err))?;
        rows.iter()
            .map(|row| {
                let position = Position(row.try_get(0).map_err(|err| self.unread(err))?);
                let text: &str = row.try_get(1).map_err(|err| self.unread(err))?;
                let event = serde_json::from_str(text).map_err(|source| ReadError::Event {
                    place: self.place.clone(),
                    position,
                    source,
                })?;
                Ok(Recorded { position, event })
            })
            .collect()
    }

    /// The position of the newest event; [`Position::START`] when there is none.
    pub async fn end(&self) -> Result<Position, ReadError> {
        let mut session = self.session().await;
        let end: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events")
            .fetch_one(&mut session.connection)
            .await
            .map_err(|err| self.unread(err))?;
        Ok(Position(end))
    }

    fn unread(&self, err: sqlx::Error) -> ReadError {
        ReadError::Store { place: self.place.clone(), source: err.into() }
    }
}
