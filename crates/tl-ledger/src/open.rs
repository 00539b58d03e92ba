//! Opening and closing a ledger, and everything that can be wrong with its file.
//!
//! In: a path, or the URL of a PostgreSQL database. Out: a [`Ledger`] with the newest tables. Start
//! at [`Ledger::open`] and [`Ledger::open_url`]. No message shows a password. **Invariant:** a file that is not a ledger, or is one of a newer program, is left as it was.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::Mutex;

use crate::backend::postgres::{self, Found, Server};
use crate::backend::sqlite::{self, Header, SCHEMA_VERSION};
use crate::backend::{Connection, Row};
use crate::session::Session;
use crate::store::StoreError;
use crate::{Ledger, Place};

/// How long an operation waits for another process's write lock.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory of the ledger could not be made or looked into.
    #[error("failed to create the ledger's directory `{path}`")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path names a directory.
    #[error("ledger `{path}` is a directory, not a file")]
    IsDirectory {
        /// The path.
        path: PathBuf,
    },
    /// Not the URL of a PostgreSQL database. The URL is not shown: it may hold a password.
    #[error("the ledger's URL is not one of a PostgreSQL database")]
    Url {
        /// What is wrong with it.
        source: sqlx::Error,
    },
    /// A database, but of another program.
    #[error("`{place}` is a database of another program, not a ledger")]
    Foreign {
        /// The database.
        place: Place,
    },
    /// Written by a newer program.
    #[error("ledger `{place}` has version {found}; this program reads up to version {known}")]
    Newer {
        /// The ledger.
        place: Place,
        /// Version of its tables.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The database could not open it: damaged, full disk, missing permission, locked.
    #[error("failed to open ledger `{place}`")]
    Store {
        /// The ledger.
        place: Place,
        /// Why.
        source: StoreError,
    },
}

impl OpenError {
    /// What the user can do about it, where there is something.
    pub const fn mend(&self) -> Option<&'static str> {
        match self {
            Self::Directory { .. } => Some(
                "name a ledger in a directory that you may write with `--ledger PATH`, or keep \
                 nothing with `--ledger none`",
            ),
            Self::IsDirectory { .. } | Self::Foreign { place: Place::File(_) | Place::Memory } => {
                Some("name another file with `--ledger PATH`")
            }
            Self::Foreign { place: Place::Server(_) } => {
                Some("name another database: this one has a schema `throughline` of its own")
            }
            Self::Url { .. } => Some("it reads like `postgres://USER@HOST/DATABASE`"),
            Self::Newer { .. } => {
                Some("update `throughline`, or name another ledger with `--ledger PATH`")
            }
            Self::Store { source, .. } => source.mend(),
        }
    }
}

/// Why a ledger could not be closed in order. What was acknowledged is safe all the same.
#[derive(Debug, thiserror::Error)]
#[error("failed to close ledger `{place}`")]
pub struct CloseError {
    /// The ledger.
    pub place: Place,
    /// Why.
    pub source: StoreError,
}

/// Why a ledger could not be checked, or what the check found.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database found contradictions.
    #[error("ledger `{place}` is damaged: {findings}")]
    Damaged {
        /// The ledger.
        place: Place,
        /// What it says is wrong, one per line, at most 100.
        findings: String,
    },
    /// The check itself failed.
    #[error("failed to check ledger `{place}`")]
    Store {
        /// The ledger.
        place: Place,
        /// Why.
        source: StoreError,
    },
}

