//! What history says of all tests, as people and programs read it.
//!
//! In: a [`History`]. Out: a [`Listing`] (`flaky/v1`), the tests that need somebody first. Start at
//! [`listing`]. **Definition:** `docs/test.md`, "Classes".

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use tl_core::test::{Class, Rate, Status, TestKey, TestName};
use tl_core::time::Timestamp;

use crate::classify;
use crate::record::{History, Test};
use crate::state::Phase;

/// All tests, and how many of each class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// `flaky/v1`
    pub schema: &'static str,
    /// Runs that were recorded.
    pub runs: u64,
    /// The first of them, and the last.
    pub between: Option<(Timestamp, Timestamp)>,
    /// Tests by class; a test counts once for each variant.
    pub classes: BTreeMap<Class, u64>,
    /// The tests.
    pub tests: Vec<Listed>,
}

/// One test in one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: TestKey,
    /// Its row, by which the lake knows it.
    #[serde(skip)]
    pub row: u32,
    /// Its names.
    pub test: TestName,
    /// The variant; empty where there is one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// What history says of it.
    pub class: Class,
    /// Whether it is surely flaky.
    pub proven: bool,
    /// How often it fails in its last phase.
    pub rate: Rate,
    /// Its phases, the oldest first.
    pub phases: Vec<Stretch>,
    /// Commits on which it failed and then passed: the last eight, of how many.
    pub divergent: Vec<String>,
    /// How many such commits there were.
    pub divergent_all: u32,
    /// The reasons that it failed for most.
    pub reasons: Vec<Reason>,
    /// First attempts on merged code.
    pub runs: u32,
    /// Of those, red ones.
    pub red: u32,
    /// First attempts on code that was not merged yet.
    pub unmerged: u32,
    /// Of those, red ones.
    pub unmerged_red: u32,
    /// Green ones since the last red one.
    pub clean: u32,
    /// How often a wait for clean runs began anew.
    pub waits: u32,
    /// First attempts that a machine failed.
    pub infra: u32,
    /// The median of its duration in milliseconds, where known.
    pub p50_ms: Option<u32>,
    /// The 75th percentile of it.
    pub p75_ms: Option<u32>,
    /// When it was seen first.
    pub first: Timestamp,
    /// When it was seen last.
    pub last: Timestamp,
}

/// A stretch of commits over which a test failed as often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stretch {
    /// The last commit that was surely before it; absent for the first stretch.
    pub good: Option<String>,
    /// The first commit that is surely in it.
    pub bad: String,
    /// How often it failed.
    pub rate: Rate,
}

/// A reason to fail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// Its signature.
    pub signature: String,
    /// Its masked text.
    pub text: String,
    /// Whether it is a machine's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub infra: String,
    /// How often it was seen.
    pub times: u32,
    /// When it was seen last.
    pub last: Timestamp,
}

/// Lists every test.
pub fn listing(history: &History, now: Timestamp) -> Listing {
    let mut tests: Vec<Listed> =
        history.tests().iter().map(|test| listed(history, test, now)).collect();
    tests.sort_by(|a, b| {
        let rank = |one: &Listed| (urgency(one.class), !one.proven);
        let often = b.rate.high.total_cmp(&a.rate.high);
        rank(a)
            .cmp(&rank(b))
            .then(often)
            .then_with(|| (&a.test, &a.variant).cmp(&(&b.test, &b.variant)))
    });
    let mut classes = BTreeMap::new();
    for test in &tests {
        *classes.entry(test.class).or_default() += 1;
    }
    let first = history.runs.iter().map(|run| run.at).min();
    let last = history.runs.iter().map(|run| run.at).max();
    Listing {
        schema: "flaky/v1",
        runs: history.runs.len() as u64,
        between: first.zip(last),
        classes,
        tests,
    }
}

/// Who needs somebody first.
const fn urgency(class: Class) -> u8 {
    match class {
        Class::Regressed => 0,
        Class::Broken => 1,
        Class::Flaky => 2,
        Class::Infra => 3,
        Class::New => 4,
        Class::Healthy => 5,
    }
}

fn listed(history: &History, test: &Test<'_>, now: Timestamp) -> Listed {
    let Test { row, key, variant, state } = *test;
    let commit = |row: u32| history.commits().get(row as usize);
    let id = |row: u32| commit(row).map_or_else(String::new, |commit| commit.id.clone());
    let judgement = classify::of(state);
    let began = judgement.phases.last().and_then(|phase| commit(phase.cause.1));
    let began = began.map_or(state.first, |commit| commit.at);
    let judgement = classify::aged(judgement, began, now);
    let stretch = |phase: &Phase| {
        let (good, bad) = phase.cause;
        Stretch {
            good: (good != bad).then(|| id(good)),
            bad: id(bad),
            rate: crate::interval::rate(u64::from(phase.red), u64::from(phase.runs)),
        }
    };
    let mut reasons: Vec<Reason> = state
        .signatures
        .iter()
        .filter_map(|(row, times, last)| {
            let (known, text) = history.reason(*row)?;
            Some(Reason {
                signature: known.signature.to_string(),
                text: text.to_owned(),
                infra: known.infra.clone(),
                times: *times,
                last: *last,
            })
        })
        .collect();
    reasons.sort_by_key(|reason| (Reverse(reason.times), reason.signature.clone()));
    Listed {
        id: key,
        row,
        test: history.name(row).unwrap_or_default(),
        variant: variant.to_owned(),
        class: judgement.class,
        proven: judgement.proven,
        rate: judgement.rate,
        phases: judgement.phases.iter().map(stretch).collect(),
        divergent: state.divergent.iter().map(|(row, _)| id(*row)).collect(),
        divergent_all: state.divergent_all,
        reasons,
        runs: state.runs,
        red: state.red,
        unmerged: state.unmerged,
        unmerged_red: state.unmerged_red,
        clean: state.clean,
        waits: state.waits,
        infra: state.infra,
        p50_ms: state.p50_ms(),
        p75_ms: state.p75_ms(),
        first: state.first,
        last: state.last,
    }
}

impl Listed {
    /// Whether somebody has to see to it.
    pub const fn needs_somebody(&self) -> bool {
        matches!(self.class, Class::Regressed | Class::Broken | Class::Flaky | Class::Infra)
    }

    /// Whether a text means it: its id, its name, or its name for people.
    pub fn is_meant(&self, text: &str) -> bool {
        self.id.to_string() == text || self.test.name == text || self.test.to_string() == text
    }
}

/// A class in a word.
pub const fn word(class: Class) -> &'static str {
    match class {
        Class::New => "new",
        Class::Healthy => "healthy",
        Class::Flaky => "flaky",
        Class::Broken => "broken",
        Class::Regressed => "regressed",
        Class::Infra => "infra",
    }
}

/// What became of an execution, in a word.
pub const fn result(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Skipped => "skipped",
        Status::Failed => "failed",
        Status::Errored => "errored",
        Status::Unfinished => "unfinished",
    }
}
