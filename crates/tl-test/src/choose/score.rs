//! What each test scores for a change, and why.
//!
//! In: a [`Choice`]. Out: tests from the highest score to the lowest. Start at [`scored`].
//! **Definition:** a score is the logarithm of the likelihood of history, and the sum of the weights
//! of what connects the test with the change.

use rustc_hash::FxHashMap;
use tl_core::test::TestKey;

use super::cofail::Lift;
use super::fallback::STALE_DAYS;
use super::imports::Reached;
use super::kinds::{self, Kind};
use super::mention::Mentions;
use super::names::Index;
use super::place::{Near, Touched, own_file, tidy};
use super::weights::Weights;
use super::{Candidate, Choice, Chosen, Covers, Signal, Why, counted};

/// What each signal adds at most.
mod weight {
    pub(super) const EDITED: f64 = 6.0;
    pub(super) const FAILED: f64 = 5.0;
    pub(super) const LINES: f64 = 4.0;
    pub(super) const FILE: f64 = 2.0;
    pub(super) const NAMES: f64 = 2.0;
    pub(super) const IMPORTS: f64 = 2.0;
    pub(super) const MENTIONED: f64 = 1.5;
    pub(super) const FOLDER: f64 = 1.0;
    pub(super) const PACKAGE: f64 = 0.5;
    pub(super) const FLAKE: f64 = -1.0;
}

/// Words in common below which names are not alike, as a share.
const ALIKE: f32 = 0.15;

/// Paths of a change that are looked at for a score.
const PATHS: usize = 2_000;

/// Why a test of a removed file is not run.
pub(super) const GONE: &str = "the file that it stands in is removed";

/// What a test without any known duration is taken to last, where no other has one either.
const ANY_SECONDS: f64 = 1.0;

/// A test with its score.
#[derive(Debug)]
pub(super) struct Scored {
    pub(super) of: Chosen,
    /// Its last red run, in words.
    pub(super) past: String,
    /// Whether the change removes the file that it stands in.
    pub(super) is_gone: bool,
}

/// The reason for which a test is run whatever it scores.
pub(super) fn always(of: &Chosen) -> Option<&Why> {
    of.why.iter().find(|why| match why.signal {
        Signal::EditedTest
        | Signal::NewTest
        | Signal::NeverRun
        | Signal::LastRed
        | Signal::FailedInRequest => true,
        Signal::Covers => why.weight >= weight::LINES,
        _ => false,
    })
}

/// All paths of a change: those before it, too.
pub(super) fn touched(choice: &Choice<'_>) -> Vec<String> {
    let Some(change) = choice.change else { return Vec::new() };
    let before = change.renamed.values();
    let mut paths: Vec<String> =
        change.files.iter().chain(before).take(PATHS).map(|path| tidy(path)).collect();
    // A snapshot that jest or vitest recorded is edited with its test.
    let tests: Vec<String> = paths.iter().filter_map(|path| kinds::snapshot_of(path)).collect();
    paths.extend(tests);
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// All tests, from the highest score to the lowest; those that score the same by their ids.
pub(super) fn scored(choice: &Choice<'_>) -> Vec<Scored> {
    let paths = touched(choice);
    let touched = Touched::new(paths.iter().map(String::as_str));
    let links = Links::of(choice, &touched);
    let usual = usual_seconds(choice.tests);
    let mut all: Vec<Scored> = (choice.tests.iter().enumerate())
        .map(|(row, test)| links.score(choice, row, test, usual))
        .collect();
    all.sort_by(|a, b| b.of.score.total_cmp(&a.of.score).then_with(|| a.of.id.cmp(&b.of.id)));
    all
}

/// Whether a path is gone, and not only called otherwise.
fn removes(choice: &Choice<'_>, path: &str) -> bool {
    choice.change.is_some_and(|change| {
        change.removed.contains(path) && !change.renamed.values().any(|before| before == path)
    })
}

/// The median of the durations that are known.
fn usual_seconds(tests: &[Candidate]) -> f64 {
    let mut known: Vec<u32> = tests.iter().filter_map(|test| test.past.p75_ms).collect();
    let middle = known.len() / 2;
    if known.is_empty() {
        return ANY_SECONDS;
    }
    f64::from(*known.select_nth_unstable(middle).1) / 1_000.0
}

/// What connects tests with the change.
struct Links<'a> {
    touched: &'a Touched<'a>,
    alike: Vec<(f32, u32)>,
    lifts: FxHashMap<TestKey, Lift>,
    covers: FxHashMap<TestKey, Vec<&'a Covers>>,
    /// Lines that the change touches, by path.
    lines: FxHashMap<&'a str, Vec<(u32, u32)>>,
    reached: Reached,
    mentions: Mentions,
    weights: Weights,
}

