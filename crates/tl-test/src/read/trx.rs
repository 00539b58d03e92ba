//! TRX: test results of Visual Studio, `dotnet test` and Azure.
//!
//! In: the elements of a `TestRun`. Out: a case a result. Start at [`Trx::begin`]. **Invariant:**
//! results wait until the definitions that follow them say which class they are of: so many are
//! held as there are cases.

use rustc_hash::FxHashMap;
use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::xml::{Elements, Tag, add_to, check, trim};
use super::{Case, Counts, Failure, Gap};

/// Bytes of messages that wait; those over it are cut to [`SHORT`].
const HELD: usize = 32 << 20;

/// Bytes of a message that is kept in any case.
const SHORT: usize = 200;

/// Reads TRX.
#[derive(Debug, Default)]
pub(super) struct Trx {
    open: Vec<Kind>,
    /// Results that are open: those of a test with data are within one another.
    results: Vec<Open>,
    /// Results that wait for their class, by the id of their test.
    waiting: Vec<(String, Case)>,
    held: usize,
    cut: u64,
    /// The class by the id of a test.
    known: FxHashMap<String, String>,
    /// Id of the definition that is open.
    definition: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Result,
    Error,
    Message,
    Stack,
    Definition,
    Other,
}

/// A result that is open.
#[derive(Debug)]
struct Open {
    id: String,
    case: Case,
    /// Results within it are the cases; it is their sum.
    inner: bool,
}

impl Elements for Trx {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let parent = self.open.last().copied();
        let kind = match (tag.name(), parent) {
            (name, _) if name.ends_with("TestResult") || name == "TestResultAggregation" => {
                self.begin_result(tag, sink);
                Kind::Result
            }
            ("ErrorInfo", _) if !self.results.is_empty() => Kind::Error,
            ("Message", Some(Kind::Error)) => Kind::Message,
            ("StackTrace", Some(Kind::Error)) => Kind::Stack,
            ("UnitTest", _) => {
                self.definition = tag.get("id").unwrap_or_default();
                Kind::Definition
            }
            ("TestMethod", Some(Kind::Definition)) => {
                if let Some(class) = tag.get("className") {
                    // Before Visual Studio 2012 the assembly stands behind it.
                    let class = class.split(',').next().unwrap_or_default().trim();
                    self.known.insert(std::mem::take(&mut self.definition), class.to_owned());
                }
                Kind::Other
            }
            ("Times", _) => {
                for at in [tag.get("start"), tag.get("finish")].into_iter().flatten() {
                    if let Some(at) = time::instant(&at) {
                        sink.instant(at);
                    }
                }
                Kind::Other
            }
            ("ResultSummary", _) => {
                summary(tag, sink);
                Kind::Other
            }
            ("Counters", _) => {
                counters(tag, sink);
                Kind::Other
            }
            _ => Kind::Other,
        };
        self.open.push(kind);
    }

    fn wants_text(&self) -> bool {
        matches!(self.open.last(), Some(Kind::Message | Kind::Stack))
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        Some(self.results.last_mut()?.case.failure.get_or_insert_default())
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        let is_message = self.open.last() == Some(&Kind::Message);
        let Some(failure) = self.failure() else { return };
        add_to(failure, is_message, text, sink.limits.text);
    }

    fn end(&mut self, name: &str, _sink: &mut Sink) {
        if self.open.pop() == Some(Kind::Result) {
            self.end_result(true);
        }
        if name == "UnitTest" {
            self.definition.clear();
        }
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        while !self.results.is_empty() {
            self.end_result(whole);
        }
        sink.cut(self.cut);
        for (id, mut case) in std::mem::take(&mut self.waiting) {
            let class = self.known.get(&id).map_or("", String::as_str);
            name(&mut case.test, class);
            sink.case(case);
        }
        if whole && let Some(said) = sink.ending.said {
            let counted = sink.ending.counted.cases;
            // Tests with data count as one, or as their rows.
            if said.cases > counted {
                sink.compare(0, "the run", said.cases, counted);
            }
        }
    }
}

