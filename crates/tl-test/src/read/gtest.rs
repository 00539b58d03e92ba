//! `GoogleTest`'s JSON.
//!
//! In: `testsuites`, each with the tests of its `testsuite`. Out: a case for each test. Start at
//! [`Gtest`].

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{at, count, instant, line, list, micros, number, plain, text, unknown};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Gtest {
    tests: u64,
    said: Option<u64>,
}

impl Shape for Gtest {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "testsuites" => Take::Enter,
            "testsuites[]" | "tests" => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        if path == "tests" {
            self.said = number(value);
            return;
        }
        sink.suite();
        let suite = text(value, "name");
        let tests = list(value, "testsuite");
        for test in tests {
            self.tests += 1;
            one(suite, test, sink);
        }
        if let Some(said) = count(value, "tests") {
            sink.compare(sink.line, &format!("suite `{suite}`"), said, tests.len() as u64);
        }
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        match self.said {
            Some(said) if whole => sink.compare(sink.line, "the report", said, self.tests),
            _ => {}
        }
    }
}

fn one(suite: &str, test: &Value, sink: &mut Sink) {
    let mut name = text(test, "name").to_owned();
    // The index of a parameter says less than its value, and changes with the list.
    let parameter = match plain(test, "value_param") {
        parameter if parameter.is_empty() => plain(test, "type_param"),
        parameter => parameter,
    };
    if !parameter.is_empty() {
        name = format!("{name} ({parameter})");
    }
    let class = match text(test, "classname") {
        "" => suite,
        class => class,
    };
    let name = TestName {
        suite: Vec::new(),
        class: class.to_owned(),
        name,
        file: text(test, "file").to_owned(),
    };
    let failures = list(test, "failures");
    let (status, failure) = match (text(test, "status"), text(test, "result")) {
        _ if !failures.is_empty() => (Status::Failed, Some(failure(failures))),
        ("NOTRUN", _) | (_, "SUPPRESSED" | "SKIPPED") => {
            let why = list(test, "skipped").first().map(|why| failure(std::slice::from_ref(why)));
            (Status::Skipped, why)
        }
        ("RUN", "COMPLETED" | "") => (Status::Passed, None),
        (_, other) => unknown(other),
    };
    sink.case(Case {
        micros: micros(at(test, "time"), 1.0),
        started: instant(at(test, "timestamp")),
        failure,
        line: line(at(test, "line")),
        ..case(name, status)
    });
}

/// What the failures of one test say: `file:line`, a line feed, and the message.
fn failure(all: &[Value]) -> Failure {
    let texts: Vec<&str> = all
        .iter()
        .map(|one| match text(one, "failure") {
            "" => text(one, "message"),
            said => said,
        })
        .collect();
    let first = texts.first().copied().unwrap_or_default();
    let message = first.split_once('\n').map_or(first, |(_, message)| message);
    Failure {
        class: all.first().map(|one| text(one, "type").to_owned()).unwrap_or_default(),
        message: message.to_owned(),
        text: texts.join("\n\n"),
        cut: 0,
    }
}

#[cfg(test)]
mod tests;
