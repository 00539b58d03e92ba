//! Instants as systems write them, read strictly: a date that holds in no particular zone is none.
//!
//! In: a text or a number of a record. Out: a [`Timestamp`]. Start at [`parse`] and [`epoch`].
//! **Invariant:** nothing is guessed: no zone, no instant, unless one is assumed. Read are RFC 3339, Jira's
//! `2020-06-19T13:13:05.000+0000`, and the `2026-03-01 12:00:00 UTC` and
//! `2026-03-01 12:00:00 +0200` of GitLab's webhooks.

use tl_core::time::{Millis, OffsetMinutes, Timestamp};

/// Longest text that can be an instant, in bytes.
const LIMIT: usize = 48;

/// Why something is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// A date or a time of day without an offset.
    #[error("the date `{0}` has no zone")]
    NoZone(String),
    /// No date at all.
    #[error("`{0}` is not a date such as `2026-03-01T12:00:00Z`")]
    NoDate(String),
    /// A number that is no instant from 1973 to 2200.
    #[error("{0} is not the number of an instant")]
    NoEpoch(i64),
}

impl InstantError {
    /// What to do about it.
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::NoZone(_) => {
                "write its offset, such as `+01:00`, or name it with `--assume-offset`"
            }
            Self::NoDate(_) | Self::NoEpoch(_) => "write instants as RFC 3339",
        }
    }
}

/// Reads an instant with its zone.
pub fn parse(text: &str) -> Result<Timestamp, InstantError> {
    parse_in(text, None)
}

/// Reads an instant; with `offset`, also a date or date and time without zone.
pub fn parse_in(text: &str, offset: Option<OffsetMinutes>) -> Result<Timestamp, InstantError> {
    let text = text.trim();
    let shown = || text.chars().take(LIMIT).collect::<String>();
    if text.len() > LIMIT || !text.is_ascii() {
        return Err(InstantError::NoDate(shown()));
    }
    let (local, zone) = split_zone(text);
    let local = local.trim_end();
    // `Timestamp::parse` takes a bare date for midnight in UTC.
    let has_time = local.len() > 11 && local.contains(':');
    let seconds = if local.len() == "2026-03-01T12:00".len() { ":00" } else { "" };
    let read = |zone: &str| Timestamp::parse(&format!("{local}{seconds}{zone}"));
    let no_date = |_| InstantError::NoDate(shown());
    match zone {
        Some(zone) if has_time => read(&zone).map_err(no_date),
        _ => {
            let as_utc = read(if has_time { "Z" } else { "" }).map_err(no_date)?;
            let offset = offset.ok_or_else(|| InstantError::NoZone(shown()))?;
            Ok(as_utc - Millis::new(i64::from(offset.0) * 60_000))
        }
    }
}

/// The text before the zone, and the zone as RFC 3339 has it.
fn split_zone(text: &str) -> (&str, Option<String>) {
    for utc in ["Z", "z", "UTC"] {
        if let Some(local) = text.strip_suffix(utc) {
            return (local, Some("Z".to_owned()));
        }
    }
    // An offset stands behind the time of day; `-` also stands in the date.
    let Some(at) = text.rfind(['+', '-']).filter(|at| *at > 10) else { return (text, None) };
    let digits: String = text[at + 1..].chars().filter(|sign| *sign != ':').collect();
    let zone = match digits.len() {
        2 => format!("{}{digits}:00", &text[at..=at]),
        4 => format!("{}{}:{}", &text[at..=at], &digits[..2], &digits[2..]),
        _ => return (text, None),
    };
    (&text[..at], Some(zone))
}

/// Reads the number of seconds, milliseconds, microseconds or nanoseconds since 1970.
///
/// Which of them, the size says: from 1973 to 2200 no number is an instant in two units.
pub fn epoch(number: i64) -> Result<Timestamp, InstantError> {
    const FIRST: i64 = 100_000_000_000;
    const LAST: i64 = 7_258_118_400_000;
    let millis = [number.saturating_mul(1000), number, number / 1000, number / 1_000_000];
    let found = millis.into_iter().find(|millis| (FIRST..LAST).contains(millis));
    found.map(Timestamp::from_millis).ok_or(InstantError::NoEpoch(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_systems_write_an_instant_is_read() {
        let noon = Timestamp::from_millis(1_772_366_400_000);
        for text in [
            "2026-03-01T12:00:00Z",
            "2026-03-01T12:00:00.000+0000",
            "2026-03-01T13:00:00+01:00",
            "2026-03-01T13:00:00+01",
            "2026-03-01 12:00:00 UTC",
            "2026-03-01 14:00:00 +0200",
            " 2026-03-01T07:00:00-05:00 ",
            "2026-03-01T12:00:00.000000000Z",
        ] {
            assert_eq!(parse(text), Ok(noon), "{text}");
        }
        for number in [1_772_366_400, 1_772_366_400_000, 1_772_366_400_000_000_000] {
            assert_eq!(epoch(number), Ok(noon));
        }
    }

    #[test]
    fn a_date_without_zone_is_refused() {
        for text in
            ["2026-03-01", "2026-03-01T12:00", "2026-03-01T12:00:00", "2026-03-01 12:00:00.5"]
        {
            assert!(matches!(parse(text), Err(InstantError::NoZone(_))), "{text}");
        }
        for text in ["", "Z", "+0100", "noon", "2026-02-30T12:00:00Z", "12:00:00Z"] {
            assert!(matches!(parse(text), Err(InstantError::NoDate(_))), "{text}");
        }
        for text in ["2026-03-01T13:00", "2026-03-01 13:00:00"] {
            let noon = Timestamp::from_millis(1_772_366_400_000);
            assert_eq!(parse_in(text, Some(OffsetMinutes(60))), Ok(noon), "{text}");
        }
        assert!(parse(&"1".repeat(500)).is_err());
        assert!(parse("ä026-03-01T12:00:00Z").is_err());
        for number in [0, -1, 20_260_301, i64::MAX, i64::MIN] {
            assert!(epoch(number).is_err(), "{number}");
        }
    }
}
