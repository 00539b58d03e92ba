//! Robot Framework's `output.xml`, of the versions 3 to 7.
//!
//! In: the elements of `robot`. Out: a case a `test`. Start at [`Robot::begin`]. **Invariants:**
//! only the status that stands directly in the test is its own; a dry run has passed nothing.

use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::xml::{Elements, Tag, add, check, trim};
use super::{Case, Counts, Failure, Limits};

/// Reads Robot Framework's XML.
#[derive(Debug, Default)]
pub(super) struct Robot {
    open: Vec<Kind>,
    suites: Vec<Suite>,
    case: Option<Open>,
    /// What the totals say, by the numbers that stand beside them.
    total: Option<Counts>,
    all: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Suite,
    Test,
    /// The status of a test or suite.
    Status,
    /// A line of the totals.
    Stat,
    Other,
}

/// A suite that is open.
#[derive(Debug, Default)]
struct Suite {
    name: String,
    source: String,
    failed: bool,
    message: Failure,
    /// A test of it is red.
    red: bool,
}

/// A test that is open.
#[derive(Debug)]
struct Open {
    case: Case,
    status: Option<Status>,
    /// Keywords in it that ran, and that did not.
    ran: bool,
    idle: bool,
}

impl Elements for Robot {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let parent = self.open.last().copied();
        let kind = match (tag.name(), parent) {
            ("suite", None | Some(Kind::Suite | Kind::Other)) if self.case.is_none() => {
                self.begin_suite(tag, sink);
                Kind::Suite
            }
            ("test" | "task", Some(Kind::Suite)) => {
                self.begin_test(tag, sink);
                Kind::Test
            }
            ("status", Some(Kind::Test)) => {
                self.status_of_test(tag, sink);
                Kind::Status
            }
            ("status", Some(Kind::Suite)) => {
                if let Some(suite) = self.suites.last_mut() {
                    suite.failed = tag.get("status").as_deref() == Some("FAIL");
                }
                Kind::Status
            }
            ("status", _) => {
                if let Some(open) = &mut self.case {
                    match tag.get("status").as_deref() {
                        Some("NOT_RUN" | "NOT RUN") => open.idle = true,
                        _ => open.ran = true,
                    }
                }
                Kind::Other
            }
            ("stat", _) => {
                self.begin_total(tag);
                Kind::Stat
            }
            ("robot", None) => {
                let at = tag.get("generated").and_then(|text| time::instant(&text));
                if let Some(at) = at {
                    sink.instant(at);
                }
                Kind::Other
            }
            _ => Kind::Other,
        };
        self.open.push(kind);
    }

    fn wants_text(&self) -> bool {
        matches!(self.open.last(), Some(Kind::Status | Kind::Stat))
    }

    fn failure(&mut self) -> Option<&mut Failure> {
        match (&mut self.case, self.suites.last_mut()) {
            (Some(open), _) => Some(open.case.failure.get_or_insert_default()),
            (None, suite) => suite.map(|suite| &mut suite.message),
        }
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        if self.open.last() == Some(&Kind::Stat) {
            self.all.push_str(text);
            sink::cut(&mut self.all, 64);
            return;
        }
        if let Some(failure) = self.failure() {
            add(failure, text, sink.limits.text);
        }
    }

    fn end(&mut self, _name: &str, sink: &mut Sink) {
        match self.open.pop() {
            Some(Kind::Test) => self.end_test(true, sink),
            Some(Kind::Suite) => self.end_suite(sink),
            Some(Kind::Stat) => {
                if let Some(total) = self.total.take()
                    && self.all.trim() == "All Tests"
                {
                    sink.said(total);
                }
                self.all.clear();
            }
            Some(Kind::Status | Kind::Other) | None => {}
        }
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        self.end_test(whole, sink);
        if whole && let Some(said) = sink.ending.said {
            let counted = sink.ending.counted.cases;
            if counted < said.cases {
                sink.compare(0, "the run", said.cases, counted);
            }
        }
    }
}

