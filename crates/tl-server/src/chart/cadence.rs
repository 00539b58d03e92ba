//! Releases over time, each as high as the changes that it shipped first.

use plotters::prelude::*;
use tl_map::report::{ReleasePoint, Report, Unit};

use super::axis;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plot, Size};
use super::scatter::grid;
use tl_map::format;

/// From so many releases on, stems are drawn without their heads: they would touch.
const CROWDED: usize = 250;

/// The plot, or `None` without releases.
pub(crate) fn plot(report: &Report) -> Result<Option<Plot>, DrawError> {
    let releases = &report.series.releases;
    if releases.is_empty() {
        return Ok(None);
    }
    let failed = releases.iter().filter(|release| release.failed).count();
    let hotfixes = releases.iter().filter(|release| release.hotfix.is_some()).count();
    let plot = Plot {
        id: "plot-cadence",
        title: "Releases and the changes that they shipped".to_owned(),
        description: format!(
            "{} stable releases, {failed} of them failed, {hotfixes} look like hotfixes.",
            releases.len()
        ),
        legend: vec![
            key(Mark::Circle, Ink::Accent, "release"),
            key(Mark::Triangle, Ink::Agent, format!("looks like a hotfix ({hotfixes})")),
            key(Mark::Cross, Ink::Failed, format!("failed afterwards ({failed})")),
        ],
        notes: vec![format!(
            "{} stable releases; {} pre-releases in the window are left out.",
            format::count(releases.len() as u64),
            format::count(report.cadence.prereleases)
        )],
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(280, 260, |area, size| paint(area, size, report))?;
    Ok(Some(plot))
}

fn paint(area: &Area<'_>, size: Size, report: &Report) -> Result<(), DrawError> {
    let releases = &report.series.releases;
    let most = releases.iter().map(|release| release.changes).max().unwrap_or(0).max(1) as f64;
    let top = most * 1.12;
    let (since, until) = (report.since, report.until);
    let window = axis::window(since, until);
    let place =
        |release: &ReleasePoint| (axis::day_in(&window, release.at), release.changes as f64);
    let across = axis::calendar(since, until, if size.narrow { 3 } else { 9 });
    let up = axis::linear(top, Unit::Count, 4);
    let chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(if size.narrow { 8 } else { 20 })
        .x_label_area_size(26)
        .y_label_area_size(if size.narrow { 54 } else { 60 })
        .build_cartesian_2d(window.clone(), 0.0..top)?;
    grid(area, &chart, size, &across, &up)?;
    let plot = chart.plotting_area();
    for release in releases {
        let (at, ink) = (place(release), release_ink(release));
        plot.draw(&PathElement::new(
            [(at.0, 0.0), at],
            ink.line(if releases.len() > CROWDED { 1 } else { 2 }),
        ))?;
        if release.hotfix.is_some() {
            plot.draw(&TriangleMarker::new(at, 7, ink.fill()))?;
        } else if releases.len() <= CROWDED {
            plot.draw(&Circle::new(at, 4, ink.fill()))?;
        }
    }
    for release in releases.iter().filter(|release| release.failed) {
        plot.draw(&Cross::new(place(release), 6, Ink::Failed.line(2)))?;
    }
    Ok(())
}

fn release_ink(release: &ReleasePoint) -> Ink {
    if release.hotfix.is_some() { Ink::Agent } else { Ink::Accent }
}
