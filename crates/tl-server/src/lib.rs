//! The team's server: pages, API and inbox; and the report as one page without a server.
//!
//! In: a ledger, and a way to measure, from the binary. Out: HTTP. Start at [`app::serve`]; pages are in
//! `page`, plots in `chart`, the one-page report in [`mod@report`].
//! **Invariants:** handlers are thin: what a number is, `tl-map` and the other capabilities say. Nothing
//! is loaded from another host. What somebody else wrote is escaped.

pub mod access;
pub mod app;
pub mod board;
pub mod intake;
pub mod jobs;
pub mod mcp;
pub mod measured;
pub mod organisation;
pub mod question;
pub mod reading;
pub mod report;
pub mod things;
pub mod tls;

mod api;
mod asset;
mod chart;
mod folding;
mod headers;
mod live;
mod markup;
mod page;
mod told;
mod trail;

#[cfg(test)]
pub(crate) mod testing;
