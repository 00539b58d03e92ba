use std::fs;

use parquet::column::writer::ColumnWriter;
use parquet::file::writer::SerializedFileWriter;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::fixtures::{any_rows, lake, put, rows_of_run};
use crate::rows::Row;
use crate::write::{hex, write};

fn all_rows(place: &Place, segments: &[Segment], wanted: &Wanted) -> Result<Rows, ScanError> {
    let mut all = Rows::default();
    scan(place, segments, wanted, &mut |rows| all.extend(rows))?;
    Ok(all)
}

fn rows_of(place: &Place, segment: &Segment) -> Result<Rows, ScanError> {
    all_rows(place, std::slice::from_ref(segment), &Wanted::ALL)
}

fn file(place: &Place, segment: &Segment) -> std::path::PathBuf {
    match place {
        Place::Directory(root) => root.join(&segment.path),
        #[cfg(feature = "s3")]
        Place::Objects(_) => unreachable!(),
    }
}

/// Puts bytes in the place of a segment and makes the manifest say that they are right.
fn put_bytes(place: &Place, segment: &Segment, bytes: &[u8]) -> Segment {
    let sha256 = hex(&Sha256::digest(bytes));
    place.put(&segment.path, bytes.to_vec()).unwrap();
    Segment { bytes: bytes.len() as u64, sha256, ..segment.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What comes back is what went in, whichever columns, tests and instants are asked for.
    #[test]
    fn exactly_the_wanted_rows_come_back(
        files in prop::collection::vec(any_rows(1..80), 1..4),
        tests in prop::option::of((0..6_u32, 0..6_u32)),
        since in prop::option::of(-6..6_i64),
    ) {
        let (_directory, place) = lake();
        let tests = tests.map(|(one, other)| (one.min(other), one.max(other)));
        let since = since.map(Timestamp::from_millis);
        let mut segments: Vec<Segment> =
            (1..).zip(&files).map(|(id, rows)| put(&place, rows, 0, id)).collect();
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by_key(|place| (segments[*place].first, segments[*place].last, segments[*place].id));
        let mut expected = Rows::default();
        for rows in order.iter().map(|place| &files[*place]) {
            for row in (0..rows.len()).filter_map(|n| rows.row(n)) {
                let of_test = tests.is_none_or(|(first, last)| (first..=last).contains(&row.test));
                if of_test && since.is_none_or(|since| row.at >= since.as_millis()) {
                    expected.push(row);
                }
            }
        }
        segments.reverse();
        let wanted = Wanted { columns: Columns::ALL, tests, since };
        prop_assert_eq!(&all_rows(&place, &segments, &wanted).unwrap(), &expected);
        let few = Wanted { columns: Columns::MS, ..wanted };
        let found = all_rows(&place, &segments, &few).unwrap();
        prop_assert_eq!((&found.test, &found.ms), (&expected.test, &expected.ms));
        prop_assert!(found.commit.is_empty());
        prop_assert_eq!(found.at.len(), since.map_or(0, |_| found.len()));
    }

    /// A file that is not what was written is an error, whatever happened to it.
    #[test]
    fn a_changed_or_cut_file_is_told_by_its_name(
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        cut in any::<bool>(),
    ) {
        let (_directory, place) = lake();
        let segment = put(&place, &rows_of_run(3, 200), 0, 1);
        let mut bytes = fs::read(file(&place, &segment)).unwrap();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << bit;
        }
        place.put(&segment.path, bytes).unwrap();
        let err = rows_of(&place, &segment).unwrap_err();
        let told = if cut {
            matches!(err, ScanError::Size { .. })
        } else {
            matches!(err, ScanError::Content { .. })
        };
        prop_assert!(told && err.to_string().contains(&segment.path), "{}", err);
    }

    /// An attacker can make the manifest agree with a file that contradicts itself: there may be
    /// other rows then, or an error, but no panic gets out and no memory is taken for what is not
    /// there.
    #[test]
    fn a_file_that_contradicts_itself_is_an_error_or_rows_and_no_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (_directory, place) = lake();
        let (mut bytes, segment) = write(&rows_of_run(3, 300), 0, 1).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let segment = put_bytes(&place, &segment, &bytes);
        match rows_of(&place, &segment) {
            Ok(rows) => prop_assert_eq!(rows.len(), 300),
            Err(err) => prop_assert!(err.to_string().contains(&segment.path), "{}", err),
        }
    }
}

