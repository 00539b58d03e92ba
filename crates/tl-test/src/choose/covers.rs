//! Which tests run what a change touches, out of a map of coverage.
//!
//! In: a [`Map`], the tests that there are, and a change. Out: [`Covers`]. Start at [`covers`].
//! **Invariant:** of a file that is not the one that was measured, any line may be run.

use rustc_hash::FxHashMap;
use tl_core::test::TestKey;

use super::{Candidate, Change, Covers};
use crate::cover::map::{Blob, Map};
use crate::cover::name;

/// What is known of the files that a change touches. `base` is the content of a file before it.
pub fn covers(
    map: &Map,
    tests: &[Candidate],
    change: &Change,
    base: impl Fn(&str) -> Option<Blob>,
) -> Vec<Covers> {
    let touched = change.files.iter().chain(change.renamed.values());
    let mut touched: Vec<_> = touched.filter_map(|path| map.files.get_key_value(path)).collect();
    touched.sort_unstable_by_key(|entry| entry.0);
    touched.dedup_by_key(|entry| entry.0);
    if touched.is_empty() {
        return Vec::new();
    }
    let mut spelled: FxHashMap<String, Vec<TestKey>> = FxHashMap::default();
    for test in tests {
        for spelling in name::of_test(&test.test) {
            spelled.entry(spelling).or_default().push(test.id);
        }
    }
    let mut covers = Vec::new();
    for (path, mapped) in touched {
        let is_same = base(path) == Some(mapped.blob);
        for (test, lines) in &mapped.tests {
            for test in spelled.get(&**test).into_iter().flatten() {
                covers.push(Covers {
                    test: *test,
                    file: path.clone(),
                    lines: is_same.then(|| lines.ranges().to_vec()),
                    at: mapped.at,
                });
            }
        }
    }
    covers
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use tl_core::test::{TestKey, TestName};
    use tl_core::time::Timestamp;

    use super::*;
    use crate::choose::Past;
    use crate::cover::map::Mapped;
    use crate::cover::ranges::Lines;

    #[test]
    fn a_test_is_found_by_how_coverage_spells_it() {
        let at = Timestamp::from_seconds(1_767_225_600);
        let lines = Arc::new(Lines::from(vec![(3, 9)]));
        let tests: BTreeMap<Arc<str>, Arc<Lines>> =
            BTreeMap::from([("tests.test_cart.test_adds".into(), lines)]);
        let blob = Blob::of(b"cart");
        let mut map = Map::default();
        map.files.insert("src/cart.py".to_owned(), Mapped { blob, at, tests });
        let test = TestName {
            class: "tests.test_cart".to_owned(),
            name: "test_adds".to_owned(),
            ..TestName::default()
        };
        let id = TestKey([1; 12]);
        let tests = [Candidate { id, test, past: Past::default() }];
        let files = vec!["src/cart.py".to_owned(), "src/bill.py".to_owned()];
        let change = Change { files, ..Change::default() };
        let found = covers(&map, &tests, &change, |_| Some(blob));
        let wanted =
            Covers { test: id, file: "src/cart.py".to_owned(), lines: Some(vec![(3, 9)]), at };
        assert_eq!(found, std::slice::from_ref(&wanted));
        let edited = covers(&map, &tests, &change, |_| Some(Blob::of(b"another")));
        assert_eq!(edited, [Covers { lines: None, ..wanted }]);
    }
}
