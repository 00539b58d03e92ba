//! Calls for what pages work out beside the report: the weeks, what to do first, what is usual, what if,
//! suites of tests, quarantines.
//!
//! In: a question in the address, as pages read it. Out: what the page of the same name shows.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use tl_core::test::Class;
use tl_core::time::Timestamp;
use tl_map::network::asked::Knob;
use tl_map::network::scenarios::Outcome;
use tl_map::report::Figure;
use tl_map::weeks::Weeks;
use tl_test::listing::word;
use utoipa::IntoParams;

use super::answer::{Answered, Details, Page, json};
use super::line::{Asking, PeriodParams, asked};
use super::schema;
use crate::app::App;
use crate::chart::aging;
use crate::page::overview::cards;
use crate::page::reviews::{usual_waits, waiting};
use crate::page::tests::{Suite, quarantines, red_by_chance_of, suites};
use crate::page::what_if::line::Figures;
use crate::page::what_if::stages::{self, change, hours};
use crate::page::what_if::{Answers, Wanted};

/// What a measurement is of.
#[derive(Debug, Serialize)]
struct SnapshotNow<'a> {
    schema: &'static str,
    measured: Timestamp,
    newer: bool,
    since: Timestamp,
    until: Timestamp,
    changes: u64,
    notes: &'a [String],
}

/// How old what is answered is, and what to know of it
#[utoipa::path(get, path = "/v1/snapshot", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "When it was measured, and of what", body = schema::SnapshotNow),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn snapshot(State(app): State<App>, uri: Uri) -> Answered {
    let (_, snapshot) = asked(&app, &uri).await?;
    let report = &snapshot.measured.report;
    json(&SnapshotNow {
        schema: "snapshot/v1",
        measured: snapshot.at,
        newer: app.board.is_stale(&snapshot),
        since: report.since,
        until: report.until,
        changes: report.value_stream.changes,
        notes: &snapshot.measured.notes,
    })
}

/// Two weeks.
#[derive(Debug, Serialize)]
struct WeeksNow<'a> {
    schema: &'static str,
    #[serde(flatten)]
    weeks: &'a Weeks,
}

/// This week against last
#[utoipa::path(get, path = "/v1/weeks", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "Each thing in both weeks, and whether they differ by more than chance", body = schema::WeeksNow),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn weeks(State(app): State<App>, uri: Uri) -> Answered {
    let (_, snapshot) = asked(&app, &uri).await?;
    json(&WeeksNow { schema: "weeks/v1", weeks: &snapshot.measured.weeks })
}

/// What to do first
#[utoipa::path(get, path = "/v1/steps", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "What helps most, first", body = Page<schema::Advice>),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn steps(State(app): State<App>, uri: Uri) -> Answered {
    let (question, snapshot) = asked(&app, &uri).await?;
    let items = cards::steps(&snapshot.measured, &question);
    json(&Page { schema: "steps/v1", total: items.len() as u64, next: None, items })
}

/// Open and finished waits by stage
#[utoipa::path(get, path = "/v1/waits", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "The stages in which something waits, the fullest first", body = Page<schema::Wait>),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn waits(State(app): State<App>, uri: Uri) -> Answered {
    let (question, snapshot) = asked(&app, &uri).await?;
    let items = usual_waits(&waiting(&snapshot.measured, &question), &snapshot.measured.journeys);
    json(&Page { schema: "waits/v1", total: items.len() as u64, next: None, items })
}

/// A stage, and how old changes are in it.
#[derive(Debug, Serialize)]
struct AgeNow<'a> {
    stage: &'a str,
    label: &'a str,
    open: u64,
    finished: u64,
    /// Hours; `None` for too few finished changes.
    p50_hours: Option<f64>,
    p85_hours: Option<f64>,
    p95_hours: Option<f64>,
}

/// How old finished changes were when they left each stage before the merge
#[utoipa::path(get, path = "/v1/aging", tag = "measured", params(PeriodParams, Asking), responses(
    (status = 200, description = "Stages in the order of the line; the open requests are in `/v1/open`", body = Page<schema::Age>),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn aging(State(app): State<App>, uri: Uri) -> Answered {
    let (_, snapshot) = asked(&app, &uri).await?;
    let measured = &snapshot.measured;
    let stages = &measured.report.value_stream.stages;
    let columns = aging::columns(stages, &measured.open, &measured.journeys);
    let items: Vec<AgeNow<'_>> = columns.iter().map(age).collect();
    json(&Page { schema: "aging/v1", total: items.len() as u64, next: None, items })
}

fn age<'a>(column: &aging::Column<'a>) -> AgeNow<'a> {
    AgeNow {
        stage: column.id,
        label: column.label,
        open: column.open.len() as u64,
        finished: column.finished as u64,
        p50_hours: column.lines.map(|[p50, ..]| p50),
        p85_hours: column.lines.map(|[_, p85, _]| p85),
        p95_hours: column.lines.map(|[.., p95]| p95),
    }
}

/// What can be asked of the line.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Wanted::read` reads")]
pub(crate) struct WhatIfParams {
    /// Reviewers more, or fewer.
    #[param(minimum = -5, maximum = 10)]
    reviewers: Option<i32>,
    /// CI runs that can go on at once, in per cent of today's.
    #[param(minimum = 25, maximum = 400)]
    runners: Option<i32>,
    /// How often release trains leave, in per cent of today.
    #[param(minimum = 25, maximum = 400)]
    trains: Option<i32>,
    /// Changes that come, in per cent of today's.
    #[param(minimum = 50, maximum = 200)]
    arrivals: Option<i32>,
    /// Share of the changes of low risk that need no review, in per cent.
    #[param(minimum = 0, maximum = 100)]
    unreviewed: Option<i32>,
    /// Share of its time that this stage keeps, in per cent; `stage-` and the id of any stage of the line.
    #[param(rename = "stage-pickup", minimum = 0, maximum = 100)]
    stage_pickup: Option<i32>,
}

