//! CI of commits as their rows hold it.
//!
//! In: rows of the CI of commits, or CI that somebody else has. Out: [`Builds`], by commit, and each
//! as [`Ci`], which takes its texts from the row. Start at [`Builds::ask`].

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use tl_core::delivery::{Build, CommitBuilds, ManualStep, SuiteRun};
use tl_core::fact::{BuildLevel, Outcome};
use tl_core::id::CommitId;
use tl_core::time::Timestamp;

use super::packed::{Packed, Rows};
use super::row::{Entity, RowError};
use super::skipped::Skipped;

/// What the stored id of a commit begins with, where it is one.
const ID: u8 = 1;

impl Rows {
    /// Adds the CI of a commit as its row.
    pub fn add_builds(&mut self, builds: &CommitBuilds) {
        self.add(&builds.commit, &Entity::Builds(builds.clone()).encode());
    }
}

/// CI of a commit: see [`CommitBuilds`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Ci<'b> {
    /// As it is stored; empty where it was not.
    #[serde(borrow)]
    id: &'b [u8],
    /// Runs and jobs, by id and attempt.
    pub builds: Vec<Ran<'b>>,
    /// Nobody asks for them yet.
    #[serde(rename = "tests")]
    _tests: Vec<Suite>,
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

/// The fields of a [`SuiteRun`].
type Suite = (Timestamp, Skipped, Skipped, u64, u64, f64);

impl<'b> Ci<'b> {
    /// That of somebody who has it.
    pub fn of(commit: &'b CommitBuilds) -> Self {
        let suite =
            |one: &'b SuiteRun| (one.at, Skipped, Skipped, one.tests, one.failures, one.seconds);
        Self {
            id: &[],
            builds: commit.builds.iter().map(Ran::of).collect(),
            _tests: commit.tests.iter().map(suite).collect(),
            steps: commit.steps.clone(),
        }
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

    /// CI of rows, each of which is looked at once.
    pub fn of_rows(rows: Rows) -> Result<Self, RowError> {
        let packed = Packed::new(rows);
        let rows = (0..packed.len() as u32).into_par_iter();
        rows.try_for_each(|row| match packed.read::<Ci<'_>>(row)?.id {
            [ID, ..] | [] => Ok(()),
            // Whether its text is one.
            _ => packed.read::<CommitBuilds>(row).map(drop),
        })?;
        Ok(Self { kept: Kept::Rows(packed), only: None })
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
            // All of them were read when they were taken in.
            Kept::Rows(packed) => packed.read(row).unwrap_or_default(),
        }
    }

    /// The id of the commit at a row.
    pub fn commit(&self, row: u32) -> String {
        match &self.kept {
            Kept::Whole(all, _) => all[row as usize].commit.clone(),
            Kept::Rows(packed) => packed.read::<CommitBuilds>(row).unwrap_or_default().commit,
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
    use super::*;

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
            let mut rows = Rows::default();
            rows.add_builds(&whole);
            let builds = Builds::of_rows(rows).unwrap();
            assert_eq!(Ci { id: &[], ..builds.get(0) }, Ci::of(&whole));
            assert_eq!(builds.commit(0), whole.commit);
            assert_eq!(builds.row(&whole.commit), Some(0));
            assert_eq!(builds.row("another"), None);
        }
    }
}
