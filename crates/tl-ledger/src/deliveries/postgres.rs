//! Deliveries in PostgreSQL: statements over many rows.
//!
//! In: a transaction. Out: rows in and out. See [`super`].

use futures_util::TryStreamExt as _;
use rustc_hash::FxHashMap;
use sqlx::{PgConnection, Row as _};

use super::settle::Settled;
use super::{Claimed, Delivery, claimed, digest, fresh, written};
use crate::backend::Row;

/// Stores those that are not known; says of each whether it was new.
pub(super) async fn insert(
    connection: &mut PgConnection,
    deliveries: &[Delivery],
) -> Result<Vec<bool>, sqlx::Error> {
    let texts = |of: fn(&Delivery) -> &str| deliveries.iter().map(of).collect::<Vec<&str>>();
    let bytes = |one: &Delivery| i64::try_from(one.body.len()).unwrap_or(i64::MAX);
    let mut rows = sqlx::query(
        "INSERT INTO deliveries (digest, source, delivery, received, headers, bytes)
         SELECT digest, source, delivery, received, headers, bytes FROM (
             SELECT DISTINCT ON (digest) * FROM unnest(
                 $1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
                 WITH ORDINALITY AS given (digest, source, delivery, received, headers, bytes, number)
             ORDER BY digest, number
         ) AS once ORDER BY number
         ON CONFLICT (digest) DO NOTHING RETURNING id, digest",
    )
    .bind(deliveries.iter().map(|one| one.digest.to_vec()).collect::<Vec<_>>())
    .bind(texts(|one| &one.source))
    .bind(texts(|one| &one.id))
    .bind(deliveries.iter().map(|one| one.received.as_millis()).collect::<Vec<_>>())
    .bind(deliveries.iter().map(|one| written(&one.headers)).collect::<Vec<_>>())
    .bind(deliveries.iter().map(bytes).collect::<Vec<_>>())
    .fetch(&mut *connection);
    let mut stored = FxHashMap::default();
    while let Some(row) = rows.try_next().await? {
        stored.insert(digest(row.try_get(1)?), row.try_get::<i64, _>(0)?);
    }
    drop(rows);
    let fresh = fresh(deliveries, &stored);
    let new = || deliveries.iter().zip(&fresh).filter(|(_, new)| **new).map(|(one, _)| one);
    sqlx::query(
        "INSERT INTO delivery_bodies (id, body) SELECT * FROM unnest($1::bigint[], $2::bytea[])",
    )
    .bind(new().map(|one| stored[&one.digest]).collect::<Vec<_>>())
    .bind(new().map(|one| one.body.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(fresh)
}

/// Marks deliveries as claimed, and reads them.
pub(super) async fn take(
    connection: &mut PgConnection,
    now: i64,
    numbers: &[i64],
) -> Result<Vec<Claimed>, sqlx::Error> {
    let mut rows = sqlx::query(
        "UPDATE deliveries SET attempts = attempts + 1, lease = $1
         FROM delivery_bodies WHERE deliveries.id = ANY($2) AND delivery_bodies.id = deliveries.id
         RETURNING deliveries.id, source, received, headers, body",
    )
    .bind(now)
    .bind(numbers)
    .fetch(connection);
    let mut taken = Vec::with_capacity(numbers.len());
    while let Some(row) = rows.try_next().await? {
        taken.push(claimed(&Row::Postgres(&row))?);
    }
    Ok(taken)
}

/// Writes what became of deliveries that still wait.
pub(super) async fn settle(
    connection: &mut PgConnection,
    at: i64,
    settled: &[Settled],
) -> Result<(), sqlx::Error> {
    let events = |one: &Settled| i64::try_from(one.events).unwrap_or(i64::MAX);
    sqlx::query(
        "UPDATE deliveries SET state = given.state, events = given.events,
             problem = given.problem, settled = $1
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
             AS given (id, state, events, problem)
         WHERE deliveries.id = given.id AND deliveries.state = 0",
    )
    .bind(at)
    .bind(settled.iter().map(|one| one.number).collect::<Vec<_>>())
    .bind(settled.iter().map(|one| one.state().number()).collect::<Vec<_>>())
    .bind(settled.iter().map(events).collect::<Vec<_>>())
    .bind(settled.iter().map(Settled::problem).collect::<Vec<_>>())
    .execute(connection)
    .await
    .map(|_| ())
}
