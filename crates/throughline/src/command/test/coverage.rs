//! `throughline test coverage`: which lines tests cover, of the repository and of a change.
//!
//! In: reports of coverage of any tool. Out: sums by file, or the lines of the change that no test
//! covers. **Invariant:** a report that breaks off, or none, is exit code 3, whatever its sums are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Serialize;
use tl_core::id::CommitId;
use tl_exec::git::Repository;
use tl_test::cover::diff::{self, Added, Patch};
use tl_test::cover::map::{Blob, Map};
use tl_test::cover::paths::Sources;
use tl_test::cover::ranges::Lines;
use tl_test::cover::total::{Adding, Sums, Total};
use tl_test::cover::{Ended, Report};
use tl_test::read::{Gap, Limits};
use tl_test::record;

use super::shelf::{Desk, Make};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::test_files;
use crate::ui::{Table, Ui, visible};

/// Bytes that are read at a time.
const BUFFER: usize = 256 << 10;

/// Ranges of lines that are shown of one file.
const RANGES: usize = 20;

/// Files `go.mod` that are looked at.
const MODULES: usize = 1_000;

/// Show which lines the tests cover, in all or of a change
///
/// Files, directories, globs, or `-` for standard input: lcov, Cobertura, JaCoCo, Clover, llvm-cov,
/// coverage.py, Go and Istanbul, recognised by what is in them. Several reports are added up: a line
/// is covered where any of them says so.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all reports were read, 2 bad arguments, 3 a report is missing, \
broken or not whole."
)]
pub(super) struct CoverageArgs {
    /// Reports
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// Show the lines that the change adds and no test covers; what the change goes to, such as
    /// `origin/main`
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// Remember which test covers which lines, for `order` and `select`: of reports that tell tests
    /// apart, measured on the commit that is checked out
    #[arg(long)]
    record: bool,
    /// Print one JSON document (`coverage/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// What is printed for programs.
#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    complete: bool,
    lines: u64,
    covered: u64,
    branches: u64,
    branches_covered: u64,
    /// Tests that the reports tell apart.
    tests: usize,
    files: Vec<FileDocument<'a>>,
    /// Files that fit several of the repository's, and the first of those.
    ambiguous: BTreeMap<&'a str, &'a [String]>,
    /// How many files are none of the repository's.
    outside: u64,
    reports: Vec<ReportDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<PatchDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct FileDocument<'a> {
    file: &'a str,
    #[serde(flatten)]
    sums: Sums,
    uncovered: Lines,
}

#[derive(Debug, Serialize)]
struct ReportDocument<'a> {
    name: &'a str,
    #[serde(flatten)]
    ended: &'a Ended,
}

#[derive(Debug, Serialize)]
struct PatchDocument<'a> {
    /// The commit that the change began at.
    base: String,
    #[serde(flatten)]
    patch: &'a Patch,
}

pub(super) async fn cmd_coverage(ui: &mut Ui, globals: &Globals, args: &CoverageArgs) -> CmdResult {
    let (adding, reports) = read(ui, &args.files)?;
    let repository = Repository::open(Path::new(".")).ok();
    let change = match &args.base {
        Some(base) => Some(change(repository.as_ref(), base)?),
        None => None,
    };
    let sources = sources(repository.as_ref(), &adding)?;
    let mut roots: Vec<String> =
        reports.iter().flat_map(|(_, ended)| ended.roots.iter().cloned()).collect();
    roots.sort();
    roots.dedup();
    let total = adding.finish(&sources, &roots);
    let patch = change.as_ref().map(|(base, added)| (base, diff::patch(&total, added)));
    let complete = !reports.is_empty() && reports.iter().all(|(_, ended)| ended.complete);
    tell(ui, &reports, &total);
    if args.record {
        remember(ui, globals, &total).await?;
    }
    if args.json {
        ui.print_json(&document(&total, &reports, complete, patch.as_ref()))?;
    } else if let Some((_, patch)) = &patch {
        print_patch(ui, patch)?;
    } else {
        print_total(ui, &total)?;
    }
    Ok(if complete { Outcome::Done } else { Outcome::Unproven })
}

/// Puts what single tests cover into history.
async fn remember(ui: &mut Ui, globals: &Globals, total: &Total) -> Result<(), CommandError> {
    if total.tests.is_empty() {
        ui.warn("nothing is recorded: the reports do not tell tests apart");
        return Ok(());
    }
    let desk = Desk::open(ui, globals)?;
    let (Some(shelf), Some(repository)) = (desk.shelf(ui, Make::Yes).await?, &desk.repository)
    else {
        return Err(CommandError::usage("coverage is recorded of a repository, in its ledger"));
    };
    let blob = |file: &str| Some(Blob::of(&repository.blob_at_head(file).ok()??));
    let now = desk.now();
    let learn = |map: &mut Map| map.learn(total, now, blob);
    let done = record::remember_coverage(&shelf.ledger, &shelf.lake, learn, now).await;
    done.map_err(CommandError::environment)?;
    ui.status(format!("coverage of {} tests is recorded", total.tests.len()));
    Ok(())
}

