//! What one change did to the files: per file the hunks, and from them the size.
//!
//! In: filled by `tl-exec` from two trees. Out: [`CommitDiff`]. **Invariant:** hunks of a file
//! are in ascending order and do not overlap; lines count from 0.

use serde::{Deserialize, Serialize};

/// Difference between a commit and its first parent (or the empty tree).
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitDiff {
    /// Files that differ, in the order of their new paths.
    pub files: Vec<FileDiff>,
    /// Files whose content could not be read (missing objects): their lines are unknown.
    pub unreadable: u32,
}

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// Path after the change (before it, where the file was deleted), with `/`, lossy UTF-8.
    pub path: String,
    /// Path before the change where the file was renamed.
    pub from: Option<String>,
    /// What happened to the content.
    pub content: Content,
}

/// What happened to a file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Lines were replaced: text of at most the size limit.
    Text(Vec<Hunk>),
    /// Binary, too large, or unreadable: lines are not counted.
    Opaque,
    /// A submodule's pointer moved.
    Submodule,
}

/// `removed` lines at `old_start` became `added` lines at `new_start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// First line removed, counted from 0 in the old file.
    pub old_start: u32,
    /// Number of lines removed.
    pub removed: u32,
    /// First line added, counted from 0 in the new file.
    pub new_start: u32,
    /// Number of lines added.
    pub added: u32,
}

impl CommitDiff {
    /// Lines added, over all text files.
    pub fn added(&self) -> u64 {
        self.hunks().map(|hunk| u64::from(hunk.added)).sum()
    }

    /// Lines removed, over all text files.
    pub fn removed(&self) -> u64 {
        self.hunks().map(|hunk| u64::from(hunk.removed)).sum()
    }

    fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.files.iter().flat_map(|file| match &file.content {
            Content::Text(hunks) => hunks.as_slice(),
            Content::Opaque | Content::Submodule => &[],
        })
    }
}
