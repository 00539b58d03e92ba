//! `throughline guard install-hooks` and `uninstall-hooks`: this program in the hooks of a client.
//!
//! In: a client, and its file. Out: the change, and with `--yes` the file. Start at [`cmd_install`].
//! **Invariants:** nothing is written that was not shown; every other entry of the file stays byte for
//! byte; a file is replaced whole or stays as it was; a link is not followed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use tl_guard::fix;
use tl_guard::hook::{self, install};
use tl_guard::host::Host;
use tl_guard::inventory::Client;
use tl_guard::lock::diff::shown;

use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::{self, GuardFiles};
use crate::ui::Ui;

/// Let a client ask Throughline before its agent acts
///
/// Shows the change to the client's file and makes it with `--yes`; the file as it was is kept beside it
/// as `.bak`. docs/guard-hooks.md says what each client does with the answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: throughline guard install-hooks claude-code --yes")]
pub(super) struct InstallArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// Take Throughline out of the hooks of a client
///
/// Shows the change and makes it with `--yes`. Where nothing else changed since, the file is again what it
/// was, byte for byte.
#[derive(Debug, clap::Args)]
pub(super) struct UninstallArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, clap::Args)]
struct PlaceArgs {
    /// Client
    #[arg(value_name = "CLIENT", value_parser = clients())]
    client: String,
    /// For you, in all repositories (the default)
    #[arg(long, conflicts_with = "project")]
    user: bool,
    /// For everybody who works in this repository
    #[arg(long)]
    project: bool,
    /// Write the file
    #[arg(long)]
    yes: bool,
}

fn clients() -> PossibleValuesParser {
    PossibleValuesParser::new(hook::CLIENTS.iter().map(|(name, _)| *name))
}

/// A file before and after.
struct Change {
    path: PathBuf,
    before: Option<String>,
    after: Option<String>,
    /// What is kept beside it; `None`: nothing is.
    backup: Option<String>,
}

pub(super) fn cmd_install(ui: &mut Ui, globals: &Globals, args: &InstallArgs) -> CmdResult {
    let (client, host, paths) = target(globals, &args.place)?;
    let program = program(&args.place)?;
    let mut changes = Vec::new();
    for (path, (event, _)) in paths.into_iter().zip(install::events(client)) {
        let before = guard_files::read(&path)?;
        let change = if client == Client::Cline {
            if before.as_deref().is_some_and(|text| !install::is_own_script(&program, text)) {
                return Err(refused(&path, &install::InstallError::Foreign));
            }
            Change { after: Some(install::script(&program, event)), before, backup: None, path }
        } else {
            let text = before.as_deref();
            let after =
                install::install(client, &program, text).map_err(|err| refused(&path, &err))?;
            // What is kept is a file without our entries.
            let own = text.is_some_and(|text| install::is_there(client, &program, text));
            let backup = before.clone().filter(|_| !own && before.as_ref() != Some(&after));
            Change { after: Some(after), before, backup, path }
        };
        changes.push(change);
    }
    let outcome = make(ui, changes, args.place.yes, "installs these hooks")?;
    let caveat = install::caveat(client, host.os);
    if !caveat.is_empty() {
        ui.note(caveat);
    }
    if args.place.project {
        ui.note(
            "the file names `throughline` without a path: whoever has no such program has no hooks",
        );
    }
    Ok(outcome)
}

pub(super) fn cmd_uninstall(ui: &mut Ui, globals: &Globals, args: &UninstallArgs) -> CmdResult {
    let (client, _, paths) = target(globals, &args.place)?;
    let program = program(&args.place)?;
    let mut changes = Vec::new();
    for path in paths {
        let Some(before) = guard_files::read(&path)? else { continue };
        let after = if client == Client::Cline {
            Some(before.clone()).filter(|text| !install::is_own_script(&program, text))
        } else {
            let backup = guard_files::read(&beside(&path))?;
            install::uninstall(client, &program, &before, backup.as_deref())
                .map_err(|err| refused(&path, &err))?
        };
        changes.push(Change { before: Some(before), after, backup: None, path });
    }
    make(ui, changes, args.place.yes, "takes these hooks out")
}

