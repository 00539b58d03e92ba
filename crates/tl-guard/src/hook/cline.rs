//! Cline: an executable file per event; the file gives the event's name.

use serde_json::{Value, json};
use tl_core::verdict::Effect;

use super::{
    Action, Answer, HookError, HookEvent, Moment, Objection, Said, actions, complete, document,
    known, neutral, result_text, text,
};
use crate::inventory::Client;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "PreToolUse" => Moment::BeforeAction,
        "PostToolUse" => Moment::AfterAction,
        "UserPromptSubmit" => Moment::Prompt,
        "TaskStart" | "TaskResume" => Moment::SessionStart,
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["hookName"])?;
    let moment = if name == "PreCompact" { Moment::Other } else { known(Client::Cline, &name)? };
    let mut event = said.bare(Client::Cline, name, moment);
    let part = |key: &str| said.root.get(key).unwrap_or(&Value::Null);
    match moment {
        Moment::BeforeAction | Moment::AfterAction => {
            let key = if moment == Moment::BeforeAction { "preToolUse" } else { "postToolUse" };
            let told = part(key);
            let tool = text(told, &["toolName", "tool"]);
            if tool.is_empty() {
                return Err(HookError::Missing("toolName"));
            }
            let input = told.get("parameters").unwrap_or(&Value::Null);
            event.actions = actions::of_tool(&tool, input, None);
            complete(moment, &tool, input, &event.actions)?;
            event.result = told.get("result").map(result_text);
        }
        Moment::Prompt => {
            event.actions =
                vec![Action::Prompt { text: text(part("userPromptSubmit"), &["prompt"]) }];
        }
        _ => {}
    }
    Ok(event)
}

pub(super) fn answer(objection: &Objection<'_>) -> Answer {
    if objection.effect < Effect::Ask {
        return neutral(Client::Cline);
    }
    document(&json!({"cancel": true, "errorMessage": objection.reason}))
}
