//! What was derived from git by sha, as bytes for the ledger's cache.
//!
//! In: rows of commits or differences. Out: self-contained chunks that read back the same. Start
//! at [`CommitChunk`] and [`DiffChunk`]. **Invariant:** a chunk of another format version, or a
//! damaged one, reads as `None` and what it held is derived again: the cache is never trusted
//! over git, and dropping it loses nothing.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tl_core::attribution::Attribution;
use tl_core::diff::CommitDiff;
use tl_core::history::{MessageLinks, RequestMention};
use tl_core::id::CommitId;
use tl_core::time::{OffsetMinutes, Timestamp};

/// Format of the chunks. Raise it whenever a row changes or a parser of messages does.
pub const CACHE_VERSION: u32 = 4;

/// Rows in one chunk: small enough to be rewritten cheaply, large enough to be read at once.
pub const CHUNK_ROWS: usize = 16_384;

/// Commits read in one run, with the identities that they name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CommitChunk {
    /// Name and address as written, lossy UTF-8.
    pub people: Vec<(String, String)>,
    /// One per commit.
    pub rows: Vec<CommitRow>,
}

/// One commit, before indexes into a history exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitRow {
    /// Object id.
    pub id: CommitId,
    /// Ids of the parents, in order.
    pub parents: Vec<CommitId>,
    /// Row of the author in [`CommitChunk::people`].
    pub author: u32,
    /// Row of the committer there.
    pub committer: u32,
    /// Author date.
    pub authored: Timestamp,
    /// Committer date.
    pub committed: Timestamp,
    /// Time zone of the author date.
    pub author_offset: OffsetMinutes,
    /// Who wrote it, and with what, by E3.
    pub attribution: Attribution,
    /// Hash of the title.
    pub title: u64,
    /// The request that the title says it merges.
    pub mention: Option<RequestMention>,
    /// What the message says about other commits.
    pub links: Option<Box<MessageLinks>>,
}

/// Differences of commits to their first parents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DiffChunk {
    /// One per commit.
    pub rows: Vec<(CommitId, CommitDiff)>,
}

/// What line-level notes say, by commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NoteChunk {
    /// Commit, and what its note adds to the attribution.
    pub rows: Vec<(CommitId, Attribution)>,
    /// Notes that could not be read.
    pub unreadable: u64,
}

/// Writes a chunk, its format version first and its checksum last.
pub fn encode(chunk: &impl Serialize) -> Vec<u8> {
    let version = CACHE_VERSION.to_le_bytes().to_vec();
    let mut bytes = postcard::to_extend(chunk, version).expect("a vector grows as needed");
    bytes.extend(checksum(&bytes));
    bytes
}

/// Reads a chunk; `None` if it has another version or is damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (bytes, sum) = bytes.split_last_chunk::<8>()?;
    let (version, rest) = bytes.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*version) == CACHE_VERSION && *sum == checksum(bytes)).then_some(())?;
    let (chunk, rest) = postcard::take_from_bytes(rest).ok()?;
    rest.is_empty().then_some(chunk)
}

/// Against a disk that forgets a bit, not against people. Another version of the hash is no
/// trouble: the chunk is derived again.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chunk_of_another_version_is_read_as_none() {
        let mut bytes = encode(&CommitChunk::default());
        assert_eq!(decode(&bytes), Some(CommitChunk::default()));
        bytes[0] += 1;
        let sum = checksum(&bytes[..bytes.len() - 8]);
        bytes.truncate(bytes.len() - 8);
        bytes.extend(sum);
        assert_eq!(decode::<CommitChunk>(&bytes), None);
    }

    #[test]
    fn a_chunk_in_which_any_bit_changed_is_read_as_none() {
        let people = vec![("ana".to_owned(), "ana@example.com".to_owned())];
        let bytes = encode(&CommitChunk { people, rows: Vec::new() });
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode::<CommitChunk>(&damaged), None, "bit {bit}");
        }
    }

    proptest! {
        /// Damaged bytes never panic and never read as more than they hold.
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut versioned = CACHE_VERSION.to_le_bytes().to_vec();
            versioned.extend(&bytes);
            versioned.extend(checksum(&versioned));
            let chunk: Option<CommitChunk> = decode(&versioned);
            prop_assert!(chunk.is_none_or(|chunk| chunk.rows.len() <= bytes.len()));
        }
    }
}
