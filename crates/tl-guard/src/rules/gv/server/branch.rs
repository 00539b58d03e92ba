//! Branches that a setting of the server chooses: what one of them checks, the other does not.
//!
//! In: a function and the names that its caller fills. Out: [`Branches`]. Start at [`Branches::of`]. Only a
//! condition without any of those names is a switch: `if strict():` chooses between two programs, `if name in
//! known:` is itself a check. One that compares with a literal chooses too: `if (tool === "read")`, `case "read":`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::program::{Language, Program, block_end, patterns};
use super::taint::uses;

/// Branches of one function.
const MOST: usize = 100;

patterns! {
    IF = r"(?m)^([ \t]*)if[ ]+([^\n]+):[ \t]*(?:\n|$)";
    OTHER = r"^[ \t]*(?:elif[ ]+[^\n]+|else[ ]*):[ \t]*(?:\n|$)";
    /// To the bracket of the condition in a script, to that of the branch in Go.
    SCRIPT_IF = r"\b(?:if|switch)\s*\(";
    GO_IF = r"\b(?:if|switch)\b[^{}\n]*\{";
    CASE = r"^(?:case\b[^:\n]*|default\s*):";
    /// What a switch is called that has no other branch.
    SWITCH = r"(?i)^(?:not[ ]+|!)?[\w.]*(?:mode|harden|secure|strict|safe|vuln|defen[cs]e|protect)\w*(?:\(\))?(?:[ ]*[=!]=[^\n]*)?$";
    DISPATCH = r#"^[\w.$]+[ ]*={2,3}[ ]*["'`][^"'`]*["'`]$"#;
    LEAVES = r"(?m)^[ \t]*(?:return|raise)\b[^\n]*\s*$";
    LEAVES_BLOCK = r"\b(?:return|throw|continue|panic)\b";
}

/// An `if` with all its branches, or the cases of a `switch`.
#[derive(Debug, Default)]
struct Chain {
    condition: Range<usize>,
    /// Each with its condition.
    heads: Vec<Range<usize>>,
    branches: Vec<Range<usize>>,
    /// One of them is taken each time.
    closed: bool,
}

