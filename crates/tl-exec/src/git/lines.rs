//! Which lines differ between two versions of a file.
//!
//! In: two byte strings. Out: [`Hunk`]s. Start at [`hunks`].
//! **Invariant:** applying the hunks to the old lines gives the new lines. A line ends with its
//! line feed; the last one may lack it, and is then another line than one that has it.
//!
//! Myers' algorithm with git's heuristics, on the lines between the common beginning and end, so
//! that sums agree with `git diff --numstat`.

use bstr::ByteSlice as _;
use gix::diff::blob::{Algorithm, Diff, InternedInput};
use tl_core::diff::Hunk;

/// How many bytes from the beginning are searched for NUL, as `git` does.
const BINARY_SEARCH: usize = 8_000;

/// Whether `git` would take the content for binary: NUL within its first 8,000 bytes.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(BINARY_SEARCH)].contains(&0)
}

/// Number of lines.
pub(super) fn line_count(content: &[u8]) -> u32 {
    let feeds = content.iter().filter(|byte| **byte == b'\n').count();
    let open_end = content.last().is_some_and(|byte| *byte != b'\n');
    u32::try_from(feeds).unwrap_or(u32::MAX).saturating_add(u32::from(open_end))
}

/// The lines that differ, in ascending order.
pub(super) fn hunks(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    let start = common_start(old, new);
    let skipped = line_count(&old[..start]);
    let (old, new) = (&old[start..], &new[start..]);
    let end = common_end(old, new);
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    if old.is_empty() || new.is_empty() {
        let (removed, added) = (line_count(old), line_count(new));
        return vec![Hunk { old_start: skipped, removed, new_start: skipped, added }];
    }
    let input = InternedInput::new(old, new);
    let diff = Diff::compute(Algorithm::Myers, &input);
    shifted(&diff, skipped)
}

fn shifted(diff: &Diff, skipped: u32) -> Vec<Hunk> {
    let hunks = diff.hunks().map(|hunk| Hunk {
        old_start: skipped + hunk.before.start,
        removed: hunk.before.end - hunk.before.start,
        new_start: skipped + hunk.after.start,
        added: hunk.after.end - hunk.after.start,
    });
    hunks.collect()
}

/// The lines that differ, each hunk where `git diff` shows it: of several possible places the one
/// that its indentation heuristic prefers. Slower than [`hunks`], and of the same sums.
pub(super) fn hunks_like_git(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    shifted(&diff, 0)
}

/// Length of the whole lines that both begin with.
fn common_start(old: &[u8], new: &[u8]) -> usize {
    const STEP: usize = 64;
    let steps = old.chunks_exact(STEP).zip(new.chunks_exact(STEP)).take_while(|(a, b)| a == b);
    let known = steps.count() * STEP;
    let rest = old[known..].iter().zip(&new[known..]).take_while(|(a, b)| a == b).count();
    let same = known + rest;
    if same == old.len() && same == new.len() {
        return same;
    }
    old[..same].rfind_byte(b'\n').map_or(0, |feed| feed + 1)
}

/// Length of whole lines that both end with; may leave one common line out.
fn common_end(old: &[u8], new: &[u8]) -> usize {
    const STEP: usize = 64;
    let steps = old.rchunks_exact(STEP).zip(new.rchunks_exact(STEP)).take_while(|(a, b)| a == b);
    let known = steps.count() * STEP;
    let before = |content: &[u8]| content.len() - known;
    let (old_rest, new_rest) = (&old[..before(old)], &new[..before(new)]);
    let rest = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let same = known + rest;
    if same == old.len() || same == new.len() {
        let longer = if old.len() > new.len() { old } else { new };
        if longer.len() == same || longer[longer.len() - same - 1] == b'\n' {
            return same;
        }
    }
    let tail = &old[old.len() - same..];
    tail.find_byte(b'\n').map_or(0, |feed| tail.len() - feed - 1)
}
