//! Reads one file: bounded, decoded once.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::limits;
use crate::text::unit::Encoding;

/// What a file holds.
pub(super) struct Content {
    /// as stored, at most [`limits::WHOLE_FILE`]
    pub(super) bytes: Vec<u8>,
    /// decoded
    pub(super) text: String,
    pub(super) encoding: Encoding,
    /// size on disk
    pub(super) size: u64,
    /// whether `bytes` is all of it
    pub(super) whole: bool,
}

/// Reads a regular file; what became something else since it was listed is an error.
pub(super) fn read(path: &Path) -> std::io::Result<Content> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    let expected = usize::try_from(found.len().min(limits::WHOLE_FILE)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(expected + 1);
    // One byte more than allowed tells whether something is left, whatever the size said.
    file.take(limits::WHOLE_FILE + 1).read_to_end(&mut bytes)?;
    let whole = bytes.len() as u64 <= limits::WHOLE_FILE;
    if !whole {
        bytes.pop();
    }
    let size = found.len().max(bytes.len() as u64);
    let (text, encoding) = decoded(&bytes);
    Ok(Content { bytes, text, encoding, size, whole })
}

/// The text of bytes and how it was stored; binary bytes have none.
pub(super) fn decoded(bytes: &[u8]) -> (String, Encoding) {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return (utf16(rest, u16::from_le_bytes), Encoding::Utf16Le);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return (utf16(rest, u16::from_be_bytes), Encoding::Utf16Be);
    }
    if bytes[..bytes.len().min(limits::BINARY_PROBE)].contains(&0) {
        return (String::new(), Encoding::Binary);
    }
    let (rest, encoding) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, Encoding::Utf8Bom),
        None => (bytes, Encoding::Utf8),
    };
    match std::str::from_utf8(rest) {
        Ok(text) => (text.to_owned(), encoding),
        // A character cut by the limit is not an odd encoding.
        Err(error) if error.error_len().is_none() => {
            (String::from_utf8_lossy(&rest[..error.valid_up_to()]).into_owned(), encoding)
        }
        Err(_) => (rest.iter().map(|byte| char::from(*byte)).collect(), Encoding::Latin1),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
