//! Issues and milestones.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    IterationMove, IterationState, LinkForm, StatusCategory, TicketClosed, TicketLink, TicketState,
    kind, role,
};
use tl_core::time::Timestamp;

use super::Place;
use super::read::{
    Account, Problem, Result, get, instant, labels, list, number, short, sorted, text,
};

/// An issue; nothing where it is a pull request, which GitHub lists as an issue, too.
///
/// Its status is `open` or `closed`: whether anybody works on an open one GitHub does not say.
pub(crate) fn issue(place: &Place, body: &Value) -> Result<Vec<Event>> {
    if get(body, "pull_request").is_object() {
        return Ok(Vec::new());
    }
    let id = number(body, "number").ok_or(Problem::Missing("number"))?;
    let created = instant(body, "created_at").ok_or(Problem::Missing("created_at"))?;
    let updated = instant(body, "updated_at").unwrap_or(created);
    let url = short(text(body, "html_url"));
    let state = text(body, "state").to_lowercase();
    let closed = instant(body, "closed_at").filter(|_| state == "closed");
    let looks = TicketState {
        title: short(text(body, "title")),
        class: short(text(body, "type.name")),
        category: (state == "closed").then_some(StatusCategory::Done),
        status: short(&state),
        labels: labels(body),
        parent: parent(text(body, "parent_issue_url")),
        assignees: sorted(list(body, "assignees").map(|user| Account::of(user).login)),
        url: url.clone(),
        ..TicketState::default()
    };
    let opened = TicketState { url, ..TicketState::default() };
    let what = format!("updated/{}", updated.as_millis());
    let mut events = vec![
        place
            .ticket(kind::TICKET_OPENED, created, id, "opened")
            .by(&Account::at(body, "user").login)
            .with(&opened),
        place.ticket(kind::TICKET_UPDATED, updated, id, &what).with(&looks),
    ];
    if let Some(at) = closed {
        events.push(self::closed(place, at, id, text(body, "state_reason")));
    }
    if get(body, "milestone").is_object() {
        events.extend(milestone(place, get(body, "milestone")).unwrap_or_default());
    }
    Ok(events)
}

/// The key of the issue at an address of the API.
fn parent(address: &str) -> String {
    let Some((_, path)) = address.split_once("/repos/") else { return String::new() };
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [owner, name, "issues", number] => short(&format!("{owner}/{name}#{number}")),
        _ => String::new(),
    }
}

/// An issue was closed.
pub(crate) fn closed(place: &Place, at: Timestamp, id: u64, reason: &str) -> Event {
    let what = format!("closed/{}", at.as_millis());
    place
        .ticket(kind::TICKET_CLOSED, at, id, &what)
        .with(&TicketClosed { resolution: short(&reason.to_lowercase()) })
}

/// An issue was opened again.
pub(crate) fn reopened(place: &Place, at: Timestamp, id: u64) -> Event {
    place.ticket(kind::TICKET_REOPENED, at, id, &format!("reopened/{}", at.as_millis()))
}

/// An issue was put into or taken out of a milestone, which timelines know by its title alone.
pub(crate) fn milestoned(
    place: &Place,
    at: Timestamp,
    id: u64,
    title: &str,
    added: bool,
) -> Option<Event> {
    let verb = if added { "milestoned" } else { "demilestoned" };
    let title = short(title);
    let what = format!("{verb}/{}/{title}", at.as_millis());
    let event = || {
        place
            .ticket(kind::TICKET_ITERATION, at, id, &what)
            .about(role::ITERATION, iteration(place, &title))
            .with(&IterationMove { added })
    };
    (!title.is_empty()).then(event)
}

fn iteration(place: &Place, title: &str) -> String {
    format!("{}/{}/{title}", place.source, place.repository)
}

/// A milestone: an iteration that starts when it is made, because it has no other start.
pub(crate) fn milestone(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let title = short(text(body, "title"));
    if title.is_empty() {
        return Err(Problem::Missing("title"));
    }
    let created = instant(body, "created_at").ok_or(Problem::Missing("created_at"))?;
    let looked = instant(body, "updated_at").unwrap_or(created).as_millis();
    let id = iteration(place, &title);
    let state = IterationState {
        name: title.clone(),
        board: place.repository.clone(),
        planned_start: None,
        planned_end: instant(body, "due_on"),
    };
    let event = |kind: &str, at, verb: &str| {
        let key = format!("milestone/{}/{title}/{verb}/{looked}", place.repository);
        Event::new(kind, at, &place.source, &key, &format!("iteration:{id}"))
            .about(role::ITERATION, &id)
            .about(role::REPOSITORY, &place.repository)
            .with(&state)
    };
    let mut events = vec![event(kind::ITERATION_STARTED, created, "started")];
    if let Some(at) = instant(body, "closed_at").filter(|_| text(body, "state") == "closed") {
        events.push(event(kind::ITERATION_FINISHED, at, "finished"));
    }
    Ok(events)
}

/// A link between an issue and a request or a commit (`role`), as the forge keeps it.
///
/// `how` tells apart in the key what the forge keeps apart, such as a link made by hand.
pub(crate) fn linked(
    ticket: &str,
    place: &Place,
    at: Timestamp,
    (role, linked): (&str, &str),
    (form, how): (LinkForm, &str),
) -> Event {
    let key = format!("link/{ticket}/{linked}/{how}");
    Event::new(kind::TICKET_LINKED, at, &place.source, &key, &format!("ticket:{ticket}"))
        .about(role::TICKET, ticket)
        .about(role, linked)
        .with(&TicketLink { form, url: String::new() })
}
