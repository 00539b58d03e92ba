//! Copilot: the CLI and the cloud agent write `camelCase`, VS Code writes Claude Code's form.

use serde_json::{Value, json};
use tl_core::verdict::Effect;

use super::{
    Action, Answer, HookError, HookEvent, Moment, Objection, Said, actions, claude, complete,
    document, known, neutral, result_text,
};
use crate::inventory::Client;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "preToolUse" | "PreToolUse" => Moment::BeforeAction,
        "postToolUse" | "PostToolUse" => Moment::AfterAction,
        // What it answers there is not looked at.
        "userPromptSubmitted" => Moment::Permission,
        "UserPromptSubmit" => Moment::Prompt,
        "sessionStart" | "SessionStart" => Moment::SessionStart,
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["hook_event_name", "hookEventName"]).or_else(|missing| {
        // The CLI does not name the event: what is there tells it.
        match () {
            () if said.root.get("toolResult").is_some() => Ok("postToolUse".to_owned()),
            () if said.root.get("toolName").is_some() => Ok("preToolUse".to_owned()),
            () if said.root.get("prompt").is_some() => Ok("userPromptSubmitted".to_owned()),
            () => Err(missing),
        }
    })?;
    let harmless = matches!(name.as_str(), "PreCompact" | "preCompact");
    let moment = if harmless { Moment::Other } else { known(Client::CopilotCli, &name)? };
    if said.root.get("tool_name").is_some() || name.starts_with(char::is_uppercase) {
        let mut event = claude::of_claude(said, Client::CopilotCli, name, moment)?;
        event.snake_case = true;
        return Ok(event);
    }
    let mut event = said.bare(Client::CopilotCli, name, moment);
    if matches!(moment, Moment::BeforeAction | Moment::AfterAction) {
        let tool = said.text(&["toolName"]);
        if tool.is_empty() {
            return Err(HookError::Missing("toolName"));
        }
        let input = said.root.get("toolArgs").unwrap_or(&Value::Null);
        // A tool of a server is written `server-tool`; the decision knows where to cut.
        event.actions = if tool.contains('-') {
            let arguments = actions::unfolded(input).into_owned();
            vec![Action::CallTool { server: String::new(), tool, arguments, launch: String::new() }]
        } else {
            let found = actions::of_tool(&tool, input, None);
            complete(moment, &tool, input, &found)?;
            found
        };
        event.result = said.root.get("toolResult").map(result_text);
    } else if said.root.get("prompt").is_some() {
        event.actions = vec![Action::Prompt { text: said.text(&["prompt"]) }];
    }
    Ok(event)
}

pub(super) fn answer(event: &HookEvent, objection: &Objection<'_>) -> Answer {
    if event.snake_case {
        return claude::answer(event, objection);
    }
    let decision = match objection.effect {
        Effect::Deny => "deny",
        Effect::Ask => "ask",
        Effect::Neutral | Effect::Note => return neutral(Client::CopilotCli),
    };
    if event.moment != Moment::BeforeAction {
        return neutral(Client::CopilotCli);
    }
    document(&json!({"permissionDecision": decision, "permissionDecisionReason": objection.reason}))
}

/// What stops a tool in either form.
pub(super) fn denied(reason: &str) -> Answer {
    document(&json!({
        "permissionDecision": "deny",
        "permissionDecisionReason": reason,
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
        },
    }))
}
