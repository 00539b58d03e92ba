//! Servers are configured in a file that no known client reads.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Root;

use crate::inventory::Client;
use crate::rules::gc::seen;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GI002",
    name: "unknown-config",
    level: Level::Warn,
    confidence: Confidence::Medium,
    summary: "Servers are configured in a file that no known client reads.",
    why: "A client that this program does not know may start them, or somebody hopes that they are copied.",
    fix: "Move it to the client's own place, or remove it.",
    taxonomy: &["ast:AST09", "owasp-mcp:MCP09"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut before = None;
    for server in cx.inventory.servers.iter().filter(|server| server.client == Client::Unknown) {
        if server.at.root == Root::Tools || before == Some(&server.at.path) {
            continue;
        }
        before = Some(&server.at.path);
        let message = "servers are configured in a file that no known client reads";
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = seen(server);
        sink.add(found);
    }
}
