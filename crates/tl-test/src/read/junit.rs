//! JUnit XML, in the dialect of any of its many writers.
//!
//! In: the elements of a report. Out: a case an attempt. Start at [`Junit::begin`]. **Invariants:**
//! of several results of one case the worst counts; a case that says that it failed has failed,
//! with an element for it or without.

use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::xml::{Elements, Tag, add, check, trim};
use super::{Case, Counts, Failure};

pub(crate) mod edits;

/// Reads JUnit XML.
#[derive(Debug, Default)]
pub(super) struct Junit {
    /// What each open element is, the outermost first.
    open: Vec<Kind>,
    suites: Vec<Suite>,
    case: Option<Open>,
    /// What the whole says of itself, in the attributes of `testsuites`.
    all: Option<Counts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    Suite,
    Case,
    /// A result of the case: `failure`, `error`, `skipped`.
    Result,
    /// An attempt before the last, or after the first.
    Attempt,
    /// The stack of an attempt.
    Stack,
    Other,
}

/// A suite that is open.
#[derive(Debug, Default)]
struct Suite {
    name: String,
    file: String,
    line: u64,
    said: Option<Counts>,
    /// Cases of its own.
    own: u64,
    /// Of those, such as have an error: some writers count them twice.
    errored: u64,
    /// Cases of suites within it, and whether there are such suites.
    within: u64,
    parts: bool,
}

/// A case that is open.
#[derive(Debug)]
struct Open {
    case: Case,
    /// What it says of itself in an attribute.
    said: Option<Status>,
    /// Attempts before the last one, and after the first one.
    before: u32,
    after: u32,
    /// Whether it is skipped as one that is still to be written, whatever it did.
    is_todo: bool,
    /// The result or attempt that is being read.
    part: Option<(Status, Failure)>,
    /// When that attempt began and how long it took, where it says so.
    part_time: (Option<tl_core::time::Timestamp>, Option<u64>),
}

impl Elements for Junit {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let parent = self.open.last().copied();
        let kind = match (tag.name(), parent) {
            ("testsuites", None | Some(Kind::All)) => {
                self.begin_all(tag, sink);
                Kind::All
            }
            ("testsuite", None | Some(Kind::All | Kind::Suite)) => {
                self.begin_suite(tag, sink);
                Kind::Suite
            }
            ("testcase", None | Some(Kind::All | Kind::Suite)) => {
                self.begin_case(tag, sink);
                Kind::Case
            }
            ("property", _) => {
                property(tag, sink);
                Kind::Other
            }
            (name, Some(Kind::Case)) => self.begin_part(name, tag, sink),
            ("stackTrace", Some(Kind::Attempt)) => Kind::Stack,
            _ => Kind::Other,
        };
        self.open.push(kind);
    }

    fn wants_text(&self) -> bool {
        matches!(self.open.last(), Some(Kind::Result | Kind::Attempt | Kind::Stack))
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        Some(&mut self.case.as_mut()?.part.as_mut()?.1)
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        if let Some(failure) = self.failure() {
            add(failure, text, sink.limits.text);
        }
    }

    fn end(&mut self, _name: &str, sink: &mut Sink) {
        match self.open.pop() {
            Some(Kind::Result) => self.end_result(sink),
            Some(Kind::Attempt) => self.end_attempt(sink),
            Some(Kind::Case) => self.end_case(true, sink),
            Some(Kind::Suite) => self.end_suite(sink),
            Some(Kind::All | Kind::Stack | Kind::Other) | None => {}
        }
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        self.end_case(whole, sink);
        let Some(all) = self.all.take() else { return };
        sink.ending.said = Some(all);
        let counted = sink.ending.counted;
        if whole && all.cases > counted.cases + counted.errored {
            let (said, counted) = (all.cases, counted.cases);
            sink.remark_at(
                0,
                None,
                format!("the whole says that it has {said} cases, its suites have {counted}"),
                "",
            );
        }
    }
}

impl Junit {
    /// The case that is open.
    const fn open_case(&self) -> Option<&Case> {
        match &self.case {
            Some(open) => Some(&open.case),
            None => None,
        }
    }

    /// Whether a result of a case is open.
    fn in_result(&self) -> bool {
        self.open.last() == Some(&Kind::Result)
    }

    fn begin_all(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut said = Said::default();
        let well = tag.each(|name, value| match name {
            "timestamp" => {
                if let Some(at) = time::instant(&value) {
                    sink.instant(at);
                }
            }
            _ => said.take(name, &value),
        });
        check(well, "testsuites", sink);
        if let Some(said) = said.counts() {
            self.all = Some(said);
        }
    }

