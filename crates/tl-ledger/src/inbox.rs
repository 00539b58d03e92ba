//! The inbox: events of short processes, beside the ledger, until somebody opens it.
//!
//! In: one event, from a hook that has no time for a database. Out: a line in a file of its session;
//! [`Ledger::take_inbox`] appends the lines to the ledger. Start at [`put`]. **Invariants:** a line is
//! written by one call, so that lines of several processes are never mixed; taking is repeatable,
//! because the ledger keeps an event once; a line that is not whole yet stays; and only the kinds that are
//! asked for are taken, because whoever can write to a repository can put files there.
//!
//! Lines are not forced to the disk: a power cut may lose the last ones.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tl_core::event::Event;

use crate::Ledger;
use crate::append::{AppendError, Appended};

/// Longest line, with its line break, in bytes.
pub const LINE: usize = 32 << 10;
/// Files that are read at once.
const FILES: usize = 10_000;
/// Events that are appended at once.
const APPENDED: usize = 10_000;
/// Bytes of lines that are appended at once, about.
const BATCH: usize = 8 << 20;
/// Days after which a file whose events are all in the ledger is taken away.
const DAYS: u64 = 7;

/// Why a line was not written.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The event is longer than [`LINE`].
    #[error("the event has {size} bytes, over the limit of {LINE}")]
    TooLarge {
        /// Its size with a line break.
        size: usize,
    },
    /// The event cannot be written as JSON.
    #[error("the event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The directory or the file cannot be written, or is a link.
    #[error("failed to write to the inbox `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What became of the lines of an inbox.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TakenIn {
    /// Events that were not in the ledger.
    pub new: usize,
    /// Lines that are no event, or of a kind that was not asked for.
    pub left_out: usize,
    /// Files that could not be read.
    pub unreadable: usize,
}

/// The inbox of a ledger's file.
pub fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.file_name().unwrap_or_default().to_owned();
    // Begins like the ledger, which is kept out of git by that.
    name.push("-inbox");
    ledger.with_file_name(name)
}

/// Writes an event to the file `stem` of an inbox.
///
/// # Errors
/// The event is too long, or the file cannot be written.
pub fn put(inbox: &Path, stem: &str, event: &Event) -> Result<(), PutError> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    if line.len() > LINE {
        return Err(PutError::TooLarge { size: line.len() });
    }
    let path = inbox.join(format!("{stem}.ndjson"));
    let failed = |source| PutError::Write { path: path.clone(), source };
    prepare(inbox).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    if path.is_symlink() {
        return Err(failed(io::Error::other("it is a link")));
    }
    let mut file = options.open(&path).map_err(failed)?;
    // One call: what a second one would add could stand behind another process's line.
    let written = file.write(&line).map_err(failed)?;
    if written < line.len() {
        return Err(failed(io::Error::new(
            io::ErrorKind::WriteZero,
            "only a part of the line was written",
        )));
    }
    Ok(())
}

/// Makes the directory, for its owner alone. One that is a link is not followed.
fn prepare(inbox: &Path) -> io::Result<()> {
    if inbox.is_symlink() {
        return Err(io::Error::other("the inbox is a link"));
    }
    if inbox.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(inbox)
}

impl Ledger {
    /// Appends what is in an inbox to the ledger; nothing where there is none. Events of other `kinds`
    /// are left out. Files whose events are all in the ledger are taken away after a week.
    ///
    /// # Errors
    /// The ledger cannot be written. What was appended until then stays; the files do, too.
    pub async fn take_inbox(&self, inbox: &Path, kinds: &[&str]) -> Result<TakenIn, AppendError> {
        let mut taken = TakenIn::default();
        let Ok(entries) = fs::read_dir(inbox) else { return Ok(taken) };
        if inbox.is_symlink() {
            return Ok(taken);
        }
        let is_ours =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "ndjson");
        let mut paths: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(is_ours).collect();
        paths.sort();
        for path in paths.iter().take(FILES) {
            let Ok(mut lines) = Lines::open(path) else {
                taken.unreadable += 1;
                continue;
            };
            loop {
                let events = lines.batch(kinds, &mut taken.left_out);
                if events.is_empty() {
                    break;
                }
                let Appended { new, .. } = self.append(&events).await?;
                taken.new += new;
            }
            taken.unreadable += usize::from(lines.failed);
            let whole = !lines.torn && !lines.failed;
            if whole && is_old(path) {
                let _may_be_gone = fs::remove_file(path);
            }
        }
        Ok(taken)
    }
}

/// The lines of a file, a batch at a time: a session may be long.
struct Lines {
    file: BufReader<fs::File>,
    /// The last line has no end yet.
    torn: bool,
    /// The file could not be read to its end.
    failed: bool,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        if !fs::symlink_metadata(path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        Ok(Self { file: BufReader::new(fs::File::open(path)?), torn: false, failed: false })
    }

    /// Some more events; none at the end. Lines that are no event of `kinds` are counted.
    fn batch(&mut self, kinds: &[&str], left_out: &mut usize) -> Vec<Event> {
        let mut events = Vec::new();
        let (mut bytes, mut line) = (0, Vec::new());
        while events.is_empty() || (events.len() < APPENDED && bytes < BATCH) {
            line.clear();
            match (&mut self.file).take(LINE as u64).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(read) => bytes += read,
                Err(_) => {
                    self.failed = true;
                    break;
                }
            }
            if line.last() != Some(&b'\n') {
                // Too long, and then its rest is no event either; or not whole yet.
                self.torn = line.len() < LINE;
                *left_out += usize::from(!self.torn);
                continue;
            }
            match serde_json::from_slice::<Event>(&line) {
                Ok(event) if kinds.contains(&event.kind.as_str()) && event.check().is_ok() => {
                    events.push(event)
                }
                _ => *left_out += 1,
            }
        }
        events
    }
}

/// Whether nothing was written to it for a week.
fn is_old(path: &Path) -> bool {
    let modified = path.metadata().and_then(|data| data.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age.as_secs() > DAYS * 86_400))
}

#[cfg(test)]
mod tests;
