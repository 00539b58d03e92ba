//! Gemini CLI: the system's `settings.json`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Wanted, all_told, closed, hooks, told};
use crate::inventory::Client;
use crate::lock::Lock;

pub(super) fn text(wanted: &Wanted, lock: &Lock, left_out: &mut Vec<String>) -> String {
    let mut mcp = Map::new();
    let is_name = |pattern: &str| !pattern.contains([':', '*', '/']);
    if closed(wanted, lock) {
        let mut names: BTreeSet<&str> =
            lock.server.iter().map(|server| server.name.as_str()).collect();
        for pattern in &wanted.servers.allow {
            if is_name(pattern) {
                names.insert(pattern);
            } else {
                told(left_out, "servers.allow", pattern);
            }
        }
        if !names.is_empty() {
            left_out
                .push("how approved servers are started: only their names are compared".to_owned());
        }
        mcp.insert("allowed".to_owned(), json!(names));
    }
    let (denied, other): (Vec<&String>, Vec<&String>) =
        wanted.servers.deny.iter().partition(|pattern| is_name(pattern));
    if !denied.is_empty() {
        mcp.insert("excluded".to_owned(), json!(denied));
    }
    for pattern in other {
        told(left_out, "servers.deny", pattern);
    }
    let mut exclude = Vec::new();
    for pattern in &wanted.commands.deny {
        match pattern.strip_suffix(" *").filter(|front| !front.contains('*')) {
            Some(front) => exclude.push(format!("run_shell_command({front})")),
            None => told(left_out, "commands.deny", pattern),
        }
    }
    if !exclude.is_empty() {
        left_out.push("`commands.deny` in chains and substitutions: only the beginning of a command is compared".to_owned());
    }
    let tables = [
        ("paths.deny_read", &wanted.read.deny),
        ("paths.ask_read", &wanted.read.ask),
        ("paths.deny_write", &wanted.write.deny),
        ("paths.ask_write", &wanted.write.ask),
        ("commands.ask", &wanted.commands.ask),
        ("hosts.deny", &wanted.hosts.deny),
        ("hosts.ask", &wanted.hosts.ask),
        ("servers.ask", &wanted.servers.ask),
        ("tools.deny", &wanted.tools.deny),
        ("tools.ask", &wanted.tools.ask),
    ];
    all_told(left_out, wanted, &tables);
    let mut document = Map::new();
    document.insert("security".to_owned(), json!({"disableYoloMode": true}));
    if !mcp.is_empty() {
        document.insert("mcp".to_owned(), Value::Object(mcp));
    }
    if !exclude.is_empty() {
        document.insert("tools".to_owned(), json!({"exclude": exclude}));
    }
    document.insert("hooks".to_owned(), hooks::entries(Client::Gemini, &wanted.program));
    hooks::document(&Value::Object(document))
}
