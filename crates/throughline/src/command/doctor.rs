//! `throughline doctor`: what was found, what is missing, and how to get it.
//!
//! In: one repository, its ledger, the configuration. Out: a line for each check.
//! **Invariant:** makes no ledger, and changes nothing in one but what is derived from its events;
//! what is missing is no failure, what is broken is.

mod coverage;

use std::path::{Path, PathBuf};

use serde::Serialize;
use tl_collect::gaps;
use tl_core::history::Gap;
use tl_exec::git::{BranchSource, DefaultBranch, ObjectFormat, References, Repository};
use tl_ledger::Ledger;
use tl_ledger::counts::EventCounts;
use tl_ledger::open::OpenError;
use tl_ledger::store::StoreError;

use crate::config::{ConfigError, Loaded};
use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError, Outcome, causes, labelled};
use crate::ui::{Ink, OutputError, Ui, visible};

/// Say what was found in a repository, what is missing, and how to get it
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Repository to look at
    #[arg(default_value = ".", value_name = "REPO")]
    repository: PathBuf,
    /// Print one JSON document (`doctor/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// As it should be.
    Ok,
    /// Not there: the report says less.
    Missing,
    /// Probably not as it was meant.
    Warning,
    /// Cannot be used: the exit code is 1.
    Broken,
}

/// One line of the answer.
#[derive(Debug, Serialize)]
struct Check {
    /// What was looked at; a stable name.
    name: String,
    state: State,
    /// What was found.
    what: String,
    /// What follows from that for the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    consequence: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

/// `doctor/v1`
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    checks: &'a [Check],
}

pub(super) async fn cmd_doctor(ui: &mut Ui, globals: &Globals, args: &DoctorArgs) -> CmdResult {
    let repository = Repository::open(&args.repository)?;
    let mut checks = vec![repository_check(&repository)];
    look_at_references(ui, &repository, &mut checks)?;
    let root = repository.work_dir();
    let loaded = Loaded::read(&globals.variables, root, globals.config.as_deref());
    look_at_config(&loaded, &mut checks);
    let cx = Context::with(globals, loaded.unwrap_or_else(|_| Loaded::defaults()))?;
    checks.push(match cx.ledger_path(&repository) {
        None if cx.ledger.is_named() => check("ledger", State::Ok, "a database"),
        None => check("ledger", State::Ok, "none: nothing is kept"),
        Some(path) => look_at_ledger(&path).await,
    });
    look_at_collected(ui, &cx, &repository, &mut checks).await?;
    let network = if cx.offline {
        "out of bounds"
    } else {
        "used by `throughline collect` alone, for the sources of the configuration"
    };
    checks.push(check("network", State::Ok, network));
    checks.push(terminal_check(ui));
    if args.json {
        ui.print_json(&Document { schema: "doctor/v1", checks: &checks })?;
    } else {
        show(ui, &checks)?;
    }
    let broken = checks.iter().any(|check| check.state == State::Broken);
    Ok(if broken { Outcome::No } else { Outcome::Done })
}

fn check(name: &str, state: State, what: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state, what: what.into(), consequence: None, mend: None }
}

impl Check {
    fn mend(self, mend: impl Into<String>) -> Self {
        Self { mend: Some(mend.into()), ..self }
    }

    /// A gap in what was read; broken where it is more than something that is not there.
    fn of_gap(gap: Gap, refs: &References) -> Self {
        let history = ["HEAD", "refs/heads/", "refs/tags/", "refs/remotes/"];
        let matters = |name: &str| history.iter().any(|prefix| name.starts_with(prefix));
        let state = match gap.id.as_str() {
            "unreadable-commits" => State::Broken,
            // Tools keep references of their own that need not lead to a commit.
            "broken-references" if refs.broken.iter().any(|r| matters(&r.name)) => State::Broken,
            "broken-references" => State::Warning,
            _ => State::Missing,
        };
        let name = if gap.id == "empty" { "commits".to_owned() } else { gap.id };
        Self { name, state, what: gap.what, consequence: Some(gap.consequence), mend: gap.mend }
    }
}

