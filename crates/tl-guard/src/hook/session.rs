//! What is remembered of a session: whether untrusted text was read in it, and what it did.
//!
//! In: a directory, a client, the client's name for the session. Out: a [`Session`], and a file for the
//! next hook. Start at [`Kept::open`]. **Invariant:** a file that cannot be read, or that another hook
//! holds for too long, counts as a session that read untrusted text; nothing is forgotten by two hooks
//! that run at once, because one waits for the other.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tl_core::time::Timestamp;

use crate::lock::digest::hex;

/// Days after which a session is forgotten.
pub const DAYS: i64 = 7;
/// Largest file of a session, in bytes.
const LARGEST: u64 = 1 << 20;
/// Things of one sort that are remembered.
const MOST: usize = 1_000;
/// How long a hook waits for another one of the same session, in milliseconds.
const WAIT: u32 = 100;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Version of this form: 1.
    pub v: u32,
    /// What untrusted text was read since a person last wrote something.
    #[serde(default)]
    pub taint: Vec<Taint>,
    /// Calls so far.
    #[serde(default)]
    pub calls: u32,
    /// Tools that were used, and how often.
    #[serde(default)]
    pub tools: BTreeMap<String, u32>,
    /// Hosts that were reached before anything untrusted was read, or that a person was asked about.
    #[serde(default)]
    pub hosts: BTreeMap<String, u32>,
    /// Hosts that were reached, and how often.
    #[serde(default)]
    pub reached: BTreeMap<String, u32>,
    /// First names of directories of the work tree that were written to, and how often.
    #[serde(default)]
    pub written: BTreeMap<String, u32>,
    /// Instruction files that are not as they were approved, with the digest that was seen.
    #[serde(default)]
    pub quarantined: BTreeMap<String, String>,
    /// Whether the files of the locks were looked at.
    #[serde(default)]
    pub checked: bool,
    /// Whether somebody was told that it calls tools faster than sessions do here.
    #[serde(default)]
    pub fast: bool,
    /// When the first hook of it ran, in milliseconds since 1970.
    #[serde(default)]
    pub began: i64,
}

/// Something untrusted that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taint {
    /// `web`, `server github`, `file ~/notes.md`
    pub source: String,
    /// The rule that found something in it.
    #[serde(default)]
    pub rule: Option<String>,
    /// Which call it was.
    pub call: u32,
}

impl Session {
    /// Whether untrusted text was read since a person last wrote something.
    pub const fn is_tainted(&self) -> bool {
        !self.taint.is_empty()
    }

    /// Remembers a source, once.
    pub fn taint(&mut self, source: String, rule: Option<String>) {
        let call = self.calls;
        if self.taint.len() < MOST
            && !self.taint.iter().any(|t| t.source == source && t.rule == rule)
        {
            self.taint.push(Taint { source, rule, call });
        }
    }

    /// Counts something of one sort.
    pub fn count(counts: &mut BTreeMap<String, u32>, what: &str) {
        let what: String = what.chars().take(200).collect();
        if counts.len() < MOST || counts.contains_key(&what) {
            let count = counts.entry(what).or_default();
            *count = count.saturating_add(1);
        }
    }
}

/// A session and the file that it is kept in; held until it is dropped.
#[derive(Debug)]
pub struct Kept {
    /// What is remembered.
    pub session: Session,
    /// Why it could not be read, or cannot be written.
    pub trouble: Option<String>,
    file: Option<Remembered>,
}

/// A file of one JSON document that hooks share: one after the other.
#[derive(Debug)]
pub struct Remembered {
    path: PathBuf,
    _lock: File,
}

impl Remembered {
    /// Waits for another hook that holds it.
    ///
    /// # Errors
    /// The directory cannot be written, or another hook holds the file for too long.
    pub fn open(directory: &Path, stem: &str) -> io::Result<Self> {
        private_directory(directory)?;
        let path = directory.join(format!("{stem}.lock"));
        let lock = private().create(true).append(true).open(path)?;
        for wait in 0..=WAIT {
            match lock.try_lock() {
                Ok(()) => break,
                Err(fs::TryLockError::Error(err)) => return Err(err),
                Err(fs::TryLockError::WouldBlock) if wait == WAIT => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another hook holds it"));
                }
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Ok(Self { path: directory.join(format!("{stem}.json")), _lock: lock })
    }

    /// What is in it; `None` where there is nothing yet.
    ///
    /// # Errors
    /// It cannot be read, or is not of this form.
    pub fn read<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        let file = match private().read(true).open(&self.path) {
            Ok(file) => file,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(err) => return Err(err),
        };
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text)?;
        Ok(Some(serde_json::from_str(&text)?))
    }

    /// Writes it over what was there.
    ///
    /// In place: a file system flushes what takes another file's name, and an agent waits for this
    /// before each of its actions. What a crash leaves half written cannot be read, and a session
    /// that cannot be read is tainted.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn save<T: Serialize>(&self, value: &T) -> io::Result<()> {
        let mut text = serde_json::to_vec(value)?;
        let mut file = private().create(true).write(true).truncate(false).open(&self.path)?;
        let before = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        // Blanks where the document before was longer: they mean nothing in JSON.
        text.resize(text.len().max(before), b' ');
        file.write_all(&text)
    }
}

