//! `/reliability`: DORA's five, what was deployed, what broke, and how long it took to mend it.
//!
//! In: the report, deployments and incidents of a snapshot. Out: a [`Sheet`]. Start at [`reliability`]; one
//! incident with the changes that it is put down to is a page of its own, [`mod@incident`].
//! **Invariant:** a service or repository that is chosen narrows lists and report alike.

pub(crate) mod incident;

use axum::extract::State;
use axum::http::Uri;
use tl_core::fact::Outcome;
use tl_core::time::{Millis, Timestamp};
use tl_map::deployment_row::{DeploymentForm, DeploymentRow, IncidentRow};
use tl_map::format;
use tl_map::report::Report;
use tl_map::stats::quantile::quantile;
use tl_map::words::Line;

use super::sheet::Sheet;
use super::{Asked, PageResult, Problem, Shell, journey};
use crate::app::App;
use crate::chart::table::{Cell, Table, count, prose, text};
use crate::question::Question;
use crate::report::sections::{self, Block, Headline, Missing, Section};

/// Rows of a list; the API has all of them.
const ROWS: usize = 100;

/// Characters of the id of a commit.
const SHORT: usize = 12;

/// `GET /reliability`
pub(crate) async fn reliability(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let measured = &asked.snapshot.measured;
    let report = &measured.report;
    let line = Line::of(&report.value_stream);
    let deployments = deployments_of(&measured.deployments, &asked.question);
    let incidents = incidents_of(&measured.incidents, &asked.question);
    let mut all = vec![sections::dora(report, line)];
    match &report.collected {
        Some(found) if !found.services.is_empty() => {
            all.push(sections::collected::services(&found.services));
        }
        _ => all[0].blocks.extend(sections::how("dora")),
    }
    all.push(incident_section(&incidents, &asked.question));
    all.push(deployment_section(&deployments));
    all.push(sections::failures(report, line));
    if !line.is_deployed {
        all.push(sections::releases(report).map_err(Problem::bug)?);
    }
    all.retain(|section| !section.blocks.is_empty());
    let sheet = Sheet {
        shell: Shell::around(&app, "Reliability", &asked),
        sentence: sentence(&deployments, &incidents),
        headlines: headlines(report, &incidents),
        form: None,
        sections: all,
        more: vec![
            (asked.question.address("/v1/deployments"), "All deployments as JSON"),
            (asked.question.address("/v1/incidents"), "All incidents as JSON"),
        ],
    };
    sheet.shown()
}

/// Those of the service and repository that are asked for.
pub(crate) fn deployments_of<'a>(
    rows: &'a [DeploymentRow],
    question: &Question,
) -> Vec<&'a DeploymentRow> {
    let is_wanted = |row: &&DeploymentRow| {
        question.service.as_ref().is_none_or(|name| *name == row.service)
            && question.repository.as_ref().is_none_or(|name| *name == row.repository)
    };
    rows.iter().filter(is_wanted).collect()
}

/// Those of the service and repository that are asked for; an incident is of a service, too, if a
/// deployment of it is blamed.
pub(crate) fn incidents_of<'a>(
    rows: &'a [IncidentRow],
    question: &Question,
) -> Vec<&'a IncidentRow> {
    let is_wanted = |row: &&IncidentRow| {
        let is_of = |name: &String| {
            row.services.contains(name) || row.causes.iter().any(|cause| cause.service == *name)
        };
        question.service.as_ref().is_none_or(is_of)
            && question
                .repository
                .as_ref()
                .is_none_or(|name| row.repository.is_empty() || *name == row.repository)
    };
    rows.iter().filter(is_wanted).collect()
}

