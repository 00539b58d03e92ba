//! What only collected events can tell: services, CI, reviews, time in status, coverage.

use tl_map::report::collected::{
    BoundaryCoverage, Ci, CollectedReport, MergeQueue, PipelineRow, Reviews, ServiceDora,
    StatusRow, TimeInStatus,
};
use tl_map::report::{DoraRow, Figure, Report, Unit};

use super::grid::{Cell, Fill, Grid, Layout, column};
use super::outcomes::{figure_cells, figures};
use super::page::Page;
use super::{apex, counted, interval, network, practice, with_interval};
use crate::ui::Ink;
use tl_map::format::{self, NOTHING, count, share, value};

/// Services shown, those deployed most.
const SERVICES: usize = 12;
/// Pipelines shown, those with most runs.
const PIPELINES: usize = 8;
/// Statuses shown, those with most time.
const STATUSES: usize = 10;

/// Everything but what is about the use of AI tools.
pub(super) fn show(page: &mut Page<'_>, collected: &CollectedReport, report: &Report) {
    services(page, &collected.services);
    apex::show(page, &collected.apex);
    if let Some(found) = &collected.time_in_status {
        time_in_status(page, found);
    }
    if let Some(found) = &collected.reviews {
        reviews(page, found);
    }
    if let Some(found) = &collected.merge_queue {
        merge_queue(page, found);
    }
    if let Some(found) = &collected.ci {
        ci(page, found);
    }
    practice::business_hours(page, collected.business_hours.as_ref());
    practice::manual_steps(page, collected.manual_steps.as_ref());
    practice::after_hours(page, &collected.after_hours);
    if let Some(found) = &collected.network {
        network::show(page, found);
    }
    coverage(page, &collected.coverage, report.value_stream.changes);
}

/// The row of this id.
fn row<'a>(service: &'a ServiceDora, id: &str) -> Option<&'a DoraRow> {
    service.rows.iter().find(|row| row.id == id)
}

fn cell(row: Option<&DoraRow>) -> Cell {
    row.map_or_else(|| NOTHING.to_owned(), |row| value(&row.figure)).into()
}

/// Left out where there is no room, in this order: rework, the intervals, days, recovery, the rate
/// with weaker links, deployments.
fn services(page: &mut Page<'_>, services: &[ServiceDora]) {
    if services.is_empty() {
        return;
    }
    page.heading("DORA BY SERVICE", "compare a service with itself over time, not with another");
    let mut grid = Grid::new([
        column("service", Layout::Left),
        column("deployed", Layout::Right).drop(1),
        column("days", Layout::Right).drop(5),
        column("lead time", Layout::Right),
        column("95 %", Layout::Left).drop(7),
        column("failed A-C", Layout::Right),
        column("95 %", Layout::Left).drop(6),
        column("A-E", Layout::Right).drop(3),
        column("recovery", Layout::Right).drop(4),
        column("rework", Layout::Right).drop(8),
    ]);
    let mut most: Vec<&ServiceDora> = services.iter().collect();
    most.sort_by(|a, b| b.deployments.cmp(&a.deployments).then(a.service.cmp(&b.service)));
    for service in most.iter().take(SERVICES) {
        let [lead, failed] = ["change-lead-time", "change-fail-rate"].map(|id| row(service, id));
        let wide = failed.and_then(|row| row.also.as_ref()).map(|(_, figure)| value(figure));
        let between =
            |row: Option<&DoraRow>| row.map_or_else(String::new, |row| interval(&row.figure));
        grid.row([
            service.service.as_str().into(),
            count(service.deployments).into(),
            count(service.days).into(),
            cell(lead),
            between(lead).into(),
            cell(failed),
            between(failed).into(),
            wide.unwrap_or_else(|| NOTHING.to_owned()).into(),
            cell(row(service, "failed-deployment-recovery-time")),
            cell(row(service, "deployment-rework-rate")),
        ]);
    }
    page.grid(&grid);
    page.and_more(services.len(), SERVICES);
}

