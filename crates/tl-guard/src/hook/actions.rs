//! What a tool of a client does, by its name and what it is called with.
//!
//! In: name and input. Out: [`Action`]s. Start at [`of_tool`]. **Invariant:** a tool that no table
//! knows is judged by what it is called with: a `command` is run, a `url` is fetched, a `path` is read or,
//! with new text beside it, written. Only what has none of these is [`Action::Other`].

use std::borrow::Cow;

use serde_json::Value;

use super::{Action, text};

const RUN: &[&str] = &[
    "bash",
    "shell",
    "local_shell",
    "run_shell_command",
    "execute_command",
    "powershell",
    "run_terminal_cmd",
    "run_terminal_command",
    "run_in_terminal",
    "runinterminal",
    "exec_command",
    "terminal",
    "monitor",
];
const WRITE: &[&str] = &[
    "write",
    "write_file",
    "write_to_file",
    "create",
    "create_file",
    "edit",
    "multiedit",
    "replace",
    "replace_in_file",
    "replace_string_in_file",
    "insert_edit_into_file",
    "edit_file",
    "strreplace",
    "str_replace",
    "insert",
    "notebookedit",
    "editnotebook",
    "edit_notebook",
    "new_file",
];
const READ: &[&str] = &[
    "read",
    "read_file",
    "readfile",
    "view",
    "view_file",
    "notebookread",
    "read_many_files",
    "grep",
    "glob",
    "ls",
    "list_files",
    "list_directory",
    "search_files",
    "search_file_content",
    "grep_search",
    "list_dir",
];
const DELETE: &[&str] = &["delete", "delete_file", "deletefile", "remove_file"];
const PATCH: &[&str] = &["apply_patch", "applypatch", "patch"];
const FETCH: &[&str] =
    &["webfetch", "web_fetch", "fetch", "fetch_webpage", "browser_action", "open_url"];
const SEARCH: &[&str] = &["websearch", "web_search", "google_web_search", "search_web"];
/// Editors whose `command` is no command line.
const EDITORS: &[&str] = &["str_replace_editor", "str_replace_based_edit_tool", "memory"];

/// Keys under which a path stands.
const PATHS: &[&str] = &[
    "file_path",
    "filePath",
    "absolute_path",
    "path",
    "notebook_path",
    "target_file",
    "file",
    "dir_path",
    "directory",
];
/// Keys under which new text stands.
const ADDED: &[&str] = &[
    "content",
    "contents",
    "new_string",
    "newString",
    "new_str",
    "new_source",
    "file_text",
    "insert_text",
    "diff",
    "code_edit",
    "text",
];
const COMMANDS: &[&str] = &["command", "cmd", "command_line", "script"];
const DIRECTORIES: &[&str] = &["cwd", "dir_path", "workdir", "working_directory", "directory"];

/// A value that may be written as JSON in a string.
pub(super) fn unfolded(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        _ => Cow::Borrowed(value),
    }
}

/// What a call of a tool does. `server` is given where the client says that it is one of a server.
pub(super) fn of_tool(name: &str, input: &Value, server: Option<&str>) -> Vec<Action> {
    let input = unfolded(input);
    let input = input.as_ref();
    if let Some((server, tool)) = of_server(name, input, server) {
        let arguments = match name {
            "use_mcp_tool" | "access_mcp_resource" => unfolded(
                input.get("arguments").or_else(|| input.get("uri")).unwrap_or(&Value::Null),
            )
            .into_owned(),
            _ => input.clone(),
        };
        return vec![Action::CallTool { server, tool, arguments, launch: String::new() }];
    }
    let lower = name.to_ascii_lowercase();
    let is = |table: &[&str]| table.contains(&lower.as_str());
    let found = if is(PATCH) {
        patch(&input.as_str().map_or_else(
            || text(input, &["command", "input", "patch", "patch_text"]),
            str::to_owned,
        ))
    } else if is(EDITORS) {
        editor(input)
    } else if is(SEARCH) {
        vec![Action::Search { query: text(input, &["query", "search_term", "prompt"]) }]
    } else if is(RUN) {
        run(input)
    } else if is(FETCH) {
        fetch(input)
    } else if is(DELETE) {
        paths(input).into_iter().map(|path| Action::Delete { path }).collect()
    } else if is(WRITE) {
        written(input)
    } else if is(READ) {
        paths(input).into_iter().map(|path| Action::Read { path }).collect()
    } else {
        guessed(input)
    };
    if found.is_empty() { vec![Action::Other { tool: name.to_owned() }] } else { found }
}

/// What is missing of a call whose tool is known by its name, or is there in a form that nobody can read:
/// what it would do is not known.
pub(super) fn missing(name: &str, input: &Value, found: &[Action]) -> Option<&'static str> {
    let input = unfolded(input);
    let lower = name.to_ascii_lowercase();
    let is = |table: &[&str]| table.contains(&lower.as_str());
    let words = COMMANDS.iter().find_map(|key| input.get(key)?.as_array());
    if words.is_some_and(|words| words.iter().any(|word| !word.is_string())) {
        return Some("command as text");
    }
    if !matches!(found, [Action::Other { .. }]) {
        return None;
    }
    let wrong =
        |keys: &[&str]| keys.iter().any(|key| input.get(key).is_some_and(|v| !v.is_string()));
    let one = ["read", "read_file", "readfile", "view", "view_file", "notebookread"];
    if is(RUN) || wrong(&["command", "cmd", "command_line"]) {
        return Some("command as text");
    }
    if is(PATCH) {
        return Some("patch as text");
    }
    let asked = !text(&input, &["prompt", "query"]).is_empty();
    if is(FETCH) && !asked && lower != "browser_action" || wrong(&["url"]) {
        return Some("url as text");
    }
    let file = is(WRITE) || is(DELETE) || is(&one) || EDITORS.first() == Some(&lower.as_str());
    (file || wrong(PATHS)).then_some("path as text")
}