/// Name of a session's files: 16 digits that tell nothing.
pub fn stem(client: &str, session: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(client);
    hash.update([0]);
    hash.update(session);
    hex(&hash.finalize()[..16])
}

impl Kept {
    /// Reads what is remembered; waits for another hook of the same session.
    pub fn open(directory: &Path, stem: &str, now: Timestamp) -> Self {
        let new = || Session { v: 1, began: now.as_millis(), ..Session::default() };
        let unreadable = |err: &io::Error, file| {
            let mut session = new();
            session.taint("a session that cannot be read".to_owned(), None);
            let trouble = format!("what is remembered of this session cannot be read: {err}");
            Self { session, trouble: Some(trouble), file }
        };
        let file = match Remembered::open(directory, stem) {
            Ok(file) => file,
            Err(err) => return unreadable(&err, None),
        };
        let session = match file.read::<Session>() {
            Ok(Some(session)) if session.v != 1 => {
                return unreadable(&io::Error::other("it is of another version"), Some(file));
            }
            Ok(Some(session)) if now.as_millis() - session.began < DAYS * 86_400_000 => session,
            Ok(_) => {
                forget(directory, now);
                new()
            }
            Err(err) => return unreadable(&err, Some(file)),
        };
        Self { session, trouble: None, file: Some(file) }
    }

    /// Writes what is remembered.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn save(&self) -> io::Result<()> {
        match &self.file {
            Some(file) => file.save(&self.session),
            None => Err(io::Error::other("what was remembered could not be read")),
        }
    }
}

/// Options for a file that nobody else reads, and that is no link.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes a directory that nobody else reads.
fn private_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Takes away what is older than [`DAYS`]: at most a few files, so that no hook is slow by it.
fn forget(directory: &Path, now: Timestamp) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|data| data.modified()).ok()?;
        let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(i64::try_from(since.as_millis()).ok()? + DAYS * 86_400_000 < now.as_millis())
    };
    for entry in entries.flatten().take(500).filter(|entry| old(entry) == Some(true)).take(50) {
        let _may_be_gone = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21").unwrap()
    }

    #[test]
    fn what_is_remembered_is_there_for_the_next_hook() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/sessions");
        let mut kept = Kept::open(&place, "s", now());
        assert_eq!(kept.trouble, None);
        kept.session.taint("web".to_owned(), None);
        kept.session.taint("web".to_owned(), None);
        kept.save().unwrap();
        drop(kept);
        let again = Kept::open(&place, "s", now());
        assert_eq!(again.session.taint.len(), 1);
        assert!(!Kept::open(&place, "t", now()).session.is_tainted());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(place.join("s.json")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_tainted_session_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["{", "{\"v\": 2}", "{\"v\": 1, \"new\": 1}"] {
            fs::write(dir.path().join("s.json"), text).unwrap();
            let kept = Kept::open(dir.path(), "s", now());
            assert!(kept.session.is_tainted() && kept.trouble.is_some(), "{text}");
        }
    }

    #[test]
    fn a_session_that_another_hook_holds_is_tainted_and_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let first = Kept::open(dir.path(), "s", now());
        let second = Kept::open(dir.path(), "s", now());
        assert!(second.session.is_tainted() && second.save().is_err());
        drop(first);
        assert!(!Kept::open(dir.path(), "s", now()).session.is_tainted());
    }

    #[test]
    fn hooks_at_once_forget_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let dir = dir.path();
                scope.spawn(move || {
                    let mut kept = Kept::open(dir, "s", now());
                    kept.session.taint(format!("server {n}"), None);
                    kept.save()
                });
            }
        });
        assert_eq!(Kept::open(dir.path(), "s", now()).session.taint.len(), 8);
    }

    #[test]
    fn a_session_is_forgotten_after_a_week() {
        let dir = tempfile::tempdir().unwrap();
        let mut kept = Kept::open(dir.path(), "s", now());
        kept.session.taint("web".to_owned(), None);
        kept.save().unwrap();
        drop(kept);
        let later = Timestamp::from_millis(now().as_millis() + 8 * 86_400_000);
        assert!(!Kept::open(dir.path(), "s", later).session.is_tainted());
    }

    #[test]
    fn nothing_of_a_longer_document_is_left_behind_a_shorter_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = Remembered::open(dir.path(), "a").unwrap();
        for names in [vec!["one", "two", "three"], vec!["one"], vec!["one", "four"]] {
            file.save(&names).unwrap();
            assert_eq!(file.read::<Vec<String>>().unwrap().unwrap(), names);
        }
    }
}
