//! The tests of one package of Go, from when it starts to when it is done.
//!
//! In: what `go test` says of the package, line by line. Out: its cases, in the order in which the
//! tests began. Start at [`Package`]; [`said()`] reads a line. A package that fails without a red
//! test has a case of its own: something around the tests was wrong.

use std::collections::HashMap;

use tl_core::test::{Status, TestName};
use tl_core::time::Timestamp;

use super::json::value::{in_micros, message};
use super::sink::{Sink, case, cut};
use super::{Case, Failure};

mod said;

pub(super) use said::{Said, Verdict, said};

/// What is known of a package so far.
#[derive(Debug, Default)]
pub(super) struct Package {
    tests: Vec<Test>,
    /// The last test of each name.
    by_name: HashMap<String, usize>,
    /// The test whose output comes.
    current: Option<usize>,
    /// The test that has just failed: what is indented below belongs to it.
    after: Option<usize>,
    /// Output of no test.
    output: String,
}

/// A test, or a benchmark.
#[derive(Debug, Default)]
struct Test {
    name: String,
    status: Option<Status>,
    micros: Option<u64>,
    started: Option<Timestamp>,
    text: String,
    cut: u64,
    at_line: u64,
    /// Microseconds in all, and how often it was measured.
    measured: Option<(u64, u64)>,
    is_benchmark: bool,
}

impl Package {
    /// Whether nothing was said of any test.
    pub(super) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// A test began.
    pub(super) fn run(&mut self, name: &str, started: Option<Timestamp>, at_line: u64) {
        // The same may be said twice: as an event and as a line.
        let open = self.by_name.get(name).copied().filter(|at| {
            let test = &self.tests[*at];
            test.status.is_none() && test.text.is_empty() && !test.is_benchmark
        });
        let at = open.unwrap_or_else(|| self.add(name, at_line));
        if started.is_some() {
            self.tests[at].started = started;
        }
        self.current = Some(at);
        self.after = None;
    }

    fn add(&mut self, name: &str, at_line: u64) -> usize {
        self.tests.push(Test { name: name.to_owned(), at_line, ..Test::default() });
        let at = self.tests.len() - 1;
        self.by_name.insert(name.to_owned(), at);
        at
    }

    /// What follows is about this test, or about none.
    pub(super) fn turn(&mut self, name: &str) {
        self.current = self.by_name.get(name).copied();
        self.after = None;
    }

