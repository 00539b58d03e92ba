//! Release cadence: how often, how regularly, and how much at once.
//!
//! In: the dataset. Out: rates and gaps, and which releases failed. Start at [`cadence`].

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tl_core::id::CommitIx;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::Column;
use crate::dataset::{Dataset, Item};
use crate::failure::{Grade, Link};
use crate::release::{FirstRelease, Release, ReleaseIx};
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
    /// Releases of other packages at the same commit: one event with it.
    pub along: Vec<&'d Release>,
    /// Changes first contained in it.
    pub changes: u64,
    /// Whether one of them failed after it (grades A to C, within the failure window), or a
    /// hotfix came.
    pub failed: bool,
    /// When the release that mends it came, if it failed and one did.
    pub mended: Option<Timestamp>,
}

/// Stable releases of the window, oldest first, repository by repository.
pub fn shipped<'d>(data: &'d Dataset<'_>) -> Vec<Shipped<'d>> {
    let mut by_release: FxHashMap<(usize, ReleaseIx), (u64, bool, Option<Timestamp>)> =
        FxHashMap::default();
    for item in data.items.iter() {
        let Some(release) = item.release else { continue };
        let entry = by_release.entry((item.repository(), release)).or_default();
        entry.0 += 1;
        if let Some(mended) = failed_in_use(data, item, release) {
            entry.1 = true;
            entry.2 = entry.2.into_iter().chain(mended).min();
        }
    }
    let mut list: Vec<Shipped<'d>> = Vec::new();
    for (row, repository) in data.repositories.iter().enumerate() {
        let releases = &repository.releases.list;
        let mut hotfix_of: FxHashMap<ReleaseIx, Timestamp> = FxHashMap::default();
        for hotfix in releases {
            if let Some((of, _)) = &hotfix.hotfix {
                hotfix_of.entry(*of).or_insert(hotfix.at);
            }
        }
        let mut at_commit: FxHashMap<CommitIx, usize> = FxHashMap::default();
        for (index, release) in releases.iter().enumerate() {
            if release.at < data.window.since {
                continue;
            }
            let ix = ReleaseIx::new(index as u32);
            let shipped = by_release.get(&(row, ix)).copied();
            if data.is_of_chosen_changes() && shipped.is_none() {
                continue;
            }
            let (changes, failed, mended) = shipped.unwrap_or_default();
            let hotfix = hotfix_of.get(&ix).copied();
            let failed = failed || hotfix.is_some();
            let mended = mended.into_iter().chain(hotfix).min();
            match at_commit.get(&release.commit) {
                Some(first) => {
                    let first = &mut list[*first];
                    first.along.push(release);
                    first.failed |= failed;
                    first.mended = first.mended.into_iter().chain(mended).min();
                }
                None => {
                    at_commit.insert(release.commit, list.len());
                    let along = Vec::new();
                    list.push(Shipped {
                        repository: row,
                        ix,
                        release,
                        along,
                        changes,
                        failed,
                        mended,
                    });
                }
            }
        }
    }
    list
}

/// Whether a change failed after it was released, and when the release that mends it came, if one
/// did. What was taken back before its own release, or in it, never reached a user.
fn failed_in_use(data: &Dataset<'_>, item: &Item, release: ReleaseIx) -> Option<Option<Timestamp>> {
    let found = &data.repositories[item.repository()];
    let in_time = |link: &&Link| link.at - item.merged <= data.options.failure_window();
    let strict = found.links_of(item.change()).filter(|link| link.grade <= Grade::C);
    let mut failed = None;
    for link in strict.filter(in_time) {
        let mended = match found.changes.delivered[link.by].first_release {
            FirstRelease::Released { release: by, .. } if by > release => {
                Some(found.releases.get(by).at)
            }
            FirstRelease::Waiting => None,
            FirstRelease::Released { .. } | FirstRelease::LeftCensored => return None,
        };
        failed = Some(failed.flatten().into_iter().chain(mended).min());
    }
    failed
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
    let mut gaps = Vec::new();
    let mut last: FxHashMap<(usize, Option<&str>), Timestamp> = FxHashMap::default();
    let mut packages: BTreeMap<&str, u64> = BTreeMap::new();
    for one in shipped {
        for release in std::iter::once(&one.release).chain(&one.along) {
            let package = release.name.package.as_deref();
            if let Some(package) = package {
                *packages.entry(package).or_default() += 1;
            }
            if let Some(before) = last.insert((one.repository, package), release.at) {
                gaps.push((release.at - before).get());
            }
        }
    }
    let gaps = Column::alone(gaps).or("fewer than two releases of a package in the window");
    let changes = shipped.iter().map(|one| one.changes as i64).collect();
    let changes = Column::alone(changes).or("no release in the window");
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
            name: data.name_within(one.repository, " ", &one.release.tag),
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
