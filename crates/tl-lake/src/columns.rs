//! The columns of a segment: names, types, encodings. Its format is called `results/1`.
//!
//! In: the level of a segment. Out: schema and properties for the writer. Start at [`Columns::ALL`].
//! **Invariant:** this format never changes: another one has another name.
//!
//! Numbers have logical types without a sign, so that every reader of Parquet sees them as they are.

use std::ops::BitOr;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion,
};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::TypePtr;

/// Key of the metadata under which a file says what it is.
pub(crate) const FORMAT_KEY: &str = "throughline.lake";

/// What it says there.
pub(crate) const FORMAT: &str = "results/1";

/// Rows of a row group at most; in tests few, so that there are several.
pub(crate) const GROUP: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// Columns by their place in the file.
pub(crate) const TEST: usize = 0;
pub(crate) const COMMIT: usize = 1;
pub(crate) const VARIANT: usize = 2;
pub(crate) const RUN: usize = 3;
pub(crate) const AT: usize = 4;
pub(crate) const STATUS: usize = 5;
pub(crate) const ATTEMPT: usize = 6;
pub(crate) const MS: usize = 7;
pub(crate) const SIGNATURE: usize = 8;

/// Names of the columns by their place.
pub(crate) const NAMES: [&str; 9] =
    ["test", "commit", "variant", "run", "at", "status", "attempt", "ms", "signature"];

const SCHEMA: &str = "message results {
    required int32 test (INTEGER(32, false));
    required int32 commit (INTEGER(32, false));
    required int32 variant (INTEGER(32, false));
    required int32 run (INTEGER(32, false));
    required int64 at (TIMESTAMP(MILLIS, true));
    required int32 status (INTEGER(8, false));
    required int32 attempt (INTEGER(8, false));
    required int32 ms (INTEGER(32, false));
    required int32 signature (INTEGER(32, false));
}";

/// A set of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns(u16);

impl Columns {
    /// The test. Every scan reads it.
    pub const TEST: Self = Self(1 << TEST);
    /// The commit.
    pub const COMMIT: Self = Self(1 << COMMIT);
    /// The variant.
    pub const VARIANT: Self = Self(1 << VARIANT);
    /// The run.
    pub const RUN: Self = Self(1 << RUN);
    /// The instant of the run.
    pub const AT: Self = Self(1 << AT);
    /// The status.
    pub const STATUS: Self = Self(1 << STATUS);
    /// The attempt.
    pub const ATTEMPT: Self = Self(1 << ATTEMPT);
    /// The duration.
    pub const MS: Self = Self(1 << MS);
    /// The reason to fail.
    pub const SIGNATURE: Self = Self(1 << SIGNATURE);
    /// All of them.
    pub const ALL: Self = Self((1 << NAMES.len()) - 1);

    /// All of this set but those of another.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn has(self, column: usize) -> bool {
        self.0 >> column & 1 == 1
    }
}

impl BitOr for Columns {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

pub(crate) fn schema() -> Result<TypePtr, ParquetError> {
    Ok(Arc::new(parse_message_type(SCHEMA)?))
}

/// How the columns of a level are written. Files of level 0 are small and soon put together: they are
/// not compressed. What grows slowly or has no pattern is stored as
/// differences, what has few values by a dictionary. Tests stand in their order from level 1 on,
/// and there a dictionary makes runs of them.
pub(crate) fn properties(level: u8) -> Result<WriterPropertiesPtr, ParquetError> {
    let metadata = vec![
        KeyValue::new(FORMAT_KEY.to_owned(), FORMAT.to_owned()),
        KeyValue::new("throughline.level".to_owned(), level.to_string()),
    ];
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_compression(match level {
            0 => Compression::UNCOMPRESSED,
            _ => Compression::ZSTD(ZstdLevel::try_new(1)?),
        })
        .set_max_row_group_row_count(Some(GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_key_value_metadata(Some(metadata));
    let mut differences = vec![COMMIT, RUN, AT, MS];
    if level == 0 {
        differences.push(TEST);
    } else {
        let ascending = |column| SortingColumn {
            column_idx: column as i32,
            descending: false,
            nulls_first: false,
        };
        properties = properties.set_sorting_columns(Some(vec![ascending(TEST), ascending(AT)]));
    }
    for column in differences {
        properties = properties
            .set_column_dictionary_enabled(NAMES[column].into(), false)
            .set_column_encoding(NAMES[column].into(), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(Arc::new(properties.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored for ever: a change here is another format.
    #[test]
    fn the_schema_has_the_columns_in_their_places() {
        let schema = schema().unwrap();
        let names: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).collect();
        assert_eq!(names, NAMES);
        assert!(Columns::ALL.has(SIGNATURE) && !Columns::ALL.has(SIGNATURE + 1));
        let two = Columns::TEST | Columns::MS;
        assert!(two.has(TEST) && two.has(MS) && !two.has(AT));
    }
}
