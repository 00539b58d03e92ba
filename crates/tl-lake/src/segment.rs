//! One segment, read.
//!
//! In: what the manifest says of a file, and the file. Out: its rows, some at a time. Start at
//! [`Reader::open`]. **Invariant:** nothing of a file is decoded whose size or SHA-256 is not the one
//! that the manifest says; what is wrong with a file is an error that names it, and no panic.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::Int32Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use sha2::{Digest as _, Sha256};
use tl_core::segment::Segment;

use crate::columns::{self, AT, FORMAT, FORMAT_KEY, GROUP, NAMES, TEST};
use crate::place::{self, Place};
use crate::rows::Rows;
use crate::scan::{ScanError, Wanted};
use crate::write::hex;

/// Rows that are decoded at once.
pub(crate) const BATCH: usize = 65_536;

/// Rows of a row group at most: more was not written by this program.
const GROUP_LIMIT: i64 = 4 * GROUP as i64;

/// A file whose contents are those that the manifest says.
pub(crate) struct Reader {
    file: Box<dyn FileReader>,
    path: String,
    /// First and last test that the manifest says.
    tests: (u32, u32),
}

impl Reader {
    /// Opens a file and checks all of it.
    pub(crate) fn open(place: &Place, segment: &Segment) -> Result<Self, ScanError> {
        place::check(&segment.path)?;
        let missing = || ScanError::Missing { path: segment.path.clone() };
        match place {
            Place::Directory(root) => {
                let file = place::open(root, &segment.path)?.ok_or_else(missing)?;
                Self::of_file(file, segment)
            }
            #[cfg(feature = "s3")]
            Place::Objects(objects) => {
                use crate::s3::Got;
                let bytes = match objects.get(&segment.path, segment.bytes)? {
                    Got::Whole(bytes) => bytes,
                    Got::OtherSize(found) => {
                        return same_size(segment, found).and(Err(missing()));
                    }
                    Got::Nothing => return Err(missing()),
                };
                same_size(segment, bytes.len() as u64)?;
                same_content(segment, &hex(&Sha256::digest(&bytes)))?;
                Self::decode(segment, || SerializedFileReader::new(bytes))
            }
        }
    }

    fn of_file(mut file: File, segment: &Segment) -> Result<Self, ScanError> {
        let failed = |source| ScanError::Read { path: segment.path.clone(), source };
        same_size(segment, file.metadata().map_err(failed)?.len())?;
        let mut sha256 = Sha256::new();
        let mut part = vec![0; 1 << 16];
        loop {
            let count = file.read(&mut part).map_err(failed)?;
            if count == 0 {
                break;
            }
            sha256.update(&part[..count]);
        }
        same_content(segment, &hex(&sha256.finalize()))?;
        file.rewind().map_err(failed)?;
        Self::decode(segment, || SerializedFileReader::new(file))
    }

