//! Cumulative flow: how many changes were begun, pushed, merged and delivered by each week.

use plotters::prelude::*;
use tl_map::report::{Report, WeekPoint};

use super::axis;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plot, Size};
use super::scatter::grid;
use tl_map::format;
use tl_map::words::Line;

/// A curve: its value at a week, the ink of the band under it and of its edge, and what it means.
struct Curve {
    value: fn(&WeekPoint) -> u64,
    band: Ink,
    edge: Ink,
    label: Label,
}

/// What a curve means on a line.
type Label = fn(Line) -> String;

/// From the top of the plot down; each is painted over the one before it.
const CURVES: [Curve; 4] = [
    Curve {
        value: |week| week.started,
        band: Ink::CodingArea,
        edge: Ink::Coding,
        label: |line| match line.has_reviews {
            true => "begun, not ready for review".to_owned(),
            false => "begun, not pushed for the last time".to_owned(),
        },
    },
    Curve {
        value: |week| week.pushed,
        band: Ink::ReviewHatch,
        edge: Ink::ReviewWait,
        label: |line| {
            format!("{}, waiting for the merge", if line.has_reviews { "ready" } else { "pushed" })
        },
    },
    Curve {
        value: |week| week.merged,
        band: Ink::ReleaseHatch,
        edge: Ink::ReleaseWait,
        label: |line| format!("merged, waiting for {}", line.end()),
    },
    Curve {
        value: |week| week.released,
        band: Ink::DoneArea,
        edge: Ink::Done,
        label: |line| line.done().to_owned(),
    },
];

/// The plot, or `None` with fewer than two weeks.
pub(crate) fn plot(report: &Report) -> Result<Option<Plot>, DrawError> {
    let weeks = begun(&report.series.weeks);
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else { return Ok(None) };
    if weeks.len() < 2 {
        return Ok(None);
    }
    // A curve that never leaves zero says that the boundary is unknown, not that nothing moved.
    let known: Vec<&Curve> = CURVES.iter().filter(|curve| (curve.value)(last) > 0).collect();
    if known.is_empty() {
        return Ok(None);
    }
    let lowest = known.iter().map(|curve| (curve.value)(first)).min().unwrap_or(0);
    let highest = known.iter().map(|curve| (curve.value)(last)).max().unwrap_or(0);
    // A scale that begins at 0 is easier to read, as long as the bands stay wide enough for that.
    let floor = if lowest > highest / 4 { lowest } else { 0 };
    let mut notes = vec![
        "The height of a band is the number of changes in that state; where a band grows wider, a \
         queue grows."
            .to_owned(),
    ];
    if floor > 0 {
        notes.push(format!("The scale begins at {}, not at 0.", format::count(floor)));
    }
    let line = Line::of(&report.value_stream);
    let plot = Plot {
        id: "plot-flow",
        title: "Cumulative flow".to_owned(),
        description: format!(
            "Running totals by week. At the end: {} begun, {} {}, {} merged, {} {}.",
            last.started,
            last.pushed,
            pushed(line),
            last.merged,
            last.released,
            line.done()
        ),
        legend: known
            .iter()
            .map(|curve| key(Mark::Block, curve.band, (curve.label)(line)))
            .collect(),
        notes,
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(320, 300, |area, size| paint(area, size, weeks, &known, floor))?;
    Ok(Some(plot))
}

/// What the second boundary is called.
fn pushed(line: Line) -> &'static str {
    if line.has_reviews { "ready for review" } else { "pushed for the last time" }
}

/// The weeks from the last one in which nothing had happened yet.
fn begun(weeks: &[WeekPoint]) -> &[WeekPoint] {
    let moved = |week: &WeekPoint| CURVES.iter().any(|curve| (curve.value)(week) > 0);
    let first = weeks.iter().position(moved).unwrap_or(weeks.len());
    &weeks[first.saturating_sub(1)..]
}

fn paint(
    area: &Area<'_>,
    size: Size,
    weeks: &[WeekPoint],
    known: &[&Curve],
    floor: u64,
) -> Result<(), DrawError> {
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else { return Ok(()) };
    let highest = known.iter().map(|curve| (curve.value)(last)).max().unwrap_or(0) as f64;
    let floor = floor as f64;
    let top = (highest + (highest - floor) * 0.04).max(floor + 1.0);
    let across = axis::calendar(first.at, last.at, if size.narrow { 3 } else { 9 });
    let up = axis::counts(floor, top, 5);
    let window = axis::window(first.at, last.at);
    let mut chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(if size.narrow { 8 } else { 20 })
        .x_label_area_size(26)
        .y_label_area_size(if size.narrow { 54 } else { 60 })
        .build_cartesian_2d(window.clone(), floor..top)?;
    grid(area, &chart, size, &across, &up)?;
    for curve in known {
        let line = || {
            let window = window.clone();
            let height = |week: &WeekPoint| ((curve.value)(week) as f64).clamp(floor, top);
            weeks.iter().map(move |week| (axis::day_in(&window, week.at), height(week)))
        };
        chart.draw_series(AreaSeries::new(line(), floor, curve.band.color()))?;
        chart.draw_series(LineSeries::new(line(), curve.edge.line(2)))?;
    }
    Ok(())
}
