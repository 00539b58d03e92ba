//! The team's server: pages, API and inbox; and the report as one page without a server.
//!
//! In: a ledger, and a way to measure, from the binary. Out: HTTP. Start at [`app::serve`]; pages are in
//! `page`, plots in `chart`, the one-page report in [`mod@report`].
//! **Invariants:** handlers are thin: what a number is, `tl-map` and the other capabilities say. Nothing
//! is loaded from another host. What somebody else wrote is escaped.

pub mod app;
pub mod board;
pub mod measured;
pub mod organisation;
pub mod question;
pub mod report;

mod asset;
mod chart;
mod headers;
mod live;
mod page;
