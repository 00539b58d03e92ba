//! Build events of Bazel as JSON: what it tells of a build, a document a line.
//!
//! In: `testResult` for each run, shard and attempt of a target. Out: a case for each of them,
//! named by its target. Start at [`Bazel`]. The tests within a target are in the `test.xml` files
//! that Bazel writes beside: reports of their own.

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{self, at, count, instant, list, message, micros, number, text, unknown};
use super::lines::Line;
use super::sink::{Sink, case};
use super::{Case, Failure, Gap};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Bazel {
    last: bool,
    results: u64,
}

impl Line for Bazel {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        if line.trim().is_empty() {
            return;
        }
        let Ok(event) = value::parse(line.as_bytes()) else {
            sink.gap(Gap::Malformed, "a line of the report is no JSON", "hand over the whole file");
            return;
        };
        self.last |= at(&event, "lastMessage").as_bool() == Some(true);
        let id = at(&event, "id");
        let (result, summary) = (at(&event, "testResult"), at(&event, "testSummary"));
        if !result.is_null() {
            self.results += 1;
            sink.suite();
            one(at(id, "testResult"), result, sink);
        } else if !summary.is_null() {
            summed(at(id, "testSummary"), summary, sink);
        } else if !at(&event, "aborted").is_null() {
            aborted(id, at(&event, "aborted"), sink);
        }
        for item in list(at(&event, "workspaceStatus"), "item") {
            if ["STABLE_GIT_COMMIT", "BUILD_SCM_REVISION"].contains(&text(item, "key")) {
                sink.commit(text(item, "value"));
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        if !self.last {
            let what = "the events have no last message";
            sink.gap(Gap::Truncated, what, "let Bazel finish");
        }
        if self.results > 0 {
            sink.note(
                "cases are targets of Bazel; for the tests in them, read its `test.xml` files",
            );
        }
    }
}

/// `//orders:retry_test` as package and target.
fn name_of(id: &Value) -> TestName {
    let label = text(id, "label");
    let (package, target) = label.rsplit_once(':').unwrap_or(("", label));
    let mut name = target.to_owned();
    // Shards and runs of one target are different executions, and no attempts.
    for (key, word) in [("shard", "shard"), ("run", "run")] {
        match count(id, key) {
            Some(number) if number > 1 => name = format!("{name} ({word} {number})"),
            _ => {}
        }
    }
    TestName { class: package.to_owned(), name, ..TestName::default() }
}

fn one(id: &Value, result: &Value, sink: &mut Sink) {
    let said = text(result, "status");
    let details = text(result, "statusDetails");
    let why = |what: &str| {
        Some(Failure { message: what.to_owned(), text: details.to_owned(), ..Failure::default() })
    };
    let (status, failure) = match said {
        // It passed in the end: the attempts before are events of their own.
        "PASSED" | "FLAKY" => (Status::Passed, None),
        "FAILED" => (Status::Failed, why("the target failed")),
        "TIMEOUT" => (Status::Failed, why("the target took longer than its timeout")),
        "INCOMPLETE" => (Status::Unfinished, why("the target never ended")),
        "REMOTE_FAILURE" | "FAILED_TO_BUILD" | "TOOL_HALTED_BEFORE_TESTING" => {
            (Status::Errored, why(said))
        }
        other => unknown(other),
    };
    let began = number(at(result, "testAttemptStartMillisEpoch"));
    let started = instant(at(result, "testAttemptStart"));
    let spent = match at(result, "testAttemptDuration") {
        Value::Null => micros(at(result, "testAttemptDurationMillis"), 1e3),
        spent => micros(spent, 1.0),
    };
    sink.case(Case {
        micros: spent,
        started: started.or_else(|| instant(&Value::from(began?))),
        failure,
        attempt: count(id, "attempt").unwrap_or(1).clamp(1, 1_000) as u32,
        ..case(name_of(id), status)
    });
}

/// A target that could not be tested is in its summary alone.
fn summed(id: &Value, summary: &Value, sink: &mut Sink) {
    let said = text(summary, "overallStatus");
    let none = count(summary, "totalRunCount").unwrap_or(0) == 0;
    if none && !matches!(said, "PASSED" | "FLAKY") {
        let failure = Some(message(format!("Bazel did not test it: {said}")));
        sink.case(Case { failure, ..case(name_of(id), Status::Errored) });
    }
}

fn aborted(id: &Value, why: &Value, sink: &mut Sink) {
    let target = ["testResult", "testSummary", "targetCompleted"];
    let Some(id) = target.iter().map(|key| at(id, key)).find(|id| !id.is_null()) else { return };
    let reason = text(why, "reason");
    // Asked for, and nothing that is missing.
    if reason == "SKIPPED" {
        return;
    }
    let failure = Some(Failure {
        message: format!("Bazel did not finish it: {reason}"),
        text: text(why, "description").to_owned(),
        ..Failure::default()
    });
    sink.case(Case { failure, ..case(name_of(id), Status::Errored) });
}

#[cfg(test)]
mod tests;
