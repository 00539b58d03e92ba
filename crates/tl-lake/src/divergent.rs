//! Divergent commits: those on which a test both passed and failed. That is what flaky means.
//!
//! In: segments. Out: [`Divergent`]s. Start at [`divergent`]. **Invariant:** memory grows with the
//! commits on which a test failed, not with rows.

use tl_core::segment::Segment;
use tl_core::test::Status;

use crate::columns::Columns;
use crate::place::Place;
use crate::scan::{ScanError, Wanted, scan};

/// Commits on which a test failed at most, counted for each test and variant; 12 bytes each.
pub const LIMIT: usize = 1 << 25;

/// Numbers of tests between the first and the last one that failed; 4 bytes each.
const TESTS: u32 = 1 << 26;

/// A commit on which a test passed and failed, in one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Divergent {
    /// Row of the test.
    pub test: u32,
    /// Row of the variant.
    pub variant: u32,
    /// Row of the commit.
    pub commit: u32,
}

/// Every divergent commit in the rows of `segments`, by test, variant and commit. Attempts of one run
/// count as well as runs of their own; skipped rows say nothing. What the machine was to blame for
/// is not taken out here: rows do not say it.
///
/// # Errors
/// As [`scan`]; and where there are more red commits than [`LIMIT`].
pub fn divergent(place: &Place, segments: &[Segment]) -> Result<Vec<Divergent>, ScanError> {
    let columns = Columns::TEST | Columns::COMMIT | Columns::VARIANT | Columns::STATUS;
    let wanted = Wanted { columns, ..Wanted::ALL };
    let mut red: Vec<Divergent> = Vec::new();
    let (mut tidy_at, mut full) = (1 << 16, false);
    scan(place, segments, &wanted, &mut |rows| {
        for (index, status) in rows.status.iter().enumerate() {
            if *status >= Status::Failed as u8 && !full {
                let (test, variant) = (rows.test[index], rows.variant[index]);
                red.push(Divergent { test, variant, commit: rows.commit[index] });
            }
        }
        if red.len() > tidy_at {
            tidy(&mut red);
            tidy_at = red.len() * 2;
            full = red.len() > LIMIT;
        }
    })?;
    tidy(&mut red);
    if full || red.len() > LIMIT {
        return Err(ScanError::TooMany { what: "commits on which a test failed", limit: LIMIT });
    }
    let Some((first, last)) = red.first().zip(red.last()) else { return Ok(red) };
    if last.test - first.test >= TESTS {
        return Err(ScanError::TooMany { what: "tests", limit: TESTS as usize });
    }
    let starts = Starts::new(&red, first.test, last.test);
    let tests = Some((first.test, last.test));
    let mut passed = vec![false; red.len()];
    scan(place, segments, &Wanted { tests, ..wanted }, &mut |rows| {
        for (index, status) in rows.status.iter().enumerate() {
            if *status == Status::Passed as u8 {
                let of_test = starts.of(rows.test[index]);
                let wanted = (rows.variant[index], rows.commit[index]);
                let found = red[of_test.clone()]
                    .binary_search_by_key(&wanted, |red| (red.variant, red.commit));
                if let Ok(place) = found {
                    passed[of_test.start + place] = true;
                }
            }
        }
    })?;
    let both = red.into_iter().zip(passed).filter(|(_, passed)| *passed);
    Ok(both.map(|(red, _)| red).collect())
}

fn tidy(red: &mut Vec<Divergent>) {
    red.sort_unstable();
    red.dedup();
}

/// Where the commits of each test begin.
struct Starts {
    first: u32,
    starts: Vec<u32>,
}

impl Starts {
    fn new(red: &[Divergent], first: u32, last: u32) -> Self {
        let mut starts = vec![0; (last - first) as usize + 2];
        for one in red {
            starts[(one.test - first) as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { first, starts }
    }

    fn of(&self, test: u32) -> std::ops::Range<usize> {
        let place = test.wrapping_sub(self.first) as usize;
        match (self.starts.get(place), place.checked_add(1).and_then(|next| self.starts.get(next)))
        {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{any_rows, lake, put};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What a map over all rows would say.
        #[test]
        fn a_commit_is_divergent_where_its_rows_say_both(
            files in prop::collection::vec(any_rows(1..60), 1..4),
        ) {
            let (_directory, place) = lake();
            let mut seen: BTreeMap<Divergent, (bool, bool)> = BTreeMap::new();
            let mut segments = Vec::new();
            for (id, rows) in (1..).zip(&files) {
                segments.push(put(&place, rows, 0, id));
                for row in (0..rows.len()).filter_map(|n| rows.row(n)) {
                    let key =
                        Divergent { test: row.test, variant: row.variant, commit: row.commit };
                    let (passed, red) = seen.entry(key).or_default();
                    *passed |= row.status == 0;
                    *red |= row.status >= 2;
                }
            }
            let wanted: Vec<Divergent> =
                seen.iter().filter(|(_, both)| **both == (true, true)).map(|(key, _)| *key).collect();
            prop_assert_eq!(divergent(&place, &segments).unwrap(), wanted);
        }
    }

    #[test]
    fn a_lake_without_rows_has_none() {
        let (_directory, place) = lake();
        assert_eq!(divergent(&place, &[]).unwrap(), []);
    }
}
