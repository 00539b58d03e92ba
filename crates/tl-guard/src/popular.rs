//! Names of packages that many people use, and whether another name looks like one of them.
//!
//! In: a name. Out: the popular name that it could be taken for. The lists are our own choice, sorted,
//! one name a line; a name that is not there is not suspect for that.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::inventory::Ecosystem;

/// How a name looks like another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// One letter more, less, changed or moved.
    Letter,
    /// The same words in another order.
    Order,
    /// A word before or behind that says nothing, such as `official`.
    Affix,
}

struct List {
    /// As its registry compares them, to the names as written.
    names: FxHashMap<String, &'static str>,
    /// Names without one of their letters, to the names.
    shortened: FxHashMap<String, Vec<&'static str>>,
    /// Words in order of the alphabet, to the name.
    words: FxHashMap<String, &'static str>,
    /// Scopes of npm.
    scopes: FxHashSet<&'static str>,
}

static NPM: LazyLock<List> =
    LazyLock::new(|| List::of(Ecosystem::Npm, include_str!("popular/npm.txt")));
static PYPI: LazyLock<List> =
    LazyLock::new(|| List::of(Ecosystem::Pypi, include_str!("popular/pypi.txt")));
static CRATES: LazyLock<List> =
    LazyLock::new(|| List::of(Ecosystem::Crates, include_str!("popular/crates.txt")));

/// A name shorter than this has too many neighbours to say anything.
const SHORTEST: usize = 5;

impl List {
    fn of(ecosystem: Ecosystem, text: &'static str) -> Self {
        let mut list = Self {
            names: text.lines().map(|name| (canonical(ecosystem, name), name)).collect(),
            shortened: FxHashMap::default(),
            words: FxHashMap::default(),
            scopes: text.lines().filter_map(scope).collect(),
        };
        let long = |name: &&str| name.len() >= SHORTEST && !name.starts_with('@');
        for written in text.lines().filter(long) {
            let name = canonical(ecosystem, written);
            for short in shortened(&name) {
                list.shortened.entry(short).or_default().push(written);
            }
            if let Some(words) = sorted_words(&name) {
                list.words.entry(words).or_insert(written);
            }
            list.shortened.entry(name).or_default().push(written);
        }
        list
    }
}

fn list(ecosystem: Ecosystem) -> Option<&'static List> {
    match ecosystem {
        Ecosystem::Npm => Some(&NPM),
        Ecosystem::Pypi => Some(&PYPI),
        Ecosystem::Crates => Some(&CRATES),
        Ecosystem::Go | Ecosystem::Docker | Ecosystem::Git | Ecosystem::Other => None,
    }
}

/// A name as its registry compares names.
pub fn canonical(ecosystem: Ecosystem, name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match ecosystem {
        // PEP 503: runs of `-`, `_` and `.` are one `-`.
        Ecosystem::Pypi => {
            let parts = lower.split(['-', '_', '.']).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join("-")
        }
        Ecosystem::Crates => lower.replace('_', "-"),
        _ => lower,
    }
}

/// Whether many people use it.
pub fn is_popular(ecosystem: Ecosystem, name: &str) -> bool {
    let name = canonical(ecosystem, name);
    list(ecosystem).is_some_and(|list| list.names.contains_key(&name))
}

/// The popular name that a name could be taken for; `None` where it is popular itself.
pub fn lookalike(ecosystem: Ecosystem, name: &str) -> Option<(&'static str, Likeness)> {
    let list = list(ecosystem)?;
    let name = canonical(ecosystem, name);
    if is_popular(ecosystem, &name) || name.len() < SHORTEST || name.len() > 100 {
        return None;
    }
    if let Some(scope) = scope(&name) {
        // Whoever owns a scope owns all names in it, so the scope is the lookalike. Honest scopes are one
        // letter apart as well: nobody mistakes the first one, unless the whole name is the other's.
        let bare = &name[scope.len() + 1..];
        let first = |text: &str| text.chars().next();
        let near = |known: &&&str| {
            scope.len() >= SHORTEST
                && is_one_off(scope, known)
                && (first(scope) == first(known)
                    || list.names.contains_key(&format!("@{known}{bare}")))
        };
        let found = if list.scopes.contains(scope) { None } else { list.scopes.iter().find(near) };
        return found.map(|known| (*known, Likeness::Letter));
    }
    let candidates = shortened(&name).into_iter().chain([name.clone()]);
    let mut near = candidates.filter_map(|short| list.shortened.get(&short)).flatten();
    let found = near.find(|written| {
        let known = canonical(ecosystem, written);
        is_one_off(&name, &known) && !is_plain(&name, &known)
    });
    if let Some(known) = found {
        return Some((known, Likeness::Letter));
    }
    if let Some(known) = sorted_words(&name).and_then(|words| list.words.get(&words)) {
        return Some((known, Likeness::Order));
    }
    let bare = AFFIXES.iter().find_map(|(before, behind)| {
        let rest = name.strip_prefix(before)?.strip_suffix(behind)?;
        list.names.get(rest).filter(|known| known.len() >= SHORTEST)
    });
    bare.map(|known| (*known, Likeness::Affix))
}

