//! Which tests fail when which files change: counts that fade, of bounded size.
//!
//! In: for each recorded run the files that its change touched and the tests that were red. Out:
//! per test how much more often it fails when one of these files changes. Start at [`fold`] and
//! [`CoFail::lifts`]. **Invariants:** runs may come in any order; what is kept never grows over
//! [`FILES`], [`TESTS`] and [`PAIRS`], whatever is folded.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tl_core::test::TestKey;
use tl_core::time::{Millis, Timestamp};

use crate::bytes;

/// Files that are kept: those that change most.
pub const FILES: usize = 4_096;

/// Tests that are kept: those that fail most.
pub const TESTS: usize = 4_096;

/// Pairs of a file and a test that are kept: those that met most.
pub const PAIRS: usize = 32_768;

/// What a run of last week counts for, against one of this week.
pub const WEEKLY: f64 = 0.98;

/// Files or red tests above which a run says nothing of any one of them.
pub const CROWD: usize = 200;

/// Pairs of a file and a red test in one run, above which it says nothing of any one of them.
const CROWDED: usize = 2_000;

/// Bytes of an encoded state that are read.
const ENCODED: usize = 4 << 20;

/// The first byte of an encoded state.
const VERSION: u8 = 1;

/// Runs are weighed against this instant for at most so many weeks; then it moves.
const SPAN: f64 = 520.0;

/// Most that the logarithm of a lift counts.
const MOST: f64 = 2.0;

/// What stands for a path: the first 64 bits of its SHA-256. Paths themselves are asked with.
type FileKey = [u8; 8];

/// Which tests fail when which files change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoFail {
    /// The instant at which a run counts 1; later ones count more, so that nothing has to fade.
    landmark: Timestamp,
    runs: f64,
    files: FxHashMap<FileKey, FileRow>,
    tests: FxHashMap<TestKey, f32>,
    pairs: usize,
}

/// One file.
#[derive(Debug, Clone, Default, PartialEq)]
struct FileRow {
    changed: f32,
    /// Tests that were red when it changed.
    red: FxHashMap<TestKey, f32>,
}

/// How a test fails when a file changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lift {
    /// Row of the file among those that were asked for.
    pub file: usize,
    /// ln of how much more often than usual it fails then, between 0 and 2.
    pub weight: f64,
    /// Changes of the file in which it was red, faded.
    pub red: f64,
    /// Changes of the file, faded.
    pub changed: f64,
    /// Its usual rate.
    pub usual: f64,
}

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They are not in this form.
    #[error("the counts of files and tests that fail together do not read")]
    Form,
    /// A newer program wrote them.
    #[error("the counts of files and tests that fail together are of version {0}, not {VERSION}")]
    Version(u8),
}

/// The form that is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    landmark: Timestamp,
    runs: f64,
    files: Vec<(FileKey, f32)>,
    tests: Vec<([u8; 12], f32)>,
    /// Rows of a file and a test.
    pairs: Vec<(u32, u32, f32)>,
}

/// Takes in a run: the files its change touched, and the tests that were red in it.
///
/// To be called once for each complete run of a change, with its first attempts, green runs too;
/// `at` is the caller's clock, not a report's. A run with more than [`CROWD`] files or red tests
/// says nothing of any one of them and is left out, as is one with over 2,000 pairs of the two, or
/// that touches nothing.
pub fn fold(state: &mut CoFail, changed: &[&str], red: &[TestKey], at: Timestamp) {
    let crowded = changed.len() * red.len().max(1) > CROWDED;
    if changed.is_empty() || crowded || changed.len() > CROWD || red.len() > CROWD {
        return;
    }
    let weight = state.weight(at);
    let add = |count: &mut f32| *count += weight as f32;
    let mut files: Vec<FileKey> = changed.iter().map(|path| file_key(path)).collect();
    files.sort_unstable();
    files.dedup();
    let mut tests = red.to_vec();
    tests.sort_unstable();
    tests.dedup();
    state.runs += weight;
    for test in &tests {
        add(state.tests.entry(*test).or_default());
    }
    for file in files {
        let row = state.files.entry(file).or_default();
        add(&mut row.changed);
        for test in &tests {
            add(row.red.entry(*test).or_insert_with(|| {
                state.pairs += 1;
                0.0
            }));
        }
    }
    state.keep_bounds();
}

impl CoFail {
    /// Whether nothing was folded yet.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Per test that was ever red when one of these files changed: the file that counts most.
    ///
    /// lift = ((red + 1/2) / (changed + 1)) / usual, usual = (its reds + 1/2) / (runs + 1).
    pub fn lifts(&self, files: &[&str], now: Timestamp) -> FxHashMap<TestKey, Lift> {
        let mut lifts: FxHashMap<TestKey, Lift> = FxHashMap::default();
        let fade = WEEKLY.powf(self.weeks(now).clamp(-SPAN, SPAN));
        let faded = |count: f32| f64::from(count) * fade;
        for (file, path) in files.iter().enumerate().take(CROWD) {
            let Some(row) = self.files.get(&file_key(path)) else { continue };
            let changed = faded(row.changed);
            for (test, red) in &row.red {
                let reds = faded(self.tests.get(test).copied().unwrap_or_default());
                let usual = ((reds + 0.5) / (self.runs * fade + 1.0)).min(1.0);
                let red = faded(*red);
                let lift = (red + 0.5) / (changed + 1.0) / usual;
                let weight = lift.ln().clamp(0.0, MOST);
                let found = Lift { file, weight, red, changed, usual };
                let known = lifts.entry(*test).or_insert(found);
                if weight > known.weight {
                    *known = found;
                }
            }
        }
        lifts.retain(|_, lift| lift.weight > 0.0);
        lifts
    }

