//! Rules of scanners: what they say about themselves, and what becomes of what they find.
//!
//! In: documentation of rules and [`Finding`](tl_core::finding::Finding)s. Out: findings sorted,
//! suppressed and held against a baseline; SARIF. **Invariant:** pure: no file, clock or process.

pub mod baseline;
pub mod doc;
pub mod page;
pub mod registry;
pub mod sarif;
pub mod sort;
pub mod suppress;
pub mod taxonomy;
