//! `RSpec`'s JSON.
//!
//! In: `examples`, the `summary`, and `messages` about what failed outside of examples. Out: a
//! case for each example. Start at [`Rspec`]. Ids such as `[1:1:2]` are places, and no names.

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{at, count, line, list, message, micros, text, unknown};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Rspec {
    examples: u64,
    said: Option<u64>,
    outside: u64,
    messages: String,
}

impl Shape for Rspec {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" | "examples" | "messages" => Take::Enter,
            "examples[]" | "messages[]" | "summary" => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, path: &str, value: &Value, sink: &mut Sink) {
        match path {
            "examples[]" => {
                self.examples += 1;
                example(value, sink);
            }
            "messages[]" => {
                let said = value.as_str().unwrap_or_default();
                if self.messages.len() + said.len() < sink.limits.text {
                    self.messages.push_str(said);
                    self.messages.push('\n');
                }
            }
            _ => {
                self.said = count(value, "example_count");
                self.outside = count(value, "errors_outside_of_examples_count").unwrap_or(0);
            }
        }
    }

    fn end(&mut self, whole: bool, sink: &mut Sink) {
        if self.outside > 0 {
            let name = TestName { name: "[outside of examples]".to_owned(), ..TestName::default() };
            let failure = Some(message(self.messages.trim()));
            sink.case(Case { failure, ..case(name, Status::Errored) });
        }
        match self.said {
            // After an error outside of them, examples are counted and not run.
            Some(said) if whole && self.outside == 0 => {
                sink.compare(sink.line, "the report", said, self.examples);
            }
            _ => {}
        }
    }
}

fn example(of: &Value, sink: &mut Sink) {
    let full = text(of, "full_description");
    let own = text(of, "description");
    let group = full.strip_suffix(own).map_or("", str::trim_end);
    let name = TestName {
        suite: if group.is_empty() { Vec::new() } else { vec![group.to_owned()] },
        class: String::new(),
        name: if group.is_empty() { full.to_owned() } else { own.to_owned() },
        file: text(of, "file_path").trim_start_matches("./").to_owned(),
    };
    let exception = at(of, "exception");
    let (status, failure) = match text(of, "status") {
        "passed" => (Status::Passed, None),
        "pending" => {
            let why = text(of, "pending_message");
            (Status::Skipped, (!why.is_empty()).then(|| message(why)))
        }
        "failed" => {
            let frames = list(exception, "backtrace").iter().filter_map(Value::as_str);
            let failure = Failure {
                class: text(exception, "class").to_owned(),
                message: text(exception, "message").to_owned(),
                text: frames.collect::<Vec<_>>().join("\n"),
                cut: 0,
            };
            (Status::Failed, Some(failure))
        }
        other => unknown(other),
    };
    sink.case(Case {
        micros: micros(at(of, "run_time"), 1.0),
        failure,
        line: line(at(of, "line_number")),
        ..case(name, status)
    });
}

#[cfg(test)]
mod tests;
