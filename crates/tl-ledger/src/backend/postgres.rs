//! PostgreSQL: its tables and their steps from version to version, and statements over many rows.
//!
//! In: an open connection. Out: the same with the newest tables; rows in and out. Start at
//! [`prepare`]. **Invariants:** a step that was released never changes. Events get their positions
//! in the order in which they become visible, without gaps: whoever appends holds a lock until the
//! commit, so that nobody who read up to a position misses a smaller one later.
//!
//! Everything is in the schema `throughline`, so that a ledger may share a database.

use std::fmt;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _};
use tl_core::event::Event;
use tl_core::segment::Pack;

use crate::document::Written;
use crate::rows::{Row, RowKey};

/// How long an operation waits for another process's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(20);

/// Held while tables are made and changed; both numbers are the letters `thrl` and a count.
const MIGRATION_LOCK: i64 = 0x7468_726c_0000_0001;

/// Held from the first insert of events to the commit.
const APPEND_LOCK: i64 = 0x7468_726c_0000_0002;

/// The version of the tables that this program writes.
pub(crate) const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Step `i` leads from version `i` to version `i + 1`.
///
/// Text is compared byte by byte (`"C"`), as SQLite does.
pub(crate) const MIGRATIONS: [&str; 4] = [
    r#"
    CREATE TABLE events (
        position BIGINT PRIMARY KEY,
        source TEXT COLLATE "C" NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        at BIGINT NOT NULL,
        event TEXT NOT NULL,
        UNIQUE (source, key)
    );
    CREATE FUNCTION events_never_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'events never change and are never deleted'; END $$;
    CREATE TRIGGER events_never_change BEFORE UPDATE OR DELETE ON events
        FOR EACH ROW EXECUTE FUNCTION events_never_change();
    CREATE TRIGGER events_never_go BEFORE TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION events_never_change();
    CREATE TABLE projections (
        name TEXT COLLATE "C" PRIMARY KEY,
        version BIGINT NOT NULL,
        position BIGINT NOT NULL,
        state TEXT NOT NULL
    );
    CREATE TABLE cache (
        scope TEXT COLLATE "C" NOT NULL,
        key BYTEA NOT NULL,
        value BYTEA NOT NULL,
        PRIMARY KEY (scope, key)
    );
    CREATE TABLE row_projections (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name TEXT COLLATE "C" NOT NULL,
        version BIGINT NOT NULL,
        position BIGINT NOT NULL,
        UNIQUE (name, version)
    );
    CREATE TABLE entities (
        projection BIGINT NOT NULL,
        tab SMALLINT NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        at BIGINT NOT NULL,
        value BYTEA NOT NULL,
        PRIMARY KEY (projection, tab, key)
    );
    CREATE INDEX entities_at ON entities (projection, tab, at);
    CREATE TABLE cursors (
        source TEXT COLLATE "C" NOT NULL,
        stream TEXT COLLATE "C" NOT NULL,
        value TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (source, stream)
    );
"#,
    // Rows are folded anew: they have a series now.
    r#"
    DROP TABLE entities;
    DELETE FROM row_projections;
    CREATE TABLE things (
        projection BIGINT NOT NULL,
        tab SMALLINT NOT NULL,
        key TEXT COLLATE "C" NOT NULL,
        at BIGINT NOT NULL,
        series TEXT COLLATE "C",
        value BYTEA NOT NULL,
        PRIMARY KEY (projection, tab, key)
    );
    CREATE INDEX things_at ON things (projection, tab, at);
    CREATE INDEX things_series ON things (projection, tab, series, at) WHERE series IS NOT NULL;
"#,
    // Lakes: which files they have, and small values beside them.
    r#"
    CREATE TABLE lakes (
        name TEXT COLLATE "C" PRIMARY KEY,
        generation BIGINT NOT NULL,
        next BIGINT NOT NULL
    );
    CREATE TABLE segments (
        lake TEXT COLLATE "C" NOT NULL,
        id BIGINT NOT NULL,
        level BIGINT NOT NULL,
        rows BIGINT NOT NULL,
        bytes BIGINT NOT NULL,
        first BIGINT NOT NULL,
        last BIGINT NOT NULL,
        test_min BIGINT NOT NULL,
        test_max BIGINT NOT NULL,
        sha256 TEXT COLLATE "C" NOT NULL,
        path TEXT COLLATE "C" NOT NULL,
        doomed BIGINT,
        PRIMARY KEY (lake, id),
        UNIQUE (lake, path)
    );
    CREATE TABLE packs (
        lake TEXT COLLATE "C" NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        block BIGINT NOT NULL,
        value BYTEA NOT NULL,
        PRIMARY KEY (lake, name, block)
    );
"#,
    // What came by webhook, and the jobs of servers.
    r#"
    CREATE TABLE deliveries (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest BYTEA NOT NULL UNIQUE,
        source TEXT COLLATE "C" NOT NULL,
        delivery TEXT NOT NULL,
        received BIGINT NOT NULL,
        headers TEXT NOT NULL,
        bytes BIGINT NOT NULL,
        state BIGINT NOT NULL DEFAULT 0,
        attempts BIGINT NOT NULL DEFAULT 0,
        lease BIGINT NOT NULL DEFAULT 0,
        settled BIGINT NOT NULL DEFAULT 0,
        events BIGINT NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE delivery_bodies (
        id BIGINT PRIMARY KEY,
        body BYTEA NOT NULL
    );
    CREATE INDEX deliveries_waiting ON deliveries (attempts, id) WHERE state = 0;
    CREATE INDEX deliveries_failed ON deliveries (settled) WHERE state = 2;
    CREATE INDEX deliveries_folded ON deliveries (settled) WHERE state = 1;
    CREATE INDEX deliveries_source ON deliveries (source, id);
    CREATE TABLE jobs (
        name TEXT COLLATE "C" PRIMARY KEY,
        paused BIGINT NOT NULL DEFAULT 0,
        wanted BIGINT NOT NULL DEFAULT 0,
        holder TEXT NOT NULL DEFAULT '',
        lease BIGINT NOT NULL DEFAULT 0,
        begun BIGINT NOT NULL DEFAULT 0,
        ended BIGINT NOT NULL DEFAULT 0,
        due BIGINT NOT NULL DEFAULT 0,
        fresh BIGINT NOT NULL DEFAULT 0,
        known BIGINT NOT NULL DEFAULT 0,
        left_out BIGINT NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT '',
        failed BIGINT NOT NULL DEFAULT 0
    );
"#,
];

/// What is in the schema `throughline` of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The tables of a ledger, in this version; 0 where there is nothing yet.
    Ledger(i64),
    /// Tables of somebody else.
    Foreign,
}

