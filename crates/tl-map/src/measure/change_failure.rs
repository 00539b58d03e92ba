//! Change failure: how many changes were taken back or mended soon after they were merged.
//!
//! In: the dataset. Out: shares, kinds and the latest examples. Start at [`change_failure`].
//! **Invariant:** only changes that could be followed for the whole failure window count.

use std::collections::BTreeMap;

use tl_core::time::Millis;

use super::MeasureDoc;
use super::figures::{Column, share};
use crate::dataset::{Dataset, Item};
use crate::report::{FailureExample, FailureTable, Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "change-failure",
    title: "Change failure",
    what: "the share of changes that were reverted, rolled back, hot-fixed, in an incident, or fixed \
           up by a linked fix",
    formula: "failed changes / changes followed for the failure window (30 days); strict: links of \
              grade A to C (an incident names it or its deployment, the deployment was rolled back, a \
              revert names the commit or the request); wide: A to E (also a revert that quotes only \
              the title, a fix that names the change, a hotfix of its deployment, or an incident \
              within 24 hours after it); Wilson interval",
    unit: "share of changes",
    edge_cases: &[
        "a revert that was itself reverted is no failure of its own; what it reverted stays failed",
        "a title that occurs several times means the latest change before the revert that is not \
         yet reverted",
        "a change younger than the failure window is not counted at all",
        "incidents and rollbacks are unknown to git: grades A, B and E need recorded deployments; a \
         deployment that failed as a whole fails every change that it brought",
    ],
    source: "DORA change fail rate, applied to changes; Wilson 1927",
};

/// Most examples that are listed.
const EXAMPLES: usize = 20;

/// Whether a change failed within the failure window, by links of grade A to C.
pub fn failed_strict(data: &Dataset<'_>, item: &Item) -> bool {
    item.failed_strict.is_some_and(|after| after <= data.options.failure_window())
}

/// The same, by links of any grade.
pub fn failed_wide(data: &Dataset<'_>, item: &Item) -> bool {
    item.failed_wide.is_some_and(|after| after <= data.options.failure_window())
}

/// How many of these items could be followed, and how many of those failed (strict).
pub fn counts<'a>(data: &Dataset<'_>, items: impl IntoIterator<Item = &'a Item>) -> (u64, u64) {
    let mut followed = 0;
    let mut failed = 0;
    for item in items {
        if data.is_followed(item) {
            followed += 1;
            failed += u64::from(failed_strict(data, item));
        }
    }
    (failed, followed)
}

/// The share of these items that failed (strict), with its interval.
pub fn failed_share<'a>(data: &Dataset<'_>, items: impl IntoIterator<Item = &'a Item>) -> Figure {
    let (failed, followed) = counts(data, items);
    if followed == 0 {
        return too_young(data);
    }
    share(failed, followed)
}

fn too_young(data: &Dataset<'_>) -> Figure {
    let days = data.options.failure_window_days;
    Figure::unknown(0, Unit::Share, format!("no change has {days} days of follow-up yet"))
}

/// Computes the failures of the window.
pub fn change_failure(data: &Dataset<'_>) -> FailureTable {
    let followed: Vec<&Item> = data.in_window().filter(|item| data.is_followed(item)).collect();
    let wide: Vec<&Item> =
        followed.iter().copied().filter(|item| failed_wide(data, item)).collect();
    let strict = followed.iter().filter(|item| failed_strict(data, item)).count() as u64;
    let trials = followed.len() as u64;
    let delays = Column::of(wide.iter().copied(), |item| item.failed_wide.map(Millis::get))
        .or("no failure seen");
    let of_followed = |failed| if trials == 0 { too_young(data) } else { share(failed, trials) };
    FailureTable {
        window_days: data.options.failure_window_days,
        eligible: trials,
        strict: of_followed(strict),
        wide: of_followed(wide.len() as u64),
        by_kind: by_kind(data, &wide),
        time_to_failure: delays.median(Unit::Hours, &data.options.bootstrap()),
        latest: latest(data),
    }
}

/// How many of these failed changes were seen by each kind of link; a change counts once, by its
/// earliest link.
fn by_kind(data: &Dataset<'_>, failed: &[&Item]) -> Vec<(String, u64)> {
    let mut kinds: BTreeMap<_, u64> = BTreeMap::new();
    for item in failed {
        if let Some(sign) = data.signs(item).first() {
            *kinds.entry(sign.kind).or_default() += 1;
        }
    }
    kinds.into_iter().map(|(kind, count)| (kind.label().to_owned(), count)).collect()
}

/// The latest failures of changes of the window, also of those too young to count.
fn latest(data: &Dataset<'_>) -> Vec<FailureExample> {
    let mut found: Vec<_> = data
        .in_window()
        .filter(|item| item.failed_wide.is_some())
        .flat_map(|item| data.signs(item).into_iter().map(move |sign| (item, sign)))
        .collect();
    found
        .sort_by_key(|(item, sign)| (std::cmp::Reverse(sign.at), item.repository(), item.change()));
    found
        .into_iter()
        .take(EXAMPLES)
        .map(|(item, sign)| FailureExample {
            change: data.change_name(item.repository(), item.change()),
            by: sign.by,
            grade: format!("{:?}", sign.grade),
            why: sign.why,
            hours: Millis::new((sign.at - item.merged).get().max(0)).hours(),
        })
        .collect()
}
