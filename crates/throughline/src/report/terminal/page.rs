//! A page of text that is never wider than asked: headings, paragraphs, notes, grids.
//!
//! In: pieces of text, some of them written by strangers (names of repositories, tags, teams).
//! Out: lines. Start at [`Page`]. **Invariant:** every piece goes through [`clean`] before it is
//! measured, so no control character or escape sequence of a repository reaches the terminal,
//! and what is measured is what is shown.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Style;
use super::grid::Grid;
use crate::ui::Ink;

/// Narrower than this a page cannot be; what is asked below it gets this width.
const MIN_WIDTH: usize = 24;

/// Wider than this no line can be read comfortably.
const MAX_WIDTH: usize = 120;

/// Columns that the body of a section is moved to the right.
pub(super) const INDENT: usize = 2;

/// A page in the making.
pub(super) struct Page<'a> {
    /// Columns that a line may have.
    pub(super) width: usize,
    /// Which characters may be drawn with.
    pub(super) style: &'a Style,
    text: String,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub(super) fn new(width: usize, style: &'a Style) -> Self {
        Self { width: width.clamp(MIN_WIDTH, MAX_WIDTH), style, text: String::new() }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// A line that is known to fit, as it is.
    pub(super) fn push_line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// An empty line, a title, and in one sentence what the section is about.
    pub(super) fn heading(&mut self, title: &str, about: &str) {
        self.blank();
        self.item("", Some(Ink::Heading), title, about, Some(Ink::Faint));
    }

    /// Text in the body of a section, wrapped.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.inked_paragraph(INDENT, None, text);
    }

    /// Text that matters less, wrapped.
    pub(super) fn remark(&mut self, text: &str) {
        self.inked_paragraph(INDENT, Some(Ink::Faint), text);
    }

    /// What was cut from a list of `all` of which `shown` are there; nothing where none was.
    pub(super) fn and_more(&mut self, all: usize, shown: usize) {
        if all > shown {
            let more = tl_map::format::count((all - shown) as u64);
            self.remark(&format!("and {more} more; `--json` lists all"));
        }
    }

    /// Text that matters most, wrapped.
    pub(super) fn answer(&mut self, text: &str) {
        self.inked_paragraph(INDENT, Some(Ink::Heading), text);
    }

    /// One of several points, its further lines to the right of its label's start.
    pub(super) fn point(&mut self, label: &str, text: &str) {
        self.item("  ", None, label, text, None);
    }

    /// Text at an indent of its own.
    pub(super) fn inked_paragraph(&mut self, indent: usize, ink: Option<Ink>, text: &str) {
        let text = clean(text, self.style);
        for line in wrap(&text, self.width - indent).iter().filter(|line| !line.is_empty()) {
            self.push_line(&format!("{}{}", " ".repeat(indent), inked(ink, line)));
        }
    }

    fn item(
        &mut self,
        indent: &str,
        label_ink: Option<Ink>,
        label: &str,
        text: &str,
        text_ink: Option<Ink>,
    ) {
        let label = clean(label, self.style);
        let text = clean(text, self.style);
        let start = indent.len() + label.width() + if indent.is_empty() { 2 } else { 1 };
        let room = self.width.saturating_sub(start);
        // Beside a long label there is no room to read in: the text goes below.
        if room < 20 && !text.is_empty() {
            for line in wrap(&label, self.width - indent.len()) {
                self.push_line(&format!("{indent}{}", inked(label_ink, &line)));
            }
            self.inked_paragraph(INDENT, text_ink, &text);
            return;
        }
        let mut lines = wrap(&text, room).into_iter();
        let first = lines.next().unwrap_or_default();
        let gap = " ".repeat(start - indent.len() - label.width());
        let label = inked(label_ink, &label);
        self.push_line(&format!("{indent}{label}{gap}{}", inked(text_ink, &first)));
        let hang = indent.len() + INDENT;
        let rest = lines.collect::<Vec<_>>().join(" ");
        for line in wrap(&rest, self.width - hang).iter().filter(|line| !line.is_empty()) {
            self.push_line(&format!("{}{}", " ".repeat(hang), inked(text_ink, line)));
        }
    }

    /// A grid in the body of a section.
    pub(super) fn grid(&mut self, grid: &Grid) {
        for line in grid.lines(self.width - INDENT, self.style) {
            self.push_line(&format!("{}{line}", " ".repeat(INDENT)));
        }
    }
}

/// The text in its colour, empty text without codes.
pub(super) fn inked(ink: Option<Ink>, text: &str) -> String {
    match ink {
        Some(ink) if !text.is_empty() => ink.paint(text),
        _ => text.to_owned(),
    }
}

/// The text as it may be shown: white space is a space, a control or direction character is
/// visible and harmless, and without Unicode everything is ASCII.
pub(super) fn clean(text: &str, style: &Style) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => shown.push(' '),
            c if c.is_control() || is_direction(c) => {
                shown.push(if style.unicode { '\u{fffd}' } else { '?' });
            }
            c if style.unicode || c.is_ascii() => shown.push(c),
            '–' | '−' | '—' | '·' => shown.push('-'),
            '…' => shown.push_str("..."),
            '×' => shown.push('x'),
            '≤' => shown.push_str("<="),
            '≥' => shown.push_str(">="),
            '’' | '‘' => shown.push('\''),
            '“' | '”' => shown.push('"'),
            _ => shown.push('?'),
        }
    }
    shown
}

/// Characters that turn the direction of the text around them, or separate lines.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns that the text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in lines of at most `room` columns, broken at spaces; a word that is longer is broken
/// where it must be. A number stays with its unit.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        let needs = word.width();
        if used > 0 && used + 1 + needs <= room {
            used += 1 + needs;
            push(&mut lines, ' ');
            word.chars().for_each(|c| push(&mut lines, c));
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let needs = c.width().unwrap_or(0);
            if used + needs > room && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            used += needs;
            push(&mut lines, c);
        }
    }
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

/// Words, `3.1 d`, `12 %` and `n 30` being one.
fn words(text: &str) -> Vec<String> {
    const UNITS: [&str; 8] = ["min", "h", "d", "wk", "y", "%", "days", "points"];
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches([',', '.', ')', ';', ':']);
        match words.last_mut() {
            Some(last) if UNITS.contains(&bare) && last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            Some(last) if last == "n" && bare.starts_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// The beginning of the text, with a mark where something was left out.
pub(super) fn shortened(text: &str, room: usize, style: &Style) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mark = if style.unicode { "…" } else { "..." };
    let mut shown = String::new();
    let mut used = mark.width();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        shown.push(c);
    }
    if room >= mark.width() {
        shown.push_str(mark);
    }
    shown
}
