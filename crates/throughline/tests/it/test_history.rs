//! History of tests, as a team builds it up run by run.

use std::fmt::Write as _;

use serde_json::Value;
use tl_testkit::env::TestEnv;
use tl_testkit::repo::TestRepo;

use crate::env;

/// A JUnit report: tests by name, and whether each passed.
fn report(cases: &[(&str, bool)]) -> String {
    let mut text = String::from("<testsuite name=\"unit\">");
    for (name, passed) in cases {
        let file = name.split('_').next().unwrap_or(name);
        write!(
            text,
            r#"<testcase classname="acme" name="{name}" file="tests/{file}_test.py" time="0.25">"#
        )
        .expect("writing to text cannot fail");
        if !passed {
            text.push_str(r#"<failure type="AssertionError" message="the answer was late"/>"#);
        }
        text.push_str("</testcase>");
    }
    text + "</testsuite>"
}

/// The id that stands for the commit of a day.
fn commit(day: u32) -> String {
    format!("{day:040x}")
}

/// Records a run of the commit of a day; at the day's noon and the attempt's hour.
fn record(env: &TestEnv, day: u32, attempt: u32, cases: &[(&str, bool)]) -> String {
    env.write("unit.xml", report(cases));
    let at = format!("2026-02-{day:02}T{:02}:00:00Z", 12 + attempt);
    let (commit, attempt) = (commit(day), attempt.to_string());
    env.run(&[
        "--ledger",
        "ledger.db",
        "test",
        "record",
        "unit.xml",
        "--commit",
        &commit,
        "--attempt",
        &attempt,
        "--at",
        &at,
    ])
}

fn asked(env: &TestEnv, args: &[&str]) -> String {
    env.run(&[&["--ledger", "ledger.db", "test"], args].concat())
}

fn json(shown: &str) -> Value {
    let document = shown.split("\n-------").next().unwrap_or_default();
    serde_json::from_str(document).unwrap_or_else(|err| panic!("{err}: {shown}"))
}

/// What `flaky --json` says of a test.
fn of<'a>(listing: &'a Value, name: &str) -> &'a Value {
    let tests = listing["tests"].as_array().expect("`flaky/v1` has tests");
    let found = tests.iter().find(|test| test["test"]["name"] == name);
    found.expect("the test is known")
}

/// Twenty-two days: `door_opens` fails at times and passes when tried again, `bell_rings` fails from
/// the nineteenth day on, `light_shines` never.
fn month() -> TestEnv {
    let env = env();
    for day in 1..=22 {
        let flaked = day % 6 == 0;
        let broke = day >= 19;
        record(
            &env,
            day,
            1,
            &[("door_opens", !flaked), ("bell_rings", !broke), ("light_shines", true)],
        );
        if flaked {
            record(
                &env,
                day,
                2,
                &[("door_opens", true), ("bell_rings", !broke), ("light_shines", true)],
            );
        }
    }
    env
}

#[test]
fn a_flake_a_regression_and_a_healthy_test_are_told_apart() {
    let env = month();
    let listing = json(&asked(&env, &["flaky", "--json"]));
    assert_eq!(listing["schema"], "flaky/v1");
    assert_eq!(listing["runs"], 25);
    let door = of(&listing, "door_opens");
    assert_eq!((&door["class"], &door["proven"]), (&"flaky".into(), &true.into()), "{door}");
    assert_eq!(door["divergent"], serde_json::json!([commit(6), commit(12), commit(18)]));
    let bell = of(&listing, "bell_rings");
    assert_eq!(bell["class"], "regressed", "{bell}");
    let last = bell["phases"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["good"], &last["bad"]), (&commit(18).into(), &commit(19).into()));
    assert_eq!(of(&listing, "light_shines")["class"], "healthy");

    let shown = asked(&env, &["flaky"]);
    let (bell, door) = (shown.find("bell_rings").unwrap(), shown.find("door_opens").unwrap());
    assert!(bell < door && !shown.contains("light_shines"), "{shown}");
    let shown = asked(&env, &["flaky", "--explain", "door_opens"]);
    assert!(shown.contains("failed and passed on 3 commits"), "{shown}");
    assert!(shown.contains("the answer was late"), "{shown}");
    assert!(asked(&env, &["flaky", "--explain", "window"]).contains("history knows no test"));
}

