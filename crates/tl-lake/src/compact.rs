//! Putting segments together: many small files in the order of arrival become few, sorted by test.
//!
//! In: a manifest, later the segments that [`plan`] named. Out: new segments, in their place; the swap
//! that lists them and takes the old ones out is the caller's. Start at [`plan`] and [`compact`].
//! **Invariants:** every row of the old files is in the new ones, once, unchanged; memory holds
//! [`BUCKET`] rows, or those of one test, and one encoded file, however many there are.
//!
//! Sorted by test, the rows of one test stand in one or two row groups of a file, and statistics
//! say which. Files of one compaction have tests of their own, but for those at the cuts.

use tl_core::segment::{Manifest, Segment};
use tl_core::time::Timestamp;

use crate::columns::Columns;
use crate::place::{Place, PlaceError};
use crate::rows::Rows;
use crate::scan::{ScanError, Several, Wanted};
use crate::write::{WriteError, Writer};

/// Files of level 0 from which they are put together.
pub const FILES: usize = 32;

/// Rows in level 0 from which they are put together.
pub const ROWS: u64 = 8 << 20;

/// Files of level 1 from which they are put together.
pub const SORTED_FILES: usize = 8;

/// Rows that are sorted at once, in memory: about 200 MB.
pub const BUCKET: u64 = 4 << 20;

/// Rows of a file from level 1 on, and of level 0 that are put together at once.
pub const FILE: u64 = 16 << 20;

/// Numbers of tests between the first and the last one; 4 bytes each.
const TESTS: u32 = 1 << 26;

/// Why segments were not put together. Files that were written are deleted again, as far as
/// possible; the manifest is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// The old files cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The new ones cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The new ones cannot be put in their place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A mistake of the program: it would lose rows or double them.
    #[error("{found} of {expected} rows would be in the new segments")]
    Rows {
        /// Rows that were written.
        found: u64,
        /// Rows that were there.
        expected: u64,
    },
}

/// Segments that should be put together now; nothing where there is no need. Rows of `open` and later
/// stay as they are: runs of that time may still come. With `all`, level 0 is put together whatever
/// its size. Called again after the swap, it names the next ones.
pub fn plan(manifest: &Manifest, open: Timestamp, all: bool) -> Option<Vec<Segment>> {
    let level = |level: u8| -> Vec<&Segment> {
        let mut segments: Vec<&Segment> =
            manifest.segments.iter().filter(|segment| segment.level == level).collect();
        segments.sort_by_key(|segment| (segment.first, segment.id));
        segments
    };
    let closed: Vec<&Segment> =
        level(0).into_iter().filter(|segment| segment.last < open).collect();
    let rows: u64 = closed.iter().map(|segment| segment.rows).sum();
    if closed.len() > FILES || rows > ROWS || (all && !closed.is_empty()) {
        let mut sum = 0;
        let fits = |segment: &&Segment| {
            sum += segment.rows;
            sum <= FILE || sum == segment.rows
        };
        return Some(closed.into_iter().take_while(fits).cloned().collect());
    }
    let sorted = level(1);
    (sorted.len() > SORTED_FILES).then(|| sorted.into_iter().cloned().collect())
}

/// Puts segments together: writes the new files and puts them in their place. `next` is the number of
/// the first new one. The level is one above the highest of the old ones, at most 2.
///
/// Where the swap then comes late, the new files may be kept if the old ones are all still listed:
/// only their numbers change, not their paths.
///
/// # Errors
/// An old file is damaged; a new one cannot be written.
pub fn compact(
    place: &Place,
    segments: &[Segment],
    next: u64,
) -> Result<Vec<Segment>, CompactError> {
    let highest = segments.iter().map(|segment| segment.level).max().unwrap_or(0);
    let mut new = New { place, level: (highest + 1).min(2), next, writer: None, put: Vec::new() };
    let done = fill(place, segments, &mut new, BUCKET);
    if done.is_err() {
        for segment in &new.put {
            // Whatever is left is found by `history compact` as a file that nobody lists.
            let _may_fail_too = place.delete(&segment.path);
        }
    }
    done.map(|()| new.put)
}

/// Reads range after range of tests, sorts and writes it.
fn fill(
    place: &Place,
    segments: &[Segment],
    new: &mut New<'_>,
    bucket: u64,
) -> Result<(), CompactError> {
    let expected = segments.iter().map(|segment| segment.rows).sum();
    let old = Several::open(place, segments)?;
    let mut rows = Rows::default();
    for tests in ranges(&old, segments, bucket)? {
        rows.clear();
        let wanted = Wanted { tests: Some(tests), ..Wanted::ALL };
        old.scan(&wanted, &mut |some| rows.extend(some))?;
        rows.sort();
        new.add(&rows)?;
    }
    new.end_file()?;
    let found = new.put.iter().map(|segment| segment.rows).sum();
    if found == expected { Ok(()) } else { Err(CompactError::Rows { found, expected }) }
}

/// Cuts the tests into ranges of at most `bucket` rows each, or of one test. Rows without a test in
/// between are in no range, because there are none.
fn ranges(
    old: &Several<'_>,
    segments: &[Segment],
    bucket: u64,
) -> Result<Vec<(u32, u32)>, ScanError> {
    let first = segments.iter().map(|segment| segment.tests.0).min().unwrap_or(0);
    let last = segments.iter().map(|segment| segment.tests.1).max().unwrap_or(0);
    if last - first >= TESTS {
        return Err(ScanError::TooMany { what: "tests", limit: TESTS as usize });
    }
    let mut counts: Vec<u32> = Vec::new();
    let wanted = Wanted { columns: Columns::TEST, ..Wanted::ALL };
    old.scan(&wanted, &mut |rows| {
        for test in &rows.test {
            let place = (*test - first) as usize;
            if place >= counts.len() {
                counts.resize(place + 1, 0);
            }
            counts[place] += 1;
        }
    })?;
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut sum = 0;
    for (test, count) in (first..).zip(counts).filter(|(_, count)| *count > 0) {
        sum += u64::from(count);
        match ranges.last_mut() {
            Some((_, last)) if sum <= bucket => *last = test,
            _ => {
                ranges.push((test, test));
                sum = u64::from(count);
            }
        }
    }
    Ok(ranges)
}

/// The new files.
struct New<'a> {
    place: &'a Place,
    level: u8,
    next: u64,
    writer: Option<Writer>,
    put: Vec<Segment>,
}

impl New<'_> {
    fn add(&mut self, rows: &Rows) -> Result<(), CompactError> {
        let full = |writer: &Writer| writer.rows() + rows.len() as u64 > FILE;
        if self.writer.as_ref().is_some_and(full) {
            self.end_file()?;
        }
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::new(self.level)?,
        };
        writer.push(rows)?;
        self.writer = Some(writer);
        Ok(())
    }

    fn end_file(&mut self) -> Result<(), CompactError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let (bytes, segment) = writer.finish(self.next)?;
        self.next += 1;
        let path = segment.path.clone();
        // Before it is there, so that it goes if the rest fails.
        self.put.push(segment);
        Ok(self.place.put(&path, bytes)?)
    }
}

#[cfg(test)]
mod tests;
