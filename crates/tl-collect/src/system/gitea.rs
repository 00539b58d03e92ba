//! Records of Gitea and Forgejo: REST objects and webhooks, in GitHub's shape where it fits.
//!
//! In: a [`Record`] whose `what` is `issue`, `milestone`, `pull_request`, `review`,
//! `review_comment`, `commit`, `timeline`, `workflow_run`, `workflow_job`, `release` or `webhook`.
//! Out: the events that it tells. Start at [`convert`].
//! **Invariant:** as in `github`. What differs: timelines name what happened by `type` and say
//! whether they are of a request; a draft is a title that begins with `WIP:` or `[WIP]`; reviews
//! have words of their own, and a review that is asked for is a review in the state
//! `REQUEST_REVIEW`; a webhook about a review does not name it, so that it is one more event
//! beside the review that the API tells; a run says when it started and ended.

#[cfg(test)]
mod tests;

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{BuildLevel, BuildState, LinkForm, Outcome, ReviewVerdict, kind, role};
use tl_core::record::Record;
use tl_core::time::Timestamp;

use super::github::place::Place;
use super::github::pull::{Pull, commit, pushed, requested, reviewer, step};
use super::github::read::{
    Account, Problem, Result, flag, get, instant, list, number, object_id, parent, short, text,
};
use super::github::review::{Review, comment, given};
use super::github::{ci, deploy, issue};
use super::{Malformed, field};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, read_record)
}

fn read_record(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    if record.what == "webhook" {
        return webhook(record);
    }
    let place = Place::of(record, body)?;
    let of = || parent(&record.parent, body);
    match record.what.as_str() {
        "issue" => issue::issue(&place, body),
        "milestone" => issue::milestone(&place, body),
        "pull_request" => Ok(pull(body)?.events(&place)),
        "review" => review(&place, of()?, body),
        "review_comment" => comment(&place, of()?, body),
        "commit" => commit(&place, of()?, body),
        "timeline" => timeline(&place, of()?, &record.parent, body),
        "workflow_run" => run(&place, body),
        "workflow_job" => ci::job(&place, body),
        "release" => deploy::release(&place, body),
        _ => Err(Problem::Unknown),
    }
}

fn pull(body: &Value) -> Result<Pull<'_>> {
    let mut pull = Pull::rest(body)?;
    pull.state.draft |= is_draft(&pull.state.title);
    Ok(pull)
}

