//! How merged changes leave: by trains, or by the merge itself.
//!
//! In: the items of a repository. Out: trains, and how long each change waited for one, in the
//! [`Line`]. Start at [`add`]. **Invariant:** a change waits until what it leaves with is closed;
//! what comes after that, approvals and the deployment itself, is part of the deployment.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tl_core::time::{Millis, Timestamp};

use super::observe::Line;
use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, End};
use crate::network::observed::Release;

/// A change deployed this soon after its merge did not wait for a train: its merge had it deployed.
const SOON: Millis = Millis::new(30 * 60_000);
/// How many times as many deployments must come within [`SOON`] of the last merge as in the half
/// hour after that: else it is chance that a merge came just before a train.
const SOON_TO_LATER: usize = 3;

/// One departure for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Departure {
    left: Timestamp,
    /// The last merge that left with it.
    last: Timestamp,
    /// When it was closed: the departure, or the first merge before that which had to stay.
    closed: Timestamp,
}

/// Adds trains and waits for them; where three quarters of the changes leave soon after their
/// merge, the way to production is no wait, but part of the deployment.
pub(super) fn add(
    data: &Dataset<'_>,
    repository: usize,
    taken: &[(Timestamp, &Item)],
    line: &mut Line,
) {
    let items: Vec<&Item> =
        data.items.iter().filter(|item| item.repository() == repository).collect();
    let merges: Vec<(Timestamp, Option<Timestamp>)> =
        items.iter().map(|item| (item.merged, left(data, item))).collect();
    let released = || merges.iter().filter_map(|(merged, left)| Some((*merged, (*left)?)));
    let (known, soon) = (released().count(), released().filter(|one| one.1 - one.0 <= SOON));
    let arrived = |item: &Item| item.journey.at(data.line.last());
    let observed = &mut line.observed;
    if soon.count() * 4 >= known * 3 {
        observed.deploys =
            items.iter().filter_map(|item| Some(arrived(item)? - item.merged)).collect();
        line.left_out.push(
            match known {
                0 => "release: no change was deployed or released, so the line ends with the merge",
                _ => "release: on demand, so its time is part of the deployment",
            }
            .to_owned(),
        );
        return;
    }
    let departures = departures(merges.clone());
    let by_merges = by_merges(&departures);
    let is_trigger = |one: &Departure| by_merges && one.left - one.last <= SOON;
    let by_left: FxHashMap<Timestamp, Departure> =
        departures.iter().map(|one| (one.left, *one)).collect();
    for (change, (_, item)) in observed.changes.iter_mut().zip(taken) {
        let departure = left(data, item).and_then(|left| by_left.get(&left));
        change.release_wait = departure.map(|one| one.closed - item.merged);
        change.on_demand = departure.is_some_and(|one| is_trigger(one) && one.last == item.merged);
    }
    observed.deploys = items
        .iter()
        .filter_map(|item| Some(arrived(item)? - by_left.get(&left(data, item)?)?.closed))
        .collect();
    let trains = departures.iter().filter(|one| !is_trigger(one)).map(|one| one.closed);
    observed.release = Release::AsObserved(trains.collect());
}

/// When a change left for production: the start of its deployment, or the release that stands for
/// it.
fn left(data: &Dataset<'_>, item: &Item) -> Option<Timestamp> {
    let boundary = match data.line.end {
        End::Deployed => Boundary::DeployStarted,
        End::Released => Boundary::Released,
    };
    item.journey.at(boundary)
}

/// The departures, from when each change was merged and left.
fn departures(mut merges: Vec<(Timestamp, Option<Timestamp>)>) -> Vec<Departure> {
    merges.sort_unstable();
    let mut last: BTreeMap<Timestamp, Timestamp> = BTreeMap::new();
    for (merged, left) in merges.iter().filter_map(|(merged, left)| Some((*merged, (*left)?))) {
        last.insert(left, merged);
    }
    last.into_iter()
        .map(|(left, last)| {
            let after = merges.partition_point(|(merged, _)| *merged <= last);
            let mut meanwhile = merges[after..].iter().take_while(|(merged, _)| *merged < left);
            let stayed = meanwhile.find(|(_, other)| other.is_none_or(|other| other > left));
            Departure { left, last, closed: stayed.map_or(left, |(merged, _)| *merged) }
        })
        .collect()
}

/// Whether merges have changes deployed, at least some.
fn by_merges(departures: &[Departure]) -> bool {
    let waits = || departures.iter().map(|one| one.left - one.last);
    let soon = waits().filter(|wait| *wait <= SOON).count();
    let later = waits().filter(|wait| SOON < *wait && *wait <= SOON + SOON).count();
    soon >= SOON_TO_LATER * later.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn a_train_closes_when_the_first_merge_that_stays_behind_comes() {
        let merge = |merged: i64, left: Option<i64>| (at(merged), left.map(at));
        let found = departures(vec![
            merge(10, Some(100)),
            merge(20, Some(100)),
            // Merged while that train waited for its approval.
            merge(70, Some(300)),
            merge(250, None),
        ]);
        let train =
            |left, last, closed| Departure { left: at(left), last: at(last), closed: at(closed) };
        assert_eq!(found, [train(100, 20, 70), train(300, 70, 250)]);
        assert_eq!(departures(vec![merge(10, Some(100))]), [train(100, 10, 100)]);
    }

    #[test]
    fn deployments_right_after_merges_are_no_chance_where_later_ones_are_few() {
        let departure =
            |minutes: i64| Departure { left: at(minutes), last: at(0), closed: at(minutes) };
        let spread: Vec<Departure> = (0..12).map(|nth| departure(nth * 10)).collect();
        assert!(!by_merges(&spread));
        let mut prompt = vec![departure(4); 8];
        prompt.extend([departure(45), departure(600)]);
        assert!(by_merges(&prompt));
    }
}
