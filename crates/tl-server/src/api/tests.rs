//! Calls, asked in process.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tl_core::event::Event;
use utoipa::OpenApi as _;

use super::document::Api;
use crate::testing::{Answer, EVENTS, Site, now, sample};

/// Calls that need nothing in their address.
const PLAIN: [&str; 25] = [
    "/v1/openapi.json",
    "/v1/report",
    "/v1/journeys",
    "/v1/open",
    "/v1/deployments",
    "/v1/incidents",
    "/v1/measures",
    "/v1/choices",
    "/v1/snapshot",
    "/v1/weeks",
    "/v1/steps",
    "/v1/waits",
    "/v1/aging",
    "/v1/what-if",
    "/v1/suites",
    "/v1/quarantine",
    "/v1/events",
    "/v1/tests",
    "/v1/agents",
    "/v1/sources",
    "/v1/health",
    "/line.svg",
    "/metrics",
    "/healthz",
    "/readyz",
];

#[track_caller]
fn document(site: &Site, path: &str) -> Value {
    let Answer { status, body, headers } = site.get(path);
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    assert_eq!(headers[header::CONTENT_TYPE], "application/json", "{path}");
    serde_json::from_str(&body).unwrap()
}

/// The problem that a call is refused with.
#[track_caller]
fn refused(site: &Site, path: &str, status: StatusCode) -> Value {
    let answer = site.get(path);
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["status"], status.as_u16(), "{path}");
    assert!(!problem["detail"].as_str().unwrap().is_empty(), "{path}");
    problem
}

/// Addresses that sources of the server route, without pages and what only browsers load.
fn routed(directory: &Path, paths: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routed(&path, paths);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split(".route(").skip(1) {
                let Some(literal) = part.trim_start().strip_prefix('"') else { continue };
                let address = literal.split('"').next().unwrap().to_owned();
                let ours = ["/v1/", "/badge/", "/line.svg", "/metrics", "/healthz", "/readyz"];
                if ours.iter().any(|begin| address.starts_with(begin)) && !address.contains("{*") {
                    // The same call, asked for lines by its address.
                    paths.insert(address.trim_end_matches(".ndjson").to_owned());
                }
            }
        }
    }
}

#[test]
fn every_call_is_in_the_document_and_the_document_has_no_other() {
    let mut paths = BTreeSet::new();
    routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let document = Api::openapi();
    let described: BTreeSet<String> = document.paths.paths.keys().cloned().collect();
    assert_eq!(paths, described);
}

#[test]
fn the_document_is_openapi_3_1_and_changes_only_on_purpose() {
    let document = serde_json::to_value(Api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    insta::assert_snapshot!("openapi", serde_json::to_string_pretty(&document).unwrap());
}

/// Whether a value is one of the types that a schema names.
fn is_of(value: &Value, schema: &Value) -> bool {
    let Some(kind) = schema.get("type") else { return true };
    let kinds: Vec<&str> = match kind {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return false,
    };
    kinds.iter().any(|kind| match *kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    })
}

#[test]
fn a_row_has_the_fields_that_the_document_says_and_no_other() {
    let site = Site::sample();
    let document = serde_json::to_value(Api::openapi()).unwrap();
    for (name, path) in [
        ("Journey", "/v1/journeys"),
        ("Open", "/v1/open"),
        ("Deployment", "/v1/deployments"),
        ("Incident", "/v1/incidents"),
    ] {
        let schema = &document["components"]["schemas"][name]["properties"];
        let fields: BTreeSet<&str> =
            schema.as_object().unwrap().keys().map(String::as_str).collect();
        let rows = self::document(&site, path);
        let rows = rows["items"].as_array().unwrap();
        assert!(!rows.is_empty(), "{path}");
        for row in rows {
            let row = row.as_object().unwrap();
            assert_eq!(row.keys().map(String::as_str).collect::<BTreeSet<_>>(), fields, "{path}");
            for (field, value) in row {
                assert!(is_of(value, &schema[field]), "{name}.{field} is {value}");
            }
        }
    }
}

/// A document has the fields that its schema names, and none that it does not.
fn assert_described(document: &Value, name: &str, found: &Value) {
    let schema = &document["components"]["schemas"][name];
    let fields = schema["properties"].as_object().unwrap();
    for (field, value) in found.as_object().unwrap() {
        let known = fields.get(field).unwrap_or_else(|| panic!("{name}.{field} is not described"));
        assert!(is_of(value, known), "{name}.{field} is {value}");
    }
    for field in schema["required"].as_array().unwrap() {
        assert!(found.get(field.as_str().unwrap()).is_some(), "{name}.{field}");
    }
}

