//! Pipelines, jobs, deployments and releases.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, DeployState, Outcome, ReleaseState, StepState, kind, role,
};
use tl_core::time::{Millis, Timestamp};

use super::place::{Place, login};
use crate::system::field::{
    self, Problem, Result, at, first, first_at, get, id, list, need_at, need_id, object_id, short,
    text, word,
};

/// One pipeline or job as it is now.
struct Run {
    level: &'static str,
    id: String,
    commit: String,
    change: String,
    queued: Option<Timestamp>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    outcome: Outcome,
    runner: String,
    state: BuildState,
}

impl Run {
    fn events(&self, place: &Place) -> Vec<Event> {
        let event = |kind: &str, at: Timestamp, state: &BuildState| {
            let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
            // A pipeline ends anew whenever one of its jobs is run again.
            let again = if self.level == "pipeline" && verb == "finished" {
                format!("/{}", at.as_millis().div_euclid(1000))
            } else {
                String::new()
            };
            let key = format!("{}/{}/{}/{verb}{again}", self.level, place.project, self.id);
            let build = format!("{}/{}/{}", place.source, self.level, self.id);
            place
                .event(kind, at, &key, &format!("build:{build}"))
                .about(role::BUILD, build)
                .about(role::COMMIT, &self.commit)
                .about(role::CHANGE, &self.change)
                .with(state)
        };
        let ended =
            BuildState { outcome: self.outcome, runner: self.runner.clone(), ..self.state.clone() };
        [
            self.queued.map(|at| event(kind::CI_QUEUED, at, &self.state)),
            self.started.map(|at| event(kind::CI_STARTED, at, &self.state)),
            self.finished.map(|at| event(kind::CI_FINISHED, at, &ended)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The branch, and the request that a pipeline is of: REST calls its branch
/// `refs/merge-requests/12/head`.
fn branch_and_change(place: &Place, branch: &str, iid: Option<u64>) -> (String, String) {
    let named = branch.strip_prefix("refs/merge-requests/");
    let named = named.and_then(|rest| rest.split('/').next()?.parse().ok());
    match named.or(iid) {
        Some(iid) => (String::new(), place.numbered(iid)),
        None => (short(branch), String::new()),
    }
}

/// A pipeline of REST.
pub(super) fn pipeline(place: &Place, body: &Value) -> Result<Vec<Event>> {
    run(place, body, None)
}

/// A pipeline; `iid` is its request where it says so elsewhere.
pub(super) fn run(place: &Place, body: &Value, iid: Option<u64>) -> Result<Vec<Event>> {
    let outcome = field::outcome(text(body, "status"));
    let (branch, change) = branch_and_change(place, text(body, "ref"), iid);
    let run = Run {
        level: "pipeline",
        id: need_id(body, "id")?,
        commit: object_id(text(body, "sha")),
        change,
        queued: Some(need_at(body, "created_at")?),
        started: at(body, "started_at")?,
        finished: at(body, "finished_at")?.filter(|_| outcome != Outcome::Unknown),
        outcome,
        runner: String::new(),
        state: BuildState {
            level: BuildLevel::Run,
            pipeline: place.project.clone(),
            attempt: 1,
            trigger: word(body, "source"),
            branch,
            ..BuildState::default()
        },
    };
    Ok(run.events(place))
}

/// A job of REST.
pub(super) fn job(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let commit = first(body, &["pipeline.sha", "commit.id"]);
    one_job(place, body, "", commit, text(body, "ref"))
}

/// A job. `prefix` is `build_` in the webhook of jobs.
///
/// A job of a later stage does not wait for a runner from `created_at` on: it began to wait
/// `queued_duration` before it started.
pub(super) fn one_job(
    place: &Place,
    body: &Value,
    prefix: &str,
    commit: &str,
    branch: &str,
) -> Result<Vec<Event>> {
    let field = |name: &str| format!("{prefix}{name}");
    let id = id(body, &field("id"));
    if id.is_empty() {
        return Err(Problem::Missing("id"));
    }
    let status = text(body, &field("status"));
    let started = at(body, &field("started_at"))?.map(field::second);
    let created = at(body, &field("created_at"))?;
    let waited = get(body, &field("queued_duration")).as_f64().filter(|span| *span >= 0.0);
    let since = |started: Timestamp, seconds: f64| started - Millis::new((seconds * 1000.0) as i64);
    let queued = match (started, waited) {
        (Some(started), Some(seconds)) if seconds < 1e9 => Some(since(started, seconds)),
        (None, _) if matches!(status, "created" | "manual" | "skipped" | "canceled") => None,
        _ => created,
    };
    let outcome = field::outcome(status);
    let manual = body.get("manual").and_then(Value::as_bool) == Some(true);
    let (branch, change) = branch_and_change(place, branch, None);
    let name = word(body, &field("name"));
    let run = Run {
        level: "job",
        commit: object_id(commit),
        change,
        queued,
        started,
        finished: at(body, &field("finished_at"))?.filter(|_| outcome != Outcome::Unknown),
        outcome,
        runner: word(body, "runner.description"),
        state: BuildState {
            level: BuildLevel::Job,
            pipeline: place.project.clone(),
            job: name.clone(),
            attempt: 1,
            branch,
            ..BuildState::default()
        },
        id,
    };
    let mut events = run.events(place);
    let waiting = created.filter(|_| manual || status == "manual");
    let step = |kind: &str, at, outcome| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let build = format!("{}/job/{}", place.source, run.id);
        let key = format!("job/{}/{}/{verb}", place.project, run.id);
        let state = StepState { name: name.clone(), form: "manual-job".to_owned(), outcome };
        place
            .event(kind, at, &key, &format!("build:{build}"))
            .about(role::BUILD, build)
            .about(role::COMMIT, &run.commit)
            .with(&state)
    };
    events.extend(waiting.map(|at| step(kind::STEP_WAITING, at, Outcome::Unknown)));
    let done = started.filter(|_| manual);
    events.extend(done.map(|at| step(kind::STEP_DONE, at, Outcome::Success)));
    Ok(events)
}

/// A deployment of REST: it began and ended with its job.
pub(super) fn deployment(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let outcome = field::outcome(text(body, "status"));
    let started = at(body, "deployable.started_at")?;
    let ended = first_at(body, &["deployable.finished_at", "finished_at", "updated_at"])?;
    let deployed = Deployed {
        id: need_id(body, "id")?,
        commit: object_id(text(body, "sha")),
        environment: first(body, &["environment.name", "deployable.environment.name"]),
        by: login(body, "user"),
        told: "",
        state: DeployState {
            branch: word(body, "ref"),
            name: word(body, "deployable.name"),
            ..DeployState::default()
        },
    };
    let mut events = vec![deployed.event(
        place,
        kind::DEPLOY_QUEUED,
        need_at(body, "created_at")?,
        Outcome::Unknown,
    )];
    events.extend(
        started.map(|at| deployed.event(place, kind::DEPLOY_STARTED, at, Outcome::Unknown)),
    );
    if let Some(at) = ended.filter(|_| outcome != Outcome::Unknown) {
        events.push(deployed.event(place, kind::DEPLOY_FINISHED, at, outcome));
    }
    for approval in list(body, "approvals") {
        if let Some(at) = at(approval, "created_at")? {
            events.push(deployed.approved(place, at, approval));
        }
    }
    Ok(events)
}

struct Deployed<'a> {
    id: String,
    commit: String,
    environment: &'a str,
    by: String,
    told: &'static str,
    state: DeployState,
}

impl Deployed<'_> {
    fn event(&self, place: &Place, kind: &str, at: Timestamp, outcome: Outcome) -> Event {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("deployment/{}/{}/{verb}{}", place.project, self.id, self.told);
        let state = DeployState { outcome, ..self.state.clone() };
        self.about(place.event(kind, at, &key, &self.subject(place)), place)
            .by(&self.by)
            .about(role::COMMIT, &self.commit)
            .with(&state)
    }

    fn approved(&self, place: &Place, at: Timestamp, approval: &Value) -> Event {
        let outcome = match text(approval, "status") {
            "approved" => Outcome::Success,
            "rejected" => Outcome::Cancelled,
            _ => Outcome::Unknown,
        };
        let second = at.as_millis().div_euclid(1000);
        let key = format!("deployment/{}/{}/approved/{second}", place.project, self.id);
        let name = short(self.environment);
        let step = StepState { name, form: "approval".to_owned(), outcome };
        self.about(place.event(kind::STEP_DONE, at, &key, &self.subject(place)), place)
            .by(&login(approval, "user"))
            .with(&step)
    }

    fn subject(&self, place: &Place) -> String {
        format!("deployment:{}/{}", place.source, self.id)
    }

    fn about(&self, event: Event, place: &Place) -> Event {
        event
            .about(role::DEPLOYMENT, format!("{}/{}", place.source, self.id))
            .about(role::ENVIRONMENT, short(self.environment))
    }
}

/// The webhook of a deployment, which knows the tier of the environment and only one instant.
pub(super) fn deployment_hook(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let at = need_at(body, "status_changed_at")?;
    let commit = text(body, "commit_url").rsplit('/').next().unwrap_or_default();
    let tier = text(body, "environment_tier");
    let deployed = Deployed {
        id: need_id(body, "deployment_id")?,
        commit: object_id(commit),
        environment: text(body, "environment"),
        by: login(body, "user"),
        told: "/hook",
        state: DeployState {
            production: (!matches!(tier, "" | "other")).then_some(tier == "production"),
            branch: word(body, "ref"),
            ..DeployState::default()
        },
    };
    let (kind, outcome) = match (text(body, "status"), field::outcome(text(body, "status"))) {
        ("created", _) => (kind::DEPLOY_QUEUED, Outcome::Unknown),
        ("running", _) => (kind::DEPLOY_STARTED, Outcome::Unknown),
        (_, Outcome::Unknown) => return Ok(Vec::new()),
        (_, outcome) => (kind::DEPLOY_FINISHED, outcome),
    };
    Ok(vec![deployed.event(place, kind, at, outcome)])
}

/// A release; one that is announced for a later day tells nothing yet.
pub(super) fn release(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let tag = short(first(body, &["tag_name", "tag"]));
    if tag.is_empty() {
        return Err(Problem::Missing("tag_name"));
    }
    let at = first_at(body, &["released_at", "created_at"])?;
    let at = at.ok_or(Problem::Missing("released_at"))?;
    if field::flag(body, "upcoming_release") {
        return Ok(Vec::new());
    }
    let key = format!("release/{}/{tag}", place.project);
    let subject = format!("release:{}@{tag}", place.project);
    let event = place
        .event(kind::RELEASE_PUBLISHED, at, &key, &subject)
        .about(role::COMMIT, object_id(text(body, "commit.id")))
        .with(&ReleaseState { tag, name: word(body, "name"), prerelease: false });
    Ok(vec![event])
}
