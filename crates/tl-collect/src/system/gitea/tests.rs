use proptest::prelude::*;
use serde_json::json;
use tl_core::record::System;

use super::*;

const HEAD: &str = "1111111111111111111111111111111111111111";

fn record(what: &str, parent: &str, body: Value) -> Record {
    Record {
        system: System::Gitea,
        what: what.to_owned(),
        scope: "acme/api".to_owned(),
        parent: parent.to_owned(),
        body,
    }
}

/// Kind, key and what else differs, a line each.
fn told(what: &str, parent: &str, body: Value) -> String {
    let events = convert(&record(what, parent, body)).unwrap();
    let line = |event: &Event| {
        let actor = event.actor.as_deref().unwrap_or("-");
        format!(
            "{} {} {} {actor} {}\n",
            event.source,
            event.kind,
            event.key,
            tl_core::ordered::Ordered(&event.data)
        )
    };
    events.iter().map(line).collect()
}

fn pull() -> Value {
    json!({
        "number": 12, "title": "WIP: doors", "body": "Fixes #3", "state": "closed",
        "html_url": "https://codeberg.org/acme/api/pulls/12",
        "user": {"id": 1, "login": "ana"}, "labels": [{"name": "door"}],
        "created_at": "2024-05-01T10:00:00+02:00", "updated_at": "2024-05-02T10:00:00+02:00",
        "closed_at": "2024-05-02T10:00:00+02:00", "merged": true,
        "merged_at": "2024-05-02T10:00:00+02:00", "merge_commit_sha": HEAD,
        "merged_by": {"login": "bo"}, "additions": 1, "deletions": 0, "changed_files": 1,
        "base": {"ref": "main", "sha": HEAD, "repo": {"full_name": "acme/api"}},
        "head": {"ref": "doors", "sha": HEAD, "repo": {"full_name": "ana/api"}},
    })
}

