//! Failures: which changes were reverted, hot-fixed or fixed up afterwards.
//!
//! In: the changes of one repository and what their messages say about others. Out: one [`Link`]
//! per pair, with its grade and the reason. Start at [`failures`]. **Invariant:** a link points
//! back in the order of the mainline, never at itself or forward; a reverted change stays failed
//! even when the revert is reverted later.
//! **Definition:** grades A to E of `docs/measures.md`; git alone gives C and D.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use tl_core::history::{History, Reference};
use tl_core::id::CommitIx;
use tl_core::time::Timestamp;

use crate::change::{Change, Changes};
use crate::graph::Graph;
use crate::release::{FirstRelease, Releases};

/// How sure a failure link is: A is an incident that names the change, E a guess by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// An incident names the deployment or the commit.
    A,
    /// The deployment was rolled back.
    B,
    /// A revert names the commit or the request.
    C,
    /// A revert quotes only the title; a fix names the change; a hotfix release carries it.
    D,
    /// The last deployment before an incident.
    E,
}

/// By what a failure was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Taken back by a later change.
    Reverted,
    /// A later change says that it mends this one.
    FixedUp,
    /// First shipped by a release or deployment that a hotfix followed.
    HotFixed,
    /// First in production with a deployment that was rolled back.
    RolledBack,
    /// First in production with a deployment that an incident followed, or named by one.
    Incident,
}

impl FailureKind {
    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reverted => "reverted",
            Self::FixedUp => "fixed up",
            Self::HotFixed => "hot-fixed",
            Self::RolledBack => "rolled back",
            Self::Incident => "in an incident",
        }
    }
}

/// One change failed, as another one shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Index of the change that failed.
    pub failed: usize,
    /// Index of the change that shows it.
    pub by: usize,
    /// When that was merged, or the hotfix released.
    pub at: Timestamp,
    /// By what it was seen.
    pub kind: FailureKind,
    /// How sure it is.
    pub grade: Grade,
    /// In words, for people.
    pub why: String,
}

/// Which evidence the linker may use; tests hide some of it to measure the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Everything.
    All,
    /// Titles and request numbers only: as if no message had a sha line.
    WithoutIds,
}

struct Linker<'a> {
    history: &'a History,
    graph: &'a Graph,
    changes: &'a Changes,
    /// Commits by the first 28 bits of their id, for those ids that some message names.
    by_prefix: FxHashMap<u32, Vec<CommitIx>>,
    /// Positions of mainline commits by title, oldest first.
    by_title: FxHashMap<u64, Vec<u32>>,
    by_request: FxHashMap<u32, usize>,
}

/// Links failed changes to those that show it, in the order of the latter.
pub fn failures(
    history: &History,
    graph: &Graph,
    releases: &Releases,
    changes: &Changes,
    evidence: Evidence,
) -> Vec<Link> {
    let linker = Linker::new(history, graph, changes);
    let mut links = Vec::new();
    // Taken back and not brought back, in the order told.
    let mut undone: FxHashSet<usize> = FxHashSet::default();
    let mut taken_back_by: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (by, change) in changes.delivered.iter().enumerate() {
        for ix in linker.speakers(change) {
            let Some(said) = history.commit(ix).links.as_deref() else { continue };
            let fixes = said.fixes.iter().map(|reference| (reference, FailureKind::FixedUp));
            for (failed, grade, why) in linker.reverted(by, &said.reverts, evidence, &undone) {
                undone.insert(failed);
                match taken_back_by.get(&failed) {
                    Some(restored) => restored.iter().for_each(|index| {
                        undone.remove(index);
                    }),
                    None => taken_back_by.entry(by).or_default().push(failed),
                }
                links.push(linker.link(failed, by, FailureKind::Reverted, grade, why));
            }
            for (reference, kind) in fixes {
                if let Some((failed, _, why)) = linker.target(by, reference, evidence, &undone) {
                    links.push(linker.link(failed, by, kind, Grade::D, why));
                }
            }
        }
    }
    // A revert that is itself reverted was no failure of its own: that restores.
    links.retain(|link| {
        link.kind != FailureKind::Reverted || !taken_back_by.contains_key(&link.failed)
    });
    hot_fixed(releases, changes, &mut links);
    links.sort_by_key(|link| (link.by, link.failed, link.grade));
    links.dedup_by_key(|link| (link.by, link.failed));
    links
}

impl<'a> Linker<'a> {
    fn new(history: &'a History, graph: &'a Graph, changes: &'a Changes) -> Self {
        let mut by_prefix: FxHashMap<u32, Vec<CommitIx>> = FxHashMap::default();
        let mut quoted: FxHashSet<u64> = FxHashSet::default();
        for links in history.commits.iter().filter_map(|commit| commit.links.as_deref()) {
            for reference in links.reverts.iter().chain(&links.fixes) {
                match reference {
                    Reference::Commit(hex) => {
                        by_prefix.entry(hex_prefix(hex)).or_default();
                    }
                    Reference::Title(title) => {
                        quoted.insert(*title);
                    }
                    Reference::Request(_) => {}
                }
            }
        }
        for (row, commit) in history.commits.iter().enumerate() {
            if let Some(rows) = by_prefix.get_mut(&id_prefix(commit.id.as_bytes())) {
                rows.push(CommitIx(row as u32));
            }
        }
        let mut by_title: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (position, ix) in graph.mainline.iter().enumerate() {
            for member in titles(history, graph, position, *ix) {
                if quoted.contains(&member) {
                    by_title.entry(member).or_default().push(position as u32);
                }
            }
        }
        let mut by_request = FxHashMap::default();
        for (index, change) in changes.delivered.iter().enumerate() {
            if let Some(number) = change.request() {
                by_request.entry(number).or_insert(index);
            }
        }
        Self { history, graph, changes, by_prefix, by_title, by_request }
    }

