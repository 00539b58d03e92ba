//! What went wrong underneath: the databases' error codes as the few cases a user can act on.
//!
//! In: errors of `sqlx`. Out: [`StoreError`], the `source` of every operation's own error.

use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// What the database could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space is left on the disk, or the quota is used up. What was acknowledged is intact.
    #[error("the disk is full")]
    Full(#[source] sqlx::Error),

    /// Another process held the write lock for longer than we wait.
    #[error("the ledger is locked by another process")]
    Busy(#[source] sqlx::Error),

    /// The content contradicts itself, or the file is no SQLite database.
    #[error("the file is damaged")]
    Corrupted(#[source] sqlx::Error),

    /// The file, its directory or the file system does not allow writing; a server only reads.
    #[error("the ledger can only be read")]
    ReadOnly(#[source] sqlx::Error),

    /// The file or its directory cannot be opened; usually a missing permission.
    #[error("the file cannot be opened")]
    CannotOpen(#[source] sqlx::Error),

    /// The server does not answer, or broke the connection off.
    #[error("the database server cannot be reached")]
    Unreachable(#[source] sqlx::Error),

    /// The server does not let this user in, or not do this.
    #[error("the database server refuses")]
    Denied(#[source] sqlx::Error),

    /// Anything else.
    #[error(transparent)]
    Other(sqlx::Error),
}

impl StoreError {
    /// What the user can do about it, where there is something.
    pub const fn mend(&self) -> Option<&'static str> {
        match self {
            Self::Full(_) => Some("free some space on the disk of the ledger and run it again"),
            Self::Busy(_) => Some("wait for the other `throughline` to end and run it again"),
            Self::Corrupted(_) => Some(
                "move the file away: what was read from git is read again, recorded events are not",
            ),
            Self::ReadOnly(_) | Self::CannotOpen(_) => Some(
                "allow writing to the file and its directory, name another with `--ledger PATH`, \
                 or keep nothing with `--ledger none`",
            ),
            Self::Unreachable(_) => Some("check that the server runs and that the URL names it"),
            Self::Denied(_) => Some(
                "check user, password and database; the user must be allowed to make a schema, or \
                 own a schema `throughline`",
            ),
            Self::Other(_) => None,
        }
    }

    /// The error of `sqlx`.
    pub(crate) fn into_source(self) -> sqlx::Error {
        match self {
            Self::Full(err)
            | Self::Busy(err)
            | Self::Corrupted(err)
            | Self::ReadOnly(err)
            | Self::CannotOpen(err)
            | Self::Unreachable(err)
            | Self::Denied(err)
            | Self::Other(err) => err,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(err: sqlx::Error) -> Self {
        match cause(&err) {
            Cause::Sqlite(code) => match code {
                13 => Self::Full(err),
                5 | 6 => Self::Busy(err),
                11 | 26 => Self::Corrupted(err),
                8 => Self::ReadOnly(err),
                3 | 14 | 23 => Self::CannotOpen(err),
                _ => Self::Other(err),
            },
            Cause::Postgres(class) => class(err),
            Cause::Connection => Self::Unreachable(err),
            Cause::Other => Self::Other(err),
        }
    }
}

/// Where an error comes from.
enum Cause {
    /// SQLite's primary result code: <https://www.sqlite.org/rescode.html>.
    Sqlite(u32),
    Postgres(fn(sqlx::Error) -> StoreError),
    Connection,
    Other,
}

fn cause(err: &sqlx::Error) -> Cause {
    match err {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Cause::Connection,
        sqlx::Error::Database(database) => {
            if let Some(code) = database.try_downcast_ref::<PgDatabaseError>() {
                return Cause::Postgres(of_postgres(code.code()));
            }
            let code =
                database.code().filter(|_| database.try_downcast_ref::<SqliteError>().is_some());
            // The low byte of the extended code.
            let primary = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
            primary.map_or(Cause::Other, Cause::Sqlite)
        }
        _ => Cause::Other,
    }
}

/// Error codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(code: &str) -> fn(sqlx::Error) -> StoreError {
    match code {
        "53100" => StoreError::Full,
        // Lock not available, deadlock, serialization failure.
        "55P03" | "40P01" | "40001" => StoreError::Busy,
        // Data or index corrupted.
        "XX001" | "XX002" => StoreError::Corrupted,
        // Read-only transaction, on a standby for example.
        "25006" => StoreError::ReadOnly,
        // No such database, insufficient privilege.
        "3D000" | "42501" => StoreError::Denied,
        // Shut down, crashed, starting, or too many connections.
        "57P01" | "57P02" | "57P03" | "53300" => StoreError::Unreachable,
        _ if code.starts_with("28") => StoreError::Denied,
        _ => StoreError::Other,
    }
}
