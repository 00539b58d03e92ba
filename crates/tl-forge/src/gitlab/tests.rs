//! Projects of a scripted GitLab.

use serde_json::json;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, pull_all, run, status, texts, wanted};

const PROJECT: &str = "/projects/acme%2Fteam%2Fapi/";

fn gitlab(server: &Server) -> Gitlab {
    Gitlab::new(server.client(System::Gitlab), wanted("acme/team/api"))
}

/// Forty-five items, changed a minute after one another; GitLab has milliseconds.
fn listed(asked: &Asked) -> Reply {
    let since = Timestamp::parse(&asked.parameter("updated_after").unwrap()).unwrap();
    let size: usize = asked.parameter("per_page").unwrap().parse().unwrap();
    let page: usize = asked.parameter("page").unwrap().parse().unwrap();
    let items = (1..=45).map(|number| {
        let updated = ago(1000 - number).replace('Z', ".417Z");
        json!({"id": 100 + number, "iid": number, "updated_at": updated})
    });
    let items = items.filter(|item| instant(item, "updated_at").unwrap() >= since);
    ok(&items.skip((page - 1) * size).take(size).collect())
}

fn answer(asked: &Asked) -> Reply {
    let path = asked.path().strip_prefix(PROJECT).unwrap();
    let pieces: Vec<_> = path.split('/').collect();
    match pieces.as_slice() {
        ["releases"] => ok(&json!([{"tag_name": "v1", "created_at": ago(40)}])),
        [_] => listed(asked),
        [_, number] => ok(&json!({"id": number, "whole": true})),
        [_, _, "approvals"] => ok(&json!({"approved_by": [{"user": {"username": "bo"}}]})),
        [_, _, what] => ok(&json!([{"id": 1, "of": what}])),
        _ => status(404, &[], r#"{"message":"404 Not found"}"#),
    }
}

#[test]
fn every_stream_gives_its_records_once_and_resumes_after_any_page() {
    run(async {
        let server = Server::start(answer).await;
        let expected = [("issues", 90), ("merge_requests", 45 * 5), ("pipelines", 90)];
        for (what, count) in expected.into_iter().chain([("deployments", 45), ("releases", 1)]) {
            let pages = pull_all(&gitlab(&server), what, None).await.unwrap();
            let records: Vec<_> = pages.iter().flat_map(|page| page.records.clone()).collect();
            let mut unique = texts(&records);
            unique.sort_unstable();
            unique.dedup();
            assert_eq!((records.len(), unique.len()), (count, count), "{what}");
            for stop in 1..pages.len() {
                let cursor = pages[stop - 1].next.as_str();
                let rest = pull_all(&gitlab(&server), what, Some(cursor)).await.unwrap();
                assert_eq!(rest, pages[stop..], "{what}");
            }
            let end = pages.last().map(|page| page.next.as_str());
            let nothing = pull_all(&gitlab(&server), what, end).await.unwrap();
            assert!(nothing.iter().all(|page| page.records.is_empty()), "{what}");
        }
    });
}

#[test]
fn what_belongs_to_a_merge_request_names_it_as_its_parent() {
    run(async {
        let server = Server::start(answer).await;
        let pages = pull_all(&gitlab(&server), "merge_requests", None).await.unwrap();
        let parents = pages[0].records[..5].iter().map(|it| (it.what.as_str(), it.parent.as_str()));
        let expected = [
            ("merge_request", ""),
            ("note", "mr/1"),
            ("merge_request_commit", "1"),
            ("state_event", "mr/1"),
            ("approval", "1"),
        ];
        assert_eq!(parents.collect::<Vec<_>>(), expected);
    });
}

#[test]
fn a_token_that_lacks_a_scope_is_told_which_and_a_limit_is_waited_for() {
    run(async {
        let body = r#"{"error":"insufficient_scope","error_description":"higher privileges","scope":"api read_api"}"#;
        let server = Server::start(move |asked| match asked.before {
            0 => status(429, &["RateLimit-Remaining: 0", "Retry-After: 12"], "Retry later"),
            _ => status(403, &[], body),
        })
        .await;
        let err = pull_all(&gitlab(&server), "issues", None).await.unwrap_err();
        let expected = "gitlab refuses `/projects/acme%2Fteam%2Fapi/issues` with status 403: the \
                        token lacks scope `api` or `read_api` (it says: higher privileges)";
        assert_eq!(err.to_string(), expected);
        assert_eq!(server.told(), ["waiting 12 s for gitlab's rate limit"]);
    });
}

#[test]
fn every_way_to_write_the_address_leads_to_the_api() {
    assert_eq!(api_address("https://gitlab.com"), PUBLIC);
    assert_eq!(api_address("https://git.example/gitlab/"), "https://git.example/gitlab/api/v4/");
    assert_eq!(api_address("https://git.example/api/v4/"), "https://git.example/api/v4/");
}

#[test]
fn a_merge_request_that_is_gone_since_it_was_listed_is_noted_and_stops_nothing() {
    run(async {
        let server = Server::start(|asked| match asked.path().strip_prefix(PROJECT) {
            Some("merge_requests/7") => status(404, &[], r#"{"message":"404 Not found"}"#),
            _ => answer(asked),
        })
        .await;
        let pages = pull_all(&gitlab(&server), "merge_requests", None).await.unwrap();
        let count = pages.iter().flat_map(|page| &page.records).count();
        assert_eq!(count, 44 * 5);
        assert_eq!(pages[0].notes, ["acme/team/api!7 was listed and is gone"]);
    });
}