#[test]
fn the_same_reports_again_change_nothing() {
    let env = env();
    let first = record(&env, 1, 1, &[("door_opens", true), ("bell_rings", false)]);
    assert!(first.contains("2 results of 2 tests are recorded"), "{first}");
    let again = record(&env, 1, 1, &[("door_opens", true), ("bell_rings", false)]);
    assert!(again.contains("recorded already"), "{again}");
    let listing = json(&asked(&env, &["flaky", "--json"]));
    assert_eq!((&listing["runs"], &of(&listing, "bell_rings")["runs"]), (&1.into(), &1.into()));
    let events = env.run(&["--ledger", "ledger.db", "events", "--kind", "tests.recorded"]);
    assert_eq!(events.matches("tests.recorded").count(), 1, "{events}");
}

#[test]
fn judging_a_run_makes_no_history_and_adds_to_one_that_is_there() {
    let env = env();
    env.write("unit.xml", report(&[("door_opens", true)]));
    let gate = ["gate", "unit.xml", "--commit", &commit(3), "--no-diff"];
    let shown = env.run(&[&["test"], &gate[..]].concat());
    assert!(!env.repo().join(".throughline").exists(), "{shown}");
    assert!(asked(&env, &["flaky"]).contains("no history of tests"));
    record(&env, 2, 1, &[("door_opens", true)]);
    asked(&env, &gate);
    let listing = json(&asked(&env, &["flaky", "--json"]));
    assert_eq!(listing["runs"], 2);
    let events = env.run(&["--ledger", "ledger.db", "events", "--kind", "gate.decided"]);
    assert!(events.contains("\"outcome\":\"passed\""), "{events}");
    asked(&env, &[&gate[..], &["--no-record", "--attempt", "2"]].concat());
    assert_eq!(json(&asked(&env, &["flaky", "--json"]))["runs"], 2);
}

#[test]
fn a_run_with_far_fewer_cases_than_usual_proves_nothing() {
    let env = env();
    let all = [("door_opens", true), ("bell_rings", true), ("light_shines", true)];
    for day in 1..=6 {
        record(&env, day, 1, &all);
    }
    env.write("unit.xml", report(&all[..1]));
    let gate = ["gate", "unit.xml", "--commit", &commit(7), "--no-record"];
    let shown = asked(&env, &gate);
    assert!(shown.contains("[exit status: 3]"), "{shown}");
    let shown = asked(&env, &[&gate[..], &["--selected"]].concat());
    assert!(!shown.contains("[exit status"), "{shown}");
}

#[test]
fn a_quarantine_entry_carries_what_history_knows() {
    let env = month();
    env.write("unit.xml", report(&[("door_opens", false), ("bell_rings", false)]));
    let add = |test: &str| {
        let args = [
            "quarantine",
            "add",
            test,
            "--from",
            "unit.xml",
            "--owner",
            "ana",
            "--issue",
            "acme/api#1",
        ];
        asked(&env, &args)
    };
    let shown = add("bell_rings");
    assert!(shown.contains("regressed"), "{shown}");
    let shown = add("door_opens");
    assert!(shown.contains("is in "), "{shown}");
    let text = std::fs::read_to_string(env.repo().join(".throughline/quarantine.toml")).unwrap();
    assert!(text.contains("fails = 3") && text.contains("runs = "), "{text}");
    assert!(text.contains(&commit(18)[..10]), "{text}");
}

