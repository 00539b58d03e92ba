//! The same fact from REST, GraphQL and webhooks is the same event.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const HEAD: &str = "1111111111111111111111111111111111111111";
const MERGE: &str = "2222222222222222222222222222222222222222";
const BASE: &str = "3333333333333333333333333333333333333333";

fn user(login: &str) -> serde_json::Value {
    json!({"login": login, "id": 1, "type": "User"})
}

/// A merged request of REST, whole.
fn rest() -> serde_json::Value {
    json!({
        "number": 12, "html_url": "https://github.com/acme/api/pull/12",
        "url": "https://api.github.com/repos/acme/api/pulls/12",
        "title": "Doors for ABC-7", "body": "Fixes #34\n\nReverts acme/api#7", "draft": false,
        "state": "closed", "created_at": "2024-05-01T10:00:00Z",
        "updated_at": "2024-05-02T10:00:00Z", "closed_at": "2024-05-02T09:00:00Z",
        "merged_at": "2024-05-02T09:00:00Z", "merge_commit_sha": MERGE,
        "user": {"login": "Copilot", "id": 198_982_749, "type": "Bot"},
        "merged_by": user("bo"), "labels": [{"name": "door"}, {"name": "api"}],
        "head": {"ref": "copilot/doors", "sha": HEAD, "repo": {"full_name": "acme/api"}},
        "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "acme/api"}},
        "additions": 5, "deletions": 2, "changed_files": 1,
    })
}

/// The same request as a list of REST has it.
fn listed() -> serde_json::Value {
    let mut pull = rest();
    for absent in ["merged_by", "additions", "deletions", "changed_files"] {
        pull.as_object_mut().unwrap().remove(absent);
    }
    pull
}

fn review(id: u64, state: &str) -> serde_json::Value {
    json!({
        "id": id, "state": state, "submitted_at": "2024-05-01T12:00:00Z", "commit_id": HEAD,
        "user": {"login": "coderabbitai[bot]", "type": "Bot"},
        "html_url": "https://github.com/acme/api/pull/12#pullrequestreview-5",
    })
}

fn commit() -> serde_json::Value {
    json!({
        "sha": HEAD, "html_url": format!("https://github.com/acme/api/commit/{HEAD}"),
        "author": user("ana"), "committer": null,
        "commit": {
            "message": "Doors\n\nCo-authored-by: Claude <noreply@anthropic.com>",
            "author": {"name": "Ana", "email": "Ana@example.com", "date": "2024-04-30T10:00:00Z"},
            "committer": {"name": "Ana", "email": "ana@example.com", "date": "2024-04-30T11:00:00Z"},
        },
    })
}

fn asked() -> serde_json::Value {
    json!({
        "event": "review_requested", "created_at": "2024-05-01T11:00:00Z", "actor": user("ana"),
        "url": "https://api.github.com/repos/acme/api/issues/events/1",
        "requested_reviewer": {"login": "Copilot", "id": 175_728_472, "type": "Bot"},
    })
}

fn ready() -> serde_json::Value {
    json!({
        "event": "ready_for_review", "created_at": "2024-05-01T11:30:00Z", "actor": user("ana"),
        "url": "https://api.github.com/repos/acme/api/issues/events/2",
    })
}

