//! Changes: what was delivered, found on the default branch.
//!
//! In: a [`History`], its [`Graph`] and [`Releases`]. Out: one [`Change`] per pull request, or per
//! mainline commit that had none, and one [`Pending`] per request that was never merged. Start at
//! [`changes`]. **Invariant:** each mainline commit belongs to exactly one change, and a squash's
//! own author date is never taken for the start of work.

use std::num::NonZeroU32;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::attribution::{Attribution, AuthorClass};
use tl_core::history::{Commit, EARLIEST, History, MentionForm, RequestHead};
use tl_core::id::{CommitIx, PersonIx};
use tl_core::time::Timestamp;

use crate::graph::{Graph, OWN_LIMIT};
use crate::journey::{Boundary, Mark, Marks, Shape};
use crate::measure::funnel::Fate;
use crate::release::{FirstRelease, Releases};

/// A change: row of its repository in [`Dataset::repositories`](crate::dataset::Dataset::repositories),
/// and its own in what that delivered.
pub type ChangeAt = (u32, u32);

/// One delivered change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Number of its request: see [`Change::request`].
    request: Option<NonZeroU32>,
    /// The mainline commit that delivered it; the first of them for a rebase.
    pub landed: CommitIx,
    /// Position of that commit on the mainline.
    pub position: u32,
    /// How many mainline commits it is made of, one behind another.
    pub span: u32,
    /// Commits of its request that the mainline did not have before; 0 where unknown.
    pub commits: u32,
    /// Author of the work: of the squash, or of the first commit that a merge brought.
    pub author: PersonIx,
    /// What all its commits say together.
    pub attribution: Attribution,
    /// How it arrived.
    pub shape: Shape,
    /// Committer date of the commit that delivered it.
    pub merged: Timestamp,
    /// When it was first released.
    pub first_release: FirstRelease,
}

impl Change {
    /// Number of its request, where it had one; no forge has a request of number 0.
    pub fn request(&self) -> Option<u32> {
        self.request.map(NonZeroU32::get)
    }
}

/// A request that was not merged to the default branch.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Its number.
    pub request: u32,
    /// Author of its first commit.
    pub author: PersonIx,
    /// What its commits say together.
    pub attribution: Attribution,
    /// Author date of its first commit.
    pub first_commit: Timestamp,
    /// Committer date of its last commit.
    pub last_push: Timestamp,
    /// Commits that only it has.
    pub commits: u32,
    /// Whether a commit on another branch says it merged the request, or a delivered request holds
    /// all its commits.
    pub merged_elsewhere: bool,
    /// What its forge says became of it, where it was collected.
    pub fate: Option<Fate>,
}

/// Everything found in one repository.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Delivered, in the order of the mainline, oldest first.
    pub delivered: Vec<Change>,
    /// The boundaries of each, as seen; with what was collected of it, where that was told. They go
    /// when its journey is made.
    pub marks: Vec<Marks>,
    /// Not delivered, by number.
    pub pending: Vec<Pending>,
    /// For each position of the mainline, the index of its change in `delivered`.
    pub at_position: Vec<u32>,
}

/// Key under which a replayed commit is recognised: author, author date, title.
type Twin = (PersonIx, Timestamp, u64);

struct Finder<'a> {
    history: &'a History,
    graph: &'a Graph,
    /// Head of each request.
    heads: FxHashMap<u32, CommitIx>,
    /// Requests by head.
    numbers: FxHashMap<CommitIx, Vec<u32>>,
    /// Position that delivered a request: of the merge that names it, or else of the first commit
    /// that names it or made its head part of the default branch.
    delivered: FxHashMap<u32, usize>,
    /// Requests whose head entered the default branch, by position; smallest number first.
    entered: FxHashMap<usize, Vec<u32>>,
    /// Commits of requests that were neither named nor entered, with when the head was made: what
    /// landed before that is older than the request, which then was built on a copy of it.
    replayed: FxHashMap<Twin, (u32, Timestamp)>,
    merged: FxHashSet<u32>,
    /// Requests whose head is among the commits of a delivered one.
    superseded: FxHashSet<u32>,
}

