//! A server is started through a shell or an interpreter's one-line option.

use tl_core::finding::{Confidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Launch;
use crate::inventory::package::program_name;
use crate::rules::gc::{enabled, script, seen};
use crate::rules::{Check, Cx, Rule, Sink, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC002",
    name: "shell-launcher",
    level: Level::Warn,
    confidence: Confidence::High,
    summary: "A server is started through a shell or an interpreter's one-line option.",
    why: "A line of shell hides what runs, and everything that is put into it later is run too.",
    fix: "Start the program itself, with its arguments as a list.",
    taxonomy: &["owasp-mcp:MCP05", "cwe:CWE-78"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let Launch::Stdio { command, args, .. } = &server.launch else { continue };
        let Some(script) = script(command, args) else { continue };
        let message =
            format!("server `{}` is a line that `{}` runs", server.name, program_name(command));
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = seen(server);
        // `cmd /c npx` is how Windows starts a script: the rest is an ordinary command.
        if program_name(command) == "cmd" && !script.contains(['&', '|', '>', '<']) {
            found.level = Level::Info;
        } else if script.contains([';', '|', '&', '`', '>', '<']) || script.contains("$(") {
            found.level = Level::High;
        }
        sink.add(found);
    }
}
