//! A server is switched off but still configured.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::gc::seen;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GI004",
    name: "disabled-but-present",
    level: Level::Info,
    confidence: Confidence::High,
    summary: "A server is switched off but still configured.",
    why: "One switch, or another client that reads the same file, starts it again.",
    fix: "Remove the entry if it is not needed.",
    taxonomy: &[],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in cx.inventory.servers.iter().filter(|server| server.disabled) {
        let message = format!("server `{}` is switched off but still there", server.name);
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = seen(server);
        sink.add(found);
    }
}
