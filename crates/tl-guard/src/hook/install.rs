//! Hooks of this program in the files of a client: put in, and taken out again.
//!
//! In: the text of a file (or that there is none), a client, how to call this program. Out: the new text.
//! Start at [`install`] and [`uninstall`]. **Invariants:** every other byte stays where it is, comments
//! included; installing twice is installing once; and what was installed and taken out again leaves the
//! bytes that were there before.

mod splice;

use serde_json::{Value, json};

use crate::host::{Host, Os};
use crate::inventory::Client;
use crate::inventory::package;
use crate::parse::{Limits, Node, ParseError, json};

/// Seconds that a client waits for the answer.
const TIMEOUT: u64 = 5;

/// Where hooks are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The person's, for all repositories.
    User,
    /// Everybody's who works in the repository.
    Project,
}

/// Why a file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// It is no JSON with comments.
    #[error("the file cannot be read")]
    Syntax(#[from] ParseError),
    /// It holds something else where the client has its hooks.
    #[error("`{0}` is not what the client expects there")]
    Shape(String),
    /// A program of somebody else is where ours would be.
    #[error("the file is not one of this program")]
    Foreign,
}

/// Events that hooks are installed for, by client, with the matcher where the client has one.
pub const fn events(client: Client) -> &'static [(&'static str, &'static str)] {
    match client {
        Client::ClaudeCode => &[
            ("PreToolUse", "*"),
            ("PostToolUse", "*"),
            ("UserPromptSubmit", ""),
            ("SessionStart", ""),
            ("InstructionsLoaded", ""),
            ("ConfigChange", ""),
            ("FileChanged", ""),
            ("PermissionRequest", "*"),
        ],
        Client::Codex => &[
            ("PreToolUse", "*"),
            ("PostToolUse", "*"),
            ("UserPromptSubmit", ""),
            ("SessionStart", ""),
        ],
        Client::Cursor => &[
            ("beforeShellExecution", ""),
            ("beforeMCPExecution", ""),
            ("beforeReadFile", ""),
            // The other tools are asked about by the events above.
            ("preToolUse", "Write|StrReplace|Delete|EditNotebook|ApplyPatch"),
            ("beforeSubmitPrompt", ""),
            ("afterMCPExecution", ""),
            ("afterShellExecution", ""),
            ("afterFileEdit", ""),
        ],
        Client::Gemini => {
            &[("BeforeTool", "*"), ("AfterTool", "*"), ("BeforeAgent", ""), ("SessionStart", "")]
        }
        Client::CopilotCli => &[
            ("preToolUse", ""),
            ("postToolUse", ""),
            ("userPromptSubmitted", ""),
            ("sessionStart", ""),
        ],
        Client::Windsurf => &[
            ("pre_run_command", ""),
            ("pre_read_code", ""),
            ("pre_write_code", ""),
            ("pre_mcp_tool_use", ""),
            ("pre_user_prompt", ""),
            ("post_read_code", ""),
            ("post_run_command", ""),
            ("post_mcp_tool_use", ""),
        ],
        Client::Cline => {
            &[("PreToolUse", ""), ("PostToolUse", ""), ("UserPromptSubmit", ""), ("TaskStart", "")]
        }
        _ => &[],
    }
}

/// The files of a client's hooks: below the home (`~/...`) or the repository. Cline has one for each
/// event, in the order of [`events`]. `None`: the client has no hooks there.
pub fn files(client: Client, whose: Whose, host: &Host) -> Option<Vec<String>> {
    let variable = |name: &str, default: &str| {
        host.variables.get(name).cloned().unwrap_or_else(|| default.to_owned())
    };
    let one = |path: String| Some(vec![path]);
    match (client, whose) {
        (Client::ClaudeCode, Whose::User) => {
            one(format!("{}/settings.json", variable("CLAUDE_CONFIG_DIR", "~/.claude")))
        }
        (Client::ClaudeCode, Whose::Project) => one(".claude/settings.json".to_owned()),
        (Client::Codex, Whose::User) => {
            one(format!("{}/hooks.json", variable("CODEX_HOME", "~/.codex")))
        }
        (Client::Codex, Whose::Project) => one(".codex/hooks.json".to_owned()),
        (Client::Cursor, Whose::User) => one("~/.cursor/hooks.json".to_owned()),
        (Client::Cursor, Whose::Project) => one(".cursor/hooks.json".to_owned()),
        (Client::Gemini, Whose::User) => one("~/.gemini/settings.json".to_owned()),
        (Client::Gemini, Whose::Project) => one(".gemini/settings.json".to_owned()),
        (Client::CopilotCli, Whose::User) => one("~/.copilot/hooks/throughline.json".to_owned()),
        (Client::CopilotCli, Whose::Project) => one(".github/hooks/throughline.json".to_owned()),
        (Client::Windsurf, Whose::User) => one("~/.codeium/windsurf/hooks.json".to_owned()),
        (Client::Windsurf, Whose::Project) => one(".windsurf/hooks.json".to_owned()),
        (Client::Cline, whose) => {
            let directory =
                if whose == Whose::User { "~/Documents/Cline/Hooks" } else { ".clinerules/hooks" };
            Some(events(client).iter().map(|(event, _)| format!("{directory}/{event}")).collect())
        }
        _ => None,
    }
}

