//! Reading a git repository with `gix`, without the `git` program.
//!
//! In: a path. Out: [`Repository`], and from it references, commits, differences, notes and
//! files. Start at [`Repository::open`], then [`Repository::references`],
//! [`Repository::default_branch`] and [`Repository::walk`].
//! **Invariant:** one bad reference, object or line never ends a whole reading: it is handed
//! back by name, and the rest goes on. Nothing in a repository is executed: no hook, filter,
//! `textconv`, diff driver or configured command.

mod branch;
mod changes;
mod decode;
mod diff;
mod lines;
mod mailmap;
mod notes;
mod objects;
mod open;
mod patch_id;
mod refs;
mod remote;
mod renames;
mod status;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use gix::ObjectId;
use rustc_hash::FxHashSet;
use tl_core::id::CommitId;

pub use branch::{BranchError, BranchSource, DefaultBranch, Delivered};
pub use decode::{MESSAGE_LIMIT, RawCommit, RawSignature};
pub use diff::{BLOB_LIMIT, DiffError};
pub use mailmap::Mailmap;
pub use notes::{Notes, NotesError};
pub use open::OpenError;
pub use patch_id::PatchId;
pub use refs::{
    BranchRef, BrokenRef, Head, References, ReferencesError, RemoteBranch, RequestRef, TagRef,
};
pub use status::{MOST_UNTRACKED, StatusError, Uncommitted, compared};
pub use tree::ReadError;
pub use walk::Walked;

/// An open repository; cheap to share between threads.
pub struct Repository {
    shared: gix::ThreadSafeRepository,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    object_format: ObjectFormat,
    partial: bool,
    shallow: FxHashSet<ObjectId>,
}

/// How a repository names its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// SHA-1, as nearly all repositories do.
    Sha1,
    /// SHA-256 (`git init --object-format=sha256`).
    Sha256,
}

impl Repository {
    /// Name for people: the directory that holds the repository, without `.git`.
    pub fn name(&self) -> String {
        let file_name = |path: &Path| {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let own = file_name(&self.common_dir);
        if own == ".git" {
            return self.common_dir.parent().map(file_name).unwrap_or_default();
        }
        own.strip_suffix(".git").unwrap_or(&own).to_owned()
    }

    /// The directory with `HEAD`; of a linked worktree its private one.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory with objects and references, shared by all worktrees of a repository.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The checked-out files; `None` in a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// Whether there are no checked-out files.
    pub fn is_bare(&self) -> bool {
        self.work_dir.is_none()
    }

    /// Whether history was cut off when the repository was cloned (`git clone --depth`).
    pub fn is_shallow(&self) -> bool {
        !self.shallow.is_empty()
    }

    /// The commits at which history was cut off, in ascending order: their parents are not here.
    pub fn shallow_commits(&self) -> Vec<CommitId> {
        let mut ids: Vec<CommitId> = self.shallow.iter().map(|id| commit_id(id)).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether objects were left out when the repository was cloned (`git clone --filter`).
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// How objects are named.
    pub fn object_format(&self) -> ObjectFormat {
        self.object_format
    }

    /// A handle for the calling thread, with caches of its own.
    fn local(&self) -> gix::Repository {
        self.shared.to_thread_local()
    }
}

/// The id of an object that is, or should be, a commit.
fn commit_id(id: &gix::oid) -> CommitId {
    CommitId::from_bytes(id.as_bytes()).expect("gix has ids of 20 and 32 bytes only")
}

/// The same id for `gix`.
fn object_id(id: &CommitId) -> ObjectId {
    ObjectId::try_from(id.as_bytes()).expect("a commit id has 20 or 32 bytes")
}
