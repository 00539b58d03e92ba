//! The words of the domain: plain data that every other crate of Throughline speaks.
//!
//! In and out: nothing; these are types. Start at [`history`] for what a repository's history
//! says, at [`event`] for what the ledger keeps, and at [`time`] for instants and durations.
//! **Invariant:** no IO, no async, and nothing here reads the clock.

pub mod attribution;
pub mod delivery;
pub mod diff;
pub mod event;
pub mod fact;
pub mod finding;
pub mod history;
pub mod id;
pub mod ordered;
pub mod record;
pub mod refs;
pub mod segment;
pub mod test;
pub mod time;
pub mod verdict;
