//! `throughline map` on a repository in which all is well.

use std::path::Path;

use serde_json::Value;
use tl_testkit::import::Import;
use tl_testkit::repo::TestRepo;

use crate::env;
use crate::fixture::{delivery_env, small, small_env};

/// Every id that `--explain` takes, as the help lists them.
const MEASURES: [&str; 12] = [
    "value-stream",
    "review-wait",
    "cohorts",
    "usage",
    "change-failure",
    "dora",
    "funnel",
    "batch-size",
    "rework",
    "cadence",
    "invest-first",
    "teams",
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|err| panic!("{err}: {text}"))
}

#[test]
fn the_report_of_a_small_team() {
    insta::assert_snapshot!("delivery", delivery_env().run(&["map"]));
}

#[test]
fn text_json_and_csv_say_the_same() {
    let env = delivery_env();
    let text = env.run(&["map"]);
    let report = json(&env.run(&["map", "--json"]));
    assert_eq!(report["schema"], "map/v1");
    let changes = report["value_stream"]["changes"].as_u64().unwrap();
    assert!(text.contains(&format!("{changes} changes merged from ")), "{text}");
    assert_eq!(report["repositories"][0]["request_heads"], 15);
    let sentence = report["invest_first"]["sentence"].as_str().unwrap();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(one_line(&text).contains(&one_line(sentence)), "{sentence}\n{text}");
    let table = env.run(&["map", "--csv", "-"]);
    let (rows, bots): (Vec<&str>, Vec<&str>) =
        table.lines().partition(|row| !row.contains(",bot,"));
    assert!(rows[0].starts_with("repository,change,shape,cohort,"), "{table}");
    assert_eq!((rows.len() as u64, bots.len()), (changes + 1, 1), "{table}");
    assert!(rows.iter().any(|row| row.starts_with("repo,#11,squash,")), "{table}");
}

#[test]
fn the_second_run_reads_only_what_is_new_and_prints_the_same() {
    let env = delivery_env();
    let first = env.run(&["map"]);
    assert_eq!(env.run(&["map"]), first);
    assert_eq!(env.run(&["map", "--ledger", "none"]), first);
    let log = env.run(&["map", "-v"]);
    assert!(log.contains("commits_read=0") && log.contains("diffs_read=0"), "{log}");

    let git = "git -c user.name=bo -c user.email=bo@example.com";
    let more = env.shell(&format!(
        "echo new > new.txt && git add new.txt && \
         GIT_AUTHOR_DATE=2026-02-25T10:00:00Z GIT_COMMITTER_DATE=2026-02-25T10:00:00Z \
         {git} commit -q -m 'New (#28)' && git tag v1.5.0"
    ));
    assert_eq!(more, "");
    let log = env.run(&["map", "-v"]);
    assert!(log.contains("commits_read=1") && log.contains("diffs_read=1"), "{log}");
    assert!(log.starts_with("  repository"), "{log}");
    let again = env.run(&["map"]);
    assert_ne!(again, first);
    assert_eq!(env.run(&["map", "--ledger", "none"]), again);
}

#[test]
fn the_ledger_is_kept_out_of_git_and_of_the_report_of_others() {
    let env = small_env();
    env.run(&["map"]);
    assert_eq!(env.shell("git status --porcelain --ignored=no"), "");
    assert_eq!(env.shell("ls .throughline/ledger.db"), ".throughline/ledger.db\n");
}

#[test]
fn two_processes_at_once_share_a_ledger() {
    let env = delivery_env();
    let line = r#"for i in 1 2 3 4; do "$THROUGHLINE" map > "out$i" 2> "err$i" & pids="$pids $!"; done
        for pid in $pids; do wait "$pid" || echo "failed: $?"; done
        cat err1 err2 err3 err4; cmp out1 out2; cmp out2 out3; cmp out3 out4"#;
    assert_eq!(env.shell(line), "");
    let events = env.run(&["sql", "select count(*) from ledger.events"]);
    assert_eq!(events, "count(*)\n1\n", "the same measurement is the same event");
}

