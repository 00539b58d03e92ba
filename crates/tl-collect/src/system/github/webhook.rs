//! Webhooks: an envelope with an action, the object itself, and where it is.
//!
//! The parent of the record is the header `X-GitHub-Event`; without it, the members of the body
//! say which event it is. Events that tell nothing about delivery give no events.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::kind;
use tl_core::record::Record;

use super::issue::{issue, milestone, milestoned, reopened};
use super::pull::{Pull, left_by_merge, pushed, requested, reviewer, step};
use super::read::{Problem, Result, get, instant, number, object_id, text};
use super::{Place, object};

/// Members that only one event has, the more telling first.
const SIGNS: [(&str, &str); 16] = [
    ("deployment_status", "deployment_status"),
    ("workflow_job_runs", "deployment_review"),
    ("workflow_job_run", "deployment_review"),
    ("workflow_job", "workflow_job"),
    ("deployment", "deployment"),
    ("workflow_run", "workflow_run"),
    ("check_run", "check_run"),
    ("check_suite", "check_suite"),
    ("merge_group", "merge_group"),
    ("review", "pull_request_review"),
    ("release", "release"),
    ("thread", "pull_request_review_thread"),
    ("pusher", "push"),
    ("context", "status"),
    ("issue", "issues"),
    ("pull_request", "pull_request"),
];

/// Which event a body is, by its members.
pub(super) fn sniffed(body: &Value) -> &'static str {
    if get(body, "comment").is_object() {
        return match ["pull_request", "issue"].map(|member| get(body, member).is_object()) {
            [true, _] => "pull_request_review_comment",
            [_, true] => "issue_comment",
            _ => "commit_comment",
        };
    }
    let sign = SIGNS.iter().find(|(member, _)| body.get(member).is_some());
    match sign {
        Some((_, event)) => event,
        None if get(body, "milestone").is_object() => "milestone",
        None => "",
    }
}

/// The events that a webhook tells.
pub(super) fn events(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let event = match record.parent.as_str() {
        "" => sniffed(body),
        event => event,
    };
    let action = text(body, "action");
    let member = |name: &'static str| match get(body, name) {
        object if object.is_object() => Ok(object),
        _ => Err(Problem::Missing(name)),
    };
    let place = || Place::of(record, body);
    match event {
        "pull_request" => pull_request(&place()?, action, body, member("pull_request")?),
        "pull_request_review" => {
            let pull = Pull::rest(member("pull_request")?)?;
            let place = place()?;
            let mut events = pull.events(&place);
            let number = pull.number.to_string();
            events.extend(object(&place, "review", &number, member("review")?)?);
            Ok(events)
        }
        "pull_request_review_comment" => {
            let pull = Pull::rest(member("pull_request")?)?;
            let place = place()?;
            let mut events = pull.events(&place);
            if action != "deleted" {
                let number = pull.number.to_string();
                events.extend(object(&place, "review_comment", &number, member("comment")?)?);
            }
            Ok(events)
        }
        "issues" => issues(&place()?, action, body, member("issue")?),
        "issue_comment" => issue(&place()?, member("issue")?),
        "milestone" if action != "deleted" => milestone(&place()?, member("milestone")?),
        "merge_group" => merge_group(&place()?, action, member("merge_group")?),
        "workflow_run" | "workflow_job" | "check_run" | "deployment" => {
            let name = ["workflow_run", "workflow_job", "check_run", "deployment"];
            let name = name.into_iter().find(|name| *name == event).unwrap_or("deployment");
            object(&place()?, event, "", member(name)?)
        }
        "release" if !matches!(action, "deleted" | "unpublished") => {
            object(&place()?, "release", "", member("release")?)
        }
        "deployment_status" => {
            let place = place()?;
            let deployment = member("deployment")?;
            let id = number(deployment, "id").ok_or(Problem::Missing("deployment.id"))?;
            let mut events = object(&place, "deployment", "", deployment)?;
            let status = member("deployment_status")?;
            events.extend(object(&place, event, &id.to_string(), status)?);
            Ok(events)
        }
        "deployment_review" | "status" => object(&place()?, event, "", body),
        _ => Ok(Vec::new()),
    }
}

/// The request as it is now, and what was just done to it. The envelope has no time of its own:
/// what was done was done at the request's last update.
fn pull_request(place: &Place, action: &str, body: &Value, pull: &Value) -> Result<Vec<Event>> {
    let pull = Pull::rest(pull)?;
    let (at, id) = (pull.updated, pull.number);
    let done = match action {
        "ready_for_review" => Some(step(place, kind::CHANGE_READY, at, id)),
        "converted_to_draft" => Some(step(place, kind::CHANGE_DRAFTED, at, id)),
        "reopened" => Some(step(place, kind::CHANGE_REOPENED, at, id)),
        "enqueued" => Some(step(place, kind::CHANGE_QUEUED, at, id)),
        "dequeued" if !left_by_merge(body) => Some(step(place, kind::CHANGE_DEQUEUED, at, id)),
        "synchronize" => {
            let head = object_id(body, "after");
            pushed(place, at, id, if head.is_empty() { &pull.state.head } else { &head })
        }
        "review_requested" => {
            let (person, team) = (get(body, "requested_reviewer"), get(body, "requested_team"));
            requested(place, at, id, &reviewer(place, person, team))
        }
        _ => None,
    };
    let mut events = pull.events(place);
    events.extend(done);
    Ok(events)
}

/// The issue as it is now, and what was just done to it; an issue that is gone tells nothing.
fn issues(place: &Place, action: &str, body: &Value, ticket: &Value) -> Result<Vec<Event>> {
    if matches!(action, "deleted" | "transferred") {
        return Ok(Vec::new());
    }
    let mut events = issue(place, ticket)?;
    let (Some(id), Some(at)) = (number(ticket, "number"), instant(ticket, "updated_at")) else {
        return Ok(events);
    };
    if events.is_empty() {
        return Ok(events);
    }
    match action {
        "reopened" => events.push(reopened(place, at, id)),
        "milestoned" | "demilestoned" => {
            let title = text(body, "milestone.title");
            events.extend(milestoned(place, at, id, title, action == "milestoned"));
        }
        _ => {}
    }
    Ok(events)
}

/// A group of the merge queue is to be checked: the request that it ends with is in the queue,
/// at the latest since the group's commit was made.
///
/// Its branch reads `gh-readonly-queue/main/pr-104-<id>`.
fn merge_group(place: &Place, action: &str, group: &Value) -> Result<Vec<Event>> {
    if action != "checks_requested" {
        return Ok(Vec::new());
    }
    let (_, behind) = text(group, "head_ref").rsplit_once("/pr-").unwrap_or_default();
    let id = behind.split('-').next().and_then(|number| number.parse().ok());
    let (Some(id), Some(at)) = (id, instant(group, "head_commit.timestamp")) else {
        return Ok(Vec::new());
    };
    Ok(vec![step(place, kind::CHANGE_QUEUED, at, id)])
}
