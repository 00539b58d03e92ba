//! Which format a report is in, by its content: never by the name of its file.
//!
//! In: the first bytes, 64 KiB are plenty. Out: the [`Format`], or none. Start at [`detect`].
//! **Invariant:** nothing is read beyond the bytes that are given, and nothing is expanded.

use super::Format;
use super::text::Text;

mod json;
mod lines;
mod xml;

/// Bytes that are looked at.
pub const HEAD: usize = 64 << 10;

/// What the beginning of a report shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has nothing but blanks.
    Nothing,
    /// This format.
    Known(Format),
    /// XML with this root, or JSON: well-formed as far as it was seen, and no report of tests.
    Other(String),
    /// Neither XML nor JSON nor lines of a runner.
    Text,
}

/// The format of a report that begins with these bytes.
pub fn detect(head: &[u8]) -> Option<Format> {
    match look(head) {
        Seen::Known(format) => Some(format),
        Seen::Nothing | Seen::Other(_) | Seen::Text => None,
    }
}

/// What the beginning of a report shows.
pub(super) fn look(head: &[u8]) -> Seen {
    let head = decoded(head);
    let text = head.trim_ascii_start();
    if text.is_empty() {
        return Seen::Nothing;
    }
    if text.starts_with('<') {
        return xml::look(text);
    }
    // A runner's lines may stand above those of JSON: the build's output.
    json::look(text).or_else(|| lines::look(text).map(Seen::Known)).unwrap_or(Seen::Text)
}

/// Keys of the first value of a text of JSON.
pub(crate) fn keys(text: &str) -> json::Keys {
    json::Keys::of(text)
}

/// The beginning of a report as text.
pub(crate) fn decoded(head: &[u8]) -> String {
    let mut text = Text::new(&head[..head.len().min(HEAD)]);
    let mut all = Vec::new();
    // Bytes in memory cannot fail to be read.
    while let Ok(chunk) = text.chunk() {
        if chunk.is_empty() {
            break;
        }
        all.extend_from_slice(chunk);
    }
    String::from_utf8(all).unwrap_or_default()
}

#[cfg(test)]
mod tests;
