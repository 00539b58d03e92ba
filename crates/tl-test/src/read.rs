//! Reports of test runners to cases, batch by batch.
//!
//! In: a report's bytes, from any runner. Out: [`Case`]s as they come, and an [`Ending`] that says
//! whether that was all. Start at [`Report`]. **Invariants:** memory does not grow with the
//! report; a report that breaks off gives what was read, and is not complete; nothing panics.
//!
//! A format is one of three kinds, by what drives it: `Elements` of XML, a `Line` at a time, or a
//! `Document` of JSON. Each fills the `Sink`, which keeps the limits.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Chain, Cursor, Read as _};

use serde::{Deserialize, Serialize};
use tl_core::test::{Status, TestName};
use tl_core::time::Timestamp;

use self::detect::Seen;
use self::elide::Elide;
use self::lines::Lines;
use self::sink::Sink;
use self::text::Text;
use self::xml::Xml;

mod bazel;
mod ctest;
mod ctrf;
mod cts;
mod cucumber;
mod dart;
pub mod detect;
mod elide;
mod go;
mod go_json;
mod go_text;
mod gtest;
mod jest;
mod json;
pub(crate) mod junit;
mod libtest;
mod libtest_text;
mod lines;
mod mocha;
pub mod name;
mod nunit;
mod playwright;
mod pytest;
mod robot;
mod rspec;
#[cfg(test)]
mod shown;
mod sink;
mod tap;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod trx;
mod xml;
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
pub struct Report<R: BufRead> {
    name: String,
    body: Body<R>,
    sink: Sink,
    /// Nothing more is to be read.
    over: bool,
}

/// The first bytes, which were looked at, and those behind them.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// What is read, by what drives its reader.
#[derive(Debug)]
enum Body<R: BufRead> {
    Xml(Box<Xml<Whole<R>>>),
    Lines(Box<Lines<Whole<R>>>),
    Document(Box<Elide<Whole<R>>>, Box<dyn json::Document>),
    /// It is no report.
    Nothing,
}

impl<R: BufRead> Report<R> {
    /// Begins to read a report, which is called `name` in remarks; its format is found by its
    /// content where none is given.
    pub fn open(
        name: &str,
        mut reader: R,
        format: Option<Format>,
        limits: Limits,
    ) -> io::Result<Self> {
        let mut head = Vec::new();
        (&mut reader).take(detect::HEAD as u64).read_to_end(&mut head)?;
        let seen = detect::look(&head);
        let empty = seen == Seen::Nothing;
        let format = format.or(match seen {
            Seen::Known(format) => Some(format),
            Seen::Nothing | Seen::Other(_) | Seen::Text => None,
        });
        let mut sink = Sink::new(format, limits);
        let text = Text::new(Cursor::new(head).chain(reader));
        let body = match format {
            Some(format) if !empty => Body::of(format, text, &mut sink),
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
        let over = matches!(body, Body::Nothing);
        Ok(Self { name: name.to_owned(), body, sink, over })
    }

    /// The next cases; `None` when there are no more.
    pub fn next_batch(&mut self) -> io::Result<Option<Vec<Case>>> {
        while !self.over && !self.sink.is_full() {
            let sink = &mut self.sink;
            let more = match &mut self.body {
                Body::Xml(xml) => xml.step(sink)?,
                Body::Lines(lines) => lines.step(sink)?,
                Body::Document(input, document) => {
                    sink.line = input.line();
                    let more = document.advance(&mut **input, sink)?;
                    sink.line = input.line();
                    more
                }
                Body::Nothing => false,
            };
            if !more || self.sink.is_stopped() {
                self.close();
            }
        }
        let cases = self.sink.take();
        Ok((!cases.is_empty() || !self.over).then_some(cases))
    }

    /// What is known of it. A report that was not read to its end is not complete.
    pub fn ending(mut self) -> Ending {
        if !self.over {
            self.close();
            let what = format!("`{}` was not read to its end", self.name);
            self.sink.gap(Gap::Truncated, what, "");
        }
        self.sink.ending()
    }

    /// Says what the layers below the format found.
    fn close(&mut self) {
        self.over = true;
        let (text, cut) = match &self.body {
            Body::Xml(xml) => (xml.text(), xml.cut()),
            Body::Lines(lines) => (&lines.text, 0),
            Body::Document(input, _) => (&input.text, input.cut()),
            Body::Nothing => return,
        };
        self.sink.cut(cut);
        if text.wrong > 0 {
            let places = text.wrong;
            let what =
                format!("`{}` is not in the encoding that it says, {places} times", self.name);
            let gap = text.is_foreign().then_some(Gap::Encoding);
            self.sink.remark_at(0, gap, what, "write the report as UTF-8");
        }
    }
}

impl<R: BufRead> Body<R> {
    fn of(format: Format, text: Text<Whole<R>>, sink: &mut Sink) -> Self {
        let limits = sink.limits;
        if let Some(elements) = xml::elements(format) {
            return Self::Xml(Box::new(Xml::new(Elide::xml(text, limits), elements)));
        }
        if let Some(line) = lines::reader(format) {
            return Self::Lines(Box::new(Lines::new(text, line)));
        }
        if let Some(document) = json::reader(format) {
            return Self::Document(Box::new(Elide::json(text, limits)), document);
        }
        let what = format!("reports of the format `{format:?}` cannot be read");
        sink.gap(Gap::NoReport, what, "let the runner write JUnit XML beside it");
        Self::Nothing
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
