//! A lake in a directory.
//!
//! In: bytes. Out: files. Start at [`put`]. **Invariant:** temporary name, `fsync`, rename, `fsync` of
//! the directory, in this order: after a power cut a file is whole or not there, and one that was
//! acknowledged is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use tl_core::time::Timestamp;

use super::{Found, PlaceError, check, is_torn};

pub(super) fn put(root: &Path, path: &str, bytes: &[u8]) -> Result<(), PlaceError> {
    let target = make_directories(root, path)?;
    let failed =
        |what| move |source| PlaceError::Io { what, path: target_name(root, path), source };
    let (temporary, mut file) = create_beside(&target).map_err(failed("write"))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    let placed = written.and_then(|()| fs::rename(&temporary, &target));
    if let Err(source) = placed {
        // What is left behind is found by `list`.
        let _may_fail_too = fs::remove_file(&temporary);
        return Err(failed("write")(source));
    }
    target.parent().map_or(Ok(()), sync_directory).map_err(failed("write"))
}

pub(super) fn list(root: &Path) -> Result<Vec<Found>, PlaceError> {
    let failed = |source| PlaceError::Io { what: "list", path: root.display().to_string(), source };
    let mut found = Vec::new();
    let results = root.join("results");
    if !is_directory(&results)? {
        return Ok(found);
    }
    for level in fs::read_dir(results).map_err(failed)? {
        let level = level.map_err(failed)?;
        let Ok(level_name) = level.file_name().into_string() else { continue };
        // A link to a directory is none.
        if !level.file_type().map_err(failed)?.is_dir() {
            continue;
        }
        for file in fs::read_dir(level.path()).map_err(failed)? {
            let file = file.map_err(failed)?;
            let Ok(name) = file.file_name().into_string() else { continue };
            let path = format!("results/{level_name}/{name}");
            let torn = is_torn(&path);
            if !torn && check(&path).is_err() {
                continue;
            }
            // Another process may have deleted it in between.
            let Ok(metadata) = file.metadata() else { continue };
            if metadata.is_file() {
                found.push(Found {
                    path,
                    bytes: metadata.len(),
                    modified: modified(&metadata),
                    torn,
                });
            }
        }
    }
    Ok(found)
}

pub(super) fn delete(root: &Path, path: &str) -> Result<(), PlaceError> {
    // Where a directory is a link, the file behind it is not ours.
    let Some(file) = existing(root, path)? else { return Ok(()) };
    match fs::remove_file(&file) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(PlaceError::Io { what: "delete", path: target_name(root, path), source })
        }
        _ => Ok(()),
    }
}

/// Opens a file of the lake for reading; `None` where it is not there.
pub(crate) fn open(root: &Path, path: &str) -> Result<Option<File>, PlaceError> {
    let Some(file) = existing(root, path)? else { return Ok(None) };
    match File::open(&file) {
        Ok(file) => Ok(Some(file)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PlaceError::Io { what: "open", path: target_name(root, path), source }),
    }
}

/// Where a file is, if it is there and on the way to it and itself are no links.
fn existing(root: &Path, path: &str) -> Result<Option<PathBuf>, PlaceError> {
    let mut place = root.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        if parts.peek().is_some() {
            if !is_directory(&place)? {
                return Ok(None);
            }
            continue;
        }
        return match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_file() => Ok(Some(place)),
            Ok(_) => Err(PlaceError::Link { path: place }),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => {
                Err(PlaceError::Io { what: "open", path: target_name(root, path), source })
            }
        };
    }
    Ok(None)
}

/// Whether a directory is there. What else stands there is an error.
fn is_directory(path: &Path) -> Result<bool, PlaceError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(_) => Err(PlaceError::Link { path: path.to_owned() }),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => {
            Err(PlaceError::Io { what: "look into", path: path.display().to_string(), source })
        }
    }
}

/// Makes the directories above a file that are missing, and sees to it that they stay.
fn make_directories(root: &Path, path: &str) -> Result<PathBuf, PlaceError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |source| PlaceError::Io { what: "make directory", path, source }
    };
    if !root.is_dir() {
        fs::create_dir_all(root).map_err(failed(root))?;
        root.parent().map_or(Ok(()), sync_directory).map_err(failed(root))?;
    }
    let mut place = root.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let above = place.clone();
        place.push(part);
        if parts.peek().is_none() || is_directory(&place)? {
            continue;
        }
        match fs::create_dir(&place) {
            // Another process was first.
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(failed(&place))?,
        }
        sync_directory(&above).map_err(failed(&above))?;
    }
    Ok(place)
}

/// A new file beside its target, whose name no other process and no other call has.
fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    loop {
        let number = u64::from(NUMBER.fetch_add(1, Ordering::Relaxed));
        let number = u64::from(std::process::id()) << 32 | number;
        let temporary = target.with_file_name(format!("{name}.{number}.tmp"));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            // Left behind by a process that had the same number.
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (temporary, file)),
        }
    }
}

/// Names of files are on disk when their directory is. Windows has no such call.
#[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "it fails on Unix"))]
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn modified(metadata: &fs::Metadata) -> Timestamp {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let millis = since.and_then(|since| i64::try_from(since.as_millis()).ok());
    Timestamp::from_millis(millis.unwrap_or(0))
}

fn target_name(root: &Path, path: &str) -> String {
    root.join(path).display().to_string()
}
