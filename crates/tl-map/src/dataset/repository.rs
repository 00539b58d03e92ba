//! One repository, and what was found in it.
//!
//! In: its history, as it was read or made of its requests. Out: [`Repository`]. Start at
//! [`Repository::new`]. **Invariant:** of a history that was made for this, what nothing asks again
//! goes when everything else is found: there may be three times as many commits of requests as
//! landed, and a row that stays means what it meant.

use std::ops::Deref;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::history::{EARLIEST, History, MessageLinks};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_core::time::Timestamp;

use super::{Size, Window};
use crate::change::{self, Changes, Pending};
use crate::collected::Told;
use crate::failure::{self, Evidence, Link};
use crate::graph::Graph;
use crate::journey::{Boundary, Marks};
use crate::measure::repository::summary;
use crate::release::Releases;
use crate::report::RepositorySummary;

/// A history that somebody else has, or one that was made for the dataset.
#[derive(Debug)]
pub enum Held<'a> {
    /// Of a repository that was read.
    Read(&'a History),
    /// Of a repository that is known by its requests alone.
    Made(Box<History>),
}

impl Deref for Held<'_> {
    type Target = History;

    fn deref(&self) -> &History {
        match self {
            Self::Read(history) => history,
            Self::Made(history) => history,
        }
    }
}

/// One repository and what was found in it.
#[derive(Debug)]
pub struct Repository<'a> {
    /// What was read; of a history that was made, the commits of the mainline.
    pub history: Held<'a>,
    /// Its mainline.
    pub graph: Graph,
    /// Its releases.
    pub releases: Releases,
    /// Its changes.
    pub changes: Changes,
    /// Its failures, as they were known at the end of the window.
    pub links: Vec<Link>,
    /// Rows of `links` by the change that failed.
    links_of: FxHashMap<usize, Vec<usize>>,
    /// Requests that were not delivered at the end of the window, by number.
    pub pending: Vec<Pending>,
    /// Counts over its whole history; shapes are missing.
    pub summary: RepositorySummary,
    /// Days of the window on which its people authored commits, once each.
    pub days: Vec<(PersonIx, i32)>,
    /// Commits that were asked for by id.
    pub named: Vec<(CommitId, CommitIx)>,
    /// When its default branch is first seen, by the clock of its commits.
    pub(super) first_seen: Option<Timestamp>,
    /// For each of its people the author id that all repositories share.
    pub(super) author_of: Vec<u32>,
    /// What was collected of each delivered change, until its item has it.
    pub(crate) told: Vec<Told>,
    /// How large its forge says that each delivered change is, until its item has it.
    pub(super) sizes: Vec<Option<Size>>,
    /// Open requests by number, as far as they came.
    pub(super) open: Vec<(u32, Marks)>,
}

impl<'a> Repository<'a> {
    /// Finds the changes of a history, and what became of them until the end of a window, and the
    /// commits with these ids.
    pub(super) fn new(history: Held<'a>, window: Window, wanted: &FxHashSet<CommitId>) -> Self {
        let until = window.until;
        let graph = Graph::new(&history);
        let releases = Releases::until(&history, &graph, until);
        let changes = change::changes(&history, &graph, &releases);
        let mut links = failure::failures(&history, &graph, &releases, &changes, Evidence::All);
        links.retain(|link| link.at <= until);
        let mut links_of: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (row, link) in links.iter().enumerate() {
            links_of.entry(link.failed).or_default().push(row);
        }
        let first_seen = graph.mainline.iter().map(|ix| history.commit(*ix).committed);
        Self {
            first_seen: first_seen.filter(|at| *at >= EARLIEST).min(),
            pending: pending(&changes, &history, until),
            summary: summary(&history, &graph, &releases, &changes),
            days: days(&history, window),
            named: named(&history, wanted),
            author_of: Vec::new(),
            told: Vec::new(),
            sizes: Vec::new(),
            open: Vec::new(),
            history,
            graph,
            releases,
            changes,
            links,
            links_of,
        }
    }

    /// The failure links of a change, as they were known at the end of the window.
    pub fn links_of(&self, change: usize) -> impl Iterator<Item = &Link> {
        let rows = self.links_of.get(&change).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| &self.links[*row])
    }

    /// Forgets what nothing asks any more when the changes of the repository are told of.
    ///
    /// A history that was made has its mainline first. Where a tag, a deployment or a cherry-pick is
    /// beside it, all commits stay.
    pub(super) fn slim(&mut self) {
        let Held::Made(history) = &mut self.history else { return };
        self.changes.pending = Vec::new();
        self.changes.at_position = Vec::new();
        history.requests = Vec::new();
        let landed = self.graph.mainline.len();
        let is_first = |ix: &CommitIx| ix.row() < landed;
        let fits = (0..landed).all(|row| self.graph.mainline[row].row() == row)
            && self.named.iter().all(|(_, ix)| is_first(ix))
            && history.tags.iter().all(|tag| is_first(&tag.commit))
            && self.releases.are_within(landed);
        if fits {
            history.commits.truncate(landed);
            history.commits.shrink_to_fit();
            let parents = history.commits.iter().map(|one| one.parents.start + one.parents.len);
            let parents = parents.max().unwrap_or(0) as usize;
            history.parent_pool.truncate(parents);
            history.parent_pool.shrink_to_fit();
            self.graph.truncate(landed);
            self.releases.truncate(landed);
            for commit in &mut history.commits {
                let points = |links: &MessageLinks| {
                    !links.reverts.is_empty() || !links.cherry_picked_from.is_empty()
                };
                commit.links = commit.links.take().filter(|links| points(links));
            }
        }
    }
}

/// Requests that were begun but not delivered at an instant: also those merged later.
fn pending(changes: &Changes, history: &History, until: Timestamp) -> Vec<Pending> {
    let delivered = changes.delivered.iter().zip(&changes.marks);
    let later = delivered.filter(|(change, _)| failure::merged_at(change) > until);
    let later = later.filter_map(|(change, marks)| {
        let (first, last) = (Boundary::FirstCommit, Boundary::LastPush);
        Some(Pending {
            request: change.request()?,
            author: change.author,
            attribution: change.attribution,
            first_commit: marks.get(first)?,
            last_push: marks.get(last).unwrap_or(history.commit(change.landed).committed),
            commits: change.commits,
            merged_elsewhere: false,
            fate: None,
        })
    });
    let mut pending: Vec<Pending> = changes
        .pending
        .iter()
        .cloned()
        .chain(later)
        .filter(|request| request.first_commit <= until)
        .map(|request| Pending { last_push: request.last_push.min(until), ..request })
        .collect();
    pending.sort_by_key(|request| request.request);
    pending
}

fn days(history: &History, window: Window) -> Vec<(PersonIx, i32)> {
    let inside = |at: Timestamp| at >= window.since && at <= window.until;
    let commits = history.commits.iter().filter(|commit| inside(commit.authored));
    // A clock may say anything; what is outside of the numbers is outside of every window.
    let days = commits.filter_map(|one| Some((one.author, one.authored.day().try_into().ok()?)));
    let days: FxHashSet<(PersonIx, i32)> = days.collect();
    let mut days: Vec<(PersonIx, i32)> = days.into_iter().collect();
    days.sort_unstable();
    days
}

fn named(history: &History, wanted: &FxHashSet<CommitId>) -> Vec<(CommitId, CommitIx)> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let commits = (0..).map(CommitIx).zip(&history.commits);
    let named = commits.filter(|(_, commit)| wanted.contains(&commit.id));
    named.map(|(ix, commit)| (commit.id, ix)).collect()
}
