//! Bodies of Datadog's DORA Metrics API, as teams already send them.
//!
//! In: a [`Record`] whose `what` is `deployment` or `failure` (`incident` is its older name):
//! `{"data": {"attributes": {...}}}`. Out: the events that it tells. Start at [`convert`]. Instants
//! are numbers since 1970 in seconds, milliseconds or nanoseconds. A body without an id is the
//! same where service, environment and start are.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{DeployState, IncidentState, Outcome, kind, role};
use tl_core::record::Record;
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{self, Problem, Result, at, get, id, need_at, object_id, short, text, word};

/// The source of its events.
const SOURCE: &str = "datadog";

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| {
        let data = get(&record.body, "data");
        let wrapped = get(data, "attributes");
        let body = if wrapped.is_object() { wrapped } else { &record.body };
        let id = [body, data].map(|it| id(it, "id")).into_iter().find(|id| !id.is_empty());
        match record.what.as_str() {
            "deployment" => deployment(body, id),
            "failure" | "incident" => failure(body, id),
            _ => Err(Problem::Unknown),
        }
    })
}

/// A deployment. That it was sent at all says that it succeeded: the API has no result.
fn deployment(body: &Value, id: Option<String>) -> Result<Vec<Event>> {
    let service = word(body, "service");
    let environment = word(body, "env");
    let started = at(body, "started_at")?;
    let finished = need_at(body, "finished_at")?;
    if service.is_empty() {
        return Err(Problem::Missing("service"));
    }
    let begun = started.unwrap_or(finished).as_millis();
    let id = id.unwrap_or_else(|| format!("{service}/{environment}/{begun}"));
    let state = DeployState { version: word(body, "version"), ..DeployState::default() };
    let event = |kind: &str, at: Timestamp, state: &DeployState| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("deployment/{id}/{verb}");
        Event::new(kind, at, SOURCE, &key, &format!("deployment:{SOURCE}/{id}"))
            .about(role::DEPLOYMENT, format!("{SOURCE}/{id}"))
            .about(role::SERVICE, &service)
            .about(role::ENVIRONMENT, &environment)
            .about(role::COMMIT, object_id(text(body, "git.commit_sha")))
            .about(role::REPOSITORY, field::repository(text(body, "git.repository_url")))
            .about(role::TEAM, word(body, "team"))
            .with(state)
    };
    let ended = DeployState { outcome: Outcome::Success, ..state.clone() };
    let mut events: Vec<Event> =
        started.map(|at| event(kind::DEPLOY_STARTED, at, &state)).into_iter().collect();
    events.push(event(kind::DEPLOY_FINISHED, finished, &ended));
    Ok(events)
}

/// A failure; sent again with `finished_at` when it is over.
fn failure(body: &Value, id: Option<String>) -> Result<Vec<Event>> {
    let began = need_at(body, "started_at")?;
    let services = get(body, "services").as_array();
    let service = services.and_then(|all| all.first()?.as_str()).unwrap_or_default();
    let service = short(if service.is_empty() { text(body, "service") } else { service });
    let environment = word(body, "env");
    let id = id.unwrap_or_else(|| format!("{service}/{environment}/{}", began.as_millis()));
    let event = |kind: &str, at: Timestamp, what: &str| {
        let key = format!("failure/{id}/{what}");
        Event::new(kind, at, SOURCE, &key, &format!("incident:{SOURCE}/{id}"))
            .about(role::INCIDENT, format!("{SOURCE}/{id}"))
            .about(role::SERVICE, &service)
            .about(role::ENVIRONMENT, &environment)
            .about(role::COMMIT, object_id(text(body, "git.commit_sha")))
            .about(role::REPOSITORY, field::repository(text(body, "git.repository_url")))
    };
    let state = IncidentState {
        title: word(body, "name"),
        severity: word(body, "severity"),
        ..IncidentState::default()
    };
    let ended = at(body, "finished_at")?;
    // It may be sent again with another title: what it looked like is told by when it ended.
    let look = ended.map_or(began, |at| at);
    let mut events = vec![
        event(kind::INCIDENT_OPENED, began, "opened"),
        event(kind::INCIDENT_UPDATED, look, &format!("updated/{}", look.as_millis())).with(&state),
    ];
    let resolved = |at: Timestamp| format!("resolved/{}", at.as_millis());
    events.extend(ended.map(|at| event(kind::INCIDENT_RESOLVED, at, &resolved(at))));
    Ok(events)
}
