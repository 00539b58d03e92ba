//! When reviewers review: the hours of the week, learned from when reviews were given.
//!
//! In: instants of reviews. Out: each [`Group`] of reviewers with its [`Calendar`]: servers on duty by
//! hour of the week, and when work that begins now will be done if it only proceeds in open hours.
//! Start at [`Group::learned`]. Hours are counted from 1970-01-01 (a Thursday) modulo 168; which
//! weekday comes first does not matter.

use tl_core::time::Timestamp;

use super::observed::Observed;

/// An hour in milliseconds.
pub(crate) const HOUR: i64 = 3_600_000;
/// Hours of a week.
pub(crate) const WEEK_HOURS: i64 = 168;

/// Fewer reviews an hour of the week than this, on average, and the five working days share their
/// hours, and so do the two days of the weekend: single cells would be noise.
const ENOUGH_PER_HOUR: usize = 20;
/// An hour with less than this share of the reviews of a typical hour is closed.
const CLOSED_BELOW: f64 = 0.1;
/// An hour with at least this share of them has every reviewer on duty.
const FULL_FROM: f64 = 0.5;

/// Reviewers who review the same changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// How many they are.
    pub(crate) reviewers: u32,
    pub(crate) calendar: Calendar,
}

impl Group {
    /// Those of a line, in its order, with the hours in which they gave their reviews.
    pub(crate) fn learned(observed: &Observed) -> Vec<Self> {
        let group = |(row, reviewers): (u32, &u32)| {
            let own = observed.changes.iter().filter(|change| change.group == row);
            let given = own.flat_map(|change| &change.rounds).map(|one| one.asked + one.wait);
            Self { reviewers: *reviewers, calendar: Calendar::learned(given) }
        };
        (0..).zip(&observed.reviewers).map(group).collect()
    }

    /// How many are on duty at an instant: at least one in every open hour.
    pub(crate) fn on_duty(&self, at: i64) -> u32 {
        self.calendar.on_duty(self.reviewers, at)
    }

    /// Hours a week in which one of them is on duty, summed over them.
    pub(crate) fn hours(&self) -> f64 {
        f64::from(self.reviewers) * self.calendar.duty.iter().sum::<f64>()
    }
}

/// Servers on duty in each hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calendar {
    /// Share (0 to 1) of the reviewers on duty; 0 in closed hours.
    duty: Vec<f64>,
    open_hours: i64,
}

/// The hour of the week of an instant, 0 to 167.
pub(crate) fn hour_of_week(at: i64) -> usize {
    at.div_euclid(HOUR).rem_euclid(WEEK_HOURS) as usize
}

impl Calendar {
    /// Learns from when reviews were given. Without any, every hour is open.
    fn learned(given: impl Iterator<Item = Timestamp>) -> Self {
        let mut counts = vec![0.0; WEEK_HOURS as usize];
        let mut total = 0;
        for at in given {
            counts[hour_of_week(at.as_millis())] += 1.0;
            total += 1;
        }
        if total == 0 {
            return Self { duty: vec![1.0; counts.len()], open_hours: WEEK_HOURS };
        }
        if total < ENOUGH_PER_HOUR * counts.len() {
            counts = pooled(&counts);
        }
        let typical = typical(&counts);
        let duty: Vec<f64> = counts
            .iter()
            .map(|count| match count / typical {
                share if share < CLOSED_BELOW => 0.0,
                share => (share / FULL_FROM).min(1.0),
            })
            .collect();
        let open_hours = duty.iter().filter(|duty| **duty > 0.0).count() as i64;
        Self { duty, open_hours }
    }

    /// How many of `reviewers` are on duty at an instant: at least one in every open hour.
    fn on_duty(&self, reviewers: u32, at: i64) -> u32 {
        match self.duty[hour_of_week(at)] {
            0.0 => 0,
            duty => ((duty * f64::from(reviewers)).round() as u32).clamp(1, reviewers.max(1)),
        }
    }

    /// When work of `work` milliseconds that begins at `at` is done, if closed hours do not count.
    pub(crate) fn done_at(&self, at: i64, work: i64) -> i64 {
        let week = self.open_hours * HOUR;
        // There is an open hour, or nobody would have begun.
        let whole_weeks = if work > 0 && week > 0 { (work - 1) / week } else { 0 };
        let mut left = work - whole_weeks * week;
        let mut now = at + whole_weeks * WEEK_HOURS * HOUR;
        while left > 0 && week > 0 {
            let next_hour = (now.div_euclid(HOUR) + 1) * HOUR;
            if self.duty[hour_of_week(now)] > 0.0 {
                let spent = left.min(next_hour - now);
                left -= spent;
                now += spent;
            } else {
                now = next_hour;
            }
        }
        now
    }
}

/// Working days with the same count for the same hour of the day, and the weekend likewise.
fn pooled(counts: &[f64]) -> Vec<f64> {
    let mean = |hour: usize, weekend: bool| {
        let days: Vec<usize> = (0..7).filter(|&day| is_weekend(day) == weekend).collect();
        days.iter().map(|day| counts[day * 24 + hour % 24]).sum::<f64>() / days.len() as f64
    };
    (0..counts.len()).map(|hour| mean(hour, is_weekend(hour / 24))).collect()
}

/// Whether a day after 1970-01-01, a Thursday, is a Saturday or a Sunday.
fn is_weekend(day: usize) -> bool {
    matches!(day, 2 | 3)
}

/// The count of the hour in which the median review falls: hours with stray reviews do not move it.
fn typical(counts: &[f64]) -> f64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.iter().sum::<f64>() / 2.0;
    let mut seen = 0.0;
    for count in sorted {
        seen += count;
        if seen >= half && count > 0.0 {
            return count;
        }
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Open from 9 to 17 on the day that begins the week, closed otherwise.
    fn one_day() -> Calendar {
        let duty = (0..168).map(|hour| f64::from(u8::from((9..17).contains(&hour)))).collect();
        Calendar { duty, open_hours: 8 }
    }

    #[test]
    fn work_begun_before_the_evening_ends_in_the_next_open_hours() {
        let calendar = one_day();
        assert_eq!(calendar.done_at(16 * HOUR, HOUR), 17 * HOUR);
        assert_eq!(calendar.done_at(16 * HOUR, 2 * HOUR), (168 + 10) * HOUR);
        // Three weeks of eight hours, and one hour more.
        assert_eq!(calendar.done_at(9 * HOUR, 25 * HOUR), (3 * 168 + 10) * HOUR);
        assert_eq!(calendar.done_at(12 * HOUR, 0), 12 * HOUR);
    }

    #[test]
    fn nobody_is_on_duty_in_closed_hours_and_somebody_in_open_ones() {
        let mut calendar = one_day();
        calendar.duty[9] = 0.2;
        assert_eq!([3, 9, 10].map(|hour| calendar.on_duty(2, hour * HOUR)), [0, 1, 2]);
    }

    #[test]
    fn the_hours_of_working_days_are_pooled_and_the_weekend_apart() {
        let mut counts = vec![0.0; 168];
        counts[10] = 10.0;
        counts[2 * 24 + 10] = 4.0;
        let pooled = pooled(&counts);
        assert_eq!((pooled[10], pooled[24 + 10], pooled[3 * 24 + 10]), (2.0, 2.0, 2.0));
        assert_eq!(pooled[11], 0.0);
    }
}
