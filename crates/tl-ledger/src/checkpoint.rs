//! The log of SQLite, copied to its file when it suits.
//!
//! In: a ledger in a file. Out: how much is still to copy. Start at [`Ledger::checkpoint`]; [`OnDisk`]
//! does most of what it would wait for. **Invariant:** nobody waits for it but who uses the same connection.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;

use crate::backend::Connection;
use crate::store::StoreError;
use crate::{Ledger, Place};

/// The file of a ledger, to have on the disk what was copied to it before anybody waits for that: who
/// copies the last page of the log syncs the whole file, and nobody can write meanwhile.
///
/// It is never closed: with any descriptor of a file that a process closes, POSIX takes all its locks
/// on the file, and those of SQLite are among them.
#[derive(Debug)]
pub struct OnDisk(ManuallyDrop<File>);

impl OnDisk {
    /// Waits until the disk has the file as it is. Blocks the thread.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

impl Ledger {
    /// Its file, for as long as the process runs: to be asked for once. `None` where there is none.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn on_disk(&self) -> io::Result<Option<OnDisk>> {
        let Place::File(path) = &self.place else { return Ok(None) };
        // To be written, which some systems ask of who syncs.
        let file = File::options().write(true).open(path)?;
        Ok(Some(OnDisk(ManuallyDrop::new(file))))
    }

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
