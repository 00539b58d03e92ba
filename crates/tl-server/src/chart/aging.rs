//! Aging work in progress: how old each open request is in the stage that it is in, beside how old
//! finished changes were when they left that stage.
//!
//! After the Kanban Guide: a work item's age beside the cycle time of those that are done says which one
//! is about to become late, while something can still be done.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_core::attribution::Cohort;
use tl_core::time::Millis;
use tl_map::format;
use tl_map::journey_row::JourneyRow;
use tl_map::open_row::OpenRow;
use tl_map::report::StageRow;

use super::axis::{self, Ticks};
use super::legend::{Mark, key};
use super::plot::{Area, Chart, DrawError, Ink, Plot, Size, letters};
use super::scatter;
use super::spots::Spots;
use super::stage_map::stage_ink;

/// Finished changes that a line needs.
const ENOUGH: usize = 20;

/// Shares of finished changes that lines are drawn for.
pub(crate) const SHARES: [f64; 3] = [0.5, 0.85, 0.95];

/// One stage: how old finished changes were when they left it, and the requests in it.
pub(crate) struct Column<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    /// Hours at each of [`SHARES`]; `None` for too few finished changes.
    pub(crate) lines: Option<[f64; 3]>,
    /// Finished changes behind the lines.
    pub(crate) finished: usize,
    pub(crate) open: Vec<&'a OpenRow>,
}

/// Stages up to the merge, as columns, in the order of the line.
pub(crate) fn columns<'a>(
    stages: &'a [StageRow],
    open: &'a [OpenRow],
    journeys: &[JourneyRow],
) -> Vec<Column<'a>> {
    let before_merge = stages.iter().take_while(|stage| stage.id != "release-wait");
    let ids: Vec<&str> = before_merge.clone().map(|stage| stage.id.as_str()).collect();
    let column = |(place, stage): (usize, &'a StageRow)| {
        let mut ages: Vec<f64> = journeys
            .iter()
            .filter(|row| row.cohort != Cohort::Bot)
            .filter_map(|row| age_after(row, &ids[..=place]))
            .map(Millis::hours)
            .collect();
        ages.sort_by(f64::total_cmp);
        let at = |share| scatter::quantile(ages.iter().copied(), share).unwrap_or_default();
        Column {
            id: &stage.id,
            label: &stage.label,
            lines: (ages.len() >= ENOUGH).then(|| SHARES.map(at)),
            finished: ages.len(),
            open: open.iter().filter(|row| row.stage == stage.id).collect(),
        }
    };
    before_merge.enumerate().map(column).collect()
}

/// How long a change took up to the end of the last of these stages; `None` where one is not known.
fn age_after(row: &JourneyRow, stages: &[&str]) -> Option<Millis> {
    let whole = row.total_ms.is_some();
    stages.iter().try_fold(Millis::ZERO, |sum, id| {
        // On a line that is whole, a stage without a time was skipped.
        let spent = stage_ms(row, id).or_else(|| whole.then_some(Millis::ZERO));
        Some(sum + spent?)
    })
}

/// The time that a change spent in a stage.
pub(crate) fn stage_ms(row: &JourneyRow, id: &str) -> Option<Millis> {
    match id {
        "backlog" => row.backlog_ms,
        "coding" => row.coding_ms,
        "pickup" => row.pickup_ms,
        "review" => row.review_ms,
        "merge-wait" => row.merge_wait_ms,
        "review-wait" => row.review_wait_ms,
        "release-wait" => row.release_wait_ms,
        "deploy" => row.deploy_ms,
        _ => None,
    }
}

