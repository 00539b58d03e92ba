//! Managed settings of clients: what a client enforces by itself, made of our own policy and lock.
//!
//! In: [`Wanted`]. Out: an [`Export`]: the text of a file for administrators, and what that client has
//! no words for. Start at [`export`]. **Invariant:** nothing is made weaker on the way: what cannot be
//! said exactly is left to the hook, which every export installs, and is named in
//! [`Export::left_out`]; no secret gets out, because the lock holds none.
//!
//! Formats, looked up 2026-11: Claude Code's managed settings (code.claude.com/docs/en/managed-mcp,
//! /settings, /permissions), Codex's `requirements.toml` (developers.openai.com/codex, and its
//! `ConfigRequirementsToml`), Gemini CLI's system settings (`mcp.allowed`, `tools.exclude`,
//! `security.disableYoloMode`), hooks of Cursor, Windsurf and Copilot.

mod claude;
mod codex;
mod gemini;
mod hooks;

use crate::inventory::Client;
use crate::lock::{Lock, LockedServer};

/// Clients with an export, as they are named on the command line.
pub const CLIENTS: &[(&str, Client)] = &[
    ("claude-code", Client::ClaudeCode),
    ("codex", Client::Codex),
    ("copilot", Client::CopilotCli),
    ("cursor", Client::Cursor),
    ("gemini", Client::Gemini),
    ("windsurf", Client::Windsurf),
];

/// What becomes of calls that nothing else names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Otherwise {
    /// The client decides.
    #[default]
    Client,
    /// A person is asked.
    Ask,
    /// It is denied.
    Deny,
}

/// Patterns of one kind, as `guard.toml` has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    /// Not objected to.
    pub allow: Vec<String>,
    /// Asked about.
    pub ask: Vec<String>,
    /// Denied.
    pub deny: Vec<String>,
    /// What no pattern names.
    pub otherwise: Otherwise,
}

/// What somebody wants enforced.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Paths that are read.
    pub read: Patterns,
    /// Paths that are written.
    pub write: Patterns,
    /// Command lines; `*` is any number of words.
    pub commands: Patterns,
    /// Hosts; `*.example.com` is every host below.
    pub hosts: Patterns,
    /// Servers by name, `npm:@acme/*` or address.
    pub servers: Patterns,
    /// `server/tool`
    pub tools: Patterns,
    /// Keys of policy that no client has: rules by mode, roles, exceptions, taint.
    pub other: Vec<String>,
    /// How this program is started by a hook.
    pub program: String,
}

/// A file for administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The file.
    pub text: String,
    /// Where it belongs, for people.
    pub place: &'static str,
    /// What only the hook enforces, a sentence each.
    pub left_out: Vec<String>,
}

/// The export for a client; `None` if there is none for it.
pub fn export(client: Client, wanted: &Wanted, lock: &Lock) -> Option<Export> {
    let mut left_out = Vec::new();
    let (text, place) = match client {
        Client::ClaudeCode => (
            claude::text(wanted, lock, &mut left_out),
            "/etc/claude-code/managed-settings.json (macOS: /Library/Application Support/ClaudeCode/)",
        ),
        Client::Codex => (codex::text(wanted, lock, &mut left_out), "/etc/codex/requirements.toml"),
        Client::Gemini => {
            (gemini::text(wanted, lock, &mut left_out), "/etc/gemini-cli/settings.json")
        }
        Client::Cursor => (hooks::file(client, &wanted.program), "/etc/cursor/hooks.json"),
        Client::Windsurf => (hooks::file(client, &wanted.program), "/etc/windsurf/hooks.json"),
        Client::CopilotCli => (
            hooks::file(client, &wanted.program),
            ".github/hooks/throughline.json of each repository",
        ),
        _ => return None,
    };
    if matches!(client, Client::Cursor | Client::Windsurf | Client::CopilotCli) {
        left_out.push(
            "all of the policy and the lock: this client's file can install the hook and no more"
                .to_owned(),
        );
    } else {
        left_out.extend(wanted.other.iter().map(|key| format!("`{key}`")));
    }
    Some(Export { text, place, left_out })
}

/// How a server of the lock is reached.
enum Reached<'a> {
    /// Its command and arguments.
    Command(&'a [String]),
    Address(&'a str),
    Unknown,
}

fn reached(server: &LockedServer) -> Reached<'_> {
    match (server.transport.as_str(), server.launch.as_slice()) {
        ("stdio", words) if !words.is_empty() => Reached::Command(words),
        ("http", [address, ..]) => Reached::Address(address),
        _ => Reached::Unknown,
    }
}

/// Whether words are as they are started: no secret was taken out, no directory was added.
fn is_exact(words: &[String]) -> bool {
    !words.iter().any(|word| word.contains("${") || word.starts_with("cwd="))
}

/// Whether only servers that are named may run.
fn closed(wanted: &Wanted, lock: &Lock) -> bool {
    wanted.servers.otherwise != Otherwise::Client || !lock.server.is_empty()
}

/// What is asked about but can only be allowed or denied there.
fn told(left_out: &mut Vec<String>, table: &str, pattern: &str) {
    left_out.push(format!("`{table}`: `{pattern}`"));
}

/// Every pattern of these tables of `guard.toml`, and every default but that of servers: a client
/// without words for them.
fn all_told(left_out: &mut Vec<String>, wanted: &Wanted, tables: &[(&str, &Vec<String>)]) {
    for (table, patterns) in tables {
        for pattern in *patterns {
            told(left_out, table, pattern);
        }
    }
    for (table, patterns) in [
        ("paths.default_read", &wanted.read),
        ("paths.default_write", &wanted.write),
        ("commands.default", &wanted.commands),
        ("hosts.default", &wanted.hosts),
        ("tools.default", &wanted.tools),
    ] {
        if patterns.otherwise != Otherwise::Client {
            left_out.push(format!("`{table}`"));
        }
    }
}

#[cfg(test)]
mod tests;
