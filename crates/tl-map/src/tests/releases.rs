//! When changes were first released, and through what.

use super::shown::shown;

#[test]
fn the_first_stable_release_counts_and_the_earliest_known_one_is_left_censored() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 ana tags v1.0.0 at a1
        3 08:00 bo  commits a2 "Add x"
        4 08:00 ana commits a3 "Prepare"
        4 08:00 ana tags v1.1.0-rc.1 at a3
        5 08:00 ana commits a4 "Release"
        5 08:00 ana tags v1.1.0 at a4
        6 08:00 ana commits a5 "Not released"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 3 08:00 > 3 08:00 > 3 08:00 > 5 08:00 v1.1.0, 0 + 0 + 48 h
    a3 direct ana no evidence: 4 08:00 > 4 08:00 > 4 08:00 > 5 08:00 v1.1.0, 0 + 0 + 24 h
    a4 direct ana no evidence: 5 08:00 > 5 08:00 > 5 08:00 > 5 08:00 v1.1.0, 0 + 0 + 0 h
    a5 direct ana no evidence: 6 08:00 > 6 08:00 > 6 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn packages_release_on_their_own_and_the_first_one_that_has_a_change_counts() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags api@1.0.0 at a1
        2 08:00 bo  commits a2 "Add x"
        3 08:00 ana commits a3 "Release web"
        3 08:00 ana tags web@1.0.0 at a3
        4 08:00 ana commits a4 "Release api"
        4 08:00 ana tags api@1.1.0 at a4
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 3 08:00 web@1.0.0, 0 + 0 + 24 h
    a3 direct ana no evidence: 3 08:00 > 3 08:00 > 3 08:00 > 3 08:00 web@1.0.0, 0 + 0 + 0 h
    a4 direct ana no evidence: 4 08:00 > 4 08:00 > 4 08:00 > 4 08:00 api@1.1.0, 0 + 0 + 0 h
    "#);
}

#[test]
fn a_change_is_released_with_a_package_that_it_touched() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags api@1.0.0 at a1
        2 08:00 bo  commits a2 "Add x" edits packages/api/x 0,0,9
        2 09:00 bo  commits a3 "Add y" edits packages/web/y 0,0,9
        2 10:00 bo  commits a4 "Add z" edits docs/z 0,0,9
        3 08:00 ana commits a5 "Release web"
        3 08:00 ana tags web@1.0.0 at a5
        4 08:00 ana commits a6 "Release api"
        4 08:00 ana tags api@1.1.0 at a6
        5 08:00 bo  commits a7 "Add w" edits packages/web/y 0,0,9
        6 08:00 ana commits a8 "Release api again"
        6 08:00 ana tags api@1.2.0 at a8
    "#;
    let shown = shown(story);
    let released = |id: &str| {
        let line = shown.lines().find(|line| line.starts_with(id)).unwrap();
        line.split(" > ").last().unwrap().split(',').next().unwrap().to_owned()
    };
    assert_eq!(released("a2"), "4 08:00 api@1.1.0");
    assert_eq!(released("a3"), "3 08:00 web@1.0.0");
    assert_eq!(released("a4"), "3 08:00 web@1.0.0", "of no package: the first of any");
    let last = shown.lines().find(|line| line.starts_with("a7")).unwrap();
    assert!(!last.contains("api@1.2.0"), "web was not released since: {last}");
}

#[test]
fn an_annotated_tag_has_a_date_of_its_own() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "Add x"
        9 08:00 ana annotates v1.1.0 at a2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 9 08:00 v1.1.0, 0 + 0 + 168 h
    "#);
}

#[test]
fn a_tag_older_than_its_commit_releases_at_the_merge_and_is_said() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        5 08:00 bo  commits a2 "Add x"
        5 05:00 ana annotates v1.1.0 at a2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 5 08:00 > 5 08:00 > 5 08:00 > 5 08:00 v1.1.0, 0 + 0 + 0 h, shifted 3 h
    "#);
}

#[test]
fn two_names_for_one_version_are_one_release() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        1 08:00 ana tags 1.0.0 at a1
        2 08:00 bo  commits a2 "Add x"
        2 08:00 bo  tags v1.1.0 at a2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 2 08:00 v1.1.0, 0 + 0 + 0 h
    "#);
}

#[test]
fn a_change_is_released_by_a_backport_that_names_its_commit() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "Mend x"
        3 08:00 ana commits b1 "Mend x" on release/1.0 from a1 picks a2
        3 08:00 ana tags v1.0.1 at b1
        9 08:00 ana commits a3 "Release"
        9 08:00 ana tags v2.0.0 at a3
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 3 08:00 v1.0.1 by backport, 0 + 0 + 24 h
    a3 direct ana no evidence: 9 08:00 > 9 08:00 > 9 08:00 > 9 08:00 v2.0.0, 0 + 0 + 0 h
    v1.0.1 mends v1.0.0: patch release off the main line: 1 of 1 new commits are reverts or cherry-picks
    "#);
}

