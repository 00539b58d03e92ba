//! mocha's JSON.
//!
//! In: `passes`, `pending` and `failures`; `tests` says how many there are, and not what became of
//! them. Out: a case for each. Start at [`Mocha`]. A hook that failed is in `failures` alone.

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{at, count, failure_of, instant, micros, text};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Mocha {
    /// Elements of `tests`.
    tests: u64,
    /// Cases that are tests, and no hooks.
    cases: u64,
    said: Option<u64>,
}

impl Shape for Mocha {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "tests" | "passes" | "pending" | "failures" => Take::Enter,
            "tests[]" => {
                self.tests += 1;
                Take::Skip
            }
            "stats" | "passes[]" | "pending[]" | "failures[]" => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        let status = match path {
            "passes[]" => Status::Passed,
            "pending[]" => Status::Skipped,
            "failures[]" => Status::Failed,
            _ => {
                self.said = count(value, "tests");
                for key in ["start", "end"] {
                    if let Some(at) = instant(at(value, key)) {
                        sink.instant(at);
                    }
                }
                return;
            }
        };
        self.test(status, value, sink);
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        if whole {
            let said = self.said.unwrap_or(0).max(self.tests);
            sink.compare(sink.line, "the report", said, self.cases);
        }
    }
}

impl Mocha {
    fn test(&mut self, status: Status, test: &Value, sink: &mut Sink) {
        let title = text(test, "title");
        let full = text(test, "fullTitle");
        let suite = full.strip_suffix(title).map_or("", str::trim_end);
        let name = TestName {
            suite: if suite.is_empty() { Vec::new() } else { vec![suite.to_owned()] },
            class: String::new(),
            name: if title.is_empty() { full.to_owned() } else { title.to_owned() },
            file: text(test, "file").to_owned(),
        };
        let hooks = ["\"before each\" hook", "\"after each\" hook", "\"before all\" hook"];
        let is_hook = title.starts_with("\"after all\" hook")
            || hooks.iter().any(|hook| title.starts_with(hook));
        let status = if is_hook && status == Status::Failed { Status::Errored } else { status };
        self.cases += u64::from(!is_hook);
        let attempt = count(test, "currentRetry").map_or(1, |retry| retry.min(999) as u32 + 1);
        if attempt > 1 {
            sink.note("mocha does not say why earlier attempts failed");
        }
        let red = status.is_red();
        sink.case(Case {
            micros: micros(at(test, "duration"), 1e3),
            failure: red.then(|| failure(at(test, "err"))),
            attempt,
            ..case(name, status)
        });
    }
}

fn failure(error: &Value) -> Failure {
    let (said, stack) = (text(error, "message"), text(error, "stack"));
    let mut failure = failure_of(if stack.is_empty() { said } else { stack });
    if !said.is_empty() {
        said.clone_into(&mut failure.message);
    }
    if failure.class.is_empty() {
        text(error, "name").clone_into(&mut failure.class);
    }
    failure
}

#[cfg(test)]
mod tests;
