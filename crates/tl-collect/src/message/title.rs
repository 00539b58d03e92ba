//! Titles: the first line, its hash, and the ticket keys in it.

use bstr::ByteSlice as _;

use super::REFERENCE_LIMIT;

/// Splits a message into its first line that is not blank, trimmed, and what follows that line.
pub(super) fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let start = message.len() - message.trim_ascii_start().len();
    let rest = &message[start..];
    let end = rest.find_byte(b'\n').unwrap_or(rest.len());
    (rest[..end].trim_ascii(), rest.get(end + 1..).unwrap_or_default())
}

/// Hash of a title: 64-bit FNV-1a (offset basis `cbf29ce484222325`, prime `100000001b3`) of the
/// normalised title in UTF-8. It is cached on disk: a change to it needs a new cache version.
///
/// Normalised: every ` (#12)` at the end is left out, also in front of closing double quotes, so
/// that `Revert "x (#12)" (#13)` and `Revert "x"` are one title; white space is collapsed to
/// single spaces and trimmed. An empty title is 0, and no other title is.
pub fn title_hash(title: &str) -> u64 {
    let (text, quotes) = without_suffixes(title);
    let mut hash = Fnv::new();
    for (position, word) in text.split_whitespace().enumerate() {
        if position > 0 {
            hash.write(b" ");
        }
        hash.write(word.as_bytes());
    }
    for _ in 0..quotes {
        hash.write(b"\"");
    }
    if text.is_empty() && quotes == 0 { 0 } else { hash.0.max(1) }
}

/// The text before all ` (#12)` and closing quotes at its end, and the number of those quotes.
fn without_suffixes(title: &str) -> (&str, usize) {
    let mut text = title.trim();
    let mut quotes = 0;
    loop {
        if let Some((rest, _)) = request_suffix(text) {
            text = rest;
        } else if let Some(rest) = text.strip_suffix('"') {
            quotes += 1;
            text = rest.trim_end();
        } else {
            return (text, quotes);
        }
    }
}

/// Splits `text (#12)` into `text` and 12; the number must follow white space.
pub(super) fn request_suffix(text: &str) -> Option<(&str, u32)> {
    let rest = text.strip_suffix(')')?;
    let digits = rest.len() - rest.bytes().rev().take_while(u8::is_ascii_digit).count();
    let number = rest[digits..].parse().ok().filter(|number| *number > 0)?;
    let before = rest[..digits].strip_suffix("(#")?;
    let trimmed = before.trim_end();
    (trimmed.len() < before.len()).then_some((trimmed, number))
}

/// FNV-1a.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Names that look like a tracker's project and are standards, algorithms, products or stages.
const NO_PROJECT: [&str; 48] = [
    "AES", "ALPHA", "AMD", "ARM", "ASCII", "BASE", "BETA", "BLAKE", "CP", "COVID", "CVE", "CWE",
    "DO", "EC", "ECMA", "ES", "GB", "GHSA", "GPT", "HTTP", "IEEE", "ISO", "JEP", "JSR", "KB",
    "LATIN", "LC", "MD", "MP", "PCI", "PEP", "PHP", "PR", "RC", "RFC", "RS", "RSA", "RUSTSEC",
    "SHA", "SHA3", "SSE", "TLS", "TOP", "UCS", "UTF", "WIN", "X86", "XXH",
];

/// Whether a word in capitals can name a project of a tracker.
pub(crate) fn is_project(name: &str) -> bool {
    !NO_PROJECT.contains(&name)
}

/// Adds the ticket keys in a title, such as `ZOOKEEPER-4711`: two or more capitals and digits,
/// capital first, a hyphen and a number, with nothing that belongs to a word on either side.
pub(super) fn tickets(title: &str, keys: &mut Vec<String>) {
    let bytes = title.as_bytes();
    for hyphen in bytes.find_iter("-") {
        let name = bytes[..hyphen]
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            .count();
        let digits = bytes[hyphen + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (start, end) = (hyphen - name, hyphen + 1 + digits);
        if name < 2 || digits == 0 || digits > 9 || !bytes[start].is_ascii_uppercase() {
            continue;
        }
        let bounded = start.checked_sub(1).is_none_or(|before| !belongs_to_word(bytes[before]))
            && bytes.get(end).is_none_or(|after| !belongs_to_word(*after));
        // `CVE-2024-1` and `RELEASE-1.2` are longer names than a key.
        let goes_on = matches!(bytes.get(end), Some(b'.'))
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        let key = &title[start..end];
        if bounded
            && !goes_on
            && is_project(&title[start..hyphen])
            && keys.len() < REFERENCE_LIMIT
            && !keys.iter().any(|known| known == key)
        {
            keys.push(key.to_owned());
        }
    }
}

const fn belongs_to_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_') || !byte.is_ascii()
}
