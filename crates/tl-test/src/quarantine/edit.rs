//! Changes to the file that leave what people wrote where it is.
//!
//! In: the file's text. Out: its text with one entry more or fewer. Start at [`add`] and
//! [`release`]. **Invariants:** bytes outside of the entry do not change; what comes out parses, and
//! says what it said before but for that entry.

use std::fmt::Write as _;
use std::ops::Range;

use tl_core::finding::is_invisible;
use toml::de::{DeTable, DeValue};

use super::{Quarantine, QuarantineError, Quarantined, parse};

/// Why the file cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] QuarantineError),
    /// There is an entry already.
    #[error("`{id}` is in quarantine already, on line {line}")]
    There {
        /// The test.
        id: String,
        /// Where its entry begins.
        line: u64,
    },
    /// There is no entry.
    #[error("`{id}` is not in quarantine")]
    Absent {
        /// The test.
        id: String,
    },
    /// Entries are written as `test = [{ ... }]`, or in pieces.
    #[error("the entries are not written as `[[test]]`, each in one piece: change them by hand")]
    Inline,
}

/// Adds an entry where its name belongs, with a comment above it where there is one to say.
///
/// An empty text becomes a whole file.
///
/// # Errors
/// The file or the entry is wrong, or the test is in it.
pub fn add(text: &str, entry: &Quarantined, comment: &str) -> Result<String, EditError> {
    let head = format!("schema = \"{}\"\n", Quarantine::SCHEMA);
    let text = if text.trim().is_empty() { &head } else { text };
    let before = parse(text)?;
    let same = |there: &&Quarantined| there.id == entry.id && there.variant == entry.variant;
    if let Some(there) = before.tests.iter().find(same) {
        return Err(EditError::There { id: entry.id.clone(), line: there.line });
    }
    let spans = spans(text)?;
    let written = write(entry, comment);
    let key = |entry: &Quarantined| (entry.name.clone(), entry.id.clone(), entry.variant.clone());
    let next = before.tests.iter().position(|there| key(there) > key(entry));
    let mut out = String::with_capacity(text.len() + written.len() + 2);
    match next.and_then(|next| spans.get(next)) {
        Some(span) => {
            out.push_str(&text[..span.start]);
            out.push_str(&written);
            out.push('\n');
            out.push_str(&text[span.start..]);
        }
        None => {
            out.push_str(text);
            if !text.ends_with('\n') {
                out.push('\n');
            }
            if !out.ends_with("\n\n") {
                out.push('\n');
            }
            out.push_str(&written);
        }
    }
    let mut wanted = before;
    wanted.tests.push(entry.clone());
    says(&out, wanted)
}

/// Takes an entry out, with what is written within it and right above it.
///
/// A comment that has an empty line behind it, or that the file begins with, stays.
///
/// # Errors
/// The file is wrong, or the test is not in it.
pub fn release(text: &str, id: &str, variant: &str) -> Result<String, EditError> {
    let before = parse(text)?;
    let found = before.tests.iter().position(|there| there.id == id && there.variant == variant);
    let spans = spans(text)?;
    let Some(span) = found.and_then(|at| spans.get(at)) else {
        return Err(EditError::Absent { id: id.to_owned() });
    };
    let (head, rest) = (&text[..span.start], &text[span.end..]);
    let rest = rest.trim_start_matches(['\n', '\r']);
    let out = if rest.is_empty() {
        let head = head.trim_end_matches(['\n', '\r']);
        if head.is_empty() { String::new() } else { format!("{head}\n") }
    } else {
        format!("{head}{rest}")
    };
    let mut wanted = before;
    wanted.tests.retain(|there| there.id != id || there.variant != variant);
    says(&out, wanted)
}