    fn begin_suite(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut suite = Suite { line: sink.line, ..Suite::default() };
        let mut said = Said::default();
        let well = tag.each(|name, value| match name {
            "name" => suite.name = value.into_owned(),
            "file" | "filepath" => suite.file = value.into_owned(),
            "hostname" => sink.host(&value),
            "timestamp" => {
                if let Some(at) = time::instant(&value) {
                    sink.instant(at);
                }
            }
            _ => said.take(name, &value),
        });
        check(well, "testsuite", sink);
        suite.said = said.counts();
        sink::cut(&mut suite.name, sink.limits.name);
        if let Some(whole) = self.suites.last_mut() {
            whole.parts = true;
        }
        sink.suite();
        self.suites.push(suite);
    }

    fn end_suite(&mut self, sink: &mut Sink) {
        let Some(suite) = self.suites.pop() else { return };
        let total = suite.own + suite.within;
        match self.suites.last_mut() {
            Some(whole) => whole.within += total,
            None if self.all.is_none() => {
                if let Some(said) = suite.said {
                    sink.said(said);
                }
            }
            None => {}
        }
        let Some(said) = suite.said.map(|said| said.cases) else { return };
        // Some say it of their own cases, some of those within as well.
        let comparable = suite.own > 0 || !suite.parts;
        let fits = said == suite.own || said == total;
        // pytest counts a test twice whose teardown broke.
        let twice = said > total && said <= total + suite.errored;
        if comparable && !fits && !twice {
            let counted = if said > suite.own { total } else { suite.own };
            sink.compare(suite.line, &format!("suite `{}`", suite.name), said, counted);
        }
    }

    fn begin_case(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut test = TestName::default();
        let mut class = String::new();
        let (mut case_time, mut line, mut started, mut said) = (None, None, None, None);
        let well = tag.each(|name, value| match name {
            "name" => test.name = value.into_owned(),
            "classname" => test.class = value.into_owned(),
            "class" => class = value.into_owned(),
            "file" | "filepath" => test.file = value.into_owned(),
            "line" | "lineno" => line = value.trim().parse().ok(),
            "time" | "duration" => {
                case_time = time::seconds(&value);
                if case_time.is_none() && !value.trim().is_empty() {
                    sink.note("a `time` in the report is no duration, and was left out");
                }
            }
            "timestamp" => started = time::instant(&value),
            "status" | "result" => said = worst(said, stated(&value)),
            _ => {}
        });
        check(well, "testcase", sink);
        if test.class.is_empty() {
            test.class = class;
        }
        if test.file.is_empty()
            && let Some(suite) = self.suites.iter().rev().find(|suite| !suite.file.is_empty())
        {
            test.file.clone_from(&suite.file);
        }
        test.suite = sink::path(self.suites.iter().map(|suite| &*suite.name), sink.limits);
        let mut case = sink::case(test, Status::Passed);
        (case.micros, case.line, case.started) = (case_time, line, started);
        case.at_line = sink.line;
        let part_time = (None, None);
        self.case =
            Some(Open { case, said, before: 0, after: 0, is_todo: false, part: None, part_time });
        if let Some(suite) = self.suites.last_mut() {
            suite.own += 1;
        }
    }

    fn begin_part(&mut self, name: &str, tag: &Tag<'_>, sink: &mut Sink) -> Kind {
        let Some(open) = &mut self.case else { return Kind::Other };
        let (status, kind) = match name {
            "failure" => (Status::Failed, Kind::Result),
            "error" => (Status::Errored, Kind::Result),
            "skipped" | "ignored" | "disabled" => (Status::Skipped, Kind::Result),
            "flakyFailure" | "rerunFailure" => (Status::Failed, Kind::Attempt),
            "flakyError" | "rerunError" => (Status::Errored, Kind::Attempt),
            _ => return Kind::Other,
        };
        if kind == Kind::Attempt {
            let count = if name.starts_with("flaky") { &mut open.before } else { &mut open.after };
            *count += 1;
        }
        let mut failure = Failure::default();
        open.part_time = (None, None);
        let well = tag.each(|name, value| match name {
            "type" => failure.class = value.into_owned(),
            "message" => failure.message = value.into_owned(),
            "timestamp" => open.part_time.0 = time::instant(&value),
            "time" => open.part_time.1 = time::seconds(&value),
            _ => {}
        });
        check(well, name, sink);
        // node writes why a test failed that is still to be done: that it fails is no news.
        open.is_todo |= status == Status::Skipped && failure.class == "todo";
        open.part = Some((status, failure));
        kind
    }

