//! When a test leaves the quarantine by evidence.
//!
//! In: failures and runs of a test, and how often it disappointed. Out: clean runs in a row that
//! are needed, and how an entry stands. Start at [`needed`].
//! **Invariant:** of the tests that are flaky as before, at most one in twenty is ever released.
//! **Definition:** `docs/test-quarantine.md`, "Release".

use tl_core::time::Timestamp;

use super::Quarantined;
use crate::state::TestState;

/// What all waits of a test may add up to: the chance that one of them ends by luck.
const ALPHA: f64 = 0.015;

/// How an entry stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It masks what it knows.
    InForce {
        /// Clean runs since the last failure.
        clean: u32,
        /// Clean runs after which it is released.
        needed: u32,
    },
    /// Its test was clean for long enough.
    Released {
        /// Clean runs.
        clean: u32,
    },
    /// Its last day is over.
    Expired,
    /// Its first day is still to come.
    NotYet,
}

/// Clean runs in a row after which a test counts as mended that failed `x` times in `m` runs and
/// waits for the `k`th time, from 1.
///
/// With failures as a Poisson process and its rate as a Gamma distribution behind `x` failures in
/// `m` runs, `n` clean runs have the chance (m / (m + n))^x where nothing changed. That has to be at
/// most .015 / (k (k + 1)), which adds up to .015 over all waits. [`u32::MAX`]: no number of runs
/// can do it.
pub fn needed(x: u32, m: u32, k: u32) -> u32 {
    if x == 0 {
        return u32::MAX;
    }
    let k = f64::from(k.max(1));
    let alpha = ALPHA / (k * (k + 1.0));
    // A run that failed was one: there are as many runs as failures at least.
    let runs = f64::from(m.max(x));
    let clean = (runs * (alpha.powf(-1.0 / f64::from(x)) - 1.0)).ceil();
    // The cast saturates; one clean run is needed at least.
    (clean as u32).max(1)
}

/// How an entry stands.
///
/// A wait that began anew after the entry was written counts: then what history holds is asked as
/// well, and the longest wait is taken. History counts waits as long as it knows the test; those
/// before the entry are in its evidence, and nobody could have released it by them. Without history
/// nothing is released.
pub fn standing(state: Option<&TestState>, entry: &Quarantined, today: Timestamp) -> Standing {
    let day = today.date();
    if day > entry.expires {
        return Standing::Expired;
    }
    if day < entry.since {
        return Standing::NotYet;
    }
    let proof = &entry.evidence;
    let whole = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let since = state.map_or(0, |state| state.waits.saturating_sub(proof.waits));
    let again = since.saturating_add(1);
    let mut wait = entry.clean_runs.max(1);
    if since > 0 {
        wait = wait.max(needed(whole(proof.fails), whole(proof.runs), again));
    }
    if let Some(state) = state.filter(|_| since > 0) {
        wait = wait.max(needed(state.red, state.runs.saturating_sub(state.clean), again));
    }
    let clean = state.map_or(0, |state| state.clean);
    if clean >= wait {
        return Standing::Released { clean };
    }
    Standing::InForce { clean, needed: wait }
}

#[cfg(test)]
mod tests;
