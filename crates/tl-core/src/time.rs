//! Instants and durations as integers in milliseconds.
//!
//! In: what git, forges and people write. Out: [`Timestamp`] and [`Millis`], which add up
//! exactly. **Invariant:** "now" is always a parameter; nothing here reads the clock.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. May be before 1970.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(Whole);

/// A span of time in milliseconds. May be negative where clocks disagree.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(Whole);

/// A whole number of 64 bits but the smallest one, which counts as the next: so an instant that is
/// not known takes no more room than one that is. Millions of them are held at a time.
///
/// With the sign bit turned over, numbers without a sign have the order of those with one, and the
/// smallest is zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
struct Whole(NonZeroU64);

impl Whole {
    const SIGN: u64 = 1 << 63;

    const fn new(number: i64) -> Self {
        match NonZeroU64::new(number.cast_unsigned() ^ Self::SIGN) {
            Some(turned) => Self(turned),
            None => Self(NonZeroU64::MIN),
        }
    }

    const fn get(self) -> i64 {
        (self.0.get() ^ Self::SIGN).cast_signed()
    }
}

impl Default for Whole {
    fn default() -> Self {
        Self::new(0)
    }
}

impl fmt::Debug for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl From<i64> for Whole {
    fn from(number: i64) -> Self {
        Self::new(number)
    }
}

impl From<Whole> for i64 {
    fn from(whole: Whole) -> Self {
        whole.get()
    }
}

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
        Self(Whole::new(millis))
    }

    /// The instant `seconds` seconds after 1970-01-01T00:00:00Z; saturates at the ends of `i64`.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0.get()
    }

    /// Whole days since 1970-01-01, in UTC; rounds down before 1970.
    pub const fn day(self) -> i64 {
        self.as_millis().div_euclid(Millis::DAY.get())
    }

    /// Reads `2026-03-01` (midnight UTC) or an RFC 3339 instant with an offset.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let wrong = || TimestampError { text: text.to_owned() };
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::from_millis(instant.as_millisecond()));
        }
        // A time of day without a zone is no instant: `jiff` would read its date and drop the rest.
        let is_date = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+".contains(&byte));
        let date: jiff::civil::Date =
            is_date.then(|| text.parse().ok()).flatten().ok_or_else(wrong)?;
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        Ok(Self::from_millis(zoned.timestamp().as_millisecond()))
    }

    /// The calendar date in UTC, such as `2026-03-01`.
    pub fn date(self) -> String {
        match jiff::Timestamp::from_millisecond(self.as_millis()) {
            Ok(instant) => instant.strftime("%Y-%m-%d").to_string(),
            Err(_) => format!("{} ms", self.as_millis()),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.as_millis()) {
            Ok(instant) => write!(f, "{}", instant.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => write!(f, "{} ms", self.as_millis()),
        }
    }
}

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self::new(0);
    /// One hour.
    pub const HOUR: Self = Self::new(3_600_000);
    /// 24 hours.
    pub const DAY: Self = Self::new(86_400_000);
    /// Seven days.
    pub const WEEK: Self = Self::new(604_800_000);

    /// A span of `millis` milliseconds.
    pub const fn new(millis: i64) -> Self {
        Self(Whole::new(millis))
    }

    /// A span of `days` days of 24 hours; saturates.
    pub const fn days(days: i64) -> Self {
        Self::new(days.saturating_mul(Self::DAY.get()))
    }

    /// Milliseconds.
    pub const fn get(self) -> i64 {
        self.0.get()
    }

    /// Hours, for people.
    pub fn hours(self) -> f64 {
        self.get() as f64 / Self::HOUR.get() as f64
    }
}

impl Sub for Timestamp {
    type Output = Millis;

    fn sub(self, earlier: Self) -> Millis {
        Millis::new(self.as_millis().saturating_sub(earlier.as_millis()))
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;

    fn add(self, span: Millis) -> Self {
        Self::from_millis(self.as_millis().saturating_add(span.get()))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Self;

    fn sub(self, span: Millis) -> Self {
        Self::from_millis(self.as_millis().saturating_sub(span.get()))
    }
}

impl Add for Millis {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.get().saturating_add(other.get()))
    }
}

impl Sub for Millis {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.get().saturating_sub(other.get()))
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
    fn an_unknown_instant_takes_no_room_and_the_order_is_that_of_the_numbers() {
        assert_eq!(size_of::<Option<Timestamp>>(), size_of::<i64>());
        let numbers = [i64::MIN + 1, -5, -1, 0, 1, 5, i64::MAX];
        assert!(numbers.map(Timestamp::from_millis).is_sorted());
        assert!(numbers.iter().all(|number| Millis::new(*number).get() == *number));
        assert_eq!(Millis::new(i64::MIN), Millis::new(i64::MIN + 1));
        assert_eq!(Millis::default(), Millis::ZERO);
        assert_eq!(serde_json::to_string(&Timestamp::from_millis(-7)).unwrap(), "-7");
    }

    #[test]
    fn a_day_before_1970_rounds_down() {
        assert_eq!(Timestamp::from_millis(-1).day(), -1);
    }
}
