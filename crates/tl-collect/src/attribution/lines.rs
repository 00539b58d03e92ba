//! Lines of a message that name a tool: co-authors, footers, `Assisted-by:`, `Generated-by:`.
//!
//! `Assisted-by:` and `Generated-by:` hold free text, and people thank people there, so this
//! counts: an address of the table; without an address, the name of a tool or model of
//! [`NAMES`]; the kernel's `NAME:MODEL` with any name; a text that says `AI` or `LLM`. A name
//! with an address that is not in the table is a person, whatever the name.

use bstr::ByteSlice as _;
use tl_core::attribution::{AiTool, ToolSet};

use super::table::{self, Effect, Mark, PATTERNS};
use super::{Found, Identity};

/// Adds what the lines of a message say.
pub(super) fn scan(message: &[u8], found: &mut Found) {
    let message = message.trim_ascii_start();
    if starts(message, "aider: ") {
        begin(message, found, |mark| match mark {
            Mark::Title(start) => Some(start),
            _ => None,
        });
    }
    for line in message.split(|byte| *byte == b'\n') {
        let Some(text) = unmarked(line) else { continue };
        match text.first().map(u8::to_ascii_lowercase) {
            Some(b'c') => {
                if let Some(value) = value(text, "co-authored-by") {
                    co_author(value, found);
                }
            }
            Some(b'a') => {
                if let Some(value) = value(text, "assisted-by") {
                    credit(value, true, found);
                } else {
                    footer(text, found);
                }
            }
            Some(b'g') => {
                if let Some(value) = value(text, "generated-by") {
                    credit(value, false, found);
                } else {
                    footer(text, found);
                }
            }
            _ => {}
        }
    }
}

/// A line without indentation, list marks, emoji and `AI: `; `None` if it cannot matter.
fn unmarked(line: &[u8]) -> Option<&[u8]> {
    let mut text = line;
    loop {
        text = match text {
            // Letters that begin no line of ours are most lines.
            [b'a' | b'A' | b'c' | b'C' | b'g' | b'G', ..] => {
                let label = text.strip_prefix(b"AI: ");
                return Some(label.unwrap_or(text));
            }
            [b' ' | b'\t' | b'*' | b'-' | b'+' | b'>' | b'_' | b'(', rest @ ..] => rest,
            // Emoji of four bytes, with their variation selector and zero-width joiner.
            [0xf0, _, _, _, rest @ ..] | [0xef, 0xb8, 0x8f, rest @ ..] => rest,
            [0xe2, 0x80, 0x8d | 0xa2, rest @ ..] => rest,
            _ => return None,
        };
    }
}

/// The value of a trailer line, trimmed.
fn value<'a>(line: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(key.len())?;
    if !start.eq_ignore_ascii_case(key.as_bytes()) {
        return None;
    }
    Some(rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii())
}

fn starts(text: &[u8], prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Splits `Name <address>`.
fn identity(value: &[u8]) -> Option<Identity<'_>> {
    let open = value.rfind_byte(b'<')?;
    let close = open + value[open..].find_byte(b'>')?;
    Some(Identity { name: value[..open].trim_ascii(), email: value[open + 1..close].trim_ascii() })
}

fn co_author(value: &[u8], found: &mut Found) {
    if let Some(pattern) = identity(value).and_then(table::known) {
        found.add(pattern);
    }
}

fn footer(text: &[u8], found: &mut Found) {
    begin(text, found, |mark| match mark {
        Mark::Line(start) => Some(start),
        _ => None,
    });
}

/// Adds the row whose beginning the text has; the word may not go on behind it.
fn begin(text: &[u8], found: &mut Found, of: impl Fn(Mark) -> Option<&'static str>) {
    let row = PATTERNS.iter().find(|pattern| {
        of(pattern.mark).is_some_and(|start| {
            let open = start.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric);
            starts(text, start)
                && !(open && text.get(start.len()).is_some_and(u8::is_ascii_alphanumeric))
        })
    });
    if let Some(pattern) = row {
        found.add(pattern);
    }
}