/// The same request of GraphQL, with what belongs to it.
pub(super) fn graphql() -> serde_json::Value {
    let bot = |login: &str| json!({"__typename": "Bot", "login": login});
    json!({
        "number": 12, "url": "https://github.com/acme/api/pull/12",
        "title": "Doors for ABC-7", "body": "Fixes #34\n\nReverts acme/api#7", "isDraft": false,
        "repository": {"nameWithOwner": "acme/api"},
        "createdAt": "2024-05-01T10:00:00Z", "updatedAt": "2024-05-02T10:00:00Z",
        "closedAt": "2024-05-02T09:00:00Z", "mergedAt": "2024-05-02T09:00:00Z",
        "mergeCommit": {"oid": MERGE}, "author": bot("copilot-swe-agent"),
        "mergedBy": {"__typename": "User", "login": "bo"},
        "labels": {"nodes": [{"name": "api"}, {"name": "door"}]},
        "headRefName": "copilot/doors", "headRefOid": HEAD,
        "headRepository": {"nameWithOwner": "acme/api"},
        "baseRefName": "main", "baseRefOid": BASE,
        "additions": 5, "deletions": 2, "changedFiles": 1,
        "reviews": {"nodes": [{
            "fullDatabaseId": "5", "state": "APPROVED", "submittedAt": "2024-05-01T12:00:00Z",
            "author": bot("coderabbitai"), "commit": {"oid": HEAD},
        }]},
        "commits": {"nodes": [{"commit": {
            "oid": HEAD, "message": "Doors\n\nCo-authored-by: Claude <noreply@anthropic.com>",
            "authoredDate": "2024-04-30T10:00:00Z", "committedDate": "2024-04-30T11:00:00Z",
            "author": {"name": "Ana", "email": "Ana@example.com", "user": {"login": "ana"}},
        }}]},
        "timelineItems": {"nodes": [
            {"__typename": "ReviewRequestedEvent", "createdAt": "2024-05-01T11:00:00Z",
             "requestedReviewer": bot("copilot-pull-request-reviewer")},
            {"__typename": "ReadyForReviewEvent", "createdAt": "2024-05-01T11:30:00Z"},
            {"__typename": "ClosedEvent", "createdAt": "2024-05-02T09:00:00Z"},
        ]},
        "closingIssuesReferences": {"nodes": [
            {"number": 34, "repository": {"nameWithOwner": "acme/api"}},
        ]},
    })
}

fn webhook(event: &str, body: serde_json::Value) -> Record {
    let repository = json!({"full_name": "acme/api", "html_url": "https://github.com/acme/api"});
    let mut body = body;
    body["repository"] = repository;
    Record { scope: String::new(), ..record("webhook", event, body) }
}

/// Everything that was said about one request, in every way.
fn mixture() -> Vec<Record> {
    let at = |when: &str| {
        let mut pull = rest();
        pull["updated_at"] = json!(when);
        pull
    };
    vec![
        record("pull_request", "", rest()),
        record("pull_request", "", listed()),
        record("graphql_pull_request", "", graphql()),
        record("review", "12", review(5, "APPROVED")),
        record("commit", "12", commit()),
        record("timeline", "12", asked()),
        record("timeline", "pull/12", ready()),
        webhook("pull_request", json!({"action": "closed", "pull_request": rest()})),
        webhook(
            "pull_request",
            json!({
                "action": "review_requested", "pull_request": at("2024-05-01T11:00:00Z"),
                "requested_reviewer": asked()["requested_reviewer"],
            }),
        ),
        webhook(
            "pull_request",
            json!({
                "action": "ready_for_review", "pull_request": at("2024-05-01T11:30:00Z"),
            }),
        ),
        webhook(
            "pull_request_review",
            json!({
                "action": "submitted", "pull_request": listed(), "review": review(5, "approved"),
            }),
        ),
    ]
}

#[test]
fn rest_graphql_and_webhooks_agree_on_every_fact() {
    let mut facts: BTreeMap<(String, String), Event> = BTreeMap::new();
    let mut repeated = 0;
    for record in mixture() {
        for event in convert(&record).unwrap() {
            let key = (event.source.clone(), event.key.clone());
            if let Some(known) = facts.get(&key) {
                assert_eq!(known, &event, "{} {}", record.what, record.parent);
                repeated += 1;
            }
            facts.insert(key, event);
        }
    }
    assert!(repeated >= 15, "{repeated} facts were told twice");
    let facts: Vec<Event> = facts.into_values().collect();
    insta::assert_snapshot!("one_request", told(&facts));
}

proptest! {
    /// Any order, and any number of times.
    #[test]
    fn any_mixture_is_one_history(order in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let mixture = mixture();
        let mut all: BTreeMap<String, Event> = BTreeMap::new();
        for record in &mixture {
            all.extend(convert(record).unwrap().into_iter().map(|event| (event.key.clone(), event)));
        }
        for index in order {
            for event in convert(index.get(&mixture)).unwrap() {
                prop_assert_eq!(&all[&event.key], &event);
            }
        }
    }
}

#[test]
fn what_a_dismissed_review_said_is_no_longer_known() {
    let told = events("review", "12", review(5, "DISMISSED"));
    let said: Vec<_> =
        told.iter().map(|event| (event.key.as_str(), &event.data["verdict"])).collect();
    assert_eq!(
        said,
        [
            ("review/acme/api/5/given", &json!("commented")),
            ("review/acme/api/5/dismissed", &json!("dismissed")),
        ]
    );
    assert_eq!(told[0].data["reviewer_class"], "agent");
    assert_eq!(kinds("review", "12", review(5, "PENDING")), [""; 0]);
}

