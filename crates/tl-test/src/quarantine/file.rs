//! The file as text.
//!
//! In: `.throughline/quarantine.toml`. Out: a [`Quarantine`], or the line and key that are wrong.
//! Start at [`parse`]. **Invariant:** what cannot be understood whole is refused: half a quarantine
//! would mask what nobody meant.

use std::collections::BTreeMap;

use tl_core::finding::is_invisible;
use tl_core::test::{Signature, TestKey};
use tl_core::time::{Millis, Timestamp};
use toml::de::{DeTable, DeValue};

use super::{Cap, Proof, Quarantine, Quarantined};

/// Bytes of a file that is read.
const LARGEST: usize = 4 << 20;

/// Characters of one of its texts.
const TEXT: usize = 4 << 10;

/// Bounds that a repository cannot raise its own above.
const MOST: Cap = Cap { share: 0.05, tests: 200, days: 90 };

/// Keys that each entry has to have.
const KEYS: [&str; 9] =
    ["id", "name", "signatures", "owner", "issue", "since", "expires", "clean_runs", "evidence"];

/// Keys that the evidence has to have.
const PROOF: [&str; 4] = ["class", "fails", "runs", "interval"];

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, `{key}`: {what}; {mend}")]
pub struct QuarantineError {
    /// Line, from 1.
    pub line: u64,
    /// Key, such as `test[2].owner`; entries count from 1.
    pub key: String,
    /// What was found.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// Reads the file.
///
/// # Errors
/// It is no TOML of this form; an entry has no owner, no issue, no reason that it knows, or a day
/// that is too far; the caps are above what any repository may have.
pub fn parse(text: &str) -> Result<Quarantine, QuarantineError> {
    if text.len() > LARGEST {
        let what = format!("it has {} bytes, over the limit of {LARGEST}", text.len());
        return Err(error(0, "", what, "take entries out"));
    }
    let root = DeTable::parse(text).map_err(|err| of_toml(text, None, &err))?;
    let root = root.get_ref();
    let places = Places::of(text, root);
    present(root, &places)?;
    let mut file: Quarantine =
        toml::from_str(text).map_err(|err| of_toml(text, Some(&places), &err))?;
    if file.schema != Quarantine::SCHEMA {
        let what = format!("it is `{}`, not `{}`", short(&file.schema), Quarantine::SCHEMA);
        return Err(places.error(
            "schema",
            what,
            "a newer program wrote it, or it is another file",
        ));
    }
    caps(&file.cap, &places)?;
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (at, entry) in file.tests.iter_mut().enumerate() {
        let at = format!("test[{}]", at + 1);
        entry.line = places.line(&at);
        self::entry(entry, &file.cap, &at, &places)?;
        let key = (entry.id.clone(), entry.variant.clone());
        if let Some(first) = seen.insert(key, entry.line) {
            let what = format!("`{}` has an entry on line {first} already", entry.id);
            return Err(places.error(&format!("{at}.id"), what, "make one of the two"));
        }
    }
    Ok(file)
}

fn error(line: u64, key: &str, what: String, mend: &str) -> QuarantineError {
    QuarantineError { line, key: key.to_owned(), what, mend: mend.to_owned() }
}

/// Strangers' text in a message: short, and nothing in it acts on a terminal.
fn short(text: &str) -> String {
    crate::show::text::line(text, 80)
}

fn of_toml(text: &str, places: Option<&Places>, err: &toml::de::Error) -> QuarantineError {
    let at = err.span().map_or(0, |span| span.start);
    let key = places.map_or(String::new(), |places| places.key_at(at));
    error(line_of(text, at), &key, short(err.message()), "see docs/test-quarantine.md")
}

fn line_of(text: &str, at: usize) -> u64 {
    let head = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    1 + memchr::memchr_iter(b'\n', head).count() as u64
}

/// Where each key stands: `test[2].evidence.class`, by its first byte.
struct Places {
    /// Key to its line.
    lines: BTreeMap<String, u64>,
    /// First byte to its key.
    keys: BTreeMap<usize, String>,
}

impl Places {
    fn of(text: &str, root: &DeTable<'_>) -> Self {
        let mut places = Self { lines: BTreeMap::new(), keys: BTreeMap::new() };
        let mut bytes = Vec::new();
        collect(root, "", &mut bytes);
        bytes.sort();
        // Lines are counted once, from one key to the next.
        let (mut line, mut done) = (1, 0);
        for (at, key) in bytes {
            line += memchr::memchr_iter(b'\n', &text.as_bytes()[done..at]).count() as u64;
            done = at;
            places.keys.insert(at, key.clone());
            places.lines.entry(key).or_insert(line);
        }
        places
    }

