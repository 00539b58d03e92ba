//! The ledger in a PostgreSQL database: the same commands, the same answers.

use tl_testkit::postgres;

use crate::env;

/// Two requests, one of them deployed.
const EVENTS: &str = r#"{"v":1,"id":"1","type":"change.opened","at":"2026-03-02T09:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#1"},"data":{"number":1,"author":"ana"}}
{"v":1,"id":"2","type":"change.merged","at":"2026-03-02T15:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#1"},"refs":{"commit":"1111111111111111111111111111111111111111"}}
{"v":1,"id":"3","type":"change.opened","at":"2026-03-03T09:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#2"},"data":{"number":2,"author":"bo"}}
{"v":1,"id":"4","type":"change.merged","at":"2026-03-03T10:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#2"},"refs":{"commit":"2222222222222222222222222222222222222222"}}
{"v":1,"id":"5","type":"deploy.finished","at":"2026-03-03T12:00:00Z","source":"cd","subject":{"kind":"deployment","key":"d1"},"refs":{"commit":"1111111111111111111111111111111111111111","environment":"production","repository":"acme/api"},"data":{"outcome":"success"}}
{"v":1,"id":"6","type":"deploy.finished","at":"2026-03-04T12:00:00Z","source":"cd","subject":{"kind":"deployment","key":"d2"},"refs":{"commit":"2222222222222222222222222222222222222222","environment":"production","repository":"acme/api"},"data":{"outcome":"success"}}
"#;

#[test]
fn what_was_collected_into_a_database_is_measured_as_from_a_file() {
    let Some(database) = postgres::database() else { return };
    let env = env().var("TL_NOW", "2026-04-01");
    env.write("events.ndjson", EVENTS);
    let mut answers = Vec::new();
    for ledger in [database.url(), "ledger.db"] {
        let collected = env.run(&["collect", "--ledger", ledger, "--from", "events.ndjson"]);
        assert!(collected.contains('6'), "{collected}");
        let again = env.run(&["collect", "--ledger", ledger, "--from", "events.ndjson"]);
        let map = env.run(&["map", "--collected", "--ledger", ledger, "--csv", "-"]);
        answers.push((again, map));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].1.contains("2026-03-04T12:00:00Z"), "{}", answers[0].1);
}

#[test]
fn the_password_of_a_database_is_never_shown() {
    let env = env();
    env.write("events.ndjson", EVENTS);
    let url = "postgres://ana:s3cr3t-w0rd@127.0.0.1:1/throughline";
    let said = env.run(&["-vvv", "collect", "--ledger", url, "--from", "events.ndjson"]);
    assert!(!said.contains("s3cr3t"), "{said}");
    assert!(said.contains("[exit status: 3]"), "{said}");
}
