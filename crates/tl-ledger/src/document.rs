//! An event as the tables hold it: what is asked for in columns, the rest as one JSON document.
//!
//! In: an event. Out: its document, and back. Start at [`write_all`] and [`Stored::event`]. A document
//! leaves out what the columns say, and the id where it is made from them: a third of the bytes.
//! **Invariant:** whatever any version wrote is read: before schema 3 a document held everything.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tl_core::event::{EVENT_LIMIT, Event, EventId, NameHash};
use tl_core::refs::Refs;
use tl_core::time::Timestamp;

use crate::append::AppendError;
use crate::names;

/// What the columns do not say.
#[derive(Serialize, Deserialize)]
struct Document<'a> {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<EventId>,
    subject: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_empty")]
    refs: Cow<'a, Refs>,
    #[serde(default, skip_serializing_if = "is_null")]
    data: Cow<'a, serde_json::Value>,
}

#[expect(clippy::ptr_arg, reason = "serde hands over the field")]
fn is_empty(refs: &Cow<'_, Refs>) -> bool {
    refs.is_empty()
}

#[expect(clippy::ptr_arg, reason = "serde hands over the field")]
fn is_null(data: &Cow<'_, serde_json::Value>) -> bool {
    data.is_null()
}

/// An event on its way into the tables.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its document.
    pub(crate) json: String,
    /// The number of its name; see [`crate::names`].
    pub(crate) name: i64,
}

/// The documents of events, after their checks.
pub(crate) fn write_all(events: &[Event]) -> Result<Vec<Written>, AppendError> {
    let mut space = Vec::new();
    events.iter().map(|event| write(event, &mut space)).collect()
}

/// The document of one; `space` saves that the text grows.
fn write(event: &Event, space: &mut Vec<u8>) -> Result<Written, AppendError> {
    let named = || (event.source.clone(), event.key.clone());
    event.check().map_err(|source| {
        let (origin, key) = named();
        AppendError::Event { origin, key, source }
    })?;
    let name = NameHash::new(&event.source, &event.key);
    let made = EventId::of(event.at, &name);
    let document = Document {
        v: event.v,
        id: Some(event.id).filter(|id| *id != made),
        subject: Cow::Borrowed(&event.subject),
        actor: event.actor.as_deref().map(Cow::Borrowed),
        refs: Cow::Borrowed(&event.refs),
        data: Cow::Borrowed(&event.data),
    };
    space.clear();
    let json = match serde_json::to_writer(&mut *space, &document) {
        Ok(()) => std::str::from_utf8(space).expect("JSON is text").to_owned(),
        Err(source) => {
            let (origin, key) = named();
            return Err(AppendError::Json { origin, key, source });
        }
    };
    if json.len() > EVENT_LIMIT {
        let (origin, key) = named();
        return Err(AppendError::TooLarge { origin, key, size: json.len() });
    }
    Ok(Written { json, name: names::number(&name) })
}

/// An event as it comes from its row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) source: &'a str,
    pub(crate) key: &'a str,
    pub(crate) kind: &'a str,
    /// Ms since 1970.
    pub(crate) at: i64,
    pub(crate) document: &'a [u8],
}

impl Stored<'_> {
    pub(crate) fn event(&self) -> Result<Event, serde_json::Error> {
        let document: Document<'_> = serde_json::from_slice(self.document)?;
        let at = Timestamp::from_millis(self.at);
        Ok(Event {
            v: document.v,
            id: document.id.unwrap_or_else(|| EventId::new(at, self.source, self.key)),
            kind: self.kind.to_owned(),
            at,
            source: self.source.to_owned(),
            key: self.key.to_owned(),
            subject: document.subject.into_owned(),
            actor: document.actor.map(Cow::into_owned),
            refs: document.refs.into_owned(),
            data: document.data.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored<'a>(event: &'a Event, document: &'a str) -> Stored<'a> {
        Stored {
            source: &event.source,
            key: &event.key,
            kind: &event.kind,
            at: event.at.as_millis(),
            document: document.as_bytes(),
        }
    }

    #[test]
    fn a_document_gives_back_the_event_and_holds_nothing_twice() {
        let golden = include_str!("../../tl-core/golden/event-v1.json");
        let foreign: Event = serde_json::from_str(golden).unwrap();
        let own = Event { id: EventId::new(foreign.at, &foreign.source, &foreign.key), ..foreign };
        let other = Event { id: EventId::new(own.at, "other", "id"), ..own.clone() };
        let bare = Event::new("gate.decided", own.at, "s", "k", "x");
        for event in [&own, &other, &bare] {
            let document = write(event, &mut Vec::new()).unwrap().json;
            assert_eq!(&stored(event, &document).event().unwrap(), event);
            assert!(!document.contains(&event.kind), "{document}");
            assert_eq!(document.contains(&event.id.to_string()), event == &other, "{document}");
        }
    }

    #[test]
    fn a_document_of_schema_2_is_read() {
        let golden = include_str!("../../tl-core/golden/event-v1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        assert_eq!(stored(&event, golden).event().unwrap(), event);
    }
}
