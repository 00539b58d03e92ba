//! The bytes of a report as UTF-8, whatever they came as.
//!
//! In: bytes with or without a byte order mark, in UTF-8, UTF-16 or Latin-1. Out: chunks of whole
//! characters. Start at [`Text::chunk`]. **Invariants:** chunks are valid UTF-8; memory does not
//! grow; bytes that are none become U+FFFD, and are counted.

use std::io::{self, Read};

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// How the bytes are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, also where nothing is said.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// ISO 8859-1 as browsers take it: Windows-1252.
    Latin1,
    /// Another one, by its declaration: read as UTF-8, and told where it is not.
    Other,
}

/// What 0x80 to 0x9F are in Windows-1252.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// What encoding these first bytes are in, and how long their mark is.
pub(crate) fn encoding(head: &[u8]) -> (Encoding, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
        // A report begins with a sign of ASCII: where its other byte stands, says which.
        [1..=0x7f, 0, ..] => (Encoding::Utf16Le, 0),
        [0, 1..=0x7f, ..] => (Encoding::Utf16Be, 0),
        _ => (declared(head), 0),
    }
}

/// The encoding of an XML declaration.
fn declared(head: &[u8]) -> Encoding {
    let head = head.trim_ascii_start();
    let end = memchr::memchr(b'>', head).unwrap_or(0);
    let Some(declaration) = head[..end].strip_prefix(b"<?xml") else { return Encoding::Utf8 };
    let text = String::from_utf8_lossy(declaration).to_ascii_lowercase();
    let Some((_, value)) = text.split_once("encoding") else { return Encoding::Utf8 };
    let value = value.trim_start_matches([' ', '=', '"', '\'']);
    let name = value.split(['"', '\'', ' ']).next().unwrap_or_default();
    match name {
        // One that says UTF-16 and is read as bytes, is not: somebody has converted it.
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" => Encoding::Utf8,
        "iso-8859-1" | "latin1" | "iso8859-1" | "windows-1252" | "cp1252" => Encoding::Latin1,
        _ => Encoding::Other,
    }
}

/// A report's bytes, read as text.
#[derive(Debug)]
pub(crate) struct Text<R> {
    from: R,
    /// `None` until the first bytes are there.
    encoding: Option<Encoding>,
    raw: Vec<u8>,
    /// Bytes of `raw` that begin a character whose end is still to come.
    kept: usize,
    out: String,
    over: bool,
    /// Places where bytes were no text.
    pub(crate) wrong: u64,
}

impl<R: Read> Text<R> {
    pub(crate) const fn new(from: R) -> Self {
        Self {
            from,
            encoding: None,
            raw: Vec::new(),
            kept: 0,
            out: String::new(),
            over: false,
            wrong: 0,
        }
    }

    /// Whether what could not be read was to be expected: the encoding is not one of ours.
    pub(crate) fn is_foreign(&self) -> bool {
        self.encoding == Some(Encoding::Other) && self.wrong > 0
    }

    /// The next characters; empty at the end.
    pub(crate) fn chunk(&mut self) -> io::Result<&[u8]> {
        loop {
            if self.over {
                return Ok(&[]);
            }
            let len = self.fill()?;
            let mut skip = 0;
            let encoding = *self.encoding.get_or_insert_with(|| {
                let (found, mark) = encoding(&self.raw[..len]);
                skip = mark;
                found
            });
            let last = self.over;
            self.kept = 0;
            let bytes = &self.raw[skip..len];
            if matches!(encoding, Encoding::Utf8 | Encoding::Other) {
                match std::str::from_utf8(bytes) {
                    // Most reports, always.
                    Ok(_) if !bytes.is_empty() => return Ok(&self.raw[skip..len]),
                    Ok(_) => continue,
                    Err(_) => {}
                }
            }
            self.out.clear();
            let used = skip
                + match encoding {
                    Encoding::Utf8 | Encoding::Other => {
                        lossy(bytes, last, &mut self.out, &mut self.wrong)
                    }
                    Encoding::Latin1 => latin1(bytes, &mut self.out),
                    Encoding::Utf16Le | Encoding::Utf16Be => {
                        let big = encoding == Encoding::Utf16Be;
                        utf16(bytes, big, last, &mut self.out, &mut self.wrong)
                    }
                };
            self.raw.copy_within(used..len, 0);
            self.kept = len - used;
            if !self.out.is_empty() {
                return Ok(self.out.as_bytes());
            }
        }
    }

    /// Reads behind what was kept; how many bytes there are now. Several reads until there are
    /// four, so that a mark is seen whole.
    fn fill(&mut self) -> io::Result<usize> {
        self.raw.resize(CHUNK, 0);
        let mut len = self.kept;
        loop {
            match self.from.read(&mut self.raw[len..]) {
                Ok(0) => {
                    self.over = true;
                    return Ok(len);
                }
                Ok(more) => len += more,
                Err(wrong) if wrong.kind() == io::ErrorKind::Interrupted => {}
                Err(wrong) => return Err(wrong),
            }
            if len >= 4 && (self.encoding.is_some() || len >= 256) {
                return Ok(len);
            }
        }
    }
}

/// UTF-8 with U+FFFD where it is none; how many bytes were used.
fn lossy(bytes: &[u8], last: bool, out: &mut String, wrong: &mut u64) -> usize {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return bytes.len();
            }
            Err(found) => {
                let (good, bad) = rest.split_at(found.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                let len = match found.error_len() {
                    Some(len) => len,
                    None if last => bad.len(),
                    None => return bytes.len() - bad.len(),
                };
                out.push(char::REPLACEMENT_CHARACTER);
                *wrong += 1;
                rest = &bad[len..];
            }
        }
    }
}

fn latin1(bytes: &[u8], out: &mut String) -> usize {
    out.extend(bytes.iter().map(|byte| match byte {
        0x80..=0x9f => WINDOWS.chars().nth(usize::from(byte - 0x80)).unwrap_or('\u{fffd}'),
        _ => char::from(*byte),
    }));
    bytes.len()
}

/// UTF-16 with U+FFFD where a half is missing; how many bytes were used.
fn utf16(bytes: &[u8], big: bool, last: bool, out: &mut String, wrong: &mut u64) -> usize {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    };
    let mut used = bytes.len() & !1;
    // The first half of a character whose second half is in the next chunk.
    let half = used >= 2 && (0xd800..0xdc00).contains(&unit(&bytes[used - 2..used]));
    if half && !last {
        used -= 2;
    }
    for sign in char::decode_utf16(bytes[..used].chunks_exact(2).map(unit)) {
        out.push(sign.unwrap_or_else(|_| {
            *wrong += 1;
            char::REPLACEMENT_CHARACTER
        }));
    }
    if last && used < bytes.len() {
        *wrong += 1;
        out.push(char::REPLACEMENT_CHARACTER);
        used = bytes.len();
    }
    used
}

#[cfg(test)]
mod tests;