/// Words that make a name look more official than the name itself. Others, such as `-cli` or `-mcp`,
/// are what honest packages about another one are called.
const AFFIXES: &[(&str, &str)] = &[
    ("", "-official"),
    ("official-", ""),
    ("real-", ""),
    ("the-", ""),
    ("", "-original"),
    ("", "-latest"),
    ("", "-secure"),
    ("", "-safe"),
    ("", "-fixed"),
    ("", "-updated"),
    ("", "-free"),
    ("", "-pro"),
    ("", "-npm"),
    ("", "-pypi"),
    ("npm-", ""),
    ("pypi-", ""),
];

fn scope(name: &str) -> Option<&str> {
    Some(name.strip_prefix('@')?.split_once('/')?.0)
}

/// Every way to leave one letter out.
fn shortened(name: &str) -> Vec<String> {
    let without = |(at, c): (usize, char)| {
        let mut short = name.to_owned();
        short.replace_range(at..at + c.len_utf8(), "");
        short
    };
    name.char_indices().map(without).collect()
}

/// Words in order of the alphabet, of a name that has more than one.
fn sorted_words(name: &str) -> Option<String> {
    let mut words: Vec<&str> = name.split(['-', '_', '.']).collect();
    words.sort_unstable();
    (words.len() > 1 && words.iter().all(|word| word.len() > 1)).then(|| words.join("-"))
}

/// Whether one insertion, deletion, change or swap of neighbours makes one name out of the other
/// (Damerau and Levenshtein's distance, restricted, of one).
fn is_one_off(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([x, y, a @ ..], [v, w, b @ ..]) if x == w && y == v && a == b => true,
        ([_, rest @ ..], b) if rest == b => true,
        (a, [_, rest @ ..]) if rest == a => true,
        _ => false,
    }
}

/// Differences that are a version, a plural or a mark between words: the neighbourhood of every
/// honest name has those.
fn is_plain(name: &str, known: &str) -> bool {
    let (long, short) = if name.len() > known.len() { (name, known) } else { (known, name) };
    let last = long.strip_prefix(short).and_then(|rest| rest.chars().next());
    let digits = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    (last == Some('s') && !short.ends_with('s'))
        || digits(name) == digits(known)
        || (name.len() == known.len()
            && name.len() < 7
            && name.as_bytes()[0] != known.as_bytes()[0])
        || letters(name) == letters(known) && name.len() != known.len() && name.len() < 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_sorted_and_short() {
        for text in [
            include_str!("popular/npm.txt"),
            include_str!("popular/pypi.txt"),
            include_str!("popular/crates.txt"),
        ] {
            let names: Vec<&str> = text.lines().collect();
            assert!(names.is_sorted() && names.len() <= 3000);
            assert!(names.iter().all(|name| *name == name.trim() && !name.is_empty()));
        }
    }

    #[test]
    fn lookalikes_are_known_and_neighbours_are_not() {
        let npm = |name| lookalike(Ecosystem::Npm, name);
        assert_eq!(npm("expres"), Some(("express", Likeness::Letter)));
        assert_eq!(npm("lodahs"), Some(("lodash", Likeness::Letter)));
        assert_eq!(npm("axois"), Some(("axios", Likeness::Letter)));
        assert_eq!(npm("router-react"), Some(("react-router", Likeness::Order)));
        assert_eq!(npm("axios-official"), Some(("axios", Likeness::Affix)));
        assert_eq!(
            npm("@modelcontextprotocl/server-git").map(|f| f.0),
            Some("modelcontextprotocol")
        );
        for honest in [
            "express",
            "lodash-es",
            "preact",
            "colors",
            "axios-retry",
            "@acme/lodahs",
            "ws",
            "@remotion/gif",
        ] {
            assert_eq!(npm(honest), None, "{honest}");
        }
        let pypi = |name| lookalike(Ecosystem::Pypi, name).map(|found| found.0);
        assert_eq!(pypi("reqeusts"), Some("requests"));
        assert_eq!(pypi("Python_Dateutil"), None);
        assert_eq!(pypi("dateutil-python"), Some("python-dateutil"));
        assert_eq!(lookalike(Ecosystem::Crates, "serde-json"), None);
    }

    proptest! {
        /// One edit is one off, in both directions, and no name panics.
        #[test]
        fn one_edit_is_one_off(name in "[a-zé]{2,12}", at in any::<prop::sample::Index>(), c in "[a-z]") {
            let mut letters: Vec<char> = name.chars().collect();
            letters.insert(at.index(letters.len()), c.chars().next().unwrap());
            let longer: String = letters.iter().collect();
            prop_assert!(is_one_off(&name, &longer) && is_one_off(&longer, &name));
            lookalike(Ecosystem::Npm, &longer);
            lookalike(Ecosystem::Pypi, &name);
        }
    }
}
