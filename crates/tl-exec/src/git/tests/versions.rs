//! Files as they were in another commit.

use tl_testkit::repo::TestRepo;

use super::super::ReadError;
use super::{daily, day, id, open};

#[test]
fn a_file_is_read_at_any_commit_that_has_a_name() {
    let repo = daily(3);
    let read = open(&repo);
    let before = read.commit_of("HEAD~1").unwrap();
    assert_eq!(read.blob_at(&before, "file.txt").unwrap().unwrap(), b"line 2\n");
    assert_eq!(read.blob_at(&before, "none.txt").unwrap(), None);
    assert_eq!(read.commit_of(&before.to_string()).unwrap(), before);
    for wrong in ["none", "HEAD~9", "", "--help", "HEAD:file.txt"] {
        let err = read.commit_of(wrong).unwrap_err();
        assert!(matches!(err, ReadError::Revision { .. }), "{wrong}: {err}");
    }
}

#[test]
fn of_each_version_of_a_file_the_newest_commit_is_told() {
    let repo = TestRepo::new();
    let commit = |number: u32, content: &str, other: &str| {
        let files = [("a/file.txt", content), ("other.txt", other)];
        id(&repo.commit("ana", &day(number), &files, &format!("Day {number}")))
    };
    let first = commit(1, "one\n", "x");
    let second = commit(2, "one\n", "y");
    let third = commit(3, "two\n", "y");
    let read = open(&repo);
    for path in ["a/file.txt", "a"] {
        assert_eq!(read.versions_of(&third, path, 100).unwrap(), [third, second]);
        assert_eq!(read.versions_of(&third, path, 1).unwrap(), [third]);
    }
    assert_eq!(read.versions_of(&third, "none", 100).unwrap(), []);
    assert_eq!(read.files_at(&first, "a").unwrap(), ["a/file.txt"]);
}
