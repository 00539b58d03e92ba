//! Records of Jenkins: builds, their stages, and the bodies of the Notification plugin.
//!
//! In: a [`Record`] whose scope is the job's full name and whose `what` is `build` (`api/json` of
//! one), `stage` (of the stage view's `wfapi/describe`, parent = number of the build) or
//! `webhook`. Out: the events of CI. Start at [`convert`].
//!
//! Waiting: Metrics' `queuingDurationMillis` (plugin), else unknown: Jenkins keeps no instant at
//! which a build entered the queue. Commits are those of the Git plugin's last built revision.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::{BuildLevel, BuildState, Outcome, StepState, kind, role};
use tl_core::record::{Record, System};
use tl_core::time::{Millis, Timestamp};

use super::Malformed;
use super::field::{
    self, Problem, Result, at, first, get, id, list, need_at, need_id, number, object_id, short,
    text, word,
};

/// The events that a record tells.
pub fn convert(record: &Record) -> std::result::Result<Vec<Event>, Malformed> {
    field::read(record, |record| match record.what.as_str() {
        "build" => build(record),
        "stage" => stage(record),
        "webhook" => webhook(record),
        _ => Err(Problem::Unknown),
    })
}

/// What is known of one build or stage.
struct Run {
    source: String,
    job: String,
    /// `12`, or `12/stage/7`.
    id: String,
    commit: String,
    repository: String,
    change: String,
    state: BuildState,
}

impl Run {
    fn event(&self, kind: &str, at: Timestamp, outcome: Outcome) -> Event {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("build/{}/{}/{verb}", self.job, self.id);
        let state = BuildState { outcome, ..self.state.clone() };
        self.about(Event::new(kind, at, &self.source, &key, &self.subject())).with(&state)
    }

    fn subject(&self) -> String {
        format!("build:{}/{}/{}", self.source, self.job, self.id)
    }

    fn about(&self, event: Event) -> Event {
        event
            .about(role::BUILD, format!("{}/{}/{}", self.source, self.job, self.id))
            .about(role::COMMIT, &self.commit)
            .about(role::REPOSITORY, &self.repository)
            .about(role::CHANGE, &self.change)
    }
}

/// The job's full name in the address of a build: `folder/api` of `/job/folder/job/api/12/`.
fn job_of(address: &str) -> String {
    let path = address.split("/job/").skip(1).collect::<Vec<_>>();
    let names = path.iter().filter_map(|part| part.split('/').next());
    let decoded = names.map(|name| name.replace("%2F", "/").replace("%20", " "));
    short(&decoded.collect::<Vec<_>>().join("/"))
}

/// The job by the address of its build, else by the record.
fn job(record: &Record, address: &str) -> Result<String> {
    let said = if record.scope.is_empty() { job_of(address) } else { short(&record.scope) };
    Some(said).filter(|job| !job.is_empty()).ok_or(Problem::Missing("job"))
}

fn branch(name: &str) -> String {
    let name = name.strip_prefix("refs/remotes/").unwrap_or(name);
    short(name.strip_prefix("origin/").unwrap_or(name))
}

/// `success` of `SUCCESS`; `UNSTABLE` is a failure: its tests failed.
fn build(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let address = text(body, "url");
    let started = need_at(body, "timestamp")?;
    let actions = || list(body, "actions");
    let git = actions().find(|action| get(action, "lastBuiltRevision").is_object());
    let parameter = |names: &[&str]| {
        let mut all = actions().flat_map(|action| list(action, "parameters"));
        all.find(|it| names.contains(&text(it, "name"))).map(|it| text(it, "value"))
    };
    let git_value = git.unwrap_or(&Value::Null);
    let revision = get(git_value, "lastBuiltRevision");
    let commit = first(revision, &["SHA1"]);
    let commit = if commit.is_empty() {
        parameter(&["GIT_COMMIT", "ghprbActualCommit"])
    } else {
        Some(commit)
    };
    let remote = get(git_value, "remoteUrls.0")
        .as_str()
        .or_else(|| get(git_value, "remoteUrls").as_array()?.first()?.as_str());
    let cause = actions().flat_map(|action| list(action, "causes")).next();
    let trigger = cause.map(trigger).unwrap_or_default();
    let run = Run {
        source: field::source(System::Jenkins, "", &[address]),
        job: job(record, address)?,
        id: Some(id(body, "number"))
            .filter(|it| !it.is_empty())
            .map_or_else(|| need_id(body, "id"), Ok)?,
        commit: object_id(commit.unwrap_or_default()),
        repository: remote.map(field::repository).unwrap_or_default(),
        change: String::new(),
        state: BuildState {
            level: BuildLevel::Run,
            pipeline: job(record, address)?,
            attempt: 1,
            manual: trigger == "user",
            trigger,
            branch: list(revision, "branch")
                .next()
                .map(|it| branch(text(it, "name")))
                .unwrap_or_default(),
            ..BuildState::default()
        },
    };
    let by = cause.map(|cause| word(cause, "userId")).unwrap_or_default();
    let waited = actions().find_map(|action| number(action, "queuingDurationMillis"));
    let mut events = Vec::new();
    if let Some(waited) = waited.and_then(|waited| i64::try_from(waited).ok()) {
        let queued = Timestamp::from_millis(started.as_millis().saturating_sub(waited));
        events.push(run.event(kind::CI_QUEUED, queued, Outcome::Unknown));
    }
    events.push(run.event(kind::CI_STARTED, started, Outcome::Unknown).by(&by));
    // `building` is there from the start; a build that ended has a result.
    let duration = number(body, "duration").and_then(|span| i64::try_from(span).ok());
    if let Some(span) =
        duration.filter(|_| !field::flag(body, "building") && !text(body, "result").is_empty())
    {
        let outcome = field::outcome(text(body, "result"));
        let ended = Timestamp::from_millis(started.as_millis().saturating_add(span));
        events.push(run.event(kind::CI_FINISHED, ended, outcome));
    }
    Ok(events)
}