    /// Whether this test is running.
    pub(super) fn is_open(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|at| self.tests[*at].status.is_none())
    }

    /// A test is done. A test that did not say that it began is one all the same.
    pub(super) fn done(&mut self, name: &str, status: Status, micros: Option<u64>, at_line: u64) {
        let known = self.by_name.get(name).or_else(|| {
            let bare = without_processors(name);
            self.by_name.get(bare).filter(|_| name.starts_with("Benchmark"))
        });
        let at = match known.copied() {
            Some(at) if self.tests[at].status.is_none() => at,
            // Said again, as an event and as a line.
            Some(at)
                if self.tests[at].status == Some(status) && micros == self.tests[at].micros =>
            {
                at
            }
            _ => self.add(name, at_line),
        };
        let test = &mut self.tests[at];
        test.status = Some(status);
        test.micros = micros;
        if status == Status::Passed {
            test.text = String::new();
        }
        self.current = None;
        self.after = status.is_red().then_some(at);
        self.output.clear();
    }

    /// A test is done, as an event says, which comes after the line that may say it too.
    pub(super) fn done_by_event(
        &mut self,
        name: &str,
        status: Status,
        micros: Option<u64>,
        at_line: u64,
    ) {
        if self.is_open(name) || !self.by_name.contains_key(name) {
            return self.done(name, status, micros, at_line);
        }
        if let Some(test) = self.by_name.get(name).and_then(|at| self.tests.get_mut(*at)) {
            test.status = Some(status);
            test.micros = micros.or(test.micros);
        }
    }

    /// What follows is of no test, though it may be of a benchmark.
    pub(super) fn turn_off_test(&mut self) {
        if !self.is_in_benchmark() {
            self.current = None;
        }
    }

    /// The name of a benchmark stands alone: its output follows.
    pub(super) fn benchmark(&mut self, name: &str, at_line: u64) {
        let at = match self.by_name.get(name) {
            Some(at) => *at,
            None => self.add(name, at_line),
        };
        self.tests[at].is_benchmark = true;
        self.current = Some(at);
        self.after = None;
    }

    /// A benchmark was measured: so many times, so many nanoseconds each.
    pub(super) fn measured(&mut self, name: &str, times: f64, nanos: f64, at_line: u64) {
        self.benchmark(without_processors(name), at_line);
        if let Some(test) = self.current.and_then(|at| self.tests.get_mut(at)) {
            let spent = in_micros(times * nanos / 1e9).unwrap_or(0);
            let (sum, count) = test.measured.unwrap_or_default();
            test.measured = Some((sum.saturating_add(spent), count + 1));
            test.status.get_or_insert(Status::Passed);
            test.text = String::new();
        }
        self.current = None;
        self.output.clear();
    }

    /// A line of output, of the test that is running or of the package.
    pub(super) fn text(&mut self, line: &str, limit: usize) {
        let indented = line.starts_with(['\t', ' ']);
        let after = self.after.filter(|_| indented);
        if let Some(at) = self.current.or(after) {
            return self.text_of(at, line, limit);
        }
        self.after = None;
        if self.output.len() < limit {
            self.output.push_str(line);
            self.output.push('\n');
            cut(&mut self.output, limit);
        }
    }

    /// A line of output of a test, by its name.
    pub(super) fn text_by(&mut self, name: &str, line: &str, limit: usize) {
        match self.by_name.get(name) {
            Some(at) => self.text_of(*at, line, limit),
            None => self.text(line, limit),
        }
    }

    /// Whether the lines that come are those of a benchmark.
    pub(super) fn is_in_benchmark(&self) -> bool {
        self.current.is_some_and(|at| self.tests[at].is_benchmark)
    }

    fn text_of(&mut self, at: usize, line: &str, limit: usize) {
        let test = &mut self.tests[at];
        if test.status == Some(Status::Passed) {
            return;
        }
        if test.text.len() >= limit {
            test.cut += line.len() as u64 + 1;
            return;
        }
        test.text.push_str(line);
        test.text.push('\n');
        test.cut += cut(&mut test.text, limit);
    }

    /// The package is done, or the report is over: hands on its cases.
    pub(super) fn end(&mut self, package: &str, verdict: Verdict, sink: &mut Sink) {
        sink.suite();
        let all = std::mem::take(self);
        let mut red = false;
        let parents: Vec<bool> = all.tests.iter().map(|test| all.has_parts(test)).collect();
        for (test, is_parent) in all.tests.into_iter().zip(parents) {
            // A benchmark that only has others in it is not measured itself.
            let idle = test.is_benchmark && test.status.is_none();
            if idle && (is_parent || verdict == Verdict::Passed) {
                continue;
            }
            let status = test.status.unwrap_or(Status::Unfinished);
            red |= status.is_red();
            let mut failure = match status {
                Status::Passed => None,
                Status::Unfinished if test.text.is_empty() => {
                    Some(Failure { text: all.output.clone(), ..message("it never ended") })
                }
                Status::Skipped if test.text.is_empty() => None,
                _ => Some(failure(test.text)),
            };
            if let Some(failure) = &mut failure {
                failure.cut += test.cut;
            }
            let mean = test.measured.map(|(sum, count)| sum / count.max(1));
            sink.case(Case {
                micros: mean.or(test.micros),
                started: test.started,
                failure,
                at_line: test.at_line,
                ..case(name_of(package, &test.name), status)
            });
        }
        if verdict == Verdict::Failed && !red {
            let name = name_of(package, "Failure");
            sink.case(Case { failure: Some(failure(all.output)), ..case(name, Status::Errored) });
        }
    }

    fn has_parts(&self, of: &Test) -> bool {
        let parts = |test: &Test| {
            test.name.strip_prefix(&of.name).is_some_and(|rest| rest.starts_with('/'))
        };
        of.is_benchmark && of.status.is_none() && self.tests.iter().any(parts)
    }
}

/// The names of a test of Go.
pub(super) fn name_of(package: &str, name: &str) -> TestName {
    TestName { class: package.to_owned(), name: name.to_owned(), ..TestName::default() }
}

/// A package that could not be built.
pub(super) fn not_built(package: &str, what: &str, text: &str) -> Case {
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    let first = lines.clone().next().unwrap_or("it could not be built").to_owned();
    let failure = Failure { text: lines.collect::<Vec<_>>().join("\n"), ..message(first) };
    Case { failure: Some(failure), ..case(name_of(package, what), Status::Errored) }
}

/// `BenchmarkSum-8` without the number of processors.
fn without_processors(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((bare, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => bare,
        _ => name,
    }
}

/// What the output of a red test comes to: the first thing that it logged is the message.
fn failure(text: String) -> Failure {
    let lines = || text.lines().map(str::trim);
    let panic = lines().find(|line| line.starts_with("panic: "));
    let logged = || lines().find_map(|line| line.split_once(".go:").map(|(_, rest)| rest));
    let said = panic.or_else(|| {
        let (number, rest) = logged()?.split_once(": ").or_else(|| Some((logged()?, "")))?;
        let is_place = number.trim_end_matches(':').bytes().all(|byte| byte.is_ascii_digit());
        is_place.then_some(rest.trim())
    });
    // testify has an empty line there, and says what it is below.
    let said = match said {
        Some("") => lines().find_map(|line| line.strip_prefix("Error:")).map(str::trim),
        said => said,
    };
    let said =
        said.or_else(|| lines().find(|line| !line.is_empty())).unwrap_or_default().to_owned();
    Failure { text: text.trim_end().to_owned(), ..message(said) }
}
