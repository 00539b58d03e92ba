//! The report as text: what `throughline map` prints.
//!
//! In: a [`Report`] and how wide a line may be. Out: lines with the codes of [`Ink`](crate::ui::Ink),
//! which the stream removes where no colour is wanted. Start at [`render`]. The answer comes first,
//! then the line that changes travel, then everything behind it, a function per section.
//! **Invariant:** no line is wider than asked (24 columns at least); nothing is said by colour
//! alone; a number of a row that is [`Visibility::Hidden`](tl_map::report::Visibility) is never
//! read; what is not known is named once, in words, and not shown as an empty table.

mod ai;
mod apex;
mod collected;
mod grid;
mod groups;
mod invest;
mod network;
mod outcomes;
mod page;
mod practice;
mod stream;
#[cfg(test)]
mod tests;

use tl_map::report::{Figure, Report};

use self::page::Page;
use tl_map::format;
use tl_map::words::Line;

/// Which characters may be drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether the terminal shows more than ASCII.
    pub(crate) unicode: bool,
}

/// The whole report as text.
pub(crate) fn render(report: &Report, width: usize, style: &Style) -> String {
    let mut page = Page::new(width, style);
    let line = Line::of(&report.value_stream);
    stream::repositories(&mut page, report);
    invest::answer(&mut page, &report.invest_first);
    stream::value_stream(&mut page, report);
    invest::what_if(&mut page, &report.invest_first);
    groups::cohorts(&mut page, report);
    groups::usage(&mut page, &report.usage, line);
    groups::teams(&mut page, &report.teams, line);
    if let Some(collected) = &report.collected {
        ai::show(&mut page, collected);
    }
    outcomes::failures(&mut page, &report.failures);
    outcomes::dora(&mut page, report);
    if let Some(collected) = &report.collected {
        collected::show(&mut page, collected, report);
    }
    outcomes::at_a_glance(&mut page, report);
    invest::gaps(&mut page, &report.gaps);
    invest::how_to_go_on(&mut page);
    page.finish()
}

/// The figure's value with its interval: `6.7 % (4.3 to 10 %)`.
fn with_interval(figure: &Figure) -> String {
    match format::interval(figure) {
        Some(interval) => format!("{} ({interval})", format::value(figure)),
        None => format::value(figure),
    }
}

/// The figure's interval, empty where there is none: a column beside the value.
fn interval(figure: &Figure) -> String {
    format::interval(figure).unwrap_or_default()
}

/// `1 change`, `2 changes`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", format::count(count), if count == 1 { one } else { many })
}
