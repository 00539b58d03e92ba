//! Trails: which events concern a thing, wherever they stand in the ledger.
//!
//! In: the events of the ledger, folded once. Out: those that concern a request, a ticket, a commit's
//! builds, a deployment, a release, an incident. Start at [`found`]; [`work`] folds what is new, and
//! [`Trails`] is how it is kept. **Invariants:** what is kept is derived, two bytes in a hundred of the
//! ledger, and is made anew when it is gone; the server alone folds it, so that no collection
//! is slower for it; a look reads a bounded part of the ledger, however large that is, and an answer says how
//! many of the newest events it does not know yet.
//!
//! An entry is 32 bits of a hash and a place. Entries of [`BLOCK`] events stand in [`BUCKETS`] rows, by other
//! bits of the hash: so a step writes a bounded number of rows that lie together, and a look reads
//! one row for each block. Two things may share an entry: each event that is found is asked.

mod keep;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tl_core::event::{Event, NameHash};
use tl_core::fact::{kind, role};
use tl_ledger::projection::ProjectError;
use tl_ledger::read::{ReadError, Recorded};
use tl_ledger::rows::{Row, RowKey, RowProjection};
use tl_ledger::{Ledger, Position};
use tl_map::fold::{Concern, Table, concern};

pub(crate) use self::keep::work;

/// Events whose entries stand in one set of rows.
pub(crate) const BLOCK: i64 = if cfg!(test) { 1 << 9 } else { 1 << 18 };

/// Rows of a block.
const BUCKETS: u64 = 1 << 10;

/// Bytes of an entry: four of the hash, three of the place within the block.
const ENTRY: usize = 7;

/// The newest events that a look reads itself where they are not folded yet; where there are more it reads none.
pub(crate) const TAIL: i64 = 5_000;

/// Characters of a commit's id by which its builds are found: as many as the name of a change has.
const SHORT: usize = 10;

/// Things that one look asks for at most.
const THINGS: usize = 400;

/// Events that one look finds at most.
pub(crate) const MOST: usize = 5_000;

/// A thing that events concern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Thing {
    pub(crate) table: Table,
    /// As [`concern`] has it; of builds the id of the commit, at least its first [`SHORT`] characters.
    pub(crate) key: String,
}

impl Thing {
    pub(crate) fn new(table: Table, key: impl Into<String>) -> Self {
        Self { table, key: key.into() }
    }

    /// Its number in the index.
    fn number(&self) -> u64 {
        number(self.table, &self.key)
    }

    /// Whether an event that tells this tells of it.
    fn is(&self, table: Table, key: &str) -> bool {
        table == self.table
            && match table {
                // Ids may be short on either side.
                Table::Builds => key.starts_with(&self.key) || self.key.starts_with(key),
                _ => key == self.key,
            }
    }
}

/// Things that are looked for, by what the index knows of them.
struct Wanted<'a> {
    things: &'a [Thing],
    by_name: HashMap<(Table, &'a str), Vec<usize>>,
}

impl<'a> Wanted<'a> {
    fn new(things: &'a [Thing]) -> Self {
        let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (row, thing) in things.iter().enumerate() {
            by_name.entry((thing.table, name(thing.table, &thing.key))).or_default().push(row);
        }
        Self { things, by_name }
    }

    /// The first of them that an event concerns.
    fn of(&self, event: &Event) -> Option<&'a Thing> {
        let mut first = usize::MAX;
        told(event, |table, key| {
            let rows = self.by_name.get(&(table, name(table, key))).into_iter().flatten();
            let is_meant = |row: &&usize| self.things[**row].is(table, key);
            first = rows.filter(is_meant).copied().chain([first]).min().unwrap_or(first);
        });
        self.things.get(first)
    }
}