/// Finds the changes of one repository.
pub fn changes(history: &History, graph: &Graph, releases: &Releases) -> Changes {
    let mut finder = Finder::new(history, graph);
    let mut found = Changes {
        delivered: Vec::with_capacity(graph.mainline.len()),
        marks: Vec::with_capacity(graph.mainline.len()),
        at_position: vec![0; graph.mainline.len()],
        ..Changes::default()
    };
    for position in 0..graph.mainline.len() {
        let (mut request, mut shape) = finder.origin(position);
        if Finder::continues(found.delivered.last(), request, shape, position) {
            let last = found.delivered.last_mut().expect("`continues` saw a change before this");
            last.span += 1;
            last.attribution =
                last.attribution.merged(history.commit(graph.mainline[position]).attribution);
        } else {
            if shape == Shape::Rebase
                && request.is_some_and(|number| finder.merged.contains(&number))
            {
                // A commit of a request that was replayed before: carried over once more.
                (request, shape) = (None, Shape::Direct);
            }
            let (change, marks) = finder.change(position, request, shape);
            found.delivered.push(change);
            found.marks.push(marks);
        }
        found.at_position[position] = (found.delivered.len() - 1) as u32;
    }
    for (change, marks) in found.delivered.iter_mut().zip(&mut found.marks) {
        release(history, graph, releases, change, marks);
    }
    found.pending = finder.pending();
    found
}

/// Adds when the change was first released.
fn release(
    history: &History,
    graph: &Graph,
    releases: &Releases,
    change: &mut Change,
    marks: &mut Marks,
) {
    if releases.list.is_empty() {
        return;
    }
    let start = change.position as usize;
    let landed = &graph.mainline[start..start + change.span as usize];
    change.first_release = releases.first_release(history, landed);
    if let FirstRelease::Released { backport: false, .. } = change.first_release {
        let last = change.position + change.span - 1;
        change.first_release = match releases.packages.first(history, landed, last) {
            None => change.first_release,
            Some(None) => FirstRelease::Waiting,
            Some(Some(release)) => FirstRelease::Released { release, backport: false },
        };
    }
    if let FirstRelease::Released { release, backport } = change.first_release {
        let at = releases.get(release).at;
        // What users had before it came to the default branch did not wait here; that is no
        // matter of clocks, as it would be for the commit itself.
        let at = if backport { at.max(history.commit(change.landed).committed) } else { at };
        marks.apply(Mark { boundary: Boundary::Released, at });
    }
}

impl<'a> Finder<'a> {
    fn new(history: &'a History, graph: &'a Graph) -> Self {
        let mut finder = Self {
            history,
            graph,
            heads: FxHashMap::default(),
            numbers: FxHashMap::default(),
            delivered: FxHashMap::default(),
            entered: FxHashMap::default(),
            replayed: FxHashMap::default(),
            merged: FxHashSet::default(),
            superseded: FxHashSet::default(),
        };
        // In the order of numbers, so that the order of rows does not matter.
        let mut heads: Vec<&RequestHead> = history.requests.iter().collect();
        heads.sort_by_key(|head| (head.number, history.commit(head.commit).id));
        for head in &heads {
            finder.heads.insert(head.number, head.commit);
            finder.numbers.entry(head.commit).or_default().push(head.number);
            if let Some(position) = graph.entry(head.commit) {
                finder.entered.entry(position).or_default().push(head.number);
            }
        }
        finder.index_delivered();
        finder.index_replayed(&heads);
        finder
    }

    fn index_delivered(&mut self) {
        let mut by_merge: FxHashMap<u32, usize> = FxHashMap::default();
        for (position, ix) in self.graph.mainline.iter().enumerate() {
            if let Some(mention) = self.history.commit(*ix).mention {
                self.delivered.entry(mention.number).or_insert(position);
                if mention.by == MentionForm::Merge {
                    by_merge.entry(mention.number).or_insert(position);
                }
            }
        }
        for (position, numbers) in &self.entered {
            for number in numbers {
                let first = self.delivered.entry(*number).or_insert(*position);
                *first = (*first).min(*position);
            }
        }
        self.delivered.extend(by_merge);
    }

    fn index_replayed(&mut self, heads: &[&RequestHead]) {
        for head in heads {
            if self.delivered.contains_key(&head.number) {
                continue;
            }
            let made = self.history.commit(head.commit).committed;
            for ix in self.graph.exclusive(self.history, head.commit, None) {
                if self.history.parents(ix).len() < 2 {
                    let twin = twin(self.history.commit(ix));
                    self.replayed.entry(twin).or_insert((head.number, made));
                }
            }
        }
    }

