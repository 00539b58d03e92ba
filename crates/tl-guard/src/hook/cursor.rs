//! Cursor.

use serde_json::{Value, json};
use tl_core::verdict::Effect;

use super::{
    Action, Answer, HookError, HookEvent, Moment, Objection, Said, actions, complete, document,
    known, neutral,
};
use crate::inventory::Client;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "beforeShellExecution"
        | "beforeMCPExecution"
        | "beforeReadFile"
        | "preToolUse"
        | "beforeTabFileRead" => Moment::BeforeAction,
        "afterMCPExecution" | "afterShellExecution" | "afterFileEdit" | "postToolUse" => {
            Moment::AfterAction
        }
        "beforeSubmitPrompt" => Moment::Prompt,
        "sessionStart" => Moment::SessionStart,
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["hook_event_name"])?;
    let moment = if name == "preCompact" { Moment::Other } else { known(Client::Cursor, &name)? };
    let mut event = said.bare(Client::Cursor, name, moment);
    if event.call.is_none() {
        event.call = Some(said.text(&["generation_id"])).filter(|call| !call.is_empty());
    }
    let needed = |keys: &[&'static str]| {
        let found = said.text(keys);
        if found.is_empty() { Err(HookError::Missing(keys[0])) } else { Ok(found) }
    };
    event.actions = match event.event.as_str() {
        "beforeShellExecution" | "afterShellExecution" => {
            event.result = Some(said.text(&["output"])).filter(|text| !text.is_empty());
            vec![Action::Run { command: needed(&["command"])?, cwd: said.text(&["cwd"]) }]
        }
        "beforeMCPExecution" | "afterMCPExecution" => {
            event.result = said
                .root
                .get("result_json")
                .map(|result| super::result_text(&actions::unfolded(result)));
            vec![call(said, needed(&["tool_name"])?)]
        }
        "beforeReadFile" | "beforeTabFileRead" => {
            vec![Action::Read { path: needed(&["file_path", "path"])? }]
        }
        "afterFileEdit" => {
            let added = actions::added(said.root);
            vec![Action::Write { path: needed(&["file_path", "path"])?, added }]
        }
        "preToolUse" | "postToolUse" => {
            event.result = said.root.get("tool_output").map(super::result_text);
            let input = said.root.get("tool_input").unwrap_or(&Value::Null);
            let tool = needed(&["tool_name"])?;
            let found = actions::of_tool(&tool, input, None);
            complete(moment, &tool, input, &found)?;
            found
        }
        "beforeSubmitPrompt" => vec![Action::Prompt { text: said.text(&["prompt"]) }],
        _ => Vec::new(),
    };
    Ok(event)
}

/// The tool's name may be `MCP:server:tool`; else the server is told by its address or command.
fn call(said: &Said<'_>, name: String) -> Action {
    let mut parts = name.strip_prefix("MCP:").unwrap_or_default().splitn(2, ':');
    let (server, tool) = match (parts.next(), parts.next()) {
        (Some(server), Some(tool)) => (server.to_owned(), tool.to_owned()),
        _ => (
            said.text(&["server", "server_name"]),
            name.strip_prefix("MCP:").unwrap_or(&name).to_owned(),
        ),
    };
    let input = said.root.get("tool_input").unwrap_or(&Value::Null);
    let launch = said.text(&["url", "command"]);
    Action::CallTool { server, tool, arguments: actions::unfolded(input).into_owned(), launch }
}

pub(super) fn answer(event: &HookEvent, objection: &Objection<'_>) -> Answer {
    let permission = match objection.effect {
        Effect::Deny => "deny",
        Effect::Ask => "ask",
        Effect::Neutral | Effect::Note => return neutral(Client::Cursor),
    };
    let reason = objection.reason;
    match event.moment {
        Moment::Prompt => document(&json!({"continue": false, "user_message": reason})),
        Moment::BeforeAction => document(
            &json!({"permission": permission, "user_message": reason, "agent_message": reason}),
        ),
        // What has run is not taken back.
        _ => neutral(Client::Cursor),
    }
}
