//! Fields of JSON objects as trackers, CI systems and pagers write them, and events made of them.
//!
//! In: a [`Record`]. Out: texts, numbers, instants; absent, null and of a wrong type are all
//! absent. **Invariant:** an instant that is there and cannot be read is a [`Problem`], because
//! leaving it out would tell another story.

use serde_json::Value;
use tl_core::event::Event;
use tl_core::fact::Outcome;
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;

use super::Malformed;
use crate::instant::{self, InstantError};

/// Longest text that is kept, in bytes.
const TEXT_LIMIT: usize = 1000;

/// Longest id that is kept, in bytes: two of them fit into the key of an event.
const ID_LIMIT: usize = 200;

/// Most entries that are kept of a list of labels or people.
const LIST_LIMIT: usize = 100;

/// Why an object tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// Not a JSON object.
    #[error("is no JSON object")]
    NoObject,
    /// Lacks what makes it one.
    #[error("has no `{0}` that can be read")]
    Missing(&'static str),
    /// An instant that is none.
    #[error("has a `{0}` that cannot be read: {1}")]
    Instant(String, InstantError),
    /// A word that is not in the list.
    #[error("is not a known kind of record")]
    Unknown,
}

/// What can be read of an object.
pub(super) type Result<T> = std::result::Result<T, Problem>;

/// Reads a record whose body is an object; the ledger accepts every event that comes out.
pub(super) fn read(
    record: &Record,
    events: impl FnOnce(&Record) -> Result<Vec<Event>>,
) -> std::result::Result<Vec<Event>, Malformed> {
    let told = if record.body.is_object() { events(record) } else { Err(Problem::NoObject) };
    let events = told.map_err(|problem| Malformed::new(record, problem.to_string()))?;
    match events.iter().find_map(|event| event.check().err()) {
        Some(problem) => Err(Malformed::new(record, format!("makes no event: {problem}"))),
        None => Ok(events),
    }
}

/// The value at a path such as `fields.status.name`; null where there is none.
pub(super) fn get<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, field| value.get(field).unwrap_or(&Value::Null))
}

/// The text at a path, empty where there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    get(value, path).as_str().unwrap_or_default()
}

/// The first of several texts that is not empty.
pub(super) fn first<'a>(value: &'a Value, paths: &[&str]) -> &'a str {
    paths.iter().map(|path| text(value, path)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// The beginning of a text: what people wrote may be of any length.
pub(super) fn short(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_LIMIT)].to_owned()
}

/// The beginning of the text at a path.
pub(super) fn word(value: &Value, path: &str) -> String {
    short(text(value, path))
}

/// The id at a path, a text or a number; empty where there is none.
pub(super) fn id(value: &Value, path: &str) -> String {
    let id = match get(value, path) {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => String::new(),
    };
    id[..id.floor_char_boundary(ID_LIMIT)].to_owned()
}

/// The id at a path, without which there is nothing to tell.
pub(super) fn need_id(value: &Value, path: &'static str) -> Result<String> {
    Some(id(value, path)).filter(|id| !id.is_empty()).ok_or(Problem::Missing(path))
}

/// The number at a path, also where it is written as a text.
pub(super) fn number(value: &Value, path: &str) -> Option<u64> {
    let value = get(value, path);
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The flag at a path.
pub(super) fn flag(value: &Value, path: &str) -> bool {
    get(value, path).as_bool() == Some(true)
}

/// The objects of the list at a path; also a connection of GraphQL, without the nodes that may
/// not be seen.
pub(super) fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    let value = get(value, path);
    let items = value.as_array().or_else(|| get(value, "nodes").as_array());
    items.into_iter().flatten().filter(|item| item.is_object())
}

/// Names without the empty ones, sorted, each once.
pub(super) fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.filter(|name| !name.is_empty()).take(LIST_LIMIT).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names of the entries of a list: texts, or objects with one of the fields.
pub(super) fn names(value: &Value, path: &str, fields: &[&str]) -> Vec<String> {
    let entries = get(value, path).as_array().into_iter().flatten();
    sorted(entries.map(|entry| short(entry.as_str().unwrap_or_else(|| first(entry, fields)))))
}

