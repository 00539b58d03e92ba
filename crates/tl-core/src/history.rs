//! What the history of one git repository says, row by row, after reading and before measuring.
//!
//! In: built by `tl-collect` from what `tl-exec` reads. Out: [`History`], the one input of
//! `tl-map`. Start at [`History`]. **Invariant:** every index in a history points into that
//! history, and a fact that could not be read is absent and named in [`History::gaps`], never
//! guessed.

use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::diff::CommitDiff;
use crate::id::{CommitId, CommitIx, PersonIx};
use crate::time::{OffsetMinutes, Timestamp};

/// A commit dated before 1980 has a wrong clock: 1970 is what a broken one says. Histories imported
/// from older systems do reach back behind git's own birth.
pub const EARLIEST: Timestamp = Timestamp::from_seconds(315_532_800);

/// One repository: commits reachable from any branch, tag or request head, and what points at them.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Name for people: the directory's name without `.git`.
    pub name: String,
    /// As its forge names it, such as `acme/api`; empty where unknown.
    pub repository: String,
    /// Short name of the branch that changes are delivered to, such as `main`.
    pub branch: String,
    /// Tip of that branch; `None` in an empty repository.
    pub head: Option<CommitIx>,
    /// All commits that could be read, in no particular order.
    pub commits: Vec<Commit>,
    /// Parents of all commits, each commit's behind one another; see [`History::parents`].
    pub parent_pool: Vec<CommitIx>,
    /// Identities after `.mailmap`; several commit identities may share one row.
    pub people: Vec<Person>,
    /// Tips of all branches but the default one: local and of remotes.
    pub branches: Vec<BranchTip>,
    /// Tags that point at a commit.
    pub tags: Vec<Tag>,
    /// Heads of pull or merge requests, where the repository holds them.
    pub requests: Vec<RequestHead>,
    /// Differences to the first parent of those commits whose diff was asked for and readable,
    /// sorted by commit.
    pub diffs: Vec<(CommitIx, CommitDiff)>,
    /// Pairs of commits with the same stable patch-id: one of the mainline, one that only a
    /// release holds. Empty unless asked for.
    pub same_patch: Vec<(CommitIx, CommitIx)>,
    /// What could not be read, why that matters, and how to mend it.
    pub gaps: Vec<Gap>,
}

/// One commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Object id.
    pub id: CommitId,
    /// Where its parents stand in [`History::parent_pool`].
    pub parents: ParentSpan,
    /// Row of the author.
    pub author: PersonIx,
    /// Row of the committer.
    pub committer: PersonIx,
    /// Author date. A squash by a forge stamps it with the merge, so it is no start of work.
    pub authored: Timestamp,
    /// Committer date: on the default branch, when the commit was put there.
    pub committed: Timestamp,
    /// Time zone of the author date.
    pub author_offset: OffsetMinutes,
    /// Who wrote it, and with what.
    pub attribution: Attribution,
    /// Hash of the normalised title (see `tl-collect::message`); 0 for an empty title.
    pub title: u64,
    /// The request that the title says it merges.
    pub mention: Option<RequestMention>,
    /// What the message says about other commits, where it says anything.
    pub links: Option<Box<MessageLinks>>,
}

/// A run of [`History::parent_pool`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ParentSpan {
    /// First entry.
    pub start: u32,
    /// Number of entries: 0 for a root, 2 or more for a merge.
    pub len: u32,
}

/// How a commit's title names the request that it merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMention {
    /// Number of the pull or merge request.
    pub number: u32,
    /// By which form of words.
    pub by: MentionForm,
}

/// The form of words that names a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MentionForm {
    /// `Merge pull request #12 from ...`, `See merge request group/project!12`.
    Merge,
    /// `title (#12)`, as a squash by a forge leaves it.
    Suffix,
}