#[test]
fn what_pages_work_out_is_answered_as_it_is_described() {
    let site = Site::sample();
    let api = serde_json::to_value(Api::openapi()).unwrap();
    let whole = [
        ("SnapshotNow", "/v1/snapshot"),
        ("WeeksNow", "/v1/weeks"),
        ("WhatIfNow", "/v1/what-if?stage-pickup=50"),
        ("QuarantinesNow", "/v1/quarantine"),
    ];
    for (name, path) in whole {
        assert_described(&api, name, &document(&site, path));
    }
    let weeks = document(&site, "/v1/weeks");
    assert!(weeks["rows"].as_array().unwrap().len() > 5, "{weeks}");
    for row in weeks["rows"].as_array().unwrap() {
        assert_described(&api, "WeekRow", row);
        assert_described(&api, "Figure", &row["this"]);
    }
    for (name, path) in [("Advice", "/v1/steps"), ("Wait", "/v1/waits"), ("Age", "/v1/aging")] {
        let items = document(&site, path)["items"].clone();
        assert!(!items.as_array().unwrap().is_empty(), "{path}");
        for item in items.as_array().unwrap() {
            assert_described(&api, name, item);
        }
    }
    let what_if = document(&site, "/v1/what-if?stage-pickup=50");
    assert_eq!(what_if["stages"]["asked"]["pickup"], 50);
    assert!(what_if["stages"]["median_change"]["value"].as_f64().unwrap() < 0.0, "{what_if}");
}

