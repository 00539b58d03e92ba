//! Backups: a ledger in a file, with the files of its lakes, as one file; and back.
//!
//! In: a ledger, also one that is written meanwhile. Out: a SQLite file that is a ledger as it was at one
//! moment, with the files of its lakes in a table beside. Start at [`Ledger::back_up`] and [`Restored`].
//! **Invariants:** a backup that has its name is whole and was checked; what it holds is of one moment; a
//! file of a lake is what the ledger says it is, by its digest, which the caller compares.
//!
//! A ledger on a server is copied by the server's own means (`pg_dump`), which know how.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tl_core::time::Timestamp;

use crate::backend::sqlite::{Header, SCHEMA_VERSION};
use crate::open::{CheckError, OpenError, options};
use crate::store::StoreError;
use crate::{Ledger, Place};

/// Bytes of a lake's file in one row.
const PART: usize = 8 << 20;

/// What a backup has beside the tables of a ledger.
const TABLES: &str = "
    CREATE TABLE backup (
        made INTEGER NOT NULL,
        program TEXT NOT NULL
    ) STRICT;
    CREATE TABLE backup_files (
        lake TEXT NOT NULL,
        path TEXT NOT NULL,
        part INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (lake, path, part)
    ) STRICT;
";

/// What is in a ledger, for people, and to compare a copy with what it was copied from.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Contents {
    /// Events, and so the position of the newest one.
    pub events: i64,
    /// Webhooks that are kept.
    pub deliveries: i64,
    /// Cursors of collections.
    pub cursors: i64,
    /// Files of lakes.
    pub files: i64,
}

/// Why a backup could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is not in a file.
    #[error("ledger `{place}` is not in a file")]
    NoFile {
        /// The ledger.
        place: Place,
    },
    /// Not a backup: what its tables say.
    #[error("`{path}` is no backup")]
    NoBackup {
        /// The file.
        path: PathBuf,
    },
    /// A copy does not hold what was copied.
    #[error("the copy `{path}` holds {found:?}, not {expected:?}")]
    Differs {
        /// The copy.
        path: PathBuf,
        /// What it should hold.
        expected: Contents,
        /// What it holds.
        found: Contents,
    },
    /// Another process has the ledger open.
    #[error("ledger `{path}` is in use")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is damaged.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The database could not read or write it.
    #[error("failed to copy `{path}`")]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The system could not move or delete it.
    #[error("failed to write `{path}`")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A copy that is not finished: it has no name of its own yet.
#[derive(Debug)]
pub struct Copied {
    connection: SqliteConnection,
    /// Where it is until it is finished.
    part: PathBuf,
    /// Where it will be.
    path: PathBuf,
}

fn failed(path: &Path) -> impl Fn(sqlx::Error) -> BackupError {
    move |err| BackupError::Store { path: path.to_owned(), source: err.into() }
}

fn broken(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::Io { path: path.to_owned(), source }
}

/// Where a file is written before it has its name.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Deletes a database that is not wanted, with what SQLite keeps beside it.
fn remove(path: &Path) -> Result<(), BackupError> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(broken(path)(err)),
            Ok(()) | Err(_) => (),
        }
    }
    Ok(())
}

impl Ledger {
    /// Copies the ledger as it is at one moment, over a connection of its own: who writes goes on. The
    /// copy gets its name by [`Copied::finish`], once its lakes' files are in it.
    ///
    /// # Errors
    /// It is not in a file, cannot be read, or there is no room for the copy.
    pub async fn back_up(
        &self,
        to: &Path,
        made: Timestamp,
        program: &str,
    ) -> Result<Copied, BackupError> {
        let Place::File(from) = &self.place else {
            return Err(BackupError::NoFile { place: self.place.clone() });
        };
        let path = std::path::absolute(to).map_err(broken(to))?;
        let part = part_of(&path);
        remove(&part)?;
        let mut source = options(from).connect().await.map_err(failed(from))?;
        // Each commit waits for the disk in the end, and not each page on the way.
        let copied = sqlx::query("VACUUM INTO ?").bind(part.to_string_lossy().into_owned());
        copied.execute(&mut source).await.map_err(failed(&path))?;
        source.close().await.map_err(failed(from))?;
        let mut connection = options(&part).connect().await.map_err(failed(&path))?;
        sqlx::raw_sql(TABLES).execute(&mut connection).await.map_err(failed(&path))?;
        sqlx::query("INSERT INTO backup (made, program) VALUES (?, ?)")
            .bind(made.as_millis())
            .bind(program)
            .execute(&mut connection)
            .await
            .map_err(failed(&path))?;
        Ok(Copied { connection, part, path })
    }
}

