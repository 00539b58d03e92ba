//! The table of names in SQLite; see [`crate::names`].

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use tl_core::event::NameHash;

use super::{ROWS, packed, places};
use crate::names::{Named, number};

/// The newest event, and the newest whose name is in the table.
pub(crate) async fn ends(connection: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    let sql = "SELECT coalesce(max(position), 0), (SELECT max(position) FROM named) FROM events";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// The names of the events after a position, at most so many, in the order of their positions.
pub(crate) async fn of_events(
    connection: &mut SqliteConnection,
    after: i64,
    limit: usize,
) -> Result<Vec<Named>, sqlx::Error> {
    let mut names = Vec::new();
    packed::read_names(connection, after, limit, |position, stored| {
        names.push((number(&NameHash::new(stored.source, stored.key)), position));
        true
    })
    .await?;
    Ok(names)
}

/// Adds the events in the table that have one of these names, which are ascending.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    names: &[i64],
    found: &mut Vec<Named>,
) -> Result<(), sqlx::Error> {
    for chunk in names.chunks(ROWS) {
        let sql = format!(
            "SELECT name, position FROM names WHERE name IN ({})",
            places("?", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS);
        for name in chunk {
            query = query.bind(name);
        }
        let mut rows = query.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            found.push((row.try_get(0)?, row.try_get(1)?));
        }
    }
    Ok(())
}

/// Inserts names, ascending.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    names: &[Named],
) -> Result<(), sqlx::Error> {
    for chunk in names.chunks(ROWS) {
        let sql = format!(
            "INSERT OR FAIL INTO names (name, position) VALUES {}",
            places("(?,?)", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == ROWS);
        for (name, position) in chunk {
            query = query.bind(name).bind(position);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Says up to where the table holds the names.
pub(crate) async fn move_to(
    connection: &mut SqliteConnection,
    end: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE named SET position = ?").bind(end).execute(connection).await.map(|_| ())
}
