//! Releases: tags read as releases, and the first one that contains each commit.
//!
//! In: a [`History`] and its [`Graph`]. Out: [`Releases`]. Start at [`Releases::new`].
//! **Invariant:** pre-releases never count; what the earliest known release contains is
//! left-censored: it was released by then, and nobody knows when.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::history::{History, ReleaseName};
use tl_core::id::{CommitId, CommitIx};
use tl_core::time::{Millis, Timestamp};

use crate::graph::Graph;
use crate::packages::Packages;
use crate::row::RowIx;

/// Index into [`Releases::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseIx(RowIx);

impl ReleaseIx {
    /// The oldest release.
    pub const FIRST: Self = Self::new(0);

    /// The release at an index.
    pub const fn new(index: u32) -> Self {
        Self(RowIx::new(index))
    }
}

const NONE: u32 = u32::MAX;

/// Longest time between a release and the patch release that counts as its hotfix.
const HOTFIX_WINDOW: Millis = Millis::days(14);

/// One stable release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Tag name.
    pub tag: String,
    /// The tag's name as a release.
    pub name: ReleaseName,
    /// Tagger date if annotated, else the commit's date.
    pub at: Timestamp,
    /// What it points at.
    pub commit: CommitIx,
    /// Why it looks like a hotfix, and of which release.
    pub hotfix: Option<(ReleaseIx, String)>,
}

/// All stable releases of one repository, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Releases {
    /// Oldest first.
    pub list: Vec<Release>,
    /// Pre-releases that were left out.
    pub prereleases: Vec<Timestamp>,
    first: Vec<u32>,
    /// Commits outside the default branch by what makes them equivalent to one inside.
    equivalents: Equivalents,
    /// Releases of the packages of a repository of several.
    pub packages: Packages,
}

#[derive(Debug, Clone, Default)]
struct Equivalents {
    /// Commits that say they were cherry-picked from this one, and this one itself.
    picked_from: FxHashMap<CommitId, Vec<CommitIx>>,
    /// Commits outside the default branch by title, where the title names a request or ticket.
    titled: FxHashMap<u64, Vec<CommitIx>>,
    /// Commits with the same patch as one of the mainline.
    same_patch: FxHashMap<CommitIx, Vec<CommitIx>>,
}

/// When a change was first released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRelease {
    /// In no release yet.
    Waiting,
    /// In the earliest known release: no one knows since when it waited.
    LeftCensored,
    /// In this release, through an equivalent commit if `backport`.
    Released {
        /// The release.
        release: ReleaseIx,
        /// Whether an equivalent commit was released before the commit itself.
        backport: bool,
    },
}

impl Releases {
    /// Reads the tags of a history and marks, oldest release first, what each contains.
    pub fn new(history: &History, graph: &Graph) -> Self {
        Self::until(history, graph, Timestamp::from_millis(i64::MAX))
    }

    /// The same as it was known at an instant: tags dated later are not there yet.
    pub fn until(history: &History, graph: &Graph, until: Timestamp) -> Self {
        let (list, prereleases) = stable(history, until);
        let mut first = vec![NONE; history.commits.len()];
        let mut open = Vec::new();
        for (index, release) in list.iter().enumerate() {
            open.push(release.commit);
            while let Some(ix) = open.pop() {
                if first[ix.row()] == NONE {
                    first[ix.row()] = index as u32;
                    open.extend_from_slice(history.parents(ix));
                }
            }
        }
        let equivalents = equivalents(history, graph);
        let packages = Packages::new(&list, graph);
        let mut releases = Self { list, prereleases, first, equivalents, packages };
        releases.find_hotfixes(history, graph);
        releases
    }

    /// Whether releases and equivalent commits are all among so many first commits.
    pub(crate) fn are_within(&self, commits: usize) -> bool {
        let Equivalents { picked_from, titled, same_patch } = &self.equivalents;
        let others = picked_from.values().chain(titled.values()).chain(same_patch.values());
        let released = self.list.iter().map(|release| &release.commit);
        released.chain(others.flatten()).all(|ix| ix.row() < commits)
    }

    /// Forgets the commits behind the first ones.
    pub(crate) fn truncate(&mut self, commits: usize) {
        self.first.truncate(commits);
        self.first.shrink_to_fit();
    }

