//! A table of text: aligned for people, tab-separated for programs.
//!
//! In: names of columns and rows. Out: text. **Invariant:** a value never breaks its line or
//! reaches the terminal with control characters in it: names and messages in a repository are
//! written by strangers.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, presets};

use super::{Ink, visible};

/// Names of columns and rows of as many values.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Names of the columns.
    pub(crate) columns: Vec<String>,
    /// Values, row by row.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        Self { columns: columns.into_iter().map(str::to_owned).collect(), rows: Vec::new() }
    }

    /// Columns side by side within `width`; long values are wrapped.
    pub(crate) fn for_people(&self, width: usize) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        table.set_header(self.columns.iter().map(|name| visible(name)));
        for row in &self.rows {
            table.add_row(row.iter().map(|value| visible(value)));
        }
        let mut text = String::new();
        for (position, line) in table.lines().enumerate() {
            let line = line.trim_end().strip_prefix(' ').unwrap_or_default().to_owned();
            let line = if position == 0 { Ink::Heading.paint(line) } else { line };
            let _infallible = writeln!(text, "{line}");
        }
        text
    }

    /// A line for the names and one a row, values separated by tabs; `\t`, `\n`, `\r` and `\\`
    /// stand for these characters in a value.
    pub(crate) fn for_programs(&self) -> String {
        let line = |values: &Vec<String>| {
            let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
            values.join("\t") + "\n"
        };
        std::iter::once(&self.columns).chain(&self.rows).map(line).collect()
    }
}

fn escaped(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('\t', "\\t");
    visible(&escaped.replace('\n', "\\n").replace('\r', "\\r"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["name", "title"]);
        table.rows.push(vec!["ana".to_owned(), "a\ttab\nand \u{1b}[31mred".to_owned()]);
        table.rows.push(vec!["bo".to_owned(), String::new()]);
        table
    }

    #[test]
    fn a_value_stays_on_its_line_for_programs() {
        insta::assert_snapshot!(table().for_programs().replace('\t', "<TAB>"), @r"
        name<TAB>title
        ana<TAB>a\ttab\nand �[31mred
        bo<TAB>
        ");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let text = anstream::adapter::strip_str(&table().for_people(40)).to_string();
        assert!(!text.contains('\u{1b}'));
        insta::assert_snapshot!(text, @r"
        name  title
        ana   a�tab�and �[31mred
        bo
        ");
    }
}
