//! The tables, and the steps from each version of them to the next.
//!
//! In: an open connection. Out: the same with the newest tables. **Invariant:** a step that was
//! released never changes; a new version is a new entry in [`MIGRATIONS`].

use sqlx::{Connection as _, Row as _, SqliteConnection};

/// Marks a SQLite file as a ledger: the letters `thrl`.
pub(crate) const APPLICATION_ID: i64 = 0x7468_726c;

/// The version of the tables that this program writes.
pub(crate) const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Step `i` leads from version `i` to version `i + 1`.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        key TEXT NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        event TEXT NOT NULL,
        UNIQUE (source, key)
    ) STRICT;
    CREATE TRIGGER events_never_change BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events never change'); END;
    CREATE TRIGGER events_never_go BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
    CREATE TABLE projections (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        state TEXT NOT NULL
    ) STRICT;
    CREATE TABLE cache (
        scope TEXT NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (scope, key)
    ) STRICT;
"];

/// What the header of a SQLite file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) application: i64,
    pub(crate) version: i64,
    /// Tables, indexes, triggers and views.
    pub(crate) objects: i64,
}

impl Header {
    pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let row = sqlx::query(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id, pragma_user_version",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self {
            application: row.try_get(0)?,
            version: row.try_get(1)?,
            objects: row.try_get(2)?,
        })
    }

    /// An empty database, or one of ours.
    pub(crate) const fn is_ledger(self) -> bool {
        self.application == APPLICATION_ID
            || (self.application == 0 && self.version == 0 && self.objects == 0)
    }
}

/// Brings the tables to [`SCHEMA_VERSION`] in one transaction; does nothing if they are there.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Another process may have been first: read again now that we hold the lock.
    let header = Header::read(&mut transaction).await?;
    let done = usize::try_from(header.version).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    let mark = format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(mark)).execute(&mut *transaction).await?;
    transaction.commit().await
}
