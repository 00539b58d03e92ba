use serde_json::{Value, json};
use tl_core::record::{Record, System};

use crate::system::convert;
use crate::system::field::tests::{agree, lines, record, told};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";
const MERGE: &str = "89abcdef0123456789abcdef0123456789abcdef";

fn gitlab(what: &str, parent: &str, body: Value) -> Record {
    record(System::Gitlab, what, ["acme/api", parent], body)
}

fn merge_request() -> Value {
    json!({
        "id": 900, "iid": 12, "title": "Draft: ABC-1 add retries", "description": "Closes #34",
        "state": "merged", "created_at": "2026-03-01T10:00:00.900Z",
        "updated_at": "2026-03-02T10:00:00.100Z", "merged_at": "2026-03-02T10:00:00.000Z",
        "merge_user": {"username": "bo"}, "author": {"id": 1, "username": "ana"},
        "source_branch": "abc-1-retries", "target_branch": "main", "source_project_id": 5,
        "target_project_id": 5, "sha": HEAD, "merge_commit_sha": MERGE, "labels": ["b", "a"],
        "web_url": "https://gitlab.com/acme/api/-/merge_requests/12",
        "references": {"full": "acme/api!12"},
    })
}

fn merge_hook(action: &str, user: u64) -> Value {
    json!({
        "object_kind": "merge_request",
        "user": {"id": user, "username": if user == 1 { "ana" } else { "bo" }},
        "project": {"path_with_namespace": "acme/api", "web_url": "https://gitlab.com/acme/api"},
        "object_attributes": {
            "id": 900, "iid": 12, "author_id": 1, "title": "Draft: ABC-1 add retries",
            "description": "Closes #34", "state": "merged", "draft": true,
            "created_at": "2026-03-01 10:00:00 UTC", "updated_at": "2026-03-02 10:00:00 UTC",
            "source_branch": "abc-1-retries", "target_branch": "main", "source_project_id": 5,
            "target_project_id": 5, "last_commit": {"id": HEAD}, "merge_commit_sha": MERGE,
            "labels": [{"title": "a"}, {"title": "b"}], "action": action,
            "url": "https://gitlab.com/acme/api/-/merge_requests/12",
        },
        "changes": {"reviewers": {"previous": [], "current": [{"username": "cy"}]}},
    })
}

#[test]
fn a_merge_request_is_told_from_draft_to_merge() {
    insta::assert_snapshot!(lines(&told(&gitlab("merge_request", "", merge_request()))));
}

#[test]
fn api_and_webhook_tell_the_same_request() {
    let rest = told(&gitlab("merge_request", "", merge_request()));
    let hook = told(&gitlab("webhook", "", merge_hook("update", 1)));
    agree(&rest, &hook);
    let asked = lines(&hook);
    assert!(asked.contains("change.review-requested"), "{asked}");
    // Somebody else's action does not make that person the author.
    let other = lines(&told(&gitlab("webhook", "", merge_hook("merge", 2))));
    assert!(other.contains("opened/hook 2026-03-01T10:00:00Z 0 change.opened by -"), "{other}");
    assert!(other.contains("change.merged by bo"), "{other}");
}

#[test]
fn system_notes_tell_drafts_reviews_and_merge_trains() {
    let note = |id: u64, system: bool, form: Value, text: &str| {
        let body = json!({
            "id": id, "type": form, "body": text, "system": system, "noteable_iid": 12,
            "author": {"username": "bo"}, "created_at": format!("2026-03-01T11:00:0{id}.123Z"),
        });
        told(&gitlab("note", "mr/12", body))
    };
    let notes = [
        note(1, true, Value::Null, "marked this merge request as **ready**"),
        note(2, true, Value::Null, "marked this merge request as **draft**"),
        note(
            3,
            true,
            Value::Null,
            "requested review from @cy and @bo and removed review request for @ana",
        ),
        note(4, false, json!("DiffNote"), "approved this merge request"),
        note(5, true, Value::Null, "approved this merge request"),
        note(6, true, Value::Null, "started a merge train"),
        note(7, false, Value::Null, "Thanks!"),
    ]
    .concat();
    insta::assert_snapshot!(lines(&notes));
    let approval = json!({"approved_by": [
        {"user": {"username": "bo"}, "approved_at": "2026-03-01T11:00:05.999Z"},
        {"user": {"username": "cy"}},
    ]});
    agree(&notes, &told(&gitlab("approval", "12", approval)));
}

