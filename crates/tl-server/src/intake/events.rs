//! `POST /v1/events`: events in the neutral form, CDEvents and CloudEvents, into the ledger at once.
//!
//! In: NDJSON, an array or one object; a CloudEvent structured, in a batch or binary. Out: what was taken,
//! what was known, and what was left out, with line, reason and mend: as `throughline collect --from`
//! says it. Start at [`events`]. **Invariant:** what is counted is on disk.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use tl_collect::intake::{Batch, Options, http};
use tl_ledger::append::{AppendError, Appended};
use tokio::task::spawn_blocking;

use super::sender::MOST_BYTES;
use super::{Refusal, from_outside, read};
use crate::api::Details;
use crate::app::App;

/// Remarks that are listed of one request.
const REMARKS: usize = 1_000;

/// What one may say beside the body.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Said {
    /// Repository or project of records that do not name theirs, such as `acme/api`.
    #[serde(default)]
    #[param(required = false)]
    scope: String,
    /// Commit that test results belong to.
    #[serde(default)]
    #[param(required = false)]
    commit: String,
}

/// `events-taken/v1`: what became of a request's events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Taken {
    /// `events-taken/v1`
    schema: &'static str,
    /// Events that were not in the ledger before.
    new: u64,
    /// Events that were.
    known: u64,
    /// Events whose key was taken by another one: the first stays.
    conflicting: u64,
    /// Records that were left out.
    left_out: u64,
    /// Events by kind.
    kinds: BTreeMap<String, u64>,
    /// What was left out or is remarkable, at most 1,000.
    remarks: Vec<Remark>,
    /// Remarks beyond those listed.
    more_remarks: u64,
}

/// Something about a request's events that their sender should know.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Remark {
    /// Line of the body on which the record begins; the first is 1.
    line: u64,
    /// What is wrong.
    what: String,
    /// What to do about it.
    mend: String,
    /// Whether the record went in all the same.
    kept: bool,
}

/// Takes in events: as lines, an array or one object, CDEvents and CloudEvents too
#[utoipa::path(post, path = "/v1/events", tag = "collected", params(Said), request_body(
    description = "Events in the neutral form of docs/events.md, or CloudEvents",
    content(
        (Object = "application/json"), (String = "application/x-ndjson"),
        (Object = "application/cloudevents+json"),
        (Vec<Object> = "application/cloudevents-batch+json"),
    ),
), responses(
    (status = 200, description = "What was taken, what was known, and what was left out", body = Taken),
    (status = 400, description = "The query or the body cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Details, content_type = "application/problem+json"),
    (status = 415, description = "It is in no form that is known", body = Details, content_type = "application/problem+json"),
    (status = 422, description = "Nothing of it could be taken", body = Taken),
    (status = 503, description = "It cannot be stored now", body = Details, content_type = "application/problem+json"),
))]
pub(crate) async fn events(
    State(app): State<App>,
    said: Result<Query<Said>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let said = match said {
        Ok(Query(said)) => said,
        Err(wrong) => {
            let mend = "there are `scope` and `commit`";
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, wrong.body_text(), mend);
            return refusal.into_response();
        }
    };
    match take(&app, said, &headers, body).await {
        Ok(taken) => {
            let nothing = taken.new + taken.known == 0 && taken.left_out + taken.conflicting > 0;
            let status = if nothing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            (status, Json(taken)).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn take(app: &App, said: Said, headers: &HeaderMap, body: Body) -> Result<Taken, Refusal> {
    let (body, _room) = read(app, headers, body, MOST_BYTES).await?;
    let options = Options {
        received: (app.clock)(),
        scope: said.scope,
        commit: said.commit,
        ..Options::default()
    };
    let named: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("ce-") || *name == header::CONTENT_TYPE)
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    // The server goes on answering meanwhile; and a body that breaks the reader breaks nothing else.
    let read = spawn_blocking(move || http::read(&named, &body, options)).await;
    let batch = read.map_err(|_| {
        let what = "it could not be read: a bug of the program";
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, what, "report it with what was sent")
    })?;
    let batch = from_outside(batch);
    let appended = app.ledger.append(&batch.events).await.map_err(not_stored)?;
    app.inlet.arrived.notify_one();
    Ok(told(batch, &appended))
}

fn not_stored(err: AppendError) -> Refusal {
    match &err {
        AppendError::Store { source, .. } => {
            tracing::error!(%err, %source, "events were not stored");
            Refusal::later(format!("they cannot be stored: {source}"), 30)
        }
        AppendError::Event { .. } | AppendError::Json { .. } | AppendError::TooLarge { .. } => {
            let mend = "nothing of the request was taken; send the rest without it";
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, err.to_string(), mend)
        }
    }
}

fn told(batch: Batch, appended: &Appended) -> Taken {
    let Batch { events, lines, problems, .. } = batch;
    let mut kinds = BTreeMap::new();
    for event in &events {
        *kinds.entry(event.kind.clone()).or_default() += 1;
    }
    let left_out = problems.iter().filter(|problem| !problem.kept).count() as u64;
    let conflicting = appended.conflicting.iter().map(|row| Remark {
        line: lines.get(*row).copied().unwrap_or(1),
        what: format!(
            "`{}` of `{}` is in the ledger with other content, which stays",
            events[*row].key, events[*row].source
        ),
        mend: "give what was corrected a key of its own".to_owned(),
        kept: false,
    });
    let problems = problems.into_iter().map(|one| Remark {
        line: one.line,
        what: one.what,
        mend: one.mend,
        kept: one.kept,
    });
    let mut remarks: Vec<Remark> = problems.chain(conflicting).collect();
    let more_remarks = remarks.len().saturating_sub(REMARKS) as u64;
    remarks.truncate(REMARKS);
    Taken {
        schema: "events-taken/v1",
        new: appended.new as u64,
        known: appended.known as u64,
        conflicting: appended.conflicting.len() as u64,
        left_out,
        kinds,
        remarks,
        more_remarks,
    }
}
