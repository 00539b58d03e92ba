//! Usage reports of GitHub Copilot: one event per person and day (evidence E4).
//!
//! In: lines of the `users` reports (28 days or 1 day). Out: `ai.usage`. Start at `take`.
//! Source: "Copilot usage metrics" of GitHub's documentation, fields as of 2026.
//! **Invariant:** a report that sums people up is not taken for one person's.

use serde_json::Value;
use tl_core::attribution::AiTool;
use tl_core::event::Event;
use tl_core::fact::{AiUsage, kind};
use tl_core::time::Timestamp;

use super::sink::Sink;
use super::when;

/// Whether an object is a line of such a report.
pub(super) fn is_meant(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("code_generation_activity_count")
        || has("daily_active_users")
        || has("day_totals")
        || is_older(value)
        || has("last_activity_editor")
}

/// Whether it is of the metrics before 2026 (`/copilot/metrics`, `/copilot/usage`).
fn is_older(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("date") && has("total_engaged_users") || has("total_suggestions_count")
}

/// One line: one person on one day.
pub(super) fn take(value: &Value, sink: &mut Sink) {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let login = text("user_login");
    if value.get("last_activity_editor").is_some() {
        let what = "a list of Copilot's seats says who may use it, and not how much they did";
        sink.left_out_once(what.to_owned(), "fetch the `users` report");
        return;
    }
    if is_older(value) {
        let what = "the older Copilot metrics sum a whole organisation or team up";
        sink.left_out_once(what.to_owned(), "fetch the `users` report of the usage metrics");
        return;
    }
    if login.is_empty() {
        let what = "a Copilot report of a whole organisation says nothing of a person's use";
        sink.left_out_once(what.to_owned(), "fetch the `users` report");
        return;
    }
    let day = text("day");
    let Ok(at) = Timestamp::parse(day) else {
        let what = format!("a Copilot report for `{login}` without `day`: `{}`", when::cut(day));
        return sink.left_out(what, "fetch the report with a line a day");
    };
    let number = |value: &Value, name: &str| value[name].as_u64().unwrap_or(0);
    let cli = &value["totals_by_cli"];
    let tokens = &cli["token_usage"];
    let usage = AiUsage {
        tool: AiTool::Copilot.name().to_owned(),
        level: "E4".to_owned(),
        sessions: number(cli, "session_count"),
        offered: number(value, "code_generation_activity_count"),
        accepted: number(value, "code_acceptance_activity_count"),
        lines_added: number(value, "loc_added_sum"),
        lines_removed: number(value, "loc_deleted_sum"),
        tokens: number(tokens, "output_tokens_sum") + number(tokens, "prompt_tokens_sum"),
        ..AiUsage::default()
    };
    let key = format!("day/{login}/{day}");
    let event = Event::new(kind::AI_USAGE, at, "copilot", &key, &format!("person:{login}"))
        .by(login)
        .with(&usage);
    sink.event(event);
}
