//! jest's and vitest's JSON.
//!
//! In: `testResults`, one a file, with their `assertionResults`. Out: a case for each attempt of
//! each test, and one for a file that could not be run. Start at [`Jest`].

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{
    at, failure_of, instant, line, list, message, micros, number, text, unknown,
};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure, Gap};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Jest {
    tests: u64,
    said: Option<u64>,
    files: u64,
    said_files: Option<u64>,
}

impl Shape for Jest {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "testResults" => Take::Enter,
            "testResults[]" | "numTotalTests" | "wasInterrupted" | "numRuntimeErrorTestSuites" => {
                Take::Keep
            }
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        match path {
            "testResults[]" => self.file(value, sink),
            "numTotalTests" => self.said = number(value),
            "numRuntimeErrorTestSuites" => self.said_files = number(value),
            "wasInterrupted" if value.as_bool() == Some(true) => {
                let what = "the runner says that it was interrupted";
                sink.gap(Gap::NeverFinished, what, "let the runner finish");
            }
            _ => {}
        }
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        if !whole {
            return;
        }
        if let Some(said) = self.said {
            sink.compare(sink.line, "the report", said, self.tests);
        }
        if self.said_files.unwrap_or(0) > 0 && self.files == 0 {
            let what = "the report counts files that could not be run, and names none";
            sink.gap(Gap::FewerThanSaid, what, "hand over the runner's whole report");
        }
    }

    fn useless(&self) -> &'static [&'static str] {
        &["coverage", "console", "openHandles", "snapshot", "meta", "perfStats", "sourceMaps"]
    }
}

impl Jest {
    fn file(&mut self, of: &Value, sink: &mut Sink) {
        sink.suite();
        self.files += 1;
        let key =
            if of.get("assertionResults").is_some() { "assertionResults" } else { "testResults" };
        let path = match text(of, "name") {
            "" => text(of, "testFilePath"),
            name => name,
        };
        let mut red = false;
        for test in list(of, key) {
            self.tests += 1;
            red |= assertion(test, path, sink).is_red();
        }
        let failed = text(of, "status") == "failed" || !at(of, "testExecError").is_null();
        if failed && !red {
            let name = TestName {
                name: "[file]".to_owned(),
                file: path.to_owned(),
                ..TestName::default()
            };
            let said = match text(of, "message") {
                "" => text(of, "failureMessage"),
                said => said,
            };
            let said = if said.is_empty() { "the file could not be run" } else { said };
            sink.case(Case { failure: Some(failure_of(said)), ..case(name, Status::Errored) });
        }
    }
}

/// Hands on the attempts of one test; what became of the last.
fn assertion(test: &Value, file: &str, sink: &mut Sink) -> Status {
    let titles = list(test, "ancestorTitles").iter().filter_map(Value::as_str);
    let suite = titles.filter(|title| !title.is_empty()).map(ToOwned::to_owned).collect();
    let title = match text(test, "title") {
        "" => text(test, "fullName"),
        title => title,
    };
    let test_name =
        TestName { suite, class: String::new(), name: title.to_owned(), file: file.to_owned() };
    let mut failure = failures(list(test, "failureMessages"));
    let status = match text(test, "status") {
        "passed" => Status::Passed,
        "failed" => Status::Failed,
        "pending" | "skipped" | "todo" | "disabled" => Status::Skipped,
        other => {
            let (status, what) = unknown(other);
            failure = failure.or(what);
            status
        }
    };
    let line = line(at(at(test, "location"), "line"));
    let mut attempt = 1;
    for reason in list(test, "retryReasons") {
        let failure = reason.as_str().map_or_else(|| message("it was run again"), failure_of);
        let red = case(test_name.clone(), Status::Failed);
        sink.case(Case { failure: Some(failure), attempt, line, ..red });
        attempt += 1;
    }
    // Without the reasons, the number of runs still says that the first ones failed.
    let runs = number(at(test, "invocations")).unwrap_or(1).min(100);
    while u64::from(attempt) < runs {
        let failure = Some(message("it was run again; the report does not say why"));
        sink.case(Case { failure, attempt, line, ..case(test_name.clone(), Status::Failed) });
        attempt += 1;
    }
    sink.case(Case {
        micros: micros(at(test, "duration"), 1e3),
        started: instant(at(test, "startAt")).or_else(|| instant(at(test, "startTime"))),
        failure: if status == Status::Passed { None } else { failure },
        attempt,
        line,
        ..case(test_name, status)
    });
    status
}

/// What the messages of one test say: the first is the reason, the others stand behind it.
fn failures(messages: &[Value]) -> Option<Failure> {
    let mut texts = messages.iter().filter_map(Value::as_str);
    let mut failure = failure_of(texts.next()?);
    for further in texts {
        failure.text.push_str("\n\n");
        failure.text.push_str(further);
    }
    Some(failure)
}

#[cfg(test)]
mod tests;