impl Robot {
    fn begin_suite(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut suite = Suite::default();
        let well = tag.each(|name, value| match name {
            "name" => suite.name = value.into_owned(),
            "source" => suite.source = value.into_owned(),
            _ => {}
        });
        check(well, "suite", sink);
        sink::cut(&mut suite.name, sink.limits.name);
        sink.suite();
        self.suites.push(suite);
    }

    /// A suite's teardown that failed has failed its tests, though they say that they passed.
    fn end_suite(&mut self, sink: &mut Sink) {
        let Some(suite) = self.suites.pop() else { return };
        let mut red = suite.red;
        if suite.failed && !red {
            red = true;
            let mut path = self.path(sink.limits);
            path.push(suite.name);
            let (name, class) = ("[setup or teardown]".to_owned(), String::new());
            let test = TestName { suite: path, class, name, file: suite.source };
            let mut case = sink::case(test, Status::Errored);
            let mut failure = suite.message;
            first_line(&mut failure);
            case.failure = Some(failure);
            sink.case(case);
        }
        if let Some(whole) = self.suites.last_mut() {
            whole.red |= red;
        }
    }

    fn begin_test(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut case = sink::case(TestName::default(), Status::Unfinished);
        let well = tag.each(|name, value| match name {
            "name" => case.test.name = value.into_owned(),
            "line" => case.line = value.trim().parse().ok(),
            _ => {}
        });
        check(well, "test", sink);
        case.at_line = sink.line;
        case.test.suite = self.path(sink.limits);
        if let Some(suite) = self.suites.last() {
            case.test.file.clone_from(&suite.source);
        }
        self.case = Some(Open { case, status: None, ran: false, idle: false });
    }

    fn status_of_test(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let Some(open) = &mut self.case else { return };
        let (mut end, mut said) = (None, String::new());
        let case = &mut open.case;
        let well = tag.each(|name, value| match name {
            "status" => said = value.into_owned(),
            "starttime" | "start" => case.started = time::instant(&value),
            "endtime" => end = time::instant(&value),
            "elapsed" => case.micros = time::seconds(&value),
            _ => {}
        });
        check(well, "status", sink);
        if let (Some(start), Some(end)) = (case.started, end) {
            let millis = end.as_millis().saturating_sub(start.as_millis());
            case.micros = u64::try_from(millis).ok().map(|millis| millis.saturating_mul(1_000));
        }
        open.status = Some(match said.as_str() {
            "PASS" => Status::Passed,
            "SKIP" | "NOT_RUN" | "NOT RUN" => Status::Skipped,
            _ => Status::Failed,
        });
    }

    fn end_test(&mut self, whole: bool, sink: &mut Sink) {
        let Some(mut open) = self.case.take() else { return };
        let case = &mut open.case;
        if let Some(status) = open.status.filter(|_| whole) {
            case.status = status;
            if status == Status::Passed && open.idle && !open.ran {
                case.status = Status::Skipped;
                sink.remark_at(0, None, "it is of a dry run: nothing of it was executed", "");
            }
        }
        if let Some(failure) = &mut case.failure {
            first_line(failure);
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.red |= case.status.is_red();
        }
        sink.case(open.case);
    }

    fn begin_total(&mut self, tag: &Tag<'_>) {
        let mut said = Counts::default();
        tag.each(|name, value| {
            let number = value.trim().parse::<u64>().unwrap_or(0);
            match name {
                "pass" => said.passed = number,
                "fail" => said.failed = number,
                "skip" => said.skipped = number,
                _ => {}
            }
        });
        said.cases = said.passed.saturating_add(said.failed).saturating_add(said.skipped);
        self.total = Some(said);
        self.all.clear();
    }

    fn path(&self, limits: Limits) -> Vec<String> {
        sink::path(self.suites.iter().map(|suite| &*suite.name), limits)
    }
}

/// The first line of what was written is the message.
fn first_line(failure: &mut Failure) {
    trim(&mut failure.text);
    let end = failure.text.find('\n').unwrap_or(failure.text.len());
    failure.message = failure.text[..end].to_owned();
    failure.text.drain(..failure.text.len().min(end + 1));
}

#[cfg(test)]
mod tests;
