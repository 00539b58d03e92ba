//! What was observed of a delivery line: the input of the simulation.
//!
//! In: nothing; the caller fills [`Observed`] from journeys. Out: slices of it by time
//! (`Observed::between`) and the observed waits per station. All durations are in milliseconds
//! and not negative; instants are on the calendar whose hours of the week matter (shift them by
//! the team's offset to get its local week). **Invariant:** service and rework are *active* times;
//! waits are kept apart, because the simulation must bring them forth by itself.

use tl_core::time::{Millis, Timestamp};

/// A line of delivery as it was in a window of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Start of the window.
    pub from: Timestamp,
    /// Its end, not included.
    pub until: Timestamp,
    /// Changes whose work started in the window and which were merged, in any order. Changes
    /// without a known coding time are left out by the caller.
    pub changes: Vec<Change>,
    /// Distinct people who reviewed in the window, of each group that reviews for itself: all people
    /// are one group where nothing else is known. Nobody, in no group, when nobody did.
    pub reviewers: Vec<u32>,
    /// The share (above 0, up to 1) of their reviewing hours that reviewers give to reviews.
    /// `None` as a rule, since no system logs it: it is then fitted.
    pub review_share: Option<f64>,
    /// CI runs that can go on at once; 0 when CI was not observed.
    pub runners: u32,
    /// CI runs in the window that keep runners busy and belong to none of the changes.
    pub other_runs: Vec<Run>,
    /// How approved changes get merged.
    pub merge: Merge,
    /// How merged changes leave.
    pub release: Release,
    /// Active times of deployments.
    pub deploys: Vec<Millis>,
}

/// One change with its measured times.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Dense id of the author, for the bootstrap.
    pub author: u32,
    /// Who reviews it: a row of [`Observed::reviewers`].
    pub group: u32,
    /// When work on it started.
    pub started: Timestamp,
    /// Active time until it was ready for review.
    pub coding: Millis,
    /// Rounds of review, in their order; empty for a change that was merged unreviewed.
    pub rounds: Vec<Round>,
    /// CI runs.
    pub runs: Vec<Run>,
    /// Approval to merge.
    pub merge_wait: Millis,
    /// Merge to the start of its deployment; `None` when it was not yet deployed.
    pub release_wait: Option<Millis>,
    /// Whether its merge had it deployed, whatever trains there are: its release wait is then the
    /// time that this takes. Others that are merged leave with it.
    pub on_demand: bool,
    /// Whether it is of low risk, such as of a small size; `None` when that is not known.
    pub low_risk: Option<bool>,
}

/// One turn of a reviewer, and the author's turn that followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// When the review was asked for: ready for review, or the push after a rework.
    pub asked: Timestamp,
    /// From then until the review was given: no forge logs when it began.
    pub wait: Millis,
    /// The reviewer's active time, a part of the wait. Only its proportions matter where
    /// [`Observed::review_share`] is fitted.
    pub service: Millis,
    /// The author's active time after it; zero when nothing was asked for.
    pub rework: Millis,
}

/// One run of CI on one runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// After which round of review it was pushed; 0 for the push that asked for the first review.
    pub after_round: u32,
    /// When it was queued.
    pub queued: Timestamp,
    /// From then until a runner took it.
    pub wait: Millis,
    /// How long it ran.
    pub service: Millis,
}

/// How approved changes get merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// Somebody merges when they see it. That is no queue: each change keeps its own measured
    /// wait, and no scenario changes it.
    ByHand,
    /// A merge queue that tests and merges one batch at a time.
    Batches {
        /// Most changes in a batch.
        limit: u32,
        /// How long batches took.
        durations: Vec<Millis>,
    },
}

/// How merged changes leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// Each change is deployed as soon as it is merged.
    OnDemand,
    /// A train leaves every so often with all that is merged; the first, one period after `from`.
    Every(Millis),
    /// Trains leave as they were observed to, repeated in whole weeks so that their weekdays and
    /// hours stay.
    AsObserved(Vec<Timestamp>),
}

