//! Files of the work tree that are not as `HEAD` has them: edited, new, removed, staged or not.
//!
//! In: a repository with a work tree. Out: [`Uncommitted`], each path once, sorted. Start at
//! [`Repository::uncommitted`]. **Invariants:** nothing is executed: files are compared by their
//! bytes, but for CRLF, and no filter or attribute is consulted, since those could run programs: what
//! a filter changes may be told as edited. Links are not followed. Ignored is what `.gitignore` and
//! `.git/info/exclude` say, not what the user's own settings do.

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice as _, ByteVec as _};
use gix::ObjectId;
use gix::index::entry::{Flags, Mode, Stage, Stat, stat};
use gix::index::{Entry, State, fs::Metadata};
use gix::worktree::stack::state::ignore::Source;
use tl_core::diff::Content;

use super::Repository;
use super::diff::BLOB_LIMIT;
use super::lines::{hunks, is_binary};
use super::refs::chain;

/// Largest file that is compared by its bytes: 64 MiB.
const LARGEST: u64 = 64 << 20;

/// Files that are not tracked at most.
pub const MOST_UNTRACKED: usize = 100_000;

/// A file that is not as `HEAD` has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uncommitted {
    /// Path from the root of the work tree with `/`, lossy UTF-8.
    pub path: String,
    /// Whether `HEAD` has it.
    pub was_there: bool,
    /// Whether the work tree has it.
    pub is_there: bool,
    /// Whether `git` looks after it: `HEAD` or the index has it.
    pub is_tracked: bool,
}

/// Why nobody can tell what is not committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// The repository is bare.
    #[error("a bare repository has no work tree")]
    Bare,
    /// The index, `HEAD` or a rule of what is ignored does not read.
    #[error("failed to compare the work tree with `HEAD`: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
    /// There are more files that are not tracked than anyone means.
    #[error("more than {MOST_UNTRACKED} files of the work tree are not tracked")]
    TooMany,
}

fn unreadable(err: impl std::error::Error) -> StatusError {
    StatusError::Unreadable { reason: chain(&err) }
}

impl Repository {
    /// Every file that is not as `HEAD` has it; new files unless they are ignored.
    pub fn uncommitted(&self) -> Result<Vec<Uncommitted>, StatusError> {
        let repo = self.local();
        let root = self.work_dir().ok_or(StatusError::Bare)?;
        let index = repo.index_or_empty().map_err(unreadable)?;
        if index.is_sparse() {
            let reason = "directories are entries of the index".to_owned();
            return Err(StatusError::Unreadable { reason });
        }
        let tree = repo.head_tree_id_or_empty().map_err(unreadable)?;
        let head = repo.index_from_tree(&tree).map_err(unreadable)?;
        let mut found: BTreeMap<BString, (bool, bool, bool)> = BTreeMap::new();
        let work = Work { root, hash: repo.object_hash() };
        for entry in index.entries() {
            let path = entry.path(&index);
            let before = head.entry_by_path(path).map(|entry| entry.id);
            let now = work.now(&index, entry, path);
            let is_there = !matches!(now, Now::Gone);
            let differs = match (before, now) {
                (None, now) => !matches!(now, Now::Gone),
                (Some(_), Now::Gone | Now::Other) => true,
                (Some(before), Now::Is(id)) => before != id,
                (Some(before), Now::Unknown) => !work.holds(path, before),
            };
            if differs {
                found.insert(path.to_owned(), (before.is_some(), is_there, true));
            }
        }
        for entry in head.entries() {
            let path = entry.path(&head);
            // Removed from the index; whether it is there is what counts.
            if index.entry_by_path(path).is_none() && !found.contains_key(path) {
                let is_there = work.is_file(path);
                if !is_there || !work.holds(path, entry.id) {
                    found.insert(path.to_owned(), (true, is_there, true));
                }
            }
        }
        let is_known =
            |path: &BStr| index.entry_by_path(path).is_some() || head.entry_by_path(path).is_some();
        let source = Source::WorktreeThenIdMappingIfNotSkipped;
        let mut excludes = repo.excludes(&index, None, source).map_err(unreadable)?;
        let mut is_ignored = |path: &BStr, mode: Mode| {
            let ruled = excludes.at_entry(path, Some(mode));
            ruled.map(|ruled| ruled.is_excluded()).map_err(unreadable)
        };
        for path in work.untracked(&is_known, &mut is_ignored)? {
            found.insert(path, (false, true, false));
        }
        let told = |(path, (was_there, is_there, is_tracked)): (BString, _)| {
            let path = path.to_str_lossy().into_owned();
            Uncommitted { path, was_there, is_there, is_tracked }
        };
        Ok(found.into_iter().map(told).collect())
    }
}

