//! Usage cohorts: authors by how often their changes carry evidence of AI use.
//!
//! In: the dataset. Out: a row for very frequent, frequent, occasional and none known. Start at
//! [`usage`]. Without telemetry of the tools this is what git shows; thresholds are options.

use rustc_hash::FxHashMap;
use tl_core::attribution::Cohort;

use super::MeasureDoc;
use super::change_failure::failed_share;
use super::cohorts::floor;
use super::figures::{Column, unless_hidden, visibility};
use super::review_wait::{to_merge, to_release};
use crate::dataset::{Dataset, Item};
use crate::report::{Unit, UsageRow, UsageTable};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "usage",
    title: "Usage cohorts",
    what: "how changes fare by how often their author's changes carry evidence of AI use",
    formula: "per author: changes with evidence (E1 or E3) / changes merged in the window; very \
              frequent from 60 %, frequent from 20 %, occasional below, none known at 0",
    unit: "people; changes; hours; shares",
    edge_cases: &[
        "changes authored by agents or bots belong to no person and are left out",
        "none known is not none: half of the use leaves no trailer",
        "a cohort of fewer than five people is hidden",
    ],
    source: "frequency cohorts of public surveys (several times a day, daily, weekly), from evidence",
};

/// Names of the cohorts, most use first.
pub const NAMES: [&str; 4] = ["very frequent", "frequent", "occasional", "none known"];

/// Changes of the window by people.
pub fn by_people<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = &'d Item> {
    data.in_window().filter(|item| item.cohort != Cohort::AgentAuthored)
}

/// The cohort of each author, as a row of [`NAMES`], by the share of changes with evidence.
pub fn by_evidence(data: &Dataset<'_>) -> FxHashMap<u32, usize> {
    let options = data.options;
    let mut authors: FxHashMap<u32, (u64, u64)> = FxHashMap::default();
    for item in by_people(data) {
        let (with, all) = authors.entry(item.author).or_default();
        *with += u64::from(item.cohort == Cohort::AiAssisted);
        *all += 1;
    }
    let class = |(with, all): (u64, u64)| match with as f64 / all as f64 {
        share if with > 0 && share >= options.very_frequent_share => 0,
        share if with > 0 && share >= options.frequent_share => 1,
        _ if with > 0 => 2,
        _ => 3,
    };
    authors.into_iter().map(|(author, counts)| (author, class(counts))).collect()
}

/// Computes the usage cohorts of the window.
pub fn usage(data: &Dataset<'_>) -> UsageTable {
    let options = data.options;
    let authors = by_evidence(data);
    let mut classes: [Vec<&Item>; 4] = Default::default();
    for item in by_people(data) {
        classes[authors[&item.author]].push(item);
    }
    let mut people = [0_usize; 4];
    authors.values().for_each(|class| people[*class] += 1);
    let rows = (0..4)
        .filter(|class| people[*class] > 0)
        .map(|class| row(data, NAMES[class], people[class], &classes[class]))
        .collect();
    UsageTable {
        very_frequent_share: options.very_frequent_share,
        frequent_share: options.frequent_share,
        rows,
    }
}

fn row(data: &Dataset<'_>, name: &str, people: usize, items: &[&Item]) -> UsageRow {
    let draws = data.options.bootstrap();
    let visibility = visibility(people, items.len(), floor(data));
    let all = || items.iter().copied();
    let median = |column: Column| {
        unless_hidden(visibility, || column.median(Unit::Hours, &draws), Unit::Hours)
    };
    let throughput = || {
        let mut each: FxHashMap<u32, i64> = FxHashMap::default();
        items.iter().for_each(|item| *each.entry(item.author).or_default() += 1);
        let mut authors: Vec<(u32, i64)> = each.into_iter().collect();
        authors.sort_unstable();
        let (authors, values) = authors.into_iter().unzip();
        let mut mean = Column::by_author(values, authors).mean(Unit::PerWeek, &draws);
        for part in [&mut mean.value, &mut mean.low, &mut mean.high] {
            *part = part.map(|changes| changes / data.weeks());
        }
        mean
    };
    UsageRow {
        usage: name.to_owned(),
        people: people as u64,
        changes: items.len() as u64,
        visibility,
        to_merge: median(to_merge(all())),
        to_release: median(to_release(data, all())),
        failed: unless_hidden(visibility, || failed_share(data, all()), Unit::Share),
        throughput: unless_hidden(visibility, throughput, Unit::PerWeek),
    }
}
