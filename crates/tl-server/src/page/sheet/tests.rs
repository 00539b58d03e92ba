//! Pages of reliability, reviews, tests, agents, events and settings, asked in process.

use axum::http::{StatusCode, header};
use serde_json::json;
use tl_core::event::Event;
use tl_core::time::Millis;

use crate::testing::{EVENTS, Site, now, sample};

const PAGES: [&str; 6] = ["/reliability", "/reviews", "/tests", "/agents", "/events", "/settings"];

/// What somebody may call anything.
const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn guard(kind: &str, key: &str, data: serde_json::Value) -> Event {
    let at = now() - Millis::HOUR;
    let mut event = Event::new(kind, at, "guard", key, "repository:acme/api");
    event.data = data;
    event
}

fn told() -> Vec<Event> {
    let scan = |key: &str, inventory: &str, levels: serde_json::Value| {
        let data = json!({
            "rules": {"GC001": 2}, "levels": levels, "known": 3, "inventory": inventory,
            "files": 12, "items": {"servers": 4, "skills": 1}, "clients": ["claude-code"],
            "drifted": 1,
        });
        guard("guard.scanned", key, data)
    };
    let mut decided = guard(
        "agent.decided",
        "d1",
        json!({
            "client": "claude-code", "event": "PreToolUse", "what": ["run curl"],
            "verdict": {"effect": "deny", "reasons": [
                {"effect": "deny", "policy": "rule:GA001", "rule": "GA001", "text": "It sends secrets."},
            ]},
        }),
    );
    decided.subject = "session:0011".to_owned();
    vec![
        scan("s1", "one", json!({"warn": 9})),
        guard("guard.approved", "a1", json!({"items": ["server:mail"], "reason": "read it"})),
        scan("s2", "two", json!({"block": 1, "high": 5})),
        decided,
    ]
}

#[test]
fn each_page_is_there_also_where_nothing_was_collected() {
    for site in [Site::sample(), Site::empty()] {
        for path in PAGES {
            let page = site.page(path);
            assert!(page.contains("aria-current=\"page\""), "{path}");
            assert!(!page.contains("style=\"") && !page.contains("<style"), "{path}");
        }
    }
}

#[test]
fn an_empty_page_says_what_brings_something() {
    let site = Site::empty();
    for (path, mend) in [
        ("/reliability", "throughline collect"),
        ("/reviews", "throughline collect"),
        ("/tests", "throughline test record"),
        ("/agents", "throughline guard"),
        ("/events", "throughline collect"),
        ("/settings", "throughline collect github"),
    ] {
        let page = site.page(path);
        assert!(page.contains("class=\"missing\"") && page.contains(mend), "{path}: {page}");
    }
}

#[test]
fn what_cannot_be_asked_is_told() {
    let site = Site::sample();
    for path in [
        "/reliability?days=0",
        "/reviews?stage=lunch",
        "/reviews?unusual=maybe",
        "/tests?class=lazy",
        "/events?before=soon",
        "/events?before=-3",
        "/settings?since=tomorrow",
        "/agents?cohort=robots",
    ] {
        let answer = site.get(path);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body.contains("in the address"), "{path}: {}", answer.body);
    }
    for path in ["/events/0", "/events/none", "/events/99999999999999999999", "/tests/0011"] {
        let answer = site.get(path);
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    }
}

#[test]
fn whatever_somebody_wrote_is_text_on_the_page() {
    let mut measured = sample();
    let deployment = &mut measured.deployments[0];
    deployment.service = HOSTILE.to_owned();
    deployment.what = HOSTILE.to_owned();
    let incident = &mut measured.incidents[0];
    incident.title = HOSTILE.to_owned();
    incident.services = vec![HOSTILE.to_owned()];
    measured.open[0].repository = HOSTILE.to_owned();
    measured.open[0].change = HOSTILE.to_owned();
    let site = Site::showing(measured);
    for path in ["/reliability", "/reviews"] {
        let page = site.page(path);
        assert!(page.contains("alert(1)") && !page.contains("<script>alert"), "{path}");
    }
    let mut events = told();
    for event in &mut events {
        event.subject = format!("repository:{HOSTILE}");
        event.source = HOSTILE.to_owned();
    }
    events[0].data["rules"] = json!({HOSTILE: 2});
    events[1].data["items"] = json!([HOSTILE]);
    events[2].data["clients"] = json!([HOSTILE]);
    events[3].data["client"] = json!(HOSTILE);
    let site = Site::new(|_| Err(HOSTILE.to_owned()), &events);
    for path in ["/agents", "/events", "/events/1", "/settings"] {
        let page = site.page(path);
        assert!(page.contains("alert(1)") && !page.contains("<script>alert"), "{path}");
    }
}

