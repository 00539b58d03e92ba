//! Reading rows of segments, as few bytes of them as possible.
//!
//! In: segments that a manifest lists, and which rows and columns are wanted. Out: [`Rows`], some at
//! a time. Start at [`scan`]. Files and row groups whose ends say that no wanted row is in them are
//! passed over, and columns that nobody asked for are not decoded; a file that is opened is checked
//! whole all the same, by its SHA-256. **Invariant:** exactly the wanted rows come, each once.

use std::io;

use parquet::errors::ParquetError;
use tl_core::segment::Segment;
use tl_core::time::Timestamp;

use crate::columns::{self, Columns};
use crate::place::{Place, PlaceError};
use crate::rows::Rows;
use crate::segment::Reader;

/// Which rows, and what of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// What is read; the test always is. Columns that are not wanted stay empty.
    pub columns: Columns,
    /// First and last number of the tests that are wanted; all where it is `None`.
    pub tests: Option<(u32, u32)>,
    /// Rows of runs from then on; all where it is `None`. The instants are read then.
    pub since: Option<Timestamp>,
}

impl Wanted {
    /// Every row, all of it.
    pub const ALL: Self = Self { columns: Columns::ALL, tests: None, since: None };

    pub(crate) const fn reads(&self, column: usize) -> bool {
        let by_row = column == columns::TEST || (column == columns::AT && self.since.is_some());
        by_row || self.columns.has(column)
    }

    /// Whether a segment may hold a row that is wanted.
    pub(crate) fn concerns(&self, segment: &Segment) -> bool {
        let outside = |(first, last)| segment.tests.1 < first || last < segment.tests.0;
        !self.tests.is_some_and(outside) && self.since.is_none_or(|since| segment.last >= since)
    }
}

/// What a scan has read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// Files opened.
    pub files: u64,
    /// Row groups decoded, at least in part.
    pub groups: u64,
    /// Rows handed on.
    pub rows: u64,
}

/// Why a scan has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The manifest lists it, and it is not there.
    #[error("segment `{path}` is missing")]
    Missing {
        /// The file.
        path: String,
    },
    /// It is shorter or longer than when it was written.
    #[error("segment `{path}` has {found} bytes, and had {expected} when it was written")]
    Size {
        /// The file.
        path: String,
        /// Its size.
        found: u64,
        /// The size that it should have.
        expected: u64,
    },
    /// It was changed, or the disk lost some of it.
    #[error("segment `{path}` is not what was written: its SHA-256 is another")]
    Content {
        /// The file.
        path: String,
    },
    /// Another program made it.
    #[error("`{path}` is not a segment of results")]
    Foreign {
        /// The file.
        path: String,
    },
    /// A newer program made it.
    #[error("segment `{path}` has format `{found}`; this program reads `results/1`")]
    Format {
        /// The file.
        path: String,
        /// Its format.
        found: String,
    },
    /// A row group has more rows than this program ever writes.
    #[error("segment `{path}` has a row group of {rows} rows, over the limit of {limit}")]
    TooLarge {
        /// The file.
        path: String,
        /// Its rows, as it says.
        rows: i64,
        /// How many are read.
        limit: i64,
    },
    /// There is more to keep apart than fits into memory.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are kept.
        limit: usize,
    },
    /// It contradicts the manifest, or a row of it the types of its columns.
    #[error("segment `{path}` contradicts itself: {what}")]
    Contradicts {
        /// The file.
        path: String,
        /// In which way.
        what: String,
    },
    /// It cannot be decoded.
    #[error("segment `{path}` cannot be decoded")]
    Damaged {
        /// The file.
        path: String,
        /// Why.
        source: ParquetError,
    },
    /// The system could not read it.
    #[error("failed to read segment `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It cannot be opened.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Hands `each` the wanted rows, some ten thousand at a time: files by their first instants, rows in
