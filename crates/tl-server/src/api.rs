//! The API: everything that a page shows, as data; badges; metrics; whether the server is well.
//!
//! In: a request below `/v1`, and a few addresses beside it. Out: JSON, NDJSON where that is asked for, or a
//! problem by RFC 9457. Start at [`router`]; what is answered is in [`mod@line`] (what was measured),
//! [`ledger`] (what was collected), [`course`] (both of one change) and [`shown`] (what pages make of it), how
//! it is described in [`document`].
//! **Invariants:** a call and a page that ask the same get the same; every address is in the OpenAPI
//! document; whatever is asked for, an answer is bounded, or sent as it is made.

mod answer;
mod badge;
mod course;
mod document;
mod ledger;
mod line;
mod metrics;
mod schema;
mod shown;
mod state;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::routing::{any, get};

pub(crate) use answer::{Details, Refused};
pub(crate) use schema::{JobAction, JobsNow};

use crate::app::App;
use crate::page::Problem;

/// The largest body of a call that has one, in bytes; events have a limit of their own.
const MOST_BYTES: usize = 1 << 20;

/// Addresses of the API.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/v1/openapi.json", get(document::openapi))
        .route("/v1/report", get(line::report))
        .route("/v1/journeys", get(line::journeys))
        .route("/v1/journeys.ndjson", get(line::journeys))
        .route("/v1/journey", get(course::journey))
        .route("/v1/incident", get(course::incident))
        .route("/v1/open", get(line::open))
        .route("/v1/open.ndjson", get(line::open))
        .route("/v1/deployments", get(line::deployments))
        .route("/v1/deployments.ndjson", get(line::deployments))
        .route("/v1/incidents", get(line::incidents))
        .route("/v1/incidents.ndjson", get(line::incidents))
        .route("/v1/measures", get(line::measures))
        .route("/v1/measures/{id}", get(line::measure))
        .route("/v1/choices", get(line::choices))
        .route("/v1/snapshot", get(shown::snapshot))
        .route("/v1/weeks", get(shown::weeks))
        .route("/v1/steps", get(shown::steps))
        .route("/v1/waits", get(shown::waits))
        .route("/v1/aging", get(shown::aging))
        .route("/v1/what-if", get(shown::what_if))
        .route("/v1/suites", get(shown::suites_now))
        .route("/v1/quarantine", get(shown::quarantine))
        .route("/v1/events", get(ledger::events))
        .route("/v1/events.ndjson", get(ledger::events))
        .route("/v1/events/{position}", get(ledger::event))
        .route("/v1/tests", get(ledger::tests))
        .route("/v1/tests.ndjson", get(ledger::tests))
        .route("/v1/tests/{id}", get(ledger::test))
        .route("/v1/agents", get(ledger::agents))
        .route("/v1/sources", get(ledger::sources))
        .route("/v1/health", get(state::health))
        .route("/v1/{*rest}", any(nothing))
        .route("/badge/{badge}", get(badge::badge))
        .route("/line.svg", get(badge::line))
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(state::alive))
        .route("/readyz", get(state::ready))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// Every address below `/v1` that is none.
async fn nothing(uri: Uri) -> Refused {
    let path: String = uri.path().chars().take(200).collect();
    let mend = "`/v1/openapi.json` has every address.".to_owned();
    Problem::missing(format!("There is no call {path}."), mend).into()
}
