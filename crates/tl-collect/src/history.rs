//! Reads one repository into a [`History`].
//!
//! In: a [`Repository`], and what earlier runs derived from it ([`Known`]). Out: [`Collected`]:
//! the history, and what is new for the cache. Start at [`collect`]. Only commits, differences
//! and notes that no earlier run derived are read from git.
//! **Invariant:** the history is the same with and without the cache.

use bstr::ByteSlice as _;
use rustc_hash::FxHashMap;
use tl_core::diff::CommitDiff;
use tl_core::history::{BranchTip, Commit, History, ParentSpan, Person, RequestHead, Tag};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::{
    BranchError, DefaultBranch, Mailmap, RawCommit, References, ReferencesError, Repository,
};

use crate::attribution::{Identity, attribute, branch_tool};
use crate::cache::{CHUNK_ROWS, CommitChunk, CommitRow, DiffChunk, decode, encode};
use crate::{gaps, line_evidence, message, release_name};

/// What to read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Branch that changes are delivered to; `None`: the default one.
    pub branch: Option<String>,
    /// For which commits of the mainline to read the difference to the first parent.
    pub diffs: Diffs,
}

/// Which differences to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diffs {
    /// None.
    Never,
    /// Of mainline commits from this instant on.
    Since(Timestamp),
    /// Of mainline commits at most this much older than the newest one.
    BeforeNewest(Millis),
}

/// What earlier runs derived: chunks as [`Collected::fresh`] gave them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Chunks of commits.
    pub commits: Vec<Vec<u8>>,
    /// Chunks of differences.
    pub diffs: Vec<Vec<u8>>,
    /// Chunks of notes, by the object that the notes reference names.
    pub notes: Vec<(CommitId, Vec<u8>)>,
}

/// What this run derived, for the cache. Keys are ids of the first row: appending them again
/// changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fresh {
    /// Chunks of commits.
    pub commits: Vec<(Vec<u8>, Vec<u8>)>,
    /// Chunks of differences.
    pub diffs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Chunk of notes, by the object that the notes reference names.
    pub notes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A history, and what reading it added to the cache.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// The history.
    pub history: History,
    /// What is new for the cache.
    pub fresh: Fresh,
    /// Commits read from git in this run.
    pub commits_read: usize,
    /// Differences read from git in this run.
    pub diffs_read: usize,
}

/// Where reading is, for a progress display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many commits were read; how many there are is not known before.
    Commits(usize),
    /// So many differences were read, of so many.
    Diffs(usize, usize),
}

