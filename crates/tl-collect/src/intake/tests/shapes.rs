//! CDEvents, webhooks and objects of APIs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tl_core::event::Event;
use tl_core::fact::{
    BuildLevel, BuildState, ChangeState, DeployState, IncidentState, Outcome, TicketClosed,
    TicketState, kind, role,
};
use tl_core::record::System;

use super::super::cdevents::to_cdevent;
use super::super::shape::{export_of, webhook_of};
use super::*;

/// Real data beside the checkout.
fn data(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    assert!(path.exists(), "`{}` is missing: the tests read real data there", path.display());
    path
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "json") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_conformance_event_of_cdevents_is_one_event_in_each_form_of_cloudevents() {
    let folder = data("cdevents/conformance");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    assert_eq!(paths.len(), 48);
    let mut kinds = Vec::new();
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let plain = read(&text);
        assert_eq!((plain.events.len(), plain.problems.len()), (1, 0), "{}", path.display());
        let cdevent: Value = serde_json::from_str(&text).unwrap();
        let context = &cdevent["context"];
        let structured = json!({ "specversion": "1.0", "id": context["id"], "source":
            context["source"], "type": context["type"], "data": cdevent });
        let headers = ["id", "source", "type"]
            .map(|name| (format!("Ce-{name}"), context[name].as_str().unwrap().to_owned()));
        let binary = json!({ "headers": serde_json::Map::from_iter(
            headers.iter().map(|(name, value)| (name.clone(), json!(value)))), "body": cdevent });
        assert_eq!(read(structured.to_string()).events, plain.events);
        assert_eq!(read(binary.to_string()).events, plain.events);
        let sent = http::read(&headers, text.as_bytes(), options());
        assert_eq!(sent.events, plain.events);
        let event = &plain.events[0];
        let roles: Vec<&str> = event.refs.iter().map(|(role, _)| role).collect();
        kinds.push(format!("{} {}", event.kind, roles.join(" ")).trim().to_owned());
        all.push(structured);
    }
    let batch = read(Value::from(all).to_string());
    assert_eq!((batch.events.len(), batch.problems.len()), (48, 0));
    insta::assert_snapshot!(kinds.join("\n"), @r#"
    step.done
    step.waiting
    approval.updated
    artifact.deleted
    artifact.downloaded
    artifact.packaged
    artifact.published
    artifact.signed
    branch.created
    branch.deleted
    ci.finished build
    ci.queued build
    ci.started build
    change.closed change repository
    change.opened change repository
    change.merged change repository
    change.review change repository
    change.updated change repository
    environment.created
    environment.deleted
    environment.modified
    incident.opened environment incident service
    incident.opened environment incident service
    incident.resolved environment incident service
    ci.finished build
    ci.queued build
    ci.started build
    repository.created
    repository.deleted
    repository.modified
    deploy.finished deployment environment service
    service.published
    service.removed
    deploy.finished deployment environment service
    deploy.finished deployment environment service
    ci.finished build
    ci.started build
    testcaserun.finished
    testcaserun.queued
    testcaserun.skipped
    testcaserun.started
    testoutput.published
    tests.finished environment
    testsuiterun.queued
    testsuiterun.started
    ticket.closed iteration ticket
    ticket.opened iteration ticket
    ticket.updated iteration ticket
    "#);
}