/// Reads what patterns name.
fn read(ui: &mut Ui, patterns: &[String]) -> Result<(Adding, Vec<(String, Ended)>), CommandError> {
    let (streams, patterns): (Vec<String>, Vec<String>) =
        patterns.iter().cloned().partition(|pattern| pattern == "-");
    let mut adding = Adding::default();
    let mut reports = Vec::new();
    if !streams.is_empty() {
        let input = BufReader::with_capacity(BUFFER, io::stdin().lock());
        reports.push(("-".to_owned(), report("-", input, &mut adding)));
    }
    for found in test_files::find(&patterns)? {
        let name = found.path.display().to_string();
        let ended = match open(&found.path) {
            Ok(file) => report(&name, BufReader::with_capacity(BUFFER, file), &mut adding),
            Err(err) => unreadable(&err),
        };
        // Beside reports stand other files of the same ending; who names one means it.
        if !found.is_named && ended.format.is_none() && ended.gaps().all(|gap| gap == Gap::NoReport)
        {
            ui.note(format!("`{}` is no report of coverage: left out", visible(&name)));
            continue;
        }
        reports.push((name, ended));
    }
    Ok((adding, reports))
}

/// Opens a regular file; what waits for a writer is none.
fn open(path: &Path) -> io::Result<File> {
    if path.metadata()?.is_file() {
        return File::open(path);
    }
    Err(io::Error::other("it is no regular file"))
}

/// Reads one report. What breaks off gives what was read, and is not whole.
fn report(name: &str, from: impl BufRead, adding: &mut Adding) -> Ended {
    let mut report = match Report::open(name, from, None, Limits::default()) {
        Ok(report) => report,
        Err(err) => return unreadable(&err),
    };
    loop {
        match report.next_batch() {
            Ok(Some(files)) => files.iter().for_each(|file| adding.add(file)),
            Ok(None) => return report.ended(),
            Err(err) => {
                let mut ended = report.ended();
                ended.complete = false;
                ended.remarks.extend(unreadable(&err).remarks);
                return ended;
            }
        }
    }
}

fn unreadable(err: &io::Error) -> Ended {
    let mend = "check that the step that writes it ran to its end, and that the path is right";
    Ended::failed(Gap::Truncated, &format!("it cannot be read: {err}"), mend)
}

/// The repository's files; outside of one, files are called as the reports call them.
fn sources(repository: Option<&Repository>, adding: &Adding) -> Result<Sources, CommandError> {
    let Some(repository) = repository else {
        return Ok(Sources::new(adding.names().map(ToOwned::to_owned), ""));
    };
    let files = repository.files_at_head("").map_err(CommandError::environment)?;
    let top = repository.work_dir().map(|top| top.display().to_string()).unwrap_or_default();
    let is_module = |file: &&String| *file == "go.mod" || file.ends_with("/go.mod");
    let modules: Vec<String> = files.iter().filter(is_module).take(MODULES).cloned().collect();
    let mut sources = Sources::new(files, &top);
    for file in modules {
        let text = repository.blob_at_head(&file).map_err(CommandError::environment)?;
        sources.module(&file, &String::from_utf8_lossy(&text.unwrap_or_default()));
    }
    Ok(sources)
}

/// The commit that the change began at, and the lines that it adds.
fn change(repository: Option<&Repository>, base: &str) -> Result<(CommitId, Added), CommandError> {
    let repository = repository.ok_or_else(|| {
        CommandError::environment("`--base` needs a git repository, and there is none here")
    })?;
    let onto = repository.commit_of(base).map_err(|err| {
        CommandError::usage(err).hint(
            "in CI, fetch the branch that the change goes to: `git fetch origin main`, then \
             `--base origin/main`",
        )
    })?;
    let head = repository.commit_of("HEAD").map_err(CommandError::environment)?;
    let begun = repository.merge_base(&head, &onto).map_err(CommandError::environment)?;
    let begun = begun.ok_or_else(|| {
        CommandError::environment(format!("`HEAD` and `{base}` have no commit in common here"))
            .hint("fetch more of the history: `fetch-depth: 0`")
    })?;
    let mut found = None;
    repository.diffs(&[(head, Some(begun))], &mut |_, diff| found = Some(diff));
    let diff = match found {
        Some(diff) => diff.map_err(CommandError::environment)?,
        None => return Err(CommandError::environment("the change could not be compared")),
    };
    if diff.unreadable > 0 {
        let what = format!("{} files of the change cannot be read", diff.unreadable);
        return Err(CommandError::environment(what)
            .hint("fetch more of the repository: a partial clone leaves files out"));
    }
    Ok((begun, diff::added(&diff)))
}

