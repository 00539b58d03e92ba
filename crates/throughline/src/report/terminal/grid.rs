//! Columns side by side that become fewer where there is no room.
//!
//! In: columns, each with the order in which it may be left out, and rows of cells. Out: lines.
//! Start at [`Grid::lines`]. **Invariant:** no line is wider than asked and no cell is cut but in
//! the first column; a column in which nothing is known is not shown at all.
//!
//! Not `comfy_table`, which the other commands use: it wraps the cells of a table that is too
//! wide, where this leaves out what matters least and draws bars in what is left.

use super::Style;
use super::page::{clean, inked, shortened, width, wrap};
use crate::ui::Ink;
use tl_map::format::NOTHING;

/// Columns between two columns.
const GAP: usize = 2;
/// Room below which a column of sentences goes below its row instead.
const MIN_WRAP: usize = 24;
/// Bars are not drawn larger than this.
const WIDE_BAR: usize = 48;
/// Bars are drawn at least this large while a column of [`MINOR`] or more is shown.
const BAR: usize = 24;
/// Bars are not drawn smaller than this.
const NARROW_BAR: usize = 10;
/// Columns from here on give way to a bar of full size, those below to a narrow one.
const MINOR: u8 = 6;
/// The first column is not cut below this.
const MIN_FIRST: usize = 8;
/// Longer names in the first column are cut before another column is left out.
const LONG_FIRST: usize = 32;

/// How a column is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Text, left.
    Left,
    /// Numbers, right.
    Right,
    /// Sentences, wrapped in what is left of the line; the last column only.
    Wrap,
    /// A bar in what is left of the line.
    Bar,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    title: &'static str,
    layout: Layout,
    /// The highest goes first; 0 stays.
    drop: u8,
}

/// What stands at one place.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Text in its colour.
    Text(String, Option<Ink>),
    /// A part of a line, from and to as shares of it.
    Bar {
        /// Where it starts, 0 to 1.
        from: f64,
        /// Where it ends, 0 to 1.
        to: f64,
        /// What it is drawn with.
        fill: Fill,
    },
}

/// What a bar is drawn with: told apart by the character, not by the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// Somebody works.
    Active,
    /// Something waits.
    Queue,
    /// Some of both.
    Mixed,
}

/// Columns and rows.
#[derive(Debug)]
pub(super) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    cells: Vec<Cell>,
    /// Stands instead of the cells that follow: the first of these that fits.
    tail: Option<[&'static str; 2]>,
}

/// A column that stays.
pub(super) const fn column(title: &'static str, layout: Layout) -> Column {
    Column { title, layout, drop: 0 }
}

impl Column {
    /// May be left out, the column with the highest `drop` first.
    pub(super) const fn drop(self, drop: u8) -> Self {
        Self { drop, ..self }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text, None)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned(), None)
    }
}

impl Fill {
    /// The character: readable without colour.
    pub(super) const fn glyph(self, style: &Style) -> char {
        match (self, style.unicode) {
            (Self::Active, true) => '█',
            (Self::Queue, true) => '░',
            (Self::Mixed, true) => '▒',
            (Self::Active, false) => '#',
            (Self::Queue, false) => '.',
            (Self::Mixed, false) => ':',
        }
    }

    /// The colour.
    pub(super) const fn ink(self) -> Ink {
        match self {
            Self::Active => Ink::Good,
            Self::Queue => Ink::Warning,
            Self::Mixed => Ink::Hint,
        }
    }
}