#[test]
fn pipelines_jobs_and_deployments_are_told_once() {
    let pipeline = json!({
        "id": 7, "sha": HEAD, "ref": "refs/merge-requests/12/head", "status": "success",
        "source": "merge_request_event", "created_at": "2026-03-01T11:00:00.500Z",
        "started_at": "2026-03-01T11:00:10.500Z", "finished_at": "2026-03-01T11:05:00.500Z",
    });
    let job = json!({
        "id": 8, "name": "deploy", "status": "success", "ref": "refs/merge-requests/12/head",
        "created_at": "2026-03-01T11:00:00.500Z", "started_at": "2026-03-01T11:04:00.700Z",
        "finished_at": "2026-03-01T11:05:00.500Z", "queued_duration": 3.2,
        "pipeline": {"sha": HEAD}, "runner": {"description": "small"},
    });
    let hook = json!({
        "object_kind": "pipeline", "project": {"path_with_namespace": "acme/api"},
        "object_attributes": {
            "id": 7, "sha": HEAD, "ref": "abc-1", "status": "success",
            "source": "merge_request_event", "created_at": "2026-03-01 11:00:00 UTC",
            "finished_at": "2026-03-01 11:05:00 UTC",
        },
        "merge_request": {"iid": 12},
        "builds": [{
            "id": 8, "name": "deploy", "status": "success", "manual": true,
            "created_at": "2026-03-01 11:00:00 UTC", "started_at": "2026-03-01 11:04:00 UTC",
            "finished_at": "2026-03-01 11:05:00 UTC", "queued_duration": 3.2,
            "runner": {"description": "small"},
        }],
    });
    let deployment = json!({
        "id": 9, "ref": "main", "sha": MERGE, "status": "success", "user": {"username": "ana"},
        "created_at": "2026-03-02T11:00:00Z", "updated_at": "2026-03-02T11:09:00Z",
        "environment": {"name": "production"},
        "deployable": {"name": "deploy", "started_at": "2026-03-02T11:01:00Z",
                       "finished_at": "2026-03-02T11:02:00Z"},
    });
    let mut rest = told(&gitlab("pipeline", "", pipeline));
    rest.extend(told(&gitlab("job", "", job)));
    let hook = told(&gitlab("webhook", "", hook));
    agree(&rest, &hook);
    rest.extend(hook.into_iter().filter(|event| event.kind.starts_with("step.")));
    rest.extend(told(&gitlab("deployment", "", deployment)));
    insta::assert_snapshot!(lines(&rest));
}

#[test]
fn issues_and_releases_are_told() {
    let issue = json!({
        "iid": 34, "title": "Slow", "state": "closed", "author": {"username": "cy"},
        "created_at": "2026-02-01T10:00:00Z", "updated_at": "2026-03-03T10:00:00Z",
        "closed_at": "2026-03-02T10:00:01.5Z", "labels": [], "weight": 3, "type": "ISSUE",
        "assignees": [{"username": "bo"}], "severity": "UNKNOWN",
        "web_url": "https://git.example.com/acme/api/-/issues/34",
    });
    let event = json!({"id": 1, "created_at": "2026-03-02T10:00:01.9Z", "state": "closed"});
    let event = gitlab("state_event", "issue/34", event);
    let issue = told(&gitlab("issue", "", issue));
    let release = json!({
        "tag_name": "v1.2.0", "name": "March", "released_at": "2026-03-04T10:00:00Z",
        "commit": {"id": MERGE},
    });
    let all = [issue, told(&gitlab("release", "", release)), told(&event)].concat();
    insta::assert_snapshot!(lines(&all));
}

#[test]
fn odd_fields_are_read_as_far_as_they_go() {
    let mut body = merge_request();
    body["iid"] = json!("12");
    body["author"] = Value::Null;
    body["labels"] = json!("none");
    body["merged_at"] = Value::Null;
    let events = told(&gitlab("merge_request", "", body.clone()));
    assert_eq!(events.len(), 2, "opened and updated");
    body["created_at"] = json!("2026-03-01T10:00:00");
    let problem = convert(&gitlab("merge_request", "", body.clone())).unwrap_err().to_string();
    assert!(problem.contains("`created_at`") && problem.contains("no zone"), "{problem}");
    body["iid"] = Value::Null;
    let problem = convert(&gitlab("merge_request", "", body)).unwrap_err().to_string();
    assert_eq!(problem, "a `merge_request` of gitlab has no `iid` that can be read");
}
