//! A hook installs or updates something whenever a session starts.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use tl_core::finding::Evidence;

use crate::rules::gc::{is_command, masked};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC016",
    name: "update-at-start",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "A hook installs or updates something whenever a session starts.",
    why: "What was approved once is replaced by whatever is published later.",
    fix: "Install by hand, from a lock file.",
    taxonomy: &["owasp-mcp:MCP04", "ast:AST02", "asi:ASI04"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let starts = ["sessionstart", "folderopen", "setup"];
    for hook in cx.inventory.hooks.iter().filter(|hook| is_command(hook)) {
        if !starts.contains(&hook.event.to_ascii_lowercase().as_str()) {
            continue;
        }
        if let Some(update) = UPDATES.iter().find(|update| hook.command.contains(**update)) {
            let message = format!("`{}` runs `{}` at every start", hook.event, update.trim());
            let mut found = finding(&DOC, hook.at.clone(), message);
            found.evidence = Evidence::of(&masked(&hook.command), "", Vec::new());
            sink.add(found);
        }
    }
}

const UPDATES: &[&str] = &[
    "git pull",
    "npm i ",
    "npm install -g",
    "npm install @",
    "npm update",
    "npx ",
    "pip install",
    "pip3 install",
    "uvx ",
    "uv tool install",
    "pipx ",
    "cargo install",
    "go install",
    "curl ",
    "wget ",
    "brew upgrade",
];
