//! Repositories of a scripted Gitea.

use serde_json::json;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, run, status, wanted};
use crate::walk::law::{collected, refused, words};

fn gitea(server: &Server) -> Gitea {
    Gitea::new(server.client(System::Gitea), wanted("acme/api"))
}

/// Seventy items, newest made first; the older ones changed later.
fn listed(asked: &Asked) -> Reply {
    let since = Timestamp::parse(&asked.parameter("since").unwrap()).unwrap();
    let page: usize = asked.parameter("page").unwrap().parse().unwrap();
    let items =
        (1..=70).rev().map(|number| json!({"number": number, "updated_at": ago(9 * number)}));
    let items = items.filter(|item| instant(item, "updated_at").unwrap() >= since);
    ok(&items.skip((page - 1) * 30).take(30).collect())
}

fn answer(asked: &Asked) -> Reply {
    let path = asked.path().strip_prefix("/repos/acme/api/").unwrap();
    let pieces: Vec<_> = path.split('/').collect();
    match pieces.as_slice() {
        ["issues"] => listed(asked),
        ["releases"] => ok(&json!([{"tag_name": "v1", "created_at": ago(40)}])),
        ["actions", "runs"] => ok(&json!({"total_count": 2, "workflow_runs": [
            {"id": 2, "status": "queued", "started_at": "1970-01-01T00:00:00Z"},
            {"id": 1, "status": "completed", "started_at": ago(30), "completed_at": ago(20)}]})),
        ["actions", "runs", _, "jobs"] => ok(&json!({"jobs": [{"id": 5}]})),
        ["pulls", number] => ok(&json!({"number": number, "whole": true})),
        ["pulls", _, "reviews"] => {
            ok(&json!([{"id": 8, "comments_count": 1}, {"id": 9, "comments_count": 0}]))
        }
        ["pulls", _, "reviews", "8", "comments"] => ok(&json!([{"id": 3}])),
        ["pulls", _, "commits"] => ok(&json!([{"sha": "aa"}])),
        // The first page is short, and there is another.
        ["issues", _, "timeline"] => match asked.parameter("page").as_deref() {
            Some("1") => ok(&json!([{"id": 1, "type": "close"}])),
            Some("2") => ok(&json!([{"id": 2, "type": "reopen"}])),
            _ => ok(&json!([])),
        },
        _ => status(404, &[], "{}"),
    }
}

#[test]
fn every_stream_gives_its_records_once_and_resumes_after_any_page() {
    run(async {
        let server = Server::start(answer).await;
        let expected = [("issues", 70 * 3), ("pulls", 70 * 7), ("runs", 2), ("releases", 1)];
        for (what, count) in expected {
            assert_eq!(collected(&gitea(&server), what).await.len(), count, "{what}");
        }
    });
}

#[test]
fn records_have_the_words_that_are_converted() {
    run(async {
        let server = Server::start(answer).await;
        let issues = collected(&gitea(&server), "issues").await;
        assert_eq!(words(&issues)[..2], ["issue acme/api ", "timeline acme/api issue/70"]);
        let pulls = collected(&gitea(&server), "pulls").await;
        let expected = [
            "pull_request acme/api ",
            "review acme/api 70",
            "review_comment acme/api 70",
            "commit acme/api 70",
            "timeline acme/api pull/70",
        ];
        assert_eq!(words(&pulls)[..5], expected);
        let runs = collected(&gitea(&server), "runs").await;
        assert_eq!(words(&runs), ["workflow_run acme/api ", "workflow_job acme/api 1"]);
    });
}

#[test]
fn a_server_without_runs_says_so_and_a_refusal_names_the_scope() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 2"], "{}"),
            1 | 2 => status(404, &[], "{}"),
            _ => status(403, &[], r#"{"message":"token does not have the scope"}"#),
        })
        .await;
        let source = gitea(&server);
        let stream = crate::testing::stream(&source, "runs");
        let page = source.pull(&stream, None).await.unwrap();
        assert_eq!(page.notes, ["it has no list of runs, or they may not be read"]);
        let again = source.pull(&stream, Some(&page.next)).await.unwrap();
        assert_eq!(again, page);
        assert!(refused(&source, "issues").await.ends_with("it takes `read:issue`"));
        assert_eq!(server.told(), ["waiting 2 s for gitea's rate limit"]);
    });
}

#[test]
fn every_way_to_write_the_address_leads_to_the_api() {
    assert_eq!(api_address("https://git.example"), "https://git.example/api/v1/");
    assert_eq!(api_address("https://git.example/api/v1/"), "https://git.example/api/v1/");
}
