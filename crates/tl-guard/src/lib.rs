//! The agents' environment: which servers, rules, skills, hooks, permissions and listeners the
//! coding agents of a machine or repository have, and what is wrong with them.
//!
//! In: files of a home and of repositories, tool lists. Out: an
//! [`Inventory`](inventory::Inventory) and findings. **Invariant:** nothing that is read is
//! executed, no socket is opened, and home, variables and the day are given.

pub mod discover;
pub mod host;
pub mod inventory;
pub mod limits;
pub mod listeners;
pub mod location;
pub mod lock;
pub mod parse;
pub mod prefilter;
pub mod report;
pub mod rules;
pub mod scan;
pub mod score;
pub mod text;
