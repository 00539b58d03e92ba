//! What-if of the whole line by simulation, and how far that simulation may be believed.

use tl_map::report::Figure;
use tl_map::report::collected::{Network, NetworkScenario};

use super::counted;
use super::grid::{Cell, Grid, Layout, column};
use super::page::Page;
use crate::ui::Ink;
use tl_map::format::{count, duration, number, share, signed_duration, value};
use tl_map::words::capitalized;

/// The scenarios, or why none is answered; then the calibration that decides it.
pub(super) fn show(page: &mut Page<'_>, found: &Network) {
    let about = format!(
        "a simulation of the line of {}, {}",
        found.repository,
        counted(found.changes, "change", "changes")
    );
    page.heading("WHAT IF THE LINE CHANGED", &about);
    if let Some(refused) = &found.refused {
        page.paragraph(&format!("{}.", capitalized(refused.trim_end_matches('.'))));
    }
    if !found.scenarios.is_empty() {
        page.grid(&scenarios(&found.scenarios));
        for scenario in &found.scenarios {
            if let Some(unstable) = &scenario.unstable {
                page.point("-", &format!("{}: {unstable}", scenario.label));
            }
        }
    }
    if !found.stations.is_empty() {
        page.blank();
        page.grid(&stations(found));
    }
    page.remark(&made_of(found));
}

fn scenarios(rows: &[NetworkScenario]) -> Grid {
    let mut grid = Grid::new([
        column("what if", Layout::Left),
        column("median", Layout::Right),
        column("95 %", Layout::Left).drop(2),
        column("p90", Layout::Right).drop(1),
        column("95 %", Layout::Left).drop(3),
        column("from", Layout::Right).drop(4),
    ]);
    for row in rows {
        grid.row([
            row.label.as_str().into(),
            Cell::Text(signed(&row.median_change), Some(Ink::Heading)),
            between(&row.median_change).into(),
            signed(&row.p90_change).into(),
            between(&row.p90_change).into(),
            duration(row.median_before).into(),
        ]);
    }
    grid
}

fn signed(figure: &Figure) -> String {
    figure.value.map_or_else(|| value(figure), signed_duration)
}

fn between(figure: &Figure) -> String {
    match (figure.value, figure.low, figure.high) {
        (Some(_), Some(low), Some(high)) => {
            format!("{} to {}", signed_duration(low), signed_duration(high))
        }
        _ => String::new(),
    }
}

fn stations(found: &Network) -> Grid {
    let mut grid = Grid::new([
        column("station", Layout::Left),
        column("believed", Layout::Left),
        column("waits p50", Layout::Right).drop(1),
        column("simulated", Layout::Right).drop(2),
        column("p90", Layout::Right).drop(3),
        column("simulated", Layout::Right).drop(4),
        column("load", Layout::Right).drop(5),
        column("why", Layout::Wrap),
    ]);
    for row in &found.stations {
        grid.row([
            row.station.as_str().into(),
            if row.holds { "yes" } else { "no" }.into(),
            value(&row.observed_p50).into(),
            duration(row.simulated_p50).into(),
            value(&row.observed_p90).into(),
            duration(row.simulated_p90).into(),
            share(row.load).into(),
            Cell::Text(row.why.clone(), Some(Ink::Faint)),
        ]);
    }
    grid
}

/// What stands in the simulated line, and what does not.
fn made_of(found: &Network) -> String {
    let effective = found
        .effective_reviewers
        .map_or_else(String::new, |people| format!(" (worth {} full time)", number(people)));
    let mut parts = vec![format!(
        "Begun {} to {}: {}{effective}",
        found.since.date(),
        found.until.date(),
        counted(found.reviewers, "reviewer", "reviewers")
    )];
    if found.runners > 0 {
        parts.push(counted(found.runners, "runner", "runners"));
    }
    if found.trains > 0 {
        parts.push(format!("{} deployments that changes waited for", count(found.trains)));
    }
    let left_out = match found.left_out.is_empty() {
        true => String::new(),
        false => format!(" Left out: {}.", found.left_out.join("; ")),
    };
    format!("{}.{left_out}", parts.join(", "))
}