    /// Reads the end of a file, which says what is in it.
    fn decode<R: parquet::file::reader::ChunkReader + 'static>(
        segment: &Segment,
        open: impl FnOnce() -> Result<SerializedFileReader<R>, ParquetError>,
    ) -> Result<Self, ScanError> {
        let path = segment.path.clone();
        let file = guarded(&path, open)?;
        let reader = Self { file: Box::new(file), path, tests: segment.tests };
        reader.check(segment)?;
        Ok(reader)
    }

    fn check(&self, segment: &Segment) -> Result<(), ScanError> {
        let path = || self.path.clone();
        let metadata = self.file.metadata();
        let of_file = metadata.file_metadata();
        let pairs = of_file.key_value_metadata().map_or(&[][..], Vec::as_slice);
        let format = pairs.iter().find(|pair| pair.key == FORMAT_KEY);
        match format.map(|pair| pair.value.as_deref().unwrap_or_default()) {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(ScanError::Format {
                    path: path(),
                    found: other.chars().take(80).collect(),
                });
            }
            None => return Err(ScanError::Foreign { path: path() }),
        }
        let schema = of_file.schema_descr();
        let wanted = columns::schema().map_err(|source| self.damaged(source))?;
        if schema.root_schema().get_fields() != wanted.get_fields() {
            return Err(ScanError::Foreign { path: path() });
        }
        let mut rows = 0_i64;
        for group in metadata.row_groups() {
            let count = group.num_rows();
            if !(0..=GROUP_LIMIT).contains(&count) || group.num_columns() != NAMES.len() {
                return Err(ScanError::TooLarge { path: path(), rows: count, limit: GROUP_LIMIT });
            }
            rows += count;
        }
        if u64::try_from(rows) != Ok(segment.rows) {
            let what = format!("it has {rows} rows, and the manifest says {}", segment.rows);
            return Err(self.contradicts(what));
        }
        Ok(())
    }

    /// How many row groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.file.num_row_groups()
    }

    /// Whether a row group may hold a row that is wanted, by its statistics.
    pub(crate) fn may_match(&self, group: usize, wanted: &Wanted) -> bool {
        let metadata = self.file.metadata().row_group(group);
        let tests = wanted.tests.zip(tests_of(metadata));
        let outside = tests.is_some_and(|(wanted, (min, max))| max < wanted.0 || wanted.1 < min);
        let latest = wanted.since.zip(latest_of(metadata));
        !outside && latest.is_none_or(|(since, latest)| latest >= since.as_millis())
    }

    /// Reads a row group; hands `each` some rows at a time, with the columns that are wanted, and of
    /// the rows those that are. Returns how many that were.
    pub(crate) fn group(
        &self,
        number: usize,
        wanted: &Wanted,
        rows: &mut Rows,
        each: &mut dyn FnMut(&Rows),
    ) -> Result<u64, ScanError> {
        let count = self.file.metadata().row_group(number).num_rows();
        let mut left = usize::try_from(count).unwrap_or(0);
        let mut group = self.columns(number, wanted)?;
        let mut found = 0;
        while left > 0 {
            let batch = left.min(BATCH);
            left -= batch;
            rows.clear();
            let read =
                catch_unwind(AssertUnwindSafe(|| group.read(batch, wanted, self.tests, rows)));
            match read {
                Ok(Ok(())) => {}
                Ok(Err(Wrong::Parquet(source))) => return Err(self.damaged(source)),
                Ok(Err(Wrong::Number { column, value })) => {
                    let what = format!("a row has {value} as `{}`", NAMES[column]);
                    return Err(self.contradicts(what));
                }
                Ok(Err(Wrong::Test(test))) => {
                    let (first, last) = self.tests;
                    let what =
                        format!("it has test {test}, and the manifest says {first} to {last}");
                    return Err(self.contradicts(what));
                }
                Err(_panic) => return Err(self.damaged(panicked())),
            }
            if !rows.is_empty() {
                found += rows.len() as u64;
                each(rows);
            }
        }
        Ok(found)
    }

    fn columns(&self, number: usize, wanted: &Wanted) -> Result<Group, ScanError> {
        guarded(&self.path, || {
            let group = self.file.get_row_group(number)?;
            let mut columns = Vec::new();
            for column in 0..NAMES.len() {
                if wanted.reads(column) {
                    columns.push((column, group.get_column_reader(column)?));
                }
            }
            Ok(Group { columns, scratch: Vec::with_capacity(BATCH), keep: Vec::new() })
        })
    }

    fn damaged(&self, source: ParquetError) -> ScanError {
        ScanError::Damaged { path: self.path.clone(), source }
    }

    fn contradicts(&self, what: String) -> ScanError {
        ScanError::Contradicts { path: self.path.clone(), what }
    }
}

/// The columns of a row group, as far as they are read.
struct Group {
    columns: Vec<(usize, ColumnReader)>,
    scratch: Vec<i32>,
    /// Which rows of the batch are wanted.
    keep: Vec<bool>,
}

/// What can be wrong within a row group.
enum Wrong {
    Parquet(ParquetError),
    Number { column: usize, value: i32 },
    Test(u32),
}

impl From<ParquetError> for Wrong {
    fn from(source: ParquetError) -> Self {
        Self::Parquet(source)
    }
}

impl Group {
    /// Reads the next `count` rows. The tests come first: where none is wanted, the other columns
    /// are passed over.
    fn read(
        &mut self,
        count: usize,
        wanted: &Wanted,
        tests: (u32, u32),
        rows: &mut Rows,
    ) -> Result<(), Wrong> {
        let Self { columns, scratch, keep } = self;
        let mut columns = columns.iter_mut();
        if let Some((_, test)) = columns.next() {
            unsigned(test, count, scratch, &mut rows.test)?;
        }
        // Who scans may have a table that ends there.
        let outside = |test: &u32| !(tests.0..=tests.1).contains(test);
        if rows.test.iter().fold(false, |any, test| any | outside(test)) {
            return Err(Wrong::Test(rows.test.iter().copied().find(outside).unwrap_or_default()));
        }
        let mut all = true;
        if let Some((first, last)) = wanted.tests {
            keep.clear();
            keep.extend(rows.test.iter().map(|test| (first..=last).contains(test)));
            if !keep.contains(&true) {
                rows.clear();
                for (_, column) in columns {
                    skip(column, count)?;
                }
                return Ok(());
            }
            all = !keep.contains(&false);
        }
        for (place, column) in columns {
            match *place {
                columns::COMMIT => unsigned(column, count, scratch, &mut rows.commit)?,
                columns::VARIANT => unsigned(column, count, scratch, &mut rows.variant)?,
                columns::RUN => unsigned(column, count, scratch, &mut rows.run)?,
                AT => instants(column, count, &mut rows.at)?,
                columns::STATUS => bytes(*place, column, count, scratch, &mut rows.status)?,
                columns::ATTEMPT => bytes(*place, column, count, scratch, &mut rows.attempt)?,
                columns::MS => unsigned(column, count, scratch, &mut rows.ms)?,
                _ => unsigned(column, count, scratch, &mut rows.signature)?,
            }
        }
        if let Some(since) = wanted.since {
            if all {
                keep.clear();
                keep.resize(count, true);
            }
            for (keep, at) in keep.iter_mut().zip(&rows.at) {
                *keep &= *at >= since.as_millis();
            }
            all = !keep.contains(&false);
        }
        if !all {
            rows.retain(keep);
        }
        Ok(())
    }
}

