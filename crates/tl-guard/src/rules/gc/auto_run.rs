//! A repository's own settings run a command by themselves.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::inventory::Scope;
use crate::rules::gc::{is_command, masked};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check), needs: &[] };

static DOC: RuleDoc = RuleDoc {
    id: "GC010",
    name: "auto-run",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A repository's own settings run a command by themselves.",
    why: "Opening the folder is enough: CVE-2025-59536 ran hooks and helpers before the person had trusted the repository.",
    fix: "Read the command and approve it with `guard lock`, or remove the entry.",
    taxonomy: &["owasp-mcp:MCP05", "atlas:AML.T0081", "asi:ASI05"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for hook in cx.inventory.hooks.iter().filter(|hook| is_command(hook) && !hook.ours) {
        let level = match hook.scope {
            Scope::Project | Scope::Plugin | Scope::Dependency => Level::High,
            Scope::User => Level::Info,
            Scope::Managed => continue,
        };
        let message = format!("`{}` runs a command by itself", hook.event);
        let mut found = finding(&DOC, hook.at.clone(), message);
        found.level = level;
        found.evidence = Evidence::of(&masked(&hook.command), "", Vec::new());
        sink.add(found);
    }
}
