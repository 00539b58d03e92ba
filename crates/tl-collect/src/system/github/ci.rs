//! Actions and checks: workflow runs, their jobs, and what other apps check.
//!
//! What concerns a request is found by its commit: GitHub names the requests of a run only while
//! they are open.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{BuildLevel, BuildState, Outcome, StepState, kind, role};
use tl_core::time::Timestamp;

use super::Place;
use super::read::{Account, Problem, Result, instant, number, object_id, short, text};
use crate::system::field;

/// One attempt of a run or job, as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// `run/123`, `job/123`, `check/123` or `status/SHA/CONTEXT`.
    pub(crate) id: String,
    /// The beginning of its events' keys behind the repository: `123/1` of `run/acme/api/123/1`.
    pub(crate) key: String,
    pub(crate) commit: String,
    pub(crate) by: String,
    pub(crate) queued: Option<Timestamp>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) finished: Option<Timestamp>,
    /// How it ended, and where.
    pub(crate) outcome: Outcome,
    pub(crate) runner: String,
    /// What is known from the start; without outcome and runner.
    pub(crate) state: BuildState,
}

impl Run {
    /// Reads a workflow run.
    ///
    /// Its first attempt waits from `created_at` on, a later one from `run_started_at`, which is
    /// the only instant that an attempt of its own has.
    pub(crate) fn rest(run: &Value) -> Result<Self> {
        let id = number(run, "id").ok_or(Problem::Missing("id"))?;
        let attempt = attempt(run);
        let created = instant(run, "created_at");
        let started = instant(run, "run_started_at").or(created);
        if started.is_none() {
            return Err(Problem::Missing("created_at"));
        }
        let phase = Phase::of(run);
        let outcome = outcome(&phase.conclusion, Outcome::Skipped);
        let ran = phase.has_begun && outcome != Outcome::Skipped;
        let trigger = short(text(run, "event"));
        let by = Account::at(run, "triggering_actor").login;
        Ok(Self {
            id: format!("run/{id}"),
            key: format!("{id}/{attempt}"),
            commit: object_id(run, "head_sha"),
            by: if by.is_empty() { Account::at(run, "actor").login } else { by },
            queued: if attempt == 1 { created.or(started) } else { started },
            started: started.filter(|_| ran),
            finished: instant(run, "updated_at").filter(|_| phase.is_over),
            outcome,
            runner: String::new(),
            state: BuildState {
                level: BuildLevel::Run,
                pipeline: workflow(run),
                attempt,
                branch: short(text(run, "head_branch")),
                manual: trigger == "workflow_dispatch",
                trigger,
                ..BuildState::default()
            },
        })
    }