/// What would be.
#[derive(Debug, Serialize)]
struct WhatIfNow<'a> {
    schema: &'static str,
    line: Option<LineNow<'a>>,
    refused: Option<&'a str>,
    stages: Option<StagesNow<'a>>,
}

/// Another line.
#[derive(Debug, Serialize)]
struct LineNow<'a> {
    repository: &'a str,
    asked: BTreeMap<&'static str, i32>,
    #[serde(flatten)]
    figures: Option<Figures>,
    loads: BTreeMap<&'a str, [f64; 2]>,
    unstable: Option<&'a str>,
    unfinished: Option<f64>,
}

/// Other shares of stages.
#[derive(Debug, Serialize)]
struct StagesNow<'a> {
    asked: BTreeMap<&'a str, u32>,
    n: u64,
    is_whole: bool,
    median_before: f64,
    p90_before: f64,
    median_change: Figure,
    p90_change: Figure,
    mean_change: Figure,
}

/// What the line would be with other people, machines and trains, or with shorter stages
#[utoipa::path(get, path = "/v1/what-if", tag = "measured", params(PeriodParams, Asking, WhatIfParams), responses(
    (status = 200, description = "What would change; `line` is `null` where the simulation does not hold, and `refused` says why", body = schema::WhatIfNow),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn what_if(State(app): State<App>, uri: Uri) -> Answered {
    let (_, snapshot) = asked(&app, &uri).await?;
    let report = &snapshot.measured.report;
    let wanted = Wanted::read(&uri, &snapshot.measured)?;
    let Answers { stages, line, .. } = &*app.lab.ask(&snapshot, wanted.clone()).await?;
    let network = report.collected.as_ref().and_then(|found| found.network.as_ref());
    let simulated = snapshot.measured.simulator.as_ref().and(network);
    json(&WhatIfNow {
        schema: "what-if/v1",
        line: simulated.map(|found| line_now(&found.repository, &wanted, line.as_ref())),
        refused: network.and_then(|found| found.refused.as_deref()),
        stages: stages.as_ref().map(|answer| stages_now(&wanted, answer)),
    })
}

fn line_now<'a>(repository: &'a str, wanted: &Wanted, outcome: Option<&'a Outcome>) -> LineNow<'a> {
    let loads = outcome.into_iter().flat_map(|outcome| &outcome.stations);
    LineNow {
        repository,
        asked: Knob::ALL.map(|knob| (knob.id(), wanted.line.get(knob))).into(),
        figures: outcome.map(Figures::of),
        loads: loads.map(|load| (load.name.as_str(), [load.before, load.after])).collect(),
        unstable: outcome.and_then(|outcome| outcome.unstable.as_deref()),
        unfinished: outcome.map(|outcome| outcome.unfinished),
    }
}

fn stages_now<'a>(wanted: &'a Wanted, answer: &stages::Answer) -> StagesNow<'a> {
    let effect = &answer.effect;
    StagesNow {
        asked: wanted.shares.iter().map(|one| (one.stage.as_str(), one.share)).collect(),
        n: answer.n,
        is_whole: answer.is_whole,
        median_before: hours(effect.before.p50),
        p90_before: hours(effect.before.p90),
        median_change: change(effect.median_saved, answer.n),
        p90_change: change(effect.p90_saved, answer.n),
        mean_change: change(effect.mean_saved, answer.n),
    }
}

/// The tests of a repository in all.
#[derive(Debug, Serialize)]
struct SuiteNow<'a> {
    suite: &'a str,
    tests: u64,
    runs: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    classes: BTreeMap<&'static str, u64>,
    red_by_chance: f64,
    lost_attempts: Option<u32>,
    lost_minutes: Option<f64>,
}

/// Suites of tests: how many tests are what, and what flakes cost
#[utoipa::path(get, path = "/v1/suites", tag = "collected", responses(
    (status = 200, description = "All of them, by name", body = Page<schema::Suite>),
))]
pub(super) async fn suites_now(State(app): State<App>) -> Answered {
    let suites = suites(&app).await?;
    let items: Vec<SuiteNow<'_>> = suites.iter().map(suite_now).collect();
    json(&Page { schema: "suites/v1", total: items.len() as u64, next: None, items })
}

fn suite_now(suite: &Suite) -> SuiteNow<'_> {
    let Suite { name, listing, cost, .. } = suite;
    let classes = listing.classes.iter().map(|(class, n): (&Class, &u64)| (word(*class), *n));
    SuiteNow {
        suite: name,
        tests: listing.tests.len() as u64,
        runs: listing.runs,
        first: listing.between.map(|(first, _)| first),
        last: listing.between.map(|(_, last)| last),
        classes: classes.collect(),
        red_by_chance: red_by_chance_of(suite),
        lost_attempts: cost.as_ref().map(|cost| cost.lost),
        lost_minutes: cost.as_ref().map(|cost| cost.minutes),
    }
}

/// What is in quarantine, what needs somebody first, and what the gate of tests decided
#[utoipa::path(get, path = "/v1/quarantine", tag = "collected", responses(
    (status = 200, description = "The files of the repositories that are measured, and the gate's latest decisions", body = schema::QuarantinesNow),
))]
pub(super) async fn quarantine(State(app): State<App>) -> Answered {
    let suites = suites(&app).await?;
    json(&quarantines(&app, &suites).await?)
}