impl Copied {
    /// The lakes that the ledger lists, with the path of each file and its SHA-256 in hex.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub async fn files(&mut self) -> Result<Vec<(String, String, String)>, BackupError> {
        sqlx::query_as(
            "SELECT lake, path, sha256 FROM segments WHERE doomed IS NULL ORDER BY lake, id",
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed(&self.path))
    }

    /// Keeps a file of a lake.
    ///
    /// # Errors
    /// There is no room for it.
    pub async fn put(&mut self, lake: &str, path: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let failed = failed(&self.path);
        let mut parts: Vec<&[u8]> = bytes.chunks(PART).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (number, part) in (0_i64..).zip(parts) {
            sqlx::query("INSERT INTO backup_files (lake, path, part, bytes) VALUES (?, ?, ?, ?)")
                .bind(lake)
                .bind(path)
                .bind(number)
                .bind(part)
                .execute(&mut self.connection)
                .await
                .map_err(&failed)?;
        }
        Ok(())
    }

    /// Checks the copy, and gives it its name, over what stands there.
    ///
    /// # Errors
    /// The copy is damaged, or cannot be written.
    pub async fn finish(self) -> Result<Contents, BackupError> {
        let Self { mut connection, part, path } = self;
        let found = contents(&mut connection).await.map_err(failed(&path))?;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut connection)
            .await
            .map_err(failed(&path))?;
        connection.close().await.map_err(failed(&path))?;
        let copy = Ledger::open(&part).await?;
        copy.check().await?;
        copy.close()
            .await
            .map_err(|err| BackupError::Store { path: path.clone(), source: err.source })?;
        sync(&part)?;
        std::fs::rename(&part, &path).map_err(broken(&path))?;
        if let Some(directory) = path.parent() {
            sync(directory)?;
        }
        Ok(found)
    }
}

/// Refuses a ledger that another process has open: it would go on writing to a file that nobody finds.
/// One that is damaged may be written over.
async fn unused(path: &Path) -> Result<(), BackupError> {
    if !path.exists() {
        return Ok(());
    }
    let Ok(mut connection) = options(path).busy_timeout(Duration::ZERO).connect().await else {
        return Ok(());
    };
    // Leaving the log needs the file for itself alone.
    let left = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = DELETE");
    let is_used = match left.fetch_one(&mut connection).await.map_err(StoreError::from) {
        Ok(mode) => mode != "delete",
        Err(StoreError::Busy(_)) => true,
        Err(_) => false,
    };
    // Nothing was written.
    let _closed = connection.close().await;
    if is_used { Err(BackupError::InUse { path: path.to_owned() }) } else { Ok(()) }
}

fn sync(path: &Path) -> Result<(), BackupError> {
    std::fs::File::open(path).and_then(|file| file.sync_all()).map_err(broken(path))
}

async fn contents(connection: &mut SqliteConnection) -> Result<Contents, sqlx::Error> {
    let (events, deliveries, cursors, files) = sqlx::query_as(
        "SELECT (SELECT coalesce(max(position), 0) FROM events),
                (SELECT count(*) FROM deliveries), (SELECT count(*) FROM cursors),
                (SELECT count(*) FROM segments WHERE doomed IS NULL)",
    )
    .fetch_one(connection)
    .await?;
    Ok(Contents { events, deliveries, cursors, files })
}

