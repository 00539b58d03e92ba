//! Instants as files write them: RFC 3339, without a zone only by leave.

use tl_core::time::{OffsetMinutes, Timestamp};

/// Why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoInstant {
    /// A date or a time of day that holds in no particular zone.
    #[error("the date `{0}` has no zone")]
    NoZone(String),
    /// No date at all.
    #[error("`{0}` is not a date such as `2026-03-01T12:00:00Z`")]
    NoDate(String),
}

impl NoInstant {
    /// What to do about it.
    pub(super) const fn mend(&self) -> &'static str {
        match self {
            Self::NoZone(_) => {
                "write its offset, such as `+01:00`, or name it with `--assume-offset`"
            }
            Self::NoDate(_) => "write instants as RFC 3339",
        }
    }
}

/// Reads an RFC 3339 instant; with `offset`, also a date or date and time without zone.
pub(super) fn instant(text: &str, offset: Option<OffsetMinutes>) -> Result<Timestamp, NoInstant> {
    let text = text.trim();
    let wrong = || NoInstant::NoDate(cut(text));
    if text.len() > 64 || !text.is_ascii() {
        return Err(wrong());
    }
    let date_only = text.len() == 10;
    // `Timestamp::parse` takes a text without zone for a date, and drops the time of day.
    let zoned = text.get(10..).is_some_and(|rest| rest.contains(['Z', 'z', '+', '-']));
    if zoned {
        return Timestamp::parse(text).ok().or_else(|| short_offset(text)).ok_or_else(wrong);
    }
    let local = if date_only { format!("{text}T00:00:00") } else { seconds(text) };
    let as_utc = Timestamp::parse(&format!("{local}Z")).map_err(|_| wrong())?;
    let offset = offset.ok_or_else(|| NoInstant::NoZone(cut(text)))?;
    Ok(as_utc - tl_core::time::Millis::new(i64::from(offset.0) * 60_000))
}

/// `2026-03-01T12:00:00.000+0000`, as Jira writes it: the offset lacks its colon.
fn short_offset(text: &str) -> Option<Timestamp> {
    let (head, zone) = text.split_at_checked(text.len().checked_sub(5)?)?;
    let digits = zone[1..].bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !zone.starts_with(['+', '-']) || !head.contains(':') {
        return None;
    }
    Timestamp::parse(&format!("{head}{}:{}", &zone[..3], &zone[3..])).ok()
}

/// `2026-03-01T12:00` with its seconds.
fn seconds(text: &str) -> String {
    if text.len() == 16 { format!("{text}:00") } else { text.to_owned() }
}

/// Reads `01/Mar/26 9:15 AM`, Jira's default in CSV, as `2026-03-01T09:15:00`.
pub(super) fn jira_csv(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let mut date = words.next()?.split(['/', '-']);
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let names =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = names.iter().position(|name| month.to_lowercase().starts_with(name))? + 1;
    let day: u8 = day.parse().ok()?;
    let year: u16 = year.parse().ok()?;
    let year = if year < 100 { year + 2000 } else { year };
    let (hour, minute) = words.next()?.split_once(':')?;
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match words.next().map(str::to_lowercase).as_deref() {
        Some("am") if hour == 12 => 0,
        Some("pm") if hour < 12 => hour + 12,
        _ => hour,
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00"))
}

/// The beginning of a text, for a message.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_zone_is_a_problem_unless_a_zone_is_assumed() {
        let noon = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        assert_eq!(instant("2026-03-01T12:00:00Z", None), Ok(noon));
        assert_eq!(instant("2026-03-01T13:00:00.000+0100", None), Ok(noon));
        for text in ["2026-03-01", "2026-03-01T12:00:00", "2026-03-01 12:00", "2026-03-01T12:00"] {
            assert!(matches!(instant(text, None), Err(NoInstant::NoZone(_))), "{text}");
        }
        assert_eq!(instant("2026-03-01 13:00", Some(OffsetMinutes(60))), Ok(noon));
        for text in ["", "yesterday", "2026-13-01", "2026-02-30T00:00:00", "+0100", "ä+0100"] {
            assert!(matches!(instant(text, None), Err(NoInstant::NoDate(_))), "{text}");
        }
    }

    #[test]
    fn dates_of_jira_tables_are_read() {
        let read = |text| jira_csv(text).unwrap_or_default();
        assert_eq!(read("01/Mar/26 9:15 AM"), "2026-03-01T09:15:00");
        assert_eq!(read("31/Dec/25 12:05 AM"), "2025-12-31T00:05:00");
        assert_eq!(read("31/Dec/2025 14:05"), "2025-12-31T14:05:00");
        assert_eq!(read("03/04/26 9:15"), "", "a month without a name may be a day");
    }
}
