//! Tags of XML and where in the bytes they stand.
//!
//! In: bytes. Out: each tag, and the place of its `<`. Start at [`Scan::next_tag`].
//! **Invariant:** texts, comments and sections are passed over, however long they are.

use std::io::{self, BufRead};

/// Bytes of one tag; where one is longer, reading ends.
const TAG: usize = 1 << 20;

/// Reads tags.
pub(super) struct Scan<R> {
    input: R,
    at: u64,
    /// The tag that was found, with its brackets.
    pub(super) tag: Vec<u8>,
}

impl<R: BufRead> Scan<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, at: 0, tag: Vec::new() }
    }

    /// Finds the next tag: where it begins. `None` at the end, and where a document type stands.
    pub(super) fn next_tag(&mut self) -> io::Result<Option<u64>> {
        loop {
            if !self.skip_text()? {
                return Ok(None);
            }
            let begin = self.at;
            self.tag.clear();
            let mut quote = 0;
            loop {
                let looked = self.tag.len();
                if !self.until_bracket()? {
                    return Ok(None);
                }
                let done = match kind(&self.tag) {
                    Kind::Tag => {
                        quote = quotes(&self.tag[looked..], quote);
                        quote == 0
                    }
                    Kind::Section(end) => {
                        // Only its ends are looked at.
                        let len = self.tag.len();
                        let done = self.tag.ends_with(end);
                        if len > 64 {
                            self.tag.drain(9..len - 3);
                        }
                        done
                    }
                    Kind::Other => return Ok(None),
                };
                if self.tag.len() > TAG {
                    return Ok(None);
                }
                if done {
                    break;
                }
            }
            if matches!(kind(&self.tag), Kind::Tag) {
                return Ok(Some(begin));
            }
        }
    }

    /// Goes to the next `<`; false where there is none.
    fn skip_text(&mut self) -> io::Result<bool> {
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let found = memchr::memchr(b'<', chunk);
            let used = found.unwrap_or(chunk.len());
            self.input.consume(used);
            self.at += used as u64;
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    /// Takes what stands up to the next `>`, or a chunk of it; false at the end.
    fn until_bracket(&mut self) -> io::Result<bool> {
        let chunk = self.input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(false);
        }
        let used = memchr::memchr(b'>', chunk).map_or(chunk.len(), |end| end + 1);
        self.tag.extend_from_slice(&chunk[..used]);
        self.input.consume(used);
        self.at += used as u64;
        Ok(true)
    }
}

enum Kind {
    Tag,
    /// A comment, a section of characters, an instruction: what it ends with.
    Section(&'static [u8]),
    /// A document type.
    Other,
}

fn kind(tag: &[u8]) -> Kind {
    match tag {
        [b'<', b'!', b'-', ..] => Kind::Section(b"-->"),
        [b'<', b'!', b'[', ..] => Kind::Section(b"]]>"),
        [b'<', b'?', ..] => Kind::Section(b"?>"),
        [b'<', b'!', _, ..] => Kind::Other,
        _ => Kind::Tag,
    }
}

/// The quote that is open behind these bytes, 0 for none; a tag that has not ended counts as one
/// with an open quote that nothing closes.
fn quotes(bytes: &[u8], open: u8) -> u8 {
    let mut quote = if open == UNENDED { 0 } else { open };
    for byte in bytes {
        match (quote, *byte) {
            (0, b'"' | b'\'') => quote = *byte,
            (open, byte) if open == byte => quote = 0,
            _ => {}
        }
    }
    if quote == 0 && bytes.last() != Some(&b'>') { UNENDED } else { quote }
}

/// No quote: the tag goes on in the next chunk.
const UNENDED: u8 = 1;

/// Where the value of an attribute stands in the body of a tag, and what it is.
pub(super) fn value<'b>(body: &'b str, wanted: &str) -> Option<(usize, &'b str)> {
    let bytes = body.as_bytes();
    let mut at = body.find(|sign: char| sign.is_ascii_whitespace())?;
    loop {
        at += bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        let equals = at + memchr::memchr(b'=', &bytes[at..])?;
        let name = body.get(at..equals)?.trim();
        let open =
            equals + 1 + bytes[equals + 1..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        let quote = bytes[open];
        if quote != b'"' && quote != b'\'' {
            return None;
        }
        let end = open + 1 + memchr::memchr(quote, &bytes[open + 1..])?;
        if name == wanted {
            return Some((open + 1, &body[open + 1..end]));
        }
        at = end + 1;
        if at >= bytes.len() {
            return None;
        }
    }
}
