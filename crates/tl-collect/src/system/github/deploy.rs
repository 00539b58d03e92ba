//! Deployments, their statuses and approvals, and releases.
//!
//! A deployment says what is deployed where, its statuses how far it has come: each of them is
//! told by an event of its own, which carries only what it says itself.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{DeployState, Outcome, ReleaseState, StepState, kind, role};

use super::Place;
use super::ci::Step;
use super::read::{
    Account, Problem, Result, flag, get, instant, list, number, object_id, short, text,
};

/// A deployment: asked for at `created_at`.
///
/// `production_environment` counts where it is true: false is only what GitHub assumes of every
/// environment that is not called `production`. The payload is the team's own; its `service`,
/// `version` and `rollback` are read.
pub(crate) fn deployment(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let at = instant(body, "created_at").ok_or(Problem::Missing("created_at"))?;
    let commit = object_id(body, "sha");
    let branch = text(body, "ref");
    let task = text(body, "task");
    let payload = get(body, "payload");
    // The API gives back as a text what was sent as one.
    let parsed = payload.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let payload = parsed.as_ref().unwrap_or(payload);
    // A status may rename the environment; what was asked for stays.
    let environments = [text(body, "original_environment"), text(body, "environment")];
    let environment = environments.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let state = DeployState {
        version: short(text(payload, "version")),
        production: flag(body, "production_environment").then_some(true),
        rollback: flag(payload, "rollback") || task == "rollback" || task == "deploy:rollback",
        branch: if branch.eq_ignore_ascii_case(&commit) { String::new() } else { short(branch) },
        name: short(task),
        ..DeployState::default()
    };
    let what = format!("{id}/queued");
    let event = about(place, kind::DEPLOY_QUEUED, at, id, &what)
        .by(&Account::at(body, "creator").login)
        .about(role::COMMIT, commit)
        .about(role::ENVIRONMENT, short(environment))
        .about(role::SERVICE, short(text(payload, "service")))
        .with(&state);
    Ok(vec![event])
}

fn about(place: &Place, kind: &str, at: tl_core::time::Timestamp, id: u64, what: &str) -> Event {
    let deployment = format!("{}/{id}", place.source);
    let key = format!("deployment/{}/{what}", place.repository);
    Event::new(kind, at, &place.source, &key, &format!("deployment:{deployment}"))
        .about(role::DEPLOYMENT, deployment)
        .about(role::REPOSITORY, &place.repository)
}

/// A status of a deployment. `inactive` is no end: another deployment took its place.
pub(crate) fn status(place: &Place, parent: &str, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let at = instant(body, "created_at").ok_or(Problem::Missing("created_at"))?;
    let by_address = || text(body, "deployment_url").rsplit('/').next()?.parse().ok();
    let of = parent.parse().ok().or_else(by_address).ok_or(Problem::Missing("deployment_url"))?;
    let environment = short(text(body, "environment"));
    let ended = |outcome| (kind::DEPLOY_FINISHED, outcome);
    let (kind, outcome) = match text(body, "state") {
        "in_progress" => (kind::DEPLOY_STARTED, Outcome::Unknown),
        "success" => ended(Outcome::Success),
        "failure" | "error" => ended(Outcome::Failure),
        "waiting" => (kind::STEP_WAITING, Outcome::Unknown),
        _ => return Ok(Vec::new()),
    };
    let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
    let event = about(place, kind, at, of, &format!("{of}/{verb}/{id}"))
        .by(&Account::at(body, "creator").login)
        .about(role::ENVIRONMENT, environment.as_str());
    Ok(vec![if kind == kind::STEP_WAITING {
        event.with(&StepState { name: environment, form: "approval".to_owned(), outcome })
    } else {
        event.with(&DeployState { outcome, ..DeployState::default() })
    }])
}

/// Jobs of a run that waited for the approval of an environment got their answer. That they wait
/// is told by the jobs themselves.
pub(super) fn review(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let outcome = match text(body, "action") {
        "approved" => Outcome::Success,
        "rejected" => Outcome::Cancelled,
        _ => return Ok(Vec::new()),
    };
    let by = Account::at(body, "approver").login;
    let commit = object_id(body, "workflow_run.head_sha");
    let done = |job: &Value| {
        let (id, at) = (number(job, "id")?, instant(job, "updated_at")?);
        let step = Step { job: id, name: text(job, "name"), commit: &commit };
        Some(step.event(place, kind::STEP_DONE, at, outcome).by(&by))
    };
    Ok(list(body, "workflow_job_runs").filter_map(done).collect())
}

/// A published release; a draft is none. Its title is left out: it may be changed at any time.
pub(crate) fn release(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let tag = short(text(body, "tag_name"));
    let (Some(at), false) = (instant(body, "published_at"), flag(body, "draft")) else {
        return Ok(Vec::new());
    };
    if tag.is_empty() {
        return Err(Problem::Missing("tag_name"));
    }
    let prerelease = flag(body, "prerelease");
    let verb = if prerelease { "prereleased" } else { "published" };
    let key = format!("release/{}/{id}/{verb}", place.repository);
    let subject = format!("release:{}@{tag}", place.repository);
    let event = Event::new(kind::RELEASE_PUBLISHED, at, &place.source, &key, &subject)
        .by(&Account::at(body, "author").login)
        .about(role::REPOSITORY, &place.repository)
        .about(role::COMMIT, object_id(body, "target_commitish"))
        .with(&ReleaseState { tag, name: String::new(), prerelease });
    Ok(vec![event])
}
