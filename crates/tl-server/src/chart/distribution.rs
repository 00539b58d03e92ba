//! How each stage's time is spread: a histogram on a logarithmic scale per stage.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_map::report::Report;

use super::axis;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plane, Plot, Size, foot_label, letters};
use super::scatter::quantile;
use super::stage_map::stage_ink;
use tl_map::format;

/// Bars for ten times the duration.
const BARS_PER_DECADE: f64 = 6.0;

/// One stage with the hours of the changes that went through it.
pub(crate) struct Spread<'a> {
    id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hours: Vec<f64>,
}

/// Stages that any change has left, in the order of the line.
pub(crate) fn spreads(report: &Report) -> Vec<Spread<'_>> {
    let stages = report.value_stream.stages.iter().enumerate();
    let spread = stages.map(|(row, stage)| Spread {
        id: &stage.id,
        label: &stage.label,
        hours: hours(report, row),
    });
    spread.filter(|spread| !spread.hours.is_empty()).collect()
}

fn hours(report: &Report, stage: usize) -> Vec<f64> {
    let hours = report.series.changes.iter().filter_map(|point| *point.stages.get(stage)?);
    hours.filter(|hours| hours.is_finite()).collect()
}

/// The plot, or `None` when no stage has a time.
pub(crate) fn plot(report: &Report) -> Result<Option<Plot>, DrawError> {
    let spreads = spreads(report);
    if spreads.is_empty() {
        return Ok(None);
    }
    let rows = spreads.len() as u32;
    let describe = |spread: &Spread<'_>| {
        let at = |share| quantile(spread.hours.iter().copied(), share).unwrap_or(0.0);
        let (p50, p90) = (format::duration(at(0.5)), format::duration(at(0.9)));
        format!("{}: median {p50}, 90th percentile {p90}", spread.label)
    };
    let plot = Plot {
        id: "plot-distribution",
        title: "Distribution by stage".to_owned(),
        description: spreads.iter().map(describe).collect::<Vec<_>>().join("; "),
        legend: vec![
            key(Mark::Line, Ink::Text, "median"),
            key(Mark::Dashed, Ink::Text, "90th percentile"),
        ],
        notes: vec![
            "Height is the number of changes, each row on its own scale; the axis is logarithmic. \
             Changes that are still in a stage are not in these bars, but are in the table's \
             quantiles."
                .to_owned(),
        ],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(60 + 96 * rows, 50 + 100 * rows, |area, size| paint(area, size, &spreads))?;
    Ok(Some(plot))
}

fn paint(area: &Area<'_>, size: Size, spreads: &[Spread<'_>]) -> Result<(), DrawError> {
    let rows = spreads.len() as f64;
    let longest = spreads.iter().flat_map(|spread| &spread.hours).copied().fold(24.0, f64::max);
    let (left, right) = (axis::log_hours(0.0), axis::log_hours(longest) + 1.0 / BARS_PER_DECADE);
    let chart = ChartBuilder::on(area)
        .margin_right(28)
        .margin_left(28)
        .x_label_area_size(28)
        .build_cartesian_2d(left..right, 0.0..rows)?;
    let plot = chart.plotting_area();
    for (place, label) in &axis::log_duration(0.0, longest, size.narrow).0 {
        plot.draw(&PathElement::new([(*place, 0.0), (*place, rows)], Ink::Grid.line(1)))?;
        let (x, y) = plot.map_coordinate(&(*place, 0.0));
        foot_label(area, size, label, (x, y + 8))?;
    }
    for (row, spread) in spreads.iter().enumerate() {
        let foot = rows - 1.0 - row as f64;
        let (solid, fill) = stage_ink(spread.id);
        let bars = bars(&spread.hours, left, right);
        let highest = bars.iter().max().copied().unwrap_or(1).max(1) as f64;
        for (bar, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
            let from = left + bar as f64 / BARS_PER_DECADE;
            let box_ = [
                (from, foot),
                (from + 1.0 / BARS_PER_DECADE, foot + 0.68 * *count as f64 / highest),
            ];
            plot.draw(&Rectangle::new(box_, fill.fill()))?;
            plot.draw(&Rectangle::new(box_, solid.line(1)))?;
        }
        plot.draw(&PathElement::new([(left, foot), (right, foot)], Ink::Muted.line(1)))?;
        quantiles(plot, size, spread, foot)?;
    }
    Ok(())
}

fn quantiles(
    plot: &Plane<'_>,
    size: Size,
    spread: &Spread<'_>,
    foot: f64,
) -> Result<(), DrawError> {
    let at = |share| quantile(spread.hours.iter().copied(), share).unwrap_or(0.0);
    let (p50, p90) = (at(0.5), at(0.9));
    let line = |hours| [(axis::log_hours(hours), foot), (axis::log_hours(hours), foot + 0.72)];
    plot.draw(&PathElement::new(line(p50), Ink::Text.line(2)))?;
    plot.draw(&plotters::element::DashedPathElement::new(line(p90), 5, 4, Ink::Text.line(2)))?;
    let words = format!(
        "{}: p50 {}, p90 {}, n {}",
        spread.label,
        format::duration(p50),
        format::duration(p90),
        format::count(spread.hours.len() as u64)
    );
    let style = letters(size, Ink::Text, HPos::Left, VPos::Center);
    plot.draw(
        &(EmptyElement::at((axis::log_hours(0.0), foot + 0.86)) + Text::new(words, (0, 0), style)),
    )
}

/// Changes per bar.
fn bars(hours: &[f64], left: f64, right: f64) -> Vec<usize> {
    let mut bars = vec![0; ((right - left) * BARS_PER_DECADE).ceil() as usize + 1];
    for hours in hours {
        let bar = ((axis::log_hours(*hours) - left) * BARS_PER_DECADE) as usize;
        if let Some(bar) = bars.get_mut(bar) {
            *bar += 1;
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_in_a_bar_even_the_shortest_and_the_longest() {
        let hours = [0.0, 1.0, 24.0, 876_600.0];
        let right = axis::log_hours(876_600.0) + 1.0 / BARS_PER_DECADE;
        assert_eq!(bars(&hours, axis::log_hours(0.0), right).iter().sum::<usize>(), hours.len());
    }
}
