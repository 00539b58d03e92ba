//! CI of commits, as far as measures ask of it.
//!
//! In: rows of the CI of commits ([`BuildRows`]), or CI that somebody else has. Out: [`Builds`], by
//! commit, and each as [`Ci`]. Start at [`Builds::ask`].

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tl_core::delivery::{Build, CommitBuilds, ManualStep};
use tl_core::fact::{BuildLevel, Outcome};
use tl_core::id::CommitId;
use tl_core::time::Timestamp;

use super::packed::{Packed, Rows};
use super::row::{Entity, RowError, decode};
use super::skipped::Skipped;

/// What the stored id of a commit begins with, where it is one.
const ID: u8 = 1;

/// Rows of the CI of commits, as they come in.
#[derive(Debug, Default)]
pub struct BuildRows(Rows);

/// What is kept of the CI of a commit: its id as it is stored, runs and jobs, steps.
#[derive(Serialize, Deserialize)]
struct Packet<'b>(#[serde(borrow)] &'b [u8], Vec<PacketRan>, Vec<ManualStep>);

/// A [`Ran`], with its name and trigger by number, and times as [`apart`] writes them.
type PacketRan = (u32, BuildLevel, u32, u32, [Option<i64>; 3], Outcome, bool);

/// Instants as what each is after the last known one before it: that takes fewer bytes.
fn apart(times: [Option<Timestamp>; 3]) -> [Option<i64>; 3] {
    let mut last = 0;
    times.map(|at| {
        let at = at?.as_millis();
        Some(at.wrapping_sub(std::mem::replace(&mut last, at)))
    })
}

/// The instants that [`apart`] wrote.
fn together(times: [Option<i64>; 3]) -> [Option<Timestamp>; 3] {
    let mut last = 0_i64;
    times.map(|after| {
        last = last.wrapping_add(after?);
        Some(Timestamp::from_millis(last))
    })
}

/// A row as the ledger holds it: see [`CommitBuilds`].
#[derive(Deserialize)]
struct Row<'b> {
    #[serde(borrow)]
    id: &'b [u8],
    builds: Vec<Ran<'b>>,
    /// Nobody asks for them yet.
    _tests: Vec<Suite>,
    steps: Vec<ManualStep>,
}

impl BuildRows {
    /// Adds the row of the CI of a commit.
    pub fn add_row(&mut self, commit: &str, row: &[u8]) -> Result<(), RowError> {
        let Row { id, builds, steps, .. } = decode(row)?;
        if !matches!(id, [ID, ..] | []) {
            // Whether its text is one.
            decode::<CommitBuilds>(row)?;
        }
        let names = &mut self.0.names;
        let run = |run: Ran<'_>| {
            let (name, trigger) = (names.number(run.name), names.number(run.trigger));
            let times = apart([run.queued, run.started, run.finished]);
            (run.attempt, run.level, name, trigger, times, run.outcome, run.manual)
        };
        let builds = builds.into_iter().map(run).collect();
        self.0.add(commit, &Packet(id, builds, steps));
        Ok(())
    }

    /// Adds CI that somebody has.
    pub fn add(&mut self, builds: &CommitBuilds) -> Result<(), RowError> {
        self.add_row(&builds.commit, &Entity::Builds(builds.clone()).encode())
    }

    /// Adds what another ledger holds.
    pub fn join(&mut self, other: &Self) {
        for (commit, Packet(id, mut builds, steps)) in other.0.iter::<Packet<'_>>() {
            for (_, _, name, trigger, ..) in &mut builds {
                *name = self.0.names.number(other.0.names.get(*name));
                *trigger = self.0.names.number(other.0.names.get(*trigger));
            }
            self.0.add(commit, &Packet(id, builds, steps));
        }
    }

    /// Takes away that of some commits.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(keep);
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// CI of a commit: see [`CommitBuilds`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ci<'b> {
    /// Runs and jobs, by id and attempt.
    pub builds: Vec<Ran<'b>>,
    /// Steps that waited for a person, where no deployment is named.
    pub steps: Vec<ManualStep>,
}

/// One attempt of a run or job: see [`Build`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the fields of a build")]
pub struct Ran<'b> {
    pub(crate) _id: Skipped,
    pub attempt: u32,
    pub level: BuildLevel,
    pub name: &'b str,
    pub trigger: &'b str,
    pub queued: Option<Timestamp>,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub outcome: Outcome,
    pub manual: bool,
}

/// The fields of a [`SuiteRun`](tl_core::delivery::SuiteRun).
type Suite = (Timestamp, Skipped, Skipped, u64, u64, f64);

impl<'b> Ci<'b> {
    /// That of somebody who has it.
    pub fn of(commit: &'b CommitBuilds) -> Self {
        Self { builds: commit.builds.iter().map(Ran::of).collect(), steps: commit.steps.clone() }
    }
}

impl<'b> Ran<'b> {
    /// That of somebody who has it.
    pub fn of(build: &'b Build) -> Self {
        Self {
            _id: Skipped,
            attempt: build.attempt,
            level: build.level,
            name: &build.name,
            trigger: &build.trigger,
            queued: build.queued,
            started: build.started,
            finished: build.finished,
            outcome: build.outcome,
            manual: build.manual,
        }
    }
}

/// CI of commits, by their ids.
#[derive(Debug)]
pub struct Builds<'b> {
    kept: Kept<'b>,
    /// Rows of the commits that are asked, where not all are.
    only: Option<Vec<u32>>,
}

#[derive(Debug)]
enum Kept<'b> {
    /// With rows by commit.
    Whole(&'b [CommitBuilds], FxHashMap<&'b str, u32>),
    Rows(Packed),
}

