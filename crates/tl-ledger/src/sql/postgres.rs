//! Answers of PostgreSQL.
//!
//! In: one statement. Out: [`Rows`]. Start at [`answer`]. **Invariant:** the statement runs alone,
//! in a transaction that only reads, and is rolled back: PostgreSQL's own protocol takes one
//! statement when it is prepared, whatever our look at the text missed.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{
    AssertSqlSafe, Column as _, Executor as _, PgConnection, Row as _, SqlSafeStr as _,
    Statement as _, TypeInfo as _, ValueRef as _,
};

use crate::sql::{Limits, Rows, SqlError, SqlValue, allowed, message};
use crate::store::StoreError;

/// Reads in a transaction that only reads, which the server stops when its time is over.
pub(crate) async fn answer(
    connection: &mut PgConnection,
    query: &str,
    limits: Limits,
) -> Result<Rows, SqlError> {
    allowed(query)?;
    let failed = |err| SqlError::Store { source: StoreError::from(err) };
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout TO {}",
        limits.time.as_millis().clamp(1, 1 << 30)
    );
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *connection).await.map_err(failed)?;
    let answered = fetch(connection, query, limits.rows).await;
    sqlx::raw_sql("ROLLBACK").execute(connection).await.map_err(failed)?;
    answered.map_err(|source| {
        // 57014: cancelled, here by `statement_timeout`.
        match source.as_database_error().and_then(|err| err.code()).as_deref() {
            Some("57014") => SqlError::TooSlow { limit: limits.time },
            _ => SqlError::Refused { database: "PostgreSQL", message: message(&source), source },
        }
    })
}

async fn fetch(
    connection: &mut PgConnection,
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

fn values(row: &PgRow) -> Result<Vec<SqlValue>, sqlx::Error> {
    (0..row.len()).map(|column| value(row, column)).collect()
}

fn value(row: &PgRow, column: usize) -> Result<SqlValue, sqlx::Error> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(SqlValue::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INT2" => SqlValue::Integer(row.try_get::<i16, _>(column)?.into()),
        "INT4" => SqlValue::Integer(row.try_get::<i32, _>(column)?.into()),
        "INT8" => SqlValue::Integer(row.try_get(column)?),
        // As SQLite says it.
        "BOOL" => SqlValue::Integer(row.try_get::<bool, _>(column)?.into()),
        "FLOAT4" => SqlValue::Real(row.try_get::<f32, _>(column)?.into()),
        "FLOAT8" => SqlValue::Real(row.try_get(column)?),
        "NUMERIC" => SqlValue::Real(numeric(raw.as_bytes().map_err(sqlx::Error::Decode)?)),
        "BYTEA" => SqlValue::Blob(row.try_get(column)?),
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "JSON" | "\"CHAR\"" => {
            let bytes = raw.as_bytes().map_err(sqlx::Error::Decode)?;
            SqlValue::Text(String::from_utf8_lossy(bytes).into_owned())
        }
        _ => {
            let name = row.columns()[column].name();
            let told = format!("column `{name}` has type {kind}; write `{name}::text`");
            return Err(sqlx::Error::Decode(told.into()));
        }
    })
}

/// `NUMERIC`, the type of `sum` and `avg` over integers: four numbers of 16 bits (count of digits,
/// weight of the first, sign, decimals shown), then digits to the base 10,000. NaN and infinities
/// are not a number here either.
fn numeric(bytes: &[u8]) -> f64 {
    let mut words = bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (_count, weight) = (words.next(), words.next().unwrap_or(0));
    let sign = words.next().unwrap_or(0);
    let digits = words.skip(1);
    if !matches!(sign, 0 | 0x4000) {
        return f64::NAN;
    }
    // As text, because that rounds once.
    let text: String = digits.map(|digit| format!("{digit:04}")).collect();
    let exponent = 4 * (i32::from(weight) + 1) - i32::try_from(text.len()).unwrap_or(0);
    let size: f64 = format!("0{text}e{exponent}").parse().unwrap_or(f64::NAN);
    if sign == 0 { size } else { -size }
}
