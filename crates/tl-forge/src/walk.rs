//! How far a list is read that goes on by tokens or offsets, or cannot be asked for what changed.
//!
//! In: a cursor, and the items of a page. Out: those that are new, and the next cursor. Start at
//! [`Walk::resume`]; [`progress`](crate::progress) is for lists that page by number.
//! **Invariants:** an item is given once for each of its marks (instant and id, or what else tells
//! two states of it apart); a token that expired loses nothing: the walk begins anew where the
//! last one ended, and leaves out what it has seen.

#[cfg(test)]
pub(crate) mod law;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tl_core::ordered::Ordered;
use tl_core::record::Record;
use tl_core::time::{Millis, Timestamp};

use crate::client::{Answer, Client, Request, RequestError};
use crate::progress::{Key, decode, encode};
use crate::source::{Page, PullError};

/// By how much the clocks of a system and of this machine may differ, and how late it may show
/// what happened.
pub(crate) const SLACK: Millis = Millis::new(5 * 60_000);

/// Most items that are remembered as seen.
const MOST_SEEN: usize = 2000;

/// Most pages of a list that belongs to one object.
const MOST_PAGES: u32 = 500;

/// How far a list is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// What is before this is known.
    pub(crate) from: Timestamp,
    /// Where this walk began: the next one begins there or later.
    #[serde(default)]
    low: Option<Timestamp>,
    /// End of what is asked for, where the system wants one.
    #[serde(default)]
    pub(crate) until: Option<Timestamp>,
    /// Next page, in the system's words; `None` for the first.
    #[serde(default)]
    pub(crate) token: Option<String>,
    /// When this walk began.
    #[serde(default)]
    began: Option<Timestamp>,
    /// The newest instant of this walk.
    #[serde(default)]
    newest: Option<Timestamp>,
    /// What was given, as far back as it may be shown again.
    #[serde(default)]
    seen: Vec<(Timestamp, String)>,
}

impl Walk {
    /// Goes on at a cursor, or begins at `first`.
    pub(crate) fn resume(
        cursor: Option<&str>,
        first: Timestamp,
        now: Timestamp,
        notes: &mut Vec<String>,
    ) -> Self {
        let new = || Self {
            from: first,
            low: None,
            until: None,
            token: None,
            began: None,
            newest: None,
            seen: Vec::new(),
        };
        let mut walk: Self = decode(cursor, notes).unwrap_or_else(new);
        walk.begin(now);
        walk
    }

