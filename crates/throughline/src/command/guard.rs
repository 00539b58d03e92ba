//! `throughline guard`: what the coding agents here have, what is wrong with it, and what changed
//! since somebody approved it.
//!
//! In: a repository, a home, tool lists. Out: findings, a lock. Start at [`cmd_guard`].
//! **Invariant:** nothing that is read is executed, but for servers in the sandbox and by
//! `--start-servers` alone; no network is used, and without a subcommand that says so nothing is
//! written but an event in the ledger, where there is one.

mod allow;
mod base;
mod before;
mod beside;
mod explain;
mod export;
mod fix;
mod hooks;
mod lock;
mod policy;
mod record;
mod registries;
mod servers;
mod vet;

use std::path::{Path, PathBuf};

use tl_core::finding::Root;
use tl_core::time::Timestamp;
use tl_guard::lock::{Change, Lock, compare, entries, file};
use tl_guard::rules::gc::auto_run;
use tl_guard::scan::{self, Scan, ScanError, Scanned};
use tl_rules::registry::Registry;

use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError};
use crate::guard_files::{self, GuardFiles, Whose};
use crate::ui::Ui;

/// Vet what coding agents read and run here, and what changed in it
///
/// Servers and their tools, instruction files, skills, hooks, permissions. Reads the repository and
/// your home, executes nothing but servers that you ask it to start in a sandbox, and uses no
/// network. What is new at or above `--fail-on` is exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
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
    Fix(fix::FixArgs),
    Explain(explain::ExplainArgs),
    Allow(allow::AllowArgs),
    Export(export::ExportArgs),
    Policy(policy::PolicyArgs),
    InstallHooks(hooks::InstallArgs),
    UninstallHooks(hooks::UninstallArgs),
}

impl GuardArgs {
    /// Whether the output is for a program.
    pub(super) const fn json(&self) -> bool {
        match &self.command {
            None => self.scan.is_for_programs(),
            Some(GuardCommand::Diff(args)) => args.json,
            Some(GuardCommand::Policy(args)) => args.json(),
            Some(_) => false,
        }
    }
}

/// What is looked at.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct TargetArgs {
    /// Home to look at in place of yours
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Tool list to look at, as a server returns it, or `-` for standard input; may be repeated
    #[arg(long, value_name = "FILE")]
    tools: Vec<String>,
    #[command(flatten)]
    live: servers::LiveArgs,
}

impl TargetArgs {
    /// A home and no tool lists.
    fn of_home(home: Option<PathBuf>) -> Self {
        Self { home, tools: Vec::new(), live: servers::LiveArgs::default() }
    }
}

impl GuardCommand {
    /// As it is typed.
    const fn name(&self) -> &'static str {
        match self {
            Self::Lock(_) => "lock",
            Self::Diff(_) => "diff",
            Self::Approve(_) => "approve",
            Self::Fix(_) => "fix",
            Self::Explain(_) => "explain",
            Self::Allow(_) => "allow",
            Self::Export(_) => "export",
            Self::Policy(_) => "policy",
            Self::InstallHooks(_) => "install-hooks",
            Self::UninstallHooks(_) => "uninstall-hooks",
        }
    }

    /// The repository that `--repo` names, for those that have one.
    const fn repository(&self) -> Option<&RepoArgs> {
        match self {
            Self::Lock(args) => Some(&args.repository),
            Self::Diff(args) => Some(&args.repository),
            Self::Approve(args) => Some(&args.repository),
            Self::Fix(args) => Some(&args.repository),
            Self::Allow(args) => Some(&args.repository),
            Self::Explain(_)
            | Self::Export(_)
            | Self::Policy(_)
            | Self::InstallHooks(_)
            | Self::UninstallHooks(_) => None,
        }
    }
}