    /// Which request a mainline commit delivers, and in what shape.
    fn origin(&self, position: usize) -> (Option<u32>, Shape) {
        let ix = self.graph.mainline[position];
        let commit = self.history.commit(ix);
        let parents = self.history.parents(ix);
        let is_merge = commit.parents.len > 1;
        let delivers = |number: &u32| self.delivered.get(number) == Some(&position);
        let named = commit.mention.map(|mention| mention.number).filter(delivers);
        if named.is_some() {
            return (named, if is_merge { Shape::Merge } else { Shape::Squash });
        }
        let entered = self.entered.get(&position).map_or(&[][..], Vec::as_slice);
        let mut entered = entered.iter().copied().filter(delivers);
        if is_merge {
            let second = parents.get(1);
            let exact = entered.clone().find(|number| second == self.heads.get(number));
            return (exact.or_else(|| entered.next()), Shape::Merge);
        }
        if let Some(number) = entered.next() {
            return (Some(number), Shape::Rebase);
        }
        match self.replayed.get(&twin(commit)) {
            Some((number, made)) if commit.committed >= *made => (Some(*number), Shape::Rebase),
            // A second commit that names a request already delivered: a follow-up or a revert.
            _ => (None, Shape::Direct),
        }
    }

    /// Whether a replayed commit goes on with the change before it.
    fn continues(
        last: Option<&Change>,
        request: Option<u32>,
        shape: Shape,
        position: usize,
    ) -> bool {
        shape == Shape::Rebase
            && last.is_some_and(|last| {
                last.request() == request && (last.position + last.span) as usize == position
            })
    }

    fn change(&mut self, position: usize, request: Option<u32>, shape: Shape) -> (Change, Marks) {
        let landed = self.graph.mainline[position];
        let commit = self.history.commit(landed);
        let mut change = Change {
            request: request.and_then(NonZeroU32::new),
            landed,
            position: position as u32,
            span: 1,
            commits: 0,
            author: commit.author,
            attribution: commit.attribution,
            shape,
            merged: commit.committed,
            first_release: FirstRelease::Waiting,
        };
        let mut marks = Marks::default();
        marks.apply(Mark { boundary: Boundary::Merged, at: commit.committed });
        let head = request.and_then(|number| self.heads.get(&number)).copied();
        let work = match (shape, head) {
            (Shape::Direct, _) => {
                if commit.authored >= EARLIEST {
                    let at = commit.authored;
                    marks.apply(Mark { boundary: Boundary::FirstCommit, at });
                }
                marks.apply(Mark { boundary: Boundary::LastPush, at: commit.committed });
                return (change, marks);
            }
            (Shape::Merge, _) => {
                let entered = self.graph.entered(position);
                entered.iter().copied().filter(|ix| *ix != landed).collect()
            }
            (_, Some(head)) => {
                let (work, stacked) = self.own_commits(head, position);
                change.shape = if stacked { Shape::Stacked } else { shape };
                let held = work.iter().filter_map(|ix| self.numbers.get(ix)).flatten();
                self.superseded.extend(held);
                work
            }
            (_, None) => Vec::new(),
        };
        change.commits = work.len() as u32;
        let entered = |head: &CommitIx| self.graph.entry(*head) == Some(position);
        let head = head.filter(|head| shape != Shape::Merge || entered(head));
        let merged = self.history.parents(landed).get(1..).unwrap_or_default();
        let pushed = |ix: &CommitIx| self.history.commit(*ix).committed;
        let last = head.as_ref().map(pushed).or_else(|| merged.iter().map(pushed).max());
        self.start(&mut change, &mut marks, &work, last);
        self.merged.extend(request);
        if let Some(entered) = self.entered.get(&position) {
            self.merged.extend(entered.iter().copied());
        }
        (change, marks)
    }

