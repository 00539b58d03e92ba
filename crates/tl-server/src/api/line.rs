//! Calls for what was measured: the report, journeys, what is open, deployments, incidents, measures.
//!
//! In: a [`Question`] in the address, as pages read it. Out: rows of the snapshot that answers it.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Serialize;
use tl_map::measure::MEASURES;
use utoipa::IntoParams;

use super::answer::{Answered, Details, Form, Page, Part, PartParams, filled, json, lines, named};
use super::schema::{
    Deployment, Explanation, Incident, Journey, Measure, MeasureName, Open, Report,
};
use crate::app::App;
use crate::board::Snapshot;
use crate::measured::Choices;
use crate::page::reliability::{deployments_of, incidents_of};
use crate::page::reviews::{STAGES, waiting};
use crate::page::sheet::Own;
use crate::page::{Asked, Problem};
use crate::question::Question;

/// The period that is asked for: the same as in the address of a page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Question::read` reads")]
pub(crate) struct PeriodParams {
    /// Days up to the newest change; 90 where no period is given.
    #[param(minimum = 1, maximum = 3_660)]
    days: Option<u32>,
    /// Beginning of the period: a date or an instant, before `until` and never without it.
    #[param(value_type = Option<crate::api::schema::InstantText>, inline)]
    since: Option<String>,
    /// End of the period, never without `since`.
    #[param(value_type = Option<crate::api::schema::InstantText>, inline)]
    until: Option<String>,
}

/// What else can be asked: the same as in the address of a page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Question::read` reads")]
pub(crate) struct Asking {
    /// Team of the configuration.
    #[param(max_length = 256)]
    team: Option<String>,
    /// Service that a change came to production with.
    #[param(max_length = 256)]
    service: Option<String>,
    /// Repository, by its name for people.
    #[param(max_length = 256)]
    repository: Option<String>,
    /// Cohort by evidence of AI use.
    #[param(value_type = Option<crate::api::schema::CohortName>, inline)]
    cohort: Option<String>,
}

/// What was asked, and its answer.
pub(super) async fn asked(app: &App, uri: &Uri) -> Result<(Question, Arc<Snapshot>), Problem> {
    filled(uri)?;
    let Asked { question, snapshot, .. } = Asked::of(app, uri).await?;
    Ok((question, snapshot))
}

/// Rows as a page or as lines.
fn rows<T: Serialize>(
    uri: &Uri,
    headers: &HeaderMap,
    (schema, path): (&'static str, &'static str),
    question: &Question,
    own: &[(&str, &str)],
    rows: Vec<T>,
) -> Answered {
    let part = Part::read(uri)?;
    if Form::of(uri, headers) == Form::Page {
        return json(&part.of(schema, path, question, own, rows));
    }
    let texts: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    let texts = texts.map_err(Problem::bug)?;
    Ok(lines(texts.len(), move |row, to| {
        to.extend_from_slice(texts[row].as_bytes());
        Ok(())
    }))
}

/// Everything that was measured
#[utoipa::path(get, path = "/v1/report", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "The report", body = Report),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn report(State(app): State<App>, uri: Uri) -> Answered {
    let (_, snapshot) = asked(&app, &uri).await?;
    json(&snapshot.measured.report)
}

