//! How often each test changed between red and green: from the rows themselves.
//!
//! In: segments. Out: a [`FlipTable`]. Start at [`flips`]. States of tests in the ledger say the same
//! without reading a row; this is what they are checked against, and what answers for a time that
//! they do not cover. Skipped rows are no runs; every attempt is one.
//! **Invariant:** memory grows with tests and variants, not with rows: 48 bytes for each pair, and
//! at most [`SORTED`] rows of tests whose rows do not come in the order of time.
//!
//! Flips over runs, not failures over runs, are what Apple's "Modeling and ranking flaky tests at
//! Apple" (ICSE-SEIP 2020) ranks by; a fix and a regression flip once each and are no flakes, so the
//! rate ranks, and does not decide.

use std::collections::BTreeMap;

use tl_core::segment::Segment;

use crate::columns::Columns;
use crate::place::Place;
use crate::scan::{ScanError, Wanted, scan};

/// Pairs of a test and a variant at most; 48 bytes each.
pub const PAIRS: usize = 1 << 26;

/// Rows at most that are put in their order in memory, where files overlap in time.
pub const SORTED: usize = 1 << 22;

/// What a sequence of runs of one test says, in the order of time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct FlipStats {
    /// Runs.
    pub runs: u32,
    /// Red ones among them.
    pub red: u32,
    /// Runs whose answer is another than that of the run before.
    pub flips: u32,
    /// Instant of the first run, and 1 where it was red.
    pub first: (i64, u8),
    /// Instant of the last run, and 1 where it was red.
    pub last: (i64, u8),
    /// Whether runs came out of order, so that `flips` may be wrong; the other numbers are right.
    pub overlap: bool,
}

impl FlipStats {
    /// One run.
    pub const fn one(at: i64, red: bool) -> Self {
        let end = (at, red as u8);
        Self { runs: 1, red: red as u32, flips: 0, first: end, last: end, overlap: false }
    }

    /// Adds a run that is later than all before, or at the same instant and behind them.
    pub const fn push(&mut self, at: i64, red: bool) {
        if self.runs == 0 {
            *self = Self::one(at, red);
            return;
        }
        self.runs = self.runs.saturating_add(1);
        self.red = self.red.saturating_add(red as u32);
        if at < self.last.0 {
            self.overlap = true;
            if at < self.first.0 {
                self.first = (at, red as u8);
            }
            return;
        }
        self.flips = self.flips.saturating_add((self.last.1 != red as u8) as u32);
        self.last = (at, red as u8);
    }

    /// Puts two sequences together. Exact where one of them ends before the other begins; else
    /// `overlap` says that it is not.
    pub fn merge(&mut self, other: &Self) {
        if other.runs == 0 {
            return;
        }
        if self.runs == 0 {
            *self = *other;
            return;
        }
        let (early, late) = if (self.first.0, self.last.0) <= (other.first.0, other.last.0) {
            (*self, *other)
        } else {
            (*other, *self)
        };
        let flips = early.flips.saturating_add(late.flips);
        *self = Self {
            runs: early.runs.saturating_add(late.runs),
            red: early.red.saturating_add(late.red),
            flips: flips.saturating_add(u32::from(early.last.1 != late.first.1)),
            first: early.first,
            last: if early.last.0 > late.last.0 { early.last } else { late.last },
            overlap: early.overlap || late.overlap || early.last.0 >= late.first.0,
        };
    }

    /// Flips over the pairs of runs that follow one another; `None` for fewer than two runs.
    pub fn rate(&self) -> Option<f64> {
        (self.runs > 1).then(|| f64::from(self.flips) / f64::from(self.runs - 1))
    }
}

/// What [`flips`] found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FlipTable {
    /// By variant, then by the number of the test. A list ends with the last test that its variant
    /// has; a test that never ran there has no runs.
    pub variants: BTreeMap<u32, Vec<FlipStats>>,
}

impl FlipTable {
    /// Of one test in one variant; without runs where there are none.
    pub fn get(&self, test: u32, variant: u32) -> FlipStats {
        let of_variant = self.variants.get(&variant);
        of_variant.and_then(|tests| tests.get(test as usize)).copied().unwrap_or_default()
    }

    /// All that have runs, as (variant, test, what is known), by variant and test.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, &FlipStats)> {
        self.variants.iter().flat_map(|(variant, tests)| {
            let known = (0..).zip(tests).filter(|(_, stats)| stats.runs > 0);
            known.map(|(test, stats)| (*variant, test, stats))
        })
    }
}

