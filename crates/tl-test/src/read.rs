//! Reports of test runners to cases, batch by batch.
//!
//! In: a report's bytes, from any runner. Out: [`Case`]s as they come, and an [`Ending`] that says
//! whether that was all. Start at [`Report`]. **Invariants:** memory does not grow with the
//! report; a report that breaks off gives what was read, and is not complete; nothing panics.
//!
//! A format is one of three kinds, by what drives it: `Elements` of XML, a `Line` at a time, or a
//! `Document` of JSON. Each fills the `Sink`, which keeps the limits.

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};
use tl_core::test::{Status, TestName};
use tl_core::time::Timestamp;

use self::detect::Seen;
use self::elide::Doctype;
use self::sink::Sink;
use self::stream::{Body, Stream, Whole};
use self::text::Text;

mod bazel;
mod ctest;
mod ctrf;
mod cts;
mod cucumber;
mod dart;
pub mod detect;
pub(crate) mod elide;
mod go;
mod go_json;
mod go_text;
mod gtest;
mod jest;
pub(crate) mod json;
pub(crate) mod junit;
mod libtest;
mod libtest_text;
pub(crate) mod lines;
mod mocha;
pub mod name;
mod nunit;
mod playwright;
mod pytest;
mod robot;
mod rspec;
#[cfg(test)]
mod shown;
pub(crate) mod sink;
pub(crate) mod stream;
mod tap;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod time;
mod trx;
pub(crate) mod xml;
mod xunit;

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// JUnit XML, in the dialect of any of its many writers.
    Junit,
    /// Common Test Report Format.
    Ctrf,
    /// Visual Studio's test results.
    Trx,
    /// NUnit 2.
    Nunit2,
    /// NUnit 3.
    Nunit3,
    /// xUnit.net v2.
    Xunit,
    /// `go test -json`.
    GoJson,
    /// `go test -v`.
    GoText,
    /// libtest and nextest as JSON lines.
    Libtest,
    /// libtest for people.
    LibtestText,
    /// jest and vitest.
    Jest,
    /// mocha.
    Mocha,
    /// Playwright.
    Playwright,
    /// pytest-json-report.
    PytestJson,
    /// pytest-reportlog.
    PytestLog,
    /// `RSpec`.
    Rspec,
    /// Robot Framework.
    Robot,
    /// `CTest`.
    Ctest,
    /// Android's compatibility test suite.
    Cts,
    /// `GoogleTest` as JSON.
    GtestJson,
    /// Test Anything Protocol.
    Tap,
    /// Cucumber.
    Cucumber,
    /// `dart test` and `flutter test`.
    Dart,
    /// Build events of Bazel.
    BazelEvents,
}

/// Why a case is red.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failure {
    /// Type of the error, such as `AssertionError`; empty where unknown.
    pub class: String,
    /// Its message.
    pub message: String,
    /// What else was written: stack, difference.
    pub text: String,
    /// Bytes of it that were left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub cut: u64,
}

/// One execution of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its names.
    pub test: TestName,
    /// What became of it.
    pub status: Status,
    /// How long it took, microseconds; `None` where the report does not say, or says nonsense.
    #[serde(default)]
    pub micros: Option<u64>,
    /// When it began.
    #[serde(default)]
    pub started: Option<Timestamp>,
    /// Why it is red, or was skipped.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// Attempt of the runner's own, from 1.
    pub attempt: u32,
    /// Line of the test in its source, from 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// Line of the report, from 1.
    pub at_line: u64,
    /// Its place among the cases of the report, from 0.
    pub order: u32,
}

/// How many cases there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Executions in all.
    pub cases: u64,
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Errored or unfinished.
    pub errored: u64,
    /// Skipped.
    pub skipped: u64,
}

impl Counts {
    /// Counts one more.
    pub const fn add(&mut self, status: Status) {
        self.cases += 1;
        let slot = match status {
            Status::Passed => &mut self.passed,
            Status::Skipped => &mut self.skipped,
            Status::Failed => &mut self.failed,
            Status::Errored | Status::Unfinished => &mut self.errored,
        };
        *slot += 1;
    }

    /// Cases that speak against the change.
    pub const fn red(&self) -> u64 {
        self.failed + self.errored
    }
}

/// What keeps a report from being whole evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gap {
    /// It breaks off.
    Truncated,
    /// It is not well-formed.
    Malformed,
    /// It declares a document type: refused, because such a one may read files and hosts.
    Doctype,
    /// It is nested deeper than [`Limits::depth`].
    TooDeep,
    /// It is over another of the [`Limits`].
    TooLarge,
    /// It holds fewer cases than it says.
    FewerThanSaid,
    /// A test in it never ended, or the runner never said that it was done.
    NeverFinished,
    /// It is no report of tests.
    NoReport,
    /// There is nothing in it.
    Empty,
    /// It is not in the encoding that it says, or in none that is known.
    Encoding,
    /// The process that ran the tests did not end as its runner does.
    Process,
    /// A report or shard that was expected is not there.
    Missing,
    /// There are fewer cases than were asked for, or than usual.
    Few,
    /// It is about another commit.
    OtherCommit,
    /// It is older than the run.
    Stale,
}