/// Adds the tools of an `Assisted-by:` (`assisted`) or `Generated-by:` line.
fn credit(value: &[u8], assisted: bool, found: &mut Found) {
    if value.contains(&b'<') || value.contains(&b'@') {
        if let Some(pattern) = identity(value).and_then(table::known)
            && pattern.effect == Effect::Wrote
        {
            found.add(pattern);
        }
        return;
    }
    let tools = named_tools(value);
    if !tools.is_empty() {
        found.wrote = found.wrote.union(tools);
    } else if (assisted && is_name_and_model(value)) || says_ai(value) {
        found.wrote.insert(AiTool::Other);
    }
}

/// The kernel's form: `NAME:MODEL [TOOL ...]`, one word each.
fn is_name_and_model(value: &[u8]) -> bool {
    let first = value.fields().next().unwrap_or_default();
    let Some(colon) = first.find_byte(b':') else { return false };
    let (name, model) = (&first[..colon], &first[colon + 1..]);
    let word = |text: &[u8]| {
        text.first().is_some_and(u8::is_ascii_alphanumeric)
            && text.iter().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(b))
    };
    word(name) && word(model)
}

fn says_ai(value: &[u8]) -> bool {
    words(value).any(|word| word == b"AI" || word == b"LLM" || word.eq_ignore_ascii_case(b"gpt"))
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// How a name in a text is understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A product: it counts before any model.
    Product,
    /// A product with the name of people: only where no family name follows.
    FirstName,
    /// A model: it counts where no product is named.
    Model,
}

/// Words that name a tool.
static NAMES: &[(&str, AiTool, Kind)] = &[
    ("claude", AiTool::Claude, Kind::FirstName),
    ("copilot", AiTool::Copilot, Kind::Product),
    ("cursor", AiTool::Cursor, Kind::Product),
    ("codex", AiTool::Codex, Kind::Product),
    ("devin", AiTool::Devin, Kind::FirstName),
    ("aider", AiTool::Aider, Kind::Product),
    ("jules", AiTool::Jules, Kind::FirstName),
    ("antigravity", AiTool::Antigravity, Kind::Product),
    ("amp", AiTool::Amp, Kind::FirstName),
    ("opencode", AiTool::OpenCode, Kind::Product),
    ("crush", AiTool::Crush, Kind::Product),
    ("qwen", AiTool::Qwen, Kind::Product),
    ("droid", AiTool::FactoryDroid, Kind::FirstName),
    ("codegen", AiTool::Codegen, Kind::FirstName),
    ("windsurf", AiTool::Windsurf, Kind::Product),
    ("opus", AiTool::Claude, Kind::Model),
    ("sonnet", AiTool::Claude, Kind::Model),
    ("haiku", AiTool::Claude, Kind::Model),
    ("gemini", AiTool::Gemini, Kind::Model),
];

/// Words that may follow a product with the name of people.
const FOLLOWERS: [&str; 12] =
    ["ai", "agent", "and", "bot", "code", "fable", "haiku", "opus", "sonnet", "via", "with", "cli"];

/// The tools that a text names: products, or where there is none, those of the models. In
/// `NAME:MODEL` only the name counts, if it is known.
pub(super) fn named_tools(text: &[u8]) -> ToolSet {
    if let Some(colon) = text.iter().take(80).position(|byte| *byte == b':') {
        let tools = named_tools(&text[..colon]);
        if !tools.is_empty() {
            return tools;
        }
    }
    let (mut products, mut models) = (ToolSet::NONE, ToolSet::NONE);
    let mut rest = words(text).take(64).peekable();
    while let Some(word) = rest.next() {
        let Some((_, tool, kind)) =
            NAMES.iter().find(|(name, ..)| word.eq_ignore_ascii_case(name.as_bytes()))
        else {
            continue;
        };
        match kind {
            Kind::Product => products.insert(*tool),
            Kind::Model => models.insert(*tool),
            Kind::FirstName => {
                let alone = rest.peek().is_none_or(|next| {
                    next[0].is_ascii_digit()
                        || FOLLOWERS.iter().any(|it| next.eq_ignore_ascii_case(it.as_bytes()))
                });
                if alone {
                    products.insert(*tool);
                }
            }
        }
    }
    if products.is_empty() { models } else { products }
}
