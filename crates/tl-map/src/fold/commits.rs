//! CI of commits as their rows hold it.
//!
//! In: rows of the CI of commits, or CI that somebody else has. Out: [`Builds`], by commit. Start at
//! [`Builds::ask`].

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tl_core::delivery::CommitBuilds;

use super::Table;
use super::packed::{Packed, Rows};
use super::row::{Entity, RowError};

impl Rows {
    /// Adds the CI of a commit as its row.
    pub fn add_builds(&mut self, builds: &CommitBuilds) {
        self.add(&builds.commit, &Entity::Builds(builds.clone()).encode());
    }
}

/// CI of commits, by their ids.
#[derive(Debug)]
pub struct Builds<'b>(Kept<'b>);

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
        Self(Kept::Whole(builds, rows))
    }

    /// CI of rows, each of which is looked at once.
    pub fn of_rows(rows: Rows) -> Result<Self, RowError> {
        let packed = Packed::new(rows);
        let rows = (0..packed.len() as u32).into_par_iter();
        rows.try_for_each(|row| packed.read::<CommitBuilds>(row).map(drop))?;
        Ok(Self(Kept::Rows(packed)))
    }

    /// Of how many commits there is CI.
    pub const fn len(&self) -> usize {
        match &self.0 {
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
        match &self.0 {
            Kept::Whole(_, rows) => rows.get(commit).copied(),
            Kept::Rows(packed) => {
                // The id is what a row begins with; all that follows of an empty one is three lists.
                let empty = Entity::new(Table::Builds, commit).encode();
                let begin = &empty[..empty.len() - 3];
                packed.candidates(commit).find(|row| packed.bytes(*row).starts_with(begin))
            }
        }
    }

    /// The CI at a row.
    pub fn get(&self, row: u32) -> Cow<'_, CommitBuilds> {
        match &self.0 {
            Kept::Whole(all, _) => Cow::Borrowed(&all[row as usize]),
            // All of them were read when they were taken in.
            Kept::Rows(packed) => Cow::Owned(packed.read(row).unwrap_or_default()),
        }
    }

    /// What is asked of the CI of each commit and its row, in the order of commits: as many at a time
    /// as there are cores.
    pub fn ask<T: Send>(&self, of: impl Fn(u32, &CommitBuilds) -> Option<T> + Sync) -> Vec<T> {
        let rows = (0..self.len() as u32).into_par_iter().with_min_len(512);
        rows.filter_map(|row| of(row, &self.get(row))).collect()
    }

    /// What is asked of the CI of many commits at a time, in the order of commits: for sums.
    pub fn chunks<T: Send>(&self, of: impl Fn(&[Cow<'_, CommitBuilds>]) -> T + Sync) -> Vec<T> {
        let numbers: Vec<u32> = (0..self.len() as u32).collect();
        let read = |rows: &[u32]| rows.iter().map(|row| self.get(*row)).collect::<Vec<_>>();
        numbers.par_chunks(4_096).map(|rows| of(&read(rows))).collect()
    }
}
