//! Which files a lake has, and small values beside them: the part of a lake that has to be true.
//!
//! In: files that `tl-lake` has written and put in their place. Out: [`Manifest`]s, [`Pack`]s. Start
//! at [`Ledger::lake`] and [`Ledger::swap`]. A ledger may list several lakes, by their names.
//! **Invariants:** a swap is one transaction: its files, packs and events are all there, or none;
//! of several writers that saw the same generation one swaps, and the others are told. Taking a file
//! out of the manifest leaves it in place: who is reading it reads on, and [`Ledger::doomed`] names
//! it later to whoever deletes files.
//!
//! ```text
//! loop {
//!     let manifest = ledger.lake("results").await?;
//!     let (generation, packs) = ledger.packs("results", &["tests", "state/"]).await?;
//!     // number the rows, write the segment, put it, fold the packs ...
//!     match ledger.swap(&Swap { expected: generation, add: &[segment], ... }).await {
//!         Err(SwapError::Late { .. }) => continue, // another one was first: once more
//!         ...
//!     }
//! }
//! ```

mod write;

use tl_core::event::Event;
use tl_core::segment::{Manifest, Pack, Segment};
use tl_core::time::Timestamp;

use crate::append::AppendError;
use crate::backend::{Arg, Connection, Row};
use crate::document;
use crate::store::StoreError;
use crate::{Ledger, Place};

/// What changes in a lake at once.
#[derive(Debug, Clone, Copy)]
pub struct Swap<'a> {
    /// The lake.
    pub lake: &'a str,
    /// Its generation as the writer has seen it.
    pub expected: u64,
    /// Files that are in their place already. Their numbers are [`Manifest::next`] and the ones
    /// behind it, each once.
    pub add: &'a [Segment],
    /// Numbers of listed files that are no part of the lake from now on.
    pub remove: &'a [u64],
    /// Written over those of the same name and block.
    pub packs: &'a [Pack],
    /// What is to be told of it; each (source, key) once.
    pub events: &'a [Event],
    /// The instant of the swap: [`Ledger::doomed`] counts from it.
    pub at: Timestamp,
}

/// What became of a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// It is done.
    Done {
        /// The generation that it made.
        generation: u64,
    },
    /// An event of the same (source, key) as one of its events is in the ledger: somebody has told
    /// the same before. Nothing of the swap was done. The file that it was to add may go, unless
    /// the manifest lists its path: equal contents have equal paths.
    AlreadyThere,
}

/// Why a swap was not done. Nothing of it is in the ledger then.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// Another writer was first. Read manifest and packs again, and decide again.
    #[error("lake `{lake}` is at generation {found}, not {expected}")]
    Late {
        /// The lake.
        lake: String,
        /// Its generation.
        found: u64,
        /// The one that was expected.
        expected: u64,
    },
    /// What it asks for contradicts itself or the manifest: a mistake of the program.
    #[error("a swap of lake `{lake}` contradicts itself: {what}")]
    Wrong {
        /// The lake.
        lake: String,
        /// In which way.
        what: &'static str,
    },
    /// One of its events cannot be appended.
    #[error(transparent)]
    Event(#[from] AppendError),
    /// The database could not write: full disk, locked, damaged, read-only.
    #[error("failed to change lake `{lake}` in ledger `{place}`")]
    Store {
        /// The lake.
        lake: String,
        /// The ledger.
        place: Place,
        /// Why.
        source: StoreError,
    },
}

/// Why a lake could not be read, or files of it not be forgotten.
#[derive(Debug, thiserror::Error)]
#[error("failed to read lake `{lake}` in ledger `{place}`")]
pub struct LakeError {
    /// The lake.
    pub lake: String,
    /// The ledger.
    pub place: Place,
    /// Why.
    pub source: StoreError,
}

impl Ledger {
    /// The files of a lake; [`Manifest::EMPTY`] where nothing was ever written to it.
    pub async fn lake(&self, lake: &str) -> Result<Manifest, LakeError> {
        let failed = |err| self.no_lake(lake, err);
        let mut session = self.session().await;
        session.begin_reading().await.map_err(failed)?;
        let read = manifest(&mut session.connection, lake).await;
        session.finish(read).await.map_err(failed)
    }

