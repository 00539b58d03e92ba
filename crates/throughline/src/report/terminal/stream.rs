//! What was read, and the line from its first boundary to its last.

use tl_core::time::{Millis, Timestamp};
use tl_map::journey::StageKind;
use tl_map::report::{Report, RepositorySummary, StageRow, ValueStream};

use super::grid::{Cell, Fill, Grid, Layout, column, sparkline};
use super::page::Page;
use super::{counted, with_interval};
use crate::ui::Ink;
use tl_map::format::{count, duration, number, share, value};
use tl_map::words::{Line, done_changes};

/// Weeks that the row of weekly changes shows at most: a year.
const WEEKS: i64 = 52;

/// Repositories shown, the first ones.
const REPOSITORIES: usize = 20;

/// One line per repository, and the window.
pub(super) fn repositories(page: &mut Page<'_>, report: &Report) {
    let mut grid = Grid::new([
        column("repository", Layout::Left),
        column("branch", Layout::Left).drop(5),
        column("commits", Layout::Right),
        column("people", Layout::Right).drop(4),
        column("releases", Layout::Right).drop(1),
        column("requests", Layout::Right).drop(2),
        column("merged", Layout::Right).drop(6),
        column("AI commits", Layout::Right).drop(3),
        column("since", Layout::Left).drop(7),
    ]);
    for repository in report.repositories.iter().take(REPOSITORIES) {
        grid.row(repository_cells(repository));
    }
    page.grid(&grid);
    page.and_more(report.repositories.len(), REPOSITORIES);
    if report.repositories.is_empty() {
        page.paragraph("No repository was read.");
    }
    page.blank();
    let stream = &report.value_stream;
    let bots = match stream.bots {
        0 => String::new(),
        bots => format!(", {} more by bots left out", count(bots)),
    };
    let as_of = match report.as_of.date() {
        date if date == report.until.date() => String::new(),
        date => format!("; as of {date}"),
    };
    page.paragraph(&format!(
        "{} merged from {} to {}{bots}{as_of}.",
        counted(stream.changes, "change", "changes"),
        report.since.date(),
        report.until.date(),
    ));
    weekly(page, report);
}

fn repository_cells(repository: &RepositorySummary) -> Vec<Cell> {
    let or_nothing = |known: bool, number: u64| {
        if known { count(number) } else { "none".to_owned() }
    };
    vec![
        Cell::Text(repository.name.clone(), Some(Ink::Heading)),
        repository.branch.as_str().into(),
        count(repository.commits).into(),
        count(repository.people).into(),
        or_nothing(repository.releases > 0, repository.releases).into(),
        or_nothing(repository.request_heads > 0, repository.request_heads).into(),
        or_nothing(repository.request_heads > 0, repository.requests_merged).into(),
        or_nothing(repository.ai_commits > 0, repository.ai_commits).into(),
        repository.first.map_or_else(String::new, Timestamp::date).into(),
    ]
}

