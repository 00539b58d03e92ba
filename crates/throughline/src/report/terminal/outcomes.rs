//! How often changes failed, DORA's five, and the rest in a few lines.

use tl_map::report::{BatchSize, Cadence, DoraRow, FailureTable, Figure, Funnel, Report, Rework};

use super::grid::{Cell, Grid, Layout, column};
use super::page::{INDENT, Page, shortened, width};
use super::{counted, interval, with_interval};
use crate::ui::Ink;
use tl_map::format::{count, duration, value};
use tl_map::words::Line;

/// Failures shown as examples.
const EXAMPLES: usize = 5;

/// Packages shown, those with the most releases.
const PACKAGES: usize = 3;

/// From this width on, blocks stand in two columns.
const TWO_COLUMNS: usize = 90;

/// Shares of failed changes, how they were seen, and the latest.
pub(super) fn failures(page: &mut Page<'_>, table: &FailureTable) {
    let about = format!(
        "within {} days of the merge; {} old enough to tell",
        table.window_days,
        counted(table.eligible, "change", "changes")
    );
    page.heading("HOW OFTEN CHANGES FAIL", &about);
    let Some(_) = table.strict.value else {
        let why = table.strict.note.as_deref().unwrap_or("no change is old enough");
        page.paragraph(&format!("Not known yet: {}.", why.trim_end_matches('.')));
        return;
    };
    let mut grid = figures("failed", "counting");
    grid.row(figure_cells("strict", &table.strict, "sure links, grades A to C"));
    grid.row(figure_cells("wide", &table.wide, "likely ones too, grades A to E"));
    if table.time_to_failure.value.is_some() {
        grid.row(figure_cells("seen after", &table.time_to_failure, "median from the merge"));
    }
    page.grid(&grid);
    if !table.by_kind.is_empty() {
        let kinds: Vec<String> =
            table.by_kind.iter().map(|(kind, n)| format!("{kind} {}", count(*n))).collect();
        page.paragraph(&format!("Seen by: {}.", kinds.join(", ")));
    }
    examples(page, table);
}

/// A grid of figures and what they were computed from.
pub(super) fn figures(title: &'static str, basis: &'static str) -> Grid {
    Grid::new([
        column(title, Layout::Left),
        column("", Layout::Right),
        column("95 %", Layout::Left).drop(1),
        column(basis, Layout::Wrap),
    ])
}

pub(super) fn figure_cells(label: &str, figure: &Figure, basis: &str) -> [Cell; 4] {
    [
        label.into(),
        Cell::Text(value(figure), Some(Ink::Heading)),
        interval(figure).into(),
        Cell::Text(basis.to_owned(), Some(Ink::Faint)),
    ]
}

fn examples(page: &mut Page<'_>, table: &FailureTable) {
    if table.latest.is_empty() {
        return;
    }
    page.blank();
    let mut grid = Grid::new([
        column("latest", Layout::Left),
        column("shown by", Layout::Left).drop(2),
        column("grade", Layout::Left),
        column("after", Layout::Right).drop(1),
        column("why", Layout::Wrap),
    ]);
    for example in table.latest.iter().take(EXAMPLES) {
        grid.row([
            example.change.as_str().into(),
            example.by.as_str().into(),
            example.grade.as_str().into(),
            duration(example.hours).into(),
            example.why.as_str().into(),
        ]);
    }
    page.grid(&grid);
}