    /// The packs of these names, by name and block, and the generation that they are of. A name that
    /// ends with `/` stands for all that begin with it.
    pub async fn packs(&self, lake: &str, names: &[&str]) -> Result<(u64, Vec<Pack>), LakeError> {
        let failed = |err| self.no_lake(lake, err);
        let mut session = self.session().await;
        session.begin_reading().await.map_err(failed)?;
        let read = named_packs(&mut session.connection, lake, names).await;
        session.finish(read).await.map_err(failed)
    }

    /// Single packs by name and block, those that are there, by name and block, and the generation that they
    /// are of.
    pub async fn blocks(
        &self,
        lake: &str,
        wanted: &[(&str, u32)],
    ) -> Result<(u64, Vec<Pack>), LakeError> {
        let failed = |err| self.no_lake(lake, err);
        let mut session = self.session().await;
        session.begin_reading().await.map_err(failed)?;
        let read = single_packs(&mut session.connection, lake, wanted).await;
        session.finish(read).await.map_err(failed)
    }

    /// Changes a lake: all of it, or nothing. When it returns, the change is on disk.
    pub async fn swap(&self, swap: &Swap<'_>) -> Result<Swapped, SwapError> {
        let lake = || swap.lake.to_owned();
        let wrong = |what| SwapError::Wrong { lake: lake(), what };
        write::check(swap).map_err(wrong)?;
        let written = document::write_all(swap.events)?;
        let failed = |err| SwapError::Store {
            lake: lake(),
            place: self.place.clone(),
            source: StoreError::from(err),
        };
        let mut session = self.session().await;
        session.begin().await.map_err(failed)?;
        // What is known of names that did not get to the disk must not stay.
        let mut names = std::mem::take(&mut session.names);
        let done = write::swap(&mut session.connection, &mut names, swap, written).await;
        match done {
            Ok(write::Outcome::Done { generation }) => {
                session.finish(Ok(())).await.map_err(failed)?;
                session.names = names;
                Ok(Swapped::Done { generation })
            }
            Ok(other) => {
                session.undo().await;
                match other {
                    write::Outcome::Late { found } => {
                        Err(SwapError::Late { lake: lake(), found, expected: swap.expected })
                    }
                    write::Outcome::Wrong(what) => Err(wrong(what)),
                    write::Outcome::AlreadyThere | write::Outcome::Done { .. } => {
                        Ok(Swapped::AlreadyThere)
                    }
                }
            }
            Err(err) => {
                session.undo().await;
                Err(failed(err))
            }
        }
    }

    /// Files that were taken out of the manifest before an instant, and not forgotten yet.
    pub async fn doomed(&self, lake: &str, before: Timestamp) -> Result<Vec<Segment>, LakeError> {
        let sql = "SELECT id, level, rows, bytes, first, last, test_min, test_max, sha256, path
                   FROM segments WHERE lake = $1 AND doomed < $2 ORDER BY id";
        let args = [Arg::Text(lake), Arg::Integer(before.as_millis())];
        let mut session = self.session().await;
        let read = segments(&mut session.connection, sql, &args).await;
        read.map_err(|err| self.no_lake(lake, err))
    }

    /// Forgets files that were taken out of the manifest and are deleted. Those that are listed stay.
    pub async fn forget(&self, lake: &str, ids: &[u64]) -> Result<(), LakeError> {
        let failed = |err| self.no_lake(lake, err);
        let mut session = self.session().await;
        session.begin().await.map_err(failed)?;
        let done = write::forget(&mut session.connection, lake, ids).await;
        session.finish(done).await.map_err(failed)
    }

    fn no_lake(&self, lake: &str, err: sqlx::Error) -> LakeError {
        LakeError { lake: lake.to_owned(), place: self.place.clone(), source: err.into() }
    }
}

async fn manifest(connection: &mut Connection, lake: &str) -> Result<Manifest, sqlx::Error> {
    let sql = "SELECT generation, next FROM lakes WHERE name = $1";
    let known = connection
        .first(sql, &[Arg::Text(lake)], |row| Ok((unsigned(&row, 0)?, unsigned(&row, 1)?)))
        .await?;
    let Some((generation, next)) = known else { return Ok(Manifest::EMPTY) };
    let sql = "SELECT id, level, rows, bytes, first, last, test_min, test_max, sha256, path
               FROM segments WHERE lake = $1 AND doomed IS NULL ORDER BY id";
    let segments = segments(connection, sql, &[Arg::Text(lake)]).await?;
    Ok(Manifest { generation, next, segments })
}