impl<'a> Links<'a> {
    fn of(choice: &Choice<'a>, touched: &'a Touched<'a>) -> Self {
        let paths = &touched.paths;
        let mut covers: FxHashMap<TestKey, Vec<&Covers>> = FxHashMap::default();
        for row in choice.coverage {
            covers.entry(row.test).or_default().push(row);
        }
        let text = choice.change.map_or("", |change| &change.text);
        let lines = choice.change.into_iter().flat_map(|change| &change.lines);
        // A test that is edited says nothing of others that are called like it.
        let called = |path: &&'a str| if kinds::kind(path) == Kind::Test { "" } else { *path };
        let sources: Vec<&str> = paths.iter().map(called).collect();
        Self {
            touched,
            alike: Index::new(choice.tests.iter().map(|test| &test.test)).alike(&sources),
            lifts: choice.cofail.lifts(paths, choice.now),
            covers,
            lines: lines.map(|(path, lines)| (path.as_str(), merged(lines))).collect(),
            reached: choice.imports.map(|imports| imports.reached(paths)).unwrap_or_default(),
            mentions: Mentions::new(text),
            weights: choice.weights.cloned().unwrap_or_default(),
        }
    }

    fn score(&self, choice: &Choice<'_>, row: usize, test: &Candidate, usual: f64) -> Scored {
        let own = own_file(&test.test);
        let mut why = Vec::new();
        let mut add = |signal, weight, text| why.push(Why { signal, weight, text });
        let past = &test.past;
        let seconds = past.p75_ms.map_or(usual, |ms| f64::from(ms) / 1_000.0);
        let was_red = past.last.is_some_and(|last| last.is_red());
        let likely = self.weights.likely(past.decayed, past.runs, was_red, seconds);
        let words = test.last_red();
        add(Signal::History, likely, format!("{words}; {}", duration(past.p75_ms)));
        if past.flaky {
            add(Signal::KnownFlake, weight::FLAKE, "it fails now and then without a change".into());
        }
        if was_red {
            add(Signal::LastRed, 0.0, "its last run was red".to_owned());
        }
        if choice.failed.contains(&test.id) {
            let text = "red in an earlier run of this request".to_owned();
            add(Signal::FailedInRequest, weight::FAILED, text);
        }
        let home = self.touched.file_of(&test.test, own.as_deref());
        let home = home.map(|row| self.touched.paths[row]);
        let is_new = |path: &str| choice.change.is_some_and(|change| change.added.contains(path));
        // By its own path alone: a class may be called like what is removed.
        let is_gone = own.is_some() && home.is_some_and(|path| removes(choice, path));
        match home {
            Some(_) if is_gone => add(Signal::Nothing, 0.0, GONE.to_owned()),
            Some(path) if is_new(path) => {
                add(Signal::NewTest, weight::EDITED, format!("`{path}` is new"));
            }
            Some(path) => add(Signal::EditedTest, weight::EDITED, format!("`{path}` is edited")),
            None => {}
        }
        if !test.has_run() {
            add(Signal::NeverRun, 0.0, "it has never run".to_owned());
        }
        why.extend(self.covered(choice, &test.id));
        why.extend(self.related(row, test, own.as_deref(), home.is_some()));
        if let Some(what) = self.mentions.of(&test.test) {
            let text = format!("the request names its {what}");
            why.push(Why { signal: Signal::Mentioned, weight: weight::MENTIONED, text });
        }
        // History stays first of what weighs the same.
        why.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        let of = Chosen {
            id: test.id,
            test: test.test.clone(),
            score: why.iter().map(|why| why.weight).sum(),
            run: false,
            because: String::new(),
            why,
            p75_ms: past.p75_ms,
        };
        Scored { of, past: words, is_gone }
    }