/// Why a repository cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The references cannot be listed.
    #[error(transparent)]
    References(#[from] ReferencesError),
    /// No branch that changes are delivered to.
    #[error(transparent)]
    Branch(#[from] BranchError),
}

/// Reads a repository, calling `progress` now and then.
pub fn collect(
    repository: &Repository,
    known: &Known,
    wanted: &Wanted,
    progress: &mut dyn FnMut(Progress),
) -> Result<Collected, CollectError> {
    let refs = repository.references()?;
    let head = match repository.default_branch(&refs, wanted.branch.as_deref())? {
        DefaultBranch::Empty => None,
        DefaultBranch::Found(found) => Some(found),
    };
    let mut rows = Rows::default();
    for bytes in &known.commits {
        if let Some(chunk) = decode::<CommitChunk>(bytes) {
            rows.add_chunk(chunk);
        }
    }
    let cached = rows.commits.len();
    let mut tips = refs.tips();
    tips.extend(head.as_ref().map(|head| head.commit));
    let walked = rows.walk(repository, &tips, progress);

    let mut collected =
        Collected { commits_read: rows.commits.len() - cached, ..Collected::default() };
    collected.fresh.commits = rows.chunks(cached);
    let mut gaps = gaps::of_references(repository, &refs, head.as_ref());
    gaps.extend(gaps::of_walk(&walked));
    let mailmap = repository.mailmap();
    rows.keep_reachable(&tips, cached);
    let (mut history, index) = rows.history(&mailmap);
    history.name = repository.name();
    if let Some(head) = &head {
        history.branch.clone_from(&head.name);
    }
    history.head = head.as_ref().and_then(|head| index.get(&head.commit).copied());
    point(&mut history, &refs, &index, head.as_ref().map(|head| head.reference.as_str()));
    collected.history = history;
    let lines = line_evidence::read(repository, &refs, &known.notes);
    for (commit, evidence) in lines.rows {
        if let Some(ix) = index.get(&commit) {
            let own = &mut collected.history.commits[ix.row()].attribution;
            *own = own.merged(evidence);
        }
    }
    collected.fresh.notes.extend(lines.fresh);
    gaps.extend(lines.gaps);
    read_diffs(repository, known, wanted, &index, &mut collected, progress);
    gaps.extend(gaps::of_tags(&collected.history));
    gaps.extend(gaps::of_diffs(&collected.history));
    gaps.extend(gaps::of_dates(&collected.history));
    collected.history.gaps = gaps;
    Ok(collected)
}

/// Rows of commits by id.
type Index = FxHashMap<CommitId, CommitIx>;

/// Commits while they are being read: parents still by id.
#[derive(Default)]
struct Rows {
    commits: Vec<Commit>,
    parents: Vec<CommitId>,
    people: Vec<(String, String)>,
    /// Rows of people by name, a zero byte, and address.
    person: FxHashMap<Box<[u8]>, PersonIx>,
    key: Vec<u8>,
    seen: Index,
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

    fn add_chunk(&mut self, chunk: CommitChunk) {
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

    fn walk(
        &mut self,
        repository: &Repository,
        tips: &[CommitId],
        progress: &mut dyn FnMut(Progress),
    ) -> tl_exec::git::Walked {
        let seen = std::mem::take(&mut self.seen);
        let before = self.commits.len();
        let walked = repository.walk(tips, &|id| seen.contains_key(id), &mut |raw| {
            self.add(&raw);
            let read = self.commits.len() - before;
            if read.is_multiple_of(4096) {
                progress(Progress::Commits(read));
            }
        });
        self.seen = seen;
        for row in before..self.commits.len() {
            self.seen.insert(self.commits[row].id, CommitIx(row as u32));
        }
        walked
    }

    /// The commits from row `from` on, as chunks for the cache.
    fn chunks(&self, from: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.commits[from..]
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
                    let span = commit.parents;
                    let parents = &self.parents[span.start as usize..][..span.len as usize];
                    chunk.rows.push(CommitRow {
                        id: commit.id,
                        parents: parents.to_vec(),
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
    fn keep_reachable(&mut self, tips: &[CommitId], cached: usize) {
        if cached == 0 {
            return;
        }
        let mut reached = vec![false; self.commits.len()];
        let mut open: Vec<CommitIx> =
            tips.iter().filter_map(|tip| self.seen.get(tip)).copied().collect();
        while let Some(ix) = open.pop() {
            if !std::mem::replace(&mut reached[ix.row()], true) {
                let span = self.commits[ix.row()].parents;
                let parents = &self.parents[span.start as usize..][..span.len as usize];
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
    fn history(mut self, mailmap: &Mailmap) -> (History, Index) {
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

/// Adds branches, tags and request heads whose commits could be read.
fn point(history: &mut History, refs: &References, index: &Index, default: Option<&str>) {
    let local = refs.branches.iter().map(|branch| (&branch.name, branch.commit));
    let remote = refs.remote_branches.iter().map(|branch| (&branch.name, branch.commit));
    for (name, commit) in local.chain(remote) {
        if let Some(commit) = index.get(&commit).filter(|_| Some(name.as_str()) != default) {
            history.branches.push(BranchTip { name: name.clone(), commit: *commit });
        }
    }
    for tag in &refs.tags {
        if let Some(commit) = index.get(&tag.commit).copied() {
            history.tags.push(Tag {
                name: tag.name.clone(),
                commit,
                at: tag.tagged.unwrap_or(history.commits[commit.row()].committed),
                annotated: tag.annotated,
                release: release_name::parse(&tag.name),
            });
        }
    }
    for request in &refs.requests {
        if let Some(commit) = index.get(&request.commit).copied() {
            history.requests.push(RequestHead { number: request.number, commit });
        }
    }
}

/// Adds the differences of mainline commits to their first parents.
fn read_diffs(
    repository: &Repository,
    known: &Known,
    wanted: &Wanted,
    index: &Index,
    collected: &mut Collected,
    progress: &mut dyn FnMut(Progress),
) {
    let history = &mut collected.history;
    let mainline = history.mainline();
    let newest = mainline.last().map(|ix| history.commit(*ix).committed).unwrap_or_default();
    let since = match wanted.diffs {
        Diffs::Never => return,
        Diffs::Since(since) => since,
        Diffs::BeforeNewest(span) => newest - span,
    };
    let mut missing: Vec<CommitIx> =
        mainline.into_iter().filter(|ix| history.commit(*ix).committed >= since).collect();
    missing.sort_unstable();
    let mut diffs: Vec<(CommitIx, CommitDiff)> = Vec::with_capacity(missing.len());
    for chunk in known.diffs.iter().filter_map(|bytes| decode::<DiffChunk>(bytes)) {
        for (id, diff) in chunk.rows {
            if let Some(ix) = index.get(&id).filter(|ix| missing.binary_search(ix).is_ok()) {
                diffs.push((*ix, diff));
            }
        }
    }
    diffs.sort_by_key(|(ix, _)| *ix);
    diffs.dedup_by_key(|(ix, _)| *ix);
    missing.retain(|ix| diffs.binary_search_by_key(ix, |(known, _)| *known).is_err());
    let jobs: Vec<(CommitId, Option<CommitId>)> = missing
        .iter()
        .map(|ix| {
            let parent = history.parents(*ix).first().map(|parent| history.commit(*parent).id);
            (history.commit(*ix).id, parent)
        })
        .collect();
    let mut fresh = DiffChunk::default();
    let mut done = 0;
    repository.diffs(&jobs, &mut |job, diff| {
        done += 1;
        progress(Progress::Diffs(done, jobs.len()));
        if let Ok(diff) = diff {
            fresh.rows.push((jobs[job].0, diff.clone()));
            diffs.push((missing[job], diff));
        }
    });
    diffs.sort_by_key(|(ix, _)| *ix);
    collected.diffs_read = fresh.rows.len();
    fresh.rows.sort_by_key(|(id, _)| *id);
    collected.fresh.diffs = fresh
        .rows
        .chunks(CHUNK_ROWS)
        .map(|rows| (rows[0].0.as_bytes().to_vec(), encode(&DiffChunk { rows: rows.to_vec() })))
        .collect();
    history.diffs = diffs;
}

#[cfg(test)]
mod tests {
    use tl_testkit::repo::TestRepo;

    use super::*;

    const WANTED: Wanted = Wanted { branch: None, diffs: Diffs::BeforeNewest(Millis::days(365)) };

    fn read(repo: &TestRepo, known: &Known) -> Collected {
        let repository = Repository::open(repo.path()).unwrap();
        collect(&repository, known, &WANTED, &mut |_| {}).unwrap()
    }

    /// What earlier runs derived, as the ledger hands it back.
    fn keep(known: &mut Known, fresh: Fresh) {
        known.commits.extend(fresh.commits.into_iter().map(|(_, chunk)| chunk));
        known.diffs.extend(fresh.diffs.into_iter().map(|(_, chunk)| chunk));
    }

    /// A history without row numbers: they depend on the order of reading.
    fn canonical(collected: &Collected) -> Vec<String> {
        let history = &collected.history;
        let mut lines: Vec<String> = (0..history.commits.len())
            .map(|row| {
                let ix = CommitIx(row as u32);
                let commit = history.commit(ix);
                let parents = history.parents(ix).iter().map(|ix| history.commit(*ix).id);
                let author = &history.people[commit.author.row()].email;
                format!(
                    "{} {:?} {author} {:?}",
                    commit.id,
                    parents.collect::<Vec<_>>(),
                    history.diff(ix)
                )
            })
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn the_history_is_the_same_with_and_without_the_cache() {
        let repo = TestRepo::new();
        repo.commit("ana", "2026-01-01T09:00:00Z", &[("a", "1\n")], "one");
        let mut known = Known::default();
        keep(&mut known, read(&repo, &Known::default()).fresh);
        repo.commit("bo", "2026-01-02T09:00:00Z", &[("a", "1\n2\n")], "two");
        let second = read(&repo, &known);
        assert_eq!((second.commits_read, second.diffs_read), (1, 1));
        assert_eq!(canonical(&second), canonical(&read(&repo, &Known::default())));
        keep(&mut known, second.fresh);
        let third = read(&repo, &known);
        assert_eq!((third.commits_read, third.diffs_read, third.fresh), (0, 0, Fresh::default()));
    }

    #[test]
    fn what_a_rewritten_history_left_in_the_cache_is_not_seen() {
        let repo = TestRepo::new();
        repo.commit("ana", "2026-01-01T09:00:00Z", &[("a", "1\n")], "one");
        repo.commit("ana", "2026-01-02T09:00:00Z", &[("a", "2\n")], "two");
        let mut known = Known::default();
        keep(&mut known, read(&repo, &Known::default()).fresh);
        repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
        repo.commit("cy", "2026-01-03T09:00:00Z", &[("a", "3\n")], "three");
        assert_eq!(canonical(&read(&repo, &known)), canonical(&read(&repo, &Known::default())));
    }
}
