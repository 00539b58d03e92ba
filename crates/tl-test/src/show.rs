//! Decisions for people and programs.
//!
//! In: a [`Decision`](crate::gate::Decision). Out: text for terminals, forges and code scanning.
//! Each rendering has its function below. **Invariants:** what strangers wrote, names and messages,
//! acts on nothing: no terminal, no markup, no workflow command, no mention; nothing grows with the
//! run beyond its bound; what is left out is counted.

mod annotations;
mod comment;
mod ctrf;
mod explain;
pub mod junit;
mod sarif;
mod summary;
mod table;
pub mod text;
mod words;

pub use annotations::annotations;
pub use comment::{comment, marker};
pub use ctrf::ctrf;
pub use explain::explain;
pub use sarif::{RULES, sarif};
pub use summary::summary;
pub use table::table;
pub use words::why;

#[cfg(test)]
mod fixture;
