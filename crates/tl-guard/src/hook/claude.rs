//! Claude Code. Source: types of its published agent SDK 0.3.329 and its page on hooks.

use serde_json::{Value, json};
use tl_core::verdict::Effect;

use super::{
    Answer, HookError, HookEvent, Moment, Objection, Said, actions, complete, document, known,
    neutral, result_text, text,
};
use crate::hook::Action;
use crate::inventory::Client;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "PreToolUse" => Moment::BeforeAction,
        "PostToolUse" | "PostToolUseFailure" => Moment::AfterAction,
        "UserPromptSubmit" => Moment::Prompt,
        "PermissionRequest" => Moment::Permission,
        "InstructionsLoaded" => Moment::InstructionsLoaded,
        "SessionStart" => Moment::SessionStart,
        // `PreCompact` keeps no tool from running.
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["hook_event_name"])?;
    let moment =
        if name == "PreCompact" { Moment::Other } else { known(Client::ClaudeCode, &name)? };
    of_claude(said, Client::ClaudeCode, name, moment)
}

/// The form that Codex and VS Code share.
pub(super) fn of_claude(
    said: &Said<'_>,
    client: Client,
    name: String,
    moment: Moment,
) -> Result<HookEvent, HookError> {
    let mut event = said.bare(client, name, moment);
    match moment {
        Moment::BeforeAction | Moment::AfterAction | Moment::Permission => {
            let tool = said.text(&["tool_name"]);
            if tool.is_empty() {
                return Err(HookError::Missing("tool_name"));
            }
            let server = said.root.get("mcp_server").map(|server| match server {
                Value::String(name) => name.clone(),
                other => text(other, &["name"]),
            });
            let input = said.root.get("tool_input").unwrap_or(&Value::Null);
            event.actions = actions::of_tool(&tool, input, server.as_deref());
            complete(moment, &tool, input, &event.actions)?;
            event.result = said.root.get("tool_response").map(result_text);
        }
        Moment::Prompt => event.actions = vec![Action::Prompt { text: said.text(&["prompt"]) }],
        Moment::InstructionsLoaded => {
            event.instructions = Some(said.text(&["file_path"])).filter(|path| !path.is_empty());
        }
        Moment::SessionStart | Moment::Other => {}
    }
    Ok(event)
}

pub(super) fn answer(event: &HookEvent, objection: &Objection<'_>) -> Answer {
    let decision = match objection.effect {
        Effect::Deny => "deny",
        Effect::Ask => "ask",
        Effect::Neutral | Effect::Note => {
            return if objection.warning.is_empty() {
                neutral(event.client)
            } else {
                document(&json!({"hookSpecificOutput": {
                    "hookEventName": event.event, "additionalContext": objection.warning,
                }}))
            };
        }
    };
    if event.moment == Moment::BeforeAction {
        return document(&json!({"hookSpecificOutput": {
            "hookEventName": event.event,
            "permissionDecision": decision,
            "permissionDecisionReason": objection.reason,
        }}));
    }
    document(&json!({"decision": "block", "reason": objection.reason}))
}
