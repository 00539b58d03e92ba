use tl_core::fact::ChangeState;

use super::*;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_seconds(hour * 3600)
}

fn review(hour: i64, reviewer: &str) -> Review {
    Review {
        at: at(hour),
        reviewer: reviewer.to_owned(),
        class: AuthorClass::Human,
        verdict: ReviewVerdict::Approved,
        commit: String::new(),
    }
}

fn request(pushes: &[i64], reviews: Vec<Review>) -> Request {
    let author = ChangeState { author: "ana".to_owned(), ..ChangeState::default() };
    Request {
        state: Some((at(0), author)),
        pushes: pushes.iter().map(|hour| (at(*hour), String::new())).collect(),
        reviews,
        ..Request::default()
    }
}

/// Hours of (asked, wait, service, rework).
fn hours(rounds: &[Round]) -> Vec<[f64; 4]> {
    let asked = |round: &Round| (round.asked - at(0)).hours();
    rounds
        .iter()
        .map(|one| [asked(one), one.wait.hours(), one.service.hours(), one.rework.hours()])
        .collect()
}

#[test]
fn a_round_lasts_from_the_push_to_the_review_and_the_rework_to_the_next_push() {
    let usual = Usual { given: Vec::new(), median: Millis::HOUR.get() };
    // Ready at 2; bo at 5, and cy as well at 6; pushed at 9 and 10; bo at 14; merged at 20.
    let reviews = vec![review(5, "bo"), review(6, "cy"), review(14, "bo"), review(3, "ana")];
    let found = rounds(&request(&[1, 9, 10], reviews), at(2), at(20), &usual);
    assert_eq!(hours(&found), [[2.0, 3.0, 1.0, 4.0], [9.0, 5.0, 1.0, 0.0]]);
    let unreviewed = rounds(&request(&[1, 9], Vec::new()), at(2), at(20), &usual);
    assert_eq!(unreviewed, []);
}

#[test]
fn a_review_in_one_sitting_took_the_time_since_the_one_before() {
    let (first, second) =
        (request(&[], vec![review(10, "bo")]), request(&[], vec![review(11, "bo")]));
    let usual = sittings([&first, &second].into_iter());
    assert_eq!(usual.median, USUAL_REVIEW, "one sitting is too few for a median");
    // Asked for before the sitting's first review was given: it took the hour between the two.
    assert_eq!(usual.service(&second.reviews[0], at(9)), Millis::HOUR);
    // Asked for after it: how long the reviewer waited and worked is not known.
    assert_eq!(usual.service(&second.reviews[0], at(11)).get(), USUAL_REVIEW);
    assert_eq!(usual.service(&first.reviews[0], at(1)).get(), USUAL_REVIEW);
}

#[test]
fn jobs_stand_for_their_run_and_one_that_ends_makes_room_for_the_next() {
    let build = |level, hours: [i64; 3]| Ran {
        level,
        queued: Some(at(hours[0])),
        started: Some(at(hours[1])),
        finished: Some(at(hours[2])),
        ..Ran::default()
    };
    let builds = [
        build(BuildLevel::Run, [0, 1, 9]),
        build(BuildLevel::Job, [0, 1, 4]),
        build(BuildLevel::Job, [0, 2, 6]),
        build(BuildLevel::Job, [0, 4, 9]),
    ];
    let found: Vec<Run> = runs(&builds).collect();
    assert_eq!(found.len(), 3);
    assert_eq!(most_at_once(found.iter()), 2);
    let alone: Vec<Run> = runs(&builds[..1]).collect();
    assert_eq!((alone[0].wait.hours(), alone[0].service.hours()), (1.0, 8.0));
}

#[test]
fn a_small_change_in_few_files_is_of_low_risk() {
    let size = |added, removed, files| Size { added, removed, files, reworked: None };
    assert!(is_low_risk(size(30, 20, 3)));
    assert!(!is_low_risk(size(30, 21, 1)) && !is_low_risk(size(1, 1, 4)));
}
