//! Hidden text: what a person does not see and a model reads.

use tl_core::finding::{Edit, Evidence, Finding, Location};
use tl_rules::doc::RuleDoc;

use crate::{
    limits,
    rules::{Disk, Of, Raw, Rule, finding},
    text::unit::{Hidden, HiddenKind, advance},
};

mod bidi_control;
mod encoded_payload;
mod hidden_instruction;
mod homoglyph_word;
mod padding;
mod tag_characters;
mod terminal_escape;
mod variation_selector;
mod zero_width;

/// Rules of the family.
pub(crate) const RULES: &[Rule] = &[
    tag_characters::RULE,
    bidi_control::RULE,
    variation_selector::RULE,
    zero_width::RULE,
    terminal_escape::RULE,
    hidden_instruction::RULE,
    encoded_payload::RULE,
    padding::RULE,
    homoglyph_word::RULE,
];

/// What is hidden in the same way on one line.
struct Group<'a> {
    at: Location,
    /// Byte of the first one.
    start: usize,
    /// The line around it, or a part of it.
    shown: &'a str,
    hidden: &'a [Hidden],
}

impl Group<'_> {
    /// From the first to the last one.
    fn span(&self) -> std::ops::Range<usize> {
        self.start..self.hidden.last().map_or(self.start, |last| last.end)
    }

    /// What a model reads there.
    fn decoded(&self) -> String {
        self.hidden.iter().map(|h| h.decoded.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn finding(&self, doc: &'static RuleDoc, message: String, signals: Vec<String>) -> Finding {
        let mut found = finding(doc, self.at.clone(), message);
        found.evidence = Evidence::of(self.shown, self.decoded().trim(), signals);
        found
    }

    /// Edits that take out what is hidden.
    fn without(&self, raw: &Raw<'_>) -> Vec<Edit> {
        let Some(disk) = raw.disk else { return Vec::new() };
        let (mut seen, mut units) = (0, 1);
        let mut place = |byte: usize| match disk {
            Disk::Utf8(before) => before + byte,
            Disk::Utf16 => {
                if byte < seen {
                    (seen, units) = (0, 1);
                }
                units += raw.text[seen..byte].encode_utf16().count();
                seen = byte;
                2 * units
            }
        };
        let edit = |h: &Hidden| Edit {
            start: place(h.start),
            end: place(h.end),
            replacement: String::new(),
        };
        self.hidden.iter().map(edit).collect()
    }
}

/// Groups of one kind, by line. Those over the limit of a file share the last group's place: they
/// are only counted.
/// Characters that could not be read, around something, that say it is no text.
const LOST: usize = 4;

fn groups<'a>(raw: &Raw<'a>, kind: HiddenKind, wanted: impl Fn(&Hidden) -> bool) -> Vec<Group<'a>> {
    let mut out: Vec<Group<'a>> = Vec::new();
    let mut place = match raw.of {
        Of::File(at) => at.clone(),
        Of::Unit(unit) => unit.at.clone(),
    };
    let mut seen = 0;
    let mut i = 0;
    while let Some(first) = raw.hidden.get(i) {
        if first.kind != kind || !wanted(first) {
            i += 1;
            continue;
        }
        let line_end =
            raw.text[first.start..].find('\n').map_or(raw.text.len(), |n| first.start + n);
        let rest = &raw.hidden[i..];
        let count = rest
            .iter()
            .take_while(|h| h.kind == kind && wanted(h) && h.start <= line_end)
            .count()
            .max(1);
        if out.len() <= limits::FINDINGS_A_RULE_AND_FILE {
            place = match raw.of {
                Of::File(_) => {
                    advance(&mut place, &raw.text[seen..], first.start - seen);
                    place
                }
                Of::Unit(_) => raw.locate(first.start),
            };
            seen = first.start;
        }
        let last = rest.get(count - 1).map_or(first.end, |h| h.end);
        let shown = around(raw.text, first.start, last);
        out.push(Group { at: place.clone(), start: first.start, shown, hidden: &rest[..count] });
        i += count;
    }
    out
}

impl Group<'_> {
    /// Whether it stands among characters that nobody could read: what was no text before.
    fn is_garbage(&self) -> bool {
        self.shown.matches(char::REPLACEMENT_CHARACTER).count() >= LOST
    }
}

/// The stretch with some characters of its line before and behind it.
fn around(text: &str, start: usize, end: usize) -> &str {
    const BESIDE: usize = 24;
    let line = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let from =
        text[line..start].char_indices().rev().take(BESIDE).last().map_or(start, |(i, _)| line + i);
    let behind = text[end..].char_indices().take_while(|(_, c)| *c != '\n').take(BESIDE).last();
    let to = behind.map_or(end, |(i, c)| end + i + c.len_utf8());
    &text[from..to]
}

/// The whole line that a byte stands on.
fn line(text: &str, byte: usize) -> &str {
    let start = text[..byte].rfind('\n').map_or(0, |i| i + 1);
    let end = text[byte..].find('\n').map_or(text.len(), |i| byte + i);
    &text[start..end]
}
