//! SQL over results of tests: the ledger's tables and the lake's segments by one engine.
//!
//! In: tables and segments. Out: rows. Start at `session::session` and `answer::ask`; the same
//! on several machines is `cluster`. Without the feature `engine` this crate is empty, so that
//! nobody who does not ask for it compiles the engine. **Invariant:** a query reads; it is refused
//! before it runs where it would do anything else.
#![cfg(feature = "engine")]

pub mod answer;
#[cfg(feature = "cluster")]
pub mod cluster;
mod files;
pub mod flip_stats;
pub mod session;
pub mod tables;

#[cfg(test)]
mod tests;
