//! Reports of real runners, of whoever collected them: how many are read whole, and at what cost.
//!
//! In: folders of reports below the data. Out: reports, cases and CPU seconds of each folder. Start at
//! [`measure`]. That the counts are right is a test: `tl-test/tests/corpora.rs` has the numbers that
//! the collectors wrote down.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use tl_test::read::{Counts, Limits, Report};

use super::{Figure, Options, Problem, cpu_seconds};

/// Folders of reports.
const FOLDERS: [&str; 3] = ["launchable", "go-junit-report", "dorny"];

/// What was read of one folder.
#[derive(Debug, Default)]
struct Read {
    reports: u64,
    whole: u64,
    cases: u64,
    /// Names of those that are not whole.
    broken: Vec<String>,
}

/// Takes the measure.
///
/// # Errors
/// A file cannot be read.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, Problem> {
    let mut figures = Vec::new();
    for folder in FOLDERS {
        let at = options.data.join(folder);
        if !at.is_dir() {
            figures.push(Figure::absent(folder));
            continue;
        }
        let begun = cpu_seconds();
        let mut read = Read::default();
        for file in files(&at)? {
            one(&file, &mut read)?;
        }
        let Read { reports, whole, cases, broken } = read;
        let broken = if broken.is_empty() { "none".to_owned() } else { broken.join(", ") };
        let what = format!(
            "{folder}: {cases} cases of {reports} reports, share read whole (not whole: {broken})"
        );
        figures.push(Figure::new(what, whole as f64 / reports.max(1) as f64, ""));
        if let (Some(begun), Some(now)) = (begun, cpu_seconds()) {
            figures.push(Figure::new(format!("{folder}: reading them"), now - begun, "CPU s"));
        }
    }
    figures.extend(pairs(&options.data)?);
    Ok(figures)
}

/// Outputs of `go test`, and the XML that go-junit-report makes of them.
fn pairs(data: &Path) -> Result<Option<Figure>, Problem> {
    let folder = data.join("go-junit-report/testdata");
    if !folder.is_dir() {
        return Ok(None);
    }
    let (mut equal, mut all) = (0_u32, 0_u32);
    for file in files(&folder)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(number) = name.strip_suffix(".txt").and_then(|name| name.get(..3)) else {
            continue;
        };
        let (ours, theirs) =
            (counts(&file)?, counts(&folder.join(format!("{number}-report.xml")))?);
        all += 1;
        equal += u32::from(ours == theirs);
    }
    let what = format!("go-junit-report: share of {all} outputs that count as its own XML does");
    Ok(Some(Figure::new(what, f64::from(equal) / f64::from(all.max(1)), "").at_least(1.0)))
}

fn counts(file: &Path) -> Result<Counts, Problem> {
    let mut report = open(file)?;
    while report.next_batch()?.is_some() {}
    Ok(report.ending().counted)
}

fn open(file: &Path) -> Result<Report<BufReader<File>>, Problem> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Report::open(&name, BufReader::new(File::open(file)?), None, Limits::default())?)
}

/// Reads one file; what is no report in any format does not count.
fn one(file: &Path, read: &mut Read) -> Result<(), Problem> {
    let mut report = open(file)?;
    while let Some(batch) = report.next_batch()? {
        read.cases += batch.len() as u64;
    }
    let ending = report.ending();
    if ending.format.is_none() {
        return Ok(());
    }
    read.reports += 1;
    read.whole += u64::from(ending.complete);
    if !ending.complete {
        read.broken.push(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    Ok(())
}

/// All files below a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let (mut open, mut found) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
