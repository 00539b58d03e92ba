//! Working hours: whether an instant is in them, and how much of a span is.
//!
//! In: a named calendar of a team. Out: [`Calendar`], asked about instants and spans. Calendar
//! time is the headline everywhere; working hours are an option beside it. **Invariant:** the
//! working time of a span is never negative and never longer than the span.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use tl_core::time::{Millis, Timestamp};

/// When a team works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Name for people.
    pub name: String,
    /// Where the clock hangs.
    pub zone: TimeZone,
    /// Working days, Monday first.
    pub days: [bool; 7],
    /// Start of the working day, minutes after midnight.
    pub start: u16,
    /// End of the working day, minutes after midnight.
    pub end: u16,
    /// Days on which nobody works.
    pub holidays: BTreeSet<Date>,
}

impl Default for Calendar {
    /// Monday to Friday, nine to five, in UTC.
    fn default() -> Self {
        Self {
            name: "working hours".to_owned(),
            zone: TimeZone::UTC,
            days: [true, true, true, true, true, false, false],
            start: 9 * 60,
            end: 17 * 60,
            holidays: BTreeSet::new(),
        }
    }
}

/// Longest span that is counted day by day; a longer one is estimated by its weeks.
const LONGEST_DAYS: i64 = 4_000;

impl Calendar {
    /// Whether somebody is expected to work at an instant.
    pub fn is_working(&self, at: Timestamp) -> bool {
        let Some(local) = self.local(at) else { return false };
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        self.is_working_day(local.date()) && (self.start..self.end).contains(&minute)
    }

    /// The hour of the day, 0 to 23, and the day of the week, 0 for Monday, where the clock hangs.
    pub fn hour_and_day(&self, at: Timestamp) -> Option<(usize, usize)> {
        let local = self.local(at)?;
        Some((usize::from(local.hour().unsigned_abs()), day_of_week(local.date())))
    }

    /// Working time between two instants; zero where the second is not later.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Millis {
        let (Some(first), Some(last)) = (self.local(from), self.local(to)) else {
            return Millis::ZERO;
        };
        if to <= from {
            return Millis::ZERO;
        }
        let days = (to - from).get() / Millis::DAY.get();
        if days > LONGEST_DAYS {
            let weekly = self.days.iter().filter(|works| **works).count() as i64
                * i64::from(self.end.saturating_sub(self.start))
                * 60_000;
            return Millis::new(days / 7 * weekly);
        }
        let mut worked = Millis::ZERO;
        let mut date = first.date();
        while date <= last.date() {
            if self.is_working_day(date)
                && let (Some(start), Some(end)) =
                    (self.at(date, self.start), self.at(date, self.end))
            {
                let span = end.min(to) - start.max(from);
                worked = worked + Millis::new(span.get().max(0));
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        Millis::new(worked.get().min((to - from).get()))
    }

    fn is_working_day(&self, date: Date) -> bool {
        self.days[day_of_week(date)] && !self.holidays.contains(&date)
    }

    fn local(&self, at: Timestamp) -> Option<DateTime> {
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        Some(self.zone.to_datetime(instant))
    }

    /// The instant of a time of day; of a time that the clock skips, the moment after.
    fn at(&self, date: Date, minute: u16) -> Option<Timestamp> {
        let (hour, minute) = ((minute / 60).min(24), minute % 60);
        let time = if hour == 24 {
            date.tomorrow().ok()?.at(0, 0, 0, 0)
        } else {
            date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0)
        };
        let instant = self.zone.to_timestamp(time).ok()?;
        Some(Timestamp::from_millis(instant.as_millisecond()))
    }
}

fn day_of_week(date: Date) -> usize {
    match date.weekday() {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn nights_weekends_and_holidays_are_no_working_time() {
        let mut calendar = Calendar::default();
        let hours = |calendar: &Calendar, from, to| calendar.between(at(from), at(to)).hours();
        // A Friday at 16:00 to the Monday after at 10:00.
        let (from, to) = ("2026-03-06T16:00:00Z", "2026-03-09T10:00:00Z");
        assert!((hours(&calendar, from, to) - 2.0).abs() < 1e-9);
        assert!(!calendar.is_working(at("2026-03-07T12:00:00Z")));
        assert!(calendar.is_working(at("2026-03-09T09:00:00Z")));
        assert!(!calendar.is_working(at("2026-03-09T17:00:00Z")));
        calendar.holidays.insert("2026-03-09".parse().unwrap());
        assert!((hours(&calendar, from, to) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_clock_hangs_where_the_team_is() {
        let calendar =
            Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), ..Calendar::default() };
        assert!(calendar.is_working(at("2026-01-05T08:30:00Z")), "09:30 in winter");
        assert!(!calendar.is_working(at("2026-01-05T16:30:00Z")), "17:30 in winter");
        assert!(calendar.is_working(at("2026-07-06T07:30:00Z")), "09:30 in summer");
        // The clock goes forward on this Sunday: the days around it are whole all the same.
        let span = calendar.between(at("2026-03-28T00:00:00Z"), at("2026-03-30T22:00:00Z"));
        assert!((span.hours() - 8.0).abs() < 1e-9);
    }

    proptest! {
        /// Working time is between zero and the span, and adds up where a span is cut.
        #[test]
        fn working_time_adds_up(from in 0..1_000_000_i64, a in 0..5_000_i64, b in 0..5_000_i64) {
            let calendar = Calendar::default();
            let minute = |minutes: i64| Timestamp::from_seconds(1_700_000_000 + minutes * 60);
            let (start, middle, end) = (minute(from), minute(from + a), minute(from + a + b));
            let whole = calendar.between(start, end);
            prop_assert!(whole >= Millis::ZERO && whole <= end - start);
            let parts = calendar.between(start, middle) + calendar.between(middle, end);
            prop_assert_eq!(whole, parts);
        }
    }
}
