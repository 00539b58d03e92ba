//! Kinds of repositories, and what is none.

use std::fs;

use super::{daily, day, id, open, titles};
use crate::git::{DefaultBranch, ObjectFormat, OpenError, Repository};
use tl_testkit::repo::TestRepo;

#[test]
fn a_directory_inside_a_work_tree_opens_its_repository() {
    let repo = TestRepo::new();
    repo.commit("ana", &day(1), &[("src/deep/a.txt", "a\n")], "Start");
    let opened = Repository::open(&repo.path().join("src/deep")).unwrap();
    assert_eq!(opened.name(), "repo");
    assert_eq!(opened.work_dir(), Some(repo.path().canonicalize().unwrap().as_path()));
    assert!(!opened.is_bare() && !opened.is_shallow() && !opened.is_partial());
}

#[test]
fn a_bare_clone_without_a_config_file_is_read() {
    let repo = daily(2);
    let bare = repo.clone_to("copy.git", &["--bare"]);
    fs::remove_file(bare.join("config")).unwrap();
    let opened = Repository::open(&bare).unwrap();
    assert!(opened.is_bare());
    assert_eq!(opened.name(), "copy");
    assert_eq!(titles(&opened, &[id(&repo.head())]), ["Day 1", "Day 2"]);
    assert_eq!(opened.blob_at_head("file.txt").unwrap().unwrap(), b"line 2\n");
}

#[test]
fn a_linked_worktree_shares_the_common_directory_and_has_its_own_head() {
    let repo = daily(2);
    let linked = repo.home().join("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "other", linked.to_str().unwrap(), "HEAD~1"]);
    let opened = Repository::open(&linked).unwrap();
    assert_eq!(opened.common_dir(), repo.path().canonicalize().unwrap().join(".git"));
    assert_ne!(opened.git_dir(), opened.common_dir());
    assert_eq!(opened.name(), "repo");
    assert_eq!(opened.blob_at_head("file.txt").unwrap().unwrap(), b"line 1\n");
}

#[test]
fn what_is_no_repository_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path| Repository::open(path).map(|repo| repo.name());
    assert!(matches!(open(dir.path()), Err(OpenError::NotARepository { .. })));
    assert!(matches!(open(&dir.path().join("absent")), Err(OpenError::NotFound { .. })));
}

#[test]
fn an_empty_repository_is_a_value_and_not_an_error() {
    for repo in [TestRepo::new(), TestRepo::bare()] {
        let opened = open(&repo);
        let refs = opened.references().unwrap();
        assert_eq!(opened.default_branch(&refs, None), Ok(DefaultBranch::Empty));
        assert_eq!(opened.blob_at_head(".mailmap"), Ok(None));
        assert_eq!(opened.files_at_head(""), Ok(Vec::new()));
        assert_eq!(opened.mailmap().entries, 0);
    }
}

#[test]
fn history_of_a_shallow_clone_ends_without_a_missing_commit() {
    let repo = daily(4);
    let clone = repo.clone_to("shallow", &["--depth=2"]);
    let opened = Repository::open(&clone).unwrap();
    assert!(opened.is_shallow());
    assert_eq!(opened.shallow_commits(), [id(&repo.git(&["rev-parse", "HEAD~1"]))]);
    let mut seen = Vec::new();
    let walked = opened.walk(&[id(&repo.head())], &|_| false, &mut |commit| {
        seen.push((commit.message.to_string(), commit.cut_off, commit.parents.len()));
    });
    assert_eq!(seen, [("Day 4\n".to_owned(), false, 1), ("Day 3\n".to_owned(), true, 0)]);
    assert!(walked.missing.is_empty() && walked.malformed.is_empty());
}

#[test]
fn a_partial_clone_gives_its_commits_and_leaves_out_lines() {
    let repo = daily(3);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.clone_to("partial.git", &["--bare", "--filter=blob:none"]);
    let opened = Repository::open(&clone).unwrap();
    assert!(opened.is_partial());
    let (head, parent) = (id(&repo.head()), id(&repo.git(&["rev-parse", "HEAD~1"])));
    assert_eq!(titles(&opened, &[head]).len(), 3);
    opened.diffs(&[(head, Some(parent))], &mut |_, diff| {
        let diff = diff.unwrap();
        assert_eq!((diff.files.len(), diff.unreadable, diff.added()), (1, 1, 0));
    });
}

#[test]
fn a_sha256_repository_is_read_like_any_other() {
    let repo = TestRepo::with_init(&["--object-format=sha256"]);
    repo.commit("ana", &day(1), &[("a.txt", "a\n")], "Start");
    let head = repo.commit("bo", &day(2), &[("a.txt", "b\n")], "Go on");
    repo.note("ai", &head, "noted");
    repo.annotated_tag("bo", &day(3), "v1", "HEAD");
    let opened = open(&repo);
    assert_eq!(opened.object_format(), ObjectFormat::Sha256);
    assert_eq!(titles(&opened, &[id(&head)]), ["Go on", "Start"]);
    assert_eq!(opened.references().unwrap().tags[0].commit, id(&head));
    let mut notes = Vec::new();
    opened.notes("refs/notes/ai", &mut |commit, text| notes.push((commit, text.to_vec()))).unwrap();
    assert_eq!(notes, [(id(&head), b"noted\n".to_vec())]);
}

#[test]
fn a_reftable_repository_is_refused_by_the_name_of_what_is_not_read() {
    let repo = TestRepo::with_init(&["--ref-format=reftable"]);
    repo.commit("ana", &day(1), &[], "Start");
    match Repository::open(repo.path()) {
        Err(err @ OpenError::Unsupported { .. }) => assert!(err.to_string().contains("reftable")),
        other => panic!("{:?}", other.map(|repo| repo.name())),
    }
}

#[test]
fn an_unknown_object_format_is_refused() {
    let repo = daily(1);
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", "extensions.objectFormat", "sha3"]);
    let err = Repository::open(repo.path()).map(|repo| repo.name()).unwrap_err();
    assert!(matches!(err, OpenError::Unsupported { .. }), "{err:?}");
    assert!(err.to_string().contains("sha3"), "{err}");
}

#[test]
fn nothing_that_a_repository_configures_is_executed() {
    let repo = TestRepo::new();
    let trap = repo.home().join("trap");
    let command = format!("touch {}", trap.display());
    for key in ["diff.trap.textconv", "diff.trap.command", "filter.trap.smudge", "core.fsmonitor"] {
        repo.git(&["config", key, &command]);
    }
    repo.git(&["config", "core.fsmonitor", "false"]);
    let attributes = "* diff=trap\n";
    repo.commit("ana", &day(1), &[(".gitattributes", attributes), ("a.txt", "a\n")], "Start");
    let head = repo.commit("ana", &day(2), &[("a.txt", "b\n")], "Go on");
    let opened = open(&repo);
    let parent = id(&repo.git(&["rev-parse", "HEAD~1"]));
    opened.diffs(&[(id(&head), Some(parent))], &mut |_, diff| assert_eq!(diff.unwrap().added(), 1));
    assert!(opened.patch_ids(&[id(&head)])[0].is_some());
    assert!(!trap.exists());
}
