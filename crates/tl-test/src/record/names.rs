//! Names of tests as bytes, and the table of them that gives each test its row.
//!
//! In: names as reports have them. Out: rows. Start at [`Tests::row`]. A name that is known to the
//! letter is found by its bytes; only another one is asked for its key, which costs more.
//! **Invariant:** a row is an index, is never used again, and stands for one key for ever.

use std::hash::Hasher as _;

use rustc_hash::{FxHashMap, FxHasher};
use tl_core::test::{TestKey, TestName};

use crate::bytes::{Reader, Writer};
use crate::read::name;

/// Suites of one name at most: deeper than any reader goes.
const SUITES: usize = 4_096;

/// Writes a name.
pub(super) fn encode(test: &TestName, to: &mut Vec<u8>) {
    let mut writer = Writer(std::mem::take(to));
    writer.number(test.suite.len() as u64);
    test.suite.iter().for_each(|suite| writer.bytes(suite.as_bytes()));
    for part in [&test.class, &test.name, &test.file] {
        writer.bytes(part.as_bytes());
    }
    *to = writer.0;
}

/// Reads a name.
pub(super) fn decode(bytes: &[u8]) -> Option<TestName> {
    let mut from = Reader::new(bytes);
    let suite = from.list(SUITES, |from| from.text().map(str::to_owned))?;
    let mut text = || from.text().map(str::to_owned);
    Some(TestName { suite, class: text()?, name: text()?, file: text()? })
}

/// Different names, each with the number of its first coming.
#[derive(Debug, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    places: Vec<(usize, u32)>,
    find: FxHashMap<u64, u32>,
}

impl Names {
    pub(super) const fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, number: u32) -> &[u8] {
        let (start, len) = self.places[number as usize];
        &self.bytes[start..start + len as usize]
    }

    /// The number of a name, or the slot where it belongs.
    fn look(&self, name: &[u8]) -> Result<u32, u64> {
        let mut hasher = FxHasher::default();
        hasher.write(name);
        let mut slot = hasher.finish();
        // Two names of one hash are as good as never met; then the next slot is taken.
        while let Some(number) = self.find.get(&slot) {
            if self.get(*number) == name {
                return Ok(*number);
            }
            slot = slot.wrapping_add(1);
        }
        Err(slot)
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        self.look(name).ok()
    }

    /// The number of a name, which is added where it is new.
    pub(super) fn intern(&mut self, name: &[u8]) -> u32 {
        self.look(name).unwrap_or_else(|slot| {
            let number = self.places.len() as u32;
            let place = self.keep(name);
            self.places.push(place);
            self.find.insert(slot, number);
            number
        })
    }

    fn keep(&mut self, name: &[u8]) -> (usize, u32) {
        let place = (self.bytes.len(), name.len() as u32);
        self.bytes.extend_from_slice(name);
        place
    }

    /// Writes another name over one.
    fn replace(&mut self, number: u32, name: &[u8]) {
        if let Err(slot) = self.look(name) {
            let place = self.keep(name);
            self.places[number as usize] = place;
            self.find.insert(slot, number);
        }
    }
}

/// All tests that history knows.
#[derive(Debug, Default)]
pub(super) struct Tests {
    names: Names,
    keys: Vec<TestKey>,
    by_key: FxHashMap<TestKey, u32>,
}

impl Tests {
    /// Tests of one pack.
    pub(super) const BLOCK: u32 = 1_024;

    pub(super) const fn len(&self) -> u32 {
        self.keys.len() as u32
    }

    pub(super) fn key(&self, row: u32) -> Option<TestKey> {
        self.keys.get(row as usize).copied()
    }

    pub(super) fn name(&self, row: u32) -> Option<TestName> {
        ((row as usize) < self.names.len()).then(|| decode(self.names.get(row)))?
    }

    /// Takes in a pack; `None` where it is damaged.
    pub(super) fn read(&mut self, from: &mut Reader<'_>) -> Option<()> {
        self.names.find.reserve(Self::BLOCK as usize);
        while !from.is_at_end() {
            let key = TestKey(from.exactly()?);
            let row = self.names.intern(from.bytes()?);
            // Two rows of one name were never written.
            if row as usize != self.keys.len() {
                return None;
            }
            self.keys.push(key);
        }
        Some(())
    }

