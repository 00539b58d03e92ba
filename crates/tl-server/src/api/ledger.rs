//! Calls for what was collected: events, tests, agents, sources.
//!
//! In: filters in the address, as pages read them. Out: parts of the ledger. **Invariants:** people stand in
//! events by pseudonyms unless names were turned on; one call reads a bounded part of the ledger, or sends
//! what it reads as it goes.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use futures_util::stream;
use serde::Serialize;
use tl_core::event::Event;
use tl_ledger::Position;
use tl_ledger::look::{SPAN, Wanted};
use tl_ledger::read::{ReadError, Recorded};
use tl_test::listing::Listed;
use tl_test::record::Executed;
use utoipa::{IntoParams, ToSchema};

use super::answer::{
    Answered, Details, Form, Page, Part, PartParams, filled, json, limit, lines, named, streamed,
};
use super::schema;
use crate::app::App;
use crate::page::agents::Agents;
use crate::page::events::{at, wanted};
use crate::page::sheet::{Own, address};
use crate::page::tests::{Narrowed, Suite, executions, found, suites};
use crate::page::{Problem, settings};
use crate::question::Question;
use crate::told::heard;

/// Positions that are read at once.
const STEP: i64 = 500;

/// Executions of a test.
#[derive(Debug, Serialize)]
struct Execution {
    at: tl_core::time::Timestamp,
    commit: String,
    job: String,
    attempt: u8,
    status: &'static str,
    ms: u32,
}

/// An event and its place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Placed {
    /// Its place in the ledger, from 1.
    position: i64,
    /// The event.
    #[schema(value_type = schema::Event)]
    event: Event,
}

/// A part of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Events {
    /// `events/v1`
    schema: &'static str,
    /// Position of the newest event of the ledger.
    end: i64,
    /// Address of the next part; absent at the end. A part may be empty and have a next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
    /// The events.
    items: Vec<Placed>,
}

/// What can be asked of events.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `events` reads")]
pub(crate) struct EventParams {
    /// How the kind begins, such as `deploy.` or `change.merged`.
    #[param(max_length = 256)]
    kind: Option<String>,
    /// The source.
    #[param(max_length = 256)]
    source: Option<String>,
    /// What stands in the subject somewhere.
    #[param(max_length = 256)]
    subject: Option<String>,
    /// Oldest first, from behind this position: to follow the ledger.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Newest first, from before this position: to look back. Together with `after` the end of a part
    /// that is read oldest first.
    #[param(minimum = 1)]
    before: Option<i64>,
    /// Events at most; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
}

