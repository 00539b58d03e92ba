//! Windsurf: the exit code alone decides, and the reason is on standard error.

use serde_json::Value;
use tl_core::verdict::Effect;

use super::{
    Action, Answer, HookError, HookEvent, Moment, Objection, Said, actions, known, neutral,
    result_text, text,
};
use crate::inventory::Client;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "pre_run_command" | "pre_read_code" | "pre_write_code" | "pre_mcp_tool_use" => {
            Moment::BeforeAction
        }
        "post_run_command" | "post_read_code" | "post_write_code" | "post_mcp_tool_use" => {
            Moment::AfterAction
        }
        "pre_user_prompt" => Moment::Prompt,
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["agent_action_name"])?;
    let moment = known(Client::Windsurf, &name)?;
    let mut event = said.bare(Client::Windsurf, name, moment);
    let info = said.root.get("tool_info").unwrap_or(&Value::Null);
    if event.cwd.is_empty() {
        event.cwd = text(info, &["cwd"]);
    }
    let needed = |keys: &[&'static str]| {
        let found = text(info, keys);
        if found.is_empty() { Err(HookError::Missing(keys[0])) } else { Ok(found) }
    };
    event.actions = match event.event.as_str() {
        "pre_run_command" | "post_run_command" => {
            vec![Action::Run { command: needed(&["command_line"])?, cwd: text(info, &["cwd"]) }]
        }
        "pre_read_code" | "post_read_code" => vec![Action::Read { path: needed(&["file_path"])? }],
        "pre_write_code" | "post_write_code" => {
            vec![Action::Write { path: needed(&["file_path"])?, added: actions::added(info) }]
        }
        "pre_mcp_tool_use" | "post_mcp_tool_use" => {
            event.result = info.get("mcp_result").map(result_text);
            let arguments = info.get("mcp_tool_arguments").unwrap_or(&Value::Null);
            vec![Action::CallTool {
                server: text(info, &["mcp_server_name"]),
                tool: needed(&["mcp_tool_name"])?,
                arguments: actions::unfolded(arguments).into_owned(),
                launch: String::new(),
            }]
        }
        "pre_user_prompt" => vec![Action::Prompt { text: text(info, &["user_prompt"]) }],
        _ => Vec::new(),
    };
    Ok(event)
}

pub(super) fn answer(event: &HookEvent, objection: &Objection<'_>) -> Answer {
    // What has run is not taken back.
    if objection.effect < Effect::Ask || event.moment == Moment::AfterAction {
        return neutral(Client::Windsurf);
    }
    Answer { stdout: String::new(), stderr: format!("{}\n", objection.reason), code: 2 }
}
