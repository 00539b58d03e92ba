//! Issues and their milestones.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{StatusCategory, TicketState, kind};

use super::note::closed;
use super::place::{Place, login};
use crate::system::field::{
    Problem, Result, at, first, get, names, need_at, number, second, short, text,
};

/// An issue of REST.
pub(super) fn issue(place: &Place, body: &Value) -> Result<Vec<Event>> {
    states(place, body, &login(body, "author"), names(body, "assignees", &["username"]))
}

/// Opened, updated and closed; `body` is the object, also of a webhook.
///
/// GitLab says whether an issue is open, not whether anybody works on it.
pub(super) fn states(
    place: &Place,
    body: &Value,
    author: &str,
    assignees: Vec<String>,
) -> Result<Vec<Event>> {
    let iid = number(body, "iid").ok_or(Problem::Missing("iid"))?;
    let created = need_at(body, "created_at")?;
    let updated = second(at(body, "updated_at")?.unwrap_or(created));
    let is_closed = text(body, "state") == "closed";
    let url = short(first(body, &["web_url", "url"]));
    let severity = first(body, &["severity"]).to_lowercase();
    let state = TicketState {
        title: short(text(body, "title")),
        class: short(&first(body, &["issue_type", "type"]).to_lowercase()),
        status: if is_closed { "closed" } else { "opened" }.to_owned(),
        category: is_closed.then_some(StatusCategory::Done),
        priority: if severity == "unknown" { String::new() } else { short(&severity) },
        labels: names(body, "labels", &["title", "name"]),
        points: get(body, "weight").as_f64(),
        assignees,
        url: url.clone(),
        ..TicketState::default()
    };
    let opened = TicketState { url, ..TicketState::default() };
    let told = if author.is_empty() { "/hook" } else { "" };
    let mut events = vec![
        place
            .ticket(kind::TICKET_OPENED, created, iid, &format!("opened{told}"))
            .by(author)
            .with(&opened),
        place
            .ticket(
                kind::TICKET_UPDATED,
                updated,
                iid,
                &format!("updated/{}", updated.as_millis() / 1000),
            )
            .with(&state),
    ];
    if let Some(at) = at(body, "closed_at")?.filter(|_| is_closed) {
        events.push(closed(place, at, iid));
    }
    Ok(events)
}