fn ci(page: &mut Page<'_>, ci: &Ci) {
    let about = format!("{} that ended in the window", counted(ci.whole.runs, "run", "runs"));
    page.heading("CI", &about);
    let mut grid = Grid::new([
        column("pipeline", Layout::Left),
        column("runs", Layout::Right).drop(2),
        column("queue", Layout::Right),
        column("p90", Layout::Right).drop(4),
        column("run", Layout::Right),
        column("95 %", Layout::Left).drop(6),
        column("failed", Layout::Right).drop(1),
        column("95 %", Layout::Left).drop(5),
        column("rerun", Layout::Right).drop(3),
        column("flaky", Layout::Right).drop(3),
    ]);
    for pipeline in ci.pipelines.iter().take(PIPELINES) {
        grid.row(pipeline_cells(&pipeline.pipeline, pipeline));
    }
    if ci.pipelines.len() != 1 {
        grid.row(pipeline_cells("in all", &ci.whole));
    }
    page.grid(&grid);
    page.and_more(ci.pipelines.len(), PIPELINES);
    if ci.to_green.value.is_some() {
        page.paragraph(&format!(
            "Half of the requests were green {} after their head's first run began.",
            with_interval(&ci.to_green)
        ));
    }
}

fn pipeline_cells(label: &str, row: &PipelineRow) -> Vec<Cell> {
    vec![
        label.into(),
        count(row.runs).into(),
        value(&row.queue_p50).into(),
        value(&row.queue_p90).into(),
        value(&row.duration_p50).into(),
        interval(&row.duration_p50).into(),
        value(&row.failed).into(),
        interval(&row.failed).into(),
        value(&row.rerun).into(),
        value(&row.flaky).into(),
    ]
}

/// A figure with its interval and n beside what it is; where it has none, why. Nothing of both is
/// no row.
pub(super) fn told(grid: &mut Grid, label: &str, figure: &Figure, what: &str) {
    let said = match (figure.value, &figure.note) {
        (None, Some(note)) => note.clone(),
        (None, None) => return,
        (Some(_), Some(note)) => format!("{what}; {note}"),
        (Some(_), None) => format!("{what}, n {}", count(figure.n)),
    };
    grid.row(figure_cells(label, figure, said.trim_start_matches("; ")));
}

fn reviews(page: &mut Page<'_>, reviews: &Reviews) {
    let about = format!(
        "{} by {}",
        counted(reviews.reviews, "review", "reviews"),
        counted(reviews.reviewers, "person", "people")
    );
    page.heading("REVIEWS", &about);
    let mut grid = figures("what", "over");
    let rows = [
        ("load", &reviews.load, "reviews for each reviewer and week"),
        ("busiest fifth", &reviews.busiest_fifth, "share of the reviews that they give"),
        ("reviewer's turn", &reviews.reviewers_turn, "first review to approval, median"),
        ("author's turn", &reviews.authors_turn, "first review to approval, median"),
        ("rounds", &reviews.rounds, "asked for changes, mean of a reviewed change"),
        ("first AI review", &reviews.to_first_ai_review, "from ready, median"),
        ("unreviewed", &reviews.unreviewed, "merged requests without another person's review"),
    ];
    for (label, figure, what) in rows {
        told(&mut grid, label, figure, what);
    }
    page.grid(&grid);
}