/// Whether builds are found by it: a commit's id, in small letters, or its beginning.
pub(crate) fn is_id(id: &str) -> bool {
    id.len() >= SHORT && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Tells each thing that an event concerns: what it is folded into, and the commit that was deployed,
/// tested or judged.
fn told(event: &Event, mut tell: impl FnMut(Table, &str)) {
    let concerned = concern(event);
    if let Concern::Thing(table, key) = &concerned
        && !matches!(table, Table::Usage | Table::Answer | Table::Iteration)
        && (*table != Table::Builds || is_id(key))
    {
        tell(*table, key);
    }
    let brings_commit = matches!(
        event.kind.as_str(),
        kind::DEPLOY_QUEUED
            | kind::DEPLOY_STARTED
            | kind::DEPLOY_FINISHED
            | kind::TESTS_RECORDED
            | kind::GATE_DECIDED
    );
    if brings_commit && let Some(commit) = event.what(role::COMMIT).filter(|id| is_id(id)) {
        tell(Table::Builds, commit);
    }
}

/// What the index knows of a key: of a commit's id its beginning.
fn name(table: Table, key: &str) -> &str {
    match table {
        Table::Builds => key.get(..SHORT).unwrap_or(key),
        _ => key,
    }
}

/// 63 bits that stand for a thing: the same on every machine.
fn number(table: Table, key: &str) -> u64 {
    // The table stands where events have their source: a digit.
    let digit = [b'0' + table.number()];
    let digit = std::str::from_utf8(&digit).unwrap_or_default();
    NameHash::new(digit, name(table, key)).number().unsigned_abs()
}

/// The row of a number in a block.
fn row_key(number: u64, block: i64) -> RowKey {
    RowKey { table: 0, key: format!("{block:05x}/{:03x}", number % BUCKETS) }
}

/// The half of a number that an entry holds.
fn mark(number: u64) -> [u8; 4] {
    ((number >> 16) as u32).to_be_bytes()
}

/// How trails are kept; see the module.
#[derive(Debug)]
pub(crate) struct Trails;

impl RowProjection for Trails {
    const NAME: &'static str = "trails";
    const VERSION: u32 = 1;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        let block = recorded.position.0 / BLOCK;
        told(&recorded.event, |table, key| keys.push(row_key(number(table, key), block)));
    }

    fn fold(key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        let mut value = stored.unwrap_or_default().to_vec();
        let block = events.first()?.position.0 / BLOCK;
        for recorded in events {
            let place = (recorded.position.0 % BLOCK).to_be_bytes();
            told(&recorded.event, |table, name| {
                let number = number(table, name);
                if row_key(number, block) == *key {
                    value.extend(mark(number));
                    value.extend(&place[5..]);
                }
            });
        }
        // Rows of a block stand together, in the order of the ledger.
        let at = tl_core::time::Timestamp::from_millis(block);
        value.len().is_multiple_of(ENTRY).then_some(Row { at, series: None, value })
    }
}

/// The places in a row that a number has.
fn places(row: &[u8], number: u64, block: i64) -> impl Iterator<Item = Position> {
    let mark = mark(number);
    row.chunks_exact(ENTRY).filter(move |entry| entry[..4] == mark).map(move |entry| {
        let place = entry[4..].iter().fold(0, |place, byte| (place << 8) | i64::from(*byte));
        Position(block * BLOCK + place)
    })
}

/// The events that concern some things.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// In the order of their places; each with the first of the things that it concerns.
    pub(crate) events: Vec<(Thing, Recorded)>,
    /// Whether there are more than a look finds.
    pub(crate) is_cut: bool,
    /// Events of the ledger, the newest, that were not looked at yet.
    pub(crate) not_yet: i64,
}

/// Why trails cannot be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrailError {
    #[error(transparent)]
    Rows(#[from] ProjectError),
    #[error(transparent)]
    Events(#[from] ReadError),
}

/// What the ledger has of some things; of very many the first ones.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) async fn found(ledger: &Ledger, things: &[Thing]) -> Result<Trail, TrailError> {
    let mut things: Vec<Thing> = things.iter().take(THINGS).cloned().collect();
    things.retain(|thing| !thing.key.is_empty());
    if things.is_empty() {
        return Ok(Trail::default());
    }
    let end = ledger.end().await?;
    let numbers: Vec<u64> = things.iter().map(Thing::number).collect();
    let (mut positions, folded) = indexed(ledger, &numbers, end).await?;
    // What is not folded yet is few mostly, and read as it is.
    let until = if end.0 - folded.0 > TAIL { folded } else { end };
    let mut read = Vec::new();
    if until > folded {
        read = ledger.between(folded, until, "").await?;
        positions.retain(|position| *position <= folded);
    }
    let is_cut = positions.len() > MOST;
    positions.truncate(MOST);
    let mut events = ledger.at(&positions).await?;
    events.append(&mut read);
    let wanted = Wanted::new(&things);
    let of = |one: Recorded| Some((wanted.of(&one.event)?.clone(), one));
    let events: Vec<_> = events.into_iter().filter_map(of).collect();
    Ok(Trail { events, is_cut, not_yet: (end.0 - until.0).max(0) })
}

/// Where events of these numbers may be, ascending, and up to which event that is known.
async fn indexed(
    ledger: &Ledger,
    numbers: &[u64],
    end: Position,
) -> Result<(Vec<Position>, Position), TrailError> {
    let blocks = end.0 / BLOCK;
    let mut keys: Vec<RowKey> = Vec::new();
    for number in numbers {
        keys.extend((0..=blocks).map(|block| row_key(*number, block)));
    }
    keys.sort_unstable();
    keys.dedup();
    let (rows, folded) = ledger.rows_of::<Trails>(&keys).await?;
    let mut positions = Vec::new();
    for number in numbers {
        for block in 0..=blocks {
            if let Some(row) = rows.get(&row_key(*number, block).key) {
                positions.extend(places(row, *number, block));
            }
        }
    }
    positions.sort_unstable();
    positions.dedup();
    Ok((positions, folded))
}
