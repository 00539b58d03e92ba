//! Row projections: what is folded from the events into one row per thing, such as per change.
//!
//! In: a type that is [`RowProjection`]. Out: its rows. Start at [`Ledger::catch_up_rows`], then
//! [`Ledger::rows`]. Where [`crate::projection`] keeps one state, this keeps millions of rows, and
//! an hour's events touch only the rows that they concern.
//!
//! ```text
//! struct Journeys;
//! impl RowProjection for Journeys {
//!     const NAME: &'static str = "journeys";
//!     const VERSION: u32 = 1;
//!     fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
//!         if let Some(change) = recorded.event.refs.get("change") {
//!             keys.push(RowKey { table: 0, key: change.clone() });
//!         }
//!     }
//!     fn fold(key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> { ... }
//! }
//! ledger.catch_up_rows::<Journeys>(&mut |progress| ()).await?;
//! let (rows, upto) = ledger.rows::<Journeys, _>(vec![Wanted { table: 0, since, sink }]).await?;
//! ```
//!
//! **Invariant:** rows and the position that they are folded up to are stored in one transaction,
//! which checks the position that it started from: a crash or another process that folds at the
//! same time neither skips nor doubles an event. [`Ledger::rebuild_rows`] gives the same rows.

pub mod folding;
mod reading;

use rustc_hash::FxHashMap;
use tl_core::time::Timestamp;

use self::folding::{Folding, Waiting};
use crate::backend::{Arg, Connection, postgres, sqlite};
use crate::projection::ProjectError;
use crate::read::Recorded;
use crate::{Ledger, Position};

pub use self::reading::{Sink, Wanted};

/// Events folded in one go: the more, the fewer times a row is written; the fewer, the less memory.
const PAGE: usize = 50_000;

/// The same as bytes of JSON.
const PAGE_BYTES: usize = 64 << 20;

/// Longest key in bytes. What has a longer one, an empty one, or one with a zero character gets no
/// row: PostgreSQL cannot store it, and only a forged event names a thing by a page of text.
pub const KEY_LIMIT: usize = 1024;

/// Names a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// Which of the projection's tables it is in; the projection gives the numbers their meaning.
    pub table: u8,
    /// Its key in the table, such as `change:acme/api#12`; see [`KEY_LIMIT`].
    pub key: String,
}

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When the thing was last active, for reading only what was active in a window.
    pub at: Timestamp,
    /// The series that it is the next one of, such as the deployments of a service: a window also
    /// holds the last one before it.
    pub series: Option<String>,
    /// The folded state in the projection's own encoding.
    pub value: Vec<u8>,
}

/// A fold of events into rows.
///
/// A trait, because the set is open: each capability that keeps something up to date has one.
/// Both functions are pure: the same events in the same order give the same rows, whatever the
/// pages are that they come in.
pub trait RowProjection {
    /// Name under which the rows are stored. Never changes.
    const NAME: &'static str;

    /// Version of the rows' encoding and of both functions: raise it, and the rows are folded anew.
    const VERSION: u32;

    /// Pushes the key of each row that the event concerns. `keys` is empty; none, one or several
    /// may be pushed.
    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>);

    /// The row `key` after `events`, which are at least one, in the order of their positions, all
    /// concern it and are newer than `stored`, the value of the row before.
    ///
    /// `None` when `stored` cannot be read; all rows are folded anew then.
    fn fold(key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row>;
}

/// How far the folding got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The newest event that is folded.
    pub position: Position,
    /// The newest event there was when the folding began.
    pub end: Position,
}

/// Rows of one projection in one version, as the ledger has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RowSet {
    id: i64,
    position: Position,
}

/// What became of a page of events.
enum Folded {
    /// It is in the rows.
    Stored,
    /// Another process was first, nothing was changed.
    Late,
    /// A stored row cannot be read, nothing was changed.
    Unreadable(RowKey),
}

