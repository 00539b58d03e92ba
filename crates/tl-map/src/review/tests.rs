use proptest::prelude::*;
use tl_core::delivery::Merge;
use tl_core::fact::ChangeState;

use super::*;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_seconds(hour * 3600)
}

/// One fact a line: `hour who what`. `ana` is the author.
fn request(story: &str) -> Request {
    let state = ChangeState { author: "ana".to_owned(), ..ChangeState::default() };
    let mut request = Request { state: Some((at(0), state)), ..Request::default() };
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let hour = at(words.next().unwrap().parse().unwrap());
        let who = words.next().unwrap();
        let mut review = |verdict, class| {
            request.reviews.push(Review {
                at: hour,
                reviewer: who.to_owned(),
                class,
                verdict,
                commit: String::new(),
            });
        };
        match words.next().unwrap() {
            "opens" => request.opened = Some(hour),
            "drafts" => request.drafts.push((hour, false)),
            "readies" => request.drafts.push((hour, true)),
            "pushes" => request.pushes.push((hour, String::new())),
            "comments" => review(ReviewVerdict::Commented, AuthorClass::Human),
            "approves" => review(ReviewVerdict::Approved, AuthorClass::Human),
            "objects" => review(ReviewVerdict::ChangesRequested, AuthorClass::Human),
            "withdraws" => review(ReviewVerdict::Dismissed, AuthorClass::Human),
            "generates" => review(ReviewVerdict::Commented, AuthorClass::Agent),
            "merges" => request.merged = Some(Merge { at: hour, ..Merge::default() }),
            other => panic!("{other}"),
        }
    }
    request
}

fn told(story: &str) -> String {
    let course = course(&request(story), 1, None, at(1_000));
    let hour = |at: Option<Timestamp>| {
        at.map_or_else(|| "-".to_owned(), |at| (at.as_millis() / 3_600_000).to_string())
    };
    format!(
        "ready {} review {} ai {} approved {} reviewer {:.0} author {:.0}",
        hour(course.ready),
        hour(course.first_review),
        hour(course.first_ai_review),
        hour(course.approved),
        course.reviewers_turn.hours(),
        course.authors_turn.hours()
    )
}

#[test]
fn a_plain_review() {
    let story = "
        1 ana opens
        2 bot generates
        3 ana comments
        4 bo objects
        6 ana pushes
        9 bo approves
        10 ana merges
    ";
    insta::assert_snapshot!(told(story), @"ready 1 review 4 ai 2 approved 9 reviewer 3 author 2");
}

#[test]
fn a_draft_is_ready_when_it_was_last_marked_so_before_the_first_review() {
    let story = "
        1 ana opens
        2 ana readies
        3 ana drafts
        5 ana readies
        7 bo approves
        8 ana merges
    ";
    insta::assert_snapshot!(told(story), @"ready 5 review 7 ai - approved 7 reviewer 0 author 0");
}

#[test]
fn a_review_of_the_draft_does_not_end_the_wait() {
    let story = "
        1 ana opens
        2 bo comments
        5 ana readies
        9 bo approves
        9 ana merges
    ";
    insta::assert_snapshot!(told(story), @"ready 5 review 9 ai - approved 9 reviewer 0 author 0");
}

#[test]
fn approval_counts_from_the_last_stretch_that_held() {
    let story = "
        1 ana opens
        2 bo approves
        3 cy objects
        5 ana pushes
        8 cy approves
        9 ana merges
    ";
    insta::assert_snapshot!(told(story), @"ready 1 review 2 ai - approved 8 reviewer 3 author 3");
}

#[test]
fn an_objection_overridden_leaves_the_last_approval() {
    let story = "
        1 ana opens
        2 bo approves
        3 cy objects
        9 ana merges
    ";
    insta::assert_snapshot!(told(story), @"ready 1 review 2 ai - approved 2 reviewer 0 author 0");
}

#[test]
fn what_happened_after_the_merge_does_not_count() {
    let story = "
        1 ana opens
        3 ana merges
        4 bo approves
    ";
    insta::assert_snapshot!(told(story), @"ready 1 review - ai - approved - reviewer 0 author 0");
}

#[test]
fn what_happened_after_it_landed_by_hand_does_not_count() {
    let request = request(
        "
        1 ana opens
        3 bo comments
        8 bo approves
    ",
    );
    let seen = |landed| {
        let course = course(&request, 1, landed, at(1_000));
        (course.reviews, course.first_review, course.approved)
    };
    assert_eq!(seen(None), (2, Some(at(3)), Some(at(8))));
    assert_eq!(seen(Some(at(5))), (1, Some(at(3)), None));
}

#[test]
fn a_draft_that_landed_by_hand_was_ready_when_it_was_opened() {
    let mut request = request("1 ana opens");
    request.state.as_mut().unwrap().1.draft = true;
    assert_eq!(course(&request, 1, None, at(1_000)).ready, None);
    assert_eq!(course(&request, 1, Some(at(5)), at(1_000)).ready, Some(at(1)));
}

#[test]
fn a_review_of_a_request_whose_author_is_unknown_may_be_the_authors_own() {
    let mut request = request(
        "
        1 ana opens
        3 ana comments
        5 ana merges
    ",
    );
    request.state = None;
    let course = course(&request, 1, None, at(1_000));
    assert_eq!((course.reviews, course.first_review), (0, None));
}

#[test]
fn a_review_of_the_draft_alone_is_one_but_not_the_first_of_what_was_ready() {
    let request = request(
        "
        1 ana opens
        2 bo approves
        5 ana readies
        9 ana merges
    ",
    );
    let course = course(&request, 1, None, at(1_000));
    assert_eq!((course.reviews, course.first_review), (1, None));
}

proptest! {
    /// The turns add up exactly to the time from first review to approval or merge.
    #[test]
    fn turns_add_up(facts in prop::collection::vec((0..50_i64, 0..5_u8, 0..3_u8), 0..20)) {
        let who = ["ana", "bo", "cy"];
        let what = ["pushes", "comments", "approves", "objects", "withdraws"];
        let mut story = "0 ana opens\n50 ana merges\n".to_owned();
        for (hour, fact, person) in facts {
            let (who, what) = (who[usize::from(person)], what[usize::from(fact)]);
            story = format!("{story}{hour} {who} {what}\n");
        }
        let course = course(&request(&story), 1, None, at(1_000));
        if let Some(first) = course.first_review {
            let end = course.approved.unwrap_or(at(50)).max(first);
            prop_assert_eq!(course.reviewers_turn + course.authors_turn, end - first);
        } else {
            prop_assert_eq!(course.reviewers_turn + course.authors_turn, Millis::ZERO);
        }
    }
}
