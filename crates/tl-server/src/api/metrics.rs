//! `GET /metrics`: what Prometheus scrapes, in its text format 0.0.4.
//!
//! In: the newest default measurement, where there is one, and the ledger. Out: text. Start at [`metrics`];
//! the format is written by [`Text`]. **Invariants:** nobody waits for a measurement here; a series that has
//! no value is not there; nothing names a person.
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>, "Text-based format".

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use tl_map::report::{Figure, Report};
use tl_test::listing::word;

use super::answer::Refused;
use crate::app::App;
use crate::measured::Measured;
use crate::page::Problem;
use crate::page::agents::Agents;
use crate::page::tests::suites;
use crate::question::Question;
use crate::told::{Heard, heard};

/// Sources and kinds of which each is a series.
const SERIES: usize = 500;

/// What is there of a measurement that is still made is taken the next time.
const PATIENCE: Duration = Duration::from_millis(100);

/// Metrics in the text format.
#[derive(Debug, Default)]
struct Text(String);

impl Text {
    /// Begins a metric: its name, its type and what it is.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to text cannot fail, here and below.
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        write!(self.0, "# HELP throughline_{name} {help}\n# TYPE throughline_{name} {kind}\n").ok();
    }

    /// A value of it.
    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        if !value.is_finite() {
            return;
        }
        let escaped =
            |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(self.0, "throughline_{name}{labels} {value}").ok();
    }

    /// A metric of one value.
    fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.metric(name, kind, help);
        self.value(name, &[], value);
    }
}

/// What came, by source and kind, and what guard found: nothing until all of it is counted. A part of it
/// would look like a sender who has stopped, and the rest like a flood.
fn of_heard<'h>(text: &mut Text, heard: &'h Heard, agents: impl FnOnce() -> Agents<'h>) {
    if !heard.is_whole() {
        return;
    }
    let kinds = heard
        .sources
        .iter()
        .flat_map(|(source, kinds)| kinds.iter().map(move |(kind, count)| (source, kind, count)));
    text.metric("events_total", "counter", "Events in the ledger.");
    for (source, kind, count) in kinds.take(SERIES) {
        let labels = [("source", source.as_str()), ("kind", kind)];
        text.value("events_total", &labels, count.events as f64);
    }
    text.metric("source_last_event_seconds", "gauge", "When the latest event happened.");
    for (source, kinds) in heard.sources.iter().take(SERIES) {
        let last = kinds.values().map(|count| count.last.as_millis()).max().unwrap_or(0);
        let labels = [("source", source.as_str())];
        text.value("source_last_event_seconds", &labels, last as f64 / 1_000.0);
    }
    let agents = agents();
    text.metric("guard_findings", "gauge", "New findings of the newest scans.");
    for level in ["block", "high", "warn", "info"] {
        text.value("guard_findings", &[("level", level)], agents.found(level) as f64);
    }
}

/// Metrics for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "server", responses(
    (status = 200, description = "The text format 0.0.4", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
))]
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Refused> {
    let mut text = Text::default();
    let form = app.reader.form().await.map_err(Problem::bug)?;
    let backlog = app.reader.backlog().await.map_err(Problem::bug)?;
    {
        let heard = heard(&app).await.map_err(Problem::bug)?;
        let end = heard.end.0 as f64;
        text.single("ledger_position", "gauge", "Position of the newest event.", end);
        if let Some(bytes) = form.bytes {
            text.single("ledger_bytes", "gauge", "Size of the ledger.", bytes as f64);
        }
        of_heard(&mut text, &heard, || Agents::of(&heard, &app.reading, (app.clock)()));
    }
    let waiting = "Deliveries that are stored, and not in the ledger yet.";
    text.single("deliveries_waiting", "gauge", waiting, backlog.waiting as f64);
    let failed = "Deliveries that were set aside.";
    text.single("deliveries_failed", "gauge", failed, backlog.failed as f64);
    let accepted = app.inlet.condition().accepted as f64;
    let help = "Deliveries that were acknowledged since the server began.";
    text.single("deliveries_accepted_total", "counter", help, accepted);
    of_tests(&mut text, &app).await?;
    let question = Question::default();
    if let Ok(Ok(snapshot)) = tokio::time::timeout(PATIENCE, app.board.ask(&question)).await {
        let at = snapshot.at.as_millis() as f64 / 1_000.0;
        text.single("measured_seconds", "gauge", "When the measurement was begun.", at);
        let took = snapshot.took.as_secs_f64();
        text.single("measurement_duration_seconds", "gauge", "How long it took.", took);
        measured(&mut text, &snapshot.measured);
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, text.0).into_response())
}

