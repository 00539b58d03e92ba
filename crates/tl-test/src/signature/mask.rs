//! What differs from one run to the next, taken out of a text.
//!
//! In: a message. Out: the same with `#` in the place of numbers, ids, addresses and instants,
//! and paths cut to their last two parts. Start at [`mask`].

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Characters of a masked message that are kept.
const LENGTH: usize = 300;

/// Bytes of a message that are looked at: what makes it this one stands at its beginning.
const LOOK: usize = 4 << 10;

/// A pattern, and what stands in its place.
struct Rule {
    pattern: Regex,
    by: fn(&Captures<'_>) -> String,
}

fn rule(pattern: &str, by: fn(&Captures<'_>) -> String) -> Rule {
    Rule { pattern: Regex::new(pattern).expect("a test compiles every pattern"), by }
}

fn sign(_: &Captures<'_>) -> String {
    "#".to_owned()
}

/// In this order: what an early one takes out, a later one cannot take for something else. None of
/// them matches what another one leaves, so that masking twice changes nothing: no digit is left.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        // Colours of terminals.
        rule(r"\x1b\[[0-9;?]*[A-Za-z]", |_| String::new()),
        rule(r"\x1b\[?", |_| String::new()),
        rule(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", sign),
        // Instants: `2026-11-21T12:00:00.123Z`, with a blank, with a zone.
        rule(
            r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?([.,]\d+)?(\s?(Z|UTC|[+-]\d{2}:?\d{2})\b)?",
            sign,
        ),
        // Addresses in memory, and the default names of objects.
        rule(r"(?i)\b0x[0-9a-f]+", sign),
        rule(r"(?i)@[0-9a-f]{4,16}\b", |_| "@#".to_owned()),
        // Addresses of machines.
        rule(r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b", sign),
        rule(r"(localhost|\[::1\]):\d+", |_| "#".to_owned()),
        // What stands behind a URL's question mark.
        rule(r"(\bhttps?://[^\s?#]+)[?]\S*", |found| found[1].to_owned()),
        // Paths from the root: what stands above the last two parts is the machine's.
        rule(
            r#"(^|[\s"'(=<\[,;:`])((?:[A-Za-z]:)?[/\\](?:[^\s/\\"'<>()\[:,;=`]+[/\\])*[^\s/\\"'<>()\[:,;=`]+)"#,
            path,
        ),
        // Directories and files for the moment.
        rule(r"\btmp[-_.]?[0-9A-Za-z_]{5,}\b", |_| "tmp#".to_owned()),
        // Ids: hexadecimal digits, one of them a number.
        rule(r"(?i)\b[0-9a-f]{7,}\b", |found| {
            let id = &found[0];
            if id.bytes().any(|byte| byte.is_ascii_digit()) {
                "#".to_owned()
            } else {
                id.to_owned()
            }
        }),
        rule(r"\d+([.,]\d+)*", sign),
        rule(r"\s+", |_| " ".to_owned()),
    ]
});

/// The last two parts of a path.
fn path(found: &Captures<'_>) -> String {
    let mut parts = found[2].rsplit(['/', '\\']).filter(|part| !part.is_empty());
    let last = parts.next().unwrap_or_default();
    match parts.next().filter(|part| !part.ends_with(':')) {
        Some(above) => format!("{}{above}/{last}", &found[1]),
        None => format!("{}{last}", &found[1]),
    }
}

/// A text without what differs from one run to the next; at most 300 characters of it.
pub fn mask(text: &str) -> String {
    let mut masked = Cow::Borrowed(&text[..text.floor_char_boundary(LOOK)]);
    for Rule { pattern, by } in RULES.iter() {
        if let Cow::Owned(replaced) = pattern.replace_all(&masked, *by) {
            masked = Cow::Owned(replaced);
        }
    }
    let mut masked: String = masked.trim().chars().take(LENGTH).collect();
    masked.truncate(masked.trim_end().len());
    masked
}
