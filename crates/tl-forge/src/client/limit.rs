//! What an answer's status and headers ask of us: go on, wait, try again, or give up.
//!
//! In: status, headers, body, and what time it is. Out: a [`Verdict`]. Pure. The headers of all
//! systems are understood everywhere: `Retry-After`, `X-RateLimit-Remaining` and `-Reset`
//! (GitHub, Gitea, Jira, Datadog), `RateLimit-Remaining` and `-Reset` (GitLab, the IETF's draft).
//! Whether a reset is an instant, seconds since 1970 or seconds from now shows in its size.

use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use tl_core::time::{Millis, Timestamp};

use crate::clock::PauseReason;

/// How long GitHub asks to wait where it does not say: "at least one minute".
const UNSAID: Millis = Millis::new(60_000);

/// What to do with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Use it; where the quota is now used up, until when.
    Fine { used_up: Option<Timestamp> },
    /// Wait, then send the same again.
    Limited { wait: Millis, reason: PauseReason },
    /// A failure that may pass; how long to wait, where the system says it.
    Passing { wait: Option<Millis> },
    /// A redirect to another host, or one too many.
    Elsewhere { host: String },
    /// It will not be given.
    Refused,
}

/// Judges an answer.
pub(super) fn judge(status: u16, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Verdict {
    let here = now;
    // Resets are given in the system's time, which is not always ours.
    let there = header(headers, DATE.as_str()).and_then(http_date).unwrap_or(now);
    let retry_after = header(headers, RETRY_AFTER.as_str()).and_then(|it| delay(it, there));
    let reset = ["x-ratelimit-reset", "ratelimit-reset"];
    let reset = reset.iter().find_map(|name| delay(header(headers, name)?, there));
    let remaining = ["x-ratelimit-remaining", "ratelimit-remaining"];
    let none_left = remaining.iter().any(|name| header(headers, name) == Some("0"));
    // One second more: resets are whole seconds, rounded down.
    let reset = reset.map(|wait| Millis::new(wait.get().max(0) + 1000));
    match status {
        200..=299 if graphql_limited(body) => {
            let wait = retry_after.or(reset).unwrap_or(UNSAID);
            Verdict::Limited { wait, reason: PauseReason::RateLimit }
        }
        200..=299 | 304 => Verdict::Fine {
            used_up: reset
                .filter(|_| none_left)
                .map(|wait| Timestamp::from_millis(here.as_millis() + wait.get())),
        },
        300..=399 => {
            let target = header(headers, LOCATION.as_str()).unwrap_or_default();
            let host = reqwest::Url::parse(target).ok();
            let host = host.and_then(|url| url.host_str().map(str::to_owned));
            Verdict::Elsewhere { host: host.unwrap_or_default() }
        }
        403 | 429 if none_left && reset.is_some() => {
            let wait = retry_after.or(reset).unwrap_or(UNSAID);
            Verdict::Limited { wait, reason: PauseReason::RateLimit }
        }
        403 if retry_after.is_some() || says_too_fast(body) => {
            let wait = retry_after.unwrap_or(UNSAID);
            Verdict::Limited { wait, reason: PauseReason::TooFast }
        }
        429 => {
            let wait = retry_after.or(reset).unwrap_or(UNSAID);
            Verdict::Limited { wait, reason: PauseReason::RateLimit }
        }
        408 | 500..=599 => Verdict::Passing { wait: retry_after },
        _ => Verdict::Refused,
    }
}

/// Whether GraphQL says, with status 200, that its quota is used up.
fn graphql_limited(body: &[u8]) -> bool {
    let begins = body.trim_ascii_start();
    begins.starts_with(b"{\"errors\"") && contains(body, b"\"RATE_LIMITED\"")
}

/// GitHub's secondary limit has status 403 and shows in its message only.
fn says_too_fast(body: &[u8]) -> bool {
    contains(body, b"secondary rate limit") || contains(body, b"abuse detection")
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).take(4096).any(|window| window == text)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// How long from `now` until what a header says: seconds from now, seconds since 1970, an
/// instant, or a date of HTTP.
fn delay(text: &str, now: Timestamp) -> Option<Millis> {
    // Seconds from now are fewer than three years; seconds since 1970 are more than thirty.
    const YEARS: i64 = 100_000_000;
    if let Ok(seconds) = text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is then refused")]
        let seconds = seconds.ceil() as i64;
        let until = Timestamp::from_seconds(seconds);
        return Some(if seconds < YEARS { Millis::new(until.as_millis()) } else { until - now });
    }
    let until = Timestamp::parse(text).ok().or_else(|| http_date(text))?;
    Some(until - now)
}

/// An instant such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn judged(status: u16, headers: &[(&'static str, &str)], body: &str) -> Verdict {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        judge(status, &headers.collect(), body.as_bytes(), NOW)
    }

    fn limited(seconds: i64, reason: PauseReason) -> Verdict {
        Verdict::Limited { wait: Millis::new(seconds * 1000), reason }
    }

    #[test]
    fn a_used_up_quota_waits_until_its_reset_in_every_form_of_it() {
        let forms = ["1800000041", "41", "2027-01-15T08:00:41Z"];
        for reset in forms {
            let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)];
            assert_eq!(judged(403, &headers, ""), limited(42, PauseReason::RateLimit), "{reset}");
        }
        let gitlab = [("ratelimit-remaining", "0"), ("ratelimit-reset", "1800000041")];
        assert_eq!(judged(429, &gitlab, ""), limited(42, PauseReason::RateLimit));
    }

    #[test]
    fn the_last_request_of_a_quota_is_used_and_the_next_one_waits() {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000009")];
        let until = Timestamp::from_seconds(1_800_000_010);
        assert_eq!(judged(200, &headers, "[]"), Verdict::Fine { used_up: Some(until) });
        let left = [("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1800000009")];
        assert_eq!(judged(200, &left, "[]"), Verdict::Fine { used_up: None });
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_clock_of_the_system() {
        assert_eq!(judged(429, &[("retry-after", "7")], ""), limited(7, PauseReason::RateLimit));
        let dates = [
            ("date", "Fri, 15 Jan 2027 09:00:00 GMT"),
            ("retry-after", "Fri, 15 Jan 2027 09:00:30 GMT"),
        ];
        assert_eq!(judged(429, &dates, ""), limited(30, PauseReason::RateLimit));
        let wait = Some(Millis::new(5000));
        assert_eq!(judged(503, &[("retry-after", "5")], ""), Verdict::Passing { wait });
    }

    #[test]
    fn a_secondary_limit_is_no_missing_permission() {
        let body = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(judged(403, &[], body), limited(60, PauseReason::TooFast));
        assert_eq!(judged(403, &[("retry-after", "9")], "{}"), limited(9, PauseReason::TooFast));
        assert_eq!(judged(403, &[], r#"{"message":"Forbidden"}"#), Verdict::Refused);
    }

    #[test]
    fn graphql_says_with_status_200_that_its_quota_is_used_up() {
        let body = r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
        assert_eq!(judged(200, &[], body), limited(60, PauseReason::RateLimit));
        let quoted = r#"{"data":{"title":"\"RATE_LIMITED\" is shown"}}"#;
        assert_eq!(judged(200, &[], quoted), Verdict::Fine { used_up: None });
    }
}
