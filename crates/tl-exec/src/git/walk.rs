//! Every commit behind some tips, each once.
//!
//! In: tips, and what is known already. Out: one call of `visit` a commit, and [`Walked`].
//! **Invariant:** a commit is decoded once, and none keeps another from being visited.

use gix::ObjectId;
use gix::objs::{Find as _, Kind};
use tl_core::id::CommitId;

use super::decode::{RawCommit, decode};
use super::{Repository, commit_id, object_id};

/// What a walk could not visit.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Walked {
    /// Number of commits visited.
    pub visited: usize,
    /// Commits that a tip or a commit names but that are not in the repository.
    pub missing: Vec<CommitId>,
    /// Objects that should be commits but cannot be read as such, and why.
    pub malformed: Vec<(CommitId, String)>,
}

/// Buffers above this size are given back after use: a single commit had a huge message.
const KEPT_BUFFER: usize = 4 << 20;

impl Repository {
    /// Visits every commit reachable from `tips`, each once, in no particular order.
    ///
    /// `known` is asked once for each commit found; those that it claims are neither visited nor
    /// followed. Where a shallow clone ends, history ends. A missing or malformed object is
    /// recorded and the walk goes on; parents of a malformed commit are followed as far as they
    /// can be read.
    pub fn walk(
        &self,
        tips: &[CommitId],
        known: &dyn Fn(&CommitId) -> bool,
        visit: &mut dyn FnMut(RawCommit<'_>),
    ) -> Walked {
        let repo = self.local();
        let mut walked = Walked::default();
        let mut seen = gix::hashtable::HashSet::default();
        let mut pending: Vec<ObjectId> = Vec::new();
        let mut push = |id: ObjectId, pending: &mut Vec<ObjectId>| {
            if seen.insert(id) && !known(&commit_id(&id)) {
                pending.push(id);
            }
        };
        tips.iter().for_each(|tip| push(object_id(tip), &mut pending));

        let (mut buffer, mut parents, mut parent_ids) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(object) = pending.pop() {
            let id = commit_id(&object);
            let data = match repo.objects.try_find(&object, &mut buffer) {
                Ok(Some(data)) => data,
                Ok(None) => {
                    walked.missing.push(id);
                    continue;
                }
                Err(err) => {
                    walked.malformed.push((id, err.to_string()));
                    continue;
                }
            };
            if data.kind != Kind::Commit {
                walked.malformed.push((id, format!("it is a {}, not a commit", data.kind)));
                continue;
            }
            let decoded = decode(data.data, &mut parents);
            let cut_off = self.shallow.contains(&object);
            if cut_off {
                parents.clear();
            }
            parents.iter().for_each(|parent| push(*parent, &mut pending));
            match decoded {
                Ok(commit) => {
                    parent_ids.clear();
                    parent_ids.extend(parents.iter().map(|parent| commit_id(parent)));
                    walked.visited += 1;
                    visit(RawCommit {
                        id,
                        parents: &parent_ids,
                        cut_off,
                        author: commit.author,
                        committer: commit.committer,
                        message: commit.message,
                        truncated: commit.truncated,
                        encoding: commit.encoding,
                    });
                }
                Err(why) => walked.malformed.push((id, why.to_owned())),
            }
            if buffer.capacity() > KEPT_BUFFER {
                buffer = Vec::new();
            }
        }
        walked
    }
}
