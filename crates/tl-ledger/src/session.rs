//! The connection behind a [`Ledger`], and its transactions.
//!
//! In: the statements of one operation. Out: all of them on disk, or none. Start at
//! [`Session::begin`]. **Invariant:** whoever gets a session finds no transaction open, also when
//! the future of the call before was dropped half-way, and when SQLite itself rolled back.
//!
//! `sqlx::Transaction` is not used here: it counts transactions, and when SQLite rolls one back by
//! itself (a full disk, a failed read) the count stays, and the connection cannot begin any more.

use sqlx::Connection as _;
use tokio::sync::MutexGuard;

use crate::Ledger;
use crate::backend::Connection;
use crate::names::Names;

/// The one connection of a ledger.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// A transaction was begun, and nobody saw it end.
    unfinished: bool,
    /// What is known of the names in SQLite.
    pub(crate) names: Names,
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, unfinished: false, names: Names::default() }
    }

    /// Begins to write; waits for other processes where the database has one writer.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.begin_by(match &self.connection {
            // Keys come in no order: 256 MB keep the index of four million events at hand. Memory
            // is taken as pages are read, so small ledgers need little.
            Connection::Sqlite(_) => "PRAGMA cache_size = -262144; BEGIN IMMEDIATE",
            Connection::Postgres(_) => "BEGIN",
        })
        .await
    }

    /// Begins to read: all statements see the ledger as it is at the first one.
    pub(crate) async fn begin_reading(&mut self) -> Result<(), sqlx::Error> {
        self.begin_by(match &self.connection {
            Connection::Sqlite(_) => "BEGIN",
            Connection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
        .await
    }

    async fn begin_by(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        // Before the statement, because this future may be dropped while it runs.
        self.unfinished = true;
        let begun = self.connection.run(statement).await;
        self.unfinished = begun.is_ok();
        begun
    }

    /// Commits if the work was done, else undoes it.
    pub(crate) async fn finish<T>(
        &mut self,
        done: Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let committed = match done {
            Ok(value) => self.connection.run("COMMIT").await.map(|()| value),
            Err(err) => Err(err),
        };
        if committed.is_err() {
            self.undo().await;
        }
        self.unfinished = false;
        committed
    }

    /// Undoes what was begun.
    pub(crate) async fn undo(&mut self) {
        // Fails only where there is nothing to roll back: SQLite was first, or it was committed.
        drop(self.connection.run("ROLLBACK").await);
        self.unfinished = false;
    }
}

impl Ledger {
    /// The session, when its other users are done. A connection to a server that was restarted, or that
    /// somebody on the way cut off, is made anew.
    pub(crate) async fn session(&self) -> MutexGuard<'_, Session> {
        let mut session = self.session.lock().await;
        if let (Connection::Postgres(connection), Some(server)) =
            (&mut session.connection, &self.server)
            && connection.ping().await.is_err()
            // Where the server is still away, what is asked next says so.
            && let Ok(connection) = server.connect().await
        {
            session.connection = Connection::Postgres(connection);
            session.unfinished = false;
        }
        if session.unfinished {
            session.undo().await;
        }
        session
    }
}