#[test]
fn several_repositories_are_one_report() {
    let env = delivery_env();
    let clone = format!("git clone -q --bare {} ../home/other", small().path().display());
    assert_eq!(env.shell(&clone), "");
    let other = env.home().join("other").display().to_string();
    let report = json(&env.run(&["map", "--json", "--ledger", "none", ".", &other]));
    let commits = |at: usize| report["repositories"][at]["commits"].as_u64().unwrap();
    assert!(commits(0) > commits(1), "{report}");
    assert_eq!(commits(1), 3);
    let alone = json(&env.run(&["map", "--json", "--ledger", "none"]));
    let changes = |report: &Value| report["value_stream"]["changes"].as_u64().unwrap();
    assert_eq!(changes(&report), changes(&alone) + 3);
    let table = env.run(&["map", "--csv", "-", "--ledger", "none", ".", &other]);
    assert!(table.contains("\nrepo,repo#1,") && table.contains("\nother,other#1,"), "{table}");
}

/// A repository that is named twice, or again by one of its directories, is read once.
#[test]
fn a_repository_named_twice_is_read_once() {
    let env = small_env();
    env.write("deep/file", "");
    let once = json(&env.run(&["map", "--json", "--ledger", "none", "-q"]));
    let twice = json(&env.run(&["map", "--json", "--ledger", "none", "-q", ".", "deep"]));
    assert_eq!(once, twice);
    assert!(env.run(&["map", ".", "deep"]).contains("note: `deep` is read once"));
}

/// The report is the same from wherever in a repository it is asked for.
#[test]
fn a_subdirectory_a_worktree_and_a_bare_clone_give_the_same_numbers() {
    let env = small_env();
    env.write("deep/down/file", "");
    let numbers = |dir: &Path| {
        let report = json(&env.run_in(dir, &["map", "--json"]));
        let facts = &report["repositories"][0];
        (facts["commits"].clone(), facts["releases"].clone(), report["value_stream"].clone())
    };
    let expected = numbers(&env.repo());
    assert_eq!(expected.0, 3);
    assert_eq!(numbers(&env.repo().join("deep/down")), expected);
    let line = "git worktree add -q ../home/tree main~1 2>&1 && git clone -q --bare . ../home/bare";
    assert_eq!(env.shell(line).replace("Preparing worktree (detached HEAD", ""), "");
    assert_eq!(numbers(&env.home().join("tree")), expected);
    assert!(env.home().join("tree/.throughline/ledger.db").exists());
    assert_eq!(numbers(&env.home().join("bare")), expected);
    assert!(env.home().join("bare/throughline/ledger.db").exists());
}

