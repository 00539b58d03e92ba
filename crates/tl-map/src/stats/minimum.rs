//! How much data a number needs before it is shown.
//!
//! In: counts. Out: yes or no. Below a floor the caller says why it shows nothing.

/// A cell with fewer people than this is hidden: it would tell of single persons.
pub const PRIVACY_FLOOR_PEOPLE: usize = 5;

/// A cohort with fewer changes than this is "too few": its quantiles jump with every change.
pub const MIN_COHORT: usize = 20;

/// Rates are compared only where each arm expects at least this many events: below it the
/// normal approximation behind the intervals fails.
pub const MIN_EXPECTED_EVENTS: f64 = 5.0;

/// Whether two rates can be compared: both arms hold [`MIN_COHORT`] trials and expect
/// [`MIN_EXPECTED_EVENTS`] events if they shared one rate.
pub fn is_comparable(one: super::rates::Count, other: super::rates::Count) -> bool {
    let smaller = one.trials.min(other.trials);
    let trials = one.trials + other.trials;
    let pooled = (one.events + other.events) as f64 / trials.max(1) as f64;
    smaller >= MIN_COHORT as u64 && smaller as f64 * pooled >= MIN_EXPECTED_EVENTS
}

#[cfg(test)]
mod tests {
    use super::super::rates::Count;
    use super::*;

    #[test]
    fn the_smaller_arm_decides_whether_rates_are_comparable() {
        let large = Count { events: 100, trials: 1000 };
        assert!(is_comparable(large, Count { events: 6, trials: 60 }));
        assert!(!is_comparable(large, Count { events: 1, trials: 40 }), "four events expected");
        assert!(!is_comparable(large, Count { events: 10, trials: 19 }), "nineteen trials");
        assert!(!is_comparable(Count::default(), Count::default()));
    }
}
