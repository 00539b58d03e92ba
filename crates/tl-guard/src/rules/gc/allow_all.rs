//! Every call of a tool that runs commands, or of all tools, is allowed without a question.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::inventory::{Grants, Scope};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC008",
    name: "allow-all",
    level: Level::High,
    confidence: Confidence::High,
    summary: "Every call of a tool that runs commands, or of all tools, is allowed without a question.",
    why: "One sentence in a web page is then enough to run a command on this machine.",
    fix: "Allow single commands, such as `Bash(git status)`.",
    taxonomy: &["owasp-mcp:MCP02", "ast:AST03"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for permission in &cx.inventory.permissions {
        if !matches!(permission.grants, Grants::AllOfTool | Grants::Everything) {
            continue;
        }
        let message = format!("`{}` allows `{}`", permission.key, permission.value);
        let mut found = finding(&DOC, permission.at.clone(), message);
        found.evidence = Evidence::of(&permission.value, "", vec![permission.key.clone()]);
        if permission.scope == Scope::User {
            found.level = Level::Warn;
        }
        sink.add(found);
    }
}
