//! Whether the server is well: for people, for those who keep it alive, for those who send it requests.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tl_core::time::Timestamp;
use utoipa::ToSchema;

use super::answer::{Answered, Details, Refused, json};
use crate::app::App;
use crate::intake::health::Condition;
use crate::page::{Problem, settings};
use crate::told::heard;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `health/v1`
    schema: &'static str,
    /// `well`, or `ill` where something does not work.
    status: &'static str,
    /// What does not work, for people.
    problems: Vec<String>,
    /// The ledger's database.
    database: &'static str,
    /// The version of its tables.
    tables: i64,
    /// Its size in bytes; `null` where that cannot be told.
    bytes: Option<u64>,
    /// Position of the newest event.
    end: i64,
    /// When the newest event happened, in milliseconds since 1970; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    newest: Option<Timestamp>,
    /// Sources that gave nothing for a week.
    silent: Vec<String>,
    /// Deliveries that are stored, and not in the ledger yet.
    waiting: u64,
    /// Deliveries that were set aside.
    failed: u64,
}

/// How the server is
#[utoipa::path(get, path = "/v1/health", tag = "server", responses(
    (status = 200, description = "How it is; also where it is ill", body = Health),
))]
pub(super) async fn health(State(app): State<App>) -> Answered {
    let now = (app.clock)();
    let form = app.reader.form().await.map_err(Problem::bug)?;
    let cursors = app.reader.cursors().await.map_err(Problem::bug)?;
    let backlog = app.reader.backlog().await.map_err(Problem::bug)?;
    let Condition { store, folding, .. } = app.inlet.condition();
    let jobs = app.reader.jobs(now).await.map_err(Problem::bug)?;
    let heard = heard(&app).await.map_err(Problem::bug)?;
    let sources = settings::sources(&heard, &cursors, now);
    let mut problems: Vec<String> = [store, folding].into_iter().flatten().collect();
    let failed = jobs.into_iter().filter(|job| job.brought.is_failed);
    problems.extend(failed.map(|job| {
        let why = job.brought.problem.unwrap_or_else(|| "it did not say why".to_owned());
        format!("collecting from {} failed: {why}", job.name)
    }));
    problems.extend(heard.gap());
    let silent = sources.iter().filter(|one| one.silent);
    json(&Health {
        schema: "health/v1",
        status: if problems.is_empty() { "well" } else { "ill" },
        problems,
        database: form.database,
        tables: form.schema,
        bytes: form.bytes,
        end: heard.end.0,
        newest: sources.iter().filter(|one| one.events > 0).map(|one| one.last).max(),
        silent: silent.map(|one| one.source.clone()).collect(),
        waiting: backlog.waiting,
        failed: backlog.failed,
    })
}

/// Whether the server answers at all
#[utoipa::path(get, path = "/healthz", tag = "server", responses(
    (status = 200, description = "It does", body = String, content_type = "text/plain; charset=utf-8"),
))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the ledger can be read
#[utoipa::path(get, path = "/readyz", tag = "server", responses(
    (status = 200, description = "It can", body = String, content_type = "text/plain; charset=utf-8"),
    (status = 503, description = "It cannot", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Refused> {
    let unready = |err: &dyn std::error::Error| {
        tracing::warn!(%err, "the ledger cannot be read");
        let what = "The ledger cannot be read.".to_owned();
        let mend = "The log of the server says why.".to_owned();
        Refused::from(Problem::new(StatusCode::SERVICE_UNAVAILABLE, what, mend))
    };
    app.reader.end().await.map_err(|err| unready(&err))?;
    app.reader.lakes().await.map_err(|err| unready(&err))?;
    Ok("ready\n")
}