fn repository_check(repository: &Repository) -> Check {
    let (path, kind) = match repository.work_dir() {
        None => (repository.git_dir(), "bare"),
        Some(root) if repository.git_dir() != repository.common_dir() => (root, "linked worktree"),
        Some(root) => (root, "work tree"),
    };
    let format = match repository.object_format() {
        ObjectFormat::Sha1 => "SHA-1",
        ObjectFormat::Sha256 => "SHA-256",
    };
    let partial = if repository.is_partial() { ", partial clone" } else { "" };
    let what = format!("{}: {kind}, {format}{partial}", path.display());
    check("repository", State::Ok, what)
}

fn look_at_references(
    ui: &Ui,
    repository: &Repository,
    checks: &mut Vec<Check>,
) -> Result<(), CommandError> {
    let refs = repository.references()?;
    let delivered = match repository.default_branch(&refs, None) {
        Ok(DefaultBranch::Found(delivered)) => {
            let how = match delivered.source {
                BranchSource::Wanted => "as named",
                BranchSource::OriginHead => "the default of `origin`",
                BranchSource::Head => "checked out",
                BranchSource::Custom => "by its name",
                BranchSource::DetachedHead => "detached, no branch",
                BranchSource::OnlyBranch => "the only branch",
            };
            checks.push(check("branch", State::Ok, format!("{} ({how})", delivered.name)));
            Some(delivered)
        }
        Ok(DefaultBranch::Empty) => None,
        Err(err) => {
            let mend = "name it: `throughline map --branch NAME`";
            checks.push(check("branch", State::Missing, err.to_string()).mend(mend));
            None
        }
    };
    let progress = ui.progress();
    let mut commits = 0;
    let walked = repository.walk(&refs.tips(), &|_| false, &mut |_| {
        commits += 1;
        progress.report("reading commits", commits, None);
    });
    drop(progress);
    counts(repository, &refs, walked.visited, checks);
    let mut found = gaps::of_walk(&walked);
    // Without a default branch `of_references` would call the repository empty.
    if delivered.is_some() || refs.is_empty() {
        found.extend(gaps::of_references(repository, &refs, delivered.as_ref()));
    }
    checks.extend(found.into_iter().map(|gap| Check::of_gap(gap, &refs)));
    Ok(())
}

/// What is there, counted; what is not is a gap.
fn counts(repository: &Repository, refs: &References, commits: usize, checks: &mut Vec<Check>) {
    let mut count = |name: &str, number: usize, what: &str| {
        if number > 0 {
            checks.push(check(name, State::Ok, format!("{number} {what}")));
        }
    };
    count("commits", commits, "reachable from branches, tags and request heads");
    count("branches", refs.branches.len(), "local");
    count("remote-branches", refs.remote_branches.len(), "as last fetched");
    count("tags", refs.tags.len(), "that lead to a commit");
    count("request-heads", refs.requests.len(), "heads of pull or merge requests");
    if refs.notes.is_empty() {
        let mend = "git fetch origin '+refs/notes/*:refs/notes/*'   (where the team records them)";
        checks.push(
            check("notes", State::Missing, "no notes of which lines AI tools wrote").mend(mend),
        );
    } else {
        let names: Vec<&str> = refs.notes.iter().map(|notes| notes.name.as_str()).collect();
        checks.push(check("notes", State::Ok, names.join(", ")));
    }
    checks.push(match repository.blob_at_head(".mailmap") {
        Ok(Some(_)) => check("mailmap", State::Ok, ".mailmap is committed"),
        Ok(None) => check("mailmap", State::Missing, "no .mailmap")
            .mend("commit a `.mailmap` if people appear under several addresses"),
        Err(err) => check("mailmap", State::Broken, format!("failed to read `.mailmap`: {err}")),
    });
}

fn look_at_config(loaded: &Result<Loaded, ConfigError>, checks: &mut Vec<Check>) {
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(err) => {
            let mend = "`throughline config defaults` explains each key";
            checks.push(check("config", State::Broken, one_line(err)).mend(mend));
            return;
        }
    };
    let found: Vec<String> = loaded
        .files
        .iter()
        .filter(|file| file.found)
        .map(|file| format!("{} ({})", file.path.display(), file.role))
        .collect();
    checks.push(if found.is_empty() {
        check("config", State::Ok, "the defaults; no configuration file")
    } else {
        check("config", State::Ok, found.join(", "))
    });
    let warnings = loaded.warnings.iter();
    checks.extend(warnings.map(|warning| check("config", State::Warning, warning.to_string())));
}