    /// The first release that contains a commit itself.
    pub fn containing(&self, ix: CommitIx) -> Option<ReleaseIx> {
        Some(self.first[ix.row()]).filter(|release| *release != NONE).map(ReleaseIx::new)
    }

    /// The release at an index.
    pub fn get(&self, ix: ReleaseIx) -> &Release {
        &self.list[ix.0.index()]
    }

    /// When the change made of `commits` was first released, itself or through an equivalent:
    /// a commit cherry-picked from it (`-x` line), one with the same patch, or one outside the default branch
    /// with the same title where the title names the same request or ticket. A merge is also
    /// released where all that it merged is: topics may go to a release branch first.
    pub fn first_release(&self, history: &History, commits: &[CommitIx]) -> FirstRelease {
        let own = commits.iter().filter_map(|ix| self.containing(*ix)).min();
        let other = commits
            .iter()
            .flat_map(|ix| self.equivalents(history, *ix))
            .filter_map(|ix| self.containing(ix))
            .chain(commits.iter().filter_map(|ix| self.all_merged(history, *ix)))
            .min();
        let earliest = [own, other].into_iter().flatten().min();
        match earliest {
            None => FirstRelease::Waiting,
            Some(ReleaseIx::FIRST) => FirstRelease::LeftCensored,
            Some(release) => {
                FirstRelease::Released { release, backport: own.is_none_or(|own| release < own) }
            }
        }
    }

    /// The first release that contains everything which a merge merged.
    fn all_merged(&self, history: &History, ix: CommitIx) -> Option<ReleaseIx> {
        let merged = history.parents(ix).get(1..).filter(|merged| !merged.is_empty())?;
        let all: Option<Vec<ReleaseIx>> = merged.iter().map(|ix| self.containing(*ix)).collect();
        all?.into_iter().max()
    }

    /// Commits that are the same change as `ix` elsewhere.
    pub fn equivalents(&self, history: &History, ix: CommitIx) -> Vec<CommitIx> {
        let commit = history.commit(ix);
        let from = commit.links.iter().flat_map(|links| &links.cherry_picked_from);
        let mut same: Vec<CommitIx> = std::iter::once(&commit.id)
            .chain(from)
            .filter_map(|id| self.equivalents.picked_from.get(id))
            .flatten()
            .copied()
            .collect();
        same.extend(self.equivalents.same_patch.get(&ix).into_iter().flatten());
        if let Some(candidates) = self.equivalents.titled.get(&commit.title) {
            same.extend(candidates.iter().copied().filter(|other| {
                same_work(history, ix, *other) && is_no_earlier_work(history, ix, *other)
            }));
        }
        same
    }

    /// Marks patch releases off the main line that carry a revert or a backported commit.
    fn find_hotfixes(&mut self, history: &History, graph: &Graph) {
        let mut shipped: FxHashMap<u32, Vec<CommitIx>> = FxHashMap::default();
        let off_line: Vec<usize> = (0..self.list.len())
            .filter(|index| graph.entry(self.list[*index].commit).is_none())
            .collect();
        if off_line.is_empty() {
            return;
        }
        for row in 0..history.commits.len() {
            let ix = CommitIx(row as u32);
            if self.first[row] != NONE && graph.entry(ix).is_none() {
                shipped.entry(self.first[row]).or_default().push(ix);
            }
        }
        let off_titles: FxHashSet<u64> =
            shipped.values().flatten().map(|ix| history.commit(*ix).title).collect();
        let mut on_mainline: FxHashMap<u64, Vec<CommitIx>> = FxHashMap::default();
        for ix in graph.mainline.iter().filter(|ix| names_work(history, **ix)) {
            let title = history.commit(*ix).title;
            if off_titles.contains(&title) {
                on_mainline.entry(title).or_default().push(*ix);
            }
        }
        for index in off_line {
            let Some(before) = self.patched_by(index) else { continue };
            let new = shipped.get(&(index as u32)).map_or(&[][..], Vec::as_slice);
            let mends = |ix: &CommitIx| {
                let links = history.commit(*ix).links.as_deref();
                links.is_some_and(|links| {
                    !links.reverts.is_empty() || !links.cherry_picked_from.is_empty()
                }) || on_mainline.get(&history.commit(*ix).title).is_some_and(|same| {
                    same.iter().any(|main| {
                        same_work(history, *main, *ix) && is_no_earlier_work(history, *main, *ix)
                    })
                })
            };
            let mending = new.iter().filter(|ix| mends(ix)).count();
            if mending > 0 {
                let why = format!(
                    "patch release off the main line: {mending} of {} new commits are reverts or \
                     cherry-picks",
                    new.len()
                );
                self.list[index].hotfix = Some((before, why));
            }
        }
    }

