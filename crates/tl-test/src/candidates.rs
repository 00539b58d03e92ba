//! The tests that history knows, as candidates for a choice.
//!
//! In: a [`History`]. Out: [`Candidate`]s. Start at [`candidates`].

use std::collections::BTreeMap;

use tl_core::test::{Class, Status, TestKey};
use tl_core::time::Timestamp;

use crate::choose::{Candidate, Past};
use crate::classify;
use crate::record::{History, Test};

/// Whole runs in a row in which a test was not seen before it is taken for gone.
const GONE: usize = 10;

/// Every test that is still there, once: of several variants the one in which it fails the most.
///
/// A test that none of the last ten whole runs has seen is gone. `variant` asks for one variant alone; empty: all.
pub fn candidates(history: &History, variant: &str) -> Vec<Candidate> {
    let mut horizons: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
    let mut found: BTreeMap<TestKey, Candidate> = BTreeMap::new();
    for test in history.tests() {
        if !variant.is_empty() && test.variant != variant {
            continue;
        }
        let horizon =
            *horizons.entry(test.variant).or_insert_with(|| horizon(history, test.variant));
        if horizon.is_some_and(|horizon| test.state.last < horizon) {
            continue;
        }
        let past = past(&test);
        match found.get_mut(&test.key) {
            Some(known) if known.past.decayed >= past.decayed => {}
            Some(known) => known.past = past,
            None => {
                let name = history.name(test.row).unwrap_or_default();
                found.insert(test.key, Candidate { id: test.key, test: name, past });
            }
        }
    }
    found.into_values().collect()
}

/// When the first of the last whole runs of a variant was; `None` for fewer of them.
fn horizon(history: &History, variant: &str) -> Option<Timestamp> {
    let row = history.variants().iter().position(|known| known == variant)?;
    let whole = history.runs.iter().filter(|run| {
        run.variant as usize == row && run.complete && !run.selected && run.cases > 0
    });
    let mut at: Vec<Timestamp> = whole.map(|run| run.at).collect();
    at.sort_unstable();
    at.len().checked_sub(GONE).map(|first| at[first])
}

fn past(test: &Test<'_>) -> Past {
    let state = test.state;
    let last =
        [Status::Passed, Status::Skipped, Status::Failed, Status::Errored, Status::Unfinished];
    Past {
        decayed: f64::from(state.ema),
        // What fails in one request is the likelier to fail in the next.
        runs: state.runs.saturating_add(state.unmerged),
        red: state.red.saturating_add(state.unmerged_red),
        // How many runs of all there were behind it is not known.
        since_red: (state.red > 0 && state.unmerged == 0).then_some(state.clean),
        last: (state.runs > 0).then(|| last.get(usize::from(state.last_status)).copied()).flatten(),
        p75_ms: state.p75_ms(),
        flaky: classify::of(state).class == Class::Flaky,
    }
}
