//! Requests as their rows hold them, until the turn of their repository comes.
//!
//! In: rows of requests, in any order. Out: the requests of one repository at a time. Start at
//! [`Shelf::add`] and [`Shelf::into_shelved`]. There may be a million, each with many small parts;
//! a row takes a fifth of the room, and nobody needs all of them at once.
//! **Invariant:** of one key the first row that was added counts.

use rustc_hash::FxHashMap;
use tl_core::delivery::{Request, numbered};

use super::packed::beginning;
use super::row::{Entity, RowError};

/// Bytes in the first block of a repository, and in those after it: so that room grows with what is
/// there, and nothing is moved. An allocator keeps pieces of up to 512 KiB beside those of other
/// repositories, and nobody else can use their room before all of these are done.
const BLOCK: [usize; 2] = [64 << 10, 1 << 20];

/// Requests by repository.
#[derive(Debug, Default)]
pub struct Shelf {
    /// By what stands before the `#` of their keys.
    repositories: FxHashMap<String, Shelved>,
}

/// The requests of one repository.
#[derive(Debug, Default)]
pub struct Shelved {
    blocks: Vec<Block>,
    /// Whether any key ends with a number, as those of forges do.
    is_numbered: bool,
}

/// Rows, end to end.
#[derive(Debug, Default)]
struct Block {
    bytes: Vec<u8>,
    lengths: Vec<u32>,
}

impl Shelf {
    /// Puts requests on a shelf that were there already: for tests, and where all fits into memory.
    pub fn of<'r>(requests: impl IntoIterator<Item = &'r Request>) -> Self {
        let mut shelf = Self::default();
        for request in requests {
            let row = Entity::Request(Box::new(request.clone())).encode();
            shelf.add(&request.key, &row);
        }
        shelf
    }

    /// Adds the row of a request.
    pub fn add(&mut self, key: &str, row: &[u8]) {
        let repository = key.rsplit_once('#').map_or("", |(repository, _)| repository);
        let shelved = match self.repositories.get_mut(repository) {
            Some(shelved) => shelved,
            None => self.repositories.entry(repository.to_owned()).or_default(),
        };
        shelved.is_numbered = shelved.is_numbered || numbered(key).is_some();
        shelved.add(row);
    }

    /// Adds what another ledger holds.
    pub fn join(&mut self, other: Self) {
        for (repository, theirs) in other.repositories {
            let ours = self.repositories.entry(repository).or_default();
            ours.blocks.extend(theirs.blocks);
            ours.is_numbered |= theirs.is_numbered;
        }
    }

    /// Whether there is no request.
    pub fn is_empty(&self) -> bool {
        self.repositories.is_empty()
    }

    /// The repositories, in no order.
    pub fn repositories(&self) -> impl Iterator<Item = &str> {
        let numbered = self.repositories.iter().filter(|(_, shelved)| shelved.is_numbered);
        numbered.map(|(repository, _)| repository.as_str())
    }

    /// Each repository with its requests, in no order.
    pub fn named(&self) -> Vec<(&str, &Shelved)> {
        self.repositories.iter().map(|(name, shelved)| (name.as_str(), shelved)).collect()
    }

    /// Takes away what belongs to other repositories than these.
    pub fn keep_only(&mut self, is_own: impl Fn(&str) -> bool) -> Vec<Shelved> {
        let other = self.repositories.extract_if(|repository, _| !is_own(repository));
        other.map(|(_, shelved)| shelved).collect()
    }

    /// Each repository with its requests, in the order of the keys.
    pub fn into_shelved(self) -> Vec<(String, Shelved)> {
        let mut all: Vec<(String, Shelved)> = self.repositories.into_iter().collect();
        let key = |name: &str| format!("{name}#");
        all.sort_unstable_by_key(|(name, _)| key(name));
        all
    }
}

/// The order of a key among those of its repository: most differ in what fits into a number.
fn within(key: &str) -> (u128, Box<[u8]>) {
    let (_, own) = key.rsplit_once('#').unwrap_or(("", key));
    (beginning(own), own.as_bytes().get(size_of::<u128>()..).unwrap_or_default().into())
}

impl Shelved {
    fn add(&mut self, row: &[u8]) {
        let has_room = |block: &&mut Block| block.bytes.len() + row.len() <= block.bytes.capacity();
        if self.blocks.last_mut().filter(has_room).is_none() {
            let room = BLOCK[usize::from(!self.blocks.is_empty())];
            let bytes = Vec::with_capacity(row.len().max(room));
            self.blocks.push(Block { bytes, lengths: Vec::new() });
        }
        let Some(block) = self.blocks.last_mut() else { return };
        block.bytes.extend_from_slice(row);
        block.lengths.push(row.len() as u32);
    }

    /// Hands on each request, in no order; one that two ledgers hold twice.
    pub fn each(&self, mut hand_on: impl FnMut(Request)) -> Result<(), RowError> {
        for block in &self.blocks {
            let mut rest = block.bytes.as_slice();
            for length in &block.lengths {
                let (row, after) = rest.split_at(*length as usize);
                hand_on(Entity::request(row)?);
                rest = after;
            }
        }
        Ok(())
    }

    /// The requests, by key.
    pub fn requests(&self) -> Result<Vec<Request>, RowError> {
        let count = self.blocks.iter().map(|block| block.lengths.len()).sum();
        let mut requests = Vec::with_capacity(count);
        self.each(|request| requests.push(request))?;
        // Of one key the first: the order of adding stays.
        requests.sort_by_cached_key(|request| within(&request.key));
        requests.dedup_by(|later, first| later.key == first.key);
        Ok(requests)
    }
}
