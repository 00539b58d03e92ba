//! Configuration: how servers are started, what runs by itself, what runs without a question.

use tl_core::finding::Evidence;

use crate::inventory::package::{program_name, words};
use crate::inventory::{Hook, HookKind, Launch, Server};
use crate::rules::gs::value::{is_placeholder, is_reference};
use crate::rules::{Cx, Rule, gs};

mod allow_all;
pub(crate) mod auto_approved_tools;
pub mod auto_run;
mod base_url_redirect;
pub(crate) mod bypass_mode;
mod download_and_run;
mod plain_http;
mod plaintext_secret;
pub(crate) mod privileged_container;
mod remote_without_auth;
mod root_path;
mod run_file;
mod secret_passthrough;
mod shadowed_definition;
mod shell_launcher;
mod start_update;
#[cfg(test)]
mod tests;
mod unguarded_workflow;
mod unpinned_launcher;
mod workspace_program;

/// Rules of the family.
pub(crate) const RULES: &[Rule] = &[
    unpinned_launcher::RULE,
    shell_launcher::RULE,
    download_and_run::RULE,
    root_path::RULE,
    privileged_container::RULE,
    plaintext_secret::RULE,
    plain_http::RULE,
    allow_all::RULE,
    bypass_mode::RULE,
    auto_run::RULE,
    base_url_redirect::RULE,
    auto_approved_tools::RULE,
    secret_passthrough::RULE,
    remote_without_auth::RULE,
    shadowed_definition::RULE,
    start_update::RULE,
    workspace_program::RULE,
    unguarded_workflow::RULE,
    run_file::RULE,
];

/// Servers that their client would start.
pub(super) fn enabled<'a>(cx: &Cx<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    cx.inventory.servers.iter().filter(|server| !server.disabled)
}

/// What starts a server, in one line.
pub(super) fn command_line(server: &Server) -> String {
    match &server.launch {
        Launch::Stdio { command, args, .. } => {
            let mut line = command.clone();
            for arg in args {
                line.push(' ');
                line.push_str(arg);
            }
            line
        }
        Launch::Http { url, .. } => url.clone(),
        Launch::Other { .. } => String::new(),
    }
}

/// How a server is started or reached, without its secrets.
pub(super) fn seen(server: &Server) -> Evidence {
    Evidence::of(&masked(&command_line(server)), "", Vec::new())
}

/// Whether a hook starts a process.
pub(super) const fn is_command(hook: &Hook) -> bool {
    matches!(hook.kind, HookKind::Command | HookKind::Helper)
}

/// What a shell or an interpreter is given to run on its command line.
pub(super) fn script(command: &str, args: &[String]) -> Option<String> {
    let program = program_name(command);
    let flags: &[&str] = match program.as_str() {
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish" => &["-c", "-lc", "-ic", "-ec"],
        "cmd" => &["/c", "/C", "/k"],
        "powershell" | "pwsh" => &["-Command", "-command", "-c", "-EncodedCommand", "-enc", "-e"],
        "node" | "bun" | "deno" => &["-e", "--eval", "-p", "eval"],
        "perl" | "ruby" => &["-e"],
        name if name.starts_with("python") => &["-c"],
        _ => return None,
    };
    let at = args.iter().position(|arg| flags.contains(&arg.as_str()))?;
    Some(args[at + 1..].join(" "))
}

/// Name of a host: without user, port and path.
pub(super) fn host_of(rest: &str) -> &str {
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Whether only this machine answers there.
pub(super) fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "::1" | "host.docker.internal")
        || host.ends_with(".localhost")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|v4| v4.is_loopback())
}

/// Whether a name says that its value is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let whole = [
        "KEY",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PAT",
        "CREDENTIAL",
        "CREDENTIALS",
        "AUTHORIZATION",
        "PWD",
    ];
    let joined = [
        "APIKEY",
        "ACCESSTOKEN",
        "AUTHTOKEN",
        "SECRETKEY",
        "ACCESSKEY",
        "PRIVATEKEY",
        "CLIENTSECRET",
    ];
    parts.iter().any(|part| whole.contains(part) || joined.iter().any(|j| part.ends_with(j)))
}

/// Whether a value is itself, and not a reference or a placeholder.
pub(super) fn is_literal(value: &str) -> bool {
    value.len() >= 8
        && !is_reference(value)
        && !value.contains(' ')
        && !is_placeholder(value)
        && value
            .chars()
            .any(|c| c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_ascii_uppercase())
}

/// Whether a value begins as a provider's secrets do.
pub(super) fn has_secret_prefix(value: &str) -> bool {
    let known = [
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "sk-ant-",
        "sk-proj-",
        "xoxb-",
        "xoxp-",
        "xapp-",
        "AKIA",
        "ASIA",
        "AIza",
        "hf_",
        "npm_",
        "pypi-",
        "dop_v1_",
        "SG.",
        "sk_live_",
        "rk_live_",
    ];
    gs::is_key(value)
        || (value.len() >= 20
            && known.iter().any(|prefix| value.starts_with(prefix))
            && is_literal(value))
}

/// A command line with the values of secrets as `***`.
pub(super) fn masked(line: &str) -> String {
    let mut hide_next = false;
    let shown = words(line).into_iter().map(|word| {
        if std::mem::take(&mut hide_next) && !word.starts_with('-') && is_literal(&word) {
            return "***".to_owned();
        }
        if has_secret_prefix(&word) {
            return "***".to_owned();
        }
        if let Some((before, query)) = word.split_once('?').filter(|_| word.contains("://")) {
            return format!(
                "{before}?{}",
                query.split('&').map(pair).collect::<Vec<_>>().join("&")
            );
        }
        hide_next = word.starts_with('-') && is_secret_name(&word);
        pair(&word)
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// `name=value` with a secret's value hidden.
fn pair(word: &str) -> String {
    match word.split_once('=') {
        Some((name, value))
            if (is_secret_name(name) && is_literal(value)) || has_secret_prefix(value) =>
        {
            format!("{name}=***")
        }
        _ => word.to_owned(),
    }
}