async fn of_tests(text: &mut Text, app: &App) -> Result<(), Refused> {
    let suites = suites(app).await?;
    text.metric("tests", "gauge", "Tests by what history says of them.");
    for suite in suites.iter().take(SERIES) {
        for (class, n) in &suite.listing.classes {
            let labels = [("suite", suite.name.as_str()), ("class", word(*class))];
            text.value("tests", &labels, *n as f64);
        }
    }
    Ok(())
}

fn measured(text: &mut Text, measured: &Measured) {
    let report = &measured.report;
    text.metric("dora", "gauge", "DORA's five of the last 90 days, each in its unit.");
    for row in &report.dora {
        let unit = unit(&row.figure);
        if let Some(value) = row.figure.value {
            text.value("dora", &[("measure", &row.id), ("unit", &unit)], value);
        }
    }
    lead(text, report);
    let mut stages: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    for one in &measured.open {
        let known = stages.entry(one.stage.as_str()).or_default();
        *known = (known.0 + 1, known.1.max(one.waited_ms.get()));
    }
    text.metric("open_requests", "gauge", "Open requests by the stage that they wait in.");
    for (stage, (n, _)) in &stages {
        text.value("open_requests", &[("stage", stage)], *n as f64);
    }
    text.metric("open_request_wait_seconds", "gauge", "The longest wait in each stage.");
    for (stage, (_, longest)) in &stages {
        text.value("open_request_wait_seconds", &[("stage", stage)], *longest as f64 / 1_000.0);
    }
    let open = measured.incidents.iter().filter(|one| one.resolved.is_none()).count();
    text.single("open_incidents", "gauge", "Incidents that go on.", open as f64);
}

/// The line and its stages.
fn lead(text: &mut Text, report: &Report) {
    let stream = &report.value_stream;
    text.metric("stage_hours", "gauge", "Median of each stage of the line, hours.");
    for stage in &stream.stages {
        if let Some(value) = stage.p50.value {
            text.value("stage_hours", &[("stage", &stage.id)], value);
        }
    }
    if let Some(value) = stream.total.p50.value {
        text.single("line_hours", "gauge", "Median of the whole line, hours.", value);
    }
    if let Some(value) = stream.flow_efficiency.value {
        let help = "Share of the line that is spent working.";
        text.single("flow_efficiency_ratio", "gauge", help, value);
    }
}

fn unit(figure: &Figure) -> String {
    let unit = serde_json::to_value(figure.unit).ok();
    unit.and_then(|unit| unit.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tl_ledger::Position;

    use super::*;
    use crate::testing::now;
    use crate::told::Count;

    #[test]
    fn events_that_are_counted_in_part_are_no_metric() {
        let mut heard = Heard::default();
        let kinds = BTreeMap::from([("ci.finished".to_owned(), Count { events: 2, last: now() })]);
        heard.sources.insert("ci".to_owned(), kinds);
        (heard.position, heard.end) = (Position(2), Position(5));
        let mut text = Text::default();
        of_heard(&mut text, &heard, || unreachable!("findings are not counted either"));
        assert_eq!(text.0, "");
    }

    #[test]
    fn a_label_may_hold_anything_and_stays_one_label() {
        let mut text = Text::default();
        text.metric("x", "gauge", "a\nb");
        text.value("x", &[("source", "a\"} 1\nthroughline_x{b=\"\\")], 2.0);
        text.value("x", &[], f64::NAN);
        insta::assert_snapshot!(text.0, @r#"
        # HELP throughline_x a\nb
        # TYPE throughline_x gauge
        throughline_x{source="a\"} 1\nthroughline_x{b=\"\\"} 2
        "#);
    }
}
