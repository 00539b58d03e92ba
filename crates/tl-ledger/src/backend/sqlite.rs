//! SQLite: its tables and their steps from version to version, and statements over many rows.
//!
//! In: an open connection. Out: the same with the newest tables; rows in and out. Start at
//! [`migrate`]. **Invariant:** a step that was released never changes; a new version is a new entry
//! in [`MIGRATIONS`].
//!
//! Parameters of statements over many rows are bare `?`: SQLite looks each named one up in a list
//! of all names, which is quadratic.

pub(crate) mod direct;
pub(crate) mod names;
pub(crate) mod packed;

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use rustc_hash::FxHashMap;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use tl_core::event::Event;
use tl_core::segment::Pack;

use crate::rows::{Row, RowKey};

/// Marks a SQLite file as a ledger: the letters `thrl`.
pub(crate) const APPLICATION_ID: i64 = 0x7468_726c;

/// The version of the tables that this program writes.
pub(crate) const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Step `i` leads from version `i` to version `i + 1`.
pub(crate) const MIGRATIONS: [&str; 6] = [
    "
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
",
    "
    CREATE TABLE row_projections (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        UNIQUE (name, version)
    ) STRICT;
    CREATE TABLE entities (
        projection INTEGER NOT NULL,
        tab INTEGER NOT NULL,
        key TEXT NOT NULL,
        at INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (projection, tab, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entities_at ON entities (projection, tab, at);
    CREATE TABLE cursors (
        source TEXT NOT NULL,
        stream TEXT NOT NULL,
        value TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (source, stream)
    ) STRICT, WITHOUT ROWID;
",
    // Rows stand in the file as they came, table by table: what was active lately stands together,
    // however its keys read. They are folded anew.
    "
    DROP TABLE entities;
    DELETE FROM row_projections;
    CREATE TABLE things (
        id INTEGER PRIMARY KEY,
        projection INTEGER NOT NULL,
        tab INTEGER NOT NULL,
        key TEXT NOT NULL,
        at INTEGER NOT NULL,
        series TEXT,
        value BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX things_key ON things (projection, tab, key);
    CREATE INDEX things_at ON things (projection, tab, at);
    CREATE INDEX things_series ON things (projection, tab, series, at) WHERE series IS NOT NULL;
",
    // The index over (source, key) had a fifth of the file and was hit at random: a table of hashes
    // takes its place. It is filled by the next append (`names`).
    "
    ALTER TABLE events RENAME TO events_of_3;
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        key TEXT NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        event TEXT NOT NULL
    ) STRICT;
    INSERT INTO events SELECT position, source, key, kind, at, event
        FROM events_of_3 ORDER BY position;
    DROP TABLE events_of_3;
    CREATE TRIGGER events_never_change BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events never change'); END;
    CREATE TRIGGER events_never_go BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
    CREATE TABLE names (
        name INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (name, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE named (position INTEGER NOT NULL) STRICT;
    INSERT INTO named VALUES (0);
",
    // Lakes: which files they have, and small values beside them.
    "
    CREATE TABLE lakes (
        name TEXT PRIMARY KEY,
        generation INTEGER NOT NULL,
        next INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE segments (
        lake TEXT NOT NULL,
        id INTEGER NOT NULL,
        level INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        test_min INTEGER NOT NULL,
        test_max INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        path TEXT NOT NULL,
        doomed INTEGER,
        PRIMARY KEY (lake, id),
        UNIQUE (lake, path)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE packs (
        id INTEGER PRIMARY KEY,
        lake TEXT NOT NULL,
        name TEXT NOT NULL,
        block INTEGER NOT NULL,
        value BLOB NOT NULL,
        UNIQUE (lake, name, block)
    ) STRICT;
",
    // What came by webhook, with the bodies apart: a state changes without them. Numbers are never
    // given twice, because whoever still holds one must not settle another. And the jobs of servers.
    "
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest BLOB NOT NULL UNIQUE,
        source TEXT NOT NULL,
        delivery TEXT NOT NULL,
        received INTEGER NOT NULL,
        headers TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        state INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        lease INTEGER NOT NULL DEFAULT 0,
        settled INTEGER NOT NULL DEFAULT 0,
        events INTEGER NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE delivery_bodies (
        id INTEGER PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX deliveries_waiting ON deliveries (attempts, id) WHERE state = 0;
    CREATE INDEX deliveries_failed ON deliveries (settled) WHERE state = 2;
    CREATE INDEX deliveries_folded ON deliveries (settled) WHERE state = 1;
    CREATE INDEX deliveries_source ON deliveries (source, id);
    CREATE TABLE jobs (
        name TEXT PRIMARY KEY,
        paused INTEGER NOT NULL DEFAULT 0,
        wanted INTEGER NOT NULL DEFAULT 0,
        holder TEXT NOT NULL DEFAULT '',
        lease INTEGER NOT NULL DEFAULT 0,
        begun INTEGER NOT NULL DEFAULT 0,
        ended INTEGER NOT NULL DEFAULT 0,
        due INTEGER NOT NULL DEFAULT 0,
        fresh INTEGER NOT NULL DEFAULT 0,
        known INTEGER NOT NULL DEFAULT 0,
        left_out INTEGER NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT '',
        failed INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
",
];

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
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Rows of one statement. Each statement costs a trip to SQLite's thread, each row does not;
/// measured with `cargo bench -p tl-bench --bench ledger`.
const ROWS: usize = 1024;

/// Packs of one statement.
const PACKS: usize = 64;

/// Inserts new events after the position `end`.
pub(crate) async fn insert_events(
    connection: &mut SqliteConnection,
    end: i64,
    events: Vec<(&Event, String)>,
) -> Result<(), sqlx::Error> {
    let mut position = end;
    let mut events = events.into_iter();
    // `sqlx` copies each text for SQLite's thread; few sources and kinds are told again and again.
    let mut shared: FxHashMap<&str, Arc<str>> = FxHashMap::default();
    let mut share = |text| Arc::clone(shared.entry(text).or_insert_with(|| Arc::from(text)));
    loop {
        let count = events.len().min(ROWS);
        if count == 0 {
            return Ok(());
        }
        // FAIL: without it SQLite copies each page that the statement changes, to undo the
        // statement alone. We undo the whole transaction when one fails.
        let sql = format!(
            "INSERT OR FAIL INTO events (position, source, key, kind, at, event) VALUES {}",
            places("(?,?,?,?,?,?)", count)
        );
        // Only the statement of full chunks is worth keeping.
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(count == ROWS);
        for (event, document) in events.by_ref().take(count) {
            position += 1;
            query = query
                .bind(position)
                .bind(share(&event.source))
                .bind(Arc::<str>::from(event.key.as_str()))
                .bind(share(&event.kind))
                .bind(event.at.as_millis())
                .bind(document);
        }
        query.execute(&mut *connection).await?;
    }
}

/// The stored values of `keys`, which are all of one table; each with its index in `keys`.
pub(crate) async fn load_rows(
    connection: &mut SqliteConnection,
    projection: i64,
    keys: &[&RowKey],
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    for chunk in keys.chunks(ROWS) {
        let sql = format!(
            "SELECT key, value FROM things WHERE projection = ? AND tab = ? AND key IN ({})",
            places("?", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .persistent(chunk.len() == ROWS)
            .bind(projection)
            .bind(i64::from(chunk[0].table));
        for key in chunk {
            query = query.bind(key.key.as_str());
        }
        let mut rows = query.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            each(row.try_get(0)?, row.try_get(1)?);
        }
    }
    Ok(())
}

/// All rows of a table, by their [`ids`]. `?1` the first, `?2` the last.
pub(crate) const ALL_ROWS: &str = "SELECT key, value FROM things WHERE id BETWEEN ?1 AND ?2";

/// The rows of a table that were active at an instant or later, and of each series the last one
/// before: one look into the index for each series. `?1` projection, `?2` table, `?3` the instant.
///
/// SQLite takes the ids of a list in their order, which is that of the file: what is still open lies
/// far apart, and each page of it is read once so.
pub(crate) const ACTIVE_ROWS: &str = "
    WITH RECURSIVE names (series) AS (
        SELECT min(series) FROM things WHERE projection = ?1 AND tab = ?2 AND series IS NOT NULL
        UNION ALL
        SELECT (SELECT min(series) FROM things
                WHERE projection = ?1 AND tab = ?2 AND series > names.series)
        FROM names WHERE series IS NOT NULL
    )
    SELECT key, value FROM things WHERE id IN (
        SELECT id FROM things WHERE projection = ?1 AND tab = ?2 AND at >= ?3
        UNION ALL
        SELECT (SELECT id FROM things
                WHERE projection = ?1 AND tab = ?2 AND series = names.series AND at < ?3
                ORDER BY at DESC LIMIT 1)
        FROM names WHERE series IS NOT NULL
    )";

/// The ids of the rows of one table of a projection: as many as nobody ever has.
pub(crate) const fn ids(projection: i64, table: u8) -> std::ops::RangeInclusive<i64> {
    let first = (projection << 48) | ((table as i64) << 40);
    first..=first | ((1 << 40) - 1)
}

/// What is known of the keys of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Save {
    /// None has a row.
    New,
    /// Each has one, which is written over.
    Stored,
}

/// Writes rows; table after table, new ones in the order given.
pub(crate) async fn save_rows(
    connection: &mut SqliteConnection,
    projection: i64,
    rows: Vec<(RowKey, Row)>,
    save: Save,
) -> Result<(), sqlx::Error> {
    let (mut table, mut id) = (None, 0);
    let mut rows = rows.into_iter();
    // SQLite keeps the pages that an upsert changes until its end.
    let many = if save == Save::New { ROWS } else { ROWS / 4 };
    loop {
        let chunk: Vec<(RowKey, Row)> = rows.by_ref().take(many).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let mut numbers = Vec::with_capacity(chunk.len());
        for (key, _) in &chunk {
            if table != Some(key.table) {
                table = Some(key.table);
                id = last_id(connection, ids(projection, key.table)).await?;
            }
            // A row that is there already keeps the id that it has.
            id += 1;
            numbers.push(id);
        }
        let sql = format!(
            "INSERT OR FAIL INTO things (id, projection, tab, key, at, series, value) VALUES {} {}",
            places("(?,?,?,?,?,?,?)", chunk.len()),
            match save {
                Save::New => "",
                // Although it says FAIL, SQLite copies each page that this changes.
                Save::Stored => {
                    "ON CONFLICT (projection, tab, key) DO UPDATE
                     SET at = excluded.at, series = excluded.series, value = excluded.value"
                }
            }
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == many);
        for (id, (key, row)) in numbers.into_iter().zip(chunk) {
            query = query
                .bind(id)
                .bind(projection)
                .bind(i64::from(key.table))
                .bind(key.key)
                .bind(row.at.as_millis())
                .bind(row.series)
                .bind(row.value);
        }
        query.execute(&mut *connection).await?;
    }
}

/// Writes packs of a lake over those with the same names.
pub(crate) async fn save_packs(
    connection: &mut SqliteConnection,
    lake: &str,
    packs: &[Pack],
) -> Result<(), sqlx::Error> {
    for chunk in packs.chunks(PACKS) {
        let sql = format!(
            "INSERT INTO packs (lake, name, block, value) VALUES {}
             ON CONFLICT (lake, name, block) DO UPDATE SET value = excluded.value",
            places("(?,?,?,?)", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == PACKS);
        for pack in chunk {
            let Pack { name, block, value } = pack;
            query = query.bind(lake).bind(name).bind(i64::from(*block)).bind(value.as_slice());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The largest id of a table's rows; one before the first where there is none.
async fn last_id(
    connection: &mut SqliteConnection,
    ids: std::ops::RangeInclusive<i64>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(id), ?1 - 1) FROM things WHERE id BETWEEN ?1 AND ?2")
        .bind(ids.start())
        .bind(ids.end())
        .fetch_one(connection)
        .await
}

/// `one`, `count` times, between commas.
pub(crate) fn places(one: &str, count: usize) -> String {
    let mut all = String::with_capacity((one.len() + 1) * count);
    for number in 0..count {
        if number > 0 {
            all.push(',');
        }
        all.push_str(one);
    }
    all
}
