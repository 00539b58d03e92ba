//! Where the files of a lake are.
//!
//! In: the bytes of a segment. Out: a file that is on disk when the call returns. Start at
//! [`Place::put`] and [`Place::list`]. **Invariants:** a file under its final name is whole; only names
//! that this program gives are written, listed and deleted, whatever a manifest says; and links
//! below the root are not followed, because a repository may bring its own directory.

mod directory;

use std::io;
use std::path::PathBuf;

use tl_core::time::Timestamp;

pub(crate) use directory::open;

/// Root of a lake.
#[derive(Debug)]
pub enum Place {
    /// A directory; it is made when the first file is put.
    Directory(PathBuf),
    /// A bucket of an S3-compatible server, or a part of one.
    #[cfg(feature = "s3")]
    Objects(crate::s3::Objects),
}

/// A file that is there, listed by a manifest or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path from the root.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub modified: Timestamp,
    /// Whether it is what a process that was killed left behind: not whole, and never listed.
    pub torn: bool,
}

/// Why a file of a lake could not be written, listed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// No path that this program would write: a manifest that somebody else made.
    #[error("`{path}` is not the path of a segment")]
    Path {
        /// The path.
        path: String,
    },
    /// A link or another thing stands where a directory or a file of the lake should.
    #[error("`{path}` is a link or no regular file; a lake has none of these")]
    Link {
        /// Where.
        path: PathBuf,
    },
    /// The system, or the server, could not.
    #[error("failed to {what} `{path}`")]
    Io {
        /// What was being done.
        what: &'static str,
        /// To which file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl Place {
    /// Puts a file in its place: when the call returns it is on disk, whole, under its name. One that
    /// is there already is written over by the same bytes.
    ///
    /// # Errors
    /// The path is not that of a segment; the disk is full; nothing may be written there.
    pub fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), PlaceError> {
        check(path)?;
        match self {
            Self::Directory(root) => directory::put(root, path, &bytes),
            #[cfg(feature = "s3")]
            Self::Objects(objects) => objects.put(path, bytes),
        }
    }

    /// The files of a lake that are there, also those that no manifest lists; by path. Files of other
    /// names are left out. A lake that was never written to has none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn list(&self) -> Result<Vec<Found>, PlaceError> {
        let mut found = match self {
            Self::Directory(root) => directory::list(root)?,
            #[cfg(feature = "s3")]
            Self::Objects(objects) => objects.list()?,
        };
        found.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(found)
    }

    /// Deletes a file; one that is not there is deleted.
    ///
    /// # Errors
    /// The path is not that of a segment; nothing may be deleted there.
    pub fn delete(&self, path: &str) -> Result<(), PlaceError> {
        if !is_torn(path) {
            check(path)?;
        }
        match self {
            Self::Directory(root) => directory::delete(root, path),
            #[cfg(feature = "s3")]
            Self::Objects(objects) => objects.delete(path),
        }
    }
}

/// Refuses every path but `results/L<digits>/<digits>-<8 hex digits>.parquet`.
pub(crate) fn check(path: &str) -> Result<(), PlaceError> {
    let name = below_a_level(path).and_then(|name| name.strip_suffix(".parquet"));
    let ours = name.and_then(|name| name.split_once('-')).is_some_and(|(id, sha)| {
        is_number(id, 20) && sha.len() == 8 && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if ours { Ok(()) } else { Err(PlaceError::Path { path: path.chars().take(200).collect() }) }
}

/// Whether a path is that of a file on its way into its place.
pub(crate) fn is_torn(path: &str) -> bool {
    let Some((name, rest)) = below_a_level(path).and_then(|name| name.rsplit_once(".parquet."))
    else {
        return false;
    };
    let (Some(process), Some((level, _))) = (rest.strip_suffix(".tmp"), path.rsplit_once('/'))
    else {
        return false;
    };
    is_number(process, 20) && check(&format!("{level}/{name}.parquet")).is_ok()
}

fn below_a_level(path: &str) -> Option<&str> {
    let (level, name) = path.strip_prefix("results/L")?.split_once('/')?;
    (is_number(level, 3) && !name.contains('/')).then_some(name)
}

fn is_number(text: &str, digits: usize) -> bool {
    (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