#[test]
fn every_call_answers_also_where_nothing_was_collected() {
    for site in [Site::sample(), Site::empty()] {
        for path in PLAIN {
            let answer = site.get(path);
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        }
        for (name, _) in super::badge::BADGES {
            let answer = site.get(&format!("/badge/{name}.svg"));
            assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "image/svg+xml");
            assert!(answer.body.starts_with("<svg xmlns=") && answer.body.ends_with("</svg>"));
            assert!(answer.body.contains("prefers-color-scheme: dark"));
        }
        for doc in tl_map::measure::MEASURES {
            let answer = site.get(&format!("/v1/measures/{}", doc.id));
            assert_eq!(answer.status, StatusCode::OK, "{}: {}", doc.id, answer.body);
        }
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_reason() {
    let site = Site::sample();
    for path in [
        "/v1/report?days=0",
        "/v1/journeys?days=many",
        "/v1/journeys?limit=0",
        "/v1/journeys?limit=1001",
        "/v1/journeys?after=-1",
        "/v1/journeys?after=99999999999999999999999999",
        "/v1/open?stage=lunch",
        "/v1/open?cohort=robots",
        "/v1/deployments?since=2026-02-01&until=2026-01-01",
        "/v1/incidents?until=yesterday",
        "/v1/measures/review-wait?days=x",
        "/v1/events?limit=1001",
        "/v1/events?after=-1",
        "/v1/events?before=0",
        "/v1/events?after=",
        "/v1/report?days=",
        "/badge/line.svg?cohort=",
        "/v1/tests?class=lazy",
        "/v1/tests?class=",
        "/line.svg?days=0",
        "/badge/line.svg?days=0",
    ] {
        refused(&site, path, StatusCode::BAD_REQUEST);
    }
    let long = format!("/v1/events?subject={}", "a".repeat(300));
    refused(&site, &long, StatusCode::BAD_REQUEST);
}

#[test]
fn what_is_not_there_is_not_found() {
    let site = Site::sample();
    for path in [
        "/v1/none",
        "/v1/journeys/1/2/3",
        "/v1/measures/none",
        "/v1/events/0",
        "/v1/events/-1",
        "/v1/events/99999999999999999999",
        "/v1/events/9223372036854775807",
        "/v1/events/1e3",
        "/v1/events/%ff",
        "/v1/tests/0011",
        "/v1/tests/%00",
        "/badge/none.svg",
        "/badge/line",
        "/badge/..%2f..%2fetc%2fpasswd.svg",
    ] {
        refused(&site, path, StatusCode::NOT_FOUND);
    }
    let post = Request::post("/v1/report").body(Body::empty()).unwrap();
    assert_eq!(site.send(post).status, StatusCode::METHOD_NOT_ALLOWED);
}

/// Every row of a list, part by part.
fn all(site: &Site, path: &str) -> Vec<Value> {
    let (mut path, mut rows) = (path.to_owned(), Vec::new());
    for _ in 0..1_000 {
        let part = document(site, &path);
        rows.extend(part["items"].as_array().unwrap().iter().cloned());
        match part["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => return rows,
        }
    }
    panic!("{path} has no end");
}

#[test]
fn parts_and_lines_have_the_same_rows() {
    let site = Site::sample();
    for (path, limit) in [("/v1/journeys", 37), ("/v1/open", 2), ("/v1/deployments", 10)] {
        let parts = all(&site, &format!("{path}?limit={limit}&days=60"));
        let lines = site.get(&format!("{path}.ndjson?days=60"));
        assert_eq!(lines.headers[header::CONTENT_TYPE], "application/x-ndjson");
        let lines: Vec<Value> =
            lines.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(parts.len() > limit, "{path}: {}", parts.len());
        assert_eq!(parts, lines, "{path}");
    }
    let accepting = Request::get("/v1/incidents").header("accept", "application/x-ndjson;q=0.9");
    let lines = site.send(accepting.body(Body::empty()).unwrap());
    assert_eq!(lines.body.lines().count(), sample().incidents.len());
}

#[test]
fn the_ledger_is_read_forward_and_backward_and_each_event_comes_once() {
    let site = Site::sample();
    let positions = |rows: &[Value]| -> Vec<i64> {
        rows.iter().map(|row| row["position"].as_i64().unwrap()).collect()
    };
    let end = EVENTS.len() as i64;
    let forward = all(&site, "/v1/events?after=0&kind=incident.&limit=7");
    let mut backward = positions(&all(&site, "/v1/events?kind=incident.&limit=1000"));
    assert!(!backward.is_empty());
    backward.reverse();
    assert_eq!(positions(&forward), backward);
    let lines = site.get("/v1/events.ndjson?kind=incident.");
    assert_eq!(lines.body.lines().count(), forward.len());
    let whole = site.get(&format!("/v1/events.ndjson?after={}", end - 700));
    assert_eq!(whole.body.lines().count(), 700);
    assert_eq!(site.get("/v1/events.ndjson?after=10&before=20").body.lines().count(), 9);
    let part = all(&site, "/v1/events?after=10&before=20&limit=4");
    assert_eq!(positions(&part), (11..20).collect::<Vec<_>>());
    let one = document(&site, "/v1/events/1");
    assert_eq!(one["event"]["kind"], EVENTS[0].kind);
    assert_eq!(document(&site, "/v1/events?after=9223372036854775807")["items"], json!([]));
}

#[test]
fn nobody_is_named_unless_names_were_turned_on() {
    let site = Site::sample();
    let people: BTreeSet<&str> = EVENTS
        .iter()
        .filter_map(|event| event.actor.as_deref())
        .filter(|actor| actor.starts_with("dev"))
        .collect();
    assert!(people.len() > 5);
    let body = site.get("/v1/events.ndjson").body;
    let named: Vec<&&str> =
        people.iter().filter(|name| body.contains(&format!("\"{name}\""))).collect();
    assert!(named.is_empty(), "{named:?}");
    assert!(!body.contains("@acme.example"));
}

#[test]
fn metrics_are_lines_that_prometheus_reads() {
    let site = Site::sample();
    // The first answer to a question takes its time.
    site.get("/v1/report");
    let answer = site.get("/metrics");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    let mut metrics = BTreeSet::new();
    for line in answer.body.lines() {
        if let Some(help) = line.strip_prefix("# TYPE ") {
            let (name, kind) = help.split_once(' ').unwrap();
            assert!(["gauge", "counter"].contains(&kind), "{line}");
            assert!(metrics.insert(name), "{name} twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().unwrap().is_finite(), "{line}");
        assert!(metrics.contains(series.split('{').next().unwrap()), "{line}");
    }
    for name in ["ledger_position", "events_total", "dora", "open_requests", "stage_hours"] {
        let series = answer.body.lines().find(|line| {
            line.starts_with(&format!("throughline_{name}{{"))
                || line.starts_with(&format!("throughline_{name} "))
        });
        assert!(series.is_some(), "{name}: {}", answer.body);
    }
}

#[test]
fn a_source_of_any_name_is_one_label_and_one_row() {
    let hostile = "a\"} 1\nthroughline_ledger_position{x=\"</script>";
    let event = Event::new("change.merged", now(), hostile, "k", "change:x#1");
    let site = Site::new(|_| Err("nothing is measured".to_owned()), &[event]);
    let metrics = site.get("/metrics").body;
    let forged = metrics.lines().filter(|line| line.starts_with("throughline_ledger_position"));
    assert_eq!(forged.count(), 1, "{metrics}");
    assert_eq!(document(&site, "/v1/sources")["items"][0]["source"], hostile);
    // What cannot be measured is no fault of the call's address.
    refused(&site, "/v1/report", StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.get("/readyz").status, StatusCode::OK);
}
