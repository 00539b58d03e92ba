//! Checks of what a source says: spans below zero, in words that people read.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::kind;
use tl_core::time::Millis;

/// Kinds of which the first cannot come after the second of one thing.
const ORDER: [(&str, &str); 9] = [
    (kind::TICKET_OPENED, kind::TICKET_CLOSED),
    (kind::CHANGE_OPENED, kind::CHANGE_MERGED),
    (kind::CHANGE_OPENED, kind::CHANGE_CLOSED),
    (kind::CI_QUEUED, kind::CI_STARTED),
    (kind::CI_STARTED, kind::CI_FINISHED),
    (kind::DEPLOY_QUEUED, kind::DEPLOY_STARTED),
    (kind::DEPLOY_STARTED, kind::DEPLOY_FINISHED),
    (kind::INCIDENT_OPENED, kind::INCIDENT_ACKED),
    (kind::INCIDENT_OPENED, kind::INCIDENT_RESOLVED),
];

/// Members of an object of which the first cannot be later than the second.
const SPANS: [(&str, &str); 6] = [
    ("queued", "started"),
    ("started", "finished"),
    ("queued_at", "started_at"),
    ("started_at", "finished_at"),
    ("created_at", "finished_at"),
    ("opened_at", "resolved_at"),
];

/// Says it when one record's events are in an order that cannot be.
pub(super) fn turned_round(events: &[Event]) -> Option<String> {
    // A record rarely tells more; a long list is one of many things.
    if events.len() < 2 || events.len() > 64 {
        return None;
    }
    ORDER.iter().find_map(|(first, second)| {
        let begun = events.iter().find(|event| event.kind == *first)?;
        let ended =
            events.iter().find(|event| event.kind == *second && event.subject == begun.subject)?;
        (ended.at < begun.at).then(|| {
            let by = span(begun.at - ended.at);
            format!("`{}` is {second} {by} before it is {first}", begun.subject)
        })
    })
}

/// Says it when an object's own instants are in an order that cannot be.
pub(super) fn negative_span(data: &Value) -> Option<String> {
    let object = data.as_object()?;
    SPANS.iter().find_map(|(first, second)| {
        let at = |name: &str| instant(object.get(name)?);
        let (begun, ended) = (at(first)?, at(second)?);
        (ended < begun).then(|| format!("`{second}` is {} before `{first}`", span(begun - ended)))
    })
}

fn instant(value: &Value) -> Option<tl_core::time::Timestamp> {
    match value {
        Value::String(text) => crate::instant::parse_in(text, Some(Default::default())).ok(),
        Value::Number(millis) => millis.as_i64().map(tl_core::time::Timestamp::from_millis),
        _ => None,
    }
}

/// A span in words: `3 h`, `12 min`, `40 s`.
pub(super) fn span(millis: Millis) -> String {
    let seconds = millis.get() / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}