    /// Queued, started, finished: those that it has come to.
    pub(crate) fn events(&self, place: &Place) -> Vec<Event> {
        let (what, _) = self.id.split_once('/').unwrap_or((&self.id, ""));
        let key = format!("{what}/{}/{}", place.repository, self.key);
        let build = format!("{}/{}", place.source, self.id);
        let event = |kind: &str, at, state: &BuildState| {
            let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
            let key = format!("{key}/{verb}");
            Event::new(kind, at, &place.source, &key, &format!("build:{build}"))
                .by(&self.by)
                .about(role::BUILD, &build)
                .about(role::COMMIT, &self.commit)
                .about(role::REPOSITORY, &place.repository)
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

/// How far a run or job has come.
struct Phase {
    has_begun: bool,
    is_over: bool,
    conclusion: String,
}

impl Phase {
    /// What has a conclusion is over, whatever its status is called: GraphQL writes both in
    /// capitals, and some servers write the conclusion where the status belongs.
    fn of(body: &Value) -> Self {
        let status = text(body, "status").to_ascii_lowercase();
        let conclusion = text(body, "conclusion").to_ascii_lowercase();
        let is_over = status == "completed" || !conclusion.is_empty();
        Self { has_begun: is_over || status == "in_progress", is_over, conclusion }
    }
}

pub(crate) fn attempt(run: &Value) -> u32 {
    let attempt = number(run, "run_attempt").and_then(|attempt| u32::try_from(attempt).ok());
    attempt.filter(|attempt| *attempt > 0).unwrap_or(1)
}

/// The name of a workflow, or that of its file.
fn workflow(run: &Value) -> String {
    match text(run, "name") {
        "" => short(text(run, "path").rsplit('/').next().unwrap_or_default()),
        name => short(name),
    }
}

/// How something ended. `action_required` is a check that wants something done, and a run that
/// was not allowed to begin.
pub(crate) fn outcome(conclusion: &str, action_required: Outcome) -> Outcome {
    match conclusion {
        "success" | "neutral" => Outcome::Success,
        "failure" | "startup_failure" => Outcome::Failure,
        "cancelled" | "stale" => Outcome::Cancelled,
        "skipped" => Outcome::Skipped,
        "timed_out" => Outcome::TimedOut,
        "action_required" => action_required,
        _ => Outcome::Unknown,
    }
}

/// A job of a workflow run; every attempt has jobs of its own.
///
/// Before it runs, its `started_at` is only a copy of `created_at`; a job that was skipped never
/// ran.
pub(crate) fn job(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let id = number(body, "id").ok_or(Problem::Missing("id"))?;
    let created = instant(body, "created_at");
    let started = instant(body, "started_at");
    let Some(first) = created.or(started) else {
        return Err(Problem::Missing("created_at"));
    };
    let phase = Phase::of(body);
    let ran = phase.has_begun && phase.conclusion != "skipped";
    let run = Run {
        id: format!("job/{id}"),
        key: id.to_string(),
        commit: object_id(body, "head_sha"),
        by: String::new(),
        // Answers of before 2022 have no `created_at`.
        queued: created.or(started.filter(|_| !phase.has_begun)),
        started: started.filter(|_| ran),
        finished: instant(body, "completed_at").filter(|_| phase.is_over),
        outcome: outcome(&phase.conclusion, Outcome::Failure),
        runner: short(text(body, "runner_name")),
        state: BuildState {
            level: BuildLevel::Job,
            pipeline: short(text(body, "workflow_name")),
            job: short(text(body, "name")),
            attempt: attempt(body),
            branch: short(text(body, "head_branch")),
            ..BuildState::default()
        },
    };
    let mut events = run.events(place);
    if text(body, "status") == "waiting" {
        let step = Step { job: id, name: &run.state.job, commit: &run.commit };
        events.push(step.event(place, kind::STEP_WAITING, first, Outcome::Unknown));
    }
    Ok(events)
}

/// A job that waits for the approval of its environment, or no longer does.
pub(super) struct Step<'a> {
    pub(super) job: u64,
    /// Name of the job.
    pub(super) name: &'a str,
    pub(super) commit: &'a str,
}

impl Step<'_> {
    pub(super) fn event(
        &self,
        place: &Place,
        kind: &str,
        at: Timestamp,
        outcome: Outcome,
    ) -> Event {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let build = format!("{}/job/{}", place.source, self.job);
        let key = format!("job/{}/{}/{verb}", place.repository, self.job);
        let step = StepState { name: short(self.name), form: "approval".to_owned(), outcome };
        Event::new(kind, at, &place.source, &key, &format!("build:{build}"))
            .about(role::BUILD, &build)
            .about(role::COMMIT, self.commit)
            .about(role::REPOSITORY, &place.repository)
            .with(&step)
    }
}

/// A check of another app than Actions, whose checks are jobs already.
pub(super) fn check(place: &Place, body: &Value) -> Result<Vec<Event>> {
    let words = Words {
        id: "id",
        app: "app.slug",
        commit: object_id(body, "head_sha"),
        started: "started_at",
        completed: "completed_at",
    };
    Ok(words.check(body)?.map_or_else(Vec::new, |run| run.events(place)))
}

/// The same of GraphQL, which is asked for the checks of a commit.
pub(super) fn graphql_check(place: &Place, commit: &str, body: &Value) -> Result<Vec<Event>> {
    let words = Words {
        id: "databaseId",
        app: "checkSuite.app.slug",
        commit: field::object_id(commit),
        started: "startedAt",
        completed: "completedAt",
    };
    Ok(words.check(body)?.map_or_else(Vec::new, |run| run.events(place)))
}

/// A commit status, the older form of a check: `pending` while it runs, and how it ended.
///
/// It has no id that REST, GraphQL and webhooks agree on, so commit, context and instant name it.
/// Each is one step of its context on that commit. What is asked for again under the same name goes
/// on as the same build: a status does not say that it is another attempt.
pub(super) fn status(place: &Place, parent: &str, body: &Value) -> Result<Vec<Event>> {
    let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| instant(body, name));
    let at = first(["created_at", "createdAt"]).ok_or(Problem::Missing("created_at"))?;
    let commit = match object_id(body, "sha") {
        sha if sha.is_empty() => field::object_id(parent),
        sha => sha,
    };
    if commit.is_empty() {
        return Err(Problem::Missing("sha"));
    }
    let state = text(body, "state").to_ascii_lowercase();
    let context = match short(text(body, "context")) {
        context if context.is_empty() => "default".to_owned(),
        context => context,
    };
    let (begun, outcome) = match state.as_str() {
        "pending" => (true, Outcome::Unknown),
        "success" => (false, Outcome::Success),
        "failure" | "error" => (false, Outcome::Failure),
        // GraphQL also lists what a rule of the branch waits for and nobody reported.
        _ => return Ok(Vec::new()),
    };
    let run = Run {
        id: format!("status/{commit}/{context}"),
        key: format!("{commit}/{context}/{}", at.as_millis()),
        commit,
        by: String::new(),
        queued: None,
        started: begun.then_some(at),
        finished: (!begun).then_some(at),
        outcome,
        runner: String::new(),
        state: BuildState {
            level: BuildLevel::Job,
            pipeline: context,
            attempt: 1,
            ..BuildState::default()
        },
    };
    Ok(run.events(place))
}

/// What the fields of a check are called, and its commit.
struct Words {
    id: &'static str,
    app: &'static str,
    commit: String,
    started: &'static str,
    completed: &'static str,
}

impl Words {
    /// Reads a check; `None` where it is one of Actions. Its branch is left out: only webhooks
    /// say it.
    fn check(self, body: &Value) -> Result<Option<Run>> {
        let app = text(body, self.app);
        if app == "github-actions" {
            return Ok(None);
        }
        let id = number(body, self.id).ok_or(Problem::Missing("id"))?;
        let status = text(body, "status").to_ascii_lowercase();
        let conclusion = text(body, "conclusion").to_ascii_lowercase();
        Ok(Some(Run {
            id: format!("check/{id}"),
            key: id.to_string(),
            commit: self.commit,
            by: String::new(),
            queued: None,
            started: instant(body, self.started).filter(|_| status != "queued"),
            finished: instant(body, self.completed).filter(|_| status == "completed"),
            outcome: outcome(&conclusion, Outcome::Failure),
            runner: String::new(),
            state: BuildState {
                level: BuildLevel::Job,
                pipeline: short(app),
                job: short(text(body, "name")),
                attempt: 1,
                ..BuildState::default()
            },
        }))
    }
}
