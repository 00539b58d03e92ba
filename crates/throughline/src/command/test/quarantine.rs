//! `throughline test quarantine`: the team's list of known failures, shown, checked and edited.
//!
//! **Invariant:** an edit leaves every other byte of the file as it was.

use std::path::{Path, PathBuf};

use tl_core::test::{Class, Rate};
use tl_exec::git::Repository;
use tl_test::gate::{Decision, Expected, Judged, Red, Touched, decide};
use tl_test::listing::Listed;
use tl_test::quarantine::propose::{self, Asked, Evidence, ProposeError};
use tl_test::quarantine::{self, Proof, Quarantine, Quarantined, cap, edit};

use super::diff::{parse, read};
use super::evidence::{EvidenceArgs, Keep, Read};
use super::gate::Bench;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files;
use crate::ui::{Table, Ui};

/// Show, check and edit the known failures of `.throughline/quarantine.toml`
#[derive(Debug, clap::Subcommand)]
pub(super) enum QuarantineCommand {
    List(ListArgs),
    Add(AddArgs),
    Release(ReleaseArgs),
    Check(CheckArgs),
}

/// Show what is in quarantine, whose it is, and until when
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {}

/// Put a known failure of a test into quarantine
///
/// Reads the failure from reports. It is masked from the day on which the entry is merged, for this
/// reason to fail alone, and at most until its last day.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The test: its id, or its name where one red test alone has it
    test: String,
    /// Reports in which it is red
    #[arg(long = "from", value_name = "REPORT", required = true)]
    reports: Vec<String>,
    /// Who sees to it
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// Where that is talked about, such as `acme/api#412`
    #[arg(long, value_name = "ISSUE")]
    issue: String,
    /// Why it is entered although nobody has proven that it is flaky
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    because: String,
    /// The variant that it fails in [default: any]
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    variant: String,
}

/// Take a test out of quarantine
#[derive(Debug, clap::Args)]
pub(super) struct ReleaseArgs {
    /// The test: its id, or its name where one entry alone has it
    test: String,
}

/// Check the file: its form, its cap, and whether entries are over their end (exit code 4)
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {}

pub(super) async fn cmd_quarantine(
    ui: &mut Ui,
    globals: &Globals,
    command: &QuarantineCommand,
) -> CmdResult {
    match command {
        QuarantineCommand::List(ListArgs {}) => list(ui),
        QuarantineCommand::Add(args) => add(ui, globals, args).await,
        QuarantineCommand::Release(args) => release(ui, args),
        QuarantineCommand::Check(CheckArgs {}) => check(ui, globals).await,
    }
}

/// The team's file, and its text; none is an empty one.
fn here() -> Result<(PathBuf, String, Quarantine), CommandError> {
    let repository = Repository::open(Path::new(".")).ok();
    let root = repository.as_ref().and_then(Repository::work_dir).unwrap_or(Path::new("."));
    let path = root.join(Quarantine::PATH);
    let text = read(&path)?.unwrap_or_default();
    let quarantine =
        if text.trim().is_empty() { quarantine::empty() } else { parse(&text, Quarantine::PATH)? };
    Ok((path, text, quarantine))
}

fn list(ui: &mut Ui) -> CmdResult {
    let (_, _, quarantine) = here()?;
    let mut table = Table::new(["test", "owner", "issue", "until", "id"]);
    table.rows = quarantine
        .tests
        .iter()
        .map(|entry| {
            let Quarantined { name, owner, issue, expires, id, .. } = entry;
            [name, owner, issue, expires, id].map(Clone::clone).into()
        })
        .collect();
    ui.print_table(&table)?;
    Ok(Outcome::Done)
}

async fn check(ui: &mut Ui, globals: &Globals) -> CmdResult {
    let (_, _, quarantine) = here()?;
    let bench = Bench::open(ui, globals).await?;
    let bounds = cap::judge(&quarantine, bench.known(), bench.desk.now());
    for overdue in &bounds.overdue {
        ui.print(&format!("{overdue}\n"))?;
    }
    for (note, _) in &bounds.notes {
        ui.note(note);
    }
    ui.status(format!("{} tests are in quarantine", quarantine.tests.len()));
    Ok(if bounds.overdue.is_empty() { Outcome::Done } else { Outcome::Overdue })
}

