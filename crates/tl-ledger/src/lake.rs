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

use serde::Serialize;
use tl_core::event::Event;
use tl_core::segment::{Manifest, Pack, Segment};
use tl_core::time::Timestamp;

use crate::append::AppendError;
use crate::backend::{Arg, Connection, Row};
use crate::document;
use crate::store::StoreError;
use crate::{Ledger, Place};

/// A query for packs with the row of their lake beside each; without packs, that row alone.
macro_rules! with_standing {
    ($packs:literal) => {
        concat!(
            "SELECT lakes.generation, lakes.next, COALESCE(found.block, -1), found.name, found.value
             FROM lakes LEFT JOIN (SELECT packs.name, packs.block, packs.value FROM ",
            $packs,
            ") found ON TRUE WHERE lakes.name = $1 ORDER BY found.name, found.block"
        )
    };
}

/// How far a lake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Swaps so far.
    pub generation: u64,
    /// Number of the next file.
    pub next: u64,
}

impl Standing {
    /// Of a lake that nothing was written to.
    pub const EMPTY: Self = Self { generation: 0, next: 1 };
}

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

    /// The packs of these names, by name and block, and how the lake stands with them. A name that
    /// ends with `/` stands for all that begin with it.
    pub async fn packs(
        &self,
        lake: &str,
        names: &[&str],
    ) -> Result<(Standing, Vec<Pack>), LakeError> {
        // What begins so is before the same with the sign behind `/`, which is `0`; a name alone is
        // before itself with the least sign there may be.
        let behind = |name: &&str| match name.strip_suffix('/') {
            Some(family) => format!("{family}0"),
            None => format!("{name}\u{1}"),
        };
        let ranges: Vec<(&str, String)> = names.iter().map(|name| (*name, behind(name))).collect();
        let mut session = self.session().await;
        let sql = match &session.connection {
            Connection::Sqlite(_) => with_standing!(
                "json_each($2) r CROSS JOIN packs ON lake = $1
                 AND name >= r.value ->> 0 AND name < r.value ->> 1"
            ),
            Connection::Postgres(_) => with_standing!(
                "json_array_elements($2::json) r CROSS JOIN packs WHERE lake = $1
                 AND name >= r ->> 0 AND name < r ->> 1"
            ),
        };
        let read = packs(&mut session.connection, sql, lake, &ranges).await;
        read.map_err(|err| self.no_lake(lake, err))
    }

    /// Single packs by name and block, those that are there, by name and block, and how the lake stands
    /// with them. What is wanted twice comes twice.
    pub async fn blocks(
        &self,
        lake: &str,
        wanted: &[(&str, u32)],
    ) -> Result<(Standing, Vec<Pack>), LakeError> {
        let mut session = self.session().await;
        let sql = match &session.connection {
            Connection::Sqlite(_) => with_standing!(
                "json_each($2) r CROSS JOIN packs
                 ON lake = $1 AND name = r.value ->> 0 AND block = r.value ->> 1"
            ),
            Connection::Postgres(_) => with_standing!(
                "json_array_elements($2::json) r CROSS JOIN packs
                 WHERE lake = $1 AND name = r ->> 0 AND block = (r ->> 1)::BIGINT"
            ),
        };
        let read = packs(&mut session.connection, sql, lake, wanted).await;
        read.map_err(|err| self.no_lake(lake, err))
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

/// Packs from what an inner query says, and the row of their lake, which is there without them: one
/// statement sees one moment, and is one trip.
async fn packs(
    connection: &mut Connection,
    sql: &'static str,
    lake: &str,
    wanted: &(impl Serialize + ?Sized),
) -> Result<(Standing, Vec<Pack>), sqlx::Error> {
    let list = serde_json::to_string(wanted).map_err(|err| sqlx::Error::Encode(err.into()))?;
    let (mut standing, mut packs) = (Standing::EMPTY, Vec::new());
    let keep = |row: Row<'_>| {
        standing = Standing { generation: unsigned(&row, 0)?, next: unsigned(&row, 1)? };
        if row.integer(2)? >= 0 {
            packs.push(Pack {
                name: row.text(3)?.to_owned(),
                block: unsigned(&row, 2)?,
                value: row.bytes(4)?.to_vec(),
            });
        }
        Ok(true)
    };
    connection.fetch(sql, &[Arg::Text(lake), Arg::Text(&list)], keep).await?;
    Ok((standing, packs))
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
