//! APEX: the four pillars with their formulas, iterations, and the survey.

use tl_core::time::Timestamp;
use tl_map::report::collected::{Apex, IterationRow, Pillar, SurveyRow};

use super::grid::{Cell, Grid, Layout, column};
use super::interval;
use super::outcomes::{figure_cells, figures};
use super::page::Page;
use crate::ui::Ink;
use tl_map::format::{NOTHING, count, number, share, value};

/// Iterations shown, the latest.
const ITERATIONS: usize = 5;
/// Questions shown.
const QUESTIONS: usize = 5;

/// The pillars and what they are made of; nothing without pillars.
pub(super) fn show(page: &mut Page<'_>, apex: &Apex) {
    if apex.pillars.is_empty() {
        return;
    }
    page.heading("APEX", "four pillars, one figure each, and what balances it");
    let mut grid = figures("pillar", "computed as");
    for pillar in &apex.pillars {
        pillar_rows(&mut grid, pillar);
    }
    page.grid(&grid);
    for pillar in apex.pillars.iter().filter(|pillar| !pillar.says.is_empty()) {
        page.point("-", &format!("{}: {}", pillar.name, pillar.says));
    }
    iterations(page, &apex.iterations);
    survey(page, &apex.survey);
}

fn pillar_rows(grid: &mut Grid, pillar: &Pillar) {
    let label = format!("{} {}", pillar.letter, pillar.name);
    let basis = match &pillar.figure.note {
        Some(note) if pillar.figure.value.is_none() => {
            format!("{} = {}; not known: {note}", pillar.north_star, pillar.formula)
        }
        _ => format!("{} = {}; n {}", pillar.north_star, pillar.formula, count(pillar.figure.n)),
    };
    grid.row(figure_cells(&label, &pillar.figure, &basis));
    for (what, figure) in pillar.beside.iter().filter(|(_, figure)| figure.value.is_some()) {
        grid.row(figure_cells("  beside it", figure, &format!("{what}, n {}", count(figure.n))));
    }
}

fn iterations(page: &mut Page<'_>, rows: &[IterationRow]) {
    if rows.is_empty() {
        return;
    }
    page.blank();
    let mut grid = Grid::new([
        column("iteration", Layout::Left),
        column("board", Layout::Left).drop(6),
        column("ended", Layout::Left).drop(3),
        column("planned", Layout::Right).drop(2),
        column("done", Layout::Right).drop(2),
        column("added", Layout::Right).drop(4),
        column("done", Layout::Right).drop(4),
        column("in", Layout::Left).drop(5),
        column("planning", Layout::Right),
        column("capacity", Layout::Right),
    ]);
    let accuracy = |part: Option<f64>| part.map_or_else(|| NOTHING.to_owned(), share);
    for row in rows.iter().take(ITERATIONS) {
        grid.row([
            row.name.as_str().into(),
            row.board.as_str().into(),
            Timestamp::date(row.ended).into(),
            number(row.planned).into(),
            number(row.planned_done).into(),
            number(row.unplanned).into(),
            number(row.unplanned_done).into(),
            if row.in_points { "points" } else { "tickets" }.into(),
            Cell::Text(accuracy(row.planning), Some(Ink::Heading)),
            accuracy(row.capacity).into(),
        ]);
    }
    page.grid(&grid);
    page.and_more(rows.len(), ITERATIONS);
}

fn survey(page: &mut Page<'_>, rows: &[SurveyRow]) {
    if rows.is_empty() {
        return;
    }
    page.blank();
    let mut grid = Grid::new([
        column("survey, 0 lowest to 1 highest", Layout::Left),
        column("mean", Layout::Right),
        column("95 %", Layout::Left).drop(2),
        column("answers", Layout::Right).drop(1),
    ]);
    for row in rows.iter().take(QUESTIONS) {
        grid.row([
            row.question.as_str().into(),
            value(&row.mean).into(),
            interval(&row.mean).into(),
            count(row.answers).into(),
        ]);
    }
    page.grid(&grid);
    page.and_more(rows.len(), QUESTIONS);
}
