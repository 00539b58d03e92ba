//! Many small rows of SQLite at the price of one.
//!
//! In: a statement that packs rows. Out: the rows. Start at [`read_rows`] and [`read_events`].
//! **Invariant:** what comes out of a pack is what went in, byte by byte, whatever it contains.
//!
//! Each row that `sqlx` hands on costs a microsecond on its way from SQLite's thread to ours, more
//! than SQLite needs to read it. So [`PACK`] rows come as one: their keys end to end, their values
//! end to end, and a text of four numbers for each. `group_concat` takes the bytes of text and
//! blobs as they are; rows stand in one order in all three, whichever it is.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use sqlx::{Row as _, SqliteConnection};

use crate::document::Stored;

/// Rows in a pack.
const PACK: usize = 128;

/// Events in a pack: fewer, because one may have a megabyte.
const EVENT_PACK: usize = 128;

/// Some rows; the statements below give the columns of it in this order.
#[derive(Debug, Default)]
struct Pack {
    /// `NUMBER ID KEY-LENGTH VALUE-LENGTH` of each row, between blanks; lengths in bytes.
    numbers: String,
    keys: String,
    values: Vec<u8>,
}

/// One row of a pack.
struct Item<'p> {
    number: i64,
    id: i64,
    key: &'p str,
    value: &'p [u8],
}

/// Rows of a table in the order of their ids, which is that of the file. `?1` and `?2`: the last id
/// and the last of all.
const BY_ID: &str = "
    SELECT group_concat('0 ' || id || ' ' || octet_length(key) || ' ' || octet_length(value), ' '),
           group_concat(key, ''), group_concat(value, '')
    FROM (SELECT id, key, value FROM things WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?5)";

/// Rows of a table by activity. `?1` projection, `?2` table, `?3` and `?4`: instant and id of the
/// last one.
const BY_ACTIVITY: &str = "
    SELECT group_concat(at || ' ' || id || ' ' || octet_length(key) || ' ' || octet_length(value), ' '),
           group_concat(key, ''), group_concat(value, '')
    FROM (SELECT at, id, key, value FROM things
          WHERE projection = ?1 AND tab = ?2 AND (at, id) > (?3, ?4)
          ORDER BY at, id LIMIT ?5)";

/// The last row of each series before an instant: one look into the index for each series. `?1`
/// projection, `?2` table, `?3` the instant, `?4` the last id.
const BEFORE: &str = "
    WITH RECURSIVE names (series) AS (
        SELECT min(series) FROM things WHERE projection = ?1 AND tab = ?2 AND series IS NOT NULL
        UNION ALL
        SELECT (SELECT min(series) FROM things
                WHERE projection = ?1 AND tab = ?2 AND series > names.series)
        FROM names WHERE series IS NOT NULL
    ), last (id) AS (
        SELECT (SELECT id FROM things
                WHERE projection = ?1 AND tab = ?2 AND series = names.series AND at < ?3
                ORDER BY at DESC LIMIT 1)
        FROM names WHERE series IS NOT NULL
    )
    SELECT group_concat('0 ' || id || ' ' || octet_length(key) || ' ' || octet_length(value), ' '),
           group_concat(key, ''), group_concat(value, '')
    FROM (SELECT things.id, key, value FROM last JOIN things USING (id)
          WHERE id > ?4 ORDER BY id LIMIT ?5)";

/// Events by position. `?3` last position. A key is those of the columns, after two lengths.
const EVENTS: &str = "
    SELECT group_concat(position || ' ' || at || ' ' || octet_length(key) || ' '
                        || octet_length(event), ' '),
           group_concat(key, ''), group_concat(event, '')
    FROM (SELECT position, at, event,
                 octet_length(source) || ' ' || octet_length(key) || ' ' || source || key || kind AS key
          FROM events WHERE position > ?3 ORDER BY position LIMIT ?5)";

/// Events as [`EVENTS`] gives them, without their documents.
const NAMES: &str = "
    SELECT group_concat(position || ' 0 ' || octet_length(key) || ' 0', ' '),
           group_concat(key, ''), ''
    FROM (SELECT position,
                 octet_length(source) || ' ' || octet_length(key) || ' ' || source || key AS key
          FROM events WHERE position > ?3 ORDER BY position LIMIT ?5)";