/// Flips of every test in every variant, over all rows of `segments`. `tests`: how many there are, so
/// that their numbers are below it.
///
/// Files that do not overlap in time are read once and kept nowhere. Where rows of a test come out
/// of order, they are read once more and put in order, as long as they are at most [`SORTED`]; what
/// is beyond that says [`FlipStats::overlap`].
///
/// # Errors
/// As [`scan`]; and where there are more than [`PAIRS`].
pub fn flips(place: &Place, segments: &[Segment], tests: u32) -> Result<FlipTable, ScanError> {
    for segment in segments {
        if segment.tests.1 >= tests {
            let what = format!("it has test {}, and {tests} are known", segment.tests.1);
            return Err(ScanError::Contradicts { path: segment.path.clone(), what });
        }
    }
    let mut found = Streams::default();
    let columns = Columns::TEST | Columns::VARIANT | Columns::AT | Columns::STATUS;
    scan(place, segments, &Wanted { columns, ..Wanted::ALL }, &mut |rows| {
        for (index, test) in rows.test.iter().enumerate() {
            if rows.status[index] != SKIPPED
                && let Some(stats) = found.of(*test, rows.variant[index])
            {
                stats.push(rows.at[index], rows.status[index] >= RED);
            }
        }
    })?;
    if found.full {
        return Err(ScanError::TooMany { what: "pairs of a test and a variant", limit: PAIRS });
    }
    let mut table = found.table();
    put_in_order(place, segments, &mut table)?;
    Ok(table)
}

const SKIPPED: u8 = tl_core::test::Status::Skipped as u8;
const RED: u8 = tl_core::test::Status::Failed as u8;

/// The table while it grows: rows that follow one another are of one variant, nearly always.
#[derive(Default)]
struct Streams {
    numbers: BTreeMap<u32, usize>,
    lists: Vec<Vec<FlipStats>>,
    last: Option<(u32, usize)>,
    pairs: usize,
    full: bool,
}

impl Streams {
    fn of(&mut self, test: u32, variant: u32) -> Option<&mut FlipStats> {
        let list = match self.last {
            Some((last, list)) if last == variant => list,
            _ => self.list(variant),
        };
        let test = test as usize;
        if test >= self.lists[list].len() {
            self.grow(list, test)?;
        }
        self.lists[list].get_mut(test)
    }

    fn list(&mut self, variant: u32) -> usize {
        let list = *self.numbers.entry(variant).or_insert(self.lists.len());
        if list == self.lists.len() {
            self.lists.push(Vec::new());
        }
        self.last = Some((variant, list));
        list
    }

    fn grow(&mut self, list: usize, test: usize) -> Option<()> {
        let more = test + 1 - self.lists[list].len();
        if self.pairs + more > PAIRS {
            self.full = true;
            return None;
        }
        self.pairs += more;
        self.lists[list].resize(test + 1, FlipStats::default());
        Some(())
    }

    fn table(mut self) -> FlipTable {
        let take = |(variant, list): (u32, usize)| (variant, std::mem::take(&mut self.lists[list]));
        FlipTable { variants: self.numbers.into_iter().map(take).collect() }
    }
}

/// A run on its way into its order: variant, test, instant, run, attempt, red.
type Run = (u32, u32, i64, u32, u8, bool);

/// Reads the runs of tests that came out of order once more, and counts them in order.
fn put_in_order(
    place: &Place,
    segments: &[Segment],
    table: &mut FlipTable,
) -> Result<(), ScanError> {
    let wrong = |table: &FlipTable, test, variant| table.get(test, variant).overlap;
    let mut runs: Vec<Run> = Vec::new();
    let (mut tests, mut count) = (None, 0_usize);
    for (_, test, stats) in table.iter().filter(|(_, _, stats)| stats.overlap) {
        let (first, last) = tests.unwrap_or((test, test));
        tests = Some((test.min(first), test.max(last)));
        count += stats.runs as usize;
    }
    if tests.is_none() || count > SORTED {
        return Ok(());
    }
    runs.reserve_exact(count);
    let without = [Columns::COMMIT, Columns::MS, Columns::SIGNATURE];
    let columns = without.into_iter().fold(Columns::ALL, Columns::without);
    scan(place, segments, &Wanted { columns, tests, since: None }, &mut |rows| {
        for (index, test) in rows.test.iter().enumerate() {
            let (variant, status) = (rows.variant[index], rows.status[index]);
            if status != SKIPPED && wrong(table, *test, variant) {
                let order = (rows.at[index], rows.run[index], rows.attempt[index]);
                runs.push((variant, *test, order.0, order.1, order.2, status >= RED));
            }
        }
    })?;
    runs.sort_by_key(|(variant, test, at, run, attempt, _)| (*variant, *test, *at, *run, *attempt));
    for of_test in runs.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
        let (variant, test, ..) = of_test[0];
        let mut stats = FlipStats::default();
        of_test.iter().for_each(|(_, _, at, _, _, red)| stats.push(*at, *red));
        if let Some(slot) =
            table.variants.get_mut(&variant).and_then(|tests| tests.get_mut(test as usize))
        {
            *slot = stats;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