/// The plot, or `None` when nothing is open in a stage that is known. `href` is where a request leads.
pub(crate) fn plot(
    columns: &[Column<'_>],
    href: impl Fn(&OpenRow) -> String,
) -> Result<Option<Plot>, DrawError> {
    let open: usize = columns.iter().map(|column| column.open.len()).sum();
    if open == 0 {
        return Ok(None);
    }
    let spots = Spots::default();
    let plot = Plot {
        id: "plot-aging",
        title: "Aging work in progress".to_owned(),
        description: columns
            .iter()
            .map(|column| format!("{}: {} open", column.label, column.open.len()))
            .collect::<Vec<_>>()
            .join("; "),
        legend: vec![
            key(Mark::Ring, Ink::Text, "open request"),
            key(Mark::Line, Ink::Text, "half of the finished had left"),
            key(Mark::Dashed, Ink::Text, "85 and 95 of 100 had left"),
        ],
        notes: vec![
            "Each ring is an open request, in the stage that it is in, at its age since its first \
             known boundary. Above a stage’s highest line it is older than 95 of 100 finished changes \
             were when they left that stage."
                .to_owned(),
        ],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(380, 360, |area, size| paint(area, size, columns, &spots, &href))?;
    Ok(Some(spots.over(plot)))
}

fn paint(
    area: &Area<'_>,
    size: Size,
    columns: &[Column<'_>],
    spots: &Spots,
    href: &impl Fn(&OpenRow) -> String,
) -> Result<(), DrawError> {
    let ages = columns.iter().flat_map(|column| &column.open).map(|row| row.age_ms.hours());
    let lines = columns.iter().flat_map(|column| column.lines.into_iter().flatten());
    let longest = ages.clone().chain(lines).fold(24.0, f64::max) * 1.5;
    let shortest = ages.fold(24.0, f64::min) / 1.5;
    let bottom = axis::log_hours(shortest) - 0.1;
    let across = 0.0..columns.len() as f64;
    let chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(if size.narrow { 8 } else { 20 })
        .x_label_area_size(if size.narrow { 40 } else { 44 })
        .y_label_area_size(if size.narrow { 54 } else { 60 })
        .build_cartesian_2d(across, bottom..axis::log_hours(longest))?;
    let up = axis::log_duration(shortest, longest, size.narrow);
    scatter::grid(area, &chart, size, &Ticks(Vec::new()), &up)?;
    for (place, column) in columns.iter().enumerate() {
        heading(area, &chart, size, place, column)?;
        for (line, hours) in column.lines.into_iter().flatten().enumerate() {
            level(&chart, place, line, hours)?;
        }
        for (number, row) in column.open.iter().enumerate() {
            let at = (place as f64 + aside(number), axis::log_hours(row.age_ms.hours()));
            let ink = stage_ink(column.id).0;
            chart.plotting_area().draw(&Circle::new(at, 4, ink.line(2)))?;
            let title = format!(
                "{} {}, {} old",
                row.repository,
                row.change,
                format::duration(row.age_ms.hours())
            );
            spots.add(size, chart.plotting_area().map_coordinate(&at), href(row), title);
        }
    }
    Ok(())
}

/// Neighbours stand beside one another, the same way each time.
fn aside(number: usize) -> f64 {
    // The golden ratio's fraction spreads any count of points evenly.
    0.15 + 0.7 * (number as f64 * 0.618_033_988_749_895).fract()
}

fn heading(
    area: &Area<'_>,
    chart: &Chart<'_, '_>,
    size: Size,
    place: usize,
    column: &Column<'_>,
) -> Result<(), DrawError> {
    let plot = chart.plotting_area();
    let y = chart.y_range();
    let edge = [(place as f64, y.start), (place as f64, y.end)];
    plot.draw(&PathElement::new(edge, Ink::Grid.line(1)))?;
    let origin = area.get_base_pixel();
    let (x, bottom) = plot.map_coordinate(&(place as f64 + 0.5, y.start));
    let (x, bottom) = (x - origin.0, bottom - origin.1);
    let label = match column.label {
        // On a narrow screen two words do not fit beside each other.
        label if size.narrow => label.split(' ').next().unwrap_or(label),
        label => label,
    };
    for (line, text) in
        [label.to_owned(), format::count(column.open.len() as u64)].into_iter().enumerate()
    {
        let style = letters(size, Ink::Muted, HPos::Center, VPos::Top);
        let down = 6 + line as i32 * (size.font * 1.3) as i32;
        area.draw(&Text::new(text, (x, bottom + down), style))?;
    }
    Ok(())
}

fn level(chart: &Chart<'_, '_>, place: usize, line: usize, hours: f64) -> Result<(), DrawError> {
    let y = axis::log_hours(hours);
    let ends = [(place as f64 + 0.04, y), (place as f64 + 0.96, y)];
    let plot = chart.plotting_area();
    match line {
        0 => plot.draw(&PathElement::new(ends, Ink::Text.line(2))),
        _ => plot.draw(&plotters::element::DashedPathElement::new(ends, 6, 4, Ink::Text.line(2))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn an_age_at_the_end_of_a_stage_is_never_less_than_at_the_end_of_the_one_before() {
        let sample = testing::sample();
        let stages = &sample.report.value_stream.stages;
        let columns = columns(stages, &sample.open, &sample.journeys);
        assert!(columns.iter().all(|column| column.lines.is_some()), "finished changes are many");
        let medians: Vec<f64> =
            columns.iter().filter_map(|column| Some(column.lines?[0])).collect();
        assert!(medians.is_sorted(), "{medians:?}");
        let in_columns: usize = columns.iter().map(|column| column.open.len()).sum();
        assert_eq!(in_columns, sample.open.iter().filter(|row| !row.stage.is_empty()).count());
        let plot = plot(&columns, |row| format!("/x?{}", row.change)).unwrap().unwrap();
        assert_eq!(plot.wide.matches("<a href=").count(), in_columns);
    }

    #[test]
    fn where_nothing_is_open_there_is_no_plot() {
        let sample = testing::sample();
        let columns = columns(&sample.report.value_stream.stages, &[], &sample.journeys);
        assert!(plot(&columns, |_| String::new()).unwrap().is_none());
    }
}
