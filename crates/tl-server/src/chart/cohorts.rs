//! Cohorts side by side: a dot and its interval per cohort, a panel per measure.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_map::report::{CohortRow, CohortTable, Figure, Unit, Visibility};

use super::axis;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plane, Plot, Size, drawable, letters};
use super::scatter::{cohort_ink, cohort_mark};
use tl_map::format;
use tl_map::words::Line;

/// A measure with its title and where it stands in a row.
type Measure = (String, fn(&CohortRow) -> &Figure);

/// The measures, in the words of the line.
fn measures(line: Line) -> [Measure; 6] {
    [
        ("first commit to merge, median".to_owned(), |row| &row.to_merge),
        (format!("{}, median", line.review()), |row| &row.review_wait),
        (format!("{}, median", line.lead()), |row| &row.to_release),
        ("lines changed, median".to_owned(), |row| &row.size),
        ("share that failed".to_owned(), |row| &row.failed),
        ("share of lines reworked".to_owned(), |row| &row.rework),
    ]
}

/// The plot, or `None` when no cohort may be shown.
pub(crate) fn plot(table: &CohortTable, line: Line) -> Result<Option<Plot>, DrawError> {
    let shown =
        |measure: &&Measure| table.rows.iter().any(|row| drawable((measure.1)(row)).is_some());
    let measures = measures(line);
    let measures: Vec<&Measure> = measures.iter().filter(shown).collect();
    if measures.is_empty() {
        return Ok(None);
    }
    let panel = 66 + 26 * table.rows.len() as u32;
    let plot = Plot {
        id: "plot-cohorts",
        title: "Cohorts side by side".to_owned(),
        description: description(table, &measures),
        legend: table
            .rows
            .iter()
            .map(|row| key(cohort_mark(row.cohort), cohort_ink(row.cohort), row.cohort.label()))
            .collect(),
        notes: vec![
            "The mark is the estimate, the line its 95 % interval, resampled by author. Intervals \
             that overlap say little about a difference: see the comparisons. An association is \
             not a cause."
                .to_owned(),
        ],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(
        panel * measures.len().div_ceil(2) as u32,
        panel * measures.len() as u32,
        |area, size| paint(area, size, table, &measures),
    )?;
    Ok(Some(plot))
}

fn description(table: &CohortTable, measures: &[&Measure]) -> String {
    let words = |row: &CohortRow| {
        let figures = measures.iter().map(|(title, figure)| {
            let figure = figure(row);
            format!("{title} {}", format::value(figure))
        });
        format!("{}: {}", row.cohort.label(), figures.collect::<Vec<_>>().join(", "))
    };
    table.rows.iter().map(words).collect::<Vec<_>>().join("; ")
}

fn paint(
    area: &Area<'_>,
    size: Size,
    table: &CohortTable,
    measures: &[&Measure],
) -> Result<(), DrawError> {
    let columns = if size.narrow { 1 } else { 2 };
    let panels = area.split_evenly((measures.len().div_ceil(columns), columns));
    for (panel, measure) in panels.iter().zip(measures) {
        paint_panel(panel, size, table, measure)?;
    }
    Ok(())
}

fn paint_panel(
    panel: &Area<'_>,
    size: Size,
    table: &CohortTable,
    (title, figure): &Measure,
) -> Result<(), DrawError> {
    let rows = table.rows.len() as f64;
    let unit = table.rows.first().map_or(Unit::Count, |row| figure(row).unit);
    let ends = table.rows.iter().filter_map(|row| drawable(figure(row))).flatten();
    let end = ends.fold(0.01, f64::max) * 1.06;
    let chart = ChartBuilder::on(panel)
        .margin_top(36)
        .margin_right(24)
        .margin_left(4)
        .x_label_area_size(26)
        .y_label_area_size(118)
        .build_cartesian_2d(0.0..end, 0.0..rows)?;
    let plot = chart.plotting_area();
    panel.draw(&Text::new(
        title.clone(),
        (4, 12),
        letters(size, Ink::Text, HPos::Left, VPos::Top),
    ))?;
    for (place, label) in &axis::linear(end, unit, if size.narrow { 3 } else { 4 }).0 {
        plot.draw(&PathElement::new([(*place, 0.0), (*place, rows)], Ink::Grid.line(1)))?;
        let style = letters(size, Ink::Muted, HPos::Center, VPos::Top);
        plot.draw(&(EmptyElement::at((*place, 0.0)) + Text::new(label.clone(), (0, 6), style)))?;
    }
    for (at, row) in table.rows.iter().enumerate() {
        let middle = rows - 0.5 - at as f64;
        let style = letters(size, Ink::Muted, HPos::Right, VPos::Center);
        let label = Text::new(row.cohort.label(), (-12, 0), style);
        plot.draw(&(EmptyElement::at((0.0, middle)) + label))?;
        if let Some(numbers) = drawable(figure(row)) {
            let [value, low, high] = numbers.map(|number| number.clamp(0.0, end));
            let ink = cohort_ink(row.cohort);
            plot.draw(&PathElement::new([(low, middle), (high, middle)], ink.line(2)))?;
            let mark = cohort_mark(row.cohort);
            let few = row.visibility == Visibility::TooFew;
            let place = EmptyElement::at((value, middle));
            match mark {
                Mark::Triangle => {
                    plot.draw(&(place + TriangleMarker::new((0, 0), 8, ink.fill())))?
                }
                Mark::Diamond => {
                    let corners = vec![(0, -6), (6, 0), (0, 6), (-6, 0)];
                    plot.draw(&(place + Polygon::new(corners, ink.fill())))?;
                }
                Mark::Ring => plot.draw(
                    &(place
                        + Circle::new((0, 0), 5, Ink::Surface.fill())
                        + Circle::new((0, 0), 5, ink.line(2))),
                )?,
                _ => plot.draw(&(place + Rectangle::new([(-4, -4), (4, 4)], ink.fill())))?,
            }
            if few {
                // Beside the interval where there is room, else above it.
                let (at, up) = if high < end * 0.6 { (high, 0) } else { (end * 0.02, -10) };
                note(plot, size, "too few to compare", (at, middle), up)?;
            }
        } else {
            let why = if row.visibility == Visibility::Hidden {
                "hidden: too few people"
            } else {
                "not known"
            };
            note(plot, size, why, (0.0, middle), 0)?;
        }
    }
    Ok(())
}

fn note(
    plot: &Plane<'_>,
    size: Size,
    words: &str,
    at: (f64, f64),
    up: i32,
) -> Result<(), DrawError> {
    let style = letters(size, Ink::Muted, HPos::Left, VPos::Center);
    plot.draw(&(EmptyElement::at(at) + Text::new(words.to_owned(), (8, up), style)))
}