impl<'b> Builds<'b> {
    /// CI that somebody has, sorted by commit.
    pub fn of(builds: &'b [CommitBuilds]) -> Self {
        let rows = builds.iter().map(|one| one.commit.as_str()).zip(0..).collect();
        Self { kept: Kept::Whole(builds, rows), only: None }
    }

    /// CI of rows.
    pub fn of_rows(rows: BuildRows) -> Self {
        Self { kept: Kept::Rows(Packed::new(rows.0)), only: None }
    }

    /// Of how many commits there is CI.
    pub const fn len(&self) -> usize {
        match &self.kept {
            Kept::Whole(all, _) => all.len(),
            Kept::Rows(packed) => packed.len(),
        }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of a commit.
    pub fn row(&self, commit: &str) -> Option<u32> {
        match &self.kept {
            Kept::Whole(_, rows) => rows.get(commit).copied(),
            Kept::Rows(packed) => {
                // The id is what a row begins with.
                let id: Option<CommitId> = commit.parse().ok();
                let is_it = |row: u32| match packed.read::<&[u8]>(row) {
                    Ok([ID, known @ ..]) => id.is_some_and(|id| id.as_bytes() == known),
                    Ok([_, known @ ..]) => known == commit.as_bytes(),
                    Ok([]) => commit.is_empty(),
                    Err(_) => false,
                };
                packed.find(commit, is_it)
            }
        }
    }

    /// The CI at a row.
    pub fn get(&self, row: u32) -> Ci<'_> {
        match &self.kept {
            Kept::Whole(all, _) => Ci::of(&all[row as usize]),
            Kept::Rows(packed) => {
                // All of them were read when they were taken in.
                let Ok(Packet(_, builds, steps)) = packed.read(row) else { return Ci::default() };
                let run = |(attempt, level, name, trigger, times, outcome, manual): PacketRan| {
                    let (name, trigger) = (packed.names.get(name), packed.names.get(trigger));
                    let [queued, started, finished] = together(times);
                    let _id = Skipped;
                    Ran {
                        _id,
                        attempt,
                        level,
                        name,
                        trigger,
                        queued,
                        started,
                        finished,
                        outcome,
                        manual,
                    }
                };
                Ci { builds: builds.into_iter().map(run).collect(), steps }
            }
        }
    }

    /// The id of the commit at a row.
    pub fn commit(&self, row: u32) -> String {
        match &self.kept {
            Kept::Whole(all, _) => all[row as usize].commit.clone(),
            Kept::Rows(packed) => match packed.read::<&[u8]>(row) {
                Ok([ID, id @ ..]) => CommitId::from_bytes(id).map(|id| id.to_string()),
                Ok([_, text @ ..]) => std::str::from_utf8(text).ok().map(str::to_owned),
                _ => None,
            }
            .unwrap_or_default(),
        }
    }

    /// Asks these alone from now on.
    pub(crate) fn keep(&mut self, mut rows: Vec<u32>) {
        rows.sort_unstable();
        rows.dedup();
        self.only = Some(rows);
    }

    fn asked(&self) -> Vec<u32> {
        self.only.clone().unwrap_or_else(|| (0..self.len() as u32).collect())
    }

    /// What is asked of the CI of each commit and its row, in the order of commits: as many at a time
    /// as there are cores.
    pub fn ask<T: Send>(&self, of: impl Fn(u32, &Ci<'_>) -> Option<T> + Sync) -> Vec<T> {
        let rows = self.asked().into_par_iter().with_min_len(512);
        rows.filter_map(|row| of(row, &self.get(row))).collect()
    }

    /// What is asked of the CI of many commits and their rows at a time, in the order of commits: for
    /// sums.
    pub fn chunks<T: Send>(&self, of: impl Fn(&[(u32, Ci<'_>)]) -> T + Sync) -> Vec<T> {
        let numbers = self.asked();
        let read = |rows: &[u32]| rows.iter().map(|row| (*row, self.get(*row))).collect::<Vec<_>>();
        numbers.par_chunks(4_096).map(|rows| of(&read(rows))).collect()
    }
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::SuiteRun;

    use super::*;

    #[test]
    fn instants_are_the_same_again_whatever_is_known_of_them() {
        let known = [None, Some(Timestamp::from_millis(i64::MAX)), Some(Timestamp::from_millis(7))];
        for one in known {
            for other in known {
                for third in known {
                    let times = [one, other, third];
                    assert_eq!(together(apart(times)), times);
                }
            }
        }
    }

    #[test]
    fn what_is_read_of_a_row_is_what_the_whole_says() {
        let at = Some(Timestamp::from_seconds(7));
        let build = Build {
            id: "17".to_owned(),
            attempt: 2,
            level: BuildLevel::Job,
            name: "test/unit".to_owned(),
            trigger: "push".to_owned(),
            queued: at,
            started: None,
            finished: at,
            outcome: Outcome::TimedOut,
            manual: true,
        };
        let suite =
            SuiteRun { suite: "unit".to_owned(), tests: 3, seconds: 0.5, ..SuiteRun::default() };
        let step = ManualStep { form: "approval".to_owned(), done: at, ..ManualStep::default() };
        for commit in ["b".repeat(40), "B".repeat(40), "made-up".to_owned(), String::new()] {
            let whole = CommitBuilds {
                commit,
                builds: vec![build.clone()],
                tests: vec![suite.clone()],
                steps: vec![step.clone()],
            };
            let mut rows = BuildRows::default();
            rows.add(&whole).unwrap();
            let builds = Builds::of_rows(rows);
            assert_eq!(builds.get(0), Ci::of(&whole));
            assert_eq!(builds.commit(0), whole.commit);
            assert_eq!(builds.row(&whole.commit), Some(0));
            assert_eq!(builds.row("another"), None);
        }
    }
}