/// Events, the newest first unless `after` is given; as NDJSON always from `after` on to the end
#[utoipa::path(get, path = "/v1/events", tag = "collected", params(EventParams), responses(
    (status = 200, description = "A part of the ledger; as NDJSON all of it from `after` on", content(
        (Events = "application/json"), (schema::Event = "application/x-ndjson"),
    )),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn events(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Answered {
    let own = Own::read(&uri, &["kind", "source", "subject", "after", "before", "limit"])?;
    let wanted = wanted(&own);
    filled(&uri)?;
    let limit = limit(&own)?;
    let after = after(&own)?;
    let before = own.number("before")?.map(Position);
    // Up to there, where something is read forward.
    let last = before.map_or(Position(i64::MAX), |before| Position(before.0 - 1));
    if Form::of(&uri, &headers) == Form::Lines {
        return Ok(streamed(from(app, after.unwrap_or(Position::START), last, wanted)));
    }
    let end = app.reader.end().await.map_err(Problem::bug)?;
    let (found, next) = match after {
        Some(after) => {
            let last = end.min(last);
            let (found, reached) = onward(&app, after, last, &wanted, limit).await?;
            (found, (reached < last).then_some(("after", reached)))
        }
        None => {
            let newest = app.reader.newest(before, &wanted, limit).await.map_err(Problem::bug)?;
            (newest.events, newest.before.map(|before| ("before", before)))
        }
    };
    let next = next.map(|(name, position)| {
        let (position, limit) = (position.0.to_string(), limit.to_string());
        let until = before.filter(|_| name == "after");
        let until = until.map_or_else(String::new, |before| before.0.to_string());
        let own = [
            ("kind", wanted.kind.as_str()),
            ("source", &wanted.source),
            ("subject", &wanted.subject),
            (name, &position),
            ("limit", &limit),
            ("before", &until),
        ];
        address("/v1/events", &Question::default(), &own)
    });
    let items = found.into_iter().map(|one| placed(&app, one)).collect();
    json(&Events { schema: "events/v1", end: end.0, next, items })
}

fn placed(app: &App, one: Recorded) -> Placed {
    Placed { position: one.position.0, event: app.reading.veil(one.event) }
}

fn after(own: &Own) -> Result<Option<Position>, Problem> {
    match own.get("after") {
        "" => Ok(None),
        "0" => Ok(Some(Position::START)),
        _ => Ok(own.number("after")?.map(Position)),
    }
}

fn is_wanted(wanted: &Wanted, event: &Event) -> bool {
    (wanted.source.is_empty() || wanted.source == event.source)
        && event.subject.contains(&wanted.subject)
}

/// The next events that are wanted, and up to which position that was looked.
async fn onward(
    app: &App,
    after: Position,
    end: Position,
    wanted: &Wanted,
    limit: usize,
) -> Result<(Vec<Recorded>, Position), Problem> {
    let mut found = Vec::new();
    let mut reached = after;
    let stop = end.min(Position(after.0.saturating_add(SPAN)));
    while reached < stop {
        let until = stop.min(Position(reached.0 + STEP));
        let read = app.reader.between(reached, until, &wanted.kind).await;
        for one in read.map_err(Problem::bug)? {
            if is_wanted(wanted, &one.event) {
                let position = one.position;
                found.push(one);
                if found.len() == limit {
                    return Ok((found, position));
                }
            }
        }
        reached = until;
    }
    Ok((found, reached))
}

/// Every event that is wanted from there on to the end, or the last that is asked for, line by line.
fn from(app: App, after: Position, last: Position, wanted: Wanted) -> Body {
    let chunks = stream::unfold((app, after, wanted), move |(app, after, wanted)| async move {
        match chunk(&app, after, last, &wanted).await {
            Ok(None) => None,
            Ok(Some((text, reached))) => Some((Ok(text), (app, reached, wanted))),
            Err(err) => {
                tracing::warn!(%err, "events cannot be read further");
                // The connection is broken off: a list that is not whole must not look whole.
                Some((Err(err), (app, Position(i64::MAX), wanted)))
            }
        }
    });
    Body::from_stream(chunks)
}

async fn chunk(
    app: &App,
    after: Position,
    last: Position,
    wanted: &Wanted,
) -> Result<Option<(Vec<u8>, Position)>, ReadError> {
    let end = app.reader.end().await?.min(last);
    if after >= end {
        return Ok(None);
    }
    let until = end.min(Position(after.0.saturating_add(STEP)));
    let mut text = Vec::new();
    for one in app.reader.between(after, until, &wanted.kind).await? {
        if is_wanted(wanted, &one.event) {
            let event = app.reading.veil(one.event);
            if serde_json::to_writer(&mut text, &event).is_ok() {
                text.push(b'\n');
            }
        }
    }
    Ok(Some((text, until)))
}

/// One event
#[utoipa::path(get, path = "/v1/events/{position}", tag = "collected", params(
    ("position" = i64, Path, description = "Its place in the ledger, from 1", minimum = 1),
), responses(
    (status = 200, description = "The event", body = Placed),
    (status = 404, description = "There is none", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn event(
    State(app): State<App>,
    position: Result<Path<String>, PathRejection>,
) -> Answered {
    let found = at(&app, &named(position)?).await?;
    json(&placed(&app, found))
}

/// What can be asked of tests.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `tests` reads")]
pub(crate) struct TestParams {
    /// What history says of it; those that need somebody where nothing is said, `any` for all.
    #[param(value_type = Option<schema::ClassName>, inline)]
    class: Option<String>,
    /// Repository, as its results are called.
    #[param(max_length = 256)]
    suite: Option<String>,
    /// What stands in the name, in any case of letters.
    #[param(max_length = 256)]
    name: Option<String>,
}

/// A test, with the suite that it is of and what it cost.
#[derive(Debug, Serialize)]
struct OfSuite<'a> {
    suite: &'a str,
    #[serde(flatten)]
    test: &'a Listed,
    cost_minutes: Option<f64>,
}

fn of_suite<'a>(suite: &'a Suite, test: &'a Listed) -> OfSuite<'a> {
    let cost = suite.cost.as_ref().map(|cost| {
        let known = cost.tests.iter().find(|one| one.test == test.row);
        known.map_or(0.0, |one| one.minutes)
    });
    OfSuite { suite: &suite.name, test, cost_minutes: cost }
}

/// Tests, those that need somebody first
#[utoipa::path(get, path = "/v1/tests", tag = "collected", params(TestParams, PartParams), responses(
    (status = 200, description = "A part of the list; all of it as NDJSON where that is accepted", content(
        (Page<schema::Test> = "application/json"), (schema::Test = "application/x-ndjson"),
    )),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn tests(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Answered {
    let own = Own::read(&uri, &["suite", "class", "name"])?;
    let narrowed = Narrowed::read(&own)?;
    let part = Part::read(&uri)?;
    let suites = suites(&app).await?;
    let rows: Vec<OfSuite<'_>> =
        narrowed.of(&suites).into_iter().map(|(suite, test)| of_suite(suite, test)).collect();
    if Form::of(&uri, &headers) == Form::Lines {
        let texts: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
        let texts = texts.map_err(Problem::bug)?;
        return Ok(lines(texts.len(), move |row, to| {
            to.extend_from_slice(texts[row].as_bytes());
            Ok(())
        }));
    }
    let own = [("suite", own.get("suite")), ("class", own.get("class")), ("name", own.get("name"))];
    json(&part.of("tests/v1", "/v1/tests", &Question::default(), &own, rows))
}

/// All that is known of a test.
#[derive(Debug, Serialize)]
struct Known<'a> {
    schema: &'static str,
    variants: Vec<OfSuite<'a>>,
    /// Absent where the files of single executions cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    executions: Option<Vec<Execution>>,
}

/// All that is known of one test, in each variant that it ran in
#[utoipa::path(get, path = "/v1/tests/{id}", tag = "collected", params(
    ("id" = String, Path, description = "Its id, as the list has it"),
    ("suite" = Option<String>, Query, description = "Repository, where several have it", max_length = 256),
), responses(
    (status = 200, description = "Its variants and its last executions", body = schema::OneTest),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 404, description = "There is none", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn test(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Answered {
    let id = named(id)?;
    let own = Own::read(&uri, &["suite"])?;
    let suites: Arc<Vec<Suite>> = suites(&app).await?;
    let (suite, tests) = found(&suites, own.get("suite"), &id).ok_or_else(|| {
        let mend = "`/v1/tests?class=any` has those that are known.".to_owned();
        Problem::missing("History knows no test of this id.".to_owned(), mend)
    })?;
    let executed = executions(&app, suite, tests[0].row).await;
    let executions =
        executed.map(|all| all.iter().rev().map(|one| execution(suite, one)).collect());
    let variants = tests.iter().map(|test| of_suite(suite, test)).collect();
    json(&Known { schema: "test/v1", variants, executions })
}

fn execution(suite: &Suite, one: &Executed) -> Execution {
    let commit = suite.history.commits().get(one.commit as usize);
    let run = suite.history.runs.get(one.run as usize);
    Execution {
        at: one.at,
        commit: commit.map_or_else(String::new, |commit| commit.id.clone()),
        job: run.map_or_else(String::new, |run| run.job.clone()),
        attempt: one.attempt,
        status: tl_test::listing::result(one.status),
        ms: one.ms,
    }
}

/// What coding agents have, what guard found there, what hooks decided
#[utoipa::path(get, path = "/v1/agents", tag = "collected", responses(
    (status = 200, description = "The newest scan of each repository, approvals, decisions", body = schema::AgentsNow),
))]
pub(super) async fn agents(State(app): State<App>) -> Answered {
    let heard = heard(&app).await.map_err(Problem::bug)?;
    json(&Agents::of(&heard, &app.reading, (app.clock)()))
}

/// Where events come from, and how far that is collected
#[utoipa::path(get, path = "/v1/sources", tag = "collected", responses(
    (status = 200, description = "All of them, by name", body = Page<schema::Source>),
))]
pub(super) async fn sources(State(app): State<App>) -> Answered {
    let cursors = app.reader.cursors().await.map_err(Problem::bug)?;
    let heard = heard(&app).await.map_err(Problem::bug)?;
    let items = settings::sources(&heard, &cursors, (app.clock)());
    json(&Page { schema: "sources/v1", total: items.len() as u64, next: None, items })
}