fn sentence(deployments: &[&DeploymentRow], incidents: &[&IncidentRow]) -> String {
    if deployments.is_empty() && incidents.is_empty() {
        return String::new();
    }
    let open = incidents.iter().filter(|one| one.resolved.is_none()).count();
    let done = deployments.iter().filter(|one| one.outcome == Outcome::Success).count();
    let now = match open {
        0 => "No incident is open.".to_owned(),
        1 => "1 incident is open.".to_owned(),
        open => format!("{} incidents are open.", format::count(open as u64)),
    };
    format!(
        "{now} {} deployments to production were tried in this period, and {} succeeded.",
        format::count(deployments.len() as u64),
        format::count(done as u64)
    )
}

fn headlines(report: &Report, incidents: &[&IncidentRow]) -> Vec<Headline> {
    let mut headlines: Vec<Headline> = report
        .dora
        .iter()
        .map(|row| Headline {
            label: row.label.clone(),
            value: format::value(&row.figure),
            small: match (&row.figure.note, format::interval(&row.figure)) {
                (Some(note), _) if row.figure.value.is_none() => note.clone(),
                (_, Some(interval)) => format!("{interval}, n {}", format::count(row.figure.n)),
                (_, None) => format!("n {}", format::count(row.figure.n)),
            },
        })
        .collect();
    if incidents.is_empty() {
        return headlines;
    }
    let median = |label: &str, span: fn(&IncidentRow) -> Option<Millis>| {
        let mut known: Vec<i64> =
            incidents.iter().filter_map(|one| span(one)).map(|span| span.get()).collect();
        known.sort_unstable();
        let value = quantile(&known, 0.5).map(|ms| format::duration(ms / 3_600_000.0));
        Headline {
            label: label.to_owned(),
            value: value.unwrap_or_else(|| format::NOTHING.to_owned()),
            small: format!(
                "n {} of {} incidents",
                format::count(known.len() as u64),
                format::count(incidents.len() as u64)
            ),
        }
    };
    headlines.push(median("until somebody took an incident, median", |one| one.to_ack_ms));
    headlines.push(median("until it was over, median", |one| one.to_resolve_ms));
    headlines
}

fn incident_section(rows: &[&IncidentRow], question: &Question) -> Section {
    let mut open: Vec<&&IncidentRow> = rows.iter().collect();
    // What goes on comes first.
    open.sort_by_key(|row| row.resolved.is_some());
    let lines = open.into_iter().take(ROWS).map(|row| one_incident(row, question));
    let columns =
        ["incident", "began", "#until taken", "#until over", "of", "put down to", "#changes"];
    let blocks = match rows {
        [] => vec![Block::Missing(Missing {
            what: "No incident began in this period, as far as it was collected.".to_owned(),
            why: String::new(),
            mend: Some("throughline collect pagerduty --help".to_owned()),
        })],
        rows => {
            vec![Block::Table(Table::new(caption("Incidents", rows.len()), &columns).with(lines))]
        }
    };
    Section {
        id: "incidents",
        title: "Incidents",
        lead: "What goes on first, then the newest. A grade says how sure it is that a deployment \
               caused it: A named by the incident, E the last one before it."
            .to_owned(),
        blocks,
    }
}

fn one_incident(row: &IncidentRow, question: &Question) -> Vec<Cell> {
    let name = if row.title.is_empty() { row.key.clone() } else { row.title.clone() };
    let known = [row.key.as_str(), row.severity.as_str()].into_iter();
    let known: Vec<&str> = known.filter(|one| !one.is_empty() && *one != name).collect();
    let span = |span: Option<Millis>, otherwise: &str| match span {
        Some(span) => text(format::duration(span.hours())),
        None => text(otherwise),
    };
    let again = (row.reopened > 0).then(|| format!("came back {} times", row.reopened));
    let cause = row.causes.first().map(|cause| {
        prose(format!("{} {}", cause.service, short(&cause.what)))
            .under(format!("grade {}: {}", cause.grade, cause.why))
    });
    vec![
        prose(name)
            .to(incident::address(question, &row.key))
            .and((!known.is_empty()).then(|| known.join(", "))),
        moment(row.opened),
        span(row.to_ack_ms, "not yet"),
        span(row.to_resolve_ms, "goes on").and(again),
        prose(row.services.join(", ")),
        cause.unwrap_or_else(|| text(format::NOTHING)),
        changes(row, question),
    ]
}

