//! How far a list is read: the two ways to page that almost every system fits.
//!
//! In: a cursor, a request for each page. Out: the items of a page that are new, and the next
//! cursor. Start at [`ascending`] for lists that a system sorts by last change and filters by
//! `since`, at [`descending`] for lists that only come newest first.
//!
//! **Invariants:** no page number is kept across anything that may have moved: an ascending list
//! goes on from the last instant seen, without the items already seen there; what moves down in a
//! descending one is read twice and never skipped. Validators (ETag) are part of the cursor, so
//! that they are stored with the page that they belong to.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tl_core::record::Record;
use tl_core::time::{Millis, Timestamp};

use crate::client::{Answer, Client, Request};
use crate::source::{Page, PullError};

/// Pages of a descending list whose validators are kept.
const VALIDATED_PAGES: usize = 20;

/// By how much the clocks of a system and of this machine may differ.
const CLOCK_SLACK: Millis = Millis::new(5 * 60_000);

/// A list to be read on.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Whom to ask.
    pub client: &'a Client,
    /// Where to go on; `None` at first.
    pub cursor: Option<&'a str>,
    /// How far back the first collection reaches.
    pub first: Timestamp,
    /// How many items a full page has.
    pub size: usize,
    /// What the list is called in the answer; empty where it is the answer.
    pub field: &'static str,
}

/// A part of a list: what is new in it, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The items that are new, in the system's order.
    pub items: Vec<Value>,
    /// The next cursor.
    pub next: String,
    /// Whether the list has no more for now.
    pub done: bool,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Part {
    /// The page with these records, which were made of its items.
    pub fn page(self, records: Vec<Record>) -> Page {
        Page { records, next: self.next, done: self.done, notes: self.notes }
    }
}

/// Writes a cursor.
pub fn encode(cursor: &impl Serialize) -> String {
    // Cursors are plain structs of this crate, which JSON can always hold.
    serde_json::to_string(cursor).unwrap_or_default()
}

/// Reads a cursor; `None` for none, and for one that cannot be read, which is noted.
pub fn decode<T: DeserializeOwned>(cursor: Option<&str>, notes: &mut Vec<String>) -> Option<T> {
    let cursor = cursor?;
    let read = serde_json::from_str(cursor).ok();
    if read.is_none() {
        notes.push("the place where it stopped cannot be read; beginning anew".to_owned());
    }
    read
}

/// Instant and id of an item; `None` for one that lacks them, which is left out.
pub type Key = fn(&Value) -> Option<(Timestamp, String)>;

/// How far an ascending list is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// Last instant seen.
    since: Timestamp,
    /// Items seen at that instant or shortly before.
    seen: Vec<(Timestamp, String)>,
    /// Page of what changed since then, from 1; more only where one page does not get further.
    pub page: u32,
    /// Whether the end was reached: then a little is read again, because what a system shows
    /// last need not have changed last.
    ended: bool,
    /// Validator of the next request, where it was sent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

/// How much is read again after the end was reached.
const OVERLAP: Millis = Millis::new(60_000);

/// Most items that are remembered as seen; more are read twice, which changes nothing.
const MOST_SEEN: usize = 1000;

impl Watermark {
    /// Before everything that changed at `since` or later.
    const fn at(since: Timestamp) -> Self {
        Self { since, seen: Vec::new(), page: 1, ended: false, etag: None }
    }

    /// The instant from which to ask.
    pub fn from(&self) -> Timestamp {
        if self.ended { before(self.since, OVERLAP) } else { self.since }
    }

    /// Takes a page, and returns what is new in it. `full` says whether there may be more.
    fn take(&mut self, items: Vec<Value>, key: Key, full: bool) -> Vec<Value> {
        let mut fresh = Vec::new();
        let mut newest = self.since;
        for item in items {
            let Some(seen) = key(&item) else { continue };
            newest = newest.max(seen.0);
            if !self.seen.contains(&seen) {
                self.seen.push(seen);
                fresh.push(item);
            }
        }
        // Once at the end, page 1 is looked at again: what left it may have come to other pages.
        self.page = if full && newest == self.since { self.page + 1 } else { 1 };
        self.since = newest;
        self.ended = !full;
        self.seen.retain(|(at, _)| *at >= before(newest, OVERLAP));
        self.seen.sort_unstable();
        self.seen.drain(..self.seen.len().saturating_sub(MOST_SEEN));
        fresh
    }
}

fn before(at: Timestamp, length: Millis) -> Timestamp {
    Timestamp::from_millis(at.as_millis() - length.get())
}

/// Reads a part of a list that the system sorts by last change, oldest first.
///
/// `page` makes the request for [`Watermark::page`] of what changed at or after
/// [`Watermark::from`].
pub async fn ascending(
    list: List<'_>,
    key: Key,
    page: impl Fn(&Watermark) -> Request,
) -> Result<Part, PullError> {
    let List { client, cursor, first, size, field } = list;
    let mut notes = Vec::new();
    let mut mark = decode(cursor, &mut notes).unwrap_or_else(|| Watermark::at(first));
    let asked = mark.clone();
    let answer = client.send(&page(&mark).unless(mark.etag.clone())).await;
    let mut answer = match answer {
        Err(err) if err.is_expired_cursor() && mark.page > 1 => {
            notes.push("the place in the list expired; going on from the last instant".to_owned());
            mark.page = 1;
            client.send(&page(&mark)).await?
        }
        answer => answer?,
    };
    if answer.is_unchanged() {
        return Ok(Part { items: Vec::new(), next: encode(&mark), done: true, notes });
    }
    let etag = answer.etag.take();
    let items = items(client, &page(&mark), &mut answer, field)?;
    let full = items.len() >= size || answer.next.is_some();
    let items = mark.take(items, key, full);
    // A validator answers the same request only, and only the last page is asked for again.
    let same = mark.from() == asked.from() && mark.page == asked.page;
    mark.etag = etag.filter(|_| same && !full);
    Ok(Part { items, next: encode(&mark), done: !full, notes })
}