#[test]
fn a_change_that_breaks_most_tests_for_one_reason_is_to_blame_from_its_second_run_on() {
    let env = env();
    let names: Vec<String> = (0..40).map(|number| format!("test_{number}")).collect();
    let report = |passed: bool| {
        let mut text = String::from(r#"<testsuite name="unit" tests="40">"#);
        for (number, name) in names.iter().enumerate() {
            let class = format!("acme.Part{}", number % 4);
            write!(text, r#"<testcase classname="{class}" name="{name}" time="0.1">"#)
                .expect("writing to text cannot fail");
            if !passed {
                text.push_str(r#"<error type="ImportError" message="no module named orders"/>"#);
            }
            text.push_str("</testcase>");
        }
        text + "</testsuite>"
    };
    let gate = |day: u32, attempt: &str, passed: bool| {
        env.write("unit.xml", report(passed));
        let (commit, at) = (commit(day), format!("2026-02-{day:02}T1{attempt}:00:00Z"));
        let run = ["--commit", &commit, "--attempt", attempt, "--at", &at, "--no-diff"];
        asked(&env, &[&["gate", "unit.xml"], &run[..]].concat())
    };
    env.write("unit.xml", report(true));
    asked(&env, &["record", "unit.xml", "--commit", &commit(1), "--at", "2026-02-01T12:00:00Z"]);
    for day in 2..16 {
        assert!(gate(day, "1", true).contains("passed"));
    }
    let shown = gate(16, "1", false);
    assert!(shown.contains("so many tests failed for this one reason"), "{shown}");
    assert!(shown.contains("[exit status: 1]"), "{shown}");
    let shown = gate(16, "2", false);
    assert!(shown.contains("as in the run before: it is the code's"), "{shown}");
    assert!(shown.contains("[exit status: 1]") && !shown.contains("machine"), "{shown}");
    for day in 17..24 {
        let shown = gate(day, "1", false);
        assert!(shown.contains("[exit status: 1]") && !shown.contains("machine"), "{shown}");
    }
    let shown = asked(&env, &["flaky"]);
    assert!(shown.contains("40 regressed"), "{shown}");
}

#[test]
fn tests_are_ordered_and_dealt_out_by_what_they_did() {
    let env = month();
    let order = asked(&env, &["order"]);
    assert!(order.contains("history counts as by default: "), "{order}");
    let lines: Vec<&str> = order.lines().collect();
    assert_eq!(lines[0], "acme > bell_rings", "{order}");
    assert_eq!(lines[1], "acme > door_opens", "{order}");
    let shown = asked(&env, &["select", "--explain"]);
    assert!(shown.contains("everything is run"), "{shown}");
    let split = json(&asked(&env, &["split", "2", "--json"]));
    let items = |shard: usize| split["shards"][shard]["items"].as_array().unwrap().len();
    assert_eq!(items(0) + items(1), 3, "{split}");
    let shown = asked(&env, &["split", "2", "--index", "3"]);
    assert!(shown.contains("[exit status: 2]"), "{shown}");
}

#[test]
fn a_test_that_runs_a_changed_line_is_selected() {
    let repo = TestRepo::new();
    let cart = "def total(x):\n    return sum(x)\n\ndef empty():\n    return 0\n";
    let files = [("src/cart.py", cart), ("src/pay.py", "def pay():\n    return 1\n")];
    repo.commit("ana", "2026-02-01T10:00:00Z", &files, "Start");
    let changed = cart.replace("return 0", "return 0.0");
    repo.commit("ana", "2026-02-02T10:00:00Z", &[("src/cart.py", &changed)], "Empty is a float");
    let env = env().with_copy_of(repo.path());
    let tests = [("cart_sums", true), ("cart_empty", true), ("pay_once", true)];
    for day in 1..=12 {
        record(&env, day, 1, &tests);
    }
    let context =
        |test: &str| format!("tests/{}_test.py::{test}|run", test.split('_').next().unwrap());
    let (sums, empty) = (context("cart_sums"), context("cart_empty"));
    let contexts = serde_json::json!({ "1": [sums], "2": [sums], "4": [empty], "5": [empty] });
    let coverage = serde_json::json!({
        "meta": { "format": 3, "version": "7.6.1", "show_contexts": true },
        "files": { "src/cart.py": {
            "executed_lines": [1, 2, 4, 5], "missing_lines": [], "excluded_lines": [],
            "contexts": contexts,
        } },
        "totals": {},
    });
    env.write("coverage.json", coverage.to_string());
    env.shell("git checkout -q HEAD~1");
    let shown = asked(&env, &["coverage", "--record", "coverage.json"]);
    assert!(shown.contains("coverage of 2 tests is recorded"), "{shown}");
    env.shell("git checkout -q -");
    let select = ["select", "--base", "HEAD~1", "--time", "0", "--explain"];
    let shown = asked(&env, &select);
    assert!(shown.contains("run  acme > cart_empty: it runs"), "{shown}");
    assert!(shown.contains("skip acme > cart_sums"), "{shown}");
    assert!(shown.contains("skip acme > pay_once"), "{shown}");
}

#[test]
fn what_is_edited_and_not_committed_is_part_of_the_change() {
    let repo = TestRepo::new();
    let files = [("src/cart.py", "x = 1\n"), ("tests/cart_test.py", "def cart_sums(): pass\n")];
    repo.commit("ana", "2026-02-01T10:00:00Z", &files, "Start");
    repo.commit("ana", "2026-02-02T10:00:00Z", &[("README.md", "Cart\n")], "Say what it is");
    let env = env().with_copy_of(repo.path());
    for day in 1..=12 {
        record(&env, day, 1, &[("cart_sums", true), ("pay_once", true)]);
    }
    let select = ["select", "--time", "0", "--explain"];
    let shown = asked(&env, &select);
    assert!(shown.contains("skip acme > cart_sums"), "{shown}");
    assert!(shown.contains("untracked files do not count"), "{shown}");
    env.write("tests/cart_test.py", "def cart_sums(): assert True\n");
    let shown = asked(&env, &select);
    assert!(shown.contains("run  acme > cart_sums: `tests/cart_test.py` is edited"), "{shown}");
    assert!(shown.contains("skip acme > pay_once"), "{shown}");
    let shown = asked(&env, &[&select[..], &["--committed"]].concat());
    assert!(shown.contains("skip acme > cart_sums"), "{shown}");
    // A new file that is like the rest of the code counts before it is added.
    env.write("tests/cart_test.py", "def cart_sums(): pass\n");
    env.write("src/poetry.lock", "");
    let shown = asked(&env, &select);
    assert!(shown.contains("everything is run"), "{shown}");
}

#[test]
fn a_test_that_a_branch_breaks_is_no_regression_until_that_is_merged() {
    let repo = TestRepo::new();
    for day in 1..=12 {
        let text = format!("{day}\n");
        let at = format!("2026-02-{day:02}T10:00:00Z");
        repo.commit("ana", &at, &[("cart.py", &text)], "Work on the cart");
    }
    repo.git(&["branch", "-M", "main"]);
    repo.git(&["checkout", "--quiet", "-b", "slower"]);
    for day in 13..=20 {
        let text = format!("{day}\n");
        let at = format!("2026-02-{day:02}T10:00:00Z");
        repo.commit("bo", &at, &[("cart.py", &text)], "Make it slower");
    }
    // What a clone knows of the branch that changes go to.
    repo.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    let env = env().with_copy_of(repo.path());
    let commits = repo.git(&["rev-list", "--reverse", "HEAD"]);
    for (day, commit) in (1_u32..).zip(commits.lines()) {
        env.write("unit.xml", report(&[("cart_sums", day <= 12)]));
        let at = format!("2026-02-{day:02}T12:00:00Z");
        asked(&env, &["record", "unit.xml", "--commit", commit, "--at", &at]);
    }
    let listing = json(&asked(&env, &["flaky", "--json"]));
    let cart = of(&listing, "cart_sums");
    assert_eq!(cart["class"], "healthy", "{cart}");
    assert_eq!((&cart["runs"], &cart["unmerged_red"]), (&12.into(), &8.into()), "{cart}");
    let shown = asked(&env, &["flaky", "--explain", "cart_sums"]);
    assert!(shown.contains("8 runs of code that was not merged, 8 of them red"), "{shown}");
}

#[test]
fn a_damaged_file_of_history_is_named() {
    let env = month();
    assert!(asked(&env, &["history", "check"]).contains("0 of them wrong"));
    let lake = env.repo().join("lake");
    let files = || {
        let mut found = Vec::new();
        let mut open = vec![lake.clone()];
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { open.push(path) } else { found.push(path) }
            }
        }
        found
    };
    let one = files().pop().unwrap();
    let mut bytes = std::fs::read(&one).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&one, bytes).unwrap();
    let shown = asked(&env, &["history", "check"]);
    assert!(shown.contains("1 of them wrong") && shown.contains("[exit status: 1]"), "{shown}");
    let name = one.file_name().unwrap().to_string_lossy();
    assert!(shown.contains(&*name), "{shown}");
}

