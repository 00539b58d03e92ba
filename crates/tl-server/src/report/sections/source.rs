//! Sections about the data itself: teams, gaps, what was read, and how measures are computed.

use tl_core::history::Gap;
use tl_map::measure::MEASURES;
use tl_map::report::{RepositorySummary, TeamRow};

use super::cohort::{end_column, named, review_column, shown};
use super::{Block, Section};
use crate::chart::table::{Cell, Table, count, text};
use tl_map::format;
use tl_map::words::{self, Line};

/// Gaps of one kind that are shown.
const ALIKE: usize = 3;
/// Repositories named in a sentence; the others are counted.
const NAMED: usize = 6;
/// Repositories with a table of their own, the first ones.
const REPOSITORIES: usize = 40;

pub(crate) fn teams(teams: &[TeamRow], line: Line) -> Section {
    let columns = [
        "team",
        "#changes",
        "#people",
        "#to merge, p50",
        review_column(line),
        end_column(line),
        "#failed",
    ];
    let rows = teams.iter().map(|row| {
        let mut cells =
            vec![named(&row.team, row.visibility), count(row.changes), count(row.people)];
        let figures = [&row.to_merge, &row.review_wait, &row.to_release, &row.failed];
        cells.extend(figures.map(|one| shown(one, row.visibility, row.changes)));
        cells
    });
    let table = Block::Table(Table::new("Teams of the configuration", &columns).with(rows));
    Section {
        id: "teams",
        title: "Teams",
        lead: "Compare a team with itself over time, not with another.".to_owned(),
        blocks: if teams.is_empty() { Vec::new() } else { vec![table] },
    }
}

pub(crate) fn gaps(gaps: &[Gap]) -> Section {
    // Hundreds of repositories may lack the same thing; an id also names one place on the page.
    let mut shown: Vec<(Gap, &str)> = Vec::new();
    let mut more = 0;
    for gap in gaps {
        let same = |known: &Gap| known.what == gap.what && known.consequence == gap.consequence;
        if shown.iter().any(|(known, id)| *id == gap.id && same(known)) {
            continue;
        }
        match shown.iter().filter(|(_, id)| *id == gap.id).count() {
            0 => shown.push((gap.clone(), &gap.id)),
            alike if alike < ALIKE => {
                let id = format!("{}-{}", gap.id, alike + 1);
                shown.push((Gap { id, ..gap.clone() }, &gap.id));
            }
            _ => more += 1,
        }
    }
    let mut blocks: Vec<Block> = shown.into_iter().map(|(gap, _)| Block::Gap(gap)).collect();
    if more > 0 {
        blocks.push(Block::Text(format!(
            "And {} more of the same kind: `--json` lists all.",
            format::count(more)
        )));
    }
    Section {
        id: "gaps",
        title: "What the data cannot say",
        lead: "What was not found or not readable, what therefore is unknown, and what brings it."
            .to_owned(),
        blocks,
    }
}

pub(crate) fn repositories(repositories: &[RepositorySummary]) -> Section {
    let names = words::names(repositories.iter().map(|one| one.name.as_str()), NAMED);
    let mut blocks: Vec<Block> =
        repositories.iter().take(REPOSITORIES).map(|one| Block::Table(repository(one))).collect();
    if repositories.len() > REPOSITORIES {
        let more = format::count((repositories.len() - REPOSITORIES) as u64);
        blocks.push(Block::Text(format!("And {more} more: `--json` lists all.")));
    }
    Section {
        id: "read",
        title: "What was read",
        lead: format!("The whole history of {names}, whatever the window."),
        blocks,
    }
}

fn repository(one: &RepositorySummary) -> Table {
    let list = |pairs: &[(String, u64)]| {
        let pair = |(name, n): &(String, u64)| format!("{name} {}", format::count(*n));
        pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
    };
    let shapes: Vec<(String, u64)> =
        one.shapes.iter().map(|(shape, n)| (shape.label().to_owned(), *n)).collect();
    let head = one.head.as_ref().map_or("none", |head| head.get(..12).unwrap_or(head));
    let dates = match (one.first, one.last) {
        (Some(first), Some(last)) => format!("{} to {}", first.date(), last.date()),
        _ => format::NOTHING.to_owned(),
    };
    let under = |cell: Cell, small: String| {
        if small.is_empty() { cell } else { cell.under(small) }
    };
    let rows = [
        ("branch", text(one.branch.clone()).under(head)),
        ("history of the branch", text(dates)),
        (
            "commits of the branch",
            count(one.commits).under(format!("{} merges", format::count(one.merges))),
        ),
        ("commits in all", count(one.commits_all)),
        ("authors", count(one.people)),
        ("tags", count(one.tags).under(format!("{} stable releases", format::count(one.releases)))),
        (
            "request heads",
            count(one.request_heads)
                .under(format!("{} merged", format::count(one.requests_merged))),
        ),
        ("titles that name a request", text(format::share(one.request_in_title))),
        ("changes in the window by shape", prose_or_nothing(list(&shapes))),
        ("commits with evidence of AI use", under(count(one.ai_commits), list(&one.ai_by_tool))),
        ("commits that AI only reviewed", count(one.assist_commits)),
        ("commits with line notes", count(one.noted_commits)),
        ("commits by bots", count(one.bot_commits)),
        ("commits with a revert line", count(one.revert_lines)),
    ];
    let rows = rows.into_iter().map(|(what, cell)| vec![text(what), cell]);
    Table::new(one.name.clone(), &["what", "#figure"]).with(rows).folded()
}

fn prose_or_nothing(list: String) -> Cell {
    text(if list.is_empty() { format::NOTHING.to_owned() } else { list })
}

pub(crate) fn formulas() -> Section {
    Section {
        id: "formulas",
        title: "Formulas",
        lead: "How each number is computed, and what happens at the edges.".to_owned(),
        blocks: MEASURES.iter().map(Block::Measure).collect(),
    }
}
