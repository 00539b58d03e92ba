use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_seconds(minute * 60)
}

/// One fact a line: `minute enters|leaves|closes|merges`.
fn told(story: &str) -> (Request, Option<Timestamp>) {
    let mut request = Request::default();
    let mut merged = None;
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (minute, fact) = line.split_once(' ').unwrap();
        let minute = at(minute.parse().unwrap());
        match fact {
            "enters" => request.queued.push((minute, true)),
            "leaves" => request.queued.push((minute, false)),
            "closes" => request.closed.push(minute),
            "merges" => merged = Some(minute),
            other => panic!("{other}"),
        }
    }
    (request, merged)
}

/// The way of a request as it was known at minute 1,000.
fn way(story: &str) -> String {
    let (request, merged) = told(story);
    let minutes = |span: i64| span / 60_000;
    let found = passage(&request, merged, at(1_000));
    let removed: Vec<i64> = found.removed.iter().map(|at| minutes(at.as_millis())).collect();
    let since = found.since.map(|at| minutes(at.as_millis()));
    let in_all = minutes(found.in_all.get());
    format!("{} in, out {removed:?}, since {since:?}, {in_all} min", found.entries)
}

#[test]
fn a_merge_ends_the_stay() {
    insta::assert_snapshot!(way("10 enters\n30 merges"), @"1 in, out [], since Some(10), 20 min");
}

#[test]
fn removed_and_entered_again_it_waits_from_the_last_entry_on() {
    let story = "10 enters\n25 leaves\n100 enters\n130 merges";
    insta::assert_snapshot!(way(story), @"2 in, out [25], since Some(100), 45 min");
}

#[test]
fn an_entry_told_twice_is_one() {
    let story = "10 enters\n14 enters\n30 merges";
    insta::assert_snapshot!(way(story), @"1 in, out [], since Some(10), 20 min");
}

#[test]
fn a_removal_without_an_entry_tells_nothing() {
    let story = "5 leaves\n10 enters\n30 merges";
    insta::assert_snapshot!(way(story), @"1 in, out [], since Some(10), 20 min");
    insta::assert_snapshot!(way("5 leaves\n30 merges"), @"0 in, out [], since None, 0 min");
}

#[test]
fn what_happens_after_the_merge_does_not_count() {
    let story = "10 enters\n30 merges\n40 leaves\n50 enters";
    insta::assert_snapshot!(way(story), @"1 in, out [], since Some(10), 20 min");
    insta::assert_snapshot!(way("30 merges\n50 enters"), @"0 in, out [], since None, 0 min");
}

#[test]
fn the_merge_itself_takes_it_out_of_the_queue() {
    let at_once = "10 enters\n29 leaves\n30 merges";
    insta::assert_snapshot!(way(at_once), @"1 in, out [], since Some(10), 20 min");
    let by_hand = "10 enters\n28 leaves\n30 merges";
    insta::assert_snapshot!(way(by_hand), @"1 in, out [28], since None, 18 min");
    // Removed and put back within the last minute: the removal is none of the merge's.
    let back = "10 enters\n29 leaves\n30 enters\n30 merges";
    insta::assert_snapshot!(way(back), @"2 in, out [29], since Some(30), 19 min");
}

#[test]
fn an_entry_that_nothing_ended_lasts_until_now() {
    insta::assert_snapshot!(way("10 enters"), @"1 in, out [], since Some(10), 990 min");
}

#[test]
fn a_closed_request_is_in_no_queue() {
    insta::assert_snapshot!(way("10 enters\n40 closes"), @"1 in, out [40], since None, 30 min");
    let both = "10 enters\n40 leaves\n41 closes";
    insta::assert_snapshot!(way(both), @"1 in, out [40], since None, 30 min");
}

#[test]
fn in_and_out_within_one_second_is_a_removal() {
    insta::assert_snapshot!(way("10 enters\n10 leaves"), @"1 in, out [10], since None, 0 min");
    let merged = "10 enters\n10 leaves\n11 merges";
    insta::assert_snapshot!(way(merged), @"1 in, out [], since Some(10), 1 min");
}

#[test]
fn nothing_after_the_end_of_the_window_is_known() {
    let (request, merged) = told("10 enters\n50 leaves\n60 enters\n90 merges");
    let seen = |minute| {
        let found = passage(&request, merged.filter(|merged| *merged <= at(minute)), at(minute));
        (found.entries, found.removed.len(), found.since, found.in_all.get() / 60_000)
    };
    assert_eq!(seen(9), (0, 0, None, 0));
    assert_eq!(seen(49), (1, 0, Some(at(10)), 39));
    assert_eq!(seen(55), (1, 1, None, 40));
    assert_eq!(seen(1_000), (2, 1, Some(at(60)), 70));
}

proptest! {
    /// Whatever is told in whatever order, the stays lie between the first entry and the end, each
    /// entry ends in a removal but the last, and telling a fact again changes nothing.
    #[test]
    fn stays_are_within_the_time_and_end_once(
        facts in prop::collection::vec((0..200_i64, any::<bool>()), 0..20),
        closed in prop::collection::vec(0..200_i64, 0..3),
        merge in prop::option::of(0..200_i64),
    ) {
        let queued: Vec<(Timestamp, bool)> =
            facts.iter().map(|(minute, entered)| (at(*minute), *entered)).collect();
        let closed: Vec<Timestamp> = closed.into_iter().map(at).collect();
        let request = Request { queued, closed, ..Request::default() };
        let merged = merge.map(at);
        let end = merged.unwrap_or(at(150)).min(at(150));
        let found = passage(&request, merged, at(150));
        let first = request.queued.iter().filter(|(_, entered)| *entered).map(|(at, _)| *at).min();
        let longest = first.filter(|first| *first <= end).map_or(Millis::ZERO, |first| end - first);
        prop_assert!(found.in_all >= Millis::ZERO && found.in_all <= longest);
        let stays = found.removed.len() + usize::from(found.since.is_some());
        prop_assert_eq!(found.entries as usize, stays);
        prop_assert!(found.removed.iter().all(|at| *at <= end));
        let mut again = request.clone();
        again.queued.extend(request.queued.iter().rev());
        prop_assert_eq!(passage(&again, merged, at(150)), found);
    }
}
