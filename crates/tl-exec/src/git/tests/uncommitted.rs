//! What the work tree holds that `HEAD` does not.

use std::fs;

use tl_core::diff::{Content, Hunk};
use tl_testkit::repo::TestRepo;

use super::{daily, day, open};
use crate::git::{StatusError, Uncommitted, compared};

/// Each path, with `M` for edited, `A` for new, `?` for untracked and `D` for removed.
fn told(repo: &TestRepo) -> Vec<String> {
    let found = open(repo).uncommitted().unwrap();
    let letter = |one: &Uncommitted| match (one.was_there, one.is_there) {
        (true, true) => 'M',
        (true, false) => 'D',
        (false, _) if one.is_tracked => 'A',
        (false, _) => '?',
    };
    found.iter().map(|one| format!("{} {}", letter(one), one.path)).collect()
}

fn shop() -> TestRepo {
    let repo = TestRepo::new();
    let files = [
        ("src/cart.py", "one\n"),
        ("src/bill.py", "two\n"),
        ("src/old.py", "three\n"),
        ("tests/test_cart.py", "four\n"),
        (".gitignore", "*.pyc\nbuild/\n"),
    ];
    repo.commit("ana", &day(1), &files, "Shop");
    repo
}

#[test]
fn a_clean_work_tree_holds_nothing_else() {
    let repo = shop();
    assert_eq!(told(&repo), [""; 0]);
    // Written anew with the same content, also with the line ends of another system.
    repo.write("src/cart.py", b"one\n");
    repo.write("src/bill.py", b"two\r\n");
    assert_eq!(told(&repo), [""; 0]);
}

#[test]
fn edited_staged_new_and_removed_files_are_told_each_once() {
    let repo = shop();
    repo.write("src/cart.py", b"one and more\n");
    repo.write("src/bill.py", b"staged\n");
    repo.write("src/new.py", b"staged\n");
    repo.git(&["add", "src/bill.py", "src/new.py"]);
    repo.write("src/bill.py", b"staged, and edited again\n");
    repo.write("tests/\u{e4}rger/test_new.py", b"untracked\n");
    fs::remove_file(repo.path().join("src/old.py")).unwrap();
    repo.git(&["rm", "--quiet", "tests/test_cart.py"]);
    let all = [
        "M src/bill.py",
        "M src/cart.py",
        "A src/new.py",
        "D src/old.py",
        "D tests/test_cart.py",
        "? tests/\u{e4}rger/test_new.py",
    ];
    assert_eq!(told(&repo), all);
    // `git` says the same.
    let git = repo.git(&["-c", "core.quotePath=false", "status", "--porcelain", "-uall"]);
    let paths = git.lines().filter_map(|line| line.trim().split_once(' '));
    let mut paths: Vec<&str> = paths.map(|(_, path)| path.trim()).collect();
    paths.sort_unstable();
    assert_eq!(paths, all.map(|line| &line[2..]));
}

#[test]
fn what_is_staged_and_taken_back_is_nothing() {
    let repo = shop();
    repo.write("src/cart.py", b"other\n");
    repo.git(&["add", "src/cart.py"]);
    repo.write("src/cart.py", b"one\n");
    repo.git(&["rm", "--quiet", "--cached", "src/old.py"]);
    repo.write("src/brief.py", b"new\n");
    repo.git(&["add", "src/brief.py"]);
    fs::remove_file(repo.path().join("src/brief.py")).unwrap();
    assert_eq!(told(&repo), [""; 0]);
}

#[test]
fn ignored_files_and_repositories_within_are_left_out() {
    let repo = shop();
    repo.write("src/cart.pyc", b"x");
    repo.write("build/deep/out.py", b"x");
    repo.write("vendor/lib/code.py", b"x");
    repo.git(&["init", "--quiet", "vendor/lib"]);
    repo.write("src/.gitignore", b"notes.txt\n");
    repo.write("src/notes.txt", b"x");
    assert_eq!(told(&repo), ["? src/.gitignore"]);
    // What is tracked counts, ignored or not.
    repo.write("build/kept.py", b"x");
    repo.git(&["add", "--force", "build/kept.py"]);
    assert_eq!(told(&repo), ["A build/kept.py", "? src/.gitignore"]);
}

#[test]
fn a_file_in_conflict_is_edited() {
    let repo = daily(2);
    repo.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    repo.commit("bo", &day(3), &[("file.txt", "another line\n")], "Side");
    repo.git(&["checkout", "--quiet", "-"]);
    repo.git(&["read-tree", "-m", "HEAD~1", "HEAD", "side"]);
    assert_eq!(told(&repo), ["M file.txt"]);
}

#[cfg(unix)]
#[test]
fn links_are_compared_and_not_followed() {
    let repo = shop();
    std::os::unix::fs::symlink("/", repo.path().join("root")).unwrap();
    std::os::unix::fs::symlink("cart.py", repo.path().join("src/link.py")).unwrap();
    assert_eq!(told(&repo), ["? root", "? src/link.py"]);
    repo.git(&["add", "root", "src/link.py"]);
    repo.commit_staged("ana", &day(2), "Links");
    assert_eq!(told(&repo), [""; 0]);
    fs::remove_file(repo.path().join("src/link.py")).unwrap();
    std::os::unix::fs::symlink("bill.py", repo.path().join("src/link.py")).unwrap();
    assert_eq!(told(&repo), ["M src/link.py"]);
}

#[test]
fn before_the_first_commit_all_is_new_and_a_bare_repository_has_no_work_tree() {
    let repo = TestRepo::new();
    repo.write("a.py", b"x");
    assert_eq!(told(&repo), ["? a.py"]);
    assert_eq!(open(&TestRepo::bare()).uncommitted(), Err(StatusError::Bare));
}

#[test]
fn lines_are_compared_as_those_of_commits() {
    let hunk = Hunk { old_start: 1, removed: 1, new_start: 1, added: 2 };
    let edited = Content::Text(vec![hunk]);
    assert_eq!(compared(b"a\nb\nc\n", b"a\nx\ny\nc\n"), edited);
    assert_eq!(compared(b"a\nb\nc\n", b"a\r\nx\r\ny\r\nc\r\n"), edited);
    assert_eq!(compared(b"a\n", b"a\n"), Content::Text(Vec::new()));
    assert_eq!(compared(b"a\n", b"\0"), Content::Opaque);
}
