//! A mode switches the client's own questions off.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::inventory::{Grants, Scope};
use crate::rules::gc::{command_line, masked};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC009",
    name: "bypass-mode",
    level: Level::High,
    confidence: Confidence::High,
    summary: "A mode switches the client's own questions off.",
    why: "The person is no longer asked before anything runs; a repository that sets this decides it for everybody who opens it.",
    fix: "Leave the mode at its default, and allow single commands.",
    taxonomy: &["owasp-mcp:MCP02", "ast:AST03", "atlas:AML.T0081"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let permissions = &cx.inventory.permissions;
    for permission in permissions.iter().filter(|p| p.grants == Grants::BypassesPrompts) {
        // Codex: one of the two leaves the other as a fence.
        let codex = matches!(permission.value.as_str(), "never" | "danger-full-access");
        let fenced = codex
            && !permissions.iter().any(|other| {
                other.at.path == permission.at.path
                    && other.at.root == permission.at.root
                    && other.value != permission.value
                    && matches!(other.value.as_str(), "never" | "danger-full-access")
            });
        let message = format!("`{}` is `{}`", permission.key, permission.value);
        let mut found = finding(&DOC, permission.at.clone(), message);
        found.evidence = Evidence::of(&permission.value, "", vec![permission.key.clone()]);
        if fenced {
            found.level = Level::Warn;
        } else if permission.scope == Scope::Project {
            found.level = Level::Block;
        }
        sink.add(found);
    }
    let hooks = cx.inventory.hooks.iter().map(|h| (&h.at, h.scope, h.command.clone()));
    let servers = cx.inventory.servers.iter().map(|s| (&s.at, s.scope, command_line(s)));
    for (at, scope, line) in hooks.chain(servers) {
        let Some(flag) =
            FLAGS.iter().find(|flag| line.split_whitespace().any(|word| word == **flag))
        else {
            continue;
        };
        let mut found = finding(&DOC, at.clone(), format!("an agent is started with `{flag}`"));
        found.evidence = Evidence::of(&masked(&line), "", Vec::new());
        if scope == Scope::Project {
            found.level = Level::Block;
        }
        sink.add(found);
    }
}

/// Options with which agents ask no more.
pub(in crate::rules) const FLAGS: &[&str] = &[
    "--dangerously-skip-permissions",
    "--dangerously-bypass-approvals-and-sandbox",
    "--yolo",
    "--allow-all-tools",
    "--dangerously-allow-all",
    "--trust-all-tools",
];