/// Whether a title says that the request is not ready, in the words that Gitea comes with.
fn is_draft(title: &str) -> bool {
    ["WIP:", "[WIP]"]
        .iter()
        .any(|mark| title.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
}

fn review(place: &Place, id: u64, body: &Value) -> Result<Vec<Event>> {
    if text(body, "state") == "REQUEST_REVIEW" {
        let at = instant(body, "submitted_at").ok_or(Problem::Missing("submitted_at"))?;
        let asked = asked(place, get(body, "user"), get(body, "team"));
        return Ok(requested(place, at, id, &asked).into_iter().collect());
    }
    Ok(Review::rest(body)?.events(place, id))
}

/// A person or a team, which Gitea names by `name`.
fn asked(place: &Place, person: &Value, team: &Value) -> String {
    let team_name = text(team, "name");
    let asked = reviewer(place, person, team);
    if asked.is_empty() && !team_name.is_empty() {
        let owner = place.repository.split('/').next().unwrap_or_default();
        return format!("{owner}/{team_name}");
    }
    asked
}

/// One item of a timeline. Whether it is of a request, one of its two addresses says, or the
/// parent: `pull/12`.
fn timeline(place: &Place, id: u64, of: &str, item: &Value) -> Result<Vec<Event>> {
    let at = instant(item, "created_at").ok_or(Problem::Missing("created_at"))?;
    let is_pull = of.starts_with("pull/") || !text(item, "pull_request_url").is_empty();
    let step = |kind| Some(step(place, kind, at, id));
    let event = match text(item, "type") {
        "reopen" if is_pull => step(kind::CHANGE_REOPENED),
        "close" if is_pull => step(kind::CHANGE_CLOSED),
        "reopen" => Some(issue::reopened(place, at, id)),
        "close" => Some(issue::closed(place, at, id, "")),
        "change_title" if is_pull => {
            match (is_draft(text(item, "old_title")), is_draft(text(item, "new_title"))) {
                (true, false) => step(kind::CHANGE_READY),
                (false, true) => step(kind::CHANGE_DRAFTED),
                _ => None,
            }
        }
        "review_request" if !flag(item, "removed_assignee") => {
            let asked = asked(place, get(item, "assignee"), get(item, "assignee_team"));
            requested(place, at, id, &asked)
        }
        "pull_push" => pushed(place, at, id, &pushed_head(text(item, "body"))),
        "commit_ref" if !is_pull => {
            let commit = object_id(item, "ref_commit_sha");
            (!commit.is_empty()).then(|| {
                let how = (LinkForm::Commit, "referenced");
                issue::linked(&place.numbered(id), place, at, (role::COMMIT, &commit), how)
            })
        }
        "pull_ref" | "issue_ref" | "comment_ref" if !is_pull => referred(place, at, id, item),
        "milestone" if !is_pull => return Ok(milestoned(place, at, id, item)),
        _ => None,
    };
    Ok(event.into_iter().collect())
}

/// The last of the commits that were pushed, oldest first, as the item's body has them in JSON.
fn pushed_head(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let last = get(&body, "commit_ids").as_array().and_then(|ids| ids.last().cloned());
    object_id(&serde_json::json!({ "id": last }), "id")
}

/// A request names the issue, and may say that it closes it.
fn referred(place: &Place, at: Timestamp, id: u64, item: &Value) -> Option<Event> {
    let from = get(item, "ref_issue");
    if !get(from, "pull_request").is_object() {
        return None;
    }
    let own = text(from, "repository.full_name");
    let repository = if own.is_empty() { &place.repository } else { own };
    let change = format!("{repository}#{}", number(from, "number")?);
    let how = match text(item, "ref_action") {
        "closes" => (LinkForm::Closing, "closes"),
        _ => (LinkForm::Body, "cross-referenced"),
    };
    Some(issue::linked(&place.numbered(id), place, at, (role::CHANGE, &change), how))
}

/// An issue went from one milestone to another, or none.
fn milestoned(place: &Place, at: Timestamp, id: u64, item: &Value) -> Vec<Event> {
    let out = issue::milestoned(place, at, id, text(item, "old_milestone.title"), false);
    let into = issue::milestoned(place, at, id, text(item, "milestone.title"), true);
    out.into_iter().chain(into).collect()
}

/// A run of Gitea's Actions, which has `started_at` and `completed_at`.
fn run(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let started = instant(body, "started_at");
    let queued = instant(body, "created_at");
    if started.is_none() && queued.is_none() {
        return Err(Problem::Missing("started_at"));
    }
    let completed = text(body, "status") == "completed";
    let trigger = short(text(body, "event"));
    // `test.yml@refs/heads/main`.
    let file = text(body, "path").split('@').next().unwrap_or_default();
    let attempt = ci::attempt(body);
    let run = ci::Run {
        id: format!("run/{id}"),
        key: format!("{id}/{attempt}"),
        commit: object_id(body, "head_sha"),
        by: Account::at(body, "actor").login,
        queued,
        started,
        finished: instant(body, "completed_at").filter(|_| completed),
        outcome: ci::outcome(text(body, "conclusion"), Outcome::Skipped),
        runner: String::new(),
        state: BuildState {
            level: BuildLevel::Run,
            pipeline: short(file.rsplit('/').next().unwrap_or_default()),
            attempt,
            branch: short(text(body, "head_branch")),
            manual: trigger == "workflow_dispatch",
            trigger,
            ..BuildState::default()
        },
    };
    Ok(run.events(place))
}

/// The events of a webhook; the parent is the header `X-Gitea-Event`, which is not needed: the
/// members of the body say which event it is.
fn webhook(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let action = text(body, "action");
    let place = || Place::of(record, body);
    let has = |member: &str| get(body, member).is_object();
    if has("pull_request") {
        return pull_webhook(&place()?, action, body);
    }
    if has("issue") {
        let place = place()?;
        let ticket = get(body, "issue");
        let mut events = issue::issue(&place, ticket)?;
        if action == "deleted" && !has("comment") {
            return Ok(Vec::new());
        }
        if let (Some(id), Some(at)) = (number(ticket, "number"), instant(ticket, "updated_at"))
            && !events.is_empty()
        {
            match action {
                "reopened" => events.push(issue::reopened(&place, at, id)),
                "milestoned" => {
                    let title = text(ticket, "milestone.title");
                    events.extend(issue::milestoned(&place, at, id, title, true));
                }
                _ => {}
            }
        }
        return Ok(events);
    }
    if has("workflow_job") {
        return ci::job(&place()?, get(body, "workflow_job"));
    }
    if has("workflow_run") {
        return run(&place()?, get(body, "workflow_run"));
    }
    if has("release") && action != "deleted" {
        return deploy::release(&place()?, get(body, "release"));
    }
    Ok(Vec::new())
}

/// The request as it is now, and what was just done to it.
fn pull_webhook(place: &Place, action: &str, body: &Value) -> Result<Vec<Event>> {
    let pull = pull(get(body, "pull_request"))?;
    let (at, id) = (pull.updated, pull.number);
    let mut events = pull.events(place);
    match action {
        "reopened" => events.push(step(place, kind::CHANGE_REOPENED, at, id)),
        "synchronized" => events.extend(pushed(place, at, id, &pull.state.head)),
        "review_requested" => {
            let people = list(body, "requested_reviewers");
            let asked = std::iter::once(get(body, "requested_reviewer")).chain(people);
            events.extend(asked.filter_map(|one| {
                requested(place, at, id, &self::asked(place, one, &Value::Null))
            }));
        }
        "reviewed" => events.extend(reviewed(place, at, &pull, body)),
        _ => {}
    }
    Ok(events)
}

/// A review by the sender, whose number the webhook does not say.
fn reviewed(place: &Place, at: Timestamp, pull: &Pull<'_>, body: &Value) -> Option<Event> {
    let kind_of = text(body, "review.type");
    let verdict = match kind_of.rsplit('_').next()? {
        "approved" => ReviewVerdict::Approved,
        "rejected" => ReviewVerdict::ChangesRequested,
        "comment" => ReviewVerdict::Commented,
        _ => return None,
    };
    let by = Account::at(body, "sender");
    let (id, at_ms) = (pull.number, at.as_millis());
    let key = format!("review/{}/{id}/{}/{kind_of}/{at_ms}", place.repository, by.login);
    let event = given(place, at, id, &key, verdict, &by);
    Some(event.about(role::COMMIT, &pull.state.head))
}
