//! A sentence that was cut over several fields of a tool, whole again.
//!
//! In: a unit of joined fields. Out: its prose without the names between, if some field ends or begins in the
//! middle of a sentence. A model reads on; so does this.

use crate::text::unit::{Context, Unit};

/// Words that no sentence ends with.
const OPEN: &[&str] = &[
    "a",
    "an",
    "the",
    "to",
    "of",
    "and",
    "or",
    "in",
    "on",
    "for",
    "from",
    "by",
    "with",
    "without",
    "into",
    "is",
    "are",
    "be",
    "been",
    "was",
    "must",
    "should",
    "shall",
    "will",
    "may",
    "can",
    "that",
    "which",
    "what",
    "who",
    "where",
    "how",
    "this",
    "these",
    "any",
    "all",
    "each",
    "every",
    "as",
    "at",
    "not",
    "never",
    "your",
    "their",
    "its",
    "his",
    "her",
    "than",
    "then",
    "instead",
    "regardless",
    "before",
    "after",
    "when",
    "if",
];

/// Words that the description of a parameter does not begin with.
const GOES_ON: &[&str] = &[
    "of",
    "and",
    "or",
    "with",
    "without",
    "by",
    "than",
    "that",
    "which",
    "what",
    "must",
    "should",
    "shall",
    "will",
    "is",
    "are",
    "be",
    "been",
    "was",
    "regardless",
    "instead",
    "not",
    "into",
];

/// The prose of a unit, where a sentence of it runs over fields.
pub(super) fn rejoined(unit: &Unit<'_>) -> Option<String> {
    let prose: Vec<&str> = unit
        .spans
        .iter()
        .filter(|span| span.context == Context::Prose)
        .filter_map(|span| unit.text.get(span.start..span.end))
        .map(|text| text.trim().trim_end_matches(" .").trim_start_matches(". ").trim())
        .filter(|text| !text.is_empty())
        .collect();
    let cuts: Vec<bool> = prose.windows(2).map(|pair| cut(pair[0], pair[1])).collect();
    if !cuts.contains(&true) {
        return None;
    }
    let mut out = String::new();
    for (at, text) in prose.iter().enumerate() {
        out.push_str(text);
        out.push_str(if cuts.get(at) == Some(&true) { " " } else { " . " });
    }
    Some(out)
}

/// Whether one field ends, or the next begins, in the middle of a sentence.
fn cut(first: &str, next: &str) -> bool {
    if first.ends_with(['.', '!', '?', ':', ';', ')', '`', '"']) {
        return false;
    }
    let among = |word: Option<&str>, list: &[&str]| word.is_some_and(|word| list.contains(&word));
    let lower = next.starts_with(|c: char| !c.is_uppercase());
    let last = first.rsplit(' ').next();
    first.contains(' ')
        && lower
        && (first.ends_with(',') || among(last, OPEN) || among(next.split(' ').next(), GOES_ON))
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_sentence_is_cut_where_no_sentence_ends() {
        assert!(cut("Notes of the", "meeting, and more"));
        assert!(cut("the value is replaced", "with another one"));
        assert!(!cut("the path to read", "the path to write to"));
        assert!(!cut("Reads a file.", "of the repository"));
        assert!(!cut("name", "of the repository"));
    }
}