fn items(
    client: &Client,
    request: &Request,
    answer: &mut Answer,
    field: &str,
) -> Result<Vec<Value>, PullError> {
    let list = if field.is_empty() { Some(&answer.body) } else { answer.body.get(field) };
    if list.is_none_or(|list| !list.is_array()) {
        let (system, path) = (client.system(), request.shown_path());
        return Err(PullError::Shape { system, path, missing: "a list" });
    }
    Ok(answer.take_items(field))
}

/// What a descending list says about one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// When it was made: the list is sorted by it, newest first.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Whether it is not finished, and will change.
    pub open: bool,
}

/// How far a descending list is read: a sweep from the newest item down to [`Sweep::low`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sweep {
    /// Next page, from 1.
    page: u32,
    /// Items made before this are not read.
    low: Timestamp,
    /// Items that changed before this are known.
    changed: Timestamp,
    /// When this sweep began; `None` before its first page.
    began: Option<Timestamp>,
    /// The oldest item of this sweep that is not finished.
    open: Option<Timestamp>,
    /// What the last sweep found on its first pages.
    #[serde(default)]
    known: Vec<KnownPage>,
    /// What this sweep found on its first pages.
    #[serde(default)]
    found: Vec<KnownPage>,
}

/// What is remembered of a page, so that it can be left out when it did not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KnownPage {
    etag: String,
    oldest: Option<Timestamp>,
    open: Option<Timestamp>,
    full: bool,
}

/// Reads a part of a list that comes newest first and cannot be asked for what changed.
///
/// Each sweep goes down to what the last one saw begin, `lookback` further, and to the oldest
/// item that was not finished, but never beyond 35 days before the last sweep; what changed later
/// than that is not seen. `page` makes the request for a page, from 1.
pub async fn descending(
    list: List<'_>,
    lookback: Millis,
    age: fn(&Value) -> Option<Age>,
    page: impl Fn(u32) -> Request,
) -> Result<Part, PullError> {
    let List { client, cursor, first, size, field } = list;
    let mut notes = Vec::new();
    let mut sweep = decode(cursor, &mut notes).unwrap_or_else(|| Sweep::down_to(first));
    sweep.began.get_or_insert(client.now());
    let at = usize::try_from(sweep.page - 1).unwrap_or(usize::MAX);
    let known = sweep.known.get(at).cloned();
    let request = page(sweep.page).unless(known.as_ref().map(|known| known.etag.clone()));
    let mut answer = client.send(&request).await?;
    let (found, items) = match known {
        Some(known) if answer.is_unchanged() => (known, Vec::new()),
        _ => {
            let etag = answer.etag.take();
            let items = items(client, &request, &mut answer, field)?;
            let full = items.len() >= size || answer.next.is_some();
            sweep.take(items, age, full, etag)
        }
    };
    let done = sweep.turn(found, lookback);
    Ok(Part { items, next: encode(&sweep), done, notes })
}

impl Sweep {
    fn down_to(low: Timestamp) -> Self {
        let (known, found) = (Vec::new(), Vec::new());
        Self { page: 1, low, changed: low, began: None, open: None, known, found }
    }

    /// Takes a page: what to remember of it, and the items that changed.
    fn take(
        &self,
        items: Vec<Value>,
        age: fn(&Value) -> Option<Age>,
        full: bool,
        etag: Option<String>,
    ) -> (KnownPage, Vec<Value>) {
        let aged: Vec<_> = items.into_iter().filter_map(|it| age(&it).map(|a| (a, it))).collect();
        let oldest = aged.iter().map(|(age, _)| age.created).min();
        let open = aged.iter().filter(|(age, _)| age.open).map(|(age, _)| age.created).min();
        let news = |(age, _): &(Age, Value)| {
            age.created >= self.low && age.updated.max(age.created) >= self.changed
        };
        let fresh = aged.into_iter().filter(news).map(|(_, item)| item).collect();
        (KnownPage { etag: etag.unwrap_or_default(), oldest, open, full }, fresh)
    }

    /// Goes on to the next page, or to the next sweep; whether it did the latter.
    fn turn(&mut self, page: KnownPage, lookback: Millis) -> bool {
        let below = page.oldest.is_some_and(|oldest| oldest < self.low);
        let done = below || !page.full;
        self.open = [self.open, page.open].into_iter().flatten().min();
        if self.found.len() < VALIDATED_PAGES && !page.etag.is_empty() {
            self.found.push(page);
        }
        if !done {
            self.page += 1;
            return false;
        }
        let began = self.began.unwrap_or(self.changed);
        let open = self.open.unwrap_or(began).max(before(began, Millis::days(35)));
        let low = before(began, lookback).min(open).max(self.low);
        let known = std::mem::take(&mut self.found);
        *self = Self { known, changed: before(began, CLOCK_SLACK), ..Self::down_to(low) };
        true
    }
}

/// The instant in a field of an object.
pub fn instant(item: &Value, field: &str) -> Option<Timestamp> {
    Timestamp::parse(item.get(field)?.as_str()?).ok()
}

/// A number or text in a field of an object, as a text.
pub fn id(item: &Value, field: &str) -> Option<String> {
    match item.get(field)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
