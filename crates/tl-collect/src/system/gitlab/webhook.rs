//! Webhooks: the kind of one stands in `object_kind`.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{ReviewVerdict, kind, role};

use super::place::{Place, login, stamped};
use super::request::Request;
use super::{ci, issue, note};
use crate::system::field::{
    Problem, Result, first, first_at, get, id, list, names, need_at, number, object_id, text,
};

/// The events that a webhook tells; none where it is about something else.
pub(super) fn events(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let object = get(body, "object_attributes");
    match first(body, &["object_kind", "event_type"]) {
        "" => Err(Problem::Missing("object_kind")),
        "merge_request" => request(place, body, object),
        "issue" | "work_item" => changed_issue(place, body, object),
        "note" => comment(place, body, object),
        "pipeline" => pipeline(place, body, object),
        "build" => ci::one_job(place, body, "build_", text(body, "sha"), text(body, "ref")),
        "deployment" => ci::deployment_hook(place, body),
        "release" if text(body, "action") != "delete" => ci::release(place, body),
        _ => Ok(Vec::new()),
    }
}

/// Who wrote the object: the webhook names who caused it, and only the number of the author.
fn author(body: &Value, object: &Value) -> String {
    let author = id(object, "author_id");
    let same = !author.is_empty() && id(body, "user.id") == author;
    if same { login(body, "user") } else { String::new() }
}

fn request(place: &Place, body: &Value, object: &Value) -> Result<Vec<Event>> {
    let head = object_id(text(object, "last_commit.id"));
    let request = Request::new(object, author(body, object), head)?;
    let mut events = request.states(place)?;
    let at = need_at(object, "updated_at")?;
    let iid = request.iid;
    match text(object, "action") {
        "merge" => events.push(request.merged(place, at, &login(body, "user"), "/hook")),
        "close" => events.push(place.step(kind::CHANGE_CLOSED, at, iid)),
        "reopen" => events.push(place.step(kind::CHANGE_REOPENED, at, iid)),
        "approved" | "approval" => {
            events.push(note::verdict(place, at, iid, ReviewVerdict::Approved, (body, "user")));
        }
        "unapproved" | "unapproval" => {
            events.push(note::verdict(place, at, iid, ReviewVerdict::Dismissed, (body, "user")));
        }
        // `oldrev` is there where commits were pushed.
        "update" if !text(object, "oldrev").is_empty() && !request.head.is_empty() => {
            let what = format!("pushed/{}", request.head);
            let pushed = place.change(kind::CHANGE_PUSHED, at, iid, &what);
            events.push(pushed.about(role::COMMIT, &request.head));
        }
        _ => {}
    }
    match get(body, "changes.draft.current").as_bool() {
        Some(true) => events.push(place.step(kind::CHANGE_DRAFTED, at, iid)),
        Some(false) => events.push(place.step(kind::CHANGE_READY, at, iid)),
        None => {}
    }
    let before = names(body, "changes.reviewers.previous", &["username"]);
    let now = names(body, "changes.reviewers.current", &["username"]);
    let asked = now.iter().filter(|name| !before.contains(name));
    events.extend(asked.map(|name| note::requested(place, at, iid, name)));
    Ok(events)
}

fn changed_issue(place: &Place, body: &Value, object: &Value) -> Result<Vec<Event>> {
    let assignees = names(body, "assignees", &["username"]);
    let mut events = issue::states(place, object, &author(body, object), assignees)?;
    if text(object, "action") == "reopen" {
        let at = need_at(object, "updated_at")?;
        let iid = number(object, "iid").ok_or(Problem::Missing("iid"))?;
        let what = stamped(kind::TICKET_REOPENED, at);
        events.push(place.ticket(kind::TICKET_REOPENED, at, iid, &what));
    }
    Ok(events)
}

fn comment(place: &Place, body: &Value, object: &Value) -> Result<Vec<Event>> {
    if text(object, "noteable_type") != "MergeRequest" {
        return Ok(Vec::new());
    }
    let at = first_at(object, &["created_at", "updated_at"])?;
    let at = at.ok_or(Problem::Missing("created_at"))?;
    let of = number(body, "merge_request.iid").ok_or(Problem::Missing("iid"))?;
    let form = text(object, "type");
    Ok(note::comment(place, at, of, &id(object, "id"), form, (body, "user")))
}

/// A pipeline with its jobs.
fn pipeline(place: &Place, body: &Value, object: &Value) -> Result<Vec<Event>> {
    let of_request = text(object, "source") == "merge_request_event";
    let iid = number(body, "merge_request.iid").filter(|_| of_request);
    let mut events = ci::run(place, object, iid)?;
    let branch = match iid {
        Some(iid) => format!("refs/merge-requests/{iid}/head"),
        None => text(object, "ref").to_owned(),
    };
    for job in list(body, "builds") {
        events.extend(ci::one_job(place, job, "", text(object, "sha"), &branch)?);
    }
    Ok(events)
}