impl Ledger {
    /// Folds the events that are newer than the rows, page by page, and stores the rows after each
    /// page; `progress` is told after each. Returns the newest event that is in the rows.
    ///
    /// Starts from nothing when there are no rows of this version; rows of older versions are
    /// dropped then.
    pub async fn catch_up_rows<P: RowProjection>(
        &self,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Position, ProjectError> {
        let end = self.end().await?;
        let mut renewed = false;
        loop {
            let (set, last) = self.fold_next::<P>(self, PAGE, &mut renewed).await?;
            match last {
                Some(position) => progress(Progress { position, end }),
                None => return Ok(set.position),
            }
        }
    }

    /// Folds at most `limit` of the events that are newer than the rows, in one transaction: a
    /// step of [`Ledger::catch_up_rows`], for whoever must not hold the ledger for long. All that can be read
    /// is read by `reader`, the same ledger over another connection or this one.
    ///
    /// # Errors
    /// The ledger cannot be read or written, or a row stays unreadable.
    pub async fn step_rows<P: RowProjection>(
        &self,
        reader: &Self,
        limit: usize,
    ) -> Result<Progress, ProjectError> {
        let end = reader.end().await?;
        let (set, last) = self.fold_next::<P>(reader, limit, &mut false).await?;
        Ok(Progress { position: last.unwrap_or(set.position), end })
    }

    /// Folds the next page; the newest event that it folded, `None` where there was none.
    async fn fold_next<P: RowProjection>(
        &self,
        reader: &Self,
        limit: usize,
        renewed: &mut bool,
    ) -> Result<(RowSet, Option<Position>), ProjectError> {
        loop {
            let set = self.row_set::<P>().await?;
            let page = reader.read_page(set.position, limit, PAGE_BYTES).await?;
            let Some(last) = page.last() else { return Ok((set, None)) };
            match self.fold_page::<P>(reader, set, &page).await? {
                Folded::Stored => return Ok((set, Some(last.position))),
                Folded::Late => (),
                Folded::Unreadable(_) if !std::mem::replace(renewed, true) => {
                    self.drop_rows::<P>().await?;
                }
                Folded::Unreadable(key) => {
                    return Err(ProjectError::Row {
                        name: P::NAME,
                        table: key.table,
                        key: key.key,
                    });
                }
            }
        }
    }

    /// Folds all events anew; see [`Ledger::catch_up_rows`].
    pub async fn rebuild_rows<P: RowProjection>(
        &self,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Position, ProjectError> {
        self.row_set::<P>().await?;
        self.drop_rows::<P>().await?;
        self.catch_up_rows::<P>(progress).await
    }

    /// The row of one thing, as things are now; `None` where there is none.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn row<P: RowProjection>(
        &self,
        key: &RowKey,
    ) -> Result<Option<Vec<u8>>, ProjectError> {
        let failed = |err| self.unprojected(P::NAME, err);
        let mut session = self.session().await;
        let connection = &mut session.connection;
        let Some(set) = row_set::<P>(connection).await.map_err(failed)? else { return Ok(None) };
        let mut found = load(connection, set.id, &[key]).await.map_err(failed)?;
        Ok(found.remove(key.key.as_str()))
    }

    /// The rows of some things of one table, and the newest event that is in all of them: some may
    /// hold newer ones, which were folded meanwhile. What has no row is left out.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn rows_of<P: RowProjection>(
        &self,
        keys: &[RowKey],
    ) -> Result<(FxHashMap<String, Vec<u8>>, Position), ProjectError> {
        let failed = |err| self.unprojected(P::NAME, err);
        let mut session = self.session().await;
        let connection = &mut session.connection;
        let Some(set) = row_set::<P>(connection).await.map_err(failed)? else {
            return Ok((FxHashMap::default(), Position::START));
        };
        let keys: Vec<&RowKey> = keys.iter().collect();
        let found = load(connection, set.id, &keys).await.map_err(failed)?;
        let rows = found.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok((rows, set.position))
    }

    /// How many rows [`Ledger::rows`] would hand over of one table, as things are now; with `since`
    /// without those before it.
    pub async fn count_rows<P: RowProjection>(
        &self,
        table: u8,
        since: Option<Timestamp>,
    ) -> Result<usize, ProjectError> {
        let failed = |err| self.unprojected(P::NAME, err);
        let mut session = self.session().await;
        let connection = &mut session.connection;
        let Some(set) = row_set::<P>(connection).await.map_err(failed)? else { return Ok(0) };
        let since = since.map_or(i64::MIN, Timestamp::as_millis);
        let args = [Arg::Integer(set.id), Arg::Integer(table.into()), Arg::Integer(since)];
        let sql = "SELECT count(*) FROM things WHERE projection = $1 AND tab = $2 AND at >= $3";
        let count = connection.first(sql, &args, |row| row.integer(0)).await.map_err(failed)?;
        Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
    }

