//! Webhooks of Prometheus' Alertmanager, version 4.
//!
//! In: a [`Record`] whose `what` is `webhook`. Out: an incident for each alert: its fingerprint
//! names it, and the instant at which it fired, because the same alert fires again and again.
//! Start at [`convert`].

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, kind, role};
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{self, Problem, Result, at, first, list, need_at, need_id, short, text, word};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "webhook" => {
            let body = &record.body;
            if !body.get("alerts").is_some_and(Value::is_array) {
                return Err(Problem::Missing("alerts"));
            }
            let mut events = Vec::new();
            for one in list(body, "alerts") {
                events.extend(alert(text(body, "externalURL"), one)?);
            }
            Ok(events)
        }
        _ => Err(Problem::Unknown),
    })
}

fn alert(url: &str, body: &Value) -> Result<Vec<Event>> {
    let source = field::source(System::Alertmanager, "", &[url]);
    let fingerprint = need_id(body, "fingerprint")?;
    let began = need_at(body, "startsAt")?;
    let id = format!("{fingerprint}/{}", began.as_millis());
    let name = format!("{source}/{id}");
    let service = first(body, &["labels.service", "labels.app", "labels.job"]);
    let environment = first(body, &["labels.environment", "labels.env"]);
    let event = |kind: &str, at: Timestamp, verb: &str| {
        let key = format!("alert/{id}/{verb}");
        Event::new(kind, at, &source, &key, &format!("incident:{name}"))
            .about(role::INCIDENT, &name)
            .about(role::SERVICE, short(service))
            .about(role::ENVIRONMENT, short(environment))
    };
    // Labels are part of the fingerprint and never change; annotations do.
    let state = IncidentState {
        title: word(body, "labels.alertname"),
        severity: word(body, "labels.severity"),
        ..IncidentState::default()
    };
    let mut events = vec![event(kind::INCIDENT_OPENED, began, "opened").with(&state)];
    let resolved = text(body, "status") == "resolved";
    if let Some(at) = at(body, "endsAt")?.filter(|_| resolved) {
        events.push(event(kind::INCIDENT_RESOLVED, at, "resolved"));
    }
    Ok(events)
}