/// The changes that an incident is put down to: the only one itself, else all of them.
fn changes(row: &IncidentRow, question: &Question) -> Cell {
    match row.changes.as_slice() {
        [] => text(format::NOTHING),
        [one] => prose(one.change.clone())
            .to(journey::address(question, &one.change, &one.repository))
            .under(format!("grade {}", one.grade)),
        all => {
            let surest = format!("grade {}", all[0].grade);
            count(all.len() as u64)
                .to(format!("{}#changes", incident::address(question, &row.key)))
                .under(surest)
        }
    }
}

fn deployment_section(rows: &[&DeploymentRow]) -> Section {
    let blocks = match rows {
        [] => vec![Block::Missing(Missing {
            what: "No deployment to production was collected in this period.".to_owned(),
            why: String::new(),
            mend: Some("throughline collect --help".to_owned()),
        })],
        rows => vec![Block::Table(deployments_table(rows))],
    };
    Section {
        id: "deployments",
        title: "Deployments",
        lead: "The newest first, with the signs that one failed, the surest first.".to_owned(),
        blocks,
    }
}

/// Deployments as a table, the first of very many.
pub(crate) fn deployments_table(rows: &[&DeploymentRow]) -> Table {
    let columns = ["service", "what", "ended", "#took", "#changes", "outcome", "back in order"];
    let table = Table::new(caption("Deployments to production", rows.len()), &columns);
    table.with(rows.iter().take(ROWS).map(|row| deployment(row)))
}

fn deployment(row: &DeploymentRow) -> Vec<Cell> {
    let form = match row.form {
        DeploymentForm::Planned => None,
        DeploymentForm::Rollback => Some("rollback"),
        DeploymentForm::Hotfix => Some("hotfix"),
    };
    let form = form.map(|form| match &row.why {
        Some(why) => format!("{form}: {why}"),
        None => form.to_owned(),
    });
    let sign = row.failures.first();
    let outcome = match (row.outcome, sign) {
        (Outcome::Success, None) => "done",
        (Outcome::Success, Some(_)) => "failed afterwards",
        (Outcome::Failure, _) => "failed",
        (Outcome::Cancelled, _) => "cancelled",
        (Outcome::TimedOut, _) => "timed out",
        (Outcome::Skipped, _) => "skipped",
        (Outcome::Unknown, _) => "not told",
    };
    let sign = sign.map(|sign| format!("grade {}: {}", sign.grade, sign.why));
    let back = match (row.recovery_ms, row.failures.is_empty()) {
        (Some(span), _) => format!("after {}", format::duration(span.hours())),
        (None, false) => "not yet".to_owned(),
        (None, true) => String::new(),
    };
    vec![
        text(row.service.clone()).under(row.environment.clone()),
        prose(short(&row.what)).and(form),
        moment(row.finished),
        text(row.took_ms.map_or(format::NOTHING.to_owned(), |span| format::duration(span.hours()))),
        count(row.changes),
        prose(outcome).and(sign),
        text(back),
    ]
}

/// A day with its minute, in UTC.
pub(crate) fn moment(at: Timestamp) -> Cell {
    let whole = at.to_string();
    let (day, time) = whole.split_once('T').unwrap_or((&whole, ""));
    text(day).under(format!("{}\u{a0}UTC", time.get(..5).unwrap_or(time)))
}

/// The id of a commit in short; a version as it is, within reason.
pub(crate) fn short(what: &str) -> String {
    let is_id = what.len() >= 40 && what.bytes().all(|byte| byte.is_ascii_hexdigit());
    what.chars().take(if is_id { SHORT } else { 80 }).collect()
}

pub(crate) fn caption(what: &str, all: usize) -> String {
    match all > ROWS {
        true => format!("{what}, the first {ROWS} of {}", format::count(all as u64)),
        false => format!("{what}: {}", format::count(all as u64)),
    }
}
