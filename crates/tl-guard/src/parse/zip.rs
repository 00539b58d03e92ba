//! Members of a zip archive, bounded.
//!
//! In: the bytes of an archive. Out: each member's name and contents, and what was left out and why.
//! Start at [`read`]. The central directory is believed for names and places, never for sizes: what
//! is inflated is counted while it is. **Invariant:** at most [`limits::ARCHIVE_MEMBERS`] members of
//! [`limits::ARCHIVE_MEMBER`] bytes, [`limits::ARCHIVE`] together.

use zlib_rs::{Inflate, InflateFlush, Status};

use crate::limits;

/// What was not read of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which member; empty: the archive itself.
    pub name: String,
    /// Why, in words.
    pub why: &'static str,
}

/// A record of the central directory.
struct Record<'a> {
    name: String,
    encrypted: bool,
    method: u16,
    packed: &'a [u8],
}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
/// Fixed bytes of a local header, of a record, and of the end.
const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;

/// Whether bytes begin as a zip archive does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) || bytes.starts_with(END)
}

/// Gives each member that is a file to `each`, in the order of the directory; the answer is what was left out.
pub fn read(bytes: &[u8], each: &mut dyn FnMut(&str, Vec<u8>)) -> Vec<Left> {
    let left = |name: &str, why| Left { name: name.to_owned(), why };
    let Some((directory, told)) = directory(bytes) else {
        return vec![left("", "its directory is broken")];
    };
    let mut out = Vec::new();
    let (mut at, mut members, mut budget) = (directory, 0_usize, limits::ARCHIVE);
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(CENTRAL)) {
        if members == limits::ARCHIVE_MEMBERS {
            out.push(left("", "it has more members than are read"));
            break;
        }
        members += 1;
        let Some((record, next)) = record(bytes, at) else {
            out.push(left("", "a record of its directory is broken"));
            break;
        };
        at = next;
        if record.name.ends_with('/') {
            continue;
        }
        match contents(&record, budget.min(limits::ARCHIVE_MEMBER)) {
            Ok(contents) => {
                budget -= contents.len();
                each(&record.name, contents);
            }
            Err(why) => out.push(left(&record.name, why)),
        }
    }
    // Other programs look for what a directory leaves out, or elsewhere.
    if out.is_empty() && members < told {
        out.push(left("", "its directory names fewer members than it says"));
    }
    out
}

/// Where the central directory begins, and how many records it is said to have.
fn directory(bytes: &[u8]) -> Option<(usize, usize)> {
    // A comment of at most 65,535 bytes may follow.
    let first = bytes.len().saturating_sub(END_SIZE + 0xffff);
    let at = bytes[first..].windows(END.len()).rposition(|window| window == END)? + first;
    let start = usize::try_from(u32_at(bytes, at + 16)?).ok()?;
    let records = usize::from(u16_at(bytes, at + 10)?);
    (start <= at).then_some((start, records))
}

/// The record at `at`, and where the next begins.
fn record(bytes: &[u8], at: usize) -> Option<(Record<'_>, usize)> {
    let [flags, method] = [u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?];
    let size = usize::try_from(u32_at(bytes, at + 20)?).ok()?;
    let lengths: Option<usize> =
        [28, 30, 32].iter().map(|field| u16_at(bytes, at + field).map(usize::from)).sum();
    let name_length = usize::from(u16_at(bytes, at + 28)?);
    let name = bytes.get(at + CENTRAL_SIZE..at + CENTRAL_SIZE + name_length)?;
    let header = usize::try_from(u32_at(bytes, at + 42)?).ok()?;
    if !bytes.get(header..)?.starts_with(LOCAL) {
        return None;
    }
    let before =
        usize::from(u16_at(bytes, header + 26)?) + usize::from(u16_at(bytes, header + 28)?);
    let start = header.checked_add(LOCAL_SIZE + before)?;
    let packed = bytes.get(start..start.checked_add(size)?)?;
    let name = String::from_utf8_lossy(name).replace('\\', "/");
    let record = Record { name, encrypted: flags & 1 != 0, method, packed };
    Some((record, at + CENTRAL_SIZE + lengths?))
}

fn contents(record: &Record<'_>, most: usize) -> Result<Vec<u8>, &'static str> {
    if record.encrypted {
        return Err("it has a password");
    }
    match record.method {
        0 if record.packed.len() > most => Err("it is larger than is read"),
        0 => Ok(record.packed.to_vec()),
        8 => inflated(record.packed, most),
        _ => Err("it is compressed in a way that is not read"),
    }
}

/// At most `most` bytes.
fn inflated(packed: &[u8], most: usize) -> Result<Vec<u8>, &'static str> {
    const STEP: usize = 64 << 10;
    let mut inflate = Inflate::new(false, 15);
    let mut out = Vec::new();
    loop {
        let (read, filled) = (counted(inflate.total_in()), out.len());
        if filled > most {
            return Err("it is larger than is read");
        }
        out.resize(filled + STEP, 0);
        let input = packed.get(read..).unwrap_or_default();
        let status = inflate.decompress(input, &mut out[filled..], InflateFlush::NoFlush);
        let now = counted(inflate.total_out());
        out.truncate(now);
        // Text is packed to a fiftieth at most; what grows more is made to fill a memory.
        if now > STEP && now / limits::ARCHIVE_RATIO > packed.len() {
            return Err("it grows more than text can");
        }
        match status {
            Ok(Status::StreamEnd) if now <= most => return Ok(out),
            Ok(Status::StreamEnd) => return Err("it is larger than is read"),
            Ok(_) if now > filled || counted(inflate.total_in()) > read => {}
            Ok(_) | Err(_) => return Err("its data is broken"),
        }
    }
}

fn counted(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes([pair[0], pair[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
mod tests;
