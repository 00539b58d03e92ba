//! The gate of tests, as a pipeline meets it.

use tl_testkit::env::TestEnv;
use tl_testkit::repo::TestRepo;

use crate::env;

const GREEN: &str = r#"<testsuite name="orders" tests="1"><testcase classname="acme.Orders" name="adds" time="0.1"/></testsuite>"#;

const RED: &str = r#"<testsuite name="orders" tests="2" failures="1">
  <testcase classname="acme.Orders" name="adds"/>
  <testcase classname="acme.Orders" name="retries on 503" file="/srv/build/7/orders_test.py" line="12">
    <failure type="AssertionError" message="expected 3 answers but was 2"/>
  </testcase>
</testsuite>"#;

/// The exit code that a run ended with.
fn code(shown: &str) -> i32 {
    let last = shown.lines().last().unwrap_or_default();
    last.strip_prefix("[exit status: ")
        .and_then(|rest| rest.strip_suffix(']'))
        .map_or(0, |code| code.parse().expect("an exit status is a number"))
}

fn gate(env: &TestEnv, args: &[&str]) -> (i32, String) {
    let shown = env.run(&[&["test", "gate"], args].concat());
    (code(&shown), shown)
}

#[test]
fn green_reports_pass_and_red_ones_are_named() {
    let env = env();
    env.write("green.xml", GREEN);
    env.write("red.xml", RED);
    assert_eq!(gate(&env, &["green.xml"]).0, 0);
    let (code, shown) = gate(&env, &["*.xml"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("retries on 503"), "{shown}");
    assert!(shown.contains("expected 3 answers but was 2"), "{shown}");
}

#[test]
fn silence_is_never_green() {
    let env = env();
    env.write("empty.xml", "");
    env.write("cut.xml", &GREEN[..GREEN.len() - 14]);
    env.write("none.xml", r#"<testsuite name="orders" tests="0"/>"#);
    env.write(
        "entity.xml",
        r#"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><testsuite/>"#,
    );
    env.write("green.xml", GREEN);
    for report in ["gone.xml", "nothing/*.xml", "empty.xml", "cut.xml", "none.xml", "entity.xml"] {
        let (code, shown) = gate(&env, &[report]);
        assert_eq!(code, 3, "{report}: {shown}");
        // Nor does a good report beside it help.
        if report != "nothing/*.xml" && report != "none.xml" {
            assert_eq!(gate(&env, &["green.xml", report]).0, 3, "{report}");
        }
    }
    assert_eq!(gate(&env, &["none.xml", "--allow-empty"]).0, 0);
    assert_eq!(gate(&env, &["green.xml", "--expect-cases", "2"]).0, 3);
    assert_eq!(gate(&env, &["green.xml", "--expect-reports", "2"]).0, 3);
    assert_eq!(gate(&env, &["green.xml", "--expect-file", "**/integration*.xml"]).0, 3);
}

#[test]
fn a_runner_that_was_killed_proves_nothing() {
    let env = env();
    env.write("green.xml", GREEN);
    env.write("red.xml", RED);
    for end in [["--exit-code", "137"], ["--signal", "9"], ["--exit-code", "2"]] {
        let args = [&["green.xml", "--runner", "pytest"], &end[..]].concat();
        assert_eq!(gate(&env, &args).0, 3, "{end:?}");
    }
    // It says that tests failed, and no report says which.
    assert_eq!(gate(&env, &["green.xml", "--runner", "pytest", "--exit-code", "1"]).0, 3);
    assert_eq!(gate(&env, &["red.xml", "--runner", "pytest", "--exit-code", "1"]).0, 1);
    // What the runner keeps to itself is red all the same.
    assert_eq!(gate(&env, &["red.xml", "--exit-code", "0"]).0, 1);
}

#[test]
fn a_run_is_judged_by_what_it_wrote_itself() {
    let env = env();
    env.write("green.txt", GREEN);
    env.write("reports/junit.xml", GREEN);
    let run = |script: &str| {
        let shown = env.run(&["test", "run", "--", "sh", "-c", script]);
        (code(&shown), shown)
    };
    let (stale, shown) = run("true");
    assert_eq!(stale, 3, "{shown}");
    assert!(shown.contains("was not written anew"), "{shown}");
    assert_eq!(run("cp green.txt reports/junit.xml").0, 0);
    assert_eq!(run("cp green.txt reports/junit.xml; kill -9 $$").0, 3);
    let red = format!("cat > reports/junit.xml <<'EOF'\n{RED}\nEOF\nexit 1");
    assert_eq!(run(&red).0, 1);
    let shown = env.run(&["test", "run", "--timeout", "1", "--", "sleep", "30"]);
    assert_eq!(code(&shown), 3, "{shown}");
}

#[test]
fn the_answer_is_there_for_programs_too() {
    let env = env();
    env.write("red.xml", RED);
    let shown = env.run(&["test", "gate", "red.xml", "--json"]);
    let document: serde_json::Value =
        serde_json::from_str(shown.rsplit_once("\n[exit").unwrap().0).unwrap();
    assert_eq!(document["schema"], "gate/v1");
    assert_eq!(document["answer"], "failed");
    assert_eq!(document["red"][0]["test"]["name"], "retries on 503");
    let shown = env.run(&["test", "gate", "red.xml", "--format", "sarif"]);
    assert!(shown.contains("\"version\": \"2.1.0\""), "{shown}");
    let shown = env.run(&["test", "gate", "red.xml", "--format", "github", "--summary", "s.md"]);
    assert!(shown.contains("::error "), "{shown}");
    let written = |name: &str| std::fs::read_to_string(env.repo().join(name)).unwrap();
    assert!(written("s.md").contains("retries on 503"), "{}", written("s.md"));
    env.run(&["test", "gate", "red.xml", "--ctrf-out", "c.json", "--comment-out", "c.md"]);
    let report: serde_json::Value = serde_json::from_str(&written("c.json")).unwrap();
    assert_eq!(report["results"]["summary"]["tests"], 2);
    assert!(env.run(&["test", "gate", "c.json"]).contains("1 passed"));
    assert!(written("c.md").starts_with("<!-- throughline:test-gate tests -->"));
    let shown = env.run(&["test", "gate", "red.xml", "--explain", "retries on 503"]);
    assert!(shown.contains("AssertionError") || shown.contains("expected 3 answers"), "{shown}");
}

#[test]
fn a_known_failure_is_masked_unless_the_change_touches_the_test() {
    let repo = TestRepo::new();
    let day = |hour: u32| format!("2026-02-20T{hour:02}:00:00Z");
    repo.commit("ana", &day(10), &[("orders_test.py", "1\n"), ("a.py", "1\n")], "tests");
    let env = env();
    env.write("red.xml", RED);
    let report = env.repo().join("red.xml").display().to_string();
    let gate = |args: &[&str]| {
        let shown = env.run_in(repo.path(), &[&["test", "gate", &report], args].concat());
        (code(&shown), shown)
    };
    let add = ["test", "quarantine", "add", "retries on 503", "--from", &report, "--owner", "ana"];
    let why = ["--issue", "acme/api#412", "--because", "seen on two commits that were good"];
    let shown = env.run_in(repo.path(), &[&add[..], &why[..]].concat());
    assert_eq!(code(&shown), 0, "{shown}");
    // Not merged yet: the change that adds the entry is not masked by it.
    assert_eq!(gate(&["--base", "HEAD"]).0, 1);
    let path = ".throughline/quarantine.toml";
    let file = std::fs::read_to_string(repo.path().join(path)).unwrap();
    // The report names the file from the machine's root, the repository from its own.
    assert!(file.contains("\nfile = \"orders_test.py\"\n"), "{file}");
    repo.commit("ana", &day(11), &[(path, &file)], "quarantine");
    let base = repo.head();
    repo.commit("bo", &day(12), &[("a.py", "2\n")], "another file");
    let (masked, shown) = gate(&["--base", &base]);
    assert_eq!(masked, 0, "{shown}");
    assert!(shown.contains("acme/api#412"), "{shown}");
    gate(&["--base", &base, "--junit-out", "out"]);
    let rewritten = std::fs::read_to_string(repo.path().join("out/red.xml")).unwrap();
    assert!(rewritten.contains("<skipped message=\"quarantined: "), "{rewritten}");
    std::fs::remove_dir_all(repo.path().join("out")).unwrap();
    // For another reason it fails.
    let other = RED.replace("expected 3 answers but was 2", "the answer is not there at all");
    env.write("red.xml", other);
    assert_eq!(gate(&["--base", &base]).0, 1);
    env.write("red.xml", RED.replace("but was 2", "but was 1"));
    assert_eq!(gate(&["--base", &base]).0, 0);
    // Edited and not committed, then committed.
    repo.write("orders_test.py", b"2\n");
    assert_eq!(gate(&["--base", &base]).0, 1);
    repo.commit("bo", &day(13), &[("orders_test.py", "2\n")], "the test");
    let (touched, shown) = gate(&["--base", &base]);
    assert_eq!(touched, 1, "{shown}");
}

#[test]
fn the_commit_may_be_told_by_any_of_its_names() {
    let repo = TestRepo::new();
    repo.commit("ana", "2026-02-20T10:00:00Z", &[("a.py", "1\n")], "tests");
    let env = env();
    let about = |commit: &str| {
        let property = format!(
            "<properties><property name=\"git.commit.id\" value=\"{commit}\"/></properties><testcase"
        );
        env.write("green.xml", GREEN.replacen("<testcase", &property, 1));
        let report = env.repo().join("green.xml").display().to_string();
        code(&env.run_in(repo.path(), &["test", "gate", &report, "--commit", "HEAD"]))
    };
    assert_eq!(about(&repo.head()), 0);
    assert_eq!(about(&"01".repeat(20)), 3);
}

#[test]
fn an_entry_that_is_over_is_exit_code_four_with_its_owner() {
    let env = env();
    env.write("green.xml", GREEN);
    env.write("red.xml", RED);
    let add =
        ["test", "quarantine", "add", "retries on 503", "--from", "red.xml", "--owner", "ana"];
    let why = ["--issue", "acme/api#412", "--because", "seen on two commits that were good"];
    env.run(&[&add[..], &why[..]].concat());
    let listed = env.run(&["test", "quarantine", "list"]);
    assert!(listed.contains("retries on 503") && listed.contains("ana"), "{listed}");
    assert_eq!(gate(&env, &["green.xml", "--no-diff"]).0, 0);
    let path = env.repo().join(".throughline/quarantine.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    let since = file.lines().find(|line| line.starts_with("since")).unwrap().to_owned();
    let expires = file.lines().find(|line| line.starts_with("expires")).unwrap().to_owned();
    let file = file
        .replace(&since, "since = \"2026-01-01\"")
        .replace(&expires, "expires = \"2026-01-31\"");
    std::fs::write(&path, file).unwrap();
    let (code, shown) = gate(&env, &["green.xml", "--no-diff"]);
    assert_eq!(code, 4, "{shown}");
    assert!(shown.contains("ana"), "{shown}");
    env.run(&["test", "quarantine", "release", "retries on 503"]);
    assert_eq!(gate(&env, &["green.xml", "--no-diff"]).0, 0);
}
