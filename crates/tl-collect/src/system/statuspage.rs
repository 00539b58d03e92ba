//! Records of Statuspage and feeds of its shape: incidents.
//!
//! In: a [`Record`] whose `what` is `incident` (API and `incidents.json`; scope = page) or
//! `webhook`, which wraps one. Out: the events of incidents. Start at [`convert`]. Incidents
//! without impact and planned maintenance are none.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, kind, role};
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, first_at, get, list, need_at, need_id, short, text, word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "incident" => incident(&record.body),
        "webhook" if get(&record.body, "incident").is_object() => {
            incident(get(&record.body, "incident"))
        }
        "webhook" => Ok(Vec::new()),
        _ => Err(Problem::Unknown),
    })
}

fn incident(body: &Value) -> Result<Vec<Event>> {
    let id = need_id(body, "id")?;
    let created = need_at(body, "created_at")?;
    let impact = text(body, "impact");
    let planned = !text(body, "scheduled_for").is_empty() || impact == "maintenance";
    if planned || impact == "none" {
        return Ok(Vec::new());
    }
    let began = first_at(body, &["started_at"])?.unwrap_or(created);
    let updated = first_at(body, &["updated_at"])?.unwrap_or(created);
    let url = word(body, "shortlink");
    let name = format!("{}/{id}", System::Statuspage);
    let service = list(body, "components").next().map(|it| word(it, "name")).unwrap_or_default();
    let event = |kind: &str, at: Timestamp, key: &str| {
        let key = format!("incident/{id}/{key}");
        Event::new(kind, at, System::Statuspage.name(), &key, &format!("incident:{name}"))
            .about(role::INCIDENT, &name)
    };
    let look = format!("updated/{}", updated.as_millis());
    let state = IncidentState {
        title: short(text(body, "name")),
        severity: short(impact),
        url,
        ..IncidentState::default()
    };
    let mut events = vec![
        event(kind::INCIDENT_OPENED, began, &format!("opened/{}", began.as_millis())),
        event(kind::INCIDENT_UPDATED, updated, &look).about(role::SERVICE, service).with(&state),
    ];
    // Somebody looks into it from `identified` on, at the latest.
    for update in list(body, "incident_updates") {
        if text(update, "status") == "identified"
            && let Some(at) = first_at(update, &["display_at", "created_at"])?
        {
            let key = format!("acked/{}", at.as_millis());
            events.push(event(kind::INCIDENT_ACKED, at, &key));
        }
    }
    if let Some(at) = first_at(body, &["resolved_at"])? {
        let key = format!("resolved/{}", at.as_millis());
        events.push(event(kind::INCIDENT_RESOLVED, at, &key));
    }
    Ok(events)
}
