//! Notes, approvals and events of state: what happened to a request or an issue, step by step.
//!
//! GitLab writes its own notes (`system`) in English, whatever the language of the reader.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{ReviewGiven, ReviewRequested, ReviewVerdict, TicketClosed, kind};
use tl_core::time::Timestamp;

use super::place::{Place, class, iid, login, stamped};
use crate::system::field::{
    Problem, Result, first_at, flag, id, list, need_at, need_id, number, short, text,
};

/// A note of REST.
pub(super) fn note(place: &Place, parent: &str, body: &Value) -> Result<Vec<Event>> {
    let on_issue = parent.starts_with("issue") || text(body, "noteable_type") == "Issue";
    if on_issue {
        return Ok(Vec::new());
    }
    let of = iid(parent).ok().or_else(|| number(body, "noteable_iid"));
    let of = of.ok_or(Problem::Missing("noteable_iid"))?;
    let at = need_at(body, "created_at")?;
    if flag(body, "system") {
        return Ok(system(place, at, of, body));
    }
    Ok(comment(place, at, of, &need_id(body, "id")?, text(body, "type"), (body, "author")))
}

/// A comment on a line or in a thread.
pub(super) fn comment(
    place: &Place,
    at: Timestamp,
    of: u64,
    id: &str,
    form: &str,
    (body, author): (&Value, &str),
) -> Vec<Event> {
    if !matches!(form, "DiffNote" | "DiscussionNote") {
        return Vec::new();
    }
    let given =
        ReviewGiven { verdict: ReviewVerdict::Commented, reviewer_class: class(body, author) };
    let event = place.change(kind::CHANGE_REVIEW, at, of, &format!("note/{id}"));
    vec![event.by(&login(body, author)).with(&given)]
}

/// An approval, or one taken back, by the account at a path.
pub(super) fn verdict(
    place: &Place,
    at: Timestamp,
    of: u64,
    verdict: ReviewVerdict,
    (body, author): (&Value, &str),
) -> Event {
    let by = login(body, author);
    let word = match verdict {
        ReviewVerdict::Approved => "approved",
        ReviewVerdict::ChangesRequested => "changes-requested",
        ReviewVerdict::Dismissed => "unapproved",
        ReviewVerdict::Commented => "reviewed",
    };
    let what = format!("{word}/{by}/{}", at.as_millis().div_euclid(1000));
    let given = ReviewGiven { verdict, reviewer_class: class(body, author) };
    place.change(kind::CHANGE_REVIEW, at, of, &what).by(&by).with(&given)
}

/// Somebody was asked to review.
pub(super) fn requested(place: &Place, at: Timestamp, of: u64, reviewer: &str) -> Event {
    let what = format!("review-requested/{reviewer}/{}", at.as_millis().div_euclid(1000));
    let asked = ReviewRequested { reviewer: reviewer.to_owned() };
    place.change(kind::CHANGE_REVIEW_REQUESTED, at, of, &what).with(&asked)
}

/// What GitLab itself wrote below a request.
fn system(place: &Place, at: Timestamp, of: u64, note: &Value) -> Vec<Event> {
    let said = text(note, "body");
    let given = |says| vec![verdict(place, at, of, says, (note, "author"))];
    let step = |kind| vec![place.step(kind, at, of)];
    let begins = |words: &[&str]| words.iter().any(|word| said.starts_with(word));
    if begins(&["approved this merge request"]) {
        given(ReviewVerdict::Approved)
    } else if begins(&["unapproved this merge request"]) {
        given(ReviewVerdict::Dismissed)
    } else if begins(&["requested changes"]) {
        given(ReviewVerdict::ChangesRequested)
    } else if begins(&["marked this merge request as **ready**", "unmarked as a **"]) {
        step(kind::CHANGE_READY)
    } else if begins(&[
        "marked this merge request as **draft**",
        "marked as a **Draft**",
        "marked as a **Work In Progress**",
    ]) {
        step(kind::CHANGE_DRAFTED)
    } else if begins(&["started a merge train", "added this merge request to the merge train"]) {
        step(kind::CHANGE_QUEUED)
    } else if begins(&["removed this merge request from the merge train"]) {
        step(kind::CHANGE_DEQUEUED)
    } else if let Some(asked) = said.strip_prefix("requested review from ") {
        // `@bo and @cy and removed review request for @ana`
        let asked = asked.split(" and removed ").next().unwrap_or_default();
        let names = asked.split([' ', ',']).filter_map(|word| word.strip_prefix('@'));
        let names = names.filter(|name| !name.is_empty()).take(20);
        names.map(|name| requested(place, at, of, &short(name))).collect()
    } else {
        Vec::new()
    }
}

/// The list of approvals of a request; those without an instant tell nothing.
pub(super) fn approvals(place: &Place, of: u64, body: &Value) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for approval in list(body, "approved_by") {
        if let Some(at) = first_at(approval, &["approved_at", "created_at"])? {
            events.push(verdict(place, at, of, ReviewVerdict::Approved, (approval, "user")));
        }
    }
    Ok(events)
}

/// A request or issue was closed or opened again. That it was merged, the request tells better.
pub(super) fn state_event(place: &Place, parent: &str, body: &Value) -> Result<Vec<Event>> {
    let at = need_at(body, "created_at")?;
    let of = iid(parent)?;
    let issue = parent.starts_with("issue") || text(body, "resource_type") == "Issue";
    Ok(match (text(body, "state"), issue) {
        ("closed", true) => vec![closed(place, at, of)],
        ("reopened", true) => {
            vec![place.ticket(kind::TICKET_REOPENED, at, of, &stamped(kind::TICKET_REOPENED, at))]
        }
        ("closed", false) => vec![place.step(kind::CHANGE_CLOSED, at, of)],
        ("reopened", false) => vec![place.step(kind::CHANGE_REOPENED, at, of)],
        _ if id(body, "state").is_empty() => return Err(Problem::Missing("state")),
        _ => Vec::new(),
    })
}

/// An issue was closed; GitLab does not say how.
pub(super) fn closed(place: &Place, at: Timestamp, of: u64) -> Event {
    place
        .ticket(kind::TICKET_CLOSED, at, of, &stamped(kind::TICKET_CLOSED, at))
        .with(&TicketClosed::default())
}
