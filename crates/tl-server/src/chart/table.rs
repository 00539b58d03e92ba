//! Tables of the page, as data.

use tl_map::report::Figure;

use tl_map::format;

/// A table.
pub(crate) struct Table {
    /// What it shows; its accessible name.
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether it is folded away until opened.
    pub(crate) folded: bool,
}

/// A column's heading.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) numeric: bool,
}

/// One cell: what it says, and what stands small under it.
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) small: Option<String>,
    /// Class of the style sheet: `prose` for words that may be broken into lines, `why` where the
    /// small ones may.
    pub(crate) class: &'static str,
    /// Where it leads, on a page of the server.
    pub(crate) href: Option<String>,
}

impl Table {
    /// A table whose columns are named in one line: a name that begins with `#` is of numbers.
    pub(crate) fn new(caption: impl Into<String>, columns: &[&'static str]) -> Self {
        let column = |name: &&'static str| Column {
            title: name.trim_start_matches('#'),
            numeric: name.starts_with('#'),
        };
        Self {
            caption: caption.into(),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            folded: false,
        }
    }

    /// Whether it is better read narrow than drawn out over the page.
    pub(crate) fn slim(&self) -> bool {
        self.columns.len() <= 4
    }

    pub(crate) fn folded(mut self) -> Self {
        self.folded = true;
        self
    }

    pub(crate) fn with(mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        self.rows.extend(rows);
        self
    }
}

/// Words that stay on one line.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), small: None, class: "", href: None }
}

/// Words that may be broken into lines.
pub(crate) fn prose(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), small: None, class: "prose", href: None }
}

/// A number of things.
pub(crate) fn count(count: u64) -> Cell {
    text(format::count(count))
}

/// A figure with its interval, or why there is none; `n` is named unless the row says the same.
pub(crate) fn figure(figure: &Figure, row_n: Option<u64>) -> Cell {
    // Each part stays on one line; the line may break between them.
    let whole = |part: String| part.replace(' ', "\u{a0}");
    let n = (row_n != Some(figure.n) && figure.value.is_some())
        .then(|| format!("n {}", format::count(figure.n)));
    let small: Vec<String> =
        [format::interval(figure).map(whole), figure.note.clone(), n.map(whole)]
            .into_iter()
            .flatten()
            .collect();
    Cell {
        text: format::value(figure),
        small: (!small.is_empty()).then(|| small.join(", ")),
        class: if figure.value.is_none() { "why" } else { "" },
        href: None,
    }
}

impl Cell {
    /// Leads there.
    pub(crate) fn to(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    pub(crate) fn under(mut self, small: impl Into<String>) -> Self {
        self.small = Some(small.into());
        self
    }

    /// Adds to what stands small under it, where there is something to add.
    pub(crate) fn and(mut self, more: Option<String>) -> Self {
        let parts: Vec<String> = [self.small, more].into_iter().flatten().collect();
        self.small = (!parts.is_empty()).then(|| parts.join(", "));
        self
    }
}
