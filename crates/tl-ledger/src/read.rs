//! Reading events back, in pages.
//!
//! In: a position and a limit. Out: the events after it. Start at [`Ledger::read`].
//! **Invariant:** what was read once at a position is there for ever; nothing ever appears before
//! a position that was read.

use tl_core::event::Event;

use crate::backend::{Arg, Connection, Row, sqlite};
use crate::document::Stored;
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
    /// The database could not read.
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
        let sql = "SELECT position, source, key, kind, at, event FROM events
                   WHERE position > $1 AND substr(kind, 1, length($2)) = $2
                   ORDER BY position LIMIT $3";
        let limit = Arg::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
        let args = [Arg::Integer(after.0), Arg::Text(kinds), limit];
        let mut page = Page::default();
        let mut session = self.session().await;
        let keep = |row: Row<'_>| Ok(page.take(row.integer(0)?, row.stored(1)?));
        session.connection.fetch(sql, &args, keep).await.map_err(|err| self.unread(err))?;
        page.finish(&self.place)
    }

    /// The events after `after`, oldest first: at most `limit`, and no more once they have `bytes`
    /// bytes of JSON. Empty only where there are none.
    pub(crate) async fn read_page(
        &self,
        after: Position,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let (mut page, mut left) = (Page::default(), bytes);
        let mut session = self.session().await;
        let mut keep = |position: i64, stored: Stored<'_>| {
            left = left.saturating_sub(stored.document.len());
            page.take(position, stored) && left > 0
        };
        let read = match &mut session.connection {
            Connection::Sqlite(from) => {
                sqlite::packed::read_events(from, after.0, limit, keep).await
            }
            from @ Connection::Postgres(_) => {
                let sql = "SELECT position, source, key, kind, at, event FROM events
                           WHERE position > $1 ORDER BY position LIMIT $2";
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let keep = |row: Row<'_>| Ok(keep(row.integer(0)?, row.stored(1)?));
                from.fetch(sql, &[Arg::Integer(after.0), Arg::Integer(limit)], keep).await
            }
        };
        read.map_err(|err| self.unread(err))?;
        page.finish(&self.place)
    }

    /// The position of the newest event; [`Position::START`] when there is none.
    pub async fn end(&self) -> Result<Position, ReadError> {
        let mut session = self.session().await;
        let sql = "SELECT coalesce(max(position), 0) FROM events";
        let end = session.connection.first(sql, &[], |row| row.integer(0)).await;
        Ok(Position(end.map_err(|err| self.unread(err))?.unwrap_or(0)))
    }

    fn unread(&self, err: sqlx::Error) -> ReadError {
        ReadError::Store { place: self.place.clone(), source: err.into() }
    }
}

/// Events that were read, up to the first one that cannot be understood.
#[derive(Default)]
struct Page {
    events: Vec<Recorded>,
    wrong: Option<(Position, serde_json::Error)>,
}

impl Page {
    /// Takes one more event; says whether to go on.
    fn take(&mut self, position: i64, stored: Stored<'_>) -> bool {
        let position = Position(position);
        match stored.event() {
            Ok(event) => self.events.push(Recorded { position, event }),
            Err(source) => self.wrong = Some((position, source)),
        }
        self.wrong.is_none()
    }

    fn finish(self, place: &Place) -> Result<Vec<Recorded>, ReadError> {
        match self.wrong {
            None => Ok(self.events),
            Some((position, source)) => {
                Err(ReadError::Event { place: place.clone(), position, source })
            }
        }
    }
}