/// One event of each form that the specification has a word for.
fn told() -> Vec<Event> {
    let at = Timestamp::parse("2026-03-01T12:00:00.250Z").unwrap();
    let make = |kind: &str, subject: &str| Event::new(kind, at, "github:x", kind, subject);
    let change = |kind| make(kind, "change:acme/api#12").about(role::CHANGE, "acme/api#12");
    let build = |kind, level, outcome| {
        let state = BuildState {
            level,
            outcome,
            pipeline: "ci".into(),
            job: "lint".into(),
            ..Default::default()
        };
        make(kind, "build:1").about(role::BUILD, "1").with(&state)
    };
    let success = DeployState { outcome: Outcome::Success, ..Default::default() };
    let back = DeployState { rollback: true, version: "v1 beta".into(), ..success.clone() };
    let deploy = |state: &DeployState| {
        let event = make(kind::DEPLOY_FINISHED, "deployment:1").about(role::SERVICE, "my api");
        event.about(role::ENVIRONMENT, "production").about(role::COMMIT, "a".repeat(40)).with(state)
    };
    let ticket = TicketState {
        title: "Pay".into(),
        class: "Bug".into(),
        labels: vec!["x".into()],
        ..Default::default()
    };
    let title = IncidentState { title: "down".into(), ..Default::default() };
    let incident = |kind| make(kind, "incident:I1").about(role::ENVIRONMENT, "production");
    vec![
        change(kind::CHANGE_OPENED).with(&ChangeState { number: 12, ..Default::default() }),
        change(kind::CHANGE_UPDATED),
        change(kind::CHANGE_REVIEW).by("bo"),
        change(kind::CHANGE_MERGED),
        change(kind::CHANGE_CLOSED),
        build(kind::CI_QUEUED, BuildLevel::Run, Outcome::Unknown),
        build(kind::CI_FINISHED, BuildLevel::Run, Outcome::Failure),
        build(kind::CI_FINISHED, BuildLevel::Job, Outcome::TimedOut),
        deploy(&success),
        deploy(&back),
        incident(kind::INCIDENT_OPENED).with(&title),
        incident(kind::INCIDENT_RESOLVED),
        make(kind::TICKET_OPENED, "ticket:ABC-1")
            .by("ana")
            .about(role::TICKET, "ABC-1")
            .with(&ticket),
        make(kind::TICKET_CLOSED, "ticket:ABC-1")
            .by("ana")
            .with(&TicketClosed { resolution: "Fixed".into() }),
    ]
}

#[test]
fn what_is_written_as_cdevents_comes_back_unchanged() {
    for event in told() {
        let cloud = to_cdevent(&event).expect("the specification has a word for it");
        let back = read(cloud.to_string());
        assert_eq!((back.problems.as_slice(), back.events.as_slice()), (&[][..], &[event][..]));
    }
}

#[test]
fn what_is_written_as_cdevents_says_the_same_to_those_who_do_not_know_us() {
    for event in told() {
        let mut cloud = to_cdevent(&event).expect("the specification has a word for it");
        // The reference implementation reads it, with its own types for each schema.
        let known: cdevents_sdk::CDEvent = serde_json::from_value(cloud["data"].clone())
            .unwrap_or_else(|wrong| panic!("{}: {wrong}", event.kind));
        assert_eq!(serde_json::to_value(known).unwrap()["subject"], cloud["data"]["subject"]);
        cloud["data"].as_object_mut().unwrap().remove("customData");
        let back = read(cloud.to_string());
        let back = &back.events[0];
        assert_eq!((&back.kind, back.at), (&event.kind, event.at));
        for role in [role::CHANGE, role::TICKET, role::SERVICE, role::ENVIRONMENT, role::BUILD] {
            if let Some(named) = event.what(role) {
                assert_eq!(back.what(role), Some(named), "{role} of {}", event.kind);
            }
        }
    }
}

#[test]
fn what_cdevents_cannot_say_is_not_written() {
    let at = Timestamp::from_millis(0);
    let failed = DeployState { outcome: Outcome::Failure, ..Default::default() };
    let deploy = Event::new(kind::DEPLOY_FINISHED, at, "s", "k", "deployment:1")
        .about(role::SERVICE, "api")
        .about(role::ENVIRONMENT, "production")
        .with(&failed);
    assert_eq!(to_cdevent(&deploy), None);
    assert_eq!(to_cdevent(&Event::new(kind::CI_STARTED, at, "s", "k", "build:1")), None);
    assert_eq!(to_cdevent(&Event::new(kind::SURVEY_ANSWER, at, "s", "k", "team:a")), None);
}

#[test]
fn every_real_webhook_of_github_is_known_by_its_body() {
    let mut paths = Vec::new();
    files(&data("octokit-webhooks/payload-examples"), &mut paths);
    assert!(paths.len() > 80);
    for path in paths {
        let body: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let known = webhook_of(&body);
        assert_eq!(known, Some((System::Github, "webhook")), "{}", path.display());
    }
}

