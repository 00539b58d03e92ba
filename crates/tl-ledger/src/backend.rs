//! The two databases behind one connection.
//!
//! In: a statement and its arguments. Out: rows. Start at [`Connection`]. What reads the same in
//! both dialects is written once, with `$1`, `$2`, ..., and goes through [`Connection::execute`] and
//! [`Connection::fetch`]. What differs stands in [`mod@sqlite`] and [`mod@postgres`]: opening, the
//! tables, and statements over many rows. **Invariant:** an operation of the ledger means the same
//! in both: its tests run against both.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{PgConnection, Row as _, SqliteConnection};

use crate::document::Stored;

/// A connection to either database.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// An argument of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A row of an answer; columns count from 0.
pub(crate) enum Row<'a> {
    Sqlite(&'a SqliteRow),
    Postgres(&'a PgRow),
}

impl Row<'_> {
    pub(crate) fn integer(&self, column: usize) -> Result<i64, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// An event: `source, key, kind, at, event` from a column on.
    pub(crate) fn stored(&self, column: usize) -> Result<Stored<'_>, sqlx::Error> {
        Ok(Stored {
            source: self.text(column)?,
            key: self.text(column + 1)?,
            kind: self.text(column + 2)?,
            at: self.integer(column + 3)?,
            document: self.text(column + 4)?.as_bytes(),
        })
    }
}

/// A query with its arguments bound; the same lines for either database.
macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match *arg {
                Arg::Integer(number) => query.bind(number),
                Arg::Text(text) => query.bind(text),
                Arg::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl Connection {
    /// Runs a statement; returns how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(to) => Ok(bound!(sql, args).execute(to).await?.rows_affected()),
            Self::Postgres(to) => Ok(bound!(sql, args).execute(to).await?.rows_affected()),
        }
    }

    /// Runs statements without arguments.
    pub(crate) async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(to) => sqlx::raw_sql(sql).execute(to).await.map(|_| ()),
            Self::Postgres(to) => sqlx::raw_sql(sql).execute(to).await.map(|_| ()),
        }
    }

    /// Hands each row of an answer to `each`; stops where that returns `false`.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
        mut each: impl FnMut(Row<'_>) -> Result<bool, sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(from) => {
                let mut rows = bound!(sql, args).fetch(from);
                while let Some(row) = rows.try_next().await? {
                    if !each(Row::Sqlite(&row))? {
                        break;
                    }
                }
            }
            Self::Postgres(from) => {
                let mut rows = bound!(sql, args).fetch(from);
                while let Some(row) = rows.try_next().await? {
                    if !each(Row::Postgres(&row))? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// What `get` takes from the first row of an answer, if there is one.
    pub(crate) async fn first<T>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
        get: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
    ) -> Result<Option<T>, sqlx::Error> {
        let mut first = None;
        let keep = |row: Row<'_>| {
            first = Some(get(row)?);
            Ok(false)
        };
        self.fetch(sql, args, keep).await?;
        Ok(first)
    }
}