/// Which repository a subcommand is about.
#[derive(Debug, clap::Args)]
pub(crate) struct RepoArgs {
    /// Repository to work in [default: the one here]
    #[arg(long = "repo", value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// The repository that a subcommand is about: `--repo` may stand before it or behind it.
fn repository_of<'a>(
    command: &'a GuardCommand,
    before: &'a vet::ScanArgs,
) -> Result<&'a Path, CommandError> {
    let name = command.name();
    let before = before.only_repositories().ok_or_else(|| {
        CommandError::usage(format!("what a scan takes stands before `{name}`"))
            .hint(format!("`throughline guard {name} --help` lists what can stand behind it"))
    })?;
    let behind = command.repository();
    let named = behind.and_then(|behind| behind.directory.as_ref());
    let named: Vec<&PathBuf> = before.iter().chain(named).collect();
    match (named.as_slice(), behind) {
        ([], _) => Ok(Path::new(".")),
        ([one], Some(_)) => Ok(one),
        (_, Some(_)) => Err(CommandError::usage(format!(
            "`guard {name}` is about one repository, and `--repo` names several"
        ))
        .hint("run it once for each")),
        (_, None) => Err(CommandError::usage(format!("`guard {name}` takes no `--repo`"))
            .hint("run it in the directory that you mean")),
    }
}

pub(super) async fn cmd_guard(ui: &mut Ui, globals: &Globals, args: &GuardArgs) -> CmdResult {
    let mut record = record::Record::default();
    let Some(command) = &args.command else {
        let outcome = vet::cmd_scan(ui, globals, &args.scan, &mut record).await;
        record.keep(ui).await;
        return outcome;
    };
    let here = repository_of(command, &args.scan)?;
    let outcome = match command {
        GuardCommand::Lock(args) => lock::cmd_lock(ui, globals, args, here, &mut record),
        GuardCommand::Diff(args) => lock::cmd_diff(ui, globals, args, here),
        GuardCommand::Approve(args) => lock::cmd_approve(ui, globals, args, here, &mut record),
        GuardCommand::Fix(args) => fix::cmd_fix(ui, globals, args, here),
        GuardCommand::Explain(args) => explain::cmd_explain(ui, args),
        GuardCommand::Allow(args) => allow::cmd_allow(ui, globals, args, here),
        GuardCommand::Export(args) => export::cmd_export(ui, globals, args),
        GuardCommand::Policy(args) => policy::cmd_policy(ui, globals, args),
        GuardCommand::InstallHooks(args) => hooks::cmd_install(ui, globals, args),
        GuardCommand::UninstallHooks(args) => hooks::cmd_uninstall(ui, globals, args),
    };
    record.keep(ui).await;
    outcome
}

/// Documentation of all rules.
fn registry() -> Registry {
    Registry::new(tl_guard::rules::all().map(|rule| rule.doc))
}

/// Nobody knows a rule of that name.
fn no_rule(registry: &Registry, name: &str) -> CommandError {
    let hint = match registry.nearest(name) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`throughline guard explain` lists all rules".to_owned(),
    };
    CommandError::usage(format!("there is no rule `{name}`")).hint(hint)
}

/// What was found, and what is not as it was approved.
struct Looked {
    files: GuardFiles,
    now: Timestamp,
    scanned: Scanned,
    changes: Vec<Change>,
    /// Changes since the base that the change at hand approves itself, with who did.
    approved: Vec<(Change, String)>,
    /// What the change at hand is compared with.
    base: Option<base::Base>,
    /// Servers were to be started, and none of them answered.
    unasked: Option<String>,
    /// The ledger that is to know of it, where there is one.
    ledger: Option<record::Place>,
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
    // What listens here has nothing to do with another home.
    let no_listeners = target.live.no_listeners || target.home.is_some();
    look_at(ui, globals, files, tools?, servers::LiveArgs { no_listeners, ..target.live })
}

