//! What the gate is given: reports read, and what was expected of them.
//!
//! **Invariant:** a report is read as it streams by; what is kept is its end and its red cases.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tl_test::gate::{Expected, Red};
use tl_test::read::{Case, Ending, Gap, Limits, Remark, Report};
use tl_test::record::Gathered;
use tl_test::reds::Reds;

use crate::config::test::{Machines, TestConfig};
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
    pub(super) commit: Option<String>,
    /// The variant that was tested, such as `os=linux,py=3.12`
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    #[arg(help_heading = "The change", value_parser = variant)]
    pub(super) variant: String,
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
    /// Count a test that passed only when it was tried again as failed
    #[arg(long, help_heading = "Completeness")]
    fail_on_flaky: bool,
    /// A further exit code by which the runner says that tests failed
    #[arg(long = "fail-code", value_name = "CODE", help_heading = "Completeness")]
    fail_codes: Vec<i32>,
}

/// A variant with its parts in order: `py=3.12,os=linux` is `os=linux,py=3.12`.
fn variant(text: &str) -> Result<String, String> {
    let mut parts: Vec<&str> =
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts.dedup();
    let text = parts.join(",");
    if text.len() > 256 {
        return Err("a variant has at most 256 bytes".to_owned());
    }
    Ok(text)
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
            fail_on_flaky: false,
            fail_codes: Vec::new(),
        }
    }

    /// What has to be there.
    pub(super) fn expected(&self, config: &TestConfig) -> Expected {
        Expected {
            files: self.files.clone(),
            shards: self.expect_reports,
            cases: self.expect_cases,
            commit: self.commit.clone(),
            empty: self.allow_empty,
            fail_codes: [&self.fail_codes[..], &config.fail_codes].concat(),
            no_flaky: self.fail_on_flaky || config.fail_on_flaky,
            machines_prove_nothing: config.machines == Machines::Unproven,
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
    /// Every result, for history; where there is one.
    pub(super) gathered: Option<Gathered>,
    /// Hex SHA-256 over all reports, in whatever order they were read.
    pub(super) digest: String,
}

/// What is kept of a report beside its red tests.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Keep {
    /// Every case as it is.
    pub(super) cases: bool,
    /// Results for history.
    pub(super) results: bool,
    /// `test.retries` of the configuration.
    pub(super) retries: bool,
}

impl Read {
    /// Reads what patterns name.
    pub(super) fn files(
        ui: &mut Ui,
        patterns: &[String],
        args: &EvidenceArgs,
        keep: Keep,
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
    pub(super) fn written(ui: &mut Ui, found: &[Found], args: &EvidenceArgs, keep: Keep) -> Self {
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
    gathered: Option<Gathered>,
    /// SHA-256 of each report that is evidence.
    digests: Vec<[u8; 32]>,
}

impl Reading {
    fn new(args: &EvidenceArgs, keep: Keep) -> Self {
        let retries = args.retries || keep.retries;
        Self {
            reports: Vec::new(),
            reds: Reds::new(&args.variant, retries),
            cases: keep.cases.then(Vec::new),
            gathered: keep.results.then(|| Gathered::new(retries)),
            digests: Vec::new(),
        }
    }

    fn finish(mut self) -> Read {
        self.digests.sort_unstable();
        let digest = Sha256::digest(self.digests.concat());
        Read {
            reports: self.reports,
            reds: self.reds.finish(),
            cases: self.cases.unwrap_or_default(),
            gathered: self.gathered,
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
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
                        self.digests.pop();
                        ui.note(format!("`{name}` is no report of tests: left out"));
                    }
                }
                Err(err) => self.unreadable(name, &err),
            }
        }
    }

    /// Reads one report. What breaks off gives what was read, and is not whole.
    fn report(&mut self, name: &str, from: impl BufRead) {
        let mut from = Hashed { from, sha: self.gathered.is_some().then(Sha256::new) };
        self.report_of(name, &mut from);
        self.digests.push(from.sha.map(Sha256::finalize).unwrap_or_default().into());
    }

    fn report_of(&mut self, name: &str, from: impl BufRead) {
        let mut report = match Report::open(name, from, None, Limits::default()) {
            Ok(report) => report,
            Err(err) => return self.unreadable(name.to_owned(), &err),
        };
        loop {
            match report.next_batch() {
                Ok(Some(cases)) => {
                    cases.iter().for_each(|case| self.reds.add(case));
                    if let Some(gathered) = &mut self.gathered {
                        cases.iter().for_each(|case| gathered.add(case));
                    }
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

/// A report on its way, and the sum over what was read of it.
struct Hashed<R> {
    from: R,
    /// Absent where nobody asks for it.
    sha: Option<Sha256>,
}

impl<R: BufRead> io::Read for Hashed<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Hashed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        if let (Some(sha), true) = (&mut self.sha, count > 0) {
            // What is consumed stands in the buffer: this reads nothing.
            if let Ok(buffer) = self.from.fill_buf() {
                sha.update(&buffer[..count.min(buffer.len())]);
            }
        }
        self.from.consume(count);
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
