//! Records of CircleCI, API version 2.
//!
//! In: a [`Record`] whose scope is the project's slug (`gh/acme/api`) and whose `what` is
//! `pipeline`, `workflow`, `job` (parent = id of its workflow) or `webhook`. Out: the events of CI.
//! Start at [`convert`]. The commit stands in the pipeline alone: workflows and jobs tell theirs
//! where their body carries it as `pipeline`, as the webhooks do; the pipelines of GitLab and of
//! GitHub's app have it among their `trigger_parameters`.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{BuildLevel, BuildState, Outcome, StepState, kind, role};
use tl_core::record::Record;
use tl_core::time::Timestamp;

use super::Malformed;
use super::field::{
    self, Problem, Result, at, first, first_at, get, id, need_id, object_id, short, text, word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "pipeline" => Run::new(record, "pipeline", BuildLevel::Run)?.pipeline(&record.body),
        "workflow" => Run::new(record, "workflow", BuildLevel::Run)?.ran(&record.body),
        "job" if text(&record.body, "type") == "approval" => approval(record),
        "job" => Run::new(record, "job", BuildLevel::Job)?.ran(&record.body),
        "webhook" => webhook(record),
        _ => Err(Problem::Unknown),
    })
}

struct Run {
    what: &'static str,
    id: String,
    repository: String,
    commit: String,
    state: BuildState,
}

impl Run {
    fn new(record: &Record, what: &'static str, level: BuildLevel) -> Result<Self> {
        let body = &record.body;
        let of = |path: &'static str| [get(body, path), get(get(body, "pipeline"), path)];
        let said = |paths: [&'static str; 2]| {
            let texts = paths.into_iter().flat_map(of).filter_map(Value::as_str);
            texts.map(str::trim).find(|text| !text.is_empty()).unwrap_or_default()
        };
        let slug = first(body, &["project_slug", "project.slug"]);
        let slug = if slug.is_empty() { record.scope.as_str() } else { slug };
        // `gh/acme/api`: the first part is the forge; `circleci/` has numbers behind it.
        let repository = match slug.split_once('/') {
            Some(("circleci", _)) | None => field::repository(said([
                "vcs.target_repository_url",
                "trigger_parameters.git.checkout_url",
            ])),
            Some((_, rest)) => short(rest),
        };
        let name = word(body, "name");
        let job = level == BuildLevel::Job;
        let commit = said(["vcs.revision", "trigger_parameters.git.checkout_sha"]);
        let branch = said(["vcs.branch", "trigger_parameters.git.branch"]);
        Ok(Self {
            what,
            id: need_id(body, "id")?,
            repository,
            commit: object_id(commit),
            state: BuildState {
                level,
                pipeline: if job { short(&record.parent) } else { name.clone() },
                job: if job { name } else { String::new() },
                attempt: 1,
                trigger: short(said(["trigger.type", "tag"])),
                branch: short(branch),
                ..BuildState::default()
            },
        })
    }

    fn event(&self, kind: &str, at: Timestamp) -> Event {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("{}/{}/{verb}", self.what, self.id);
        let build = format!("circleci/{}/{}", self.what, self.id);
        Event::new(kind, at, "circleci", &key, &format!("build:{build}"))
            .about(role::BUILD, build)
            .about(role::COMMIT, &self.commit)
            .about(role::REPOSITORY, &self.repository)
    }

    /// A pipeline holds workflows, which are what runs: only that it was asked for is told.
    fn pipeline(&self, body: &Value) -> Result<Vec<Event>> {
        let at = field::need_at(body, "created_at")?;
        let by = word(body, "trigger.actor.login");
        Ok(vec![self.event(kind::CI_QUEUED, at).by(&by).with(&self.state)])
    }

    /// A workflow or a job.
    fn ran(&self, body: &Value) -> Result<Vec<Event>> {
        let queued = first_at(body, &["created_at", "queued_at"])?;
        let started = at(body, "started_at")?;
        let ended = at(body, "stopped_at")?;
        if queued.or(started).is_none() {
            return Err(Problem::Missing("started_at"));
        }
        let outcome = field::outcome(text(body, "status"));
        let last = BuildState { outcome, ..self.state.clone() };
        let ended = ended.filter(|_| outcome != Outcome::Unknown);
        let events = [
            queued.map(|at| self.event(kind::CI_QUEUED, at).with(&self.state)),
            started.map(|at| self.event(kind::CI_STARTED, at).with(&self.state)),
            ended.map(|at| self.event(kind::CI_FINISHED, at).with(&last)),
        ];
        Ok(events.into_iter().flatten().collect())
    }
}

/// A webhook: a workflow or a job that ended, beside its pipeline and its project.
fn webhook(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let (what, part) = match text(body, "type") {
        "workflow-completed" => ("workflow", get(body, "workflow")),
        "job-completed" => ("job", get(body, "job")),
        "ping" => return Ok(Vec::new()),
        "" => return Err(Problem::Missing("type")),
        _ => return Err(Problem::Unknown),
    };
    let mut part = part.clone();
    let members = part.as_object_mut().ok_or(Problem::Missing("workflow"))?;
    for name in ["pipeline", "project"] {
        members.insert(name.to_owned(), get(body, name).clone());
    }
    let workflow = get(body, "workflow");
    let parent = if what == "job" { id(workflow, "id") } else { String::new() };
    let record = Record { what: what.to_owned(), parent, body: part, ..record.clone() };
    match what {
        "workflow" => Run::new(&record, "workflow", BuildLevel::Run)?.ran(&record.body),
        _ => Run::new(&record, "job", BuildLevel::Job)?.ran(&record.body),
    }
}

/// A job that waits for a person; the API says who approved it, and not when.
fn approval(record: &Record) -> Result<Vec<Event>> {
    let run = Run::new(record, "job", BuildLevel::Job)?;
    let body = &record.body;
    let step =
        |outcome| StepState { name: run.state.job.clone(), form: "approval".to_owned(), outcome };
    let waiting = first_at(body, &["started_at", "created_at"])?;
    let done = at(body, "stopped_at")?;
    let outcome = field::outcome(text(body, "status"));
    let events = [
        waiting.map(|at| run.event(kind::STEP_WAITING, at).with(&step(Outcome::Unknown))),
        done.map(|at| {
            run.event(kind::STEP_DONE, at).by(&word(body, "approved_by")).with(&step(outcome))
        }),
    ];
    Ok(events.into_iter().flatten().collect())
}
