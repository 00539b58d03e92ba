//! Which test covers which lines of which file.
//!
//! In: [`Total`]s of runs that measured each test. Out: [`Map`], and its bytes. Start at
//! [`Map::learn`]; [`covers`](crate::choose::covers::covers) asks it. **Invariants:** lines are those of one content of the file, its
//! [`Blob`]: of another content only the file is known; what is read back was written by
//! [`Map::encode`], or is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tl_core::time::Timestamp;

use super::ranges::Lines;
use super::total::Total;

mod encode;

pub use encode::{DecodeError, MOST_BYTES};

/// What stands for a file's content: the first 128 bits of the SHA-256 of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob(pub [u8; 16]);

impl Blob {
    /// Of a file's bytes as they are committed.
    pub fn of(content: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(content).into();
        let mut blob = [0; 16];
        blob.copy_from_slice(&digest[..16]);
        Self(blob)
    }
}

/// Which test covers which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    /// By file of the repository.
    pub files: BTreeMap<String, Mapped>,
}

/// What is known of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The content that the lines are of.
    pub blob: Blob,
    /// When this was measured last.
    pub at: Timestamp,
    /// By test, as [`super::name::of_context`] spells it: lines that it covers.
    pub tests: BTreeMap<Arc<str>, Arc<Lines>>,
}

impl Map {
    /// Takes in what a run measured of single tests. `blob` is the content that was measured. A file
    /// whose content is as it was keeps what was known of other tests; of another content nothing is
    /// kept.
    pub fn learn(&mut self, total: &Total, at: Timestamp, blob: impl Fn(&str) -> Option<Blob>) {
        let mut blobs: BTreeMap<&str, Option<Blob>> = BTreeMap::new();
        for (test, files) in &total.tests {
            let test: Arc<str> = super::name::of_context(test).into();
            for (file, lines) in files {
                let now = blobs.entry(file).or_insert_with(|| blob(file));
                let Some(now) = *now else { continue };
                let fresh = || Mapped { blob: now, at, tests: BTreeMap::new() };
                let mapped = self.files.entry(file.clone()).or_insert_with(fresh);
                if mapped.blob != now {
                    *mapped = fresh();
                }
                mapped.at = mapped.at.max(at);
                // The phases of a test are one test.
                let known = mapped.tests.entry(test.clone()).or_default();
                *known = Arc::new(known.union(lines));
            }
        }
    }
}

#[cfg(test)]
mod tests;
