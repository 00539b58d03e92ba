//! How often changes failed, DORA's five, and the rest in a few lines.

use tl_map::report::{BatchSize, Cadence, DoraRow, FailureTable, Figure, Funnel, Report, Rework};

use super::grid::{Cell, Grid, Layout, column};
use super::page::{INDENT, Page, clean, width};
use super::{counted, with_interval};
use crate::report::format::{count, duration, value};
use crate::ui::Ink;

/// Failures shown as examples.
const EXAMPLES: usize = 5;

/// From this width on, two blocks stand side by side.
const TWO_BLOCKS: usize = 90;

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
        page.paragraph(&format!("Not known yet: {why}."));
        return;
    };
    let mut grid =
        Grid::new([column("", Layout::Left), column("", Layout::Left), column("", Layout::Wrap)]);
    let strong = |figure: &Figure| Cell::Text(with_interval(figure), Some(Ink::Heading));
    grid.row(["strict".into(), strong(&table.strict), faint("sure links, grades A to C")]);
    grid.row(["wide".into(), strong(&table.wide), faint("with likely ones, grades A to E")]);
    if table.time_to_failure.value.is_some() {
        let after = with_interval(&table.time_to_failure);
        grid.row(["seen after".into(), after.into(), faint("median from merge")]);
    }
    page.grid(&grid);
    if !table.by_kind.is_empty() {
        let kinds: Vec<String> =
            table.by_kind.iter().map(|(kind, n)| format!("{kind} {}", count(*n))).collect();
        page.paragraph(&format!("Seen by: {}.", kinds.join(", ")));
    }
    examples(page, table);
}

fn faint(text: &str) -> Cell {
    Cell::Text(text.to_owned(), Some(Ink::Faint))
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

/// DORA's five: what is known as a table, what is not in a line each.
pub(super) fn dora(page: &mut Page<'_>, rows: &[DoraRow]) {
    page.heading("DORA'S FIVE", "as far as git alone allows");
    let mut grid =
        Grid::new([column("", Layout::Left), column("", Layout::Left), column("", Layout::Wrap)]);
    let known = rows.iter().filter(|row| row.figure.value.is_some());
    for row in known {
        grid.row([
            row.label.as_str().into(),
            Cell::Text(with_interval(&row.figure), Some(Ink::Heading)),
            faint(&row.basis),
        ]);
    }
    page.grid(&grid);
    // Rows often miss the same thing for the same reason: said once.
    for (why, labels) in grouped(rows.iter().filter(|row| row.figure.value.is_none()), |row| {
        row.figure.note.clone().unwrap_or_else(|| "no data".to_owned())
    }) {
        page.point("not known:", &format!("{labels} ({why})."));
    }
    for (missing, labels) in grouped(rows.iter().filter(|row| row.missing.is_some()), |row| {
        row.missing.clone().unwrap_or_default()
    }) {
        let whose = match labels.split(", ").count() {
            1 => labels,
            several => format!("{several} of {}", rows.len()),
        };
        page.remark(&format!("Missing for {whose}: {}.", missing.trim_end_matches('.')));
    }
}

/// Labels by what the key says of their row, in the order of first appearance.
fn grouped<'a>(
    rows: impl Iterator<Item = &'a DoraRow>,
    key: impl Fn(&DoraRow) -> String,
) -> Vec<(String, String)> {
    let mut groups: Vec<(String, String)> = Vec::new();
    for row in rows {
        let key = key(row);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, labels)) => {
                labels.push_str(", ");
                labels.push_str(&row.label);
            }
            None => groups.push((key, row.label.clone())),
        }
    }
    groups
}

/// Some lines under a title.
struct Block {
    title: &'static str,
    rows: Vec<(String, String)>,
}

/// Requests, size, rework and releases, in two columns where there is room.
pub(super) fn at_a_glance(page: &mut Page<'_>, report: &Report) {
    let blocks = [
        requests(&report.funnel),
        size(&report.batch_size),
        to_merge_by_size(&report.batch_size),
        releases(&report.cadence),
        rework(&report.rework),
    ];
    page.heading("AT A GLANCE", "");
    let (known, unknown): (Vec<&Block>, Vec<&Block>) =
        blocks.iter().flatten().partition(|block| block.rows.len() > 1);
    let sides = if page.width >= TWO_BLOCKS { 2 } else { 1 };
    let room = (page.width - INDENT) / sides;
    // Each block goes to the column that is shorter so far.
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); sides];
    for block in &known {
        let Some(column) = columns.iter_mut().min_by_key(|column| column.len()) else { return };
        if !column.is_empty() {
            column.push(String::new());
        }
        column.extend(lines(block, room - INDENT, page));
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
    if !known.is_empty() && !unknown.is_empty() {
        page.blank();
    }
    for block in unknown {
        let why = block.rows.first().map_or("", |(_, why)| why.as_str());
        page.paragraph(&format!("{}: {why}", block.title));
    }
}

