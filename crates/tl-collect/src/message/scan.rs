//! How one pointer is read: an object id, `#12`, `!12`, `owner/repo#12`, a request's address.

use bstr::ByteSlice as _;
use tl_core::history::Reference;

/// Reads an object id of 7 to 64 hexadecimal digits at the start; the rest follows it.
///
/// At least one digit must be decimal: `defaced` is a word. What follows must not belong to it.
pub(super) fn object_id(text: &[u8]) -> Option<(String, &[u8])> {
    let digits = text.iter().take(65).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (id, rest) = text.split_at(digits);
    let ends = rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let is_id = (7..=64).contains(&digits) && ends && id.iter().any(u8::is_ascii_digit);
    is_id.then(|| (String::from_utf8_lossy(id).to_ascii_lowercase(), rest))
}

/// Reads a number above 0 at the start; the rest follows it.
pub(super) fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[..digits].to_str().ok()?.parse().ok().filter(|number| *number > 0)?;
    Some((number, &text[digits..]))
}

/// Reads `#12`, `!12`, an object id or the address of a request at the start.
pub(super) fn reference(text: &[u8]) -> Option<(Reference, &[u8])> {
    let text = match text {
        [b'(' | b'`' | b'[', rest @ ..] => rest,
        text => text,
    };
    if let Some(rest) = text.strip_prefix(b"#").or_else(|| text.strip_prefix(b"!")) {
        return number(rest).map(|(number, rest)| (Reference::Request(number), rest));
    }
    if text.starts_with(b"https://") {
        let end = text.iter().take(200).position(u8::is_ascii_whitespace);
        let address = &text[..end.unwrap_or(text.len().min(200))];
        let at = ["/pull/", "/merge_requests/", "/pull-requests/", "/pullrequest/"]
            .iter()
            .find_map(|path| address.find(path).map(|at| at + path.len()))?;
        return number(&text[at..]).map(|(number, rest)| (Reference::Request(number), rest));
    }
    object_id(text).map(|(id, rest)| (Reference::Commit(id), rest))
}

/// Skips white space, at most 200 bytes of it.
pub(super) fn skip_space(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take(200).take_while(|byte| byte.is_ascii_whitespace()).count();
    &text[spaces..]
}

/// Takes `word` from the start, in any case, with white space after it.
pub(super) fn skip_word<'a>(text: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let rest = skip_prefix(text, word)?;
    let trimmed = skip_space(rest);
    (trimmed.len() < rest.len()).then_some(trimmed)
}

/// Takes `prefix` from the start, in any case.
pub(super) fn skip_prefix<'a>(text: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix.as_bytes()).then_some(rest)
}

/// The reference behind at least one and at most five joining words.
pub(super) fn joined(mut rest: &[u8]) -> Option<Reference> {
    const JOINTS: [&str; 18] = [
        "to",
        "of",
        "on",
        "for",
        "from",
        "in",
        "by",
        "since",
        "with",
        "introduced",
        "caused",
        "was",
        "commit",
        "PR",
        "pull",
        "request",
        "the",
        "that",
    ];
    for position in 0..6 {
        if position > 0
            && let Some(reference) = pointed(rest)
        {
            return Some(reference);
        }
        rest = JOINTS.iter().find_map(|word| skip_word(rest, word))?;
    }
    None
}

/// A reference, or `owner/repo#12`.
fn pointed(text: &[u8]) -> Option<Reference> {
    if let Some((reference, _)) = reference(text) {
        return Some(reference);
    }
    let hash = text.iter().take(100).position(|byte| *byte == b'#')?;
    let named = text[..hash].contains(&b'/')
        && text[..hash].iter().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(b));
    let (number, _) = number(&text[hash + 1..])?;
    named.then_some(Reference::Request(number))
}
