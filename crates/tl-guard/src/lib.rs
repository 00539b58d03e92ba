//! The agents' environment: which servers, rules, skills, hooks, permissions and listeners the
//! coding agents of a machine or repository have, and what is wrong with them.
//!
//! In: files of a home and of repositories, tool lists. Out: an
//! [`Inventory`](inventory::Inventory) and findings. **Invariant:** nothing that is read is
//! executed, no socket is opened, and home, variables and the day are given.

pub mod behaviour;
pub mod cyclonedx;
pub mod discover;
pub mod export;
pub mod fix;
pub mod hook;
pub mod host;
pub mod inline;
pub mod inventory;
pub mod limits;
pub mod listeners;
pub mod location;
pub mod lock;
pub mod lockfiles;
pub mod parse;
pub mod popular;
pub mod probe;
pub mod report;
pub mod rules;
pub mod scan;
pub mod score;
pub mod shell;
pub mod start;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
mod words;