/// DORA's five: what is known as a table, what is not by its reason.
pub(super) fn dora(page: &mut Page<'_>, report: &Report) {
    let rows = &report.dora;
    let about = match (&report.collected, Line::of(&report.value_stream).is_deployed) {
        (_, true) => "by recorded deployments to production",
        (Some(_), false) => "no deployments were collected: a release stands for one",
        (None, false) => "as far as git alone allows",
    };
    page.heading("DORA'S FIVE", about);
    let mut grid = figures("measure", "computed from");
    for row in rows.iter().filter(|row| row.figure.value.is_some()) {
        grid.row(figure_cells(&row.label, &row.figure, &row.basis));
        if let Some((reading, figure)) = &row.also {
            grid.row(figure_cells("  or", figure, reading));
        }
    }
    if !grid.is_empty() {
        page.grid(&grid);
    }
    let unknown = rows.iter().filter(|row| row.figure.value.is_none());
    for (why, labels) in grouped(unknown, |row| row.figure.note.as_deref().unwrap_or("no data")) {
        page.paragraph(&format!(
            "Not known ({}): {}.",
            why.trim_end_matches('.'),
            labels.join(", ")
        ));
    }
    let missing = rows.iter().filter(|row| row.missing.is_some());
    for (missing, labels) in grouped(missing, |row| row.missing.as_deref().unwrap_or_default()) {
        let whose = match labels[..] {
            [label] => label.to_owned(),
            _ => format!("{} of {}", labels.len(), rows.len()),
        };
        page.remark(&format!("Missing for {whose}: {}.", missing.trim_end_matches('.')));
    }
}

/// Labels by what `key` says of their row, in the order of first appearance: rows often lack the
/// same thing, which is then said once.
fn grouped<'a>(
    rows: impl Iterator<Item = &'a DoraRow>,
    key: impl Fn(&'a DoraRow) -> &'a str,
) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in rows {
        let key = key(row);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, labels)) => labels.push(&row.label),
            None => groups.push((key, vec![&row.label])),
        }
    }
    groups
}

/// Some lines under a title, or why there are none.
struct Block {
    title: &'static str,
    /// Label, value, and more of it where there is room.
    rows: Result<Vec<[String; 3]>, String>,
}

/// Requests, size, rework and releases, in two columns where there is room.
pub(super) fn at_a_glance(page: &mut Page<'_>, report: &Report) {
    let mut blocks = vec![
        Block { title: "requests", rows: requests(&report.funnel) },
        Block { title: "size of a change", rows: size(&report.batch_size) },
        Block { title: "to merge, by lines", rows: to_merge_by_size(&report.batch_size) },
        Block { title: "releases", rows: releases(&report.cadence) },
        Block { title: "rework", rows: rework(&report.rework) },
    ];
    if Line::of(&report.value_stream).is_deployed {
        // Nobody who deploys misses releases.
        blocks.retain(|block| block.title != "releases" || block.rows.is_ok());
    }
    page.heading("AT A GLANCE", "");
    let sides = if page.width >= TWO_COLUMNS { 2 } else { 1 };
    let room = (page.width - INDENT) / sides;
    // Each block goes to the column that is shorter so far.
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); sides];
    for block in &blocks {
        let (Ok(rows), Some(column)) =
            (&block.rows, columns.iter_mut().min_by_key(|column| column.len()))
        else {
            continue;
        };
        if !column.is_empty() {
            column.push(String::new());
        }
        column.extend(lines(block.title, rows, room - INDENT, page));
    }
    for row in 0..columns.iter().map(Vec::len).max().unwrap_or(0) {
        let mut line = " ".repeat(INDENT);
        for column in &columns {
            let text = column.get(row).map_or("", String::as_str);
            let plain = width(&anstream::adapter::strip_str(text).to_string());
            line.push_str(text);
            line.push_str(&" ".repeat(room.saturating_sub(plain)));
        }
        page.push_line(&line);
    }
    if blocks.iter().any(|block| block.rows.is_ok())
        && blocks.iter().any(|block| block.rows.is_err())
    {
        page.blank();
    }
    for block in &blocks {
        if let Err(why) = &block.rows {
            page.paragraph(&format!("Not known, {}: {}.", block.title, why.trim_end_matches('.')));
        }
    }
}

