//! `CTest`: `Test.xml` of a dashboard.
//!
//! In: the elements of `Site/Testing`. Out: a case a `Test` with a status. Start at
//! [`Ctest::begin`]. **Invariant:** a test that could not be started is no test that was skipped.

use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::xml::{Elements, Tag, add, trim};
use super::{Case, Failure};

/// Reads `CTest`'s XML.
#[derive(Debug, Default)]
pub(super) struct Ctest {
    open: Vec<Kind>,
    case: Option<Case>,
    /// Text of the element that is open.
    text: String,
    /// Name of the measurement that is open.
    measure: String,
    exit: String,
    completion: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Test,
    Name,
    Path,
    Named,
    Output,
    /// The value of a measurement.
    Value,
    /// The output of a test.
    Written,
    Instant,
    Other,
}

/// Bytes of a value that is no output.
const VALUE: usize = 4 << 10;

impl Elements for Ctest {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        self.text.clear();
        let kind = match (tag.name(), self.open.last().copied()) {
            ("Site", _) => {
                if let Some(host) = tag.get("Hostname") {
                    sink.host(&host);
                }
                Kind::Other
            }
            // Those of the list have names and nothing else.
            ("Test", _) => tag.get("Status").map_or(Kind::Other, |status| {
                self.begin_test(&status, sink);
                Kind::Test
            }),
            ("Name", Some(Kind::Test)) => Kind::Name,
            ("Path", Some(Kind::Test)) => Kind::Path,
            ("NamedMeasurement", _) => {
                self.measure = tag.get("name").unwrap_or_default();
                Kind::Named
            }
            ("Measurement", _) => Kind::Output,
            ("Value", Some(Kind::Named)) => Kind::Value,
            ("Value", Some(Kind::Output)) => {
                if tag.get("compression").is_some() || tag.get("encoding").is_some() {
                    sink.note("output is compressed, and was not read");
                    Kind::Other
                } else {
                    Kind::Written
                }
            }
            ("StartTestTime" | "EndTestTime", _) => Kind::Instant,
            _ => Kind::Other,
        };
        self.open.push(kind);
    }

    fn wants_text(&self) -> bool {
        match self.open.last() {
            Some(Kind::Written) => self.case.as_ref().is_some_and(|case| case.status.is_red()),
            Some(Kind::Name | Kind::Path | Kind::Value | Kind::Instant) => true,
            _ => false,
        }
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        let written = self.open.last() == Some(&Kind::Written);
        let case = self.case.as_mut().filter(|_| written)?;
        Some(case.failure.get_or_insert_default())
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        if self.open.last() == Some(&Kind::Written) {
            if let Some(failure) = self.failure() {
                add(failure, text, sink.limits.text);
            }
            return;
        }
        self.text.push_str(text);
        sink::cut(&mut self.text, VALUE);
    }

    fn end(&mut self, _name: &str, sink: &mut Sink) {
        let text = self.text.trim();
        match (self.open.pop(), &mut self.case) {
            (Some(Kind::Test), _) => self.end_test(true, sink),
            (Some(Kind::Name), Some(case)) => text.clone_into(&mut case.test.name),
            (Some(Kind::Path), Some(case)) if text != "." => {
                let path = text.strip_prefix("./").unwrap_or(text);
                path.clone_into(&mut case.test.class);
            }
            (Some(Kind::Value), Some(case)) => match self.measure.as_str() {
                "Execution Time" => case.micros = time::seconds(text),
                "Exit Code" => text.clone_into(&mut self.exit),
                "Completion Status" => text.clone_into(&mut self.completion),
                _ => {}
            },
            (Some(Kind::Instant), _) => {
                if let Some(at) = time::instant(text) {
                    sink.instant(at);
                }
            }
            _ => {}
        }
        self.text.clear();
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        self.end_test(whole, sink);
    }
}

impl Ctest {
    fn begin_test(&mut self, status: &str, sink: &Sink) {
        let status = match status {
            "passed" => Status::Passed,
            "notrun" => Status::Skipped,
            _ => Status::Failed,
        };
        let mut case = sink::case(TestName::default(), status);
        case.at_line = sink.line;
        self.exit.clear();
        self.completion.clear();
        self.case = Some(case);
    }

    fn end_test(&mut self, whole: bool, sink: &mut Sink) {
        let Some(mut case) = self.case.take() else { return };
        let done = self.completion.as_str();
        let wanted = matches!(done, "" | "Disabled" | "Completed") || done.starts_with("SKIP");
        match case.status {
            _ if !whole => case.status = Status::Unfinished,
            // What it needs is missing, or its executable.
            Status::Skipped if !wanted => case.status = Status::Errored,
            _ => {}
        }
        if case.status != Status::Passed {
            let Failure { class, message, text, .. } = case.failure.get_or_insert_default();
            trim(text);
            self.exit.clone_into(class);
            let said = if done.is_empty() || done == "Completed" { &self.exit } else { done };
            said.clone_into(message);
        }
        sink.case(case);
    }
}

#[cfg(test)]
mod tests;
