//! Which tests to run for a change, in what order, and on how many machines.
//!
//! In: tests with what history knows of each, and a change. Out: [`Chosen`] tests, each with a score
//! and every reason for it. Start at [`order`], [`select()`](select::select) and
//! [`split()`](split::split). **Invariants:** the same input gives the same order; where a change
//! reaches too far, or too little is known, nothing is left out; no test is run or skipped without
//! a reason in words. **Definition:** `docs/test.md`, "Order, select, split".

pub mod cofail;
pub mod covers;
pub mod escaped;
pub mod fallback;
pub mod history;
pub mod imports;
mod kinds;
pub mod measure;
mod mention;
mod names;
mod place;
mod score;
pub mod select;
pub mod split;
pub mod weights;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use tl_core::test::{Status, TestKey, TestName};
use tl_core::time::Timestamp;

use cofail::CoFail;
use imports::Imports;
use weights::Weights;

/// What speaks for or against running a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// The file that it stands in is edited.
    EditedTest,
    /// It runs lines that are changed, or others of their file.
    Covers,
    /// What it did so far, for the time that it takes.
    History,
    /// It failed when one of these files changed.
    CoFailed,
    /// It stands in the folder or package of a changed file.
    SamePackage,
    /// It is called like a changed file.
    SimilarName,
    /// It imports a changed file, or what imports it.
    Imports,
    /// It was red in an earlier run of the same request.
    FailedInRequest,
    /// The request's text names it.
    Mentioned,
    /// It is known, and was never run.
    NeverRun,
    /// The file that it stands in is new.
    NewTest,
    /// Its last run was red.
    LastRed,
    /// Everything is run.
    Fallback,
    /// It fails now and then without a change.
    KnownFlake,
    /// Nothing speaks for it.
    Nothing,
}

/// One reason of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// Of which kind.
    pub signal: Signal,
    /// What it adds to the score.
    pub weight: f64,
    /// In words, with its numbers.
    pub text: String,
}

/// A test, and whether to run it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// Its id.
    pub id: TestKey,
    /// Its names.
    pub test: TestName,
    /// The sum of the weights in [`Chosen::why`]: a logarithm.
    pub score: f64,
    /// Whether it is run.
    pub run: bool,
    /// The reason that decided, in words.
    pub because: String,
    /// Every reason, the heaviest first.
    pub why: Vec<Why>,
    /// The 75th percentile of its duration, where known.
    pub p75_ms: Option<u32>,
}

/// What history knows of a test.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Past {
    /// Sum of [`history::DECAY`]^age over its red runs.
    pub decayed: f64,
    /// Runs.
    pub runs: u32,
    /// Of those, red ones.
    pub red: u32,
    /// Runs since the last red one: 0 where that was the last. `None`: never red.
    pub since_red: Option<u32>,
    /// What became of its last run.
    pub last: Option<Status>,
    /// The 75th percentile of its duration, in milliseconds.
    pub p75_ms: Option<u32>,
    /// Whether its class is flaky.
    pub flaky: bool,
}

/// A test that may be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: TestKey,
    /// Its names.
    pub test: TestName,
    /// What history knows of it; the default where that is nothing.
    pub past: Past,
}

/// What a request changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Paths that it touches: as they are after it, and of what it removes as they were before.
    pub files: Vec<String>,
    /// Of those, the new ones.
    pub added: BTreeSet<String>,
    /// Of those, the ones that are gone; tests that stand in them are not run.
    pub removed: BTreeSet<String>,
    /// Path after the change, and the one before it.
    pub renamed: BTreeMap<String, String>,
    /// Per path before it, the lines that it changes, first and last, counted from 1 as they were;
    /// an insertion counts as the lines on both sides of it. A path without an entry counts as
    /// changed in all lines.
    pub lines: BTreeMap<String, Vec<(u32, u32)>>,
    /// Title, description, messages of commits.
    pub text: String,
}

/// A test runs lines of a file, as coverage saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covers {
    /// The test.
    pub test: TestKey,
    /// Path of the file in the repository.
    pub file: String,
    /// Lines, first and last, counted from 1, in the file before the change. `None`: it may be any,
    /// for another content of the file was measured.
    pub lines: Option<Vec<(u32, u32)>>,
    /// When that was measured.
    pub at: Timestamp,
}

/// All that a choice is made of.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The tests that there are.
    pub tests: &'a [Candidate],
    /// The change; `None` where its base is not known.
    pub change: Option<&'a Change>,
    /// Which tests fail when which files change.
    pub cofail: &'a CoFail,
    /// Coverage of changed files; empty without.
    pub coverage: &'a [Covers],
    /// Which file imports which, where the sources were read.
    pub imports: Option<&'a Imports>,
    /// Tests that were red in an earlier run of the same request.
    pub failed: &'a FxHashSet<TestKey>,
    /// How much history counts; `None`: as the defaults have it. For an order alone: what a selection
    /// would have missed was counted with the defaults.
    pub weights: Option<&'a Weights>,
    /// When the choice is made.
    pub now: Timestamp,
}

impl Candidate {
    /// Whether history knows a run of it.
    pub fn has_run(&self) -> bool {
        self.past.runs > 0
    }

    /// Its last red run, in words.
    fn last_red(&self) -> String {
        let Past { runs, red, since_red, .. } = self.past;
        match since_red {
            _ if runs == 0 => "it has never run".to_owned(),
            None if red > 0 => format!("red in {red} of {}", counted(runs, "run")),
            None => format!("green in all of its {}", counted(runs, "run")),
            Some(0) => format!("red in {red} of {}, also in the last", counted(runs, "run")),
            Some(since) => {
                format!(
                    "red in {red} of {}, last {} ago",
                    counted(runs, "run"),
                    counted(since, "run")
                )
            }
        }
    }
}

/// Whether nobody can tell by its path what a file is: no code, no test, nothing that builds.
pub fn is_unknown_kind(path: &str) -> bool {
    kinds::kind(path) == kinds::Kind::Unknown
}

/// All tests, the one that is the likeliest to fail for its time first. Of a file that the change
/// removes none is run.
pub fn order(choice: &Choice<'_>) -> Vec<Chosen> {
    let mut all = score::scored(choice);
    for chosen in &mut all {
        chosen.of.run = !chosen.is_gone;
        chosen.of.because = match chosen.of.why.iter().find(|why| why.weight > 0.0) {
            _ if chosen.is_gone => score::GONE.to_owned(),
            Some(why) => why.text.clone(),
            None => chosen.past.clone(),
        };
    }
    all.into_iter().map(|scored| scored.of).collect()
}

/// `1 run`, `2 runs`.
fn counted(number: u32, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
