//! Deliveries in SQLite: statements over many rows.
//!
//! In: a transaction. Out: rows in and out. See [`super`].

use futures_util::TryStreamExt as _;
use rustc_hash::FxHashMap;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::settle::Settled;
use super::{Claimed, Delivery, claimed, digest, fresh, written};
use crate::backend::Row;
use crate::backend::sqlite::places;

/// Rows of one statement.
const ROWS: usize = 256;

/// Stores those that are not known; says of each whether it was new.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    deliveries: &[Delivery],
) -> Result<Vec<bool>, sqlx::Error> {
    let mut stored = FxHashMap::default();
    for chunk in deliveries.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO deliveries (digest, source, delivery, received, headers, bytes) VALUES {}
             ON CONFLICT (digest) DO NOTHING RETURNING id, digest",
            places("(?,?,?,?,?,?)", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS);
        for one in chunk {
            query = query
                .bind(one.digest.to_vec())
                .bind(one.source.as_str())
                .bind(one.id.as_str())
                .bind(one.received.as_millis())
                .bind(written(&one.headers))
                .bind(i64::try_from(one.body.len()).unwrap_or(i64::MAX));
        }
        let mut rows = query.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            stored.insert(digest(row.try_get(1)?), row.try_get::<i64, _>(0)?);
        }
    }
    let fresh = fresh(deliveries, &stored);
    let new: Vec<&Delivery> =
        deliveries.iter().zip(&fresh).filter(|(_, new)| **new).map(|(one, _)| one).collect();
    for chunk in new.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO delivery_bodies (id, body) VALUES {}",
            places("(?,?)", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS);
        for one in chunk {
            query = query.bind(stored[&one.digest]).bind(one.body.as_slice());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(fresh)
}

/// Marks deliveries as claimed, and reads them.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    now: i64,
    numbers: &[i64],
) -> Result<Vec<Claimed>, sqlx::Error> {
    let mut taken = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(ROWS) {
        let wanted = places("?", chunk.len());
        let sql = format!(
            "UPDATE deliveries SET attempts = attempts + 1, lease = ? WHERE id IN ({wanted})"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS).bind(now);
        for number in chunk {
            query = query.bind(number);
        }
        query.execute(&mut *connection).await?;
        let sql = format!(
            "SELECT id, source, received, headers, body
             FROM deliveries JOIN delivery_bodies USING (id) WHERE id IN ({wanted})"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS);
        for number in chunk {
            query = query.bind(number);
        }
        let mut rows = query.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            taken.push(claimed(&Row::Sqlite(&row))?);
        }
    }
    Ok(taken)
}

/// Writes what became of deliveries that still wait.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    at: i64,
    settled: &[Settled],
) -> Result<(), sqlx::Error> {
    for chunk in settled.chunks(ROWS) {
        let sql = format!(
            "WITH given (id, state, events, problem) AS (VALUES {})
             UPDATE deliveries SET state = given.state, events = given.events,
                 problem = given.problem, settled = ?
             FROM given WHERE deliveries.id = given.id AND deliveries.state = 0",
            places("(?,?,?,?)", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS);
        for one in chunk {
            query = query
                .bind(one.number)
                .bind(one.state().number())
                .bind(i64::try_from(one.events).unwrap_or(i64::MAX))
                .bind(one.problem());
        }
        query.bind(at).execute(&mut *connection).await?;
    }
    Ok(())
}
