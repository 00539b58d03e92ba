//! The log of SQLite, copied to its file when it suits.
//!
//! In: a ledger in a file. Out: how much is still to copy. Start at [`Ledger::checkpoint`].
//! **Invariant:** nobody waits for it but who uses the same connection.

use crate::Ledger;
use crate::backend::Connection;
use crate::store::StoreError;

impl Ledger {
    /// Copies what it can of the write-ahead log to the file; returns the pages that are left. On a
    /// server, and in memory, there is nothing to do.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn checkpoint(&self) -> Result<u64, StoreError> {
        let mut session = self.session().await;
        if matches!(session.connection, Connection::Postgres(_)) {
            return Ok(0);
        }
        let get = |row: crate::backend::Row<'_>| Ok((row.integer(1)?, row.integer(2)?));
        let done = session.connection.first("PRAGMA wal_checkpoint(PASSIVE)", &[], get).await;
        let left = done?.map_or(0, |(log, copied)| log.max(0) - copied.max(0));
        Ok(u64::try_from(left).unwrap_or(0))
    }
}