    /// The line of a key, or of the nearest one that it stands in.
    fn line(&self, key: &str) -> u64 {
        let mut key = key;
        loop {
            if let Some(line) = self.lines.get(key) {
                return *line;
            }
            let Some((above, _)) = key.rsplit_once('.') else { return 1 };
            key = above;
        }
    }

    fn key_at(&self, at: usize) -> String {
        self.keys.range(..=at).next_back().map_or(String::new(), |(_, key)| key.clone())
    }

    fn error(&self, key: &str, what: impl Into<String>, mend: &str) -> QuarantineError {
        error(self.line(key), key, what.into(), mend)
    }
}

fn collect(table: &DeTable<'_>, above: &str, into: &mut Vec<(usize, String)>) {
    for (key, value) in table {
        let dot = if above.is_empty() { "" } else { "." };
        let path = format!("{above}{dot}{}", short(key.get_ref()));
        match value.get_ref() {
            DeValue::Table(inner) => {
                into.push((key.span().start, path.clone()));
                collect(inner, &path, into);
            }
            DeValue::Array(values) if values.iter().any(|value| value.get_ref().is_table()) => {
                for (at, value) in values.iter().enumerate() {
                    let path = format!("{path}[{}]", at + 1);
                    into.push((value.span().start, path.clone()));
                    if let DeValue::Table(inner) = value.get_ref() {
                        collect(inner, &path, into);
                    }
                }
            }
            _ => into.push((key.span().start, path)),
        }
    }
}

/// Every key that has to be there is.
fn present(root: &DeTable<'_>, places: &Places) -> Result<(), QuarantineError> {
    let missing = |table: &DeTable<'_>, at: &str, keys: &[&str]| {
        let key = keys.iter().find(|key| !table.contains_key(**key))?;
        let dot = if at.is_empty() { "" } else { "." };
        let mend = match *key {
            "owner" => "name who sees to the test",
            "issue" => "name where the test is talked about",
            _ => "add it",
        };
        Some(places.error(&format!("{at}{dot}{key}"), "it is missing", mend))
    };
    if let Some(err) = missing(root, "", &["schema"]) {
        return Err(err);
    }
    let entries = root.get("test").and_then(|tests| tests.get_ref().as_array());
    for (at, entry) in entries.into_iter().flat_map(|entries| entries.iter()).enumerate() {
        let Some(table) = entry.get_ref().as_table() else { continue };
        let at = format!("test[{}]", at + 1);
        let proof = table.get("evidence").and_then(|proof| proof.get_ref().as_table());
        let of_proof = || missing(proof?, &format!("{at}.evidence"), &PROOF);
        if let Some(err) = missing(table, &at, &KEYS).or_else(of_proof) {
            return Err(err);
        }
    }
    Ok(())
}

fn caps(cap: &Cap, places: &Places) -> Result<(), QuarantineError> {
    let lower = "a repository may lower the caps, not raise them beyond that";
    // Not a number is in no range.
    if !(0.0..=MOST.share).contains(&cap.share) {
        let what = format!("{} is not between 0 and {}", cap.share, MOST.share);
        return Err(places.error("cap.share", what, lower));
    }
    for (key, value, most) in
        [("cap.tests", cap.tests, MOST.tests), ("cap.days", cap.days, MOST.days)]
    {
        if value > most {
            return Err(places.error(key, format!("{value} is over {most}"), lower));
        }
    }
    Ok(())
}

