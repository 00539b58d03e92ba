//! What servers do to each other in one client.
//!
//! In: the inventory, and a tool's text for shadowing. Out: findings on collisions of names, on
//! descriptions that speak of another server's tools, and on capabilities that are dangerous
//! together.

mod capability;

use std::collections::BTreeMap;

use tl_core::finding::{Confidence, Level, Root};
use tl_rules::doc::RuleDoc;

use crate::inventory::{Client, Server, Tool, ToolKind};
use crate::rules::{Check, Cx, Rule, Sink, finding, gp};
use crate::score::{Kind, score};
use crate::text::{hidden, unit::Unit};
use capability::Capabilities;

#[cfg(test)]
mod tests;

/// The family.
pub const RULES: &[Rule] = &[
    Rule { doc: &COLLISION, check: Check::Inventory(collisions) },
    Rule { doc: &SHADOWING, check: Check::Text(shadowing) },
    Rule { doc: &TRIFECTA, check: Check::Inventory(trifecta) },
    Rule { doc: &DESTRUCTIVE, check: Check::Inventory(destructive) },
    Rule { doc: &DUPLICATE, check: Check::Inventory(duplicates) },
];

const COLLISION: RuleDoc = RuleDoc {
    id: "GX001",
    name: "tool-name-collision",
    level: Level::High,
    confidence: Confidence::High,
    summary: "Two servers of one client have tools of the same name, or of names that look the same.",
    why: "The agent cannot tell them apart, so a call meant for one may go to the other.",
    fix: "Disable one of the servers, or rename or disable its tool where the client can.",
    taxonomy: &["snyk:E002", "owasp-mcp:MCP03", "safe-mcp:SAFE-T1301"],
    since: "0.1.0",
};

const SHADOWING: RuleDoc = RuleDoc {
    id: "GX002",
    name: "shadowing",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "A tool's description gives orders about a tool of another server that is configured here.",
    why: "It steers calls, and their arguments, of a server that you trust for other reasons.",
    fix: "Remove the server that gives the orders, or ask its author why it names another one's tool.",
    taxonomy: &["snyk:E002", "owasp-mcp:MCP03", "safe-mcp:SAFE-T1008", "safe-mcp:SAFE-T1301"],
    since: "0.1.0",
};

const TRIFECTA: RuleDoc = RuleDoc {
    id: "GX003",
    name: "lethal-trifecta",
    level: Level::Warn,
    confidence: Confidence::Medium,
    summary: "One client's servers can together read foreign text, read private data and send data out.",
    why: "An order hidden in the foreign text needs no more than these three to take the data away.",
    fix: "Disable one of the named servers where the others are used, or have each sending call confirmed.",
    taxonomy: &["snyk:W015", "snyk:W017", "asi:ASI02", "cosai:MCP-T9"],
    since: "0.1.0",
};

const DESTRUCTIVE: RuleDoc = RuleDoc {
    id: "GX004",
    name: "destructive-and-untrusted",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "One client reads foreign text and runs a tool that destroys data without asking.",
    why: "An order hidden in the foreign text deletes what the tool can delete, and nobody is asked.",
    fix: "Take the destructive tool out of the list of tools that run without confirmation.",
    taxonomy: &["snyk:W019", "snyk:W020", "asi:ASI02"],
    since: "0.1.0",
};

const DUPLICATE: RuleDoc = RuleDoc {
    id: "GX005",
    name: "duplicate-tool",
    level: Level::High,
    confidence: Confidence::High,
    summary: "One list of tools has a name twice, with different definitions.",
    why: "The agent cannot tell which of the two it calls, and a person may have read and approved the other one.",
    fix: "Leave one of the two, or use the server in a version whose names differ.",
    taxonomy: &["owasp-mcp:MCP03", "safe-mcp:SAFE-T1301"],
    since: "0.1.0",
};

/// Enabled servers of each client, with their index in the inventory.
fn clients<'a>(cx: &Cx<'a>) -> BTreeMap<Client, Vec<&'a Server>> {
    let mut out: BTreeMap<Client, Vec<&Server>> = BTreeMap::new();
    for server in cx.inventory.servers.iter().filter(|server| !server.disabled) {
        let servers = out.entry(server.client).or_default();
        // The same server in two files of one client is one server.
        let same = |other: &&Server| other.name == server.name && other.launch == server.launch;
        if !servers.iter().any(same) {
            servers.push(server);
        }
    }
    out
}

/// What is left of a name when case and separators do not count.
fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn collisions(cx: &Cx<'_>, sink: &mut Sink) {
    for servers in clients(cx).into_values() {
        let mut seen: BTreeMap<String, Vec<(&Server, &str)>> = BTreeMap::new();
        for server in servers {
            for tool in &server.tools {
                let name = folded(&tool.name);
                let name = hidden::skeleton(&name).unwrap_or(name);
                let others = seen.entry(name).or_default();
                if let Some((other, theirs)) =
                    others.iter().find(|(other, _)| other.name != server.name)
                {
                    let mut at = server.at.clone();
                    at.within = format!("{}.tools.{}", server.name, tool.name);
                    let message = if *theirs == tool.name {
                        format!(
                            "`{}` and `{}` both have a tool `{theirs}`",
                            other.name, server.name
                        )
                    } else {
                        format!(
                            "tool `{}` of `{}` looks like `{theirs}` of `{}`",
                            tool.name, server.name, other.name
                        )
                    };
                    sink.add(finding(&COLLISION, at, message));
                }
                others.push((server, &tool.name));
            }
        }
    }
}

