//! Clients of forges, trackers, CI systems and pagers: the only crate that opens an HTTP connection.
//!
//! In: what to collect ([`Wanted`](source::Wanted)), a [`Client`](client::Client) with its token,
//! and a [`Clock`](clock::Clock) of the program. Out: [`Record`](tl_core::record::Record)s, page by
//! page, each with the cursor of the next page. Start at [`source`]; `docs/adding-a-source.md` says
//! how another system is added. Nothing here knows events or the ledger.
//!
//! **Invariants:** one cursor gives one answer, so that a collection stops anywhere and resumes. A
//! token goes to the host that it is for, and into no log, error, record or cursor. Every wait is
//! told first.

pub mod azure_devops;
pub mod bitbucket;
pub mod circleci;
pub mod client;
pub mod clock;
pub mod datadog;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod jenkins;
pub mod jira;
pub mod opsgenie;
pub mod pagerduty;
pub mod plain;
pub mod progress;
pub mod registry;
pub mod secret;
pub mod sentry;
pub mod source;
pub mod statuspage;
#[cfg(test)]
mod testing;
mod walk;
