//! Jobs: collecting from the configured sources, again and again.
//!
//! In: [`Schedule`] from the binary, which knows how to collect. Out: events in the ledger, and for each
//! source how it went. Start at `work`; pages ask [`board`], buttons post to `router`.
//! **Invariants:** of several servers on one ledger one collects from a source at a time; a source that
//! fails, or is paused, stops no other; a server that ends in the middle loses nothing, because a page
//! and its cursor are stored as one.
//!
//! The schedule is a table of the ledger (`tl_ledger::jobs`); why it is not a queue of jobs is in
//! `docs/design/0017-server.md`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use tl_core::time::{Millis, Timestamp};
use tl_ledger::jobs::{Brought, Job, JobError};
use tokio::task::spawn_blocking;
use tokio::time::{interval, sleep};

use crate::api::{Details, JobAction, JobsNow, Refused};
use crate::app::App;
use crate::page::Problem;

/// Collects from a source of this name, to the end; on a thread of its own.
pub type Collect = Arc<dyn Fn(&str) -> Brought + Send + Sync>;

/// What is collected from, and how often.
pub struct Schedule {
    /// The sources, by their names in the configuration.
    pub sources: Vec<String>,
    /// From the end of a collection to the next one.
    pub every: Millis,
    /// Collects.
    pub collect: Collect,
}

/// How often is looked whether something is due.
const LOOK: Duration = Duration::from_secs(2);

/// How often a server says that it is still collecting.
const HOLD: Duration = Duration::from_secs(15);

/// Its addresses.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/v1/jobs", axum::routing::get(list))
        .route("/v1/jobs/{name}/{action}", post(change))
        .route("/settings/jobs/{name}/{action}", post(press))
}

/// `jobs/v1`
#[derive(Debug, Serialize)]
struct Listed {
    schema: &'static str,
    jobs: Vec<Job>,
}

/// Every source, and how collecting from it went last; empty where nothing is collected by schedule.
///
/// # Errors
/// The ledger could not be read.
pub async fn board(app: &App) -> Result<Vec<Job>, JobError> {
    let Some(schedule) = &app.schedule else { return Ok(Vec::new()) };
    let known = app.ledger.jobs((app.clock)()).await?;
    let job = |name: &String| {
        let known = known.iter().find(|job| job.name == *name).cloned();
        known.unwrap_or_else(|| Job {
            name: name.clone(),
            is_paused: false,
            is_wanted: false,
            is_running: false,
            begun: None,
            ended: None,
            due: None,
            brought: Brought::default(),
        })
    };
    Ok(schedule.sources.iter().map(job).collect())
}

/// What is collected by schedule, and how it went last
#[utoipa::path(get, path = "/v1/jobs", tag = "server", responses(
    (status = 200, description = "Every source; none where nothing is collected by schedule", body = JobsNow),
    (status = 503, description = "The ledger cannot be used", body = Details, content_type = "application/problem+json"),
))]
pub(crate) async fn list(State(app): State<App>) -> Response {
    match board(&app).await {
        Ok(jobs) => Json(Listed { schema: "jobs/v1", jobs }).into_response(),
        Err(err) => failed(&err),
    }
}

/// Lets a job rest, go on, or begin now
#[utoipa::path(post, path = "/v1/jobs/{name}/{action}", tag = "server", params(
    ("name" = String, Path, description = "The source"),
    ("action" = JobAction, Path, description = "What to do"),
), responses(
    (status = 204, description = "Done"),
    (status = 404, description = "There is no such source or action", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "The ledger cannot be used", body = Details, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    State(app): State<App>,
    Path((name, action)): Path<(String, String)>,
) -> Response {
    match act(&app, &name, &action).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => unknown(),
        Err(err) => failed(&err),
    }
}

