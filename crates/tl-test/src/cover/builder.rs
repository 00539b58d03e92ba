//! One file of a report, line by line.
//!
//! In: lines and branches in any order, also several times. Out: [`Covered`]. Start at
//! [`Builder::line`]. **Invariant:** memory is bounded, whatever a report says.

use std::collections::BTreeMap;

use super::ranges::Lines;
use super::{Branches, Covered};
use crate::read::sink::Sink;

/// No file has more lines.
const LAST: u32 = 2_000_000;

/// Entries after which those of one line are put together.
const MANY: usize = 1 << 18;

/// A file that is being read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    lines: Vec<(u32, u32)>,
    hit: Vec<(u32, u32)>,
    /// Of a line: branches that were taken, and all of them.
    branches: BTreeMap<u32, (u32, u32)>,
    /// Lines that no file has.
    odd: u64,
    /// Entries after which those of one line are put together, where that is more than [`MANY`].
    most: usize,
}

impl Builder {
    /// A line, and whether it was executed.
    pub(super) fn line(&mut self, line: u32, hit: bool) {
        self.range(line, line, hit);
    }

    /// The lines of a range, of which the last is one.
    pub(super) fn range(&mut self, first: u32, last: u32, hit: bool) {
        if first == 0 || last > LAST || first > last {
            self.odd += 1;
            return;
        }
        let to = if hit { &mut self.hit } else { &mut self.lines };
        match to.last_mut() {
            Some((_, end)) if first == end.saturating_add(1) => *end = last,
            _ => to.push((first, last)),
        }
        if to.len() >= self.most.max(MANY) {
            *to = Lines::from(std::mem::take(to)).into();
            // Not again before as many have come as there are.
            self.most = self.most.max(2 * to.len());
        }
    }

    /// Branches of a line that were taken, and all of them.
    pub(super) fn branches(&mut self, line: u32, hit: u32, all: u32) {
        if (1..=LAST).contains(&line) && all > 0 {
            let sum = self.branches.entry(line).or_default();
            sum.0 = sum.0.saturating_add(hit.min(all));
            sum.1 = sum.1.saturating_add(all);
        }
    }

    /// The file; nothing is left.
    pub(super) fn finish(&mut self, file: &str, sink: &mut Sink) -> Covered {
        let Self { lines, hit, branches, odd, most: _ } = std::mem::take(self);
        if odd > 0 {
            sink.note(format!("`{file}` has {odd} entries about lines that no file has"));
        }
        let hit = Lines::from(hit);
        let lines = Lines::from(lines).union(&hit);
        let branches = branches.into_iter().map(|(line, (hit, all))| Branches { line, hit, all });
        let branches = branches.collect();
        Covered { file: file.to_owned(), lines, hit, branches, ..Covered::default() }
    }
}

/// Whether a count says that something was executed: it may be as large as it likes, and some tools
/// write it as `1.5e+10`. What is below zero was counted by several threads at once, and is not zero.
pub(super) fn is_hit(count: &str) -> bool {
    let count = count.trim();
    count.parse::<u64>().map_or_else(
        |_| count.parse::<f64>().is_ok_and(|count| count.is_finite() && count != 0.0),
        |count| count > 0,
    )
}
