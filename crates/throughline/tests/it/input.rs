//! Repositories in which something is odd, missing or broken: the rest of the report comes.

use serde_json::Value;
use tl_testkit::env::TestEnv;
use tl_testkit::import::Import;
use tl_testkit::repo::TestRepo;

use crate::fixture::{delivery, small, small_env};
use crate::nobody::Nobody;
use crate::{env, env_with_empty_repository};

/// Text of the section that says what is missing, on one line.
fn gaps(env: &TestEnv, args: &[&str]) -> String {
    let shown = env.run(&[&["map", "--ledger", "none"], args].concat());
    assert!(!shown.contains("exit status"), "{shown}");
    let (_, gaps) =
        shown.split_once("WHAT THE DATA CANNOT SAY").unwrap_or_else(|| panic!("{shown}"));
    gaps.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn report(env: &TestEnv) -> Value {
    let shown = env.run(&["map", "--json", "--ledger", "none"]);
    serde_json::from_str(&shown).unwrap_or_else(|err| panic!("{err}: {shown}"))
}

fn commits(env: &TestEnv) -> u64 {
    report(env)["repositories"][0]["commits"].as_u64().expect("the report counts commits")
}

/// A repository of loose objects, one a day of January, so that single ones can be damaged.
fn loose(days: u32) -> (TestRepo, Vec<String>) {
    let repo = TestRepo::new();
    let commit = |day: u32| {
        let content = format!("{day}\n");
        let at = format!("2026-01-{day:02}T09:00:00Z");
        repo.commit("ana", &at, &[("file", content.as_str())], &format!("Day {day} (#{day})"))
    };
    let ids = (1..=days).map(commit).collect();
    (repo, ids)
}

fn object(env: &TestEnv, id: &str) -> std::path::PathBuf {
    env.repo().join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Puts garbage in the place of an object. It is read-only, as git left it.
fn damage(env: &TestEnv, id: &str) {
    let path = object(env, id);
    std::fs::remove_file(&path)
        .and_then(|()| std::fs::write(&path, "this is no object"))
        .expect("a test may write to its own directory");
}

#[test]
fn an_empty_repository_has_nothing_to_report_yet() {
    let env = env_with_empty_repository();
    let shown = env.run(&["map"]);
    assert!(!shown.contains("stderr") && !shown.contains("exit status"), "{shown}");
    assert!(
        gaps(&env, &[]).starts_with("- the repository has no commit: there is nothing"),
        "{shown}"
    );
    assert_eq!(env.run(&["map", "--csv", "-"]).lines().count(), 1);
}

#[test]
fn what_is_no_repository_is_an_error() {
    let env = env();
    insta::assert_snapshot!(env.run(&["map"]), @r"
    ------- stderr -------
    error: `.` is not in a git repository
    hint: name a repository, such as `throughline map PATH`, or make one with `git init`
    [exit status: 3]
    ");
    insta::assert_snapshot!(env.run(&["map", "nowhere"]), @r"
    ------- stderr -------
    error: there is nothing at `nowhere`
    hint: check the path for a typing error
    [exit status: 3]
    ");
}

#[test]
fn without_a_default_branch_the_branches_are_listed() {
    let env = small_env();
    let line = "git checkout -q -b one && git branch two && git branch -qD main && \
        git symbolic-ref HEAD refs/heads/gone";
    assert_eq!(env.shell(line), "");
    insta::assert_snapshot!(env.run(&["map"]), @r"
    ------- stderr -------
    error: cannot tell which branch changes are delivered to; there is `one`, `two`
    hint: name the branch with `--branch NAME`
    [exit status: 3]
    ");
    assert!(env.run(&["map", "--branch", "two"]).contains("3 changes merged"));
}

#[test]
fn a_detached_head_is_measured_from_the_default_branch_or_says_so() {
    let env = small_env();
    assert_eq!(env.shell("git checkout -q --detach main~1"), "");
    assert_eq!(commits(&env), 3);
    assert_eq!(env.shell("git branch -qD main"), "");
    assert_eq!(commits(&env), 2);
    assert!(gaps(&env, &[]).contains("HEAD is detached at "));
}

#[test]
fn without_tags_and_request_heads_the_report_says_how_to_get_them() {
    let env = small_env();
    assert_eq!(env.shell("git tag -d v1.0.0 > tags"), "");
    let gaps = gaps(&env, &[]);
    for expected in [
        "the repository has no tags: releases, and the wait for them, are unknown",
        "git fetch --tags",
        "git fetch origin '+refs/pull/*/head:refs/pull/*/head'",
    ] {
        assert!(gaps.contains(expected), "{gaps}");
    }
}

#[test]
fn a_shallow_clone_says_where_history_starts() {
    let env = env();
    let from = small().path().display();
    assert_eq!(env.shell(&format!("git clone -q --depth 2 file://{from} .")), "");
    assert_eq!(commits(&env), 2);
    let gaps = gaps(&env, &[]);
    assert!(gaps.contains("this is a shallow clone: older commits are not here"), "{gaps}");
    assert!(gaps.contains("git fetch --unshallow"), "{gaps}");
}

/// The mend that the report names mends the next report, whatever the ledger remembers.
#[test]
fn a_clone_that_was_completed_is_read_anew_where_it_was_cut() {
    let env = env();
    let from = delivery().path().display();
    assert_eq!(env.shell(&format!("git clone -q --depth 3 file://{from} .")), "");
    let cut = env.run(&["map"]);
    assert_eq!(env.run(&["map"]), cut);
    assert_eq!(env.shell("git fetch -q --unshallow"), "");
    let whole = env.run(&["map"]);
    assert!(whole.contains("1 more by bots left out") && whole != cut, "{whole}");
    assert_eq!(whole, env.run(&["map", "--ledger", "none"]));
}

#[test]
fn an_unreadable_commit_is_a_gap_and_the_rest_is_counted() {
    let (repo, ids) = loose(4);
    let env = env().with_copy_of(repo.path());
    damage(&env, &ids[1]);
    assert_eq!(commits(&env), 2);
    let gaps = gaps(&env, &[]);
    assert!(gaps.contains(&format!("1 commits cannot be read, first {}", ids[1])), "{gaps}");
    assert!(gaps.contains("git fsck --full"), "{gaps}");
    let doctor = env.run(&["doctor"]);
    assert!(doctor.contains("broken   unreadable-commits") && doctor.contains("[exit status: 1]"));
}

#[test]
fn a_branch_whose_tip_is_gone_is_named() {
    let (repo, ids) = loose(2);
    let env = env().with_copy_of(repo.path());
    damage(&env, &ids[1]);
    let shown = env.run(&["map"]);
    assert!(
        shown.contains("`throughline doctor` says what is there and what cannot be read"),
        "{shown}"
    );
    assert!(shown.ends_with("[exit status: 3]\n"), "{shown}");
    let doctor = env.run(&["doctor"]);
    assert!(
        doctor.contains(
            "broken   broken-references  1 references cannot be read, first `refs/heads/main`"
        ) || doctor.contains("refs/heads/main"),
        "{doctor}"
    );
    assert!(doctor.ends_with("[exit status: 1]\n"), "{doctor}");
}

#[test]
fn a_missing_blob_costs_only_the_lines_of_its_file() {
    let (repo, _) = loose(3);
    let env = env().with_copy_of(repo.path());
    let blob = repo.git(&["rev-parse", "HEAD:file"]);
    std::fs::remove_file(object(&env, &blob)).unwrap();
    assert_eq!(commits(&env), 3);
    let gaps = gaps(&env, &[]);
    assert!(gaps.contains("the content of 1 changed files is not in the repository"), "{gaps}");
}

#[test]
fn a_partial_clone_is_measured_as_far_as_it_goes() {
    let env = env();
    let from = small().path().display();
    small().git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = format!("git clone -q --bare --filter=blob:none file://{from} .");
    assert_eq!(env.shell(&clone), "");
    assert_eq!(commits(&env), 3);
    let gaps = gaps(&env, &[]);
    assert!(gaps.contains("the content of 3 changed files is not in the repository"), "{gaps}");
    assert!(gaps.contains("git fetch --refetch --no-filter"), "{gaps}");
}

/// One wrong clock must not move the window of everything else.
#[test]
fn commits_dated_1970_or_2100_do_not_move_the_window() {
    let repo = TestRepo::new();
    let mut import = Import::new();
    let dates = [
        "1970-01-01T00:00:00Z",
        "2026-01-01T09:00:00Z",
        "2100-01-01T00:00:00Z",
        "2026-01-03T09:00:00Z",
    ];
    for (number, at) in (1..).zip(dates) {
        let content = format!("{number}\n");
        let files = [("file", content.as_str())];
        import.commit("refs/heads/main", "ana", at, &files, &format!("Part {number} (#{number})"));
    }
    import.into(&repo);
    let env = env().with_copy_of(repo.path());
    let seen = report(&env);
    assert_eq!(seen["value_stream"]["changes"], 2);
    assert_eq!(seen["as_of"], 1_767_430_800_000_u64, "the newest commit that can be right");
    let gaps = gaps(&env, &[]);
    let odd = "2 commits of the default branch are dated before 1980 or after its tip";
    assert!(gaps.contains(odd), "{gaps}");

    let mut import = Import::new();
    import.resume("refs/heads/main");
    let files = [("file", "5\n")];
    import.commit("refs/heads/main", "ana", "2100-01-01T00:00:00Z", &files, "Part 5 (#5)");
    import.into(&repo);
    let env = crate::env().with_copy_of(repo.path());
    let seen = report(&env);
    assert_eq!(seen["value_stream"]["changes"], 2, "a tip of the year 2100 moves nothing either");
}

#[test]
fn bytes_that_are_no_utf8_are_read_and_shown_replaced() {
    let repo = TestRepo::new();
    let tree = repo.git(&["mktree"]);
    let mut parent = String::new();
    for number in 1..=2 {
        let mut commit = format!("tree {tree}\n{parent}author b").into_bytes();
        commit.extend(b"\xf6 <b\xf6@example.com> 1767258000 +0000\ncommitter b\xf6 <b\xf6@example.com> 1767258000 +0000\n\n");
        commit.extend(b"Gr\xfc\xdfe (#");
        commit.extend(format!("{number})\n").as_bytes());
        let id = repo.raw_object("commit", &commit);
        repo.reference("refs/heads/main", &id);
        parent = format!("parent {id}\n");
    }
    let env = env().with_copy_of(repo.path());
    assert_eq!(commits(&env), 2);
    let table = env.run(&["map", "--csv", "-"]);
    assert!(table.contains("\nrepo,#1,") && table.contains("\nrepo,#2,"), "{table}");
}

#[test]
fn a_commit_message_of_100_megabytes_is_read_in_bounded_memory() {
    let env = small_env();
    let line = "set -e
        {   printf 'tree %s\\nparent %s\\n' $(git rev-parse 'HEAD^{tree}') $(git rev-parse HEAD)
            printf 'author ana <ana@example.com> 1770100000 +0000\\n'
            printf 'committer ana <ana@example.com> 1770100000 +0000\\n\\nPart 4 (#4)\\n\\n'
            yes 'Reviewed-by: bo <bo@example.com>' | head -c 100000000
        } > ../home/commit
        git update-ref refs/heads/main $(git hash-object -w -t commit ../home/commit)
        ulimit -v 600000
        \"$THROUGHLINE\" map --csv - --ledger none | grep -c '^repo,#4,squash,'";
    assert_eq!(env.shell(line), "1\n");
}

#[test]
fn sha256_repositories_are_read_and_reftables_refused() {
    let repo = TestRepo::with_init(&["--object-format=sha256"]);
    repo.commit("ana", "2026-01-01T09:00:00Z", &[("a", "1\n")], "Part 1 (#1)");
    assert_eq!(commits(&env().with_copy_of(repo.path())), 1);
    let env = env();
    let line = "git init -q --ref-format=reftable . 2> err || echo no";
    if env.shell(line) == "no\n" {
        eprintln!("skipped: this git makes no reftables");
        return;
    }
    insta::assert_snapshot!(env.run(&["map"]), @r"
    ------- stderr -------
    error: the repository at `.` uses the reference format `reftable`, which this program does not read
    hint: a clone with `git clone --ref-format=files` can be read
    [exit status: 3]
    ");
}

#[test]
fn what_may_not_be_read_is_said() {
    let Some(nobody) = Nobody::new() else { return };
    let (repo, ids) = loose(2);
    let env = nobody.env().with_copy_of(repo.path());
    let shown = nobody.run(&env, "chmod 700 .git", "map");
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: no permission to read `.`
    caused by: Permission denied (os error 13)
    hint: run as a user who may read it, or change the permissions
    [exit status: 3]
    ");
    let first = object(&env, &ids[0]);
    let hide = format!("chmod 755 .git; chmod 0 {}", first.display());
    let shown = nobody.run(&env, &hide, "map");
    assert!(shown.contains("1 commits cannot be read, first"), "{shown}");
    let shown = nobody.run(&env, "chmod 700 .git/objects", "map");
    assert!(shown.contains("error: failed to open the repository at `.`"), "{shown}");
    assert!(shown.contains("hint: run as a user who may read it"), "{shown}");
    assert!(shown.ends_with("[exit status: 3]\n"), "{shown}");
    let shown = nobody.run(
        &env,
        "chmod 755 .git/objects; echo > .throughline.toml; chmod 0 .throughline.toml",
        "map",
    );
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: failed to read configuration file `$REPO/.throughline.toml`
    caused by: Permission denied (os error 13)
    hint: run as a user who may read it, or change the permissions
    [exit status: 3]
    ");
}
