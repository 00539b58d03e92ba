//! `throughline backup` and `throughline restore`.

use crate::collect::STORY;
use crate::env;

#[test]
fn a_ledger_with_its_results_comes_back_from_one_file() {
    let env = env();
    env.write("events.ndjson", STORY);
    let report = r#"<testsuite name="s" timestamp="2026-03-01T10:00:00"><testcase classname="a" name="adds" time="0.1"/></testsuite>"#;
    env.write("report.xml", report);
    env.shell("git init -q . && git -c user.name=ana -c user.email=ana@example.com commit -q --allow-empty -m one");
    env.run(&["collect", "--from", "events.ndjson"]);
    let recorded = env.run(&["test", "record", "report.xml"]);
    let events = env.run(&["events"]);
    assert!(events.contains("deploy.finished"), "{events}");
    let history = env.run(&["test", "history", "check"]);
    let made = env.run(&["backup", "--to", "copy.backup"]);
    assert!(made.contains("1 files of results; checked"), "{made}\n{recorded}");
    let again = env.run(&["backup", "--to", "copy.backup"]);
    assert!(again.contains("is there already") && again.contains("[exit status: 2]"), "{again}");
    let kept = env.run(&["restore", "copy.backup"]);
    assert!(kept.contains("is there already") && kept.contains("[exit status: 2]"), "{kept}");
    env.shell("rm -r .throughline");
    env.run(&["restore", "copy.backup"]);
    assert_eq!(env.run(&["events"]), events);
    assert_eq!(env.run(&["test", "history", "check"]), history);
    // A backup is a ledger by itself.
    assert_eq!(env.run(&["events", "--ledger", "copy.backup"]), events);
}

#[test]
fn what_is_no_backup_and_what_is_on_a_server_says_what_to_do() {
    let env = env();
    env.write("text", "no backup");
    let none = env.run(&["restore", "text", "--ledger", "new.db"]);
    assert!(none.contains("[exit status: "), "{none}");
    assert!(!env.repo().join("new.db").exists());
    let server = env.run(&["backup", "--to", "x", "--ledger", "postgres://ana@localhost/none"]);
    assert!(server.contains("pg_dump"), "{server}");
    let missing = env.run(&["backup", "--to", "x", "--ledger", "none.db"]);
    assert!(missing.contains("there is no ledger"), "{missing}");
}