impl Trx {
    fn begin_result(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut id = String::new();
        let mut case = sink::case(TestName::default(), Status::Failed);
        let well = tag.each(|name, value| match name {
            "testId" => id = value.into_owned(),
            "testName" => case.test.name = value.into_owned(),
            "computerName" => sink.host(&value),
            "duration" => case.micros = time::clock(&value),
            "startTime" => case.started = time::instant(&value),
            "outcome" => case.status = outcome(&value),
            _ => {}
        });
        check(well, tag.name(), sink);
        case.at_line = sink.line;
        if let Some(sum) = self.results.last_mut() {
            sum.inner = true;
        }
        self.results.push(Open { id, case, inner: false });
    }

    fn end_result(&mut self, whole: bool) {
        let Some(mut open) = self.results.pop() else { return };
        if open.inner {
            return;
        }
        if let Some(Failure { text, message, cut, .. }) = &mut open.case.failure {
            trim(text);
            trim(message);
            if self.held > HELD {
                let gone = sink::cut(text, 0) + sink::cut(message, SHORT);
                *cut += gone;
                self.cut += gone;
            }
            // They wait long: what was cut is to be free.
            text.shrink_to_fit();
            message.shrink_to_fit();
            self.held += text.len() + message.len();
        }
        if !whole {
            open.case.status = Status::Unfinished;
        }
        self.waiting.push((open.id, open.case));
    }
}

/// What an outcome means; one that is not known is red.
fn outcome(text: &str) -> Status {
    match text {
        "Passed" | "PassedButRunAborted" | "Warning" | "Completed" => Status::Passed,
        "NotExecuted" | "Inconclusive" | "Pending" => Status::Skipped,
        "Error" | "Timeout" | "Aborted" | "Disconnected" | "NotRunnable" => Status::Errored,
        "InProgress" => Status::Unfinished,
        _ => Status::Failed,
    }
}

/// Splits the full name of a test: its class from the definitions, or what stands before the
/// last point.
fn name(test: &mut TestName, class: &str) {
    if !class.is_empty() {
        class.clone_into(&mut test.class);
        let own = test.name.strip_prefix(class).and_then(|rest| rest.strip_prefix('.'));
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            test.name = own.to_owned();
        }
        return;
    }
    let (class, own) = split(&test.name);
    (test.class, test.name) = (class.to_owned(), own.to_owned());
}

/// Class and method of a full name: parameters may hold points, and so may sentences.
pub(super) fn split(full: &str) -> (&str, &str) {
    let head = full.find(['(', '<', '"']).map_or(full, |at| &full[..at]);
    match head.rfind('.') {
        Some(at) if !head.contains(' ') && at > 0 && at + 1 < full.len() => {
            (&full[..at], &full[at + 1..])
        }
        _ => ("", full),
    }
}

/// A run that did not end says so.
fn summary(tag: &Tag<'_>, sink: &mut Sink) {
    let outcome = tag.get("outcome").unwrap_or_default();
    if matches!(outcome.as_str(), "Aborted" | "InProgress" | "Disconnected" | "Timeout") {
        let what = format!("the run ended as `{outcome}`");
        sink.gap(Gap::NeverFinished, what, "see why the test host ended before its tests did");
    }
}

fn counters(tag: &Tag<'_>, sink: &mut Sink) {
    let mut said = Counts::default();
    tag.each(|name, value| {
        let number = value.trim().parse::<u64>().unwrap_or(0);
        match name {
            "total" => said.cases = number,
            "passed" => said.passed = number,
            "failed" => said.failed = number,
            "error" | "timeout" | "aborted" => said.errored = said.errored.saturating_add(number),
            "notExecuted" | "inconclusive" => said.skipped = said.skipped.saturating_add(number),
            _ => {}
        }
    });
    sink.said(said);
}

#[cfg(test)]
mod tests;
