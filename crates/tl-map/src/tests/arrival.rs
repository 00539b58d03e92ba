//! How changes arrive on the default branch.

use super::shown::shown;

#[test]
fn a_squash_with_its_head_starts_at_the_first_commit_of_the_request() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "try" on topic from a1
        1 15:00 bo  commits b2 "again" on topic
        1 15:00 bo  pushes #12 at b2
        2 09:00 bo  commits a2 "Add x (#12)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence 2 commits: 1 09:00 > 1 15:00 > 2 09:00, 6 + 18 + ? h
    "#);
}

#[test]
fn a_squash_without_its_head_has_no_start_and_never_its_own_author_date() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 09:00 bo  commits a2 "Add x (#12)" authored 1 09:00
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: ? > ? > 2 09:00, ? + ? + ? h
    "#);
}

#[test]
fn an_agents_request_squashed_by_a_person_stays_the_agents() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 copilot commits b1 "plan" on topic from a1
        1 15:00 ana commits b2 "polish" on topic
        1 15:00 ana pushes #12 at b2
        2 09:00 ana commits a2 "Add x (#12)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash copilot agent-authored 2 commits: 1 09:00 > 1 15:00 > 2 09:00, 6 + 18 + ? h
    "#);
}

#[test]
fn a_merge_commit_is_judged_by_the_commits_it_brought() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1 with claude
        1 12:00 bo  commits b2 "more" on topic
        1 18:00 ana commits a2 "Meanwhile"
        2 09:00 ana commits a3 "Merge pull request #12 from bo/topic" merging b2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 1 18:00 > 1 18:00 > 1 18:00, 0 + 0 + ? h
    #12 merge bo AI-assisted 2 commits: 1 09:00 > 1 12:00 > 2 09:00, 3 + 21 + ? h
    "#);
}

#[test]
fn a_squash_titled_like_a_merge_is_a_squash() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1
        1 12:00 bo  pushes #12 at b1
        2 09:00 bo  commits a2 "Merge pull request #12 from bo/topic"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: 1 09:00 > 1 09:00 > 2 09:00, 0 + 24 + ? h
    "#);
}

#[test]
fn replayed_commits_of_one_request_are_one_change() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "one" on topic from a1
        1 12:00 bo  commits b2 "two" on topic with claude
        1 12:00 bo  pushes #12 at b2
        1 13:00 ana commits a2 "Meanwhile"
        2 09:00 ana commits a3 "one" by bo authored 1 09:00
        2 09:00 ana commits a4 "two" by bo authored 1 12:00 with claude
        2 10:00 ana commits a5 "Later"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 1 13:00 > 1 13:00 > 1 13:00, 0 + 0 + ? h
    #12 rebase bo AI-assisted 2 commits 2 replayed: 1 09:00 > 1 12:00 > 2 09:00, 3 + 21 + ? h
    a5 direct ana no evidence: 2 10:00 > 2 10:00 > 2 10:00, 0 + 0 + ? h
    "#);
}

#[test]
fn of_a_fast_forwarded_request_the_last_commit_is_known() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits a2 "one"
        1 12:00 bo  commits a3 "two"
        1 12:00 bo  pushes #12 at a3
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct bo no evidence: 1 09:00 > 1 09:00 > 1 09:00, 0 + 0 + ? h
    #12 rebase bo no evidence: 1 12:00 > 1 12:00 > 1 12:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_stacked_request_counts_only_its_own_commits_when_the_lower_one_came_first() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "lower" on lower from a1
        1 10:00 bo  pushes #12 at b1
        1 11:00 cy  commits c1 "upper" on upper from b1
        1 12:00 cy  commits c2 "upper again" on upper
        1 12:00 cy  pushes #13 at c2
        2 09:00 bo  commits a2 "Lower (#12)"
        2 10:00 cy  commits a3 "Upper (#13)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: 1 09:00 > 1 09:00 > 2 09:00, 0 + 24 + ? h
    #13 stacked cy no evidence 2 commits: 1 11:00 > 1 12:00 > 2 10:00, 1 + 22 + ? h
    "#);
}