/// Something that people should know about a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// What is missing; `None` where the report is complete all the same.
    pub gap: Option<Gap>,
    /// Line of the report, from 1; 0 where it is about the whole.
    pub line: u64,
    /// What was found.
    pub what: String,
    /// How to mend it; empty where nothing needs to be.
    pub mend: String,
}

/// What is known of a report when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Its format; `None` where it was not recognised.
    pub format: Option<Format>,
    /// Whether it was seen whole: no remark has a gap.
    pub complete: bool,
    /// Executions that were read.
    pub counted: Counts,
    /// What it says of itself, where it does.
    pub said: Option<Counts>,
    /// Suites, also those without cases.
    pub suites: u64,
    /// The commit that it says it is about.
    pub commit: Option<String>,
    /// The earliest instant in it.
    pub first: Option<Timestamp>,
    /// The latest instant in it.
    pub last: Option<Timestamp>,
    /// Machines that it names.
    pub hosts: BTreeSet<String>,
    /// Bytes of texts that were left out.
    pub cut: u64,
    /// What people should know.
    pub remarks: Vec<Remark>,
}

/// How much of a report is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements or values within one another.
    pub depth: u32,
    /// Bytes of one text; the rest of it is cut.
    pub text: usize,
    /// Bytes of one attribute; the rest of it is cut.
    pub attribute: usize,
    /// Bytes of one line of a format of lines.
    pub line: usize,
    /// Bytes of one name; the rest of it is cut.
    pub name: usize,
    /// Cases.
    pub cases: u64,
    /// Remarks; further ones are counted, not kept.
    pub remarks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 256,
            text: 64 << 10,
            attribute: 64 << 10,
            line: 16 << 20,
            name: 4 << 10,
            cases: 50_000_000,
            remarks: 100,
        }
    }
}

/// A report that is being read.
#[derive(Debug)]
pub struct Report<R: BufRead>(Stream<R>);

impl<R: BufRead> Report<R> {
    /// Begins to read a report, which is called `name` in remarks; its format is found by its
    /// content where none is given.
    pub fn open(
        name: &str,
        mut reader: R,
        format: Option<Format>,
        limits: Limits,
    ) -> io::Result<Self> {
        let head = stream::head(&mut reader)?;
        let seen = detect::look(&head);
        let empty = seen == Seen::Nothing;
        let format = format.or(match seen {
            Seen::Known(format) => Some(format),
            Seen::Nothing | Seen::Other(_) | Seen::Text => None,
        });
        let mut sink = Sink::new(format, limits);
        let text = stream::text(head, reader);
        let body = match format {
            Some(format) if !empty => body(format, text, &mut sink),
            _ => Body::Nothing,
        };
        match (&body, &seen) {
            (Body::Nothing, Seen::Nothing) => {
                sink.line = 0;
                sink.gap(
                    Gap::Empty,
                    format!("`{name}` is empty"),
                    "let the runner finish; a report that it began and never wrote is no evidence",
                );
            }
            (Body::Nothing, Seen::Other(root)) => sink.gap(
                Gap::NoReport,
                format!("`{name}` is no report of tests: it is `{root}`"),
                "name the files that the runner writes its results to",
            ),
            (Body::Nothing, Seen::Text) => sink.gap(
                Gap::Malformed,
                format!("`{name}` is neither XML, nor JSON, nor the output of a known runner"),
                "name the file that the runner writes its results to, or give its format",
            ),
            _ => {}
        }
        Ok(Self(Stream::new(name, body, sink)))
    }

    /// The next cases; `None` when there are no more.
    pub fn next_batch(&mut self) -> io::Result<Option<Vec<Case>>> {
        self.0.read_on()?;
        let cases = self.0.sink.take();
        Ok((!cases.is_empty() || !self.0.is_over()).then_some(cases))
    }

    /// What is known of it. A report that was not read to its end is not complete.
    pub fn ending(self) -> Ending {
        self.0.finish().ending()
    }
}

/// The reader of a format, over its text.
fn body<R: BufRead>(format: Format, text: Text<Whole<R>>, sink: &mut Sink) -> Body<R> {
    if let Some(elements) = xml::elements(format) {
        return Body::xml(text, elements, Doctype::Refused, sink);
    }
    if let Some(line) = lines::reader(format) {
        return Body::lines(text, line);
    }
    if let Some(document) = json::reader(format) {
        return Body::document(text, document, sink);
    }
    let what = format!("reports of the format `{format:?}` cannot be read");
    sink.gap(Gap::NoReport, what, "let the runner write JUnit XML beside it");
    Body::Nothing
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
