//! The tables that rows of the lake point into: tests, commits, variants, runs, reasons to fail.
//!
//! In: packs of the ledger. Out: rows for names, and the packs that have changed. Start at
//! [`Dims::read`] and [`Dims::changed`]. What grows for ever and is rarely asked for, runs and texts of
//! reasons, is loaded by its last block only. **Invariant:** a row is an index, and is never used
//! again: blocks only grow at the end.
//!
//! Each pack begins with the version of its form.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tl_core::segment::Pack;
use tl_core::test::Signature;
use tl_core::time::Timestamp;

use super::PackError;
use super::gather::Reason;
use super::names::Tests;
use crate::bytes::{Reader, Writer};

/// The form of all packs of this file. Another form is another version.
const VERSION: u8 = 1;

/// Rows of a block, but for tests.
const BLOCK: u32 = 256;

/// Reasons to fail at most: what is not one of them has none.
const REASONS: u32 = 1 << 20;

/// Packs that are loaded whole.
pub(super) const WHOLE: [&str; 5] = ["head", "tests", "commits", "variants", "reasons"];

/// A commit that was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its object id.
    pub id: String,
    /// Instant of the first run of it that was recorded.
    pub at: Timestamp,
}

/// A run of tests, as history has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Row of its commit.
    pub commit: u32,
    /// Row of its variant.
    pub variant: u32,
    /// Instant of it.
    pub at: Timestamp,
    /// Which attempt of the pipeline, from 1.
    pub attempt: u32,
    /// Job of the pipeline.
    pub job: String,
    /// Shard of the job.
    pub shard: String,
    /// Build of the CI system.
    pub build: String,
    /// The change under test.
    pub change: String,
    /// Whether what ran was in no default branch yet.
    pub unmerged: bool,
    /// Its author, as the caller calls people.
    pub author: String,
    /// Whether the evidence was whole.
    pub complete: bool,
    /// Whether only a part of the tests was chosen to run.
    pub selected: bool,
    /// Executions of tests.
    pub cases: u64,
    /// Of those, red ones.
    pub red: u64,
    /// Sum of the tests' durations in milliseconds.
    pub ms: u64,
}

