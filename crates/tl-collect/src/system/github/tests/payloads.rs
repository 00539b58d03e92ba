//! GitHub's own examples of webhooks: all are read, and what they tell is a snapshot per event.

use std::collections::BTreeMap;

use super::*;

fn webhook(event: &str, body: serde_json::Value) -> Record {
    Record { scope: String::new(), ..record("webhook", event, body) }
}

#[test]
fn every_payload_tells_what_it_says() {
    let mut of_event: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (event, name, body) in payloads() {
        let events = convert(&webhook(&event, body)).unwrap_or_else(|err| panic!("{name}: {err}"));
        let events = if events.is_empty() { "nothing\n".to_owned() } else { told(&events) };
        let told = of_event.entry(event).or_default();
        match told.iter_mut().find(|(_, same)| *same == events) {
            Some((names, _)) => names.extend([", ", &name]),
            None => told.push((name, events)),
        }
    }
    for (event, told) in of_event {
        let told: Vec<_> = told.iter().map(|(names, it)| format!("# {names}\n{it}")).collect();
        insta::assert_snapshot!(event, told.join("\n"));
    }
}

#[test]
fn a_payload_without_its_header_is_known_by_its_members() {
    for (event, name, body) in payloads() {
        let with = convert(&webhook(&event, body.clone())).unwrap();
        let without = convert(&webhook("", body)).unwrap();
        assert_eq!(with, without, "{event} {name}");
    }
}

#[test]
fn events_that_say_nothing_about_delivery_are_no_errors() {
    assert_eq!(convert(&webhook("ping", json!({"zen": "x"}))), Ok(vec![]));
    assert_eq!(convert(&webhook("star", json!({"action": "created"}))), Ok(vec![]));
    assert_eq!(convert(&webhook("", json!({}))), Ok(vec![]));
    assert!(convert(&webhook("pull_request", json!({"action": "opened"}))).is_err());
}

#[test]
fn the_merge_queue_is_entered_and_left() {
    let (_, _, mut body) = payloads()
        .into_iter()
        .find(|(event, name, _)| event == "pull_request" && name == "opened")
        .unwrap();
    let mut last = |action: &str, reason: &str| {
        body["action"] = json!(action);
        body["reason"] = json!(reason);
        let events = convert(&webhook("pull_request", body.clone())).unwrap();
        events.last().unwrap().kind.clone()
    };
    assert_eq!(last("enqueued", ""), "change.queued");
    assert_eq!(last("dequeued", "CI_FAILURE"), "change.dequeued");
    assert_eq!(last("dequeued", "MERGE"), "change.updated", "merged is told by the request itself");
}

#[test]
fn a_job_that_waited_gets_its_approval() {
    let given = json!({
        "action": "approved", "since": "2024-05-01T10:00:00Z",
        "repository": {"full_name": "acme/api", "html_url": "https://github.com/acme/api"},
        "approver": {"login": "ana", "type": "User"},
        "workflow_run": {"head_sha": "1111111111111111111111111111111111111111"},
        "workflow_job_runs": [
            {"id": 7, "name": "ship", "environment": "live", "updated_at": "2024-05-01T11:30:00Z"},
        ],
    });
    insta::assert_snapshot!(told(&convert(&webhook("", given)).unwrap()), @r#"
    step.done 2024-05-01T11:30:00Z by ana
      github:job/acme/api/7/done
      build:github/job/7 [build=github/job/7 commit=1111111111111111111111111111111111111111 repository=acme/api]
      {"form":"approval","name":"ship","outcome":"success"}
    "#);
}
