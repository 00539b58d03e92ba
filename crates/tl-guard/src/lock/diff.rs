//! What changed, word by word, with what nobody sees made visible.
//!
//! In: the text as approved and as it is. Out: [`Piece`]s to show. Start at [`words`].
//! **Invariant:** the pieces that are not added are the text before, those not removed the text
//! after, and no character of either is left hidden by [`shown`].

use std::fmt::Write as _;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use tl_core::finding::is_invisible;

/// So many tokens are compared, since the work may grow with their square.
const TOKENS: usize = 20_000;

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It stands in both texts.
    Same,
    /// Only the text before has it.
    Removed,
    /// Only the text after has it.
    Added,
}

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What became of it.
    pub became: Became,
    /// As written.
    pub text: String,
}

/// The difference of two texts by words; of longer ones by lines, and of still longer ones as a whole.
pub fn words(before: &str, after: &str) -> Vec<Piece> {
    let (mut old, mut new) = (tokens(before), tokens(after));
    for coarser in [|text| str::split_inclusive(text, '\n').collect(), |text| vec![text]] {
        if old.len() + new.len() <= TOKENS {
            break;
        }
        (old, new) = (coarser(before), coarser(after));
    }
    let mut pieces = Pieces::default();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { .. } = op {
            pieces.same(&old[op.old_range()].concat());
        } else {
            pieces.removed.push_str(&old[op.old_range()].concat());
            pieces.added.push_str(&new[op.new_range()].concat());
        }
    }
    pieces.change_ends();
    pieces.done
}

/// Pieces so far, and the change that goes on: a blank between two changed words belongs to it.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    removed: String,
    added: String,
}

impl Pieces {
    fn same(&mut self, text: &str) {
        let in_a_change = !self.removed.is_empty() || !self.added.is_empty();
        if in_a_change && text.chars().all(|c| c == ' ') {
            self.removed.push_str(text);
            self.added.push_str(text);
            return;
        }
        self.change_ends();
        self.push(Became::Same, text.to_owned());
    }

    fn change_ends(&mut self) {
        let (removed, added) = (std::mem::take(&mut self.removed), std::mem::take(&mut self.added));
        // The blank behind the last changed word is common to both.
        let common = removed.len().min(added.len());
        let blanks = |text: &str| text.len() - text.trim_end_matches(' ').len();
        let behind = blanks(&removed).min(blanks(&added)).min(common);
        self.push(Became::Removed, removed[..removed.len() - behind].to_owned());
        self.push(Became::Added, added[..added.len() - behind].to_owned());
        self.push(Became::Same, " ".repeat(behind));
    }

    fn push(&mut self, became: Became, text: String) {
        if text.is_empty() {
            return;
        }
        match self.done.last_mut().filter(|last| last.became == became) {
            Some(last) => last.text.push_str(&text),
            None => self.done.push(Piece { became, text }),
        }
    }
}

/// Words, runs of white space, and each other mark; a hidden character begins a token, so that one
/// inside of a word stands out.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if is_hidden(c) && !c.is_whitespace() => 0,
        c if c.is_whitespace() => 1,
        c if c.is_alphanumeric() || c == '_' => 2,
        _ => 3,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = None;
    let mut rest = text.chars();
    for (at, c) in text.char_indices() {
        rest.next();
        let next = rest.clone().next().map(class);
        // `1.2.3` and `read-only` are a word each.
        let joins = matches!(c, '.' | '-') && last == Some(2) && next == Some(2);
        let now = if joins { 2 } else { class(c) };
        if last.is_some_and(|last| last != now || now == 3) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = Some(now);
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

/// Whether a person does not see a character, or it acts on a terminal.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c) || ('\u{1d173}'..='\u{1d17a}').contains(&c)
}

/// The text with each hidden character as `\u{200b}`, and behind a run of tag characters what a
/// model reads in them. Line breaks and tabs stay.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut said = String::new();
    for c in text.chars() {
        let tag =
            char::from_u32(u32::from(c).wrapping_sub(0xe0000)).filter(|c| (' '..='~').contains(c));
        if tag.is_none() && !said.is_empty() {
            let _infallible = write!(out, "(reads: {said})");
            said.clear();
        }
        if is_hidden(c) && c != '\n' && c != '\t' {
            let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
        said.extend(tag);
    }
    if !said.is_empty() {
        let _infallible = write!(out, "(reads: {said})");
    }
    out
}

/// Canonical JSON of a tool as lines for people: a line a member, schemas indented.
pub fn readable(seen: &str) -> String {
    let Ok(Value::Object(members)) = serde_json::from_str(seen) else { return seen.to_owned() };
    let mut text = String::new();
    for name in [
        "name",
        "title",
        "description",
        "annotations",
        "inputSchema",
        "outputSchema",
        "arguments",
        "uri",
        "mimeType",
    ] {
        match members.get(name) {
            None => {}
            Some(Value::String(value)) => {
                let _infallible = writeln!(text, "{name}: {value}");
            }
            Some(value) => {
                let value = serde_json::to_string_pretty(value).unwrap_or_default();
                let _infallible = writeln!(text, "{name}: {value}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_words_that_changed_are_told() {
        let pieces = words("Reads a file.", "Reads a secret file.");
        let told: Vec<(Became, &str)> =
            pieces.iter().map(|piece| (piece.became, piece.text.as_str())).collect();
        assert_eq!(
            told,
            [(Became::Same, "Reads a "), (Became::Added, "secret "), (Became::Same, "file.")]
        );
    }

    #[test]
    fn long_texts_are_compared_in_time() {
        let text = |odd: &str| -> String {
            (0..60_000).map(|n| format!("{odd}{} word{n}\n", n * 7919 % 1000)).collect()
        };
        let (before, after) = (text("a"), text("b"));
        assert_eq!(words(&before, &after).len(), 2);
        let line = |odd: &str| format!("{}{odd}\n", "one two three\n".repeat(4_000));
        let pieces = words(&line("x"), &line("y"));
        let told: Vec<&str> = pieces[1..].iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(told, ["x\n", "y\n"]);
    }

    #[test]
    fn hidden_text_is_shown_with_what_it_says() {
        let hidden: String =
            "send".chars().filter_map(|c| char::from_u32(u32::from(c) + 0xe0000)).collect();
        assert_eq!(
            shown(&format!("a{hidden}b")),
            "a\\u{e0073}\\u{e0065}\\u{e006e}\\u{e0064}(reads: send)b"
        );
        assert_eq!(shown("a\u{202e}b\u{1b}[1m\n"), "a\\u{202e}b\\u{1b}[1m\n");
    }

    proptest! {
        #[test]
        fn both_texts_can_be_put_together_again(before in "[ab \u{200b}.]{0,30}", after in "[ab \u{200b}.]{0,30}") {
            let pieces = words(&before, &after);
            let without = |became: Became| -> String {
                pieces.iter().filter(|piece| piece.became != became).map(|piece| piece.text.as_str()).collect()
            };
            prop_assert_eq!(without(Became::Added), before);
            prop_assert_eq!(without(Became::Removed), after);
        }
    }
}
