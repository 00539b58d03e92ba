//! An environment with one of everything, for the tests.

use serde_json::{Value, json};

use super::Approval;
use crate::inventory::Inventory;

pub(super) fn approval() -> Approval {
    Approval {
        by: "ana".to_owned(),
        at: "2026-11-21".to_owned(),
        reason: String::new(),
        expires: None,
    }
}

fn at(path: &str) -> Value {
    json!({"root": "repository", "path": path})
}

pub(super) fn value() -> Value {
    let tools = json!([
        {"name": "send_mail", "description": "Sends a mail to one person of the team, with a subject and a text of up to ten \
            pages, and returns the number under which the mail is kept",
         "inputSchema": {"type": "object", "required": ["to"], "additionalProperties": false,
            "properties": {"to": {"type": "string", "enum": ["ana", "bo"]}}},
         "annotations": {"readOnlyHint": false, "destructiveHint": false}},
        {"name": "list_mail", "description": "Lists the mails that came since yesterday"},
    ]);
    json!({
        "clients": [], "permissions": [], "listeners": [], "packages": [],
        "servers": [
            {"client": "claude-code", "scope": "project", "name": "mail", "transport": "stdio", "command": "npx",
             "args": ["-y", "mail-server@1.2.3"], "env": {"MAIL_TOKEN": "hunter2"}, "disabled": false,
             "auto_approve": [], "tools": tools, "at": at(".mcp.json")},
            {"client": "cursor", "scope": "project", "name": "docs", "transport": "http", "url": "https://docs.example/mcp",
             "headers": {"Authorization": "hunter2"}, "env": {}, "disabled": false, "auto_approve": [], "tools": [],
             "at": at(".cursor/mcp.json")},
        ],
        "rule_files": [
            {"client": "claude-code", "scope": "project", "at": at("CLAUDE.md"), "sha256": "11", "bytes": 2, "always": true, "imports": []},
            {"client": "codex", "scope": "project", "at": at("AGENTS.md"), "sha256": "22", "bytes": 2, "always": true, "imports": []},
        ],
        "skills": [
            {"kind": "skill", "clients": [], "scope": "project", "name": "mend", "description": "", "allowed_tools": [],
             "files": [], "root_hash": "33", "at": at("skills/mend/SKILL.md")},
        ],
        "hooks": [
            {"client": "claude-code", "scope": "project", "event": "PreToolUse", "matcher": "*", "kind": "command",
             "command": "/usr/bin/throughline hook claude-code", "ours": true, "fail_closed": true, "at": at(".claude/settings.json")},
        ],
    })
}

pub(super) fn inventory() -> Inventory {
    serde_json::from_value(value()).unwrap()
}
