//! Reviews of requests, as the report counts them.

use tl_core::attribution::AuthorClass;
use tl_core::delivery::{Delivery, Merge, Request, Review};
use tl_core::fact::{ChangeState, ReviewVerdict};
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};

use super::story::{START, history, instant};
use crate::dataset::{Dataset, Item};
use crate::journey::Boundary;
use crate::measure::coverage::coverage;
use crate::measure::reviews::reviews;
use crate::measure::series::series;
use crate::options::Options;

fn told(story: &str) -> [History; 1] {
    let mut history = history(story);
    history.repository = "acme/story".to_owned();
    [history]
}

/// A request of ana's, opened on day 2 at eight o'clock.
fn request(number: u64, reviews: &[Timestamp]) -> Request {
    let review = |at: &Timestamp| Review {
        at: *at,
        reviewer: "bo".to_owned(),
        class: AuthorClass::Human,
        verdict: ReviewVerdict::Approved,
        commit: String::new(),
    };
    let state = ChangeState { number, author: "ana".to_owned(), ..ChangeState::default() };
    Request {
        key: format!("acme/story#{number}"),
        opened: Some(instant("2", "08:00")),
        state: Some((START, state)),
        reviews: reviews.iter().map(review).collect(),
        ..Request::default()
    }
}

fn options() -> Options {
    let (since, until) = (Some(START), Some(START + Millis::days(10)));
    Options { since, until, draws: 50, ..Options::at(START + Millis::days(400)) }
}

#[test]
fn reviewed_as_a_draft_is_not_unreviewed_and_landed_by_hand_ends_the_review() {
    let histories = told(
        r#"
        3 12:00 ana commits a1 "Add x (#1)"
        3 13:00 ana commits a2 "Add y (#2)"
        "#,
    );
    let mut draft = request(1, &[instant("2", "09:00")]);
    draft.drafts = vec![(instant("2", "10:00"), true)];
    draft.merged = Some(Merge { at: instant("3", "12:00"), ..Merge::default() });
    // Closed on the forge and landed by hand; bo approves what is there already.
    let by_hand = request(2, &[instant("3", "18:00")]);
    let delivery = Delivery { requests: vec![draft, by_hand], ..Delivery::default() };
    let options = options();
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let table = reviews(&data).unwrap();
    assert_eq!((table.unreviewed.value, table.unreviewed.n), (Some(0.5), 2));
    let first_review = coverage(&data).into_iter().find(|row| row.boundary == "t4").unwrap();
    let mut lacking = first_review.lacking;
    lacking.sort();
    assert_eq!(
        lacking,
        [
            ("merged without a review by another person".to_owned(), 1),
            ("reviewed only as a draft".to_owned(), 1),
        ]
    );
}

#[test]
fn a_change_whose_request_was_not_collected_is_not_in_the_cumulative_flow() {
    let histories = told(
        r#"
        1 08:00 ana commits a0 "Start"
        1 09:00 ana tags v1.0.0 at a0
        2 07:00 ana commits b1 "work" on x from a0
        2 07:00 ana pushes #1 at b1
        2 07:00 ana commits b2 "work" on y from a0
        2 07:00 ana pushes #2 at b2
        3 12:00 ana commits a1 "Add x (#1)"
        3 13:00 ana commits a2 "Add y (#2)"
        "#,
    );
    let mut known = request(1, &[]);
    known.merged = Some(Merge { at: instant("3", "12:00"), ..Merge::default() });
    let delivery = Delivery { requests: vec![known], ..Delivery::default() };
    let options = options();
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let begun = |item: &&Item| item.journey.at(Boundary::FirstCommit).is_some();
    assert_eq!(data.items.iter().filter(begun).filter(|item| !item.left_censored()).count(), 2);
    let week = series(&data, &[]).weeks.pop().unwrap();
    assert_eq!((week.started, week.pushed, week.merged), (1, 1, 1));
}
