//! Which files differ between two trees.
//!
//! In: two trees. Out: [`Change`]s in the order of paths, renames found. Start at [`changes`].
//! **Invariant:** a directory that cannot be read is counted, and the others are compared.

use std::cmp::Ordering;

use bstr::{BString, ByteSlice as _};
use gix::ObjectId;
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryRef;

use super::objects::Objects;
use super::renames::pair_renames;
use super::tree::ReadError;

/// A file that differs.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Path after the change, before it where the file was deleted.
    pub(super) path: BString,
    /// Path before the change where it was renamed.
    pub(super) from: Option<BString>,
    pub(super) old: Option<Side>,
    pub(super) new: Option<Side>,
}

/// One version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) id: ObjectId,
    pub(super) submodule: bool,
    /// Mode bits as git stores them, such as `0o100_644`.
    pub(super) mode: u16,
}

/// Deepest directory that is compared; deeper ones are counted as unreadable.
const DEPTH: usize = 256;

/// Compares two trees and joins what was renamed; `None` is the empty tree. Returns the changes,
/// and how many directories could not be read.
pub(super) fn changes(
    objects: &mut Objects,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<(Vec<Change>, u32), ReadError> {
    let (mut changes, unreadable) = unpaired_changes(objects, old, new)?;
    pair_renames(objects, &mut changes);
    Ok((changes, unreadable))
}

/// Compares two trees; a renamed file is a deletion and an addition.
pub(super) fn unpaired_changes(
    objects: &mut Objects,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<(Vec<Change>, u32), ReadError> {
    let mut found = Found { path: Vec::new(), changes: Vec::new(), unreadable: 0 };
    if let Some(old) = &old {
        objects.tree(old)?;
    }
    objects.tree(&new)?;
    compare(objects, old, Some(new), &mut found, 0);
    found.changes.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok((found.changes, found.unreadable))
}

struct Found {
    path: Vec<u8>,
    changes: Vec<Change>,
    unreadable: u32,
}

fn compare(
    objects: &mut Objects,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    found: &mut Found,
    depth: usize,
) {
    let mut load = |id: Option<ObjectId>| id.map(|id| objects.tree(&id)).transpose();
    let (Ok(old), Ok(new)) = (load(old), load(new)) else {
        found.unreadable += 1;
        return;
    };
    if depth > DEPTH {
        found.unreadable += 1;
        return;
    }
    let hash = objects.repo.object_hash();
    let (old, new) = (old.as_deref().unwrap_or_default(), new.as_deref().unwrap_or_default());
    let (mut old, mut new) = (old, new);
    loop {
        let same = common_entries(old, new, hash.len_in_bytes());
        (old, new) = (&old[same..], &new[same..]);
        let first = |tree| TreeRefIter::from_bytes(tree, hash).next().and_then(Result::ok);
        let (one, other): (Option<EntryRef<'_>>, Option<EntryRef<'_>>) = (first(old), first(new));
        let order = match (&one, &other) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            // Equal only for the same name, and a directory never equals a file.
            (Some(one), Some(other)) => one.cmp(other),
        };
        let one = one.filter(|_| order != Ordering::Greater);
        let other = other.filter(|_| order != Ordering::Less);
        old = after(old, one.as_ref());
        new = after(new, other.as_ref());
        differ(objects, one, other, found, depth);
    }
}

/// What follows an entry, or all where there is none to step over.
fn after<'a>(tree: &'a [u8], entry: Option<&EntryRef<'_>>) -> &'a [u8] {
    let Some(entry) = entry else { return tree };
    let nul = tree.find_byte(0).unwrap_or(tree.len());
    &tree[(nul + 1 + entry.oid.as_bytes().len()).min(tree.len())..]
}

/// Compares two entries of the same name, of which one may be missing.
fn differ(
    objects: &mut Objects,
    old: Option<EntryRef<'_>>,
    new: Option<EntryRef<'_>>,
    found: &mut Found,
    depth: usize,
) {
    if let (Some(old), Some(new)) = (&old, &new)
        && old.oid == new.oid
        && old.mode == new.mode
    {
        return;
    }
    let Some(either) = new.as_ref().or(old.as_ref()) else { return };
    let length = found.path.len();
    if length > 0 {
        found.path.push(b'/');
    }
    found.path.extend_from_slice(either.filename.as_bytes());
    let side = |entry: &EntryRef<'_>| Side {
        id: entry.oid.to_owned(),
        submodule: entry.mode.is_commit(),
        mode: entry.mode.value(),
    };
    if either.mode.is_tree() {
        let id = |entry: EntryRef<'_>| entry.oid.to_owned();
        compare(objects, old.map(id), new.map(id), found, depth + 1);
    } else {
        found.changes.push(Change {
            path: found.path.as_bstr().to_owned(),
            from: None,
            old: old.as_ref().map(side),
            new: new.as_ref().map(side),
        });
    }
    found.path.truncate(length);
}

/// Length of the whole entries that both trees begin with.
fn common_entries(old: &[u8], new: &[u8], id_len: usize) -> usize {
    let same = common_prefix(old, new);
    let mut end = 0;
    // An entry is `mode name NUL id`: step over those that are wholly within.
    while let Some(nul) = old[end..same].find_byte(0) {
        let next = end + nul + 1 + id_len;
        if next > same {
            break;
        }
        end = next;
    }
    end
}

/// Number of bytes that both begin with, compared block by block.
fn common_prefix(old: &[u8], new: &[u8]) -> usize {
    const BLOCK: usize = 256;
    let blocks = old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK));
    let start = BLOCK * blocks.take_while(|(a, b)| a == b).count();
    start + old[start..].iter().zip(&new[start..]).take_while(|(a, b)| a == b).count()
}
