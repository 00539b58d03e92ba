//! Whether the text of a request names a test.
//!
//! In: title, description and messages of commits. Out: yes or no per test. Start at
//! [`Mentions::of`]. **Invariant:** a word of everyday language is no name: a test called `login` is
//! not meant by "the login page".

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::{FxHashSet, FxHasher};
use tl_core::test::TestName;

use super::place::{own_file, split_name, stem};

/// Bytes of the text that are read.
const TEXT: usize = 64 * 1024;

/// Words of the longest phrase that is looked for.
const PHRASE: usize = 6;

/// Letters below which a single word is no name.
const LETTERS: usize = 6;

/// All phrases of a text, by hash.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    phrases: FxHashSet<u64>,
}

impl Mentions {
    pub(super) fn new(text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(TEXT)];
        let words: Vec<&str> = words(text).collect();
        let starts = (0..words.len()).map(|at| &words[at..words.len().min(at + PHRASE)]);
        let phrases = starts
            .flat_map(|from| (1..=from.len()).map(|count| hash(from[..count].iter().copied())))
            .collect();
        Self { phrases }
    }

    /// What of a test the text names: its name, its class, or its file.
    pub(super) fn of(&self, test: &TestName) -> Option<&'static str> {
        if self.phrases.is_empty() {
            return None;
        }
        // `adds[2]` and `adds(int)` are written without what is in brackets.
        let name = test.name.split(['[', '(']).next().unwrap_or_default();
        if self.names(name.rsplit("::").next().unwrap_or(name)) {
            return Some("name");
        }
        let class = test.class.rsplit(['.', ':', '$']).next().unwrap_or_default();
        if !test.class.contains('/') && self.names(class) {
            return Some("class");
        }
        let file = own_file(test)?;
        let (_, last) = split_name(&file);
        (is_distinctive(stem(last)) && self.has(last)).then_some("file")
    }

    /// Whether a text that can only be a name is in it.
    fn names(&self, name: &str) -> bool {
        let count = words(name).take(3).count();
        match count {
            0 => false,
            1 => words(name).next().is_some_and(is_distinctive) && self.has(name),
            2 => words(name).any(is_distinctive) && self.has(name),
            _ => self.has(name),
        }
    }

    fn has(&self, phrase: &str) -> bool {
        self.phrases.contains(&hash(words(phrase).take(PHRASE)))
    }
}

/// Written as only a name is: with `_`, a digit, or a capital inside.
fn is_distinctive(word: &str) -> bool {
    let inside = word.chars().skip(1);
    word.len() >= LETTERS
        && inside.into_iter().any(|c| c == '_' || c.is_ascii_digit() || c.is_uppercase())
        // A word in capitals is loud, not a name.
        && word.chars().any(char::is_lowercase)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

fn hash<'a>(words: impl Iterator<Item = &'a str>) -> u64 {
    let mut hasher = FxHasher::default();
    words.for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, file: &str, class: &str, name: &str) -> Option<&'static str> {
        let test = TestName {
            suite: Vec::new(),
            class: class.to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
        };
        Mentions::new(text).of(&test)
    }

    #[test]
    fn a_request_that_names_a_test_means_it() {
        let text =
            "Fix `test_cart_total[eur]`, CartTest and tests/test_bill.py\n\nadds up two sums";
        assert_eq!(found(text, "", "", "test_cart_total[usd]"), Some("name"));
        assert_eq!(found(text, "", "com.acme.CartTest", "sums"), Some("class"));
        assert_eq!(found(text, "api/tests/test_bill.py", "", "sums"), Some("file"));
        assert_eq!(found(text, "", "", "adds up two sums"), Some("name"));
        assert_eq!(found(text, "", "shop", "cart::tests::test_cart_total"), Some("name"));
    }

    #[test]
    fn everyday_words_are_no_names() {
        let text = "The login page adds a cart. LOGIN adds two. Fix main and index.ts";
        for name in ["login", "adds", "cart", "LOGIN", "adds two", ""] {
            assert_eq!(found(text, "", "", name), None, "{name}");
        }
        assert_eq!(found(text, "src/index.ts", "", "sums"), None);
        assert_eq!(found("", "src/cart_total.ts", "", "sums"), None);
    }
}