#[test]
fn where_the_time_of_ci_goes_is_told_from_events() {
    let env = env();
    let mut lines = String::new();
    for run in 0..40_u32 {
        let (day, hour) = (1 + run / 8, 8 + run % 8);
        for (kind, minute) in [("queued", 0), ("started", 12), ("finished", 20)] {
            let data = match kind {
                "finished" => {
                    r#"{"level":"job","pipeline":"ci","job":"unit","attempt":1,"outcome":"success"}"#
                }
                _ => r#"{"level":"job","pipeline":"ci","job":"unit","attempt":1}"#,
            };
            writeln!(
                lines,
                r#"{{"v":1,"id":"{run}/{kind}","type":"ci.{kind}","at":"2026-02-{:02}T{hour:02}:{minute:02}:00Z","source":"ours","subject":{{"kind":"build","key":"{run}"}},"refs":{{"commit":"{}","repository":"acme/api"}},"data":{data}}}"#,
                20 + day,
                commit(run),
            )
            .unwrap();
        }
    }
    env.write("ci.ndjson", lines);
    let shown = env.run(&["--ledger", "ledger.db", "collect", "--from", "ci.ndjson"]);
    assert!(!shown.contains("[exit status"), "{shown}");
    let time = json(&asked(&env, &["ci-time", "--json"]));
    assert_eq!(time["schema"], "ci-time/v1");
    assert_eq!(time["jobs"], 40, "{time}");
    let found = time["findings"].as_array().unwrap();
    assert!(found.iter().any(|one| one["rule"] == "queue" && one["n"] == 40), "{time}");
    assert!(asked(&env, &["ci-time"]).contains("queue"));
}
