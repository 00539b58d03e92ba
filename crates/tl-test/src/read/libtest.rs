//! libtest's JSON lines, and nextest's, which are alike.
//!
//! In: suites that start and end, tests within them. Out: a case for each test that ended, and one
//! for each that only started. Start at [`Libtest`]. nextest names a test `crate::binary$name#2`:
//! its second attempt.

use std::collections::BTreeMap;

use serde_json::Value;
use tl_core::test::{Status, TestName};

use super::json::value::{self, at, count, message, micros, text, unknown};
use super::lines::Line;
use super::sink::{Sink, case};
use super::{Case, Failure, Gap};

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Libtest {
    /// Tests that started, and where the report says so.
    open: BTreeMap<String, u64>,
    /// How many tests the suite says that it has, and has.
    said: Option<u64>,
    counted: u64,
    /// The same of each binary of nextest, which ends a suite early when a test is run again,
    /// and begins it once more for the others.
    binaries: BTreeMap<String, (u64, u64)>,
    suites: u64,
    ended: u64,
    /// Crate and binary of the suite, where nextest says them.
    binary: String,
}

impl Line for Libtest {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        // The build writes between them.
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
        match (text(&event, "type"), text(&event, "event")) {
            ("suite", "started") => {
                self.end_suite(sink);
                sink.suite();
                self.suites += 1;
                let nextest = at(&event, "nextest");
                let (of, binary) = (text(nextest, "crate"), text(nextest, "test_binary"));
                self.binary = match (of, binary) {
                    ("", binary) => binary.to_owned(),
                    (of, binary) if of == binary || binary.is_empty() => of.to_owned(),
                    (of, binary) => format!("{of}::{binary}"),
                };
                let said = count(&event, "test_count");
                if nextest.is_null() {
                    self.said = said;
                } else {
                    let entry = self.binaries.entry(self.binary.clone()).or_default();
                    entry.0 = entry.0.max(said.unwrap_or(0));
                }
            }
            ("suite", "ok" | "failed") => {
                self.ended += 1;
                self.end_suite(sink);
            }
            ("test", "started") => {
                self.open.insert(text(&event, "name").to_owned(), sink.line);
            }
            // It takes long, and may end well.
            ("test", "timeout") => {}
            ("test", said) => self.test(said, &event, sink),
            ("bench", _) => {
                let spent = micros(at(&event, "median"), 1e9);
                let id = text(&event, "name");
                let (name, _) = self.name_of(id);
                self.count(id, &name);
                sink.case(Case { micros: spent, ..case(name, Status::Passed) });
            }
            _ => {}
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.unfinished(sink);
        self.end_suite(sink);
        for (binary, (said, counted)) in &self.binaries {
            sink.compare(0, &format!("binary `{binary}`"), *said, *counted);
        }
        if self.ended < self.suites || self.suites == 0 {
            let what = "a suite of the report has no end";
            sink.gap(Gap::Truncated, what, "let the runner finish; the process may have crashed");
        }
    }
}

impl Libtest {
    fn name_of(&self, said: &str) -> (TestName, u32) {
        let (said, attempt) = match said.rsplit_once('#') {
            // In a name of Rust there is no such sign.
            Some((name, attempt)) => match attempt.parse() {
                Ok(attempt) => (name, attempt),
                Err(_) => (said, 1),
            },
            None => (said, 1),
        };
        let (class, name) = match said.split_once('$') {
            Some((binary, name)) => match binary.split_once("::") {
                Some((of, binary)) if of == binary => (of, name),
                _ => (binary, name),
            },
            None => (self.binary.as_str(), said),
        };
        (of_rust(class, name), attempt)
    }

    /// Counts a test that ended.
    fn count(&mut self, id: &str, name: &TestName) {
        let bare = id.rsplit_once('#').map_or(id, |(bare, _)| bare);
        self.open.remove(bare);
        self.open.remove(id);
        self.counted += 1;
        if let Some((_, counted)) = self.binaries.get_mut(&name.class) {
            *counted += 1;
        }
    }

