//! Merge queue: how many requests go through one, how long they are in it, and how often they are
//! removed from it unmerged.
//!
//! In: the dataset with the requests that were collected. Out: [`MergeQueue`]. Start at
//! [`merge_queue`]; one request's way is [`passage`]. **Invariant:** a merge ends a stay in the
//! queue; nothing after the merge, or after the end of the window, is looked at.

use tl_core::delivery::Request;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::{Column, share};
use crate::dataset::{Dataset, Item};
use crate::journey::Shape;
use crate::report::collected::MergeQueue;
use crate::report::{Figure, Unit};
use crate::stats::bootstrap::Draws;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "merge-queue",
    title: "Merge queue",
    what: "how many requests are merged through a merge queue or merge train, how long they are in it, \
           and how often they are removed from it unmerged",
    formula: "share = requests merged in the window out of the queue / requests merged in the window; \
              approved to queued = last entry before the merge - t5; time in queue = merge - last entry; \
              in all = the sum over all stays; entries = mean of a request merged out of the queue; \
              removed = requests removed at least once / requests that left the queue in the window, by \
              their merge or, not merged by its end, by a removal; median and 90th percentile, \
              bootstrap by author; shares with Wilson intervals",
    unit: "requests; hours; shares",
    edge_cases: &[
        "the merge (t6) is the forge's instant here: the commit that lands is made when the queue begins \
         to check it, so its committer date may lie hours before the merge",
        "an entry told twice without a removal between (GitHub also tells when a group is to be \
         checked) is one entry; a removal without an entry before it is left out",
        "closing a request removes it; a removal within a minute before the merge, with no entry after \
         it, is the merge's own: GitHub's REST timeline tells of it without a reason",
        "entries and removals after the merge are left out; an entry that nothing ended is still waiting, \
         and in no quantile",
        "a request that was removed and then merged past the queue counts as removed, and not as merged \
         out of the queue; one queued before it was approved waited no time to be queued",
        "direct pushes, bots' requests, and requests whose author was not collected are left out; why a \
         request was removed is not kept, so a person's removal counts as well",
    ],
    source: "GitHub's merge queue and GitLab's merge trains for the events; time in queue and the share \
             that leaves it unmerged as Mergify and Trunk report them, here by request and not by removal",
};

/// A removal this long before the merge, or less, is what the queue does when it merges.
const OWN_REMOVAL: Millis = Millis::new(60_000);

/// What stands where there is nothing to measure.
const NONE: &str = "no request was merged out of the queue";

/// One request's way through the queue, up to its merge or as far as it is known.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Times that it entered.
    pub entries: u32,
    /// When it left unmerged, each time.
    pub removed: Vec<Timestamp>,
    /// When the stay began that the merge ended, or that lasts still.
    pub since: Option<Timestamp>,
    /// Time in the queue, all stays together.
    pub in_all: Millis,
}

/// A request merged in the window, and its way through the queue.
pub struct Merged<'d> {
    /// The change that it is.
    pub item: &'d Item,
    /// When it was merged, by the forge where that tells.
    pub at: Timestamp,
    /// Its way, which may be none.
    pub passage: Passage,
}

/// Measures the merge queue of the window; `None` where no request is known to have been in one.
pub fn merge_queue(data: &Dataset<'_>) -> Option<MergeQueue> {
    if !data.requests.any_queued {
        return None;
    }
    let (mut all, mut left, mut removed) = (0, 0, 0);
    let mut through = Through::default();
    for one in merged(data) {
        all += 1;
        left += u64::from(one.passage.entries > 0);
        removed += u64::from(!one.passage.removed.is_empty());
        through.add(&one);
    }
    let (mut thrown, mut waiting) = (0, 0);
    for (_, passage) in unmerged(data) {
        thrown += u64::from(passage.removed.iter().any(|at| *at >= data.window.since));
        waiting += u64::from(passage.since.is_some());
    }
    let draws = data.options.bootstrap();
    let Through { approved_to_queued, in_queue, in_all, entries } = through;
    let [approved_to_queued_p50, approved_to_queued_p90] = two(approved_to_queued, &draws);
    let merged = in_queue.len() as u64;
    let [in_queue_p50, in_queue_p90] = two(in_queue, &draws);
    let [in_all_p50, in_all_p90] = two(in_all, &draws);
    Some(MergeQueue {
        merged,
        share: share(merged, all),
        approved_to_queued_p50,
        approved_to_queued_p90,
        in_queue_p50,
        in_queue_p90,
        in_all_p50,
        in_all_p90,
        entries: entries.or(NONE).mean(Unit::Count, &draws),
        removed: share(removed + thrown, left + thrown),
        removed_unmerged: thrown,
        waiting,
    })
}