impl Ledger {
    /// Opens the ledger in the file `path`; makes it, and its directory, where they are missing.
    ///
    /// Older tables are brought up to date. Safe while other processes do the same.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let path = make_directory(path)?;
        let place = Place::File(path.clone());
        let failed = |err| OpenError::Store { place: place.clone(), source: StoreError::from(err) };
        let mut connection =
            options(&path).create_if_missing(true).connect().await.map_err(failed)?;
        let header = Header::read(&mut connection).await.map_err(failed)?;
        if !header.is_ledger() {
            return Err(OpenError::Foreign { place });
        }
        if header.version > SCHEMA_VERSION {
            return Err(OpenError::Newer { place, found: header.version, known: SCHEMA_VERSION });
        }
        if header.version < SCHEMA_VERSION {
            write_ahead(&mut connection).await.map_err(failed)?;
            sqlite::migrate(&mut connection).await.map_err(failed)?;
        }
        Ok(Self::over(Connection::Sqlite(connection), place, None))
    }

    /// Opens the ledger in a PostgreSQL database, such as `postgres://ana@db.example/delivery`;
    /// makes its tables, in the schema `throughline`, where they are missing.
    ///
    /// Parameters such as `sslmode` and `host` may follow a `?`; what is missing comes from
    /// PostgreSQL's own variables (`PGPASSWORD`, ...) and `~/.pgpass`. Older tables are brought up
    /// to date. Safe while other processes do the same.
    pub async fn open_url(url: &str) -> Result<Self, OpenError> {
        let server = Server::parse(url).map_err(|source| OpenError::Url { source })?;
        let place = Place::Server(server.shown.clone());
        let failed = |err| OpenError::Store { place: place.clone(), source: StoreError::from(err) };
        let mut connection = server.connect().await.map_err(failed)?;
        match postgres::prepare(&mut connection).await.map_err(failed)? {
            Found::Foreign => Err(OpenError::Foreign { place }),
            Found::Ledger(found) if found > postgres::SCHEMA_VERSION => {
                Err(OpenError::Newer { place, found, known: postgres::SCHEMA_VERSION })
            }
            Found::Ledger(_) => {
                Ok(Self::over(Connection::Postgres(connection), place, Some(server)))
            }
        }
    }

    /// An empty ledger in memory: everything works, nothing is kept.
    pub async fn in_memory() -> Result<Self, OpenError> {
        let failed = |err| OpenError::Store { place: Place::Memory, source: StoreError::from(err) };
        let mut connection = options(Path::new(":memory:")).connect().await.map_err(failed)?;
        sqlite::migrate(&mut connection).await.map_err(failed)?;
        Ok(Self::over(Connection::Sqlite(connection), Place::Memory, None))
    }

    /// The same ledger over a connection of its own, so that two readers need not take turns; `None`
    /// where only this one can be: in memory, and on a server, which has better use for it.
    pub async fn beside(&self) -> Result<Option<Self>, OpenError> {
        let Place::File(path) = &self.place else { return Ok(None) };
        let place = self.place.clone();
        let connected = options(path).connect().await;
        let connection = connected
            .map_err(|err| OpenError::Store { place: place.clone(), source: err.into() })?;
        Ok(Some(Self::over(Connection::Sqlite(connection), place, None)))
    }

    /// The same ledger over a connection of its own, also on a server; `None` in memory.
    ///
    /// # Errors
    /// It cannot be connected to.
    pub async fn again(&self) -> Result<Option<Self>, OpenError> {
        let Some(server) = &self.server else { return self.beside().await };
        let place = self.place.clone();
        let connection = server
            .connect()
            .await
            .map_err(|err| OpenError::Store { place: place.clone(), source: err.into() })?;
        let connection = Connection::Postgres(connection);
        Ok(Some(Self::over(connection, place, Some(server.clone()))))
    }

    fn over(connection: Connection, place: Place, server: Option<Server>) -> Self {
        Self { session: Mutex::new(Session::new(connection)), place, server }
    }

    /// Closes the ledger and tidies its files up. Dropping it instead loses nothing either.
    pub async fn close(self) -> Result<(), CloseError> {
        let mut session = self.session.into_inner();
        if session.names.wait() {
            let failed =
                |err| CloseError { place: self.place.clone(), source: StoreError::from(err) };
            session.begin().await.map_err(failed)?;
            let mut names = std::mem::take(&mut session.names);
            let done = match &mut session.connection {
                Connection::Sqlite(to) => names.write(to).await,
                Connection::Postgres(_) => Ok(()),
            };
            session.finish(done).await.map_err(failed)?;
        }
        let closed = match session.connection {
            Connection::Sqlite(connection) => connection.close().await,
            Connection::Postgres(connection) => connection.close().await,
        };
        closed.map_err(|err| CloseError { place: self.place, source: StoreError::from(err) })
    }

    /// Reads the whole ledger and checks it, for `throughline doctor`.
    pub async fn check(&self) -> Result<(), CheckError> {
        let place = self.place.clone();
        let mut session = self.session().await;
        let sql = match &session.connection {
            Connection::Sqlite(_) => {
                "SELECT integrity_check FROM pragma_integrity_check
                 UNION ALL SELECT 'names of events are missing'
                 WHERE (SELECT count(*) FROM names) != (SELECT max(position) FROM named)
                    OR (SELECT coalesce(max(position), 0) FROM events)
                       < (SELECT max(position) FROM named)"
            }
            // PostgreSQL checks its pages when it reads them; only the positions are ours.
            Connection::Postgres(_) => {
                "SELECT CASE WHEN count(event) = coalesce(max(position), 0) THEN 'ok'
                 ELSE 'positions of events have gaps' END FROM events"
            }
        };
        let mut lines = Vec::new();
        let keep = |row: Row<'_>| {
            lines.push(row.text(0)?.to_owned());
            Ok(true)
        };
        let checked = session.connection.fetch(sql, &[], keep).await;
        match checked.map_err(StoreError::from) {
            Ok(()) => {
                lines.retain(|line| line != "ok");
                if lines.is_empty() {
                    return Ok(());
                }
                Err(CheckError::Damaged { place, findings: lines.join("\n") })
            }
            // Too damaged to be looked at.
            Err(StoreError::Corrupted(err)) => {
                Err(CheckError::Damaged { place, findings: err.to_string() })
            }
            Err(source) => Err(CheckError::Store { place, source }),
        }
    }
}

