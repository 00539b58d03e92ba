//! `throughline guard` without a subcommand: what is wrong.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tl_core::finding::{Finding, Level, Root};
use tl_rules::baseline::Baseline;
use tl_rules::sort::{Sorted, sort};

use super::{Looked, TargetArgs, beside, look, look_beside, registry};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::{self, Whose};
use crate::report::guard as report;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
pub(super) struct ScanArgs {
    /// Repository or directory to look at
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Another repository to look at, with its own lock and `guard.toml`; may be repeated
    #[arg(long = "repo", value_name = "DIR")]
    repositories: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Form of the answer
    #[arg(long, value_name = "FORM", default_value = "table")]
    format: Form,
    /// Print one JSON document (`guard/v1`), like `--format json`
    #[arg(long)]
    json: bool,
    /// Lowest level of a new finding that is exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "block")]
    fail_on: FailOn,
    /// Findings that were there before [default: `.throughline/guard-baseline.json`, if there]
    #[arg(long, value_name = "FILE")]
    since_baseline: Option<PathBuf>,
    /// Take all findings as they are now for known
    #[arg(long)]
    write_baseline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// `guard/v1`
    Json,
    /// SARIF 2.1.0, for the code scanning of forges
    Sarif,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Info,
    Warn,
    High,
    Block,
}

impl FailOn {
    const fn level(self) -> Level {
        match self {
            Self::Info => Level::Info,
            Self::Warn => Level::Warn,
            Self::High => Level::High,
            Self::Block => Level::Block,
        }
    }
}

impl ScanArgs {
    /// Whether the output is for a program.
    pub(super) const fn is_for_programs(&self) -> bool {
        self.json || matches!(self.format, Form::Json | Form::Sarif)
    }
}

pub(super) fn cmd_scan(ui: &mut Ui, globals: &Globals, args: &ScanArgs) -> CmdResult {
    let registry = registry();
    let mut looked = look(ui, globals, &args.target, &args.path)?;
    let mut sorted = judged(ui, &mut looked, args.since_baseline.as_deref())?;
    for path in &args.repositories {
        let mut other = look_beside(ui, globals, path)?;
        let judged = judged(ui, &mut other, args.since_baseline.as_deref())?;
        beside::add(&mut looked.scanned, &mut sorted, other, judged);
    }
    if args.write_baseline {
        let baseline = Baseline::of(&sorted.findings);
        let text = serde_json::to_string_pretty(&baseline).map_err(CommandError::bug)? + "\n";
        let path = args.since_baseline.clone().unwrap_or_else(|| looked.files.baseline_path());
        guard_files::write(&path, &text)?;
        ui.status(format!("written: {}", path.display()));
        return Ok(Outcome::Done);
    }
    let form = if args.json { Form::Json } else { args.format };
    match form {
        Form::Table => {
            ui.print(&report::findings(&sorted, &registry))?;
            ui.print(&report::summary(&sorted, &looked.scanned.inventory))?;
        }
        Form::Sarif => {
            let log = tl_rules::sarif::write(&sorted, &registry, env!("CARGO_PKG_VERSION"));
            ui.print_json(&log)?;
        }
        Form::Json => {
            let document = tl_guard::report::document(&looked.scanned, &sorted);
            ui.print_json(&document)?;
        }
    }
    if sorted.new_at(args.fail_on.level()).next().is_some() {
        return Ok(Outcome::No);
    }
    // Nobody should take a list that could not be read for a good one.
    let is_unread =
        |finding: &&Finding| finding.at.root == Root::Tools && finding.rule.0 == "GQ002";
    match sorted.findings.iter().find(is_unread) {
        Some(finding) => {
            let what = format!("the tool list `{}` cannot be read", finding.at.path);
            Err(CommandError::environment(what)
                .hint("it is JSON: `{\"tools\": [...]}` or the array alone"))
        }
        None => Ok(Outcome::Done),
    }
}

/// Findings with what is allowed and what was known: the repository's files hold for what is in it,
/// the person's for the home.
fn judged(
    ui: &mut Ui,
    looked: &mut Looked,
    baseline: Option<&Path>,
) -> Result<Sorted, CommandError> {
    let mut findings = std::mem::take(&mut looked.scanned.findings);
    findings.extend(tl_guard::rules::gd::findings(&looked.changes));
    let registry = registry();
    let baseline = looked.files.baseline(baseline)?;
    let (home, repository): (Vec<Finding>, Vec<Finding>) = findings
        .into_iter()
        .partition(|finding| !matches!(finding.at.root, Root::Repository | Root::Tools));
    let allowed = looked.files.allowed(Whose::Repository)?;
    let mut sorted = sort(repository, &allowed, &baseline, looked.now, &registry);
    let allowed = looked.files.allowed(Whose::User)?;
    let other = sort(home, &allowed, &baseline, looked.now, &registry);
    beside::merge(&mut sorted, other);
    for entry in &sorted.expired {
        ui.warn(format!(
            "{} is no longer allowed by {}: its day {} is over",
            entry.rule, entry.owner, entry.expires
        ));
    }
    for (entry, why) in &sorted.invalid {
        ui.warn(format!("an entry of `guard.toml` for {} does not count: {why}", entry.rule));
    }
    Ok(sorted)
}
