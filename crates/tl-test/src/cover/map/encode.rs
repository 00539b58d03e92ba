//! A [`Map`] as bytes: names once, equal sets of lines once a file, differences in place of numbers.
//!
//! **Invariants:** equal maps are equal bytes; bytes that were not written here are refused, and
//! never cost more memory than some ten times their length, and [`MOST_BYTES`] of names.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

use super::super::ranges::Lines;
use super::{Blob, Map, Mapped};

/// Most bytes of a map that are written or read: 64 MiB.
pub const MOST_BYTES: usize = 64 << 20;

/// How the bytes are to be read.
const VERSION: u8 = 1;

/// Why bytes are no map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They are too many.
    #[error("a coverage map of {bytes} bytes is over the limit of {MOST_BYTES}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// A newer version of this program wrote them.
    #[error("a coverage map has the version {version}, and {VERSION} is read")]
    Version {
        /// Their version.
        version: u8,
    },
    /// They are something else, or were damaged.
    #[error("a coverage map is damaged")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    version: u8,
    /// Ascending: bytes in common with the name before, and what follows them.
    tests: Vec<(u32, String)>,
    files: Vec<PackedFile>,
}

#[derive(Serialize, Deserialize)]
struct PackedFile {
    path: String,
    blob: [u8; 16],
    /// Milliseconds since 1970.
    at: i64,
    /// Sets of lines: from the end of one range to the beginning of the next, and its length less one.
    sets: Vec<Vec<(u32, u32)>>,
    /// Tests by number, ascending, as differences, and the set of each.
    tests: Vec<(u32, u32)>,
}

impl Map {
    /// As bytes.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let mut ids: BTreeMap<&str, u32> = BTreeMap::new();
        for test in self.files.values().flat_map(|file| file.tests.keys()) {
            ids.insert(test, 0);
        }
        let bytes = ids.keys().map(|test| test.len()).sum();
        if bytes > MOST_BYTES {
            return Err(DecodeError::TooLarge { bytes });
        }
        let mut tests = Vec::with_capacity(ids.len());
        let mut before = "";
        for (number, (test, id)) in (0_u32..).zip(ids.iter_mut()) {
            *id = number;
            let same = common(before, test);
            tests.push((same as u32, test[same..].to_owned()));
            before = test;
        }
        let pack = |(path, mapped): (&String, &Mapped)| {
            let mut sets: Vec<Vec<(u32, u32)>> = Vec::new();
            let mut known: BTreeMap<&Lines, u32> = BTreeMap::new();
            let mut last = 0;
            let mut of_tests = Vec::with_capacity(mapped.tests.len());
            for (test, lines) in &mapped.tests {
                let set = *known.entry(&**lines).or_insert_with(|| {
                    sets.push(differences(lines));
                    sets.len() as u32 - 1
                });
                let id = ids.get(&**test).copied().unwrap_or_default();
                of_tests.push((id - last, set));
                last = id;
            }
            let at = mapped.at.as_millis();
            PackedFile { path: path.clone(), blob: mapped.blob.0, at, sets, tests: of_tests }
        };
        let files = self.files.iter().map(pack).collect();
        let packed = Packed { version: VERSION, tests, files };
        let bytes = postcard::to_stdvec(&packed).map_err(|_| DecodeError::Damaged)?;
        match bytes.len() {
            ..=MOST_BYTES => Ok(bytes),
            bytes => Err(DecodeError::TooLarge { bytes }),
        }
    }

    /// Of bytes that [`Map::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MOST_BYTES {
            return Err(DecodeError::TooLarge { bytes: bytes.len() });
        }
        match bytes.first() {
            Some(&VERSION) => {}
            Some(&version) => return Err(DecodeError::Version { version }),
            None => return Err(DecodeError::Damaged),
        }
        let (packed, rest) =
            postcard::take_from_bytes::<Packed>(bytes).map_err(|_| DecodeError::Damaged)?;
        if !rest.is_empty() {
            return Err(DecodeError::Damaged);
        }
        unpack(packed).ok_or(DecodeError::Damaged)
    }
}

fn unpack(packed: Packed) -> Option<Map> {
    // What names have in common is not in the bytes: it is paid for here.
    let mut room = MOST_BYTES;
    let mut names: Vec<Arc<str>> = Vec::with_capacity(packed.tests.len());
    for (same, rest) in packed.tests {
        let before = names.last().map_or("", |name| &**name);
        let mut name = before.get(..same as usize)?.to_owned();
        name.push_str(&rest);
        room = room.checked_sub(name.len())?;
        if !names.is_empty() && name.as_str() <= before {
            return None;
        }
        names.push(name.into());
    }
    let mut map = Map::default();
    for file in packed.files {
        if map.files.last_key_value().is_some_and(|(last, _)| *last >= file.path) {
            return None;
        }
        let sets = file.sets.iter().map(|set| lines(set).map(Arc::new));
        let sets: Vec<Arc<Lines>> = sets.collect::<Option<_>>()?;
        let mut tests = BTreeMap::new();
        let mut id = 0_u32;
        for (number, (more, set)) in file.tests.into_iter().enumerate() {
            if number > 0 && more == 0 {
                return None;
            }
            id = id.checked_add(more)?;
            let (name, set) = (names.get(id as usize)?, sets.get(set as usize)?);
            tests.insert(name.clone(), set.clone());
        }
        let at = Timestamp::from_millis(file.at);
        map.files.insert(file.path, Mapped { blob: Blob(file.blob), at, tests });
    }
    Some(map)
}

fn differences(lines: &Lines) -> Vec<(u32, u32)> {
    let mut end = 0;
    let ranges = lines.ranges().iter().map(|(first, last)| {
        let range = (first - end, last - first);
        end = *last;
        range
    });
    ranges.collect()
}

fn lines(differences: &[(u32, u32)]) -> Option<Lines> {
    let mut end = 0_u32;
    let ranges: Option<Vec<(u32, u32)>> = differences
        .iter()
        .map(|(gap, more)| {
            let first = end.checked_add(*gap)?;
            end = first.checked_add(*more)?;
            Some((first, end))
        })
        .collect();
    ranges.map(Lines::from)
}

/// Bytes that two texts begin with, up to a character.
fn common(one: &str, two: &str) -> usize {
    let same = one.bytes().zip(two.bytes()).take_while(|(one, two)| one == two).count();
    two.floor_char_boundary(one.floor_char_boundary(same))
}
