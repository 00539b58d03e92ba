//! Commits while they are being read: from the cache and from git, parents still by id.
//!
//! In: chunks of the cache, commits as git writes them. Out: [`Rows`], and from them a
//! [`History`] without references. Start at [`Rows::walk`]. **Invariant:** what no tip leads to is
//! dropped, so that the result does not depend on what the cache holds.

use bstr::ByteSlice as _;
use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::history::{Commit, History, ParentSpan, Person};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_exec::git::{Mailmap, RawCommit, Repository, Walked};

use crate::attribution::{Identity, attribute, branch_tool};
use crate::cache::{CHUNK_ROWS, CommitChunk, CommitRow, encode};
use crate::message;

/// Rows of commits by id.
pub(crate) type Index = FxHashMap<CommitId, CommitIx>;

/// Commits read so far.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) commits: Vec<Commit>,
    parents: Vec<CommitId>,
    people: Vec<(String, String)>,
    /// Rows of people by name, a zero byte, and address.
    person: FxHashMap<Box<[u8]>, PersonIx>,
    key: Vec<u8>,
    seen: Index,
    /// Commits with parents that are not here: where a shallow clone is cut off, or something is
    /// missing. They are not kept in the cache, for their parents may come.
    pub(crate) cut: FxHashSet<CommitId>,
}

impl Rows {
    fn person(&mut self, name: &[u8], email: &[u8]) -> PersonIx {
        self.key.clear();
        self.key.extend_from_slice(name);
        self.key.push(0);
        self.key.extend_from_slice(email);
        if let Some(known) = self.person.get(self.key.as_slice()) {
            return *known;
        }
        let next = PersonIx(self.people.len() as u32);
        self.people.push((name.to_str_lossy().into_owned(), email.to_str_lossy().into_owned()));
        self.person.insert(self.key.clone().into_boxed_slice(), next);
        next
    }

    pub(crate) fn add_chunk(&mut self, chunk: CommitChunk) {
        let people: Vec<PersonIx> = chunk
            .people
            .iter()
            .map(|(name, email)| self.person(name.as_bytes(), email.as_bytes()))
            .collect();
        for row in chunk.rows {
            let ix = CommitIx(self.commits.len() as u32);
            let author = people.get(row.author as usize);
            let (Some(author), Some(committer)) = (author, people.get(row.committer as usize))
            else {
                continue;
            };
            if self.seen.contains_key(&row.id) {
                continue;
            }
            self.seen.insert(row.id, ix);
            let parents =
                ParentSpan { start: self.parents.len() as u32, len: row.parents.len() as u32 };
            self.parents.extend_from_slice(&row.parents);
            self.commits.push(Commit {
                id: row.id,
                parents,
                author: *author,
                committer: *committer,
                authored: row.authored,
                committed: row.committed,
                author_offset: row.author_offset,
                attribution: row.attribution,
                title: row.title,
                mention: row.mention,
                links: row.links,
            });
        }
    }

    fn add(&mut self, raw: &RawCommit<'_>) {
        let facts = message::parse(raw.message);
        let author = Identity { name: raw.author.name, email: raw.author.email };
        let committer = Identity { name: raw.committer.name, email: raw.committer.email };
        let mut attribution = attribute(author, committer, raw.message);
        let branch = facts.links.as_ref().and_then(|links| links.merged_branch.as_deref());
        if let Some(tool) = branch.and_then(branch_tool) {
            attribution.tools.insert(tool);
            attribution.trailed = true;
        }
        let parents =
            ParentSpan { start: self.parents.len() as u32, len: raw.parents.len() as u32 };
        self.parents.extend_from_slice(raw.parents);
        if raw.cut_off {
            self.cut.insert(raw.id);
        }
        let author = self.person(raw.author.name, raw.author.email);
        let committer = self.person(raw.committer.name, raw.committer.email);
        self.commits.push(Commit {
            id: raw.id,
            parents,
            author,
            committer,
            authored: raw.author.at,
            committed: raw.committer.at,
            author_offset: raw.author.offset,
            attribution,
            title: facts.title,
            mention: facts.mention,
            links: facts.links,
        });
    }

    /// Reads every commit that `tips` lead to and the cache does not hold, also behind those
    /// that it does hold.
    pub(crate) fn walk(
        &mut self,
        repository: &Repository,
        tips: &[CommitId],
        progress: &mut dyn FnMut(usize),
    ) -> Walked {
        let seen = std::mem::take(&mut self.seen);
        let before = self.commits.len();
        let behind = self.parents.iter().filter(|id| !seen.contains_key(id));
        let tips: Vec<CommitId> = tips.iter().chain(behind).copied().collect();
        let walked = repository.walk(&tips, &|id| seen.contains_key(id), &mut |raw| {
            self.add(&raw);
            let read = self.commits.len() - before;
            if read.is_multiple_of(4096) {
                progress(read);
            }
        });
        self.seen = seen;
        for row in before..self.commits.len() {
            self.seen.insert(self.commits[row].id, CommitIx(row as u32));
        }
        for commit in &self.commits[before..] {
            let parents = self.parents(commit.parents);
            if parents.iter().any(|id| !self.seen.contains_key(id)) {
                self.cut.insert(commit.id);
            }
        }
        walked
    }

