//! Walking, decoding and notes.

use std::fs;

use proptest::prelude::*;
use tl_core::time::{OffsetMinutes, Timestamp};
use tl_testkit::repo::TestRepo;

use super::{daily, day, id, open, titles};
use crate::git::MESSAGE_LIMIT;
use crate::git::decode::{decode, signature};

/// Writes a commit object with any signature and message on the tree of `HEAD`.
fn raw_commit(repo: &TestRepo, author: &[u8], rest: &[u8]) -> String {
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let mut object = format!("tree {tree}\nauthor ").into_bytes();
    object.extend_from_slice(author);
    object.extend_from_slice(b"\ncommitter bo <bo@example.com> 1 +0000\n");
    object.extend_from_slice(rest);
    repo.raw_object("commit", &object)
}

fn file_of(repo: &TestRepo, object: &str) -> std::path::PathBuf {
    repo.path().join(".git/objects").join(&object[..2]).join(&object[2..])
}

#[test]
fn a_merge_is_visited_once_with_both_parents() {
    let repo = daily(1);
    repo.branch("side");
    let side = repo.commit("bo", &day(2), &[("side.txt", "s\n")], "Side");
    repo.checkout("main");
    let main = repo.commit("ana", &day(3), &[("main.txt", "m\n")], "Main");
    let merge = repo.merge("cy <cy@example.com>", &day(4), "side", "Merge");
    let opened = open(&repo);
    assert_eq!(titles(&opened, &[id(&merge), id(&side)]), ["Day 1", "Main", "Merge", "Side"]);
    opened.walk(&[id(&merge)], &|commit| *commit != id(&merge), &mut |commit| {
        assert_eq!(commit.parents, [id(&main), id(&side)]);
        assert_eq!(
            (commit.author.name, commit.author.email),
            ("cy".into(), "cy@example.com".into())
        );
        assert_eq!(commit.author.at, Timestamp::parse("2026-03-04T12:00:00Z").unwrap());
        assert_eq!(commit.message, "Merge\n");
    });
}

#[test]
fn known_commits_and_what_is_behind_them_are_not_visited() {
    let repo = daily(4);
    let known = id(&repo.git(&["rev-parse", "HEAD~2"]));
    let mut count = 0;
    let walked =
        open(&repo).walk(&[id(&repo.head())], &|commit| *commit == known, &mut |_| count += 1);
    assert_eq!((count, walked.visited), (2, 2));
}

#[test]
fn a_missing_and_a_corrupt_commit_do_not_end_the_walk() {
    let repo = daily(4);
    repo.branch("side");
    let lost = repo.commit("bo", &day(5), &[], "Lost");
    let broken = repo.commit("bo", &day(6), &[], "Broken");
    let tip = repo.commit("bo", &day(7), &[], "Tip");
    fs::remove_file(file_of(&repo, &lost)).unwrap();
    let file = file_of(&repo, &broken);
    fs::remove_file(&file).unwrap();
    fs::write(&file, b"this is no zlib stream").unwrap();
    let opened = open(&repo);
    let tree = id(&repo.git(&["rev-parse", "main^{tree}"]));
    let tips = [id(&tip), id(&repo.git(&["rev-parse", "main"])), id(&lost), tree];
    let mut visited = 0;
    let walked = opened.walk(&tips, &|_| false, &mut |_| visited += 1);
    assert_eq!(visited, 5);
    assert_eq!(walked.missing, [id(&lost)]);
    let malformed: Vec<_> = walked.malformed.iter().map(|(commit, _)| *commit).collect();
    assert_eq!(malformed.len(), 2, "{walked:?}");
    assert!(malformed.contains(&id(&broken)) && malformed.contains(&tree));
}

#[test]
fn odd_dates_are_read_as_git_reads_them() {
    let read = |line: &str| {
        let read = signature(line.as_bytes());
        (read.at.as_millis(), read.offset.0)
    };
    assert_eq!(read("a <a@b> 0 +0000"), (0, 0));
    assert_eq!(read("a <a@b> 4102444800 +0530"), (4_102_444_800_000, 330));
    assert_eq!(read("a <a@b> -86400 -0330"), (-86_400_000, -210));
    assert_eq!(read("a <a@b> 99999999999999999999999 +0000"), (0, 0));
    assert_eq!(read("a <a@b> 9223372036854775807 +0000").0, i64::MAX);
    assert_eq!(read("a <a@b> 12 +51800"), (12_000, 0));
    assert_eq!(read("a <a@b> 12 banana"), (12_000, 0));
    assert_eq!(read("a <a@b> yesterday"), (0, 0));
    assert_eq!(read("a <a@b>"), (0, 0));
    assert_eq!(read(""), (0, 0));
    let odd = signature(b" <> <a> <b> 7 +0100");
    assert_eq!((odd.name, odd.email, odd.at.as_millis()), ("".into(), "".into(), 7_000));
}

#[test]
fn commits_of_1970_and_2100_are_visited_with_their_dates() {
    let repo = daily(1);
    let epoch = raw_commit(&repo, b"ana <ana@example.com> 0 +0000", b"\nEpoch\n");
    let future = raw_commit(&repo, b"ana <ana@example.com> 4102444800 -0100", b"\nFuture\n");
    let mut seen = Vec::new();
    let walked = open(&repo).walk(&[id(&epoch), id(&future)], &|_| false, &mut |commit| {
        seen.push((commit.author.at.date(), commit.author.offset));
    });
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("1970-01-01".to_owned(), OffsetMinutes(0)),
        ("2100-01-01".to_owned(), OffsetMinutes(-60)),
    ];
    assert_eq!(seen, expected);
    assert!(walked.malformed.is_empty());
}

