//! Many small rows of SQLite at the price of one.
//!
//! In: a statement that packs rows. Out: the rows. Start at [`read_rows`] and [`read_events`].
//! **Invariant:** what comes out of a pack is what went in, byte by byte, whatever it contains.
//!
//! Each row that `sqlx` hands on costs a microsecond on its way from SQLite's thread to ours, more
//! than SQLite needs to read it. So [`PACK`] rows come as one: their keys end to end, their values
//! end to end, and a text of three numbers for each. `group_concat` takes the bytes of text and
//! blobs as they are; rows stand in one order in all three, whichever it is.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use sqlx::{Row as _, SqliteConnection};

/// Rows in a pack.
const PACK: usize = 512;

/// Events in a pack: fewer, because one may have a megabyte.
const EVENT_PACK: usize = 128;

/// Some rows; the statements below give the columns of it in this order.
#[derive(Debug, Default)]
struct Pack {
    /// `NUMBER KEY-LENGTH VALUE-LENGTH` of each row, between blanks; lengths in bytes.
    numbers: String,
    keys: String,
    values: Vec<u8>,
}

/// One row of a pack.
struct Item<'p> {
    number: i64,
    key: &'p str,
    value: &'p [u8],
}

/// Rows of `entities` by key. `?1` projection, `?2` table, `?4` last key, `?5` limit.
const BY_KEY: &str = "
    SELECT group_concat(at || ' ' || octet_length(key) || ' ' || octet_length(value), ' '),
           group_concat(key, ''), group_concat(value, '')
    FROM (SELECT at, key, value FROM entities
          WHERE projection = ?1 AND tab = ?2 AND key > ?4 ORDER BY key LIMIT ?5)";

/// Rows of `entities` by activity. `?3` and `?4`: instant and key of the last one.
const BY_ACTIVITY: &str = "
    SELECT group_concat(at || ' ' || octet_length(key) || ' ' || octet_length(value), ' '),
           group_concat(key, ''), group_concat(value, '')
    FROM (SELECT at, key, value FROM entities
          WHERE projection = ?1 AND tab = ?2 AND (at, key) > (?3, ?4)
          ORDER BY at, key LIMIT ?5)";

/// Events by position. `?3` last position.
const EVENTS: &str = "
    SELECT group_concat(position || ' 0 ' || octet_length(event), ' '),
           '', group_concat(event, '')
    FROM (SELECT position, event FROM events
          WHERE position > ?3 ORDER BY position LIMIT ?5)";

/// Hands each row of a table to `each`, or each that was active at `since` (in ms) or later.
pub(crate) async fn read_rows(
    connection: &mut SqliteConnection,
    projection: i64,
    table: u8,
    since: Option<i64>,
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let sql = if since.is_some() { BY_ACTIVITY } else { BY_KEY };
    let of = (projection, i64::from(table));
    // No key is empty, so this is before the first of its instant.
    let mut last = (since.unwrap_or(i64::MIN), String::new());
    let mut pack = fetch(connection, sql, of, &last, PACK).await?;
    loop {
        let items = pack.items()?;
        // By key the instants are not in order, and play no part.
        let at = |item: &Item<'_>| if since.is_some() { item.number } else { i64::MIN };
        let end = items.iter().map(|item| (at(item), item.key)).max();
        let full = items.len() == PACK;
        let Some((number, key)) = end else { return Ok(()) };
        last = (number, key.to_owned());
        let mut hand_on = || items.iter().for_each(|item| each(item.key, item.value));
        if !full {
            hand_on();
            return Ok(());
        }
        // SQLite's thread begins with the next pack, and we hand this one on meanwhile.
        let mut next = pin!(fetch(connection, sql, of, &last, PACK));
        let early = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        hand_on();
        pack = match early {
            Poll::Ready(done) => done?,
            Poll::Pending => next.await?,
        };
    }
}

/// Hands the events after a position to `each`, as position and JSON, at most `limit` of them;
/// stops where it returns `false`.
pub(crate) async fn read_events(
    connection: &mut SqliteConnection,
    after: i64,
    limit: usize,
    mut each: impl FnMut(i64, &[u8]) -> bool,
) -> Result<(), sqlx::Error> {
    let (mut last, mut left) = ((after, String::new()), limit);
    while left > 0 {
        let wanted = EVENT_PACK.min(left);
        let pack = fetch(connection, EVENTS, (0, 0), &last, wanted).await?;
        let items = pack.items()?;
        // Positions say the order; a pack has none.
        let mut ordered: Vec<&Item<'_>> = items.iter().collect();
        ordered.sort_unstable_by_key(|item| item.number);
        for item in &ordered {
            if !each(item.number, item.value) {
                return Ok(());
            }
        }
        if items.len() < wanted {
            return Ok(());
        }
        left -= wanted;
        last.0 = ordered.last().map_or(last.0, |item| item.number);
    }
    Ok(())
}

async fn fetch(
    connection: &mut SqliteConnection,
    sql: &'static str,
    (projection, table): (i64, i64),
    (number, key): &(i64, String),
    limit: usize,
) -> Result<Pack, sqlx::Error> {
    let row = sqlx::query(sql)
        .bind(projection)
        .bind(table)
        .bind(number)
        .bind(key.as_str())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_one(connection)
        .await?;
    // Without rows, the sums of nothing are null.
    let Some(numbers) = row.try_get(0)? else { return Ok(Pack::default()) };
    Ok(Pack { numbers, keys: row.try_get(1)?, values: row.try_get(2)? })
}

impl Pack {
    fn items(&self) -> Result<Vec<Item<'_>>, sqlx::Error> {
        let mut items = Vec::with_capacity(PACK);
        let (mut keys, mut values) = (self.keys.as_str(), self.values.as_slice());
        let mut numbers = self.numbers.split(' ').filter(|text| !text.is_empty());
        while let Some(number) = numbers.next() {
            let mut len = || numbers.next()?.parse::<usize>().ok();
            let item = number.parse().ok().zip(len().zip(len())).and_then(|(number, lens)| {
                let (key, rest) = keys.split_at_checked(lens.0)?;
                keys = rest;
                let (value, rest) = values.split_at_checked(lens.1)?;
                values = rest;
                Some(Item { number, key, value })
            });
            items.push(item.ok_or_else(|| sqlx::Error::Protocol("a pack has gaps".to_owned()))?);
        }
        Ok(items)
    }
}
