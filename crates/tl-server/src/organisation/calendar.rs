//! Working hours of a place: weekdays, in whole hours of its own time zone.
//!
//! Instants are ms since 1970, always whole seconds.

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// When somebody works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hours {
    /// Hours east of UTC.
    pub(super) zone: i64,
    /// First hour of the day.
    pub(super) from: i64,
    /// Hour at which the day ends.
    pub(super) to: i64,
}

/// Minutes as ms, whole seconds.
pub(super) fn minutes(minutes: f64) -> i64 {
    (minutes * 60.0).round() as i64 * SECOND
}

/// 0 for a Monday.
pub(super) const fn weekday(at: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (at.div_euclid(DAY) + 3).rem_euclid(7)
}

impl Hours {
    /// The first working instant from `at` on.
    pub(super) const fn next(self, at: i64) -> i64 {
        let mut local = at + self.zone * HOUR;
        loop {
            let midnight = local.div_euclid(DAY) * DAY;
            let (open, close) = (midnight + self.from * HOUR, midnight + self.to * HOUR);
            if weekday(local) < 5 && local < close {
                return if local < open { open } else { local } - self.zone * HOUR;
            }
            local = midnight + DAY;
        }
    }

    /// The instant at which `work` ms of work are done, begun at `at` or the next working instant.
    pub(super) const fn add(self, at: i64, mut work: i64) -> i64 {
        let mut at = self.next(at);
        loop {
            let local = at + self.zone * HOUR;
            let close = local.div_euclid(DAY) * DAY + self.to * HOUR;
            if work <= close - local {
                return at + work;
            }
            work -= close - local;
            at = self.next(close - self.zone * HOUR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NINE_TO_FIVE: Hours = Hours { zone: 2, from: 9, to: 17 };

    #[test]
    fn work_goes_on_after_the_weekend() {
        // Friday 2026-01-02, 16:00 in the zone.
        let friday = 20_455 * DAY + 14 * HOUR;
        assert_eq!(weekday(friday), 4);
        assert_eq!(NINE_TO_FIVE.next(friday), friday);
        assert_eq!(NINE_TO_FIVE.add(friday, HOUR), friday + HOUR);
        let monday = friday + 3 * DAY - 7 * HOUR;
        assert_eq!(NINE_TO_FIVE.next(friday + HOUR), monday);
        assert_eq!(NINE_TO_FIVE.add(friday, 2 * HOUR), monday + HOUR);
    }
}
