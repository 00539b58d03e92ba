//! Packages: in a repository of several, a change is released with a package that it touched.
//!
//! In: the releases of one repository. Out: for a change, the first release of a package whose
//! directory it touched. Start at [`Packages::first`]. A package's directory is any part of a path
//! that has its name, without the scope: `packages/cli/src/x.ts` belongs to `@acme/cli`.
//! **Invariant:** where the files of a change are not known, or it touched no package with releases
//! on the mainline, nothing is said, and the first release of any package counts.

use rustc_hash::FxHashMap;
use tl_core::history::History;
use tl_core::id::CommitIx;

use crate::graph::Graph;
use crate::release::{Release, ReleaseIx};

/// Releases of each package on the mainline.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// By directory: positions in ascending order, each with the earliest release from there on.
    by_directory: FxHashMap<String, Vec<(u32, ReleaseIx)>>,
}

impl Packages {
    /// Sorts the releases, which come oldest first; with fewer than two packages there is nothing
    /// to tell apart.
    pub fn new(releases: &[Release], graph: &Graph) -> Self {
        let mut by_directory: FxHashMap<String, Vec<(u32, ReleaseIx)>> = FxHashMap::default();
        for (index, release) in releases.iter().enumerate() {
            let Some(package) = release.name.package.as_deref() else { continue };
            let Some(position) = graph.entry(release.commit) else { continue };
            if graph.mainline[position] == release.commit {
                let directory = package.rsplit('/').next().unwrap_or(package).to_owned();
                let list = by_directory.entry(directory).or_default();
                list.push((position as u32, ReleaseIx::new(index as u32)));
            }
        }
        if by_directory.len() < 2 {
            return Self::default();
        }
        for list in by_directory.values_mut() {
            list.sort_unstable();
            for row in (1..list.len()).rev() {
                list[row - 1].1 = list[row - 1].1.min(list[row].1);
            }
        }
        Self { by_directory }
    }

    /// The first release at or after `position` of a package that `commits` touched; `None` where
    /// nothing is known of packages, `Some(None)` where none was released since.
    pub fn first(
        &self,
        history: &History,
        commits: &[CommitIx],
        position: u32,
    ) -> Option<Option<ReleaseIx>> {
        if self.by_directory.is_empty() {
            return None;
        }
        let files = commits.iter().filter_map(|ix| history.diff(*ix)).flat_map(|diff| &diff.files);
        let touched = files
            .flat_map(|file| file.path.split('/'))
            .filter_map(|directory| self.by_directory.get(directory));
        touched
            .map(|list| {
                let row = list.partition_point(|(at, _)| *at < position);
                list.get(row).map(|(_, release)| *release)
            })
            .reduce(|one, other| one.into_iter().chain(other).min())
    }
}
