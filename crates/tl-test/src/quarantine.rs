//! The team's quarantine: tests whose known failures do not stop a change, each with its owner,
//! issue, evidence and end.
//!
//! In: `.throughline/quarantine.toml`, reviewed like code. Out: [`Quarantine`]. Start there.
//! **Invariant:** an entry masks one reason to fail of one test, never the test.
//! **Definition:** `docs/test-quarantine.md`.

use serde::{Deserialize, Serialize};
use tl_core::test::Class;

pub mod cap;
pub mod edit;
mod file;
pub mod propose;
pub mod release;

pub use file::{QuarantineError, parse};

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// `quarantine/v1`.
    pub schema: String,
    /// How much may be in it.
    #[serde(default)]
    pub cap: Cap,
    /// Its entries.
    #[serde(default, rename = "test", skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<Quarantined>,
}

/// How much may be in quarantine at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cap {
    /// Share of all known tests.
    pub share: f64,
    /// Tests.
    pub tests: u32,
    /// Days from `since` to `expires` at most.
    pub days: u32,
}

impl Default for Cap {
    fn default() -> Self {
        Self { share: 0.02, tests: 50, days: 30 }
    }
}

/// One test in quarantine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// Its [`TestKey`](tl_core::test::TestKey) in hexadecimal digits.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its file in the repository; empty where unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The variant that it fails in; empty for any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// [`Signature`](tl_core::test::Signature)s of the failures that are known.
    pub signatures: Vec<String>,
    /// Who sees to it.
    pub owner: String,
    /// Where that is talked about.
    pub issue: String,
    /// First day, `2026-11-03`.
    pub since: String,
    /// Last day.
    pub expires: String,
    /// Clean runs in a row after which it is released.
    pub clean_runs: u32,
    /// What it was put here for.
    pub evidence: Proof,
    /// Line of the file that it begins on, from 1; 0 where it was not read from one.
    #[serde(skip)]
    pub line: u64,
}

impl Quarantine {
    /// Where it lies in a repository.
    pub const PATH: &str = ".throughline/quarantine.toml";

    /// What the file says of itself.
    pub const SCHEMA: &str = "quarantine/v1";
}

/// The same as no file: nothing is in quarantine.
pub fn empty() -> Quarantine {
    Quarantine { schema: Quarantine::SCHEMA.to_owned(), cap: Cap::default(), tests: Vec::new() }
}

impl Quarantined {
    /// Whether it is about a test in a variant.
    pub fn covers(&self, id: &str, variant: &str) -> bool {
        self.id == id && (self.variant.is_empty() || self.variant == variant)
    }
}

/// Why a test is in quarantine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// What history said of it.
    pub class: Class,
    /// First attempts that failed.
    pub fails: u64,
    /// First attempts.
    pub runs: u64,
    /// 90 % interval of its rate.
    pub interval: (f64, f64),
    /// Commits on which it both passed and failed.
    #[serde(default)]
    pub divergent: Vec<String>,
    /// How often a failure had ended a stretch of clean runs when it was entered, as history counts
    /// it ([`TestState::waits`](crate::state::TestState::waits)): what comes on top makes the wait
    /// longer.
    #[serde(default)]
    pub waits: u32,
}