/// A ledger on its way back from a backup: it has no name of its own yet.
#[derive(Debug)]
pub struct Restored {
    connection: SqliteConnection,
    part: PathBuf,
    path: PathBuf,
    expected: Contents,
}

impl Restored {
    /// Copies a backup to where the ledger will be. It gets its name by [`Restored::finish`].
    ///
    /// # Errors
    /// The file is no backup, or one of a newer program; there is no room.
    pub async fn begin(backup: &Path, to: &Path) -> Result<Self, BackupError> {
        let path = std::path::absolute(to).map_err(broken(to))?;
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(broken(directory))?;
        }
        unused(&path).await?;
        let mut source = options(backup).read_only(true).connect().await.map_err(failed(backup))?;
        let header = Header::read(&mut source).await.map_err(failed(backup))?;
        let is_backup = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('backup', 'backup_files')",
        );
        let tables = is_backup.fetch_one(&mut source).await.map_err(failed(backup))?;
        if !header.is_ledger() || tables != 2 {
            return Err(BackupError::NoBackup { path: backup.to_owned() });
        }
        if header.version > SCHEMA_VERSION {
            let place = Place::File(backup.to_owned());
            let (found, known) = (header.version, SCHEMA_VERSION);
            return Err(OpenError::Newer { place, found, known }.into());
        }
        let part = part_of(&path);
        remove(&part)?;
        let copied = sqlx::query("VACUUM INTO ?").bind(part.to_string_lossy().into_owned());
        copied.execute(&mut source).await.map_err(failed(&path))?;
        source.close().await.map_err(failed(backup))?;
        // A backup of an older program is brought up to date first.
        let copy = Ledger::open(&part).await?;
        copy.close()
            .await
            .map_err(|err| BackupError::Store { path: path.clone(), source: err.source })?;
        let mut connection = options(&part).connect().await.map_err(failed(&path))?;
        let expected = contents(&mut connection).await.map_err(failed(&path))?;
        Ok(Self { connection, part, path, expected })
    }

    /// The files of lakes in the backup: lake, path, and SHA-256 as the ledger lists it.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub async fn files(&mut self) -> Result<Vec<(String, String, String)>, BackupError> {
        sqlx::query_as(
            "SELECT DISTINCT lake, path, sha256 FROM backup_files JOIN segments USING (lake, path)
             ORDER BY lake, path",
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed(&self.path))
    }

    /// A file of a lake.
    ///
    /// # Errors
    /// The copy cannot be read.
    pub async fn file(&mut self, lake: &str, path: &str) -> Result<Vec<u8>, BackupError> {
        let parts: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT bytes FROM backup_files WHERE lake = ? AND path = ? ORDER BY part",
        )
        .bind(lake)
        .bind(path)
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed(&self.path))?;
        Ok(parts.concat())
    }

    /// Takes what is of the backup alone out of the copy, checks it, and gives it its name, over what
    /// stands there.
    ///
    /// # Errors
    /// The copy is damaged, or cannot be written.
    pub async fn finish(self) -> Result<Contents, BackupError> {
        let Self { mut connection, part, path, expected } = self;
        sqlx::raw_sql(
            "DROP TABLE backup_files; DROP TABLE backup; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .execute(&mut connection)
        .await
        .map_err(failed(&path))?;
        let found = contents(&mut connection).await.map_err(failed(&path))?;
        if found != expected {
            return Err(BackupError::Differs { path, expected, found });
        }
        connection.close().await.map_err(failed(&path))?;
        let copy = Ledger::open(&part).await?;
        copy.check().await?;
        copy.close()
            .await
            .map_err(|err| BackupError::Store { path: path.clone(), source: err.source })?;
        sync(&part)?;
        unused(&path).await?;
        // What SQLite kept beside the old file belongs to that alone.
        remove(&path)?;
        std::fs::rename(&part, &path).map_err(broken(&path))?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
