//! Rows of a file, read by the thread that wants them.
//!
//! In: the path of a ledger that is open already. Out: its rows. Start at [`Reader::open`] and
//! [`Reader::read`]. **Invariant:** it only reads, and all that it reads is of one moment.
//!
//! `sqlx` runs SQLite in a thread of its own and hands each row over; `rusqlite` is the same SQLite
//! without a thread between, and reads 700,000 rows in half the time.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};

use super::{ACTIVE_ROWS, ALL_ROWS, ids};
use crate::open::BUSY_TIMEOUT;
use crate::store::StoreError;

/// A connection that reads, in a transaction.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Connection,
    /// Number of the projection, and the position that it is folded up to; `None` where there is no
    /// such projection.
    pub(crate) set: Option<(i64, i64)>,
}

impl Reader {
    /// Begins to read the rows of a projection.
    pub(crate) fn open(path: &Path, name: &str, version: u32) -> Result<Self, StoreError> {
        // Not as a URI, and of no other thread.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection
            .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384; BEGIN")?;
        let sql = "SELECT id, position FROM row_projections WHERE name = ?1 AND version = ?2";
        let get = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let set = connection.query_row(sql, params![name, version], get).optional()?;
        Ok(Self { connection, set })
    }

    /// Hands each row of a table to `each`; with `since` (in ms) those that were active then or
    /// later, and of each series the last one before that. In the order of the file.
    pub(crate) fn read(
        &self,
        table: u8,
        since: Option<i64>,
        mut each: impl FnMut(&str, &[u8]),
    ) -> Result<(), StoreError> {
        let Some((set, _)) = self.set else { return Ok(()) };
        let (mut all, mut active);
        let mut rows = match since {
            None => {
                let ids = ids(set, table);
                all = self.connection.prepare(ALL_ROWS)?;
                all.query(params![ids.start(), ids.end()])?
            }
            Some(since) => {
                active = self.connection.prepare(ACTIVE_ROWS)?;
                active.query(params![set, table, since])?
            }
        };
        while let Some(row) = rows.next()? {
            let key = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            each(key, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
        }
        Ok(())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(err: rusqlite::Error) -> Self {
        let class = match err.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupted,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::AuthorizationForStatementDenied,
            ) => Self::CannotOpen,
            _ => Self::Other,
        };
        class(sqlx::Error::AnyDriverError(Box::new(err)))
    }
}
