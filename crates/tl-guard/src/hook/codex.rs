//! Codex: Claude Code's form, less of it.
//!
//! Its parser refuses keys that it does not know and, still at 0.153, the decisions `ask` and `allow`:
//! the hook counts as failed then and the tool runs. So nothing but `deny` is ever written.

use super::{Answer, HookError, HookEvent, Moment, Objection, Said, claude, known};
use crate::inventory::Client;

pub(super) fn moment(event: &str) -> Moment {
    match event {
        "PreToolUse" => Moment::BeforeAction,
        "PostToolUse" => Moment::AfterAction,
        "UserPromptSubmit" => Moment::Prompt,
        "PermissionRequest" => Moment::Permission,
        "SessionStart" => Moment::SessionStart,
        _ => Moment::Other,
    }
}

pub(super) fn parse(said: &Said<'_>) -> Result<HookEvent, HookError> {
    let name = said.event(&["hook_event_name"])?;
    let moment = if name == "PreCompact" { Moment::Other } else { known(Client::Codex, &name)? };
    claude::of_claude(said, Client::Codex, name, moment)
}

pub(super) fn answer(event: &HookEvent, objection: &Objection<'_>) -> Answer {
    claude::answer(event, &Objection { warning: "", ..*objection })
}