#[test]
fn the_newest_scan_counts_and_what_drifted_is_told() {
    let site = Site::new(|_| Err("nothing is measured".to_owned()), &told());
    let page = site.page("/agents");
    assert!(
        page.contains("1 to block and 5 high, in the newest scans of 1 repositories."),
        "{page}"
    );
    assert!(page.contains("not as it was when somebody approved it"));
    assert!(page.contains("4 servers, 1 skills") && page.contains("claude-code"));
    assert!(page.contains("rule:GA001") && page.contains("It sends secrets."));
    assert!(page.contains("server:mail"));
    // Asked again, nothing counts twice.
    let again: serde_json::Value = serde_json::from_str(&site.get("/v1/agents").body).unwrap();
    assert_eq!(again["repositories"][0]["scans"], 2);
    assert_eq!(again["decisions"]["claude-code"]["denied"], 1);
    assert_eq!(again["policies"]["rule:GA001"]["events"], 1);
    assert_eq!(again["repositories"][0]["newest"]["levels"], json!({"block": 1, "high": 5}));
}

#[test]
fn events_that_come_later_are_added() {
    let mut later = told();
    let newest = later.split_off(2);
    let site = Site::new(|_| Err("nothing is measured".to_owned()), &later);
    assert!(site.page("/agents").contains("Nothing that should be mended was found"));
    site.wait(site.app.ledger.append(&newest)).unwrap();
    assert!(site.page("/agents").contains("1 to block and 5 high"));
}

#[test]
fn events_are_found_by_kind_and_subject_and_each_opens() {
    let site = Site::sample();
    let page = site.page("/events?kind=incident.opened");
    assert!(page.contains("incident.opened</a>") && !page.contains("change.merged</a>"));
    let newest = EVENTS.len();
    assert!(site.page("/events").contains(&format!("/events/{newest}\"")));
    let one = site.page(&format!("/events/{newest}"));
    assert!(one.contains("aria-current=\"page\">Events"), "{one}");
    assert!(one.contains(&EVENTS[newest - 1].kind), "{one}");
    assert!(one.contains("The one before") && !one.contains("The one after"));
    assert!(site.page("/events/1").contains("The one after"));
    // Filters and question stay from page to page.
    let older = site.page("/events?kind=ci.&days=30");
    assert!(
        older.contains("kind=ci.&amp;before=") || older.contains("kind=ci.&#38;before="),
        "{older}"
    );
}

#[test]
fn a_service_narrows_deployments_and_incidents() {
    let site = Site::sample();
    let service = &sample().choices.services[0];
    let narrowed = crate::question::Question {
        service: Some(service.clone()),
        ..crate::question::Question::default()
    };
    let whole = sample();
    let deployments = super::super::reliability::deployments_of(&whole.deployments, &narrowed);
    assert!(!deployments.is_empty() && deployments.len() < whole.deployments.len());
    assert!(deployments.iter().all(|row| row.service == *service));
    let incidents = super::super::reliability::incidents_of(&whole.incidents, &narrowed);
    assert!(incidents.len() < whole.incidents.len());
    let page = site.page(&format!("/reliability?service={service}"));
    assert!(page.contains("Deployments to production"), "{page}");
}

#[test]
fn a_wait_is_unusual_where_nine_of_ten_finished_ones_were_shorter() {
    let mut measured = sample();
    measured.open.truncate(2);
    for (row, waited) in measured.open.iter_mut().zip([Millis::days(300), Millis::ZERO]) {
        row.stage = "pickup".to_owned();
        row.waited_ms = waited;
    }
    let question = crate::question::Question::default();
    let waiting = super::super::reviews::waiting(&measured, &question);
    assert_eq!(waiting[0].longer_than, Some(1.0));
    assert_eq!(waiting[1].longer_than, Some(0.0));
    assert_eq!(waiting[0].waits_for, "a first review");
    measured.journeys.truncate(5);
    let few = super::super::reviews::waiting(&measured, &question);
    assert_eq!(few[0].longer_than, None, "five say nothing");
    let page = Site::showing(measured).page("/reviews?stage=pickup&unusual=yes");
    assert!(page.contains("None of the open requests is one of these."), "{page}");
}

#[test]
fn settings_show_no_path_and_no_cursor() {
    let site = Site::sample();
    let cursor = tl_ledger::cursor::Cursor {
        source: "github".to_owned(),
        stream: "acme/api/pulls".to_owned(),
        value: "secret-page-7".to_owned(),
        at: now() - Millis::days(9),
    };
    site.wait(site.app.ledger.cursor_write(&cursor)).unwrap();
    let page = site.page("/settings");
    assert!(page.contains("acme/api/pulls") && page.contains("9.0\u{a0}d\u{a0}ago"), "{page}");
    assert!(!page.contains("secret-page-7") && !page.contains("/tmp/"));
    assert!(page.contains("ledger.db") && page.contains("SQLite"));
}
