//! Records of Opsgenie: incidents and alerts.
//!
//! In: a [`Record`] whose `what` is `incident` or `alert`, as the API lists them. Out: the events
//! of incidents. Start at [`convert`]. An alert that belongs to an incident is still its own.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, kind, role};
use tl_core::record::Record;
use tl_core::time::{Millis, Timestamp};

use super::Malformed;
use super::field::{
    self, Problem, Result, first, first_at, get, need_at, need_id, number, short, text, word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "incident" | "alert" => incident(&record.what, &record.body),
        _ => Err(Problem::Unknown),
    })
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
