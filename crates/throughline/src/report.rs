//! Showing a [`Report`](tl_map::report::Report): as text, as a page, as JSON and as CSV.
//!
//! In: the report as data. Out: text for a terminal ([`terminal`]), one HTML page ([`html`]).
//! Numbers read the same everywhere: [`mod@format`] is the only place that turns them into words.

pub(crate) mod csv;
pub(crate) mod format;
pub(crate) mod guard;
pub(crate) mod html;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod terminal;
pub(crate) mod words;
