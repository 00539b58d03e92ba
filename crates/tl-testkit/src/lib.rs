//! Scripted repositories and environments for tests.
//!
//! In: steps of a script. Out: repositories in temporary directories, the program run on them, and
//! databases of a PostgreSQL server. Start at [`repo::TestRepo`], [`mod@env`] and
//! [`postgres::database`]. **Invariant:** for development only: no crate depends on this one but for
//! its tests.

pub mod env;
pub mod import;
pub mod postgres;
pub mod repo;
