//! One open request as one flat row: what waits now, where, and for how long.
//!
//! In: the dataset. Out: [`OpenRow`]s. Start at [`rows`]. **Invariant:** an age is never negative; an
//! instant that is not known is `None`; whoever opened it is not named.

use serde::{Deserialize, Serialize};
use tl_core::time::{Millis, Timestamp};

use crate::dataset::{Dataset, Open};
use crate::journey::Boundary;

/// A request that is not merged yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRow {
    /// The repository's name for people.
    pub repository: String,
    /// The request within it: `#12`.
    pub change: String,
    /// Id of the stage that it is in, such as `pickup`; empty where no boundary of it is known.
    pub stage: String,
    /// Name of that stage for people.
    pub stage_label: String,
    /// Since when it is in that stage.
    pub since: Option<Timestamp>,
    /// How long that is, at the end of the window.
    pub waited_ms: Millis,
    /// First known boundary of its journey.
    pub begun: Option<Timestamp>,
    /// From there to the end of the window.
    pub age_ms: Millis,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// When it was ready for review.
    pub ready: Option<Timestamp>,
    /// First review by a person who is not the author.
    pub first_review: Option<Timestamp>,
    /// Since when its approvals hold.
    pub approved: Option<Timestamp>,
}

/// A row for every request that is open at the end of the window, the longest wait in its stage
/// first; bots' are left out.
pub fn rows(data: &Dataset<'_>) -> Vec<OpenRow> {
    let mut rows: Vec<OpenRow> = data.open.iter().map(|open| row(data, open)).collect();
    rows.sort_by(|a, b| {
        let names = |row: &OpenRow| (row.repository.clone(), row.change.clone());
        b.waited_ms.cmp(&a.waited_ms).then_with(|| names(a).cmp(&names(b)))
    });
    rows
}

fn row(data: &Dataset<'_>, open: &Open) -> OpenRow {
    let journey = &open.journey;
    let line = journey.line.boundaries();
    let passed = line.iter().rev().find_map(|boundary| journey.at(*boundary));
    let begun = line.iter().find_map(|boundary| journey.at(*boundary));
    let until = data.window.until;
    let to_now =
        |at: Option<Timestamp>| at.map_or(Millis::ZERO, |at| (until - at).max(Millis::ZERO));
    OpenRow {
        repository: data.repositories[open.repository].history.name.clone(),
        change: format!("#{}", open.request),
        stage: open.stage().map_or_else(String::new, |stage| stage.id().to_owned()),
        stage_label: open.stage().map_or_else(String::new, |stage| stage.label().to_owned()),
        since: passed,
        waited_ms: to_now(passed),
        begun,
        age_ms: to_now(begun),
        opened: journey.seen(Boundary::Opened),
        ready: journey.seen(Boundary::Ready),
        first_review: journey.seen(Boundary::FirstReview),
        approved: journey.seen(Boundary::Approved),
    }
}