async fn segments(
    connection: &mut Connection,
    sql: &'static str,
    args: &[Arg<'_>],
) -> Result<Vec<Segment>, sqlx::Error> {
    let mut segments = Vec::new();
    let keep = |row: Row<'_>| {
        segments.push(Segment {
            id: unsigned(&row, 0)?,
            level: unsigned(&row, 1)?,
            rows: unsigned(&row, 2)?,
            bytes: unsigned(&row, 3)?,
            first: Timestamp::from_millis(row.integer(4)?),
            last: Timestamp::from_millis(row.integer(5)?),
            tests: (unsigned(&row, 6)?, unsigned(&row, 7)?),
            sha256: row.text(8)?.to_owned(),
            path: row.text(9)?.to_owned(),
        });
        Ok(true)
    };
    connection.fetch(sql, args, keep).await?;
    Ok(segments)
}

async fn generation(connection: &mut Connection, lake: &str) -> Result<u64, sqlx::Error> {
    let sql = "SELECT generation FROM lakes WHERE name = $1";
    let found = connection.first(sql, &[Arg::Text(lake)], |row| unsigned(&row, 0)).await?;
    Ok(found.unwrap_or(0))
}

async fn named_packs(
    connection: &mut Connection,
    lake: &str,
    names: &[&str],
) -> Result<(u64, Vec<Pack>), sqlx::Error> {
    let generation = generation(connection, lake).await?;
    let mut packs = Vec::new();
    for name in names {
        let mut keep = |row: Row<'_>| {
            packs.push(pack(&row)?);
            Ok(true)
        };
        if let Some(family) = name.strip_suffix('/') {
            // The sign behind `/` is `0`.
            let end = format!("{family}0");
            let sql = "SELECT name, block, value FROM packs
                       WHERE lake = $1 AND name >= $2 AND name < $3 ORDER BY name, block";
            let args = [Arg::Text(lake), Arg::Text(name), Arg::Text(&end)];
            connection.fetch(sql, &args, &mut keep).await?;
        } else {
            let sql = "SELECT name, block, value FROM packs
                       WHERE lake = $1 AND name = $2 ORDER BY block";
            connection.fetch(sql, &[Arg::Text(lake), Arg::Text(name)], &mut keep).await?;
        }
    }
    Ok((generation, packs))
}

async fn single_packs(
    connection: &mut Connection,
    lake: &str,
    wanted: &[(&str, u32)],
) -> Result<(u64, Vec<Pack>), sqlx::Error> {
    let generation = generation(connection, lake).await?;
    let mut packs = Vec::with_capacity(wanted.len());
    // One statement for any number of them: each one is a trip of its own otherwise.
    let sql = match connection {
        Connection::Sqlite(_) => {
            "SELECT name, block, value FROM packs WHERE lake = $1 AND (name, block) IN (
                 SELECT value ->> 0, value ->> 1 FROM json_each($2)
             ) ORDER BY name, block"
        }
        Connection::Postgres(_) => {
            "SELECT name, block, value FROM packs WHERE lake = $1 AND (name, block) IN (
                 SELECT one ->> 0, (one ->> 1)::BIGINT FROM json_array_elements($2::json) AS one
             ) ORDER BY name, block"
        }
    };
    let list = serde_json::to_string(wanted).map_err(|err| sqlx::Error::Encode(err.into()))?;
    let keep = |row: Row<'_>| {
        packs.push(pack(&row)?);
        Ok(true)
    };
    connection.fetch(sql, &[Arg::Text(lake), Arg::Text(&list)], keep).await?;
    Ok((generation, packs))
}

fn pack(row: &Row<'_>) -> Result<Pack, sqlx::Error> {
    Ok(Pack {
        name: row.text(0)?.to_owned(),
        block: unsigned(row, 1)?,
        value: row.bytes(2)?.to_vec(),
    })
}

/// A column that holds what is never negative; another number there was not written by us.
fn unsigned<T: TryFrom<i64>>(row: &Row<'_>, column: usize) -> Result<T, sqlx::Error> {
    let number = row.integer(column)?;
    T::try_from(number).map_err(|_| {
        sqlx::Error::Decode(format!("column {column} of a lake's table holds {number}").into())
    })
}

#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod tests;
