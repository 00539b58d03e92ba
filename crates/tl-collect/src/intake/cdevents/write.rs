//! Events of ours as CDEvents 0.5, each in a structured CloudEvent.

use serde_json::{Map, Value, json};
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, DeployState, IncidentState, Outcome, TicketClosed, TicketState, kind,
    role,
};

use super::{OURS, PREFIX};

/// The version of the specification that is written.
const SPEC: &str = "0.5.0";

/// An event as a structured CloudEvent that holds a CDEvent; `None` where the specification has
/// no word for it, or demands what the event does not say.
///
/// The event itself travels in `customData.throughline`, so that it comes back unchanged.
pub fn to_cdevent(event: &Event) -> Option<Value> {
    let (name, version, subject, content) = words(event)?;
    let source = format!("/throughline/{}", encoded(&event.source));
    let time = instant(event);
    let class = format!("{PREFIX}{name}.{version}");
    let cdevent = json!({
        "context": {
            "specversion": SPEC,
            "id": event.id.to_string(),
            "source": source,
            "type": class,
            "timestamp": time,
        },
        "subject": { "id": subject, "source": source, "content": content },
        "customData": { OURS: event },
        "customDataContentType": "application/json",
    });
    Some(json!({
        "specversion": "1.0",
        "id": event.id.to_string(),
        "source": source,
        "type": class,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "data": cdevent,
    }))
}

/// Subject and predicate, the version of their schema in CDEvents 0.5, the subject's id, and its
/// content.
fn words(event: &Event) -> Option<(&'static str, &'static str, String, Value)> {
    let of = |role: &str| event.what(role).unwrap_or_default().to_owned();
    let subject = |role: &str| {
        let named = of(role);
        let bare = event.subject.split_once(':').map_or("", |(_, key)| key);
        Some(if named.is_empty() { bare.to_owned() } else { named }).filter(|id| !id.is_empty())
    };
    let change = |name| {
        let repository = match of(role::REPOSITORY) {
            empty if empty.is_empty() => of(role::CHANGE).rsplit_once('#')?.0.to_owned(),
            repository => repository,
        };
        let content = json!({ "repository": { "id": repository } });
        let version = if name == "change.created" { "0.4.0" } else { "0.3.0" };
        Some((name, version, subject(role::CHANGE)?, content))
    };
    let environment = || json!({ "id": of(role::ENVIRONMENT) });
    match event.kind.as_str() {
        kind::CHANGE_OPENED => change("change.created"),
        kind::CHANGE_UPDATED => change("change.updated"),
        kind::CHANGE_REVIEW => change("change.reviewed"),
        kind::CHANGE_MERGED => change("change.merged"),
        kind::CHANGE_CLOSED => change("change.abandoned"),
        kind::CI_QUEUED | kind::CI_FINISHED => build(event, subject(role::BUILD)?),
        kind::DEPLOY_FINISHED => {
            let state: DeployState = event.payload().ok()?;
            let service = Some(of(role::SERVICE)).filter(|service| !service.is_empty())?;
            // The specification tells only deployments that are there, and where.
            if state.outcome != Outcome::Success || of(role::ENVIRONMENT).is_empty() {
                return None;
            }
            let artifact = artifact(&service, &state.version, &of(role::COMMIT))?;
            let content = json!({ "environment": environment(), "artifactId": artifact });
            let name = if state.rollback { "service.rolledback" } else { "service.deployed" };
            Some((name, "0.3.0", service, content))
        }
        kind::INCIDENT_OPENED | kind::INCIDENT_RESOLVED => {
            let state: IncidentState = event.payload().ok()?;
            let mut content = Map::new();
            put(&mut content, "description", &state.title);
            if of(role::ENVIRONMENT).is_empty() {
                return None;
            }
            content.insert("environment".to_owned(), environment());
            if !of(role::SERVICE).is_empty() {
                content.insert("service".to_owned(), json!({ "id": of(role::SERVICE) }));
            }
            let opened = event.kind == kind::INCIDENT_OPENED;
            let name = if opened { "incident.detected" } else { "incident.resolved" };
            Some((name, "0.3.0", subject(role::INCIDENT)?, Value::Object(content)))
        }
        kind::TICKET_OPENED | kind::TICKET_UPDATED | kind::TICKET_CLOSED => {
            ticket(event, subject(role::TICKET)?)
        }
        _ => None,
    }
}

