//! Cursors: how far each stream of each source is collected.
//!
//! In and out: an opaque text per source and stream, such as the page or the instant to go on
//! from. Start at [`Ledger::append_with_cursor`](crate::append), which stores a page of events and
//! its cursor as one, and [`Ledger::cursor_read`]. **Invariant:** a cursor is never ahead of the
//! events: what it says is collected is in the ledger.
//!
//! ```text
//! let from = ledger.cursor_read("github", "acme/api/pulls").await?;
//! // fetch a page from there, convert it to events ...
//! let cursor = Cursor { source, stream, value: next, at: now };
//! ledger.append_with_cursor(&events, &cursor).await?;
//! ```

use tl_core::time::Timestamp;

use crate::backend::{Arg, Connection, Row};
use crate::store::StoreError;
use crate::{Ledger, Place};

/// How far a stream is collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The source, such as `github`.
    pub source: String,
    /// What of it, such as `acme/api/pulls`.
    pub stream: String,
    /// Where to go on; only the source's client knows what it means.
    pub value: String,
    /// When that was known.
    pub at: Timestamp,
}

/// Why cursors could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the cursors of ledger `{place}`")]
pub struct CursorError {
    /// The ledger.
    pub place: Place,
    /// Why.
    pub source: StoreError,
}

impl Ledger {
    /// Where to go on with a stream; `None` when nothing of it was collected.
    pub async fn cursor_read(
        &self,
        source: &str,
        stream: &str,
    ) -> Result<Option<String>, CursorError> {
        let mut session = self.session().await;
        let sql = "SELECT value FROM cursors WHERE source = $1 AND stream = $2";
        let args = [Arg::Text(source), Arg::Text(stream)];
        let read = session.connection.first(sql, &args, |row| Ok(row.text(0)?.to_owned())).await;
        read.map_err(|err| self.no_cursor(err))
    }

    /// Writes a cursor over the one of the same stream, without events; see
    /// [`Ledger::append_with_cursor`].
    pub async fn cursor_write(&self, cursor: &Cursor) -> Result<(), CursorError> {
        let mut session = self.session().await;
        write(&mut session.connection, cursor).await.map_err(|err| self.no_cursor(err))
    }

    /// Forgets a cursor, so that the stream is collected from its beginning: the source may say
    /// that it is too old. Events that come again change nothing.
    pub async fn cursor_drop(&self, source: &str, stream: &str) -> Result<(), CursorError> {
        let mut session = self.session().await;
        let sql = "DELETE FROM cursors WHERE source = $1 AND stream = $2";
        let args = [Arg::Text(source), Arg::Text(stream)];
        session.connection.execute(sql, &args).await.map(|_| ()).map_err(|err| self.no_cursor(err))
    }

    /// All cursors, by source and stream.
    pub async fn cursors(&self) -> Result<Vec<Cursor>, CursorError> {
        let mut cursors = Vec::new();
        let keep = |row: Row<'_>| {
            cursors.push(Cursor {
                source: row.text(0)?.to_owned(),
                stream: row.text(1)?.to_owned(),
                value: row.text(2)?.to_owned(),
                at: Timestamp::from_millis(row.integer(3)?),
            });
            Ok(true)
        };
        let mut session = self.session().await;
        let sql = "SELECT source, stream, value, at FROM cursors ORDER BY source, stream";
        session.connection.fetch(sql, &[], keep).await.map_err(|err| self.no_cursor(err))?;
        Ok(cursors)
    }

    fn no_cursor(&self, err: sqlx::Error) -> CursorError {
        CursorError { place: self.place.clone(), source: err.into() }
    }
}

pub(crate) async fn write(connection: &mut Connection, cursor: &Cursor) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO cursors (source, stream, value, at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (source, stream) DO UPDATE SET value = excluded.value, at = excluded.at";
    let (source, stream) = (Arg::Text(&cursor.source), Arg::Text(&cursor.stream));
    let args = [source, stream, Arg::Text(&cursor.value), Arg::Integer(cursor.at.as_millis())];
    connection.execute(sql, &args).await.map(|_| ())
}

#[cfg(test)]
mod tests;
