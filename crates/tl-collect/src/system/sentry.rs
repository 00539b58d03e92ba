//! Records of Sentry: releases and their deploys.
//!
//! In: a [`Record`] whose `what` is `release`, or `deploy` with the version of its release as
//! parent; the scope is the organisation. Out: the events that it tells. Start at [`convert`]. A
//! release of Sentry is a version that was announced to it, of one project or several; it is no
//! release of a repository until somebody released it.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{DeployState, Outcome, ReleaseState, kind, role};
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, at, get, id, list, need_at, need_id, object_id, short, source, text,
    word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "release" => release(record),
        "deploy" => deploy(record),
        _ => Err(Problem::Unknown),
    })
}

/// The version of a release, and the commit that it is: many teams name it by the commit.
fn commit(body: &Value, version: &str) -> String {
    let named = object_id(version.rsplit(['@', '+']).next().unwrap_or_default());
    let last = object_id(text(body, "lastCommit.id"));
    [last, object_id(text(body, "ref")), named]
        .into_iter()
        .find(|id| !id.is_empty())
        .unwrap_or_default()
}

fn release(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let version = need_id(body, "version")?;
    let Some(at) = at(body, "dateReleased")? else { return Ok(Vec::new()) };
    let projects = list(body, "projects").next().map(|it| word(it, "slug")).unwrap_or_default();
    let project = if projects.is_empty() { short(&record.scope) } else { projects };
    let source = source(System::Sentry, "sentry.io", &[text(body, "url")]);
    let key = format!("release/{}/{version}", record.scope);
    let subject = format!("release:{project}@{version}");
    let state = ReleaseState { tag: version.clone(), ..ReleaseState::default() };
    let event = Event::new(kind::RELEASE_PUBLISHED, at, &source, &key, &subject)
        .about(role::SERVICE, project)
        .about(role::REPOSITORY, field::repository(text(body, "lastCommit.repository.url")))
        .about(role::COMMIT, commit(body, &version))
        .with(&state);
    Ok(vec![event])
}

/// A deploy: Sentry is told of it when it is done.
fn deploy(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let id = id(body, "id");
    let id = Some(id).filter(|id| !id.is_empty()).ok_or(Problem::Missing("id"))?;
    let version =
        if record.parent.is_empty() { word(body, "release") } else { short(&record.parent) };
    let finished = need_at(body, "dateFinished")?;
    let name = format!("{}/{id}", System::Sentry);
    let service = get(body, "projects").as_array().and_then(|all| all.first()?.as_str());
    let event = |kind: &str, at: Timestamp, outcome: Outcome| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("deployment/{}/{id}/{verb}", record.scope);
        let state = DeployState {
            outcome,
            version: version.clone(),
            name: word(body, "name"),
            ..DeployState::default()
        };
        Event::new(kind, at, System::Sentry.name(), &key, &format!("deployment:{name}"))
            .about(role::DEPLOYMENT, &name)
            .about(role::SERVICE, service.map(short).unwrap_or_default())
            .about(role::ENVIRONMENT, word(body, "environment"))
            .about(role::COMMIT, commit(&Value::Null, &version))
            .with(&state)
    };
    let started = at(body, "dateStarted")?;
    let mut events: Vec<Event> =
        started.map(|at| event(kind::DEPLOY_STARTED, at, Outcome::Unknown)).into_iter().collect();
    events.push(event(kind::DEPLOY_FINISHED, finished, Outcome::Success));
    Ok(events)
}
