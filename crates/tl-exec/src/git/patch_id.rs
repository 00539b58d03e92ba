//! Patch ids: whether two commits make the same change.
//!
//! In: commits. Out: a [`PatchId`] each. Start at [`Repository::patch_ids`].
//! **Invariant:** blanks, line numbers and the order of files do not matter; paths, changed
//! lines and their three lines of context do.

use bstr::ByteSlice as _;
use gix::hash::Hasher;
use gix::objs::Kind;
use tl_core::diff::Hunk;
use tl_core::id::CommitId;

use super::changes::Change;
use super::decode::decode;
use super::diff::Differ;
use super::lines::{hunks_like_git, is_binary};
use super::objects::Blob;
use super::tree::{ReadError, read};
use super::{Repository, commit_id, object_id};

/// Names a change: equal for commits that do the same to the same files.
///
/// The sum, over all files, of the SHA-1 of the file's unified diff without blanks, as
/// `git patch-id --stable` defines it. It is the same number wherever hunks agree with git's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatchId(pub [u8; 20]);

/// Lines around a hunk that belong to it.
const CONTEXT: u32 = 3;

impl Repository {
    /// The patch id of each commit, in the order of `commits`.
    ///
    /// `None` for a merge, for a commit that changes no file or a submodule, and where something
    /// could not be read, is binary or larger than [`super::BLOB_LIMIT`]. Renames count as a
    /// deletion and an addition.
    pub fn patch_ids(&self, commits: &[CommitId]) -> Vec<Option<PatchId>> {
        let mut ids = vec![None; commits.len()];
        let work = |differ: &mut Differ, row: usize| differ.patch_id(&commits[row]).ok().flatten();
        self.in_parallel(commits.len(), &work, &mut |row, id| ids[row] = id);
        ids
    }
}

impl Differ {
    fn patch_id(&mut self, commit: &CommitId) -> Result<Option<PatchId>, ReadError> {
        let (mut buffer, mut parents) = (Vec::new(), Vec::new());
        let data = read(&self.objects.repo, &object_id(commit), Kind::Commit, &mut buffer)?;
        if decode(data, &mut parents).is_err() || parents.len() > 1 {
            return Ok(None);
        }
        let parent = parents.first().map(|parent| commit_id(parent));
        let (changes, unreadable) = self.unpaired_changes(&(*commit, parent))?;
        if changes.is_empty() || unreadable > 0 {
            return Ok(None);
        }
        let mut sum = [0; 20];
        for change in &changes {
            let Some(hash) = self.file_hash(change) else { return Ok(None) };
            add(&mut sum, &hash);
        }
        Ok(Some(PatchId(sum)))
    }

    /// Hash of one file's unified diff without blanks; `None` where there is no diff of lines.
    fn file_hash(&mut self, change: &Change) -> Option<[u8; 20]> {
        let mut content = |side: Option<super::changes::Side>| match side {
            None => Some(None),
            Some(side) if side.submodule => None,
            Some(side) => match self.objects.blob(&side.id) {
                Blob::Bytes(bytes) if !is_binary(&bytes) => Some(Some(bytes)),
                Blob::Bytes(_) | Blob::TooLarge | Blob::Unreadable => None,
            },
        };
        let (old, new) = (content(change.old)?, content(change.new)?);
        let (old, new) = (old.as_deref().unwrap_or_default(), new.as_deref().unwrap_or_default());
        let mut hash = gix::hash::hasher(gix::hash::Kind::Sha1);
        header(&mut hash, change, !old.is_empty() || !new.is_empty());
        body(&mut hash, old, new);
        let id = hash.try_finalize().ok()?;
        id.as_bytes().try_into().ok()
    }
}

/// Feeds what stands before the first hunk.
fn header(hash: &mut Hasher, change: &Change, has_lines: bool) {
    let path = change.path.as_bytes();
    for part in [b"diff--gita/".as_slice(), path, b"b/", path] {
        update(hash, part);
    }
    match (change.old, change.new) {
        (None, Some(new)) => update(hash, format!("newfilemode{:o}", new.mode).as_bytes()),
        (Some(old), None) => update(hash, format!("deletedfilemode{:o}", old.mode).as_bytes()),
        (Some(old), Some(new)) if old.mode != new.mode => {
            update(hash, format!("oldmode{:o}newmode{:o}", old.mode, new.mode).as_bytes());
        }
        _ => (),
    }
    let same = matches!((change.old, change.new), (Some(old), Some(new)) if old.id == new.id);
    if !has_lines || same {
        return;
    }
    let mut side = |mark: &[u8], there: bool, dir: &[u8]| {
        update(hash, mark);
        let name = if there { [dir, path].concat() } else { b"/dev/null".to_vec() };
        update(hash, &name);
    };
    side(b"---", change.old.is_some(), b"a/");
    side(b"+++", change.new.is_some(), b"b/");
}

/// Feeds the hunks: context, removed and added lines.
fn body(hash: &mut Hasher, old: &[u8], new: &[u8]) {
    let hunks = hunks_like_git(old, new);
    let old: Vec<&[u8]> = old.lines_with_terminator().collect();
    let new: Vec<&[u8]> = new.lines_with_terminator().collect();
    let span = |start: u32, len: u32| start as usize..start as usize + len as usize;
    let mut behind = 0; // The first old line that is not fed yet.
    for (row, hunk) in hunks.iter().enumerate() {
        let before = hunk.old_start.saturating_sub(CONTEXT).max(behind);
        let end = hunk.old_start + hunk.removed;
        let next = hunks.get(row + 1).map_or(old.len() as u32, |next: &Hunk| next.old_start);
        behind = next.min(end + CONTEXT);
        for line in &old[before as usize..hunk.old_start as usize] {
            update(hash, line);
        }
        for (mark, lines) in [
            (b"-", &old[span(hunk.old_start, hunk.removed)]),
            (b"+", &new[span(hunk.new_start, hunk.added)]),
        ] {
            for line in lines {
                update(hash, mark);
                update(hash, line);
            }
        }
        for line in &old[end as usize..behind as usize] {
            update(hash, line);
        }
    }
}

/// Feeds bytes without blanks.
fn update(hash: &mut Hasher, bytes: &[u8]) {
    for word in bytes.split(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        hash.update(word);
    }
}

/// Adds a hash to the sum, as a number whose first byte counts least.
fn add(sum: &mut [u8; 20], hash: &[u8; 20]) {
    let mut carry = 0u16;
    for (sum, byte) in sum.iter_mut().zip(hash) {
        carry += u16::from(*sum) + u16::from(*byte);
        *sum = (carry & 0xff) as u8;
        carry >>= 8;
    }
}