#[test]
fn a_timeline_tells_of_what_it_is_known_to_be() {
    let closed =
        json!({"event": "closed", "created_at": "2024-05-01T10:00:00Z", "commit_id": HEAD});
    assert_eq!(kinds("timeline", "12", closed.clone()), [""; 0]);
    assert_eq!(kinds("timeline", "pull/12", closed.clone()), [""; 0], "its state says how");
    assert_eq!(kinds("timeline", "issue/12", closed), ["ticket.closed", "ticket.linked"]);
    let crossed = json!({
        "event": "cross-referenced", "created_at": "2024-05-01T10:00:00Z",
        "source": {"issue": {"number": 3, "pull_request": {}, "repository": {"full_name": "acme/web"}}},
    });
    let linked = &events("timeline", "issue/12", crossed)[0];
    assert_eq!(linked.what("change"), Some("acme/web#3"));
    assert_eq!(
        (linked.what("ticket"), &linked.data["form"]),
        (Some("acme/api#12"), &json!("body"))
    );
}

#[test]
fn a_timeline_of_graphql_tells_every_step() {
    let at = |when: &str, what: &str| json!({"__typename": what, "createdAt": format!("2024-05-0{when}")});
    let mut connected = at("1T13:00:00Z", "ConnectedEvent");
    connected["source"] = json!({"__typename": "PullRequest", "number": 12});
    connected["subject"] = json!({"__typename": "Issue", "number": 3,
        "repository": {"nameWithOwner": "acme/ops"}});
    let mut team = at("1T14:00:00Z", "ReviewRequestedEvent");
    team["requestedReviewer"] = json!({"__typename": "Team", "slug": "doors"});
    let mut pushed = at("1T15:00:00Z", "HeadRefForcePushedEvent");
    pushed["afterCommit"] = json!({"oid": HEAD});
    let mut left = at("1T17:00:00Z", "RemovedFromMergeQueueEvent");
    left["reason"] = json!("failed_checks");
    let items = json!([
        connected,
        team,
        pushed,
        left,
        null,
        at("1T12:00:00Z", "ConvertToDraftEvent"),
        at("1T16:00:00Z", "AddedToMergeQueueEvent"),
        at("1T18:00:00Z", "ClosedEvent"),
        at("1T19:00:00Z", "ReopenedEvent"),
        at("2T09:00:00Z", "ClosedEvent"),
        at("1T20:00:00Z", "LabeledEvent"),
    ]);
    let node = json!({
        "number": 12, "createdAt": "2024-05-01T10:00:00Z", "mergedAt": "2024-05-02T09:00:00Z",
        "timelineItems": {"nodes": items},
    });
    let told = events("graphql_pull_request", "", node);
    let keys: Vec<_> = told.iter().map(|event| format!("{} {}", event.kind, event.key)).collect();
    insta::assert_snapshot!(keys.join("\n"), @r"
    change.opened pull/acme/api/12/opened
    change.updated pull/acme/api/12/updated/1714557600000/brief
    change.merged pull/acme/api/12/merged/brief
    ticket.linked link/acme/ops#3/acme/api#12/connected
    change.review-requested pull/acme/api/12/review-requested/acme/doors/1714572000000
    change.pushed pull/acme/api/12/pushed/1111111111111111111111111111111111111111/1714575600000
    change.dequeued pull/acme/api/12/dequeued/1714582800000
    change.drafted pull/acme/api/12/drafted/1714564800000
    change.queued pull/acme/api/12/queued/1714579200000
    change.closed pull/acme/api/12/closed/1714586400000
    change.reopened pull/acme/api/12/reopened/1714590000000
    ");
}

#[test]
fn an_enterprise_is_a_source_of_its_own() {
    let mut pull = rest();
    pull["html_url"] = json!("https://git.example.com/acme/api/pull/12");
    assert_eq!(events("pull_request", "", pull)[0].source, "github:git.example.com");
    let mut pull = rest();
    pull["html_url"] = json!(null);
    pull["url"] = json!("https://api.acme.ghe.com/repos/acme/api/pulls/12");
    assert_eq!(events("pull_request", "", pull)[0].source, "github:acme.ghe.com");
}

/// A check of another CI system, over REST.
fn check() -> serde_json::Value {
    json!({
        "id": 9, "name": "build", "head_sha": HEAD, "status": "completed", "conclusion": "timed_out",
        "started_at": "2024-05-01T10:01:00Z", "completed_at": "2024-05-01T10:31:00Z",
        "url": "https://git.example/api/v3/repos/acme/api/check-runs/9",
        "html_url": "https://git.example/acme/api/runs/9", "details_url": "https://ci.example/9",
        "check_suite": {"id": 5}, "app": {"slug": "elsewhere-ci"},
    })
}

#[test]
fn a_check_is_the_same_over_rest_graphql_and_a_webhook() {
    let told = |record: &Record| convert(record).unwrap();
    let rest = told(&record("check_run", "", check()));
    assert_eq!(rest.len(), 2);
    let graphql = json!({
        "__typename": "CheckRun", "databaseId": 9, "name": "build", "status": "COMPLETED",
        "conclusion": "TIMED_OUT", "startedAt": "2024-05-01T10:01:00Z",
        "completedAt": "2024-05-01T10:31:00Z", "url": "https://git.example/acme/api/runs/9",
        "repository": {"nameWithOwner": "acme/api"},
        "checkSuite": {"app": {"slug": "elsewhere-ci"}},
    });
    assert_eq!(told(&record("graphql_check_run", HEAD, graphql)), rest);
    let mut sent = check();
    sent["check_suite"] = json!({"id": 5, "head_branch": "doors"});
    let mut sent = webhook("check_run", json!({"action": "completed", "check_run": sent}));
    sent.body["repository"]["html_url"] = json!("https://git.example/acme/api");
    assert_eq!(told(&sent), rest);
}

#[test]
fn a_check_that_is_not_over_has_begun_or_tells_nothing() {
    let kinds = |status: &str| -> Vec<String> {
        let body = json!({
            "databaseId": 9, "name": "build", "status": status, "conclusion": null,
            "startedAt": "2024-05-01T10:01:00Z", "checkSuite": {"app": null},
        });
        let events = convert(&record("graphql_check_run", HEAD, body)).unwrap();
        events.into_iter().map(|event| event.kind).collect()
    };
    assert_eq!(kinds("IN_PROGRESS"), ["ci.started"]);
    assert_eq!(kinds("QUEUED"), [""; 0]);
}

#[test]
fn a_commit_status_is_the_same_over_rest_graphql_and_a_webhook() {
    let context = "continuous-integration/elsewhere";
    let rest = json!({
        "id": 77, "state": "success", "context": context, "description": "3 passed",
        "target_url": "https://ci.example/77", "created_at": "2024-05-01T10:31:00Z",
        "updated_at": "2024-05-01T10:31:00Z",
        "url": format!("https://git.example/api/v3/repos/acme/api/statuses/{HEAD}"),
    });
    let told = |record: &Record| convert(record).unwrap();
    let events = told(&record("status", HEAD, rest.clone()));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, "ci.finished");
    assert_eq!(events[0].what("commit"), Some(HEAD));
    assert_eq!(events[0].data["outcome"], "success");
    assert_eq!(events[0].data["pipeline"], context);
    let graphql = json!({
        "__typename": "StatusContext", "state": "SUCCESS", "context": context,
        "createdAt": "2024-05-01T10:31:00Z",
        "commit": {"url": format!("https://git.example/acme/api/commit/{HEAD}")},
    });
    assert_eq!(told(&record("status", HEAD, graphql)), events);
    let mut sent = rest;
    sent["sha"] = json!(HEAD);
    sent["name"] = json!("acme/api");
    sent["commit"] = json!({"sha": HEAD});
    sent["branches"] = json!([]);
    let mut sent = webhook("status", sent);
    sent.body["repository"]["html_url"] = json!("https://git.example/acme/api");
    assert_eq!(told(&sent), events);
    sent.parent = String::new();
    assert_eq!(told(&sent), events, "without the header, by its members");
}

#[test]
fn a_commit_status_begins_with_pending_and_tells_nothing_before_it() {
    let kinds = |state: &str| -> Vec<String> {
        let body = json!({"state": state, "context": "ci", "created_at": "2024-05-01T10:01:00Z"});
        let events = convert(&record("status", HEAD, body)).unwrap();
        events.into_iter().map(|event| event.kind).collect()
    };
    assert_eq!(kinds("pending"), ["ci.started"]);
    assert_eq!(kinds("error"), ["ci.finished"]);
    assert_eq!(kinds("EXPECTED"), [""; 0]);
}
