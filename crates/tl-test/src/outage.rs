//! A reason that several tests of a run failed for: is it the code's, or what the code runs on?
//!
//! In: where a run took place, its reasons of several unrelated tests, where each was seen before. Out: a
//! [`Cause`]. Start at [`Outages::cause`]. **Invariants:** a reason that goes on at the same code is
//! the code's, however many tests fail for it, until somebody passes without a change; what a request may
//! have from the default branch says nothing of machines; one change alone is never *other changes*.
//! **Definition:** `docs/test.md`, "Failures of machines".

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tl_core::test::Signature;
use tl_core::time::{Millis, Timestamp};

use crate::bytes::{restored, stored};
use crate::infra::Broad;

/// How far apart runs may be that one outage fails.
const WINDOW: Millis = Millis::days(1);

/// Other changes that have to fail for the same reason.
const OTHERS: usize = 2;

/// How long a reason is remembered that nobody fails for any more.
const KEPT: Millis = Millis::days(14);

/// Reasons, and lanes of one, that are remembered: the newest.
const REASONS: usize = 512;
const LANES: usize = 64;

/// The first byte of an encoded state.
const VERSION: u8 = 1;

/// Where and when a run took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    /// Runs of one lane come after one another: a job in its variant and shard, of one change.
    lane: u64,
    /// The same job on the default branch.
    main: u64,
    /// The change; 0: the default branch.
    change: u64,
    commit: u64,
    at: Timestamp,
}

/// Whose reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The tests' own: too few of them fail for it.
    Own,
    /// The code's: runs before this one failed for it, and none passed since.
    GoesOn {
        /// How many there were.
        runs: u32,
    },
    /// None of the tests': too many of them fail for it. A change may be to blame.
    Together,
    /// None of the tests': other changes fail for it as well.
    Elsewhere {
        /// How many.
        changes: u32,
    },
}

impl Cause {
    /// What a run says where nothing is known of others.
    pub const fn of_one_run(broad: &Broad) -> Self {
        if broad.is_wide { Self::Together } else { Self::Own }
    }

    /// Whether the reason is none of the tests'.
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Together | Self::Elsewhere { .. })
    }
}

impl Here {
    /// `parts` are variant, job and shard; `change` is empty where there is none. Code that is not merged,
    /// of which nobody knows the change, is one change: it may be.
    pub fn new(
        parts: [&str; 3],
        change: &str,
        unmerged: bool,
        commit: &str,
        at: Timestamp,
    ) -> Self {
        let change = match change {
            "" if unmerged => "?",
            change => change,
        };
        let lane = |change: &str| number(&[&parts[..], &[change]].concat());
        let of_change = if change.is_empty() { 0 } else { number(&[change]).max(1) };
        Self {
            lane: lane(change),
            main: lane(""),
            change: of_change,
            commit: number(&[commit]),
            at,
        }
    }
}

/// What stands for texts: the first bits of their SHA-256.
fn number(texts: &[&str]) -> u64 {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Reasons that several tests failed for at once, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outages {
    reasons: Vec<Seen>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    signature: Signature,
    lanes: Vec<Lane>,
}

/// What became of a reason in one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Lane {
    lane: u64,
    change: u64,
    /// The last commit that failed for it.
    commit: u64,
    /// Runs in a row that failed for it; 0: it is over.
    runs: u32,
    /// The first of these, and the last that there was.
    since: Timestamp,
    last: Timestamp,
    /// When the commit that had failed for it passed.
    passed: Option<Timestamp>,
}

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is known of outages does not read")]
pub struct DecodeError;

