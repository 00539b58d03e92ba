//! Words that a text speaks of, and does not say.
//!
//! In: a unit, one of its sentences, and words in it. Out: how they stand there. Start at [`mention`].
//! A page on attacks names what attackers write; whoever reads it is not ordered to do that. Asked only of
//! what is nothing but words: a command in backticks may be meant to be run.

use std::ops::Range;

use super::joined;
use super::pattern::Pattern;
use crate::text::unit::{Context, Role, Unit};

/// How words stand in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mention {
    /// They are said.
    Said,
    /// In quotation marks, or as code within a line.
    Quoted,
    /// The same, behind a word that says what a text contains.
    Example,
}

/// What stands before an example of words.
static CONTAINS: Pattern = Pattern::new(
    r"\b(?:contain(?:s|ed|ing)?|say(?:s|ing)?|such as|like|e\.g\.|for example|includes|including|phrases?|patterns?|strings?|looks? for|search(?:es)? for|detect(?:s|ed|ing)?|scans? for|scanned for|flag(?:s|ged)?|reject(?:s|ed)?|attempts?|payloads?|markers?|overrides?|attacks?)\b",
);

/// What an attack does to a model, as it is told to people.
static TOLD_OF: Pattern = Pattern::new(
    r"\b(?:instruct|direct|trick|induce|coax|lure|convince)(?:s|ed|ing) (?:the |an? )?(?:\w+ )?(?:ai|model|agent|assistant|llm|claude|copilot|cursor)\b|\b(?:hijack|smuggl|poison)(?:s|es|ed|ing)\b",
);

/// Whether a sentence says of something that it orders a model to do this or that.
pub(super) fn tells_of_orders(sentence: &[u8]) -> bool {
    TOLD_OF.is_match(sentence)
}

/// All of them.
#[cfg(test)]
pub(super) static PATTERNS: [&Pattern; 2] = [&CONTAINS, &TOLD_OF];

/// How the words at `range` of a unit stand in their sentence.
pub(super) fn mention(unit: &Unit<'_>, sentence: &Range<usize>, range: &Range<usize>) -> Mention {
    // What a machine answers has nobody to quote.
    if joined(unit) || unit.role == Role::ToolResult {
        return Mention::Said;
    }
    let text = unit.text.as_bytes();
    let (before, behind) = (&text[sentence.start..range.start], &text[range.end..sentence.end]);
    let quoted = is_code(unit, range) || quote(before).is_some_and(|mark| closes(behind, mark));
    if !quoted {
        Mention::Said
    } else if CONTAINS.is_match(before) {
        Mention::Example
    } else {
        Mention::Quoted
    }
}

/// Whether words stand in a document as code within a line.
pub(super) fn is_code(unit: &Unit<'_>, range: &Range<usize>) -> bool {
    let code = |at: usize| unit.context(at) == Context::InlineCode;
    !joined(unit) && code(range.start) && code(range.end.saturating_sub(1))
}

/// The quotation mark that is open where a text ends. An apostrophe is none.
fn quote(before: &[u8]) -> Option<u8> {
    let mut open = None;
    for (at, byte) in before.iter().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\'')) {
        let word = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
        let inside = at > 0 && word(before.get(at - 1));
        open = match open {
            Some(mark) if mark == *byte && !(inside && word(before.get(at + 1))) => None,
            None if !inside => Some(*byte),
            other => other,
        };
    }
    open
}

/// Whether a quotation mark stands in a text, and no letter behind it.
fn closes(behind: &[u8], mark: u8) -> bool {
    behind.iter().enumerate().any(|(at, byte)| {
        *byte == mark && !behind.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    })
}
