//! Changes: what was delivered, found on the default branch.
//!
//! In: a [`History`], its [`Graph`] and [`Releases`]. Out: one [`Change`] per pull request, or per
//! mainline commit that had none, and one [`Pending`] per request that was never merged. Start at
//! [`changes`]. **Invariant:** each mainline commit belongs to exactly one change, and a squash's
//! own author date is never taken for the start of work.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::attribution::{Attribution, AuthorClass};
use tl_core::history::{Commit, History, MentionForm};
use tl_core::id::{CommitIx, PersonIx};
use tl_core::time::Timestamp;

use crate::graph::Graph;
use crate::journey::{Boundary, Mark, Marks, Shape};
use crate::release::{FirstRelease, Releases};

/// One delivered change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Number of its request, where it had one.
    pub request: Option<u32>,
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
    /// Boundaries as seen.
    pub marks: Marks,
    /// When it was first released.
    pub first_release: FirstRelease,
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
    /// Whether a commit on another branch says it merged the request.
    pub merged_elsewhere: bool,
}

/// Everything found in one repository.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Delivered, in the order of the mainline, oldest first.
    pub delivered: Vec<Change>,
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
    /// Position of the mainline commit that names the request.
    claimed: FxHashMap<u32, usize>,
    /// Requests whose head entered the default branch, by position.
    entered: FxHashMap<usize, Vec<u32>>,
    /// Commits of requests that were neither named nor entered.
    replayed: FxHashMap<Twin, u32>,
    merged: FxHashSet<u32>,
}

/// Finds the changes of one repository.
pub fn changes(history: &History, graph: &Graph, releases: &Releases) -> Changes {
    let mut finder = Finder::new(history, graph);
    let mut found = Changes {
        delivered: Vec::with_capacity(graph.mainline.len()),
        at_position: vec![0; graph.mainline.len()],
        ..Changes::default()
    };
    for position in 0..graph.mainline.len() {
        let (request, shape) = finder.origin(position);
        if finder.continues(found.delivered.last(), request, shape, position) {
            let last = found.delivered.last_mut().expect("`continues` saw a change before this");
            last.span += 1;
            last.attribution =
                last.attribution.merged(history.commit(graph.mainline[position]).attribution);
        } else {
            found.delivered.push(finder.change(position, request, shape));
        }
        found.at_position[position] = (found.delivered.len() - 1) as u32;
    }
    for change in &mut found.delivered {
        release(history, graph, releases, change);
    }
    found.pending = finder.pending();
    found
}

/// Adds when the change was first released.
fn release(history: &History, graph: &Graph, releases: &Releases, change: &mut Change) {
    if releases.list.is_empty() {
        return;
    }
    let start = change.position as usize;
    let landed = &graph.mainline[start..start + change.span as usize];
    change.first_release = releases.first_release(history, landed);
    if let FirstRelease::Released { release, .. } = change.first_release {
        let at = releases.get(release).at;
        change.marks.apply(Mark { boundary: Boundary::Released, at });
    }
}

impl<'a> Finder<'a> {
    fn new(history: &'a History, graph: &'a Graph) -> Self {
        let mut finder = Self {
            history,
            graph,
            heads: FxHashMap::default(),
            numbers: FxHashMap::default(),
            claimed: FxHashMap::default(),
            entered: FxHashMap::default(),
            replayed: FxHashMap::default(),
            merged: FxHashSet::default(),
        };
        for head in &history.requests {
            finder.heads.insert(head.number, head.commit);
            finder.numbers.entry(head.commit).or_default().push(head.number);
            if let Some(position) = graph.entry(head.commit) {
                finder.entered.entry(position).or_default().push(head.number);
            }
        }
        for (position, ix) in graph.mainline.iter().enumerate() {
            if let Some(mention) = history.commit(*ix).mention {
                finder.claimed.entry(mention.number).or_insert(position);
            }
        }
        finder.index_replayed();
        finder
    }

