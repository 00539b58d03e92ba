//! The statements of a swap.
//!
//! In: a [`Swap`], within a transaction. Out: [`Outcome`]: unless it is [`Outcome::Done`], the
//! transaction is to be undone. Start at [`swap`]. **Invariant:** the lake's own row is changed
//! first: who changes it keeps all others out until the end of the transaction.

use std::collections::BTreeSet;

use tl_core::segment::Segment;

use super::{Swap, unsigned};
use crate::append;
use crate::backend::{Arg, Connection, postgres, sqlite};
use crate::document::Written;
use crate::names::Names;

/// What a swap came to.
pub(super) enum Outcome {
    Done { generation: u64 },
    Late { found: u64 },
    AlreadyThere,
    Wrong(&'static str),
}

/// Says what is wrong with a swap whatever the ledger holds.
pub(super) fn check(swap: &Swap<'_>) -> Result<(), &'static str> {
    let events: BTreeSet<_> = swap.events.iter().map(|event| (&event.source, &event.key)).collect();
    if events.len() < swap.events.len() {
        return Err("it has an event twice");
    }
    let paths: BTreeSet<&str> = swap.add.iter().map(|segment| segment.path.as_str()).collect();
    if paths.len() < swap.add.len() {
        return Err("it adds a file twice");
    }
    let packs: BTreeSet<_> = swap.packs.iter().map(|pack| (&pack.name, pack.block)).collect();
    if packs.len() < swap.packs.len() {
        return Err("it has a pack twice");
    }
    let is_wrong = |segment: &Segment| {
        segment.first > segment.last || segment.tests.0 > segment.tests.1 || segment.rows == 0
    };
    if swap.add.iter().any(is_wrong) {
        return Err("it adds a file without rows, or whose ends are the wrong way round");
    }
    Ok(())
}

/// Does a swap.
pub(super) async fn swap(
    connection: &mut Connection,
    names: &mut Names,
    swap: &Swap<'_>,
    written: Vec<Written>,
) -> Result<Outcome, sqlx::Error> {
    let lake = Arg::Text(swap.lake);
    let mut next = turn(connection, swap).await?;
    if next.is_none() && swap.expected == 0 {
        // The first swap of all makes the row.
        let sql = "INSERT INTO lakes (name, generation, next) VALUES ($1, 0, 1)
                   ON CONFLICT (name) DO NOTHING";
        connection.execute(sql, &[lake]).await?;
        next = turn(connection, swap).await?;
    }
    let Some(next) = next else {
        return Ok(Outcome::Late { found: super::generation(connection, swap.lake).await? });
    };
    let first = next.saturating_sub(swap.add.len() as u64);
    if !swap.add.iter().map(|segment| segment.id).eq(first..first + swap.add.len() as u64) {
        return Ok(Outcome::Wrong("the numbers of its files are not the next ones"));
    }
    for id in swap.remove {
        let sql = "UPDATE segments SET doomed = $3 WHERE lake = $1 AND id = $2 AND doomed IS NULL";
        let args = [lake, number(*id), Arg::Integer(swap.at.as_millis())];
        if connection.execute(sql, &args).await? == 0 {
            return Ok(Outcome::Wrong("it takes out a file that is not listed"));
        }
    }
    let mut taken = false;
    for segment in swap.add {
        taken |= !add(connection, lake, segment).await?;
    }
    match connection {
        Connection::Sqlite(to) => sqlite::save_packs(to, swap.lake, swap.packs).await?,
        Connection::Postgres(to) => postgres::save_packs(to, swap.lake, swap.packs).await?,
    }
    let appended = append::append(connection, names, swap.events, written, None).await?;
    if appended.new < swap.events.len() {
        return Ok(Outcome::AlreadyThere);
    }
    if taken {
        return Ok(Outcome::Wrong("it adds a path that the lake has, or had lately"));
    }
    Ok(Outcome::Done { generation: swap.expected + 1 })
}

/// Makes it the next generation: the number that comes after those of its files, or `None` where it is at
/// another generation than was expected.
async fn turn(connection: &mut Connection, swap: &Swap<'_>) -> Result<Option<u64>, sqlx::Error> {
    let sql = "UPDATE lakes SET generation = generation + 1, next = next + $3
               WHERE name = $1 AND generation = $2 RETURNING next";
    let added = i64::try_from(swap.add.len()).unwrap_or(i64::MAX);
    let args = [Arg::Text(swap.lake), number(swap.expected), Arg::Integer(added)];
    connection.first(sql, &args, |row| unsigned(&row, 0)).await
}

/// Lists a file; says whether its path was free.
async fn add(
    connection: &mut Connection,
    lake: Arg<'_>,
    segment: &Segment,
) -> Result<bool, sqlx::Error> {
    let sql = "INSERT INTO segments
               (lake, id, level, rows, bytes, first, last, test_min, test_max, sha256, path)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               ON CONFLICT (lake, path) DO NOTHING";
    let args = [
        lake,
        number(segment.id),
        Arg::Integer(i64::from(segment.level)),
        number(segment.rows),
        number(segment.bytes),
        Arg::Integer(segment.first.as_millis()),
        Arg::Integer(segment.last.as_millis()),
        Arg::Integer(i64::from(segment.tests.0)),
        Arg::Integer(i64::from(segment.tests.1)),
        Arg::Text(&segment.sha256),
        Arg::Text(&segment.path),
    ];
    Ok(connection.execute(sql, &args).await? == 1)
}

/// Takes rows of files away that no manifest lists.
pub(super) async fn forget(
    connection: &mut Connection,
    lake: &str,
    ids: &[u64],
) -> Result<(), sqlx::Error> {
    for id in ids {
        let sql = "DELETE FROM segments WHERE lake = $1 AND id = $2 AND doomed IS NOT NULL";
        connection.execute(sql, &[Arg::Text(lake), number(*id)]).await?;
    }
    Ok(())
}

/// A count as the databases know it; what is beyond their numbers is in no table.
fn number(number: u64) -> Arg<'static> {
    Arg::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