/// A full object id, in small letters; empty where it is none.
pub(super) fn object_id(id: &str) -> String {
    let full = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let zero = id.bytes().all(|byte| byte == b'0');
    if full && !zero { id.to_ascii_lowercase() } else { String::new() }
}

/// The instant at a path: a text, or a number since 1970. The year 1 is how Go writes that there
/// is none.
pub(super) fn at(value: &Value, path: &str) -> Result<Option<Timestamp>> {
    let read = match get(value, path) {
        Value::String(text) if text.is_empty() || text.starts_with("0001-01-01") => {
            return Ok(None);
        }
        Value::String(text) => match text.parse() {
            Ok(number) => instant::epoch(number),
            Err(_) => instant::parse(text),
        },
        Value::Number(number) => {
            // Jira and Datadog write some of them as 1.7e12.
            let number = number.as_i64().or_else(|| number.as_f64().map(|number| number as i64));
            instant::epoch(number.unwrap_or(0))
        }
        _ => return Ok(None),
    };
    read.map(Some).map_err(|problem| Problem::Instant(path.to_owned(), problem))
}

/// The first of several instants that is there.
pub(super) fn first_at(value: &Value, paths: &[&str]) -> Result<Option<Timestamp>> {
    for path in paths {
        if let Some(at) = at(value, path)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The instant at a path, without which there is nothing to tell.
pub(super) fn need_at(value: &Value, path: &'static str) -> Result<Timestamp> {
    at(value, path)?.ok_or(Problem::Missing(path))
}

/// The whole second of an instant: what a webhook and the API tell alike.
pub(super) const fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(1000))
}

/// How something ended, in the words that most systems share.
pub(super) fn outcome(word: &str) -> Outcome {
    match word.to_ascii_lowercase().as_str() {
        "success" | "successful" | "succeeded" | "passed" | "completed" => Outcome::Success,
        "failure" | "failed" | "error" | "errored" | "unstable" | "partiallysucceeded" => {
            Outcome::Failure
        }
        "canceled" | "cancelled" | "aborted" | "stopped" | "rejected" | "unauthorized" => {
            Outcome::Cancelled
        }
        "skipped" | "not_built" | "not_run" | "not_executed" => Outcome::Skipped,
        "timedout" | "timed_out" | "timeout" => Outcome::TimedOut,
        _ => Outcome::Unknown,
    }
}

/// The system's name, with the host of an address where that is not the public one.
pub(super) fn source(system: System, public: &str, addresses: &[&str]) -> String {
    match addresses.iter().find_map(|address| host(address)) {
        Some(host) if host != public => format!("{system}:{host}"),
        _ => system.name().to_owned(),
    }
}

/// The host of an address with its port, in small letters.
pub(super) fn host(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let host = host.rsplit('@').next()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let fits = !host.is_empty() && host.len() <= 255 && host.bytes().all(allowed);
    fits.then(|| host.to_owned())
}

/// What an address on a forge names: the request `acme/api#12`, or the full id of a commit.
pub(super) fn linked(address: &str) -> (String, String) {
    let nothing = (String::new(), String::new());
    let path = address.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let Some((_, path)) = path else { return nothing };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    for mark in ["/-/merge_requests/", "/merge_requests/", "/pull-requests/", "/pull/", "/pulls/"] {
        if let Some((repository, rest)) = path.split_once(mark) {
            let number = rest.split('/').next().and_then(|number| number.parse::<u64>().ok());
            let key = number.map(|number| format!("{repository}#{number}"));
            return (key.filter(|key| key.len() <= ID_LIMIT).unwrap_or_default(), String::new());
        }
    }
    for mark in ["/commit/", "/commits/"] {
        if let Some((_, rest)) = path.split_once(mark) {
            return (String::new(), object_id(rest.split('/').next().unwrap_or_default()));
        }
    }
    nothing
}

/// `acme/api` of the address of a repository, whichever its form.
pub(super) fn repository(address: &str) -> String {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => match address.split_once(':') {
            Some((host, path)) if host.contains('@') => path,
            _ => address,
        },
    };
    let path = path.split("/-/").next().unwrap_or(path).trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let path = &path[..path.floor_char_boundary(ID_LIMIT)];
    if path.contains('/') { path.to_owned() } else { String::new() }
}

#[cfg(test)]
pub(super) mod tests;