    /// The commits of a request without those of requests below it that were merged before, and
    /// whether there are such.
    fn own_commits(&self, head: CommitIx, position: usize) -> (Vec<CommitIx>, bool) {
        let mut own = self.graph.exclusive(self.history, head, Some(position));
        let is_merged = |ix: &CommitIx| {
            let numbers = self.numbers.get(ix).map_or(&[][..], Vec::as_slice);
            numbers.iter().any(|number| self.merged.contains(number))
        };
        let mut below: FxHashSet<CommitIx> = FxHashSet::default();
        for ix in own.iter().filter(|ix| **ix != head && is_merged(ix)) {
            if !below.contains(ix) {
                below.extend(self.graph.exclusive(self.history, *ix, Some(position)));
            }
        }
        own.retain(|ix| !below.contains(ix));
        (own, !below.is_empty())
    }

    /// Sets the start of work, the last push and the evidence from the commits of the work.
    ///
    /// Work with a root of its own is another history that was joined to this one, or a branch
    /// cut off by a shallow clone; work of [`OWN_LIMIT`] commits is a branch of its own. None of
    /// them tells when this change was begun, or by whom.
    fn start(
        &self,
        change: &mut Change,
        marks: &mut Marks,
        work: &[CommitIx],
        last: Option<Timestamp>,
    ) {
        let mut first: Option<&Commit> = None;
        let mut joined = work.len() >= OWN_LIMIT;
        for ix in work {
            let commit = self.history.commit(*ix);
            if commit.parents.len > 1 {
                continue;
            }
            joined |= commit.parents.len == 0;
            change.attribution = change.attribution.merged(commit.attribution);
            let key = |commit: &Commit| (commit.authored < EARLIEST, commit.authored, commit.id);
            if first.is_none_or(|first| key(commit) < key(first)) {
                first = Some(commit);
            }
        }
        let Some(first) = first.filter(|_| !joined) else { return };
        if first.authored >= EARLIEST {
            marks.apply(Mark { boundary: Boundary::FirstCommit, at: first.authored });
        }
        // Whoever squashes an agent's request is not its author.
        let is_agent = |class| class == AuthorClass::Agent;
        let squashed =
            change.attribution.author == AuthorClass::Human && is_agent(first.attribution.author);
        if change.shape == Shape::Merge || squashed {
            change.author = first.author;
            change.attribution.author = first.attribution.author;
        }
        if let Some(at) = last {
            marks.apply(Mark { boundary: Boundary::LastPush, at });
        }
    }

    /// The requests that no mainline commit delivered.
    fn pending(&mut self) -> Vec<Pending> {
        let elsewhere = self.named_elsewhere();
        let mut pending = Vec::new();
        for (number, head) in &self.heads {
            if self.merged.contains(number) {
                continue;
            }
            let own = self.graph.exclusive(self.history, *head, None);
            let work = own.iter().filter(|ix| self.history.parents(**ix).len() < 2);
            let Some(first) = work
                .map(|ix| self.history.commit(*ix))
                .min_by_key(|commit| (commit.authored, commit.id))
            else {
                continue;
            };
            let attribution = own.iter().fold(first.attribution, |sum, ix| {
                sum.merged(self.history.commit(*ix).attribution)
            });
            let named = elsewhere.get(number).map_or(&[][..], Vec::as_slice);
            pending.push(Pending {
                request: *number,
                author: first.author,
                attribution,
                first_commit: first.authored,
                last_push: self.history.commit(*head).committed,
                commits: own.len() as u32,
                merged_elsewhere: self.superseded.contains(number)
                    || named.iter().any(|ix| !own.contains(ix)),
                fate: None,
            });
        }
        pending.sort_by_key(|request| request.request);
        pending
    }

    /// Commits off the mainline whose title says they merge a request: into another branch.
    fn named_elsewhere(&self) -> FxHashMap<u32, Vec<CommitIx>> {
        let mut named: FxHashMap<u32, Vec<CommitIx>> = FxHashMap::default();
        for (row, commit) in self.history.commits.iter().enumerate() {
            let ix = CommitIx(row as u32);
            let on_mainline = || {
                let position = self.graph.entry(ix);
                position.is_some_and(|position| self.graph.mainline[position] == ix)
            };
            if let Some(mention) = commit.mention.filter(|_| !on_mainline()) {
                named.entry(mention.number).or_default().push(ix);
            }
        }
        named
    }
}

fn twin(commit: &Commit) -> Twin {
    (commit.author, commit.authored, commit.title)
}
