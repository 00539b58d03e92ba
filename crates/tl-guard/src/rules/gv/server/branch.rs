//! Branches that a setting of the server chooses: what one of them checks, the other does not.
//!
//! In: a function of a Python program and the names that its caller fills. Out: [`Branches`]. Start at
//! [`Branches::of`]. Only a condition without any of those names is a switch: `if strict():` chooses between
//! two programs, `if name in known:` is itself a check.

use std::collections::BTreeSet;
use std::ops::Range;

use super::program::{Language, Program, block_end, patterns};
use super::taint::uses;

/// Branches of one function.
const MOST: usize = 100;

patterns! {
    IF = r"(?m)^([ \t]*)if[ ]+([^\n]+):[ \t]*(?:\n|$)";
    OTHER = r"^[ \t]*(?:elif[ ]+[^\n]+|else[ ]*):[ \t]*(?:\n|$)";
    /// What a switch is called that has no other branch.
    SWITCH = r"(?i)^(?:not[ ]+)?[\w.]*(?:mode|harden|secure|strict|safe|vuln|defen[cs]e|protect)\w*(?:\(\))?(?:[ ]*[=!]=[^\n]*)?$";
    LEAVES = r"(?m)^[ \t]*(?:return|raise)\b[^\n]*\s*$";
}

#[derive(Debug)]
struct Branch {
    /// The same of all branches of one switch.
    switch: usize,
    range: Range<usize>,
    /// Nothing goes on behind it.
    leaves: bool,
}

/// The branches of a function, and the lines of their conditions.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    all: Vec<Branch>,
    heads: Vec<Range<usize>>,
    /// Switches whose last branch is taken whenever no other one is.
    closed: BTreeSet<usize>,
}

impl Branches {
    pub(crate) fn of(program: &Program, body: &Range<usize>, names: &BTreeSet<String>) -> Self {
        let mut out = Self::default();
        if program.language != Language::Python {
            return out;
        }
        let mask = &program.mask[..body.end];
        for (switch, found) in IF.captures_iter(&mask[body.clone()]).take(MOST).enumerate() {
            let (Some(whole), Some(indent)) = (found.get(0), found.get(1)) else { continue };
            let condition = found[2].trim();
            if uses(condition, names) {
                continue;
            }
            let mut branches = Vec::new();
            let head = body.start + whole.start()..body.start + whole.end();
            let mut heads: Vec<Range<usize>> = std::iter::once(head).collect();
            let mut start = body.start + whole.end();
            loop {
                let end = block(mask, start, indent.len());
                branches.push(start..end);
                let same = |next: &str| {
                    next.len() - next.trim_start_matches([' ', '\t']).len() == indent.len()
                };
                let next = OTHER.find(&mask[end..]).filter(|next| same(next.as_str()));
                let Some(next) = next else { break };
                if next.as_str().trim_start().starts_with("else") {
                    out.closed.insert(switch);
                }
                heads.push(end + next.start()..end + next.end());
                start = end + next.end();
            }
            if branches.len() < 2 && !SWITCH.is_match(condition) {
                continue;
            }
            out.heads.extend(heads);
            out.all.extend(branches.into_iter().map(|range| {
                let last = mask[range.clone()].trim_end();
                let line = last.rfind('\n').map_or(0, |at| at + 1);
                Branch { switch, leaves: LEAVES.is_match(&last[line..]), range }
            }));
        }
        out
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The innermost branch that a byte stands in.
    pub(crate) fn around(&self, at: usize) -> Option<Range<usize>> {
        let all = self.all.iter().filter(|branch| branch.range.contains(&at));
        all.min_by_key(|branch| branch.range.len()).map(|branch| branch.range.clone())
    }

    /// Whether one of several checks was made wherever `at` is reached.
    pub(crate) fn clears(&self, checks: &[Range<usize>], at: usize) -> bool {
        checks.iter().any(|check| {
            !self.heads.iter().any(|head| head.contains(&check.start))
                && self
                    .all
                    .iter()
                    .filter(|branch| branch.range.contains(&check.start))
                    .all(|branch| branch.range.contains(&at) || self.always(branch.switch, checks))
        })
    }

    /// Whether each branch of a switch makes one of the checks, or ends there.
    fn always(&self, switch: usize, checks: &[Range<usize>]) -> bool {
        let inside = |branch: &Branch| checks.iter().any(|one| branch.range.contains(&one.start));
        self.closed.contains(&switch)
            && self
                .all
                .iter()
                .filter(|branch| branch.switch == switch)
                .all(|branch| branch.leaves || inside(branch))
    }
}

/// Byte behind the lines from `start` that are indented by more than `indent`, without blank ones at the end.
fn block(mask: &str, start: usize, indent: usize) -> usize {
    let lines = &mask[start..block_end(mask, start, indent).max(start)];
    let code = lines.trim_end();
    // With the end of its last line.
    start + code.len() + lines[code.len()..].find('\n').map_or(0, |end| end + 1)
}
