//! Our own events: the neutral form that anybody can write, and the form in which they are stored.
//!
//! In: one JSON object. Out: one event. The neutral form has `id`, `type`, `at` with an offset and
//! `subject: {kind, key}`; the stored one has `key`, `kind`, `at` in milliseconds and a subject in
//! one word. Start at `quick`. **Invariant:** what the ledger exports comes back unchanged.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IntoDeserializer as _, MapAccess, Visitor};
use serde_json::Value;
use tl_core::event::{EVENT_VERSION, Event, EventId};
use tl_core::fact::{self, kind, role};
use tl_core::refs::Refs;
use tl_core::time::Timestamp;

use super::sink::Sink;
use super::{check, when};

/// Reads one event of either form without building a tree; false where it is something else, or
/// something is wrong with it that needs words.
pub(super) fn quick(text: &str, sink: &mut Sink) -> bool {
    if !text.starts_with('{') {
        return false;
    }
    match serde_json::from_str::<Line<'_>>(text) {
        Ok(line) if line.v.is_some() || line.key.is_some() => {
            take(line, sink);
            true
        }
        _ => false,
    }
}

/// Whether an object is meant to be an event of ours.
pub(super) fn is_meant(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("at") && (has("type") || has("kind")) && (has("v") || has("subject") || has("source"))
}

/// Reads an event that `quick` refused, and says what is wrong with it.
pub(super) fn slow(mut value: Value, sink: &mut Sink) {
    if let Some(object) = value.as_object_mut() {
        let strange: Vec<String> =
            object.keys().filter(|name| !FIELDS.contains(&name.as_str())).cloned().collect();
        for name in strange {
            object.remove(&name);
            let what = format!("`{}` is no field of an event and is not kept", when::cut(&name));
            sink.kept_once(what, "put it under `data`");
        }
    }
    // A number is a version even where it is one that is not known.
    match Line::deserialize(&value) {
        Ok(line) => take(line, sink),
        Err(wrong) => sink.left_out(
            format!("an event that cannot be read: {wrong}"),
            "write the fields as `docs/collect-files.md` has them",
        ),
    }
}

const FIELDS: [&str; 11] =
    ["v", "id", "key", "type", "kind", "at", "source", "subject", "actor", "refs", "data"];

/// Both forms.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    #[serde(default)]
    pub(super) v: Option<u64>,
    #[serde(borrow, default)]
    pub(super) id: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub(super) key: Option<Word<'a>>,
    #[serde(borrow, default, alias = "type")]
    pub(super) kind: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub(super) at: Option<At<'a>>,
    #[serde(borrow, default)]
    pub(super) source: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub(super) subject: Option<Subject<'a>>,
    #[serde(borrow, default)]
    pub(super) actor: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub(super) refs: Option<Named<'a>>,
    #[serde(default)]
    pub(super) data: Value,
}

/// A text, or a number where others write one: ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word<'a>(pub(super) Cow<'a, str>);

/// Roles with what is concerned in them, by name.
pub(super) struct Named<'a>(pub(super) Vec<(Word<'a>, Option<Word<'a>>)>);

/// RFC 3339, or milliseconds since 1970.
pub(super) enum At<'a> {
    Text(Cow<'a, str>),
    Millis(i64),
}

/// `{kind, key}`, or `kind:key`.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject<'a> {
    pub(super) kind: Cow<'a, str>,
    pub(super) key: Cow<'a, str>,
}

/// Turns a line into an event, or says why not.
pub(super) fn take(line: Line<'_>, sink: &mut Sink) {
    match event(line, sink) {
        Ok(event) => sink.event(event),
        Err((what, mend)) => sink.left_out(what, mend),
    }
}