/// Looks at one file alone.
fn look_at_file(
    ui: &mut Ui,
    globals: &Globals,
    target: &TargetArgs,
    path: &Path,
) -> Result<Looked, CommandError> {
    let files = GuardFiles::of_file(&globals.variables, path)?;
    let tools: Result<_, _> =
        target.tools.iter().map(|name| guard_files::tool_list(name)).collect();
    look_at(ui, globals, files, tools?, servers::LiveArgs { no_listeners: true, ..target.live })
}

impl Looked {
    /// Leaves out changes that only a look at all of the repository can tell.
    fn keep_of_file(&mut self) {
        let Some(file) = &self.files.file else { return };
        // A skill is approved with all that lies beside it.
        let of_file =
            |change: &Change| change.at.path == *file && !change.item.starts_with("skill:");
        self.changes.retain(of_file);
        self.approved.retain(|(change, _)| of_file(change));
    }
}

/// Looks at another repository alone.
fn look_beside(
    ui: &mut Ui,
    globals: &Globals,
    target: &TargetArgs,
    path: &Path,
) -> Result<Looked, CommandError> {
    let files = GuardFiles::find(&globals.variables, path, None)?.without_home();
    look_at(ui, globals, files, vec![], servers::LiveArgs { no_listeners: true, ..target.live })
}

fn look_at(
    ui: &mut Ui,
    globals: &Globals,
    files: GuardFiles,
    tools: Vec<(String, Vec<u8>)>,
    live: servers::LiveArgs,
) -> Result<Looked, CommandError> {
    scan::take_small_pages();
    let cx = Context::load(ui, globals, None)?;
    let asked = match live.start_servers {
        true => servers::ask(ui, &globals.variables, &files)?,
        false => servers::Asked::default(),
    };
    let unasked = asked.unanswered();
    let ask = Scan {
        home: files.host.home.is_some(),
        repositories: true,
        all: false,
        file: files.file.clone(),
        tools,
        listeners: !live.no_listeners && files.host.home.is_some(),
        only: Vec::new(),
    };
    let progress = ui.progress();
    let scanned = scan::scan_answered(&files.host, &ask, &asked.servers, &mut |seen| {
        progress.report("reading files", seen.files, None);
    });
    drop(progress);
    let mut scanned = match scanned {
        // An empty directory has nothing wrong with it.
        Err(ScanError::Nothing) if files.can_be_read() => Scanned::default(),
        other => other.map_err(CommandError::environment)?,
    };
    scanned.findings.extend(asked.findings);
    for whose in [Whose::Repository, Whose::User] {
        let text = files.lock(whose).map(|path| guard_files::read(&path)).transpose()?.flatten();
        // One that cannot be read approves nothing, and is a change of its own.
        if let Some(Ok(lock)) = text.map(|text| file::read(&text)) {
            let part = entries::part(&scanned.inventory, whose.roots());
            auto_run::by_lock(&mut scanned.findings, &part, Some(&lock), cx.now);
        }
    }
    let mut changes = drift(&files, Whose::Repository, &scanned, cx.now)?;
    for mut change in drift(&files, Whose::User, &scanned, cx.now)? {
        if change.at.root != Root::Home {
            // What is about the lock itself is about that of the home.
            change.at.root = Root::Home;
            ".config/throughline/guard.lock".clone_into(&mut change.at.path);
        }
        changes.push(change);
    }
    let ledger = record::Place::of(&cx, &files);
    Ok(Looked {
        files,
        now: cx.now,
        scanned,
        changes,
        approved: Vec::new(),
        base: None,
        unasked,
        ledger,
    })
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
            let hint = if text.contains("<<<<<<<") && text.contains(">>>>>>>") {
                // Two branches that each approved something are both right.
                format!("two branches changed `{}`: take the lines of the merge out and keep both entries", path.display())
            } else {
                format!("take `{}` from the last good commit, or delete it", path.display())
            };
            CommandError::usage(err).hint(hint)
        })?,
    };
    Ok((path, lock))
}
