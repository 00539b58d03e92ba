//! Answers to ad-hoc SQL, read-only, for `throughline sql`.
//!
//! In: one statement, as a person typed it. Out: [`Rows`]. Start at [`Ledger::sql`]; tables that
//! are not in the ledger come by [`crate::scratch::Scratch`]. **Invariant:** nothing is written:
//! the statement must begin with a word that reads, and SQLite itself refuses to write.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Executor as _, Row as _,
    SqlSafeStr as _, SqliteConnection, Statement as _, TypeInfo as _, ValueRef as _,
};

use crate::open::options;
use crate::store::StoreError;
use crate::{Ledger, Place};

/// One value, as SQLite stores it.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a value per column.
    pub rows: Vec<Vec<SqlValue>>,
    /// Whether there were more rows than the limit.
    pub truncated: bool,
}

/// How much a query may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows returned at most.
    pub rows: usize,
    /// Time at most.
    pub time: Duration,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// No statement, or several.
    #[error("expected one SQL statement, got {count}")]
    Statements {
        /// How many there are.
        count: usize,
    },
    /// A statement that does not read.
    #[error(
        "`{word}` is not allowed: only `select`, `with`, `values`, `explain` and `pragma table_info` are"
    )]
    NotARead {
        /// How the statement begins.
        word: String,
    },
    /// SQLite refused or could not answer the statement.
    #[error("SQLite says: {message}")]
    Refused {
        /// Its message.
        message: String,
        /// Its error.
        source: sqlx::Error,
    },
    /// It took too long.
    #[error("the query took longer than {} seconds", limit.as_secs())]
    TooSlow {
        /// The limit.
        limit: Duration,
    },
    /// A table could not be loaded.
    #[error("failed to load table `{table}`")]
    Load {
        /// Its name.
        table: String,
        /// Why.
        source: StoreError,
    },
    /// The ledger could not be opened for reading beside the tables.
    #[error("failed to open ledger `{path}` for reading")]
    Attach {
        /// The ledger.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// SQLite could not prepare itself for the query.
    #[error("failed to run the query")]
    Store {
        /// Why.
        source: StoreError,
    },
}

impl Ledger {
    /// Answers one reading statement over the ledger's own tables.
    pub async fn sql(&self, query: &str, limits: Limits) -> Result<Rows, SqlError> {
        let Place::File(path) = &self.place else {
            return answer(&mut self.session().await.connection, query, limits).await;
        };
        // A connection of its own: appending goes on meanwhile.
        let failed = |err| SqlError::Store { source: StoreError::from(err) };
        let mut connection = options(path).read_only(true).connect().await.map_err(failed)?;
        let rows = answer(&mut connection, query, limits).await;
        connection.close().await.map_err(failed)?;
        rows
    }
}

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
        Ok(answer) => {
            answer.map_err(|source| SqlError::Refused { message: message(&source), source })
        }
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

fn message(err: &sqlx::Error) -> String {
    err.as_database_error().map_or_else(|| err.to_string(), |err| err.message().to_owned())
}

/// Pragmas that only describe tables; none of them has a form that sets something.
const PRAGMAS: [&str; 6] =
    ["database_list", "index_info", "index_list", "table_info", "table_list", "table_xinfo"];

/// Whether the text is one statement that begins like a read.
fn allowed(query: &str) -> Result<(), SqlError> {
    let bare = bare(query);
    let statements: Vec<&str> =
        bare.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    let &[statement] = statements.as_slice() else {
        return Err(SqlError::Statements { count: statements.len() });
    };
    let word = |text: &str| {
        let letters = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.');
        text.trim_start().chars().take_while(letters).collect::<String>().to_ascii_lowercase()
    };
    let first = word(statement);
    let reads = match first.as_str() {
        "select" | "with" | "values" | "explain" => true,
        "pragma" => {
            let name = word(&statement[first.len()..]);
            PRAGMAS.contains(&name.rsplit('.').next().unwrap_or_default())
        }
        _ => false,
    };
    // SQLite ends a statement at a zero byte, which would hide what follows it from us.
    if reads && !query.contains('\0') {
        return Ok(());
    }
    Err(SqlError::NotARead { word: statement.chars().take(40).collect() })
}

/// The text without comments, and with each quoted part as a bare pair of quotes, so that a `;`
/// in it always ends a statement.
fn bare(query: &str) -> String {
    let mut bare = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let (skipped, instead) = match first {
            '\'' | '"' | '`' => (quoted_len(rest, first), "''"),
            '[' => (quoted_len(rest, ']'), "''"),
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), " "),
            '/' if rest.starts_with("/*") => {
                (rest[2..].find("*/").map_or(rest.len(), |end| end + 4), " ")
            }
            _ => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        bare.push_str(instead);
        rest = &rest[skipped..];
    }
    bare
}

/// Length of the quoted part that `text` begins with; all of it when the quote never ends.
fn quoted_len(text: &str, end: char) -> usize {
    text[1..].find(end).map_or(text.len(), |at| at + 2)
}

#[cfg(test)]
mod tests;
