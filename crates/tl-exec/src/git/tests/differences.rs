//! Hunks, renames and patch ids.

use proptest::prelude::*;
use tl_core::diff::{CommitDiff, Content, Hunk};
use tl_core::id::CommitId;
use tl_testkit::repo::TestRepo;

use super::{daily, day, id, open};
use crate::git::lines::{hunks, hunks_like_git};
use crate::git::{DiffError, Repository};

fn diff_of(repo: &Repository, job: (CommitId, Option<CommitId>)) -> Result<CommitDiff, DiffError> {
    let mut found = None;
    repo.diffs(&[job], &mut |_, diff| found = Some(diff));
    found.unwrap()
}

/// The last commit compared with the one before.
fn last(repo: &TestRepo) -> CommitDiff {
    let parent = id(&repo.git(&["rev-parse", "HEAD~1"]));
    diff_of(&open(repo), (id(&repo.head()), Some(parent))).unwrap()
}

/// `path +added -removed`, one line a file, with `from ->` before a renamed one.
fn numstat(diff: &CommitDiff) -> Vec<String> {
    let lines = diff.files.iter().map(|file| {
        let from = file.from.as_ref().map(|from| format!("{from} -> ")).unwrap_or_default();
        match &file.content {
            Content::Text(hunks) => {
                let added: u32 = hunks.iter().map(|hunk| hunk.added).sum();
                let removed: u32 = hunks.iter().map(|hunk| hunk.removed).sum();
                format!("{from}{} +{added} -{removed}", file.path)
            }
            other => format!("{from}{} {other:?}", file.path),
        }
    });
    lines.collect()
}

#[test]
fn the_first_commit_is_compared_with_nothing() {
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("b/x", "1\n2"), ("a", ""), ("b.txt", "1\n")], "Start");
    let diff = diff_of(&open(&repo), (id(&repo.head()), None)).unwrap();
    assert_eq!(numstat(&diff), ["a +0 -0", "b.txt +1 -0", "b/x +2 -0"]);
}

#[test]
fn hunks_say_where_lines_were_replaced() {
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("a", "1\n2\n3\n4\n5\n6\n7\n8\n")], "Start");
    repo.commit("ana", &day(2), &[("a", "1\nTWO\n3\n4\n6\n7\n8\n9\n")], "Change");
    let Content::Text(hunks) = last(&repo).files.remove(0).content else { panic!() };
    let hunk = |old_start, removed, new_start, added| Hunk { old_start, removed, new_start, added };
    assert_eq!(hunks, [hunk(1, 1, 1, 1), hunk(4, 1, 4, 0), hunk(8, 0, 7, 1)]);
}

#[test]
fn a_file_becoming_a_directory_is_two_changes() {
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("a", "x\ny\n"), ("a.b", "1\n"), ("a0", "1\n")], "Start");
    repo.git(&["rm", "--quiet", "a"]);
    repo.commit("ana", &day(2), &[("a/b", "entirely\nother\n"), ("a0", "2\n")], "Turn");
    assert_eq!(numstat(&last(&repo)), ["a +0 -2", "a/b +2 -0", "a0 +1 -1"]);
}

#[test]
fn a_moved_file_is_a_rename_even_with_an_edit() {
    let text: String = (0..20).map(|n| format!("line {n}\n")).collect();
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("old/same.txt", "s\n"), ("old/edited.txt", &text)], "Start");
    repo.git(&["mv", "old", "new"]);
    let edited = text.replace("line 7", "line seven");
    repo.commit("ana", &day(2), &[("new/edited.txt", &edited), ("new/fresh.txt", "f\n")], "Move");
    let expected = [
        "old/edited.txt -> new/edited.txt +1 -1",
        "new/fresh.txt +1 -0",
        "old/same.txt -> new/same.txt +0 -0",
    ];
    assert_eq!(numstat(&last(&repo)), expected);
}

#[test]
fn binary_and_large_files_and_submodules_are_not_counted_by_line() {
    let repo = TestRepo::new();
    let large = "0123456\n".repeat(1 << 20) + "!";
    repo.commit("ana", &day(1), &[("binary", "a\0b\n"), ("large", &large)], "Start");
    let link = format!("160000,{},module", repo.head());
    repo.git(&["update-index", "--add", "--cacheinfo", &link]);
    repo.write("binary", b"a\0c\n");
    repo.write("large", large.replace('7', "8").as_bytes());
    repo.write("large", (large.clone() + "?").as_bytes());
    repo.git(&["add", "binary", "large"]);
    repo.commit_staged("ana", &day(2), "Change");
    let diff = last(&repo);
    assert_eq!(numstat(&diff), ["binary Opaque", "large Opaque", "module Submodule"]);
    assert_eq!(diff.unreadable, 0);
}