/// How a client calls this program for an event. `program`: absolute, or the bare name.
fn command(client: Client, program: &str, event: &str) -> String {
    format!("{} hook {} {event}", quoted(program), super::name(client))
}

/// A path as a shell reads it back.
fn quoted(program: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./+".contains(c);
    if program.chars().all(plain) {
        program.to_owned()
    } else {
        format!("\"{}\"", program.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The entry of an event, as the client has it.
fn entry(client: Client, program: &str, (event, matcher): (&str, &str)) -> Value {
    let command = command(client, program, event);
    let with_matcher = |hook: Value| {
        if matcher.is_empty() {
            json!({"hooks": [hook]})
        } else {
            json!({"matcher": matcher, "hooks": [hook]})
        }
    };
    match client {
        Client::ClaudeCode => with_matcher(
            json!({"type": "command", "command": command, "timeout": TIMEOUT, "onFailure": "block"}),
        ),
        Client::Codex => {
            with_matcher(json!({"type": "command", "command": command, "timeout": TIMEOUT}))
        }
        Client::Gemini => with_matcher(json!({
            "type": "command", "name": "throughline", "command": command, "timeout": TIMEOUT * 1_000,
        })),
        Client::Cursor => {
            let mut entry = json!({"command": command, "timeout": TIMEOUT, "failClosed": true});
            if !matcher.is_empty() {
                entry["matcher"] = matcher.into();
            }
            entry
        }
        Client::CopilotCli => json!({
            "type": "command", "bash": command, "powershell": format!("& {command}"), "timeoutSec": TIMEOUT,
        }),
        _ => json!({"command": command, "show_output": true}),
    }
}

/// Whether a word of a command line is this program: by its name, of any version and at any path, or
/// by its path, whatever it is called.
fn is_program(word: &str, own: &str) -> bool {
    package::program_name(word) == "throughline" || word == own
}

/// Whether a command line is a hook of this program.
fn calls(line: &str, own: &str) -> bool {
    let words = package::words(line);
    words.first().is_some_and(|word| is_program(word, own))
        && words.get(1).is_some_and(|word| word == "hook")
}

/// Whether an entry calls this program.
fn is_ours(entry: &Node, own: &str) -> bool {
    let calls = |text: &str| calls(text.trim_start_matches("& "), own);
    let calling = ["command", "bash", "powershell"]
        .iter()
        .any(|key| entry.get(key).and_then(Node::text).is_some_and(calls));
    let inner = entry.get("hooks").map_or(&[][..], Node::items);
    // Somebody may have put another command beside ours: that one stays.
    calling || (!inner.is_empty() && inner.iter().all(|entry| is_ours(entry, own)))
}

/// The text of a file with our hooks in it. `None` as the text: there is no file.
///
/// # Errors
/// The file is not what the client expects.
pub fn install(client: Client, program: &str, text: Option<&str>) -> Result<String, InstallError> {
    if let Some(text) = text.filter(|text| !text.trim().is_empty())
        && is_installed(client, program, text)?
    {
        return Ok(text.to_owned());
    }
    let without = match text {
        Some(text) => removed(client, program, text)?,
        None => String::new(),
    };
    let mut text =
        if without.trim().is_empty() { format!("{{}}{}", trailing(&without)) } else { without };
    if matches!(client, Client::Cursor | Client::CopilotCli) {
        text = splice::with_member(&text, "version", &json!(1))?;
    }
    for event in events(client) {
        text = splice::with_item(&text, event.0, &entry(client, program, *event))?;
    }
    Ok(text)
}

/// Whether every event has our entry as it should be, and no other one of ours.
fn is_installed(client: Client, program: &str, text: &str) -> Result<bool, InstallError> {
    let root = json::parse(text, Limits::default())?;
    Ok(events(client).iter().all(|event| {
        let items = root.path(&["hooks", event.0]).map_or(&[][..], Node::items);
        let mut ours = items.iter().filter(|item| is_ours(item, program));
        let wanted = entry(client, program, *event);
        ours.next().is_some_and(|own| own.value() == wanted) && ours.next().is_none()
    }))
}

/// Whether hooks of this program are in a file, of any version.
pub fn is_there(client: Client, program: &str, text: &str) -> bool {
    json::parse(text, Limits::default()).is_ok_and(|root| {
        let lists = events(client).iter().filter_map(|(event, _)| root.path(&["hooks", event]));
        lists.flat_map(Node::items).any(|item| is_ours(item, program))
    })
}

/// White space of a file that holds nothing else; a new file ends in a line break.
fn trailing(text: &str) -> &str {
    if text.is_empty() { "\n" } else { text }
}

/// The text of a file without our hooks. `program`: as for [`install`]. `backup`: the text before they were put in; it is what comes
/// back, as long as nothing else changed since. `None`: there was no file, and there is nothing else in it.
///
/// # Errors
/// The file is not what the client expects.
pub fn uninstall(
    client: Client,
    program: &str,
    text: &str,
    backup: Option<&str>,
) -> Result<Option<String>, InstallError> {
    let installed = program_of(text, program)?;
    let again = |before: Option<&str>| {
        installed.as_deref().is_some_and(|program| {
            install(client, program, before).is_ok_and(|after| after == text)
        })
    };
    if backup.is_some_and(|backup| again(Some(backup))) {
        return Ok(backup.map(str::to_owned));
    }
    if backup.is_none() && again(None) {
        return Ok(None);
    }
    removed(client, program, text).map(Some)
}

/// The program that the hooks in a file call.
fn program_of(text: &str, own: &str) -> Result<Option<String>, ParseError> {
    fn find(node: &Node, own: &str) -> Option<String> {
        let told = node.text().filter(|text| text.contains(" hook "));
        let words = told.map(package::words).unwrap_or_default();
        if let Some(first) = words.first().filter(|word| is_program(word, own)) {
            return Some(first.clone());
        }
        let mut below = node.members().iter().map(|member| &member.value).chain(node.items());
        below.find_map(|node| find(node, own))
    }
    Ok(find(&json::parse(text, Limits::default())?, own))
}

/// The text without our entries, and without the lists that are empty by that.
fn removed(client: Client, program: &str, text: &str) -> Result<String, InstallError> {
    let mut text = text.to_owned();
    if text.trim().is_empty() {
        return Ok(text);
    }
    // What was put in last is taken out first.
    for (event, _) in events(client).iter().rev() {
        text = splice::without_items(&text, event, &|item| is_ours(item, program))?;
    }
    Ok(text)
}

/// The file of an event for Cline.
pub fn script(program: &str, event: &str) -> String {
    format!("#!/bin/sh\nexec {}\n", command(Client::Cline, program, event))
}

/// Whether a file of Cline is one of ours.
pub fn is_own_script(program: &str, text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next() == Some("#!/bin/sh");
    let line = lines.next().and_then(|line| line.strip_prefix("exec "));
    first && line.is_some_and(|line| calls(line, program)) && lines.next().is_none()
}

/// What a person has to know about the hooks of a client, for the moment in which they are installed.
pub const fn caveat(client: Client, os: Os) -> &'static str {
    match (client, os) {
        (Client::ClaudeCode, _) => {
            "versions that do not know `onFailure` let a tool run when the hook cannot be started"
        }
        (Client::Codex, _) => {
            "Codex cannot ask: what would be a question is refused. It asks you once to trust the hooks, and lets a tool run when a hook cannot be started"
        }
        (Client::Cursor, _) => {
            "Cursor cannot ask before a file is read or written: what would be a question is refused there"
        }
        (Client::Gemini, _) => {
            "Gemini cannot ask: what would be a question is refused. It lets a tool run when a hook cannot be started"
        }
        (Client::CopilotCli, _) => {
            "Copilot lets a tool run when a hook fails or cannot be started; for the cloud agent add `--unattended` to the commands"
        }
        (Client::Windsurf, _) => "Windsurf cannot ask: what would be a question is refused",
        (Client::Cline, Os::Windows) => "Cline runs hooks on macOS and Linux alone",
        (Client::Cline, _) => "Cline cannot ask: what would be a question is refused",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
