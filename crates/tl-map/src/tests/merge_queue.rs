//! The merge queue, as the report counts it.

use tl_core::attribution::AuthorClass;
use tl_core::delivery::{Delivery, Merge, Request, Review};
use tl_core::fact::{ChangeState, ReviewVerdict};
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};

use super::story::{START, history, instant};
use crate::dataset::{Dataset, Item};
use crate::explain::explain;
use crate::journey::Boundary;
use crate::measure::merge_queue::merge_queue;
use crate::options::Options;
use crate::report::Figure;
use crate::report::collected::MergeQueue;

fn told(story: &str) -> [History; 1] {
    let mut history = history(story);
    history.repository = "acme/story".to_owned();
    [history]
}

/// A request of ana's that bo approves on day 3 at eight o'clock; `queue` is one fact after the
/// other, such as `3 09:00 enters`.
fn request(number: u64, queue: &str) -> Request {
    let state = ChangeState { number, author: "ana".to_owned(), ..ChangeState::default() };
    let mut request = Request {
        key: format!("acme/story#{number}"),
        opened: Some(instant("2", "08:00")),
        state: Some((START, state)),
        reviews: vec![Review {
            at: instant("3", "08:00"),
            reviewer: "bo".to_owned(),
            class: AuthorClass::Human,
            verdict: ReviewVerdict::Approved,
            commit: String::new(),
        }],
        ..Request::default()
    };
    for fact in queue.split(", ").filter(|fact| !fact.is_empty()) {
        let [day, time, what] = fact.split(' ').collect::<Vec<_>>()[..] else { panic!("{fact}") };
        let at = instant(day, time);
        match what {
            "enters" => request.queued.push((at, true)),
            "leaves" => request.queued.push((at, false)),
            "merges" => request.merged = Some(Merge { at, ..Merge::default() }),
            other => panic!("{other}"),
        }
    }
    request
}

fn options(until: Timestamp) -> Options {
    let (since, until) = (Some(instant("3", "00:00")), Some(until));
    Options { since, until, draws: 50, ..Options::at(START + Millis::days(400)) }
}

fn measured(story: &str, requests: Vec<Request>, until: Timestamp) -> Option<MergeQueue> {
    let delivery = Delivery { requests, ..Delivery::default() };
    let options = options(until);
    let histories = told(story);
    merge_queue(&Dataset::with_delivery(&histories, &delivery, &options))
}

#[track_caller]
fn assert_close(figure: &Figure, expected: f64) {
    assert!((figure.value.unwrap() - expected).abs() < 1e-9, "{figure:?} is not {expected}");
}

/// As the queue lands them: each commit is made when the queue begins to check it.
const LANDED: &str = r#"
    1 08:00 ana commits a1 "Start"
    3 09:30 ana commits a2 "Add x (#1)"
    3 14:00 ana commits a3 "Add y (#2)"
    3 15:00 ana commits a4 "Add z (#3)"
    3 16:00 ana commits a5 "Straight to main"
    3 17:00 dependabot commits a6 "Bump w (#4)"
    3 18:00 ana commits a7 "Add v (#5)"
"#;

fn requests() -> Vec<Request> {
    let mut of_bot = request(4, "3 16:00 enters, 3 17:00 merges");
    let state = &mut of_bot.state.as_mut().unwrap().1;
    (state.author, state.author_class) = ("dependabot".to_owned(), AuthorClass::Bot);
    vec![
        request(1, "3 09:00 enters, 3 10:00 merges"),
        request(2, "3 09:00 enters, 3 11:00 leaves, 3 14:00 enters, 3 15:00 merges"),
        // Removed, and merged past the queue.
        request(3, "3 12:00 enters, 3 13:00 leaves, 3 15:00 merges"),
        of_bot,
        // Never queued.
        request(5, "3 18:00 merges"),
        // Thrown out for good; thrown out before the window; in it still; merged elsewhere.
        request(6, "3 09:00 enters, 4 09:00 leaves"),
        request(7, "2 09:00 enters, 2 10:00 leaves"),
        request(8, "4 09:00 enters"),
        request(9, "3 09:00 enters, 3 10:00 leaves, 3 12:00 enters, 3 13:00 merges"),
    ]
}