#[test]
fn a_missing_tree_is_an_error_and_a_missing_directory_is_counted() {
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("dir/a", "1\n"), ("b", "1\n")], "Start");
    repo.commit("ana", &day(2), &[("dir/a", "2\n"), ("b", "2\n")], "Change");
    let lose = |object: String| {
        let path = repo.path().join(".git/objects").join(&object[..2]).join(&object[2..]);
        std::fs::remove_file(path).unwrap();
    };
    lose(repo.git(&["rev-parse", "HEAD:dir"]));
    let diff = last(&repo);
    assert_eq!((numstat(&diff), diff.unreadable), (vec!["b +1 -1".to_owned()], 1));
    let (head, parent) = (id(&repo.head()), id(&repo.git(&["rev-parse", "HEAD~1"])));
    lose(repo.git(&["rev-parse", "HEAD^{tree}"]));
    let err = diff_of(&open(&repo), (head, Some(parent))).unwrap_err();
    assert_eq!(err.commit, head);
}

#[test]
fn many_commits_on_several_threads_each_give_their_own_result() {
    let repo = daily(8);
    let ids: Vec<CommitId> = repo.git(&["rev-list", "--reverse", "HEAD"]).lines().map(id).collect();
    let single: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(n, commit)| (*commit, n.checked_sub(1).map(|p| ids[p])))
        .collect();
    let jobs = single.repeat(20);
    let mut rows = vec![0; jobs.len()];
    open(&repo).diffs(&jobs, &mut |row, diff| {
        let diff = diff.unwrap();
        assert_eq!((diff.added(), diff.removed()), (1, u64::from(row % 8 != 0)));
        rows[row] += 1;
    });
    assert!(rows.iter().all(|times| *times == 1));
}

#[test]
fn patch_ids_are_those_of_git() {
    let text: String = (0..30).map(|n| format!("line {n}\n")).collect();
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("a", &text), ("gone", "x y\n"), ("end", "no feed")], "Start");
    let edited =
        text.replace("line 5\n", "line\tfive\n").replace("line 9\n", "").replace("29", "30");
    repo.git(&["rm", "--quiet", "gone"]);
    repo.commit(
        "ana",
        &day(2),
        &[("a", &edited), ("new file", "1\n"), ("end", "feed\n")],
        "Change",
    );
    repo.git(&["update-index", "--chmod=+x", "a"]);
    repo.commit_staged("ana", &day(3), "Mode");
    let opened = open(&repo);
    let commits = repo.git(&["rev-list", "HEAD"]);
    let ids: Vec<CommitId> = commits.lines().map(id).collect();
    let ours = opened.patch_ids(&ids);
    for (commit, ours) in commits.lines().zip(ours) {
        let patch = repo.git(&["diff-tree", "-p", "--root", "--no-renames", commit]);
        let theirs = repo.git_with_input(&["patch-id", "--stable"], patch.as_bytes());
        let ours: String = ours.unwrap().0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(theirs.split(' ').next(), Some(ours.as_str()), "{patch}");
    }
}

#[test]
fn a_backport_has_the_patch_id_of_its_original() {
    let repo = TestRepo::new();
    let text: String = (0..30).map(|n| format!("line {n}\n")).collect();
    repo.commit("ana", &day(1), &[("a", &text)], "Start");
    repo.branch("stable");
    repo.checkout("main");
    repo.commit("ana", &day(2), &[("a", &("first\n".to_owned() + &text))], "Add a line");
    let fixed = ("first\n".to_owned() + &text).replace("line 20", "line twenty");
    let fix = repo.commit("bo", &day(3), &[("a", &fixed)], "Fix");
    repo.checkout("stable");
    let backport = repo.cherry_pick("bo", &day(4), &fix);
    let other = repo.commit("bo", &day(5), &[("b", "1\n")], "Other");
    let ids = open(&repo).patch_ids(&[id(&fix), id(&backport), id(&other)]);
    assert!(ids[0].is_some());
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

/// Lines of few kinds, so that they repeat; the last may lack its line feed.
fn text() -> impl Strategy<Value = String> {
    (prop::collection::vec("[ab]{0,2}", 0..40), any::<bool>()).prop_map(|(lines, feed)| {
        let text = lines.join("\n");
        if feed { text + "\n" } else { text }
    })
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The new lines, made of the old lines and the added ones.
fn applied<'a>(old: &[&'a str], new: &[&'a str], hunks: &[Hunk]) -> Vec<&'a str> {
    let (mut result, mut at) = (Vec::new(), 0);
    for hunk in hunks {
        result.extend(&old[at..hunk.old_start as usize]);
        assert_eq!(result.len(), hunk.new_start as usize);
        result.extend(&new[hunk.new_start as usize..][..hunk.added as usize]);
        at = (hunk.old_start + hunk.removed) as usize;
    }
    result.extend(&old[at..]);
    result
}

proptest! {
    /// The hunks turn the old lines into the new ones.
    #[test]
    fn hunks_applied_to_the_old_lines_give_the_new_lines(old in text(), new in text()) {
        for hunks in [hunks(old.as_bytes(), new.as_bytes()), hunks_like_git(old.as_bytes(), new.as_bytes())] {
            prop_assert_eq!(applied(&split(&old), &split(&new), &hunks), split(&new));
        }
    }
}
