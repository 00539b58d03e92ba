//! What of a change is covered.
//!
//! In: a [`Total`], and the lines that a change adds. Out: [`Patch`]. Start at [`patch`].
//! **Invariant:** lines that no report names, such as comments, count neither way; a file that no
//! report names at all is told.
//!
//! This is what Codecov calls the coverage of the patch, and Sonar the coverage of new code.

use std::collections::BTreeMap;

use serde::Serialize;
use tl_core::diff::{CommitDiff, Content};

use super::ranges::Lines;
use super::total::Total;

/// Lines that a change adds, by file.
pub type Added = BTreeMap<String, Lines>;

/// What of a change is covered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// Lines that the change adds and that can be covered.
    pub lines: u64,
    /// Those of them that were.
    pub covered: u64,
    /// Files with such lines, in the order of their names.
    pub files: Vec<PatchFile>,
    /// Files to which the change adds lines, and that no report names.
    pub unknown: Vec<String>,
}

/// What of a change is covered in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatchFile {
    /// The file.
    pub file: String,
    /// Lines that the change adds and that can be covered.
    pub lines: u64,
    /// Those of them that were.
    pub covered: u64,
    /// Those that were not.
    pub uncovered: Lines,
}

/// The lines that a change adds; binary files and submodules have none.
pub fn added(diff: &CommitDiff) -> Added {
    let mut added = Added::new();
    for file in &diff.files {
        let Content::Text(hunks) = &file.content else { continue };
        let ranges = hunks.iter().filter(|hunk| hunk.added > 0).map(|hunk| {
            let first = hunk.new_start.saturating_add(1);
            (first, hunk.new_start.saturating_add(hunk.added))
        });
        let lines = Lines::from(ranges.collect::<Vec<_>>());
        if !lines.is_empty() {
            added.insert(file.path.clone(), lines);
        }
    }
    added
}

/// What of a change is covered.
pub fn patch(total: &Total, added: &Added) -> Patch {
    let mut patch = Patch::default();
    for (file, added) in added {
        let Some(known) = total.files.get(file) else {
            patch.unknown.push(file.clone());
            continue;
        };
        let lines = known.lines.intersection(added);
        if lines.is_empty() {
            continue;
        }
        let uncovered = lines.without(&known.hit);
        let covered = lines.count() - uncovered.count();
        patch.lines += lines.count();
        patch.covered += covered;
        let lines = lines.count();
        patch.files.push(PatchFile { file: file.clone(), lines, covered, uncovered });
    }
    patch
}
