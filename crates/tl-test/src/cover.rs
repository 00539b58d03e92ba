//! Reports of coverage to covered lines, file by file, and what a test covers.
//!
//! In: a report's bytes, from any tool; the repository's own list of files. Out: [`Covered`] files
//! as they come, and an [`Ended`] that says whether that was all. Start at [`Report`]; [`total`]
//! adds reports up, [`diff`] says what of a change is covered, [`map`] keeps which test covers
//! what. **Invariants:** memory does not grow with the report; a report that breaks off gives what
//! was read, and is not complete; a line that no report names is neither covered nor not.

use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use self::ranges::Lines;
use crate::read::elide::Doctype;
use crate::read::sink::Sink;
use crate::read::stream::{self, Body, Stream, Whole};
use crate::read::text::Text;
use crate::read::{Ending, Gap, Limits, Remark};

mod builder;
mod clover;
mod cobertura;
mod coverage_py;
pub mod detect;
pub mod diff;
mod go;
mod istanbul;
mod jacoco;
mod lcov;
mod llvm;
pub mod map;
pub mod name;
pub mod paths;
pub mod ranges;
#[cfg(test)]
mod tests;
pub mod total;

/// A format of reports of coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// lcov's tracefile, of geninfo, grcov, Istanbul, Bazel and many others.
    Lcov,
    /// Cobertura's XML, which most tools can write.
    Cobertura,
    /// `JaCoCo`'s XML.
    Jacoco,
    /// Clover's XML, of OpenClover, `PHPUnit` and Istanbul.
    Clover,
    /// `llvm-cov export`, also by `cargo llvm-cov --json`.
    LlvmCov,
    /// `coverage json` of coverage.py.
    CoveragePy,
    /// A profile of `go test -coverprofile`.
    GoCover,
    /// `coverage-final.json` of Istanbul, nyc, c8, jest and vitest.
    Istanbul,
}

/// Branches that begin on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Branches {
    /// The line, from 1.
    pub line: u32,
    /// How many of them were taken.
    pub hit: u32,
    /// How many there are.
    pub all: u32,
}

/// What a report says of one file. A report may speak of a file several times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The test that this is about, as the report calls it; `None` where it is about them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The file, as the report calls it.
    pub file: String,
    /// What the report says that the file stands in: groups of `JaCoCo`, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// Lines that can be covered.
    pub lines: Lines,
    /// Those of them that were; of one test also further lines of the same statements.
    pub hit: Lines,
    /// Branches, ordered by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Branches>,
}

impl Covered {
    /// Bytes of it, about.
    pub(crate) fn weight(&self) -> usize {
        let names = self.file.len() + self.test.as_ref().map_or(0, String::len);
        names + 8 * (self.lines.ranges().len() + self.hit.ranges().len()) + 12 * self.branches.len()
    }
}

/// What is known of a report of coverage when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its format; `None` where it was not recognised.
    pub format: Option<Format>,
    /// Whether it was seen whole: no remark has a gap.
    pub complete: bool,
    /// Directories that it says its files are in.
    pub roots: Vec<String>,
    /// Statements that were executed, and all of them, where the format counts those: Go's does.
    pub statements: Option<(u64, u64)>,
    /// What people should know.
    pub remarks: Vec<Remark>,
}

impl Ended {
    /// Of a report that could not be read at all.
    pub fn failed(gap: Gap, what: &str, mend: &str) -> Self {
        let remark =
            Remark { gap: Some(gap), line: 0, what: what.to_owned(), mend: mend.to_owned() };
        Self { remarks: vec![remark], ..Self::default() }
    }

    /// What keeps it from being whole.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> + use<'_> {
        self.remarks.iter().filter_map(|remark| remark.gap)
    }
}

/// A report of coverage that is being read.
#[derive(Debug)]
pub struct Report<R: BufRead> {
    stream: Stream<R>,
    format: Option<Format>,
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
        let head = stream::head(&mut reader)?;
        let empty = head.trim_ascii().is_empty();
        let format = format.or_else(|| detect::detect(&head));
        let mut sink = Sink::new(None, limits);
        let body = match format {
            Some(format) if !empty => body(format, stream::text(head, reader), &sink),
            _ => Body::Nothing,
        };
        if empty {
            sink.line = 0;
            let mend = "let the tool finish, and check that it measures anything";
            sink.gap(Gap::Empty, format!("`{name}` is empty"), mend);
        } else if format.is_none() {
            sink.gap(
                Gap::NoReport,
                format!("`{name}` is no report of coverage that is known"),
                "let the tool write lcov or Cobertura XML",
            );
        }
        Ok(Self { stream: Stream::new(name, body, sink), format })
    }

    /// The next files; `None` when there are no more.
    pub fn next_batch(&mut self) -> io::Result<Option<Vec<Covered>>> {
        self.stream.read_on()?;
        let files = self.stream.sink.take_covered();
        Ok((!files.is_empty() || !self.stream.is_over()).then_some(files))
    }

    /// What is known of it. A report that was not read to its end is not complete.
    pub fn ended(self) -> Ended {
        let sink = self.stream.finish();
        let (roots, statements) = (sink.roots.clone(), sink.statements);
        let Ending { complete, remarks, .. } = sink.ending();
        Ended { format: self.format, complete, roots, statements, remarks }
    }
}

/// The reader of a format, over its text.
fn body<R: BufRead>(format: Format, text: Text<Whole<R>>, sink: &Sink) -> Body<R> {
    match format {
        Format::Lcov => Body::lines(text, Box::<lcov::Lcov>::default()),
        Format::GoCover => Body::lines(text, Box::<go::GoCover>::default()),
        // Each of their files names the type of its document.
        Format::Cobertura => {
            Body::xml(text, Box::<cobertura::Cobertura>::default(), Doctype::LeftOut, sink)
        }
        Format::Jacoco => Body::xml(text, Box::<jacoco::Jacoco>::default(), Doctype::LeftOut, sink),
        Format::Clover => Body::xml(text, Box::<clover::Clover>::default(), Doctype::LeftOut, sink),
        Format::LlvmCov => Body::shape(text, Box::<llvm::Llvm>::default(), sink),
        Format::CoveragePy => Body::shape(text, Box::<coverage_py::CoveragePy>::default(), sink),
        Format::Istanbul => Body::shape(text, Box::<istanbul::Istanbul>::default(), sink),
    }
}
