//! When a change is too far-reaching, or too little is known, to leave any test out.
//!
//! In: a change and what is known of the tests. Out: the reasons to run everything, none where
//! tests may be left out. Start at `reasons`. **Invariant:** what is not understood runs
//! everything. After Fowler's "The Rise of Test Impact Analysis" and Azure's own list.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::time::{Millis, Timestamp};

use super::kinds::{self, Kind};
use super::place::{Touched, own_file, same_file, split_name};
use super::{Candidate, Choice};

/// Files above which a change touches everything.
pub const FILES: usize = 200;

/// Share of tests without history above which there is none to speak of.
pub const UNKNOWN: f64 = 0.1;

/// Days after which coverage of a touched file is out of date.
pub const STALE_DAYS: i64 = 14;

/// Paths that one reason names.
const NAMED: usize = 3;

/// Why everything is run; empty where a selection is sound.
pub(super) fn reasons(choice: &Choice<'_>, touched: &Touched<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if choice.tests.is_empty() {
        return reasons;
    }
    match choice.change {
        None => reasons.push("it is not known what the change touches".to_owned()),
        Some(change) if change.files.len() > FILES => {
            reasons.push(format!("{} files are touched, more than {FILES}", change.files.len()));
        }
        Some(change) => {
            reasons.extend(far_reaching(touched, choice.tests, &change.removed));
        }
    }
    let without = choice.tests.iter().filter(|test| !test.has_run()).count();
    let share = without as f64 / choice.tests.len() as f64;
    if share > UNKNOWN {
        let of = choice.tests.len();
        reasons.push(format!("{without} of {of} tests have no history, more than 10 %"));
    }
    reasons.extend(stale(choice, touched));
    reasons
}

/// Files of kinds that any test may depend on.
fn far_reaching(
    touched: &Touched<'_>,
    tests: &[Candidate],
    removed: &BTreeSet<String>,
) -> Vec<String> {
    let mut found: Vec<(Kind, Vec<&str>)> = Vec::new();
    let mut add = |kind: Kind, path| match found.iter_mut().find(|entry| entry.0 == kind) {
        Some(entry) => entry.1.push(path),
        None => found.push((kind, vec![path])),
    };
    let mut own: Option<Homes> = None;
    for path in &touched.paths {
        let kind = kinds::kind(path);
        match kind {
            Kind::Docs | Kind::Source => {}
            // Nothing stands in a file that is gone, and what stood there is not run.
            Kind::Test if removed.contains(*path) => {}
            Kind::Test | Kind::Helper => {
                let own = own.get_or_insert_with(|| Homes::of(touched, tests));
                let snapshot = kinds::snapshot_of(path);
                let test = snapshot.as_deref().unwrap_or(path);
                if !own.hold(test) {
                    add(kind, path);
                }
            }
            Kind::Lock | Kind::Build | Kind::Ci | Kind::Migration | Kind::Unknown => {
                add(kind, path);
            }
        }
    }
    found.sort_unstable_by_key(|entry| entry.0);
    found.iter().map(|(kind, paths)| reason(*kind, paths)).collect()
}

/// The files that known tests stand in.
struct Homes {
    /// Changed ones.
    changed: FxHashSet<String>,
    /// By the last part of the path.
    named: FxHashMap<String, Vec<String>>,
}

impl Homes {
    fn of(touched: &Touched<'_>, tests: &[Candidate]) -> Self {
        let mut homes = Self { changed: FxHashSet::default(), named: FxHashMap::default() };
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for test in tests {
            let own = own_file(&test.test);
            if let Some(row) = touched.file_of(&test.test, own.as_deref()) {
                homes.changed.insert(touched.paths[row].to_owned());
            }
            if let Some(own) = own.filter(|own| seen.insert(own.clone())) {
                homes.named.entry(split_name(&own).1.to_owned()).or_default().push(own);
            }
        }
        homes
    }

    fn hold(&self, path: &str) -> bool {
        let same = || self.named.get(split_name(path).1);
        self.changed.contains(path)
            || same().is_some_and(|own| own.iter().any(|own| same_file(own, path)))
    }
}

fn reason(kind: Kind, paths: &[&str]) -> String {
    let one = paths.len() == 1;
    let what = match (kind, one) {
        (Kind::Test, true) => "is a file of tests in which no known test stands",
        (Kind::Test, false) => "are files of tests in which no known test stands",
        (Kind::Helper, true) => "is shared by tests",
        (Kind::Helper, false) => "are shared by tests",
        (Kind::Lock, true) => "says which versions of dependencies are used",
        (Kind::Lock, false) => "say which versions of dependencies are used",
        (Kind::Build, true) => "says how it is built and tested",
        (Kind::Build, false) => "say how it is built and tested",
        (Kind::Ci, true) => "says what CI does",
        (Kind::Ci, false) => "say what CI does",
        (Kind::Migration, true) => "changes a database",
        (Kind::Migration, false) => "change a database",
        (_, true) => "is of a kind that any test may read",
        (_, false) => "are of a kind that any test may read",
    };
    let named: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    match paths.len() - named.len() {
        0 => format!("{} {what}", named.join(", ")),
        more => format!("{} and {more} more {what}", named.join(", ")),
    }
}

/// Touched files whose coverage is too old to say who runs them.
fn stale(choice: &Choice<'_>, touched: &Touched<'_>) -> Option<String> {
    let mut newest: FxHashMap<&str, Timestamp> = FxHashMap::default();
    for covers in choice.coverage {
        let at = newest.entry(&covers.file).or_insert(covers.at);
        *at = (*at).max(covers.at);
    }
    let limit = choice.now - Millis::days(STALE_DAYS);
    let old = touched.paths.iter().filter_map(|path| Some((*path, *newest.get(path)?)));
    let mut old: Vec<(&str, Timestamp)> = old.filter(|(_, at)| *at < limit).collect();
    old.sort_unstable();
    let (path, at) = old.first()?;
    let more = match old.len() - 1 {
        0 => String::new(),
        more => format!(" and of {more} more"),
    };
    Some(format!("coverage of `{path}`{more} is of {}, more than {STALE_DAYS} days ago", at.date()))
}
