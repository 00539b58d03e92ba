//! Review wait: last push to merge, where request heads are known.
//!
//! In: items. Out: the median wait of any group of them, and the same for the other two spans
//! that groups are compared by. Start at [`review_wait`].

use tl_core::time::Millis;

use super::MeasureDoc;
use super::figures::Column;
use super::value_stream::waited_for_merge;
use crate::dataset::{Dataset, Item};
use crate::journey::Shape;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "review-wait",
    title: "Review wait",
    what: "how long a finished change waits to be merged",
    formula: "merge - last push: committer date on the default branch minus committer date of the \
              request's head; median by type-7 quantiles, interval by author-clustered bootstrap",
    unit: "hours",
    edge_cases: &[
        "only requests whose head is in the repository, or that came by a merge commit",
        "a push after the merge counts as a push at the merge, and the change as clock-adjusted",
        "it holds pickup, review and the wait for the merge together: a forge's events split it",
        "changes still open count in the value stream's row with the time waited so far",
    ],
    source: "value-stream boundaries t3r to t6; LinearB calls parts of it pickup and review time",
};

/// Waits of these items from last push to merge.
pub fn review_wait<'a>(items: impl IntoIterator<Item = &'a Item>) -> Column {
    Column::of(items, |item| waited_for_merge(item).map(Millis::get))
        .or("no request with a known last push")
}

/// Times of these items from first commit to merge; direct pushes are left out.
pub fn to_merge<'a>(items: impl IntoIterator<Item = &'a Item>) -> Column {
    Column::of(items, |item| spent_to_merge(item).map(Millis::get))
        .or("no request with a known first commit")
}

/// Times of these items from first commit to release; open ones are left out.
pub fn to_release<'a>(data: &Dataset<'_>, items: impl IntoIterator<Item = &'a Item>) -> Column {
    Column::of(items, |item| item.journey.lead_time().map(Millis::get)).or(no_release(data))
}

/// Why no change has a time to its release.
pub fn no_release(data: &Dataset<'_>) -> &'static str {
    if data.has_releases() {
        "no change with a known first commit was released"
    } else {
        "no release yet"
    }
}

/// First commit to merge, for changes that came by a request or a merge.
pub fn spent_to_merge(item: &Item) -> Option<Millis> {
    item.journey.to_merge().filter(|_| item.shape != Shape::Direct)
}