fn merge_queue(page: &mut Page<'_>, found: &MergeQueue) {
    let about = format!("{} merged out of it", counted(found.merged, "request", "requests"));
    page.heading("MERGE QUEUE", &about);
    let mut grid = figures("what", "over");
    let both = |what: &str, p90: &Figure| format!("{what}, median; p90 {}", value(p90));
    let to_queue = both("approval to the last entry", &found.approved_to_queued_p90);
    let in_queue = both("last entry to the merge", &found.in_queue_p90);
    let in_all = both("in the queue in all", &found.in_all_p90);
    let rows = [
        ("merged through it", &found.share, "share of the merged requests"),
        ("waited to be queued", &found.approved_to_queued_p50, &to_queue),
        ("time in queue", &found.in_queue_p50, &in_queue),
        ("all entries", &found.in_all_p50, &in_all),
        ("entries", &found.entries, "mean of a request merged out of it"),
        ("removed", &found.removed, "unmerged at least once, of the requests that left it"),
    ];
    // Without a request that came out of it only the last says anything.
    let shown = if found.merged == 0 { &rows[rows.len() - 1..] } else { &rows };
    for (label, figure, what) in shown {
        told(&mut grid, label, figure, what);
    }
    page.grid(&grid);
    if found.removed_unmerged + found.waiting > 0 {
        page.paragraph(&format!(
            "Not merged at the end of the window: {} removed from it, {} still in it.",
            count(found.removed_unmerged),
            count(found.waiting)
        ));
    }
}

/// Left out where there is no room, in this order: tickets, the interval, p90, what it means.
fn time_in_status(page: &mut Page<'_>, found: &TimeInStatus) {
    let tickets = counted(found.tickets, "ticket", "tickets");
    let about = format!("of {tickets} done in the window, the most time first");
    page.heading("TIME IN STATUS", &about);
    if found.statuses.is_empty() {
        page.paragraph("No ticket was done in the window.");
        return;
    }
    let mut grid = Grid::new([
        column("status", Layout::Left),
        column("means", Layout::Left).drop(3),
        column("", Layout::Bar).drop(2),
        column("share", Layout::Right),
        column("p50", Layout::Right),
        column("95 %", Layout::Left).drop(6),
        column("p90", Layout::Right).drop(4),
        column("tickets", Layout::Right).drop(7),
    ]);
    for status in found.statuses.iter().take(STATUSES) {
        grid.row(status_cells(status));
    }
    page.grid(&grid);
    page.and_more(found.statuses.len(), STATUSES);
    if let Some(efficiency) = found.flow_efficiency.value {
        page.paragraph(&format!(
            "From first progress to done, {} of the time were active.",
            share(efficiency)
        ));
    }
}

fn status_cells(row: &StatusRow) -> Vec<Cell> {
    let fill = if row.meaning == "active" { Fill::Active } else { Fill::Queue };
    let bar = match row.share.value {
        Some(to) => Cell::Bar { from: 0.0, to, fill },
        None => Cell::from(""),
    };
    vec![
        row.status.as_str().into(),
        row.meaning.as_str().into(),
        bar,
        value(&row.share).into(),
        Cell::Text(value(&row.p50), Some(Ink::Heading)),
        interval(&row.p50).into(),
        value(&row.p90).into(),
        count(row.tickets).into(),
    ]
}

fn coverage(page: &mut Page<'_>, rows: &[BoundaryCoverage], changes: u64) {
    if rows.is_empty() || changes == 0 {
        return;
    }
    let about = format!("of {} merged in the window", counted(changes, "change", "changes"));
    page.heading("HOW MUCH OF THE LINE IS KNOWN", &about);
    let mut grid = Grid::new([
        column("", Layout::Left),
        column("boundary", Layout::Left),
        column("known", Layout::Right),
        column("", Layout::Right),
        column("the others", Layout::Wrap),
    ]);
    for row in rows {
        let why: Vec<String> =
            row.lacking.iter().map(|(why, n)| format!("{} {why}", count(*n))).collect();
        grid.row([
            row.boundary.as_str().into(),
            row.label.as_str().into(),
            count(row.known).into(),
            format::in_unit(row.known as f64 / changes as f64, Unit::Share).into(),
            Cell::Text(why.join("; "), Some(Ink::Faint)),
        ]);
    }
    page.grid(&grid);
}