/// the order of their file.
///
/// # Errors
/// A file is missing, damaged, another one, or of another program. Rows before that were handed on.
pub fn scan(
    place: &Place,
    segments: &[Segment],
    wanted: &Wanted,
    each: &mut dyn FnMut(&Rows),
) -> Result<Scanned, ScanError> {
    let mut scanned = Scanned::default();
    let mut rows = Rows::default();
    for segment in in_order(segments, wanted) {
        scanned.file(&Reader::open(place, segment)?, wanted, &mut rows, each)?;
    }
    Ok(scanned)
}

/// The segments that may hold a wanted row, by their first instants.
fn in_order<'s>(segments: &'s [Segment], wanted: &Wanted) -> Vec<&'s Segment> {
    let mut order: Vec<&Segment> =
        segments.iter().filter(|segment| wanted.concerns(segment)).collect();
    order.sort_by_key(|segment| (segment.first, segment.last, segment.id));
    order
}

impl Scanned {
    fn file(
        &mut self,
        reader: &Reader,
        wanted: &Wanted,
        rows: &mut Rows,
        each: &mut dyn FnMut(&Rows),
    ) -> Result<(), ScanError> {
        self.files += 1;
        for group in 0..reader.groups() {
            if reader.may_match(group, wanted) {
                self.groups += 1;
                self.rows += reader.group(group, wanted, rows, each)?;
            }
        }
        Ok(())
    }
}

/// Segments that are scanned several times. Few of them are opened and checked once; many are not
/// kept open: a process may have some hundred files.
pub(crate) struct Several<'a> {
    place: &'a Place,
    segments: &'a [Segment],
    open: Vec<Reader>,
}

impl<'a> Several<'a> {
    const OPEN: usize = 64;

    pub(crate) fn open(place: &'a Place, segments: &'a [Segment]) -> Result<Self, ScanError> {
        let few = if segments.len() <= Self::OPEN { segments } else { &[] };
        let order = in_order(few, &Wanted::ALL);
        let open: Result<_, _> =
            order.into_iter().map(|segment| Reader::open(place, segment)).collect();
        Ok(Self { place, segments, open: open? })
    }

    pub(crate) fn scan(
        &self,
        wanted: &Wanted,
        each: &mut dyn FnMut(&Rows),
    ) -> Result<Scanned, ScanError> {
        if self.open.is_empty() {
            return scan(self.place, self.segments, wanted, each);
        }
        let (mut scanned, mut rows) = (Scanned::default(), Rows::default());
        for reader in &self.open {
            scanned.file(reader, wanted, &mut rows, each)?;
        }
        Ok(scanned)
    }
}

/// Whether a segment is the file that the manifest says: its size, its SHA-256, its columns and how
/// many rows they have. For who reads the rows by other means.
///
/// # Errors
/// As [`scan`], but for what is wrong within the columns.
pub fn check(place: &Place, segment: &Segment) -> Result<(), ScanError> {
    Reader::open(place, segment).map(drop)
}

/// Reads a segment from its first byte to its last; `throughline test history check`.
///
/// # Errors
/// As [`scan`], and where its tests or instants are not between the ends that the manifest says.
pub fn verify(place: &Place, segment: &Segment) -> Result<(), ScanError> {
    let mut ends: Option<((u32, u32), (i64, i64))> = None;
    scan(place, std::slice::from_ref(segment), &Wanted::ALL, &mut |rows| {
        for (test, at) in rows.test.iter().zip(&rows.at) {
            let ((first, last), (earliest, latest)) =
                ends.get_or_insert(((*test, *test), (*at, *at)));
            (*first, *last) = ((*first).min(*test), (*last).max(*test));
            (*earliest, *latest) = ((*earliest).min(*at), (*latest).max(*at));
        }
    })?;
    let said = (segment.tests, (segment.first.as_millis(), segment.last.as_millis()));
    if ends == Some(said) {
        return Ok(());
    }
    let what = "its tests or instants have other ends than the manifest says".to_owned();
    Err(ScanError::Contradicts { path: segment.path.clone(), what })
}

#[cfg(test)]
mod tests;
