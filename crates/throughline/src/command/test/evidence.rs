//! What the gate is given: reports read, and what was expected of them.
//!
//! **Invariant:** a report is read as it streams by; what is kept is its end and its red cases.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use tl_test::gate::{Expected, Red};
use tl_test::read::{Case, Ending, Gap, Limits, Remark, Report};
use tl_test::reds::Reds;

use crate::error::CommandError;
use crate::test_files::{self, Found};
use crate::ui::Ui;

/// Bytes that are read at a time.
const BUFFER: usize = 256 << 10;

/// What makes the evidence whole, and the change that it is about.
#[derive(Debug, clap::Args)]
pub(super) struct EvidenceArgs {
    /// What the change is held against: failures of tests that it touches are not masked, and the
    /// quarantine is read there [default: where it left the default branch]
    #[arg(long, value_name = "REF", help_heading = "The change")]
    pub(super) base: Option<String>,
    /// Mask known failures also where nobody can tell what the change touches
    #[arg(long, help_heading = "The change")]
    pub(super) no_diff: bool,
    /// The commit that was tested: a report about another one is no evidence
    #[arg(long, value_name = "SHA", help_heading = "The change")]
    commit: Option<String>,
    /// The variant that was tested, such as `os=linux,py=3.12`
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    #[arg(help_heading = "The change")]
    variant: String,
    /// A glob that some report must match; may be given several times
    #[arg(long = "expect-file", value_name = "GLOB", help_heading = "Completeness")]
    files: Vec<String>,
    /// How many reports there are at least, such as one a shard
    #[arg(long, value_name = "N", help_heading = "Completeness")]
    expect_reports: Option<u32>,
    /// How many cases there are at least
    #[arg(long, value_name = "N", help_heading = "Completeness")]
    expect_cases: Option<u64>,
    /// Take no case at all for right
    #[arg(long, help_heading = "Completeness")]
    allow_empty: bool,
    /// A test that a report holds twice was tried again: the last of them counts
    #[arg(long, help_heading = "Completeness")]
    retries: bool,
    /// A further exit code by which the runner says that tests failed
    #[arg(long = "fail-code", value_name = "CODE", help_heading = "Completeness")]
    fail_codes: Vec<i32>,
}

impl EvidenceArgs {
    /// Of a variant, and nothing else is asked for.
    pub(super) fn of_variant(variant: &str) -> Self {
        Self {
            base: None,
            no_diff: true,
            commit: None,
            variant: variant.to_owned(),
            files: Vec::new(),
            expect_reports: None,
            expect_cases: None,
            allow_empty: false,
            retries: false,
            fail_codes: Vec::new(),
        }
    }

    /// What has to be there.
    pub(super) fn expected(&self) -> Expected {
        Expected {
            files: self.files.clone(),
            shards: self.expect_reports,
            cases: self.expect_cases,
            commit: self.commit.clone(),
            empty: self.allow_empty,
            fail_codes: self.fail_codes.clone(),
            ..Expected::default()
        }
    }
}

/// Reports that were read.
#[derive(Debug)]
pub(super) struct Read {
    /// Each with its name.
    pub(super) reports: Vec<(String, Ending)>,
    /// Red tests of all of them.
    pub(super) reds: Vec<Red>,
    /// Every case, where somebody wants them.
    pub(super) cases: Vec<Case>,
}

impl Read {
    /// Reads what patterns name.
    pub(super) fn files(
        ui: &mut Ui,
        patterns: &[String],
        args: &EvidenceArgs,
        keep: bool,
    ) -> Result<Self, CommandError> {
        let (streams, patterns): (Vec<&String>, Vec<&String>) =
            patterns.iter().partition(|pattern| *pattern == "-");
        let patterns: Vec<String> = patterns.into_iter().cloned().collect();
        let found = test_files::find(&patterns)?;
        let mut reading = Reading::new(args, keep);
        if !streams.is_empty() {
            reading.report("-", BufReader::with_capacity(BUFFER, io::stdin().lock()));
        }
        reading.files(ui, &found);
        Ok(reading.finish())
    }

    /// Reads files that were just written.
    pub(super) fn written(ui: &mut Ui, found: &[Found], args: &EvidenceArgs, keep: bool) -> Self {
        let mut reading = Reading::new(args, keep);
        reading.files(ui, found);
        reading.finish()
    }
}

struct Reading {
    reports: Vec<(String, Ending)>,
    reds: Reds,
    /// Every case, where they are kept.
    cases: Option<Vec<Case>>,
}

impl Reading {
    fn new(args: &EvidenceArgs, keep: bool) -> Self {
        let reds = Reds::new(&args.variant, args.retries);
        Self { reports: Vec::new(), reds, cases: keep.then(Vec::new) }
    }

    fn finish(self) -> Read {
        let cases = self.cases.unwrap_or_default();
        Read { reports: self.reports, reds: self.reds.finish(), cases }
    }

    fn files(&mut self, ui: &mut Ui, found: &[Found]) {
        for one in found {
            let name = one.path.display().to_string();
            match open(&one.path) {
                Ok(file) => {
                    self.report(&name, BufReader::with_capacity(BUFFER, file));
                    // Beside reports stand other files of the same ending; who names one means it.
                    let is_other = |(_, ending): &(String, Ending)| is_no_report(ending);
                    if !one.is_named && self.reports.last().is_some_and(is_other) {
                        self.reports.pop();
                        ui.note(format!("`{name}` is no report of tests: left out"));
                    }
                }
                Err(err) => self.unreadable(name, &err),
            }
        }
    }

    /// Reads one report. What breaks off gives what was read, and is not whole.
    fn report(&mut self, name: &str, from: impl BufRead) {
        let mut report = match Report::open(name, from, None, Limits::default()) {
            Ok(report) => report,
            Err(err) => return self.unreadable(name.to_owned(), &err),
        };
        loop {
            match report.next_batch() {
                Ok(Some(cases)) => {
                    cases.iter().for_each(|case| self.reds.add(case));
                    if let Some(kept) = &mut self.cases {
                        kept.extend(cases);
                    }
                }
                Ok(None) => break,
                Err(err) => {
                    let mut ending = report.ending();
                    ending.complete = false;
                    ending.remarks.push(unreadable(&err));
                    self.reports.push((name.to_owned(), ending));
                    return;
                }
            }
        }
        self.reports.push((name.to_owned(), report.ending()));
    }

    fn unreadable(&mut self, name: String, err: &io::Error) {
        let ending = Ending { remarks: vec![unreadable(err)], ..Ending::default() };
        self.reports.push((name, ending));
    }
}

/// Opens a regular file; what waits for a writer is none.
fn open(path: &Path) -> io::Result<File> {
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    File::open(path)
}

fn unreadable(err: &io::Error) -> Remark {
    Remark {
        gap: Some(if err.kind() == io::ErrorKind::NotFound {
            Gap::NoReport
        } else {
            Gap::Truncated
        }),
        line: 0,
        what: format!("it cannot be read: {err}"),
        mend: "check that the step that writes it ran to its end, and that the path is right"
            .to_owned(),
    }
}

/// Whether a file is well and is something else.
fn is_no_report(ending: &Ending) -> bool {
    ending.format.is_none()
        && ending.counted.cases == 0
        && ending.remarks.iter().all(|remark| matches!(remark.gap, None | Some(Gap::NoReport)))
}
