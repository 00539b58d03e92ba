//! The OpenAPI document: what every call takes and gives, made from the calls themselves.
//!
//! Out: [`Api`], OpenAPI 3.1. A test compares its addresses with those of the router, both ways.

use std::sync::LazyLock;

use axum::extract::State;
use utoipa::OpenApi;

use super::answer::{Answered, Details, Page};
use super::{badge, course, ledger, line, metrics, schema, shown, state};
use crate::app::App;
use crate::measured::Choices;
use crate::page::Problem;

/// The API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Throughline",
        description = "Where time goes between a ticket and production, and what to do about it: everything that a page shows, as data.",
        version = "1",
    ),
    tags(
        (name = "measured", description = "What was measured of a period and a part of the organisation"),
        (name = "collected", description = "What the ledger holds"),
        (name = "pictures", description = "SVG for a README"),
        (name = "server", description = "Whether the server is well"),
    ),
    paths(
        openapi,
        line::report, line::journeys, line::open, line::deployments, line::incidents,
        course::journey, course::incident,
        line::measures, line::measure, line::choices,
        shown::snapshot, shown::weeks, shown::steps, shown::waits, shown::aging, shown::what_if,
        shown::suites_now, shown::quarantine,
        ledger::events, ledger::event, ledger::tests, ledger::test, ledger::agents, ledger::sources,
        badge::badge, badge::line,
        crate::intake::events::events, crate::jobs::list, crate::jobs::change,
        metrics::metrics, state::health, state::alive, state::ready,
    ),
    components(schemas(
        Details, Choices, state::Health, ledger::Placed, ledger::Events,
        Page<schema::Journey>, Page<schema::Open>, Page<schema::Deployment>, Page<schema::Incident>,
        Page<schema::Measure>, Page<schema::Test>, Page<schema::Source>,
        schema::Report, schema::Journey, schema::Open, schema::Deployment, schema::FailureSign,
        schema::Incident, schema::Cause, schema::BlamedChange, schema::OneJourney, schema::OneIncident,
        schema::LaneEvent, schema::Measure, schema::Explanation, schema::ExplainedRow,
        schema::Event, schema::Test, schema::OneTest, schema::AgentsNow, schema::Source,
        schema::SnapshotNow, schema::WeeksNow, schema::WeekRow, schema::Figure, Page<schema::Advice>,
        schema::Advice, Page<schema::Wait>, schema::Wait, Page<schema::Age>, schema::Age, schema::WhatIfNow, Page<schema::Suite>,
        schema::Suite, schema::QuarantinesNow, schema::QuarantineFile, schema::QuarantineEntry,
        schema::BadgeName, schema::MeasureName, schema::JobsNow, schema::JobAction,
        crate::intake::events::Taken, crate::intake::events::Remark,
    )),
)]
pub(super) struct Api;

static DOCUMENT: LazyLock<Result<String, serde_json::Error>> =
    LazyLock::new(|| serde_json::to_string(&Api::openapi()));

/// This document
#[utoipa::path(get, path = "/v1/openapi.json", tag = "server", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object),
))]
pub(super) async fn openapi(State(_): State<App>) -> Answered {
    use axum::http::header::CONTENT_TYPE;
    use axum::response::IntoResponse as _;

    match &*DOCUMENT {
        Ok(text) => Ok(([(CONTENT_TYPE, "application/json")], text.as_str()).into_response()),
        Err(err) => Err(Problem::bug(err).into()),
    }
}
