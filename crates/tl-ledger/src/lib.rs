//! The ledger: every event, append-only; what is folded from them; and a cache of derived data.
//!
//! In: [`tl_core::event::Event`]s and opaque values to cache. Out: the same events in the order
//! of their positions, projections of them, and answers to read-only SQL. Start at [`Ledger`] and
//! [`Ledger::open`]; then [`append`], [`read`], [`look`], [`projection`], [`rows`], [`cursor`],
//! [`cache`], [`lake`], [`sql`], [`deliveries`], [`jobs`], [`checkpoint`], [`backup`].
//!
//! There is no trait `Store`: there are two databases and no third, so `backend` is an enum,
//! and every operation stands once, over both. Memory (`--ledger none`) is SQLite's `:memory:`.
//!
//! **Invariants:** an acknowledged append survives a killed process and, as far as the database
//! and the disk promise, a power cut (SQLite: WAL, `synchronous=FULL`; PostgreSQL: never with
//! `synchronous_commit=off`). The same (source, key) is stored once, by whichever of several
//! processes was first. Events never change; projections, rows and cache are derived, and dropping
//! them loses nothing.

pub mod append;
mod backend;
pub mod backup;
pub mod cache;
pub mod checkpoint;
pub mod counts;
pub mod cursor;
pub mod deliveries;
pub mod directory;
mod document;
pub mod inbox;
pub mod jobs;
pub mod lake;
pub mod look;
mod names;
pub mod open;
pub mod projection;
pub mod read;
pub mod rows;
pub mod scratch;
mod session;
pub mod sql;
pub mod store;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod process_tests;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::backend::postgres::Server;
use crate::session::Session;

/// One ledger, open: a SQLite file, memory, or a PostgreSQL database.
///
/// Its methods may be called from several tasks; they take turns on one connection. Other
/// processes may have the same ledger open.
#[derive(Debug)]
pub struct Ledger {
    session: Mutex<Session>,
    place: Place,
    /// How to connect once more, where that is not by the path.
    server: Option<Server>,
}

/// Place of an event in the ledger: 1, 2, 3, ... in the order in which they were acknowledged.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub i64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
}

/// Where a ledger lives, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file, as an absolute path.
    File(PathBuf),
    /// The memory of this process; gone when it ends.
    Memory,
    /// A PostgreSQL database, as a URL without password and parameters.
    Server(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Memory => f.write_str("in memory"),
            Self::Server(url) => f.write_str(url),
        }
    }
}

impl Ledger {
    /// Where this ledger lives.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The file of this ledger; `None` when it is in memory or on a server.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Memory | Place::Server(_) => None,
        }
    }
}
