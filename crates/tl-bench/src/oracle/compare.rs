//! The comparison: expected rows against ours, column by column.
//!
//! In: a [`Case`]. Out: its [`Account`]. Start at [`Case::run`]. **Invariants:** a row counts
//! once, and as equal only if every compared column is; a row that only one side has is a row that
//! differs; a column of the expected table that is neither compared nor left out with a reason is
//! an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use tl_core::time::{Millis, Timestamp};

use super::source::{Expected, OracleError, Tables, instant};

/// One table that DevLake expects of its own code, and how we make the same rows.
pub struct Case {
    /// Its name: plugin, then what.
    pub name: &'static str,
    /// The file with the expected rows, below the plugins' directory.
    pub expected: &'static str,
    /// Which of its rows are compared; `None` is all. With what the others are.
    pub only: Option<Only>,
    /// What names a row, as our rows name themselves.
    pub key: fn(&Expected) -> String,
    /// The columns that are compared.
    pub columns: &'static [Column],
    /// The columns that are not, each with the reason.
    pub left_out: &'static [(&'static str, &'static str)],
    /// Definitions that differ on purpose.
    pub compat: &'static [Compat],
    /// Our rows.
    pub ours: fn(&Tables) -> Result<Vec<Row>, OracleError>,
}

/// Which rows of a table are compared.
pub struct Only {
    /// Whether a row is.
    pub holds: fn(&Expected) -> bool,
    /// Why the others are not.
    pub why: &'static str,
}

/// One column that is compared.
pub struct Column {
    /// As DevLake calls it.
    pub name: &'static str,
    /// How its values are written.
    pub form: Form,
    /// What stands in for DevLake's value where its definition differs, or `None` where there is
    /// nothing to compare: one of the case's [`Compat`]s.
    pub adjusted: Option<fn(&Expected) -> Option<String>>,
}

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they stand.
    Text,
    /// An instant: compared in whole milliseconds.
    Time,
    /// An instant of which we keep whole seconds.
    Second,
    /// A number.
    Number,
}

/// A definition in which DevLake differs from this program on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Compat {
    /// Its name, which `docs/measures.md` lists.
    pub name: &'static str,
    /// What DevLake does, and what we do.
    pub what: &'static str,
}

/// One of our values in one of DevLake's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A value; empty stands for NULL.
    Is(String),
    /// A value that this program has no counterpart of in this row, by one of the case's
    /// [`Compat`]s: not compared.
    Unkept,
}

/// One of our rows.
#[derive(Debug, Clone)]
pub struct Row {
    /// What names it.
    pub key: String,
    /// Its values by column.
    pub cells: Vec<(&'static str, Cell)>,
}

/// How one case came out.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Account {
    /// Rows compared: expected ones, and those that only we have.
    pub rows: usize,
    /// Rows of those in which every compared column is equal.
    pub equal: usize,
    /// What differs, row by row.
    pub differences: Vec<Difference>,
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The row's name.
    pub key: String,
    /// The column; empty where one side lacks the row.
    pub column: &'static str,
    /// Our value.
    pub ours: String,
    /// DevLake's value.
    pub theirs: String,
}

impl Column {
    /// A column of texts.
    pub const fn text(name: &'static str) -> Self {
        Self { name, form: Form::Text, adjusted: None }
    }

    /// A column of instants.
    pub const fn time(name: &'static str) -> Self {
        Self { name, form: Form::Time, adjusted: None }
    }

    /// A column of instants of which we keep whole seconds.
    pub const fn second(name: &'static str) -> Self {
        Self { name, form: Form::Second, adjusted: None }
    }

    /// A column of numbers.
    pub const fn number(name: &'static str) -> Self {
        Self { name, form: Form::Number, adjusted: None }
    }

    /// The same with a stand-in for DevLake's value.
    pub const fn adjusted(self, by: fn(&Expected) -> Option<String>) -> Self {
        Self { adjusted: Some(by), ..self }
    }

    /// DevLake's value in the form in which ours is written; `None` where it is not compared.
    fn theirs(&self, row: &Expected) -> Result<Option<String>, OracleError> {
        let text = match self.adjusted {
            Some(adjusted) => adjusted(row),
            None => Some(row.get(self.name).to_owned()),
        };
        let Some(text) = text else { return Ok(None) };
        if text.is_empty() {
            return Ok(Some(text));
        }
        Ok(Some(match self.form {
            Form::Text => text,
            Form::Time => instant(&text)?.as_millis().to_string(),
            Form::Second => second(instant(&text)?).as_millis().to_string(),
            Form::Number => match text.parse::<f64>() {
                Ok(number) => number.to_string(),
                Err(_) => text,
            },
        }))
    }
}