/// A database on a server, and how to get in.
#[derive(Clone)]
pub(crate) struct Server {
    options: PgConnectOptions,
    /// The URL without password and parameters.
    pub(crate) shown: String,
}

impl fmt::Debug for Server {
    /// Without the password, which the options would show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.shown).finish()
    }
}

impl Server {
    pub(crate) fn parse(url: &str) -> Result<Self, sqlx::Error> {
        // `sqlx` takes any scheme.
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(sqlx::Error::Configuration("it begins with another scheme".into()));
        }
        let options: PgConnectOptions = url.parse()?;
        let host = match options.get_socket() {
            Some(directory) => directory.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let user = options.get_username();
        let shown = format!("postgres://{user}@{host}/{}", options.get_database().unwrap_or(user));
        Ok(Self { options: options.disable_statement_logging(), shown })
    }

    /// A connection that finds the ledger's tables under their bare names.
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        let settings = format!(
            "SET search_path TO throughline;
             SET lock_timeout TO {};
             SET client_min_messages TO warning;
             SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off'",
            LOCK_TIMEOUT.as_millis()
        );
        sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut connection).await?;
        Ok(connection)
    }
}

/// Brings the tables to [`SCHEMA_VERSION`] in one transaction; says what was found before. Does
/// nothing where the tables are those of this version, of a newer one, or of somebody else.
pub(crate) async fn prepare(connection: &mut PgConnection) -> Result<Found, sqlx::Error> {
    // Without a lock, and without the right to make a schema, where there is nothing to do.
    let found = found(connection).await?;
    if matches!(found, Found::Ledger(version) if version < SCHEMA_VERSION) {
        migrate(connection).await?;
    }
    Ok(found)
}

async fn found(connection: &mut PgConnection) -> Result<Found, sqlx::Error> {
    let row = sqlx::query(
        "SELECT count(*), count(*) FILTER (WHERE tablename = 'ledger')
         FROM pg_tables WHERE schemaname = 'throughline'",
    )
    .fetch_one(&mut *connection)
    .await?;
    let (tables, marks): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if tables == 0 {
        return Ok(Found::Ledger(0));
    }
    if marks == 0 {
        return Ok(Found::Foreign);
    }
    let version: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM ledger").fetch_one(connection).await?;
    Ok(Found::Ledger(version.unwrap_or(0)))
}

async fn migrate(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    lock(&mut transaction, MIGRATION_LOCK).await?;
    sqlx::raw_sql(
        "CREATE SCHEMA IF NOT EXISTS throughline;
         CREATE TABLE IF NOT EXISTS ledger (version BIGINT NOT NULL)",
    )
    .execute(&mut *transaction)
    .await?;
    // Another process may have been first: read again now that we hold the lock.
    let version: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM ledger").fetch_one(&mut *transaction).await?;
    let done = usize::try_from(version.unwrap_or(0)).unwrap_or(0);
    for (step, number) in MIGRATIONS.iter().zip(1_i64..).skip(done) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
        let mark = sqlx::query("INSERT INTO ledger (version) VALUES ($1)").bind(number);
        mark.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Takes a lock that the end of the transaction gives back.
async fn lock(connection: &mut PgConnection, number: i64) -> Result<(), sqlx::Error> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(number);
    lock.execute(connection).await.map(|_| ())
}

