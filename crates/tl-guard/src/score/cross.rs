//! Names of other servers' tools in a description.
//!
//! In: a tool's unit and all tools of the inventory. Out: the names in its text that its own server
//! does not have, and whether a sentence steers the agent to one. Real servers say "call
//! `resolve_id` first" of their own tools: that is no finding.

use std::ops::Range;

use super::Kind;
use super::pattern::Pattern;
use crate::rules::Cx;
use crate::text::unit::Unit;

/// The name of a tool that the describing server does not have.
#[derive(Debug, Clone)]
pub(super) struct Foreign {
    pub(super) name: String,
    pub(super) range: Range<usize>,
    /// A server of the inventory has it; otherwise it only looks like one.
    pub(super) known: bool,
}

/// Words that may name a tool: with an underscore, a hyphen or a hump, in quotes, or before `tool`.
static NAMES: Pattern = Pattern::new(
    r#"[`'"][a-z][\w.-]{2,63}[`'"](?: tool\b)?|\b[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+\b(?: tool\b)?|\bthe [a-z][a-z0-9]{2,30} tool\b"#,
);

/// Order to call something, in front of a name.
static CALL: Pattern = Pattern::new(
    r#"\b(?:call(?:ing)?|us(?:e|ing)|invok(?:e|ing)|run(?:ning)?|trigger|switch to)(?:[ `'"]+[\w]+){0,4}?[ `'"]*$"#,
);

/// Words of order, anywhere in the sentence.
static ORDER: Pattern = Pattern::new(
    r"\b(?:before|after|first|instead|prior|whenever|every time|each time|then|always|must)\b",
);

/// A tool that is said to be out of use.
static GONE: Pattern = Pattern::new(
    r"\b(?:deprecated|obsolete|broken|unavailable|do not use|don't use|no longer (?:works|available|supported)|instead of|in place of|replaces)\b",
);

/// All of them.
#[cfg(test)]
pub(super) static PATTERNS: [&Pattern; 4] = [&NAMES, &CALL, &ORDER, &GONE];

/// Names in the text of a tool that belong to another server.
pub(super) fn foreign(unit: &Unit<'_>, cx: &Cx<'_>, text: &[u8]) -> Vec<Foreign> {
    let Some((server, tool)) = unit.tool else { return Vec::new() };
    let mut out = Vec::new();
    for found in NAMES.find_all(text) {
        let (range, named) = name(&text[found.clone()]);
        let range = found.start + range.start..found.start + range.end;
        let Ok(name) = std::str::from_utf8(&text[range.clone()]) else { continue };
        let known = cx.tools.get(name).is_some_and(|places| {
            places.iter().any(|(at, _)| {
                cx.inventory.servers.get(*at).is_some_and(|other| other.name != server.name)
            })
        });
        let called = name.starts_with("mcp__") || (named && !server.tools.is_empty());
        if !known && !called {
            continue;
        }
        // Asked last: almost no word gets here, and a server may have a thousand tools.
        if name != tool.name && !server.tools.iter().any(|own| own.name == name) {
            out.push(Foreign { name: name.to_owned(), range, known });
        }
    }
    out
}

/// The name in what [`NAMES`] found, and whether `tool` stands behind a name in quotes or with a joint.
fn name(found: &[u8]) -> (Range<usize>, bool) {
    let until = |from: usize, end: &[u8]| {
        let length = found[from..].iter().position(|byte| end.contains(byte));
        length.map_or(found.len(), |length| from + length)
    };
    match found {
        [b'`' | b'\'' | b'"', ..] => {
            let end = until(1, b"`'\"");
            (1..end, end + 1 < found.len())
        }
        // Only of a name that stands alone is `the` a part of what was found.
        [_, _, _, b' ', ..] if found[..3].eq_ignore_ascii_case(b"the") => {
            (4..until(4, b" "), false)
        }
        _ => {
            let end = until(0, b" ");
            (0..end, end < found.len())
        }
    }
}

/// What a sentence with the name at `at` asks for: to call it at some point, or in place of another.
pub(super) fn steers(sentence: &[u8], at: &Range<usize>) -> Option<(Kind, Range<usize>)> {
    if let Some(gone) = GONE.find(sentence) {
        return Some((Kind::Redirect, gone.start.min(at.start)..at.end.max(gone.end)));
    }
    let call = CALL.find(&sentence[..at.start])?;
    ORDER.is_match(sentence).then_some((Kind::Cross, call.start..at.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_what_stands_around_it() {
        let names = |text: &'static str| -> Vec<(&str, bool)> {
            let found = NAMES.find_all(text.as_bytes());
            let told = found.map(|found| (found.clone(), name(&text.as_bytes()[found])));
            told.map(|(at, (range, named))| (&text[at.start + range.start..][..range.len()], named))
                .collect()
        };
        assert_eq!(names("call `send` or 'read-all' tool"), [("send", false), ("read-all", true)]);
        assert_eq!(
            names("use get_mail, the-big-one tool"),
            [("get_mail", false), ("the-big-one", true)]
        );
        assert_eq!(names("The search tool and the tool"), [("search", false)]);
        assert_eq!(names("the end_all tool"), [("end_all", true)]);
    }
}
