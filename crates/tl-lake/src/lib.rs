//! The lake: results of tests as segments of columns, too many to stand in the ledger.
//!
//! In: rows of integers. Out: Parquet files, and what a scan over them says. Start at
//! [`rows::Rows`]; then [`mod@write`], [`place`], [`scan`], [`flips`], [`divergent`], [`compact`].
//! **Invariants:** which files belong to the lake is the ledger's to say: a segment counts once its
//! manifest lists it, and [`place::Place::put`] returns when it is on disk, before that. A file is
//! never changed. One that differs from what the manifest says of it is an error that names it, and
//! never an answer.

pub mod columns;
pub mod compact;
pub mod divergent;
pub mod flips;
pub mod place;
pub mod rows;
#[cfg(feature = "s3")]
pub mod s3;
pub mod scan;
mod segment;
pub mod write;

#[cfg(test)]
mod fixtures;
