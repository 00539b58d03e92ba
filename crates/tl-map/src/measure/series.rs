//! The points behind the plots: changes over time, cumulative flow, releases.
//!
//! In: the dataset. Out: [`Series`]. Start at [`series`].

use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};

use super::cadence::{Shipped, points};
use super::change_failure::failed_strict;
use super::value_stream::spent;
use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, Front};
use crate::report::{ChangePoint, Series, WeekPoint};

/// Most changes that stand as points. A page cannot show more, and a document of a million would be
/// made of little else; `--csv` has a line for each.
const POINTS: usize = 50_000;

/// Collects the points of the window.
pub fn series(data: &Dataset<'_>, shipped: &[Shipped<'_>]) -> Series {
    let mut items: Vec<&Item> = data.in_window().collect();
    items.sort_by_key(|item| (item.merged, item.repository(), item.change()));
    let every = items.len().div_ceil(POINTS).max(1);
    Series {
        changes: items.into_iter().step_by(every).map(|item| point(data, item)).collect(),
        every: every as u64,
        weeks: weeks(data),
        releases: points(data, shipped),
    }
}

fn point(data: &Dataset<'_>, item: &Item) -> ChangePoint {
    ChangePoint {
        change: data.change_name(item.repository(), item.change()),
        merged: item.merged,
        cohort: item.cohort,
        stages: data
            .line
            .stages()
            .iter()
            .map(|stage| spent(item, *stage).map(Millis::hours))
            .collect(),
        total: item.journey.total().map(Millis::hours),
        failed: failed_strict(data, item),
    }
}

/// Running totals at the end of each week, counted from the start of the window, over changes
/// whose every boundary up to the merge is known; left-censored ones are left out.
fn weeks(data: &Dataset<'_>) -> Vec<WeekPoint> {
    let (since, until) = (data.window.since, data.window.until);
    let last = data.line.last();
    let pushed = match data.line.front {
        Front::Requests => Boundary::Ready,
        Front::Git | Front::Tickets => Boundary::LastPush,
    };
    let shown = [Boundary::FirstCommit, pushed, Boundary::Merged, last];
    let mut times: [Vec<Timestamp>; 4] = Default::default();
    let whole = data.items.iter().filter(|item| {
        item.cohort != Cohort::Bot
            && !item.left_censored()
            && shown[..3].iter().all(|boundary| item.journey.at(*boundary).is_some())
            && item.journey.at(last).is_none_or(|at| at >= since)
    });
    for item in whole {
        for (times, boundary) in times.iter_mut().zip(shown) {
            times.extend(item.journey.at(boundary));
        }
    }
    times.iter_mut().for_each(|times| times.sort_unstable());
    let by = |row: usize, at: Timestamp| times[row].partition_point(|time| *time <= at) as u64;
    let span = (until - since).get().max(1);
    let count = (span + Millis::WEEK.get() - 1) / Millis::WEEK.get();
    (0..count.min(5_000))
        .map(|week| {
            let at = (since + Millis::days(7 * (week + 1))).min(until);
            WeekPoint {
                at,
                started: by(0, at),
                pushed: by(1, at),
                merged: by(2, at),
                released: by(3, at),
            }
        })
        .collect()
}