impl Outages {
    /// Whose reason it is that several tests of a run fail for, by what was seen before.
    ///
    /// 1. Two other changes failed for it within a day, and have it from nowhere: the default branch did not
    ///    fail for it, or not yet. Then it is none of the tests', unless it goes on here and no
    ///    commit that had failed for it has passed since. 2. The run before this one failed for it, or, for a
    ///    request, the default branch does: the code's. 3. So many tests fail that it is none of theirs.
    pub fn cause(&self, broad: &Broad, here: &Here) -> Cause {
        let lanes = self.reasons.iter().find(|seen| seen.signature == broad.signature);
        let lanes = lanes.map_or(&[][..], |seen| &seen.lanes);
        let open = |lane: u64| lanes.iter().find(|known| known.lane == lane && known.runs > 0);
        // The same run, judged once it was recorded, does not come after itself.
        let is_itself = |lane: &&Lane| {
            lane.runs == 1
                && (lane.change, lane.commit, lane.last) == (here.change, here.commit, here.at)
        };
        let own = open(here.lane).filter(|lane| !is_itself(lane));
        let main = open(here.main).filter(|lane| !is_itself(lane));
        let is_near = |at: Timestamp| {
            let apart = if at > here.at { at - here.at } else { here.at - at };
            apart <= WINDOW
        };
        let began = main.map(|main| main.since);
        let is_unrelated = |lane: &&Lane| {
            let from_main = lane.change != 0 && began.is_some_and(|began| lane.since >= began);
            lane.change != here.change && is_near(lane.last) && !from_main
        };
        let mut others: Vec<u64> =
            lanes.iter().filter(is_unrelated).map(|lane| lane.change).collect();
        others.sort_unstable();
        others.dedup();
        // A request that fails as the default branch does has it from there.
        if here.change != 0 && began.is_some() {
            others.retain(|change| *change != 0);
        }
        let has_passed = || lanes.iter().any(|lane| lane.passed.is_some_and(is_near));
        if others.len() >= OTHERS && (own.is_none() || has_passed()) {
            return Cause::Elsewhere { changes: others.len() as u32 };
        }
        match own.or(main) {
            Some(open) => Cause::GoesOn { runs: open.runs },
            None => Cause::of_one_run(broad),
        }
    }

    /// Takes in a run: its reasons of several unrelated tests, and whether it was whole. Whether anything is
    /// known now that was not.
    pub fn fold(&mut self, broad: &[Broad], is_whole: bool, here: &Here) -> bool {
        let before = self.reasons.len();
        let mut changed = false;
        for seen in &mut self.reasons {
            if broad.iter().any(|broad| broad.signature == seen.signature) {
                continue;
            }
            let open = seen.lanes.iter_mut().find(|lane| lane.lane == here.lane && lane.runs > 0);
            if let Some(lane) = open.filter(|_| is_whole) {
                lane.runs = 0;
                lane.passed = (lane.commit == here.commit).then_some(here.at).or(lane.passed);
                changed = true;
            }
        }
        for broad in broad {
            self.seen(broad.signature).fold(here);
            changed = true;
        }
        self.reasons.retain_mut(|seen| {
            let lanes = seen.lanes.len();
            seen.lanes.retain(|lane| here.at - lane.last <= KEPT);
            changed |= lanes != seen.lanes.len();
            !seen.lanes.is_empty()
        });
        let newest = |seen: &Seen| seen.lanes.iter().map(|lane| lane.last).max();
        while self.reasons.len() > REASONS {
            let oldest = (0..self.reasons.len()).min_by_key(|at| newest(&self.reasons[*at]));
            oldest.map(|at| self.reasons.remove(at));
        }
        changed || before != self.reasons.len()
    }

    fn seen(&mut self, signature: Signature) -> &mut Seen {
        let known = self.reasons.iter().position(|seen| seen.signature == signature);
        let at = known.unwrap_or_else(|| {
            self.reasons.push(Seen { signature, lanes: Vec::new() });
            self.reasons.len() - 1
        });
        &mut self.reasons[at]
    }

    /// As bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        stored(VERSION, self)
    }

    /// Reads what [`Outages::encode`] wrote; no bytes are an empty state.
    ///
    /// # Errors
    /// The bytes are something else, or a newer program's.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        restored(VERSION, 16 << 20, bytes).ok_or(DecodeError)
    }
}

impl Seen {
    /// A run that failed for this reason.
    fn fold(&mut self, here: &Here) {
        let Here { lane, change, commit, at, .. } = *here;
        if let Some(known) = self.lanes.iter_mut().find(|known| known.lane == lane) {
            if known.runs == 0 {
                known.since = at;
            }
            known.runs = known.runs.saturating_add(1);
            known.since = known.since.min(at);
            known.last = known.last.max(at);
            known.commit = commit;
            return;
        }
        if self.lanes.len() >= LANES {
            let oldest = (0..self.lanes.len()).min_by_key(|at| self.lanes[*at].last);
            oldest.map(|at| self.lanes.remove(at));
        }
        let new = Lane { lane, change, commit, runs: 1, since: at, last: at, passed: None };
        self.lanes.push(new);
    }
}

#[cfg(test)]
mod tests;
