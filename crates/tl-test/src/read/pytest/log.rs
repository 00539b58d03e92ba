//! `pytest-reportlog`: what pytest tells of a run, a document a line.

use std::collections::BTreeMap;

use serde_json::Value;
use tl_core::test::Status;

use super::super::json::value::{self, at, list, micros, number, text, unknown};
use super::super::lines::Line;
use super::super::sink::{Sink, case};
use super::super::{Case, Failure, Gap};
use super::{ended, failure, name_of, not_collected};

/// What is known so far.
#[derive(Debug, Default)]
pub(in super::super) struct PytestLog {
    open: BTreeMap<String, Open>,
    /// Attempts that were followed by another one.
    reruns: BTreeMap<String, u32>,
    finished: bool,
}

/// A test whose teardown is still to come.
#[derive(Debug, Default)]
struct Open {
    status: Option<Status>,
    micros: u64,
    failure: Option<Failure>,
    rerun: bool,
    line: Option<u32>,
    at_line: u64,
}

impl Line for PytestLog {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        if line.trim().is_empty() {
            return;
        }
        let Ok(report) = value::parse(line.as_bytes()) else {
            sink.gap(Gap::Malformed, "a line of the report is no JSON", "hand over the whole log");
            return;
        };
        match text(&report, "$report_type") {
            "TestReport" => self.test(&report, sink),
            "SubTestReport" | "SubtestReport" => subtest(&report, sink),
            "CollectReport" if text(&report, "outcome") == "failed" => {
                let failure = Some(failure(&Value::Null, at(&report, "longrepr")));
                let name = not_collected(text(&report, "nodeid"));
                sink.case(Case { failure, ..case(name, Status::Errored) });
            }
            "SessionFinish" => {
                self.finished = true;
                ended(number(at(&report, "exitstatus")).unwrap_or(0), sink);
            }
            _ => {}
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        for (id, open) in std::mem::take(&mut self.open) {
            let failure = open.failure.or_else(|| Some(value::message("it never ended")));
            let status = open.status.filter(|status| status.is_red()).unwrap_or(Status::Unfinished);
            let (line, at_line) = (open.line, open.at_line);
            sink.case(Case { failure, line, at_line, ..case(name_of(&id), status) });
        }
        if !self.finished {
            let what = "the log has no end of the session";
            sink.gap(Gap::Truncated, what, "let pytest finish");
        }
    }
}

impl PytestLog {
    fn test(&mut self, report: &Value, sink: &mut Sink) {
        let id = text(report, "nodeid");
        let when = text(report, "when");
        let open = self.open.entry(id.to_owned()).or_default();
        open.micros += micros(at(report, "duration"), 1.0).unwrap_or(0);
        let line = list(report, "location").get(1).and_then(number);
        open.line = line.and_then(|line| u32::try_from(line + 1).ok());
        open.at_line = sink.line;
        let phase = match text(report, "outcome") {
            "passed" if when == "call" => Some(Status::Passed),
            "passed" => None,
            "rerun" => {
                open.rerun = true;
                Some(Status::Failed)
            }
            "failed" if when == "call" => Some(Status::Failed),
            "failed" => Some(Status::Errored),
            "skipped" => Some(Status::Skipped),
            other => Some(unknown(other).0),
        };
        // The worst of its phases counts.
        if let Some(phase) = phase
            && open.status.is_none_or(|status| severity(phase) > severity(status))
        {
            open.status = Some(phase);
            let failed = phase != Status::Passed;
            open.failure = failed.then(|| failure(&Value::Null, at(report, "longrepr")));
        }
        if when != "teardown" {
            return;
        }
        let open = std::mem::take(open);
        self.open.remove(id);
        let before = self.reruns.get(id).copied().unwrap_or(0);
        if open.rerun {
            self.reruns.insert(id.to_owned(), before + 1);
        }
        let (status, failure) = match open.status {
            Some(status) => (status, open.failure),
            None => unknown(""),
        };
        sink.case(Case {
            micros: Some(open.micros),
            failure,
            attempt: before + 1,
            line: open.line,
            ..case(name_of(id), status)
        });
    }
}

/// Errors over failures over skips over passes.
const fn severity(status: Status) -> u8 {
    match status {
        Status::Passed => 0,
        Status::Skipped => 1,
        Status::Unfinished => 2,
        Status::Failed => 3,
        Status::Errored => 4,
    }
}

/// Hands on one of the parts of a test that says them.
fn subtest(report: &Value, sink: &mut Sink) {
    let mut name = name_of(text(report, "nodeid"));
    let context = at(report, "context");
    let kwargs = at(context, "kwargs").as_object();
    let values = kwargs.into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let values = values.collect::<Vec<_>>().join(", ");
    name.name = format!("{} [{}] ({values})", name.name, text(context, "msg"));
    let why = || Some(failure(&Value::Null, at(report, "longrepr")));
    let (status, failure) = match text(report, "outcome") {
        "passed" => (Status::Passed, None),
        "failed" => (Status::Failed, why()),
        "skipped" => (Status::Skipped, why()),
        other => unknown(other),
    };
    let micros = micros(at(report, "duration"), 1.0);
    sink.case(Case { micros, failure, ..case(name, status) });
}
