//! Events as lines of the neutral format.
//!
//! In: an [`Event`]. Out: one line of JSON. Start at [`write_event`].

use std::io::{self, Write};

use serde::Serialize;
use tl_core::event::Event;
use tl_core::refs::Refs;

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    at: String,
    source: &'a str,
    subject: Subject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Refs::is_empty")]
    refs: &'a Refs,
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    data: &'a serde_json::Value,
}

#[derive(Serialize)]
struct Subject<'a> {
    kind: &'a str,
    key: &'a str,
}

/// Writes an event as one line. Instants are whole seconds.
pub fn write_event(to: &mut impl Write, event: &Event) -> io::Result<()> {
    let (kind, key) = event.subject.split_once(':').unwrap_or(("", &event.subject));
    let line = Line {
        v: event.v,
        id: &event.key,
        kind: &event.kind,
        at: event.at.to_string(),
        source: &event.source,
        subject: Subject { kind, key },
        actor: event.actor.as_deref(),
        refs: &event.refs,
        data: &event.data,
    };
    serde_json::to_writer(&mut *to, &line)?;
    to.write_all(b"\n")
}
