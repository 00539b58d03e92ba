//! Values of JSON as reports have them: a number as a string, `NaN`, half a character.

use std::borrow::Cow;

use serde_json::Value;
use tl_core::test::Status;
use tl_core::time::Timestamp;

use super::super::Failure;

/// Nothing, to point at.
static NULL: Value = Value::Null;

/// Reads a value; where that fails, once more without what JSON does not have.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|wrong| {
        // Mending costs as much again, and is for few reports.
        let text = std::str::from_utf8(bytes).map_err(|_| wrong)?;
        serde_json::from_str(&mended(text))
    })
}

/// The text with U+FFFD for halves of characters, and `null` for what is no number of JSON.
fn mended(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut string) = (0, false);
    while at < bytes.len() {
        let from = at;
        match bytes[at] {
            b'"' => {
                string = !string;
                at += 1;
            }
            b'\\' if string => {
                let (len, good) = escape(&bytes[at..]);
                if !good {
                    out.push_str("\\ufffd");
                    at += len;
                    continue;
                }
                at += len;
            }
            b'-' | b'0'..=b'9' | b'N' | b'I' if !string => {
                while bytes.get(at).is_some_and(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
                }) {
                    at += 1;
                }
                let finite = text[from..at].parse::<f64>().is_ok_and(f64::is_finite);
                out.push_str(if finite { &text[from..at] } else { "null" });
                continue;
            }
            _ => {
                at += 1;
                while at < bytes.len() && bytes[at] & 0xc0 == 0x80 {
                    at += 1;
                }
            }
        }
        out.push_str(&text[from..at]);
    }
    out
}

/// Length of an escape, and whether it stands for a character.
fn escape(bytes: &[u8]) -> (usize, bool) {
    if bytes.get(1) != Some(&b'u') {
        let whole = bytes.get(1).is_some_and(u8::is_ascii);
        return (if whole { 2 } else { 1 }, whole);
    }
    match (unit(bytes), bytes.get(6..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
        (Some(0xd800..=0xdfff), _) => (6, false),
        (Some(_), _) => (6, true),
        (None, _) => (2, false),
    }
}

/// The number in `\\uD83E`.
fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The value at a key; `null` where there is none.
pub(crate) fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&NULL)
}

/// The text at a key; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    at(value, key).as_str().unwrap_or_default()
}

/// The text at a key, or its number as text.
pub(crate) fn plain<'a>(value: &'a Value, key: &str) -> Cow<'a, str> {
    match at(value, key) {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Bool(is) => Cow::Owned(is.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// The values of the list at a key; none where there is no list.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    at(value, key).as_array().map_or(&[], Vec::as_slice)
}

/// The count at a key, also where it is written as text.
pub(crate) fn count(value: &Value, key: &str) -> Option<u64> {
    number(at(value, key))
}

/// A count, also where it is written as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64()?;
            (0.0..1e15).contains(&number).then_some(number as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A time in microseconds, where so many of its unit are a second; none for nonsense.
pub(crate) fn micros(value: &Value, unit: f64) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches('s').parse().ok()?,
        _ => return None,
    };
    in_micros(number / unit)
}

/// Seconds as microseconds; none for nonsense.
pub(crate) fn in_micros(seconds: f64) -> Option<u64> {
    // A century.
    (0.0..3.2e9).contains(&seconds).then(|| (seconds * 1e6).round() as u64)
}

/// An instant: RFC 3339, or milliseconds since 1970.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => Timestamp::parse(text).ok(),
        Value::Number(number) => {
            let millis = number.as_f64()?;
            (millis > 0.0 && millis < 4e12).then(|| Timestamp::from_millis(millis as i64))
        }
        _ => None,
    }
}

/// A line of a source, from 1.
pub(crate) fn line(value: &Value) -> Option<u32> {
    number(value).and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0)
}

/// Type and message of an error that is written as in `TypeError: x is not a function`.
pub(crate) fn class_of(message: &str) -> (&str, &str) {
    let first = message.lines().next().unwrap_or_default();
    let Some((class, _)) = first.split_once(':') else { return ("", message) };
    let bare = class.split(" [").next().unwrap_or(class);
    let named = ["Error", "Exception", "Failure"].iter().any(|end| bare.ends_with(end));
    let one = !bare.contains(|sign: char| sign.is_whitespace() || sign.is_control());
    if named && one {
        let rest = message.get(class.len() + 1..).unwrap_or_default();
        return (bare, rest.strip_prefix(' ').unwrap_or(rest));
    }
    ("", message)
}

/// A failure of which one text is known: its first lines are the message, if a stack follows.
pub(crate) fn failure_of(all: &str) -> Failure {
    let (class, rest) = class_of(all);
    let stack = ["\n    at ", "\n\tat ", "\n\n    at ", "\nTraceback "];
    let end = stack.iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
    let (message, text) = rest.split_at(end);
    Failure {
        class: class.to_owned(),
        message: message.trim_end().to_owned(),
        text: text.trim_start_matches('\n').to_owned(),
        cut: 0,
    }
}

/// A failure of which only a message is known.
pub(crate) fn message(message: impl Into<String>) -> Failure {
    Failure { message: message.into(), ..Failure::default() }
}

/// What a status says that no format of this kind has.
pub(crate) fn unknown(status: &str) -> (Status, Option<Failure>) {
    let what = if status.is_empty() {
        "the report does not say what became of it".to_owned()
    } else {
        format!("the report says `{status}` of it, which is not known")
    };
    (if status.is_empty() { Status::Unfinished } else { Status::Errored }, Some(message(what)))
}