    /// When any row of these tables was last active, not after `until`, as things are now.
    pub async fn last_active<P: RowProjection>(
        &self,
        tables: &[u8],
        until: Timestamp,
    ) -> Result<Option<Timestamp>, ProjectError> {
        let failed = |err| self.unprojected(P::NAME, err);
        let mut session = self.session().await;
        let connection = &mut session.connection;
        let Some(set) = row_set::<P>(connection).await.map_err(failed)? else { return Ok(None) };
        let sql = "SELECT at FROM things WHERE projection = $1 AND tab = $2 AND at <= $3
                   ORDER BY at DESC LIMIT 1";
        let mut last = None;
        for table in tables {
            let args = [set.id, (*table).into(), until.as_millis()].map(Arg::Integer);
            let at = connection.first(sql, &args, |row| row.integer(0)).await.map_err(failed)?;
            last = last.max(at.map(Timestamp::from_millis));
        }
        Ok(last)
    }

    /// The rows of this version, made where there are none yet.
    async fn row_set<P: RowProjection>(&self) -> Result<RowSet, ProjectError> {
        let failed = |err| self.unprojected(P::NAME, err);
        let mut session = self.session().await;
        if let Some(set) = row_set::<P>(&mut session.connection).await.map_err(failed)? {
            return Ok(set);
        }
        session.begin().await.map_err(failed)?;
        let done = make_row_set::<P>(&mut session.connection).await;
        session.finish(done).await.map_err(failed)
    }

    async fn drop_rows<P: RowProjection>(&self) -> Result<(), ProjectError> {
        let failed = |err| self.unprojected(P::NAME, err);
        let mut session = self.session().await;
        session.begin().await.map_err(failed)?;
        let done = drop_rows::<P>(&mut session.connection).await;
        session.finish(done).await.map_err(failed)
    }

    async fn fold_page<P: RowProjection>(
        &self,
        reader: &Self,
        set: RowSet,
        page: &[Recorded],
    ) -> Result<Folded, ProjectError> {
        let last = page.last().map_or(set.position, |recorded| recorded.position);
        let failed = |err| self.unprojected(P::NAME, err);
        let mut folding = Folding::<P>::default();
        // Before the transaction, so that nobody waits for what is read here: where the rows have
        // changed by then, so has their position.
        let mut session = reader.session().await;
        let connection = &mut session.connection;
        let unreadable = folding.fold(connection, set, page, grouped::<P>(page)).await;
        if let Some(key) = unreadable.map_err(failed)? {
            let now = row_set::<P>(connection).await.map_err(failed)?;
            return Ok(if now == Some(set) { Folded::Unreadable(key) } else { Folded::Late });
        }
        // The reader may be this ledger itself.
        drop(session);
        let mut session = self.session().await;
        session.begin().await.map_err(failed)?;
        let done = store(&mut session.connection, set, last, folding).await;
        session.finish(done).await.map_err(failed)
    }
}

/// The rows that a page concerns: keys, ascending, each with its events as indexes of the page.
type Groups = Vec<(RowKey, Vec<u32>)>;

