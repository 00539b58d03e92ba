//! Tools of a server run without a question.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::rules::gc::enabled;
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC012",
    name: "auto-approved-tools",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "Tools of a server run without a question.",
    why: "A tool that writes, sends or runs something is then started by whatever the model has read.",
    fix: "Approve only tools that read, by name.",
    taxonomy: &["owasp-mcp:MCP02", "asi:ASI02"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx).filter(|server| !server.auto_approve.is_empty()) {
        let all = server.auto_approve.iter().any(|tool| tool == "*");
        let acting: Vec<&str> =
            server.auto_approve.iter().map(String::as_str).filter(|tool| acts(tool)).collect();
        let what = match (all, acting.is_empty()) {
            (true, _) => "all its tools".to_owned(),
            (false, false) => acting.join("`, `"),
            (false, true) => format!("{} tools", server.auto_approve.len()),
        };
        let quoted = if all || acting.is_empty() { what } else { format!("`{what}`") };
        let message = format!("server `{}` runs {quoted} without a question", server.name);
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = Evidence::of(&server.auto_approve.join(", "), "", Vec::new());
        if all || !acting.is_empty() {
            found.level = Level::High;
        }
        sink.add(found);
    }
    for permission in &cx.inventory.permissions {
        if permission.key.ends_with("enableAllProjectMcpServers") {
            let message = "every server that a repository brings is started without a question";
            let mut found = finding(&DOC, permission.at.clone(), message);
            found.level = Level::High;
            found.evidence = Evidence::of(&permission.key, "", Vec::new());
            sink.add(found);
        }
    }
}

/// Whether a tool's name says that it changes, sends or runs something.
pub(crate) fn acts(tool: &str) -> bool {
    let words = tool.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    let known = [
        "delete", "remove", "drop", "write", "update", "create", "run", "exec", "execute", "shell",
        "bash", "command", "send", "post", "push", "merge", "edit", "kill", "move", "upload",
        "deploy", "eval",
    ];
    words.into_iter().any(|word| known.contains(&word.as_str()))
}
