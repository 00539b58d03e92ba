//! Each event once, in SQLite: what is new of a batch, what is known, what contradicts.
//!
//! In: a batch, within a transaction. Out: [`Appended`]. Start at [`append`]. **Invariant:** two
//! events are the same by their texts; the numbers of their names only say where to look.

use rustc_hash::{FxHashMap, FxHashSet};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use tl_core::event::Event;

use super::Appended;
use crate::backend::Row;
use crate::backend::sqlite::{self, places};
use crate::document::{Stored, Written};
use crate::names::{Named, Names};

/// What is to be done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    New,
    Known,
    Conflicting,
}

/// Inserts the events whose (source, key) is new, after the newest one.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    names: &mut Names,
    events: &[Event],
    written: Vec<Written>,
) -> Result<Appended, sqlx::Error> {
    let end = names.catch_up(connection).await?;
    let numbers: Vec<i64> = written.iter().map(|written| written.name).collect();
    let fates = fates(connection, names, events, &numbers).await?;
    let mut appended = Appended::default();
    let (mut run, mut fresh) = (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
    let mut position = end;
    for (index, (event, written)) in events.iter().zip(written).enumerate() {
        match fates[index] {
            Fate::New => {
                position += 1;
                run.push((written.name, position));
                fresh.push((event, written.json));
            }
            Fate::Known => appended.known += 1,
            Fate::Conflicting => appended.conflicting.push(index),
        }
    }
    appended.new = fresh.len();
    sqlite::insert_events(connection, end, fresh).await?;
    names.add(connection, run, position).await?;
    Ok(appended)
}

async fn fates(
    connection: &mut SqliteConnection,
    names: &Names,
    events: &[Event],
    numbers: &[i64],
) -> Result<Vec<Fate>, sqlx::Error> {
    let mut fates = vec![Fate::New; events.len()];
    let mut sorted: Vec<(i64, usize)> = numbers.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let several: FxHashSet<i64> =
        sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0).collect();
    let mut wanted: Vec<i64> = sorted.iter().map(|(number, _)| *number).collect();
    wanted.dedup();
    let found = names.find(connection, &wanted).await?;
    compare(connection, events, &sorted, found, &mut fates).await?;
    // What the batch itself has several times: the first one stays.
    let mut first: FxHashMap<(&str, &str), &Event> = FxHashMap::default();
    for (index, event) in events.iter().enumerate() {
        if fates[index] != Fate::New || !several.contains(&numbers[index]) {
            continue;
        }
        let kept = *first.entry((&event.source, &event.key)).or_insert(event);
        if !std::ptr::eq(kept, event) {
            fates[index] = if kept == event { Fate::Known } else { Fate::Conflicting };
        }
    }
    Ok(fates)
}

/// Looks the events up that may be there already. `sorted`: numbers, ascending, with the indexes of
/// the events that have them.
async fn compare(
    connection: &mut SqliteConnection,
    events: &[Event],
    sorted: &[(i64, usize)],
    mut found: Vec<Named>,
    fates: &mut [Fate],
) -> Result<(), sqlx::Error> {
    // As the events stand in the file.
    found.sort_unstable_by_key(|(_, position)| *position);
    for chunk in found.chunks(256) {
        let sql = format!(
            "SELECT position, source, key, kind, at, event FROM events WHERE position IN ({})
             ORDER BY position",
            places("?", chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(chunk.len() == 256);
        for (_, position) in chunk {
            query = query.bind(position);
        }
        let rows = query.fetch_all(&mut *connection).await?;
        let mut rows = rows.iter().peekable();
        for (number, position) in chunk {
            while rows.next_if(|row| row.get::<i64, _>(0) < *position).is_some() {}
            let Some(row) = rows.peek().filter(|row| row.get::<i64, _>(0) == *position) else {
                continue;
            };
            let row = Row::Sqlite(row);
            let stored = row.stored(1)?;
            let first = sorted.partition_point(|(other, _)| other < number);
            for (_, index) in sorted[first..].iter().take_while(|(other, _)| other == number) {
                if let Some(fate) = fate(&events[*index], &stored) {
                    fates[*index] = fate;
                }
            }
        }
    }
    Ok(())
}

/// What a stored event says about one of the same number; nothing where it is another one.
fn fate(event: &Event, stored: &Stored<'_>) -> Option<Fate> {
    if (stored.source, stored.key) != (&event.source, &event.key) {
        return None;
    }
    // Compared as events, not as text: a later version may write the same fact otherwise.
    let same = stored.event().is_ok_and(|stored| stored == *event);
    Some(if same { Fate::Known } else { Fate::Conflicting })
}
