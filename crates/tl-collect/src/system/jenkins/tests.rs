use serde_json::{Value, json};
use tl_core::record::{Record, System};

use crate::system::convert;
use crate::system::field::tests::{lines, record, told};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

fn jenkins(what: &str, parent: &str, body: Value) -> Record {
    record(System::Jenkins, what, ["", parent], body)
}

fn build() -> Value {
    json!({
        "id": "12", "number": 12, "url": "https://ci.example.com/job/acme/job/api/12/",
        "timestamp": 1_772_366_400_000_i64, "duration": 60_000, "building": false,
        "result": "UNSTABLE",
        "actions": [
            {},
            {"causes": [{"_class": "hudson.model.Cause$UserIdCause", "userId": "ana"}]},
            {"queuingDurationMillis": 2500},
            {"lastBuiltRevision": {"SHA1": HEAD, "branch": [{"SHA1": HEAD, "name": "refs/remotes/origin/main"}]},
             "remoteUrls": ["git@git.example.com:acme/api.git"]},
        ],
    })
}

#[test]
fn a_build_is_told_from_queue_to_end() {
    insta::assert_snapshot!(lines(&told(&jenkins("build", "", build()))));
}

#[test]
fn a_build_that_runs_has_no_end() {
    let mut body = build();
    body["building"] = json!(true);
    body["result"] = Value::Null;
    body["duration"] = json!(0);
    body["timestamp"] = json!("1772366400000");
    let kinds: Vec<_> = told(&jenkins("build", "", body)).into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["ci.queued", "ci.started"]);
}

#[test]
fn stages_tell_how_long_a_person_was_waited_for() {
    let stage = json!({
        "id": "6", "name": "Approve", "status": "SUCCESS", "startTimeMillis": 1_772_366_400_000_i64,
        "durationMillis": 90_000, "pauseDurationMillis": 80_000,
        "_links": {"self": {"href": "/job/acme/job/api/12/execution/node/6/wfapi/describe"}},
    });
    insta::assert_snapshot!(lines(&told(&jenkins("stage", "12", stage))));
}

#[test]
fn notifications_tell_each_phase_at_its_own_instant() {
    let hook = |phase: &str, at: i64| {
        let body = json!({"name": "api", "url": "job/acme/job/api/", "build": {
            "full_url": "https://ci.example.com/job/acme/job/api/12/", "number": 12, "phase": phase,
            "timestamp": at, "status": "SUCCESS",
            "scm": {"url": "https://git.example.com/acme/api.git", "branch": "origin/main", "commit": HEAD},
        }});
        told(&jenkins("webhook", "", body))
    };
    let all = [hook("STARTED", 1_772_366_400_000), hook("COMPLETED", 1_772_366_460_000)];
    insta::assert_snapshot!(lines(&all.concat()));
    assert!(hook("FINALIZED", 1_772_366_470_000).is_empty());
    assert!(
        convert(&jenkins("webhook", "", json!({"name": "api", "build": {"number": 1}}))).is_err()
    );
}
