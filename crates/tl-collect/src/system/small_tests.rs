//! Systems of which one record or two say all: DevLake, Datadog, pagers, other forges.

use serde_json::json;
use tl_core::record::System;

use super::convert;
use super::field::tests::{agree, lines, record, told};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn bodies_of_the_devlake_webhook_are_read_unchanged() {
    let read = |what, body| told(&record(System::Devlake, what, ["", ""], body));
    let deployment = json!({
        "id": "d1", "createdDate": "2026-03-01T09:59:00+00:00",
        "startedDate": "2026-03-01T10:00:00+00:00", "finishedDate": "2026-03-01T10:05:00+00:00",
        "result": "FAILURE", "environment": "STAGING",
        "deploymentCommits": [{"repoUrl": "https://git.example.com/acme/api.git", "refName": "main", "commitSha": HEAD}],
    });
    let old = json!({
        "pipeline_id": "d0", "repo_url": "git@git.example.com:acme/api.git", "commit_sha": HEAD,
        "start_time": "2026-02-01T10:00:00+00:00", "end_time": "2026-02-01T10:05:00+00:00",
    });
    let incident = json!({
        "issueKey": "I-1", "type": "INCIDENT", "title": "Errors", "status": "DONE",
        "originalStatus": "closed", "createdDate": "2026-03-01T11:00:00+00:00",
        "resolutionDate": "2026-03-01T12:00:00+00:00", "severity": "high", "component": "api",
    });
    let request = json!({
        "pullRequestKey": 12, "title": "ABC-1 retries", "url": "https://git.example.com/acme/api/pull/12",
        "authorName": "ana", "createdDate": "2026-02-28T10:00:00+00:00",
        "mergedDate": "2026-03-01T09:00:00+00:00", "mergeCommitSha": HEAD, "headRef": "abc-1",
        "baseRef": "main", "additions": 3, "deletions": 1,
    });
    let all = [
        read("deployment", deployment),
        read("deployment", old),
        read("issue", incident),
        read("pull_request", request),
    ];
    insta::assert_snapshot!(lines(&all.concat()));
}

#[test]
fn bodies_of_datadogs_dora_api_are_read_unchanged() {
    let read = |what, body| told(&record(System::Datadog, what, ["", ""], body));
    let deployment = |unit: i64| {
        json!({"data": {"attributes": {
            "service": "api", "env": "prod", "version": "1.2", "started_at": 1_772_366_400 * unit,
            "finished_at": 1_772_366_460 * unit,
            "git": {"commit_sha": HEAD, "repository_url": "https://git.example.com/acme/api"},
        }}})
    };
    let failure = json!({"data": {"attributes": {
        "services": ["api"], "env": "prod", "name": "Errors", "severity": "High",
        "started_at": 1_772_366_500_000_000_000_i64, "finished_at": 1_772_366_900_000_000_000_i64,
    }}});
    let sent = read("deployment", deployment(1_000_000_000));
    assert_eq!(sent, read("deployment", deployment(1)), "seconds or nanoseconds");
    insta::assert_snapshot!(lines(&[sent, read("failure", failure)].concat()));
}

#[test]
fn pagers_and_status_pages_tell_incidents() {
    let opsgenie = json!({
        "id": "o1", "message": "Errors", "status": "closed", "priority": "P1",
        "createdAt": "2026-03-01T10:00:00.5Z", "updatedAt": "2026-03-01T11:00:00Z",
        "report": {"ackTime": 60_000, "closeTime": 3_599_500, "acknowledgedBy": "ana"},
    });
    let page = |impact: &str| {
        json!({
            "id": "s1", "name": "Errors", "impact": impact, "created_at": "2026-03-01T10:00:00Z",
            "resolved_at": "2026-03-01T11:00:00Z", "updated_at": "2026-03-01T11:00:00Z",
            "incident_updates": [{"status": "identified", "created_at": "2026-03-01T10:10:00Z"}],
        })
    };
    let alert = |status: &str, ends: &str| {
        let body = json!({"version": "4", "externalURL": "https://alerts.example.com", "alerts": [{
            "status": status, "fingerprint": "f1", "startsAt": "2026-03-01T10:00:00Z", "endsAt": ends,
            "labels": {"alertname": "Errors", "severity": "page", "service": "api"},
        }]});
        told(&record(System::Alertmanager, "webhook", ["", ""], body))
    };
    let status = |body| told(&record(System::Statuspage, "incident", ["", ""], body));
    let firing = alert("firing", "0001-01-01T00:00:00Z");
    let over = alert("resolved", "2026-03-01T10:30:00Z");
    agree(&firing, &over);
    assert!(status(page("none")).is_empty(), "a notice is no incident");
    let hook = json!({"incident": page("major")});
    agree(&status(page("major")), &told(&record(System::Statuspage, "webhook", ["", ""], hook)));
    let opsgenie = told(&record(System::Opsgenie, "alert", ["", ""], opsgenie));
    insta::assert_snapshot!(lines(&[opsgenie, status(page("major")), over].concat()));
}

#[test]
fn other_forges_and_ci_systems_tell_requests_and_builds() {
    let azure = |what, parent, body| {
        told(&record(System::AzureDevops, what, ["acme/shop/api", parent], body))
    };
    let update = json!({
        "id": 2, "workItemId": 34, "revisedDate": "9999-01-01T00:00:00Z",
        "revisedBy": {"uniqueName": "bo"},
        "fields": {"System.State": {"oldValue": "New", "newValue": "Active"},
                   "System.ChangedDate": {"newValue": "2026-03-01T10:00:00.5Z"}},
    });
    let request = json!({
        "pullRequestId": 12, "status": "completed", "creationDate": "2026-03-01T10:00:00.1Z",
        "closedDate": "2026-03-02T10:00:00Z", "createdBy": {"uniqueName": "ana"}, "title": "Retries",
        "sourceRefName": "refs/heads/retries", "targetRefName": "refs/heads/main",
        "lastMergeCommit": {"commitId": HEAD},
    });
    let vote = json!({
        "id": 5, "properties": {"CodeReviewVoteResult": {"$value": "10"}},
        "comments": [{"id": 1, "commentType": "system", "author": {"uniqueName": "bo"},
                      "publishedDate": "2026-03-01T12:00:00Z"}],
    });
    let bitbucket = |what, body| told(&record(System::Bitbucket, what, ["acme/api", "12"], body));
    let approval =
        json!({"approval": {"date": "2026-03-01T12:00:00+00:00", "user": {"nickname": "bo"}}});
    let workflow = json!({
        "id": "w1", "name": "test", "project_slug": "gh/acme/api", "status": "failed",
        "created_at": "2026-03-01T10:00:00Z", "stopped_at": "2026-03-01T10:05:00Z",
    });
    let deploy = json!({
        "id": "4", "environment": "prod", "dateStarted": null, "dateFinished": "2026-03-01T10:00:00Z",
    });
    let all = [
        azure("work_item_update", "34", update),
        azure("pull_request", "", request),
        azure("pull_request_thread", "12", vote),
        bitbucket("pull_request_activity", approval),
        told(&record(System::Circleci, "workflow", ["", ""], workflow)),
        told(&record(System::Sentry, "deploy", ["acme", HEAD], deploy)),
    ];
    insta::assert_snapshot!(lines(&all.concat()));
    let refused =
        record(System::Circleci, "workflow", ["", ""], json!({"id": "w", "created_at": "noon"}));
    assert!(convert(&refused).is_err());
}
