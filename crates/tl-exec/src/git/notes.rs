//! Notes: bytes attached to commits behind their back (`git notes`).
//!
//! In: a reference such as `refs/notes/ai`. Out: one call a note.
//! **Invariant:** the name of a note is its path in the notes' tree with the slashes removed, at
//! whatever depth `git` fanned the tree out; entries that are no object id are skipped.

use bstr::ByteSlice as _;
use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};
use tl_core::id::CommitId;

use super::Repository;
use super::refs::chain;
use super::tree::{ReadError, read, tree_id};

/// What reading notes came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Notes {
    /// Number of notes visited.
    pub visited: usize,
    /// Number of notes or directories of notes that could not be read.
    pub unreadable: usize,
}

/// Why notes could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    /// The reference does not exist or leads nowhere.
    #[error("failed to follow the notes reference `{reference}`: {reason}")]
    Reference {
        /// Full name.
        reference: String,
        /// Why.
        reason: String,
    },
    /// The commit or tree that the reference leads to cannot be read.
    #[error("failed to read the notes of `{reference}`")]
    Read {
        /// Full name.
        reference: String,
        /// The object that cannot be read.
        source: ReadError,
    },
}

impl Repository {
    /// Visits every note of `reference` (full name): the annotated commit's id, and the note.
    pub fn notes(
        &self,
        reference: &str,
        visit: &mut dyn FnMut(CommitId, &[u8]),
    ) -> Result<Notes, NotesError> {
        let repo = self.local();
        let broken = |err: gix::Error| NotesError::Reference {
            reference: reference.to_owned(),
            reason: chain(&err),
        };
        let unread = |source| NotesError::Read { reference: reference.to_owned(), source };
        let commit = repo
            .find_reference(reference)
            .and_then(|mut reference| reference.peel_to_id().map(|id| id.detach()))
            .map_err(broken)?;
        let tree = tree_id(&repo, &commit, &mut Vec::new()).map_err(unread)?;
        let mut buffer = Vec::new();
        read(&repo, &tree, Kind::Tree, &mut buffer).map_err(unread)?;
        let mut notes = Notes::default();
        descend(&repo, &tree, "", &mut notes, visit);
        Ok(notes)
    }
}

/// Visits the notes below a tree whose path is `prefix`, without slashes.
fn descend(
    repo: &gix::Repository,
    tree: &ObjectId,
    prefix: &str,
    notes: &mut Notes,
    visit: &mut dyn FnMut(CommitId, &[u8]),
) {
    let (mut buffer, mut note) = (Vec::new(), Vec::new());
    let Ok(data) = read(repo, tree, Kind::Tree, &mut buffer) else {
        notes.unreadable += 1;
        return;
    };
    for entry in TreeRefIter::from_bytes(data, tree.kind()).flatten() {
        let Ok(name) = entry.filename.to_str() else { continue };
        let hex = format!("{prefix}{name}");
        let too_long = hex.len() > tree.kind().len_in_hex();
        if too_long || !name.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            continue;
        }
        let id = entry.oid.to_owned();
        if entry.mode.is_tree() {
            descend(repo, &id, &hex, notes, visit);
        } else if let Ok(commit) = hex.parse() {
            match read(repo, &id, Kind::Blob, &mut note) {
                Ok(text) => {
                    notes.visited += 1;
                    visit(commit, text);
                }
                Err(_) => notes.unreadable += 1,
            }
        }
    }
}
