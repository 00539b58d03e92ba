//! Claude Code: `managed-settings.json`.

use serde_json::{Map, Value, json};

use super::{Otherwise, Patterns, Reached, Wanted, closed, hooks, is_exact, reached, told};
use crate::inventory::Client;
use crate::lock::Lock;

pub(super) fn text(wanted: &Wanted, lock: &Lock, left_out: &mut Vec<String>) -> String {
    let mut document = Map::new();
    document.insert("permissions".to_owned(), permissions(wanted, left_out));
    if closed(wanted, lock) {
        document.insert("allowedMcpServers".to_owned(), allowed(wanted, lock, left_out));
        document.insert("allowManagedMcpServersOnly".to_owned(), json!(true));
    }
    let denied: Vec<Value> = wanted
        .servers
        .deny
        .iter()
        .filter_map(|pattern| named(pattern, "servers.deny", left_out))
        .collect();
    if !denied.is_empty() {
        document.insert("deniedMcpServers".to_owned(), json!(denied));
    }
    for pattern in &wanted.servers.ask {
        told(left_out, "servers.ask", pattern);
    }
    if wanted.servers.otherwise == Otherwise::Ask {
        left_out.push("`servers.default = \"ask\"`: other servers are denied there".to_owned());
    }
    document.insert("hooks".to_owned(), hooks::entries(Client::ClaudeCode, &wanted.program));
    hooks::document(&Value::Object(document))
}

fn permissions(wanted: &Wanted, left_out: &mut Vec<String>) -> Value {
    let mut deny = Vec::new();
    let mut ask = Vec::new();
    for (table, patterns, tool) in
        [("paths", &wanted.read, "Read"), ("paths", &wanted.write, "Edit")]
    {
        let verb = if tool == "Read" { "read" } else { "write" };
        let rule = |pattern: &String| format!("{tool}({})", rooted(pattern));
        deny.extend(patterns.deny.iter().map(rule));
        ask.extend(patterns.ask.iter().map(rule));
        open(patterns, &format!("{table}.default_{verb}"), left_out);
    }
    for (from, into) in [(&wanted.commands.deny, &mut deny), (&wanted.commands.ask, &mut ask)] {
        for pattern in from {
            into.push(format!("Bash({pattern})"));
            // Any number of words is none as well.
            into.extend(pattern.strip_suffix(" *").map(|bare| format!("Bash({bare})")));
        }
    }
    open(&wanted.commands, "commands.default", left_out);
    for (from, into) in [(&wanted.hosts.deny, &mut deny), (&wanted.hosts.ask, &mut ask)] {
        into.extend(from.iter().map(|host| format!("WebFetch(domain:{host})")));
    }
    if !wanted.hosts.deny.is_empty() {
        left_out.push(
            "`hosts.deny` for commands such as `curl`: only its own fetching is denied".to_owned(),
        );
    }
    open(&wanted.hosts, "hosts.default", left_out);
    for (table, from, into) in
        [("tools.deny", &wanted.tools.deny, &mut deny), ("tools.ask", &wanted.tools.ask, &mut ask)]
    {
        for pattern in from {
            match tool(pattern) {
                Some(rule) => into.push(rule),
                None => told(left_out, table, pattern),
            }
        }
    }
    open(&wanted.tools, "tools.default", left_out);
    let mut permissions = Map::new();
    permissions.insert("disableBypassPermissionsMode".to_owned(), json!("disable"));
    for (name, rules) in [("deny", deny), ("ask", ask)] {
        if !rules.is_empty() {
            permissions.insert(name.to_owned(), json!(rules));
        }
    }
    Value::Object(permissions)
}

/// There is no rule for everything that is not named.
fn open(patterns: &Patterns, table: &str, left_out: &mut Vec<String>) {
    if patterns.otherwise != Otherwise::Client {
        left_out.push(format!("`{table}`"));
    }
}

/// An absolute path has two slashes there; one is the folder of the settings.
fn rooted(pattern: &str) -> String {
    if pattern.starts_with('/') { format!("/{pattern}") } else { pattern.to_owned() }
}

/// `server/tool` and `server/*`; part of a name there is no word for.
fn tool(pattern: &str) -> Option<String> {
    let (server, tool) = pattern.split_once('/')?;
    let whole = tool == "*";
    if server.contains('*') || (!whole && tool.contains('*')) {
        return None;
    }
    Some(if whole { format!("mcp__{server}") } else { format!("mcp__{server}__{tool}") })
}

/// An address or the name of a server; a package is neither.
fn named(pattern: &str, table: &str, left_out: &mut Vec<String>) -> Option<Value> {
    if pattern.contains("://") {
        return Some(json!({"serverUrl": pattern}));
    }
    if pattern.contains([':', '*']) {
        told(left_out, table, pattern);
        return None;
    }
    Some(json!({"serverName": pattern}))
}

/// Where one command is named, a server has to be started by a named command, and where one address
/// is, it has to be at a named address: so either all have one, or names have to do.
fn allowed(wanted: &Wanted, lock: &Lock, left_out: &mut Vec<String>) -> Value {
    let mut entries: Vec<Value> = Vec::new();
    let commands: Vec<_> = lock
        .server
        .iter()
        .filter_map(|server| match reached(server) {
            Reached::Command(words) => Some((server, words)),
            _ => None,
        })
        .collect();
    let by_name = |pattern: &&String| !pattern.contains([':', '*']);
    let named_too = wanted.servers.allow.iter().any(|pattern| by_name(&pattern));
    let exact = !named_too && commands.iter().all(|(_, words)| is_exact(words));
    for (server, words) in commands {
        let entry = if exact {
            json!({"serverCommand": words})
        } else {
            json!({"serverName": server.name})
        };
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    if !exact && !entries.is_empty() {
        left_out.push("how approved servers are started: only their names are compared, because a command holds a secret or a directory, or `servers.allow` has names".to_owned());
    }
    for server in &lock.server {
        match reached(server) {
            Reached::Address(address) => {
                // A star at the end of a host would be any longer host; what is behind `?` may be a
                // secret, and is not in the lock.
                let plain = address.split(['?', '#']).next().unwrap_or(address);
                if plain.contains('*') || plain.contains("${") {
                    told(left_out, "lock", &server.name);
                    continue;
                }
                let query = (plain != address).then(|| format!("{plain}?*"));
                let urls = [Some(plain.to_owned()), query];
                entries.extend(urls.into_iter().flatten().map(|url| json!({"serverUrl": url})));
            }
            Reached::Unknown => told(left_out, "lock", &server.name),
            Reached::Command(_) => {}
        }
    }
    for pattern in &wanted.servers.allow {
        entries.extend(named(pattern, "servers.allow", left_out));
    }
    json!(entries)
}