fn event(line: Line<'_>, sink: &mut Sink) -> Result<Event, (String, &'static str)> {
    let missing = |name: &str| {
        (format!("an event without `{name}`"), "give every event id, type, at, source and subject")
    };
    if let Some(v) = line.v.filter(|v| *v != u64::from(EVENT_VERSION)) {
        let what = format!("event version {v} is not {EVENT_VERSION}, the one that is read");
        return Err((what, "write `\"v\": 1`, or use a newer throughline"));
    }
    let kind = line.kind.filter(|kind| !kind.0.is_empty()).ok_or_else(|| missing("type"))?.0;
    let source = line.source.filter(|s| !s.0.is_empty()).ok_or_else(|| missing("source"))?.0;
    let stored = line.key.is_some();
    // A stored event keeps the id that it was given; in the neutral form, `id` is our key.
    let id = line.id.as_ref().filter(|_| stored).and_then(|id| {
        EventId::deserialize(id.0.as_ref().into_deserializer())
            .map_err(|_: de::value::Error| ())
            .ok()
    });
    let key = line.key.or(line.id).filter(|id| !id.0.is_empty()).ok_or_else(|| missing("id"))?.0;
    let at = match line.at.ok_or_else(|| missing("at"))? {
        At::Millis(millis) if stored || millis.unsigned_abs() > 100_000_000_000 => {
            Timestamp::from_millis(millis)
        }
        At::Millis(number) => {
            let what = format!("`at` is {number}, which may be seconds or milliseconds");
            return Err((what, "write instants as RFC 3339"));
        }
        At::Text(text) => sink.instant(&text).map_err(|wrong| (wrong.to_string(), wrong.mend()))?,
    };
    let subject = line.subject.ok_or_else(|| missing("subject"))?;
    let actor = line.actor.map(|actor| actor.0.into_owned()).filter(|name| !name.is_empty());
    let mut refs = Refs::new();
    for (name, word) in line.refs.map_or_else(Vec::new, |named| named.0) {
        if let Some(word) = word.filter(|word| !word.0.is_empty()) {
            refs.insert(role_of(&name.0), word.0.into_owned());
        }
    }
    let (kind, mut data) = approved(kind, line.data);
    let subject = if stored {
        subject.whole()
    } else {
        if let Some(missing) = subject.role().filter(|role| refs.get(role).is_none()) {
            refs.insert(missing, subject.key.clone().into_owned());
        }
        subject.whole()
    };
    if subject.is_empty() {
        return Err(missing("subject"));
    }
    if !data.is_null() {
        payload(&kind, &data).map_err(|wrong| {
            (format!("`data` of a {kind} cannot be read: {wrong}"), "see `docs/collect-files.md`")
        })?;
        if let Some(what) = check::negative_span(&data) {
            sink.kept(what, "mend the instants in `data`; the span counts as none");
        }
        if data.as_object().is_some_and(serde_json::Map::is_empty) && !stored {
            data = Value::Null;
        }
    }
    let (kind, source, key) = (kind.into_owned(), source.into_owned(), key.into_owned());
    let id = id.unwrap_or_else(|| EventId::new(at, &source, &key));
    let event = Event { v: EVENT_VERSION, id, kind, at, source, key, subject, actor, refs, data };
    if !kind::ALL.contains(&event.kind.as_str()) && event.check().is_ok() {
        let what = format!("`{}` is no kind of event that is measured", when::cut(&event.kind));
        sink.kept_once(what, "it is stored; see `docs/collect-files.md` for the kinds");
    }
    Ok(event)
}

/// `change.approved` of the neutral form is a review that approves.
fn approved(kind: Cow<'_, str>, data: Value) -> (Cow<'_, str>, Value) {
    if kind != "change.approved" {
        return (kind, data);
    }
    let mut data = if data.is_object() { data } else { Value::Object(Default::default()) };
    data["verdict"] = Value::from("approved");
    (Cow::Borrowed(kind::CHANGE_REVIEW), data)
}

/// Our role for a name of the neutral form.
fn role_of(name: &str) -> &str {
    match name {
        "sha" => role::COMMIT,
        "deploy" => role::DEPLOYMENT,
        "env" => role::ENVIRONMENT,
        "repo" => role::REPOSITORY,
        _ => name,
    }
}

impl Subject<'_> {
    fn kind(&self) -> &str {
        match self.kind.as_ref() {
            "deploy" => "deployment",
            "ci" | "run" => "build",
            other => other,
        }
    }

    /// As one word.
    fn whole(&self) -> String {
        if self.kind.is_empty() {
            return self.key.clone().into_owned();
        }
        format!("{}:{}", self.kind(), self.key)
    }

    /// The role under which events name such a thing.
    fn role(&self) -> Option<&'static str> {
        let roles = [
            role::TICKET,
            role::CHANGE,
            role::BUILD,
            role::DEPLOYMENT,
            role::INCIDENT,
            role::ITERATION,
        ];
        roles.into_iter().find(|role| *role == self.kind() && !self.key.is_empty())
    }
}