/// Exactly the same name, for what is not the same: names that look alike are usual within one server.
fn duplicates(cx: &Cx<'_>, sink: &mut Sink) {
    for server in clients(cx).into_values().flatten() {
        let mut seen = BTreeMap::new();
        // An entry without a name is a finding of its own, and a prompt is not called.
        let named = |tool: &&Tool| tool.kind == ToolKind::Tool && !tool.name.is_empty();
        for tool in server.tools.iter().filter(named) {
            let first = seen.insert(tool.name.as_str(), tool);
            if first.is_none_or(|first| first == tool) {
                continue;
            }
            let mut at = server.at.clone();
            at.within = format!("{}.tools.{}", server.name, tool.name);
            let message =
                format!("`{}` has `{}` twice, with different definitions", server.name, tool.name);
            let mut found = finding(&DUPLICATE, at, message);
            // A file may hold the lists of several servers.
            if server.at.root == Root::Tools {
                found.level = Level::Warn;
            }
            sink.add(found);
        }
    }
}

fn shadowing(unit: &Unit<'_>, cx: &Cx<'_>, sink: &mut Sink) {
    let Some((server, tool)) = unit.tool else { return };
    if cx.inventory.servers.len() < 2 {
        return;
    }
    for scored in score(unit, cx) {
        let (Kind::Cross | Kind::Redirect, Some(name)) = (scored.kind, &scored.foreign) else {
            continue;
        };
        let message = format!(
            "tool `{}` of `{}` gives orders about `{name}`, a tool of another server",
            tool.name, server.name
        );
        let mut found = finding(&SHADOWING, unit.locate(scored.range.start), message);
        found.evidence.raw = gp::cut(&unit.text, &scored.range);
        // Named beside an order without anything else: a reader decides.
        found.level = if scored.level >= Level::High { Level::Block } else { scored.level };
        sink.add(found);
    }
}

fn trifecta(cx: &Cx<'_>, sink: &mut Sink) {
    for (client, servers) in clients(cx) {
        let able: Vec<(&Server, Capabilities)> = servers
            .into_iter()
            .map(|server| (server, capability::of_server(server)))
            .filter(|(_, can)| *can != Capabilities::default())
            .collect();
        let Some(set) = smallest(&able) else { continue };
        let names: Vec<String> =
            set.iter().map(|(server, can)| format!("`{}` ({can})", server.name)).collect();
        let message = format!(
            "{} together read foreign text, read private data and send data out, in {}",
            names.join(", "),
            gp::cut(&format!("{client:?}"), &(0..40)),
        );
        let Some((first, _)) = set.first() else { continue };
        sink.add(finding(&TRIFECTA, first.at.clone(), message));
    }
}

/// The fewest servers that together read foreign text, read private data and send.
fn smallest<'a>(able: &[(&'a Server, Capabilities)]) -> Option<Vec<(&'a Server, Capabilities)>> {
    let whole = |set: &[(&Server, Capabilities)]| {
        set.iter().any(|(_, can)| can.untrusted)
            && set.iter().any(|(_, can)| can.private)
            && set.iter().any(|(_, can)| can.send)
    };
    if let Some(one) = able.iter().find(|one| whole(&[**one])) {
        return Some(vec![*one]);
    }
    for (i, one) in able.iter().enumerate() {
        if let Some(two) = able[i + 1..].iter().find(|two| whole(&[*one, **two])) {
            return Some(vec![*one, *two]);
        }
    }
    let first = |can: fn(&Capabilities) -> bool| able.iter().find(|(_, has)| can(has)).copied();
    let set = vec![first(|can| can.untrusted)?, first(|can| can.private)?, first(|can| can.send)?];
    Some(set)
}

fn destructive(cx: &Cx<'_>, sink: &mut Sink) {
    for servers in clients(cx).into_values() {
        let Some(reader) = servers.iter().find(|server| capability::of_server(server).untrusted)
        else {
            continue;
        };
        for server in &servers {
            let unasked = |name: &str| server.auto_approve.iter().any(|a| a == "*" || a == name);
            let tool = server
                .tools
                .iter()
                .find(|tool| unasked(&tool.name) && capability::of_tool(tool).destructive);
            if let Some(tool) = tool {
                let message = format!(
                    "`{}` of `{}` destroys data and runs without a question, while `{}` reads foreign text",
                    tool.name, server.name, reader.name
                );
                sink.add(finding(&DESTRUCTIVE, server.at.clone(), message));
            }
        }
    }
}