/// The client, the machine, and the files of the client's hooks.
fn target(
    globals: &Globals,
    args: &PlaceArgs,
) -> Result<(Client, Host, Vec<PathBuf>), CommandError> {
    let client = hook::client(&args.client).ok_or_else(|| {
        CommandError::usage(format!("there is no client `{}` with hooks", args.client))
    })?;
    let files = GuardFiles::find(&globals.variables, Path::new("."), None)?;
    let whose = if args.project { install::Whose::Project } else { install::Whose::User };
    let host = files.host;
    let names = install::files(client, whose, &host).unwrap_or_default();
    let repository = host.repositories.first().cloned().unwrap_or_default();
    let mut paths = Vec::new();
    for name in names {
        paths.push(match (name.strip_prefix("~/"), &host.home) {
            (Some(below), Some(home)) => home.join(below),
            (Some(_), None) => {
                return Err(CommandError::environment(
                    "there is no home whose hooks could be changed",
                )
                .hint("set the variable `HOME`, or use `--project`"));
            }
            (None, _) => repository.join(name),
        });
    }
    Ok((client, host, paths))
}

/// How the client calls this program: by its path, but in a file that others get too.
fn program(args: &PlaceArgs) -> Result<String, CommandError> {
    if args.project {
        return Ok("throughline".to_owned());
    }
    let path = std::env::current_exe().map_err(CommandError::environment)?;
    path.to_str().map(str::to_owned).ok_or_else(|| {
        CommandError::environment(format!(
            "the path of this program, `{}`, is not UTF-8",
            path.display()
        ))
    })
}

fn refused(path: &Path, err: &install::InstallError) -> CommandError {
    let causes = crate::error::causes(err).join(": ");
    CommandError::environment(format!("`{}` is left as it is: {causes}", path.display()))
        .hint("mend the file by hand, then run the command again")
}

/// `settings.json.bak`
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".bak");
    path.with_file_name(name)
}

/// Shows the changes, and makes them when it may.
fn make(ui: &mut Ui, changes: Vec<Change>, yes: bool, what: &str) -> CmdResult {
    let changes: Vec<Change> =
        changes.into_iter().filter(|change| change.before != change.after).collect();
    if changes.is_empty() {
        ui.status("nothing to change");
        return Ok(Outcome::Done);
    }
    for change in &changes {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = change.path.display().to_string();
        let (before, after) = (text(&change.before), text(&change.after));
        let (patch, _) =
            fix::shown(name.trim_start_matches('/'), before.as_bytes(), after.as_bytes());
        // A patch for a program is exact; a person sees what is hidden.
        ui.print(&if ui.out_is_terminal() { shown(&patch) } else { patch })?;
    }
    if !yes {
        ui.note(format!("nothing was changed: `--yes` {what}"));
        return Ok(Outcome::Done);
    }
    for change in &changes {
        if let Some(backup) = &change.backup {
            write(&beside(&change.path), backup, &change.path)?;
        }
        let done = match &change.after {
            Some(after) => {
                write(&change.path, after, &change.path)?;
                "written"
            }
            None => {
                fs::remove_file(&change.path)
                    .map_err(|err| failed("remove", &change.path, &err))?;
                "removed"
            }
        };
        ui.status(format!("{done}: {}", change.path.display()));
        // What came back from it is not needed any more.
        let backup = beside(&change.path);
        if change.backup.is_none()
            && change.after.is_some()
            && guard_files::read(&backup).ok().flatten() == change.after
        {
            fs::remove_file(&backup).map_err(|err| failed("remove", &backup, &err))?;
        }
    }
    Ok(Outcome::Done)
}

/// Writes a file whole, with the rights of `like` where that is there.
fn write(path: &Path, text: &str, like: &Path) -> Result<(), CommandError> {
    if path.is_symlink() {
        return Err(CommandError::environment(format!(
            "`{}` is a link, and is not followed",
            path.display()
        ))
        .hint("change the file that it leads to by hand, or put a file of its own there"));
    }
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|err| failed("make", parent, &err))?;
    let rights = fs::metadata(like).ok().map(|data| data.permissions());
    let rights = rights.or_else(|| text.starts_with("#!").then(executable).flatten());
    guard_files::replace(path, text.as_bytes(), rights).map_err(|err| failed("write", path, &err))
}

#[cfg(unix)]
fn executable() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
const fn executable() -> Option<fs::Permissions> {
    None
}

fn failed(what: &str, path: &Path, err: &io::Error) -> CommandError {
    CommandError::environment(format!("failed to {what} `{}`: {err}", path.display()))
}