    /// As bytes to store: at most half a megabyte.
    pub fn encode(&self) -> Vec<u8> {
        let mut files: Vec<(&FileKey, &FileRow)> = self.files.iter().collect();
        files.sort_unstable_by_key(|entry| entry.0);
        let mut tests: Vec<([u8; 12], f32)> =
            self.tests.iter().map(|(test, count)| (test.0, *count)).collect();
        tests.sort_unstable_by_key(|entry| entry.0);
        let mut pairs = Vec::with_capacity(self.pairs);
        for ((_, row), file) in files.iter().zip(0..) {
            let mut red: Vec<(u32, u32, f32)> = row
                .red
                .iter()
                .filter_map(|(test, count)| {
                    let test = tests.binary_search_by_key(&test.0, |entry| entry.0).ok()?;
                    Some((file, u32::try_from(test).ok()?, *count))
                })
                .collect();
            red.sort_unstable_by_key(|pair| pair.1);
            pairs.extend(red);
        }
        let files = files.into_iter().map(|(file, row)| (*file, row.changed)).collect();
        let stored = Stored { landmark: self.landmark, runs: self.runs, files, tests, pairs };
        bytes::stored(VERSION, &stored)
    }

    /// Reads what [`CoFail::encode`] wrote; no bytes are an empty state.
    ///
    /// # Errors
    /// The bytes are something else, or a newer program's.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Some((version, bytes)) = bytes.split_first() else { return Ok(Self::default()) };
        if *version != VERSION {
            return Err(DecodeError::Version(*version));
        }
        if bytes.len() > ENCODED {
            return Err(DecodeError::Form);
        }
        let stored: Stored = postcard::from_bytes(bytes).map_err(|_| DecodeError::Form)?;
        let counts = stored.files.iter().map(|file| file.1);
        let counts = counts.chain(stored.tests.iter().map(|test| test.1));
        let mut counts = counts.chain(stored.pairs.iter().map(|pair| pair.2));
        let sound = |count: f32| count.is_finite() && count >= 0.0;
        let runs = stored.runs.is_finite() && stored.runs >= 0.0;
        if !runs || !counts.all(sound) {
            return Err(DecodeError::Form);
        }
        let mut state = Self { landmark: stored.landmark, runs: stored.runs, ..Self::default() };
        for (file, changed) in &stored.files {
            state.files.insert(*file, FileRow { changed: *changed, ..FileRow::default() });
        }
        state.tests = stored.tests.iter().map(|(test, count)| (TestKey(*test), *count)).collect();
        for (file, test, count) in stored.pairs {
            let named = stored.files.get(file as usize).zip(stored.tests.get(test as usize));
            let (file, test) = named.ok_or(DecodeError::Form)?;
            let row = state.files.get_mut(&file.0).ok_or(DecodeError::Form)?;
            state.pairs += usize::from(row.red.insert(TestKey(test.0), count).is_none());
        }
        state.keep_bounds();
        Ok(state)
    }

    /// Weeks from the landmark.
    fn weeks(&self, at: Timestamp) -> f64 {
        (at - self.landmark).get() as f64 / Millis::WEEK.get() as f64
    }

    /// What a run at this instant counts.
    fn weight(&mut self, at: Timestamp) -> f64 {
        if self.is_empty() {
            *self = Self { landmark: at, ..Self::default() };
        }
        let weeks = self.weeks(at);
        if weeks > SPAN {
            let fade = WEEKLY.powf(weeks.min(1e5));
            self.runs *= fade;
            for row in self.files.values_mut() {
                row.changed *= fade as f32;
                row.red.values_mut().for_each(|count| *count *= fade as f32);
            }
            self.tests.values_mut().for_each(|count| *count *= fade as f32);
            self.landmark = at;
            return 1.0;
        }
        WEEKLY.powf(-weeks.max(-SPAN))
    }

    /// Lets go of what counts least where there is too much, an eighth more than is needed, so
    /// that it is not done for each run.
    fn keep_bounds(&mut self) {
        if self.files.len() > FILES {
            let all = self.files.iter().map(|(file, row)| (row.changed, *file));
            for file in least(all.collect(), FILES) {
                let row = self.files.remove(&file);
                self.pairs -= row.map_or(0, |row| row.red.len());
            }
        }
        if self.tests.len() > TESTS {
            let all = self.tests.iter().map(|(test, count)| (*count, *test));
            least(all.collect(), TESTS).for_each(|test| _ = self.tests.remove(&test));
            for row in self.files.values_mut() {
                row.red.retain(|test, _| self.tests.contains_key(test));
            }
            self.pairs = self.files.values().map(|row| row.red.len()).sum();
        }
        if self.pairs > PAIRS {
            let pairs = self.files.iter().flat_map(|(file, row)| {
                row.red.iter().map(|(test, count)| (*count, (*file, *test)))
            });
            for (file, test) in least(pairs.collect(), PAIRS) {
                if let Some(row) = self.files.get_mut(&file) {
                    self.pairs -= usize::from(row.red.remove(&test).is_some());
                }
            }
        }
    }
}

/// Those that count least, until seven eighths of the limit are left.
fn least<K: Ord>(mut all: Vec<(f32, K)>, limit: usize) -> impl Iterator<Item = K> {
    let order = |a: &(f32, K), b: &(f32, K)| -> Ordering {
        a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1))
    };
    all.sort_unstable_by(order);
    let count = all.len() - limit / 8 * 7;
    all.into_iter().take(count).map(|entry| entry.1)
}

fn file_key(path: &str) -> FileKey {
    let digest: [u8; 32] = Sha256::digest(path.as_bytes()).into();
    let (first, _) = digest.split_first_chunk().expect("a hash has 32 bytes");
    *first
}

#[cfg(test)]
mod tests;