/// Values of the requests that were merged out of the queue.
#[derive(Default)]
struct Through {
    approved_to_queued: Column,
    in_queue: Column,
    in_all: Column,
    entries: Column,
}

impl Through {
    fn add(&mut self, one: &Merged<'_>) {
        let Some(since) = one.passage.since else { return };
        let add = |column: &mut Column, value: i64| {
            column.values.push(value);
            column.authors.push(one.item.author);
        };
        add(&mut self.in_queue, (one.at - since).get());
        add(&mut self.in_all, one.passage.in_all.get());
        add(&mut self.entries, i64::from(one.passage.entries));
        if let Some(approved) = one.item.told.course.approved {
            // Queued before it was approved, it did not wait to be queued.
            add(&mut self.approved_to_queued, (since - approved).get().max(0));
        }
    }
}

/// Median and 90th percentile in hours.
fn two(column: Column, draws: &Draws) -> [Figure; 2] {
    let mut figures = column.or(NONE).quantiles(&[0.5, 0.9], Unit::Hours, draws).into_iter();
    let mut next = || figures.next().unwrap_or_else(|| Figure::unknown(0, Unit::Hours, NONE));
    [next(), next()]
}

/// People's requests that were merged in the window, queued or not.
pub fn merged<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = Merged<'d>> {
    let until = data.window.until;
    data.in_window().filter(|item| item.shape != Shape::Direct).filter_map(move |item| {
        let asked = item.told.request.as_ref().filter(|asked| asked.has_state)?;
        let at = asked.merged.unwrap_or(item.merged);
        let passage = || asked.rare.as_ref().map(|rare| rare.passage.clone()).unwrap_or_default();
        (at <= until).then(|| Merged { item, at, passage: passage() })
    })
}

/// People's requests, by key, that were queued, and not merged by the end of the window.
pub fn unmerged<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = (&'d str, &'d Passage)> {
    data.requests.unmerged.iter().map(|(key, passage)| (key.as_str(), passage))
}

/// Follows a request through the queue, up to its merge or to `until`.
pub fn passage(request: &Request, merged: Option<Timestamp>, until: Timestamp) -> Passage {
    let end = merged.unwrap_or(until).min(until);
    let closed = request.closed.iter().map(|at| (*at, false));
    let mut told: Vec<(Timestamp, bool)> = request.queued.iter().copied().chain(closed).collect();
    told.retain(|(at, _)| *at <= end);
    // At one instant a removal is before an entry.
    told.sort_unstable();
    told.dedup();
    let last = told.iter().rfind(|(_, entered)| *entered).map(|(at, _)| *at);
    let by_merge = |at: Timestamp| {
        merged.is_some() && end - at <= OWN_REMOVAL && last.is_none_or(|last| last <= at)
    };
    let mut found = Passage::default();
    let mut outside_left: Option<Timestamp> = None;
    for (at, entered) in told {
        match (found.since, entered) {
            // In and out within a second, and the forge's clock has no smaller unit.
            (None, true) if outside_left == Some(at) => {
                found.entries += 1;
                match by_merge(at) {
                    true => found.since = Some(at),
                    false => found.removed.push(at),
                }
            }
            (None, true) => {
                found.entries += 1;
                found.since = Some(at);
            }
            (None, false) => outside_left = Some(at),
            (Some(since), false) if !by_merge(at) => {
                found.removed.push(at);
                found.in_all = found.in_all + (at - since);
                found.since = None;
            }
            (Some(_), _) => {}
        }
    }
    if let Some(since) = found.since {
        found.in_all = found.in_all + (end - since);
    }
    found
}

#[cfg(test)]
mod tests;
