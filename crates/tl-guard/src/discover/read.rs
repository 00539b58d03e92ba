//! Reads one file: bounded, decoded once; what is behind the bound in windows.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::limits;
use crate::parse::zip;
use crate::text::unit::Encoding;

/// What a file holds.
pub(super) struct Content {
    /// as stored, where that is not `text`; at most [`limits::WHOLE_FILE`], or of an archive
    /// [`limits::ARCHIVE_FILE`]
    stored: Option<Vec<u8>>,
    /// decoded
    pub(super) text: String,
    pub(super) encoding: Encoding,
    /// size on disk
    pub(super) size: u64,
    /// whether `bytes` is all of it
    pub(super) whole: bool,
}

impl Content {
    /// As stored; of a large file the beginning.
    pub(super) fn bytes(&self) -> &[u8] {
        self.stored.as_deref().unwrap_or(self.text.as_bytes())
    }
}

/// Opens a regular file. What became a link, a pipe or a device since it was listed is an error, and
/// nothing is waited for.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    #[cfg(unix)]
    let file = {
        use rustix::fs::{Mode, OFlags};
        // A pipe would keep us until somebody writes; for regular files the flag means nothing.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        File::from(rustix::fs::open(path, flags, Mode::empty())?)
    };
    #[cfg(not(unix))]
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    Ok(file)
}

/// Reads a regular file; what became something else since it was listed is an error.
pub(super) fn read(path: &Path) -> std::io::Result<Content> {
    let file = open(path)?;
    let found = file.metadata()?;
    let expected = usize::try_from(found.len().min(limits::WHOLE_FILE)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(expected + 1);
    // One byte more than allowed tells whether something is left, whatever the size said.
    let mut part = file.take(limits::WHOLE_FILE + 1);
    part.read_to_end(&mut bytes)?;
    let mut most = limits::WHOLE_FILE;
    if bytes.len() as u64 > most && zip::is(&bytes) {
        part.set_limit(limits::ARCHIVE_FILE - limits::WHOLE_FILE);
        part.read_to_end(&mut bytes)?;
        most = limits::ARCHIVE_FILE;
    }
    let whole = bytes.len() as u64 <= most;
    if !whole {
        bytes.pop();
    }
    let size = found.len().max(bytes.len() as u64);
    // Nearly all files are text that needs no second copy.
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if is_plain(text.as_bytes()) => {
            return Ok(Content { stored: None, text, encoding: Encoding::Utf8, size, whole });
        }
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    let (text, encoding) = decoded(&bytes);
    Ok(Content { stored: Some(bytes), text, encoding, size, whole })
}

/// Gives what stands behind the first `from` bytes to `each`, in windows that overlap, each with the
/// number of its first line; `line` is that of the byte at `from`. The answer is the byte behind the
/// last that was read, at most [`limits::WINDOWED_FILE`].
pub(super) fn windows(
    path: &Path,
    (from, line): (u64, u32),
    encoding: Encoding,
    each: &mut dyn FnMut(String, u32),
) -> std::io::Result<u64> {
    let mut file = open(path)?;
    // Characters of UTF-16 stand at even bytes; the bound and the overlap are even.
    let back = (limits::WINDOW_OVERLAP as u64).min(from);
    file.seek(SeekFrom::Start(from - back))?;
    let mut file = file.take(limits::WINDOWED_FILE.saturating_sub(from) + back);
    let (mut at, mut line) = (from - back, line);
    let mut bytes = vec![0; usize::try_from(back).unwrap_or_default()];
    file.read_exact(&mut bytes)?;
    line = line.saturating_sub(lines(&bytes));
    loop {
        let kept = bytes.len();
        (&mut file).take(limits::WINDOW as u64).read_to_end(&mut bytes)?;
        if bytes.len() == kept {
            return Ok(at + kept as u64);
        }
        each(part(&bytes, encoding), line);
        let done = bytes.len() - limits::WINDOW_OVERLAP.min(bytes.len());
        line = line.saturating_add(lines(&bytes[..done]));
        at += done as u64;
        bytes.drain(..done);
    }
}

/// Line breaks in a part.
pub(super) fn lines(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// A part out of the middle of a file that is stored so.
fn part(bytes: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Utf16Le => utf16(bytes, u16::from_le_bytes),
        Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes),
        Encoding::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Encoding::Utf8 | Encoding::Utf8Bom | Encoding::Binary => {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

/// Whether bytes that are UTF-8 are their own text: neither binary nor behind a byte order mark.
fn is_plain(bytes: &[u8]) -> bool {
    !bytes.starts_with(b"\xef\xbb\xbf")
        && !bytes[..bytes.len().min(limits::BINARY_PROBE)].contains(&0)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    /// What `read` says, unless it still waits after ten seconds.
    fn within_seconds(path: &Path) -> Option<std::io::Result<Vec<u8>>> {
        let (send, receive) = mpsc::channel();
        let path = path.to_owned();
        std::thread::spawn(move || send.send(read(&path).map(|content| content.bytes().to_vec())));
        receive.recv_timeout(Duration::from_secs(10)).ok()
    }

    #[test]
    fn a_pipe_that_took_the_place_of_a_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("CLAUDE.md");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let told = within_seconds(&path).expect("an answer");
        assert_eq!(told.unwrap_err().to_string(), "not a regular file");
        let mut windows = Vec::new();
        let read = super::windows(&path, (0, 1), Encoding::Utf8, &mut |text, _| windows.push(text));
        assert!(read.is_err() && windows.is_empty());
    }

    #[test]
    fn a_link_that_took_the_place_of_a_file_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (path, secret) = (directory.path().join("CLAUDE.md"), directory.path().join("secret"));
        std::fs::write(&secret, "secret").unwrap();
        std::os::unix::fs::symlink(&secret, &path).unwrap();
        assert!(within_seconds(&path).expect("an answer").is_err());
        assert_eq!(within_seconds(&secret).expect("an answer").unwrap(), b"secret");
    }
}