/// A reason to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What stands for it.
    pub signature: Signature,
    /// The class of failures of machines; empty for the test's own.
    pub infra: String,
}

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Dims {
    /// The generation that they are of.
    pub(super) generation: u64,
    pub(super) tests: Tests,
    pub(super) commits: Vec<Commit>,
    pub(super) variants: Vec<String>,
    /// From row 1 on: row 0 is none.
    pub(super) reasons: Vec<Known>,
    by_reason: FxHashMap<(Signature, String), u32>,
    /// Runs in all, and those of the last block.
    pub(super) runs: u32,
    last_runs: Vec<Run>,
    /// Texts of the reasons of the last block.
    last_templates: Vec<String>,
    /// Packs to be written: name and block.
    dirty: BTreeSet<(&'static str, u32)>,
}

impl Dims {
    /// Reads the tables that are loaded whole.
    pub(super) fn read(generation: u64, packs: &[Pack]) -> Result<Self, PackError> {
        let mut dims = Self { generation, ..Self::default() };
        // Others have forms of their own.
        for pack in packs.iter().filter(|pack| WHOLE.contains(&pack.name.as_str())) {
            let wrong = || PackError::damaged(pack);
            let mut from = open(pack)?;
            match pack.name.as_str() {
                "head" => dims.runs = from.whole().ok_or_else(wrong)?,
                "tests" => dims.tests.read(&mut from).ok_or_else(wrong)?,
                "commits" => read_all(&mut from, &mut dims.commits, commit).ok_or_else(wrong)?,
                "variants" => {
                    read_all(&mut from, &mut dims.variants, |from| Some(from.text()?.to_owned()))
                        .ok_or_else(wrong)?;
                }
                "reasons" => read_all(&mut from, &mut dims.reasons, known).ok_or_else(wrong)?,
                _ => {}
            }
        }
        let rows = (1..).zip(&dims.reasons);
        let keys = rows.map(|(row, known)| ((known.signature, known.infra.clone()), row));
        dims.by_reason = keys.collect();
        Ok(dims)
    }

    /// The last blocks of runs and of texts: to be loaded before rows of them are added.
    pub(super) fn ends(&self) -> [(&'static str, u32); 2] {
        [("runs", self.runs / BLOCK), ("templates", self.reasons.len() as u32 / BLOCK)]
    }

    /// Reads what [`Dims::ends`] names.
    pub(super) fn read_ends(&mut self, packs: &[Pack]) -> Result<(), PackError> {
        for pack in packs {
            match pack.name.as_str() {
                "runs" => self.last_runs = runs(pack)?,
                "templates" => self.last_templates = templates(pack)?,
                _ => {}
            }
        }
        let [(_, last_run), (_, last_template)] = self.ends();
        if self.last_runs.len() != (self.runs % BLOCK) as usize {
            return Err(PackError::missing("runs", last_run));
        }
        if self.last_templates.len() != self.reasons.len() % BLOCK as usize {
            return Err(PackError::missing("templates", last_template));
        }
        Ok(())
    }

    /// The row of a commit; a new one is at the end.
    pub(super) fn commit(&mut self, id: &str, at: Timestamp) -> u32 {
        // Most are new, or the last ones.
        let known = self.commits.iter().rposition(|commit| commit.id == id);
        let row = known.unwrap_or_else(|| {
            self.commits.push(Commit { id: id.to_owned(), at });
            let row = self.commits.len() - 1;
            self.dirty.insert(("commits", row as u32 / BLOCK));
            row
        });
        row as u32
    }

    /// The row of a variant.
    pub(super) fn variant(&mut self, name: &str) -> u32 {
        let known = self.variants.iter().position(|variant| variant == name);
        let row = known.unwrap_or_else(|| {
            self.variants.push(name.to_owned());
            let row = self.variants.len() - 1;
            self.dirty.insert(("variants", row as u32 / BLOCK));
            row
        });
        row as u32
    }

    /// The row of a test by its encoded name.
    pub(super) fn test(&mut self, encoded: &[u8]) -> Option<u32> {
        let (row, is_dirty) = self.tests.row(encoded)?;
        if is_dirty {
            self.dirty.insert(("tests", row / Tests::BLOCK));
        }
        Some(row)
    }

    /// The row of a reason to fail; 0 where there are too many.
    pub(super) fn reason(&mut self, reason: &Reason) -> u32 {
        let key = (reason.signature, reason.infra.to_owned());
        if let Some(row) = self.by_reason.get(&key) {
            return *row;
        }
        let count = self.reasons.len() as u32;
        if count >= REASONS {
            return 0;
        }
        self.reasons.push(Known { signature: key.0, infra: key.1.clone() });
        self.by_reason.insert(key, count + 1);
        self.last_templates.push(reason.template.clone());
        self.dirty.insert(("reasons", count / BLOCK));
        self.dirty.insert(("templates", count / BLOCK));
        count + 1
    }

    /// Whether a reason is one of machines.
    pub(super) fn is_infra(&self, row: u32) -> bool {
        let known = row.checked_sub(1).and_then(|at| self.reasons.get(at as usize));
        known.is_some_and(|known| !known.infra.is_empty())
    }

    /// Adds a run; gives its row.
    pub(super) fn run(&mut self, run: Run) -> u32 {
        let row = self.runs;
        self.last_runs.push(run);
        self.runs += 1;
        self.dirty.extend([("head", 0), ("runs", row / BLOCK)]);
        row
    }

    /// The packs that have changed.
    pub(super) fn changed(&self) -> Vec<Pack> {
        self.dirty.iter().map(|(name, block)| self.pack(name, *block)).collect()
    }

    fn pack(&self, name: &str, block: u32) -> Pack {
        let mut to = Writer(vec![VERSION]);
        match name {
            "head" => to.number(u64::from(self.runs)),
            "tests" => self.tests.write(block, &mut to),
            "commits" => rows(&self.commits, block).iter().for_each(|commit| {
                to.bytes(commit.id.as_bytes());
                to.signed(commit.at.as_millis());
            }),
            "variants" => {
                rows(&self.variants, block).iter().for_each(|name| to.bytes(name.as_bytes()));
            }
            "reasons" => rows(&self.reasons, block).iter().for_each(|known| {
                to.0.extend(known.signature.0);
                to.bytes(known.infra.as_bytes());
            }),
            "runs" => {
                // Rows of one run do not fill more than one block.
                let first = (self.runs as usize - self.last_runs.len()) as u32 / BLOCK;
                let part = rows(&self.last_runs, block - first);
                part.iter().for_each(|run| write_run(run, &mut to));
            }
            _ => {
                let first = (self.reasons.len() - self.last_templates.len()) as u32 / BLOCK;
                let part = rows(&self.last_templates, block - first);
                part.iter().for_each(|template| to.bytes(template.as_bytes()));
            }
        }
        Pack { name: name.to_owned(), block, value: to.0 }
    }
}

/// One block of rows.
fn rows<T>(all: &[T], block: u32) -> &[T] {
    let first = ((block * BLOCK) as usize).min(all.len());
    &all[first..all.len().min(first + BLOCK as usize)]
}

/// What is behind the version of a pack.
fn open(pack: &Pack) -> Result<Reader<'_>, PackError> {
    match pack.value.split_first() {
        Some((&VERSION, rest)) => Ok(Reader::new(rest)),
        Some((found, _)) => Err(PackError::version(pack, *found)),
        None => Err(PackError::damaged(pack)),
    }
}

fn read_all<T>(
    from: &mut Reader<'_>,
    to: &mut Vec<T>,
    each: impl Fn(&mut Reader<'_>) -> Option<T>,
) -> Option<()> {
    while !from.is_at_end() {
        to.push(each(from)?);
    }
    Some(())
}

fn commit(from: &mut Reader<'_>) -> Option<Commit> {
    Some(Commit { id: from.text()?.to_owned(), at: Timestamp::from_millis(from.signed()?) })
}

fn known(from: &mut Reader<'_>) -> Option<Known> {
    Some(Known { signature: Signature(from.exactly()?), infra: from.text()?.to_owned() })
}

fn write_run(run: &Run, to: &mut Writer) {
    to.numbers([run.commit, run.variant, run.attempt]);
    to.signed(run.at.as_millis());
    for text in [&run.job, &run.shard, &run.build, &run.change, &run.author] {
        to.bytes(text.as_bytes());
    }
    let flags = [(run.complete, 1), (run.selected, 2), (run.unmerged, 4)];
    to.byte(flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).sum());
    for number in [run.cases, run.red, run.ms] {
        to.number(number);
    }
}

fn read_run(from: &mut Reader<'_>) -> Option<Run> {
    let (commit, variant, attempt) = (from.whole()?, from.whole()?, from.whole()?);
    let at = Timestamp::from_millis(from.signed()?);
    let mut text = || Some(from.text()?.to_owned());
    let (job, shard, build) = (text()?, text()?, text()?);
    let (change, author) = (text()?, text()?);
    let flags = from.byte()?;
    let (complete, selected) = (flags & 1 > 0, flags & 2 > 0);
    // Runs of requests were there before the flag was.
    let unmerged = flags & 4 > 0 || !change.is_empty();
    let (cases, red, ms) = (from.number()?, from.number()?, from.number()?);
    Some(Run {
        commit,
        variant,
        at,
        attempt,
        job,
        shard,
        build,
        change,
        unmerged,
        author,
        complete,
        selected,
        cases,
        red,
        ms,
    })
}

/// Runs of one pack.
pub(super) fn runs(pack: &Pack) -> Result<Vec<Run>, PackError> {
    let mut all = Vec::new();
    read_all(&mut open(pack)?, &mut all, read_run).ok_or_else(|| PackError::damaged(pack))?;
    Ok(all)
}

/// Texts of reasons of one pack.
pub(super) fn templates(pack: &Pack) -> Result<Vec<String>, PackError> {
    let mut all = Vec::new();
    read_all(&mut open(pack)?, &mut all, |from| Some(from.text()?.to_owned()))
        .ok_or_else(|| PackError::damaged(pack))?;
    Ok(all)
}

#[cfg(test)]
mod tests;
