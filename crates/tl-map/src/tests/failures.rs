//! Which changes failed, as later ones tell.

use super::shown::shown;

#[test]
fn a_revert_by_id_or_by_its_beginning_names_one_change() {
    let story = r#"
        1 08:00 ana commits a1 "Add x"
        2 08:00 ana commits abc1234 "Add y"
        3 08:00 bo  commits b1 "Revert x" reverts a1
        4 08:00 bo  commits b2 "Take y back" reverts abc12340
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
      reverted by b1, grade C: revert that names commit a100000000
    abc1234 direct ana no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
      reverted by b2, grade C: revert that names commit abc12340
    b1 direct bo no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
    b2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn the_beginning_of_two_ids_names_neither_and_the_title_stands_in() {
    let story = r#"
        1 08:00 ana commits abc12341 "Add x"
        1 09:00 ana commits abc12342 "Add y"
        3 08:00 bo  commits b1 "Take it back" reverts abc1234
        4 08:00 bo  commits b2 "Revert y" reverts abc1234 reverts "Add y"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    abc12341 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    abc12342 direct ana no evidence: 1 09:00 > 1 09:00 > 1 09:00, 0 + 0 + ? h
      reverted by b2, grade D: revert that quotes its title
    b1 direct bo no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
    b2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_revert_by_request_means_the_change_of_that_request() {
    let story = r#"
        1 08:00 ana commits a1 "Add x (#12)"
        3 08:00 bo  commits b1 "Revert x (#13)" reverts #12
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    #12 squash ana no evidence: ? > ? > 1 08:00, ? + ? + ? h
      reverted by #13, grade C: revert that names request #12
    #13 squash bo no evidence: ? > ? > 3 08:00, ? + ? + ? h
    "#);
}

#[test]
fn a_revert_by_title_means_the_latest_one_not_yet_taken_back() {
    let story = r#"
        1 08:00 ana commits a1 "Bump x"
        2 08:00 ana commits a2 "Bump x"
        3 08:00 bo  commits b1 "Revert bump" reverts "Bump x"
        4 08:00 bo  commits b2 "Revert bump again" reverts "Bump x"
        5 08:00 ana commits a3 "Bump x"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
      reverted by b2, grade D: revert that quotes its title
    a2 direct ana no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
      reverted by b1, grade D: revert that quotes its title
    b1 direct bo no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
    b2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    a3 direct ana no evidence: 5 08:00 > 5 08:00 > 5 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_revert_of_a_revert_restores_and_the_original_stays_failed() {
    let story = r#"
        1 08:00 ana commits a1 "Add x"
        2 08:00 bo  commits b1 "Revert x" reverts a1
        3 08:00 ana commits a2 "Reapply x" reverts b1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
      reverted by b1, grade C: revert that names commit a100000000
    b1 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_reapplied_change_that_is_taken_back_again_failed_too() {
    let story = r#"
        1 08:00 ana commits a1 "Add x"
        2 08:00 bo  commits b1 "Revert x" reverts a1
        3 08:00 ana commits a2 "Reapply x" reverts b1
        4 08:00 bo  commits b2 "Revert the reapplied x" reverts a2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
      reverted by b1, grade C: revert that names commit a100000000
    b1 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
      reverted by b2, grade C: revert that names commit a200000000
    b2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_restored_change_can_be_named_by_its_title_again() {
    let story = r#"
        1 08:00 ana commits a1 "Add x"
        2 08:00 bo  commits b1 "Revert x" reverts "Add x"
        3 08:00 ana commits a2 "Reapply x" reverts "Revert x"
        4 08:00 bo  commits b2 "Revert x again" reverts "Add x"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
      reverted by b1, grade D: revert that quotes its title
      reverted by b2, grade D: revert that quotes its title
    b1 direct bo no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
    b2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_revert_inside_a_merged_branch_speaks_for_the_merge() {
    let story = r#"
        1 08:00 ana commits a1 "Add x"
        2 08:00 bo  commits b1 "Take x back" on topic from a1 reverts a1
        3 08:00 bo  commits a2 "Merge pull request #12 from bo/topic" merging b1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
      reverted by #12, grade C: revert that names commit a100000000
    #12 merge bo no evidence: 2 08:00 > 2 08:00 > 3 08:00, 0 + 24 + ? h
    "#);
}

#[test]
fn a_revert_of_a_merged_commit_means_the_merge_that_brought_it() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits b1 "Add x" on topic from a1
        3 08:00 bo  commits a2 "Merge pull request #12 from bo/topic" merging b1
        4 08:00 ana commits a3 "Take x back" reverts b1
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 merge bo no evidence: 2 08:00 > 2 08:00 > 3 08:00, 0 + 24 + ? h
      reverted by a3, grade C: revert that names commit b100000000
    a3 direct ana no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_revert_within_one_branch_is_no_failure() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits b1 "Add x" on topic from a1
        2 09:00 bo  commits b2 "Take x back" on topic reverts b1
        3 08:00 bo  commits a2 "Merge pull request #12 from bo/topic" merging b2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 merge bo no evidence 2 commits: 2 08:00 > 2 09:00 > 3 08:00, 1 + 23 + ? h
    "#);
}

#[test]
fn a_reference_to_itself_or_forward_links_nothing() {
    let story = r#"
        1 08:00 ana commits a1 "Add x" reverts a100000
        2 08:00 ana commits a2 "Revert y" reverts a300000 reverts #13 reverts "Add y (#13)"
        3 08:00 ana commits a3 "Add y (#13)"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    a2 direct ana no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
    #13 squash ana no evidence: ? > ? > 3 08:00, ? + ? + ? h
    "#);
}

#[test]
fn a_revert_of_a_commit_elsewhere_is_no_failure_unless_its_title_came_here_too() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits b1 "Add x" on topic from a1
        2 09:00 bo  commits b2 "Only there" on topic
        3 08:00 bo  commits a2 "Add x (#12)"
        4 08:00 ana commits a3 "Revert that" reverts b2
        5 08:00 ana commits a4 "Revert x" reverts b1 reverts "Add x"
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    a1 direct ana no evidence: 1 08:00 > 1 08:00 > 1 08:00, 0 + 0 + ? h
    #12 squash bo no evidence: ? > ? > 3 08:00, ? + ? + ? h
      reverted by a4, grade D: revert that quotes its title
    a3 direct ana no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    a4 direct ana no evidence: 5 08:00 > 5 08:00 > 5 08:00, 0 + 0 + ? h
    "#);
}

#[test]
fn a_fix_that_names_a_change_is_a_weaker_link_than_a_revert() {
    let story = r#"
        1 08:00 ana commits a1 "Add x (#12)"
        2 08:00 ana commits a2 "Add y"
        3 08:00 bo  commits b1 "Mend x" fixes #12
        4 08:00 bo  commits b2 "Mend x and take y back" fixes a1 reverts a2 fixes a2
    "#;
    insta::assert_snapshot!(shown(story), @r#"
    #12 squash ana no evidence: ? > ? > 1 08:00, ? + ? + ? h
      fixed up by b1, grade D: fix that names request #12
      fixed up by b2, grade D: fix that names commit a100000000
    a2 direct ana no evidence: 2 08:00 > 2 08:00 > 2 08:00, 0 + 0 + ? h
      reverted by b2, grade C: revert that names commit a200000000
    b1 direct bo no evidence: 3 08:00 > 3 08:00 > 3 08:00, 0 + 0 + ? h
    b2 direct bo no evidence: 4 08:00 > 4 08:00 > 4 08:00, 0 + 0 + ? h
    "#);
}
