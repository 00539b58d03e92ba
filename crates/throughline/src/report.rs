//! Showing a [`Report`](tl_map::report::Report) as text and as CSV; as a page, `tl-server` does.
//!
//! In: the report as data. Out: text for a terminal ([`terminal`]), lines of a table ([`mod@csv`]).
//! Numbers read the same everywhere: [`tl_map::format`] is the only place that turns them into words.

pub(crate) mod csv;
pub(crate) mod guard;
pub(crate) mod terminal;
