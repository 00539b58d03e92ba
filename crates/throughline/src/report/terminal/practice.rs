//! How work is done around deliveries: working hours, steps that wait for a person, work after
//! hours.

use tl_map::report::Figure;
use tl_map::report::collected::{AfterHours, BusinessHours, ManualSteps};

use super::grid::{Cell, Grid, Layout, column, sparkline};
use super::page::{INDENT, Page};
use super::{interval, with_interval};
use crate::ui::Ink;
use tl_map::format::{count, number, value};

/// Names of days, Monday first.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Stages in working hours beside calendar time; nothing unless asked for.
pub(super) fn business_hours(page: &mut Page<'_>, found: Option<&BusinessHours>) {
    let Some(found) = found else { return };
    page.heading("IN WORKING HOURS", &format!("calendar {}", found.calendar));
    let mut grid = Grid::new([
        column("stage", Layout::Left),
        column("n", Layout::Right).drop(3),
        column("p50", Layout::Right),
        column("95 %", Layout::Left).drop(5),
        column("p90", Layout::Right).drop(2),
        column("calendar p50", Layout::Right).drop(1),
        column("p90", Layout::Right).drop(4),
    ]);
    for row in &found.rows {
        // Working hours stay hours: a day of them would read as a day of the calendar.
        let worked = |figure: &Figure| {
            figure.value.map_or_else(|| value(figure), |value| format!("{} h", number(value)))
        };
        let between = match (row.p50.value, row.p50.low, row.p50.high) {
            (Some(_), Some(low), Some(high)) => format!("{} to {} h", number(low), number(high)),
            _ => String::new(),
        };
        grid.row([
            row.label.as_str().into(),
            count(row.n).into(),
            Cell::Text(worked(&row.p50), Some(Ink::Heading)),
            between.into(),
            worked(&row.p90).into(),
            value(&row.calendar_p50).into(),
            value(&row.calendar_p90).into(),
        ]);
    }
    page.grid(&grid);
}

/// Approvals and manual jobs; nothing where no source tells of any.
pub(super) fn manual_steps(page: &mut Page<'_>, found: Option<&ManualSteps>) {
    let Some(found) = found else { return };
    page.heading("STEPS THAT WAIT FOR A PERSON", "approvals and jobs that somebody has to start");
    let mut grid = Grid::new([
        column("step", Layout::Left),
        column("done", Layout::Right),
        column("waiting", Layout::Right).drop(1),
        column("waited p50", Layout::Right),
        column("95 %", Layout::Left).drop(3),
        column("p90", Layout::Right).drop(2),
    ]);
    for row in &found.forms {
        grid.row([
            row.form.replace('-', " ").into(),
            count(row.done).into(),
            count(row.open).into(),
            value(&row.waiting_p50).into(),
            interval(&row.waiting_p50).into(),
            value(&row.waiting_p90).into(),
        ]);
    }
    if !grid.is_empty() {
        page.grid(&grid);
    }
    said(page, "Deployments that waited for a person", &found.deployments_waited);
    said(page, "CI runs that a person started", &found.manual_runs);
}

/// `What: 12 % (9.1 to 15 %), n 130.`; or why it is not known.
fn said(page: &mut Page<'_>, what: &str, figure: &Figure) {
    match (&figure.value, &figure.note) {
        (Some(_), _) => {
            page.paragraph(&format!("{what}: {}, n {}.", with_interval(figure), count(figure.n)));
        }
        (None, Some(note)) => page.remark(&format!("{what}: not known ({note}).")),
        (None, None) => {}
    }
}

/// Shares outside working hours, and deployments by hour; nothing where nothing happened.
pub(super) fn after_hours(page: &mut Page<'_>, found: &AfterHours) {
    if found.rows.iter().all(|row| row.n == 0) {
        return;
    }
    let about = format!("calendar {}; whole groups, never a person", found.calendar);
    page.heading("AFTER HOURS", &about);
    let mut grid = Grid::new([
        column("what", Layout::Left),
        column("n", Layout::Right).drop(2),
        column("outside", Layout::Right),
        column("95 %", Layout::Left).drop(3),
        column("weekend", Layout::Right).drop(1),
        column("95 %", Layout::Left).drop(4),
    ]);
    for row in found.rows.iter().filter(|row| row.n > 0) {
        grid.row([
            row.what.as_str().into(),
            count(row.n).into(),
            value(&row.outside).into(),
            interval(&row.outside).into(),
            value(&row.weekend).into(),
            interval(&row.weekend).into(),
        ]);
    }
    page.grid(&grid);
    let deployments: u64 = found.deployments_by_hour.iter().sum();
    if deployments == 0 {
        return;
    }
    page.blank();
    // The narrowest pages have no room for the hours of a day.
    if page.width >= INDENT + found.deployments_by_hour.len() {
        let line = sparkline(&found.deployments_by_hour, page.style);
        page.push_line(&format!("  {line}"));
        page.remark("deployments by hour, 0 to 23 o'clock of the calendar");
    }
    let days: Vec<String> = found
        .deployments_by_day
        .iter()
        .zip(DAYS)
        .map(|(deployments, day)| format!("{day} {}", count(*deployments)))
        .collect();
    if !days.is_empty() {
        page.paragraph(&format!("Deployments by day: {}.", days.join(", ")));
    }
}