async fn add(ui: &mut Ui, globals: &Globals, args: &AddArgs) -> CmdResult {
    let bench = Bench::open(ui, globals).await?;
    let (path, text, quarantine) = here()?;
    let root = path.parent().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
    let today = bench.desk.now();
    let keep = Keep { retries: bench.desk.config().test.retries, ..Keep::default() };
    let read = Read::files(ui, &args.reports, &EvidenceArgs::of_variant(&args.variant), keep)?;
    let touched = Touched::default();
    let decision = decide(
        &read.reports,
        &read.reds,
        None,
        &Expected::default(),
        &quarantine::empty(),
        bench.known(),
        &touched,
        today,
    );
    let judged = only(&decision, &args.test)?;
    let red = read.reds.iter().find(|red| red.key.to_string() == judged.id);
    let evidence = match bench.listed(&judged.id, &args.variant) {
        Some(listed) => known(&listed),
        None => evidence(red),
    };
    let asked = Asked {
        owner: args.owner.clone(),
        issue: args.issue.clone(),
        because: args.because.clone(),
    };
    let entry = propose::entry(judged, &evidence, &asked, &quarantine.cap, today);
    let mut entry = entry.map_err(|err| {
        let excused = matches!(err, ProposeError::Unproven { .. });
        let err = CommandError::usage(err);
        err.maybe_hint(excused.then_some("`--because` says why it is entered all the same"))
    })?;
    entry.file = of_repository(&judged.test.file, &root);
    let text = edit::add(&text, &entry, &args.because).map_err(CommandError::usage)?;
    guard_files::write(&path, &text)?;
    let added = parse(&text, Quarantine::PATH)?;
    for overdue in cap::judge(&added, bench.known(), today).overdue {
        ui.warn(overdue);
    }
    ui.status(format!(
        "`{}` is in {} until {}: commit the file; it masks the failure once that is merged",
        entry.name,
        path.display(),
        entry.expires
    ));
    Ok(Outcome::Done)
}

/// A file as the repository names it: reports may name it from the machine's root, or a module's.
/// What is not in the repository is left as it is, unless it names the machine.
fn of_repository(file: &str, root: &Path) -> String {
    let file = file.replace('\\', "/");
    let is_there = |part: &str| !part.is_empty() && root.join(part).is_file();
    let starts = file.match_indices('/').map(|(at, _)| at + 1);
    let found = [0].into_iter().chain(starts).map(|start| &file[start..]);
    let inside = |part: &&str| !Path::new(part).is_absolute() && is_there(part);
    match found.into_iter().find(inside) {
        Some(part) => part.trim_start_matches("./").to_owned(),
        None if Path::new(&file).is_absolute() || file.contains(':') => String::new(),
        None => file,
    }
}

/// What history says of a test.
fn known(listed: &Listed) -> Evidence {
    let Rate { fails, runs, low, high } = listed.rate;
    let divergent = listed.divergent.iter().map(|id| id.get(..10).unwrap_or(id).to_owned());
    let proof = Proof {
        class: listed.class,
        fails,
        runs,
        interval: (low, high),
        divergent: divergent.collect(),
        waits: listed.waits,
    };
    Evidence { proof, clean: listed.clean, proven: listed.proven }
}

/// What one run says of a test.
fn evidence(red: Option<&Red>) -> Evidence {
    let flaky = red.is_some_and(|red| red.passed_after > 0);
    let head = Repository::open(Path::new("."))
        .ok()
        .and_then(|repository| repository.commit_of("HEAD").ok().map(|commit| commit.short()));
    let class = match red {
        Some(red) if red.infra.is_some() => Class::Infra,
        _ if flaky => Class::Flaky,
        _ => Class::New,
    };
    let divergent = if flaky { head.into_iter().collect() } else { Vec::new() };
    // Of one run nothing is known of a rate.
    let proof = Proof { class, fails: 1, runs: 1, interval: (0.0, 1.0), divergent, waits: 0 };
    Evidence { proof, clean: 0, proven: false }
}

/// The red test that is meant.
fn only<'a>(decision: &'a Decision, test: &str) -> Result<&'a Judged, CommandError> {
    let is_meant = |judged: &&Judged| {
        judged.id == test || judged.test.name == test || judged.test.to_string() == test
    };
    let mut meant = decision.red.iter().filter(is_meant);
    let first = meant.next().ok_or_else(|| {
        CommandError::usage(format!("no red test of these reports is `{test}`"))
            .hint("`throughline test gate REPORT...` lists them with their ids")
    })?;
    match meant.next() {
        Some(_) => Err(CommandError::usage(format!("several red tests are `{test}`"))
            .hint("give the id of one: `throughline test gate REPORT...` lists them")),
        None => Ok(first),
    }
}

fn release(ui: &mut Ui, args: &ReleaseArgs) -> CmdResult {
    let (path, text, quarantine) = here()?;
    let test = args.test.as_str();
    let is_meant = |entry: &&Quarantined| {
        entry.id == test || entry.name == test || entry.name.ends_with(&format!(" > {test}"))
    };
    let mut meant = quarantine.tests.iter().filter(is_meant);
    let entry = meant.next().ok_or_else(|| {
        CommandError::usage(format!("`{test}` is not in quarantine"))
            .hint("`throughline test quarantine list` shows what is")
    })?;
    if meant.next().is_some() {
        return Err(CommandError::usage(format!("several entries are `{test}`"))
            .hint("give the id of one: `throughline test quarantine list`"));
    }
    let text = edit::release(&text, &entry.id, &entry.variant).map_err(CommandError::usage)?;
    guard_files::write(&path, &text)?;
    ui.status(format!("`{}` is out of {}", entry.name, path.display()));
    Ok(Outcome::Done)
}
