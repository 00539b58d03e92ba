//! Records of Jenkins: builds, their stages, and the bodies of the Notification plugin.
//!
//! In: a [`Record`] whose scope is the job's full name and whose `what` is `build` (`api/json` of
//! one), `stage` (of the stage view's `wfapi/describe`, parent = number of the build, else as its
//! address says) or `webhook`. A stage does not know its commit: it tells one where its body
//! carries its build's `api/json` as `build`. Out: the events of CI. Start at [`convert`].
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
    self, Problem, Result, at, get, id, list, need_at, need_id, number, object_id, short, text,
    word,
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
    }
}

/// The job's full name in the address of a build: `folder/api` of `/job/folder/job/api/12/`.
pub(crate) fn job_of(address: &str) -> String {
    let path = address.split("/job/").skip(1);
    let names = path.filter_map(|part| part.split(['/', '?', '#']).next()).map(decoded);
    short(&names.collect::<Vec<_>>().join("/"))
}

/// A part of an address without its escapes. The job of a branch `a/b` is called `a%2Fb`, which
/// stands there as `a%252Fb`.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, escape)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = escape.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(digits.unwrap_or(b'%'));
        rest = if digits.is_some() { &escape[2..] } else { escape };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
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

/// What a build built, by the action of the Git plugin, else by its parameters.
struct Code {
    commit: String,
    repository: String,
    branch: String,
}

impl Code {
    fn of(build: &Value) -> Self {
        let actions = || list(build, "actions");
        let git = actions().find(|action| get(action, "lastBuiltRevision").is_object());
        let git = git.unwrap_or(&Value::Null);
        let revision = get(git, "lastBuiltRevision");
        let parameter = || {
            let mut all = actions().flat_map(|action| list(action, "parameters"));
            all.find(|it| matches!(text(it, "name"), "GIT_COMMIT" | "ghprbActualCommit"))
        };
        let commit = match text(revision, "SHA1") {
            "" => parameter().map(|it| text(it, "value")).unwrap_or_default(),
            commit => commit,
        };
        let remote = get(git, "remoteUrls").get(0).and_then(Value::as_str).unwrap_or_default();
        let named = list(revision, "branch").next().map(|it| branch(text(it, "name")));
        Self {
            commit: object_id(commit),
            repository: field::repository(remote),
            branch: named.unwrap_or_default(),
        }
    }
}

/// `success` of `SUCCESS`; `UNSTABLE` is a failure: its tests failed.
fn build(record: &Record) -> Result<Vec<Event>> {
    let body = &record.body;
    let address = text(body, "url");
    let started = need_at(body, "timestamp")?;
    let actions = || list(body, "actions");
    let code = Code::of(body);
    let cause = actions().flat_map(|action| list(action, "causes")).next();
    let trigger = cause.map(trigger).unwrap_or_default();
    let run = Run {
        source: field::source(System::Jenkins, "", &[address]),
        job: job(record, address)?,
        id: Some(id(body, "number"))
            .filter(|it| !it.is_empty())
            .map_or_else(|| need_id(body, "id"), Ok)?,
        commit: code.commit,
        repository: code.repository,
        state: BuildState {
            level: BuildLevel::Run,
            pipeline: job(record, address)?,
            attempt: 1,
            manual: trigger == "user",
            trigger,
            branch: code.branch,
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
    let number = match record.parent.rsplit('/').next().unwrap_or_default() {
        // `/job/api/12/execution/node/6/wfapi/describe`.
        "" => address.split_once("/execution/").and_then(|(build, _)| build.rsplit('/').next()),
        number => Some(number),
    };
    let number = number.filter(|number| !number.is_empty()).ok_or(Problem::Missing("build"))?;
    let code = Code::of(get(body, "build"));
    let name = word(body, "name");
    let started = need_at(body, "startTimeMillis")?;
    let run = Run {
        source: field::source(System::Jenkins, "", &[address]),
        job: job(record, address)?,
        id: format!("{}/stage/{}", short(number), need_id(body, "id")?),
        commit: code.commit,
        repository: code.repository,
        state: BuildState {
            level: BuildLevel::Job,
            pipeline: job(record, address)?,
            job: name.clone(),
            attempt: 1,
            branch: code.branch,
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
