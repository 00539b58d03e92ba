//! Writing a segment.
//!
//! In: [`Rows`]. Out: the bytes of a file, and what the manifest is to say of it. Start at [`write()`];
//! [`Writer`] is for more rows than fit into memory. Nothing is on disk then:
//! [`crate::place::Place::put`] does that. **Invariant:** equal rows make equal bytes, so the path of a
//! file, which holds the beginning of its SHA-256, says what is in it.

use parquet::column::writer::ColumnWriter;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use sha2::{Digest as _, Sha256};
use tl_core::segment::Segment;
use tl_core::time::Timestamp;

use crate::columns::{self, GROUP};
use crate::rows::Rows;

/// Rows of one segment at most.
pub const LIMIT: u64 = 1 << 28;

/// Why a segment was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is nothing to write.
    #[error("a segment needs at least one row")]
    Empty,
    /// A column has fewer or more values than there are rows.
    #[error("the columns of a segment have unequal lengths")]
    Uneven,
    /// More rows than [`LIMIT`].
    #[error("a segment of {rows} rows is over the limit of {LIMIT}")]
    TooLarge {
        /// How many there would be.
        rows: u64,
    },
    /// They cannot be encoded.
    #[error("failed to write rows as Parquet")]
    Parquet(#[from] ParquetError),
}

/// Writes a segment: `level` 0 for rows as they came, within a run in the order of its report; from
/// 1 on they have to be sorted by [`Rows::sort`]. `id` is its number in the manifest.
///
/// # Errors
/// No rows, too many, columns of unequal lengths.
pub fn write(rows: &Rows, level: u8, id: u64) -> Result<(Vec<u8>, Segment), WriteError> {
    let mut writer = Writer::new(level)?;
    writer.push(rows)?;
    writer.finish(id)
}

/// Path of a segment in its lake.
pub fn path(level: u8, id: u64, sha256: &str) -> String {
    let head = sha256.get(..8).unwrap_or(sha256);
    format!("results/L{level}/{id}-{head}.parquet")
}

/// A segment that is being written. Holds what is encoded: about a byte a row.
pub struct Writer {
    inner: SerializedFileWriter<Vec<u8>>,
    level: u8,
    rows: u64,
    at: (i64, i64),
    tests: (u32, u32),
    scratch: Vec<i32>,
}

impl Writer {
    /// An empty segment.
    ///
    /// # Errors
    /// Never with the schema that this version has.
    pub fn new(level: u8) -> Result<Self, WriteError> {
        let (schema, properties) = (columns::schema()?, columns::properties(level)?);
        Ok(Self {
            inner: SerializedFileWriter::new(Vec::new(), schema, properties)?,
            level,
            rows: 0,
            at: (i64::MAX, i64::MIN),
            tests: (u32::MAX, 0),
            scratch: Vec::new(),
        })
    }

    /// Rows in it.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds rows, as row groups of their own.
    ///
    /// # Errors
    /// Too many, columns of unequal lengths.
    pub fn push(&mut self, rows: &Rows) -> Result<(), WriteError> {
        if !rows.is_whole() {
            return Err(WriteError::Uneven);
        }
        let all = self.rows + rows.len() as u64;
        if all > LIMIT {
            return Err(WriteError::TooLarge { rows: all });
        }
        for start in (0..rows.len()).step_by(GROUP) {
            self.group(rows, start..rows.len().min(start + GROUP))?;
        }
        for at in &rows.at {
            self.at = (self.at.0.min(*at), self.at.1.max(*at));
        }
        for test in &rows.test {
            self.tests = (self.tests.0.min(*test), self.tests.1.max(*test));
        }
        self.rows = all;
        Ok(())
    }

    fn group(&mut self, rows: &Rows, part: std::ops::Range<usize>) -> Result<(), ParquetError> {
        let mut group = self.inner.next_row_group()?;
        let mut place = 0;
        while let Some(mut column) = group.next_column()? {
            let scratch = &mut self.scratch;
            scratch.clear();
            match column.untyped() {
                ColumnWriter::Int64ColumnWriter(to) => {
                    to.write_batch(&rows.at[part.clone()], None, None)?;
                }
                ColumnWriter::Int32ColumnWriter(to) => {
                    let wide = |from: &[u32], to: &mut Vec<i32>| {
                        to.extend(from.iter().map(|number| number.cast_signed()));
                    };
                    let small = |from: &[u8], to: &mut Vec<i32>| {
                        to.extend(from.iter().map(|number| i32::from(*number)));
                    };
                    match place {
                        columns::TEST => wide(&rows.test[part.clone()], scratch),
                        columns::COMMIT => wide(&rows.commit[part.clone()], scratch),
                        columns::VARIANT => wide(&rows.variant[part.clone()], scratch),
                        columns::RUN => wide(&rows.run[part.clone()], scratch),
                        columns::STATUS => small(&rows.status[part.clone()], scratch),
                        columns::ATTEMPT => small(&rows.attempt[part.clone()], scratch),
                        columns::MS => wide(&rows.ms[part.clone()], scratch),
                        _ => wide(&rows.signature[part.clone()], scratch),
                    }
                    to.write_batch(scratch, None, None)?;
                }
                _ => return Err(ParquetError::General("a column of another type".to_owned())),
            }
            column.close()?;
            place += 1;
        }
        group.close().map(|_| ())
    }

    /// The file, and what the manifest is to say of it.
    ///
    /// # Errors
    /// There are no rows.
    pub fn finish(self, id: u64) -> Result<(Vec<u8>, Segment), WriteError> {
        if self.rows == 0 {
            return Err(WriteError::Empty);
        }
        let bytes = self.inner.into_inner()?;
        let sha256 = hex(&Sha256::digest(&bytes));
        let segment = Segment {
            id,
            level: self.level,
            rows: self.rows,
            bytes: bytes.len() as u64,
            first: Timestamp::from_millis(self.at.0),
            last: Timestamp::from_millis(self.at.1),
            tests: self.tests,
            path: path(self.level, id, &sha256),
            sha256,
        };
        Ok((bytes, segment))
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("level", &self.level).field("rows", &self.rows).finish()
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text does not fail.
        let _always = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::rows_of_run;

    #[test]
    fn equal_rows_make_equal_files_and_the_path_says_which() {
        let rows = rows_of_run(7, 100);
        let (bytes, segment) = write(&rows, 0, 3).unwrap();
        assert_eq!(write(&rows, 0, 3).unwrap(), (bytes.clone(), segment.clone()));
        assert_eq!((segment.rows, segment.bytes, segment.level), (100, bytes.len() as u64, 0));
        assert_eq!(
            (segment.tests, segment.first, segment.last),
            ((0, 99), segment.last, segment.first)
        );
        assert_eq!(segment.path, format!("results/L0/3-{}.parquet", &segment.sha256[..8]));
        assert_ne!(write(&rows_of_run(8, 100), 0, 3).unwrap().1.path, segment.path);
    }

    #[test]
    fn a_segment_without_rows_or_with_a_short_column_is_refused() {
        assert!(matches!(write(&Rows::default(), 0, 1), Err(WriteError::Empty)));
        let mut rows = rows_of_run(1, 5);
        rows.ms.pop();
        assert!(matches!(write(&rows, 0, 1), Err(WriteError::Uneven)));
    }
}
