//! Authors before and after their first known use of an AI tool: each is compared with themselves.
//!
//! In: the dataset and its telemetry joined to authors. Out: [`BeforeAfter`]. Start at
//! [`before_after`]. **Invariant:** an author counts only with enough changes on both sides, and
//! nothing is shown of fewer authors than the privacy floor.

use rustc_hash::FxHashMap;
use tl_core::time::Millis;

use super::week;
use crate::dataset::{Dataset, Item};
use crate::measure::ai_use::AiUse;
use crate::measure::change_failure::failed_strict;
use crate::measure::cohorts::floor;
use crate::measure::figures::hidden;
use crate::measure::review_wait::spent_to_merge;
use crate::measure::usage::by_people;
use crate::report::collected::BeforeAfter;
use crate::report::{Figure, Unit};
use crate::stats::bootstrap::Clusters;
use crate::stats::quantile::quantile;

/// Fewest changes on each side.
const ENOUGH: usize = 10;

/// Changes of one author before and after, oldest first.
#[derive(Debug)]
struct Sides<'d> {
    before: Vec<&'d Item>,
    after: Vec<&'d Item>,
}

/// Compares authors with themselves.
pub(super) fn before_after(data: &Dataset<'_>, uses: &AiUse<'_, '_>) -> BeforeAfter {
    let sides = sides(data, uses);
    let differences = |of: &dyn Fn(&Sides<'_>) -> Option<f64>| -> Vec<f64> {
        sides.iter().filter_map(of).collect()
    };
    BeforeAfter {
        people: sides.len() as u64,
        failed: median(data, &differences(&|one| failed(data, one)), Unit::Share),
        to_merge: median(data, &differences(&to_merge), Unit::Hours),
        changes_per_week: median(data, &differences(&per_week), Unit::PerWeek),
    }
}

/// Authors with enough changes on both sides, by author id.
fn sides<'d>(data: &'d Dataset<'_>, uses: &AiUse<'_, '_>) -> Vec<Sides<'d>> {
    let mut by_author: FxHashMap<u32, Vec<&'d Item>> = FxHashMap::default();
    for item in by_people(data) {
        by_author.entry(item.author).or_default().push(item);
    }
    let mut authors: Vec<(u32, Vec<&'d Item>)> = by_author.into_iter().collect();
    authors.sort_unstable_by_key(|(author, _)| *author);
    let side = |(author, mut items): (u32, Vec<&'d Item>)| {
        items.sort_by_key(|item| item.merged);
        let used = uses.of_author(author).first().map(|one| one.at);
        let is_told = |item: &&&Item| data.change(item).attribution.level().is_some();
        let told = items.iter().find(is_told).map(|item| item.merged);
        let first_use = used.into_iter().chain(told).min()?;
        let after = items.split_off(items.partition_point(|item| item.merged < first_use));
        let enough = items.len() >= ENOUGH && after.len() >= ENOUGH;
        enough.then_some(Sides { before: items, after })
    };
    authors.into_iter().filter_map(side).collect()
}

/// Difference of the shares that failed, where enough on each side could be followed.
fn failed(data: &Dataset<'_>, sides: &Sides<'_>) -> Option<f64> {
    let share = |items: &[&Item]| {
        let followed: Vec<&&Item> = items.iter().filter(|item| data.is_followed(item)).collect();
        let failed = followed.iter().filter(|item| failed_strict(data, item)).count();
        (followed.len() >= ENOUGH).then(|| failed as f64 / followed.len() as f64)
    };
    Some(share(&sides.after)? - share(&sides.before)?)
}

/// Difference of the median hours from first commit to merge, where enough are known.
fn to_merge(sides: &Sides<'_>) -> Option<f64> {
    let median = |items: &[&Item]| {
        let spent = items.iter().filter_map(|item| spent_to_merge(item));
        let mut spent: Vec<i64> = spent.map(Millis::get).collect();
        spent.sort_unstable();
        quantile(&spent, 0.5).filter(|_| spent.len() >= ENOUGH)
    };
    Some((median(&sides.after)? - median(&sides.before)?) / Millis::HOUR.get() as f64)
}

/// Difference of the changes a week, over the weeks from the first to the last change of a side.
fn per_week(sides: &Sides<'_>) -> Option<f64> {
    let rate = |items: &[&Item]| {
        let weeks = week(items.last()?.merged.day()) - week(items.first()?.merged.day()) + 1;
        Some(items.len() as f64 / weeks as f64)
    };
    Some(rate(&sides.after)? - rate(&sides.before)?)
}

/// The median author, with an interval that resamples authors.
fn median(data: &Dataset<'_>, differences: &[f64], unit: Unit) -> Figure {
    if differences.is_empty() {
        let why =
            format!("no author has {ENOUGH} changes that tell before and after a first known use");
        return Figure::unknown(0, unit, why);
    }
    if differences.len() < floor(data) {
        return hidden(unit);
    }
    let millionths: Vec<i64> =
        differences.iter().map(|value| (value * 1e6).round() as i64).collect();
    let each: Vec<u32> = (0..millionths.len() as u32).collect();
    let draws = data.options.bootstrap();
    let found = Clusters::new(&each).quantiles(&millionths, &[0.5], &draws);
    let n = millionths.len() as u64;
    found.first().map_or_else(
        || Figure::unknown(n, unit, "nothing to compare"),
        |interval| {
            let interval = interval.scaled(1e-6);
            Figure::with_interval(interval.estimate, interval.low, interval.high, n, unit)
        },
    )
}
