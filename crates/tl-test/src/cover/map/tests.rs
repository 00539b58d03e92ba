use proptest::prelude::*;

use super::super::total::Total;
use super::*;

fn lines(ranges: &[(u32, u32)]) -> Lines {
    Lines::from(ranges.to_vec())
}

/// Test, file, lines.
type Row<'r> = (&'r str, &'r str, &'r [(u32, u32)]);

fn total(rows: &[Row<'_>]) -> Total {
    let mut total = Total::default();
    for (test, file, ranges) in rows {
        let files = total.tests.entry((*test).to_owned()).or_default();
        files.insert((*file).to_owned(), lines(ranges));
    }
    total
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1000 * seconds)
}

/// Tests of a file with their lines.
fn known<'m>(map: &'m Map, file: &str) -> Vec<(&'m str, &'m [(u32, u32)])> {
    let mapped = map.files.get(file).into_iter();
    mapped.flat_map(|file| &file.tests).map(|(test, lines)| (&**test, lines.ranges())).collect()
}

#[test]
fn the_phases_of_a_test_are_one_test() {
    let mut map = Map::default();
    let run = total(&[
        ("tests/a.py::one|run", "src/a.py", &[(1, 9)]),
        ("tests/a.py::one|setup", "src/a.py", &[(20, 20)]),
        ("tests/a.py::two|run", "src/a.py", &[(5, 6), (30, 31)]),
    ]);
    map.learn(&run, at(10), |_| Some(Blob::of(b"one")));
    let one: &[(u32, u32)] = &[(1, 9), (20, 20)];
    let two: &[(u32, u32)] = &[(5, 6), (30, 31)];
    assert_eq!(known(&map, "src/a.py"), [("tests.a.one", one), ("tests.a.two", two)]);
    assert_eq!(map.files["src/a.py"].at, at(10));
}

#[test]
fn of_another_content_nothing_is_kept() {
    let (one, two) = (Blob::of(b"one"), Blob::of(b"two"));
    let mut map = Map::default();
    map.learn(&total(&[("t::one", "a.py", &[(1, 2)])]), at(10), |_| Some(one));
    map.learn(&total(&[("t::two", "a.py", &[(3, 3)])]), at(20), |_| Some(one));
    assert_eq!(known(&map, "a.py").len(), 2);
    map.learn(&total(&[("t::two", "a.py", &[(3, 3)])]), at(30), |_| Some(two));
    let lines: &[(u32, u32)] = &[(3, 3)];
    assert_eq!(known(&map, "a.py"), [("t.two", lines)]);
    // A file that cannot be read is not known.
    map.learn(&total(&[("t::two", "gone.py", &[(3, 3)])]), at(30), |_| None);
    assert!(known(&map, "gone.py").is_empty());
}

#[test]
fn equal_sets_of_lines_are_stored_once() {
    let all: Vec<(u32, u32)> = (0..200).map(|line| (10 * line + 1, 10 * line + 4)).collect();
    let mut total = Total::default();
    for test in 0..1_000 {
        let files = total.tests.entry(format!("tests/test_orders.py::test_{test:04}")).or_default();
        files.insert("src/orders.py".to_owned(), lines(&all));
    }
    let mut map = Map::default();
    map.learn(&total, at(10), |_| Some(Blob::of(b"")));
    let bytes = map.encode().unwrap();
    assert!(bytes.len() < 12_000, "{}", bytes.len());
    assert!(Map::decode(&bytes) == Ok(map));
}

#[test]
fn bytes_of_a_newer_version_are_told_from_damaged_ones() {
    assert_eq!(Map::decode(&[2, 0, 0]), Err(DecodeError::Version { version: 2 }));
    assert_eq!(Map::decode(&[]), Err(DecodeError::Damaged));
    assert_eq!(Map::decode(&[1, 0, 0, 0]), Err(DecodeError::Damaged));
    assert_eq!(Map::decode(&[1, 0, 0]), Ok(Map::default()));
    // Names that have much in common are not there for a few bytes.
    let long = "a".repeat(1 << 20);
    let names = |count: u32| {
        let more = (1..count).map(|at| ((1 << 20) + at - 1, "a".to_owned()));
        let names: Vec<(u32, String)> = [(0, long.clone())].into_iter().chain(more).collect();
        postcard::to_stdvec(&(1_u8, names, Vec::<u8>::new())).unwrap()
    };
    assert!(Map::decode(&names(60)).is_ok());
    assert_eq!(Map::decode(&names(70)), Err(DecodeError::Damaged));
}

fn maps() -> impl Strategy<Value = Map> {
    let set = proptest::collection::vec((1_u32..80, 0_u32..9), 0..5).prop_map(|ranges| {
        Lines::from(ranges.iter().map(|(at, more)| (*at, at + more)).collect::<Vec<_>>())
    });
    let tests = proptest::collection::btree_map("[a-cé]{1,4}", set, 0..5);
    let tests = tests.prop_map(|tests| {
        let tests = tests.into_iter();
        tests.map(|(test, lines)| (Arc::from(test), Arc::new(lines))).collect()
    });
    let file = (any::<[u8; 16]>(), 0_i64..9_000_000_000, tests).prop_map(|(blob, at, tests)| {
        Mapped { blob: Blob(blob), at: Timestamp::from_millis(at), tests }
    });
    proptest::collection::btree_map("[a-c/]{1,4}", file, 0..4).prop_map(|files| Map { files })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(map in maps()) {
        let bytes = map.encode().unwrap();
        prop_assert_eq!(Map::decode(&bytes), Ok(map.clone()));
        let mut longer = bytes.clone();
        longer.push(0);
        prop_assert_eq!(Map::decode(&longer), Err(DecodeError::Damaged));
        for end in 0..bytes.len() {
            prop_assert!(Map::decode(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn no_bytes_are_too_odd(map in maps(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = map.encode().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Map::decode(&bytes) {
            let again = read.encode().unwrap();
            prop_assert_eq!(Map::decode(&again), Ok(read));
        }
    }

    #[test]
    fn no_bytes_at_all_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _map = Map::decode(&[&[1][..], &bytes].concat());
    }
}
