//! Invest first: hours saved a week by stage, with intervals.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_map::report::{InvestFirst, Investment, Unit};

use super::axis;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plane, Plot, Size, drawable, foot_label, letters};
use tl_map::format;
use tl_map::words::{Line, done_changes};

/// The plot, or `None` when nothing can be ranked.
pub(crate) fn plot(invest: &InvestFirst, line: Line) -> Result<Option<Plot>, DrawError> {
    let shown: Vec<&Investment> =
        invest.ranking.iter().filter(|row| drawable(&row.weekly_hours).is_some()).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let rows = shown.len() as u32;
    let words = |row: &&Investment| {
        format!("{}: {}", row.label, row.weekly_hours.value.map_or(String::new(), format::hours))
    };
    let plot = Plot {
        id: "plot-invest-first",
        title: "Hours saved a week if the stage took no time".to_owned(),
        description: shown.iter().map(words).collect::<Vec<_>>().join("; "),
        legend: vec![
            key(Mark::Block, Ink::Accent, "may be recommended"),
            key(Mark::Block, Ink::Bot, "not recommended: see the guard"),
            key(Mark::Line, Ink::Text, "95 % interval"),
        ],
        notes: vec![format!(
            "Median hours saved by a change, times {} changes a week. Computed from {} with every \
             stage known; congestion is not modelled.",
            format::number(invest.weekly_changes),
            done_changes(line, &format::count(invest.n), invest.n == 1)
        )],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(40 + 58 * rows, 40 + 62 * rows, |area, size| paint(area, size, &shown))?;
    Ok(Some(plot))
}

fn paint(area: &Area<'_>, size: Size, shown: &[&Investment]) -> Result<(), DrawError> {
    let rows = shown.len() as f64;
    let numbers = || shown.iter().filter_map(|row| drawable(&row.weekly_hours)).flatten();
    let (start, end) = (numbers().fold(0.0, f64::min), numbers().fold(0.0, f64::max));
    let end = end.max(1.0) * 1.04;
    let chart = ChartBuilder::on(area)
        .margin_right(30)
        .margin_left(12)
        .x_label_area_size(28)
        .build_cartesian_2d(start..end, 0.0..rows)?;
    let plot = chart.plotting_area();
    for (place, _) in &axis::linear(end, Unit::Count, if size.narrow { 4 } else { 8 }).0 {
        plot.draw(&PathElement::new([(*place, 0.0), (*place, rows)], Ink::Grid.line(1)))?;
        let (x, y) = plot.map_coordinate(&(*place, 0.0));
        foot_label(area, size, &format::hours(*place), (x, y + 8))?;
    }
    for (at, row) in shown.iter().enumerate() {
        let foot = rows - 1.0 - at as f64;
        let Some([value, low, high]) = drawable(&row.weekly_hours) else { continue };
        let ink = if row.recommended { Ink::Accent } else { Ink::Bot };
        plot.draw(&Rectangle::new([(0.0, foot + 0.12), (value, foot + 0.5)], ink.fill()))?;
        if low < high {
            interval(plot, (low, high), foot)?;
        }
        let words = format!(
            "{}: {} a week, best in {} of draws",
            row.label,
            format::hours(value),
            format::share(row.best)
        );
        let style = letters(size, Ink::Text, HPos::Left, VPos::Center);
        plot.draw(&(EmptyElement::at((0.0, foot + 0.7)) + Text::new(words, (0, 0), style)))?;
    }
    Ok(())
}

/// The line from the lower to the upper end, with caps.
fn interval(plot: &Plane<'_>, (low, high): (f64, f64), foot: f64) -> Result<(), DrawError> {
    let middle = foot + 0.31;
    // A rim in the page's own colour keeps it visible on the bar.
    for style in [Ink::Surface.line(6), Ink::Text.line(2)] {
        plot.draw(&PathElement::new([(low, middle), (high, middle)], style))?;
    }
    for end in [low, high] {
        plot.draw(&PathElement::new([(end, foot + 0.22), (end, foot + 0.4)], Ink::Text.line(2)))?;
    }
    Ok(())
}
