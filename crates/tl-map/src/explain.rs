//! Explain: what a measure is, and the changes behind its figures.
//!
//! In: the dataset and the id of a measure. Out: [`Explanation`]. Start at [`explain`].
//! **Invariant:** the rows listed are the ones that the measure was computed from.

use serde::Serialize;
use tl_core::delivery::numbered;
use tl_core::fact::BuildLevel;
use tl_core::time::{Millis, Timestamp};

use crate::dataset::{Dataset, Item};
use crate::deployment::Deployment;
use crate::fold::{Ci, Ran, Seen};
use crate::journey::{End, Front};
use crate::measure::ai_use::AiUse;
use crate::measure::batch_size::lines;
use crate::measure::cadence::shipped;
use crate::measure::change_failure::failed_wide;
use crate::measure::funnel;
use crate::measure::merge_queue::{Passage, merged, unmerged};
use crate::measure::time_in_status::done_at;
use crate::measure::value_stream::waited_for_merge;
use crate::measure::{MEASURES, MeasureDoc};

/// A measure in words, and what is behind its figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The measure in words.
    pub measure: &'static MeasureDoc,
    /// What the number in each row is.
    pub column: &'static str,
    /// Rows behind the figures, in all.
    pub n: usize,
    /// The largest of them.
    pub rows: Vec<ExplainedRow>,
}

/// One change, request or release behind a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedRow {
    /// Its name.
    pub item: String,
    /// Its value in the unit of the column: hours, lines or changes.
    pub value: f64,
    /// What else is to be said of it.
    pub note: String,
}

/// There is no such measure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no measure `{id}`; there is {}", known())]
pub struct UnknownMeasure {
    /// What was asked for.
    pub id: String,
}

fn known() -> String {
    MEASURES.iter().map(|doc| doc.id).collect::<Vec<_>>().join(", ")
}

/// Finds a measure by its id.
pub fn find(id: &str) -> Result<&'static MeasureDoc, UnknownMeasure> {
    MEASURES.iter().find(|doc| doc.id == id).ok_or_else(|| UnknownMeasure { id: id.to_owned() })
}

/// Explains a measure by the window's changes; at most `limit` rows, the largest first.
pub fn explain(data: &Dataset<'_>, id: &str, limit: usize) -> Result<Explanation, UnknownMeasure> {
    let doc = find(id)?;
    let (column, mut rows) = match doc.id {
        "review-wait" => ("hours from last push to merge", hours(data, waited_for_merge)),
        "change-failure" => ("hours from merge to failure", failures(data)),
        "batch-size" => (
            "lines added and removed",
            items(data, |item| item.size.map(|size| lines(&size) as f64)),
        ),
        "rework" => (
            "lines changed again",
            items(data, |item| item.size?.reworked.filter(|lines| *lines > 0).map(f64::from)),
        ),
        "dora" if data.line.end == End::Deployed => ("changes first shipped", deployed(data)),
        "cadence" | "dora" => ("changes first shipped", releases(data)),
        "velocity-paradox" => ("hours from merge to failure", failures(data)),
        "after-hours" => ("hour of the day", after_hours(data)),
        "ai-use" => ("level of evidence, 1 is surest", by_evidence(data)),
        "reviews" => (
            "reviews by people",
            items(data, |item| {
                item.told.request.as_ref().map(|_| f64::from(item.told.course.reviews))
            }),
        ),
        "merge-queue" => ("hours in the merge queue", queued(data)),
        "time-in-status" => ("hours from first progress to done", tickets(data)),
        "manual-steps" => ("hours waited for a person", steps(data)),
        "ci" => ("hours of a run", runs(data)),
        "funnel" => ("commits of requests never merged", pending(data)),
        "value-stream" | "coverage" => (whole_line(data), hours(data, |item| item.journey.total())),
        _ => ("hours from first commit to release", hours(data, |item| item.journey.lead_time())),
    };
    rows.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.item.cmp(&b.item)));
    let n = rows.len();
    rows.truncate(limit);
    Ok(Explanation { measure: doc, column, n, rows })
}

/// What the value of a row is where the whole line is explained.
const fn whole_line(data: &Dataset<'_>) -> &'static str {
    match (data.line.front, data.line.end) {
        (Front::Git, End::Released) => "hours from first commit to release",
        (Front::Git, End::Deployed) => "hours from first commit to production",
        (Front::Tickets | Front::Requests, End::Released) => "hours from ticket to release",
        (Front::Tickets | Front::Requests, End::Deployed) => "hours from ticket to production",
    }
}

fn items(data: &Dataset<'_>, value: impl Fn(&Item) -> Option<f64>) -> Vec<ExplainedRow> {
    data.in_window()
        .filter_map(|item| {
            Some(ExplainedRow {
                item: data.change_name(item.repository(), item.change()),
                value: value(item)?,
                note: format!("merged {}, {}", item.merged.date(), item.cohort.label()),
            })
        })
        .collect()
}

fn hours(data: &Dataset<'_>, span: impl Fn(&Item) -> Option<Millis>) -> Vec<ExplainedRow> {
    items(data, |item| span(item).map(Millis::hours))
}

fn failures(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    data.in_window()
        .filter(|item| data.is_followed(item) && failed_wide(data, item))
        .filter_map(|item| {
            let signs = data.signs(item);
            let sign = signs.first()?;
            Some(ExplainedRow {
                item: data.change_name(item.repository(), item.change()),
                value: item.failed_wide?.hours(),
                note: format!("grade {:?}: {}, {}", sign.grade, sign.by, sign.why),
            })
        })
        .collect()
}

/// Deployments to production in the window.
fn deployed(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    production(data)
        .map(|one| {
            let mut note = one.finished.to_string();
            for part in
                one.kind.why().into_iter().chain(one.failures.first().map(|f| f.why.as_str()))
            {
                note = format!("{note}, {part}");
            }
            if !one.is_success() {
                note.push_str(", did not succeed");
            }
            ExplainedRow { item: production_name(data, one), value: one.shipped.len() as f64, note }
        })
        .collect()
}

fn production<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = &'d Deployment> {
    data.deployments.list.iter().filter(|one| one.finished >= data.window.since)
}

