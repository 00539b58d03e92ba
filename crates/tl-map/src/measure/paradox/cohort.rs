//! How much each author uses AI tools: by telemetry where there is any, else by evidence.
//!
//! In: the dataset and its telemetry joined to authors. Out: [`Authors`]. Start at
//! [`Authors::new`].

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use tl_core::time::Millis;

use crate::dataset::Dataset;
use crate::measure::ai_use::AiUse;
use crate::measure::usage::by_evidence;

/// Sessions on one day from which use of that day is very frequent.
const SEVERAL: u64 = 2;

/// Authors of changes merged in the window.
#[derive(Debug)]
pub(super) struct Authors {
    /// Cohort of each, as a row of [`NAMES`](crate::measure::usage::NAMES).
    pub(super) class: FxHashMap<u32, usize>,
    /// How many of them are classed by telemetry.
    pub(super) by_telemetry: usize,
    /// Days on which each authored a commit.
    pub(super) days: FxHashMap<u32, BTreeSet<i64>>,
}

impl Authors {
    /// Classes the authors of the window.
    pub(super) fn new(data: &Dataset<'_>, uses: &AiUse<'_, '_>) -> Self {
        let mut class = by_evidence(data);
        let days = days(data, &class);
        let mut by_telemetry = 0;
        let none = BTreeSet::new();
        for (author, class) in &mut class {
            let sessions = sessions(data, uses, *author);
            if !sessions.is_empty() {
                by_telemetry += 1;
                let active = days.get(author).unwrap_or(&none);
                *class = by_sessions(active, &sessions, data.options.very_frequent_share);
            }
        }
        Self { class, by_telemetry, days }
    }
}

/// Days of the window on which each of these authors authored a commit.
fn days(data: &Dataset<'_>, of: &FxHashMap<u32, usize>) -> FxHashMap<u32, BTreeSet<i64>> {
    let mut days: FxHashMap<u32, BTreeSet<i64>> = FxHashMap::default();
    for (row, repository) in data.repositories.iter().enumerate() {
        for (person, day) in &repository.days {
            let author = data.author(row, *person);
            if of.contains_key(&author) {
                days.entry(author).or_default().insert(i64::from(*day));
            }
        }
    }
    days
}

/// Sessions of an author on each day of use.
///
/// As many as the telemetry says; where it does not count sessions, as many as there are hours with
/// a session, since some tools tell of a running session again and again; at least one.
fn sessions(data: &Dataset<'_>, uses: &AiUse<'_, '_>, author: u32) -> BTreeMap<i64, u64> {
    let mut told: BTreeMap<i64, (u64, BTreeSet<i64>)> = BTreeMap::new();
    for one in uses.of_author(author).iter().filter(|one| one.at >= data.window.since) {
        let used = data.collected.uses.get(one.row as usize);
        let (counted, hours) = told.entry(one.at.day()).or_default();
        *counted += u64::from(used.sessions);
        if used.session {
            hours.insert(one.at.as_millis().div_euclid(Millis::HOUR.get()));
        }
    }
    let count = |counted: u64, hours: &BTreeSet<i64>| match counted {
        0 => (hours.len() as u64).max(1),
        counted => counted,
    };
    told.iter().map(|(day, (counted, hours))| (*day, count(*counted, hours))).collect()
}

/// The cohort of an author with these active days and sessions; `threshold` is the share of the
/// active days on which the tool must have been used.
fn by_sessions(active: &BTreeSet<i64>, sessions: &BTreeMap<i64, u64>, threshold: f64) -> usize {
    let reaches = |least: u64| {
        let used = active.iter().filter(|day| sessions.get(day).is_some_and(|n| *n >= least));
        !active.is_empty() && used.count() as f64 >= threshold * active.len() as f64
    };
    if reaches(SEVERAL) {
        0
    } else if reaches(1) {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_sessions_on_three_of_five_days_are_very_frequent_use() {
        let active: BTreeSet<i64> = (1..=5).collect();
        let class = |sessions: &[(i64, u64)]| {
            by_sessions(&active, &sessions.iter().copied().collect(), 0.6)
        };
        assert_eq!(class(&[(1, 2), (2, 3), (3, 2)]), 0);
        assert_eq!(class(&[(1, 2), (2, 3), (3, 1)]), 1, "two days with several, three with any");
        assert_eq!(class(&[(1, 9), (2, 9)]), 2);
        // Days without a commit are no active days.
        assert_eq!(class(&[(7, 2), (8, 2), (9, 2)]), 2);
    }
}
