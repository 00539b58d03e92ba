//! Cycle time of every change over time, on a logarithmic scale.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_core::attribution::Cohort;
use tl_map::report::{ChangePoint, Report};

use super::axis::{self, Ticks};
use super::legend::{Key, Mark, key};
use super::plot::{Area, Chart, DrawError, Ink, Plot, Size, foot_label, letters};
use super::spots::Spots;
use tl_map::format;
use tl_map::words::Line;

/// Points drawn at most, on a wide and on a narrow screen: more would only hide one another.
const MOST: [usize; 2] = [3_000, 1_200];

/// One change with the time that the plot shows of it.
pub(crate) struct Point<'a> {
    pub(crate) change: &'a ChangePoint,
    pub(crate) hours: f64,
}

/// What time the plot shows.
pub(crate) struct Span {
    pub(crate) label: &'static str,
    /// The stages that are summed; `None` for the whole line.
    stages: Option<Range<usize>>,
}

impl Span {
    /// Hours of a change in it; `None` where unknown or open.
    fn hours(&self, point: &ChangePoint) -> Option<f64> {
        let Some(stages) = &self.stages else { return point.total };
        // On a line that is whole, a stage without a time was skipped.
        let skipped = point.total.map(|_| 0.0);
        let hours = point.stages.get(stages.clone())?.iter().map(|hours| hours.or(skipped));
        hours.sum::<Option<f64>>().filter(|hours| hours.is_finite())
    }
}

/// The longest stretch of the line that at least half as many changes have as any other.
pub(crate) fn best_span(report: &Report) -> Option<Span> {
    let stages = &report.value_stream.stages;
    let line = Line::of(&report.value_stream);
    let place = |id: &str| stages.iter().position(|stage| stage.id == id);
    let end = stages.len();
    let coding = place("coding").unwrap_or(0);
    let merged = place("release-wait").unwrap_or(end);
    let reviewed = place("pickup").or_else(|| place("review-wait")).unwrap_or(merged);
    let span = |label, stages| Span { label, stages };
    let spans = [
        span(line.whole(), None),
        span(line.to_merge(), Some(coding..merged)),
        span(line.after_merge(), Some(merged..end)),
        span(line.review(), Some(reviewed..merged)),
    ];
    let known = |span: &Span| {
        let empty = span.stages.as_ref().is_some_and(Range::is_empty);
        let changes = report.series.changes.iter().filter(|point| span.hours(point).is_some());
        if empty { 0 } else { changes.count() }
    };
    let counts: Vec<usize> = spans.iter().map(known).collect();
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    spans.into_iter().zip(counts).find(|(_, count)| count * 2 >= most).map(|(span, _)| span)
}

pub(crate) fn points<'a>(changes: &'a [ChangePoint], span: &Span) -> Vec<Point<'a>> {
    let point = |change: &'a ChangePoint| {
        let hours = span.hours(change).filter(|hours| hours.is_finite())?;
        Some(Point { change, hours })
    };
    changes.iter().filter_map(point).collect()
}

/// Type-7 quantile of values in any order; `None` of nothing.
pub(crate) fn quantile(values: impl Iterator<Item = f64>, share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let at = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

/// Colour of a cohort.
pub(crate) fn cohort_ink(cohort: Cohort) -> Ink {
    match cohort {
        Cohort::AgentAuthored => Ink::Agent,
        Cohort::AiAssisted => Ink::Assisted,
        Cohort::NoEvidence => Ink::Plain,
        Cohort::Bot => Ink::Bot,
    }
}

/// Shape of a cohort: nobody should need the colour.
pub(crate) fn cohort_mark(cohort: Cohort) -> Mark {
    match cohort {
        Cohort::AgentAuthored => Mark::Triangle,
        Cohort::AiAssisted => Mark::Diamond,
        Cohort::NoEvidence => Mark::Ring,
        Cohort::Bot => Mark::Block,
    }
}

/// The plot, or `None` when no change has a known time.
pub(crate) fn plot(report: &Report) -> Result<Option<Plot>, DrawError> {
    drawn(report, &|_, _, _| ())
}

/// The same, where each change leads to `href`.
pub(crate) fn linked(
    report: &Report,
    href: impl Fn(&ChangePoint) -> String,
) -> Result<Option<Plot>, DrawError> {
    let spots = Spots::default();
    let spot = |size: Size, at: (i32, i32), point: &Point<'_>| {
        let title = format!("{}, {}", point.change.change, format::duration(point.hours));
        spots.add(size, at, href(point.change), title);
    };
    let plot = drawn(report, &spot)?;
    Ok(plot.map(|plot| spots.over(plot)))
}