fn lines(title: &str, rows: &[[String; 3]], room: usize, page: &Page<'_>) -> Vec<String> {
    let mut grid = Grid::new([
        column("", Layout::Left),
        column("", Layout::Right),
        column("", Layout::Left).drop(1),
    ]);
    for row in rows {
        grid.row(row.clone().map(Cell::from));
    }
    let title = Ink::Faint.paint(shortened(title, room, page.style));
    std::iter::once(title).chain(grid.lines(room, page.style)).collect()
}

fn line(label: impl Into<String>, text: impl Into<String>) -> [String; 3] {
    [label.into(), text.into(), String::new()]
}

fn figure(label: impl Into<String>, figure: &Figure) -> [String; 3] {
    [label.into(), value(figure), interval(figure)]
}

fn why(figure: &Figure, otherwise: &str) -> String {
    figure.note.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn requests(funnel: &Funnel) -> Result<Vec<[String; 3]>, String> {
    if funnel.opened == 0 {
        return Err(why(&funnel.merged_share, "the repository holds no request heads"));
    }
    let mut rows = vec![
        line("with activity", count(funnel.opened)),
        ["merged".to_owned(), count(funnel.merged), with_interval(&funnel.merged_share)],
        line("merged elsewhere", count(funnel.merged_elsewhere)),
        line("open", count(funnel.open)),
        line(format!("silent for {} days", funnel.open_days), count(funnel.abandoned)),
        figure("commits of these", &funnel.abandoned_commits),
    ];
    for row in &funnel.by_cohort {
        let merged = format!("{} of {}", count(row.merged), count(row.opened));
        rows.push([row.cohort.label().to_owned(), value(&row.merged_share), merged]);
    }
    Ok(rows)
}

fn size(size: &BatchSize) -> Result<Vec<[String; 3]>, String> {
    if size.lines_p50.value.is_none() {
        return Err(why(&size.lines_p50, "no differences were read"));
    }
    Ok(vec![
        figure("p50", &size.lines_p50),
        figure("p90", &size.lines_p90),
        figure("files, p50", &size.files_p50),
        figure("over 400 lines", &size.large),
    ])
}

fn to_merge_by_size(size: &BatchSize) -> Result<Vec<[String; 3]>, String> {
    let known = || size.to_merge_by_size.iter().filter(|(_, to_merge)| to_merge.value.is_some());
    if known().next().is_none() {
        let note = size.to_merge_by_size.iter().find_map(|(_, to_merge)| to_merge.note.clone());
        return Err(note.unwrap_or_else(|| "no first commits are known".to_owned()));
    }
    Ok(known().map(|(lines, to_merge)| figure(lines.as_str(), to_merge)).collect())
}

fn releases(cadence: &Cadence) -> Result<Vec<[String; 3]>, String> {
    if cadence.releases == 0 {
        let otherwise = match cadence.prereleases {
            0 => "no tag reads as a release".to_owned(),
            some => format!("only {} in the window", counted(some, "pre-release", "pre-releases")),
        };
        return Err(why(&cadence.per_week, &otherwise));
    }
    let prereleases = counted(cadence.prereleases, "pre-release", "pre-releases");
    let mut rows = vec![
        ["in the window".to_owned(), count(cadence.releases), format!("and {prereleases}")],
        figure("a week", &cadence.per_week),
        figure("between two, p50", &cadence.gap_p50),
        figure("between two, p90", &cadence.gap_p90),
        figure("changes each, p50", &cadence.changes_p50),
    ];
    for (package, releases) in cadence.packages.iter().take(PACKAGES) {
        rows.push(line(format!("package {package}"), count(*releases)));
    }
    Ok(rows)
}

fn rework(rework: &Rework) -> Result<Vec<[String; 3]>, String> {
    if rework.share.value.is_none() {
        return Err(why(&rework.share, "no line has been followed for long enough"));
    }
    Ok(vec![
        figure(format!("changed again in {} days", rework.window_days), &rework.share),
        line("lines added", count(rework.added)),
        line("of these changed again", count(rework.reworked)),
    ])
}
