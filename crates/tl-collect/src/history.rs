//! Reads one repository into a [`History`].
//!
//! In: a [`Repository`], and what earlier runs derived from it ([`Known`]). Out: [`Collected`]:
//! the history, and what is new for the cache. Start at [`collect`]. Only commits, differences
//! and notes that no earlier run derived are read from git.
//! **Invariant:** the history is the same with and without the cache.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::diff::CommitDiff;
use tl_core::history::{BranchTip, History, RequestHead, Tag};
use tl_core::id::{CommitId, CommitIx};
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::{BranchError, DefaultBranch, PatchId, References, ReferencesError, Repository};

use crate::cache::{CHUNK_ROWS, CommitChunk, DiffChunk, decode, encode};
use crate::rows::{Index, Rows};
use crate::{gaps, line_evidence, release_name};

/// What to read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Branch that changes are delivered to; `None`: the default one.
    pub branch: Option<String>,
    /// For which commits of the mainline to read the difference to the first parent.
    pub diffs: Diffs,
    /// Whether to find backports by equal patches too, which reads more differences.
    pub patch_ids: bool,
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
    let mut walked = rows.walk(repository, &tips, &mut |read| progress(Progress::Commits(read)));

    let mut collected =
        Collected { commits_read: rows.commits.len() - cached, ..Collected::default() };
    collected.fresh.commits = rows.chunks(cached);
    let mut gaps = gaps::of_references(repository, &refs, head.as_ref());
    let mailmap = repository.mailmap();
    rows.keep_reachable(&tips, cached);
    if !(walked.missing.is_empty() && walked.malformed.is_empty()) {
        let named = rows.named(&tips);
        walked.missing.retain(|id| named.contains(id));
        walked.malformed.retain(|(id, _)| named.contains(id));
    }
    gaps.extend(gaps::of_walk(&walked));
    let cut = std::mem::take(&mut rows.cut);
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
    read_diffs(repository, known, wanted, &index, &cut, &mut collected, progress);
    if wanted.patch_ids {
        collected.history.same_patch = same_patch(repository, &collected.history);
    }
    gaps.extend(gaps::of_tags(&collected.history));
    gaps.extend(gaps::of_diffs(&collected.history));
    gaps.extend(gaps::of_dates(&collected.history));
    collected.history.gaps = gaps;
    Ok(collected)
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

/// Pairs of commits with the same stable patch-id: mainline commits, and commits that releases
/// hold but the default branch does not. Merges have no patch of their own.
fn same_patch(repository: &Repository, history: &History) -> Vec<(CommitIx, CommitIx)> {
    let inside = reachable(history, history.head);
    let stable = |tag: &&Tag| tag.release.as_ref().is_some_and(|name| !name.prerelease);
    let tagged = reachable(history, history.tags.iter().filter(stable).map(|tag| tag.commit));
    let outside = (0..history.commits.len()).filter(|row| tagged[*row] && !inside[*row]);
    let outside: Vec<CommitIx> = outside.map(|row| CommitIx(row as u32)).collect();
    let Some(oldest) = outside.iter().map(|ix| history.commit(*ix).authored).min() else {
        return Vec::new();
    };
    // A backport comes soon after, or before, what it carries over.
    let mainline = history.mainline().into_iter();
    let mainline = mainline.filter(|ix| history.commit(*ix).committed >= oldest - Millis::days(90));
    let patches = |rows: &[CommitIx]| {
        let single = rows.iter().filter(|ix| history.commit(**ix).parents.len < 2);
        let rows: Vec<CommitIx> = single.copied().collect();
        let ids: Vec<CommitId> = rows.iter().map(|ix| history.commit(*ix).id).collect();
        rows.into_iter().zip(repository.patch_ids(&ids))
    };
    let mut by_patch: FxHashMap<PatchId, Vec<CommitIx>> = FxHashMap::default();
    for (ix, patch) in patches(&outside) {
        if let Some(patch) = patch {
            by_patch.entry(patch).or_default().push(ix);
        }
    }
    patches(&mainline.collect::<Vec<_>>())
        .filter_map(|(ix, patch)| Some((ix, by_patch.get(&patch?)?)))
        .flat_map(|(ix, same)| same.iter().map(move |other| (ix, *other)))
        .collect()
}

/// For each commit whether one of `tips` leads to it.
fn reachable(history: &History, tips: impl IntoIterator<Item = CommitIx>) -> Vec<bool> {
    let mut reached = vec![false; history.commits.len()];
    let mut open: Vec<CommitIx> = tips.into_iter().collect();
    while let Some(ix) = open.pop() {
        if !std::mem::replace(&mut reached[ix.row()], true) {
            open.extend_from_slice(history.parents(ix));
        }
    }
    reached
}

