//! Scripted repositories and environments for tests.
//!
//! In: steps of a script. Out: repositories in temporary directories, the program run on them,
//! databases of a PostgreSQL server, a server for it to collect from, a browser, and reports to draw.
//! Start at [`repo::TestRepo`], [`mod@env`], [`postgres::database`], [`server::Server`],
//! [`browser::Browser`] and [`mod@report`].
//! **Invariant:** for development only: no crate depends on this one but for its tests.

pub mod browser;
pub mod env;
pub mod import;
pub mod postgres;
pub mod repo;
pub mod report;
pub mod server;