    /// What coverage says: changed lines before other lines of a changed file.
    fn covered(&self, choice: &Choice<'_>, test: &TestKey) -> Option<Why> {
        let mut best: Option<Why> = None;
        for covers in self.covers.get(test)? {
            // Paths are sorted.
            if self.touched.paths.binary_search(&covers.file.as_str()).is_err() {
                continue;
            }
            let changed = self.lines.get(covers.file.as_str());
            let known = changed.zip(covers.lines.as_deref());
            let hit = known.map(|(changed, lines)| first_common(changed, lines));
            let age = (choice.now - covers.at).get() / tl_core::time::Millis::DAY.get();
            let old = match age {
                age if age > STALE_DAYS => {
                    format!(", as of {}", counted(age as u32, "day")) + " ago"
                }
                _ => String::new(),
            };
            let file = &covers.file;
            let (weight, text) = match hit {
                None => (weight::LINES, format!("it runs `{file}`{old}")),
                Some(Some(line)) => {
                    (weight::LINES, format!("it runs line {line} of `{file}`, which changes{old}"))
                }
                Some(None) => {
                    (weight::FILE, format!("it runs other lines of `{file}` than change{old}"))
                }
            };
            if best.as_ref().is_none_or(|best| best.weight < weight) {
                best = Some(Why { signal: Signal::Covers, weight, text });
            }
        }
        best
    }

    /// What history, names, places and imports say of the test and the changed files.
    fn related(
        &self,
        row: usize,
        test: &Candidate,
        own: Option<&str>,
        is_edited: bool,
    ) -> Vec<Why> {
        let paths = &self.touched.paths;
        let mut why = Vec::new();
        let mut add = |signal, weight, text| why.push(Why { signal, weight, text });
        if let Some(lift) = self.lifts.get(&test.id) {
            let Lift { file, weight, red, changed, usual } = *lift;
            let path = paths[file];
            let usual = 100.0 * usual;
            add(
                Signal::CoFailed,
                weight,
                format!(
                    "red in {red:.1} of {changed:.1} changes of `{path}`, else in {usual:.1} %"
                ),
            );
        }
        // What is said of a file that the test stands in itself adds nothing.
        if is_edited {
            return why;
        }
        let (share, at) = self.alike.get(row).copied().unwrap_or_default();
        if let Some(path) = paths.get(at as usize).filter(|_| share >= ALIKE) {
            let percent = (100.0 * share).round();
            let text = format!("called like `{path}` ({percent} %)");
            add(Signal::SimilarName, weight::NAMES * f64::from(share), text);
        }
        if let Some((near, row)) = self.touched.near(&test.test, own) {
            let path = paths[row];
            match near {
                Near::Folder => {
                    let text = format!("in the folder of `{path}`");
                    add(Signal::SamePackage, weight::FOLDER, text);
                }
                Near::Package => {
                    let text = format!("in the package of `{path}`");
                    add(Signal::SamePackage, weight::PACKAGE, text);
                }
            }
        }
        if let Some((steps, row)) = self.reached.of(&test.test, own) {
            let path = paths[row];
            let text = match steps {
                1 => format!("it imports `{path}`"),
                steps => format!("it imports `{path}` in {steps} steps"),
            };
            add(Signal::Imports, weight::IMPORTS / f64::from(1 + steps), text);
        }
        why
    }
}

/// Ranges in order, those that meet as one.
fn merged(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut sorted: Vec<(u32, u32)> =
        ranges.iter().copied().filter(|(first, last)| first <= last).collect();
    sorted.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
    for (first, last) in sorted {
        match merged.last_mut().filter(|before| first <= before.1) {
            Some(before) => before.1 = before.1.max(last),
            None => merged.push((first, last)),
        }
    }
    merged
}

/// The first line of merged ranges that is in the others, too.
fn first_common(merged: &[(u32, u32)], covered: &[(u32, u32)]) -> Option<u32> {
    let common = |(first, last): &(u32, u32)| {
        let next = merged.get(merged.partition_point(|range| range.1 < *first))?;
        (first <= last && next.0 <= *last).then(|| next.0.max(*first))
    };
    covered.iter().filter_map(common).min()
}

fn duration(p75_ms: Option<u32>) -> String {
    match p75_ms {
        None => "its duration is not known".to_owned(),
        Some(ms) if ms < 1_000 => format!("it takes {ms} ms"),
        Some(ms) => format!("it takes {:.1} s", f64::from(ms) / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The first line that both hold, as one finds it line by line.
        #[test]
        fn the_first_common_line_is_found(
            changed in prop::collection::vec((0_u32..30, 0_u32..30), 0..6),
            covered in prop::collection::vec((0_u32..30, 0_u32..30), 0..6),
        ) {
            let holds = |ranges: &[(u32, u32)], line: u32| {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&line))
            };
            let first = (0..30).find(|line| holds(&changed, *line) && holds(&covered, *line));
            prop_assert_eq!(first_common(&merged(&changed), &covered), first);
        }
    }
}