#[test]
fn a_stacked_request_that_merged_the_lower_one_counts_only_its_own_commits() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "lower" on lower from a1
        1 10:00 bo  commits b2 "lower again" on lower
        1 10:00 bo  pushes #12 at b2
        1 11:00 cy  commits c1 "upper" on upper from b1
        1 12:00 cy  commits c2 "Merge lower" on upper merging b2
        1 12:00 cy  pushes #13 at c2
        2 09:00 bo  commits a2 "Lower (#12)"
        2 10:00 cy  commits a3 "Upper (#13)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence 2 commits: 1 09:00 > 1 10:00 > 2 09:00, 1 + 23 + ? h
    #13 stacked cy no evidence 2 commits: 1 11:00 > 1 12:00 > 2 10:00, 1 + 22 + ? h
    "#);
}

#[test]
fn a_stacked_request_is_known_when_the_lower_one_was_replayed() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "lower" on lower from a1
        1 10:00 bo  pushes #12 at b1
        1 11:00 cy  commits c1 "upper" on upper from b1
        1 12:00 cy  pushes #13 at c1
        2 08:00 ana commits a2 "Meanwhile"
        2 09:00 ana commits a3 "lower" by bo authored 1 09:00
        2 10:00 cy  commits a4 "Upper (#13)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    #12 rebase bo no evidence: 1 09:00 > 1 09:00 > 2 09:00, 0 + 24 + ? h
    #13 stacked cy no evidence: 1 11:00 > 1 11:00 > 2 10:00, 0 + 23 + ? h
    "#);
}

#[test]
fn a_request_that_supersedes_another_has_its_commits_too() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "first try" on topic from a1
        1 10:00 bo  pushes #12 at b1
        1 11:00 cy  commits c1 "finish it" on other from b1
        1 12:00 cy  pushes #13 at c1
        2 10:00 cy  commits a2 "Do it (#13)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #13 squash cy no evidence 2 commits: 1 09:00 > 1 11:00 > 2 10:00, 2 + 23 + ? h
    #12 merged elsewhere bo: 1 commits
    "#);
}

#[test]
fn a_request_into_a_release_branch_was_merged_elsewhere() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "mend" on topic from a1
        1 10:00 bo  pushes #12 at b1
        1 11:00 cy  commits c1 "drop it" on other from a1
        1 11:30 cy  pushes #13 at c1
        2 10:00 bo  commits d1 "Mend (#12)" on release/1.0 from a1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 merged elsewhere bo: 1 commits
    #13 never merged cy: 1 commits
    "#);
}

#[test]
fn a_request_into_a_branch_that_was_merged_later_was_merged_elsewhere() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "part" on part from a1
        1 10:00 bo  pushes #13 at b1
        1 11:00 ana commits c1 "Part (#13)" on topic from a1
        2 10:00 ana commits a2 "Merge pull request #12 from ana/topic" merging c1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 merge ana no evidence: 1 11:00 > 1 11:00 > 2 10:00, 0 + 23 + ? h
    #13 merged elsewhere bo: 1 commits
    "#);
}

#[test]
fn a_direct_push_starts_at_its_author_date() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 09:00 bo  commits a2 "Straight to main" authored 2 07:00
        2 10:00 dependabot commits a3 "Bump x"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct bo no evidence: 2 07:00 > 2 09:00 > 2 09:00, 2 + 0 + ? h
    a3 direct dependabot bot: 2 10:00 > 2 10:00 > 2 10:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_request_named_again_was_delivered_only_once() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 09:00 bo  commits a2 "Add x (#12)"
        3 09:00 bo  commits a3 "Reapply x (#12)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: ? > ? > 2 09:00, ? + ? + ? h
    a3 direct bo no evidence: 3 09:00 > 3 09:00 > 3 09:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_request_whose_head_was_merged_is_not_delivered_again_by_a_title() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1
        1 10:00 bo  pushes #12 at b1
        2 09:00 ana commits a2 "Merge branch topic" merging b1
        3 09:00 bo  commits a3 "Follow x up (#12)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 merge bo no evidence: 1 09:00 > 1 09:00 > 2 09:00, 0 + 24 + ? h
    a3 direct bo no evidence: 3 09:00 > 3 09:00 > 3 09:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_merge_that_names_its_request_wins_over_an_earlier_title() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1
        1 10:00 bo  pushes #12 at b1
        2 09:00 ana commits a2 "Prepare for x (#12)"
        3 09:00 ana commits a3 "Merge pull request #12 from bo/topic" merging b1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 2 09:00 > 2 09:00 > 2 09:00, 0 + 0 + ? h
    #12 merge bo no evidence: 1 09:00 > 1 09:00 > 3 09:00, 0 + 48 + ? h
    "#);
}

