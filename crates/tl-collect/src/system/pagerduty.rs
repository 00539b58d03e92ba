//! Records of PagerDuty.
//!
//! In: a [`Record`] whose `what` is `incident` (REST), `log_entry` (parent = id of the incident)
//! or `webhook` (v3). Out: the events of incidents. Start at [`convert`].
//!
//! **Invariant:** instants are whole seconds, which is what REST has; the same acknowledgement or
//! resolution then has one key, whoever tells it.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, kind, role};
use tl_core::record::Record;
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, at, first, first_at, get, id, list, need_at, need_id, second, short,
    text, word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "incident" => incident(&record.body),
        "log_entry" => log_entry(record),
        "webhook" => webhook(&record.body),
        _ => Err(Problem::Unknown),
    })
}

/// Everybody's incidents are at one host; ids are unique within an account.
const SOURCE: &str = "pagerduty";

fn event(kind: &str, at: Timestamp, id: &str, what: &str) -> Event {
    let incident = format!("{SOURCE}/{id}");
    let key = format!("incident/{id}/{what}");
    Event::new(kind, second(at), SOURCE, &key, &format!("incident:{incident}"))
        .about(role::INCIDENT, incident)
}

/// A step that is told by its instant alone.
fn step(kind: &str, at: Timestamp, id: &str) -> Event {
    let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
    event(kind, at, id, &format!("{verb}/{}", at.as_millis().div_euclid(1000)))
}

/// What an incident looks like, and since when it is open.
///
/// Its priority is the severity; without one, its urgency is. Both may be changed later, and so
/// may the title: the opening has neither.
fn states(incident: &Value, created: Option<Timestamp>, at: Timestamp) -> Result<Vec<Event>> {
    let id = need_id(incident, "id")?;
    let service = first(incident, &["service.summary", "service.name", "service.id"]);
    let severity = first(incident, &["priority.summary", "priority.name", "urgency"]);
    let url = word(incident, "html_url");
    let state = IncidentState {
        title: short(first(incident, &["title", "summary"])),
        severity: short(severity),
        url: url.clone(),
        ..IncidentState::default()
    };
    let opened = IncidentState { url, ..IncidentState::default() };
    let updated = format!("updated/{}", second(at).as_millis() / 1000);
    let opened = created.map(|at| event(kind::INCIDENT_OPENED, at, &id, "opened").with(&opened));
    let updated = event(kind::INCIDENT_UPDATED, at, &id, &updated).with(&state);
    let both = opened.into_iter().chain([updated]);
    Ok(both.map(|event| event.about(role::SERVICE, short(service))).collect())
}

/// An incident of REST. Of its course it tells the last resolution, and who took it while it is
/// open; the log entries tell all.
fn incident(body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "id")?;
    let created = need_at(body, "created_at")?;
    let changed = first_at(body, &["updated_at", "last_status_change_at"])?.unwrap_or(created);
    let mut events = states(body, Some(created), changed)?;
    for taken in list(body, "acknowledgements") {
        if let Some(at) = at(taken, "at")? {
            let by = word(taken, "acknowledger.summary");
            events.push(step(kind::INCIDENT_ACKED, at, &id).by(&by));
        }
    }
    if text(body, "status") == "resolved" {
        let at = first_at(body, &["resolved_at", "last_status_change_at"])?;
        events.extend(at.map(|at| step(kind::INCIDENT_RESOLVED, at, &id)));
    }
    Ok(events)
}

/// An entry of an incident's log.
fn log_entry(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let of = if record.parent.is_empty() { id(body, "incident.id") } else { short(&record.parent) };
    if of.is_empty() {
        return Err(Problem::Missing("incident"));
    }
    let at = need_at(body, "created_at")?;
    Ok(match text(body, "type").split("_log_entry").next().unwrap_or_default() {
        "" => return Err(Problem::Missing("type")),
        "acknowledge" => {
            vec![step(kind::INCIDENT_ACKED, at, &of).by(&word(body, "agent.summary"))]
        }
        "resolve" => vec![step(kind::INCIDENT_RESOLVED, at, &of)],
        "reopen" => vec![step(kind::INCIDENT_REOPENED, at, &of)],
        _ => Vec::new(),
    })
}

/// A webhook of version 3.
fn webhook(body: &Value) -> Result<Vec<Event>> {
    let told = get(body, "event");
    let data = get(told, "data");
    let what = text(told, "event_type");
    if what.is_empty() {
        return Err(Problem::Missing("event.event_type"));
    }
    if !what.starts_with("incident.") || text(data, "type") != "incident" {
        return Ok(Vec::new());
    }
    let at = need_at(told, "occurred_at")?;
    let id = need_id(data, "id")?;
    // Older webhooks do not say since when it is open.
    let created = self::at(data, "created_at")?.or((what == "incident.triggered").then_some(at));
    let mut events = states(data, created, at)?;
    match what {
        "incident.acknowledged" => {
            let by = word(told, "agent.summary");
            events.push(step(kind::INCIDENT_ACKED, at, &id).by(&by));
        }
        "incident.resolved" => events.push(step(kind::INCIDENT_RESOLVED, at, &id)),
        "incident.reopened" => events.push(step(kind::INCIDENT_REOPENED, at, &id)),
        _ => {}
    }
    Ok(events)
}

#[cfg(test)]
mod tests;
