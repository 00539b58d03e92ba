//! Claude Code's telemetry as OTLP-JSON: what one person did with it in one interval (evidence E2).
//!
//! In: `resourceMetrics` or `resourceLogs` as an OpenTelemetry collector's file exporter writes
//! them. Out: `ai.session`. Start at `take`. Source: "Monitoring" in Claude Code's documentation.
//! **Invariants:** each interval counts once: amounts come from metrics alone, logs only say that
//! a session was alive in an hour. No prompt and no file name is kept.

use std::collections::BTreeMap;

use serde_json::Value;
use tl_core::attribution::AiTool;
use tl_core::event::Event;
use tl_core::fact::{AiUsage, kind};
use tl_core::time::Timestamp;

use super::sink::Sink;

/// Who, in which session, in which interval: begin and end in milliseconds.
type Place = (String, String, i64, i64);

const SOURCE: &str = "claude-code";

/// Whether an object is an OTLP export.
pub(super) fn is_meant(value: &Value) -> bool {
    ["resourceMetrics", "resourceLogs", "resourceSpans"]
        .iter()
        .any(|name| value.get(name).is_some())
}

/// One export.
pub(super) fn take(value: &Value, sink: &mut Sink) {
    if value.get("resourceSpans").is_some() {
        let what = "traces of OpenTelemetry are not read".to_owned();
        sink.left_out_once(what, "export metrics and logs");
    }
    metrics(value, sink);
    logs(value, sink);
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn metrics(value: &Value, sink: &mut Sink) {
    let mut places: BTreeMap<Place, AiUsage> = BTreeMap::new();
    for resource in list(value, "resourceMetrics") {
        for metric in list(resource, "scopeMetrics").iter().flat_map(|scope| list(scope, "metrics"))
        {
            let name = metric["name"].as_str().unwrap_or_default();
            let Some(name) = name.strip_prefix("claude_code.") else { continue };
            let sum = &metric["sum"];
            // 1 is delta, 2 is cumulative.
            let temporality = &sum["aggregationTemporality"];
            if temporality == 2 || temporality == "AGGREGATION_TEMPORALITY_CUMULATIVE" {
                let what = format!("`claude_code.{name}` is cumulative: its sums overlap");
                sink.left_out_once(
                    what,
                    "set `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`",
                );
                continue;
            }
            for point in list(sum, "dataPoints") {
                let Some(place) = place(point, &resource["resource"]) else {
                    let what = "a data point without person or time".to_owned();
                    sink.left_out_once(what, "leave `OTEL_METRICS_INCLUDE_ACCOUNT_UUID` on");
                    continue;
                };
                add(places.entry(place).or_default(), name, point);
            }
        }
    }
    for ((person, session, from, to), usage) in places {
        let key = format!("metrics/{person}/{session}/{to}");
        let subject = format!("person:{person}");
        let usage =
            AiUsage { tool: AiTool::Claude.name().to_owned(), level: "E2".to_owned(), ..usage };
        let at = Timestamp::from_millis(from);
        let event = Event::new(kind::AI_SESSION, at, SOURCE, &key, &subject);
        sink.event(event.by(&person).with(&usage));
    }
}

fn logs(value: &Value, sink: &mut Sink) {
    const HOUR: i64 = 3_600_000;
    let mut alive: BTreeMap<(String, String, i64), ()> = BTreeMap::new();
    for resource in list(value, "resourceLogs") {
        for record in list(resource, "scopeLogs").iter().flat_map(|scope| list(scope, "logRecords"))
        {
            let name = attribute(record, "event.name").unwrap_or_default();
            let body = record["body"]["stringValue"].as_str().unwrap_or_default();
            if !body.starts_with("claude_code.") && !name.contains("api_request") {
                continue;
            }
            if let Some((person, session, _, at)) = place(record, &resource["resource"]) {
                alive.insert((person, session, at.div_euclid(HOUR)), ());
            }
        }
    }
    for ((person, session, hour), ()) in alive {
        let at = Timestamp::from_millis(hour.saturating_mul(HOUR));
        let key = format!("logs/{person}/{session}/{}", at.as_millis());
        let usage = AiUsage {
            tool: AiTool::Claude.name().to_owned(),
            level: "E2".to_owned(),
            ..AiUsage::default()
        };
        let event = Event::new(kind::AI_SESSION, at, SOURCE, &key, &format!("person:{person}"));
        sink.event(event.by(&person).with(&usage));
    }
}

/// Whose data point or log record it is, and when.
fn place(point: &Value, resource: &Value) -> Option<Place> {
    let said = |name: &str| attribute(point, name).or_else(|| attribute(resource, name));
    let person = ["user.email", "user.account_uuid", "user.id"].into_iter().find_map(said)?;
    let session = said("session.id").unwrap_or_default();
    let to = nanos(&point["timeUnixNano"]).or_else(|| nanos(&point["observedTimeUnixNano"]))?;
    let from = nanos(&point["startTimeUnixNano"]).filter(|from| *from <= to).unwrap_or(to);
    Some((person.to_lowercase(), session, from, to))
}

/// Adds one data point to what it belongs to.
fn add(usage: &mut AiUsage, metric: &str, point: &Value) {
    let number = match (&point["asInt"], &point["asDouble"]) {
        (Value::String(text), _) => text.parse::<f64>().unwrap_or(0.0),
        (Value::Number(number), _) | (_, Value::Number(number)) => number.as_f64().unwrap_or(0.0),
        _ => 0.0,
    };
    // Counters never go down; a value that does is none.
    let number = if number.is_finite() { number.max(0.0) } else { 0.0 };
    let whole = number as u64;
    let class = attribute(point, "type").unwrap_or_default();
    let into = match (metric, class.as_str()) {
        ("session.count", _) => &mut usage.sessions,
        ("commit.count", _) => &mut usage.commits,
        ("pull_request.count", _) => &mut usage.changes,
        ("lines_of_code.count", "removed") => &mut usage.lines_removed,
        ("lines_of_code.count", _) => &mut usage.lines_added,
        ("token.usage", _) => &mut usage.tokens,
        ("cost.usage", _) => {
            usage.cost_usd += number;
            return;
        }
        ("active_time.total", _) => {
            usage.active_ms = usage.active_ms.saturating_add((number * 1000.0) as u64);
            return;
        }
        ("code_edit_tool.decision", _) => {
            usage.offered = usage.offered.saturating_add(whole);
            if attribute(point, "decision").as_deref() == Some("accept") {
                usage.accepted = usage.accepted.saturating_add(whole);
            }
            return;
        }
        _ => return,
    };
    *into = into.saturating_add(whole);
}

/// An attribute by its key: texts and numbers.
fn attribute(of: &Value, key: &str) -> Option<String> {
    let found = list(of, "attributes").iter().find(|attribute| attribute["key"] == key)?;
    let value = found["value"].as_object()?.values().next()?;
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Nanoseconds since 1970, which JSON holds as a text, in milliseconds.
fn nanos(value: &Value) -> Option<i64> {
    let nanos = match value {
        Value::String(text) => text.parse::<i64>().ok()?,
        Value::Number(number) => number.as_i64()?,
        _ => return None,
    };
    (nanos > 0).then_some(nanos / 1_000_000)
}