/// Server and tool, where it is one of a server.
fn of_server(name: &str, input: &Value, server: Option<&str>) -> Option<(String, String)> {
    if matches!(name, "use_mcp_tool" | "access_mcp_resource") {
        let tool = text(input, &["tool_name", "uri"]);
        return Some((text(input, &["server_name"]), tool));
    }
    let rest = name.strip_prefix("mcp__").or_else(|| name.strip_prefix("mcp_"));
    let server = server.filter(|server| !server.is_empty());
    match (rest, server) {
        // The name of a server may hold the separator itself: what the client says wins.
        (Some(rest), Some(server)) => {
            let tool = rest.strip_prefix(server).map(|tool| tool.trim_start_matches('_'));
            let after = || rest.rsplit_once("__").map_or(rest, |(_, tool)| tool);
            Some((
                server.to_owned(),
                tool.filter(|t| !t.is_empty()).unwrap_or_else(after).to_owned(),
            ))
        }
        (Some(rest), None) => {
            let separator = if name.starts_with("mcp__") { "__" } else { "_" };
            let (server, tool) = rest.split_once(separator).unwrap_or(("", rest));
            Some((server.to_owned(), tool.to_owned()))
        }
        (None, Some(server)) => Some((server.to_owned(), name.to_owned())),
        (None, None) => None,
    }
}

/// One path or several.
fn paths(input: &Value) -> Vec<String> {
    let one = text(input, PATHS);
    if !one.is_empty() {
        return vec![one];
    }
    let lists = ["paths", "include", "file_paths", "files"];
    let items = lists.iter().find_map(|key| input.get(key)?.as_array());
    items
        .into_iter()
        .flatten()
        .filter_map(|item| {
            item.as_str()
                .map(str::to_owned)
                .or_else(|| Some(text(item, PATHS)).filter(|path| !path.is_empty()))
        })
        .collect()
}

fn run(input: &Value) -> Vec<Action> {
    let cwd = text(input, DIRECTORIES);
    let found = COMMANDS.iter().find_map(|key| input.get(key));
    let command = match found {
        Some(Value::String(command)) => command.clone(),
        Some(Value::Array(words)) => {
            let words: Vec<String> = words.iter().filter_map(Value::as_str).map(quoted).collect();
            words.join(" ")
        }
        _ => input.as_str().unwrap_or_default().to_owned(),
    };
    if command.is_empty() { Vec::new() } else { vec![Action::Run { command, cwd }] }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn fetch(input: &Value) -> Vec<Action> {
    let mut urls: Vec<String> = Vec::new();
    let url = text(input, &["url", "uri"]);
    if url.is_empty() {
        let list = input.get("urls").and_then(Value::as_array);
        urls.extend(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        let prompt = text(input, &["prompt", "query"]);
        let is_url = |word: &&str| word.starts_with("http://") || word.starts_with("https://");
        let words = prompt.split(|c: char| c.is_whitespace() || "\"'<>()".contains(c));
        urls.extend(words.filter(is_url).map(str::to_owned));
    } else {
        urls.push(url);
    }
    urls.into_iter().map(|url| Action::Fetch { url }).collect()
}

fn written(input: &Value) -> Vec<Action> {
    let text = added(input);
    paths(input).into_iter().map(|path| Action::Write { path, added: text.clone() }).collect()
}

/// The new text of an edit, several pieces a line each.
pub(super) fn added(input: &Value) -> String {
    let mut out = text(input, ADDED);
    for edit in input.get("edits").and_then(Value::as_array).into_iter().flatten() {
        out.push_str(&text(edit, ADDED));
        out.push('\n');
    }
    out
}

fn editor(input: &Value) -> Vec<Action> {
    match text(input, &["command"]).as_str() {
        "view" => paths(input).into_iter().map(|path| Action::Read { path }).collect(),
        "delete" => paths(input).into_iter().map(|path| Action::Delete { path }).collect(),
        _ => written(input),
    }
}

/// By what it is called with.
fn guessed(input: &Value) -> Vec<Action> {
    if ["command", "cmd", "command_line"].iter().any(|key| input.get(key).is_some()) {
        return run(input);
    }
    if input.get("url").is_some() || input.get("urls").is_some() {
        return fetch(input);
    }
    if ADDED.iter().chain(&["edits"]).any(|key| input.get(key).is_some()) {
        return written(input);
    }
    paths(input).into_iter().map(|path| Action::Read { path }).collect()
}

/// The files of a patch as Codex writes them: `*** Update File: PATH`, `*** Move to: PATH`.
fn patch(text: &str) -> Vec<Action> {
    let mut found: Vec<Action> = Vec::new();
    for line in text.lines() {
        let Some(head) = line.trim_end().strip_prefix("*** ") else {
            if let (Some(new), Some(Action::Write { added, .. })) =
                (line.strip_prefix('+'), found.last_mut())
            {
                added.push_str(new);
                added.push('\n');
            }
            continue;
        };
        let Some((what, path)) = head.split_once(": ") else { continue };
        let path = path.trim().to_owned();
        match what {
            "Add File" | "Update File" | "Move to" => {
                found.push(Action::Write { path, added: String::new() })
            }
            "Delete File" => found.push(Action::Delete { path }),
            _ => {}
        }
    }
    found
}
