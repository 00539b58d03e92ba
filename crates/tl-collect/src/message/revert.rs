//! Reverts that the title tells: `Revert "X"`, `revert: X (#12)`, `Back out "X"`, `Reapply "X"`.
//!
//! A reapplied change is a revert of its revert, so it points at the title `Revert "X"`.

use bstr::ByteSlice as _;
use tl_core::history::{MentionForm, MessageLinks, Reference};

use super::headline::{Headline, leading_number};
use super::title::{request_suffix, title_hash};
use super::{add, headline, scan};

/// What a title says it does to another change.
enum Undo<'a> {
    /// Undoes what the text names.
    Revert(&'a str),
    /// Brings back what the text names.
    Reapply(&'a str),
    /// Gerrit's `Revert^3 "X"`.
    Nth(u32, &'a str),
}

/// Adds what the headline says it reverts.
pub(super) fn from_headline(headline: &Headline<'_>, links: &mut MessageLinks) {
    // GitHub's button names the branch of a revert after the request.
    let button = headline.branch.and_then(|branch| branch.strip_prefix("revert-"));
    if let (Some((number, rest)), Some(_)) = (button.and_then(leading_number), headline.mention)
        && rest.starts_with('-')
    {
        add(&mut links.reverts, Reference::Request(number));
    }
    match undo(&headline.subject) {
        Some(Undo::Revert(what)) => {
            let own = headline.mention.filter(|mention| mention.by == MentionForm::Suffix);
            reverted(what, own.map(|mention| mention.number), &mut links.reverts);
        }
        Some(Undo::Reapply(what)) => {
            if let Some(title) = quoted(what) {
                add(&mut links.reverts, title_of(&format!("Revert \"{title}\"")));
            }
        }
        Some(Undo::Nth(2, what)) => {
            if let Some(title) = quoted(what) {
                add(&mut links.reverts, title_of(&format!("Revert \"{title}\"")));
            }
        }
        Some(Undo::Nth(nth, what)) => {
            if let Some(title) = quoted(what) {
                add(&mut links.reverts, title_of(&format!("Revert^{} \"{title}\"", nth - 1)));
            }
        }
        None => {}
    }
}

/// Adds what the items of a squash say they revert: `* Revert "X (#12)"`. Only for a change whose
/// own title undoes something; elsewhere an item may be part of what was tried on the way.
pub(super) fn from_items(body: &[u8], links: &mut MessageLinks) {
    for line in body.lines() {
        let item = line.strip_prefix(b"* ").or_else(|| line.strip_prefix(b"- "));
        let Some(title) = item.and_then(|item| item.to_str().ok()) else { continue };
        if let Some(Undo::Revert(what)) = undo(title)
            && quoted(what).is_some()
        {
            reverted(what, None, &mut links.reverts);
        }
    }
}

/// Whether a title says that it undoes something, even if not what.
pub(super) fn is_undo(title: &str) -> bool {
    undo(title).is_some()
}

fn title_of(title: &str) -> Reference {
    Reference::Title(title_hash(title))
}

/// Looks for the verb, behind `[branch] ` and a conventional `fix(scope): `.
fn undo(title: &str) -> Option<Undo<'_>> {
    let title = match title.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => title,
    };
    verb(title).or_else(|| verb(conventional(title)?))
}

/// The text behind `fix: `, `fix(scope)!: ` or `some_module: `.
fn conventional(title: &str) -> Option<&str> {
    let (kind, text) = title.split_once(": ")?;
    let kind = kind.strip_suffix('!').unwrap_or(kind);
    let kind = kind.strip_suffix(')').and_then(|kind| kind.split_once('(')).map_or(kind, |k| k.0);
    let is_word = kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/.".contains(&byte));
    (kind.len() <= 24 && is_word).then_some(text.trim_start())
}