/// Hands each row of a table with these ids to `each`.
pub(crate) async fn read_rows(
    connection: &mut SqliteConnection,
    ids: std::ops::RangeInclusive<i64>,
    each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let next = |item: &Item<'_>| [item.id, *ids.end(), 0, 0];
    read(connection, BY_ID, [ids.start() - 1, *ids.end(), 0, 0], next, each).await
}

/// Hands each row of a table that was active at `since` (in ms) or later to `each`, and of each
/// series the last one before that.
pub(crate) async fn read_active(
    connection: &mut SqliteConnection,
    projection: i64,
    table: u8,
    since: i64,
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let (projection, table) = (projection, i64::from(table));
    let next = |item: &Item<'_>| [projection, table, since, item.id];
    let first = [projection, table, since, i64::MIN];
    read(connection, BEFORE, first, next, &mut each).await?;
    let next = |item: &Item<'_>| [projection, table, item.number, item.id];
    read(connection, BY_ACTIVITY, first, next, each).await
}

/// Hands all rows of a statement to `each`; `next` gives the arguments of the next pack from the
/// last item of one.
async fn read(
    connection: &mut SqliteConnection,
    sql: &'static str,
    first: [i64; 4],
    next: impl Fn(&Item<'_>) -> [i64; 4],
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let mut pack = fetch(connection, sql, first, PACK).await?;
    loop {
        let items = pack.items()?;
        let Some(last) = items.iter().max_by_key(|item| (item.number, item.id)) else {
            return Ok(());
        };
        let args = next(last);
        let mut hand_on = || items.iter().for_each(|item| each(item.key, item.value));
        if items.len() < PACK {
            hand_on();
            return Ok(());
        }
        // SQLite's thread begins with the next pack, and we hand this one on meanwhile.
        let mut next = pin!(fetch(connection, sql, args, PACK));
        let early = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        hand_on();
        pack = match early {
            Poll::Ready(done) => done?,
            Poll::Pending => next.await?,
        };
    }
}

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
        let wanted = EVENT_PACK.min(left);
        let pack = fetch(connection, sql, [0, 0, last, 0], wanted).await?;
        let items = pack.items()?;
        // Positions say the order; a pack has none.
        let mut ordered: Vec<&Item<'_>> = items.iter().collect();
        ordered.sort_unstable_by_key(|item| item.number);
        for item in &ordered {
            if !each(item.number, item.stored().ok_or_else(gaps)?) {
                return Ok(());
            }
        }
        if items.len() < wanted {
            return Ok(());
        }
        left -= wanted;
        last = ordered.last().map_or(last, |item| item.number);
    }
    Ok(())
}

async fn fetch(
    connection: &mut SqliteConnection,
    sql: &'static str,
    args: [i64; 4],
    limit: usize,
) -> Result<Pack, sqlx::Error> {
    let mut query = sqlx::query(sql);
    for arg in args {
        query = query.bind(arg);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let row = query.bind(limit).fetch_one(connection).await?;
    // Without rows, the sums of nothing are null.
    let Some(numbers) = row.try_get(0)? else { return Ok(Pack::default()) };
    Ok(Pack { numbers, keys: row.try_get(1)?, values: row.try_get(2)? })
}

fn gaps() -> sqlx::Error {
    sqlx::Error::Protocol("a pack has gaps".to_owned())
}

impl Pack {
    fn items(&self) -> Result<Vec<Item<'_>>, sqlx::Error> {
        let mut items = Vec::with_capacity(PACK);
        let (mut keys, mut values) = (self.keys.as_str(), self.values.as_slice());
        let mut numbers = self.numbers.split(' ').filter(|text| !text.is_empty());
        while let Some(number) = numbers.next() {
            let mut take = || {
                let (id, key, value) = (numbers.next()?, numbers.next()?, numbers.next()?);
                let (key, rest) = keys.split_at_checked(key.parse().ok()?)?;
                keys = rest;
                let (value, rest) = values.split_at_checked(value.parse().ok()?)?;
                values = rest;
                Some(Item { number: number.parse().ok()?, id: id.parse().ok()?, key, value })
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
        Some(Stored { source, key, kind, at: self.id, document: self.value })
    }
}
