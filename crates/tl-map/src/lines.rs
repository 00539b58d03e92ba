//! Lines: which change wrote each line, so that a line changed again soon is seen.
//!
//! In: the hunks of the mainline's changes, oldest first. Out: per change the lines that later
//! changes rewrote within the window. Start at [`Lines::apply`]. It keeps runs of lines per file
//! instead of the files themselves: a line whose writer is before the first hunk is *old*.
//! **Invariant:** a line is counted as reworked at most once, for the change that wrote it.

use rustc_hash::FxHashMap;
use tl_core::diff::{CommitDiff, Content, Hunk};
use tl_core::time::{Millis, Timestamp};

/// Writer of lines that were there before.
const OLD: u32 = u32::MAX;
/// Length of a file that was never read.
const UNKNOWN: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    len: u32,
    writer: u32,
}

/// Writers of the lines of every file seen so far.
#[derive(Debug, Default)]
pub struct Lines {
    files: FxHashMap<String, Vec<Run>>,
    merged: FxHashMap<u32, Timestamp>,
    reworked: FxHashMap<u32, u64>,
}

impl Lines {
    /// Takes in the next change of the mainline. Lines that it removes or rewrites count as
    /// rework of their writer if that was merged at most `window` before `at`; a change does not
    /// rework itself.
    pub fn apply(&mut self, change: u32, at: Timestamp, diff: &CommitDiff, window: Millis) {
        self.merged.insert(change, at);
        // All old names first: `a` may become `b` while `b` becomes `c`.
        let renamed: Vec<(&String, Option<Vec<Run>>)> = diff
            .files
            .iter()
            .filter_map(|file| Some((&file.path, self.files.remove(file.from.as_ref()?))))
            .collect();
        for (path, runs) in renamed {
            match runs {
                Some(runs) => self.files.insert(path.clone(), runs),
                None => self.files.remove(path),
            };
        }
        for file in &diff.files {
            match &file.content {
                Content::Text(hunks) => self.edit(change, at, &file.path, hunks, window),
                Content::Opaque | Content::Submodule => {
                    self.files.remove(&file.path);
                }
            }
        }
    }

    /// Lines of a change that were changed again within the window.
    pub fn reworked(&self, change: u32) -> u64 {
        self.reworked.get(&change).copied().unwrap_or(0)
    }

    fn edit(&mut self, change: u32, at: Timestamp, path: &str, hunks: &[Hunk], window: Millis) {
        let old =
            self.files.remove(path).unwrap_or_else(|| vec![Run { len: UNKNOWN, writer: OLD }]);
        let mut new = Vec::with_capacity(old.len() + 2 * hunks.len());
        let mut rest = Cursor { runs: old.into_iter(), current: None };
        let mut line = 0;
        for hunk in hunks {
            rest.take(hunk.old_start.saturating_sub(line), |run| push(&mut new, run));
            rest.take(hunk.removed, |run| {
                let young =
                    self.merged.get(&run.writer).is_some_and(|merged| at - *merged <= window);
                if run.writer != change && young {
                    *self.reworked.entry(run.writer).or_default() += u64::from(run.len);
                }
            });
            line = hunk.old_start.saturating_add(hunk.removed);
            if hunk.added > 0 {
                push(&mut new, Run { len: hunk.added, writer: change });
            }
        }
        rest.take(UNKNOWN, |run| push(&mut new, run));
        if !new.is_empty() {
            self.files.insert(path.to_owned(), new);
        }
    }
}

/// Appends a run, joined to the one before it where the writer is the same.
fn push(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.writer == run.writer => last.len = last.len.saturating_add(run.len),
        _ => runs.push(run),
    }
}

struct Cursor {
    runs: std::vec::IntoIter<Run>,
    current: Option<Run>,
}