/// Adds the differences of mainline commits to their first parents. Those that are cut off from
/// their parents have none, and those in which a file is missing are not kept in the cache.
fn read_diffs(
    repository: &Repository,
    known: &Known,
    wanted: &Wanted,
    index: &Index,
    cut: &FxHashSet<CommitId>,
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
    missing.retain(|ix| !cut.contains(&history.commit(*ix).id));
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
            if diff.unreadable == 0 {
                fresh.rows.push((jobs[job].0, diff.clone()));
            }
            diffs.push((missing[job], diff));
        }
    });
    diffs.sort_by_key(|(ix, _)| *ix);
    collected.diffs_read = jobs.len();
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
    use tl_core::attribution::AiTool;
    use tl_testkit::repo::TestRepo;

    use super::*;

    const WANTED: Wanted =
        Wanted { branch: None, diffs: Diffs::BeforeNewest(Millis::days(365)), patch_ids: true };

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
    fn a_backport_without_a_word_is_found_by_its_patch() {
        let repo = TestRepo::new();
        repo.commit("ana", "2026-01-01T09:00:00Z", &[("a", "1\n")], "one");
        repo.branch("release/1.0");
        repo.checkout("main");
        let fix = repo.commit("ana", "2026-01-02T09:00:00Z", &[("b", "fix\n")], "fix");
        repo.checkout("release/1.0");
        let carried = repo.commit("ana", "2026-01-03T09:00:00Z", &[("b", "fix\n")], "other words");
        repo.tag("v1.0.1");
        repo.checkout("main");
        let history = read(&repo, &Known::default()).history;
        let ids = |ix: CommitIx| history.commit(ix).id.to_string();
        let pairs: Vec<_> = history.same_patch.iter().map(|(a, b)| (ids(*a), ids(*b))).collect();
        assert_eq!(pairs, [(fix, carried)]);
    }

    #[test]
    fn a_trace_in_the_work_tree_is_evidence_for_the_commit_that_it_names() {
        let repo = TestRepo::new();
        let id = repo.commit("ana", "2026-01-01T09:00:00Z", &[("a", "1\n")], "one");
        let record = format!(
            r#"{{"version":"0.1.0","vcs":{{"type":"git","revision":"{id}"}},"tool":{{"name":"cursor"}},
            "files":[{{"path":"a","conversations":[{{"contributor":{{"type":"ai"}},
            "ranges":[{{"start_line":1,"end_line":1}}]}}]}}]}}"#
        );
        repo.write(".agent-trace/traces.jsonl", record.replace('\n', " ").as_bytes());
        let attribution = read(&repo, &Known::default()).history.commits[0].attribution;
        assert!(attribution.noted && attribution.tools.contains(AiTool::Cursor), "{attribution:?}");
    }

    /// After the mend that the report names, the report is what a new clone gives.
    #[test]
    fn what_was_missing_is_read_once_it_is_there() {
        let whole = TestRepo::new();
        for day in 1..=4 {
            let at = format!("2026-01-0{day}T09:00:00Z");
            let content = format!("{day}\n");
            whole.commit("ana", &at, &[("a", content.as_str()), ("b", "same\n")], "change");
        }
        let expected = canonical(&read(&whole, &Known::default()));

        let shallow = Repository::open(&whole.clone_to("shallow", &["--depth=2"])).unwrap();
        let cut = collect(&shallow, &Known::default(), &WANTED, &mut |_| {}).unwrap();
        assert_eq!((cut.history.commits.len(), cut.history.diffs.len()), (2, 1));
        let mut known = Known::default();
        keep(&mut known, cut.fresh);
        assert_eq!(canonical(&read(&whole, &known)), expected, "after `git fetch --unshallow`");

        let commit = whole.git(&["rev-parse", "HEAD~2"]);
        let blob = whole.git(&["rev-parse", "HEAD~1:a"]);
        let path = |id: &str| whole.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        let away = whole.home().join("away");
        for lost in [commit, blob] {
            std::fs::rename(path(&lost), &away).unwrap();
            let mut known = Known::default();
            let gaps = |collected: &Collected| collected.history.gaps.clone();
            let first = read(&whole, &known);
            keep(&mut known, first.fresh.clone());
            let second = read(&whole, &known);
            assert_eq!((canonical(&second), gaps(&second)), (canonical(&first), gaps(&first)));
            assert_ne!(canonical(&first), expected);
            std::fs::rename(&away, path(&lost)).unwrap();
            assert_eq!(canonical(&read(&whole, &known)), expected, "after a fetch");
        }
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
