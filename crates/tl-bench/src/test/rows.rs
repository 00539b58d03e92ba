//! Results of tests, as many as a large organisation has in two days, made up.
//!
//! In: the number of a run. Out: its [`Rows`]. Start at [`of_run`]. **Invariant:** the same number makes
//! the same rows, on any machine: a figure can be taken again.
//!
//! Every test runs once a run. One test in [`FLAKY`] fails in 2 % of its runs, any other in 0.01 %,
//! without regard to the commit: each commit has two runs, so some are divergent.

use tl_lake::rows::{Row, Rows};

/// Tests.
pub(super) const TESTS: u32 = 50_000;

/// Runs of each.
pub(super) const RUNS: u32 = 2_000;

/// One test in so many is flaky.
pub(super) const FLAKY: u32 = 60;

/// The rows of a run in the order of its report.
pub(super) fn of_run(run: u32) -> Rows {
    let mut rows = Rows::default();
    for test in 0..TESTS {
        let chance = mixed(u64::from(run) << 32 | u64::from(test));
        let often = if test.is_multiple_of(FLAKY) { 200 } else { 1 };
        let red = chance % 10_000 < often;
        rows.push(Row {
            test,
            commit: run / 2,
            variant: 0,
            run,
            at: 1_700_000_000_000 + i64::from(run) * 600_000,
            status: if red { 2 } else { 0 },
            attempt: 1,
            // A duration of its own for each test, and some noise.
            ms: test.wrapping_mul(7_919) % 500 + (chance >> 58) as u32,
            signature: if red { test % 900 + 1 } else { 0 },
        });
    }
    rows
}

/// `splitmix64`: <https://prng.di.unimi.it/splitmix64.c>.
const fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_always_the_same_and_fails_as_often_as_it_says() {
        let rows = of_run(7);
        assert_eq!(rows, of_run(7));
        assert_ne!(rows.status, of_run(8).status);
        let red = |flaky: bool| {
            let of_kind = (0..rows.len()).filter(|test| test.is_multiple_of(60) == flaky);
            of_kind.filter(|test| rows.status[*test] == 2).count()
        };
        // 16.7 and 4.9 are expected.
        assert!((5..30).contains(&red(true)) && (1..15).contains(&red(false)));
    }
}