/// Says what is not in the sums.
fn tell(ui: &mut Ui, reports: &[(String, Ended)], total: &Total) {
    if reports.is_empty() {
        ui.warn("no report of coverage was found");
    }
    for (name, ended) in reports {
        for remark in &ended.remarks {
            let line = if remark.line > 0 { format!(":{}", remark.line) } else { String::new() };
            let mend = if remark.mend.is_empty() { "" } else { ": " };
            let text = format!("{name}{line}: {}{mend}{}", remark.what, remark.mend);
            let text = visible(&text);
            if remark.gap.is_some() { ui.warn(text) } else { ui.note(text) }
        }
    }
    for (file, fits) in total.several.iter().take(RANGES) {
        let fits = visible(&fits.join("`, `"));
        ui.note(format!("`{}` may be any of `{fits}`: not counted", visible(file)));
    }
    if total.several.len() > RANGES {
        ui.note(format!("and {} files more", total.several.len() - RANGES));
    }
    if let Some(first) = total.examples.first() {
        ui.note(format!(
            "{} files are none of the commit's, such as `{}`: not counted",
            total.outside,
            visible(first)
        ));
    }
}

fn document<'a>(
    total: &'a Total,
    reports: &'a [(String, Ended)],
    complete: bool,
    patch: Option<&'a (&CommitId, Patch)>,
) -> Document<'a> {
    let Sums { lines, covered, branches, branches_covered } = total.sums();
    let file = |(file, of): (&'a String, &'a tl_test::cover::total::FileTotal)| FileDocument {
        file,
        sums: of.sums(),
        uncovered: of.lines.without(&of.hit),
    };
    let ambiguous = total.several.iter().map(|(file, fits)| (file.as_str(), fits.as_slice()));
    Document {
        schema: "coverage/v1",
        complete,
        lines,
        covered,
        branches,
        branches_covered,
        tests: total.tests.len(),
        files: total.files.iter().map(file).collect(),
        ambiguous: ambiguous.collect(),
        outside: total.outside,
        reports: reports.iter().map(|(name, ended)| ReportDocument { name, ended }).collect(),
        patch: patch.map(|(base, patch)| PatchDocument { base: base.to_string(), patch }),
    }
}

fn print_total(ui: &mut Ui, total: &Total) -> Result<(), CommandError> {
    let mut table = Table::new(["file", "lines", "covered", "share", "not covered"]);
    for (file, of) in &total.files {
        let sums = of.sums();
        let uncovered = of.lines.without(&of.hit).shown(RANGES);
        let (lines, covered) = (sums.lines.to_string(), sums.covered.to_string());
        table.rows.push(vec![
            file.clone(),
            lines,
            covered,
            share(sums.covered, sums.lines),
            uncovered,
        ]);
    }
    ui.print_table(&table)?;
    let sums = total.sums();
    let branches = match sums.branches {
        0 => String::new(),
        all => format!(", {} of {all} branches", sums.branches_covered),
    };
    ui.status(format!(
        "{} of {} lines are covered ({}){branches}, in {} files",
        sums.covered,
        sums.lines,
        share(sums.covered, sums.lines),
        total.files.len()
    ));
    Ok(())
}

fn print_patch(ui: &mut Ui, patch: &Patch) -> Result<(), CommandError> {
    for file in &patch.files {
        for (first, last) in file.uncovered.ranges() {
            let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
            ui.print(&format!("{}:{lines}\n", visible(&file.file)))?;
        }
    }
    if !patch.unknown.is_empty() {
        let few: Vec<&str> = patch.unknown.iter().take(3).map(String::as_str).collect();
        ui.note(format!(
            "no report names {} of the files to which the change adds lines, such as `{}`",
            patch.unknown.len(),
            visible(&few.join("`, `"))
        ));
    }
    ui.status(match patch.lines {
        0 => "the change adds no line that can be covered".to_owned(),
        lines => format!(
            "{} of {lines} lines that the change adds are covered ({})",
            patch.covered,
            share(patch.covered, lines)
        ),
    });
    Ok(())
}

/// A share in percent, cut and never rounded up: 99.96 % is not 100 %.
fn share(part: u64, all: u64) -> String {
    if all == 0 {
        return "-".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(all);
    format!("{}.{} %", tenths / 10, tenths % 10)
}
