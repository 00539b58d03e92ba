//! The JSON of a scan: `guard/v1`.
//!
//! **Invariant:** values of variables and headers never get here, only their names.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tl_core::finding::{Level, State};
use tl_rules::sort::Sorted;

use crate::{
    inventory::{Inventory, Launch, Server},
    lock::{digest::hex, launch::line},
    scan::Scanned,
};

/// Schema of [`document`].
pub const SCHEMA: &str = "guard/v1";

/// One document for a scan and its judged findings.
pub fn document(scanned: &Scanned, sorted: &Sorted) -> Value {
    let inventory = &scanned.inventory;
    let at_level = |level: Level| {
        sorted.findings.iter().filter(|f| f.level == level && f.state == State::New).count()
    };
    json!({
        "schema": SCHEMA,
        "findings": sorted.findings,
        "new": {
            "block": at_level(Level::Block),
            "high": at_level(Level::High),
            "warn": at_level(Level::Warn),
            "info": at_level(Level::Info),
        },
        "allowances": {
            "expired": sorted.expired,
            "unused": sorted.unused,
            "inline": scanned.inline.iter().map(|inline| json!({"allow": inline.allow, "where": inline.at})).collect::<Vec<_>>(),
            "invalid": sorted.invalid.iter().map(|(allow, why)| json!({"allow": allow, "why": why})).collect::<Vec<_>>(),
        },
        "inventory": self::inventory(inventory),
        "read": scanned.read,
    })
}

/// Hex SHA-256 of what is there, as the document shows it but without listeners: another one where
/// anything changed.
pub fn inventory_digest(inventory: &Inventory) -> String {
    // What runs just now is another thing.
    let still = Inventory { listeners: Vec::new(), ..inventory.clone() };
    hex(&Sha256::digest(self::inventory(&still).to_string()))
}

fn inventory(inventory: &Inventory) -> Value {
    json!({
        "clients": inventory.clients,
        "servers": inventory.servers.iter().map(server).collect::<Vec<_>>(),
        "rule_files": inventory.rule_files,
        "skills": inventory.skills,
        "hooks": inventory.hooks.iter().map(|hook| json!({
            "client": hook.client, "scope": hook.scope, "event": hook.event,
            "matcher": hook.matcher, "kind": hook.kind, "ours": hook.ours, "where": hook.at,
        })).collect::<Vec<_>>(),
        "permissions": inventory.permissions.iter().map(|permission| json!({
            "client": permission.client, "scope": permission.scope, "key": permission.key,
            // An address of a proxy may have a password in it.
            "value": line(&permission.value), "grants": permission.grants, "at": permission.at,
        })).collect::<Vec<_>>(),
        "listeners": inventory.listeners.iter().map(|listener| json!({
            "address": listener.address, "port": listener.port, "wildcard": listener.wildcard,
            "pid": listener.pid, "program": listener.program, "server": listener.server,
        })).collect::<Vec<_>>(),
        "packages": inventory.packages,
    })
}

/// A server without what may hold a secret: values of variables and headers, arguments, and what is
/// behind the `?` of its address.
fn server(server: &Server) -> Value {
    let launch = match &server.launch {
        Launch::Stdio { command, args, .. } => {
            json!({"transport": "stdio", "command": command, "arguments": args.len()})
        }
        Launch::Http { url, sse, headers } => {
            let url = url.split(['?', '#']).next().unwrap_or_default();
            let url =
                match url.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('@'))) {
                    Some((scheme, Some((_, host)))) => format!("{scheme}://{host}"),
                    _ => url.to_owned(),
                };
            json!({"transport": "http", "url": url, "sse": sse, "headers": headers.keys().collect::<Vec<_>>()})
        }
        Launch::Other { .. } => json!({"transport": "other"}),
    };
    json!({
        "client": server.client,
        "scope": server.scope,
        "name": server.name,
        "launch": launch,
        "env": server.env.keys().collect::<Vec<_>>(),
        "package": server.package,
        "disabled": server.disabled,
        "auto_approve": server.auto_approve,
        "tools": server.tools.iter().map(|tool| &tool.name).collect::<Vec<_>>(),
        "where": server.at,
    })
}