/// Runs and jobs, but for their start: its schema demands an address, which we do not keep.
fn build(event: &Event, id: String) -> Option<(&'static str, &'static str, String, Value)> {
    let state: BuildState = event.payload().ok()?;
    let mut content = Map::new();
    let job = state.level == BuildLevel::Job;
    let name = match (event.kind.as_str(), job) {
        (kind::CI_QUEUED, false) => "pipelinerun.queued",
        (kind::CI_FINISHED, false) => "pipelinerun.finished",
        (kind::CI_FINISHED, true) => "taskrun.finished",
        _ => return None,
    };
    put(
        &mut content,
        if job { "taskName" } else { "pipelineName" },
        if job { &state.job } else { &state.pipeline },
    );
    if event.kind == kind::CI_FINISHED {
        let outcome = match state.outcome {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Cancelled => "cancel",
            Outcome::Skipped => "skip",
            Outcome::TimedOut => "error",
            Outcome::Unknown => "",
        };
        put(&mut content, "outcome", outcome);
    }
    Some((name, "0.3.0", id, Value::Object(content)))
}

fn ticket(event: &Event, id: String) -> Option<(&'static str, &'static str, String, Value)> {
    let mut content = Map::new();
    let actor = event.actor.as_deref().unwrap_or_default();
    let state: TicketState = match event.kind.as_str() {
        kind::TICKET_CLOSED => TicketState::default(),
        _ => event.payload().ok()?,
    };
    let name = match event.kind.as_str() {
        kind::TICKET_OPENED if actor.is_empty() => return None,
        kind::TICKET_OPENED => "ticket.created",
        kind::TICKET_UPDATED => "ticket.updated",
        _ => {
            let closed: TicketClosed = event.payload().ok()?;
            let said = !closed.resolution.is_empty();
            put(&mut content, "resolution", if said { &closed.resolution } else { "closed" });
            "ticket.closed"
        }
    };
    put(&mut content, if name == "ticket.created" { "creator" } else { "updatedBy" }, actor);
    // The schema demands an address: where none is kept, the key is a relative one.
    let url = if state.url.is_empty() { encoded(&id) } else { state.url };
    put(&mut content, "uri", &url);
    put(&mut content, "ticketType", &state.class);
    put(&mut content, "priority", &state.priority);
    if name == "ticket.created" || !state.title.is_empty() {
        content.insert("summary".to_owned(), Value::from(state.title));
    }
    for (name, list) in [("labels", state.labels), ("assignees", state.assignees)] {
        if !list.is_empty() {
            content.insert(name.to_owned(), json!(list));
        }
    }
    Some((name, "0.2.0", id, Value::Object(content)))
}

fn put(content: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.is_empty() {
        content.insert(name.to_owned(), Value::from(text));
    }
}

/// A package url of what was deployed.
fn artifact(service: &str, version: &str, commit: &str) -> Option<String> {
    if version.starts_with("pkg:") {
        return Some(version.to_owned());
    }
    let version = if commit.is_empty() { version } else { commit };
    let service = encoded(service);
    (!version.is_empty()).then(|| format!("pkg:generic/{service}@{}", encoded(version)))
}

/// What may stand in a URI: the rest as `%20`.
fn encoded(text: &str) -> String {
    let mut safe = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    safe
}

/// One hexadecimal digit, upper case.
fn hex(half: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(half & 15)])
}

/// RFC 3339 with milliseconds.
fn instant(event: &Event) -> String {
    let whole = event.at.to_string();
    let millis = event.at.as_millis().rem_euclid(1000);
    match whole.strip_suffix('Z') {
        Some(seconds) if millis > 0 => format!("{seconds}.{millis:03}Z"),
        _ => whole,
    }
}
