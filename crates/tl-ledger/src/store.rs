//! What went wrong underneath: SQLite's error codes as the few cases a user can act on.
//!
//! In: errors of `sqlx`. Out: [`StoreError`], the `source` of every operation's own error.

/// What SQLite could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space is left on the disk, or the quota is used up. What was acknowledged is intact.
    #[error("the disk is full")]
    Full(#[source] sqlx::Error),

    /// Another process held the write lock for longer than we wait.
    #[error("the ledger is locked by another process")]
    Busy(#[source] sqlx::Error),

    /// The file's content contradicts itself, or it is no SQLite database.
    #[error("the file is damaged")]
    Corrupted(#[source] sqlx::Error),

    /// The file, its directory or the file system does not allow writing.
    #[error("the ledger can only be read")]
    ReadOnly(#[source] sqlx::Error),

    /// The file or its directory cannot be opened; usually a missing permission.
    #[error("the file cannot be opened")]
    CannotOpen(#[source] sqlx::Error),

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
            Self::Other(_) => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(err: sqlx::Error) -> Self {
        // Primary result codes: https://www.sqlite.org/rescode.html
        match primary_code(&err) {
            Some(13) => Self::Full(err),
            Some(5 | 6) => Self::Busy(err),
            Some(11 | 26) => Self::Corrupted(err),
            Some(8) => Self::ReadOnly(err),
            Some(3 | 14 | 23) => Self::CannotOpen(err),
            _ => Self::Other(err),
        }
    }
}

/// SQLite's primary result code: the low byte of the extended one.
pub(crate) fn primary_code(err: &sqlx::Error) -> Option<u32> {
    let code = err.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}
