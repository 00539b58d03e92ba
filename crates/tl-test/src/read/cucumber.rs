//! Cucumber's JSON, and behave's.
//!
//! In: a list of features with `elements`: scenarios, and the backgrounds before them. Out: a case
//! for each scenario, as bad as the worst of its steps and hooks. Start at [`Cucumber`].

use std::collections::BTreeMap;

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{at, failure_of, instant, line, list, message, micros, text};
use super::json::{Shape, Take};
use super::sink::{Sink, case};
use super::{Case, Failure};

/// Nothing needs to be remembered between features.
#[derive(Debug, Default)]
pub(super) struct Cucumber;

impl Shape for Cucumber {
    fn take(&mut self, path: &str) -> Take {
        match path {
            "" => Take::Enter,
            "[]" => Take::Keep,
            _ => Take::Skip,
        }
    }

    fn kept(&mut self, _path: &str, value: &Value, sink: &mut Sink) {
        sink.suite();
        feature(value, sink);
    }

    fn end(&mut self, _whole: bool, _sink: &mut Sink) {}

    fn useless(&self) -> &'static [&'static str] {
        &["embeddings", "match", "arguments", "rows", "doc_string", "output", "comments", "table"]
    }
}

/// What the steps and hooks of a scenario come to.
#[derive(Debug, Default)]
struct Steps {
    worst: Option<Step>,
    failure: Option<Failure>,
    micros: u64,
}

/// What became of a step, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Passed,
    Skipped,
    /// Without code, or with code that is not done.
    Undefined,
    /// It began, and nobody knows how it ended.
    Unknown,
    /// Several pieces of code fit.
    Ambiguous,
    Failed,
}

impl Steps {
    fn add(&mut self, of: &Value, unit: f64) {
        let result = at(of, "result");
        let step = match text(result, "status") {
            "passed" => Step::Passed,
            "skipped" | "untested" => Step::Skipped,
            "undefined" | "pending" => Step::Undefined,
            "ambiguous" => Step::Ambiguous,
            "failed" | "error" => Step::Failed,
            // behave writes no result for a step that was not run.
            "" if result.is_null() => Step::Skipped,
            _ => Step::Unknown,
        };
        self.micros += micros(at(result, "duration"), unit).unwrap_or(0);
        if self.worst.is_none_or(|worst| step > worst) {
            self.worst = Some(step);
            let said = match at(result, "error_message") {
                Value::Array(lines) => {
                    lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
                }
                said => said.as_str().unwrap_or_default().to_owned(),
            };
            self.failure = match step {
                Step::Passed | Step::Skipped => None,
                _ if !said.is_empty() => Some(failure_of(said.trim_start_matches('\n'))),
                Step::Undefined => Some(message(format!("undefined step: {}", text(of, "name")))),
                Step::Ambiguous => Some(message(format!("ambiguous step: {}", text(of, "name")))),
                _ => Some(message(format!("failed step: {}", text(of, "name")))),
            };
        }
    }

    fn all(&mut self, element: &Value, unit: f64) {
        for hook in list(element, "before") {
            self.add(hook, unit);
        }
        for step in list(element, "steps") {
            for hook in list(step, "before") {
                self.add(hook, unit);
            }
            self.add(step, unit);
            for hook in list(step, "after") {
                self.add(hook, unit);
            }
        }
        for hook in list(element, "after") {
            self.add(hook, unit);
        }
    }
}

fn feature(feature: &Value, sink: &mut Sink) {
    let uri = text(feature, "uri");
    // behave has a place where Cucumber has an address, and seconds where it has nanoseconds.
    let place = text(feature, "location");
    let (file, unit) = if uri.is_empty() && !place.is_empty() {
        (place.rsplit_once(':').map_or(place, |(file, _)| file), 1.0)
    } else {
        (uri.trim_start_matches("file:"), 1e9)
    };
    // Lines of the scenarios of one name, in order, and how often each was run.
    let mut seen: BTreeMap<&str, Vec<(&Value, u32)>> = BTreeMap::new();
    let mut background = Steps::default();
    for element in list(feature, "elements") {
        if text(element, "type") == "background" {
            background = Steps::default();
            background.all(element, unit);
            continue;
        }
        let mut steps = std::mem::take(&mut background);
        steps.all(element, unit);
        let own = text(element, "name");
        let at_line = match at(element, "line") {
            Value::Null => at(element, "location"),
            at_line => at_line,
        };
        let rows = seen.entry(own).or_default();
        let place = rows.iter().position(|(line, _)| *line == at_line).unwrap_or_else(|| {
            rows.push((at_line, 0));
            rows.len() - 1
        });
        rows[place].1 += 1;
        let attempt = rows[place].1;
        let is_outline = text(element, "keyword").contains("Outline") || place > 0;
        let name = if is_outline { format!("{own} #{}", place + 1) } else { own.to_owned() };
        let status = verdict(&steps, element);
        let name = TestName {
            suite: vec![text(feature, "name").to_owned()],
            class: String::new(),
            name,
            file: file.to_owned(),
        };
        sink.case(Case {
            micros: Some(steps.micros),
            started: instant(at(element, "start_timestamp")),
            failure: if status == Status::Passed { None } else { steps.failure },
            attempt,
            line: line(at_line),
            ..case(name, status)
        });
    }
}

fn verdict(steps: &Steps, element: &Value) -> Status {
    match (steps.worst, text(element, "status")) {
        (Some(Step::Failed | Step::Ambiguous), _) => Status::Failed,
        (Some(Step::Unknown), _) => Status::Unfinished,
        // behave says it of the scenario as well: of its hooks there is nothing else.
        (_, "failed" | "error") => Status::Failed,
        (Some(Step::Passed), _) => Status::Passed,
        // Without a step that ran, nothing was tested.
        (Some(Step::Skipped | Step::Undefined) | None, _) => Status::Skipped,
    }
}

#[cfg(test)]
mod tests;