/// What was collected, where there is a ledger that can be read.
async fn look_at_collected(
    ui: &mut Ui,
    cx: &Context,
    repository: &Repository,
    checks: &mut Vec<Check>,
) -> Result<(), CommandError> {
    if checks.iter().any(|check| check.state == State::Broken) {
        return Ok(());
    }
    let ledger = match cx.ledger_path(repository).filter(|path| path.exists()) {
        Some(path) => Ledger::open(&path).await.ok(),
        None => cx.named_ledger().await?,
    };
    checks.extend(coverage::sources(cx, ledger.as_ref()).await?);
    if let Some(ledger) = ledger {
        checks.extend(coverage::boundaries(ui, cx, repository, &ledger).await?);
    }
    Ok(())
}

/// Opens a ledger only if there is one.
async fn look_at_ledger(path: &Path) -> Check {
    let shown = path.display();
    let Ok(meta) = path.metadata() else {
        return check(
            "ledger",
            State::Ok,
            format!("{shown} (made by the first `throughline map`)"),
        );
    };
    let (ledger, bytes) = match Ledger::open(path).await {
        Ok(ledger) => (ledger, meta.len()),
        Err(err) => {
            let state = if unwritable(&err) { State::Warning } else { State::Broken };
            let found = check("ledger", state, one_line(&err));
            return match err.mend() {
                Some(mend) => found.mend(mend),
                None => found,
            };
        }
    };
    if let Err(err) = ledger.check().await {
        let mend =
            "move the file away: what was read from git is read again, recorded events are not";
        return check("ledger", State::Broken, one_line(&err)).mend(mend);
    }
    match ledger.catch_up::<EventCounts>().await {
        Ok(counts) => {
            let kinds = counts.state.sources.values().flat_map(|kinds| kinds.values());
            let events: u64 = kinds.map(|count| count.events).sum();
            let size = format!("{:.1} MB", bytes as f64 / 1e6);
            check("ledger", State::Ok, format!("{shown}: {size}, {events} events"))
        }
        Err(err) => check("ledger", State::Broken, one_line(&err)),
    }
}

/// Whether everything works without the ledger, and only nothing is kept.
const fn unwritable(err: &OpenError) -> bool {
    let OpenError::Store { source, .. } = err else { return false };
    matches!(source, StoreError::ReadOnly(_) | StoreError::CannotOpen(_) | StoreError::Full(_))
}

fn terminal_check(ui: &Ui) -> Check {
    let kind = if ui.out_is_terminal() { "terminal" } else { "no terminal" };
    let color = if ui.out_has_color() { "colours" } else { "no colours" };
    check("output", State::Ok, format!("{kind}, {} columns, {color}", ui.width()))
}

/// An error with its causes in one line.
fn one_line(err: &(dyn std::error::Error + 'static)) -> String {
    causes(err).join(": ").replace('\n', ", ")
}

fn show(ui: &mut Ui, checks: &[Check]) -> Result<(), OutputError> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for Check { name, state, what, consequence, mend } in checks {
        let (label, ink) = match state {
            State::Ok => ("ok", Ink::Good),
            State::Missing => ("missing", Ink::Warning),
            State::Warning => ("warning", Ink::Warning),
            State::Broken => ("broken", Ink::Bad),
        };
        let label = ink.paint(format_args!("{label:<7}"));
        ui.print(&format!("{label}  {name:<width$}  {}\n", visible(what)))?;
        let indent = " ".repeat(width + 11);
        if let Some(consequence) = consequence {
            ui.print(&format!("{indent}{}\n", visible(consequence)))?;
        }
        if let Some(mend) = mend {
            for command in mend.lines() {
                ui.print(&format!("{indent}{}", labelled(Ink::Hint, "hint", command)))?;
            }
        }
    }
    Ok(())
}
