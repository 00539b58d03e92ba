//! Things as bytes, because they are many and large and few measures look at them.
//!
//! In: things with their keys, in any order. Out: the things, by key, decoded each time that they
//! are asked for. Start at [`Rows::add`] and [`Packed::new`]. A ticket or the CI of a commit takes ten
//! times the room of what is asked of it as bytes, with names by number. **Invariant:** of one key the
//! first that was added counts.

use std::hash::{Hash as _, Hasher as _};

use hashbrown::HashTable;
use rayon::prelude::*;
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::row::{RowError, decode, encode};

/// Bytes in a block: so that room grows with what is there, and nothing is moved.
const BLOCK: usize = 256 << 10;

/// Things that come in.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// What many of them name.
    pub(super) names: Names,
    blocks: Vec<Vec<u8>>,
    places: Vec<Place>,
    /// Keys, end to end, and where each ends.
    keys: String,
    ends: Vec<usize>,
}

/// Where a row begins: what is read of it says where it ends.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: u32,
    start: u32,
}

impl Rows {
    /// Adds a thing: it is what [`Packed::read`] gives.
    pub(super) fn add(&mut self, key: &str, thing: &impl Serialize) {
        let row = encode(thing);
        let has_room = |block: &&Vec<u8>| block.len() + row.len() <= block.capacity();
        if self.blocks.last().filter(has_room).is_none() {
            self.blocks.push(Vec::with_capacity(row.len().max(BLOCK)));
        }
        let number = self.blocks.len() as u32 - 1;
        let Some(block) = self.blocks.last_mut() else { return };
        let place = Place { block: number, start: block.len() as u32 };
        block.extend_from_slice(&row);
        self.places.push(place);
        self.keys.push_str(key);
        self.ends.push(self.keys.len());
    }

    /// Each thing with its key, in the order in which they were added.
    pub(super) fn iter<'r, T: Deserialize<'r>>(&'r self) -> impl Iterator<Item = (&'r str, T)> {
        let thing = |row: usize| Some((self.key(row), decode(self.bytes(row)).ok()?));
        (0..self.places.len()).filter_map(thing)
    }

    fn bytes(&self, row: usize) -> &[u8] {
        bytes(&self.blocks, self.places[row])
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Takes away those with some keys.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let (blocks, names) = (std::mem::take(&mut self.blocks), std::mem::take(&mut self.names));
        let mut kept = Self { blocks, names, ..Self::default() };
        for row in 0..self.places.len() {
            let key = self.key(row);
            if keep(key) {
                kept.keys.push_str(key);
                kept.ends.push(kept.keys.len());
                kept.places.push(self.places[row]);
            }
        }
        *self = kept;
    }

    fn key(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.keys[start..self.ends[row]]
    }
}

/// A row while rows are put in order: what is compared lies together, the keys are all over memory.
struct Named {
    begins: u128,
    hash: u64,
    row: u32,
}

/// Things of one kind, by key.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) names: Names,
    blocks: Vec<Vec<u8>>,
    places: Vec<Place>,
    /// Rows by hash of the key, which stands in the row alone.
    index: HashTable<u32>,
}

impl Packed {
    /// Puts rows in order.
    pub(super) fn new(mut rows: Rows) -> Self {
        rows.names.close();
        let key = |row: u32| rows.key(row as usize);
        let named = |row| Named { begins: beginning(key(row)), hash: hash(key(row)), row };
        let mut order: Vec<Named> = (0..rows.places.len() as u32).map(named).collect();
        // Of one key the first: rows that came later have larger numbers.
        order.par_sort_unstable_by(|one, other| {
            let rest = || (key(one.row), one.row).cmp(&(key(other.row), other.row));
            one.begins.cmp(&other.begins).then_with(rest)
        });
        order.dedup_by(|later, first| later.hash == first.hash && key(later.row) == key(first.row));
        let mut index = HashTable::with_capacity(order.len());
        for (row, from) in (0..).zip(&order) {
            index.insert_unique(from.hash, row, |row| order[*row as usize].hash);
        }
        let places = order.iter().map(|from| rows.places[from.row as usize]).collect();
        Self { names: rows.names, blocks: rows.blocks, places, index }
    }

    pub(super) const fn len(&self) -> usize {
        self.places.len()
    }

    /// The row with a key, of which only the caller can say whether it is the one.
    pub(super) fn find(&self, key: &str, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.index.find(hash(key), |row| is_it(*row)).copied()
    }

    /// Forgets the keys: nothing is found by them any more.
    pub(super) fn forget_keys(&mut self) {
        self.index = HashTable::new();
    }

    /// The thing at a row, or a part of it that begins as the thing does.
    pub(super) fn read<'r, T: Deserialize<'r>>(&'r self, row: u32) -> Result<T, RowError> {
        decode(self.bytes(row))
    }

    fn bytes(&self, row: u32) -> &[u8] {
        bytes(&self.blocks, self.places[row as usize])
    }
}

fn bytes(blocks: &[Vec<u8>], Place { block, start }: Place) -> &[u8] {
    &blocks[block as usize][start as usize..]
}

/// The first bytes of a key, in the order of keys: most differ in them.
pub(super) fn beginning(key: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = key.len().min(bytes.len());
    bytes[..length].copy_from_slice(&key.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}

pub(super) fn hash(key: &str) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}
