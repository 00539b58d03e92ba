//! How long a test takes: durations by their logarithm, four steps to a doubling.
//!
//! In: milliseconds. Out: [`TestState::p50_ms`] and [`TestState::p75_ms`], right within an eighth.
//! Start there.

use super::TestState;

/// Durations after which the older ones count half.
const FULL: u32 = 4_096;

/// Steps to a doubling.
const STEPS: f64 = 4.0;

/// The step of a duration, from 1 for a millisecond up to 128; 0 for 0: not known.
pub fn bucket(ms: u32) -> u8 {
    if ms == 0 {
        return 0;
    }
    // Below a second most are: a table of steps would cost more than it saves.
    let step = (f64::from(ms).log2() * STEPS).floor();
    1 + step as u8
}

/// The middle of a step in milliseconds, 0 for step 0.
pub fn middle_ms(bucket: u8) -> u32 {
    if bucket == 0 {
        return 0;
    }
    let middle = ((f64::from(bucket) - 0.5) / STEPS).exp2();
    middle.round() as u32
}

/// Adds a duration that is known.
pub(super) fn add(durations: &mut Vec<(u8, u16)>, bucket: u8) {
    if bucket == 0 {
        return;
    }
    match durations.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
        Ok(row) => durations[row].1 = durations[row].1.saturating_add(1),
        Err(row) => durations.insert(row, (bucket, 1)),
    }
    if durations.iter().map(|(_, count)| u32::from(*count)).sum::<u32>() >= FULL {
        durations.iter_mut().for_each(|(_, count)| *count /= 2);
        durations.retain(|(_, count)| *count > 0);
    }
}

impl TestState {
    /// The duration that half of the commits' first attempts do not exceed; `None` where none is
    /// known. Of several runs of a commit, the longest counts.
    pub fn p50_ms(&self) -> Option<u32> {
        self.quantile_ms(0.5)
    }

    /// The duration that three of four do not exceed.
    pub fn p75_ms(&self) -> Option<u32> {
        self.quantile_ms(0.75)
    }

    /// The duration on the newest commit where it is known.
    pub fn last_ms(&self) -> Option<u32> {
        let last = self.recent.iter().rev().find(|recent| recent.duration > 0);
        last.map(|recent| middle_ms(recent.duration))
    }

    fn quantile_ms(&self, share: f64) -> Option<u32> {
        let mut all = self.durations.clone();
        for recent in &self.recent {
            add(&mut all, recent.duration);
        }
        let count: u32 = all.iter().map(|(_, count)| u32::from(*count)).sum();
        let rank = (f64::from(count) * share).ceil().max(1.0) as u32;
        let mut below = 0;
        let found = all.iter().find(|(_, count)| {
            below += u32::from(*count);
            below >= rank
        });
        found.map(|(bucket, _)| middle_ms(*bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_right_within_an_eighth() {
        assert_eq!((bucket(0), middle_ms(0)), (0, 0));
        for ms in (1..2_000).chain([60_000, 3_600_000, u32::MAX]) {
            let back = f64::from(middle_ms(bucket(ms)));
            let wrong = (back - f64::from(ms)).abs() / f64::from(ms);
            assert!(wrong <= 0.125, "{ms} ms came back as {back}");
        }
    }

    #[test]
    fn quantiles_are_of_what_is_known() {
        assert_eq!(TestState::default().p75_ms(), None);
        let mut state = TestState::default();
        for ms in [1, 1, 1, 1000] {
            add(&mut state.durations, bucket(ms));
        }
        add(&mut state.durations, 0);
        assert_eq!((state.p50_ms(), state.p75_ms()), (Some(1), Some(1)));
        add(&mut state.durations, bucket(1000));
        add(&mut state.durations, bucket(1000));
        let slow = state.p75_ms().unwrap();
        assert!(slow.abs_diff(1000) < 100, "{slow}");
    }

    #[test]
    fn what_is_long_ago_counts_less() {
        let mut durations = Vec::new();
        (0..5_000).for_each(|_| add(&mut durations, bucket(10)));
        (0..5_000).for_each(|_| add(&mut durations, bucket(1000)));
        let state = TestState { durations, ..TestState::default() };
        assert!(state.p50_ms().unwrap() > 900);
    }
}
