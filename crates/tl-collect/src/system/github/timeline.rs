//! Timelines of issues and requests: what happened to them, in REST's words.
//!
//! The parent of the record is `pull/12`, `issue/12` or, where it is not known which of the two
//! it is, `12`: then only what happens to one of the two alone is told.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{LinkForm, kind, role};

use super::Place;
use super::issue::{closed, linked, milestoned, reopened};
use super::pull::{left_by_merge, pushed, requested, reviewer, step};
use super::read::{Problem, Result, get, instant, number, object_id, parent, text};
use super::review::Review;

/// What a timeline is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Pull,
    Issue,
    Unknown,
}

/// The events of one item of a timeline. Most items (labels, assignees, mentions) tell nothing
/// that the object itself does not say; a request's own state says how it was closed.
pub(crate) fn events(place: &Place, of: &str, body: &Value) -> Result<Vec<Event>> {
    let id = parent(of, body).or_else(|missing| number(body, "issue.number").ok_or(missing))?;
    let event = text(body, "event");
    if event == "reviewed" {
        return Ok(Review::rest(body)?.events(place, id));
    }
    let owner = match of.split('/').next() {
        Some("pull") => Owner::Pull,
        Some("issue") => Owner::Issue,
        _ if get(body, "issue.pull_request").is_object() => Owner::Pull,
        _ if get(body, "issue").is_object() => Owner::Issue,
        _ => Owner::Unknown,
    };
    let Some(at) = instant(body, "created_at") else {
        // A commit in the timeline has no time of its own; the list of commits tells it.
        let known = event == "committed" || event.is_empty() || owner == Owner::Unknown;
        return if known { Ok(Vec::new()) } else { Err(Problem::Missing("created_at")) };
    };
    let commit = object_id(body, "commit_id");
    let ticket = place.numbered(id);
    let referred = |form, how| {
        let link = || linked(&ticket, place, at, (role::COMMIT, &commit), (form, how));
        (!commit.is_empty()).then(link)
    };
    Ok(match event {
        "ready_for_review" => vec![step(place, kind::CHANGE_READY, at, id)],
        "convert_to_draft" | "converted_to_draft" => {
            vec![step(place, kind::CHANGE_DRAFTED, at, id)]
        }
        "added_to_merge_queue" => vec![step(place, kind::CHANGE_QUEUED, at, id)],
        "removed_from_merge_queue" if !left_by_merge(body) => {
            vec![step(place, kind::CHANGE_DEQUEUED, at, id)]
        }
        "head_ref_force_pushed" => pushed(place, at, id, &commit).into_iter().collect(),
        "review_requested" => {
            let (person, team) = (get(body, "requested_reviewer"), get(body, "requested_team"));
            requested(place, at, id, &reviewer(place, person, team)).into_iter().collect()
        }
        "reopened" if owner == Owner::Pull => vec![step(place, kind::CHANGE_REOPENED, at, id)],
        "reopened" if owner == Owner::Issue => vec![reopened(place, at, id)],
        "closed" if owner == Owner::Issue => {
            let by_commit = referred(LinkForm::Closing, "closed");
            let reason = text(body, "state_reason");
            std::iter::once(closed(place, at, id, reason)).chain(by_commit).collect()
        }
        "referenced" if owner == Owner::Issue => {
            referred(LinkForm::Commit, "referenced").into_iter().collect()
        }
        "milestoned" | "demilestoned" if owner == Owner::Issue => {
            let title = text(body, "milestone.title");
            milestoned(place, at, id, title, event == "milestoned").into_iter().collect()
        }
        "cross-referenced" if owner == Owner::Issue => {
            crossed(place, &ticket, body).into_iter().collect()
        }
        _ => Vec::new(),
    })
}

/// A request names an issue; where it closes it, it says so itself.
fn crossed(place: &Place, ticket: &str, body: &Value) -> Option<Event> {
    let source = get(body, "source.issue");
    if !get(source, "pull_request").is_object() {
        return None;
    }
    let at = instant(body, "created_at")?;
    let own = text(source, "repository.full_name");
    let repository = if own.is_empty() { &place.repository } else { own };
    let change = format!("{repository}#{}", number(source, "number")?);
    let how = (LinkForm::Body, "cross-referenced");
    Some(linked(ticket, place, at, (role::CHANGE, &change), how))
}