#[test]
fn a_period_and_a_team_map_choose_what_is_counted() {
    let env = delivery_env();
    let run = |args: &[&str]| json(&env.run(&[&["map", "--json"], args].concat()));
    let december = run(&["--since", "2025-12-01", "--until", "2026-01-01"]);
    let changes = december["value_stream"]["changes"].as_u64().unwrap();
    let table = env.run(&["map", "--csv", "-", "--since", "2025-12-01", "--until", "2026-01-01"]);
    let merged_then = table.lines().skip(1).filter(|row| row.contains(",2025-12-")).count();
    assert!(changes > 0 && changes == merged_then as u64, "{changes} of\n{table}");
    insta::assert_snapshot!(env.run(&["map", "--since", "2026-02-01", "--until", "2026-01-01"]), @r"
    ------- stderr -------
    error: the period ends (2026-01-01T00:00:00Z) before it starts (2026-02-01T00:00:00Z)
    [exit status: 2]
    ");

    env.write("teams.toml", "front = [\"part-1*.txt\"]\nback = [\"bo@example.com\", \"*.txt\"]\n");
    let table = env.run(&["map", "--team-map", "teams.toml", "--csv", "-"]);
    let team = |change: &str| {
        let row = table.lines().find(|row| row.starts_with(&format!("repo,{change},")));
        row.and_then(|row| row.split(',').nth(20)).map(ToOwned::to_owned)
    };
    assert_eq!(team("#11").as_deref(), Some("front"), "{table}");
    assert_eq!(team("#7").as_deref(), Some("back"), "{table}");
    insta::assert_snapshot!(env.run(&["map", "--team-map", "none.toml"]), @r"
    ------- stderr -------
    error: there is no file `none.toml`
    hint: name a file that exists, or leave out `--team-map`
    [exit status: 2]
    ");
}

#[test]
fn every_measure_explains_itself() {
    let env = delivery_env();
    let help = env.run(&["map", "--help"]);
    for id in MEASURES {
        assert!(help.contains(id), "`{id}` is not in the help");
        let text = env.run(&["map", "--explain", id]);
        assert!(text.contains("Formula: ") && text.contains("Source: "), "{text}");
        assert!(!text.contains("stderr") && !text.contains("exit status"), "{text}");
        assert!(
            text.lines().all(|line| line.contains('\t') || line.chars().count() <= 100),
            "{text}"
        );
    }
    let document = json(&env.run(&["map", "--explain", "batch-size", "--json"]));
    assert_eq!(document["schema"], "explain/v1");
    assert_eq!(document["explanation"]["measure"]["id"], "batch-size");
    insta::assert_snapshot!(env.run(&["map", "--explain", "velocity"]), @r"
    ------- stderr -------
    error: there is no measure `velocity`; there is value-stream, review-wait, cohorts, usage, change-failure, dora, coverage, ci, reviews, merge-queue, time-in-status, ai-use, apex, velocity-paradox, after-hours, manual-steps, business-hours, network, funnel, batch-size, rework, cadence, invest-first, teams
    [exit status: 2]
    ");
}

#[test]
fn a_branch_that_is_not_there_is_answered_with_those_that_are() {
    let env = small_env();
    assert_eq!(env.shell("git branch release-1 v1.0.0"), "");
    insta::assert_snapshot!(env.run(&["map", "--branch", "mian"]), @r"
    ------- stderr -------
    error: there is no branch `mian`; there is `main`, `release-1`
    [exit status: 2]
    ");
    let report = json(&env.run(&["map", "--json", "--branch", "release-1"]));
    assert_eq!(report["repositories"][0]["commits"], 1);
}

#[test]
fn output_that_nobody_reads_is_no_error() {
    let line = r#"{ sleep 0.3; "$THROUGHLINE" map; echo "exit $?" >&2; } | true"#;
    insta::assert_snapshot!(small_env().shell(line), @r"
    ------- stderr -------
    exit 0
    ");
}

#[test]
fn the_git_program_is_not_needed() {
    let env = small_env().var("PATH", "/nonexistent");
    let report = json(&env.run(&["map", "--json", "--patch-ids"]));
    assert_eq!(report["repositories"][0]["commits"], 3);
    assert!(env.run(&["doctor"]).contains("main (checked out)"));
}

#[test]
fn nothing_but_the_report_is_written_where_no_terminal_is() {
    let shown = delivery_env().run(&["map", "--ledger", "none"]);
    assert!(!shown.contains("stderr") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn a_locale_without_unicode_gets_a_report_in_ascii() {
    let ascii = delivery_env().var("LC_ALL", "C").run(&["map"]);
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(!delivery_env().var("LC_ALL", "C.UTF-8").run(&["map"]).is_ascii());
}

/// What an early report shows must not depend on what came after it.
#[test]
fn a_report_until_an_instant_does_not_see_what_came_later() {
    let repo = TestRepo::new();
    let mut import = Import::new();
    let commit = |import: &mut Import, day: u32| {
        let at = format!("2026-02-{day:02}T09:00:00Z");
        let content = format!("{day}\n");
        let message = format!("Day {day} (#{day})");
        import.commit("refs/heads/main", "ana", &at, &[("a", content.as_str())], &message)
    };
    let early: Vec<_> = (1..=5).map(|day| commit(&mut import, day)).collect();
    import.point("refs/heads/early", early[4]);
    for day in 6..=9 {
        commit(&mut import, day);
    }
    import.into(&repo);
    let env = env().with_copy_of(repo.path());
    let run = |args: &[&str]| {
        let mut report = json(&env.run(&[&["map", "--json", "--ledger", "none"], args].concat()));
        report["repositories"] = Value::Null;
        report["gaps"] = Value::Null;
        report
    };
    let until = ["--until", "2026-02-05T09:00:00Z"];
    assert_eq!(run(&until)["value_stream"]["changes"], 5);
    assert_eq!(run(&until), run(&[&["--branch", "early"], until.as_slice()].concat()));
}