fn lines(block: &Block, room: usize, page: &Page<'_>) -> Vec<String> {
    let mut grid = Grid::new([column(block.title, Layout::Left), column("", Layout::Left)]);
    for (label, text) in &block.rows {
        grid.row([clean(label, page.style).into(), text.as_str().into()]);
    }
    grid.lines(room, page.style)
}

fn pair(label: impl Into<String>, text: impl Into<String>) -> (String, String) {
    (label.into(), text.into())
}

/// One row that says why there are no others.
fn unknown(title: &'static str, why: impl Into<String>) -> Block {
    Block { title, rows: vec![pair("", why)] }
}

fn why(figure: &Figure, otherwise: &str) -> String {
    format!("not known: {}.", figure.note.as_deref().unwrap_or(otherwise))
}

fn requests(funnel: &Funnel) -> Option<Block> {
    let title = "requests";
    if funnel.opened == 0 {
        return Some(unknown(
            title,
            why(&funnel.merged_share, "the repository holds no request heads"),
        ));
    }
    let mut rows = vec![
        pair("with activity", count(funnel.opened)),
        pair(
            "merged",
            format!("{}, {}", count(funnel.merged), with_interval(&funnel.merged_share)),
        ),
        pair("merged elsewhere", count(funnel.merged_elsewhere)),
        pair("open", count(funnel.open)),
        pair(format!("silent for {} days", funnel.open_days), count(funnel.abandoned)),
        pair("abandoned commits", value(&funnel.abandoned_commits)),
    ];
    for row in &funnel.by_cohort {
        let merged = value(&row.merged_share);
        rows.push(pair(
            format!("{}, merged", row.cohort.label()),
            format!("{} of {}, {merged}", count(row.merged), count(row.opened)),
        ));
    }
    Some(Block { title, rows })
}

fn size(size: &BatchSize) -> Option<Block> {
    let title = "size of a change";
    if size.lines_p50.value.is_none() {
        return Some(unknown(title, why(&size.lines_p50, "no differences were read")));
    }
    let rows = vec![
        pair("p50", with_interval(&size.lines_p50)),
        pair("p90", with_interval(&size.lines_p90)),
        pair("files, p50", value(&size.files_p50)),
        pair("over 400 lines", with_interval(&size.large)),
    ];
    Some(Block { title, rows })
}

/// Nothing where no start is known: the stages have said why.
fn to_merge_by_size(size: &BatchSize) -> Option<Block> {
    let known = size.to_merge_by_size.iter().filter(|(_, to_merge)| to_merge.value.is_some());
    let rows: Vec<_> = known
        .map(|(lines, to_merge)| pair(format!("{lines} lines"), with_interval(to_merge)))
        .collect();
    (rows.len() > 1).then_some(Block { title: "first commit to merge", rows })
}

fn releases(cadence: &Cadence) -> Option<Block> {
    let title = "releases";
    if cadence.releases == 0 {
        return Some(unknown(title, why(&cadence.per_week, "no tag reads as a release")));
    }
    let mut rows = vec![
        pair(
            "in the window",
            format!(
                "{} and {}",
                count(cadence.releases),
                counted(cadence.prereleases, "pre-release", "pre-releases")
            ),
        ),
        pair("a week", with_interval(&cadence.per_week)),
        pair("between two, p50", with_interval(&cadence.gap_p50)),
        pair("between two, p90", value(&cadence.gap_p90)),
        pair("changes each, p50", value(&cadence.changes_p50)),
    ];
    for (package, releases) in cadence.packages.iter().take(3) {
        rows.push(pair(format!("package {package}"), count(*releases)));
    }
    Some(Block { title, rows })
}

fn rework(rework: &Rework) -> Option<Block> {
    let title = "rework";
    if rework.share.value.is_none() {
        return Some(unknown(
            title,
            why(&rework.share, "no line has been followed for long enough"),
        ));
    }
    Some(Block {
        title,
        rows: vec![
            pair(
                format!("changed again in {} days", rework.window_days),
                with_interval(&rework.share),
            ),
            pair("lines added", count(rework.added)),
            pair("of these changed again", count(rework.reworked)),
        ],
    })
}