/// Changes of each week as a row of small bars, the last year at most. Weeks before the first
/// commit are no weeks without changes.
fn weekly(page: &mut Page<'_>, report: &Report) {
    let week = Millis::WEEK.get();
    let first = report.repositories.iter().filter_map(|repository| repository.first).min();
    let start = first.map_or(report.since, |first| first.max(report.since));
    let span = (report.until - start).get();
    let weeks = (span + week / 2) / week;
    let mean = number(report.series.changes.len() as f64 * week as f64 / span.max(1) as f64);
    let room = page.width.saturating_sub(format!("   {mean} merged a week, last 52 weeks").len());
    let shown = weeks.min(WEEKS).min(room as i64);
    if shown < 2 || report.series.changes.is_empty() {
        return;
    }
    let mut counts = vec![0_u64; shown as usize];
    for change in &report.series.changes {
        let ago = (report.until - change.merged).get().div_euclid(week);
        let at = usize::try_from(shown - 1 - ago).ok();
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    let line = sparkline(&counts, page.style);
    let last = if shown < weeks { format!(", last {shown} weeks") } else { String::new() };
    page.push_line(&format!("  {line} {mean} merged a week{last}"));
}

/// A bar per stage, what it costs, and what the numbers leave out.
pub(super) fn value_stream(page: &mut Page<'_>, report: &Report) {
    let stream = &report.value_stream;
    let style = page.style;
    let line = Line::of(stream);
    let about = if stream.total.n == 0 {
        format!("from {}", line.whole())
    } else {
        let mixed = match stream.stages.iter().any(|row| row.kind == StageKind::Mixed) {
            true => format!(" {} both", Fill::Mixed.glyph(style)),
            false => String::new(),
        };
        format!(
            "from {}; {} work {} waiting{mixed}; {}",
            line.whole(),
            Fill::Active.glyph(style),
            Fill::Queue.glyph(style),
            done_changes(line, &count(stream.total.n), stream.total.n == 1)
        )
    };
    page.heading("WHERE THE TIME GOES", &about);
    if stream.stages.iter().any(is_known) {
        page.grid(&stages(stream));
    }
    for row in stream.stages.iter().filter(|row| row.n == 0 || row.p50.value.is_none()) {
        let why = row.p50.note.as_deref().unwrap_or("no change went through it");
        page.point(
            &format!("{}:", row.label),
            &format!("median not known: {why}{}.", waiting(row)),
        );
    }
    page_total(page, stream, line);
    longest(page, stream);
    left_out(page, stream, line);
}

/// Whether there is anything to show in the row; the median may still not be reached.
fn is_known(row: &StageRow) -> bool {
    row.n > 0 && (row.p50.value.is_some() || row.share.value.is_some())
}

fn waiting(row: &StageRow) -> String {
    match row.wip {
        0 => String::new(),
        wip => format!("; {} in it now", counted(wip, "change is", "changes are")),
    }
}

/// Left out where there is no room, in this order: arrivals and departures, p75, n, now in it,
/// p90, the share in digits.
fn stages(stream: &ValueStream) -> Grid {
    let mut grid = Grid::new([
        column("stage", Layout::Left),
        column("", Layout::Bar).drop(1),
        column("share", Layout::Right).drop(2),
        column("p50", Layout::Right),
        column("p75", Layout::Right).drop(6),
        column("p90", Layout::Right).drop(3),
        column("n", Layout::Right).drop(5),
        column("now", Layout::Right).drop(4),
        column("in/wk", Layout::Right).drop(8),
        column("out/wk", Layout::Right).drop(7),
    ]);
    let mut from = 0.0;
    for row in &stream.stages {
        let to = from + row.share.value.unwrap_or(0.0);
        let fill = match row.kind {
            StageKind::Active => Fill::Active,
            StageKind::Queue => Fill::Queue,
            StageKind::Mixed => Fill::Mixed,
        };
        let bar = match row.share.value {
            Some(_) => Cell::Bar { from, to, fill },
            None => Cell::from(""),
        };
        if is_known(row) {
            grid.row(stage_cells(&row.label, row, bar));
        }
        from = to;
    }
    if stream.total.p50.value.is_some() {
        grid.row(stage_cells("in all", &stream.total, Cell::from("")));
    }
    grid
}

fn stage_cells(label: &str, row: &StageRow, bar: Cell) -> Vec<Cell> {
    let weekly = |rate: f64| if row.n + row.open == 0 { String::new() } else { number(rate) };
    vec![
        label.into(),
        bar,
        value(&row.share).into(),
        Cell::Text(value(&row.p50), Some(Ink::Heading)),
        value(&row.p75).into(),
        value(&row.p90).into(),
        count(row.n).into(),
        count(row.wip).into(),
        weekly(row.arrivals_per_week).into(),
        weekly(row.departures_per_week).into(),
    ]
}

/// Changes below which a reader is warned: as few as make no cohort.
const FEW: u64 = tl_map::stats::minimum::MIN_COHORT as u64;

fn page_total(page: &mut Page<'_>, stream: &ValueStream, line: Line) {
    let Some(efficiency) = stream.flow_efficiency.value else { return };
    let half = match stream.total.p50.value {
        Some(_) => {
            format!("Half of the changes took {} or less. ", with_interval(&stream.total.p50))
        }
        None => String::new(),
    };
    // The shares and bars above are of these few, too.
    let few = if stream.total.n < FEW {
        let end = if line.is_deployed { "are in production" } else { "a release" };
        format!("Only {} changes have a known start and {end}. ", stream.total.n)
    } else {
        String::new()
    };
    page.blank();
    page.paragraph(&format!(
        "{few}{half}Flow efficiency {}: of 100 hours on the line, {:.0} were waiting.",
        share(efficiency),
        100.0 - 100.0 * efficiency
    ));
}

fn longest(page: &mut Page<'_>, stream: &ValueStream) {
    let oldest: Vec<String> = stream
        .stages
        .iter()
        .filter_map(|row| {
            let item = row.oldest.as_ref()?;
            Some(format!("{} {} ({})", row.label, item.change, duration(item.hours)))
        })
        .collect();
    if !oldest.is_empty() {
        page.paragraph(&format!("Oldest now: {}.", oldest.join(", ")));
    }
}

/// What the rows leave out or had to move; only what there is.
fn left_out(page: &mut Page<'_>, stream: &ValueStream, line: Line) {
    let [censored, waiting, backport] = match line.is_deployed {
        true => [
            "older than the first known deployment",
            "not in production yet (counted as still waiting)",
            "first in production through a backport",
        ],
        false => [
            "older than the first known release",
            "in no release yet (counted as still waiting)",
            "first released through a backport",
        ],
    };
    let shift = duration(stream.max_shift_hours);
    let notes = [
        (stream.unknown_start, "without a known first commit".to_owned()),
        (stream.left_censored, censored.to_owned()),
        (stream.unreleased, waiting.to_owned()),
        (stream.via_backport, backport.to_owned()),
        (stream.clock_adjusted, format!("with clocks that disagree (moved by up to {shift})")),
    ];
    let notes: Vec<String> = notes
        .into_iter()
        .filter(|(changes, _)| *changes > 0)
        .map(|(changes, what)| format!("{} {what}", count(changes)))
        .collect();
    if !notes.is_empty() {
        page.remark(&format!(
            "Of {}: {}.",
            counted(stream.changes, "change", "changes"),
            notes.join(", ")
        ));
    }
}