    /// Begins a walk, unless one is under way.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.began.get_or_insert(now);
        self.low.get_or_insert(self.from);
    }

    /// When this walk began, which is not after now.
    pub(crate) fn began(&self) -> Timestamp {
        self.began.unwrap_or(self.from)
    }

    /// The token as a number, such as an offset; 0 at first.
    pub(crate) fn number(&self) -> u64 {
        self.token.as_deref().and_then(|token| token.parse().ok()).unwrap_or(0)
    }

    /// Asks for the page at [`Walk::token`]; begins anew, with a note, where that expired.
    pub(crate) async fn ask(
        &mut self,
        client: &Client,
        notes: &mut Vec<String>,
        page: impl Fn(&Self) -> Request,
    ) -> Result<Answer, RequestError> {
        match client.send(&page(self)).await {
            Err(err) if self.token.is_some() && err.is_expired_cursor() => {
                notes.push(
                    "the place in the list expired; going on from the last instant".to_owned(),
                );
                self.token = None;
                client.send(&page(self)).await
            }
            answer => answer,
        }
    }

    /// The items that are new: at [`Walk::from`] or later, and with a mark not seen before.
    pub(crate) fn fresh(&mut self, items: Vec<Value>, key: Key) -> Vec<Value> {
        let mut fresh = Vec::new();
        for item in items {
            let Some(mark) = key(&item) else { continue };
            self.newest = self.newest.max(Some(mark.0));
            if mark.0 >= self.from && self.is_new(mark) {
                fresh.push(item);
            }
        }
        fresh
    }

    /// Remembers a mark; whether it was new.
    pub(crate) fn is_new(&mut self, mark: (Timestamp, String)) -> bool {
        let new = !self.seen.contains(&mark);
        if new {
            self.seen.push(mark);
        }
        new
    }

    /// Goes on in a list that is sorted oldest first: from the newest instant so far, without a
    /// token; by the token only where a page got no further. What is seen is remembered for `keep`.
    pub(crate) fn climb(&mut self, token: String, keep: Millis) {
        let newest = self.newest.unwrap_or(self.from);
        if newest > self.from {
            (self.from, self.token) = (newest, None);
        } else {
            self.token = Some(token);
        }
        self.forget(self.from - keep);
    }

    /// Ends a walk through a list that is sorted oldest first.
    pub(crate) fn top(&mut self) {
        let newest = self.newest.unwrap_or(self.from);
        self.end(newest - Millis::new(60_000));
    }

    /// Ends a walk: the next one begins at `from`, or where this one did if that is later.
    pub(crate) fn end(&mut self, from: Timestamp) {
        self.from = self.low.take().unwrap_or(self.from).max(from);
        (self.until, self.token) = (None, None);
        (self.began, self.newest) = (None, None);
        self.forget(self.from);
    }

    /// Goes on with the next period of a walk that is made period by period.
    pub(crate) fn turn(&mut self, from: Timestamp) {
        (self.from, self.until, self.token) = (from, None, None);
        self.forget(from - SLACK);
    }

    fn forget(&mut self, before: Timestamp) {
        self.seen.retain(|(at, _)| *at >= before);
    }

    /// Forgets what the next walk will not look at: it begins `keep` before this one.
    pub(crate) fn remember(&mut self, keep: Millis) {
        self.prune(self.began() - keep);
    }

    /// Forgets what is before an instant but the last marks, which the next page may show again
    /// where something moved down.
    fn prune(&mut self, before: Timestamp) {
        let first_of_last = self.seen.len().saturating_sub(MOST_SEEN / 4);
        let mut at = 0;
        self.seen.retain(|(seen, _)| {
            at += 1;
            at > first_of_last || *seen >= before
        });
    }

    /// The page with these records.
    pub(crate) fn page(&mut self, records: Vec<Record>, done: bool, notes: Vec<String>) -> Page {
        if self.seen.len() > MOST_SEEN {
            self.prune(self.newest.unwrap_or(self.from) - SLACK);
        }
        Page { records, next: encode(self), done, notes }
    }
}

/// The items of an answer, which must have them.
pub(crate) fn items(
    client: &Client,
    request: &str,
    answer: &mut Answer,
    field: &str,
) -> Result<Vec<Value>, PullError> {
    let list = if field.is_empty() { Some(&answer.body) } else { answer.body.get(field) };
    if list.is_none_or(|list| !list.is_array()) {
        let (system, path) = (client.system(), format!("/{request}"));
        return Err(PullError::Shape { system, path, missing: "a list" });
    }
    Ok(answer.take_items(field))
}

/// All items of a list that belongs to one object. `next` makes the request for the page after an
/// answer, from it and the number of items so far.
pub(crate) async fn all(
    client: &Client,
    first: Request,
    field: &str,
    next: impl Fn(&Answer, usize) -> Option<Request>,
) -> Result<Vec<Value>, RequestError> {
    let mut items = Vec::new();
    let mut request = first;
    for _ in 0..MOST_PAGES {
        let mut answer = client.send(&request).await?;
        let page = answer.take_items(field);
        let empty = page.is_empty();
        items.extend(page);
        match next(&answer, items.len()) {
            Some(after) if !empty => request = after,
            _ => return Ok(items),
        }
    }
    let (system, path) = (client.system(), request.shown_path());
    Err(RequestError::Endless { system, path, pages: MOST_PAGES })
}