/// What was observed of the waits at one station.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Waits {
    /// The author of each.
    pub(crate) authors: Vec<u32>,
    /// The waits, in milliseconds.
    pub(crate) waits: Vec<i64>,
    /// How many waited at the same station when each was asked for; empty where no queue is.
    pub(crate) ahead: Vec<i64>,
}

impl Waits {
    /// From (author, joined, wait), with how many were waiting when each joined: of these and of
    /// the `others` (joined, wait).
    fn queued(rows: &[(u32, i64, i64)], others: &[(i64, i64)]) -> Self {
        let all = || rows.iter().map(|row| (row.1, row.2)).chain(others.iter().copied());
        let mut joined: Vec<i64> = all().map(|(joined, _)| joined).collect();
        let mut left: Vec<i64> = all().map(|(joined, wait)| joined + wait).collect();
        joined.sort_unstable();
        left.sort_unstable();
        // Who joined before and did not leave before or at that instant is ahead.
        let ahead = rows.iter().map(|&(_, at, wait)| {
            let before = joined.partition_point(|&other| other < at);
            let gone = left.partition_point(|&other| other <= at);
            // Who joined at this very instant and waited for nothing is gone, but not before.
            (before as i64 - gone as i64 + i64::from(wait == 0)).max(0)
        });
        Self {
            ahead: ahead.collect(),
            authors: rows.iter().map(|row| row.0).collect(),
            waits: rows.iter().map(|row| row.2).collect(),
        }
    }
}

impl Observed {
    /// Distinct people who reviewed, of all groups.
    pub fn all_reviewers(&self) -> u32 {
        self.reviewers.iter().sum()
    }

    /// The changes that started in a part of the window; everything else stays.
    pub(crate) fn between(&self, from: Timestamp, until: Timestamp) -> Self {
        let within = |change: &&Change| from <= change.started && change.started < until;
        let changes = self.changes.iter().filter(within).cloned().collect();
        Self { from, until, changes, ..self.clone() }
    }

    /// Waits for a review, of every round; the queue is that of the change's group.
    pub(crate) fn review_waits(&self) -> Waits {
        let mut all = Waits::default();
        for group in 0..self.reviewers.len().max(1) as u32 {
            let rounds =
                self.changes.iter().filter(|change| change.group == group).flat_map(|change| {
                    let author = change.author;
                    change.rounds.iter().map(move |r| (author, r.asked.as_millis(), r.wait.get()))
                });
            let Waits { authors, waits, ahead } = Waits::queued(&rounds.collect::<Vec<_>>(), &[]);
            all.authors.extend(authors);
            all.waits.extend(waits);
            all.ahead.extend(ahead);
        }
        all
    }

    /// Waits for a runner.
    pub(crate) fn ci_waits(&self) -> Waits {
        let runs = self.changes.iter().flat_map(|change| {
            let author = change.author;
            change.runs.iter().map(move |r| (author, r.queued.as_millis(), r.wait.get()))
        });
        let others = self.other_runs.iter().map(|run| (run.queued.as_millis(), run.wait.get()));
        Waits::queued(&runs.collect::<Vec<_>>(), &others.collect::<Vec<_>>())
    }

    /// Waits for the merge.
    pub(crate) fn merge_waits(&self) -> Waits {
        Waits {
            authors: self.changes.iter().map(|change| change.author).collect(),
            waits: self.changes.iter().map(|change| change.merge_wait.get()).collect(),
            ahead: Vec::new(),
        }
    }

    /// Waits for a release, of those that were not deployed on demand.
    pub(crate) fn release_waits(&self) -> Waits {
        let known = self.changes.iter().filter(|change| !change.on_demand);
        let known = known.filter_map(|change| Some((change.author, change.release_wait?.get())));
        let (authors, waits) = known.unzip();
        Waits { authors, waits, ahead: Vec::new() }
    }
}