#[test]
fn files_and_row_groups_without_a_wanted_row_are_passed_over() {
    let (_directory, place) = lake();
    let segments: Vec<Segment> =
        (1..=4).map(|run| put(&place, &rows_of_run(run, 100), 0, run.into())).collect();
    let mut sorted = Rows::default();
    for test in 0..3 * crate::columns::GROUP as u32 {
        sorted.push(Row { test: test / 7, ..Row::default() });
    }
    let large = put(&place, &sorted, 1, 5);
    let since = Wanted { since: Some(segments[2].first), ..Wanted::ALL };
    let scanned = scan(&place, &segments, &since, &mut |_| ()).unwrap();
    assert_eq!(scanned, Scanned { files: 2, groups: 2, rows: 200 });
    let tests = Wanted { tests: Some((1_000, 1_001)), ..Wanted::ALL };
    let all: Vec<Segment> = segments.into_iter().chain([large]).collect();
    let scanned = scan(&place, &all, &tests, &mut |_| ()).unwrap();
    assert_eq!(scanned, Scanned { files: 1, groups: 1, rows: 14 });
}

#[test]
fn a_missing_a_foreign_and_a_newer_file_are_three_errors() {
    let (_directory, place) = lake();
    let segment = put(&place, &rows_of_run(1, 10), 0, 1);
    place.delete(&segment.path).unwrap();
    let err = rows_of(&place, &segment).unwrap_err();
    assert!(matches!(err, ScanError::Missing { .. }), "{err}");

    let text = put_bytes(&place, &segment, b"path,line\nsrc/a.rs,1\n");
    let err = rows_of(&place, &text).unwrap_err();
    assert!(matches!(err, ScanError::Damaged { .. }), "{err}");

    for (metadata, wanted) in [(None, "is not a segment"), (Some("results/2"), "`results/2`")] {
        let other = put_bytes(&place, &segment, &other_parquet(metadata));
        let err = rows_of(&place, &other).unwrap_err();
        assert!(err.to_string().contains(wanted), "{err}");
    }
    // It says that it is one, and has other columns.
    let other = put_bytes(&place, &segment, &other_parquet(Some("results/1")));
    let err = rows_of(&place, &other).unwrap_err();
    assert!(matches!(err, ScanError::Foreign { .. }), "{err}");
}

/// A Parquet file of another program.
fn other_parquet(format: Option<&str>) -> Vec<u8> {
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::schema::parser::parse_message_type;
    let schema = parse_message_type("message other { required int32 test; }").unwrap();
    let pairs = format.map(|format| {
        vec![KeyValue::new(crate::columns::FORMAT_KEY.to_owned(), format.to_owned())]
    });
    let properties = WriterProperties::builder().set_key_value_metadata(pairs).build();
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema.into(), properties.into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let ColumnWriter::Int32ColumnWriter(to) = column.untyped() else { unreachable!() };
    to.write_batch(&[1, 2, 3], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn a_manifest_that_says_other_rows_or_tests_is_contradicted() {
    let (_directory, place) = lake();
    let segment = put(&place, &rows_of_run(1, 10), 0, 1);
    let more = Segment { rows: 11, ..segment.clone() };
    let fewer_tests = Segment { tests: (0, 8), ..segment.clone() };
    for wrong in [more, fewer_tests] {
        let err = rows_of(&place, &wrong).unwrap_err();
        assert!(matches!(err, ScanError::Contradicts { .. }), "{err}");
    }
    verify(&place, &segment).unwrap();
    let wider = Segment { tests: (0, 10), ..segment.clone() };
    assert!(verify(&place, &wider).is_err());
    let longer = Segment { last: Timestamp::from_seconds(9_000_000_000), ..segment };
    assert!(verify(&place, &longer).is_err());
}

/// A link to a file, or a directory in its place, is not read.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_refused() {
    let (directory, place) = lake();
    let segment = put(&place, &rows_of_run(1, 10), 0, 1);
    let away = directory.path().join("away");
    fs::rename(file(&place, &segment), &away).unwrap();
    std::os::unix::fs::symlink(&away, file(&place, &segment)).unwrap();
    let err = rows_of(&place, &segment).unwrap_err();
    assert!(matches!(err, ScanError::Place(PlaceError::Link { .. })), "{err}");
}