fn verb(title: &str) -> Option<Undo<'_>> {
    // Most titles end here.
    if !title.starts_with(['R', 'r', 'B', 'b', 'U', 'u']) {
        return None;
    }
    let text = title.as_bytes();
    if let Some(rest) = scan::skip_prefix(text, "revert^") {
        let (nth, rest) = leading_number(rest.to_str().ok()?)?;
        return (nth > 1).then_some(Undo::Nth(nth, rest.trim_start()));
    }
    let behind = |words: &[&str]| {
        words.iter().find_map(|word| {
            let rest = &title[title.len() - scan::skip_prefix(text, word)?.len()..];
            matches!(rest.bytes().next(), None | Some(b':' | b' ' | b'(' | b'!')).then_some(rest)
        })
    };
    behind(&REVERTS).map(Undo::Revert).or_else(|| behind(&REAPPLIES).map(Undo::Reapply))
}

/// Verbs that take a change back; a longer one before its own beginning.
const REVERTS: [&str; 10] = [
    "revert of",
    "revert",
    "reverts",
    "reverted",
    "reverting",
    "back out",
    "backs out",
    "backed out",
    "backout of",
    "backout",
];

/// Verbs that bring a change back that was taken back.
const REAPPLIES: [&str; 4] = ["reapply", "reland", "re-land", "unrevert"];

/// What stands behind the verb: a quoted title, an id, a number, or after `:` a bare title.
fn reverted(what: &str, own: Option<u32>, reverts: &mut Vec<Reference>) {
    if let Some(title) = quoted(what) {
        if let Some(number) = merged_by(title) {
            add(reverts, Reference::Request(number));
        }
        add(reverts, title_of(title));
        return;
    }
    let rest = after_noun(what.trim_start_matches([' ', ':']));
    if let Some((reference, _)) = scan::reference(rest.as_bytes()) {
        add(reverts, reference);
        return;
    }
    for (at, _) in rest.match_indices(' ').take(40) {
        if let Some(reference) = scan::joined(&rest.as_bytes()[at + 1..])
            && own.is_none_or(|own| reference != Reference::Request(own))
        {
            add(reverts, reference);
            return;
        }
    }
    let Some(title) = colon(what) else { return };
    // `revert: x (#12) (#13)`: 13 is this change and 12 the other one.
    let title = match request_suffix(title) {
        Some((title, number)) if Some(number) == own => title,
        _ => title,
    };
    if let Some((_, number)) = request_suffix(title) {
        add(reverts, Reference::Request(number));
    }
    if !title.is_empty() {
        add(reverts, title_of(title));
    }
}

/// The text of `: X`, `(scope): X`, `!: X`.
fn colon(what: &str) -> Option<&str> {
    let what = match what.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) => rest,
        None => what,
    };
    Some(what.strip_prefix('!').unwrap_or(what).strip_prefix(':')?.trim())
}

/// The text behind `commit `, `PR ` and the like, where a pointer may stand.
fn after_noun(text: &str) -> &str {
    ["commit ", "commits ", "PR ", "pull request ", "merge request ", "changeset "]
        .iter()
        .find_map(|noun| scan::skip_prefix(text.as_bytes(), noun))
        .map_or(text, |rest| &text[text.len() - rest.len()..])
}

/// The title between the first double quote and the last one, if the text begins with it.
///
/// The last quote may be missing where the title was cut. Quotes inside are kept.
fn quoted(what: &str) -> Option<&str> {
    let what = what.trim_start_matches([' ', ':']);
    let inside = what.strip_prefix('"').or_else(|| what.strip_prefix('“'))?;
    let end = inside.rfind(['"', '”']).unwrap_or_else(|| {
        let cut = request_suffix(inside).map_or(inside, |(cut, _)| cut);
        cut.len()
    });
    let title = inside[..end].trim();
    (!title.is_empty()).then_some(title)
}

/// The request that a quoted title says it merges.
fn merged_by(title: &str) -> Option<u32> {
    // The suffix of `Revert "X (#12)` inside quotes is the request of X, not of its revert.
    if undo(title).is_some() && title.ends_with('"') {
        return None;
    }
    headline::read(title, b"").mention.map(|mention| mention.number)
}