#[test]
fn a_change_carried_over_from_a_release_branch_was_released_before_it_came() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        3 08:00 ana commits b1 "Mend x" on release/1.0 from a1
        3 08:00 ana tags v1.0.1 at b1
        4 08:00 bo  commits a2 "Mend x on main" picks b1
        9 08:00 ana commits a3 "Release"
        9 08:00 ana tags v2.0.0 at a3
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00 > 4 08:00 v1.0.1 by backport, 0 + 0 + 0 h
    a3 direct ana no evidence: 9 08:00 > 9 08:00 > 9 08:00 > 9 08:00 v2.0.0, 0 + 0 + 0 h
    "#);
}

#[test]
fn two_picks_of_one_commit_are_equivalent() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        1 09:00 cy  commits c1 "Mend x" on topic from a1
        2 08:00 bo  commits a2 "Mend x" picks c1
        3 08:00 ana commits b1 "Mend x there" on release/1.0 from a1 picks c1
        3 08:00 ana tags v1.0.1 at b1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 3 08:00 v1.0.1 by backport, 0 + 0 + 24 h
    v1.0.1 mends v1.0.0: patch release off the main line: 1 of 1 new commits are reverts or cherry-picks
    "#);
}

#[test]
fn a_backport_with_the_same_title_and_ticket_or_request_counts() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "ZK-47: mend x"
        2 09:00 bo  commits a3 "Mend y (#12)"
        3 08:00 ana commits b1 "ZK-47: mend x" on release/1.0 from a1
        3 08:00 ana commits b2 "Mend y (#12)" on release/1.0
        3 08:00 ana tags v1.0.1 at b2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 3 08:00 v1.0.1 by backport, 0 + 0 + 24 h
    #12 squash bo no evidence: ? > ? > 2 09:00 > 3 08:00 v1.0.1 by backport, ? + ? + 23 h
    v1.0.1 mends v1.0.0: patch release off the main line: 2 of 2 new commits are reverts or cherry-picks
    "#);
}

#[test]
fn an_equal_title_alone_is_no_backport() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "Fix typo"
        2 09:00 bo  commits a3 "Fix link (#12)"
        3 08:00 ana commits b1 "Fix typo" on release/1.0 from a1
        3 08:00 ana commits b2 "Fix link (#13)" on release/1.0
        3 08:00 ana tags v1.0.1 at b2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: ? > ? > 2 09:00, ? + ? + ? h
    "#);
}

#[test]
fn a_first_try_made_long_before_is_no_backport() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 ana commits b1 "ZK-47: mend x" on release/1.0 from a1
        2 08:00 ana tags v1.0.1 at b1
        40 08:00 bo commits a2 "ZK-47: mend x"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 direct bo no evidence: 40 08:00 > 40 08:00 > 40 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_topic_merged_to_a_release_branch_first_was_released_there() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits b1 "Mend x" on topic from a1
        3 08:00 ana commits c1 "Merge topic" on release/1.0 from a1 merging b1
        3 08:00 ana tags v1.0.1 at c1
        4 08:00 ana commits a2 "Merge topic" merging b1
        9 08:00 ana commits a3 "Release"
        9 08:00 ana tags v2.0.0 at a3
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
    a2 merge bo no evidence: 2 08:00 > 2 08:00 > 4 08:00 > 4 08:00 v1.0.1 by backport, 0 + 48 + 0 h
    a3 direct ana no evidence: 9 08:00 > 9 08:00 > 9 08:00 > 9 08:00 v2.0.0, 0 + 0 + 0 h
    "#);
}

#[test]
fn a_patch_release_off_the_main_line_with_a_carried_fix_is_a_hotfix_and_says_why() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "Mend x" fixes a1
        3 08:00 ana commits b1 "Mend x" on release/1.0 from a1 picks a2
        3 09:00 ana commits b2 "Bump version" on release/1.0
        3 09:00 ana tags v1.0.1 at b2
        9 08:00 ana commits c1 "Something new" on release/1.1 from a2
        9 08:00 ana tags v1.0.2 at c1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
      hot-fixed by a2, grade D: fix that names commit a100000000, shipped by hotfix v1.0.1
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 3 09:00 v1.0.1 by backport, 0 + 0 + 25 h
    v1.0.1 mends v1.0.0: patch release off the main line: 1 of 2 new commits are reverts or cherry-picks
    "#);
}

#[test]
fn a_patch_release_on_the_main_line_or_late_is_no_hotfix() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "Mend x" reverts a1
        2 08:00 bo  tags v1.0.1 at a2
        3 08:00 bo  commits a3 "Mend y"
        40 08:00 ana commits b1 "Mend y" on release/1.0 from a2 picks a3
        40 08:00 ana tags v1.0.2 at b1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00 > before the first release, 0 + 0 + ? h
      reverted by a2, grade C: revert that names commit a100000000
    a2 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00 > 2 08:00 v1.0.1, 0 + 0 + 0 h
    a3 direct bo no evidence: 3 08:00 > 3 08:00 > 3 08:00 > 40 08:00 v1.0.2 by backport, 0 + 0 + 888 h
    "#);
}
