//! The use of AI tools: how strong its evidence is, and the velocity paradox beside the survey's.

use tl_map::report::collected::{
    AdjustedFailure, AiUseTable, BeforeAfter, CollectedReport, Compared, Paradox, ParadoxRow,
};
use tl_map::report::{Figure, Unit, Visibility};

use super::grid::{Cell, Grid, Layout, column};
use super::groups::{HIDDEN, HIDDEN_SHORT, label, points};
use super::page::Page;
use super::{counted, interval, with_interval};
use tl_map::format::{self, count, number, signed_duration, value};

/// What was collected of the use of AI tools.
pub(super) fn show(page: &mut Page<'_>, collected: &CollectedReport) {
    if let Some(found) = &collected.ai_use {
        evidence(page, found);
    }
    if let Some(found) = &collected.paradox {
        paradox(page, found);
    }
}

fn evidence(page: &mut Page<'_>, found: &AiUseTable) {
    page.heading(
        "HOW STRONG THE EVIDENCE IS",
        "each change once, under the strongest that it carries",
    );
    let mut grid = Grid::new([
        column("", Layout::Left),
        column("changes", Layout::Right),
        column("evidence", Layout::Wrap),
    ]);
    for row in &found.by_level {
        grid.row([row.level.as_str(), &count(row.changes), &row.label].map(Cell::from));
    }
    page.grid(&grid);
    if found.leverage.value.is_some() {
        page.paragraph(&format!(
            "AI leverage: {} of {} carry some.",
            with_interval(&found.leverage),
            counted(found.changes, "change", "changes")
        ));
    }
    if found.people_told_of > 0 {
        let others = match found.people_not_joined {
            0 => "all of them wrote changes here".to_owned(),
            some => format!("{} of them wrote no change here", count(some)),
        };
        page.remark(&format!(
            "Telemetry tells of {}; {others}.",
            counted(found.people_told_of, "person", "people")
        ));
    }
}

/// Left out where there is no room, in this order: rework, days in production, the intervals,
/// people, after hours, changes.
fn paradox(page: &mut Page<'_>, found: &Paradox) {
    if found.rows.is_empty() {
        return;
    }
    page.heading(
        "VELOCITY PARADOX",
        "does more AI come with more deliveries, more failures, longer recovery?",
    );
    let mut grid = Grid::new([
        column("usage", Layout::Left),
        column("changes", Layout::Right).drop(1),
        column("people", Layout::Right).drop(4),
        column("days/wk", Layout::Right).drop(7),
        column("daily", Layout::Right),
        column("95 %", Layout::Left).drop(6),
        column("failed", Layout::Right),
        column("95 %", Layout::Left).drop(5),
        column("recovery", Layout::Right).drop(2),
        column("after hours", Layout::Right).drop(3),
        column("rework", Layout::Right).drop(8),
    ]);
    for row in &found.rows {
        let label = label(&row.usage, row.visibility);
        match row.visibility {
            Visibility::Hidden => {
                grid.row_with_tail([label.into(), count(row.changes).into()], HIDDEN, HIDDEN_SHORT);
            }
            Visibility::Shown | Visibility::TooFew => grid.row(cells(label, row)),
        }
    }
    page.grid(&grid);
    let survey = match found.survey.is_empty() {
        true => String::new(),
        false => format!(" In brackets: what a survey found ({}).", found.survey),
    };
    page.remark(&format!(
        "Daily: share of people whose changes come to production on five or more days of a week.\
         {survey} Cohorts of {} by telemetry, of {} by evidence.",
        counted(found.by_telemetry, "person", "people"),
        count(found.by_evidence)
    ));
    for says in &found.says {
        page.point("-", says);
    }
    adjusted(page, &found.adjusted);
    before_after(page, &found.before_after);
}

fn cells(label: String, row: &ParadoxRow) -> Vec<Cell> {
    vec![
        label.into(),
        count(row.changes).into(),
        count(row.people).into(),
        row.production_days.value.map_or_else(String::new, number).into(),
        compared(&row.daily).into(),
        interval(&row.daily.own).into(),
        compared(&row.failed).into(),
        interval(&row.failed.own).into(),
        compared(&row.recovery).into(),
        value(&row.after_hours).into(),
        value(&row.rework).into(),
    ]
}

/// `38 % (45 %)`: the team's own, and the survey's.
fn compared(pair: &Compared) -> String {
    match pair.survey {
        Some(survey) => {
            format!("{} ({})", value(&pair.own), format::in_unit(survey, pair.own.unit))
        }
        None => value(&pair.own),
    }
}

fn adjusted(page: &mut Page<'_>, found: &AdjustedFailure) {
    if found.exposed.value.is_none() || found.reference.value.is_none() {
        return;
    }
    let ratio = match found.ratio.value {
        Some(_) => format!(", like with like {}", with_interval(&found.ratio)),
        None => String::new(),
    };
    let e_value =
        found.e_value.map_or_else(String::new, |value| format!("; E-value {}", number(value)));
    page.remark(&format!(
        "Failed, very frequent and frequent against the others: {} against {}; risk ratio {}{ratio}\
         {e_value}.",
        with_interval(&found.exposed),
        with_interval(&found.reference),
        with_interval(&found.crude)
    ));
}

/// Differences of the same authors: with their sign.
fn before_after(page: &mut Page<'_>, found: &BeforeAfter) {
    let differences = [
        ("failed", &found.failed),
        ("first commit to merge", &found.to_merge),
        ("changes a week", &found.changes_per_week),
    ];
    let known: Vec<String> = differences
        .into_iter()
        .filter(|(_, figure)| figure.value.is_some())
        .map(|(what, figure)| format!("{what} {}", signed(figure)))
        .collect();
    // Why there is none is said among the sentences above.
    if known.is_empty() {
        return;
    }
    page.remark(&format!(
        "Before and after the first known use, median of {}: {}.",
        counted(found.people, "author", "authors"),
        known.join("; ")
    ));
}

/// A difference: shares in points.
fn signed(figure: &Figure) -> String {
    let Some(size) = figure.value else { return value(figure) };
    let plus = if size > 0.0 { "+" } else { "" };
    let shown = match figure.unit {
        Unit::Hours => signed_duration(size),
        unit => format!("{plus}{}", format::in_unit(size, unit)),
    };
    let between = match format::interval(figure) {
        Some(interval) => format!(" ({interval})"),
        None => String::new(),
    };
    points(format!("{shown}{between}"), figure.unit == Unit::Share)
}
