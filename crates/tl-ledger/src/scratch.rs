//! Typed tables in memory, beside the ledger, so that SQL can join them.
//!
//! In: tables with their rows, such as journeys and releases. Out: answers to queries. Start at
//! [`Scratch::open`]. **Invariant:** the ledger's file is only read.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use crate::open::options;
use crate::sql::sqlite::answer;
use crate::sql::{Limits, Rows, SqlError, SqlValue};
use crate::store::StoreError;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// [`SqlValue::Integer`].
    Integer,
    /// [`SqlValue::Real`].
    Real,
    /// [`SqlValue::Text`].
    Text,
}

/// A column of a table. Every column may also hold [`SqlValue::Null`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
}

/// A database in memory for the queries of one command.
#[derive(Debug)]
pub struct Scratch {
    connection: SqliteConnection,
}

/// Values of one statement at most; SQLite's own limit is 32,766.
const VALUES: usize = 2_048;

impl Scratch {
    /// An empty database. With `ledger`, the tables of that file can be read as `ledger.events`
    /// and so on; a file that does not exist is left out.
    pub async fn open(ledger: Option<&Path>) -> Result<Self, SqlError> {
        let mut connection = options(Path::new(":memory:"))
            .connect()
            .await
            .map_err(|err| SqlError::Store { source: StoreError::from(err) })?;
        if let Some(path) = ledger.filter(|path| path.exists()) {
            attach(&mut connection, path).await.map_err(|err| SqlError::Attach {
                path: path.to_owned(),
                source: StoreError::from(err),
            })?;
        }
        Ok(Self { connection })
    }

    /// Makes a table and fills it. Rows that are shorter than `columns` end with nulls.
    pub async fn load(
        &mut self,
        table: &str,
        columns: &[Column],
        rows: impl Iterator<Item = Vec<SqlValue>>,
    ) -> Result<(), SqlError> {
        fill(&mut self.connection, table, columns, rows).await.map_err(|err| SqlError::Load {
            table: table.to_owned(),
            source: StoreError::from(err),
        })
    }

    /// Answers one reading statement.
    pub async fn sql(&mut self, query: &str, limits: Limits) -> Result<Rows, SqlError> {
        answer(&mut self.connection, query, limits).await
    }
}

async fn attach(connection: &mut SqliteConnection, path: &Path) -> Result<(), sqlx::Error> {
    let path = std::path::absolute(path)?;
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    sqlx::query("ATTACH ? AS ledger")
        .bind(format!("file:{name}?mode=ro"))
        .execute(&mut *connection)
        .await?;
    // SQLite opens the file at the first look into it: let what is wrong with it show here.
    sqlx::query("SELECT count(*) FROM ledger.sqlite_schema").execute(connection).await?;
    Ok(())
}

async fn fill(
    connection: &mut SqliteConnection,
    table: &str,
    columns: &[Column],
    mut rows: impl Iterator<Item = Vec<SqlValue>>,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let definitions: Vec<String> = columns
        .iter()
        .map(|column| format!("{} {}", quoted(column.name), column.kind.sql()))
        .collect();
    let table = quoted(table);
    let create = format!("CREATE TABLE {table} ({}) STRICT", definitions.join(", "));
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *transaction).await?;
    let per_statement = (VALUES / columns.len().max(1)).max(1);
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    loop {
        let chunk: Vec<Vec<SqlValue>> = rows.by_ref().take(per_statement).collect();
        if chunk.is_empty() {
            break;
        }
        let places = vec![row.as_str(); chunk.len()].join(",");
        let insert = format!("INSERT INTO {table} VALUES {places}");
        let full = chunk.len() == per_statement;
        let mut query = sqlx::query(AssertSqlSafe(insert)).persistent(full);
        for mut values in chunk {
            values.resize(columns.len(), SqlValue::Null);
            for value in values {
                query = match value {
                    SqlValue::Null => query.bind(None::<i64>),
                    SqlValue::Integer(number) => query.bind(number),
                    SqlValue::Real(number) => query.bind(number),
                    SqlValue::Text(text) => query.bind(text),
                    SqlValue::Blob(bytes) => query.bind(bytes),
                };
            }
        }
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

impl ColumnType {
    const fn sql(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
        }
    }
}

/// A name as SQL writes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
