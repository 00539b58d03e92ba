//! Gemini CLI.

use serde_json::{Value, json};
use tl_core::verdict::Effect;

use super::{
    Action, Answer, HookError, HookEvent, Moment, Objection, Said, actions, complete, document,
    known, neutral, result_text, text,
};
use crate::inventory::{Client, Launch};
use crate::lock::launch;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "BeforeTool" => Moment::BeforeAction,
        "AfterTool" => Moment::AfterAction,
        "BeforeAgent" => Moment::Prompt,
        "SessionStart" => Moment::SessionStart,
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["hook_event_name"])?;
    let harmless = matches!(name.as_str(), "BeforeModel" | "BeforeToolSelection" | "PreCompress");
    let moment = if harmless { Moment::Other } else { known(Client::Gemini, &name)? };
    let mut event = said.bare(Client::Gemini, name, moment);
    match moment {
        Moment::BeforeAction | Moment::AfterAction => {
            let tool = said.text(&["tool_name"]);
            if tool.is_empty() {
                return Err(HookError::Missing("tool_name"));
            }
            let input = said.root.get("tool_input").unwrap_or(&Value::Null);
            let server =
                said.root.get("mcp_context").map(|mcp| text(mcp, &["server_name", "serverName"]));
            event.actions = actions::of_tool(&tool, input, server.as_deref());
            complete(moment, &tool, input, &event.actions)?;
            if let (Some(mcp), [Action::CallTool { tool, launch, .. }]) =
                (said.root.get("mcp_context"), event.actions.as_mut_slice())
            {
                let own = text(mcp, &["tool_name", "toolName"]);
                if !own.is_empty() {
                    *tool = own;
                }
                *launch = told(mcp);
            }
            event.result = said.root.get("tool_response").map(result_text);
        }
        Moment::Prompt => event.actions = vec![Action::Prompt { text: said.text(&["prompt"]) }],
        _ => {}
    }
    Ok(event)
}

/// How the server is reached, as a lock has it.
fn told(mcp: &Value) -> String {
    let url = text(mcp, &["url", "tcp"]);
    if !url.is_empty() {
        return url;
    }
    let words = mcp.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let args = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let cwd = Some(text(mcp, &["cwd"])).filter(|cwd| !cwd.is_empty());
    let command = text(mcp, &["command"]);
    launch::words(&Launch::Stdio { command, args, cwd }).join(" ")
}

pub(super) fn answer(event: &HookEvent, objection: &Objection<'_>) -> Answer {
    match objection.effect {
        Effect::Deny | Effect::Ask => {
            document(&json!({"decision": "deny", "reason": objection.reason}))
        }
        Effect::Neutral | Effect::Note if objection.warning.is_empty() => neutral(Client::Gemini),
        Effect::Neutral | Effect::Note => document(&json!({"hookSpecificOutput": {
            "hookEventName": event.event, "additionalContext": objection.warning,
        }})),
    }
}
