//! `throughline guard`: what the coding agents here have, what is wrong with it, and what changed
//! since somebody approved it.
//!
//! In: a repository, a home, tool lists. Out: findings, a lock. Start at [`cmd_guard`].
//! **Invariant:** nothing that is read is executed, no network is used, and without a subcommand
//! that says so nothing is written.

mod allow;
mod beside;
mod explain;
mod lock;
mod vet;

use std::path::{Path, PathBuf};

use tl_core::finding::Root;
use tl_core::time::Timestamp;
use tl_guard::lock::{Change, Lock, compare, entries, file};
use tl_guard::scan::{self, Scan, ScanError, Scanned};
use tl_rules::registry::Registry;

use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError};
use crate::guard_files::{self, GuardFiles, Whose};
use crate::ui::Ui;

/// Vet what coding agents read and run here, and what changed in it
///
/// Servers and their tools, instruction files, skills, hooks, permissions. Reads the repository and your home, executes nothing and uses no network. What is new at or
/// above `--fail-on` is exit code 1.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLE)]
pub(crate) struct GuardArgs {
    #[command(subcommand)]
    command: Option<GuardCommand>,
    #[command(flatten)]
    scan: vet::ScanArgs,
}

const EXAMPLE: &str = "Example: throughline guard --tools tools.json --fail-on high";

#[derive(Debug, clap::Subcommand)]
enum GuardCommand {
    Lock(lock::LockArgs),
    Diff(lock::DiffArgs),
    Approve(lock::ApproveArgs),
    Explain(explain::ExplainArgs),
    Allow(allow::AllowArgs),
}

impl GuardArgs {
    /// Whether the output is for a program.
    pub(super) const fn json(&self) -> bool {
        match &self.command {
            None => self.scan.is_for_programs(),
            Some(GuardCommand::Diff(args)) => args.json,
            Some(_) => false,
        }
    }
}

/// What is looked at.
#[derive(Debug, clap::Args)]
pub(crate) struct TargetArgs {
    /// Home to look at in place of yours
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Tool list to look at, as a server returns it, or `-` for standard input; may be repeated
    #[arg(long, value_name = "FILE")]
    tools: Vec<String>,
}

pub(super) fn cmd_guard(ui: &mut Ui, globals: &Globals, args: &GuardArgs) -> CmdResult {
    match &args.command {
        None => vet::cmd_scan(ui, globals, &args.scan),
        Some(GuardCommand::Lock(args)) => lock::cmd_lock(ui, globals, args),
        Some(GuardCommand::Diff(args)) => lock::cmd_diff(ui, globals, args),
        Some(GuardCommand::Approve(args)) => lock::cmd_approve(ui, globals, args),
        Some(GuardCommand::Explain(args)) => explain::cmd_explain(ui, args),
        Some(GuardCommand::Allow(args)) => allow::cmd_allow(ui, globals, args),
    }
}

/// Documentation of all rules.
fn registry() -> Registry {
    Registry::new(tl_guard::rules::all().map(|rule| rule.doc))
}

/// What was found, and what is not as it was approved.
struct Looked {
    files: GuardFiles,
    now: Timestamp,
    scanned: Scanned,
    changes: Vec<Change>,
}

/// Looks at a repository, the home and the tool lists that are named.
fn look(
    ui: &mut Ui,
    globals: &Globals,
    target: &TargetArgs,
    path: &Path,
) -> Result<Looked, CommandError> {
    let files = GuardFiles::find(&globals.variables, path, target.home.as_deref())?;
    let tools: Result<_, _> =
        target.tools.iter().map(|name| guard_files::tool_list(name)).collect();
    look_at(ui, globals, files, tools?)
}

/// Looks at another repository alone.
fn look_beside(ui: &mut Ui, globals: &Globals, path: &Path) -> Result<Looked, CommandError> {
    look_at(ui, globals, GuardFiles::find(&globals.variables, path, None)?.without_home(), vec![])
}

fn look_at(
    ui: &mut Ui,
    globals: &Globals,
    files: GuardFiles,
    tools: Vec<(String, Vec<u8>)>,
) -> Result<Looked, CommandError> {
    let cx = Context::load(ui, globals, None)?;
    let ask = Scan {
        home: files.host.home.is_some(),
        repositories: true,
        all: false,
        tools,
        listeners: false,
        only: Vec::new(),
    };
    let progress = ui.progress();
    let scanned = scan::scan(&files.host, &ask, &mut |seen| {
        progress.report("reading files", seen.files, None);
    });
    drop(progress);
    let scanned = match scanned {
        // An empty directory has nothing wrong with it.
        Err(ScanError::Nothing) if files.can_be_read() => Scanned::default(),
        other => other.map_err(CommandError::environment)?,
    };
    let mut changes = drift(&files, Whose::Repository, &scanned, cx.now)?;
    for mut change in drift(&files, Whose::User, &scanned, cx.now)? {
        if change.at.root != Root::Home {
            // What is about the lock itself is about that of the home.
            change.at.root = Root::Home;
            ".config/throughline/guard.lock".clone_into(&mut change.at.path);
        }
        changes.push(change);
    }
    Ok(Looked { files, now: cx.now, scanned, changes })
}

/// What is not as it was approved; nothing where there is no lock.
fn drift(
    files: &GuardFiles,
    whose: Whose,
    scanned: &Scanned,
    now: Timestamp,
) -> Result<Vec<Change>, CommandError> {
    let Some(text) = files.lock(whose).map(|path| guard_files::read(&path)).transpose()?.flatten()
    else {
        return Ok(Vec::new());
    };
    Ok(match file::read(&text) {
        Ok(lock) => compare::compare(&entries::part(&scanned.inventory, whose.roots()), &lock, now),
        Err(err) => vec![compare::unreadable(&err)],
    })
}

/// The lock, an empty one where there is none; one that cannot be read is an error.
fn existing_lock(files: &GuardFiles, whose: Whose) -> Result<(PathBuf, Lock), CommandError> {
    let Some(path) = files.lock(whose) else {
        return Err(CommandError::environment("there is no home whose lock could be kept")
            .hint("name one with `--home DIR`"));
    };
    let lock = match guard_files::read(&path)? {
        None => Lock::empty(),
        Some(text) => file::read(&text).map_err(|err| {
            CommandError::usage(err)
                .hint(format!("take `{}` from the last good commit, or delete it", path.display()))
        })?,
    };
    Ok((path, lock))
}
