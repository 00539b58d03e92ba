//! pytest: `pytest-json-report`, one document, and `pytest-reportlog`, a document a line.
//!
//! In: tests with their setup, call and teardown. Out: a case for each test that ran, and one for
//! a file that could not be collected. Start at [`PytestJson`] and [`log::PytestLog`].

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{
    at, class_of, count, instant, line, list, message, micros, number, text, unknown,
};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure, Gap};

pub(super) mod log;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct PytestJson {
    tests: u64,
    said: Option<u64>,
    exit: Option<u64>,
}

impl Shape for PytestJson {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "tests" | "collectors" => Take::Enter,
            "tests[]" | "collectors[]" | "summary" | "exitcode" | "created" => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        match path {
            "tests[]" => {
                self.tests += 1;
                test(value, sink);
            }
            "collectors[]" => collector(value, sink),
            "summary" => self.said = count(value, "total"),
            "exitcode" => self.exit = number(value),
            _ => {
                let seconds = value.as_f64().filter(|seconds| *seconds > 0.0 && *seconds < 4e9);
                if let Some(at) = seconds.and_then(|at| instant(&Value::from(at * 1e3))) {
                    sink.instant(at);
                }
            }
        }
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        if let Some(exit) = self.exit {
            ended(exit, sink);
        }
        match self.said {
            Some(said) if whole => sink.compare(sink.line, "the report", said, self.tests),
            _ => {}
        }
    }

    fn useless(&self) -> &'static [&'static str] {
        &["keywords", "log", "stdout", "stderr", "metadata", "result"]
    }
}

/// Says what an exit code of pytest's leaves open.
fn ended(exit: u64, sink: &mut Sink) {
    let what = match exit {
        2 => "pytest was interrupted",
        3 => "pytest had an error of its own",
        4 => "pytest was called wrongly",
        _ => return,
    };
    sink.gap(Gap::NeverFinished, what, "let pytest finish");
}

/// The parts of `tests/sums.py::TestSums::test_add[a::b]`.
fn name_of(id: &str) -> TestName {
    let bare = id.find('[').unwrap_or(id.len());
    let end = id[..bare].rfind("::").unwrap_or(0);
    let (places, own) = id.split_at(end);
    let mut places = places.split("::").filter(|place| !place.is_empty());
    let file = places.next().unwrap_or_default();
    let own = own.trim_start_matches("::");
    TestName {
        suite: places.map(ToOwned::to_owned).collect(),
        class: String::new(),
        name: own.to_owned(),
        file: file.to_owned(),
    }
}

fn test(of: &Value, sink: &mut Sink) {
    let phases = ["setup", "call", "teardown"].map(|phase| at(of, phase));
    let bad = phases.iter().find(|phase| text(phase, "outcome") == "failed");
    let reason = || {
        let skipped = phases.iter().find(|phase| text(phase, "outcome") == "skipped");
        skipped.map(|phase| failure(at(phase, "crash"), at(phase, "longrepr")))
    };
    let why = || bad.map(|phase| failure(at(phase, "crash"), at(phase, "longrepr")));
    let mut attempt = 1;
    let (status, failure) = match text(of, "outcome") {
        "passed" | "xpassed" => (Status::Passed, None),
        "failed" => (Status::Failed, why()),
        // The phases are those of the last attempt.
        "rerun" if bad.is_none() => {
            sink.note("pytest-json-report does not say why earlier attempts failed");
            sink.case(case(name_of(text(of, "nodeid")), Status::Failed));
            attempt = 2;
            (Status::Passed, None)
        }
        "rerun" => (Status::Failed, why()),
        "subtests passed" | "subtests failed" | "subtests skipped" => {
            let what = "pytest-json-report does not say which subtests failed: `--junit-xml` does";
            (Status::Errored, Some(message(what)))
        }
        "error" => (Status::Errored, why()),
        "skipped" | "xfailed" => (Status::Skipped, reason()),
        other => unknown(other),
    };
    let spent = phases.iter().filter_map(|phase| micros(at(phase, "duration"), 1.0));
    sink.case(Case {
        micros: spent.reduce(u64::saturating_add),
        failure,
        attempt,
        // pytest counts from 0.
        line: number(at(of, "lineno")).and_then(|line| u32::try_from(line + 1).ok()),
        ..case(name_of(text(of, "nodeid")), status)
    });
}

fn collector(of: &Value, sink: &mut Sink) {
    if text(of, "outcome") == "failed" {
        let failure = Some(failure(at(of, "crash"), at(of, "longrepr")));
        sink.case(Case { failure, ..case(not_collected(text(of, "nodeid")), Status::Errored) });
    }
}

/// What a file that could not be collected is called.
fn not_collected(id: &str) -> TestName {
    let file = id.split("::").next().unwrap_or_default().to_owned();
    TestName { name: "[collect]".to_owned(), file, ..TestName::default() }
}

/// What a phase says of its failure: where it was raised, and the text for people.
fn failure(crash: &Value, long: &Value) -> Failure {
    let crash = if crash.is_null() { at(long, "reprcrash") } else { crash };
    let said = text(crash, "message");
    let (class, rest) = class_of(said);
    let written = match long {
        Value::String(all) => all.clone(),
        // A reason to skip: file, line, text.
        Value::Array(parts) => parts.last().and_then(Value::as_str).unwrap_or_default().to_owned(),
        all => frames(at(all, "reprtraceback")),
    };
    let place = match (text(crash, "path"), line(at(crash, "lineno"))) {
        ("", _) | (_, None) => String::new(),
        (path, Some(line)) => format!("\n{path}:{line}"),
    };
    if said.is_empty() {
        return message(written.trim());
    }
    let class = match class {
        "" => last_class(long),
        class => class.to_owned(),
    };
    Failure { class, message: rest.to_owned(), text: format!("{written}{place}"), cut: 0 }
}

/// The lines of a traceback.
fn frames(traceback: &Value) -> String {
    let mut all = Vec::new();
    for entry in list(traceback, "reprentries") {
        let data = at(entry, "data");
        all.extend(list(data, "lines").iter().filter_map(Value::as_str).map(ToOwned::to_owned));
        let place = at(data, "reprfileloc");
        if let Some(line) = line(at(place, "lineno")) {
            all.push(format!("{}:{line}: {}", text(place, "path"), text(place, "message")));
        }
    }
    all.join("\n")
}

/// What the last frame says was raised.
fn last_class(long: &Value) -> String {
    let entries = list(at(long, "reprtraceback"), "reprentries");
    let said = entries.last().map(|entry| text(at(at(entry, "data"), "reprfileloc"), "message"));
    said.filter(|said| !said.contains(' ')).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