/// The whole second of an instant.
pub(super) fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.as_millis().div_euclid(1000))
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Is(text.into())
    }

    /// An instant, or NULL.
    pub fn time(at: Option<Timestamp>) -> Self {
        Self::Is(at.map(|at| at.as_millis().to_string()).unwrap_or_default())
    }

    /// A number, or NULL.
    pub fn number(number: Option<f64>) -> Self {
        Self::Is(number.map(|number| number.to_string()).unwrap_or_default())
    }

    /// Whole seconds between two instants, or NULL.
    pub fn seconds(span: Option<Millis>) -> Self {
        Self::number(span.map(|span| span.get() as f64 / 1000.0))
    }

    /// What is known, or that we do not keep it.
    pub fn kept(is_kept: bool, cell: Self) -> Self {
        if is_kept { cell } else { Self::Unkept }
    }
}

impl Row {
    /// A row with its values.
    pub fn new<const N: usize>(key: impl Into<String>, cells: [(&'static str, Cell); N]) -> Self {
        Self { key: key.into(), cells: cells.into() }
    }
}

impl Case {
    /// Makes our rows and compares them.
    pub fn run(&self, tables: &Tables) -> Result<Account, OracleError> {
        let expected = tables.read(self.expected)?;
        self.account_for_columns(&expected)?;
        let expected: Vec<&Expected> = match &self.only {
            Some(Only { holds, .. }) => expected.iter().filter(|row| holds(row)).collect(),
            None => expected.iter().collect(),
        };
        let ours = (self.ours)(tables)?;
        let mut account = Account::default();
        let mut left: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in ours.into_iter().rev() {
            left.entry(row.key.clone()).or_default().push(row);
        }
        for row in expected {
            let key = (self.key)(row);
            account.rows += 1;
            let Some(ours) = left.get_mut(&key).and_then(Vec::pop) else {
                account.lacks(key, "no such row", "a row");
                continue;
            };
            let before = account.differences.len();
            self.compare(row, &ours, &mut account)?;
            account.equal += usize::from(account.differences.len() == before);
        }
        for row in left.into_values().flatten() {
            account.rows += 1;
            account.lacks(row.key, "a row", "no such row");
        }
        Ok(account)
    }

    fn compare(
        &self,
        theirs: &Expected,
        ours: &Row,
        account: &mut Account,
    ) -> Result<(), OracleError> {
        for column in self.columns {
            let cell = ours.cells.iter().find(|(name, _)| *name == column.name);
            let Some((_, cell)) = cell else {
                return Err(OracleError::Column {
                    case: self.name,
                    column: column.name.to_owned(),
                });
            };
            let Cell::Is(value) = cell else { continue };
            let Some(expected) = column.theirs(theirs)? else { continue };
            if *value != expected {
                account.differences.push(Difference {
                    key: ours.key.clone(),
                    column: column.name,
                    ours: value.clone(),
                    theirs: expected,
                });
            }
        }
        Ok(())
    }

    /// Checks that nothing is passed over in silence.
    fn account_for_columns(&self, expected: &[Expected]) -> Result<(), OracleError> {
        let known: BTreeSet<&str> = self
            .columns
            .iter()
            .map(|column| column.name)
            .chain(self.left_out.iter().map(|(name, _)| *name))
            .collect();
        let Some(first) = expected.first() else { return Ok(()) };
        match first.columns().find(|name| !known.contains(name)) {
            Some(column) => Err(OracleError::Column { case: self.name, column: column.to_owned() }),
            None => Ok(()),
        }
    }
}

impl Account {
    fn lacks(&mut self, key: String, ours: &str, theirs: &str) {
        let (ours, theirs) = (ours.to_owned(), theirs.to_owned());
        self.differences.push(Difference { key, column: "", ours, theirs });
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, column, ours, theirs } = self;
        write!(f, "{key} {column}: ours `{ours}`, theirs `{theirs}`")
    }
}

#[cfg(test)]
mod tests;
