use serde_json::{Value, json};
use tl_core::record::{Record, System};

use crate::system::convert;
use crate::system::field::tests::{agree, lines, record, told};

const SITE: &str = "https://acme.atlassian.net/rest/api/2/issue/10001";

fn jira(what: &str, parent: &str, body: Value) -> Record {
    record(System::Jira, what, ["ABC", parent], body)
}

fn moved() -> Value {
    json!([
        {"field": "status", "from": "1", "fromString": "To Do", "to": "3", "toString": "Done"},
        {"field": "resolution", "from": null, "fromString": null, "to": "1", "toString": "Fixed"},
    ])
}

fn issue() -> Value {
    json!({
        "id": "10001", "key": "ABC-1", "self": SITE,
        "fields": {
            "summary": "Slow", "issuetype": {"name": "Bug"}, "priority": {"name": "High"},
            "status": {"id": "3", "name": "Done", "statusCategory": {"key": "done"}},
            "labels": ["b", "a"], "created": "2026-03-01T10:00:00.123+0100",
            "updated": "2026-03-03T10:00:00.125+0100", "resolution": {"name": "Fixed"},
            "resolutiondate": "2026-03-03T10:00:00.120+0100",
            "assignee": {"accountId": "bo"}, "reporter": {"name": "ana"},
            "components": [{"name": "api"}], "parent": {"key": "ABC-9"},
            "customfield_10020": [{"id": 8, "name": "S8", "boardId": 2, "state": "active"}],
        },
    })
}

fn with_history() -> Value {
    let mut body = issue();
    body["changelog"] = json!({"total": 2, "histories": [
        {"id": "502", "created": "2026-03-03T10:00:00.129+0100", "author": {"accountId": "bo", "self": SITE},
         "items": moved()},
        {"id": "501", "created": "2026-03-02T10:00:00.000+0100", "author": {"accountId": "cy"},
         "items": [{"field": "Sprint", "from": "7", "to": "7, 8"}, {"field": "Rank"}]},
    ]});
    body
}

#[test]
fn an_issue_is_told_from_its_opening_to_its_end() {
    insta::assert_snapshot!(lines(&told(&jira("issue", "", with_history()))));
}

#[test]
fn issue_history_and_webhook_tell_the_same() {
    let rest = told(&jira("issue", "", with_history()));
    let hook = json!({
        "webhookEvent": "jira:issue_updated", "timestamp": 1_772_528_400_200_i64, "issue": issue(),
        "user": {"accountId": "bo"}, "changelog": {"id": "502", "items": moved()},
    });
    let hook = told(&jira("webhook", "", hook));
    agree(&rest, &hook);
    let moves = |events: &[tl_core::event::Event]| -> Vec<String> {
        let moves = events.iter().filter(|event| event.kind == "ticket.status");
        moves.map(|event| format!("{} {}", event.key, event.at.as_millis())).collect()
    };
    assert_eq!(moves(&rest), moves(&hook));
    assert_eq!(moves(&rest).len(), 1);
    // An entry alone does not know what its statuses mean, and says so in its key.
    let entry = with_history()["changelog"]["histories"][0].clone();
    let entry = told(&jira("changelog", "ABC-1", entry));
    agree(&rest, &entry);
    assert!(moves(&entry)[0].starts_with("issue/ABC-1/status/502/0 "));
}

#[test]
fn sprints_links_and_the_development_panel_are_told() {
    let id = "0123456789abcdef0123456789abcdef01234567";
    let sprint = json!({
        "id": 7, "self": "https://acme.atlassian.net/rest/agile/1.0/sprint/7", "state": "closed",
        "name": "S7", "startDate": "2026-03-01T09:00:00.000Z", "endDate": "2026-03-15T09:00:00.000Z",
        "completeDate": "2026-03-14T09:00:00.000Z", "originBoardId": 2,
    });
    let remote = json!({
        "id": 3, "self": format!("{SITE}/remotelink/3").replace("10001", "ABC-1"),
        "object": {"url": format!("https://git.example.com/acme/api/-/commit/{id}")},
    });
    let panel = json!({"detail": [{
        "pullRequests": [{"url": "https://github.com/acme/api/pull/12", "lastUpdate": "2026-03-02T10:00:00.000+0000"}],
        "repositories": [{"commits": [{"id": id, "authorTimestamp": "2026-03-01T10:00:00.000+0000"}]}],
    }]});
    let all = [
        told(&jira("sprint", "", sprint)),
        told(&jira("remotelink", "", remote)),
        told(&jira("dev_status", "ABC-1", panel)),
    ];
    insta::assert_snapshot!(lines(&all.concat()));
}

#[test]
fn an_issue_that_was_moved_has_its_history_under_its_new_key() {
    let mut body = with_history();
    body["key"] = json!("XYZ-5");
    let events = told(&jira("issue", "", body));
    assert!(events.iter().all(|event| event.subject == "ticket:XYZ-5"));
    let before = told(&jira("issue", "", with_history()));
    assert!(events.iter().all(|event| before.iter().all(|it| it.key != event.key)));
}

#[test]
fn odd_issues_are_read_as_far_as_they_go() {
    let mut body = issue();
    body["fields"]["labels"] = Value::Null;
    body["fields"]["assignee"] = json!("bo");
    body["fields"]["status"] = json!({"id": 3, "name": "Done"});
    body["fields"]["resolutiondate"] = Value::Null;
    assert_eq!(told(&jira("issue", "", body.clone())).len(), 2);
    body["fields"]["created"] = json!("2026-03-01T10:00:00");
    assert!(convert(&jira("issue", "", body)).unwrap_err().to_string().contains("no zone"));
    assert!(convert(&jira("changelog", "", json!({"id": 1}))).is_err(), "of which issue?");
}