/// The text, if it says what is wanted: a table may stand in the middle of an entry.
fn says(text: &str, mut wanted: Quarantine) -> Result<String, EditError> {
    let mut said = parse(text)?;
    for file in [&mut said, &mut wanted] {
        file.tests.iter_mut().for_each(|entry| entry.line = 0);
        file.tests.sort_by(|a, b| (&a.id, &a.variant).cmp(&(&b.id, &b.variant)));
    }
    if said == wanted { Ok(text.to_owned()) } else { Err(EditError::Inline) }
}

/// Each entry's bytes, with the comment right above it, up to behind its last line.
fn spans(text: &str) -> Result<Vec<Range<usize>>, EditError> {
    // It was parsed before.
    let Ok(root) = DeTable::parse(text) else { return Ok(Vec::new()) };
    let Some(tests) = root.get_ref().get("test").and_then(|tests| tests.get_ref().as_array())
    else {
        return Ok(Vec::new());
    };
    let mut spans = Vec::new();
    for entry in tests.iter() {
        let start = entry.span().start;
        let DeValue::Table(table) = entry.get_ref() else { return Err(EditError::Inline) };
        if !text[start..].starts_with("[[") {
            return Err(EditError::Inline);
        }
        let end = last(table).max(entry.span().end);
        let end = text[end..].find('\n').map_or(text.len(), |more| end + more + 1);
        spans.push(with_comment(text, start)..end);
    }
    Ok(spans)
}

/// The last byte of a table's values.
fn last(table: &DeTable<'_>) -> usize {
    let ends = table.iter().map(|(key, value)| {
        let inner = match value.get_ref() {
            DeValue::Table(inner) => last(inner),
            _ => 0,
        };
        key.span().end.max(value.span().end).max(inner)
    });
    ends.max().unwrap_or(0)
}

/// Where the comment right above a line begins; the line itself where there is none.
fn with_comment(text: &str, start: usize) -> usize {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let mut top = line_start;
    while top > 0 {
        let above = text[..top - 1].rfind('\n').map_or(0, |at| at + 1);
        if !text[above..top].trim_start().starts_with('#') {
            break;
        }
        top = above;
    }
    // A comment that the file begins with is about the file.
    if top == 0 { line_start } else { top }
}

/// Text in quotes on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_invisible(c) => {
                // Writing to text cannot fail.
                write!(out, "\\U{:08x}", u32::from(c)).ok();
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// An entry as it is written: the same bytes for the same entry.
fn write(entry: &Quarantined, comment: &str) -> String {
    let list = |texts: &[String]| {
        format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
    };
    let mut lines = Vec::new();
    if !comment.trim().is_empty() {
        lines.push(format!("# {}", crate::show::text::line(comment, 500)));
    }
    lines.push("[[test]]".to_owned());
    let mut pair = |key: &str, value: String| lines.push(format!("{key} = {value}"));
    pair("id", quoted(&entry.id));
    pair("name", quoted(&entry.name));
    if !entry.file.is_empty() {
        pair("file", quoted(&entry.file));
    }
    if !entry.variant.is_empty() {
        pair("variant", quoted(&entry.variant));
    }
    pair("signatures", list(&entry.signatures));
    pair("owner", quoted(&entry.owner));
    pair("issue", quoted(&entry.issue));
    pair("since", quoted(&entry.since));
    pair("expires", quoted(&entry.expires));
    pair("clean_runs", entry.clean_runs.to_string());
    let proof = &entry.evidence;
    let number = |share: f64| toml::Value::Float(share).to_string();
    let class = format!("{:?}", proof.class).to_lowercase();
    lines.push("[test.evidence]".to_owned());
    let mut pair = |key: &str, value: String| lines.push(format!("{key} = {value}"));
    pair("class", quoted(&class));
    pair("fails", proof.fails.to_string());
    pair("runs", proof.runs.to_string());
    pair("interval", format!("[{}, {}]", number(proof.interval.0), number(proof.interval.1)));
    if !proof.divergent.is_empty() {
        pair("divergent", list(&proof.divergent));
    }
    if proof.waits > 0 {
        pair("waits", proof.waits.to_string());
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests;
