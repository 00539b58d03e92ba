//! Playwright's JSON.
//!
//! In: `suites` within one another, their `specs`, the `tests` of a spec (one a project) and the
//! `results` of a test (one an attempt). Out: a case for each result. Start at [`Playwright`].
//! Errors at the top are those of the global setup: red cases, for nothing else tells of them.

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{
    at, count, failure_of, instant, line, list, message, micros, text, unknown,
};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Playwright {
    /// Title and file of the suites that are open.
    suites: Vec<(String, String)>,
    tests: u64,
    said: Option<u64>,
    errors: u64,
}

impl Shape for Playwright {
    fn take(&mut self, path: &str) -> Take {
        let mut rest = path;
        while let Some(deeper) = rest.strip_prefix("suites[].") {
            rest = deeper;
        }
        match rest {
            "suites[]" => {
                self.suites.push((String::new(), String::new()));
                Take::Enter
            }
            "" | "suites" | "specs" | "errors" | "config" | "config.metadata" => Take::Enter,
            "title" | "file" | "specs[]" | "errors[]" | "stats" => Take::Keep,
            "config.metadata.gitCommit" | "config.metadata.ci" | "config.metadata.revision.id" => {
                Take::Keep
            }
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        let key = path.rsplit('.').next().unwrap_or_default();
        match key {
            "title" | "file" => {
                let text = value.as_str().unwrap_or_default();
                if let Some((title, file)) = self.suites.last_mut() {
                    text.clone_into(if key == "title" { title } else { file });
                }
            }
            "specs[]" => self.spec(value, sink),
            "errors[]" => {
                self.errors += 1;
                let name = TestName { name: "[global]".to_owned(), ..TestName::default() };
                sink.case(Case { failure: Some(failure(value)), ..case(name, Status::Errored) });
            }
            "stats" => {
                let all = ["expected", "skipped", "unexpected", "flaky"];
                self.said = Some(all.iter().filter_map(|key| count(value, key)).sum());
            }
            "gitCommit" => sink.commit(text(value, "hash")),
            "ci" => sink.commit(text(value, "commitHash")),
            _ => {}
        }
    }

    fn left(&mut self, path: &str) {
        if path.ends_with("suites[]") {
            self.suites.pop();
        }
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        match self.said {
            Some(said) if whole => sink.compare(sink.line, "the report", said, self.tests),
            _ => {}
        }
        if whole && self.tests == 0 && self.errors == 0 {
            sink.note("the report holds no tests");
        }
    }

    fn useless(&self) -> &'static [&'static str] {
        &["attachments", "stdout", "stderr", "steps", "annotations", "snippet", "tags"]
    }
}

impl Playwright {
    fn spec(&mut self, spec: &Value, sink: &mut Sink) {
        let inner = self.suites.iter().rev().map(|(_, file)| file).find(|file| !file.is_empty());
        let file = match text(spec, "file") {
            "" => inner.cloned().unwrap_or_default(),
            file => file.to_owned(),
        };
        for test in list(spec, "tests") {
            self.tests += 1;
            sink.suite();
            let mut suite: Vec<String> =
                self.suites.iter().map(|(title, _)| title.clone()).collect();
            let project = text(test, "projectName");
            if !project.is_empty() {
                suite.insert(suite.len().min(1), project.to_owned());
            }
            suite.retain(|title| !title.is_empty());
            let name = TestName {
                suite,
                class: String::new(),
                name: text(spec, "title").to_owned(),
                file: file.clone(),
            };
            let line = line(at(spec, "line"));
            let results = list(test, "results");
            for result in results {
                let (status, failure) = verdict(test, result);
                sink.case(Case {
                    micros: micros(at(result, "duration"), 1e3),
                    started: instant(at(result, "startTime")),
                    failure,
                    attempt: count(result, "retry")
                        .map_or(1, |retry| (retry + 1).min(1_000) as u32),
                    line,
                    ..case(name.clone(), status)
                });
            }
            if results.is_empty() {
                let skipped = text(test, "status") == "skipped";
                let status = if skipped { Status::Skipped } else { Status::Unfinished };
                let failure = (!skipped).then(|| message("it was not run"));
                sink.case(Case { failure, line, ..case(name, status) });
            }
        }
    }
}

/// What became of one attempt, measured by what was expected of it.
fn verdict(test: &Value, result: &Value) -> (Status, Option<Failure>) {
    let expected = match text(test, "expectedStatus") {
        "" => "passed",
        expected => expected,
    };
    let failed = || {
        let errors = list(result, "errors");
        let first = errors.first().unwrap_or_else(|| at(result, "error"));
        let mut failure = failure(first);
        for further in errors.iter().skip(1) {
            failure.text.push_str("\n\n");
            failure.text.push_str(text(further, "message"));
        }
        Some(failure)
    };
    match text(result, "status") {
        "skipped" => (Status::Skipped, None),
        "interrupted" => (Status::Unfinished, failed()),
        got if got == expected => (Status::Passed, None),
        "passed" => (Status::Failed, Some(message("it was expected to fail, and passed"))),
        "timedOut" | "failed" => (Status::Failed, failed()),
        other => unknown(other),
    }
}

/// An error with `message` and `stack`, which begins with the message.
fn failure(error: &Value) -> Failure {
    let (said, stack) = (text(error, "message"), text(error, "stack"));
    let mut failure = failure_of(if said.is_empty() { stack } else { said });
    let frames = stack.strip_prefix(said).unwrap_or(stack).trim_start_matches('\n');
    if failure.text.is_empty() && !said.is_empty() {
        frames.clone_into(&mut failure.text);
    }
    if failure.message.is_empty() {
        text(error, "value").clone_into(&mut failure.message);
    }
    failure
}

#[cfg(test)]
mod tests;