/// Inserts the events whose (source, key) is new; returns how many.
pub(crate) async fn insert_events(
    connection: &mut PgConnection,
    events: &[Event],
    documents: Vec<Written>,
) -> Result<usize, sqlx::Error> {
    // Positions come from what is there, and not from a sequence: that has gaps.
    lock(connection, APPEND_LOCK).await?;
    let column = |of: fn(&Event) -> &str| events.iter().map(of).collect::<Vec<&str>>();
    let documents: Vec<String> = documents.into_iter().map(|written| written.json).collect();
    let at: Vec<i64> = events.iter().map(|event| event.at.as_millis()).collect();
    let stored = sqlx::query(
        "WITH given AS (
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
             WITH ORDINALITY AS given (source, key, kind, at, event, number)
         ), fresh AS (
             SELECT DISTINCT ON (source, key) * FROM given
             WHERE NOT EXISTS (
                 SELECT FROM events WHERE events.source = given.source AND events.key = given.key
             )
             ORDER BY source, key, number
         )
         INSERT INTO events (position, source, key, kind, at, event)
         SELECT (SELECT coalesce(max(position), 0) FROM events) + row_number() OVER (ORDER BY number),
                source, key, kind, at, event
         FROM fresh",
    )
    .bind(column(|event| &event.source))
    .bind(column(|event| &event.key))
    .bind(column(|event| &event.kind))
    .bind(at)
    .bind(documents)
    .execute(connection)
    .await?
    .rows_affected();
    Ok(usize::try_from(stored).unwrap_or(usize::MAX))
}

/// The stored values of `keys`, which are all of one table, with their keys.
pub(crate) async fn load_rows(
    connection: &mut PgConnection,
    projection: i64,
    keys: &[&RowKey],
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let Some(first) = keys.first() else { return Ok(()) };
    let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
    let mut rows = sqlx::query(
        "SELECT key, value FROM things WHERE projection = $1 AND tab = $2 AND key = ANY($3)",
    )
    .bind(projection)
    .bind(i16::from(first.table))
    .bind(names)
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        each(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}

/// The rows of a table that were active at `$3` or later, and of each series the last one before.
const ACTIVE: &str = "
    WITH RECURSIVE names (series) AS (
        SELECT min(series) FROM things WHERE projection = $1 AND tab = $2 AND series IS NOT NULL
        UNION ALL
        SELECT (SELECT min(things.series) FROM things
                WHERE projection = $1 AND tab = $2 AND things.series > names.series)
        FROM names WHERE series IS NOT NULL
    )
    SELECT last.key, last.value FROM names, LATERAL (
        SELECT key, value FROM things
        WHERE projection = $1 AND tab = $2 AND things.series = names.series AND at < $3
        ORDER BY at DESC LIMIT 1
    ) AS last
    UNION ALL
    SELECT key, value FROM things WHERE projection = $1 AND tab = $2 AND at >= $3";

/// Hands each row of a table to `each`; with `since` (in ms) those that were active then or later,
/// and of each series the last one before that.
pub(crate) async fn read_rows(
    connection: &mut PgConnection,
    projection: i64,
    table: u8,
    since: Option<i64>,
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let all = "SELECT key, value FROM things WHERE projection = $1 AND tab = $2";
    let query = sqlx::query(if since.is_some() { ACTIVE } else { all })
        .bind(projection)
        .bind(i16::from(table));
    let mut rows = match since {
        None => query.fetch(connection),
        Some(since) => query.bind(since).fetch(connection),
    };
    while let Some(row) = rows.try_next().await? {
        each(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}

/// Writes rows over those with the same keys.
pub(crate) async fn save_rows(
    connection: &mut PgConnection,
    projection: i64,
    rows: Vec<(RowKey, Row)>,
) -> Result<(), sqlx::Error> {
    let (mut tables, mut keys) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    let (mut at, mut series) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    let mut values = Vec::with_capacity(rows.len());
    for (key, row) in rows {
        tables.push(i16::from(key.table));
        keys.push(key.key);
        at.push(row.at.as_millis());
        series.push(row.series);
        values.push(row.value);
    }
    sqlx::query(
        "INSERT INTO things (projection, tab, key, at, series, value)
         SELECT $1, * FROM unnest($2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::bytea[])
         ON CONFLICT (projection, tab, key) DO UPDATE
         SET at = excluded.at, series = excluded.series, value = excluded.value",
    )
    .bind(projection)
    .bind(tables)
    .bind(keys)
    .bind(at)
    .bind(series)
    .bind(values)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Writes packs of a lake over those with the same names.
pub(crate) async fn save_packs(
    connection: &mut PgConnection,
    lake: &str,
    packs: &[Pack],
) -> Result<(), sqlx::Error> {
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    let blocks: Vec<i64> = packs.iter().map(|pack| pack.block.into()).collect();
    let values: Vec<&[u8]> = packs.iter().map(|pack| pack.value.as_slice()).collect();
    sqlx::query(
        "INSERT INTO packs (lake, name, block, value)
         SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bytea[])
         ON CONFLICT (lake, name, block) DO UPDATE SET value = excluded.value",
    )
    .bind(lake)
    .bind(names)
    .bind(blocks)
    .bind(values)
    .execute(connection)
    .await
    .map(|_| ())
}
