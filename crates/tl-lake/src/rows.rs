//! Rows of results, column by column.
//!
//! In: results, one by one. Out: [`Rows`], sorted for a segment. Start there. **Invariant:** every
//! column that is there has the same length.

/// Executions of tests, one a row: every column has the same length. A scan leaves columns empty
/// that nobody asked for, but never that of the tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Row of the test in its table of names.
    pub test: Vec<u32>,
    /// Row of the commit.
    pub commit: Vec<u32>,
    /// Row of the variant.
    pub variant: Vec<u32>,
    /// Row of the run.
    pub run: Vec<u32>,
    /// Instant of the run, milliseconds since 1970: the same for all rows of a run.
    pub at: Vec<i64>,
    /// [`Status`](tl_core::test::Status) by its number.
    pub status: Vec<u8>,
    /// Which attempt of its run, from 1.
    pub attempt: Vec<u8>,
    /// Duration in milliseconds; 0 where none is known.
    pub ms: Vec<u32>,
    /// Row of the reason to fail; 0: none.
    pub signature: Vec<u32>,
}

/// One execution of a test; what the fields mean stands at [`Rows`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// Row of the test.
    pub test: u32,
    /// Row of the commit.
    pub commit: u32,
    /// Row of the variant.
    pub variant: u32,
    /// Row of the run.
    pub run: u32,
    /// Instant of the run, milliseconds since 1970.
    pub at: i64,
    /// Status by its number.
    pub status: u8,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// Duration in milliseconds.
    pub ms: u32,
    /// Row of the reason to fail.
    pub signature: u32,
}

impl Rows {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.test.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.test.is_empty()
    }

    /// Whether every column has a value for every row.
    pub const fn is_whole(&self) -> bool {
        let count = self.len();
        self.commit.len() == count
            && self.variant.len() == count
            && self.run.len() == count
            && self.at.len() == count
            && self.status.len() == count
            && self.attempt.len() == count
            && self.ms.len() == count
            && self.signature.len() == count
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.test.push(row.test);
        self.commit.push(row.commit);
        self.variant.push(row.variant);
        self.run.push(row.run);
        self.at.push(row.at);
        self.status.push(row.status);
        self.attempt.push(row.attempt);
        self.ms.push(row.ms);
        self.signature.push(row.signature);
    }

    /// A row, where it is there and every column is.
    pub fn row(&self, index: usize) -> Option<Row> {
        Some(Row {
            test: *self.test.get(index)?,
            commit: *self.commit.get(index)?,
            variant: *self.variant.get(index)?,
            run: *self.run.get(index)?,
            at: *self.at.get(index)?,
            status: *self.status.get(index)?,
            attempt: *self.attempt.get(index)?,
            ms: *self.ms.get(index)?,
            signature: *self.signature.get(index)?,
        })
    }

    /// Adds the rows of another, whose columns are all there.
    pub fn extend(&mut self, other: &Self) {
        self.test.extend_from_slice(&other.test);
        self.commit.extend_from_slice(&other.commit);
        self.variant.extend_from_slice(&other.variant);
        self.run.extend_from_slice(&other.run);
        self.at.extend_from_slice(&other.at);
        self.status.extend_from_slice(&other.status);
        self.attempt.extend_from_slice(&other.attempt);
        self.ms.extend_from_slice(&other.ms);
        self.signature.extend_from_slice(&other.signature);
    }

    /// Takes all rows out; keeps the memory.
    pub fn clear(&mut self) {
        self.test.clear();
        self.commit.clear();
        self.variant.clear();
        self.run.clear();
        self.at.clear();
        self.status.clear();
        self.attempt.clear();
        self.ms.clear();
        self.signature.clear();
    }

    /// Keeps the rows at which `keep` is true, in columns that have any.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.test, keep);
        retain(&mut self.commit, keep);
        retain(&mut self.variant, keep);
        retain(&mut self.run, keep);
        retain(&mut self.at, keep);
        retain(&mut self.status, keep);
        retain(&mut self.attempt, keep);
        retain(&mut self.ms, keep);
        retain(&mut self.signature, keep);
    }

    /// Sorts by test, then by instant, run and attempt, as segments from level 1 on are. Rows that
    /// are equal in all of these stay in their order. All columns have to be there.
    pub fn sort(&mut self) {
        // Nearly always rows of a test are in their order in time already: sorting by test and place
        // is sorting numbers, and what is not in order is a short run.
        let mut order: Vec<u64> =
            self.test.iter().zip(0_u64..).map(|(test, row)| u64::from(*test) << 32 | row).collect();
        order.sort_unstable();
        let key = |place: &u64| {
            let row = row_of(*place);
            (self.at[row], self.run[row], self.attempt[row])
        };
        for of_test in order.chunk_by_mut(|one, next| one >> 32 == next >> 32) {
            if !of_test.is_sorted_by_key(key) {
                of_test.sort_by_key(key);
            }
        }
        permute(&mut self.test, &order);
        permute(&mut self.commit, &order);
        permute(&mut self.variant, &order);
        permute(&mut self.run, &order);
        permute(&mut self.at, &order);
        permute(&mut self.status, &order);
        permute(&mut self.attempt, &order);
        permute(&mut self.ms, &order);
        permute(&mut self.signature, &order);
    }
}

fn retain<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    column.retain(|_| keep.next().copied().unwrap_or(false));
}

/// The row of a place in an order: its lower half.
const fn row_of(place: u64) -> usize {
    (place & u32::MAX as u64) as usize
}

fn permute<T: Copy>(column: &mut Vec<T>, order: &[u64]) {
    *column = order.iter().map(|place| column[row_of(*place)]).collect();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::any_rows;

    proptest! {
        /// Sorting is what sorting whole rows would be.
        #[test]
        fn sorting_the_columns_is_sorting_the_rows(rows in any_rows(0..200)) {
            let mut whole: Vec<Row> = (0..rows.len()).filter_map(|n| rows.row(n)).collect();
            whole.sort_by_key(|row| (row.test, row.at, row.run, row.attempt));
            let mut sorted = rows;
            sorted.sort();
            prop_assert!(sorted.is_whole());
            let sorted: Vec<Row> = (0..sorted.len()).filter_map(|n| sorted.row(n)).collect();
            prop_assert_eq!(sorted, whole);
        }
    }

    #[test]
    fn rows_are_kept_where_they_are_wanted_and_columns_stay_empty() {
        let mut rows = Rows { test: vec![1, 2, 3], at: vec![7, 8, 9], ..Rows::default() };
        rows.retain(&[true, false, true]);
        assert_eq!(rows, Rows { test: vec![1, 3], at: vec![7, 9], ..Rows::default() });
        assert!(!rows.is_whole());
        rows.clear();
        assert!(rows.is_empty());
    }
}
