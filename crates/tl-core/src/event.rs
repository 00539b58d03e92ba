//! Events: what the ledger keeps.
//!
//! In: facts that git does not know, and what this program decided. Out: [`Event`], one JSON
//! document each. **Invariant:** an event never changes, (source, key) names it for ever, and
//! every version ever written stays readable (golden files in `golden/`).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::refs::Refs;
use crate::time::Timestamp;

/// The version of the event format that this program writes.
pub const EVENT_VERSION: u32 = 1;

/// Longest `source`, `key` or `kind` in bytes.
pub const NAME_LIMIT: usize = 512;

/// Largest event as JSON, in bytes.
pub const EVENT_LIMIT: usize = 1 << 20;

/// One fact about delivery: what happened, when, to what, by whom, seen where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Format version, [`EVENT_VERSION`].
    pub v: u32,
    /// Typed id, made from the instant, the source and the key.
    pub id: EventId,
    /// What happened, such as `change.merged`; a name is kept for ever.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where it was seen, such as `github` or `throughline`.
    pub source: String,
    /// What makes it unique within the source. The same (source, key) is the same event.
    pub key: String,
    /// What it happened to, such as `change:acme/api#12`.
    pub subject: String,
    /// Who did it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Other things it concerns, by role: `ticket`, `change`, `commit`, `deployment`, ...
    #[serde(default, skip_serializing_if = "Refs::is_empty")]
    pub refs: Refs,
    /// What else the source said.
    #[serde(default, serialize_with = "crate::ordered::serialize")]
    pub data: serde_json::Value,
}

/// A UUID of version 7 whose random part is a hash, so that the same fact has the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

/// A hash of an event's source and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameHash([u8; 32]);

/// Why an event is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Kind, source or key is empty or too long.
    #[error("`{field}` of an event has {len} bytes, not 1 to {NAME_LIMIT}")]
    Name {
        /// Which field.
        field: &'static str,
        /// Its length in bytes.
        len: usize,
    },
    /// Kind, source or key holds a zero character, which not every database can keep.
    #[error("`{field}` of an event holds a zero character")]
    Zero {
        /// Which field.
        field: &'static str,
    },
    /// A kind that does not read `thing.happened`.
    #[error("event kind `{kind}` does not read like `change.merged`")]
    Kind {
        /// The kind that was given.
        kind: String,
    },
    /// Written by a newer program.
    #[error("event version {v} is newer than {EVENT_VERSION}, the newest this program reads")]
    Version {
        /// The version that was given.
        v: u32,
    },
}

impl NameHash {
    /// The hash of the name of the event that `source` calls `key`.
    pub fn new(source: &str, key: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(source.as_bytes());
        hash.update([0]);
        hash.update(key.as_bytes());
        Self(hash.finalize().into())
    }

    /// Its first bits as a number that is not negative. Two names may share it.
    pub fn number(&self) -> i64 {
        let (first, _) = self.0.split_first_chunk().expect("a hash has 32 bytes");
        i64::from_be_bytes(*first) & i64::MAX
    }
}

impl EventId {
    /// The id of the event that `source` calls `key`, at `at` (instants before 1970 count as 1970).
    pub fn new(at: Timestamp, source: &str, key: &str) -> Self {
        Self::of(at, &NameHash::new(source, key))
    }

