//! Permissions and modes of all clients, by one table of keys.
//!
//! In: a settings document. Out: [`Permission`]s. The keys of the clients do not collide, so one
//! table is read on every document: a new client is a row.

use super::server::Source;
use super::{Grants, Permission};
use crate::parse::{Data, Member, Node};

/// What the value of a key says.
#[derive(Clone, Copy)]
enum Reads {
    /// a list of rules that allow
    Allow,
    /// a list of rules that ask
    Ask,
    /// a list of rules that forbid
    Deny,
    /// `true` switches prompts off
    BypassIfTrue,
    /// `true` allows something narrower
    SomeIfTrue,
    /// these words switch prompts off
    BypassIf(&'static [&'static str]),
    /// a map from rule to `true`, `allow`, `ask`, `deny`
    Map,
    /// a list of `{tool, action}`
    Actions,
}

/// Keys joined by `/`; `*` is every key of a map.
const KEYS: &[(&str, Reads)] = &[
    ("permissions/allow", Reads::Allow),
    ("permissions/ask", Reads::Ask),
    ("permissions/deny", Reads::Deny),
    ("permissions/defaultMode", Reads::BypassIf(&["bypassPermissions"])),
    ("skipDangerousModePermissionPrompt", Reads::BypassIfTrue),
    ("bypassPermissionsModeAccepted", Reads::BypassIfTrue),
    ("enableAllProjectMcpServers", Reads::SomeIfTrue),
    ("permissions/additionalDirectories", Reads::Allow),
    ("projects/*/allowedTools", Reads::Allow),
    ("permissions/allowed_tools", Reads::Allow),
    ("allowedTools", Reads::Allow),
    ("chat.tools.autoApprove", Reads::BypassIfTrue),
    ("chat.tools.global.autoApprove", Reads::BypassIfTrue),
    ("chat.tools.terminal.autoApprove", Reads::Map),
    ("approval_policy", Reads::BypassIf(&["never"])),
    ("sandbox_mode", Reads::BypassIf(&["danger-full-access"])),
    ("profiles/*/approval_policy", Reads::BypassIf(&["never"])),
    ("profiles/*/sandbox_mode", Reads::BypassIf(&["danger-full-access"])),
    ("tools/allowed", Reads::Allow),
    ("tools/exclude", Reads::Deny),
    ("tools/autoAccept", Reads::SomeIfTrue),
    ("autoAccept", Reads::SomeIfTrue),
    ("general/defaultApprovalMode", Reads::BypassIf(&["yolo"])),
    ("agent/always_allow_tool_actions", Reads::BypassIfTrue),
    ("agent/tool_permissions/default", Reads::BypassIf(&["allow"])),
    ("permission", Reads::Map),
    ("amp.dangerouslyAllowAll", Reads::BypassIfTrue),
    ("claudeCode.allowDangerouslySkipPermissions", Reads::BypassIfTrue),
    ("claudeCode.initialPermissionMode", Reads::BypassIf(&["bypassPermissions"])),
    ("geminicodeassist.agentYoloMode", Reads::BypassIfTrue),
    ("roo-cline.allowedCommands", Reads::Allow),
    ("kilo-code.allowedCommands", Reads::Allow),
    ("kiroAgent.trustedCommands", Reads::Allow),
    ("windsurf.cascadeCommandsAllowList", Reads::Allow),
    ("amp.commands.allowlist", Reads::Allow),
    ("tools/approvalMode", Reads::BypassIf(&["yolo"])),
    ("amp.permissions", Reads::Actions),
    ("alwaysAllowExecute", Reads::SomeIfTrue),
    ("yolo", Reads::BypassIfTrue),
    ("GOOSE_MODE", Reads::BypassIf(&["auto"])),
];

/// Reads all keys of the table.
pub fn read(source: Source<'_>, root: &Node, into: &mut Vec<Permission>) {
    // A workspace and a container bring settings of the editor with them.
    let within = ["", "settings", "customizations/vscode/settings"];
    let roots = within.map(|keys| {
        let path: Vec<&str> = keys.split('/').filter(|key| !key.is_empty()).collect();
        (path.join("."), root.path(&path))
    });
    let roots = roots.iter().filter_map(|(within, root)| Some((within, (*root)?)));
    for ((within, root), (keys, reads)) in
        roots.flat_map(|root| KEYS.iter().map(move |key| (root, key)))
    {
        // Of the editor's settings only names with a dot are its own.
        if !within.is_empty() && !keys.contains('.') {
            continue;
        }
        let mut found = Vec::new();
        select(root, &keys.split('/').collect::<Vec<_>>(), within.clone(), &mut found);
        for (within, member) in found {
            let permission = |value: &str, grants, byte| Permission {
                client: source.client,
                scope: source.scope,
                key: within.clone(),
                value: value.to_owned(),
                grants,
                at: source.place(byte, &within),
            };
            one(*reads, member, &permission, into);
        }
    }
}

