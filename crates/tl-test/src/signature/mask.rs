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
    /// Signs of which a text has one at least where the pattern changes it; 0: whatever it has.
    needs: u8,
    pattern: Regex,
    by: fn(&Captures<'_>) -> String,
}

fn rule(needs: u8, pattern: &str, by: fn(&Captures<'_>) -> String) -> Rule {
    Rule { needs, pattern: Regex::new(pattern).expect("a test compiles every pattern"), by }
}

/// Signs that patterns need: most texts are short and have few of them.
mod has {
    pub(super) const DIGIT: u8 = 1;
    pub(super) const SLASH: u8 = 2;
    pub(super) const DASH: u8 = 4;
    pub(super) const AT: u8 = 8;
    pub(super) const QUESTION: u8 = 16;
    pub(super) const ESCAPE: u8 = 32;
}

/// Which of these signs a text has. There are digits beyond ASCII.
fn signs(text: &str) -> u8 {
    text.bytes().fold(0, |all, byte| {
        all | match byte {
            b'0'..=b'9' | 0x80.. => has::DIGIT,
            b'/' | b'\\' => has::SLASH,
            b'-' => has::DASH,
            b'@' => has::AT,
            b'?' => has::QUESTION,
            0x1b => has::ESCAPE,
            _ => 0,
        }
    })
}

fn sign(_: &Captures<'_>) -> String {
    "#".to_owned()
}

/// In this order: what an early one takes out, a later one cannot take for something else. None of
/// them matches what another one leaves, so that masking twice changes nothing: no digit is left.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        // Colours of terminals.
        rule(has::ESCAPE, r"\x1b\[[0-9;?]*[A-Za-z]", |_| String::new()),
        rule(has::ESCAPE, r"\x1b\[?", |_| String::new()),
        rule(
            has::DASH,
            r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
            sign,
        ),
        // Instants: `2026-11-21T12:00:00.123Z`, with a blank, with a zone.
        rule(
            has::DIGIT,
            r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?([.,]\d+)?(\s?(Z|UTC|[+-]\d{2}:?\d{2})\b)?",
            sign,
        ),
        // Addresses in memory, and the default names of objects.
        rule(has::DIGIT, r"(?i)\b0x[0-9a-f]+", sign),
        rule(has::AT, r"(?i)@[0-9a-f]{4,16}\b", |_| "@#".to_owned()),
        // Addresses of machines.
        rule(has::DIGIT, r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b", sign),
        rule(has::DIGIT, r"(localhost|\[::1\]):\d+", |_| "#".to_owned()),
        // What stands behind a URL's question mark.
        rule(has::QUESTION, r"(\bhttps?://[^\s?#]+)[?]\S*", |found| found[1].to_owned()),
        // Paths from the root: what stands above the last two parts is the machine's.
        rule(
            has::SLASH,
            r#"(^|[\s"'(=<\[,;:`])((?:[A-Za-z]:)?[/\\](?:[^\s/\\"'<>()\[:,;=`]+[/\\])*[^\s/\\"'<>()\[:,;=`]+)"#,
            path,
        ),
        // Directories and files for the moment.
        rule(0, r"\btmp[-_.]?[0-9A-Za-z_]{5,}\b", |_| "tmp#".to_owned()),
        // Ids: hexadecimal digits, one of them a number.
        rule(has::DIGIT, r"(?i)\b[0-9a-f]{7,}\b", |found| {
            let id = &found[0];
            if id.bytes().any(|byte| byte.is_ascii_digit()) {
                "#".to_owned()
            } else {
                id.to_owned()
            }
        }),
        rule(has::DIGIT, r"\d+([.,]\d+)*", sign),
        // Several blanks, or one that is none: single ones stay as they are.
        rule(0, r"\s\s+|[^\S ]", |_| " ".to_owned()),
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
    let text = &text[..text.floor_char_boundary(LOOK)];
    masked(text, signs(text))
}

fn masked(text: &str, signs: u8) -> String {
    let mut masked = Cow::Borrowed(text);
    for Rule { needs, pattern, by } in RULES.iter() {
        if *needs > 0 && needs & signs == 0 {
            continue;
        }
        if let Cow::Owned(replaced) = pattern.replace_all(&masked, *by) {
            masked = Cow::Owned(replaced);
        }
    }
    let mut masked: String = masked.trim().chars().take(LENGTH).collect();
    masked.truncate(masked.trim_end().len());
    masked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is left out for want of a sign would have changed nothing.
        #[test]
        fn no_pattern_is_left_out_that_changes_a_text(
            text in "([a-f0-9]{4,9}|[-@/\\\\?.:, \\n\\t\\x1b\\[]|tmp_|localhost:|https?://|٣|[A-Zé]){0,24}",
        ) {
            prop_assert_eq!(mask(&text), masked(&text, u8::MAX));
        }
    }
}
