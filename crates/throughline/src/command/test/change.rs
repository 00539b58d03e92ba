//! What a change touches, for choosing tests: its files, the lines in them, its words.
//!
//! In: a repository, and the branch that the change goes to. Out: [`Change`].

use std::fs;
use std::path::Path;

use tl_core::diff::{Content, FileDiff};
use tl_core::id::CommitId;
use tl_exec::git::Repository;
use tl_test::choose::imports::{Imports, Scan};
use tl_test::choose::{Candidate, Change, Covers, covers};
use tl_test::cover::map::{Blob, Map};

/// Largest source whose imports are looked at, bytes.
const SOURCE: u64 = 1 << 20;

/// The change between two commits; `None` where not all of it could be read.
pub(super) fn between(
    repository: &Repository,
    head: &CommitId,
    base: &CommitId,
    text: String,
) -> Option<Change> {
    let mut change = Change { text, ..Change::default() };
    let mut whole = true;
    repository.diffs(&[(*head, Some(*base))], &mut |_, found| match found {
        Ok(diff) => diff.files.into_iter().for_each(|file| add(&mut change, file)),
        Err(_) => whole = false,
    });
    let there = |commit: &CommitId, path: &str| repository.blob_at(commit, path).ok().flatten();
    for path in &change.files {
        let before = change.renamed.get(path).map_or(path.as_str(), String::as_str);
        if there(head, path).is_none() {
            change.removed.insert(path.clone());
        } else if there(base, before).is_none() {
            change.added.insert(path.clone());
        }
    }
    if let Ok(message) = repository.message(head) {
        change.text.push('\n');
        change.text.push_str(&message);
    }
    whole.then_some(change)
}

fn add(change: &mut Change, file: FileDiff) {
    let FileDiff { path, from, content } = file;
    if let Content::Text(hunks) = content {
        let lines = hunks.iter().map(|hunk| match hunk.removed {
            // Both lines that the new ones stand between.
            0 => (hunk.old_start.max(1), hunk.old_start.saturating_add(1)),
            removed => (hunk.old_start.saturating_add(1), hunk.old_start.saturating_add(removed)),
        });
        // By the path that the lines were counted in.
        let before = from.as_ref().unwrap_or(&path);
        change.lines.insert(before.clone(), lines.collect());
    }
    if let Some(from) = from {
        change.renamed.insert(path.clone(), from);
    }
    change.files.push(path);
}

/// Which tests run what the change touches, as far as coverage was recorded.
pub(super) fn covers(
    repository: &Repository,
    base: &CommitId,
    map: &Map,
    tests: &[Candidate],
    change: &Change,
) -> Vec<Covers> {
    let before = |path: &str| Some(Blob::of(&repository.blob_at(base, path).ok()??));
    covers::covers(map, tests, change, before)
}

/// Which sources import which, as they are in the work tree.
pub(super) fn imports(repository: &Repository, head: &CommitId) -> Option<Imports> {
    let root = repository.work_dir()?;
    let mut scan = Scan::default();
    for path in repository.files_at(head, "").ok()? {
        if let Some(text) = source(root, &path) {
            scan.add(&path, &text);
        }
    }
    Some(scan.finish())
}

fn source(root: &Path, path: &str) -> Option<String> {
    let path = root.join(path);
    let metadata = fs::symlink_metadata(&path).ok()?;
    (metadata.is_file() && metadata.len() <= SOURCE).then(|| fs::read_to_string(path).ok())?
}