#[test]
fn main_merged_into_the_branch_is_not_work_of_the_branch() {
    let story = r#"
        1 06:00 ana commits a1 "Start"
        1 07:00 ana commits a2 "Older than the branch"
        1 09:00 bo  commits b1 "work" on topic from a1
        1 10:00 bo  commits b2 "Merge main" on topic merging a2
        1 11:00 bo  commits b3 "more" on topic
        1 11:00 bo  pushes #12 at b3
        2 09:00 bo  commits a3 "Add x (#12)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 06:00 > 1 06:00 > 1 06:00, 0 + 0 + ? h
    a2 direct ana no evidence: 1 07:00 > 1 07:00 > 1 07:00, 0 + 0 + ? h
    #12 squash bo no evidence 3 commits: 1 09:00 > 1 11:00 > 2 09:00, 2 + 22 + ? h
    "#);
}

#[test]
fn an_octopus_merge_is_one_change_of_all_its_branches() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "one" on one from a1
        1 10:00 cy  commits c1 "two" on two from a1
        2 09:00 ana commits a2 "Merge one and two" merging b1 merging c1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 merge bo no evidence 2 commits: 1 09:00 > 1 10:00 > 2 09:00, 1 + 23 + ? h
    "#);
}

#[test]
fn a_criss_cross_counts_every_commit_once() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "left" on topic from a1
        1 10:00 ana commits a2 "right"
        1 11:00 bo  commits b2 "Merge main" on topic merging a2
        1 12:00 ana commits a3 "Merge topic early" merging b1
        1 13:00 bo  commits b3 "more" on topic
        1 14:00 ana commits a4 "Merge topic" merging b3
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 1 10:00 > 1 10:00 > 1 10:00, 0 + 0 + ? h
    a3 merge bo no evidence: 1 09:00 > 1 09:00 > 1 12:00, 0 + 3 + ? h
    a4 merge bo no evidence 2 commits: 1 13:00 > 1 13:00 > 1 14:00, 0 + 1 + ? h
    "#);
}

#[test]
fn an_empty_history_has_no_changes() {
    assert_eq!(shown(""), "");
}

#[test]
fn a_merge_of_an_unrelated_history_has_no_start() {
    let story = r#"
        2020-03-01 08:00 cy commits c1 "Another project" on other from nothing
        2020-03-02 08:00 cy commits c2 "Goes on" on other
        1 08:00 ana commits a1 "Start"
        2 09:00 ana commits a2 "Add subtree" merging c2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 merge ana no evidence 2 commits: ? > ? > 2 09:00, ? + ? + ? h
    "#);
}

#[test]
fn a_push_after_the_merge_is_a_push_at_the_merge() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1
        2 09:00 bo  commits a2 "Add x (#12)"
        2 12:00 bo  commits b2 "too late" on topic
        2 12:00 bo  pushes #12 at b2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence 2 commits: 1 09:00 > 2 09:00 > 2 09:00, 24 + 0 + ? h, shifted 3 h
    "#);
}

#[test]
fn a_first_commit_dated_after_the_merge_is_moved_to_it() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1 authored 2100-01-01 00:00
        1 09:00 bo  pushes #12 at b1
        1 12:00 bo  commits a2 "Add x (#12)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: 1 12:00 > 1 12:00 > 1 12:00, 0 + 0 + ? h, shifted 648660 h
    "#);
}

#[test]
fn a_commit_dated_1970_is_no_start_of_work() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 bo  commits b1 "work" on topic from a1 authored 1970-01-01 00:00
        1 10:00 bo  commits b2 "more" on topic
        1 10:00 bo  pushes #12 at b2
        1 12:00 bo  commits a2 "Add x (#12)"
        1 13:00 bo  commits a3 "Straight to main" authored 1970-01-01 00:00
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence 2 commits: 1 10:00 > 1 10:00 > 1 12:00, 0 + 2 + ? h
    a3 direct bo no evidence: ? > 1 13:00 > 1 13:00, ? + 0 + ? h
    "#);
}

#[test]
fn a_request_on_a_copy_of_the_history_takes_no_older_change() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits a2 "Add x"
        3 08:00 bo  commits b2 "Add x" on copy from nothing authored 2 08:00
        9 08:00 cy  commits b3 "Add y" on copy from b2
        9 09:00 cy  pushes #7 at b3
        9 10:00 ana commits a3 "Add y" from a2 by cy authored 9 08:00
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    #7 rebase cy no evidence 2 commits: ? > ? > 9 10:00, ? + ? + ? h
    "#);
}