/// What a message says about other commits and tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageLinks {
    /// What it says it reverts, in the order of the message.
    pub reverts: Vec<Reference>,
    /// Whether the body has a `This reverts commit` line.
    pub revert_line: bool,
    /// Full ids from `(cherry picked from commit ...)` lines.
    pub cherry_picked_from: Vec<CommitId>,
    /// What it says it fixes or follows up: `Fixes: <sha>`, `follow-up to #12`.
    pub fixes: Vec<Reference>,
    /// Keys of tickets in the title, such as `ZOOKEEPER-4711`.
    pub tickets: Vec<String>,
    /// Branch named by a merge: `copilot/fix-12` of `Merge pull request #12 from o/copilot/fix-12`.
    pub merged_branch: Option<String>,
}

/// A pointer from a message to another commit or request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    /// An object id or the beginning of one: 7 to 64 hexadecimal digits in lower case.
    Commit(String),
    /// The quoted title of the commit, normalised and hashed like [`Commit::title`].
    Title(u64),
    /// The number of a request.
    Request(u32),
}

/// A person or program, by the name and address that `.mailmap` gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Name, lossy UTF-8.
    pub name: String,
    /// Address, lossy UTF-8, in lower case. Two people are one if and only if it is equal.
    pub email: String,
}

/// A branch other than the default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchTip {
    /// Full name, such as `refs/heads/release/9.1`.
    pub name: String,
    /// Its tip.
    pub commit: CommitIx,
}

/// A tag that points at a commit, annotated or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Short name, such as `v1.2.0` or `pkg@1.2.3`.
    pub name: String,
    /// The commit it points at, peeled.
    pub commit: CommitIx,
    /// Tagger date if annotated, else the commit's committer date.
    pub at: Timestamp,
    /// Whether the tag is an object of its own.
    pub annotated: bool,
    /// How the name reads as a release; `None` when it does not.
    pub release: Option<ReleaseName>,
}

/// A tag's name read as a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReleaseName {
    /// Package in a repository of many: `pkg` of `pkg@1.2.3`; `None` for `v1.2.3`.
    pub package: Option<String>,
    /// Numbers of the version in order, such as `[1, 2, 3]`.
    pub numbers: Vec<u64>,
    /// Alpha, beta, rc, nightly, preview, canary, dev, or a semver pre-release.
    pub prerelease: bool,
}

/// Head of a pull or merge request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHead {
    /// Number on the forge.
    pub number: u32,
    /// The last commit pushed to it.
    pub commit: CommitIx,
}

/// Something that could not be read, or is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Stable name, such as `no-request-heads`.
    pub id: String,
    /// What is missing.
    pub what: String,
    /// What the report therefore cannot say.
    pub consequence: String,
    /// What to do about it, a command where there is one.
    pub mend: Option<String>,
}

impl History {
    /// The commit at a row.
    pub fn commit(&self, ix: CommitIx) -> &Commit {
        &self.commits[ix.row()]
    }

    /// The parents of a commit that could be read, in order.
    pub fn parents(&self, ix: CommitIx) -> &[CommitIx] {
        let span = self.commits[ix.row()].parents;
        &self.parent_pool[span.start as usize..][..span.len as usize]
    }

    /// The difference of a commit to its first parent, where it was read.
    pub fn diff(&self, ix: CommitIx) -> Option<&CommitDiff> {
        let row = self.diffs.binary_search_by_key(&ix, |(commit, _)| *commit).ok()?;
        Some(&self.diffs[row].1)
    }

    /// The commits of the default branch that followed one another as first parents, oldest first.
    pub fn mainline(&self) -> Vec<CommitIx> {
        let mut line: Vec<CommitIx> =
            std::iter::successors(self.head, |ix| self.parents(*ix).first().copied()).collect();
        line.reverse();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Histories of half a million commits are held in memory whole.
    #[test]
    fn a_commit_stays_small() {
        assert!(size_of::<Commit>() <= 128, "{} bytes", size_of::<Commit>());
    }
}
