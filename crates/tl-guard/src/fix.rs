//! Mends that are safe: what a finding names is made narrower, pinned or taken out.
//!
//! In: a file's text and the findings in it. Out: [`Edit`]s of its bytes, and what no mend is known
//! for. Start at [`mends`]. **Invariant:** pure; what no edit names stays byte for byte, comments
//! and line ends with it; the mended text still parses; no version is made up.

mod config;
mod install;
mod item;
mod patch;
mod same;
mod stored;

use std::collections::BTreeMap;

use tl_core::finding::{Edit, Finding, Level, is_invisible};

use crate::inventory::Ecosystem;
use crate::parse::{self, Limits, Node};
use crate::rules::gs::without_secrets;
pub use install::installed;
use stored::Stored;

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
    /// All of it as it is then; `None` where nothing is done.
    pub after: Option<Vec<u8>>,
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
    let stored = match Stored::of(before.bytes) {
        Ok(stored) => stored,
        Err(why) => {
            mended.left = (0..findings.len()).map(|at| (at, why.clone())).collect();
            return mended;
        }
    };
    // Places are told without the mark.
    let text = stored.text.as_ref();
    let tree = parsed(before.path, text);
    let mut wanted = config::Wanted::default();
    for (at, finding) in findings.iter().enumerate() {
        let done = match &tree {
            _ if !finding.fix.edits.is_empty() => hidden(finding, &stored, &mut wanted),
            Some(tree) => config::mend(tree, text, finding, versions, &mut wanted),
            None => Err(BY_HAND.to_owned()),
        };
        match done {
            Ok(what) => mended.done.push((at, what)),
            Err(why) => mended.left.push((at, why)),
        }
    }
    match wanted.edits(text).and_then(|edits| after(before.path, text, tree.as_ref(), &edits)) {
        Ok(after) => mended.after = after.map(|after| stored.store(&after)),
        Err(why) => {
            mended.left.extend(mended.done.drain(..).map(|(at, _)| (at, why.to_owned())));
        }
    }
    mended.left.sort();
    mended
}

/// The text with edits made, where there are any and they change nothing else.
fn after(
    path: &str,
    text: &str,
    tree: Option<&Node>,
    edits: &[Edit],
) -> Result<Option<String>, &'static str> {
    if edits.is_empty() {
        return Ok(None);
    }
    let after = applied(text, edits);
    if let Some(before) = tree {
        let still = parsed(path, &after).ok_or("the mended file would not parse")?;
        if !same::but_for(before, &still, edits) {
            return Err("the mended file would say something else besides");
        }
    }
    Ok(Some(after))
}

/// Characters that a rule wants out; only what is hidden goes.
fn hidden(
    finding: &Finding,
    stored: &Stored<'_>,
    wanted: &mut config::Wanted,
) -> Result<String, String> {
    if finding.level < Level::High {
        return Err("it may belong there: look at it".to_owned());
    }
    let mut ranges = Vec::new();
    let mut characters = 0;
    for edit in &finding.fix.edits {
        let range = stored.place(edit.start).zip(stored.place(edit.end));
        let gone = range.and_then(|(start, end)| stored.text.get(start..end));
        let gone = gone.filter(|gone| gone.starts_with(is_invisible));
        let (Some(range), Some(gone), true) = (range, gone, edit.replacement.is_empty()) else {
            return Err("the file changed since it was read".to_owned());
        };
        characters += gone.chars().count();
        ranges.push(range);
    }
    ranges.into_iter().for_each(|(start, end)| wanted.replace(start, end, ""));
    Ok(format!("{characters} hidden characters are taken out"))
}

/// The tree of a configuration; `None` for every other file.
fn parsed(path: &str, text: &str) -> Option<Node> {
    const ENDINGS: &[&str] = &["toml", "yaml", "yml", "json", "jsonc", "json5", "code-workspace"];
    let ending = path.rsplit(['.', '/']).next().unwrap_or(path).to_ascii_lowercase();
    let known = ENDINGS.contains(&ending.as_str());
    known.then(|| parse::configuration(path, text, Limits::default()).ok()).flatten()
}

/// The text with edits made, which are in order and apart from each other.
fn applied(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        out.push_str(&text[from..edit.start]);
        out.push_str(&edit.replacement);
        from = edit.end;
    }
    out.push_str(&text[from..]);
    out
}

/// The mend of a file as a patch for people and programs, and whether it hides secrets: each is `***`
/// then, and `git apply` does not take it.
pub fn shown(path: &str, before: &[u8], after: &[u8]) -> (String, bool) {
    let (before, after) = (readable(before), readable(after));
    let hidden = [&before, &after].map(|text| without_secrets(path, text));
    let hides = hidden.iter().any(Option::is_some);
    let [old, new] = hidden;
    (patch::unified(path, &old.unwrap_or(before), &new.unwrap_or(after)), hides)
}

/// Text of a file for a person, however it is stored.
fn readable(bytes: &[u8]) -> String {
    match Stored::of(bytes) {
        Ok(stored) => stored.text.into_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether `git apply` reads a patch of the file: it does not where there are NULs between letters.
pub const fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
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