fn production_name(data: &Dataset<'_>, deployment: &Deployment) -> String {
    let short = deployment.what(&data.collected.records).short();
    format!("{} {short}", deployment.service)
}

/// Deployments outside of working hours.
fn after_hours(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let calendar = &data.options.collected.calendar;
    production(data)
        .filter(|one| !calendar.is_working(one.finished))
        .filter_map(|one| {
            let (hour, _) = calendar.hour_and_day(one.finished)?;
            let note = one.finished.to_string();
            Some(ExplainedRow { item: production_name(data, one), value: hour as f64, note })
        })
        .collect()
}

fn by_evidence(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let uses = AiUse::new(data);
    items(data, |item| uses.evidence(item).map(|level| f64::from(level as u8) + 1.0))
}

/// Requests that were in the merge queue, merged in the window or not at its end.
fn queued(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let row = |item: String, end: String, passage: &Passage| {
        let mut note = format!("{end}, {} x entered", passage.entries);
        if !passage.removed.is_empty() {
            note = format!("{note}, {} x removed", passage.removed.len());
        }
        ExplainedRow { item, value: passage.in_all.hours(), note }
    };
    let queued = merged(data).filter(|one| one.passage.entries > 0).map(|one| {
        let name = data.change_name(one.item.repository(), one.item.change());
        row(name, format!("merged {}", one.at.date()), &one.passage)
    });
    let inside = |at: &Timestamp| *at >= data.window.since;
    let counts = |passage: &Passage| passage.since.is_some() || passage.removed.iter().any(inside);
    let open = unmerged(data).filter(|(_, passage)| counts(passage)).map(|(request, passage)| {
        let end = if passage.since.is_some() { "still in it" } else { "not merged" };
        row(request_name(data, request), end.to_owned(), passage)
    });
    queued.chain(open).collect()
}

/// A request's name for people, by its key.
fn request_name(data: &Dataset<'_>, key: &str) -> String {
    let place = numbered(key).and_then(|(name, number)| {
        let row = data.repositories.iter().position(|one| one.history.repository == name)?;
        Some(funnel::request_name(data, row, u32::try_from(number).ok()?))
    });
    place.unwrap_or_else(|| key.to_owned())
}

/// Tickets done in the window.
fn tickets(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let options = &data.options.collected;
    let row = |ticket: &Seen<'_>| {
        let done = done_at(ticket, options, data.window.until)?;
        let inside = done >= data.window.since && done <= data.window.until;
        let spent = done - ticket.started(options).filter(|_| inside)?;
        let note = format!("done {}", done.date());
        Some(ExplainedRow { item: ticket.key.to_owned(), value: spent.hours(), note })
    };
    data.collected.tickets.ask(row)
}

/// Steps of deployments that a person was waited for, done in the window.
fn steps(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let inside = |at: Timestamp| at >= data.window.since && at <= data.window.until;
    let is_shown = data.is_record_shown();
    let records = data.collected.records.iter().enumerate();
    let of_deployments =
        records.filter(|(row, one)| is_shown(*row, one)).flat_map(|(_, one)| one.steps());
    let of_builds = data.collected.builds.ask(|_, one| Some(one.steps.clone()));
    of_deployments
        .chain(of_builds.iter().flatten())
        .filter_map(|step| {
            let done = step.done.filter(|at| inside(*at))?;
            let value = (done - step.waiting?).hours();
            let note = format!("{}, done {}", step.form, done.date());
            Some(ExplainedRow { item: step.name.clone(), value, note })
        })
        .collect()
}

/// Runs of CI that ended in the window.
fn runs(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let inside = |at: Timestamp| at >= data.window.since && at <= data.window.until;
    let row = |build: &Ran<'_>| {
        let finished = build.finished.filter(|at| inside(*at))?;
        let value = (finished - build.started?).hours();
        let note = format!("attempt {}, {:?}, {}", build.attempt, build.outcome, finished.date());
        Some(ExplainedRow { item: build.name.to_owned(), value, note })
    };
    let is_run = |build: &&Ran<'_>| build.level == BuildLevel::Run;
    let of_commit = |_, one: &Ci<'_>| -> Option<Vec<ExplainedRow>> {
        Some(one.builds.iter().filter(is_run).filter_map(row).collect())
    };
    data.collected.builds.ask(of_commit).into_iter().flatten().collect()
}

fn releases(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    shipped(data)
        .into_iter()
        .map(|one| ExplainedRow {
            item: one.release.tag.clone(),
            value: one.changes as f64,
            note: match (&one.release.hotfix, one.failed) {
                (Some((_, why)), _) => format!("{}, hotfix: {why}", one.release.at.date()),
                (None, true) => format!("{}, failed", one.release.at.date()),
                (None, false) => one.release.at.date(),
            },
        })
        .collect()
}

fn pending(data: &Dataset<'_>) -> Vec<ExplainedRow> {
    let of = |row: usize| data.repositories[row].pending.iter().map(move |one| (row, one));
    (0..data.repositories.len())
        .flat_map(of)
        .filter(|(_, one)| one.last_push >= data.window.since && one.last_push <= data.window.until)
        .map(|(row, one)| ExplainedRow {
            item: funnel::request_name(data, row, one.request),
            value: f64::from(one.commits),
            note: format!("last push {}", one.last_push.date()),
        })
        .collect()
}
