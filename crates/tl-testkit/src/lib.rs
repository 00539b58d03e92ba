//! Scripted repositories and environments for tests.
//!
//! In: steps of a script. Out: repositories in temporary directories, and the program run on
//! them. Start at [`repo::TestRepo`] and [`mod@env`]. **Invariant:** for development only: no crate
//! depends on this one but for its tests.

pub mod env;
pub mod import;
pub mod repo;