fn select<'a>(
    node: &'a Node,
    keys: &[&str],
    within: String,
    found: &mut Vec<(String, &'a Member)>,
) {
    let Some((key, rest)) = keys.split_first() else { return };
    for member in node.members().iter().filter(|m| *key == "*" || m.key == *key) {
        let dot = if within.is_empty() { "" } else { "." };
        let within = format!("{within}{dot}{}", member.key);
        if rest.is_empty() {
            found.push((within, member));
        } else {
            select(&member.value, rest, within, found);
        }
    }
}

fn one(
    reads: Reads,
    member: &Member,
    permission: &dyn Fn(&str, Grants, usize) -> Permission,
    into: &mut Vec<Permission>,
) {
    let value = &member.value;
    let list = |grants: fn(&str) -> Grants, into: &mut Vec<Permission>| {
        for item in value.items() {
            if let Some(rule) = item.text() {
                into.push(permission(rule, grants(rule), item.start));
            }
        }
    };
    match reads {
        Reads::Allow => list(grants, into),
        Reads::Ask => list(|_| Grants::Ask, into),
        Reads::Deny => list(|_| Grants::Deny, into),
        Reads::BypassIfTrue if value.is_true() => {
            into.push(permission("true", Grants::BypassesPrompts, member.start));
        }
        Reads::SomeIfTrue if value.is_true() => {
            into.push(permission("true", Grants::Some, member.start));
        }
        Reads::BypassIf(words) => {
            if let Some(mode) = value.text() {
                let bypasses = words.contains(&mode);
                let grants = if bypasses { Grants::BypassesPrompts } else { Grants::Some };
                into.push(permission(mode, grants, member.start));
            }
        }
        Reads::Map => map(value, "", permission, into, member.start),
        Reads::Actions => {
            for item in value.items() {
                let tool = item.get("tool").and_then(Node::text).unwrap_or_default();
                let action = item.get("action").and_then(Node::text).unwrap_or_default();
                let narrowed = item.get("matches").is_some();
                let given = if narrowed { Grants::Some } else { grants(tool) };
                into.push(permission(tool, by_word(action, given), item.start));
            }
        }
        Reads::BypassIfTrue | Reads::SomeIfTrue => {}
    }
}

/// `{"bash": {"git *": "allow"}, "edit": "ask"}`, or one word for all.
fn map(
    node: &Node,
    tool: &str,
    permission: &dyn Fn(&str, Grants, usize) -> Permission,
    into: &mut Vec<Permission>,
    start: usize,
) {
    match &node.data {
        Data::Map(members) => {
            for member in members {
                let rule = match tool {
                    "" => member.key.clone(),
                    tool => format!("{tool}({})", member.key),
                };
                map(&member.value, &rule, permission, into, member.start);
            }
        }
        Data::String(word) => {
            let rule = if tool.is_empty() { "*" } else { tool };
            into.push(permission(rule, by_word(word, grants(rule)), start));
        }
        Data::Bool(truth) => {
            let given = if *truth { grants(tool) } else { Grants::Ask };
            into.push(permission(tool, given, start));
        }
        _ => {}
    }
}

fn by_word(word: &str, allowed: Grants) -> Grants {
    match word {
        "allow" => allowed,
        "deny" | "reject" => Grants::Deny,
        _ => Grants::Ask,
    }
}

/// How much a rule that allows gives away: `*`, `Bash(*)`, `mcp__server__*`, `Bash(git log:*)`.
pub fn grants(rule: &str) -> Grants {
    let rule = rule.trim();
    if matches!(rule, "*" | "**" | "mcp__*" | "@*" | "*(*)" | "/.*/" | ".*") {
        return Grants::Everything;
    }
    let (tool, inner) = match rule.split_once('(') {
        Some((tool, rest)) => (tool, rest.strip_suffix(')').unwrap_or(rest)),
        None => (rule, ""),
    };
    if !matches!(inner, "" | "*" | ":*" | "**" | "*:*") {
        return Grants::Some;
    }
    if is_shell(tool) { Grants::AllOfTool } else { Grants::Some }
}

/// Names that clients give to the tool that runs commands.
pub fn is_shell(tool: &str) -> bool {
    let tool = tool.to_ascii_lowercase();
    matches!(
        tool.as_str(),
        "bash"
            | "shell"
            | "powershell"
            | "run_shell_command"
            | "execute_command"
            | "terminal"
            | "shelltool"
            | "execute_bash"
            | "run_in_terminal"
            | "run_terminal_cmd"
            | "local_shell"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_gives_as_much_as_it_says() {
        for (rule, expected) in [
            ("*", Grants::Everything),
            ("mcp__*", Grants::Everything),
            ("Bash", Grants::AllOfTool),
            ("Bash(*)", Grants::AllOfTool),
            ("Bash(:*)", Grants::AllOfTool),
            ("shell(*)", Grants::AllOfTool),
            ("Bash(git log:*)", Grants::Some),
            ("Read", Grants::Some),
            ("mcp__github__get_issue", Grants::Some),
            ("WebFetch(domain:example.com)", Grants::Some),
        ] {
            assert_eq!(grants(rule), expected, "{rule}");
        }
    }
}