    fn test(&mut self, said: &str, event: &Value, sink: &mut Sink) {
        let id = text(event, "name");
        let (name, attempt) = self.name_of(id);
        self.count(id, &name);
        // Of several attempts, nextest hands on the last.
        for attempt in 1..attempt.min(100) {
            let failure = Some(message("it was run again; the report does not say why"));
            sink.case(Case { failure, attempt, ..case(name.clone(), Status::Failed) });
        }
        let (status, failure) = match said {
            "ok" => (Status::Passed, None),
            "failed" => (Status::Failed, Some(failure(event))),
            "ignored" => {
                let why = text(event, "message");
                (Status::Skipped, (!why.is_empty()).then(|| message(why)))
            }
            other => unknown(other),
        };
        let spent = micros(at(event, "exec_time"), 1.0);
        sink.case(Case { micros: spent, failure, attempt, ..case(name, status) });
    }

    /// A suite is over: compares the counts.
    fn end_suite(&mut self, sink: &mut Sink) {
        // What nextest began in one block may end in the next of the same binary.
        if self.binaries.is_empty() {
            self.unfinished(sink);
        }
        if let Some(said) = self.said.take() {
            sink.compare(sink.line, "a suite", said, self.counted);
        }
        self.counted = 0;
    }

    /// Hands on what started and never ended.
    fn unfinished(&mut self, sink: &mut Sink) {
        for (id, at_line) in std::mem::take(&mut self.open) {
            let (name, attempt) = self.name_of(&id);
            self.count(&id, &name);
            let failure = Some(message("it never ended"));
            let red = case(name, Status::Unfinished);
            sink.case(Case { failure, attempt, at_line, ..red });
        }
    }
}

/// The names of a test of Rust: `sums::adds` of a binary.
///
/// The line of an example in documentation is told by its name, and moves with every edit.
pub(super) fn of_rust(binary: &str, name: &str) -> TestName {
    let mut own = name.trim_end();
    own = own.strip_suffix(" - should panic").unwrap_or(own);
    let bare = own.find(" (line ").filter(|_| own.contains(" - ")).map_or(own, |at| &own[..at]);
    TestName { class: binary.to_owned(), name: bare.to_owned(), ..TestName::default() }
}

fn failure(event: &Value) -> Failure {
    let out = match text(event, "stdout") {
        "" => text(event, "message"),
        out => out,
    };
    let mut failure = panicked(out);
    let said = text(event, "message");
    if failure.message.is_empty() {
        said.clone_into(&mut failure.message);
    }
    if failure.message.is_empty() && text(event, "reason") == "time limit exceeded" {
        "it took longer than its limit".clone_into(&mut failure.message);
    }
    failure
}

/// What a test of Rust that failed wrote: where it panicked, and with what words.
pub(super) fn panicked(out: &str) -> Failure {
    let mut lines = out.lines();
    let mut said = String::new();
    while let Some(line) = lines.next() {
        let Some((_, rest)) = line.split_once("panicked at ") else { continue };
        // Since 1.73 the words are on the lines below the place; before, in front of it.
        said = match rest.strip_prefix('\'') {
            Some(old) => old.rsplit_once("', ").map_or(old, |(words, _)| words).to_owned(),
            None => lines
                .by_ref()
                .take_while(|line| {
                    !line.starts_with("note: ") && !line.starts_with("stack backtrace")
                })
                .collect::<Vec<_>>()
                .join("\n"),
        };
        break;
    }
    if said.is_empty() {
        let error = out.lines().find(|line| line.starts_with("Error: "));
        let first = out.lines().find(|line| !line.trim().is_empty());
        said = error.or(first).unwrap_or_default().to_owned();
    }
    Failure { text: out.trim_end().to_owned(), ..message(said.trim_end()) }
}

#[cfg(test)]
mod tests;