    /// The release that `index` patches: same package, only the last number one higher, and
    /// published at most [`HOTFIX_WINDOW`] before.
    fn patched_by(&self, index: usize) -> Option<ReleaseIx> {
        let release = &self.list[index];
        let (patch, minor) = release.name.numbers.split_last()?;
        if release.name.numbers.len() < 3 || *patch == 0 {
            return None;
        }
        let before = self.list[..index].iter().rposition(|other| {
            let same_package = other.name.package == release.name.package;
            let numbers = other.name.numbers.split_last();
            same_package && numbers.is_some_and(|(last, rest)| rest == minor && *last + 1 == *patch)
        })?;
        (release.at - self.list[before].at <= HOTFIX_WINDOW)
            .then_some(ReleaseIx::new(before as u32))
    }
}

/// Stable releases, oldest first; of two names for one version of one commit (`v1.2.0`, `1.2.0`)
/// the older stands for both.
fn stable(history: &History, until: Timestamp) -> (Vec<Release>, Vec<Timestamp>) {
    let mut list: Vec<Release> = Vec::new();
    let mut prereleases = Vec::new();
    for tag in history.tags.iter().filter(|tag| tag.at <= until) {
        match &tag.release {
            Some(name) if name.prerelease => prereleases.push(tag.at),
            Some(name) => list.push(Release {
                tag: tag.name.clone(),
                name: name.clone(),
                at: tag.at,
                commit: tag.commit,
                hotfix: None,
            }),
            None => {}
        }
    }
    list.sort_by(|a, b| (a.at, &a.name.numbers, &a.tag).cmp(&(b.at, &b.name.numbers, &b.tag)));
    let mut seen = BTreeSet::new();
    list.retain(|release| seen.insert((release.commit, release.name.clone())));
    prereleases.sort_unstable();
    (list, prereleases)
}

fn equivalents(history: &History, graph: &Graph) -> Equivalents {
    let mut found = Equivalents::default();
    for (ix, other) in &history.same_patch {
        found.same_patch.entry(*ix).or_default().push(*other);
    }
    for (row, commit) in history.commits.iter().enumerate() {
        let ix = CommitIx(row as u32);
        if let Some(links) = &commit.links {
            for from in &links.cherry_picked_from {
                found.picked_from.entry(*from).or_default().push(ix);
            }
        }
        if graph.entry(ix).is_none() && names_work(history, ix) {
            found.titled.entry(commit.title).or_default().push(ix);
        }
    }
    if !found.picked_from.is_empty() {
        for (row, commit) in history.commits.iter().enumerate() {
            if let Some(picks) = found.picked_from.get_mut(&commit.id) {
                picks.push(CommitIx(row as u32));
            }
        }
    }
    found
}

/// Whether the title names a request or a ticket, so that an equal title means equal work.
fn names_work(history: &History, ix: CommitIx) -> bool {
    let commit = history.commit(ix);
    let tickets = commit.links.as_ref().is_some_and(|links| !links.tickets.is_empty());
    commit.title != 0 && (commit.mention.is_some() || tickets)
}

/// Two commits of equal title: the same request number, or a ticket in both.
fn same_work(history: &History, a: CommitIx, b: CommitIx) -> bool {
    let number = |ix| history.commit(ix).mention.map(|mention| mention.number);
    let tickets = |ix: CommitIx| history.commit(ix).links.as_ref().map(|links| &links.tickets);
    let same_number = number(a).is_some() && number(a) == number(b);
    same_number || tickets(a).is_some_and(|keys| !keys.is_empty() && Some(keys) == tickets(b))
}

/// A commit of equal title that was made well before this one is another piece of work (a first
/// try, later redone), unless it is the very one that was carried over: author dates survive that.
fn is_no_earlier_work(history: &History, ix: CommitIx, other: CommitIx) -> bool {
    let (this, other) = (history.commit(ix), history.commit(other));
    other.authored == this.authored || other.committed + Millis::WEEK >= this.committed
}