#[derive(Debug)]
struct Branch {
    /// The same of all branches of one switch.
    switch: usize,
    range: Range<usize>,
    /// On what it is taken; empty where nothing else is.
    condition: String,
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
    /// `names` is asked for only where there are branches: all that may hold what the caller chose.
    pub(crate) fn of(
        program: &Program,
        body: &Range<usize>,
        names: impl FnOnce() -> BTreeSet<String>,
    ) -> Self {
        let mut out = Self::default();
        let python = program.language == Language::Python;
        let chains = if python { indented(program, body) } else { braced(program, body) };
        if chains.is_empty() {
            return out;
        }
        let names = names();
        let mask = &program.mask;
        for (switch, chain) in chains.into_iter().enumerate() {
            let condition = mask[chain.condition.clone()].trim();
            let cases = condition.is_empty();
            let dispatch = cases || DISPATCH.is_match(condition);
            if !dispatch && uses(condition, &names) {
                continue;
            }
            if chain.branches.len() < 2 && !dispatch && !SWITCH.is_match(condition) {
                continue;
            }
            if chain.closed {
                out.closed.insert(switch);
            }
            let mut conditions = chain.heads.iter().map(|head| {
                let said = program.code[head.clone()].trim();
                said.strip_prefix("el").unwrap_or(said).to_owned()
            });
            out.all.extend(chain.branches.into_iter().map(|range| {
                let part = &mask[range.clone()];
                let leaves = if python { leaves(part) } else { leaves_block(program, &range) };
                let condition = conditions.next().unwrap_or_default();
                Branch { switch, leaves, condition, range }
            }));
            drop(conditions);
            out.heads.extend(chain.heads);
        }
        out
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The innermost branch that a byte stands in.
    pub(crate) fn around(&self, at: usize) -> Option<Range<usize>> {
        self.innermost(at).map(|branch| branch.range.clone())
    }

    /// The same, and all others that are taken on its condition.
    pub(crate) fn alike(&self, at: usize) -> Vec<Range<usize>> {
        let Some(own) = self.innermost(at) else { return Vec::new() };
        let alike = |one: &&Branch| {
            one.range == own.range || !own.condition.is_empty() && one.condition == own.condition
        };
        self.all.iter().filter(alike).map(|branch| branch.range.clone()).collect()
    }

    fn innermost(&self, at: usize) -> Option<&Branch> {
        let all = self.all.iter().filter(|branch| branch.range.contains(&at));
        all.min_by_key(|branch| branch.range.len())
    }

    /// Whether one of several checks was made wherever `at` is reached.
    pub(crate) fn clears(&self, checks: &[Range<usize>], at: usize) -> bool {
        checks.iter().any(|check| {
            !self.heads.iter().any(|head| head.contains(&check.start))
                && self.all.iter().filter(|branch| branch.range.contains(&check.start)).all(
                    |branch| {
                        branch.range.contains(&at)
                            || self.always(branch.switch, checks)
                            || self.is_taken_with(branch, at)
                    },
                )
        })
    }

    /// Whether `at` is reached on the same condition as a branch.
    fn is_taken_with(&self, branch: &Branch, at: usize) -> bool {
        let same =
            |other: &Branch| other.condition == branch.condition && other.range.contains(&at);
        !branch.condition.is_empty() && self.all.iter().any(same)
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

/// The chains of a Python function.
fn indented(program: &Program, body: &Range<usize>) -> Vec<Chain> {
    let mask = &program.mask[..body.end];
    let mut out = Vec::new();
    for found in IF.captures_iter(&mask[body.clone()]).take(MOST) {
        let (Some(whole), Some(indent), Some(condition)) =
            (found.get(0), found.get(1), found.get(2))
        else {
            continue;
        };
        let place = |one: regex::Match<'_>| body.start + one.start()..body.start + one.end();
        let mut chain =
            Chain { condition: place(condition), heads: vec![place(whole)], ..Chain::default() };
        let mut start = body.start + whole.end();
        loop {
            let end = block(mask, start, indent.len());
            chain.branches.push(start..end);
            let same = |next: &str| {
                next.len() - next.trim_start_matches([' ', '\t']).len() == indent.len()
            };
            let next = OTHER.find(&mask[end..]).filter(|next| same(next.as_str()));
            let Some(next) = next else { break };
            chain.closed |= next.as_str().trim_start().starts_with("else");
            chain.heads.push(end + next.start()..end + next.end());
            start = end + next.end();
        }
        out.push(chain);
    }
    out
}

/// Those of a function in a language with braces.
fn braced(program: &Program, body: &Range<usize>) -> Vec<Chain> {
    let mask = &program.mask[..body.end];
    let head = if program.language == Language::Go { &GO_IF } else { &SCRIPT_IF };
    let mut out = Vec::new();
    for found in head.find_iter(&mask[body.clone()]).take(MOST) {
        let start = body.start + found.start();
        if mask[body.start..start].trim_end().ends_with("else") {
            continue;
        }
        let Some((condition, block)) = opened(program, start, mask) else { continue };
        if found.as_str().starts_with("switch") {
            out.push(cases(program, &block));
            continue;
        }
        let mut chain = Chain {
            condition: condition.clone(),
            heads: vec![condition],
            branches: vec![block.clone()],
            closed: false,
        };
        let mut end = block.end;
        while let Some(rest) = mask.get(end + 1..).map(str::trim_start)
            && let Some(other) = rest.strip_prefix("else").map(str::trim_start)
        {
            let at = mask.len() - other.len();
            let further = other.starts_with("if").then(|| opened(program, at, mask)).flatten();
            let block = match further {
                Some((condition, block)) => {
                    chain.heads.push(condition);
                    block
                }
                None if other.starts_with('{') => {
                    chain.closed = true;
                    program.brackets.inside(at)
                }
                None => break,
            };
            end = block.end;
            chain.branches.push(block);
        }
        out.push(chain);
    }
    out
}

/// The condition of an `if` or `switch` at `start`, and its block.
fn opened(program: &Program, start: usize, mask: &str) -> Option<(Range<usize>, Range<usize>)> {
    let word = if mask[start..].starts_with("switch") { "switch" } else { "if" };
    let from = start + word.len();
    if program.language == Language::Go {
        let open = from + mask[from..].find('{')?;
        return Some((from..open, program.brackets.inside(open)));
    }
    let condition = program.brackets.inside(from + mask[from..].find('(')?);
    let rest = mask.get(condition.end + 1..)?;
    let open = condition.end + 1 + rest.len() - rest.trim_start().len();
    mask[open..].starts_with('{').then(|| (condition, program.brackets.inside(open)))
}

/// The cases of a `switch`.
fn cases(program: &Program, block: &Range<usize>) -> Chain {
    let mask = &program.mask;
    let mut chain = Chain { condition: block.start..block.start, ..Chain::default() };
    let mut at = block.start;
    while at < block.end && chain.branches.len() < MOST {
        // What stands in brackets is of another one.
        let (before, byte) = (mask.as_bytes()[at - 1], mask.as_bytes()[at]);
        if matches!(byte, b'(' | b'[' | b'{') {
            at = program.brackets.inside(at).end;
        } else if matches!(byte, b'c' | b'd')
            && !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b'.' | b'$'))
            && let Some(found) = CASE.find(&mask[at..block.end])
        {
            let (start, end) = (at, at + found.end());
            if let Some(last) = chain.branches.last_mut() {
                last.end = start;
            }
            chain.closed |= found.as_str().starts_with("default");
            chain.heads.push(start..end);
            chain.branches.push(end..block.end);
            at = end - 1;
        }
        at += 1;
    }
    // One without a statement goes on in the next.
    let pairs =
        std::mem::take(&mut chain.heads).into_iter().zip(std::mem::take(&mut chain.branches));
    let full = pairs.filter(|(_, branch)| !mask[branch.clone()].trim().is_empty());
    (chain.heads, chain.branches) = full.unzip();
    chain
}

/// Whether a branch of a Python program ends the function.
fn leaves(branch: &str) -> bool {
    let last = branch.trim_end();
    let line = last.rfind('\n').map_or(0, |at| at + 1);
    LEAVES.is_match(&last[line..])
}

/// Whether a block ends with a statement behind which nothing goes on.
fn leaves_block(program: &Program, block: &Range<usize>) -> bool {
    let mask = &program.mask;
    let last = LEAVES_BLOCK.find_iter(&mask[block.clone()]).last();
    let Some(last) = last.map(|found| block.start + found.end()) else { return false };
    // To the end of that statement: brackets in it are passed over.
    let mut at = last;
    while at < block.end {
        match mask.as_bytes()[at] {
            b'(' | b'[' | b'{' => at = program.brackets.inside(at).end,
            b';' | b'}' => break,
            _ => {}
        }
        at += 1;
    }
    mask[at.min(block.end)..block.end].trim_matches([';', ' ', '\n', '\t', '\r']).is_empty()
}

/// Byte behind the lines from `start` that are indented by more than `indent`, without blank ones at the end.
fn block(mask: &str, start: usize, indent: usize) -> usize {
    let lines = &mask[start..block_end(mask, start, indent).max(start)];
    let code = lines.trim_end();
    // With the end of its last line.
    start + code.len() + lines[code.len()..].find('\n').map_or(0, |end| end + 1)
}