    fn index_replayed(&mut self) {
        for head in &self.history.requests {
            let known = self.claimed.contains_key(&head.number);
            if known || self.graph.entry(head.commit).is_some() {
                continue;
            }
            for ix in self.graph.exclusive(self.history, head.commit, None, |_| false) {
                if self.history.parents(ix).len() < 2 {
                    self.replayed.entry(twin(self.history.commit(ix))).or_insert(head.number);
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
        if let Some(mention) = commit.mention.filter(|m| self.claimed[&m.number] == position) {
            let by_merge = is_merge || mention.by == MentionForm::Merge;
            return (Some(mention.number), if by_merge { Shape::Merge } else { Shape::Squash });
        }
        let entered = self.entered.get(&position).map_or(&[][..], Vec::as_slice);
        if is_merge {
            let second = parents.get(1);
            let exact = entered.iter().find(|number| second == self.heads.get(number));
            return (exact.or(entered.first()).copied(), Shape::Merge);
        }
        if let Some(number) = entered.first() {
            return (Some(*number), Shape::Rebase);
        }
        match self.replayed.get(&twin(commit)) {
            Some(number) => (Some(*number), Shape::Rebase),
            // A second commit that names a request already delivered: a follow-up or a revert.
            None => (None, Shape::Direct),
        }
    }

    /// Whether a replayed commit goes on with the change before it.
    fn continues(
        &self,
        last: Option<&Change>,
        request: Option<u32>,
        shape: Shape,
        position: usize,
    ) -> bool {
        shape == Shape::Rebase
            && last.is_some_and(|last| {
                last.request == request
                    && last.shape == Shape::Rebase
                    && (last.position + last.span) as usize == position
            })
    }

    fn change(&mut self, position: usize, request: Option<u32>, shape: Shape) -> Change {
        let landed = self.graph.mainline[position];
        let commit = self.history.commit(landed);
        let mut change = Change {
            request,
            landed,
            position: position as u32,
            span: 1,
            commits: 0,
            author: commit.author,
            attribution: commit.attribution,
            shape,
            marks: Marks::default(),
            first_release: FirstRelease::Waiting,
        };
        change.marks.apply(Mark { boundary: Boundary::Merged, at: commit.committed });
        self.merged.extend(request);
        if let Some(entered) = self.entered.get(&position) {
            self.merged.extend(entered.iter().copied());
        }
        let head = request.and_then(|number| self.heads.get(&number)).copied();
        let work = match (shape, head) {
            (Shape::Direct, _) => {
                change.marks.apply(Mark { boundary: Boundary::FirstCommit, at: commit.authored });
                change.marks.apply(Mark { boundary: Boundary::LastPush, at: commit.committed });
                return change;
            }
            (Shape::Merge, _) => {
                let entered = self.graph.entered(position);
                entered.iter().copied().filter(|ix| *ix != landed).collect()
            }
            (_, Some(head)) => {
                let (work, stacked) = self.own_commits(head, request, position);
                change.shape = if stacked { Shape::Stacked } else { shape };
                work
            }
            (_, None) => Vec::new(),
        };
        change.commits = work.len() as u32;
        let last = head
            .filter(|head| shape != Shape::Merge || self.graph.entry(*head) == Some(position))
            .or_else(|| self.history.parents(landed).get(1).copied());
        self.start(&mut change, &work, last);
        change
    }

    /// The commits of a request without those of a request below it that was merged before.
    fn own_commits(
        &self,
        head: CommitIx,
        request: Option<u32>,
        position: usize,
    ) -> (Vec<CommitIx>, bool) {
        let mut stacked = false;
        let own = self.graph.exclusive(self.history, head, Some(position), |ix| {
            let below = self.numbers.get(&ix).is_some_and(|numbers| {
                numbers.iter().any(|number| {
                    Some(*number) != request
                        && self.claimed.get(number).is_some_and(|claimed| *claimed < position)
                })
            });
            stacked |= below;
            below
        });
        (own, stacked)
    }

    /// Sets the start of work, the last push and the evidence from the commits of the work.
    fn start(&self, change: &mut Change, work: &[CommitIx], last: Option<CommitIx>) {
        let mut first: Option<&Commit> = None;
        for ix in work {
            let commit = self.history.commit(*ix);
            if commit.parents.len > 1 {
                continue;
            }
            change.attribution = change.attribution.merged(commit.attribution);
            if first.is_none_or(|first| (commit.authored, commit.id) < (first.authored, first.id)) {
                first = Some(commit);
            }
        }
        let Some(first) = first else { return };
        change.marks.apply(Mark { boundary: Boundary::FirstCommit, at: first.authored });
        if change.shape == Shape::Merge {
            change.author = first.author;
            change.attribution.author = first.attribution.author;
        } else if change.attribution.author == AuthorClass::Human {
            // Whoever squashes an agent's request is not its author.
            let agent = first.attribution.author == AuthorClass::Agent;
            if agent {
                change.attribution.author = AuthorClass::Agent;
                change.author = first.author;
            }
        }
        if let Some(last) = last {
            let at = self.history.commit(last).committed;
            change.marks.apply(Mark { boundary: Boundary::LastPush, at });
        }
    }

    /// The requests that no mainline commit delivered.
    fn pending(&mut self) -> Vec<Pending> {
        let elsewhere = self.named_elsewhere();
        let mut pending = Vec::new();
        for head in &self.history.requests {
            if self.merged.contains(&head.number) {
                continue;
            }
            let own = self.graph.exclusive(self.history, head.commit, None, |_| false);
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
            let named = elsewhere.get(&head.number).map_or(&[][..], Vec::as_slice);
            pending.push(Pending {
                request: head.number,
                author: first.author,
                attribution,
                first_commit: first.authored,
                last_push: self.history.commit(head.commit).committed,
                commits: own.len() as u32,
                merged_elsewhere: named.iter().any(|ix| !own.contains(ix)),
            });
        }
        pending.sort_by_key(|request| request.request);
        pending
    }

    /// Commits outside the default branch whose title says they merge a request.
    fn named_elsewhere(&self) -> FxHashMap<u32, Vec<CommitIx>> {
        let mut named: FxHashMap<u32, Vec<CommitIx>> = FxHashMap::default();
        for (row, commit) in self.history.commits.iter().enumerate() {
            let ix = CommitIx(row as u32);
            if let Some(mention) = commit.mention.filter(|_| self.graph.entry(ix).is_none()) {
                named.entry(mention.number).or_default().push(ix);
            }
        }
        named
    }
}

fn twin(commit: &Commit) -> Twin {
    (commit.author, commit.authored, commit.title)
}
