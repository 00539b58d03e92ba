//! Release cadence: how often, how regularly, and how much at once.
//!
//! In: the dataset. Out: rates and gaps, and which releases failed. Start at [`cadence`].

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::change_failure::failed_strict;
use super::figures::Column;
use crate::dataset::Dataset;
use crate::release::{Release, ReleaseIx};
use crate::report::{Cadence, Figure, ReleasePoint, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "cadence",
    title: "Release cadence",
    what: "how often releases come, how evenly, and how many changes each ships first",
    formula: "releases in the window / weeks, with an exact Poisson interval; gaps between \
              neighbouring releases of the same package, quantiles of type 7; changes first \
              contained in a release, median",
    unit: "releases per week; hours; changes",
    edge_cases: &[
        "a release is a tag whose name reads as a version; pre-releases (semver, or alpha, beta, \
         rc, nightly, preview, canary, dev) are left out",
        "the date is the tagger's if the tag is annotated, else the commit's",
        "pkg@1.2.3, pkg-v1.2.3 and pkg/v1.2.3 are releases of the package pkg",
        "several packages released at one commit are one release event for cadence",
    ],
    source: "DORA deployment frequency under the policy that a release is a deployment; Garwood 1936",
};

/// One stable release of the window and what became of it.
#[derive(Debug, Clone)]
pub struct Shipped<'d> {
    /// Row of its repository.
    pub repository: usize,
    /// Its row in that repository's releases.
    pub ix: ReleaseIx,
    /// The release.
    pub release: &'d Release,
    /// Changes first contained in it.
    pub changes: u64,
    /// Whether one of them failed (grades A to C, within the failure window), or a hotfix came.
    pub failed: bool,
    /// When the release that mends it came, if it failed and one did.
    pub mended: Option<Timestamp>,
}

/// Stable releases of the window, oldest first, repository by repository.
pub fn shipped<'d>(data: &'d Dataset<'_>) -> Vec<Shipped<'d>> {
    let mut by_release: FxHashMap<(usize, ReleaseIx), (u64, bool, Option<Timestamp>)> =
        FxHashMap::default();
    for item in &data.items {
        let Some(release) = item.release else { continue };
        let entry = by_release.entry((item.repository, release)).or_default();
        entry.0 += 1;
        if failed_strict(data, item) {
            entry.1 = true;
            let mend = mending_release(data, item.repository, item.change);
            entry.2 = entry.2.into_iter().chain(mend).min();
        }
    }
    let mut list = Vec::new();
    for (row, repository) in data.repositories.iter().enumerate() {
        for (index, release) in repository.releases.list.iter().enumerate() {
            let ix = ReleaseIx(index as u32);
            let (changes, mut failed, mut mended) =
                by_release.get(&(row, ix)).copied().unwrap_or_default();
            let hotfix = repository.releases.list.iter().find(|other| {
                other.hotfix.as_ref().is_some_and(|(of, _)| *of == ix)
                    && other.at <= data.window.until
            });
            if let Some(hotfix) = hotfix {
                failed = true;
                mended = mended.into_iter().chain([hotfix.at]).min();
            }
            if release.at >= data.window.since && release.at <= data.window.until {
                list.push(Shipped { repository: row, ix, release, changes, failed, mended });
            }
        }
    }
    list
}

/// When the change that takes back or mends a failed one was first released.
fn mending_release(data: &Dataset<'_>, repository: usize, change: usize) -> Option<Timestamp> {
    let found = &data.repositories[repository];
    let by = found.links.iter().find(|link| link.failed == change)?.by;
    let crate::release::FirstRelease::Released { release, .. } =
        found.changes.delivered[by].first_release
    else {
        return None;
    };
    Some(found.releases.get(release).at).filter(|at| *at <= data.window.until)
}

/// Computes the cadence of the window.
pub fn cadence(data: &Dataset<'_>, shipped: &[Shipped<'_>]) -> Cadence {
    let draws = data.options.bootstrap();
    let n = shipped.len() as u64;
    let prereleases = data
        .repositories
        .iter()
        .flat_map(|repository| &repository.releases.prereleases)
        .filter(|at| **at >= data.window.since && **at <= data.window.until)
        .count() as u64;
    let mut gaps = Column::default();
    let mut last: FxHashMap<(usize, Option<&str>), Timestamp> = FxHashMap::default();
    let mut packages: BTreeMap<&str, u64> = BTreeMap::new();
    for (number, one) in shipped.iter().enumerate() {
        let package = one.release.name.package.as_deref();
        if let Some(package) = package {
            *packages.entry(package).or_default() += 1;
        }
        if let Some(before) = last.insert((one.repository, package), one.release.at) {
            gaps.values.push((one.release.at - before).get());
            gaps.authors.push(number as u32);
        }
    }
    let mut changes = Column::default();
    for (number, one) in shipped.iter().enumerate() {
        changes.values.push(one.changes as i64);
        changes.authors.push(number as u32);
    }
    let mut packages: Vec<(String, u64)> =
        packages.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    packages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut quantiles = gaps.quantiles(&[0.5, 0.9], Unit::Hours, &draws);
    let none = || Figure::unknown(0, Unit::Hours, "fewer than two releases");
    let gap_p90 = quantiles.pop().unwrap_or_else(none);
    Cadence {
        releases: n,
        prereleases,
        per_week: rate(n, data.weeks()),
        gap_p50: quantiles.pop().unwrap_or_else(none),
        gap_p90,
        changes_p50: changes.median(Unit::Count, &draws),
        packages,
    }
}

/// Events a week with the exact Poisson interval (Garwood 1936), by chi-squared quantiles.
pub fn rate(events: u64, weeks: f64) -> Figure {
    use statrs::distribution::{ChiSquared, ContinuousCDF as _};
    let limit =
        |degrees: f64, p: f64| ChiSquared::new(degrees).map_or(0.0, |chi| chi.inverse_cdf(p) / 2.0);
    let low = if events == 0 { 0.0 } else { limit(2.0 * events as f64, 0.025) };
    let high = limit(2.0 * events as f64 + 2.0, 0.975);
    Figure::with_interval(events as f64 / weeks, low / weeks, high / weeks, events, Unit::PerWeek)
}

/// The releases for the plot.
pub fn points(data: &Dataset<'_>, shipped: &[Shipped<'_>]) -> Vec<ReleasePoint> {
    let mut points: Vec<ReleasePoint> = shipped
        .iter()
        .map(|one| ReleasePoint {
            name: if data.repositories.len() > 1 {
                format!("{} {}", data.repositories[one.repository].history.name, one.release.tag)
            } else {
                one.release.tag.clone()
            },
            at: one.release.at,
            changes: one.changes,
            failed: one.failed,
            hotfix: one.release.hotfix.as_ref().map(|(_, why)| why.clone()),
        })
        .collect();
    points.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    points
}

/// Hours from a failed release to the one that mends it.
pub fn recovery(shipped: &[Shipped<'_>]) -> Vec<Millis> {
    shipped
        .iter()
        .filter_map(|one| Some(one.mended? - one.release.at))
        .filter(|span| *span >= Millis::ZERO)
        .collect()
}