impl Grid {
    /// A grid without rows.
    pub(super) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Whether there is no row.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row with a cell for each column.
    pub(super) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(Row { cells: cells.into(), tail: None });
    }

    /// Adds a row whose first cells are followed by a remark instead of the others.
    pub(super) fn row_with_tail(
        &mut self,
        cells: impl Into<Vec<Cell>>,
        long: &'static str,
        short: &'static str,
    ) {
        self.rows.push(Row { cells: cells.into(), tail: Some([long, short]) });
    }

    /// The lines, each at most `room` columns wide.
    pub(super) fn lines(&self, room: usize, style: &Style) -> Vec<String> {
        let plan = self.plan(room, style);
        let mut lines = Vec::new();
        let titles: Vec<Cell> =
            self.columns.iter().map(|column| Cell::Text(column.title.to_owned(), None)).collect();
        let title = self.line(&titles, None, &plan, style);
        if !title.trim().is_empty() {
            lines.push(Ink::Faint.paint(title.trim_end()));
        }
        for row in &self.rows {
            lines.push(self.line(&row.cells, row.tail, &plan, style));
            lines.extend(self.more_lines(row, &plan, style));
        }
        lines
    }

    /// Which columns are shown, and how wide.
    fn plan(&self, room: usize, style: &Style) -> Plan {
        let columns = 0..self.columns.len();
        let mut plan = Plan {
            shown: columns.clone().map(|at| at == 0 || self.is_known(at)).collect(),
            widths: columns.map(|at| self.width(at, style)).collect(),
            room,
            below: None,
        };
        if let Some(first) = plan.widths.first_mut() {
            *first = (*first).min(LONG_FIRST).min(room);
        }
        while plan.needed() > room {
            let next = plan.last_shown_by(|at| (self.columns[at].drop, at));
            let next = next.filter(|at| self.columns[*at].drop > 0);
            let bar = plan.last_shown_by(|at| (self.columns[at].layout == Layout::Bar, at));
            let bar = bar.filter(|at| self.columns[*at].layout == Layout::Bar);
            match (next, bar) {
                (Some(next), _) if self.columns[next].drop >= MINOR => plan.shown[next] = false,
                (_, Some(bar)) if plan.widths[bar] > NARROW_BAR => plan.widths[bar] = NARROW_BAR,
                (Some(next), _) => plan.shown[next] = false,
                (None, _) => break,
            }
        }
        self.squeeze(&mut plan);
        if let Some(first) = plan.widths.first().copied() {
            let spare = room.saturating_sub(plan.needed());
            plan.widths[0] = (first + spare).min(self.width(0, style).max(first));
        }
        let spare = room.saturating_sub(plan.needed());
        for (at, column) in self.columns.iter().enumerate().filter(|(at, _)| plan.shown[*at]) {
            match column.layout {
                Layout::Bar => plan.widths[at] = (plan.widths[at] + spare).min(WIDE_BAR),
                Layout::Wrap => plan.widths[at] += spare,
                Layout::Left | Layout::Right => {}
            }
        }
        plan
    }

    /// What must stay does not fit either: sentences go below their row, the first column is cut,
    /// and then columns go from the right.
    fn squeeze(&self, plan: &mut Plan) {
        let wrapped = self.columns.iter().rposition(|column| column.layout == Layout::Wrap);
        if let Some(at) = wrapped.filter(|at| plan.shown[*at] && plan.needed() > plan.room) {
            plan.below = Some(at);
            plan.shown[at] = false;
        }
        let cut = plan.needed().saturating_sub(plan.room);
        if let Some(first) = plan.widths.first_mut() {
            *first -= cut.min(first.saturating_sub(MIN_FIRST));
        }
        while plan.needed() > plan.room {
            let Some(last) = plan.last_shown_by(|at| at) else { break };
            plan.shown[last] = false;
        }
    }

    fn is_known(&self, at: usize) -> bool {
        self.rows.iter().filter_map(|row| row.cells.get(at)).any(|cell| match cell {
            Cell::Text(text, _) => !text.is_empty() && text != NOTHING,
            Cell::Bar { .. } => true,
        })
    }

    fn width(&self, at: usize, style: &Style) -> usize {
        let column = &self.columns[at];
        let cells = self.rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| match cell {
            Cell::Text(text, _) => width(&clean(text, style)),
            Cell::Bar { .. } => BAR,
        });
        let widest = cells.chain([width(column.title)]).max().unwrap_or(0);
        if column.layout == Layout::Wrap { widest.min(MIN_WRAP) } else { widest }
    }

    fn line(&self, cells: &[Cell], tail: Option<[&str; 2]>, plan: &Plan, style: &Style) -> String {
        let mut line = String::new();
        let mut used = 0;
        for (at, cell) in cells.iter().enumerate().filter(|(at, _)| plan.shown[*at]) {
            if at > 0 {
                line.push_str(&" ".repeat(GAP));
                used += GAP;
            }
            line.push_str(&drawn(cell, self.columns[at].layout, plan.widths[at], style));
            used += plan.widths[at];
        }
        if let Some([long, short]) = tail {
            let room = plan.room.saturating_sub(used + GAP);
            let tail = shortened(if width(long) <= room { long } else { short }, room, style);
            line.push_str(&" ".repeat(GAP));
            line.push_str(&inked(Some(Ink::Faint), &tail));
        }
        line.trim_end().to_owned()
    }

    /// Further lines of a row: the rest of its sentences.
    fn more_lines(&self, row: &Row, plan: &Plan, style: &Style) -> Vec<String> {
        let (at, indent, skip) = match (plan.below, self.columns.len().checked_sub(1)) {
            (Some(at), _) => (at, GAP, 0),
            (None, Some(last)) if self.columns[last].layout == Layout::Wrap && plan.shown[last] => {
                let before = (0..last).filter(|at| plan.shown[*at]);
                (last, before.map(|at| plan.widths[at] + GAP).sum(), 1)
            }
            _ => return Vec::new(),
        };
        let Some(Cell::Text(text, ink)) = row.cells.get(at) else { return Vec::new() };
        let lines = wrap(&clean(text, style), plan.room - indent);
        let lines = lines.into_iter().skip(skip).filter(|line| !line.is_empty());
        lines.map(|line| format!("{}{}", " ".repeat(indent), inked(*ink, &line))).collect()
    }
}

