//! `throughline guard export CLIENT`: managed settings for administrators.
//!
//! In: `guard.toml` and the lock. Out: a file on stdout, and on stderr what the client has no words
//! for. Start at [`cmd_export`].

use clap::builder::{PossibleValue, PossibleValuesParser};
use tl_core::verdict::Effect;
use tl_guard::export::{CLIENTS, Otherwise, Patterns, Wanted, export};
use tl_guard::inventory::Client;
use tl_guard::lock::{Lock, file};
use tl_policy::file::{PolicyFile, Section};

use super::existing_lock;
use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::{self, GuardFiles, Whose, policy};
use crate::ui::Ui;

/// Print what a client's managed settings would have to be
///
/// Made of `guard.toml` and the lock, for administrators to roll out: what the client can enforce by
/// itself, and the hook for the rest. What it cannot is listed on stderr.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: throughline guard export claude-code > managed-settings.json")]
pub(super) struct ExportArgs {
    /// Client, by its name
    #[arg(value_name = "CLIENT", value_parser = clients())]
    client: String,
    /// Of your own policy and lock, not of the repository's
    #[arg(long)]
    user: bool,
    /// How the hook starts this program on the machines
    #[arg(long, value_name = "PATH", default_value = "throughline")]
    program: String,
}

/// A client with hooks and without managed settings.
const CLINE: &str = "cline";

fn clients() -> PossibleValuesParser {
    let known = CLIENTS.iter().map(|(name, _)| PossibleValue::new(*name));
    PossibleValuesParser::new(known.chain([PossibleValue::new(CLINE).hide(true)]))
}

pub(super) fn cmd_export(ui: &mut Ui, globals: &Globals, args: &ExportArgs) -> CmdResult {
    let files = GuardFiles::find(&globals.variables, std::path::Path::new("."), None)?;
    let whose = if args.user { Whose::User } else { Whose::Repository };
    let policy_file = match files.policy(whose) {
        Some(path) => match guard_files::read(&path)? {
            Some(text) => policy::parsed(&text, &path)?,
            None => PolicyFile::default(),
        },
        None => PolicyFile::default(),
    };
    let mut lock = existing_lock(&files, whose)?.1;
    let locked = !lock.server.is_empty();
    let now = Context::load(ui, globals, None)?.now;
    approved(ui, &mut lock, &now.date());
    let client: Option<Client> =
        CLIENTS.iter().find(|(name, _)| *name == args.client).map(|(_, client)| *client);
    let mut wanted = wanted(&policy_file, &args.program);
    if locked && lock.server.is_empty() && wanted.servers.otherwise == Otherwise::Client {
        // That no approval holds any more lets nothing else in.
        wanted.servers.otherwise = Otherwise::Deny;
    }
    let made = client.and_then(|client| export(client, &wanted, &lock));
    let Some(made) = made else {
        let err = CommandError::usage(format!("there is no export for `{}`", args.client));
        return Err(match args.client.as_str() {
            CLINE => err.hint("Cline has no settings that an administrator rolls out; `throughline guard install-hooks cline --project` puts its hooks, a program for each event, into a repository"),
            _ => err,
        });
    };
    ui.print(&made.text)?;
    ui.note(format!("it belongs in {}", made.place));
    for one in &made.left_out {
        ui.note(format!("by the hook alone: {one}"));
    }
    Ok(Outcome::Done)
}

/// Keeps the servers whose approval holds today and that nobody edited by hand.
fn approved(ui: &mut Ui, lock: &mut Lock, today: &str) {
    let faults = file::faults(lock);
    lock.server.retain(|server| {
        let over = server.approved.expires.as_deref().is_some_and(|expires| expires < today);
        let fault = faults.iter().find(|fault| fault.item == server.item()).map(|fault| fault.what);
        let why = fault.or(over.then_some("is approved no longer"));
        if let Some(why) = why {
            ui.warn(format!("`{}` {why}, and is left out", server.item()));
        }
        why.is_none()
    });
}

fn wanted(file: &PolicyFile, program: &str) -> Wanted {
    let paths = &file.paths;
    let mut other = Vec::new();
    for (name, given) in [
        ("mode", !file.mode.is_empty()),
        ("settings", is_given(&file.settings)),
        ("packages", is_given(&file.packages)),
        ("role", !file.role.is_empty()),
        ("exception", !file.exception.is_empty()),
        ("hosts.when_tainted", file.hosts.when_tainted.is_some()),
        ("commands.when_tainted", file.commands.when_tainted.is_some()),
        ("tools.when_tainted", file.tools.when_tainted.is_some()),
        ("paths.when_tainted_read", paths.when_tainted_read.is_some()),
        ("paths.when_tainted_write", paths.when_tainted_write.is_some()),
    ] {
        other.extend(given.then(|| name.to_owned()));
    }
    let part = |allow: &[toml::Spanned<String>],
                ask: &[_],
                deny: &[_],
                default: Option<&toml::Spanned<Effect>>| Patterns {
        allow: texts(allow),
        ask: texts(ask),
        deny: texts(deny),
        otherwise: match default.map(|effect| *effect.get_ref()) {
            Some(Effect::Deny) => Otherwise::Deny,
            Some(Effect::Ask) => Otherwise::Ask,
            _ => Otherwise::Client,
        },
    };
    let section = |one: &Section| part(&one.allow, &one.ask, &one.deny, one.default.as_ref());
    Wanted {
        read: part(
            &paths.allow_read,
            &paths.ask_read,
            &paths.deny_read,
            paths.default_read.as_ref(),
        ),
        write: part(
            &paths.allow_write,
            &paths.ask_write,
            &paths.deny_write,
            paths.default_write.as_ref(),
        ),
        commands: section(&file.commands),
        hosts: section(&file.hosts),
        servers: section(&file.servers),
        tools: section(&file.tools),
        other,
        program: program.to_owned(),
    }
}

fn is_given(section: &Section) -> bool {
    !section.allow.is_empty()
        || !section.ask.is_empty()
        || !section.deny.is_empty()
        || section.default.is_some()
        || section.when_tainted.is_some()
}

fn texts(patterns: &[toml::Spanned<String>]) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.get_ref().clone()).collect()
}
