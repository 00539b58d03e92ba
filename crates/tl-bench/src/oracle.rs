//! Oracles: what others computed from the same raw data, compared with what this program makes of
//! it.
//!
//! In: directories with data that somebody else published. Out: a text that says row by row what
//! differs. Start at [`devlake::run`] and [`zookeeper::run`]; a case of DevLake is a [`Case`].
//!
//! **Invariant:** everything compared went through the product's own conversion and fold. What
//! stands here is the last step only: our fields in the other's columns, and each definition that
//! differs on purpose, by name ([`Compat`]).

mod compare;
pub mod devlake;
mod dora;
mod github;
mod gitlab;
mod issue_trace;
mod jira;
mod source;
mod words;
pub mod zookeeper;

pub use compare::{Account, Case, Cell, Column, Compat, Difference, Form, Only, Row};
pub use source::{Expected, OracleError, Tables};
