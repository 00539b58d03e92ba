//! Names of other servers' tools in a description.
//!
//! In: a tool's unit and all tools of the inventory. Out: the names in its text that its own server
//! does not have, and whether a sentence steers the agent to one. Real servers say "call
//! `resolve_id` first" of their own tools: that is no finding.

use std::ops::Range;

use super::Kind;
use super::lexicon::Pattern;
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
    r#"[`'"](?P<quoted>[a-z][\w.-]{2,63})[`'"](?P<tool> tool\b)?|\b(?P<bare>[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+)\b(?P<named> tool\b)?|\bthe (?P<plain>[a-z][a-z0-9]{2,30}) tool\b"#,
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

/// Names in the text of a tool that belong to another server.
pub(super) fn foreign(unit: &Unit<'_>, cx: &Cx<'_>, text: &[u8]) -> Vec<Foreign> {
    let Some((server, tool)) = unit.tool else { return Vec::new() };
    let mut out = Vec::new();
    for found in NAMES.get().captures_iter(text) {
        let group = ["quoted", "bare", "plain"].iter().find_map(|name| found.name(name));
        let Some(group) = group else { continue };
        let Ok(name) = std::str::from_utf8(group.as_bytes()) else { continue };
        if name == tool.name || server.tools.iter().any(|own| own.name == name) {
            continue;
        }
        let known = cx.tools.get(name).is_some_and(|places| {
            places.iter().any(|(at, _)| {
                cx.inventory.servers.get(*at).is_some_and(|other| other.name != server.name)
            })
        });
        let called = name.starts_with("mcp__")
            || (found.name("tool").or(found.name("named")).is_some() && !server.tools.is_empty());
        if known || called {
            out.push(Foreign { name: name.to_owned(), range: group.range(), known });
        }
    }
    out
}

/// What a sentence with the name at `at` asks for: to call it at some point, or in place of another.
pub(super) fn steers(sentence: &[u8], at: &Range<usize>) -> Option<(Kind, Range<usize>)> {
    if let Some(gone) = GONE.get().find(sentence) {
        return Some((Kind::Redirect, gone.start().min(at.start)..at.end.max(gone.end())));
    }
    let call = CALL.get().find(&sentence[..at.start])?;
    ORDER.get().is_match(sentence).then_some((Kind::Cross, call.start()..at.end))
}
