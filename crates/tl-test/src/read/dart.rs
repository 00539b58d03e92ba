//! `dart test` and `flutter test`: what the runner tells of a run, a document a line.
//!
//! In: suites, groups, tests that start and are done, errors between. Out: a case for each test.
//! Start at [`Dart`]. Hidden ones, which load a file or set up a group, are cases if they fail.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{self, at, count, line, list, message, text, unknown};
use super::lines::Line;
use super::sink::{Sink, case, cut};
use super::{Case, Failure, Gap};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Dart {
    suites: HashMap<u64, String>,
    groups: HashMap<u64, String>,
    open: BTreeMap<u64, Open>,
    done: bool,
}

/// A test that is running.
#[derive(Debug)]
struct Open {
    name: TestName,
    began: u64,
    line: Option<u32>,
    at_line: u64,
    failure: Option<Failure>,
    printed: String,
    skipped: Option<String>,
}

impl Line for Dart {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        // flutter writes lists of its own, and progress, between.
        if !line.trim_start().starts_with('{') {
            return;
        }
        let Ok(event) = value::parse(line.as_bytes()) else {
            sink.gap(
                Gap::Malformed,
                "a line of the report is no JSON",
                "hand over the whole report",
            );
            return;
        };
        match text(&event, "type") {
            "suite" => {
                sink.suite();
                let suite = at(&event, "suite");
                let path = text(suite, "path").replace('\\', "/");
                self.suites.insert(count(suite, "id").unwrap_or(u64::MAX), path);
            }
            "group" => {
                let group = at(&event, "group");
                let name = text(group, "name").to_owned();
                self.groups.insert(count(group, "id").unwrap_or(u64::MAX), name);
            }
            "testStart" => self.start(&event, sink),
            "error" => self.error(&event),
            "print" => self.print(&event, sink.limits.text),
            "testDone" => self.test_done(&event, sink),
            "done" => {
                self.done = true;
                if at(&event, "success").is_null() {
                    let what = "the runner was stopped before it was done";
                    sink.gap(Gap::NeverFinished, what, "let the runner finish");
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        for (_, open) in std::mem::take(&mut self.open) {
            let failure = open.failure.or_else(|| Some(message("it never ended")));
            let (line, at_line) = (open.line, open.at_line);
            sink.case(Case { failure, line, at_line, ..case(open.name, Status::Unfinished) });
        }
        if !self.done {
            sink.gap(Gap::Truncated, "the report has no end of the run", "let the runner finish");
        }
    }
}

impl Dart {
    fn start(&mut self, event: &Value, sink: &Sink) {
        let test = at(event, "test");
        let whole = text(test, "name");
        let (mut suite, mut before) = (Vec::new(), "");
        for group in list(test, "groupIDs").iter().filter_map(Value::as_u64) {
            let group = self.groups.get(&group).map_or("", String::as_str);
            // The name of a group begins with that of the group around it.
            let own = group.strip_prefix(before).unwrap_or(group).trim();
            if !own.is_empty() {
                suite.push(own.to_owned());
                before = group;
            }
        }
        let own = whole.strip_prefix(before).unwrap_or(whole).trim();
        let file = count(test, "suiteID").and_then(|id| self.suites.get(&id)).cloned();
        let name = TestName {
            suite,
            class: String::new(),
            name: if own.is_empty() { whole.to_owned() } else { own.to_owned() },
            file: file.unwrap_or_default(),
        };
        let open = Open {
            name,
            began: count(event, "time").unwrap_or(0),
            line: line(at(test, "root_line")).or_else(|| line(at(test, "line"))),
            at_line: sink.line,
            failure: None,
            printed: String::new(),
            skipped: at(at(test, "metadata"), "skipReason").as_str().map(ToOwned::to_owned),
        };
        self.open.insert(count(test, "id").unwrap_or(u64::MAX), open);
    }

    fn running(&mut self, event: &Value) -> Option<&mut Open> {
        self.open.get_mut(&count(event, "testID")?)
    }

    fn error(&mut self, event: &Value) {
        let Some(open) = self.running(event) else { return };
        let (said, stack) = (text(event, "error"), text(event, "stackTrace"));
        if let Some(first) = &mut open.failure {
            first.text = format!("{}\n\n{said}\n{stack}", first.text);
            return;
        }
        let (class, rest) = value::class_of(said);
        open.failure = Some(Failure {
            class: class.to_owned(),
            message: rest.trim_end().to_owned(),
            text: stack.to_owned(),
            cut: 0,
        });
    }

    /// flutter prints what went wrong, and says "see exception logs above".
    fn print(&mut self, event: &Value, limit: usize) {
        if let Some(open) = self.running(event)
            && open.printed.len() < limit
        {
            open.printed.push_str(text(event, "message"));
            open.printed.push('\n');
            cut(&mut open.printed, limit);
        }
    }

    fn test_done(&mut self, event: &Value, sink: &mut Sink) {
        let Some(open) = count(event, "testID").and_then(|id| self.open.remove(&id)) else {
            sink.note("a test is done that never began");
            return;
        };
        let result = text(event, "result");
        if at(event, "hidden").as_bool() == Some(true) && result == "success" {
            return;
        }
        let skipped = at(event, "skipped").as_bool() == Some(true);
        let (status, mut failure) = match result {
            "success" if skipped => (Status::Skipped, open.skipped.map(message)),
            "success" => (Status::Passed, None),
            "failure" => (Status::Failed, open.failure),
            "error" => (Status::Errored, open.failure),
            other => unknown(other),
        };
        if let Some(failure) = failure.as_mut().filter(|_| status.is_red()) {
            failure.text.push_str(&open.printed);
        }
        let ended = count(event, "time").unwrap_or(0);
        sink.case(Case {
            micros: Some(ended.saturating_sub(open.began).saturating_mul(1_000)),
            failure,
            line: open.line,
            ..case(open.name, status)
        });
    }
}

#[cfg(test)]
mod tests;