fn integers(
    column: &mut ColumnReader,
    count: usize,
    scratch: &mut Vec<i32>,
) -> Result<(), ParquetError> {
    let ColumnReader::Int32ColumnReader(column) = column else { return Err(another_type()) };
    scratch.clear();
    read_all(column, count, scratch)
}

fn read_all(
    column: &mut ColumnReaderImpl<Int32Type>,
    count: usize,
    to: &mut Vec<i32>,
) -> Result<(), ParquetError> {
    while to.len() < count {
        if column.read_records(count - to.len(), None, None, to)?.0 == 0 {
            return Err(too_short());
        }
    }
    Ok(())
}

fn unsigned(
    column: &mut ColumnReader,
    count: usize,
    scratch: &mut Vec<i32>,
    to: &mut Vec<u32>,
) -> Result<(), ParquetError> {
    integers(column, count, scratch)?;
    to.extend(scratch.iter().map(|number| number.cast_unsigned()));
    Ok(())
}

fn bytes(
    place: usize,
    column: &mut ColumnReader,
    count: usize,
    scratch: &mut Vec<i32>,
    to: &mut Vec<u8>,
) -> Result<(), Wrong> {
    integers(column, count, scratch)?;
    // One look at all of them is faster than one at each.
    let outside = |number: &i32| !(0..=255).contains(number);
    if scratch.iter().fold(false, |any, number| any | outside(number)) {
        let value = scratch.iter().copied().find(outside).unwrap_or_default();
        return Err(Wrong::Number { column: place, value });
    }
    to.extend(scratch.iter().map(|number| *number as u8));
    Ok(())
}

fn instants(
    column: &mut ColumnReader,
    count: usize,
    to: &mut Vec<i64>,
) -> Result<(), ParquetError> {
    let ColumnReader::Int64ColumnReader(column) = column else { return Err(another_type()) };
    while to.len() < count {
        if column.read_records(count - to.len(), None, None, to)?.0 == 0 {
            return Err(too_short());
        }
    }
    Ok(())
}

fn skip(column: &mut ColumnReader, count: usize) -> Result<(), ParquetError> {
    let skipped = match column {
        ColumnReader::Int32ColumnReader(column) => column.skip_records(count)?,
        ColumnReader::Int64ColumnReader(column) => column.skip_records(count)?,
        _ => return Err(another_type()),
    };
    if skipped == count { Ok(()) } else { Err(too_short()) }
}

fn another_type() -> ParquetError {
    ParquetError::General("a column has another type".to_owned())
}

fn too_short() -> ParquetError {
    ParquetError::EOF("a column ends before the row group does".to_owned())
}

fn panicked() -> ParquetError {
    ParquetError::General("its decoder gave up".to_owned())
}

/// Runs a part of the decoder. It panics on some files that contradict themselves, which only an
/// attacker can bring here: their SHA-256 is the one that the manifest says.
fn guarded<T>(
    path: &str,
    decode: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, ScanError> {
    let done = catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_panic| Err(panicked()));
    done.map_err(|source| ScanError::Damaged { path: path.to_owned(), source })
}

fn same_size(segment: &Segment, found: u64) -> Result<(), ScanError> {
    if found == segment.bytes {
        return Ok(());
    }
    Err(ScanError::Size { path: segment.path.clone(), found, expected: segment.bytes })
}

fn same_content(segment: &Segment, found: &str) -> Result<(), ScanError> {
    if found == segment.sha256 {
        return Ok(());
    }
    Err(ScanError::Content { path: segment.path.clone() })
}

/// Smallest and largest test of a row group.
fn tests_of(group: &RowGroupMetaData) -> Option<(u32, u32)> {
    match group.column(TEST).statistics()? {
        Statistics::Int32(of) => {
            Some((of.min_opt()?.cast_unsigned(), of.max_opt()?.cast_unsigned()))
        }
        _ => None,
    }
}

/// Latest instant of a row group.
fn latest_of(group: &RowGroupMetaData) -> Option<i64> {
    match group.column(AT).statistics()? {
        Statistics::Int64(of) => of.max_opt().copied(),
        _ => None,
    }
}