    /// The id of the event of this name, at `at`.
    pub fn of(at: Timestamp, name: &NameHash) -> Self {
        let (random, _) = name.0.split_first_chunk().expect("a hash has 32 bytes");
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Event {
    /// An event without actor, refs and data, in the current version.
    pub fn new(kind: &str, at: Timestamp, source: &str, key: &str, subject: &str) -> Self {
        Self {
            v: EVENT_VERSION,
            id: EventId::new(at, source, key),
            kind: kind.to_owned(),
            at,
            source: source.to_owned(),
            key: key.to_owned(),
            subject: subject.to_owned(),
            actor: None,
            refs: Refs::new(),
            data: serde_json::Value::Null,
        }
    }

    /// Checks names and version; the ledger calls it before it stores anything.
    pub fn check(&self) -> Result<(), EventError> {
        if self.v > EVENT_VERSION {
            return Err(EventError::Version { v: self.v });
        }
        for (field, text) in [("kind", &self.kind), ("source", &self.source), ("key", &self.key)] {
            if text.is_empty() || text.len() > NAME_LIMIT {
                return Err(EventError::Name { field, len: text.len() });
            }
            if text.contains('\0') {
                return Err(EventError::Zero { field });
            }
        }
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        match self.kind.split_once('.') {
            Some((thing, happened)) if word(thing) && word(happened) => Ok(()),
            _ => Err(EventError::Kind { kind: self.kind.clone() }),
        }
    }

    /// About its letters: its JSON without escapes, or somewhat more.
    pub fn letters(&self) -> usize {
        let refs: usize = self.refs.iter().map(|(role, what)| role.len() + what.len() + 8).sum();
        let actor = self.actor.as_ref().map_or(0, String::len);
        let names = self.kind.len() + self.source.len() + self.key.len() + self.subject.len();
        names + actor + refs + letters(&self.data) + 64
    }

    /// Whether its JSON is within [`EVENT_LIMIT`]: a ledger refuses a batch with a larger one.
    pub fn fits(&self) -> bool {
        // A character is six in JSON at most, so that nearly no event has to be written to know.
        self.letters() * 6 < EVENT_LIMIT
            || serde_json::to_vec(self).is_ok_and(|json| json.len() <= EVENT_LIMIT)
    }
}

/// Letters of a value, or more: without escapes.
fn letters(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 32,
        Value::String(text) => text.len() + 4,
        Value::Array(values) => values.iter().map(|value| letters(value) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| name.len() + letters(value) + 4).sum::<usize>() + 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fact_has_the_same_id() {
        let at = Timestamp::from_millis(1_767_225_600_000);
        assert_eq!(EventId::new(at, "github", "1"), EventId::new(at, "github", "1"));
        assert_ne!(EventId::new(at, "github", "1"), EventId::new(at, "gitlab", "1"));
    }

    #[test]
    fn an_event_fits_as_long_as_its_json_is_within_the_limit() {
        let golden = include_str!("../golden/event-v1.json");
        let mut event: Event = serde_json::from_str(golden).unwrap();
        assert!(event.fits());
        for letter in ["x", "\u{1}"] {
            event.data = serde_json::json!({ "title": "" });
            let room = EVENT_LIMIT - serde_json::to_vec(&event).unwrap().len();
            let letters = room / if letter == "x" { 1 } else { 6 };
            event.data = serde_json::json!({ "title": letter.repeat(letters) });
            assert!(event.fits(), "{letter:?}");
            event.data = serde_json::json!({ "title": letter.repeat(letters + 1) });
            assert!(!event.fits(), "{letter:?}");
        }
    }

    #[test]
    fn version_1_stays_readable() {
        let golden = include_str!("../golden/event-v1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        assert_eq!(event.check(), Ok(()));
        assert_eq!(event.kind, "change.merged");
        let again: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert_eq!(again, event);
    }

    #[test]
    fn a_zero_character_in_a_name_is_refused_and_in_data_it_is_not() {
        let at = Timestamp::from_millis(0);
        let event = Event::new("gate.decided", at, "s", "k\0", "x\0");
        assert_eq!(event.check(), Err(EventError::Zero { field: "key" }));
        assert_eq!(Event { key: "k".to_owned(), ..event }.check(), Ok(()));
    }

    #[test]
    fn a_kind_reads_thing_dot_happened() {
        let at = Timestamp::from_millis(0);
        assert_eq!(Event::new("gate.decided", at, "s", "k", "x").check(), Ok(()));
        for kind in ["gate", "Gate.decided", "gate.", "a.b.c"] {
            assert!(Event::new(kind, at, "s", "k", "x").check().is_err(), "{kind}");
        }
    }
}
