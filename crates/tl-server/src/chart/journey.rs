//! One change on the axis of time: a bar for each stage, from ticket to production.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_core::time::{Millis, Timestamp};
use tl_map::format;

use super::axis;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plot, Size, foot_label, letters};
use super::stage_map::stage_ink;

/// A stage of one change.
pub(crate) struct Bar {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) from: Timestamp,
    pub(crate) took: Millis,
    /// Whether it is still in it.
    pub(crate) is_open: bool,
}

/// The plot, or `None` when no stage is known to have taken any time.
pub(crate) fn plot(change: &str, bars: &[Bar]) -> Result<Option<Plot>, DrawError> {
    let ends = bars.iter().map(|bar| bar.from + bar.took);
    let (Some(first), Some(last)) = (bars.iter().map(|bar| bar.from).min(), ends.max()) else {
        return Ok(None);
    };
    if first == last {
        return Ok(None);
    }
    let describe = |bar: &Bar| format!("{} {}", bar.label, format::duration(bar.took.hours()));
    let plot = Plot {
        id: "plot-journey",
        title: format!("The way of {change}"),
        description: bars.iter().map(describe).collect::<Vec<_>>().join(", then "),
        legend: vec![
            key(Mark::Block, Ink::Coding, "work"),
            key(Mark::Block, Ink::ReviewHatch, "waiting"),
        ],
        notes: Vec::new(),
        wide: String::new(),
        narrow: String::new(),
    };
    let rows = bars.len() as u32;
    let plot = plot.draw(50 + 44 * rows, 50 + 48 * rows, |area, size| {
        paint(area, size, bars, (first, last))
    })?;
    Ok(Some(plot))
}

fn paint(
    area: &Area<'_>,
    size: Size,
    bars: &[Bar],
    (first, last): (Timestamp, Timestamp),
) -> Result<(), DrawError> {
    let rows = bars.len() as f64;
    let (left, right) = (axis::days(first), axis::days(last).max(axis::days(first) + 1e-3));
    let chart = ChartBuilder::on(area)
        .margin_left(8)
        .margin_right(16)
        .x_label_area_size(28)
        .build_cartesian_2d(left..right, 0.0..rows)?;
    let plot = chart.plotting_area();
    let ticks = match right - left {
        // A day or two: hours from the beginning.
        days if days < 3.0 => axis::linear(days * 24.0, tl_map::report::Unit::Hours, 6)
            .0
            .into_iter()
            .map(|(hours, label)| (left + hours / 24.0, label))
            .collect(),
        _ => axis::calendar(first, last, if size.narrow { 3 } else { 8 }).0,
    };
    for (place, label) in &ticks {
        plot.draw(&PathElement::new([(*place, 0.0), (*place, rows)], Ink::Grid.line(1)))?;
        let (x, y) = plot.map_coordinate(&(*place, 0.0));
        foot_label(area, size, label, (x, y + 8))?;
    }
    for (row, bar) in bars.iter().enumerate() {
        let foot = rows - 1.0 - row as f64;
        let (solid, fill) = stage_ink(&bar.id);
        let (from, to) = (axis::days(bar.from), axis::days(bar.from + bar.took));
        // What took no time is still a line that can be seen.
        let to = to.max(from + (right - left) / 400.0);
        let ends = [(from, foot + 0.08), (to, foot + 0.46)];
        plot.draw(&Rectangle::new(ends, fill.fill()))?;
        plot.draw(&Rectangle::new(ends, solid.line(1)))?;
        let words = format!(
            "{}{} {}",
            bar.label,
            if bar.is_open { " so far" } else { "" },
            format::duration(bar.took.hours())
        );
        let (x, _) = plot.map_coordinate(&(from, foot));
        // Words that would leave the plot at its right end on the left of it.
        let room = size.width as i32 - 16;
        let is_late = x + size.text_width(&words) > room;
        let (at, side) = match is_late {
            true => (right, HPos::Right),
            false => (from, HPos::Left),
        };
        let style = letters(size, Ink::Text, side, VPos::Center);
        plot.draw(&(EmptyElement::at((at, foot + 0.7)) + Text::new(words, (0, 0), style)))?;
    }
    plot.draw(&PathElement::new([(left, 0.0), (right, 0.0)], Ink::Muted.line(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_took_no_time_has_no_plot_and_one_of_minutes_has() {
        let bar = |took| Bar {
            id: "pickup".to_owned(),
            label: "pickup".to_owned(),
            from: Timestamp::from_seconds(0),
            took: Millis::new(took),
            is_open: false,
        };
        assert!(plot("#1", &[]).unwrap().is_none());
        assert!(plot("#1", &[bar(0)]).unwrap().is_none());
        let plot = plot("<b>", &[bar(60_000)]).unwrap().unwrap();
        assert!(plot.wide.contains("&lt;b&gt;") && !plot.wide.contains("<b>"));
    }
}
