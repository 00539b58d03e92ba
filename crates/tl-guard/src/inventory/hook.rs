//! Whatever a client runs by itself: hooks, helpers, tasks at opening, container commands.
//!
//! In: a settings document of any client. Out: [`Hook`]s.

use super::server::Source;
use super::{Hook, HookKind};
use crate::parse::{Data, Node};

/// Keys, joined by `/`, whose value is a command line.
const HELPERS: &[&str] = &[
    "apiKeyHelper",
    "awsAuthRefresh",
    "awsCredentialExport",
    "gcpAuthRefresh",
    "otelHeadersHelper",
    "statusLine/command",
    "subagentStatusLine/command",
    "fileSuggestion/command",
    "notify",
    "initializeCommand",
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
];

/// Reads everything that runs by itself.
pub fn read(source: Source<'_>, root: &Node, into: &mut Vec<Hook>) {
    if let Some(hooks) = root.get("hooks") {
        events(source, hooks, into);
    } else if root.members().iter().any(|m| is_event(&m.key)) {
        // `hooks.json` of some clients is the map of events itself.
        events(source, root, into);
    }
    for keys in HELPERS {
        let path: Vec<&str> = keys.split('/').collect();
        if let Some(node) = root.path(&path) {
            let within = keys.replace('/', ".");
            for (name, line, start) in commands(node) {
                let event =
                    if name.is_empty() { within.clone() } else { format!("{within}.{name}") };
                into.push(hook(source, &event, "", HookKind::Helper, &line, start, &event));
            }
        }
    }
    for (index, task) in root.get("tasks").map(Node::items).unwrap_or_default().iter().enumerate() {
        let on = task.path(&["runOptions", "runOn"]).and_then(Node::text);
        if on == Some("folderOpen") {
            let mut words = task.get("command").and_then(Node::scalar).unwrap_or_default();
            for arg in task.get("args").map(Node::texts).unwrap_or_default() {
                words.push(' ');
                words.push_str(&arg);
            }
            let within = format!("tasks[{index}]");
            into.push(hook(
                source,
                "folderOpen",
                "",
                HookKind::Command,
                &words,
                task.start,
                &within,
            ));
        }
    }
}

fn is_event(key: &str) -> bool {
    matches!(
        key,
        "PreToolUse"
            | "PostToolUse"
            | "UserPromptSubmit"
            | "SessionStart"
            | "Stop"
            | "BeforeTool"
            | "AfterTool"
            | "preToolUse"
            | "beforeShellExecution"
            | "pre_run_command"
    )
}

/// A command line, a list of words, or a map of several.
fn commands(node: &Node) -> Vec<(String, String, usize)> {
    match &node.data {
        Data::String(line) => vec![(String::new(), line.clone(), node.start)],
        Data::List(_) => vec![(String::new(), node.texts().join(" "), node.start)],
        Data::Map(members) => members
            .iter()
            .map(|m| (m.key.clone(), m.value.texts().join(" "), m.value.start))
            .collect(),
        _ => Vec::new(),
    }
}

fn events(source: Source<'_>, hooks: &Node, into: &mut Vec<Hook>) {
    for event in hooks.members() {
        let items = match event.value.data {
            Data::Map(_) => std::slice::from_ref(&event.value),
            _ => event.value.items(),
        };
        for (index, item) in items.iter().enumerate() {
            let matcher = item.get("matcher").and_then(Node::scalar).unwrap_or_default();
            let within = format!("hooks.{}[{index}]", event.key);
            match item.get("hooks") {
                Some(inner) => {
                    for (nested, handler) in inner.items().iter().enumerate() {
                        let within = format!("{within}.hooks[{nested}]");
                        handlers(source, &event.key, &matcher, handler, &within, into);
                    }
                }
                None => handlers(source, &event.key, &matcher, item, &within, into),
            }
        }
    }
}

fn handlers(
    source: Source<'_>,
    event: &str,
    matcher: &str,
    handler: &Node,
    within: &str,
    into: &mut Vec<Hook>,
) {
    if let Some(line) = handler.text() {
        into.push(hook(source, event, matcher, HookKind::Command, line, handler.start, within));
        return;
    }
    let kind = match handler.get("type").and_then(Node::text) {
        Some("http") => HookKind::Http,
        Some("mcp_tool") => HookKind::McpTool,
        Some("prompt") => HookKind::Prompt,
        Some("agent") => HookKind::Agent,
        _ => HookKind::Command,
    };
    let closed = handler.get("failClosed").is_some_and(Node::is_true)
        || handler.get("onFailure").and_then(Node::text) == Some("block");
    let mut seen: Vec<String> = Vec::new();
    for key in ["command", "bash", "powershell", "linux", "osx", "windows", "url", "prompt", "tool"]
    {
        let Some(value) = handler.get(key) else { continue };
        let mut line = value.texts().join(" ");
        if key == "command" {
            for arg in handler.get("args").map(Node::texts).unwrap_or_default() {
                line.push(' ');
                line.push_str(&arg);
            }
        }
        if line.is_empty() || seen.contains(&line) {
            continue;
        }
        let mut found = hook(source, event, matcher, kind, &line, value.start, within);
        found.fail_closed = closed;
        into.push(found);
        seen.push(line);
    }
}

/// One entry; `target` is filled by whoever knows the tree.
pub fn hook(
    source: Source<'_>,
    event: &str,
    matcher: &str,
    kind: HookKind,
    command: &str,
    byte: usize,
    within: &str,
) -> Hook {
    Hook {
        client: source.client,
        scope: source.scope,
        event: event.to_owned(),
        matcher: matcher.to_owned(),
        kind,
        command: command.to_owned(),
        target: None,
        ours: is_ours(command),
        fail_closed: false,
        at: source.place(byte, within),
    }
}

/// `.../throughline hook CLIENT`, the path quoted or not.
fn is_ours(command: &str) -> bool {
    let words = super::package::words(command);
    let ours = words.first().is_some_and(|w| super::package::program_name(w) == "throughline");
    ours && words.get(1).is_some_and(|w| w == "hook")
}
