//! Answers to ad-hoc SQL, read-only, for `throughline sql`.
//!
//! In: one statement, as a person typed it. Out: [`Rows`]. Start at [`Ledger::sql`]; tables that
//! are not in the ledger come by [`crate::scratch::Scratch`]. **Invariant:** nothing is written:
//! the statement must begin with a word that reads, and the database itself refuses to write.

mod postgres;
pub(crate) mod sqlite;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};

use crate::backend::Connection;
use crate::open::options;
use crate::store::StoreError;
use crate::{Ledger, Place};

/// One value.
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
    /// The database refused or could not answer the statement.
    #[error("{database} says: {message}")]
    Refused {
        /// `SQLite` or `PostgreSQL`.
        database: &'static str,
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
    /// The database could not prepare itself for the query.
    #[error("failed to run the query")]
    Store {
        /// Why.
        source: StoreError,
    },
}

impl Ledger {
    /// Answers one reading statement over the ledger's own tables.
    pub async fn sql(&self, query: &str, limits: Limits) -> Result<Rows, SqlError> {
        allowed(query)?;
        let failed = |err| SqlError::Store { source: StoreError::from(err) };
        // A connection of its own: appending goes on meanwhile.
        match (&self.place, &self.server) {
            (Place::File(path), _) => {
                let options = options(path).read_only(true);
                let mut connection = options.connect().await.map_err(failed)?;
                let rows = sqlite::answer(&mut connection, query, limits).await;
                connection.close().await.map_err(failed)?;
                rows
            }
            (_, Some(server)) => {
                let mut connection = server.connect().await.map_err(failed)?;
                let rows = postgres::answer(&mut connection, query, limits).await;
                connection.close().await.map_err(failed)?;
                rows
            }
            (_, None) => match &mut self.session().await.connection {
                Connection::Sqlite(connection) => sqlite::answer(connection, query, limits).await,
                Connection::Postgres(connection) => {
                    postgres::answer(connection, query, limits).await
                }
            },
        }
    }
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