struct Plan {
    shown: Vec<bool>,
    widths: Vec<usize>,
    room: usize,
    /// The column of sentences that goes below its row.
    below: Option<usize>,
}

impl Plan {
    /// Columns of the terminal that the shown columns take.
    fn needed(&self) -> usize {
        let shown = self.widths.iter().zip(&self.shown).filter(|(_, shown)| **shown);
        shown.clone().map(|(width, _)| width).sum::<usize>() + GAP * shown.count().saturating_sub(1)
    }

    /// The shown column with the highest key; never the first column.
    fn last_shown_by<K: Ord>(&self, key: impl Fn(usize) -> K) -> Option<usize> {
        (1..self.shown.len()).filter(|at| self.shown[*at]).max_by_key(|at| key(*at))
    }
}

fn drawn(cell: &Cell, layout: Layout, room: usize, style: &Style) -> String {
    let (text, ink) = match cell {
        Cell::Bar { from, to, fill } => (bar(*from, *to, *fill, room, style), Some(fill.ink())),
        Cell::Text(text, ink) => {
            let text = clean(text, style);
            let first =
                if layout == Layout::Wrap { wrap(&text, room).swap_remove(0) } else { text };
            (shortened(&first, room, style), *ink)
        }
    };
    let padding = " ".repeat(room.saturating_sub(width(&text)));
    let shown = text.trim_start();
    let lead = " ".repeat(width(&text) - width(shown));
    let text = format!("{lead}{}", inked(ink, shown));
    if layout == Layout::Right { padding + &text } else { text + &padding }
}

/// A part of a line, at least one character long.
fn bar(from: f64, to: f64, fill: Fill, room: usize, style: &Style) -> String {
    let at = |share: f64| ((share.clamp(0.0, 1.0) * room as f64).round() as usize).min(room);
    let start = at(from).min(room.saturating_sub(1));
    let end = at(to).max(start + 1);
    let glyphs = std::iter::repeat_n(fill.glyph(style), end - start);
    " ".repeat(start).chars().chain(glyphs).collect()
}

/// How often, from left to right, as one character each.
pub(super) fn sparkline(counts: &[u64], style: &Style) -> String {
    let glyphs: &[char] = if style.unicode {
        &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    } else {
        &['_', '.', ':', '-', '=', '+', '*', '#']
    };
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let steps = glyphs.len() as u64 - 1;
    let glyph = |count: &u64| match *count {
        0 => ' ',
        count => glyphs[(count * steps).div_ceil(most) as usize],
    };
    counts.iter().map(glyph).collect()
}
