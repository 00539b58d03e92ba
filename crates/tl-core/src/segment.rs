//! What the ledger says of a lake: which files it has, and small values beside them.
//!
//! In: built by `tl-lake` when it writes a file. Out: rows of the ledger. Start at [`Manifest`]. The
//! lake and the ledger do not know each other: these types are what they have in common.
//! **Invariant:** a file counts once its manifest lists it, and not before.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// One file of a lake: written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number in the lake, from 1; never used again.
    pub id: u64,
    /// How often its rows were put together: 0 as they came.
    pub level: u8,
    /// Rows in it.
    pub rows: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Instant of its earliest row.
    pub first: Timestamp,
    /// Instant of its latest row.
    pub last: Timestamp,
    /// Smallest and largest number of a test in it.
    pub tests: (u32, u32),
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Where it is, from the lake's root, with `/` between the parts.
    pub path: String,
}

/// All files of a lake at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// How many swaps there were: who writes says which one it has seen.
    pub generation: u64,
    /// Number of the next segment.
    pub next: u64,
    /// The files, by their numbers.
    pub segments: Vec<Segment>,
}

impl Manifest {
    /// Of a lake that nothing was written to.
    pub const EMPTY: Self = Self { generation: 0, next: 1, segments: Vec::new() };
}

/// A small value that changes with the lake: names of tests, states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// What it is of, such as `tests` or `state/7`.
    pub name: String,
    /// Which part of that, from 0.
    pub block: u32,
    /// The value; only who wrote it knows its form.
    pub value: Vec<u8>,
}
