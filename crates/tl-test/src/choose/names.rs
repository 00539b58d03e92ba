//! How alike the names of a test and of a changed file are.
//!
//! In: paths and names. Out: per test a share of 0 to 1. Start at [`Index::alike`].
//! **Definition:** BM25 (Robertson & Zaragoza 2009) of the words of a path against those of a test's
//! path and names, as a share of the most that the path could reach.

use rustc_hash::FxHashMap;
use tl_core::test::TestName;

/// Words that are in every second path.
const EVERYWHERE: &[&str] = &[
    "test", "spec", "src", "main", "lib", "mod", "index", "init", "java", "should", "the", "it",
    "of", "and", "py", "rs", "js", "ts", "go",
];

/// How soon further occurrences of a word stop to count, and how much the length does.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// What a word weighs in a test that is called after the file: once in its path, once in its name.
const BOTH: f32 = 1.4;

/// What a word counts that no test has: it tells that another thing is meant, and not which.
const UNHEARD: f32 = 0.5;

/// Words of one test or path that are looked at.
const WORDS: usize = 64;

/// Changed paths that are looked at.
const PATHS: usize = 300;

/// Letters of one name that are looked at.
const LETTERS: usize = 1_024;

/// The words of identifiers: `cartTotal_v2` is `cart`, `total`, `v2`; lower case, singular.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let text = &text[..text.floor_char_boundary(LETTERS)];
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let next_is_lower = letters.peek().is_some_and(|next| next.is_lowercase());
        // `cartTotal` and `HTTPServer` both have two words.
        let starts = letter.is_uppercase() && (before.is_lowercase() || next_is_lower);
        if !letter.is_alphanumeric() || starts {
            finish(&mut words, &mut word);
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
        if words.len() >= WORDS {
            return words;
        }
    }
    finish(&mut words, &mut word);
    words
}

fn finish(words: &mut Vec<String>, word: &mut String) {
    let mut done = std::mem::take(word);
    if done.len() > 3 && done.ends_with('s') && !done.ends_with("ss") {
        done.pop();
    }
    if done.chars().nth(1).is_some() && !EVERYWHERE.contains(&done.as_str()) {
        words.push(done);
    }
}

/// The tests that hold each word.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Per word, tests and what the word weighs in each.
    postings: FxHashMap<String, Vec<(u32, f32)>>,
    tests: u32,
}

impl Index {
    pub(super) fn new<'a>(tests: impl IntoIterator<Item = &'a TestName>) -> Self {
        let mut index = Self::default();
        let mut lengths = Vec::new();
        for test in tests {
            let row = index.tests;
            index.tests += 1;
            let mut all = words(&test.file);
            all.extend(words(&test.class));
            all.extend(words(&test.name));
            if test.file.is_empty() {
                test.suite.iter().take(8).for_each(|suite| all.extend(words(suite)));
            }
            all.sort_unstable();
            lengths.push(all.len() as f32);
            for same in all.chunk_by(|a, b| a == b) {
                let entry = (row, same.len() as f32);
                if let Some(list) = index.postings.get_mut(&same[0]) {
                    list.push(entry);
                } else {
                    index.postings.insert(same[0].clone(), vec![entry]);
                }
            }
        }
        let mean = lengths.iter().sum::<f32>() / (lengths.len().max(1) as f32);
        for (row, count) in index.postings.values_mut().flatten() {
            let length = f64::from(lengths[*row as usize] / mean.max(1.0));
            let often = f64::from(*count);
            *count = (often * (K1 + 1.0) / (often + K1 * (1.0 - B + B * length))) as f32;
        }
        index
    }

    /// Per test how alike the most alike of these paths is, a share, and which one that is.
    pub(super) fn alike(&self, paths: &[&str]) -> Vec<(f32, u32)> {
        let mut best = vec![(0.0_f32, 0_u32); self.tests as usize];
        let mut sums = vec![0.0_f32; self.tests as usize];
        let mut met: Vec<u32> = Vec::new();
        for (path, at) in paths.iter().take(PATHS).zip(0..) {
            let mut all = words(path.rsplit_once('.').map_or(*path, |(stem, _)| stem));
            all.sort_unstable();
            all.dedup();
            let mut most = 0.0;
            for word in &all {
                let list = self.postings.get(word).map_or(&[][..], Vec::as_slice);
                let (n, holding) = (f64::from(self.tests), list.len() as f64);
                let rare = (1.0 + (n - holding + 0.5) / (holding + 0.5)).ln() as f32;
                most += rare * BOTH * if list.is_empty() { UNHEARD } else { 1.0 };
                for (row, weight) in list {
                    let sum = &mut sums[*row as usize];
                    if *sum == 0.0 {
                        met.push(*row);
                    }
                    *sum += rare * weight;
                }
            }
            for row in met.drain(..) {
                let share = (std::mem::take(&mut sums[row as usize]) / most).min(1.0);
                let best = &mut best[row as usize];
                if share > best.0 {
                    *best = (share, at);
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(words("cartTotal_v2"), ["cart", "total", "v2"]);
        assert_eq!(words("src/http/HTTPServerTest.java"), ["http", "http", "server"]);
        assert_eq!(words("orders/process-all.ts"), ["order", "process", "all"]);
        assert_eq!(words("größteSumme"), ["größte", "summe"]);
    }

    #[test]
    fn the_test_that_is_called_after_the_file_is_the_most_alike() {
        let named = |file: &str, name: &str| TestName {
            file: file.to_owned(),
            name: name.to_owned(),
            ..TestName::default()
        };
        let tests = [
            named("tests/test_cart_total.py", "adds"),
            named("tests/test_users.py", "cart of a user"),
            named("tests/test_names.py", "sorts"),
        ];
        let alike = Index::new(&tests).alike(&["src/shop/names.py", "src/shop/cart_total.py"]);
        assert!(alike[0].0 > 2.0 * alike[1].0, "{alike:?}");
        assert_eq!((alike[0].1, alike[2].1), (1, 0));
        assert!(alike[2].0 > 0.2 && alike[1].0 > 0.0, "{alike:?}");
    }

    proptest! {
        #[test]
        fn shares_stay_between_nothing_and_one(
            names in prop::collection::vec(".{0,40}", 0..20),
            paths in prop::collection::vec("[a-zA-Z_/.]{0,30}", 0..10),
        ) {
            let tests: Vec<TestName> = names.into_iter()
                .map(|name| TestName { name, ..TestName::default() }).collect();
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let alike = Index::new(&tests).alike(&paths);
            prop_assert_eq!(alike.len(), tests.len());
            prop_assert!(alike.iter().all(|(share, _)| (0.0..=1.0).contains(share)));
        }
    }
}