/// Adds to a refusal which permission the request wants, where the system does not say it.
pub(crate) fn wants(err: PullError, permission: &str) -> PullError {
    let PullError::Request(RequestError::Refused { system, path, status, mut refusal }) = err
    else {
        return err;
    };
    if matches!(status, 401 | 403) && refusal.missing.is_none() {
        refusal.what = format!("{}; it takes `{permission}`", refusal.what);
        refusal.missing = Some(permission.to_owned());
        if status == 403 {
            refusal.mend =
                Some(format!("give the token `{permission}`, or leave this out of the source"));
        }
    }
    PullError::Request(RequestError::Refused { system, path, status, refusal })
}

/// One piece of a path, with what would end it encoded.
pub(crate) fn piece(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~{}@+:".contains(&byte);
    let mut piece = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            piece.push(char::from(byte));
        } else {
            piece.push('%');
            piece.extend(
                [byte >> 4, byte & 15]
                    .map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])),
            );
        }
    }
    // A piece of dots would lead elsewhere.
    if matches!(text, "." | "..") { piece.replace('.', "%2E") } else { piece }
}

/// A number that tells two states of an object apart (FNV-1a of its text, keys in their order).
pub(crate) fn digest(value: &Value) -> u64 {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    Ordered(value).to_string().bytes().fold(0xcbf2_9ce4_8422_2325, hash)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::progress::{id, instant};

    fn key(item: &Value) -> Option<(Timestamp, String)> {
        Some((instant(item, "at")?, id(item, "id")?))
    }

    fn item(id: u64, minute: u64) -> Value {
        json!({"id": id, "at": format!("2026-01-01T00:{minute:02}:00Z")})
    }

    #[test]
    fn a_list_sorted_by_change_climbs_and_uses_the_token_only_within_one_instant() {
        let first = Timestamp::parse("2026-01-01").unwrap();
        let mut walk = Walk::resume(None, first, first, &mut Vec::new());
        assert_eq!(walk.fresh(vec![item(1, 0), item(2, 3)], key).len(), 2);
        walk.climb("next".to_owned(), SLACK);
        assert_eq!((walk.from, walk.token.clone()), (first + Millis::new(180_000), None));
        assert_eq!(walk.fresh(vec![item(2, 3), item(3, 3)], key), [item(3, 3)]);
        walk.climb("next".to_owned(), SLACK);
        assert_eq!(walk.token.as_deref(), Some("next"));
    }

    #[test]
    fn what_was_given_is_not_given_again_by_the_next_walk() {
        let first = Timestamp::parse("2026-01-01").unwrap();
        let mut walk = Walk::resume(None, first, first, &mut Vec::new());
        assert_eq!(walk.fresh(vec![item(1, 9), item(2, 30)], key).len(), 2);
        walk.top();
        let cursor = encode(&walk);
        let mut walk = Walk::resume(Some(&cursor), first, first, &mut Vec::new());
        assert_eq!(walk.fresh(vec![item(2, 30), item(2, 31)], key), [item(2, 31)]);
    }

    #[test]
    fn a_long_walk_does_not_remember_all_of_its_way() {
        let now = Timestamp::parse("2026-03-01").unwrap();
        let first = now - Millis::days(60);
        let mut walk = Walk::resume(None, first, now, &mut Vec::new());
        for minute in 0..10_000 {
            assert!(walk.is_new((now - Millis::new(minute * 60_000), minute.to_string())));
            walk.remember(Millis::days(1));
        }
        assert!(walk.seen.len() <= 24 * 60 + 1 + MOST_SEEN / 4, "{}", walk.seen.len());
        assert!(!walk.is_new((now, "0".to_owned())));
    }

    #[test]
    fn a_name_cannot_leave_its_piece_of_a_path() {
        assert_eq!(piece("a/b c?d#e"), "a%2Fb%20c%3Fd%23e");
        assert_eq!((piece(".."), piece("v1.2")), ("%2E%2E".to_owned(), "v1.2".to_owned()));
    }
}