    /// Keeps the worst result; texts of several are joined.
    fn end_result(&mut self, sink: &Sink) {
        let Some(open) = &mut self.case else { return };
        let Some((status, mut failure)) = open.part.take() else { return };
        trim(&mut failure.text);
        let case = &mut open.case;
        match &mut case.failure {
            None => case.failure = Some(failure),
            Some(known) if status > case.status => {
                *known = failure;
            }
            Some(known) if status == case.status => {
                for text in [&failure.message, &failure.text] {
                    if !text.is_empty() {
                        add(known, "\n", sink.limits.text);
                        add(known, text, sink.limits.text);
                    }
                }
            }
            Some(_) => {}
        }
        case.status = case.status.max(status);
    }

    /// Hands on an attempt that is not the one that the case is about.
    fn end_attempt(&mut self, sink: &mut Sink) {
        let Some(open) = &mut self.case else { return };
        let Some((status, mut failure)) = open.part.take() else { return };
        trim(&mut failure.text);
        let mut case = sink::case(open.case.test.clone(), status);
        (case.started, case.micros) = open.part_time;
        case.line = open.case.line;
        case.at_line = open.case.at_line;
        case.attempt = if open.after > 0 { open.before + open.after + 1 } else { open.before };
        case.failure = Some(failure);
        sink.case(case);
    }

    fn end_case(&mut self, whole: bool, sink: &mut Sink) {
        let Some(mut open) = self.case.take() else { return };
        let case = &mut open.case;
        case.status = worst(Some(case.status), open.said).unwrap_or(case.status);
        if open.is_todo {
            case.status = Status::Skipped;
        }
        if !whole {
            case.status = Status::Unfinished;
            if let Some((_, failure)) = open.part.take() {
                case.failure.get_or_insert(failure);
            }
        }
        case.attempt = open.before + 1;
        if case.status == Status::Errored
            && let Some(suite) = self.suites.last_mut()
        {
            suite.errored += 1;
        }
        sink.case(open.case);
    }
}

/// The worse of two; one that is not said is none.
fn worst(one: Option<Status>, other: Option<Status>) -> Option<Status> {
    one.max(other)
}

/// What `status` and `result` of a case mean: nothing where they are of other things.
fn stated(value: &str) -> Option<Status> {
    let value = value.trim().to_ascii_lowercase();
    Some(match value.as_str() {
        "notrun" | "not run" | "not_run" | "disabled" | "skipped" | "skip" | "ignored"
        | "suppressed" | "pending" | "untested" | "undefined" | "todo" => Status::Skipped,
        "failed" | "fail" | "failure" | "broken" => Status::Failed,
        "error" | "errored" => Status::Errored,
        _ => return None,
    })
}

/// What a suite says of itself.
#[derive(Debug, Default)]
struct Said {
    tests: Option<u64>,
    counts: Counts,
}

impl Said {
    fn take(&mut self, name: &str, value: &str) {
        let number = || value.trim().parse::<u64>().ok();
        match name {
            "tests" => self.tests = number(),
            "failures" => self.counts.failed = number().unwrap_or(0),
            "errors" => self.counts.errored = number().unwrap_or(0),
            "skipped" | "skips" | "disabled" | "ignored" => {
                self.counts.skipped = self.counts.skipped.saturating_add(number().unwrap_or(0));
            }
            _ => {}
        }
    }

    fn counts(self) -> Option<Counts> {
        let cases = self.tests?;
        let Counts { failed, errored, skipped, .. } = self.counts;
        let passed = cases.saturating_sub(failed).saturating_sub(errored).saturating_sub(skipped);
        Some(Counts { cases, passed, failed, errored, skipped })
    }
}

/// A property may say which commit was tested.
fn property(tag: &Tag<'_>, sink: &mut Sink) {
    const COMMIT: &[&str] =
        &["commit", "git.commit", "git.commit.id", "git_commit", "commit_sha", "revision"];
    let name = tag.get("name").unwrap_or_default().to_ascii_lowercase();
    if COMMIT.contains(&name.as_str())
        && let Some(value) = tag.get("value")
    {
        sink.commit(&value);
    }
}

#[cfg(test)]
mod tests;
