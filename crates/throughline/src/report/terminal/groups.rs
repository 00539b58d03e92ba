//! Changes by evidence of AI use, by their author's usage, and by team.

use tl_map::report::{
    CohortRow, Comparison, Misclassification, Report, TeamRow, Unit, UsageRow, UsageTable,
    Visibility,
};

use super::grid::{Cell, Grid, Layout, column};
use super::page::Page;
use super::{counted, interval, with_interval};
use crate::ui::Ink;
use tl_map::format::{self, count, number, p_value, share, value};
use tl_map::words::Line;

/// Said in place of the figures of a row with too few people.
pub(super) const HIDDEN: &str = "hidden (too few people)";
/// The same where there is less room.
pub(super) const HIDDEN_SHORT: &str = "hidden";

/// The cohorts, what sets them apart, and how far the evidence can be trusted.
pub(super) fn cohorts(page: &mut Page<'_>, report: &Report) {
    page.heading("CHANGES BY EVIDENCE OF AI USE", "medians; failed with its interval");
    if report.cohorts.rows.is_empty() {
        page.paragraph("No change was merged in the window.");
        return;
    }
    page.grid(&cohort_grid(&report.cohorts.rows, Line::of(&report.value_stream)));
    if !report.cohorts.comparisons.is_empty() {
        page.blank();
    }
    for comparison in &report.cohorts.comparisons {
        page.point("-", &sentence(comparison));
        page.inked_paragraph(4, Some(Ink::Faint), &statistics(comparison));
    }
    page.blank();
    if let Some(misclassification) = &report.cohorts.misclassification {
        page.remark(&bounds(misclassification));
    }
    let evidence = evidence(report);
    page.remark(&format!("No evidence is not the same as written without AI.{evidence}"));
}

/// Left out where there is no room, in this order: rework, review wait, the interval, size, people, to
/// release, failed, changes.
fn cohort_grid(rows: &[CohortRow], line: Line) -> Grid {
    let mut grid = Grid::new([
        column("cohort", Layout::Left),
        column("changes", Layout::Right).drop(1),
        column("people", Layout::Right).drop(4),
        column("to merge", Layout::Right),
        column("review", Layout::Right).drop(6),
        column(line.to_end(), Layout::Right).drop(3),
        column("lines", Layout::Right).drop(5),
        column("failed", Layout::Right).drop(2),
        column("95 %", Layout::Left).drop(5),
        column("rework", Layout::Right).drop(7),
    ]);
    for row in rows {
        let label = label(row.cohort.label(), row.visibility);
        if row.visibility == Visibility::Hidden {
            grid.row_with_tail([label.into(), count(row.changes).into()], HIDDEN, HIDDEN_SHORT);
            continue;
        }
        grid.row([
            label.into(),
            count(row.changes).into(),
            count(row.people).into(),
            value(&row.to_merge).into(),
            value(&row.review_wait).into(),
            value(&row.to_release).into(),
            row.size.value.map_or_else(String::new, number).into(),
            value(&row.failed).into(),
            interval(&row.failed).into(),
            value(&row.rework).into(),
        ]);
    }
    grid
}

pub(super) fn label(name: &str, visibility: Visibility) -> String {
    match visibility {
        Visibility::TooFew => format!("{name} (too few)"),
        Visibility::Shown | Visibility::Hidden => name.to_owned(),
    }
}

/// The sentence, which often names its measure itself.
fn sentence(comparison: &Comparison) -> String {
    if comparison.says.starts_with(&comparison.measure) {
        comparison.says.clone()
    } else {
        format!("{}: {}", comparison.measure, comparison.says)
    }
}

/// Below the sentence: the effect and how sure it is. What would have been seen if it were there
/// is said by the sentence.
fn statistics(comparison: &Comparison) -> String {
    let rate = comparison.effect.unit == Unit::Share;
    let mut said = Vec::new();
    if comparison.effect.value.is_some() {
        let name = if rate { "difference" } else { "Cliff's delta" };
        said.push(format!("{name} {}", points(with_interval(&comparison.effect), rate)));
    }
    if comparison.shift.value.is_some() {
        let name = if rate { "risk ratio" } else { "shift" };
        said.push(format!("{name} {}", with_interval(&comparison.shift)));
    }
    if let Some(p) = comparison.p_adjusted.or(comparison.p) {
        said.push(format!("p {}", p_value(p)));
    }
    said.join("; ")
}

/// A difference of shares is in points: `1.4 %` would read as a part of the other share.
pub(super) fn points(text: String, rate: bool) -> String {
    if rate { text.replace('%', "points") } else { text }
}

