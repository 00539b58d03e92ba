//! How parts of things are stored: small, and read without a detour.
//!
//! In and out: fields, for `#[serde(with = "...")]`, in formats without names of fields. Start at
//! [`id`]. **Invariant:** what is read is what was written, whatever it is: an id that is none stays
//! the text that it was.
//!
//! Payloads leave out what is empty when they are JSON, which such formats cannot; so their fields
//! stand here once more, all of them, in an order that is stored. A new field changes the version of
//! the rows (`tl_map::fold::ROW_VERSION`).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::attribution::AuthorClass;
use crate::fact::{ChangeState, Mention, StatusCategory, TicketState};
use crate::time::Timestamp;

#[derive(Serialize, Deserialize)]
#[serde(remote = "ChangeState")]
struct Change {
    number: u64,
    title: String,
    draft: bool,
    branch: String,
    fork: String,
    #[serde(with = "id")]
    head: String,
    base: String,
    #[serde(with = "id")]
    base_head: String,
    author: String,
    author_class: AuthorClass,
    ai_tools: Vec<String>,
    labels: Vec<String>,
    additions: Option<u64>,
    deletions: Option<u64>,
    files: Option<u64>,
    mentions: Vec<Mention>,
    reverts: Vec<String>,
    url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TicketState")]
struct Ticket {
    title: String,
    class: String,
    status: String,
    category: Option<StatusCategory>,
    priority: String,
    labels: Vec<String>,
    points: Option<f64>,
    parent: String,
    assignees: Vec<String>,
    component: String,
    url: String,
}

/// What something looked like, with when it did.
macro_rules! state {
    ($(#[$doc:meta])* $name:ident, $state:ty, $fields:literal) => {
        $(#[$doc])*
        pub(super) mod $name {
            use super::*;

            #[derive(Serialize)]
            struct Seen<'s>(Timestamp, #[serde(with = $fields)] &'s $state);

            #[derive(Deserialize)]
            struct Read(Timestamp, #[serde(with = $fields)] $state);

            #[expect(clippy::ref_option, reason = "serde hands over fields so")]
            pub(in crate::delivery) fn serialize<S: Serializer>(
                state: &Option<(Timestamp, $state)>,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                state.as_ref().map(|(at, state)| Seen(*at, state)).serialize(to)
            }

            pub(in crate::delivery) fn deserialize<'a, D: Deserializer<'a>>(
                from: D,
            ) -> Result<Option<(Timestamp, $state)>, D::Error> {
                let read: Option<Read> = Option::deserialize(from)?;
                Ok(read.map(|Read(at, state)| (at, state)))
            }
        }
    };
}

state!(
    /// The state of a request.
    change, ChangeState, "Change"
);
state!(
    /// The state of a ticket.
    ticket, TicketState, "Ticket"
);

/// Text that is nearly always the full id of a commit: as its bytes then.
pub(super) mod id {
    use std::fmt;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    /// What stands before the bytes of an id, and before those of any other text.
    const ID: u8 = 1;
    const TEXT: u8 = 0;

    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    pub(in crate::delivery) fn serialize<S: Serializer>(
        text: &str,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut bytes = [0; 33];
        match bytes_of(text, &mut bytes[1..]) {
            Some(len) => {
                bytes[0] = ID;
                to.serialize_bytes(&bytes[..=len])
            }
            None if text.is_empty() => to.serialize_bytes(&[]),
            None => {
                let mut bytes = Vec::with_capacity(text.len() + 1);
                bytes.push(TEXT);
                bytes.extend_from_slice(text.as_bytes());
                to.serialize_bytes(&bytes)
            }
        }
    }

    /// The bytes of a full id in lower case, and how many there are.
    fn bytes_of(text: &str, bytes: &mut [u8]) -> Option<usize> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        if !matches!(text.len(), 40 | 64) {
            return None;
        }
        for (byte, two) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(two[0])? << 4 | digit(two[1])?;
        }
        Some(text.len() / 2)
    }

    pub(in crate::delivery) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<String, D::Error> {
        from.deserialize_bytes(Text)
    }

    struct Text;

    impl Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the bytes of an id, or text")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
            match bytes.split_first() {
                None => Ok(String::new()),
                Some((&TEXT, text)) => {
                    let text = std::str::from_utf8(text).map_err(E::custom)?;
                    Ok(text.to_owned())
                }
                Some((&ID, id)) => {
                    let mut text = vec![0; id.len() * 2];
                    for (two, byte) in text.chunks_exact_mut(2).zip(id) {
                        two[0] = DIGITS[usize::from(byte >> 4)];
                        two[1] = DIGITS[usize::from(byte & 0xf)];
                    }
                    String::from_utf8(text).map_err(E::custom)
                }
                Some((other, _)) => Err(E::custom(format!("neither an id nor text: {other}"))),
            }
        }
    }
}

/// Pushes: when, and the id of the new head.
pub(super) mod pushes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::time::Timestamp;

    #[derive(Serialize)]
    struct Push<'p>(Timestamp, #[serde(with = "super::id")] &'p str);

    #[derive(Deserialize)]
    struct Read(Timestamp, #[serde(with = "super::id")] String);

    pub(in crate::delivery) fn serialize<S: Serializer>(
        pushes: &[(Timestamp, String)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(pushes.iter().map(|(at, head)| Push(*at, head)))
    }

    pub(in crate::delivery) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Vec<(Timestamp, String)>, D::Error> {
        let read: Vec<Read> = Vec::deserialize(from)?;
        Ok(read.into_iter().map(|Read(at, head)| (at, head)).collect())
    }
}
