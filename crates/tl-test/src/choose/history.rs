//! How likely a test is to fail next, by what it did so far, for the time that it takes.
//!
//! In: decayed failures, runs, duration. Out: a number to compare tests by. Start at
//! [`likelihood`]. **Invariant:** a test that was never run stands before every one that only
//! passed. **Definition:** `docs/test.md`, "Order, select, split".

/// What a failure of one run before counts for, against one of the last run.
pub const DECAY: f64 = 0.93;

/// Runs after which a test counts as known: its failures speak for themselves then.
const KNOWN: u32 = 5;

/// Failures that everyone is credited with.
const PRIOR: f64 = 0.5;

/// Seconds below which a duration no longer matters: starting costs as much.
const FLOOR: f64 = 0.1;

/// How much a duration counts: twice as long counts a tenth less.
const EXPONENT: f64 = 0.15;

/// What to compare tests by: (E + 1/2) / (min(n, 5) + 1) / max(d, 0.1 s)^0.15.
///
/// `decayed` is E, the sum of [`DECAY`]^age over the red runs of a test, with its age in runs of
/// its own; `runs` is n; `seconds` is d. A test that nobody knows has E = n = 0, and the median of
/// the others as d. Chosen on IOF/ROL and Dune's CI together, and flat there: decay .9 to .95 and
/// exponent .15 to .35 give nearly the same.
pub fn likelihood(decayed: f64, runs: u32, seconds: f64) -> f64 {
    chance(decayed, runs) / cost(seconds)
}

/// The part of it that is about failing: (E + 1/2) / (min(n, 5) + 1).
pub fn chance(decayed: f64, runs: u32) -> f64 {
    let decayed = if decayed.is_finite() { decayed.max(0.0) } else { 0.0 };
    (decayed + PRIOR) / (f64::from(runs.min(KNOWN)) + 1.0)
}

/// The part of it that is about time: max(d, 0.1 s)^0.15.
pub fn cost(seconds: f64) -> f64 {
    // `max` also answers the floor where the duration is not a number.
    FLOOR.max(seconds).min(1e9).powf(EXPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_test_stands_before_all_that_only_passed() {
        assert!(likelihood(0.0, 0, 30.0) > likelihood(0.0, 1, 30.0));
        assert!(likelihood(0.0, 1, 30.0) > likelihood(0.0, 5, 30.0));
        assert!(likelihood(1.0, 1, 30.0) > likelihood(0.0, 0, 30.0));
    }

    #[test]
    fn a_short_test_stands_before_a_long_one_down_to_the_floor() {
        assert!(likelihood(1.0, 9, 1.0) > likelihood(1.0, 9, 60.0));
        assert_eq!(likelihood(1.0, 9, 0.0), likelihood(1.0, 9, 0.1));
        assert_eq!(likelihood(0.5, 1, 1.0), 0.5);
    }

    #[test]
    fn numbers_that_are_none_do_no_harm() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(likelihood(odd, 3, 1.0) > 0.0);
            assert!(likelihood(1.0, 3, odd) > 0.0);
        }
    }
}
