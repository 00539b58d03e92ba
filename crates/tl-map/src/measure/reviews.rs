//! Reviews: how many there are for how many reviewers, whose turn it was, and what was merged
//! without one.
//!
//! In: the dataset with the requests that were collected. Out: [`Reviews`]. Start at [`reviews`].
//! **Invariant:** load is told of all reviewers together; no reviewer is named or ranked.

use tl_core::time::Millis;

use super::MeasureDoc;
use super::figures::{Column, share};
use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, Shape};
use crate::report::collected::Reviews;
use crate::report::{Figure, Unit};
use crate::stats::quantile::quantile_f64;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "reviews",
    title: "Review load and turns",
    what: "how reviews are spread, how long each side of a review takes, and what is merged without one",
    formula: "load = reviews by people / (reviewers x weeks); busiest fifth = reviews by the fifth of the \
              reviewers with most / all; reviewer's turn and author's turn split the time from first \
              review to approval: after a review it is the author's, after a push, a commit or a new \
              request for review the reviewer's; rounds = reviews that asked for changes",
    unit: "reviews per reviewer and week; hours; shares",
    edge_cases: &[
        "a review by the author, a bot or an AI is no review by a person; the first by a program is \
         shown apart (t4ai)",
        "a plain comment on a request is no review; a review comment is",
        "load counts reviews given in the window, also of requests that are still open",
        "with fewer reviewers than the privacy floor the busiest fifth is hidden",
        "a request reviewed only as a draft is no unreviewed one, though it has no first review (t4)",
        "a request whose author was not collected is left out",
    ],
    source: "boundaries t4 and t5; DORA on review queues; Sadowski et al. 2018",
};

/// Measures the reviews of the window; `None` where no request was collected.
pub fn reviews(data: &Dataset<'_>) -> Option<Reviews> {
    if !data.requests.any {
        return None;
    }
    let draws = data.options.bootstrap();
    let known: Vec<&Item> =
        data.in_window().filter(|item| has_author(item) && item.shape != Shape::Direct).collect();
    let by_reviewer = given(data);
    let all: u64 = by_reviewer.iter().sum();
    let reviewers = by_reviewer.len();
    let all_known = || known.iter().copied();
    let of = |span: fn(&Item) -> Option<Millis>| {
        Column::of(all_known(), |item| span(item).map(Millis::get))
    };
    let reviewed = |item: &Item| item.told.course.first_review.is_some();
    // Reviewed as a draft and merged: there is no first review of what was ready, but a review.
    let unreviewed = known.iter().filter(|item| item.told.course.reviews == 0).count() as u64;
    let rounds = Column::of(all_known(), |item| {
        reviewed(item).then_some(i64::from(item.told.course.changes_requested))
    });
    Some(Reviews {
        reviews: all,
        reviewers: reviewers as u64,
        load: load(&by_reviewer, data),
        busiest_fifth: busiest_fifth(&by_reviewer, data.options.privacy_floor),
        reviewers_turn: of(|item| reviewed_span(item, item.told.course.reviewers_turn))
            .or("no reviewed request")
            .median(Unit::Hours, &draws),
        authors_turn: of(|item| reviewed_span(item, item.told.course.authors_turn))
            .or("no reviewed request")
            .median(Unit::Hours, &draws),
        rounds: rounds.or("no reviewed request").mean(Unit::Count, &draws),
        to_first_ai_review: of(|item| {
            let ready = item.journey.seen(Boundary::Ready)?;
            let spent = item.told.course.first_ai_review? - ready;
            Some(Millis::new(spent.get().max(0)))
        })
        .or("no request that a program reviewed")
        .median(Unit::Hours, &draws),
        unreviewed: share(unreviewed, known.len() as u64),
    })
}

/// Whether the state of its request was collected: without its author nobody's review is known to
/// be another's.
fn has_author(item: &Item) -> bool {
    item.told.request.as_ref().is_some_and(|asked| asked.has_state)
}

fn reviewed_span(item: &Item, span: Millis) -> Option<Millis> {
    item.told.course.first_review.map(|_| span)
}

/// Reviews by people in the window: how many each reviewer gave, in no order.
fn given(data: &Dataset<'_>) -> Vec<u64> {
    let mut by_reviewer = vec![0; data.requests.logins.len()];
    for review in data.requests.given.iter().filter(|review| review.counts) {
        by_reviewer[review.who as usize] += 1;
    }
    by_reviewer.retain(|reviews| *reviews > 0);
    by_reviewer
}

/// Reviews for each reviewer and week: the mean, with the quartiles of the reviewers beside it.
fn load(by_reviewer: &[u64], data: &Dataset<'_>) -> Figure {
    let n = by_reviewer.len() as u64;
    if n == 0 {
        return Figure::unknown(0, Unit::PerWeek, "no review by a person in the window");
    }
    let sum: u64 = by_reviewer.iter().sum();
    let mut figure = Figure::plain(sum as f64 / n as f64 / data.weeks(), n, Unit::PerWeek);
    if by_reviewer.len() >= data.options.privacy_floor {
        let mut sorted: Vec<f64> = by_reviewer.iter().map(|reviews| *reviews as f64).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |p| quantile_f64(&sorted, p).unwrap_or_default() / data.weeks();
        figure.note = Some(format!(
            "the middle half of the reviewers gives {:.1} to {:.1} a week",
            at(0.25),
            at(0.75)
        ));
    }
    figure
}

/// The share of all reviews that the busiest fifth of the reviewers gives.
fn busiest_fifth(by_reviewer: &[u64], privacy_floor: usize) -> Figure {
    let reviewers = by_reviewer.len();
    if reviewers == 0 {
        return Figure::unknown(0, Unit::Share, "no review by a person in the window");
    }
    if reviewers < privacy_floor {
        let why = "hidden: fewer reviewers than the privacy floor";
        return Figure::unknown(reviewers as u64, Unit::Share, why);
    }
    let mut sorted = by_reviewer.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let top: u64 = sorted[..reviewers.div_ceil(5)].iter().sum();
    let all: u64 = sorted.iter().sum();
    let mut figure = Figure::plain(top as f64 / all as f64, all, Unit::Share);
    figure.note = Some("no interval: reviews of one reviewer are not independent".to_owned());
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_reviewers_there_is_no_busiest_fifth_whatever_the_floor() {
        assert_eq!(busiest_fifth(&[], 0).value, None);
        assert_eq!(busiest_fifth(&[], 5).value, None);
        assert_eq!(busiest_fifth(&[3, 1], 5).value, None);
        assert_eq!(busiest_fifth(&[3, 1], 2).value, Some(0.75));
    }
}