    /// The commits whose messages speak for a change: its mainline commits, or what it merged.
    fn speakers(&self, change: &Change) -> Vec<CommitIx> {
        let start = change.position as usize;
        let merged = self.history.commit(change.landed).parents.len > 1;
        if merged {
            return self.graph.entered(start).to_vec();
        }
        self.graph.mainline[start..start + change.span as usize].to_vec()
    }

    /// What a revert takes back. Ids name one change each; a request number or a quoted title
    /// stands in only where no id was understood.
    fn reverted(
        &self,
        by: usize,
        references: &[Reference],
        evidence: Evidence,
        undone: &FxHashSet<usize>,
    ) -> Vec<(usize, Grade, String)> {
        let strength = |reference: &Reference| match reference {
            Reference::Commit(_) => 0,
            Reference::Request(_) => 1,
            Reference::Title(_) => 2,
        };
        for level in 0..3 {
            let found: Vec<_> = references
                .iter()
                .filter(|reference| strength(reference) == level)
                .filter_map(|reference| self.target(by, reference, evidence, undone))
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// The change that a reference of change `by` means, before it on the mainline.
    fn target(
        &self,
        by: usize,
        reference: &Reference,
        evidence: Evidence,
        undone: &FxHashSet<usize>,
    ) -> Option<(usize, Grade, String)> {
        let (index, grade, why) = match reference {
            Reference::Commit(_) if evidence == Evidence::WithoutIds => return None,
            Reference::Commit(hex) => {
                let rows = self.by_prefix.get(&hex_prefix(hex))?;
                let mut named = rows
                    .iter()
                    .filter(|ix| self.history.commit(**ix).id.starts_with_hex(hex))
                    .filter_map(|ix| self.graph.entry(*ix));
                let position = named.next()?;
                if named.next().is_some() {
                    return None; // An abbreviation of two commits names neither.
                }
                let short = &hex[..hex.len().min(10)];
                (self.at(position), Grade::C, format!("names commit {short}"))
            }
            Reference::Request(number) => {
                (*self.by_request.get(number)?, Grade::C, format!("names request #{number}"))
            }
            Reference::Title(title) => {
                let position = self.changes.delivered[by].position;
                let earlier = self.by_title.get(title)?;
                let before = earlier.partition_point(|other| *other < position);
                let index = earlier[..before]
                    .iter()
                    .rev()
                    .map(|other| self.at(*other as usize))
                    .find(|index| !undone.contains(index))?;
                (index, Grade::D, "quotes its title".to_owned())
            }
        };
        (index < by).then_some((index, grade, why))
    }

    fn at(&self, position: usize) -> usize {
        self.changes.at_position[position] as usize
    }

    fn link(&self, failed: usize, by: usize, kind: FailureKind, grade: Grade, why: String) -> Link {
        let at = merged_at(&self.changes.delivered[by]);
        let verb = match kind {
            FailureKind::Reverted => "revert",
            FailureKind::FixedUp
            | FailureKind::HotFixed
            | FailureKind::RolledBack
            | FailureKind::Incident => "fix",
        };
        Link { failed, by, at, kind, grade, why: format!("{verb} that {why}") }
    }
}

/// A revert or fix that reached users first by a hotfix release says so.
fn hot_fixed(releases: &Releases, changes: &Changes, links: &mut [Link]) {
    for link in links {
        if let FirstRelease::Released { release, .. } = changes.delivered[link.by].first_release
            && releases.get(release).hotfix.is_some()
        {
            link.kind = FailureKind::HotFixed;
            link.why = format!("{}, shipped by hotfix {}", link.why, releases.get(release).tag);
        }
    }
}

/// When a change was merged, as seen.
pub const fn merged_at(change: &Change) -> Timestamp {
    change.merged
}

/// Titles that stand for a position: of the mainline commit, and of what a merge brought.
fn titles<'a>(
    history: &'a History,
    graph: &'a Graph,
    position: usize,
    landed: CommitIx,
) -> impl Iterator<Item = u64> + 'a {
    let own = std::iter::once(landed);
    let brought = graph.entered(position).iter().copied().filter(move |ix| *ix != landed);
    own.chain(brought).map(|ix| history.commit(ix).title).filter(|title| *title != 0)
}

/// The first seven hexadecimal digits as a number.
fn hex_prefix(hex: &str) -> u32 {
    hex.bytes().take(7).fold(0, |sum, digit| sum << 4 | char::from(digit).to_digit(16).unwrap_or(0))
}

fn id_prefix(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |sum: u32, byte| sum << 8 | u32::from(*byte)) >> 4
}