/// Whether the payload of a kind can be read.
fn payload(kind: &str, data: &Value) -> Result<(), serde_json::Error> {
    fn read<T: de::DeserializeOwned>(data: &Value) -> Result<(), serde_json::Error> {
        T::deserialize(data).map(drop)
    }
    match kind {
        kind::TICKET_OPENED | kind::TICKET_UPDATED => read::<fact::TicketState>(data),
        kind::TICKET_STATUS => read::<fact::StatusMove>(data),
        kind::TICKET_CLOSED => read::<fact::TicketClosed>(data),
        kind::TICKET_LINKED => read::<fact::TicketLink>(data),
        kind::TICKET_ITERATION => read::<fact::IterationMove>(data),
        kind::ITERATION_STARTED | kind::ITERATION_FINISHED => read::<fact::IterationState>(data),
        kind::CHANGE_OPENED | kind::CHANGE_UPDATED => read::<fact::ChangeState>(data),
        kind::CHANGE_COMMIT => read::<fact::CommitMade>(data),
        kind::CHANGE_REVIEW_REQUESTED => read::<fact::ReviewRequested>(data),
        kind::CHANGE_REVIEW => read::<fact::ReviewGiven>(data),
        kind::CHANGE_MERGED => read::<fact::ChangeMerged>(data),
        kind::CI_QUEUED | kind::CI_STARTED | kind::CI_FINISHED => read::<fact::BuildState>(data),
        kind::TESTS_FINISHED => read::<fact::TestsFinished>(data),
        kind::STEP_WAITING | kind::STEP_DONE => read::<fact::StepState>(data),
        kind::DEPLOY_QUEUED | kind::DEPLOY_STARTED | kind::DEPLOY_FINISHED => {
            read::<fact::DeployState>(data)
        }
        kind::RELEASE_PUBLISHED => read::<fact::ReleaseState>(data),
        kind::INCIDENT_OPENED | kind::INCIDENT_UPDATED => read::<fact::IncidentState>(data),
        kind::AI_USAGE | kind::AI_SESSION => read::<fact::AiUsage>(data),
        kind::SURVEY_ANSWER => read::<fact::SurveyAnswer>(data),
        _ => Ok(()),
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WordVisitor).map(Word)
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names by role")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut named = Vec::new();
        while let Some(one) = map.next_entry()? {
            named.push(one);
        }
        // Two may be names of one role: the order in which they came does not tell which counts.
        named.sort_by(|(one, _): &(Word<'_>, _), (other, _)| one.cmp(other));
        Ok(Named(named))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Named<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(NamedVisitor)
    }
}

struct AtVisitor;

impl<'de> Visitor<'de> for AtVisitor {
    type Value = At<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant such as `2026-03-01T12:00:00Z`")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(At::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(At::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Self::Value, E> {
        Ok(At::Millis(millis))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Self::Value, E> {
        i64::try_from(millis).map(At::Millis).map_err(E::custom)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for At<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AtVisitor)
    }
}

struct SubjectVisitor;

impl<'de> Visitor<'de> for SubjectVisitor {
    type Value = Subject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a subject such as `{\"kind\": \"change\", \"key\": \"acme/api#12\"}`")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Subject { kind: Cow::Borrowed(""), key: Cow::Borrowed(text) })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Subject { kind: Cow::Borrowed(""), key: Cow::Owned(text.to_owned()) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut subject = Subject::default();
        while let Some(name) = map.next_key::<Word<'de>>()? {
            match name.0.as_ref() {
                "kind" => subject.kind = map.next_value::<Word<'de>>()?.0,
                "key" => subject.key = map.next_value::<Word<'de>>()?.0,
                other => return Err(de::Error::unknown_field(other, &["kind", "key"])),
            }
        }
        Ok(subject)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Subject<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SubjectVisitor)
    }
}
