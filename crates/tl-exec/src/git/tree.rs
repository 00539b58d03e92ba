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
use super::{Repository, commit_id, object_id};

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
    /// No commit has that name, or several have.
    #[error("`{revision}` names no commit: {reason}")]
    Revision {
        /// What was asked for.
        revision: String,
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

    /// The commit that a revision names: a branch, a tag, an id, `HEAD~2`.
    pub fn commit_of(&self, revision: &str) -> Result<CommitId, ReadError> {
        let repo = self.local();
        let found = repo.rev_parse_single(format!("{revision}^{{commit}}").as_str());
        found.map(|id| commit_id(&id)).map_err(|err| ReadError::Revision {
            revision: revision.to_owned(),
            reason: chain(&err),
        })
    }

    /// The newest commit that two have in common; `None` where they have none, or where it is out
    /// of a shallow clone's reach.
    pub fn merge_base(
        &self,
        one: &CommitId,
        other: &CommitId,
    ) -> Result<Option<CommitId>, ReadError> {
        let repo = self.local();
        match repo.merge_base(object_id(one), object_id(other)) {
            Ok(found) => Ok(found.map(|id| commit_id(&id))),
            Err(err) => Err(ReadError::Unreadable { id: one.to_string(), reason: chain(&err) }),
        }
    }

    /// The content of the file at `path` in a commit; `None` where there is no such file.
    pub fn blob_at(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let repo = self.local();
        let mut content = Vec::new();
        match at(&repo, &object_id(commit), path)? {
            Some((Kind::Blob, id)) => read(&repo, &id, Kind::Blob, &mut content)?,
            _ => return Ok(None),
        };
        Ok(Some(content))
    }

    /// Full paths of the files in a directory and below, in a commit, as
    /// [`Repository::files_at_head`] gives them.
    pub fn files_at(&self, commit: &CommitId, dir: &str) -> Result<Vec<String>, ReadError> {
        let repo = self.local();
        let mut files = Vec::new();
        if let Some((Kind::Tree, id)) = at(&repo, &object_id(commit), dir)? {
            list(&repo, &id, dir.trim_matches('/'), &mut files)?;
        }
        Ok(files)
    }

    /// Commits with the versions that a file or directory had, newest first: of each version the
    /// newest commit. Follows first parents, at most `most` commits; versions that a partial or
    /// shallow clone left out end the list.
    pub fn versions_of(
        &self,
        from: &CommitId,
        path: &str,
        most: usize,
    ) -> Result<Vec<CommitId>, ReadError> {
        let repo = self.local();
        let mut versions = Vec::new();
        let mut last = None;
        let mut next = Some(object_id(from));
        let mut buffer = Vec::new();
        for _ in 0..most {
            let Some(commit) = next else { break };
            let found = match at(&repo, &commit, path) {
                Err(ReadError::Missing { .. }) => break,
                found => found?,
            };
            if found.is_some() && found != last {
                versions.push(commit_id(&commit));
            }
            last = found;
            let data = read(&repo, &commit, Kind::Commit, &mut buffer)?;
            next = gix::objs::CommitRefIter::from_bytes(data, commit.kind()).parent_ids().next();
        }
        Ok(versions)
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
    at(repo, &head.detach(), path)
}

/// What stands at `path` in a commit.
fn at(
    repo: &gix::Repository,
    commit: &ObjectId,
    path: &str,
) -> Result<Option<(Kind, ObjectId)>, ReadError> {
    let mut buffer = Vec::new();
    let mut found = (Kind::Tree, tree_id(repo, commit, &mut buffer)?);
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