fn bounds(bounds: &Misclassification) -> String {
    let corrected = match bounds.corrected_share.value {
        Some(_) => format!(
            "; corrected for that, {} of changes had AI in them",
            with_interval(&bounds.corrected_share)
        ),
        None => String::new(),
    };
    let difference = match bounds.difference_bounds {
        Some((low, high)) => format!(
            "; the true difference in failures lies between {}",
            points(format::range(low, high, Unit::Share).replacen(" to ", " and ", 1), true)
        ),
        None => String::new(),
    };
    format!(
        "Evidence of this kind finds about {} of AI-assisted changes and is right in {} of its cases{corrected}{difference} ({}).",
        share(bounds.sensitivity),
        share(bounds.precision),
        bounds.source
    )
}

/// Commits with evidence in the whole history, by tool.
fn evidence(report: &Report) -> String {
    let commits: u64 = report.repositories.iter().map(|repository| repository.ai_commits).sum();
    if commits == 0 {
        return " The whole history holds no trace of an AI tool.".to_owned();
    }
    let mut tools: Vec<(&str, u64)> = Vec::new();
    for (tool, commits) in report.repositories.iter().flat_map(|repository| &repository.ai_by_tool)
    {
        match tools.iter_mut().find(|(name, _)| name == tool) {
            Some((_, sum)) => *sum += commits,
            None => tools.push((tool, *commits)),
        }
    }
    tools.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let tools: Vec<String> =
        tools.iter().map(|(tool, commits)| format!("{tool} {}", count(*commits))).collect();
    format!(
        " In the whole history {} {} evidence: {}.",
        counted(commits, "commit", "commits"),
        if commits == 1 { "has" } else { "have" },
        tools.join(", ")
    )
}

/// Authors by how often their changes carry evidence; nothing where no use is known.
pub(super) fn usage(page: &mut Page<'_>, table: &UsageTable, line: Line) {
    if table.rows.len() < 2 {
        return;
    }
    let about = format!(
        "very frequent: from {} of the author's changes with evidence; frequent: {}",
        share(table.very_frequent_share),
        share(table.frequent_share)
    );
    page.heading("CHANGES BY USAGE", &about);
    let mut grid = Grid::new([
        column("usage", Layout::Left),
        column("changes", Layout::Right).drop(1),
        column("people", Layout::Right).drop(3),
        column("to merge", Layout::Right),
        column(line.to_end(), Layout::Right).drop(4),
        column("failed", Layout::Right).drop(2),
        column("95 %", Layout::Left).drop(5),
        column("changes a week and author", Layout::Right).drop(6),
    ]);
    for row in &table.rows {
        let label = label(&row.usage, row.visibility);
        match row.visibility {
            Visibility::Hidden => {
                grid.row_with_tail([label.into(), count(row.changes).into()], HIDDEN, HIDDEN_SHORT);
            }
            Visibility::Shown | Visibility::TooFew => grid.row(usage_cells(label, row)),
        }
    }
    page.grid(&grid);
}

fn usage_cells(label: String, row: &UsageRow) -> Vec<Cell> {
    vec![
        label.into(),
        count(row.changes).into(),
        count(row.people).into(),
        value(&row.to_merge).into(),
        value(&row.to_release).into(),
        value(&row.failed).into(),
        interval(&row.failed).into(),
        row.throughput.value.map_or_else(String::new, number).into(),
    ]
}

/// One row per team; nothing without teams.
pub(super) fn teams(page: &mut Page<'_>, teams: &[TeamRow], line: Line) {
    if teams.is_empty() {
        return;
    }
    page.heading("CHANGES BY TEAM", "medians; failed with its interval");
    let mut grid = Grid::new([
        column("team", Layout::Left),
        column("changes", Layout::Right).drop(1),
        column("people", Layout::Right).drop(4),
        column("to merge", Layout::Right),
        column("review", Layout::Right).drop(6),
        column(line.to_end(), Layout::Right).drop(3),
        column("failed", Layout::Right).drop(2),
        column("95 %", Layout::Left).drop(5),
    ]);
    for row in teams {
        let label = label(&row.team, row.visibility);
        if row.visibility == Visibility::Hidden {
            grid.row_with_tail([label.into(), count(row.changes).into()], HIDDEN, HIDDEN_SHORT);
            continue;
        }
        grid.row([
            label.into(),
            count(row.changes).into(),
            count(row.people).into(),
            value(&row.to_merge).into(),
            value(&row.review_wait).into(),
            value(&row.to_release).into(),
            value(&row.failed).into(),
            interval(&row.failed).into(),
        ]);
    }
    page.grid(&grid);
}