/// `POST /settings/jobs/{name}/{action}`: the same by a button.
async fn press(State(app): State<App>, Path((name, action)): Path<(String, String)>) -> Response {
    match act(&app, &name, &action).await {
        Ok(true) => Redirect::to("/settings").into_response(),
        Ok(false) => unknown(),
        Err(err) => failed(&err),
    }
}

fn unknown() -> Response {
    let what = "There is no such source, or no such action.".to_owned();
    let mend = "There are `pause`, `resume` and `run`.".to_owned();
    Refused::from(Problem::missing(what, mend)).into_response()
}

fn failed(err: &JobError) -> Response {
    tracing::error!(%err, source = %err.source, "jobs cannot be used");
    let what = "The ledger cannot be used now.".to_owned();
    let problem =
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, what, "Try again later.".to_owned());
    Refused::from(problem).into_response()
}

/// Does what somebody asked for; `false` where there is no such job or action.
async fn act(app: &App, name: &str, action: &str) -> Result<bool, JobError> {
    let is_known = |schedule: &Schedule| schedule.sources.iter().any(|source| source == name);
    if !app.schedule.as_ref().is_some_and(is_known) {
        return Ok(false);
    }
    match action {
        "pause" => app.ledger.pause_job(name, true).await?,
        "resume" => app.ledger.pause_job(name, false).await?,
        "run" => app.ledger.want_job(name).await?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A name for this server among others on the same ledger.
pub(crate) fn holder() -> String {
    let mut bytes = [0; 8];
    // Without randomness servers have one name; then one may end another's job, and it is done again.
    getrandom::fill(&mut bytes).ok();
    bytes.iter().fold(String::from("server-"), |name, byte| format!("{name}{byte:02x}"))
}

/// Collects what is due, for as long as the server runs. `holder` is this server's name among others.
pub(crate) async fn work(app: App, holder: String) {
    let Some(schedule) = &app.schedule else { return };
    let mut stopping = app.stopping.subscribe();
    loop {
        for name in &schedule.sources {
            if *stopping.borrow() {
                return;
            }
            if let Err(err) = once(&app, schedule, name, &holder).await {
                tracing::error!(%err, source = %err.source, name, "the job cannot be begun or ended");
            }
        }
        let stopped = stopping.wait_for(|stopping| *stopping);
        tokio::select! {
            _ = stopped => return,
            () = sleep(LOOK) => (),
        }
    }
}

/// Collects from one source, if it is due and nobody else does.
async fn once(app: &App, schedule: &Schedule, name: &str, holder: &str) -> Result<(), JobError> {
    let now = (app.clock)();
    if !is_due(app, schedule, name, now).await?
        || !app.ledger.begin_job(name, holder, now, schedule.every).await?
    {
        return Ok(());
    }
    let (collect, source) = (Arc::clone(&schedule.collect), name.to_owned());
    let mut collecting = spawn_blocking(move || collect(&source));
    let mut ticks = interval(HOLD);
    let brought = loop {
        tokio::select! {
            done = &mut collecting => break done.unwrap_or_else(|_| Brought {
                problem: Some("collecting broke off: a bug of the program".to_owned()),
                is_failed: true,
                ..Brought::default()
            }),
            _ = ticks.tick() => {
                // Where the ledger is away for a moment, the next one says it.
                app.ledger.hold_job(name, holder, (app.clock)()).await.ok();
            }
        }
    };
    let now = (app.clock)();
    app.ledger.end_job(name, holder, (now, now + schedule.every), &brought).await
}

/// Whether it is worth asking for the job: looking is cheaper than writing.
async fn is_due(
    app: &App,
    schedule: &Schedule,
    name: &str,
    now: Timestamp,
) -> Result<bool, JobError> {
    let jobs = app.ledger.jobs(now).await?;
    Ok(jobs.iter().find(|job| job.name == name).is_none_or(|job| {
        let is_time = job.due.is_none_or(|due| due <= now || due > now + schedule.every);
        !job.is_running && (job.is_wanted || !job.is_paused && is_time)
    }))
}

#[cfg(test)]
mod tests;