#[test]
fn webhooks_are_known_by_their_bodies() {
    for (body, system, what) in [
        (json!({"object_kind": "merge_request", "project": {}}), System::Gitlab, "webhook"),
        (json!({"webhookEvent": "jira:issue_updated"}), System::Jira, "webhook"),
        (
            json!({"event": {"event_type": "incident.triggered", "occurred_at": "x"}}),
            System::Pagerduty,
            "webhook",
        ),
        (json!({"groupKey": "g", "alerts": []}), System::Alertmanager, "webhook"),
        (
            json!({"eventType": "build.complete", "publisherId": "tfs", "resource": {}}),
            System::AzureDevops,
            "webhook",
        ),
        (
            json!({"type": "workflow-completed", "happened_at": "x", "workflow": {}}),
            System::Circleci,
            "webhook",
        ),
        (json!({"page": {"id": "p"}, "incident": {}}), System::Statuspage, "webhook"),
        (
            json!({"action": "Create", "alert": {}, "integrationId": "i"}),
            System::Opsgenie,
            "webhook",
        ),
        (
            json!({"name": "api", "build": {"phase": "COMPLETED", "full_url": "u"}}),
            System::Jenkins,
            "webhook",
        ),
        (
            json!({"actor": {}, "repository": {"full_name": "a/b"}, "pullrequest": {}}),
            System::Bitbucket,
            "webhook",
        ),
        (
            json!({"sender": {"username": "ana"}, "repository": {"full_name": "a/b"}}),
            System::Gitea,
            "webhook",
        ),
        (
            json!({"repoUrl": "u", "commitSha": "c", "startedDate": "x"}),
            System::Devlake,
            "deployment",
        ),
        (json!({"deploymentCommits": [], "result": "SUCCESS"}), System::Devlake, "deployment"),
        (
            json!({"issueKey": "A-1", "status": "TODO", "createdDate": "x"}),
            System::Devlake,
            "issue",
        ),
        (
            json!({"data": {"attributes": {"service": "api", "started_at": 1, "git": {}}}}),
            System::Datadog,
            "deployment",
        ),
        (
            json!({"data": {"attributes": {"services": ["api"], "started_at": 1, "severity": "high"}}}),
            System::Datadog,
            "failure",
        ),
    ] {
        assert_eq!(webhook_of(&body), Some((system, what)), "{body}");
    }
    assert_eq!(webhook_of(&json!({"hello": "world"})), None);
}

#[test]
fn objects_of_apis_are_known_by_their_fields_and_addresses() {
    for (body, said) in [
        (
            json!({"number": 1, "head": {}, "base": {"repo": {"full_name": "acme/api"}}, "state": "open"}),
            "github pull_request acme/api ",
        ),
        (
            json!({"submitted_at": "x", "state": "APPROVED", "commit_id": "c", "pull_request_url": "https://api.github.com/repos/acme/api/pulls/12"}),
            "github review acme/api 12",
        ),
        (
            json!({"number": 3, "comments": 0, "state": "open", "labels": [], "repository_url": "https://api.github.com/repos/acme/api"}),
            "github issue acme/api ",
        ),
        (
            json!({"run_number": 1, "workflow_id": 1, "head_sha": "c", "url": "https://api.github.com/repos/acme/api/actions/runs/1"}),
            "github workflow_run acme/api ",
        ),
        (
            json!({"deployment_url": "https://api.github.com/repos/acme/api/deployments/9", "state": "success", "created_at": "x"}),
            "github deployment_status  9",
        ),
        (
            json!({"iid": 1, "source_branch": "x", "target_branch": "main", "web_url": "https://gitlab.com/acme/sub/api/-/merge_requests/1"}),
            "gitlab merge_request acme/sub/api ",
        ),
        (
            json!({"iid": 1, "project_id": 1, "title": "x", "state": "opened", "web_url": "https://gitlab.com/acme/api/-/issues/1"}),
            "gitlab issue acme/api ",
        ),
        (json!({"id": "1", "key": "ABC-1", "fields": {}}), "jira issue ABC "),
        (
            json!({"building": false, "result": "SUCCESS", "timestamp": 1, "number": 2, "url": "https://ci.example.com/job/team/job/api/2/"}),
            "jenkins build team/api ",
        ),
        (json!({"actions": [], "duration": 1, "timestamp": 1, "number": 2}), "jenkins build  "),
        (
            json!({"startTimeMillis": 1, "durationMillis": 1, "pauseDurationMillis": 0, "execNode": "", "_links": {"self": {"href": "/job/api/2/execution/node/6/wfapi/describe"}}}),
            "jenkins stage api ",
        ),
        (
            json!({"noteable_type": "MergeRequest", "noteable_iid": 7, "system": true, "body": "x"}),
            "gitlab note  mr/7",
        ),
        (
            json!({"object": {"url": "x"}, "self": "https://acme.atlassian.net/rest/api/2/issue/ABC-1/remotelink/9"}),
            "jira remotelink  ABC-1",
        ),
        (json!({"incident_number": 1, "urgency": "high"}), "pagerduty incident  "),
        (
            json!({"pullRequestId": 1, "creationDate": "x", "url": "https://dev.azure.com/acme/web/_apis/git/pullRequests/1"}),
            "azure-devops pull_request acme/web ",
        ),
        (
            json!({"pullRequestId": 1, "creationDate": "x", "url": "https://dev.azure.com/acme/0d50/_apis/git/pullRequests/1", "repository": {"name": "api", "project": {"name": "shop"}}}),
            "azure-devops pull_request acme/shop/api ",
        ),
        (
            json!({"buildNumber": "1", "status": "completed", "definition": {"name": "ci"}, "url": "https://acme.visualstudio.com/shop/_apis/build/Builds/1"}),
            "azure-devops build acme/shop ",
        ),
        (
            json!({"type": "pipeline", "uuid": "{p}", "state": {}, "target": {}}),
            "bitbucket pipeline  ",
        ),
        (json!({"type": "deployment", "uuid": "{d}", "environment": {}}), "bitbucket deployment  "),
        (
            json!({"type": "pullrequest", "destination": {"repository": {"full_name": "acme/api"}}}),
            "bitbucket pull_request acme/api ",
        ),
        (
            json!({"pipeline_number": 1, "project_slug": "gh/acme/api", "status": "success"}),
            "circleci workflow gh/acme/api ",
        ),
        (
            json!({"incident_updates": [], "impact": "major", "page_id": "p"}),
            "statuspage incident p ",
        ),
    ] {
        let found = export_of(&body, None).unwrap();
        let shown = format!("{} {} {} {}", found.system, found.what, found.scope, found.parent);
        assert_eq!(shown, said);
    }
    assert_eq!(export_of(&json!({"hello": "world"}), None), None);
}

