//! Codex: `requirements.toml`.

use std::fmt::Write as _;

use super::{Reached, Wanted, all_told, closed, hooks, reached, told};
use crate::inventory::Client;
use crate::lock::Lock;

pub(super) fn text(wanted: &Wanted, lock: &Lock, left_out: &mut Vec<String>) -> String {
    let mut text = String::from(
        "allowed_approval_policies = [\"untrusted\", \"on-request\"]\nallowed_sandbox_modes = [\"read-only\", \"workspace-write\"]\n",
    );
    servers(&mut text, wanted, lock, left_out);
    let mut rules = Vec::new();
    for (table, patterns, decision) in [
        ("commands.deny", &wanted.commands.deny, "forbidden"),
        ("commands.ask", &wanted.commands.ask, "prompt"),
    ] {
        for pattern in patterns {
            match prefix(pattern) {
                Some(words) => {
                    let words: Vec<String> = words
                        .iter()
                        .map(|word| format!("{{ token = {} }}", quoted(word)))
                        .collect();
                    rules.push(format!(
                        "  {{ pattern = [{}], decision = \"{decision}\", justification = {} }},\n",
                        words.join(", "),
                        quoted(&format!("`{table}` of the policy")),
                    ));
                }
                None => told(left_out, table, pattern),
            }
        }
    }
    if !rules.is_empty() {
        let _infallible = write!(text, "\n[rules]\nprefix_rules = [\n{}]\n", rules.concat());
    }
    if !wanted.read.deny.is_empty() {
        let paths: Vec<String> = wanted.read.deny.iter().map(|path| quoted(path)).collect();
        let _infallible =
            write!(text, "\n[permissions.filesystem]\ndeny_read = [{}]\n", paths.join(", "));
    }
    let tables = [
        ("paths.ask_read", &wanted.read.ask),
        ("paths.deny_write", &wanted.write.deny),
        ("paths.ask_write", &wanted.write.ask),
        ("hosts.deny", &wanted.hosts.deny),
        ("hosts.ask", &wanted.hosts.ask),
        ("servers.deny", &wanted.servers.deny),
        ("servers.ask", &wanted.servers.ask),
        ("tools.deny", &wanted.tools.deny),
        ("tools.ask", &wanted.tools.ask),
    ];
    all_told(left_out, wanted, &tables);
    text.push('\n');
    text.push_str(&hooks::tables(Client::Codex, &wanted.program));
    text
}

/// A list that is there closes it for all others.
fn servers(text: &mut String, wanted: &Wanted, lock: &Lock, left_out: &mut Vec<String>) {
    if !closed(wanted, lock) {
        return;
    }
    let mut any = false;
    let mut seen = std::collections::BTreeSet::new();
    for server in &lock.server {
        let identity = match reached(server) {
            Reached::Command([command, arguments @ ..]) => {
                if !arguments.is_empty() {
                    left_out.push(format!(
                        "arguments of the server `{}`: only its command `{command}` is compared",
                        server.name
                    ));
                }
                format!("command = {}", quoted(command))
            }
            // With the place of a secret in it, it is no address.
            Reached::Address(address) if !address.contains("${") => {
                format!("url = {}", quoted(address))
            }
            _ => {
                told(left_out, "lock", &server.name);
                continue;
            }
        };
        if !seen.insert(server.name.as_str()) {
            left_out.push(format!("a second way to start `{}`", server.name));
            continue;
        }
        any = true;
        let _infallible =
            write!(text, "\n[mcp_servers.{}]\nidentity = {{ {identity} }}\n", quoted(&server.name));
    }
    if !any {
        text.push_str("\n[mcp_servers]\n");
    }
    for pattern in &wanted.servers.allow {
        let approved = lock.server.iter().any(|server| server.name == *pattern);
        if !approved {
            left_out.push(format!(
                "`servers.allow`: `{pattern}` is denied there: a server has to be in the lock"
            ));
        }
    }
}

/// The words of a command that begins a line: `git push --force *`. A pattern without a star at its
/// end, or with one elsewhere, is no beginning.
fn prefix(pattern: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = pattern.split_whitespace().collect();
    let (last, front) = words.split_last()?;
    (*last == "*" && !front.is_empty() && !front.iter().any(|word| word.contains('*')))
        .then(|| front.to_vec())
}

fn quoted(text: &str) -> String {
    // One line, whatever is in it: as JSON writes it, TOML's basic strings read it.
    serde_json::Value::String(text.to_owned()).to_string()
}
