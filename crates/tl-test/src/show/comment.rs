//! The decision as a comment on a change, which is edited in place.
//!
//! In: a decision and the job that it is about. Out: Markdown that begins with a marker. Start at
//! [`comment`]. **Invariant:** under 60,000 characters; two jobs never have one marker.

use std::fmt::Write as _;

use super::summary;
use crate::gate::Decision;

/// Characters of a comment: GitHub takes 65,536.
const MOST: usize = 60_000;

/// Rows of a table, and how few they may become where rows are long.
const ROWS: [usize; 3] = [10, 3, 1];

/// By what the comment of a job is found again.
///
/// Only letters, digits and a few signs stay; every other byte, and a `-` behind another, is written
/// as `%2D`: the name cannot end the marker, and no two names become one.
pub fn marker(job: &str) -> String {
    let mut name = String::new();
    for byte in job.bytes().take(500) {
        let dash = byte == b'-' && name.ends_with('-');
        if !dash && (byte.is_ascii_alphanumeric() || b"-._/ ".contains(&byte)) {
            name.push(char::from(byte));
        } else {
            // Writing to text cannot fail.
            write!(name, "%{byte:02X}").ok();
        }
    }
    format!("<!-- throughline:test-gate {name} -->")
}

/// The comment.
pub fn comment(decision: &Decision, job: &str) -> String {
    let marker = marker(job);
    let texts = ROWS.iter().map(|rows| summary::markdown(decision, *rows));
    let fits = |text: &String| text.chars().count() + marker.len() + 1 < MOST;
    let text = texts.into_iter().find(fits).unwrap_or_default();
    format!("{marker}\n{text}")
}

#[cfg(test)]
mod tests;
