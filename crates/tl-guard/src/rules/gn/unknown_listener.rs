//! A process that looks like an MCP server listens, and no client has it configured.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::listeners::looks_like_server;
use crate::rules::gn;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GN005",
    name: "unknown-listener",
    level: Level::Warn,
    confidence: Confidence::Medium,
    summary: "A process that looks like an MCP server listens, and no client has it configured.",
    why: "It may be left from a test, or started by something else, and answers every page that the browser opens.",
    fix: "Stop it, or configure it where it can be seen.",
    taxonomy: &["owasp-mcp:MCP09", "owasp-mcp:MCP07"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for listener in cx.inventory.listeners.iter().filter(|listener| listener.server.is_none()) {
        if !looks_like_server(&listener.arguments) {
            continue;
        }
        let message = format!(
            "`{}` listens on port {} and no client has it configured",
            listener.program, listener.port
        );
        let mut found = finding(&DOC, gn::place(listener), message);
        found.evidence = gn::seen(listener);
        if listener.wildcard {
            found.level = Level::High;
        }
        sink.add(found);
    }
}
