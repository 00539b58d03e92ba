//! What commits did to the files: hunks of lines, like `git diff --numstat`.
//!
//! In: pairs of commits. Out: a [`CommitDiff`] each, in any order. Start at
//! [`Repository::diffs`]. **Invariant:** only committed bytes are compared: attributes, filters,
//! `textconv` and diff drivers are never consulted, since they could run programs.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use bstr::ByteSlice as _;
use gix::ObjectId;
use tl_core::diff::{CommitDiff, Content, FileDiff, Hunk};
use tl_core::id::CommitId;

use super::changes::{Change, changes, unpaired_changes};
use super::lines::{hunks, is_binary, line_count};
use super::objects::{Blob, Objects};
use super::tree::{ReadError, tree_id};
use super::{Repository, object_id};

/// Files with more bytes are not compared by line: 8 MiB.
pub const BLOB_LIMIT: u64 = 8 << 20;

/// Commits that a thread takes at once: neighbours share trees and files.
const CHUNK: usize = 32;

/// Why a commit could not be compared with its parent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to compare `{commit}` with its parent")]
pub struct DiffError {
    /// The commit.
    pub commit: CommitId,
    /// What could not be read.
    pub source: ReadError,
}

impl Repository {
    /// Compares commits with a parent (`None`: with the empty tree) and hands each result to
    /// `sink` with the row of its job, in any order; on as many threads as there are cores.
    ///
    /// Lines are compared by Myers' algorithm. A rename is found as `git diff` does (identical
    /// content, or at least 50 % of the lines in common, by bytes); where a commit deletes and adds
    /// so many files that there are over 10,000 pairs, similar ones only under the same file name.
    /// Binary files (NUL in the first 8,000 bytes) and files over
    /// [`BLOB_LIMIT`] are [`Content::Opaque`]; so are unreadable ones, which are counted.
    /// A directory that cannot be read counts as one unreadable file.
    pub fn diffs(
        &self,
        jobs: &[(CommitId, Option<CommitId>)],
        sink: &mut dyn FnMut(usize, Result<CommitDiff, DiffError>),
    ) {
        self.in_parallel(jobs.len(), &|differ, row| differ.commit(&jobs[row]), sink);
    }

    /// Does `count` pieces of work on all cores; `sink` is called on this thread only.
    pub(super) fn in_parallel<T: Send>(
        &self,
        count: usize,
        work: &(dyn Fn(&mut Differ, usize) -> T + Sync),
        sink: &mut dyn FnMut(usize, T),
    ) {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(count.div_ceil(CHUNK));
        if threads <= 1 {
            let mut differ = Differ::new(self);
            (0..count).for_each(|row| sink(row, work(&mut differ, row)));
            return;
        }
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (results, received) = mpsc::sync_channel(4 * CHUNK);
            for _ in 0..threads {
                let (results, next) = (results.clone(), &next);
                scope.spawn(move || {
                    let mut differ = Differ::new(self);
                    loop {
                        let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                        if start >= count {
                            return;
                        }
                        for row in start..count.min(start + CHUNK) {
                            if results.send((row, work(&mut differ, row))).is_err() {
                                return;
                            }
                        }
                    }
                });
            }
            drop(results);
            received.into_iter().for_each(|(row, result)| sink(row, result));
        });
    }
}

/// Compares commits on one thread.
pub(super) struct Differ {
    pub(super) objects: Objects,
    buffer: Vec<u8>,
}

impl Differ {
    fn new(repository: &Repository) -> Self {
        Self { objects: Objects::new(repository.local()), buffer: Vec::new() }
    }

    fn commit(&mut self, job: &(CommitId, Option<CommitId>)) -> Result<CommitDiff, DiffError> {
        let (changes, unreadable) = self
            .trees(job)
            .and_then(|(old, new)| changes(&mut self.objects, old, new))
            .map_err(|source| DiffError { commit: job.0, source })?;
        let mut diff = CommitDiff { files: Vec::with_capacity(changes.len()), unreadable };
        for change in changes {
            let content = self.content(&change, &mut diff.unreadable);
            diff.files.push(FileDiff {
                path: change.path.to_str_lossy().into_owned(),
                from: change.from.map(|from| from.to_str_lossy().into_owned()),
                content,
            });
        }
        Ok(diff)
    }

    /// The trees of a commit and its parent.
    fn trees(
        &mut self,
        (commit, parent): &(CommitId, Option<CommitId>),
    ) -> Result<(Option<ObjectId>, ObjectId), ReadError> {
        let mut tree = |id: &CommitId| -> Result<ObjectId, ReadError> {
            tree_id(&self.objects.repo, &object_id(id), &mut self.buffer)
        };
        let new = tree(commit)?;
        Ok((parent.as_ref().map(tree).transpose()?, new))
    }

    /// The files that differ, without renames, and the number of unreadable directories.
    pub(super) fn unpaired_changes(
        &mut self,
        job: &(CommitId, Option<CommitId>),
    ) -> Result<(Vec<Change>, u32), ReadError> {
        let (old, new) = self.trees(job)?;
        unpaired_changes(&mut self.objects, old, new)
    }

    fn content(&mut self, change: &Change, unreadable: &mut u32) -> Content {
        let sides = [change.old, change.new];
        if sides.iter().flatten().any(|side| side.submodule) {
            return Content::Submodule;
        }
        if let [Some(old), Some(new)] = sides
            && old.id == new.id
        {
            return Content::Text(Vec::new()); // Moved, or its mode changed.
        }
        match sides.map(|side| side.map(|side| self.objects.blob(&side.id))) {
            [Some(Blob::Bytes(old)), Some(Blob::Bytes(new))] => {
                if is_binary(&old) || is_binary(&new) {
                    return Content::Opaque;
                }
                Content::Text(hunks(&old, &new))
            }
            [Some(Blob::Bytes(only)), None] => one_sided(&only, false),
            [None, Some(Blob::Bytes(only))] => one_sided(&only, true),
            sides => {
                let lost = |side: &Option<Blob>| matches!(side, Some(Blob::Unreadable));
                *unreadable += u32::from(sides.iter().any(lost));
                Content::Opaque
            }
        }
    }
}

/// A whole file that was added or removed.
fn one_sided(content: &[u8], is_new: bool) -> Content {
    if is_binary(content) {
        return Content::Opaque;
    }
    let count = line_count(content);
    let (removed, added) = if is_new { (0, count) } else { (count, 0) };
    let hunk = Hunk { old_start: 0, removed, new_start: 0, added };
    Content::Text(if count == 0 { Vec::new() } else { vec![hunk] })
}
