//! NUnit: XML of the versions 2 and 3.
//!
//! In: the elements of a `test-run` or `test-results`. Out: a case a `test-case`, and one for a
//! suite whose own setup failed. Start at [`Nunit::begin`]. **Invariant:** a list of tests without
//! results is no report.

use tl_core::test::{Status, TestName};

use super::sink::{self, Sink};
use super::time;
use super::trx::split;
use super::xml::{Elements, Tag, add_to, check, trim};
use super::{Case, Counts, Failure, Gap, Limits};

/// Reads NUnit's XML.
#[derive(Debug, Default)]
pub(super) struct Nunit {
    open: Vec<Kind>,
    suites: Vec<Suite>,
    case: Option<Case>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Run,
    Suite,
    Case,
    /// `failure` or `reason`.
    Why,
    Message,
    Stack,
    Other,
}

/// A suite that is open.
#[derive(Debug, Default)]
struct Suite {
    name: String,
    class: String,
    /// It failed by itself: in its setup, or where `site` says.
    own: Option<String>,
    failure: Failure,
    /// A case of it is red.
    red: bool,
}

impl Elements for Nunit {
    fn begin(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let parent = self.open.last().copied();
        let kind = match (tag.name(), parent) {
            ("test-run" | "test-results", None | Some(Kind::Run)) => {
                run(tag, sink);
                Kind::Run
            }
            ("test-suite", _) if self.case.is_none() => {
                self.begin_suite(tag, sink);
                Kind::Suite
            }
            ("test-case", _) if self.case.is_none() => {
                self.begin_case(tag, sink);
                Kind::Case
            }
            ("failure", Some(Kind::Case)) => {
                if let Some(case) = self.case.as_mut().filter(|case| case.status == Status::Passed)
                {
                    case.status = Status::Failed;
                }
                Kind::Why
            }
            ("failure" | "reason", Some(Kind::Case | Kind::Suite)) => Kind::Why,
            ("message", Some(Kind::Why)) => Kind::Message,
            ("stack-trace", Some(Kind::Why)) => Kind::Stack,
            ("environment", _) => {
                if let Some(host) = tag.get("machine-name") {
                    sink.host(&host);
                }
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
        match (&mut self.case, self.suites.last_mut()) {
            (Some(case), _) => Some(case.failure.get_or_insert_default()),
            (None, suite) => suite.map(|suite| &mut suite.failure),
        }
    }

    fn text(&mut self, text: &str, sink: &mut Sink) {
        let is_message = self.open.last() == Some(&Kind::Message);
        let Some(failure) = self.failure() else { return };
        add_to(failure, is_message, text, sink.limits.text);
    }

    fn end(&mut self, _name: &str, sink: &mut Sink) {
        match self.open.pop() {
            Some(Kind::Case) => self.end_case(true, sink),
            Some(Kind::Suite) => self.end_suite(sink),
            _ => {}
        }
    }

    fn finish(&mut self, whole: bool, sink: &mut Sink) {
        self.end_case(whole, sink);
        if whole && let Some(said) = sink.ending.said {
            let counted = sink.ending.counted.cases;
            if said.cases > counted {
                sink.compare(0, "the run", said.cases, counted);
            }
        }
    }
}

impl Nunit {
    fn begin_suite(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let mut suite = Suite::default();
        let (mut failed, mut site) = (false, String::new());
        let well = tag.each(|name, value| match name {
            "name" => suite.name = value.into_owned(),
            "classname" | "fullname" if suite.class.is_empty() => suite.class = value.into_owned(),
            "result" => failed = matches!(&*value, "Failed" | "Failure" | "Error"),
            "site" => site = value.into_owned(),
            _ => {}
        });
        check(well, "test-suite", sink);
        // An assembly is called by its path.
        if let Some(at) = suite.name.rfind(['/', '\\']) {
            suite.name.drain(..=at);
        }
        sink::cut(&mut suite.name, sink.limits.name);
        // Without a site it is not known whose failure it is: a red case then explains it.
        if failed && !matches!(site.as_str(), "Child" | "Parent") {
            suite.own = Some(site);
        }
        sink.suite();
        self.suites.push(suite);
    }

    fn end_suite(&mut self, sink: &mut Sink) {
        let Some(suite) = self.suites.pop() else { return };
        let mut red = suite.red;
        if let Some(site) = suite.own
            && (!red || site == "TearDown")
        {
            red = true;
            let name = if site == "TearDown" { "[teardown]" } else { "[setup]" };
            let mut suites = self.path(sink.limits);
            suites.push(suite.name);
            let (name, file) = (name.to_owned(), String::new());
            let test = TestName { suite: suites, class: suite.class, name, file };
            let mut case = sink::case(test, Status::Errored);
            case.failure = Some(suite.failure);
            sink.case(case);
        }
        if let Some(whole) = self.suites.last_mut() {
            whole.red |= red;
        }
    }

    fn begin_case(&mut self, tag: &Tag<'_>, sink: &mut Sink) {
        let (mut full, mut class, mut result, mut label) = Default::default();
        let mut executed = None;
        let mut case = sink::case(TestName::default(), Status::Failed);
        let well = tag.each(|name, value| match name {
            "name" => case.test.name = value.into_owned(),
            "fullname" => full = value.into_owned(),
            "classname" => class = value.into_owned(),
            "result" => result = Some(value.into_owned()),
            "success" if result.is_none() => {
                let passed = value.eq_ignore_ascii_case("true");
                result = Some(if passed { "Success" } else { "Failure" }.to_owned());
            }
            "label" => label = value.into_owned(),
            "executed" => executed = Some(!value.eq_ignore_ascii_case("false")),
            "duration" | "time" => case.micros = time::seconds(&value),
            "start-time" => case.started = time::instant(&value),
            _ => {}
        });
        check(well, "test-case", sink);
        case.at_line = sink.line;
        case.test.suite = self.path(sink.limits);
        names(&mut case.test, &full, class);
        case.status = match result {
            _ if executed == Some(false) => Status::Skipped,
            Some(result) => status(&result, &label),
            // The oldest ones say no more than that: a failure within it says the rest.
            None if executed == Some(true) => Status::Passed,
            None => {
                sink.gap(
                    Gap::NoReport,
                    "it is a list of tests, not of their results",
                    "name the file that the run writes, not that of `--explore`",
                );
                sink.stop();
                return;
            }
        };
        self.case = Some(case);
    }

    fn end_case(&mut self, whole: bool, sink: &mut Sink) {
        let Some(mut case) = self.case.take() else { return };
        if !whole {
            case.status = Status::Unfinished;
        }
        if let Some(Failure { message, text, .. }) = &mut case.failure {
            trim(message);
            trim(text);
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.red |= case.status.is_red();
        }
        sink.case(case);
    }

    fn path(&self, limits: Limits) -> Vec<String> {
        sink::path(self.suites.iter().map(|suite| &*suite.name), limits)
    }
}

/// Class and name: by the full name, for some loggers put a part of the class into the method.
fn names(test: &mut TestName, full: &str, class: String) {
    let before = full.strip_suffix(test.name.as_str()).and_then(|head| head.strip_suffix('.'));
    if let Some(before) = before.filter(|before| !before.is_empty()) {
        before.clone_into(&mut test.class);
    } else if class.is_empty() {
        // Version 2 has the full name alone.
        let (class, own) = split(&test.name);
        (test.class, test.name) = (class.to_owned(), own.to_owned());
    } else {
        test.class = class;
    }
}

/// What a result means; one that is not known is red.
fn status(result: &str, label: &str) -> Status {
    match (result, label) {
        ("Failed" | "Failure", "Error" | "Invalid" | "Cancelled") => Status::Errored,
        ("Passed" | "Success" | "Warning", _) => Status::Passed,
        ("Skipped" | "Ignored" | "Inconclusive" | "Explicit", _) => Status::Skipped,
        ("Error" | "NotRunnable" | "Cancelled" | "Invalid", _) => Status::Errored,
        _ => Status::Failed,
    }
}

fn run(tag: &Tag<'_>, sink: &mut Sink) {
    let mut said = Counts::default();
    let mut total = None;
    tag.each(|name, value| {
        let number = value.trim().parse::<u64>().unwrap_or(0);
        match name {
            "total" => total = Some(number),
            "passed" => said.passed = number,
            "failed" | "failures" => said.failed = number,
            "errors" => said.errored = number,
            "skipped" | "inconclusive" => said.skipped = said.skipped.saturating_add(number),
            "start-time" | "end-time" => {
                if let Some(at) = time::instant(&value) {
                    sink.instant(at);
                }
            }
            _ => {}
        }
    });
    if let Some(total) = total {
        said.cases = total;
        sink.said(said);
    }
}

#[cfg(test)]
mod tests;
