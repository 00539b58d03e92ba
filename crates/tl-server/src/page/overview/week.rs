//! This week against last, as lines of a table.
//!
//! In: [`Weeks`]. Out: [`WeekLine`]s for the template. Start at [`lines`]. **Invariant:** an arrow stands
//! only where the difference is more than chance would make, and never without a word.

use tl_map::format;
use tl_map::weeks::{Good, Trend, WeekRow, Weeks};

use crate::page::measure;
use crate::question::Question;

/// One thing in both weeks.
pub(super) struct WeekLine {
    pub(super) label: String,
    pub(super) how: String,
    pub(super) this: String,
    pub(super) last: String,
    /// Observations behind both.
    pub(super) n: String,
    /// Whether the difference is more than noise, in words.
    pub(super) says: &'static str,
    /// Class of the style sheet: arrow, and good or bad.
    pub(super) class: &'static str,
}

/// From when to when this week is.
pub(super) fn of(weeks: &Weeks) -> String {
    format!("{} to {}, against the seven days before", weeks.middle.date(), weeks.until.date())
}

/// The rows, as they are shown.
pub(super) fn lines(weeks: &Weeks, question: &Question) -> Vec<WeekLine> {
    weeks.rows.iter().map(|row| line(row, question)).collect()
}

fn line(row: &WeekRow, question: &Question) -> WeekLine {
    let known = row.this.value.is_some() && row.last.value.is_some();
    let is_count = row.this.value == Some(row.this.n as f64);
    WeekLine {
        label: row.label.clone(),
        how: measure::address(question, &row.measure),
        this: format::value(&row.this),
        last: format::value(&row.last),
        n: match (known, is_count) {
            (true, false) => {
                format!("n {} and {}", format::count(row.this.n), format::count(row.last.n))
            }
            (true, true) => String::new(),
            (false, _) => {
                let notes = [&row.this.note, &row.last.note];
                notes.into_iter().flatten().next().cloned().unwrap_or_default()
            }
        },
        says: if known { row.trend.label() } else { "" },
        class: class(row.trend, row.more_is),
    }
}

const fn class(trend: Trend, more_is: Good) -> &'static str {
    match (trend, more_is) {
        (Trend::More, Good::Better) => "up better",
        (Trend::More, Good::Worse) => "up worse",
        (Trend::More, Good::Neither) => "up",
        (Trend::Less, Good::Better) => "down worse",
        (Trend::Less, Good::Worse) => "down better",
        (Trend::Less, Good::Neither) => "down",
        (Trend::Noise | Trend::TooFew, _) => "same",
    }
}
