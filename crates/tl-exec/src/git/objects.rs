//! Objects for differences: read once, kept for a while, never over the limit.
//!
//! In: object ids. Out: shared bytes. Start at [`Objects`].
//! **Invariant:** the cache holds at most [`CACHE_LIMIT`] bytes, and what is larger than
//! [`BLOB_LIMIT`] is never decompressed.

use std::rc::Rc;

use gix::ObjectId;
use gix::objs::{FindHeader as _, Kind};
use rustc_hash::FxHashMap;

use super::diff::BLOB_LIMIT;
use super::tree::{ReadError, read};

/// Bytes of objects kept by each thread. In a history each version of a file is read twice: as
/// what a commit made and as what the next one changed.
const CACHE_LIMIT: usize = 48 << 20;

/// Reads objects for one thread.
pub(super) struct Objects {
    pub(super) repo: gix::Repository,
    cache: FxHashMap<ObjectId, Rc<[u8]>>,
    cached: usize,
    buffer: Vec<u8>,
}

/// The content of a file.
#[derive(Clone)]
pub(super) enum Blob {
    /// Its bytes.
    Bytes(Rc<[u8]>),
    /// It is larger than [`BLOB_LIMIT`].
    TooLarge,
    /// It is not there or damaged.
    Unreadable,
}

impl Objects {
    pub(super) fn new(mut repo: gix::Repository) -> Self {
        // In a partial clone thousands of blobs are missing; looking for new packs each time is slow.
        repo.objects.refresh_never();
        Self { repo, cache: FxHashMap::default(), cached: 0, buffer: Vec::new() }
    }

    /// The bytes of a tree.
    pub(super) fn tree(&mut self, id: &ObjectId) -> Result<Rc<[u8]>, ReadError> {
        self.get(id, Kind::Tree)
    }

    /// The bytes of a blob.
    pub(super) fn blob(&mut self, id: &ObjectId) -> Blob {
        if let Some(bytes) = self.cache.get(id) {
            return Blob::Bytes(Rc::clone(bytes));
        }
        match self.repo.objects.try_header(id) {
            Ok(Some(header)) if header.size > BLOB_LIMIT => return Blob::TooLarge,
            Ok(Some(_)) => (),
            Ok(None) | Err(_) => return Blob::Unreadable,
        }
        self.get(id, Kind::Blob).map_or(Blob::Unreadable, Blob::Bytes)
    }

    fn get(&mut self, id: &ObjectId, kind: Kind) -> Result<Rc<[u8]>, ReadError> {
        if let Some(bytes) = self.cache.get(id) {
            return Ok(Rc::clone(bytes));
        }
        let bytes: Rc<[u8]> = Rc::from(read(&self.repo, id, kind, &mut self.buffer)?);
        if self.cached + bytes.len() > CACHE_LIMIT {
            self.cache.clear();
            self.cached = 0;
        }
        self.cached += bytes.len();
        self.cache.insert(*id, Rc::clone(&bytes));
        Ok(bytes)
    }
}
