//! Files that moved: a deletion and an addition of the same or a similar content.
//!
//! In: the changes of one commit. Out: the same with pairs joined. Start at [`pair_renames`].
//! **Invariant:** as `git diff` does by default, a pair shares at least half of the larger
//! content; each deletion is used once, and the most similar pairs are joined first.

use bstr::ByteSlice as _;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher as _;

use super::changes::{Change, Side};
use super::objects::{Blob, Objects};

/// Beyond this many pairs of a deleted and an added file only identical contents, and similar
/// ones under the same file name, are renames.
const PAIR_LIMIT: usize = 10_000;

/// Least share of the larger content that both have in common, in percent.
const SIMILARITY: u64 = 50;

/// Joins deletions and additions that are one file under a new path.
pub(super) fn pair_renames(objects: &mut Objects, changes: &mut Vec<Change>) {
    let is_file = |side: &Side| !side.submodule;
    let added: Vec<usize> =
        rows(changes, |c| c.old.is_none() && c.new.as_ref().is_some_and(is_file));
    let deleted: Vec<usize> =
        rows(changes, |c| c.new.is_none() && c.old.as_ref().is_some_and(is_file));
    if added.is_empty() || deleted.is_empty() {
        return;
    }
    let mut pairs = Pairs { from: FxHashMap::default(), gone: FxHashMap::default() };
    pairs.identical(changes, &deleted, &added);
    let (deleted, added) = pairs.left(deleted, added);
    pairs.same_name(objects, changes, &deleted, &added);
    let (deleted, added) = pairs.left(deleted, added);
    if added.len() * deleted.len() <= PAIR_LIMIT {
        pairs.similar(objects, changes, &deleted, &added);
    }
    for (added, deleted) in &pairs.from {
        changes[*added].old = changes[*deleted].old;
        changes[*added].from = Some(changes[*deleted].path.clone());
    }
    let mut row = 0;
    changes.retain(|_| {
        row += 1;
        !pairs.gone.contains_key(&(row - 1))
    });
}

fn rows(changes: &[Change], wanted: impl Fn(&Change) -> bool) -> Vec<usize> {
    (0..changes.len()).filter(|row| wanted(&changes[*row])).collect()
}

struct Pairs {
    /// Row of the deletion by row of the addition.
    from: FxHashMap<usize, usize>,
    /// Rows of deletions that are used.
    gone: FxHashMap<usize, ()>,
}

impl Pairs {
    fn join(&mut self, deleted: usize, added: usize) {
        self.from.insert(added, deleted);
        self.gone.insert(deleted, ());
    }

    /// Joins files of the same content; of several, one with the same file name is preferred.
    fn identical(&mut self, changes: &[Change], deleted: &[usize], added: &[usize]) {
        let mut by_id: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for row in deleted {
            if let Some(old) = changes[*row].old {
                by_id.entry(old.id).or_default().push(*row);
            }
        }
        for row in added {
            let Some(candidates) = changes[*row].new.and_then(|new| by_id.get_mut(&new.id)) else {
                continue;
            };
            let name = file_name(&changes[*row]);
            let same_name = candidates.iter().position(|old| file_name(&changes[*old]) == name);
            if !candidates.is_empty() {
                let chosen = candidates.remove(same_name.unwrap_or(0));
                self.join(chosen, *row);
            }
        }
    }

    /// The rows that are not joined yet.
    fn left(&self, deleted: Vec<usize>, added: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
        let deleted = deleted.into_iter().filter(|row| !self.gone.contains_key(row)).collect();
        let added = added.into_iter().filter(|row| !self.from.contains_key(row)).collect();
        (deleted, added)
    }

    /// Joins similar files whose file name was deleted once and added once: a directory moved.
    fn same_name(
        &mut self,
        objects: &mut Objects,
        changes: &[Change],
        deleted: &[usize],
        added: &[usize],
    ) {
        let mut by_name: FxHashMap<&[u8], (Vec<usize>, Vec<usize>)> = FxHashMap::default();
        for row in deleted {
            by_name.entry(file_name(&changes[*row])).or_default().0.push(*row);
        }
        for row in added {
            by_name.entry(file_name(&changes[*row])).or_default().1.push(*row);
        }
        for rows in by_name.values() {
            let ([deleted], [added]) = (rows.0.as_slice(), rows.1.as_slice()) else { continue };
            let old = spectrum(objects, changes[*deleted].old);
            let new = spectrum(objects, changes[*added].new);
            if let (Some(old), Some(new)) = (old, new)
                && old.similarity(&new) >= SIMILARITY
            {
                self.join(*deleted, *added);
            }
        }
    }

    /// Joins files of similar content, the most similar first.
    fn similar(
        &mut self,
        objects: &mut Objects,
        changes: &[Change],
        deleted: &[usize],
        added: &[usize],
    ) {
        if deleted.is_empty() || added.is_empty() {
            return;
        }
        let olds: Vec<_> = deleted.iter().map(|row| spectrum(objects, changes[*row].old)).collect();
        let news: Vec<_> = added.iter().map(|row| spectrum(objects, changes[*row].new)).collect();
        let mut scored = Vec::new();
        for (new, added) in news.iter().zip(added) {
            for (old, deleted) in olds.iter().zip(deleted) {
                let (Some(old), Some(new)) = (old, new) else { continue };
                let score = old.similarity(new);
                if score >= SIMILARITY {
                    let same_name = file_name(&changes[*deleted]) == file_name(&changes[*added]);
                    scored.push((score, same_name, *deleted, *added));
                }
            }
        }
        scored.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
        for (_, _, deleted, added) in scored {
            if !self.gone.contains_key(&deleted) && !self.from.contains_key(&added) {
                self.join(deleted, added);
            }
        }
    }
}

fn file_name(change: &Change) -> &[u8] {
    change.path.rfind_byte(b'/').map_or(&change.path[..], |slash| &change.path[slash + 1..])
}

/// The spectrum of one version of a file; `None` where it is empty or cannot be read.
fn spectrum(objects: &mut Objects, side: Option<Side>) -> Option<Spectrum> {
    match objects.blob(&side?.id) {
        Blob::Bytes(bytes) if !bytes.is_empty() => Some(Spectrum::of(&bytes)),
        Blob::Bytes(_) | Blob::TooLarge | Blob::Unreadable => None,
    }
}

/// How many bytes of a content are in which lines.
struct Spectrum {
    /// (hash of a line, bytes in all such lines), in ascending order.
    lines: Vec<(u64, u64)>,
    size: u64,
}

impl Spectrum {
    fn of(content: &[u8]) -> Self {
        let mut lines: Vec<(u64, u64)> = content
            .lines_with_terminator()
            .map(|line| {
                let mut hasher = FxHasher::default();
                hasher.write(line);
                (hasher.finish(), line.len() as u64)
            })
            .collect();
        lines.sort_unstable();
        lines.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        Self { lines, size: content.len() as u64 }
    }

    /// Bytes of lines in common, as percent of the larger content.
    fn similarity(&self, other: &Self) -> u64 {
        let larger = self.size.max(other.size);
        if self.size.min(other.size) * 100 < larger * SIMILARITY {
            return 0;
        }
        let (mut a, mut b, mut common) = (0, 0, 0);
        while let (Some(left), Some(right)) = (self.lines.get(a), other.lines.get(b)) {
            match left.0.cmp(&right.0) {
                std::cmp::Ordering::Less => a += 1,
                std::cmp::Ordering::Greater => b += 1,
                std::cmp::Ordering::Equal => {
                    common += left.1.min(right.1);
                    a += 1;
                    b += 1;
                }
            }
        }
        common * 100 / larger
    }
}