    fn parents(&self, span: ParentSpan) -> &[CommitId] {
        &self.parents[span.start as usize..][..span.len as usize]
    }

    /// Every object that a tip or a commit that was kept names.
    pub(crate) fn named(&self, tips: &[CommitId]) -> FxHashSet<CommitId> {
        let parents = self.commits.iter().flat_map(|commit| self.parents(commit.parents));
        tips.iter().chain(parents).copied().collect()
    }

    /// The commits from row `from` on, as chunks for the cache.
    pub(crate) fn chunks(&self, from: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let whole = self.commits[from..].iter().filter(|commit| !self.cut.contains(&commit.id));
        whole
            .collect::<Vec<_>>()
            .chunks(CHUNK_ROWS)
            .map(|commits| {
                let mut chunk = CommitChunk::default();
                let mut local: FxHashMap<u32, u32> = FxHashMap::default();
                for commit in commits {
                    let mut person = |ix: PersonIx| {
                        *local.entry(ix.0).or_insert_with(|| {
                            chunk.people.push(self.people[ix.row()].clone());
                            chunk.people.len() as u32 - 1
                        })
                    };
                    let (author, committer) = (person(commit.author), person(commit.committer));
                    chunk.rows.push(CommitRow {
                        id: commit.id,
                        parents: self.parents(commit.parents).to_vec(),
                        author,
                        committer,
                        authored: commit.authored,
                        committed: commit.committed,
                        author_offset: commit.author_offset,
                        attribution: commit.attribution,
                        title: commit.title,
                        mention: commit.mention,
                        links: commit.links.clone(),
                    });
                }
                (commits[0].id.as_bytes().to_vec(), encode(&chunk))
            })
            .collect()
    }

    /// Drops what the cache holds but no tip leads to any more: history was rewritten, or the
    /// cache belongs to several repositories.
    pub(crate) fn keep_reachable(&mut self, tips: &[CommitId], cached: usize) {
        if cached == 0 {
            return;
        }
        let mut reached = vec![false; self.commits.len()];
        let mut open: Vec<CommitIx> =
            tips.iter().filter_map(|tip| self.seen.get(tip)).copied().collect();
        while let Some(ix) = open.pop() {
            if !std::mem::replace(&mut reached[ix.row()], true) {
                let parents = self.parents(self.commits[ix.row()].parents);
                open.extend(parents.iter().filter_map(|id| self.seen.get(id)));
            }
        }
        if reached.iter().all(|reached| *reached) {
            return;
        }
        let mut reached = reached.into_iter();
        self.commits.retain(|_| reached.next().unwrap_or(false));
        let rows = self.commits.iter().enumerate();
        self.seen = rows.map(|(row, commit)| (commit.id, CommitIx(row as u32))).collect();
    }

    /// Resolves parents to rows and identities to people.
    pub(crate) fn history(mut self, mailmap: &Mailmap) -> (History, Index) {
        let mut pool = Vec::with_capacity(self.parents.len());
        for commit in &mut self.commits {
            let span = commit.parents;
            let start = pool.len() as u32;
            let ids = &self.parents[span.start as usize..][..span.len as usize];
            pool.extend(ids.iter().filter_map(|id| self.seen.get(id)));
            commit.parents = ParentSpan { start, len: pool.len() as u32 - start };
        }
        let (people, resolved) = people(&self.people, mailmap);
        for commit in &mut self.commits {
            commit.author = resolved[commit.author.row()];
            commit.committer = resolved[commit.committer.row()];
        }
        let history =
            History { commits: self.commits, parent_pool: pool, people, ..History::default() };
        (history, self.seen)
    }
}

/// People after `.mailmap`, one for each address, in the order of addresses; and for each written
/// identity its person. Of several names for one address the first in the alphabet stands.
fn people(written: &[(String, String)], mailmap: &Mailmap) -> (Vec<Person>, Vec<PersonIx>) {
    let mapped: Vec<Person> = written
        .iter()
        .map(|(name, email)| {
            let (name, email) = mailmap.resolve(name.as_str().into(), email.as_str().into());
            let email = email.to_str_lossy().to_lowercase();
            Person { name: name.to_str_lossy().into_owned(), email }
        })
        .collect();
    let mut people = mapped.clone();
    people.sort_unstable_by(|a, b| (&a.email, &a.name).cmp(&(&b.email, &b.name)));
    people.dedup_by(|later, first| later.email == first.email);
    let row = |person: &Person| {
        PersonIx(people.partition_point(|other| other.email < person.email) as u32)
    };
    let resolved = mapped.iter().map(row).collect();
    (people, resolved)
}
