//! Which test covers which lines of which file.
//!
//! In: [`Total`]s of runs that measured each test. Out: [`Map`], and its bytes. Start at
//! [`Map::learn`] and [`Map::who`]. **Invariants:** lines are those of one content of the file, its
//! [`Blob`]: of another content only the file is known; what is read back was written by
//! [`Map::encode`], or is refused.

use std::collections::{BTreeMap, BTreeSet};
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

/// Tests that have to do with lines of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who<'m> {
    /// The tests, as [`super::name::of_context`] spells them.
    pub tests: BTreeSet<&'m str>,
    /// The file is another one than was measured: these are all tests that covered any of it.
    pub is_stale: bool,
    /// When the file was measured; `None` where it never was.
    pub at: Option<Timestamp>,
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

    /// Forgets what was measured before this instant.
    pub fn expire(&mut self, before: Timestamp) {
        self.files.retain(|_, mapped| mapped.at >= before);
    }

    /// Tests that cover any of these lines of a file whose content is `now`; of another content than
    /// was measured, all tests that covered any of it.
    pub fn who(&self, file: &str, now: Blob, lines: &Lines) -> Who<'_> {
        let Some(mapped) = self.files.get(file) else { return Who::default() };
        let is_stale = mapped.blob != now;
        let covers = |hit: &Lines| is_stale || !hit.intersection(lines).is_empty();
        let tests = mapped.tests.iter().filter(|(_, hit)| covers(hit));
        let tests = tests.map(|(test, _)| &**test).collect();
        Who { tests, is_stale, at: Some(mapped.at) }
    }

    /// Whether this test covers any of a file, by what was measured last.
    pub fn covers(&self, test: &str, file: &str) -> bool {
        self.files.get(file).is_some_and(|mapped| mapped.tests.contains_key(test))
    }
}

#[cfg(test)]
mod tests;
