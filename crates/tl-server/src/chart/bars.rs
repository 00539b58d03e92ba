//! Plots of what only collected events tell: time in status, and deployments by hour of the day.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_map::report::Unit;
use tl_map::report::collected::{AfterHours, StatusRow, TimeInStatus};

use super::axis::{self, Ticks};
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plot, Size, letters};
use super::scatter::grid;
use tl_map::format;

/// Statuses drawn, those with most time.
const STATUSES: usize = 12;

/// A bar per status, as long as the time that tickets spent in it; `None` without any.
pub(crate) fn statuses(found: &TimeInStatus) -> Result<Option<Plot>, DrawError> {
    let shown: Vec<&StatusRow> = found
        .statuses
        .iter()
        .filter(|row| row.total_hours.is_finite() && row.total_hours > 0.0)
        .take(STATUSES)
        .collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let rows = shown.len() as u32;
    let words = |row: &&StatusRow| {
        format!("{} ({}): {}", row.status, row.meaning, format::hours(row.total_hours))
    };
    let plot = Plot {
        id: "plot-status",
        title: "Time of all tickets in each status".to_owned(),
        description: shown.iter().map(words).collect::<Vec<_>>().join("; "),
        legend: ["backlog", "active", "queue", "blocked"]
            .into_iter()
            .filter(|meaning| shown.iter().any(|row| row.meaning == *meaning))
            .map(|meaning| key(Mark::Block, status_ink(meaning).1, meaning))
            .collect(),
        notes: vec![format!(
            "Summed over {} tickets done in the window. The backlog is before the first progress \
             and is no part of the flow.",
            format::count(found.tickets)
        )],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(12 + 46 * rows, 12 + 46 * rows, |area, size| paint_statuses(area, size, &shown))?;
    Ok(Some(plot))
}

/// Edge and fill of what a status means.
fn status_ink(meaning: &str) -> (Ink, Ink) {
    match meaning {
        "backlog" => (Ink::Backlog, Ink::BacklogHatch),
        "active" => (Ink::Coding, Ink::Coding),
        "blocked" => (Ink::Blocked, Ink::BlockedHatch),
        _ => (Ink::ReleaseWait, Ink::ReleaseHatch),
    }
}

fn paint_statuses(area: &Area<'_>, size: Size, shown: &[&StatusRow]) -> Result<(), DrawError> {
    let longest = shown.iter().map(|row| row.total_hours).fold(f64::MIN_POSITIVE, f64::max);
    for (at, row) in shown.iter().enumerate() {
        let top = 6 + 46 * at as i32;
        let share = match row.share.value {
            Some(_) => format!(", {} of the flow", format::value(&row.share)),
            None => String::new(),
        };
        let room = size.width as usize / if size.narrow { 14 } else { 12 };
        let words =
            format!("{}: median {}{share}", shortened(&row.status, room), format::value(&row.p50));
        let style = letters(size, Ink::Text, HPos::Left, VPos::Top);
        area.draw(&Text::new(words, (0, top), style))?;
        let end = ((f64::from(size.width - 2) * row.total_hours / longest) as i32).max(3);
        let (solid, fill) = status_ink(&row.meaning);
        let corners = [(1, top + 20), (end, top + 38)];
        area.draw(&Rectangle::new(corners, fill.fill()))?;
        area.draw(&Rectangle::new(corners, solid.line(1)))?;
    }
    Ok(())
}

/// The beginning of a name that has no room.
fn shortened(name: &str, room: usize) -> String {
    if name.chars().count() <= room {
        return name.to_owned();
    }
    name.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// Deployments by hour of the day; `None` without any.
pub(crate) fn by_hour(found: &AfterHours) -> Result<Option<Plot>, DrawError> {
    let counts = &found.deployments_by_hour;
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return Ok(None);
    }
    let peak = (0..counts.len()).max_by_key(|hour| (counts[*hour], usize::MAX - hour));
    let peak = peak.unwrap_or_default();
    let plot = Plot {
        id: "plot-hours",
        title: "Deployments by hour of the day".to_owned(),
        description: format!(
            "{} deployments to production; most, {}, from {peak} to {} o’clock.",
            format::count(all),
            format::count(counts[peak]),
            peak + 1
        ),
        legend: vec![key(Mark::Block, Ink::Accent, "deployments to production")],
        notes: vec![format!("Hours of the calendar: {}.", found.calendar)],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(240, 220, |area, size| paint_hours(area, size, counts))?;
    Ok(Some(plot))
}

fn paint_hours(area: &Area<'_>, size: Size, counts: &[u64]) -> Result<(), DrawError> {
    let top = counts.iter().copied().max().unwrap_or(0).max(1) as f64 * 1.1;
    let end = counts.len() as f64;
    let step = if size.narrow { 6 } else { 3 };
    let across = (0..=counts.len()).step_by(step).map(|hour| (hour as f64, format!("{hour}:00")));
    let up = axis::linear(top, Unit::Count, 4);
    let chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(if size.narrow { 8 } else { 20 })
        .x_label_area_size(26)
        .y_label_area_size(if size.narrow { 54 } else { 60 })
        .build_cartesian_2d(0.0..end, 0.0..top)?;
    grid(area, &chart, size, &Ticks(across.collect()), &up)?;
    for (hour, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (from, to) = (hour as f64 + 0.12, hour as f64 + 0.88);
        let bar = Rectangle::new([(from, 0.0), (to, *count as f64)], Ink::Accent.fill());
        chart.plotting_area().draw(&bar)?;
    }
    Ok(())
}
