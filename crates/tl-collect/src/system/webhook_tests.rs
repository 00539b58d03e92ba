//! Webhooks of systems whose API is the main way, and bodies that say less than others.

use serde_json::{Value, json};
use tl_core::event::Event;
use tl_core::record::System;

use super::convert;
use super::field::tests::{agree, lines, record, told};
use super::jenkins::job_of;

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

fn hook(system: System, event: &str, body: Value) -> Vec<Event> {
    told(&record(system, "webhook", ["", event], body))
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn a_webhook_of_bitbucket_tells_the_request_and_what_was_done() {
    let ana = json!({"nickname": "ana", "type": "user"});
    let body = |more: Value| {
        let mut body = json!({
            "actor": ana, "repository": {"full_name": "acme/api"},
            "pullrequest": {
                "id": 12, "title": "ABC-1 retries", "state": "MERGED", "author": ana,
                "created_on": "2026-03-01T10:00:00.5+00:00",
                "updated_on": "2026-03-01T12:00:00.5+00:00",
                "source": {"branch": {"name": "abc-1"}, "commit": {"hash": "0123456789ab"}},
                "destination": {"branch": {"name": "main"},
                                "repository": {"full_name": "acme/api"}},
            },
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let approval = json!({"approval": {
        "date": "2026-03-01T11:00:00+00:00", "user": {"nickname": "bo"},
    }});
    let approved = hook(System::Bitbucket, "pullrequest:approved", body(approval.clone()));
    let activity =
        record(System::Bitbucket, "pull_request_activity", ["acme/api", "12"], approval.clone());
    agree(&approved, &told(&activity));
    let request = body(json!({}))["pullrequest"].clone();
    agree(&approved, &told(&record(System::Bitbucket, "pull_request", ["acme/api", ""], request)));
    let taken_back = hook(System::Bitbucket, "pullrequest:unapproved", body(approval));
    let asked = json!({"changes_request": {
        "date": "2026-03-01T11:30:00+00:00", "user": {"nickname": "cy"},
    }});
    let asked = hook(System::Bitbucket, "pullrequest:changes_request_created", body(asked));
    let last = |events: &[Event]| lines(&events[events.len() - 1..]);
    let said = [last(&approved), last(&taken_back), last(&asked)].join("\n");
    insta::assert_snapshot!(said);
    let pushed = json!({"actor": ana, "repository": {"full_name": "acme/api"}, "push": {}});
    assert!(hook(System::Bitbucket, "repo:push", pushed).is_empty());
}

#[test]
fn a_deployment_of_bitbucket_ended_when_its_state_says_so() {
    let ended = |state: Value| {
        let body = json!({
            "uuid": "{d}", "environment": {"name": "prod"}, "release": {"commit": {"hash": HEAD}},
            "state": state,
        });
        let events = told(&record(System::Bitbucket, "deployment", ["acme/api", ""], body));
        events.into_iter().filter(|event| event.kind == "deploy.finished").collect::<Vec<_>>()
    };
    let state = |name: &str| {
        json!({"name": name, "started_on": "2026-03-01T10:00:00Z",
               "completed_on": "2026-03-01T10:01:00Z"})
    };
    let outcome = |events: Vec<Event>| events[0].data["outcome"].clone();
    assert_eq!(outcome(ended(state("COMPLETED"))), "success");
    assert_eq!(outcome(ended(state("FAILED"))), "failure");
    let mut failed = state("COMPLETED");
    failed["status"] = json!({"name": "FAILED"});
    assert_eq!(outcome(ended(failed)), "failure", "the status is surer than the state");
    assert!(ended(state("UNDEPLOYED")).is_empty() && ended(state("IN_PROGRESS")).is_empty());
}

#[test]
fn service_hooks_of_azure_devops_say_their_own_project() {
    let address = "https://dev.azure.com/acme/0d50ba13/_apis/x/1";
    let request = json!({"eventType": "git.pullrequest.created", "resource": {
        "repository": {"name": "api", "project": {"name": "shop"}}, "url": address,
        "pullRequestId": 12, "status": "active", "creationDate": "2026-03-01T10:00:00Z",
        "createdBy": {"uniqueName": "ana"}, "sourceRefName": "refs/heads/x",
    }});
    let fields = json!({
        "System.TeamProject": "shop", "System.CreatedDate": "2026-02-01T10:00:00Z",
        "System.ChangedDate": "2026-03-01T10:00:00Z", "System.State": "Active",
    });
    let item = json!({"eventType": "workitem.updated", "resource": {
        "id": 2, "workItemId": 34, "revisedDate": "2026-03-01T10:00:00Z",
        "fields": {"System.State": {"oldValue": "New", "newValue": "Active"}},
        "revision": {"id": 34, "rev": 2, "fields": fields, "url": address},
    }});
    // Version 1 of the hook has neither `result` nor `sourceVersion`.
    let build = json!({"eventType": "build.complete", "resource": {
        "id": 7, "url": "https://acme.visualstudio.com/shop/_apis/build/Builds/7",
        "status": "partiallySucceeded", "startTime": "2026-03-01T10:00:00Z",
        "finishTime": "2026-03-01T10:05:00Z", "definition": {"name": "ci"},
        "sourceGetVersion": format!("LG:refs/heads/main:{HEAD}"),
    }});
    let all = [request, item, build].map(|body| hook(System::AzureDevops, "", body));
    insta::assert_snapshot!(lines(&all.concat()));
    let push = json!({"eventType": "git.push", "resource": {}});
    assert!(hook(System::AzureDevops, "", push).is_empty());
}

#[test]
fn webhooks_of_circleci_tell_the_commit_of_their_pipeline() {
    let body = |pipeline: Value, slug: &str| {
        json!({
            "type": "job-completed", "happened_at": "2026-03-01T10:05:00Z", "pipeline": pipeline,
            "project": {"slug": slug}, "workflow": {"id": "w1", "name": "test"},
            "job": {"id": "j1", "name": "unit", "status": "success",
                    "started_at": "2026-03-01T10:00:00Z", "stopped_at": "2026-03-01T10:05:00Z"},
        })
    };
    let vcs = json!({"vcs": {"revision": HEAD, "branch": "main"}, "trigger": {"type": "webhook"}});
    let mut api = json!({
        "id": "j1", "name": "unit", "project_slug": "gh/acme/api", "status": "success",
        "started_at": "2026-03-01T10:00:00Z", "stopped_at": "2026-03-01T10:05:00Z",
    });
    api["pipeline"] = vcs.clone();
    let github = hook(System::Circleci, "", body(vcs, "gh/acme/api"));
    assert_eq!(github, told(&record(System::Circleci, "job", ["", "w1"], api)));
    let git = json!({"checkout_sha": HEAD, "branch": "main",
                     "checkout_url": "git@git.example.com:acme/api.git"});
    let gitlab = json!({"trigger_parameters": {"git": git}, "trigger": {"type": "webhook"}});
    assert_eq!(hook(System::Circleci, "", body(gitlab, "circleci/Zx1/Ab2")), github);
    insta::assert_snapshot!(lines(&github));
    assert!(hook(System::Circleci, "", json!({"type": "ping"})).is_empty());
}

#[test]
fn webhooks_of_opsgenie_and_pagerduty_tell_what_was_done() {
    let alert = |action: &str| {
        let body = json!({"action": action, "alert": {
            "alertId": "o1", "message": "Errors", "priority": 3, "username": "ana",
            "createdAt": 1_772_366_400_000_i64, "updatedAt": 1_772_366_460_000_000_110_i64,
        }});
        hook(System::Opsgenie, "", body)
    };
    insta::assert_snapshot!(lines(&[alert("Acknowledge"), alert("Close")].concat()));
    assert!(alert("Delete").is_empty());
    assert_eq!(kinds(&alert("AddNote")), ["incident.opened", "incident.updated"]);
    // Before 2022, an incident in a webhook did not say when it was opened.
    let incident = |event: &str| {
        let body = json!({"event": {
            "event_type": event, "occurred_at": "2026-03-01T12:00:00Z",
            "data": {"id": "P1", "type": "incident", "title": "Errors"},
        }});
        hook(System::Pagerduty, "", body)
    };
    assert_eq!(kinds(&incident("incident.triggered")), ["incident.opened", "incident.updated"]);
    assert_eq!(kinds(&incident("incident.resolved")), ["incident.updated", "incident.resolved"]);
}

#[test]
fn a_stage_of_jenkins_has_the_commit_that_its_build_brings() {
    let mut stage = json!({
        "id": "6", "name": "Test", "status": "SUCCESS", "startTimeMillis": 1_772_366_400_000_i64,
        "durationMillis": 1000, "pauseDurationMillis": 0, "execNode": "",
        "_links": {"self": {"href": "/job/team/job/api/12/execution/node/6/wfapi/describe"}},
    });
    let read = |body: &Value| told(&record(System::Jenkins, "stage", ["", ""], body.clone()));
    assert_eq!(read(&stage)[0].subject, "build:jenkins/team/api/12/stage/6");
    assert!(read(&stage)[0].refs.get("commit").is_none());
    stage["build"] = json!({"actions": [{"lastBuiltRevision": {"SHA1": HEAD}}]});
    assert_eq!(read(&stage)[0].refs.get("commit"), Some(HEAD));
    let branch = "https://ci.example.com/job/team/job/api/job/fix%252Fretries/3/";
    assert_eq!(job_of(branch), "team/api/fix%2Fretries");
    assert_eq!(job_of("https://ci.example.com/job/a%20b%/1/"), "a b%");
}

#[test]
fn a_deployment_for_devlake_needs_neither_number_nor_end() {
    let body = json!({
        "repo_url": "https://git.example.com/acme/api", "commit_sha": HEAD,
        "start_time": "2026-03-01T10:00:00+00:00",
    });
    let events = told(&record(System::Devlake, "deployment", ["", ""], body.clone()));
    assert_eq!(kinds(&events), ["deploy.started", "deploy.finished"]);
    assert_eq!(events[1].data["outcome"], "success");
    assert_eq!(events[1].subject, format!("deployment:devlake/acme/api@{HEAD}"));
    let mut nothing = body;
    nothing["start_time"] = Value::Null;
    assert!(convert(&record(System::Devlake, "deployment", ["", ""], nothing)).is_err());
}

#[test]
fn a_comment_below_a_commit_is_no_comment_below_an_issue() {
    let body = json!({
        "action": "created", "comment": {"id": 1, "commit_id": HEAD, "body": "x"},
        "repository": {"full_name": "acme/api"}, "sender": {"login": "ana", "type": "User"},
    });
    assert!(hook(System::Github, "", body).is_empty());
}
