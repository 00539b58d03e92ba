//! Durations and instants as runners write them.
//!
//! In: text of an attribute. Out: microseconds, or a [`Timestamp`]; none where it is neither.
//! Start at [`seconds`] and [`instant`]. **Invariant:** nonsense is never a number: what is
//! negative, endless or no number is absent.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use tl_core::time::Timestamp;

/// Longest duration that is believed: ten years.
const LONGEST: f64 = 10.0 * 366.0 * 86_400.0;

/// Seconds, as microseconds: `0.5`, `1,234.5`, `1.234,5`, `12s`, `0.01ms`. Where both separators
/// stand, the last one is the point; one comma alone is the point where it has other than three
/// digits behind it.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(number) = decimal(text) {
        return from_seconds(number);
    }
    let (number, unit) = match text.find(|sign: char| sign.is_alphabetic()) {
        Some(at) => (text[..at].trim_end(), text[at..].to_lowercase()),
        None => (text, String::new()),
    };
    let scale = match unit.as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        "ns" => 1e-9,
        "m" | "min" => 60.0,
        _ => return None,
    };
    from_seconds(decimal(number)? * scale)
}

/// Seconds as a number; none where nobody can have waited so long.
pub(super) fn from_seconds(seconds: f64) -> Option<u64> {
    (seconds.is_finite() && (0.0..=LONGEST).contains(&seconds))
        .then(|| (seconds * 1e6).round() as u64)
}

/// `00:00:01.2345678` or `1.02:03:04`, as .NET writes a duration; microseconds.
pub(super) fn clock(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    if text.trim_start().starts_with('-') {
        return None;
    }
    let [hours, minutes, seconds] = parts[..] else { return self::seconds(text) };
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let mut sum = 0.0;
    for (part, unit) in [(days, 86_400.0), (hours, 3_600.0), (minutes, 60.0), (seconds, 1.0)] {
        let number: f64 = part.replace(',', ".").parse().ok()?;
        sum += number * unit;
    }
    from_seconds(sum)
}

/// A decimal number with either sign as its point.
fn decimal(text: &str) -> Option<f64> {
    // Most, always.
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (point, comma) = (text.rfind('.'), text.rfind(','));
    let plain: String = match (point, comma) {
        (Some(point), Some(comma)) if comma > point => {
            text.chars().filter(|sign| *sign != '.').collect::<String>().replace(',', ".")
        }
        (None, Some(comma)) if text.matches(',').count() == 1 && text.len() - comma - 1 != 3 => {
            text.replace(',', ".")
        }
        // `0,123`: no group of thousands begins with a zero.
        (None, Some(_)) if text.starts_with("0,") => text.replacen(',', ".", 1),
        _ => text.chars().filter(|sign| !matches!(sign, ',' | ' ' | '\'')).collect(),
    };
    plain.parse().ok()
}

/// An instant: RFC 3339, without a zone (then of UTC), with blanks, `20210319 11:34:50.044`, or
/// seconds or milliseconds since 1970.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() < 8 || text.len() > 64 || !text.is_ascii() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return match text.len() {
            9 | 10 => Some(Timestamp::from_seconds(number)),
            12 | 13 => Some(Timestamp::from_millis(number)),
            _ => None,
        };
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_millis(at.as_millisecond()));
    }
    // `2023-05-15T 08:22:02Z`, `2021-03-07T10:36:56 UTC`
    let joined = text.replace("T ", "T").replace(" UTC", "Z").replace(" GMT", "Z");
    let joined = joined.replace(" Z", "Z").replace(" +", "+").replace(" -", "-");
    if let Ok(at) = joined.parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_millis(at.as_millisecond()));
    }
    civil(&joined)
}

/// A date and a time of day without a zone: of UTC.
fn civil(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(['T', ' '])?;
    let date: Date = match date.len() {
        8 => format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).parse().ok()?,
        _ => date.parse().ok()?,
    };
    let time: Time = time.trim().parse().ok()?;
    let at = DateTime::from_parts(date, time).to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests;