#[test]
fn names_and_messages_that_are_not_utf8_are_handed_on_as_they_are() {
    let repo = daily(1);
    let author = b"B\xf6 <b\xf6@example.com> 5 +0000";
    let commit = raw_commit(&repo, author, b"encoding ISO-8859-1\n\nGr\xfc\xdfe\n");
    let opened = open(&repo);
    opened.walk(&[id(&commit)], &|_| false, &mut |commit| {
        assert_eq!(commit.author.name, &b"B\xf6"[..]);
        assert_eq!(commit.message, &b"Gr\xfc\xdfe\n"[..]);
        assert_eq!(commit.encoding, Some("ISO-8859-1".into()));
    });
    assert_eq!(opened.message(&id(&commit)).unwrap(), "Gr\u{fffd}\u{fffd}e\n");
}

#[test]
fn only_the_beginning_of_a_message_of_100_mb_is_handed_on() {
    let repo = daily(1);
    let mut rest = b"\nTitle\n\n".to_vec();
    rest.resize(100 << 20, b'x');
    let commit = id(&raw_commit(&repo, b"ana <ana@example.com> 5 +0000", &rest));
    let walked = open(&repo).walk(&[commit], &|_| false, &mut |commit| {
        assert!(commit.truncated && commit.message.starts_with(b"Title\n"));
        assert_eq!(commit.message.len(), MESSAGE_LIMIT);
    });
    assert_eq!(walked.visited, 1);
}

#[test]
fn a_signed_commit_and_other_headers_do_not_hide_the_message() {
    let repo = daily(1);
    let rest = b"gpgsig -----BEGIN\n encoding fake\n\n -----END\nmergetag x\n\n\nBody\n";
    let commit = raw_commit(&repo, b"ana <ana@example.com> 5 +0000", rest);
    open(&repo).walk(&[id(&commit)], &|_| false, &mut |commit| {
        assert_eq!(commit.message, " -----END\nmergetag x\n\n\nBody\n");
        assert_eq!(commit.encoding, None);
    });
    let rest = b"gpgsig -----BEGIN\n encoding fake\n \n -----END\nHG:extra x\n\nBody\n";
    let commit = raw_commit(&repo, b"ana <ana@example.com> 5 +0000", rest);
    assert_eq!(open(&repo).message(&id(&commit)).unwrap(), "Body\n");
}

#[test]
fn a_commit_without_an_author_is_named_and_its_parents_are_visited() {
    let repo = daily(2);
    let (tree, parent) = (repo.git(&["rev-parse", "HEAD^{tree}"]), repo.head());
    let object = format!("tree {tree}\nparent {parent}\ncommitter bo <b> 1 +0000\n\nx");
    let commit = id(&repo.raw_object("commit", object.as_bytes()));
    let walked = open(&repo).walk(&[commit], &|_| false, &mut |_| ());
    assert_eq!(walked.visited, 2);
    assert_eq!(walked.malformed, [(commit, "it has no author".to_owned())]);
}

#[test]
fn notes_are_found_at_any_depth_and_other_files_are_skipped() {
    let repo = daily(3);
    let commits: Vec<String> =
        (0..3).map(|n| repo.git(&["rev-parse", &format!("HEAD~{n}")])).collect();
    let blob = repo.raw_object("blob", b"text");
    let (head, tail) = commits[1].split_at(2);
    let (middle, end) = commits[2][2..].split_at(2);
    for path in [
        commits[0].clone(),
        format!("{head}/{tail}"),
        format!("{}/{middle}/{end}", &commits[2][..2]),
        "README".to_owned(),
    ] {
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
    }
    repo.git(&["rm", "--cached", "--quiet", "file.txt"]);
    let tree = repo.git(&["write-tree"]);
    let object = format!("tree {tree}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nNotes");
    let notes = repo.raw_object("commit", object.as_bytes());
    repo.reference("refs/notes/ai", &notes);
    let mut found = Vec::new();
    let opened = open(&repo);
    let read = opened.notes("refs/notes/ai", &mut |commit, text| {
        assert_eq!(text, b"text");
        found.push(commit);
    });
    assert_eq!(read.unwrap().visited, 3);
    let mut expected: Vec<_> = commits.iter().map(|commit| id(commit)).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(opened.notes("refs/notes/absent", &mut |_, _| ()).is_err());
}

proptest! {
    /// Whatever an object holds, decoding gives an answer.
    #[test]
    fn decoding_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _answer = decode(&bytes, &mut Vec::new());
        let _signature = signature(&bytes);
    }

    /// The same for bytes that look like a commit in most places.
    #[test]
    fn decoding_almost_a_commit_never_panics(
        mut bytes in Just(b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
            parent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
            author a <a@b> 1 +0000\ncommitter b <b@c> 2 -0100\nencoding x\n\nTitle\n".to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(end.index(bytes.len() + 1));
        let mut parents = Vec::new();
        if let Ok(decoded) = decode(&bytes, &mut parents) {
            prop_assert!(bytes.ends_with(decoded.message));
        }
    }
}
