//! Many events of SQLite at the price of one.
//!
//! In: a statement that packs events. Out: the events. Start at [`read_events`].
//! **Invariant:** what comes out of a pack is what went in, byte by byte, whatever it contains.
//!
//! Each row that `sqlx` hands on costs a microsecond on its way from SQLite's thread to ours, more
//! than SQLite needs to read it. So [`PACK`] events come as one: their keys end to end, their
//! documents end to end, and a text of four numbers for each. `group_concat` takes the bytes of text
//! as they are; events stand in one order in all three, whichever it is.

use sqlx::{Row as _, SqliteConnection};

use crate::document::Stored;

/// Events in a pack: one may have a megabyte.
const PACK: usize = 128;

/// Some events; the statements below give the columns of it in this order.
#[derive(Debug, Default)]
struct Pack {
    /// `POSITION AT KEY-LENGTH DOCUMENT-LENGTH` of each, between blanks; lengths in bytes.
    numbers: String,
    keys: String,
    documents: Vec<u8>,
}

/// One event of a pack.
struct Item<'p> {
    position: i64,
    at: i64,
    key: &'p str,
    document: &'p [u8],
}

/// Events by position. `?1` the last position, `?2` how many. A key is those of the columns, after two lengths.
const EVENTS: &str = "
    SELECT group_concat(position || ' ' || at || ' ' || octet_length(key) || ' '
                        || octet_length(event), ' '),
           group_concat(key, ''), group_concat(event, '')
    FROM (SELECT position, at, event,
                 octet_length(source) || ' ' || octet_length(key) || ' ' || source || key || kind AS key
          FROM events WHERE position > ?1 ORDER BY position LIMIT ?2)";

/// Events as [`EVENTS`] gives them, without their documents.
const NAMES: &str = "
    SELECT group_concat(position || ' 0 ' || octet_length(key) || ' 0', ' '),
           group_concat(key, ''), ''
    FROM (SELECT position,
                 octet_length(source) || ' ' || octet_length(key) || ' ' || source || key AS key
          FROM events WHERE position > ?1 ORDER BY position LIMIT ?2)";

/// Hands the events after a position to `each`, at most `limit` of them; stops where it returns
/// `false`.
pub(crate) async fn read_events(
    connection: &mut SqliteConnection,
    after: i64,
    limit: usize,
    each: impl FnMut(i64, Stored<'_>) -> bool,
) -> Result<(), sqlx::Error> {
    read_in_order(connection, EVENTS, after, limit, each).await
}

/// The same, but of an event only its source and its key.
pub(crate) async fn read_names(
    connection: &mut SqliteConnection,
    after: i64,
    limit: usize,
    each: impl FnMut(i64, Stored<'_>) -> bool,
) -> Result<(), sqlx::Error> {
    read_in_order(connection, NAMES, after, limit, each).await
}

async fn read_in_order(
    connection: &mut SqliteConnection,
    sql: &'static str,
    after: i64,
    limit: usize,
    mut each: impl FnMut(i64, Stored<'_>) -> bool,
) -> Result<(), sqlx::Error> {
    let (mut last, mut left) = (after, limit);
    while left > 0 {
        let wanted = PACK.min(left);
        let pack = fetch(connection, sql, last, wanted).await?;
        let items = pack.items()?;
        // Positions say the order; a pack has none.
        let mut ordered: Vec<&Item<'_>> = items.iter().collect();
        ordered.sort_unstable_by_key(|item| item.position);
        for item in &ordered {
            if !each(item.position, item.stored().ok_or_else(gaps)?) {
                return Ok(());
            }
        }
        if items.len() < wanted {
            return Ok(());
        }
        left -= wanted;
        last = ordered.last().map_or(last, |item| item.position);
    }
    Ok(())
}

async fn fetch(
    connection: &mut SqliteConnection,
    sql: &'static str,
    after: i64,
    limit: usize,
) -> Result<Pack, sqlx::Error> {
    let query = sqlx::query(sql).bind(after).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let row = query.fetch_one(connection).await?;
    // Without rows, the sums of nothing are null.
    let Some(numbers) = row.try_get(0)? else { return Ok(Pack::default()) };
    Ok(Pack { numbers, keys: row.try_get(1)?, documents: row.try_get(2)? })
}

fn gaps() -> sqlx::Error {
    sqlx::Error::Protocol("a pack has gaps".to_owned())
}

impl Pack {
    fn items(&self) -> Result<Vec<Item<'_>>, sqlx::Error> {
        let mut items = Vec::with_capacity(PACK);
        let (mut keys, mut documents) = (self.keys.as_str(), self.documents.as_slice());
        let mut numbers = self.numbers.split(' ').filter(|text| !text.is_empty());
        while let Some(position) = numbers.next() {
            let mut take = || {
                let (at, key, document) = (numbers.next()?, numbers.next()?, numbers.next()?);
                let (key, rest) = keys.split_at_checked(key.parse().ok()?)?;
                keys = rest;
                let (document, rest) = documents.split_at_checked(document.parse().ok()?)?;
                documents = rest;
                Some(Item { position: position.parse().ok()?, at: at.parse().ok()?, key, document })
            };
            items.push(take().ok_or_else(gaps)?);
        }
        Ok(items)
    }
}

impl<'p> Item<'p> {
    /// The event of [`EVENTS`].
    fn stored(&self) -> Option<Stored<'p>> {
        let mut parts = self.key.splitn(3, ' ');
        let (source, key) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (source, rest) = parts.next()?.split_at_checked(source)?;
        let (key, kind) = rest.split_at_checked(key)?;
        Some(Stored { source, key, kind, at: self.at, document: self.document })
    }
}
