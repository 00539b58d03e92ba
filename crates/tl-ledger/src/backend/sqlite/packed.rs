//! Many small rows of SQLite at the price of one.
//!
//! In: a statement that packs rows. Out: the rows. Start at [`read_rows`] and [`read_events`].
//! **Invariant:** what comes out of a pack is what went in, byte by byte, whatever it contains.
//!
//! Each row that `sqlx` hands on costs a microsecond on its way from SQLite's thread to ours, more
//! than SQLite needs to read it, and each statement is planned anew. So [`PACK`] rows come as one:
//! their keys end to end, their values end to end, and a text of four numbers for each.
//! `group_concat` takes the bytes of text and blobs as they are; rows stand in one order in all
//! three, whichever it is.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use sqlx::{Row as _, SqliteConnection};

use crate::document::Stored;

/// Rows in a pack.
const PACK: usize = 256;

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

/// The rows with these ids: `?1`, a JSON list.
const BY_IDS: &str = "
    SELECT group_concat('0 ' || things.id || ' ' || octet_length(things.key) || ' '
                        || octet_length(things.value), ' '),
           group_concat(things.key, ''), group_concat(things.value, '')
    FROM json_each(?1) AS wanted CROSS JOIN things ON things.id = wanted.value";

/// The ids of the rows of a table that were active at an instant or later: of the index alone. `?1`
/// projection, `?2` table, `?3` the instant.
const ACTIVE: &str = "
    SELECT group_concat(id, ' ') FROM things WHERE projection = ?1 AND tab = ?2 AND at >= ?3";

/// The ids of the last row of each series before an instant: one look into the index for each
/// series. `?1` projection, `?2` table, `?3` the instant.
const BEFORE: &str = "
    WITH RECURSIVE names (series) AS (
        SELECT min(series) FROM things WHERE projection = ?1 AND tab = ?2 AND series IS NOT NULL
        UNION ALL
        SELECT (SELECT min(series) FROM things
                WHERE projection = ?1 AND tab = ?2 AND series > names.series)
        FROM names WHERE series IS NOT NULL
    )
    SELECT group_concat((SELECT id FROM things
                         WHERE projection = ?1 AND tab = ?2 AND series = names.series AND at < ?3
                         ORDER BY at DESC LIMIT 1), ' ')
    FROM names WHERE series IS NOT NULL";

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

/// What the next pack is to hold.
enum Wanted {
    /// Rows of a statement, with its arguments, at most so many.
    Rows(&'static str, [i64; 4], usize),
    /// Rows with these ids, a JSON list.
    Ids(String),
}

/// Hands each row of a table with these ids to `each`.
pub(crate) async fn read_rows(
    connection: &mut SqliteConnection,
    ids: std::ops::RangeInclusive<i64>,
    each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let mut after = Some(ids.start() - 1);
    let next = |items: &[Item<'_>]| {
        if items.len() == PACK {
            after = items.iter().map(|item| item.id).max();
        }
        let rows = |after| Wanted::Rows(BY_ID, [after, *ids.end(), 0, 0], PACK);
        Ok(after.take().map(rows))
    };
    read(connection, next, each).await
}

/// Hands each row of a table that was active at `since` (in ms) or later to `each`, and of each
/// series the last one before that.
///
/// First the ids, then the rows in the order of the file: what is open still lies far apart, and
/// each page of it is read once so.
pub(crate) async fn read_active(
    connection: &mut SqliteConnection,
    projection: i64,
    table: u8,
    since: i64,
    each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let mut ids = Vec::new();
    for sql in [ACTIVE, BEFORE] {
        let query = sqlx::query_scalar(sql).bind(projection).bind(i64::from(table)).bind(since);
        let found: Option<String> = query.fetch_one(&mut *connection).await?;
        let found = found.unwrap_or_default();
        for id in found.split(' ').filter(|id| !id.is_empty()) {
            ids.push(id.parse::<i64>().map_err(|_| gaps())?);
        }
    }
    ids.sort_unstable();
    let mut chunks = ids.chunks(PACK);
    let next = |_: &[Item<'_>]| {
        let ids = chunks.next().map(serde_json::to_string).transpose();
        Ok(ids.map_err(|err| sqlx::Error::Encode(err.into()))?.map(Wanted::Ids))
    };
    read(connection, next, each).await
}
/// Hands all rows of some packs to `each`; `next` says from the items of one what the next is to
/// hold, and first from none.
async fn read(
    connection: &mut SqliteConnection,
    mut next: impl FnMut(&[Item<'_>]) -> Result<Option<Wanted>, sqlx::Error>,
    mut each: impl FnMut(&str, &[u8]),
) -> Result<(), sqlx::Error> {
    let Some(first) = next(&[])? else { return Ok(()) };
    let mut pack = fetch(connection, first).await?;
    loop {
        let items = pack.items()?;
        let mut hand_on = || items.iter().for_each(|item| each(item.key, item.value));
        let Some(wanted) = next(&items)? else {
            hand_on();
            return Ok(());
        };
        // SQLite's thread begins with the next pack, and we hand this one on meanwhile.
        let mut later = pin!(fetch(connection, wanted));
        let early = poll_fn(|cx| Poll::Ready(later.as_mut().poll(cx))).await;
        hand_on();
        pack = match early {
            Poll::Ready(done) => done?,
            Poll::Pending => later.await?,
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
        let pack = fetch(connection, Wanted::Rows(sql, [0, 0, last, 0], wanted)).await?;
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

async fn fetch(connection: &mut SqliteConnection, wanted: Wanted) -> Result<Pack, sqlx::Error> {
    let query = match wanted {
        Wanted::Ids(ids) => sqlx::query(BY_IDS).bind(ids),
        Wanted::Rows(sql, args, limit) => {
            let query = args.into_iter().fold(sqlx::query(sql), |query, arg| query.bind(arg));
            query.bind(i64::try_from(limit).unwrap_or(i64::MAX))
        }
    };
    let row = query.fetch_one(connection).await?;
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