    /// Writes a block of them.
    pub(super) fn write(&self, block: u32, to: &mut Writer) {
        let first = block * Self::BLOCK;
        for row in first..self.len().min(first + Self::BLOCK) {
            to.0.extend(self.keys[row as usize].0);
            to.bytes(self.names.get(row));
        }
    }

    /// Makes [`Tests::find`] work.
    pub(super) fn index(&mut self) {
        if self.by_key.len() < self.keys.len() {
            self.by_key = (0..).zip(&self.keys).map(|(row, key)| (*key, row)).collect();
        }
    }

    /// The row of a key.
    pub(super) fn find(&self, key: &TestKey) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// The row of a name, and whether its block has to be written: a new test is added; where one
    /// of the same key has moved to another file, that is noted.
    pub(super) fn row(&mut self, encoded: &[u8]) -> Option<(u32, bool)> {
        if let Some(row) = self.names.find(encoded) {
            return Some((row, false));
        }
        let test = decode(encoded)?;
        let key = name::key(&test);
        self.index();
        let Some(row) = self.find(&key) else {
            let row = self.names.intern(encoded);
            self.keys.push(key);
            self.by_key.insert(key, row);
            return Some((row, true));
        };
        let known = self.name(row)?;
        let has_moved = is_of_the_project(&test.file) && test.file != known.file;
        if has_moved {
            let mut moved = Vec::new();
            encode(&TestName { file: test.file, ..known }, &mut moved);
            self.names.replace(row, &moved);
        }
        Some((row, has_moved))
    }
}

/// Whether a path is one of the repository: others change from machine to machine.
fn is_of_the_project(file: &str) -> bool {
    !file.is_empty() && !file.starts_with(['/', '\\', '~']) && !file.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(class: &str, name: &str, file: &str) -> Vec<u8> {
        let test = TestName {
            suite: vec!["acme".to_owned()],
            class: class.to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
        };
        let mut bytes = Vec::new();
        encode(&test, &mut bytes);
        assert_eq!(decode(&bytes), Some(test));
        bytes
    }

    #[test]
    fn a_test_has_one_row_whatever_changes_in_its_name() {
        let mut tests = Tests::default();
        let mut row = |class, name, file| tests.row(&named(class, name, file)).unwrap();
        assert_eq!(row("a.B", "adds", ""), (0, true));
        assert_eq!(row("a.B", "adds", ""), (0, false));
        assert_eq!(row("a.B", "adds to 0x1f2e3d4c", ""), (1, true));
        assert_eq!(row("a.B", "adds to 0x99999999", ""), (1, false));
        assert_eq!(row("a.B", "subtracts", ""), (2, true));
    }

    #[test]
    fn a_test_that_moved_has_its_new_file() {
        let mut tests = Tests::default();
        tests.row(&named("a.B", "adds", "src/old.py")).unwrap();
        assert_eq!(tests.row(&named("a.B", "adds", "src/new.py")), Some((0, true)));
        assert_eq!(tests.row(&named("a.B", "adds", "src/new.py")), Some((0, false)));
        assert_eq!(tests.name(0).unwrap().file, "src/new.py");
        // A machine's own path says nothing.
        assert_eq!(tests.row(&named("a.B", "adds", "/src/x/new.py")), Some((0, false)));
        assert_eq!(tests.name(0).unwrap().file, "src/new.py");
    }

    #[test]
    fn a_table_reads_as_it_was_written() {
        let mut tests = Tests::default();
        for number in 0..3_000 {
            tests.row(&named("a.B", &format!("case {number}"), "")).unwrap();
        }
        let mut read = Tests::default();
        for block in 0..3 {
            let mut to = Writer::default();
            tests.write(block, &mut to);
            read.read(&mut Reader::new(&to.0)).unwrap();
        }
        assert_eq!((read.len(), read.name(2_999)), (3_000, tests.name(2_999)));
        assert_eq!(read.row(&named("a.B", "case 1700", "")), Some((1_700, false)));
        assert_eq!(read.key(1_700), tests.key(1_700));
        assert!(Tests::default().read(&mut Reader::new(&[1, 2, 3])).is_none());
    }
}