/// What a file of the index is now.
enum Now {
    /// The content with this id, as far as its times and size tell.
    Is(ObjectId),
    /// Something that has to be read.
    Unknown,
    /// In conflict, or something else than a file.
    Other,
    /// Not there.
    Gone,
}

/// The files of a work tree.
struct Work<'r> {
    root: &'r Path,
    hash: gix::hash::Kind,
}

impl Work<'_> {
    fn path(&self, path: &BStr) -> PathBuf {
        self.root.join(path.to_path_lossy())
    }

    /// A file as the index has it, read only where its times do not tell.
    fn now(&self, index: &State, entry: &Entry, path: &BStr) -> Now {
        if entry.stage() != Stage::Unconflicted {
            return Now::Other;
        }
        // What is not checked out, and submodules, are as the index has them.
        let is_left_out = entry.flags.intersects(Flags::SKIP_WORKTREE | Flags::ASSUME_VALID);
        if is_left_out || entry.mode == Mode::COMMIT {
            return Now::Is(entry.id);
        }
        let metadata = match Metadata::from_path_no_follow(&self.path(path)) {
            Ok(metadata) if metadata.is_dir() => return Now::Gone,
            Ok(metadata) => metadata,
            Err(err) if is_absent(&err) => return Now::Gone,
            Err(_) => return Now::Other,
        };
        let options = stat::Options::default();
        let is_same = !entry.flags.contains(Flags::INTENT_TO_ADD)
            && !entry.stat.is_racy(index.timestamp(), options)
            && Stat::from_fs(&metadata).is_ok_and(|now| now.matches(&entry.stat, options));
        if is_same { Now::Is(entry.id) } else { Now::Unknown }
    }

    fn is_file(&self, path: &BStr) -> bool {
        fs::symlink_metadata(self.path(path)).is_ok_and(|metadata| is_file(metadata.file_type()))
    }

    /// Whether a file has the content with this id; one that is too large to read has another one.
    fn holds(&self, path: &BStr, id: ObjectId) -> bool {
        let path = self.path(path);
        let Ok(metadata) = fs::symlink_metadata(&path) else { return false };
        let content = if metadata.is_symlink() {
            fs::read_link(&path).map(|to| <[u8]>::from_path(&to).unwrap_or_default().to_vec())
        } else if metadata.is_file() && metadata.len() <= LARGEST {
            fs::read(&path)
        } else {
            return false;
        };
        let is = |content: &[u8]| {
            let found = gix::objs::compute_hash(self.hash, gix::objs::Kind::Blob, content);
            found.is_ok_and(|found| found == id)
        };
        content.is_ok_and(|content: Vec<u8>| is(&content) || is(&content.replace("\r\n", "\n")))
    }

    /// Files that are neither known nor ignored.
    fn untracked(
        &self,
        is_known: &dyn Fn(&BStr) -> bool,
        is_ignored: &mut dyn FnMut(&BStr, Mode) -> Result<bool, StatusError>,
    ) -> Result<Vec<BString>, StatusError> {
        let mut found = Vec::new();
        let mut open = vec![BString::default()];
        while let Some(directory) = open.pop() {
            // One that cannot be read holds no test that can.
            let Ok(items) = fs::read_dir(self.path(directory.as_bstr())) else { continue };
            for item in items.flatten() {
                let name = item.file_name();
                let name = Vec::from_os_str_lossy(&name).into_owned();
                let Ok(kind) = item.file_type() else { continue };
                if name.eq_ignore_ascii_case(b".git") {
                    continue;
                }
                let mut path = directory.clone();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(&name);
                if kind.is_dir() {
                    // A repository in it has files of its own.
                    let is_other = item.path().join(".git").exists();
                    if !is_other && !is_ignored(path.as_bstr(), Mode::DIR)? {
                        open.push(path);
                    }
                } else if is_file(kind)
                    && !is_known(path.as_bstr())
                    && !is_ignored(path.as_bstr(), Mode::FILE)?
                {
                    found.push(path);
                }
                if found.len() > MOST_UNTRACKED {
                    return Err(StatusError::TooMany);
                }
            }
        }
        Ok(found)
    }
}

fn is_file(kind: FileType) -> bool {
    kind.is_file() || kind.is_symlink()
}

fn is_absent(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// How a file of the work tree differs from what was committed: as [`Repository::diffs`] has it, with
/// line ends as they were.
pub fn compared(before: &[u8], now: &[u8]) -> Content {
    if before.len().max(now.len()) as u64 > BLOB_LIMIT || is_binary(before) || is_binary(now) {
        return Content::Opaque;
    }
    if before.contains_str("\r\n") {
        return Content::Text(hunks(before, now));
    }
    Content::Text(hunks(before, &now.replace("\r\n", "\n")))
}
