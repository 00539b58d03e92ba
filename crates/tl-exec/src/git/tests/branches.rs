//! References and the default branch.

use std::fs;

use super::{Head, References, daily, day, id, open};
use crate::git::{BranchError, BranchSource, DefaultBranch, Delivered, Repository};
use tl_core::time::Timestamp;
use tl_testkit::repo::TestRepo;

fn found(repo: &Repository, refs: &References, wanted: Option<&str>) -> Delivered {
    match repo.default_branch(refs, wanted) {
        Ok(DefaultBranch::Found(found)) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_reference_is_sorted_into_what_its_name_means() {
    let repo = daily(2);
    let (head, first) = (repo.head(), repo.git(&["rev-parse", "HEAD~1"]));
    repo.request_head(12, &first);
    repo.reference("refs/remotes/up/pr/12", &head); // The same request: the first name counts.
    repo.reference("refs/remotes/up/pr/13", &head);
    repo.reference("refs/merge-requests/14/head", &head);
    repo.reference("refs/pull/15/merge", &head);
    repo.reference("refs/remotes/up/feature/pr", &head);
    repo.note("ai", &head, "note");
    repo.git(&["pack-refs", "--all"]);
    repo.reference("refs/heads/release/1.0", &first);
    let refs = open(&repo).references().unwrap();
    let requests: Vec<_> = refs.requests.iter().map(|head| (head.number, head.commit)).collect();
    assert_eq!(requests, [(12, id(&first)), (13, id(&head)), (14, id(&head))]);
    let names = |list: &[crate::git::BranchRef]| -> Vec<String> {
        list.iter().map(|branch| branch.name.clone()).collect()
    };
    assert_eq!(names(&refs.branches), ["refs/heads/main", "refs/heads/release/1.0"]);
    assert_eq!(names(&refs.other), ["refs/pull/15/merge"]);
    assert_eq!(refs.remote_branches[0].branch, "feature/pr");
    assert_eq!(names(&refs.notes), ["refs/notes/ai"]);
    assert_eq!(refs.head, Head::Branch { name: "refs/heads/main".to_owned() });
    assert!(refs.broken.is_empty());
}

#[test]
fn tags_are_peeled_through_tags_and_those_of_no_commit_are_counted() {
    let repo = daily(1);
    let head = id(&repo.head());
    repo.tag("light");
    repo.annotated_tag("bo", &day(2), "inner", "HEAD");
    repo.annotated_tag("bo", &day(3), "outer", "inner");
    repo.annotated_tag("bo", &day(4), "of-blob", "HEAD:file.txt");
    repo.git(&["tag", "of-tree", "HEAD^{tree}"]);
    let loose = open(&repo).references().unwrap();
    repo.git(&["pack-refs", "--all"]);
    let refs = open(&repo).references().unwrap();
    assert_eq!(loose, refs);
    let at = |day: &str| Some(Timestamp::parse(day).unwrap());
    let tags: Vec<_> =
        refs.tags.iter().map(|t| (t.name.as_str(), t.commit, t.annotated, t.tagged)).collect();
    assert_eq!(
        tags,
        [
            ("inner", head, true, at(&day(2))),
            ("light", head, false, None),
            ("outer", head, true, at(&day(3))),
        ]
    );
    assert_eq!(refs.tags_of_no_commit, 2);
}

#[test]
fn a_broken_reference_is_named_and_the_others_are_read() {
    let repo = daily(1);
    fs::write(repo.path().join(".git/refs/heads/garbage"), "not an id\n").unwrap();
    fs::write(repo.path().join(".git/refs/heads/lost"), format!("{}\n", "1".repeat(40))).unwrap();
    let refs = open(&repo).references().unwrap();
    assert_eq!(refs.branches.len(), 1);
    let broken: Vec<_> = refs.broken.iter().map(|broken| format!("{broken:?}")).collect();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(broken.iter().any(|text| text.contains("garbage")), "{broken:?}");
    assert!(broken.iter().any(|text| text.contains("refs/heads/lost")), "{broken:?}");
}

#[test]
fn the_default_branch_of_a_clone_is_what_origin_says() {
    let repo = daily(2);
    repo.git(&["branch", "-m", "main", "shipping"]);
    let clone = repo.clone_to("clone", &[]);
    let opened = Repository::open(&clone).unwrap();
    let refs = opened.references().unwrap();
    let branch = found(&opened, &refs, None);
    assert_eq!(branch.name, "shipping");
    assert_eq!(branch.reference, "refs/remotes/origin/shipping");
    assert_eq!(branch.source, BranchSource::OriginHead);
}

#[test]
fn a_detached_head_is_no_reason_to_leave_main() {
    let repo = daily(3);
    repo.checkout("HEAD~1");
    let opened = open(&repo);
    let branch = found(&opened, &opened.references().unwrap(), None);
    assert_eq!((branch.name.as_str(), branch.source), ("main", BranchSource::Custom));
    repo.git(&["branch", "-m", "main", "one"]);
    repo.git(&["branch", "two"]);
    let branch = found(&opened, &opened.references().unwrap(), None);
    assert_eq!((branch.name.as_str(), branch.source), ("HEAD", BranchSource::DetachedHead));
    assert_eq!(branch.commit, id(&repo.head()));
}

#[test]
fn a_wanted_branch_is_found_by_any_of_its_names_or_the_error_lists_what_there_is() {
    let repo = daily(1);
    repo.branch("release/9");
    repo.reference("refs/remotes/origin/next", "HEAD");
    let opened = open(&repo);
    let refs = opened.references().unwrap();
    for (wanted, name) in [
        ("main", "main"),
        ("refs/heads/release/9", "release/9"),
        ("next", "next"),
        ("origin/next", "next"),
    ] {
        assert_eq!(found(&opened, &refs, Some(wanted)).name, name);
    }
    let err = opened.default_branch(&refs, Some("mian")).unwrap_err();
    assert!(matches!(err, BranchError::NotFound { .. }));
    assert_eq!(err.to_string(), "there is no branch `mian`; there is `main`, `next`, `release/9`");
}

#[test]
fn two_strange_branches_and_an_unborn_head_are_unclear() {
    let repo = daily(1);
    repo.git(&["branch", "one"]);
    repo.git(&["branch", "two"]);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    repo.git(&["branch", "-D", "main"]);
    let opened = open(&repo);
    let refs = opened.references().unwrap();
    assert!(matches!(opened.default_branch(&refs, None), Err(BranchError::Unclear { .. })));
    repo.git(&["branch", "-D", "two"]);
    let refs = opened.references().unwrap();
    assert_eq!(found(&opened, &refs, None).source, BranchSource::OnlyBranch);
}

#[test]
fn mailmap_is_read_at_head_or_from_the_work_tree_and_bad_lines_are_counted() {
    let bare_name = |repo: &Repository| {
        let map = repo.mailmap();
        let (name, email) = map.resolve("bo".into(), "BO@old.example".into());
        (name.to_string(), email.to_string(), map.entries, map.malformed)
    };
    let repo = daily(1);
    let text = "Bo B. <bo@example.com> <bo@old.example>\n# comment\nno address here\n";
    repo.write(".mailmap", text.as_bytes());
    let expected = ("Bo B.".to_owned(), "bo@example.com".to_owned(), 1, 1);
    assert_eq!(bare_name(&open(&repo)), expected);
    repo.commit("ana", &day(2), &[], "Add mailmap");
    let bare = repo.clone_to("copy.git", &["--bare"]);
    assert_eq!(bare_name(&Repository::open(&bare).unwrap()), expected);
}

#[test]
fn files_below_a_directory_are_listed_with_their_paths() {
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("a/b/c.json", "1"), ("a/d.json", "2"), ("e", "3")], "Start");
    let opened = open(&repo);
    assert_eq!(opened.files_at_head("a").unwrap(), ["a/b/c.json", "a/d.json"]);
    assert_eq!(opened.files_at_head("absent").unwrap(), Vec::<String>::new());
    assert_eq!(opened.blob_at_head("a/b/c.json").unwrap().unwrap(), b"1");
    assert_eq!(opened.blob_at_head("a/b").unwrap(), None);
}
