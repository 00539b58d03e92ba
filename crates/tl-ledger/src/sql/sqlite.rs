//! Answers of SQLite.
//!
//! In: one statement. Out: [`Rows`]. Start at [`answer`]. **Invariant:** `query_only` is on while
//! the statement runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, Column as _, Executor as _, Row as _, SqlSafeStr as _, SqliteConnection,
    Statement as _, TypeInfo as _, ValueRef as _,
};

use crate::sql::{Limits, Rows, SqlError, SqlValue, allowed, message};
use crate::store::StoreError;

/// Reads with `PRAGMA query_only` on, so that SQLite refuses what our own look at the text missed.
pub(crate) async fn answer(
    connection: &mut SqliteConnection,
    query: &str,
    limits: Limits,
) -> Result<Rows, SqlError> {
    allowed(query)?;
    let failed = |err| SqlError::Store { source: StoreError::from(err) };
    sqlx::raw_sql("PRAGMA query_only = ON").execute(&mut *connection).await.map_err(failed)?;
    let answered = timed(connection, query, limits).await;
    sqlx::raw_sql("PRAGMA query_only = OFF").execute(&mut *connection).await.map_err(failed)?;
    answered
}

/// Stops the query inside SQLite when its time is over.
async fn timed(
    connection: &mut SqliteConnection,
    query: &str,
    limits: Limits,
) -> Result<Rows, SqlError> {
    const OPERATIONS: i32 = 10_000; // A fraction of a millisecond of SQLite's work.
    let failed = |err| SqlError::Store { source: StoreError::from(err) };
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let mut handle = connection.lock_handle().await.map_err(failed)?;
    handle.set_progress_handler(OPERATIONS, move || !seen.load(Ordering::Relaxed));
    drop(handle);
    let fetched = tokio::time::timeout(limits.time, fetch(connection, query, limits.rows)).await;
    over.store(true, Ordering::Relaxed);
    connection.lock_handle().await.map_err(failed)?.remove_progress_handler();
    match fetched {
        Ok(answer) => answer.map_err(|source| SqlError::Refused {
            database: "SQLite",
            message: message(&source),
            source,
        }),
        Err(_elapsed) => Err(SqlError::TooSlow { limit: limits.time }),
    }
}

async fn fetch(
    connection: &mut SqliteConnection,
    query: &str,
    limit: usize,
) -> Result<Rows, sqlx::Error> {
    let prepared = connection.prepare(AssertSqlSafe(query).into_sql_str()).await?;
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    let mut answer = Rows { columns, rows: Vec::new(), truncated: false };
    let mut stream = sqlx::query(AssertSqlSafe(query)).persistent(false).fetch(connection);
    while let Some(row) = stream.try_next().await? {
        if answer.rows.len() == limit {
            answer.truncated = true;
            break;
        }
        answer.rows.push(values(&row)?);
    }
    Ok(answer)
}

fn values(row: &SqliteRow) -> Result<Vec<SqlValue>, sqlx::Error> {
    (0..row.len())
        .map(|column| {
            let raw = row.try_get_raw(column)?;
            if raw.is_null() {
                return Ok(SqlValue::Null);
            }
            let kind = raw.type_info().name().to_owned();
            Ok(match kind.as_str() {
                "INTEGER" => SqlValue::Integer(row.try_get_unchecked(column)?),
                "REAL" => SqlValue::Real(row.try_get_unchecked(column)?),
                "TEXT" => {
                    let bytes: Vec<u8> = row.try_get_unchecked(column)?;
                    SqlValue::Text(String::from_utf8_lossy(&bytes).into_owned())
                }
                _ => SqlValue::Blob(row.try_get_unchecked(column)?),
            })
        })
        .collect()
}