impl Cursor {
    /// Hands over the next `count` lines, run by run. A run of unknown length never ends.
    fn take(&mut self, mut count: u32, mut each: impl FnMut(Run)) {
        while count > 0 {
            let Some(run) = self.current.take().or_else(|| self.runs.next()) else { return };
            let len = run.len.min(count);
            each(Run { len, ..run });
            if run.len == UNKNOWN && count != UNKNOWN {
                self.current = Some(run);
            } else if run.len > len {
                self.current = Some(Run { len: run.len - len, ..run });
            }
            count -= len;
        }
    }
}

#[cfg(test)]
mod tests {
    use tl_core::diff::FileDiff;

    use super::*;

    fn edit(path: &str, hunks: &[(u32, u32, u32)]) -> CommitDiff {
        let hunks = hunks
            .iter()
            .map(|(old_start, removed, added)| Hunk {
                old_start: *old_start,
                removed: *removed,
                new_start: 0,
                added: *added,
            })
            .collect();
        let file = FileDiff { path: path.to_owned(), from: None, content: Content::Text(hunks) };
        CommitDiff { files: vec![file], unreadable: 0 }
    }

    fn day(day: i64) -> Timestamp {
        Timestamp::default() + Millis::days(day)
    }

    #[test]
    fn a_line_changed_again_within_the_window_is_rework_of_its_writer() {
        let mut lines = Lines::default();
        let window = Millis::days(21);
        lines.apply(0, day(0), &edit("a", &[(0, 0, 10)]), window);
        lines.apply(1, day(5), &edit("a", &[(2, 3, 4)]), window);
        lines.apply(2, day(40), &edit("a", &[(0, 11, 0)]), window);
        assert_eq!((lines.reworked(0), lines.reworked(1), lines.reworked(2)), (3, 0, 0));
    }

    #[test]
    fn lines_of_a_file_that_was_there_before_are_nobodys_rework() {
        let mut lines = Lines::default();
        lines.apply(0, day(0), &edit("a", &[(100, 5, 2)]), Millis::days(21));
        lines.apply(1, day(1), &edit("a", &[(90, 20, 0)]), Millis::days(21));
        assert_eq!(lines.reworked(0), 2);
    }

    #[test]
    fn a_renamed_file_keeps_its_writers() {
        let mut lines = Lines::default();
        lines.apply(0, day(0), &edit("a", &[(0, 0, 3)]), Millis::days(21));
        let mut moved = edit("b", &[]);
        moved.files[0].from = Some("a".to_owned());
        lines.apply(1, day(1), &moved, Millis::days(21));
        lines.apply(2, day(2), &edit("b", &[(0, 3, 3)]), Millis::days(21));
        assert_eq!(lines.reworked(0), 3);
    }

    #[test]
    fn files_renamed_in_a_chain_keep_their_own_writers() {
        let mut lines = Lines::default();
        lines.apply(0, day(0), &edit("a", &[(0, 0, 3)]), Millis::days(21));
        lines.apply(1, day(0), &edit("b", &[(0, 0, 5)]), Millis::days(21));
        let mut moved = edit("b", &[]);
        moved.files[0].from = Some("a".to_owned());
        moved.files.extend(edit("c", &[]).files);
        moved.files[1].from = Some("b".to_owned());
        lines.apply(2, day(1), &moved, Millis::days(21));
        lines.apply(3, day(2), &edit("b", &[(0, 3, 0)]), Millis::days(21));
        lines.apply(4, day(2), &edit("c", &[(0, 4, 0)]), Millis::days(21));
        assert_eq!((lines.reworked(0), lines.reworked(1)), (3, 4));
    }

    #[test]
    fn a_change_of_several_commits_does_not_rework_itself() {
        let mut lines = Lines::default();
        lines.apply(0, day(0), &edit("a", &[(0, 0, 3)]), Millis::days(21));
        lines.apply(0, day(0), &edit("a", &[(0, 3, 1)]), Millis::days(21));
        assert_eq!(lines.reworked(0), 0);
    }
}
