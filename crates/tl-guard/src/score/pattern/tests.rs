use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::rules::gp::{first, names};
use crate::score::{LEXICON, cross, mention, negation};

fn all() -> Vec<&'static Pattern> {
    let mut all = LEXICON.patterns();
    all.extend(cross::PATTERNS);
    all.extend(mention::PATTERNS);
    all.extend(negation::PATTERNS);
    all.extend(first::PATTERNS);
    all.extend(names::PATTERNS);
    all
}

fn read(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            read(&entry, texts);
        } else {
            texts.push(fs::read_to_string(&entry).unwrap_or_default());
        }
    }
}

/// Words and marks that stand in a pattern, and some that do not.
fn pieces(pattern: &Pattern) -> Vec<String> {
    let source = pattern.source().replace(r"\n", " ").replace(r"\b", " ").replace(r"\x22", "\"");
    let marks = |c: char| "(?:)[]|{}+*^$\\".contains(c);
    let words = source.split(marks).filter(|word| !word.is_empty()).map(str::to_owned);
    let more =
        [" ", "\n", ".", ",", "the ", "two words", "_", "`", "\"", "/", "-", "7", "é", "\u{85}"];
    let nearly = |word: String| [word.trim().to_uppercase(), word];
    words.chain(more.map(str::to_owned)).flat_map(nearly).collect()
}

#[test]
fn every_pattern_is_understood_both_ways_and_finds_something_or_nothing_at_all() {
    let all = all();
    assert!(all.len() > 100);
    for pattern in all {
        let source = pattern.source();
        let both = pattern.both(b"").unwrap_or_else(|| panic!("no program: {source}"));
        assert_eq!(both, [None, None], "{source}");
    }
}

#[test]
fn both_ways_find_the_same_in_what_the_patterns_are_for() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut texts = Vec::new();
    for family in fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()) {
        if family.file_name().unwrap().to_str().unwrap().starts_with("GP") {
            read(&family, &mut texts);
        }
    }
    assert!(texts.len() > 50, "{}", texts.len());
    for pattern in all() {
        for text in &texts {
            for line in text.split_inclusive('\n').chain([text.as_str()]) {
                let Some([stepwise, at_once]) = pattern.both(line.as_bytes()) else { continue };
                assert_eq!(stepwise, at_once, "{} in {line:?}", pattern.source());
            }
        }
    }
}

#[test]
fn a_search_that_costs_too_much_is_left_to_the_automaton() {
    let pattern = Pattern::new(r"a[^b]*a[^b]*a[^b]*a[^b]*b");
    let text = "a".repeat(2_000);
    assert_eq!(pattern.find(text.as_bytes()), None);
    assert!(pattern.automaton.get().is_some());
    assert_eq!(pattern.find(b"xaaaab"), Some(1..6));
}

#[test]
fn few_searches_make_no_automaton_and_many_do() {
    let pattern = Pattern::new(r"\b(?:one|two) words?\b");
    assert_eq!(pattern.find(b"say one words"), Some(4..13));
    assert_eq!(pattern.find_all(b"two word, one words").count(), 2);
    assert!(pattern.automaton.get().is_none());
    for _ in 0..STEPS {
        assert!(!pattern.is_match(b"one, two, one, two"));
    }
    assert!(pattern.automaton.get().is_some());
}

#[test]
fn what_is_not_understood_makes_no_program() {
    for source in
        [r"a{0}", r"(?i)a", r"a**", r"[[:alpha:]]", r"\b{start}a", r"\<a", r"(?:a?)*", r"\pL"]
    {
        assert!(Program::new(source).is_none(), "{source}");
    }
}

fn source() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[abé ]{1,3}",
        Just(r"\b".to_owned()),
        Just("$".to_owned()),
        Just("[^a\n]".to_owned()),
        Just("[ab-]".to_owned()),
        Just(r"\w".to_owned()),
        Just(r"\s".to_owned()),
        Just(".".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let times = prop_oneof![
            "[*+?]",
            "[*+?][?]",
            Just("{0,2}".to_owned()),
            Just("{1,3}?".to_owned()),
            Just("{2,}".to_owned())
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|ways| format!("(?:{})", ways.join("|"))),
            (inner, times).prop_map(|(part, times)| format!("(?:{part}){times}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_pattern_finds_the_same_both_ways(source in source(), text in "[abAé \n.-]{0,12}") {
        let pattern = Pattern::of(source.into());
        if let Some([stepwise, at_once]) = pattern.both(text.as_bytes()) {
            prop_assert_eq!(stepwise, at_once);
        }
    }

    #[test]
    fn a_pattern_of_the_lexicon_finds_the_same_both_ways(
        which in any::<prop::sample::Index>(),
        parts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let all = all();
        let pattern = all[which.index(all.len())];
        let pieces = pieces(pattern);
        let text: String = parts.iter().map(|part| pieces[part.index(pieces.len())].as_str()).collect();
        if let Some([stepwise, at_once]) = pattern.both(text.as_bytes()) {
            prop_assert_eq!(stepwise, at_once, "{} in {:?}", pattern.source(), text);
        }
    }
}