#[test]
fn the_queue_is_measured_by_the_requests_that_were_merged_out_of_it() {
    let found = measured(LANDED, requests(), instant("5", "00:00")).unwrap();
    // Of four merged requests of people #1 and #2 came out of the queue.
    assert_eq!((found.merged, found.share.value, found.share.n), (2, Some(0.5), 4));
    // Approved at 8: queued at 9 and, for the last time, at 14 o'clock.
    assert_close(&found.approved_to_queued_p50, 3.5);
    // One hour each; #2 two hours more before.
    assert_close(&found.in_queue_p50, 1.0);
    assert_close(&found.in_all_p50, 2.0);
    assert_close(&found.in_all_p90, 2.8);
    assert_eq!((found.in_queue_p50.n, found.in_all_p50.n), (2, 2));
    assert_eq!((found.entries.value, found.entries.n), (Some(1.5), 2));
    // #1, #2, #3 and #6 left it in the window, all but #1 by a removal at least once.
    assert_eq!((found.removed.value, found.removed.n), (Some(0.75), 4));
    assert_eq!((found.removed_unmerged, found.waiting), (1, 1));
}

#[test]
fn a_request_is_in_the_queue_until_the_forge_merges_it_whatever_its_commit_says() {
    // The commit of #1 is of 9:30, its merge of ten o'clock.
    let until = instant("3", "09:45");
    let found = measured(LANDED, requests(), until).unwrap();
    assert_eq!((found.merged, found.share.n), (0, 0));
    // #1, #2, #6 and #9.
    assert_eq!(found.waiting, 4);
    assert_eq!(found.in_queue_p50.value, None);
    assert_eq!(found.in_queue_p50.note.unwrap(), "no request was merged out of the queue");
}

#[test]
fn without_a_queue_nothing_is_said() {
    let never = vec![request(5, "3 18:00 merges")];
    assert_eq!(measured(LANDED, never, instant("5", "00:00")), None);
    let later = vec![request(5, "3 18:00 merges"), request(8, "4 09:00 enters")];
    assert_eq!(measured(LANDED, later, instant("4", "00:00")), None);
}

#[test]
fn queued_before_it_was_approved_it_waited_no_time_to_be_queued() {
    let early = vec![request(1, "3 07:00 enters, 3 10:00 merges")];
    let found = measured(LANDED, early, instant("5", "00:00")).unwrap();
    assert_eq!(found.approved_to_queued_p50.value, Some(0.0));
    assert_eq!(found.in_queue_p50.value, Some(3.0));
}

#[test]
fn the_rows_behind_the_figures_are_those_that_were_counted() {
    let delivery = Delivery { requests: requests(), ..Delivery::default() };
    let options = options(instant("5", "00:00"));
    let histories = told(LANDED);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let found = explain(&data, "merge-queue", 10).unwrap();
    let rows: Vec<String> =
        found.rows.iter().map(|row| format!("{} {}: {}", row.item, row.value, row.note)).collect();
    insta::assert_snapshot!(rows.join("\n"), @"
    #6 24: not merged, 1 x entered, 1 x removed
    #8 15: still in it, 1 x entered
    #2 3: merged 2026-01-03, 2 x entered, 1 x removed
    #1 1: merged 2026-01-03, 1 x entered
    #3 1: merged 2026-01-03, 1 x entered, 1 x removed
    ");
}

/// The value stream takes what the queue took for a wait to be merged, not to be released.
#[test]
fn out_of_a_queue_the_merge_is_when_the_forge_merged_it() {
    let requests = vec![
        request(1, "3 09:00 enters, 3 12:00 merges"),
        request(2, "3 16:00 merges"),
        request(3, "3 14:30 enters, 4 23:00 merges"),
    ];
    let delivery = Delivery { requests, ..Delivery::default() };
    let options = options(instant("4", "12:00"));
    let histories = told(LANDED);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let merged = |name: &str| {
        let named = |item: &&Item| data.change_name(item.repository(), item.change()) == name;
        data.items.iter().find(named).unwrap().journey.at(Boundary::Merged).unwrap()
    };
    assert_eq!(merged("#1"), instant("3", "12:00"));
    assert_eq!(merged("#2"), instant("3", "14:00"), "no queue: the commit's own date");
    assert_eq!(merged("#3"), instant("3", "15:00"), "merged after the window: not known");
}
