//! The rows of things in the ledger: what events tell of each request, ticket, deployment and so on.
//!
//! In: events of the ledger. Out: a row for each thing. Start at [`Things`]. **Invariant:** `tl-map` gives the
//! facts their meaning, the ledger keeps the rows, and nothing is decided here.

use tl_core::time::Timestamp;
use tl_ledger::read::Recorded;
use tl_ledger::rows::{Row, RowKey, RowProjection};
use tl_map::fold::{Concern, Entity, ROW_VERSION, Table, concern, fold_row};

/// See the module.
#[derive(Debug)]
pub struct Things;

impl RowProjection for Things {
    const NAME: &'static str = "delivery";
    const VERSION: u32 = ROW_VERSION as u32;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        if let Concern::Thing(table, key) = concern(&recorded.event) {
            keys.push(RowKey { table: table.number(), key: key.into_owned() });
        }
    }

    fn fold(key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        let table = Table::from_number(key.table)?;
        let events = events.iter().map(|recorded| &recorded.event);
        let folded = fold_row(table, &key.key, stored, events).ok()?;
        let at = if folded.is_open { i64::MAX } else { folded.activity.unwrap_or(0) };
        // An event that cannot be read leaves a thing of which nothing is known.
        let value = folded.row.unwrap_or_else(|| Entity::new(table, &key.key).encode());
        // Foreign text, and no database keeps a zero character.
        let series = folded.series.map(|series| series.replace('\0', " "));
        Some(Row { at: Timestamp::from_millis(at), series, value })
    }
}
