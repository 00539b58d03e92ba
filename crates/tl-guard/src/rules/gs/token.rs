//! Keys that providers mark by how they begin.
//!
//! In: text, and where a beginning stands. Out: the key's range, if all of its format holds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::format::{Format, Proof, Set};
use super::value::is_made_up;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its checksum is defined and right: nobody wrote that as an example.
    pub(super) proved: bool,
    /// Its checksum is defined and wrong.
    pub(super) refuted: bool,
}

/// The key whose prefix stands at `at`.
pub(super) fn at(text: &str, at: usize, format: &Format) -> Option<Token> {
    let bytes = text.as_bytes();
    let body = at + format.prefix.len();
    if !bytes.get(at..body)?.eq(format.prefix.as_bytes()) {
        return None;
    }
    let start = match format.before {
        None => at,
        Some((set, least, most)) => {
            let before = bytes[..at].iter().rev().take(most + 1).take_while(|b| set.has(**b));
            let count = before.count();
            if !(least..=most).contains(&count) {
                return None;
            }
            at - count
        }
    };
    if !begins(bytes, start, format.set) {
        return None;
    }
    let rest = &bytes[body..];
    let mut length = rest.iter().take(format.most + 1).take_while(|b| format.set.has(**b)).count();
    while length > 0 && matches!(rest[length - 1], b'.' | b'-') {
        length -= 1;
    }
    if !(format.least..=format.most).contains(&length) || goes_on(format.set, rest, length) {
        return None;
    }
    let end = body + length;
    // All sets are ASCII, so these are borders of characters.
    let (key, tail) = (text.get(start..end)?, text.get(body..end)?);
    let mut token = Token { start, end, proved: false, refuted: false };
    let holds = match format.proof {
        Proof::None => true,
        Proof::Crc32 => {
            let defined = tail.len() == 36 && tail.bytes().all(|b| b.is_ascii_alphanumeric());
            token.proved = defined && has_checksum(tail);
            token.refuted = defined && !token.proved;
            true
        }
        Proof::Inside(word) => tail.contains(word),
        Proof::Near(word) => is_near(text, start, word),
        Proof::Jwt => is_signed(key),
        Proof::Parts(least) => {
            let parts: Vec<&str> = tail.split('.').collect();
            parts.len() == least.len() && parts.iter().zip(least).all(|(p, n)| p.len() >= *n)
        }
    };
    // A name in capitals or a word with underscores is an identifier; keys have digits.
    let digit = key.len() < 24 || tail.bytes().any(|b| b.is_ascii_digit());
    let short = format.before.is_some();
    (holds && digit && (token.proved || short || !is_made_up(tail))).then_some(token)
}

/// Whether nothing before belongs to the same word; `\n` written as an escape is no part of it.
fn begins(bytes: &[u8], at: usize, set: Set) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| bytes[i]) else { return true };
    let escaped = matches!(before, b'n' | b't' | b'r') && at >= 2 && bytes[at - 2] == b'\\';
    // `.` and `-` in front belong to a longer word; a slash only ends a host.
    let inner = before != b'/' && set.has(before);
    escaped || !(inner || before.is_ascii_alphanumeric() || before == b'_')
}

/// Whether the word is longer than the key: then it is another word.
fn goes_on(set: Set, rest: &[u8], length: usize) -> bool {
    let next = rest.get(length).copied().unwrap_or(b' ');
    set.has(next) && !matches!(next, b'.' | b'-')
        || next.is_ascii_alphanumeric()
        || (next == b'_' && !matches!(set, Set::Path))
}

/// The provider's name within half a screen.
fn is_near(text: &str, at: usize, word: &str) -> bool {
    let mut from = at.saturating_sub(400);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = (at + 200).min(text.len());
    while !text.is_char_boundary(to) {
        to += 1;
    }
    text[from..to].to_ascii_lowercase().contains(word)
}

/// JSON Web Token: two objects in base64 and a signature; not the example of every tutorial.
fn is_signed(key: &str) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    let [head, claims, signature] = parts.as_slice() else { return false };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    let claims = String::from_utf8_lossy(&decoded(claims)).into_owned();
    decoded(head).windows(5).any(|w| w == b"\"alg\"")
        && claims.starts_with('{')
        && signature.len() >= 20
        && !["1234567890", "John Doe", "example"].iter().any(|word| claims.contains(word))
}

/// GitHub's and npm's checksum: CRC-32 of all but the last six characters, as six digits of base 62.
pub(super) fn has_checksum(body: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((random, sum)) = body.len().checked_sub(6).map(|at| body.split_at(at)) else {
        return false;
    };
    let value = sum.bytes().try_fold(0_u64, |value, byte| {
        let digit = DIGITS.iter().position(|d| *d == byte)?;
        Some(value * 62 + digit as u64)
    });
    value == Some(u64::from(crc32(random.as_bytes())))
}

/// CRC-32 of IEEE 802.3, as zlib computes it.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::gs::format::FORMATS;

    #[test]
    fn the_checksum_is_that_of_zlib() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert!(!has_checksum("short") && !has_checksum("not base 62 é"));
    }

    #[test]
    fn no_two_formats_are_the_same() {
        let mut seen = std::collections::BTreeSet::new();
        for format in FORMATS {
            assert!(seen.insert(format.prefix), "{}", format.prefix);
            assert!(format.least <= format.most && format.prefix.is_ascii(), "{}", format.prefix);
        }
    }
}