/// What every connection to a file is opened with.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        // Fewer, larger pages: half the system calls for appending and for large cached values.
        .page_size(16_384)
        // In WAL mode only FULL syncs the log at each commit, which is what "acknowledged" means.
        .synchronous(SqliteSynchronous::Full)
        // The file may come with a hostile repository: its views and triggers get no power.
        .pragma("trusted_schema", "OFF")
        // The log is copied to the file each 256 MB, so that a page that changes often is copied
        // once; what it is longer is cut off again, which takes a file system a tenth of a second,
        // and who writes next waits for it.
        .pragma("wal_autocheckpoint", "16000")
        .pragma("journal_size_limit", "268435456")
        // For reading: each page is wanted once, and stays in memory until the ledger is closed. Who
        // writes takes more (`Session::begin`).
        .pragma("cache_size", "-16384")
        // What one statement would undo stays in memory: it went to disk page by page.
        .pragma("temp_store", "MEMORY")
        // Rows come from another thread: the longer the queue, the fewer times one waits.
        .row_buffer_size(1024)
        .disable_statement_logging()
}

/// Makes the directory of `path`; returns the absolute path.
fn make_directory(path: &Path) -> Result<PathBuf, OpenError> {
    // Absolute, because SQLite reads a name that begins with `file:` as a URI.
    let path = std::path::absolute(path)
        .map_err(|source| OpenError::Directory { path: path.to_owned(), source })?;
    if path.is_dir() {
        return Err(OpenError::IsDirectory { path });
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|source| OpenError::Directory { path: parent.to_owned(), source })?;
    }
    Ok(path)
}

/// Switches the file to a write-ahead log, once in its life.
///
/// The switch needs the file for itself, and SQLite answers "busy" at once instead of waiting
/// when another process is doing the same, so we wait here.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let pause = Duration::from_millis(20);
    let mut attempts = BUSY_TIMEOUT.as_millis() / pause.as_millis();
    loop {
        let switched = sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await;
        match switched.map_err(StoreError::from) {
            Err(StoreError::Busy(_)) if attempts > 0 => attempts -= 1,
            Err(other) => return Err(other.into_source()),
            Ok(_) => return Ok(()),
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests;
