//! The connection behind a [`Ledger`], and its transactions.
//!
//! In: the statements of one operation. Out: all of them on disk, or none. Start at
//! [`Session::begin`]. **Invariant:** whoever gets a session finds no transaction open, also when
//! the future of the call before was dropped half-way, and when SQLite itself rolled back.
//!
//! `sqlx::Transaction` is not used here: it counts transactions, and when SQLite rolls one back by
//! itself (a full disk, a failed read) the count stays, and the connection cannot begin any more.

use sqlx::SqliteConnection;
use tokio::sync::MutexGuard;

use crate::Ledger;

/// The one connection of a ledger.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: SqliteConnection,
    /// A transaction was begun, and nobody saw it end.
    unfinished: bool,
}

impl Session {
    pub(crate) const fn new(connection: SqliteConnection) -> Self {
        Self { connection, unfinished: false }
    }

    /// Begins to write; waits for other processes.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        // Before the statement, because this future may be dropped while it runs.
        self.unfinished = true;
        let begun = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut self.connection).await;
        self.unfinished = begun.is_ok();
        begun.map(|_| ())
    }

    /// Commits if the work was done, else undoes it.
    pub(crate) async fn finish<T>(
        &mut self,
        done: Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let committed = match done {
            Ok(value) => sqlx::raw_sql("COMMIT").execute(&mut self.connection).await.map(|_| value),
            Err(err) => Err(err),
        };
        if committed.is_err() {
            self.roll_back().await;
        }
        self.unfinished = false;
        committed
    }

    async fn roll_back(&mut self) {
        // Fails only where there is nothing to roll back: SQLite was first, or it was committed.
        drop(sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await);
        self.unfinished = false;
    }
}

impl Ledger {
    /// The session, when its other users are done.
    pub(crate) async fn session(&self) -> MutexGuard<'_, Session> {
        let mut session = self.session.lock().await;
        if session.unfinished {
            session.roll_back().await;
        }
        session
    }
}