/// What is done with each change that is drawn, and where.
type OnMark<'f> = &'f dyn Fn(Size, (i32, i32), &Point<'_>);

fn drawn(report: &Report, on_mark: OnMark<'_>) -> Result<Option<Plot>, DrawError> {
    let Some(span) = best_span(report) else { return Ok(None) };
    let points = points(&report.series.changes, &span);
    let at = |share| quantile(points.iter().map(|point| point.hours), share).unwrap_or(0.0);
    let (p50, p85) = (at(0.5), at(0.85));
    let mut notes = vec![format!(
        "Each mark is a change, where it was merged. Half took at most {} (p50), 85 of 100 at \
         most {} (p85).",
        format::duration(p50),
        format::duration(p85)
    )];
    let every = report.series.every;
    if every > 1 {
        notes.push(format!(
            "Of so many changes each {every}-th is counted here, in the order of merges; tables \
             count all."
        ));
    }
    if points.len() > MOST[0] {
        notes.push(format!(
            "Drawn are {} of {} changes: failed ones first, of the others every k-th in the order \
             of merges ({} on narrow screens). Lines count all of these.",
            format::count(MOST[0] as u64),
            format::count(points.len() as u64),
            format::count(MOST[1] as u64)
        ));
    }
    let left_out = report.series.changes.len() - points.len();
    if left_out > 0 {
        let (left_out, label) = (format::count(left_out as u64), &span.label);
        notes.push(format!(
            "Left out: {left_out} changes whose time from {label} is unknown or still open."
        ));
    }
    let plot = Plot {
        id: "plot-cycle-time",
        title: format!("Time from {}", span.label),
        description: format!(
            "{} changes by date of merge, logarithmic time. Median {}, 85th percentile {}.",
            points.len(),
            format::duration(p50),
            format::duration(p85)
        ),
        legend: legend(&points),
        notes,
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(400, 360, |area, size| paint(area, size, report, &points, (p50, p85), on_mark))?;
    Ok(Some(plot))
}

fn legend(points: &[Point<'_>]) -> Vec<Key> {
    let seen = |cohort: &Cohort| points.iter().any(|point| point.change.cohort == *cohort);
    let mut legend: Vec<Key> = Cohort::ALL
        .into_iter()
        .filter(seen)
        .map(|cohort| key(cohort_mark(cohort), cohort_ink(cohort), cohort.label()))
        .collect();
    if points.iter().any(|point| point.change.failed) {
        legend.push(key(Mark::Cross, Ink::Failed, "failed"));
    }
    legend.push(key(Mark::Line, Ink::Text, "p50"));
    legend.push(key(Mark::Dashed, Ink::Text, "p85"));
    legend
}

/// At most `most` points: the failed ones, and of the others every k-th in the order given.
fn sampled<'a>(points: &'a [Point<'a>], most: usize) -> Vec<&'a Point<'a>> {
    if points.len() <= most {
        return points.iter().collect();
    }
    let (failed, others): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.change.failed);
    let failed = every_kth(failed, most / 2);
    let mut shown = every_kth(others, most - failed.len());
    shown.extend(failed);
    shown
}

fn every_kth<'a>(points: Vec<&'a Point<'a>>, most: usize) -> Vec<&'a Point<'a>> {
    let step = points.len().div_ceil(most.max(1)).max(1);
    points.into_iter().step_by(step).collect()
}

fn paint(
    area: &Area<'_>,
    size: Size,
    report: &Report,
    points: &[Point<'_>],
    (p50, p85): (f64, f64),
    on_mark: OnMark<'_>,
) -> Result<(), DrawError> {
    let shown = sampled(points, MOST[usize::from(size.narrow)]);
    let longest = points.iter().map(|point| point.hours).fold(24.0, f64::max) * 1.3;
    let shortest = points.iter().map(|point| point.hours).fold(24.0, f64::min) / 1.5;
    let bottom = axis::log_hours(shortest) - 0.1;
    let (since, until) = (report.since, report.until);
    let window = axis::window(since, until);
    let across = axis::calendar(since, until, if size.narrow { 3 } else { 9 });
    let up = axis::log_duration(shortest, longest, size.narrow);
    let mut chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(if size.narrow { 8 } else { 20 })
        .x_label_area_size(26)
        .y_label_area_size(if size.narrow { 54 } else { 60 })
        .build_cartesian_2d(window.clone(), bottom..axis::log_hours(longest))?;
    grid(area, &chart, size, &across, &up)?;
    for point in shown.iter().rev() {
        let at = (axis::day_in(&window, point.change.merged), axis::log_hours(point.hours));
        marker(&mut chart, point.change.cohort, at)?;
    }
    for point in shown.iter().filter(|point| point.change.failed) {
        let at = (axis::day_in(&window, point.change.merged), axis::log_hours(point.hours));
        chart.plotting_area().draw(&Cross::new(at, 5, Ink::Failed.line(2)))?;
    }
    quantile_line(&chart, size, ("p50", p50), 1)?;
    quantile_line(&chart, size, ("p85", p85), 7)?;
    // Where only some can lead anywhere, those that stand out do.
    let mut leading = shown;
    leading.sort_by(|a, b| b.change.failed.cmp(&a.change.failed).then(b.hours.total_cmp(&a.hours)));
    for point in leading {
        let at = (axis::day_in(&window, point.change.merged), axis::log_hours(point.hours));
        on_mark(size, chart.plotting_area().map_coordinate(&at), point);
    }
    Ok(())
}

/// Lines and labels of both axes. `plotters` would place ticks itself, but not at round durations.
pub(crate) fn grid(
    area: &Area<'_>,
    chart: &Chart<'_, '_>,
    size: Size,
    across: &Ticks,
    up: &Ticks,
) -> Result<(), DrawError> {
    let plot = chart.plotting_area();
    let (x, y) = (chart.x_range(), chart.y_range());
    let origin = area.get_base_pixel();
    let pixel = |at: (f64, f64)| {
        let (x, y) = plot.map_coordinate(&at);
        (x - origin.0, y - origin.1)
    };
    for (place, label) in &up.0 {
        plot.draw(&PathElement::new([(x.start, *place), (x.end, *place)], Ink::Grid.line(1)))?;
        let (left, middle) = pixel((x.start, *place));
        let style = letters(size, Ink::Muted, HPos::Right, VPos::Center);
        area.draw(&Text::new(label.clone(), (left - 8, middle), style))?;
    }
    for (place, label) in &across.0 {
        let (middle, bottom) = pixel((*place, y.start));
        area.draw(&PathElement::new([(middle, bottom), (middle, bottom + 4)], Ink::Muted.line(1)))?;
        foot_label(area, size, label, (middle, bottom + 8))?;
    }
    plot.draw(&PathElement::new([(x.start, y.start), (x.end, y.start)], Ink::Muted.line(1)))
}

fn marker(chart: &mut Chart<'_, '_>, cohort: Cohort, at: (f64, f64)) -> Result<(), DrawError> {
    let ink = cohort_ink(cohort);
    let plot = chart.plotting_area();
    let fill = ink.color().mix(0.75).filled();
    match cohort {
        Cohort::AgentAuthored => plot.draw(&TriangleMarker::new(at, 6, fill)),
        Cohort::AiAssisted => {
            let corners = vec![(0, -5), (5, 0), (0, 5), (-5, 0)];
            plot.draw(&(EmptyElement::at(at) + Polygon::new(corners, fill)))
        }
        Cohort::NoEvidence => plot.draw(&Circle::new(at, 3, ink.line(1))),
        Cohort::Bot => {
            plot.draw(&(EmptyElement::at(at) + Rectangle::new([(-3, -3), (3, 3)], fill)))
        }
    }
}

fn quantile_line(
    chart: &Chart<'_, '_>,
    size: Size,
    (name, hours): (&str, f64),
    dash: i32,
) -> Result<(), DrawError> {
    let plot = chart.plotting_area();
    let (x, y) = (chart.x_range(), axis::log_hours(hours));
    let style = Ink::Text.line(2);
    if dash > 1 {
        plot.draw(&plotters::element::DashedPathElement::new(
            [(x.start, y), (x.end, y)],
            dash,
            dash - 2,
            style,
        ))?;
    } else {
        plot.draw(&PathElement::new([(x.start, y), (x.end, y)], style))?;
    }
    let text = format!("{name} {}", format::duration(hours));
    let (width, height) = (size.text_width(&text) + 8, (size.font * 1.5) as i32);
    // A plate in the page's own colour, so that the words stay readable over the marks; p85 above
    // its line and p50 below, so that they never meet.
    let down = if dash > 1 { -height - 2 } else { height + 2 };
    let plate = Rectangle::new([(-width, down), (0, down.signum() * 2)], Ink::Surface.fill());
    let letters = letters(size, Ink::Text, HPos::Right, VPos::Center);
    plot.draw(&(EmptyElement::at((x.end, y)) + plate + Text::new(text, (-4, down / 2), letters)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tl_testkit::report as sample;

    #[test]
    fn many_points_are_thinned_but_failures_stay() {
        let report = Report { series: sample::series(50_000, 1), ..sample::sample() };
        let span = best_span(&report).expect("the sample has times");
        let points = points(&report.series.changes, &span);
        let shown = sampled(&points, 3_000);
        assert!(shown.len() <= 3_000 && shown.len() > 2_000, "{}", shown.len());
        assert!(shown.iter().filter(|point| point.change.failed).count() > 1_000);
        let few = sampled(&points[..100], 3_000);
        assert_eq!(few.len(), 100);
    }

    #[test]
    fn a_repository_without_releases_is_shown_up_to_the_merge() {
        let mut report = sample::sample();
        for point in &mut report.series.changes {
            point.total = None;
            point.stages[2] = None;
        }
        let span = best_span(&report).expect("the sample has times");
        assert_eq!(span.label, "first commit to merge");
        assert!(best_span(&sample::sample_young()).is_none());
    }

    #[test]
    fn a_change_merged_without_review_was_ready_for_no_time_and_is_still_there() {
        let mut report = sample::sample_collected();
        for point in &mut report.series.changes {
            (point.stages[2], point.stages[3]) = (None, None);
        }
        let span = best_span(&report).expect("the sample has times");
        assert_eq!(span.label, "ticket to production");
        let merged = Span { label: "", stages: Some(1..5) };
        assert_eq!(points(&report.series.changes, &merged).len(), report.series.changes.len());
    }
}