#[test]
fn a_request_is_told_as_that_of_github() {
    insta::assert_snapshot!(told("pull_request", "", pull()), @r#"
    gitea:codeberg.org change.opened pull/acme/api/12/opened ana {"author":"ana","author_class":"human","number":12}
    gitea:codeberg.org change.updated pull/acme/api/12/updated/1714636800000 - {"additions":1,"author":"ana","author_class":"human","base":"main","base_head":"1111111111111111111111111111111111111111","branch":"doors","deletions":0,"draft":true,"files":1,"fork":"ana/api","head":"1111111111111111111111111111111111111111","labels":["door"],"mentions":[{"form":"closing","ticket":"acme/api#3"}],"number":12,"title":"WIP: doors","url":"https://codeberg.org/acme/api/pulls/12"}
    gitea:codeberg.org change.merged pull/acme/api/12/merged bo {"base":"main"}
    "#);
}

#[test]
fn reviews_have_words_of_their_own() {
    let review = |state: &str, dismissed: bool| {
        let body = json!({
            "id": 5, "state": state, "dismissed": dismissed, "user": {"login": "bo"},
            "submitted_at": "2024-05-01T12:00:00Z", "commit_id": HEAD,
            "html_url": "https://codeberg.org/acme/api/pulls/12#issuecomment-5",
        });
        told("review", "12", body)
    };
    let all = [
        review("APPROVED", false),
        review("REQUEST_CHANGES", false),
        review("COMMENT", false),
        review("REQUEST_REVIEW", false),
        review("APPROVED", true),
        review("PENDING", false),
    ];
    insta::assert_snapshot!(all.join("--\n"), @r#"
    gitea:codeberg.org change.review review/acme/api/5 bo {"reviewer_class":"human","verdict":"approved"}
    --
    gitea:codeberg.org change.review review/acme/api/5 bo {"reviewer_class":"human","verdict":"changes-requested"}
    --
    gitea:codeberg.org change.review review/acme/api/5 bo {"reviewer_class":"human","verdict":"commented"}
    --
    gitea:codeberg.org change.review-requested pull/acme/api/12/review-requested/bo/1714564800000 - {"reviewer":"bo"}
    --
    gitea:codeberg.org change.review review/acme/api/5/given bo {"reviewer_class":"human","verdict":"commented"}
    gitea:codeberg.org change.review review/acme/api/5/dismissed bo {"reviewer_class":"human","verdict":"dismissed"}
    --
    "#);
}

#[test]
fn timelines_tell_of_requests_and_issues() {
    let of = |address: &str, what: Value| {
        let mut item = what;
        item["created_at"] = json!("2024-05-01T12:00:00Z");
        item[address] = json!("https://codeberg.org/acme/api/pulls/12");
        told("timeline", "12", item)
    };
    let body = format!(r#"{{"is_force_push":false,"commit_ids":["x","{HEAD}"]}}"#);
    let all = [
        of("pull_request_url", json!({"type": "close"})),
        of("issue_url", json!({"type": "close"})),
        of(
            "pull_request_url",
            json!({"type": "change_title", "old_title": "wip: x", "new_title": "x"}),
        ),
        of("pull_request_url", json!({"type": "pull_push", "body": body})),
        of("pull_request_url", json!({"type": "review_request", "assignee": {"login": "cy"}})),
        of("issue_url", json!({"type": "commit_ref", "ref_commit_sha": HEAD})),
        of(
            "issue_url",
            json!({
                "type": "pull_ref", "ref_action": "closes",
                "ref_issue": {"number": 7, "pull_request": {}, "repository": {"full_name": "acme/web"}},
            }),
        ),
        of("issue_url", json!({"type": "milestone", "milestone": {"title": "May"}})),
        of("issue_url", json!({"type": "label"})),
    ];
    insta::assert_snapshot!(all.join("--\n"), @r#"
    gitea:codeberg.org change.closed pull/acme/api/12/closed/1714564800000 - null
    --
    gitea:codeberg.org ticket.closed issue/acme/api/12/closed/1714564800000 - {"resolution":""}
    --
    gitea:codeberg.org change.ready pull/acme/api/12/ready/1714564800000 - null
    --
    gitea:codeberg.org change.pushed pull/acme/api/12/pushed/1111111111111111111111111111111111111111/1714564800000 - null
    --
    gitea:codeberg.org change.review-requested pull/acme/api/12/review-requested/cy/1714564800000 - {"reviewer":"cy"}
    --
    gitea:codeberg.org ticket.linked link/acme/api#12/1111111111111111111111111111111111111111/referenced - {"form":"commit"}
    --
    gitea:codeberg.org ticket.linked link/acme/api#12/acme/web#7/closes - {"form":"closing"}
    --
    gitea:codeberg.org ticket.iteration issue/acme/api/12/milestoned/1714564800000/May - {"added":true}
    --
    "#);
}

#[test]
fn webhooks_are_known_by_their_members() {
    let repository =
        json!({"full_name": "acme/api", "html_url": "https://git.example.com/acme/api"});
    let hook = |body: Value| {
        let mut body = body;
        body["repository"] = repository.clone();
        let told = told("webhook", "", body);
        told.lines().last().unwrap_or("nothing").to_owned()
    };
    let all = [
        hook(json!({"action": "synchronized", "pull_request": pull()})),
        hook(json!({
            "action": "reviewed", "pull_request": pull(), "sender": {"login": "bo"},
            "review": {"type": "pull_request_review_approved", "content": ""},
        })),
        hook(json!({"action": "reopened", "issue": {
            "number": 3, "state": "open", "created_at": "2024-05-01T12:00:00Z",
            "updated_at": "2024-05-02T12:00:00Z", "pull_request": null,
        }})),
        hook(json!({"action": "completed", "workflow_run": {
            "id": 9, "path": "ci.yml@refs/heads/main", "status": "completed",
            "conclusion": "failure", "head_sha": HEAD, "run_attempt": 2,
            "started_at": "2024-05-01T12:00:00Z", "completed_at": "2024-05-01T12:05:00Z",
        }})),
        hook(json!({"ref": "refs/heads/main", "commits": []})),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    gitea:git.example.com change.pushed pull/acme/api/12/pushed/1111111111111111111111111111111111111111/1714636800000 - null
    gitea:git.example.com change.review review/acme/api/12/bo/pull_request_review_approved/1714636800000 bo {"reviewer_class":"human","verdict":"approved"}
    gitea:git.example.com ticket.reopened issue/acme/api/3/reopened/1714651200000 - null
    gitea:git.example.com ci.finished run/acme/api/9/2/finished - {"attempt":2,"level":"run","outcome":"failure","pipeline":"ci.yml"}
    nothing
    "#);
}

proptest! {
    /// Whatever stands where the words of Gitea should, nothing panics.
    #[test]
    fn odd_values_are_read_or_refused(field in 0..8_usize, text in r"\PC{0,20}", number in any::<i64>()) {
        let fields = ["number", "title", "created_at", "user", "type", "body", "state", "review"];
        for odd in [json!(text), json!(number), json!(null), json!([text]), json!({"login": text})] {
            let mut body = pull();
            body[fields[field]] = odd;
            for what in ["pull_request", "review", "timeline", "issue", "workflow_run", "webhook"] {
                let _told = convert(&record(what, "12", body.clone()));
                let _told = convert(&record(what, "", json!({"action": text, "pull_request": body})));
            }
        }
    }
}
