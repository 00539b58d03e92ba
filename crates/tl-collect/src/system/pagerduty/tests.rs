use serde_json::{Value, json};
use tl_core::record::{Record, System};

use crate::system::convert;
use crate::system::field::tests::{agree, lines, record, told};

fn pager(what: &str, parent: &str, body: Value) -> Record {
    record(System::Pagerduty, what, ["", parent], body)
}

fn incident() -> Value {
    json!({
        "id": "Q1", "type": "incident", "title": "Errors", "status": "resolved", "urgency": "high",
        "created_at": "2026-03-01T10:00:00Z", "last_status_change_at": "2026-03-01T11:00:00Z",
        "service": {"id": "P1", "summary": "api"}, "acknowledgements": [],
        "html_url": "https://acme.pagerduty.com/incidents/Q1",
    })
}

fn hook(what: &str, at: &str) -> Value {
    json!({"event": {
        "id": "E1", "event_type": what, "occurred_at": at, "agent": {"summary": "ana"},
        "data": incident(),
    }})
}

#[test]
fn an_incident_is_told_from_trigger_to_resolution() {
    let entry = |kind: &str, at: &str| {
        let body = json!({"type": format!("{kind}_log_entry"), "created_at": at, "agent": {"summary": "ana"}});
        told(&pager("log_entry", "Q1", body))
    };
    let log = [
        entry("trigger", "2026-03-01T10:00:00Z"),
        entry("acknowledge", "2026-03-01T10:05:00Z"),
        entry("reopen", "2026-03-01T10:50:00Z"),
        entry("resolve", "2026-03-01T11:00:00Z"),
    ]
    .concat();
    let rest = told(&pager("incident", "", incident()));
    agree(&rest, &log);
    let hooks = [
        told(&pager("webhook", "", hook("incident.acknowledged", "2026-03-01T10:05:00.500Z"))),
        told(&pager("webhook", "", hook("incident.resolved", "2026-03-01T11:00:00.100Z"))),
    ]
    .concat();
    agree(&rest, &hooks);
    agree(&log, &hooks);
    insta::assert_snapshot!(lines(&[rest, log].concat()));
}

#[test]
fn what_is_no_incident_tells_nothing() {
    let ping = json!({"event": {"event_type": "pagey.ping", "data": {"type": "ping"}}});
    assert!(told(&pager("webhook", "", ping)).is_empty());
    assert!(convert(&pager("webhook", "", json!({"event": {}}))).is_err());
    let mut odd = incident();
    odd["service"] = Value::Null;
    odd["urgency"] = json!(1);
    odd["acknowledgements"] = Value::Null;
    assert_eq!(told(&pager("incident", "", odd)).len(), 3);
}
