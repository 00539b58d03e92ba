//! Common Test Report Format.
//!
//! In: `results` with `tool`, `summary` and `tests`. Out: a case for each attempt. Start at
//! [`Ctrf`]. `retryAttempts` are the attempts before the last one, which is the test itself; some
//! writers list the last one among them as well.

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{at, count, instant, line, list, message, micros, text, unknown};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Counts, Failure};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Ctrf {
    tests: u64,
    said: Option<u64>,
}

impl Shape for Ctrf {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "results" | "results.tests" => Take::Enter,
            "specVersion" | "results.summary" | "results.environment" | "results.tests[]" => {
                Take::Keep
            }
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        match path {
            "results.tests[]" => {
                self.tests += 1;
                attempts(value, sink);
            }
            "results.summary" => {
                self.said = count(value, "tests");
                let number = |key| count(value, key).unwrap_or(0);
                sink.said(Counts {
                    cases: number("tests"),
                    passed: number("passed"),
                    failed: number("failed"),
                    errored: number("other"),
                    skipped: number("skipped") + number("pending"),
                });
                for key in ["start", "stop"] {
                    if let Some(at) = instant(at(value, key)) {
                        sink.instant(at);
                    }
                }
            }
            "results.environment" => sink.commit(text(value, "commit")),
            _ => {
                let version = value.as_str().unwrap_or_default();
                if !version.starts_with("0.") && !version.starts_with("1.") {
                    sink.note(format!(
                        "version `{version}` of CTRF is not known, and is read as 1.0"
                    ));
                }
            }
        }
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        match self.said {
            Some(said) if whole => sink.compare(sink.line, "the report", said, self.tests),
            _ => {}
        }
    }

    fn useless(&self) -> &'static [&'static str] {
        &[
            "attachments",
            "stdout",
            "stderr",
            "steps",
            "screenshot",
            "extra",
            "insights",
            "parameters",
        ]
    }
}

/// Hands on the attempts of one test.
fn attempts(test: &Value, sink: &mut Sink) {
    let suite = match at(test, "suite") {
        Value::String(one) => one.split(" > ").map(ToOwned::to_owned).collect(),
        Value::Array(several) => {
            several.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let mut name = TestName {
        suite,
        class: String::new(),
        name: text(test, "name").to_owned(),
        file: text(test, "filePath").to_owned(),
    };
    // One test in several browsers is several tests.
    let browser = text(test, "browser");
    if !browser.is_empty() {
        name.suite.insert(name.suite.len().min(1), browser.to_owned());
    }
    let line = line(at(test, "line"));
    let retries = count(test, "retries").map(|retries| retries.min(999) as u32);
    let mut earlier = list(test, "retryAttempts");
    if let Some((last, before)) = earlier.split_last()
        && is_the_last(last, earlier.len(), retries, test)
    {
        earlier = before;
    }
    let mut attempt = 1;
    for (place, one) in earlier.iter().enumerate() {
        attempt = count(one, "attempt").unwrap_or(place as u64 + 1).clamp(1, 1_000) as u32;
        let (status, failure) = verdict(one);
        sink.case(Case {
            micros: micros(at(one, "duration"), 1e3),
            started: instant(at(one, "start")),
            failure,
            attempt,
            line,
            ..case(name.clone(), status)
        });
        attempt += 1;
    }
    let (status, failure) = verdict(test);
    let retries = retries.unwrap_or(0);
    let is_flaky = at(test, "flaky").as_bool() == Some(true);
    if earlier.is_empty() && status == Status::Passed && (is_flaky || retries > 0) {
        let failure = Some(message("it was run again; the report does not say why"));
        sink.case(Case { failure, line, ..case(name.clone(), Status::Failed) });
        attempt = 2;
    }
    sink.case(Case {
        micros: micros(at(test, "duration"), 1e3),
        started: instant(at(test, "start")),
        failure,
        attempt: attempt.max(retries + 1),
        line,
        ..case(name, status)
    });
}

/// Whether the last of the attempts that are listed is the test itself.
fn is_the_last(last: &Value, listed: usize, retries: Option<u32>, test: &Value) -> bool {
    let same = |key| at(last, key) == at(test, key);
    if !same("status") {
        return false;
    }
    match retries {
        Some(retries) => listed > retries as usize,
        None => same("duration") && (same("start") || at(last, "start").is_null()),
    }
}

fn verdict(of: &Value) -> (Status, Option<Failure>) {
    let status = match text(of, "status") {
        "passed" => return (Status::Passed, None),
        "skipped" | "pending" => Status::Skipped,
        "failed" => match text(of, "rawStatus") {
            "errored" | "error" | "broken" => Status::Errored,
            "unfinished" | "interrupted" => Status::Unfinished,
            _ => Status::Failed,
        },
        "other" => Status::Errored,
        status => return unknown(status),
    };
    let failure = Failure {
        class: String::new(),
        message: text(of, "message").to_owned(),
        text: text(of, "trace").to_owned(),
        cut: 0,
    };
    let says = !failure.message.is_empty() || !failure.text.is_empty();
    (status, (says || status.is_red()).then_some(failure))
}

#[cfg(test)]
mod tests;
