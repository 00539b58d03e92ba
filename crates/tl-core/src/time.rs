//! Instants and durations as integers in milliseconds.
//!
//! In: what git, forges and people write. Out: [`Timestamp`] and [`Millis`], which add up
//! exactly. **Invariant:** "now" is always a parameter; nothing here reads the clock.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. May be before 1970.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A span of time in milliseconds. May be negative where clocks disagree.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(i64);

/// Minutes east of UTC, as git writes a time zone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OffsetMinutes(pub i16);

/// Text that is neither an RFC 3339 instant nor a calendar date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date such as `2026-03-01` or `2026-03-01T12:00:00Z`")]
pub struct TimestampError {
    /// What was given.
    pub text: String,
}

impl Timestamp {
    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The instant `seconds` seconds after 1970-01-01T00:00:00Z; saturates at the ends of `i64`.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole days since 1970-01-01, in UTC; rounds down before 1970.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(Millis::DAY.0)
    }

    /// Reads `2026-03-01` (midnight UTC) or an RFC 3339 instant with an offset.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let wrong = || TimestampError { text: text.to_owned() };
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_millisecond()));
        }
        // A time of day without a zone is no instant: `jiff` would read its date and drop the rest.
        let is_date = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+".contains(&byte));
        let date: jiff::civil::Date =
            is_date.then(|| text.parse().ok()).flatten().ok_or_else(wrong)?;
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        Ok(Self(zoned.timestamp().as_millisecond()))
    }

    /// The calendar date in UTC, such as `2026-03-01`.
    pub fn date(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => instant.strftime("%Y-%m-%d").to_string(),
            Err(_) => format!("{} ms", self.0),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{}", instant.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// 24 hours.
    pub const DAY: Self = Self(86_400_000);
    /// Seven days.
    pub const WEEK: Self = Self(604_800_000);

    /// A span of `millis` milliseconds.
    pub const fn new(millis: i64) -> Self {
        Self(millis)
    }

    /// A span of `days` days of 24 hours; saturates.
    pub const fn days(days: i64) -> Self {
        Self(days.saturating_mul(Self::DAY.0))
    }

    /// Milliseconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Hours, for people.
    pub fn hours(self) -> f64 {
        self.0 as f64 / Self::HOUR.0 as f64
    }
}

impl Sub for Timestamp {
    type Output = Millis;

    fn sub(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;

    fn add(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Self;

    fn sub(self, span: Millis) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Millis {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Millis {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Millis {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, |sum, span| sum + span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_are_read_in_utc() {
        assert_eq!(Timestamp::parse("1970-01-02"), Ok(Timestamp::from_seconds(86_400)));
        assert_eq!(
            Timestamp::parse("2026-03-01T12:00:00+02:00").map(|at| at.to_string()),
            Ok("2026-03-01T10:00:00Z".to_owned())
        );
        assert!(Timestamp::parse("yesterday").is_err());
        assert!(Timestamp::parse("2026-03-01T12:00:00").is_err(), "a time without a zone");
    }

    #[test]
    fn an_instant_beyond_the_calendar_is_still_printed() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), format!("{} ms", i64::MAX));
    }

    #[test]
    fn a_day_before_1970_rounds_down() {
        assert_eq!(Timestamp::from_millis(-1).day(), -1);
    }
}