fn grouped<P: RowProjection>(page: &[Recorded]) -> Groups {
    let mut groups: FxHashMap<RowKey, Vec<u32>> = FxHashMap::default();
    let mut keys = Vec::new();
    for (number, recorded) in (0..).zip(page) {
        P::keys(recorded, &mut keys);
        for key in keys.drain(..) {
            if !(1..=KEY_LIMIT).contains(&key.key.len()) || key.key.contains('\0') {
                continue;
            }
            let events = groups.entry(key).or_default();
            // An event may name the same thing twice.
            if events.last() != Some(&number) {
                events.push(number);
            }
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    groups
}

/// Writes rows that were folded up to `last`.
async fn store<P: RowProjection>(
    connection: &mut Connection,
    set: RowSet,
    last: Position,
    folding: Folding<P>,
) -> Result<Folded, sqlx::Error> {
    // The first statement: it waits for whoever is folding, and then sees that we are late.
    if !set.move_to(connection, last).await? {
        return Ok(Folded::Late);
    }
    save(connection, set.id, folding.into_rows()).await?;
    Ok(Folded::Stored)
}

impl RowSet {
    /// Says that the rows are folded up to `upto`; `false` where another process folded meanwhile.
    async fn move_to(
        &self,
        connection: &mut Connection,
        upto: Position,
    ) -> Result<bool, sqlx::Error> {
        let sql = "UPDATE row_projections SET position = $1 WHERE id = $2 AND position = $3";
        let args = [upto.0, self.id, self.position.0].map(Arg::Integer);
        Ok(connection.execute(sql, &args).await? == 1)
    }
}

/// Writes rows over those with the same keys.
async fn save(
    connection: &mut Connection,
    set: i64,
    rows: FxHashMap<RowKey, Waiting>,
) -> Result<(), sqlx::Error> {
    let mut rows: Vec<(RowKey, Waiting)> = rows.into_iter().collect();
    // New ones stand in the file as they were active: so a window of time lies together.
    rows.sort_unstable_by(|(a, one), (b, other)| {
        (one.is_stored, a.table, one.row.at, &a.key).cmp(&(
            other.is_stored,
            b.table,
            other.row.at,
            &b.key,
        ))
    });
    let new = rows.partition_point(|(_, waiting)| !waiting.is_stored);
    let mut rows: Vec<(RowKey, Row)> =
        rows.into_iter().map(|(key, waiting)| (key, waiting.row)).collect();
    match connection {
        Connection::Sqlite(to) => {
            let stored = rows.split_off(new);
            sqlite::save_rows(to, set, rows, sqlite::Save::New).await?;
            sqlite::save_rows(to, set, stored, sqlite::Save::Stored).await
        }
        Connection::Postgres(to) => postgres::save_rows(to, set, rows).await,
    }
}

/// The stored values of these keys, which are all of one table.
async fn load<'k>(
    connection: &mut Connection,
    set: i64,
    keys: &[&'k RowKey],
) -> Result<FxHashMap<&'k str, Vec<u8>>, sqlx::Error> {
    let names: FxHashMap<&str, &'k str> =
        keys.iter().map(|key| (key.key.as_str(), key.key.as_str())).collect();
    let mut stored = FxHashMap::default();
    let keep = |key: &str, value: &[u8]| {
        if let Some(&name) = names.get(key) {
            stored.insert(name, value.to_vec());
        }
    };
    match connection {
        Connection::Sqlite(from) => sqlite::load_rows(from, set, keys, keep).await?,
        Connection::Postgres(from) => postgres::load_rows(from, set, keys, keep).await?,
    }
    Ok(stored)
}

async fn row_set<P: RowProjection>(
    connection: &mut Connection,
) -> Result<Option<RowSet>, sqlx::Error> {
    let get = |row: crate::backend::Row<'_>| {
        Ok(RowSet { id: row.integer(0)?, position: Position(row.integer(1)?) })
    };
    connection
        .first(
            "SELECT id, position FROM row_projections WHERE name = $1 AND version = $2",
            &[Arg::Text(P::NAME), Arg::Integer(P::VERSION.into())],
            get,
        )
        .await
}

/// Makes the row set of this version and drops those of older ones.
async fn make_row_set<P: RowProjection>(
    connection: &mut Connection,
) -> Result<RowSet, sqlx::Error> {
    let name_version = [Arg::Text(P::NAME), Arg::Integer(P::VERSION.into())];
    connection
        .execute(
            "INSERT INTO row_projections (name, version, position) VALUES ($1, $2, 0)
             ON CONFLICT (name, version) DO NOTHING",
            &name_version,
        )
        .await?;
    connection
        .execute(
            "DELETE FROM things WHERE projection IN
             (SELECT id FROM row_projections WHERE name = $1 AND version < $2)",
            &name_version,
        )
        .await?;
    let sql = "DELETE FROM row_projections WHERE name = $1 AND version < $2";
    connection.execute(sql, &name_version).await?;
    row_set::<P>(connection).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn drop_rows<P: RowProjection>(connection: &mut Connection) -> Result<(), sqlx::Error> {
    let name_version = [Arg::Text(P::NAME), Arg::Integer(P::VERSION.into())];
    // First the position: whoever folds at the same time waits for us, or we for them.
    let sql = "UPDATE row_projections SET position = 0 WHERE name = $1 AND version = $2";
    connection.execute(sql, &name_version).await?;
    connection
        .execute(
            "DELETE FROM things WHERE projection IN
             (SELECT id FROM row_projections WHERE name = $1 AND version = $2)",
            &name_version,
        )
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
