//! The shape of a history: which commit became part of the default branch when.
//!
//! In: a [`History`]. Out: [`Graph`]: the mainline (first parents from the tip) and for each
//! commit its *entry*: the first position of the mainline that contains it. Start at
//! [`Graph::new`]; it visits each commit once. **Invariant:** a commit that the default branch
//! does not contain has no entry.

use tl_core::history::History;
use tl_core::id::CommitIx;

const NEVER: u32 = u32::MAX;

/// Most commits of one request that are looked at. More than that is not one request's work but a
/// branch that never came near the default one, and thousands of requests may start from it.
pub const OWN_LIMIT: usize = 2_000;

/// The mainline, and where every commit entered it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// First parents from the tip, oldest first.
    pub mainline: Vec<CommitIx>,
    entry: Vec<u32>,
    /// Commits by entry, `member_start[p]..member_start[p + 1]` for position `p`.
    members: Vec<CommitIx>,
    member_start: Vec<u32>,
}

impl Graph {
    /// Walks the default branch of `history` once, oldest first.
    pub fn new(history: &History) -> Self {
        let mainline = history.mainline();
        let mut entry = vec![NEVER; history.commits.len()];
        let mut members = Vec::new();
        let mut member_start = Vec::with_capacity(mainline.len() + 1);
        let mut open = Vec::new();
        for (position, tip) in mainline.iter().enumerate() {
            member_start.push(members.len() as u32);
            open.push(*tip);
            while let Some(ix) = open.pop() {
                if entry[ix.row()] == NEVER {
                    entry[ix.row()] = position as u32;
                    members.push(ix);
                    open.extend_from_slice(history.parents(ix));
                }
            }
        }
        member_start.push(members.len() as u32);
        Self { mainline, entry, members, member_start }
    }

    /// The first position of the mainline that contains the commit.
    pub fn entry(&self, ix: CommitIx) -> Option<usize> {
        Some(self.entry[ix.row()]).filter(|entry| *entry != NEVER).map(|entry| entry as usize)
    }

    /// The commits that entered at a position: the mainline commit first, then what it merged.
    pub fn entered(&self, position: usize) -> &[CommitIx] {
        let start = self.member_start[position] as usize;
        let end = self.member_start[position + 1] as usize;
        &self.members[start..end]
    }

    /// Forgets the commits behind the first ones, none of which the default branch contains.
    pub(crate) fn truncate(&mut self, commits: usize) {
        self.entry.truncate(commits);
        self.entry.shrink_to_fit();
    }

    /// Number of commits that the default branch contains.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the default branch has no commit.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Commits reachable from `head` that were not in the default branch before `position`
    /// (`None`: that are not in it at all); at most [`OWN_LIMIT`] of them.
    pub fn exclusive(
        &self,
        history: &History,
        head: CommitIx,
        position: Option<usize>,
    ) -> Vec<CommitIx> {
        let limit = position.map_or(NEVER, |position| position as u32);
        let outside = |ix: CommitIx| self.entry[ix.row()] >= limit;
        let mut found = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![head];
        while let Some(ix) = open.pop().filter(|_| found.len() < OWN_LIMIT) {
            if outside(ix) && seen.insert(ix) {
                found.push(ix);
                open.extend_from_slice(history.parents(ix));
            }
        }
        found
    }
}
