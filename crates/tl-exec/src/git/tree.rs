//! Files and messages as they are committed.
//!
//! In: paths with `/`, or a commit. Out: bytes and names. Start at [`Repository::blob_at_head`].
//! **Invariant:** contents are the committed bytes: no filter and no line-ending conversion.

use bstr::ByteSlice as _;
use gix::ObjectId;
use gix::objs::{Find as _, Kind, TreeRefIter};
use tl_core::id::CommitId;

use super::decode::{decode, tree_of};
use super::refs::chain;
use super::{Repository, object_id};

/// Why an object could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is not in the repository: it was left out by a partial clone, or lost.
    #[error("the object `{id}` is not in the repository")]
    Missing {
        /// Object id in hexadecimal digits.
        id: String,
    },
    /// It is there but cannot be read.
    #[error("failed to read the object `{id}`: {reason}")]
    Unreadable {
        /// Object id in hexadecimal digits.
        id: String,
        /// Why.
        reason: String,
    },
    /// `HEAD` cannot be read.
    #[error("failed to read `HEAD`: {reason}")]
    Head {
        /// Why.
        reason: String,
    },
}

impl Repository {
    /// The content of the file at `path` in the commit that `HEAD` leads to; `None` where there is
    /// no such file or no commit yet.
    pub fn blob_at_head(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let repo = self.local();
        let Some((kind, id)) = at_head(&repo, path)? else { return Ok(None) };
        if kind != Kind::Blob {
            return Ok(None);
        }
        let mut content = Vec::new();
        read(&repo, &id, Kind::Blob, &mut content)?;
        Ok(Some(content))
    }

    /// Full paths of the files in the directory `dir` (`""` for the top) and below, in the commit
    /// that `HEAD` leads to; empty where there is no such directory. Lossy UTF-8.
    pub fn files_at_head(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        let repo = self.local();
        let mut files = Vec::new();
        if let Some((Kind::Tree, id)) = at_head(&repo, dir)? {
            list(&repo, &id, dir.trim_matches('/'), &mut files)?;
        }
        Ok(files)
    }

    /// The whole message of a commit, lossy UTF-8, up to [`super::MESSAGE_LIMIT`] bytes.
    pub fn message(&self, commit: &CommitId) -> Result<String, ReadError> {
        let repo = self.local();
        let id = object_id(commit);
        let mut buffer = Vec::new();
        let data = read(&repo, &id, Kind::Commit, &mut buffer)?;
        let decoded = decode(data, &mut Vec::new()).map_err(|reason| unreadable(&id, reason))?;
        Ok(decoded.message.to_str_lossy().into_owned())
    }
}

fn unreadable(id: &ObjectId, reason: &str) -> ReadError {
    ReadError::Unreadable { id: id.to_string(), reason: reason.to_owned() }
}

/// Reads an object of one kind into `buffer`.
pub(super) fn read<'a>(
    repo: &gix::Repository,
    id: &ObjectId,
    kind: Kind,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], ReadError> {
    match repo.objects.try_find(id, buffer) {
        Ok(Some(data)) if data.kind == kind => Ok(data.data),
        Ok(Some(data)) => Err(unreadable(id, &format!("it is a {}, not a {kind}", data.kind))),
        Ok(None) => Err(ReadError::Missing { id: id.to_string() }),
        Err(err) => Err(unreadable(id, &chain(&err))),
    }
}

/// The tree of a commit.
pub(super) fn tree_id(
    repo: &gix::Repository,
    commit: &ObjectId,
    buffer: &mut Vec<u8>,
) -> Result<ObjectId, ReadError> {
    let data = read(repo, commit, Kind::Commit, buffer)?;
    tree_of(data).ok_or_else(|| unreadable(commit, "it has no tree"))
}

/// What stands at `path` in the commit that `HEAD` leads to.
fn at_head(repo: &gix::Repository, path: &str) -> Result<Option<(Kind, ObjectId)>, ReadError> {
    let head = repo.head().and_then(|mut head| head.try_peel_to_id());
    let head = head.map_err(|err| ReadError::Head { reason: chain(&err) })?;
    let Some(head) = head else { return Ok(None) };
    let mut buffer = Vec::new();
    let mut found = (Kind::Tree, tree_id(repo, &head.detach(), &mut buffer)?);
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if found.0 != Kind::Tree {
            return Ok(None);
        }
        let data = read(repo, &found.1, Kind::Tree, &mut buffer)?;
        let mut entries = TreeRefIter::from_bytes(data, found.1.kind()).flatten();
        let Some(entry) = entries.find(|entry| entry.filename == name) else { return Ok(None) };
        let kind = if entry.mode.is_tree() { Kind::Tree } else { Kind::Blob };
        if entry.mode.is_commit() {
            return Ok(None);
        }
        found = (kind, entry.oid.to_owned());
    }
    Ok(Some(found))
}

/// Adds the files below a tree.
fn list(
    repo: &gix::Repository,
    tree: &ObjectId,
    dir: &str,
    files: &mut Vec<String>,
) -> Result<(), ReadError> {
    let mut buffer = Vec::new();
    let data = read(repo, tree, Kind::Tree, &mut buffer)?;
    for entry in TreeRefIter::from_bytes(data, tree.kind()).flatten() {
        let name = entry.filename.to_str_lossy();
        let path = if dir.is_empty() { name.into_owned() } else { format!("{dir}/{name}") };
        if entry.mode.is_tree() {
            list(repo, &entry.oid.to_owned(), &path, files)?;
        } else if !entry.mode.is_commit() {
            files.push(path);
        }
    }
    Ok(())
}
