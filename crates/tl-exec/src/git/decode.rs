//! From the bytes of a commit object to [`RawCommit`].
//!
//! In: what the object database hands out. Out: borrowed fields; nothing is copied.
//! Start at [`decode`]. **Invariant:** any bytes give an answer, never a panic; what `git log`
//! can show is not refused here. Written by hand, since `gix-object` refuses a commit for one
//! bad date, and a history keeps such commits for ever.

use bstr::{BStr, ByteSlice as _};
use gix::ObjectId;
use tl_core::id::CommitId;
use tl_core::time::{OffsetMinutes, Timestamp};

/// Longest message that is handed on, in bytes.
pub const MESSAGE_LIMIT: usize = 1 << 20;

/// A commit as it is written, lent for the length of one call.
#[derive(Debug, Clone, Copy)]
pub struct RawCommit<'a> {
    /// Object id.
    pub id: CommitId,
    /// Ids of the parents, in order; empty where history is cut off (see `cut_off`).
    pub parents: &'a [CommitId],
    /// A shallow clone ends here: the commit has parents, but they are not in the repository.
    pub cut_off: bool,
    /// Who wrote it, and when.
    pub author: RawSignature<'a>,
    /// Who put it where it is, and when.
    pub committer: RawSignature<'a>,
    /// The message, or its first [`MESSAGE_LIMIT`] bytes.
    pub message: &'a BStr,
    /// Whether the message goes on behind what is handed on.
    pub truncated: bool,
    /// The name of the message's encoding where the commit names one; else it should be UTF-8.
    pub encoding: Option<&'a BStr>,
}

/// A name, an address and an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawSignature<'a> {
    /// Name without surrounding blanks; any bytes, may be empty.
    pub name: &'a BStr,
    /// Address without surrounding blanks; any bytes, may be empty.
    pub email: &'a BStr,
    /// The instant; 1970-01-01 where none can be read, as `git log` shows it.
    pub at: Timestamp,
    /// The time zone; UTC where none can be read or it is a day or more away from UTC.
    pub offset: OffsetMinutes,
}

/// The fields of a commit object; parents go into a buffer of the caller's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) tree: ObjectId,
    pub(super) author: RawSignature<'a>,
    pub(super) committer: RawSignature<'a>,
    pub(super) message: &'a BStr,
    pub(super) truncated: bool,
    pub(super) encoding: Option<&'a BStr>,
}

/// Reads a commit object. Parents are put into `parents` even where the rest cannot be read.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    parents: &mut Vec<ObjectId>,
) -> Result<Decoded<'a>, &'static str> {
    parents.clear();
    let mut rest = bytes;
    let tree = value(&mut rest, b"tree ").and_then(|hex| ObjectId::from_hex(hex).ok());
    while let Some(hex) = value(&mut rest, b"parent ") {
        parents.push(ObjectId::from_hex(hex).map_err(|_| "it has a parent without a full id")?);
    }
    let author = value(&mut rest, b"author ").map(signature).ok_or("it has no author")?;
    let committer = value(&mut rest, b"committer ").map(signature).ok_or("it has no committer")?;
    let mut encoding = None;
    while !rest.is_empty() && rest[0] != b'\n' {
        let line = take_line(&mut rest);
        if let Some(name) = line.strip_prefix(b"encoding ") {
            encoding = Some(name.as_bstr());
        }
    }
    let message = rest.strip_prefix(b"\n").unwrap_or(rest);
    let truncated = message.len() > MESSAGE_LIMIT;
    Ok(Decoded {
        tree: tree.ok_or("it has no tree")?,
        author,
        committer,
        message: message[..message.len().min(MESSAGE_LIMIT)].as_bstr(),
        truncated,
        encoding,
    })
}

/// The tree of a commit object, without reading the rest.
pub(super) fn tree_of(bytes: &[u8]) -> Option<ObjectId> {
    let mut rest = bytes;
    value(&mut rest, b"tree ").and_then(|hex| ObjectId::from_hex(hex).ok())
}

/// Takes the next line if it begins with `key`, and returns what follows it.
pub(super) fn value<'a>(rest: &mut &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let tail = rest.strip_prefix(key)?;
    *rest = tail;
    Some(take_line(rest))
}

/// Takes everything up to and with the next line feed; returns it without the line feed.
fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (line, tail) = match rest.find_byte(b'\n') {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (*rest, &rest[rest.len()..]),
    };
    *rest = tail;
    line
}

/// Reads `Name <address> seconds offset` as `git` does: the address ends at the first `>` behind
/// the first `<`, the date begins behind the last `>`.
pub(super) fn signature(line: &[u8]) -> RawSignature<'_> {
    let (name, behind_name) = match line.find_byte(b'<') {
        Some(open) => (&line[..open], &line[open + 1..]),
        None => (line, &line[line.len()..]),
    };
    let email = &behind_name[..behind_name.find_byte(b'>').unwrap_or(behind_name.len())];
    let date = line.rfind_byte(b'>').map_or(&line[line.len()..], |close| &line[close + 1..]);
    let mut words = date.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    RawSignature {
        name: name.trim_ascii().as_bstr(),
        email: email.trim_ascii().as_bstr(),
        at: words.next().and_then(number).map_or_else(Timestamp::default, Timestamp::from_seconds),
        offset: words.next().and_then(offset).unwrap_or_default(),
    }
}

/// A decimal number with an optional sign; `None` where it does not fit.
fn number(word: &[u8]) -> Option<i64> {
    let (negative, digits) = match word.split_first()? {
        (b'-', digits) => (true, digits),
        (b'+', digits) => (false, digits),
        _ => (false, word),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0i64, |sum, digit| {
        let digit = i64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        let step = if negative { -digit } else { digit };
        sum.checked_mul(10)?.checked_add(step)
    })
}

/// `+hhmm` in minutes, less than a day away from UTC.
fn offset(word: &[u8]) -> Option<OffsetMinutes> {
    let hhmm = number(word)?;
    let minutes = (hhmm / 100).checked_mul(60)?.checked_add(hhmm % 100)?;
    i16::try_from(minutes).ok().filter(|minutes| minutes.abs() < 24 * 60).map(OffsetMinutes)
}