#[test]
fn an_event_of_githubs_feeds_is_read_as_its_webhook() {
    let pull = json!({
        "number": 12, "state": "open", "title": "x", "created_at": "2026-03-01T10:00:00Z",
        "updated_at": "2026-03-01T10:00:00Z", "user": {"login": "ana"}, "head": {"ref": "x"},
        "base": {"ref": "main"}, "html_url": "https://github.com/acme/api/pull/12",
    });
    let payload = json!({"action": "opened", "number": 12, "pull_request": pull});
    let feed = json!({"id": "1", "type": "PullRequestEvent", "actor": {"login": "ana"},
                      "repo": {"name": "acme/api"}, "payload": payload});
    let mut body = payload;
    body["repository"] = json!({"full_name": "acme/api"});
    body["sender"] = json!({"login": "ana"});
    let told = read(feed.to_string()).events;
    assert!(!told.is_empty());
    assert_eq!(told, read(body.to_string()).events);
    let gitee =
        json!({"hook_name": "push_hooks", "repository": {"full_name": "a/b"}, "sender": {}});
    assert_eq!(webhook_of(&gitee), None, "it looks like GitHub and is Gitee");
    let installed = json!({"action": "created", "installation": {"id": 1},
                           "sender": {"login": "ana", "type": "User"}});
    assert_eq!(webhook_of(&installed), Some((System::Github, "webhook")));
}

#[test]
fn reports_of_copilot_that_name_nobody_are_refused_by_name() {
    for (body, why) in [
        (json!({"date": "2024-06-24", "total_engaged_users": 20}), "older Copilot metrics"),
        (json!({"day": "2023-10-15", "total_suggestions_count": 9}), "older Copilot metrics"),
        (json!({"assignee": {"login": "ana"}, "last_activity_editor": "x"}), "Copilot's seats"),
        (json!({"day": "2026-03-01", "daily_active_users": 9}), "a whole organisation"),
    ] {
        let batch = read(body.to_string());
        assert_eq!(batch.events, []);
        assert!(batch.problems[0].what.contains(why), "{:?}", batch.problems);
    }
}

#[test]
fn custom_cdevents_are_kept_under_their_own_name() {
    let event = json!({
        "context": {"specversion": "0.5.0", "id": "1", "source": "/deployer",
                    "type": "dev.cdeventsx.deployer-lock.taken.0.1.0",
                    "timestamp": "2026-03-01T10:00:00Z"},
        "subject": {"id": "prod", "type": "deployer-lock", "content": {}},
    });
    assert_eq!(read(event.to_string()).events[0].kind, "deployer-lock.taken");
}

#[test]
fn an_object_that_nothing_fits_is_reported() {
    insta::assert_snapshot!(shown(&read("[{\"hello\": 1,\n\"world\": 2}]")), @r#"out in:1: an object of no known shape: it has `hello`, `world` (name what it is with `--format`)"#);
}
