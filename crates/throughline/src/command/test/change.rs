//! What a change touches, for choosing tests: its files, the lines in them, its words.
//!
//! In: a repository, and the branch that the change goes to. Out: [`Change`].

use std::fs;
use std::path::Path;

use tl_core::diff::{Content, FileDiff, Hunk};
use tl_core::id::CommitId;
use tl_exec::git::{BLOB_LIMIT, Repository, Uncommitted, compared};
use tl_test::choose::imports::{Imports, Scan};
use tl_test::choose::{Candidate, Change, Covers, covers};
use tl_test::cover::map::{Blob, Map};

/// Largest source whose imports are looked at, bytes.
const SOURCE: u64 = 1 << 20;

/// The change between two commits, and what is `uncommitted` on top of it; `None` where not all of it
/// could be read.
pub(super) fn between(
    repository: &Repository,
    head: &CommitId,
    base: &CommitId,
    uncommitted: &[Uncommitted],
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
    for file in uncommitted {
        add_uncommitted(&mut change, repository, base, file);
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
        // By the path that the lines were counted in.
        let before = from.as_ref().unwrap_or(&path);
        change.lines.insert(before.clone(), lines(&hunks));
    }
    if let Some(from) = from {
        change.renamed.insert(path.clone(), from);
    }
    change.files.push(path);
}

/// Lines before the change that it touches.
fn lines(hunks: &[Hunk]) -> Vec<(u32, u32)> {
    let lines = hunks.iter().map(|hunk| match hunk.removed {
        // Both lines that the new ones stand between.
        0 => (hunk.old_start.max(1), hunk.old_start.saturating_add(1)),
        removed => (hunk.old_start.saturating_add(1), hunk.old_start.saturating_add(removed)),
    });
    lines.collect()
}

/// Puts a file of the work tree in the place of what was committed of it.
fn add_uncommitted(
    change: &mut Change,
    repository: &Repository,
    base: &CommitId,
    file: &Uncommitted,
) {
    let path = &file.path;
    let from = change.renamed.get(path).unwrap_or(path).clone();
    let before = repository.blob_at(base, &from).ok().flatten();
    let now = file.is_there.then(|| here(repository.work_dir()?, path, BLOB_LIMIT)).flatten();
    change.lines.remove(&from);
    change.added.remove(path);
    change.removed.remove(path);
    if !change.files.contains(path) {
        change.files.push(path.clone());
    }
    match (before, now) {
        (None, _) if file.is_there => {
            change.added.insert(path.clone());
        }
        (_, None) if !file.is_there => {
            change.removed.insert(path.clone());
        }
        (Some(before), Some(now)) => match compared(&before, &now) {
            // As it was before the change.
            Content::Text(hunks) if hunks.is_empty() && from == *path => {
                change.files.retain(|known| known != path);
            }
            Content::Text(hunks) => {
                change.lines.insert(from, lines(&hunks));
            }
            Content::Opaque | Content::Submodule => {}
        },
        _ => {}
    }
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
pub(super) fn imports(
    repository: &Repository,
    head: &CommitId,
    uncommitted: &[Uncommitted],
) -> Option<Imports> {
    let root = repository.work_dir()?;
    let mut scan = Scan::default();
    let new = uncommitted.iter().filter(|file| !file.was_there).map(|file| file.path.clone());
    for path in repository.files_at(head, "").ok()?.into_iter().chain(new) {
        let text = here(root, &path, SOURCE).and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(text) = text {
            scan.add(&path, &text);
        }
    }
    Some(scan.finish())
}

/// The bytes of a file of the work tree; `None` where it is large, or none.
fn here(root: &Path, path: &str, most: u64) -> Option<Vec<u8>> {
    let path = root.join(path);
    let metadata = fs::symlink_metadata(&path).ok()?;
    (metadata.is_file() && metadata.len() <= most).then(|| fs::read(path).ok())?
}
