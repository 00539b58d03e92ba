//! Mends that are safe: what a finding names is made narrower, pinned or taken out.
//!
//! In: a file's text and the findings in it. Out: [`Edit`]s of its bytes, and what no mend is known
//! for. Start at [`mends`]. **Invariant:** pure; what no edit names stays byte for byte, comments
//! and line ends with it; the mended text still parses; no version is made up.

mod config;
mod install;
mod item;
pub mod patch;

use std::collections::BTreeMap;

use tl_core::finding::{Edit, Finding, Level, is_invisible};

use crate::inventory::Ecosystem;
use crate::parse::{Limits, Node, json, toml};
pub use install::installed;

/// A file as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// Name that tells its format.
    pub path: &'a str,
    /// All of it.
    pub bytes: &'a [u8],
}

/// What becomes of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// Apart from each other, by place.
    pub edits: Vec<Edit>,
    /// Index of a finding, and what was done about it.
    pub done: Vec<(usize, String)>,
    /// Index of a finding, and why nothing was done about it.
    pub left: Vec<(usize, String)>,
}

/// The versions of a package that are known here: the first source that has any.
pub type Versions<'a> = &'a dyn Fn(Ecosystem, &str) -> Vec<String>;

/// Why a finding has no mend.
const BY_HAND: &str = "there is no mend that is surely safe";

/// Whether a mend may be known for a finding; what stands in its file decides.
pub fn may_mend(finding: &Finding) -> bool {
    let stripped = !finding.fix.edits.is_empty() && finding.level >= Level::High;
    stripped || matches!(finding.rule.0.as_ref(), "GC001" | "GC008" | "GC009" | "GC012" | "GN001")
}

/// Mends of all findings of one file.
pub fn mends(before: Before<'_>, findings: &[&Finding], versions: Versions<'_>) -> Mended {
    let mut mended = Mended::default();
    let Ok(whole) = std::str::from_utf8(before.bytes) else {
        mended.left =
            (0..findings.len()).map(|at| (at, "the file is not UTF-8".to_owned())).collect();
        return mended;
    };
    // Places are told without the mark.
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    let shift = whole.len() - text.len();
    let tree = parsed(before.path, text);
    let mut wanted = config::Wanted::default();
    for (at, finding) in findings.iter().enumerate() {
        let done = match &tree {
            _ if !finding.fix.edits.is_empty() => hidden(finding, before.bytes, &mut wanted, shift),
            Some(tree) => config::mend(tree, text, finding, versions, &mut wanted),
            None => Err(BY_HAND.to_owned()),
        };
        match done {
            Ok(what) => mended.done.push((at, what)),
            Err(why) => mended.left.push((at, why)),
        }
    }
    let Some(edits) = wanted.edits(text) else {
        let why = "two mends are at the same place: make one by hand and ask again";
        mended.left.extend(mended.done.drain(..).map(|(at, _)| (at, why.to_owned())));
        return mended;
    };
    mended.edits = edits
        .into_iter()
        .map(|edit| Edit { start: edit.start + shift, end: edit.end + shift, ..edit })
        .collect();
    let after = applied(before.bytes, &mended.edits);
    let still = std::str::from_utf8(&after)
        .ok()
        .map(|after| after.strip_prefix('\u{feff}').unwrap_or(after));
    if tree.is_some() && still.and_then(|after| parsed(before.path, after)).is_none() {
        let why = "the mended file would not parse";
        mended.left.extend(mended.done.drain(..).map(|(at, _)| (at, why.to_owned())));
        mended.edits.clear();
    }
    mended.left.sort();
    mended
}

/// Characters that a rule wants out; only what is hidden goes.
fn hidden(
    finding: &Finding,
    bytes: &[u8],
    wanted: &mut config::Wanted,
    shift: usize,
) -> Result<String, String> {
    if finding.level < Level::High {
        return Err("it may belong there: look at it".to_owned());
    }
    let mut characters = 0;
    for edit in &finding.fix.edits {
        let gone = bytes.get(edit.start..edit.end).and_then(|gone| std::str::from_utf8(gone).ok());
        let gone = gone.filter(|gone| gone.starts_with(is_invisible));
        let (Some(gone), true) = (gone, edit.replacement.is_empty() && edit.start >= shift) else {
            return Err("the file changed since it was read".to_owned());
        };
        characters += gone.chars().count();
        wanted.replace(edit.start - shift, edit.end - shift, "");
    }
    Ok(format!("{characters} hidden characters are taken out"))
}

/// The tree of a configuration; `None` for every other file.
fn parsed(path: &str, text: &str) -> Option<Node> {
    let ending = path.rsplit(['.', '/']).next().unwrap_or(path).to_ascii_lowercase();
    match ending.as_str() {
        "toml" => toml::parse(text, Limits::default()).ok(),
        "json" | "jsonc" | "json5" | "code-workspace" => json::parse(text, Limits::default()).ok(),
        _ => None,
    }
}

/// The bytes with edits made. Edits beyond the end are left out.
pub fn applied(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for edit in edits.iter().filter(|edit| edit.start <= edit.end && edit.end <= bytes.len()) {
        if edit.start < from {
            continue;
        }
        out.extend_from_slice(&bytes[from..edit.start]);
        out.extend_from_slice(edit.replacement.as_bytes());
        from = edit.end;
    }
    out.extend_from_slice(&bytes[from..]);
    out
}

/// Findings by the file they are in, in the order in which they came.
pub fn by_file<'a>(
    findings: impl Iterator<Item = &'a Finding>,
) -> BTreeMap<String, Vec<&'a Finding>> {
    let mut files: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        files.entry(finding.at.path.clone()).or_default().push(finding);
    }
    files
}

#[cfg(test)]
mod tests;
