//! A server listens on all addresses of the machine.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::package::program_name;
use crate::inventory::{Launch, Server};
use crate::rules::gc::{enabled, seen};
use crate::rules::gn;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GN001",
    name: "wildcard-bind",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A server listens on all addresses of the machine.",
    why: "Everybody on the network may call its tools with the rights of the person who started it.",
    fix: "Listen on `127.0.0.1`.",
    taxonomy: &["owasp-mcp:MCP07", "cosai:MCP-T8", "cwe:CWE-1327"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let Some((what, level)) = bind(server) else { continue };
        let message = format!("server `{}` is started with `{what}`", server.name);
        let mut found = finding(&DOC, server.at.clone(), message);
        found.level = level;
        found.evidence = seen(server);
        sink.add(found);
    }
    for listener in cx.inventory.listeners.iter().filter(|listener| listener.wildcard) {
        let Some((_, name)) = &listener.server else { continue };
        let message = format!("server `{name}` listens on port {} of all addresses", listener.port);
        let mut found = finding(&DOC, gn::place(listener), message);
        found.level = Level::Block;
        found.evidence = gn::seen(listener);
        sink.add(found);
    }
}

/// The option or variable that opens it, and how bad that is.
fn bind(server: &Server) -> Option<(String, Level)> {
    let variables =
        ["HOST", "BIND", "BIND_ADDRESS", "LISTEN_HOST", "MCP_HOST", "FASTMCP_HOST", "SERVER_HOST"];
    for (name, value) in &server.env {
        if variables.contains(&name.as_str()) && is_wildcard(value) {
            return Some((format!("{name}={value}"), Level::High));
        }
    }
    let Launch::Stdio { command, args, .. } = &server.launch else { return None };
    let container = matches!(program_name(command).as_str(), "docker" | "podman" | "nerdctl");
    for (index, arg) in args.iter().enumerate() {
        let (flag, value) = match arg.split_once('=') {
            Some((flag, value)) => (flag, value),
            None => (index.checked_sub(1).map_or("", |before| args[before].as_str()), arg.as_str()),
        };
        let option = matches!(
            flag.trim_start_matches('-'),
            "host" | "bind" | "address" | "listen" | "hostname" | "bind-address" | "addr"
        );
        if flag.starts_with('-') && option && is_wildcard(value) {
            return Some((format!("{flag} {value}"), Level::High));
        }
        let published = matches!(flag, "-p" | "--publish")
            && value.starts_with(|c: char| c.is_ascii_digit())
            && value.matches(':').count() == 1;
        if container && published {
            return Some((format!("{flag} {value}"), Level::Warn));
        }
    }
    None
}

/// `0.0.0.0`, `::`, `*`, with or without a port.
fn is_wildcard(value: &str) -> bool {
    let host = match value.strip_prefix('[').and_then(|v| v.split_once(']')) {
        Some((host, _)) => host,
        None if value.matches(':').count() == 1 => value.split(':').next().unwrap_or(value),
        None => value,
    };
    matches!(host, "0.0.0.0" | "::" | "*" | "0")
}
