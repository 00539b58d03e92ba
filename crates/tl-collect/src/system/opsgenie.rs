//! Records of Opsgenie: incidents and alerts.
//!
//! In: a [`Record`] whose `what` is `incident` or `alert`, as the API lists them, or `webhook`,
//! which tells what was done to an alert. Out: the events of incidents. Start at [`convert`]. An
//! alert that belongs to an incident is still its own. Webhooks have an instant of their own for
//! what the API has as a span since the alert, so that they stand in events of their own.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, kind, role};
use tl_core::record::Record;
use tl_core::time::{Millis, Timestamp};

use super::Malformed;
use super::field::{
    self, Problem, Result, first, first_at, get, id, need_at, need_id, number, short, text, word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "incident" | "alert" => incident(&record.what, &record.body),
        "webhook" => webhook(&record.body),
        _ => Err(Problem::Unknown),
    })
}

/// What somebody did to an alert.
fn webhook(body: &Value) -> Result<Vec<Event>> {
    let alert = get(body, "alert");
    let alert_id = need_id(alert, "alertId")?;
    let created = need_at(alert, "createdAt")?;
    let at = first_at(alert, &["updatedAt"])?.unwrap_or(created);
    let name = format!("opsgenie/{alert_id}");
    let event = |kind: &str, at: Timestamp, key: &str| {
        let key = format!("alert/{alert_id}/{key}/{}", at.as_millis());
        Event::new(kind, at, "opsgenie", &key, &format!("incident:{name}"))
            .about(role::INCIDENT, &name)
    };
    let priority = id(alert, "priority");
    let number = !priority.is_empty() && !priority.starts_with('P');
    let state = IncidentState {
        title: word(alert, "message"),
        severity: if number { format!("P{priority}") } else { priority },
        ..IncidentState::default()
    };
    let by = word(alert, "username");
    let done = match text(body, "action") {
        "Delete" => return Ok(Vec::new()),
        "Acknowledge" => Some(event(kind::INCIDENT_ACKED, at, "acked/hook").by(&by)),
        "Close" => Some(event(kind::INCIDENT_RESOLVED, at, "resolved/hook").by(&by)),
        _ => None,
    };
    let told = [
        event(kind::INCIDENT_OPENED, created, "opened/hook"),
        event(kind::INCIDENT_UPDATED, at, "updated/hook").with(&state),
    ];
    Ok(told.into_iter().chain(done).collect())
}

fn incident(what: &str, body: &Value) -> Result<Vec<Event>> {
    // The API wraps a single one into `data`.
    let body = if get(body, "data").is_object() { get(body, "data") } else { body };
    let id = need_id(body, "id")?;
    let created = need_at(body, "createdAt")?;
    let began = first_at(body, &["impactStartDate"])?.unwrap_or(created);
    let updated = first_at(body, &["updatedAt"])?.unwrap_or(created);
    let service = get(body, "impactedServices.0")
        .as_str()
        .or_else(|| get(body, "impactedServices").as_array()?.first()?.as_str());
    let service = service.map(short).unwrap_or_default();
    let name = format!("opsgenie/{id}");
    let event = |kind: &str, at: Timestamp, key: &str| {
        Event::new(kind, at, "opsgenie", &format!("{what}/{id}/{key}"), &format!("incident:{name}"))
            .about(role::INCIDENT, &name)
            .about(role::SERVICE, &service)
    };
    let state = IncidentState {
        title: short(first(body, &["message", "title"])),
        severity: word(body, "priority"),
        url: word(body, "links.web"),
        ..IncidentState::default()
    };
    let look = format!("updated/{}", updated.as_millis());
    let mut events = vec![
        event(kind::INCIDENT_OPENED, began, &format!("opened/{}", began.as_millis()))
            .with(&IncidentState::default()),
        event(kind::INCIDENT_UPDATED, updated, &look).with(&state),
    ];
    // An alert's report has the spans from its creation on.
    let span = |path: &str| -> Option<Timestamp> {
        let span = i64::try_from(number(body, path)?).ok()?;
        Some(created - Millis::new(-span))
    };
    if let Some(at) = span("report.ackTime").filter(|_| what == "alert") {
        events.push(
            event(kind::INCIDENT_ACKED, at, "acked").by(&word(body, "report.acknowledgedBy")),
        );
    }
    if matches!(text(body, "status"), "resolved" | "closed") {
        let told = first_at(body, &["impactEndDate", "closedAt", "resolvedAt"])?;
        // An incident keeps no instant of its end but that of its last change.
        let at = told.or_else(|| span("report.closeTime")).unwrap_or(updated);
        let key = format!("resolved/{}", at.as_millis());
        events.push(event(kind::INCIDENT_RESOLVED, at, &key));
    }
    Ok(events)
}