/// What started a build, by the name of the cause's class.
fn trigger(cause: &Value) -> String {
    let class = text(cause, "_class").rsplit(['.', '$']).next().unwrap_or_default();
    match class {
        "UserIdCause" | "UserCause" => "user",
        "SCMTriggerCause" | "GitHubPushCause" | "BranchEventCause" | "GitLabWebHookCause" => "push",
        "TimerTriggerCause" => "schedule",
        "UpstreamCause" | "BuildUpstreamCause" => "upstream",
        "ReplayCause" | "RebuildCause" => "rerun",
        other => return short(other),
    }
    .to_owned()
}

/// A stage of a pipeline; one that paused for input waited for a person.
fn stage(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let address = text(body, "_links.self.href");
    let number = Some(record.parent.rsplit('/').next().unwrap_or_default());
    let number = number.filter(|number| !number.is_empty()).ok_or(Problem::Missing("build"))?;
    let name = word(body, "name");
    let started = need_at(body, "startTimeMillis")?;
    let run = Run {
        source: field::source(System::Jenkins, "", &[address]),
        job: job(record, address)?,
        id: format!("{}/stage/{}", short(number), need_id(body, "id")?),
        commit: String::new(),
        repository: String::new(),
        change: String::new(),
        state: BuildState {
            level: BuildLevel::Job,
            pipeline: job(record, address)?,
            job: name.clone(),
            attempt: 1,
            ..BuildState::default()
        },
    };
    let mut events = vec![run.event(kind::CI_STARTED, started, Outcome::Unknown)];
    let status = text(body, "status");
    let outcome = field::outcome(status);
    let span = self::number(body, "durationMillis");
    let paused = self::number(body, "pauseDurationMillis").filter(|paused| *paused > 0);
    let later = |span: u64| started - Millis::new(-i64::try_from(span).unwrap_or(0));
    let step = |kind: &str, at: Timestamp, outcome| {
        let (_, verb) = kind.split_once('.').unwrap_or(("", kind));
        let key = format!("build/{}/{}/{verb}", run.job, run.id);
        let state = StepState { name: name.clone(), form: "approval".to_owned(), outcome };
        run.about(Event::new(kind, at, &run.source, &key, &run.subject())).with(&state)
    };
    if status == "PAUSED_PENDING_INPUT" || paused.is_some() {
        events.push(step(kind::STEP_WAITING, started, Outcome::Unknown));
    }
    // Ended stages alone: durations grow while a stage runs.
    if outcome != Outcome::Unknown {
        events.extend(paused.map(|paused| step(kind::STEP_DONE, later(paused), outcome)));
        events.extend(span.map(|span| run.event(kind::CI_FINISHED, later(span), outcome)));
    }
    Ok(events)
}

/// A body of the Notification plugin, whose `timestamp` is the instant of its phase.
///
/// `FINALIZED` only repeats `COMPLETED`, some time later. A plugin too old for timestamps cannot
/// be read.
fn webhook(record: &Record) -> Result<Vec<Event>> {
    let (body, build) = (&record.body, get(&record.body, "build"));
    let address = text(build, "full_url");
    let name = job_of(if address.is_empty() { text(body, "url") } else { address });
    let job = if record.scope.is_empty() { name } else { short(&record.scope) };
    let job = if job.is_empty() { word(body, "name") } else { job };
    if job.is_empty() {
        return Err(Problem::Missing("name"));
    }
    let run = Run {
        source: field::source(System::Jenkins, "", &[address]),
        id: need_id(build, "number")?,
        commit: object_id(text(build, "scm.commit")),
        repository: field::repository(text(build, "scm.url")),
        change: String::new(),
        state: BuildState {
            level: BuildLevel::Run,
            pipeline: job.clone(),
            attempt: 1,
            branch: branch(text(build, "scm.branch")),
            ..BuildState::default()
        },
        job,
    };
    let at = at(build, "timestamp")?.ok_or(Problem::Missing("timestamp"))?;
    // Knows neither cause nor trigger: an event of its own.
    let told = |mut event: Event| {
        event.key.push_str("/hook");
        event.id = tl_core::event::EventId::new(event.at, &event.source, &event.key);
        event
    };
    Ok(match text(build, "phase") {
        "QUEUED" => vec![told(run.event(kind::CI_QUEUED, at, Outcome::Unknown))],
        "STARTED" => vec![told(run.event(kind::CI_STARTED, at, Outcome::Unknown))],
        "COMPLETED" => {
            let outcome = field::outcome(text(build, "status"));
            vec![told(run.event(kind::CI_FINISHED, at, outcome))]
        }
        "" => return Err(Problem::Missing("phase")),
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests;