/// Changes merged in the period, oldest first in each repository
#[utoipa::path(get, path = "/v1/journeys", tag = "measured", params(PeriodParams, Asking, PartParams), responses(
    (status = 200, description = "A part of the list; all of it as NDJSON where that is accepted", content(
        (Page<Journey> = "application/json"), (Journey = "application/x-ndjson"),
    )),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn journeys(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Answered {
    let (question, snapshot) = asked(&app, &uri).await?;
    let part = Part::read(&uri)?;
    if Form::of(&uri, &headers) == Form::Page {
        let rows = snapshot.measured.journeys.iter().collect();
        return json(&part.of("journeys/v1", "/v1/journeys", &question, &[], rows));
    }
    Ok(journey_lines(snapshot))
}

/// There may be very many: each is written when it is sent.
fn journey_lines(snapshot: Arc<Snapshot>) -> Response {
    lines(snapshot.measured.journeys.len(), move |row, to| {
        serde_json::to_writer(to, &snapshot.measured.journeys[row])
    })
}

/// What can be said of the queue.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `open` reads")]
pub(crate) struct OpenParams {
    /// Only what waits in this stage.
    #[param(value_type = Option<crate::api::schema::StageName>, inline)]
    stage: Option<String>,
}

/// Open requests, the longest wait first
#[utoipa::path(get, path = "/v1/open", tag = "measured", params(PeriodParams, Asking, OpenParams, PartParams), responses(
    (status = 200, description = "A part of the list; all of it as NDJSON where that is accepted", content(
        (Page<Open> = "application/json"), (Open = "application/x-ndjson"),
    )),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn open(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Answered {
    let (question, snapshot) = asked(&app, &uri).await?;
    let own = Own::read(&uri, &["stage"])?;
    let stage = own.one_of("stage", &STAGES)?;
    let mut all = waiting(&snapshot.measured, &question);
    all.retain(|one| stage.is_empty() || one.row.stage == stage);
    rows(&uri, &headers, ("open/v1", "/v1/open"), &question, &[("stage", stage)], all)
}

/// Deployments to production in the period, the newest first
#[utoipa::path(get, path = "/v1/deployments", tag = "measured", params(PeriodParams, Asking, PartParams), responses(
    (status = 200, description = "A part of the list; all of it as NDJSON where that is accepted", content(
        (Page<Deployment> = "application/json"), (Deployment = "application/x-ndjson"),
    )),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn deployments(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Answered {
    let (question, snapshot) = asked(&app, &uri).await?;
    let all = deployments_of(&snapshot.measured.deployments, &question);
    rows(&uri, &headers, ("deployments/v1", "/v1/deployments"), &question, &[], all)
}

/// Incidents that began in the period, the newest first
#[utoipa::path(get, path = "/v1/incidents", tag = "measured", params(PeriodParams, Asking, PartParams), responses(
    (status = 200, description = "A part of the list; all of it as NDJSON where that is accepted", content(
        (Page<Incident> = "application/json"), (Incident = "application/x-ndjson"),
    )),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn incidents(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Answered {
    let (question, snapshot) = asked(&app, &uri).await?;
    let all = incidents_of(&snapshot.measured.incidents, &question);
    rows(&uri, &headers, ("incidents/v1", "/v1/incidents"), &question, &[], all)
}

/// Every measure in words
#[utoipa::path(get, path = "/v1/measures", tag = "measured", responses(
    (status = 200, description = "All of them, in the order of the report", body = Page<Measure>),
))]
pub(super) async fn measures() -> Answered {
    let items: Vec<_> = MEASURES.iter().collect();
    json(&Page { schema: "measures/v1", total: items.len() as u64, next: None, items })
}

/// A measure in words, and the changes behind its figures
#[utoipa::path(get, path = "/v1/measures/{id}", tag = "measured", params(
    ("id" = MeasureName, Path, description = "Its stable name"), PeriodParams, Asking,
), responses(
    (status = 200, description = "The measure, and the largest of the rows behind it", body = Explanation),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 404, description = "There is no such measure", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn measure(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Answered {
    let id = named(id)?;
    let doc = tl_map::explain::find(&id).map_err(|_| {
        let known: Vec<&str> = MEASURES.iter().map(|doc| doc.id).collect();
        let mend = format!("There is {}.", known.join(", "));
        Problem::missing("There is no such measure.".to_owned(), mend)
    })?;
    let (_, snapshot) = asked(&app, &uri).await?;
    let explained = snapshot.measured.explained.iter();
    match explained.into_iter().find(|one| one.measure.id == doc.id) {
        Some(explained) => json(explained),
        None => Err(Problem::missing(
            "Nothing of this measure is known here.".to_owned(),
            "It needs data that was not collected.".to_owned(),
        )
        .into()),
    }
}

/// What can be chosen in filters
#[utoipa::path(get, path = "/v1/choices", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "Teams, services and repositories", body = Choices),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn choices(State(app): State<App>, uri: Uri) -> Answered {
    let (_, snapshot) = asked(&app, &uri).await?;
    json(&snapshot.measured.choices)
}
