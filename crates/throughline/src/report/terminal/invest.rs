//! The answer, the what-ifs behind it, what the data cannot say, and how to go on.

use tl_core::history::Gap;
use tl_map::report::{Figure, InvestFirst, Scenario};

use super::counted;
use super::grid::{Cell, Grid, Layout, column};
use super::page::Page;
use crate::ui::Ink;
use tl_map::format::{number, share, signed_duration, value};

/// Scenarios shown.
const SCENARIOS: usize = 3;

/// Gaps of one kind that are shown: hundreds of repositories may lack the same thing.
const ALIKE: usize = 3;

/// Which wait to shorten first, in one sentence.
pub(super) fn answer(page: &mut Page<'_>, invest: &InvestFirst) {
    page.heading("INVEST FIRST", "");
    page.answer(&invest.sentence);
}

/// The ranking and the scenarios that the answer is read from.
///
/// Left out where there is no room, in this order: the interval of the hours a week, what it
/// saves in the 90th percentile, the median without it, how often it ranks first, the hours.
pub(super) fn what_if(page: &mut Page<'_>, invest: &InvestFirst) {
    if invest.ranking.is_empty() {
        return;
    }
    let about = format!(
        "the same {} without one stage; {} a week",
        counted(invest.n, "change", "changes"),
        number(invest.weekly_changes)
    );
    page.heading("WHAT EACH STAGE COSTS", &about);
    let mut grid = Grid::new([
        column("without", Layout::Left),
        column("median", Layout::Right).drop(3),
        column("saves p50", Layout::Right),
        column("saves p90", Layout::Right).drop(4),
        column("saves h/wk", Layout::Right).drop(1),
        column("95 %", Layout::Left).drop(5),
        column("ranks first", Layout::Right).drop(2),
        column("advised", Layout::Left),
    ]);
    for row in &invest.ranking {
        let advised = if row.recommended { "yes" } else { "no" };
        let hours = |figure: &Figure| figure.value.map_or_else(String::new, number);
        grid.row([
            row.label.as_str().into(),
            value(&row.median_without).into(),
            Cell::Text(value(&row.saves_p50), Some(Ink::Heading)),
            value(&row.saves_p90).into(),
            hours(&row.weekly_hours).into(),
            hours_interval(&row.weekly_hours).into(),
            share(row.best).into(),
            advised.into(),
        ]);
    }
    page.grid(&grid);
    for row in invest.ranking.iter().filter(|row| !row.recommended) {
        page.paragraph(&format!(
            "Not advised, {}: {}.",
            row.label,
            row.guard.trim_end_matches('.')
        ));
    }
    scenarios(page, invest);
}

/// Those of the stage that ranks first come first.
fn scenarios(page: &mut Page<'_>, invest: &InvestFirst) {
    let rank = |scenario: &&Scenario| {
        invest.ranking.iter().position(|row| row.stage == scenario.stage).unwrap_or(usize::MAX)
    };
    let changes = |figure: &Figure| figure.value.is_some_and(|hours| hours != 0.0);
    let telling = invest.scenarios.iter().filter(|one| changes(&one.p50) || changes(&one.p90));
    let mut scenarios: Vec<&Scenario> = telling.collect();
    scenarios.sort_by_key(rank);
    if scenarios.is_empty() {
        return;
    }
    let signed = |figure: &Figure| figure.value.map_or_else(|| value(figure), signed_duration);
    let mut grid = Grid::new([
        column("or", Layout::Left),
        column("p50", Layout::Right),
        column("95 %", Layout::Left).drop(2),
        column("p90", Layout::Right).drop(1),
    ]);
    for scenario in scenarios.into_iter().take(SCENARIOS) {
        grid.row([
            scenario.what.as_str().into(),
            signed(&scenario.p50).into(),
            signed_interval(&scenario.p50).into(),
            signed(&scenario.p90).into(),
        ]);
    }
    page.blank();
    page.grid(&grid);
}

/// Ends of the interval in the order of numbers, each with its sign.
fn signed_interval(figure: &Figure) -> String {
    match (figure.value, figure.low, figure.high) {
        (Some(_), Some(low), Some(high)) => {
            format!("{} to {}", signed_duration(low.min(high)), signed_duration(low.max(high)))
        }
        _ => String::new(),
    }
}

/// Hours a week stay hours: weeks a week would be nonsense.
fn hours_interval(figure: &Figure) -> String {
    match (figure.value, figure.low, figure.high) {
        (Some(_), Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
        _ => String::new(),
    }
}

/// What is missing, what the report therefore does not say, and how to mend it.
pub(super) fn gaps(page: &mut Page<'_>, gaps: &[Gap]) {
    if gaps.is_empty() {
        return;
    }
    page.heading("WHAT THE DATA CANNOT SAY", "");
    // Several repositories often lack the same thing.
    let mut said: Vec<&Gap> = Vec::new();
    let mut more = 0;
    for gap in gaps {
        if said.contains(&gap) {
            continue;
        }
        if said.iter().filter(|known| known.id == gap.id).count() >= ALIKE {
            more += 1;
            continue;
        }
        said.push(gap);
        page.point("-", &format!("{}: {}", gap.what.trim_end_matches('.'), gap.consequence));
        if let Some(mend) = &gap.mend {
            for command in mend.lines() {
                page.inked_paragraph(4, Some(Ink::Hint), &format!("mend: {command}"));
            }
        }
    }
    page.and_more(said.len() + more, said.len());
}

/// What to ask next.
pub(super) fn how_to_go_on(page: &mut Page<'_>) {
    page.blank();
    page.remark(
        "Next: `--explain MEASURE` (formula, changes behind it), `--html FILE` (plots), `--json` (all).",
    );
}