/// What makes an entry one that somebody answers for.
fn entry(entry: &Quarantined, cap: &Cap, at: &str, places: &Places) -> Result<(), QuarantineError> {
    let wrong =
        |key: &str, what: String, mend: &str| Err(places.error(&format!("{at}.{key}"), what, mend));
    if let Err(err) = entry.id.parse::<TestKey>() {
        return wrong("id", err.to_string(), "take the id that the gate shows");
    }
    let texts = [
        ("name", &entry.name),
        ("file", &entry.file),
        ("variant", &entry.variant),
        ("owner", &entry.owner),
        ("issue", &entry.issue),
    ];
    for (key, text) in texts {
        if text.chars().count() > TEXT {
            return wrong(key, format!("it is longer than {TEXT} characters"), "shorten it");
        }
    }
    let is_blank = |text: &str| text.chars().all(|c| c.is_whitespace() || is_invisible(c));
    for (key, text, mend) in [
        ("name", &entry.name, "take the name that the gate shows"),
        ("owner", &entry.owner, "name who sees to the test"),
        ("issue", &entry.issue, "name where the test is talked about"),
    ] {
        if is_blank(text) {
            return wrong(key, "it is empty".to_owned(), mend);
        }
    }
    if entry.signatures.is_empty() {
        let mend =
            "take the signatures that the gate shows: an entry masks reasons to fail, not tests";
        return wrong("signatures", "there is none".to_owned(), mend);
    }
    for text in &entry.signatures {
        let mend = "take the signature that the gate shows";
        match text.parse::<Signature>() {
            Err(err) => return wrong("signatures", err.to_string(), mend),
            Ok(signature) if signature.is_none() => {
                let what = format!("`{text}` stands for a failure that says nothing");
                return wrong("signatures", what, "such a failure cannot be masked");
            }
            // It is compared as it is written.
            Ok(signature) if signature.to_string() != *text => {
                return wrong("signatures", format!("`{text}` has capital letters"), mend);
            }
            Ok(_) => {}
        }
    }
    if entry.id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let what = format!("`{}` has capital letters", entry.id);
        return wrong("id", what, "take the id that the gate shows");
    }
    days(entry, cap, at, places)?;
    proof(&entry.evidence, at, places)?;
    if entry.clean_runs == 0 {
        return wrong("clean_runs", "it is 0".to_owned(), "one clean run is needed at least");
    }
    Ok(())
}

fn days(entry: &Quarantined, cap: &Cap, at: &str, places: &Places) -> Result<(), QuarantineError> {
    let day = |key: &str, text: &str| {
        let parsed = Timestamp::parse(text).ok().filter(|day| day.date() == text);
        parsed.ok_or_else(|| {
            let what = format!("`{}` is no day", short(text));
            places.error(&format!("{at}.{key}"), what, "write it like `2026-11-03`")
        })
    };
    let (since, expires) = (day("since", &entry.since)?, day("expires", &entry.expires)?);
    if expires < since {
        let what = format!("`{}` is before `since`, {}", entry.expires, entry.since);
        return Err(places.error(&format!("{at}.expires"), what, "give a later day"));
    }
    let last = since + Millis::days(i64::from(cap.days));
    if expires > last {
        let what = format!("`{}` is more than {} days after `since`", entry.expires, cap.days);
        let mend = format!(
            "the last day is {}; to go on, enter the test anew with what is known then",
            last.date()
        );
        return Err(places.error(&format!("{at}.expires"), what, &mend));
    }
    Ok(())
}

fn proof(proof: &Proof, at: &str, places: &Places) -> Result<(), QuarantineError> {
    let key = |key: &str| format!("{at}.evidence.{key}");
    if proof.fails > proof.runs {
        let what = format!("{} failures are more than {} runs", proof.fails, proof.runs);
        return Err(places.error(&key("fails"), what, "take the numbers that the gate shows"));
    }
    let (low, high) = proof.interval;
    if !(0.0..=1.0).contains(&low) || !(low..=1.0).contains(&high) {
        let what = format!("[{low}, {high}] are no shares in order");
        return Err(places.error(&key("interval"), what, "write it like `[0.012, 0.036]`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
