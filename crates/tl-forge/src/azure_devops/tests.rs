//! A project of a scripted Azure DevOps.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tl_core::time::Timestamp;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, pull_all, run, status, wanted};
use crate::walk::law::{again, collected, refused, words};

fn azure(server: &Server) -> AzureDevops {
    let source = AzureDevops::new(server.client(System::AzureDevops), wanted("acme/Our Web/api"));
    source.with_releases(server.client(System::AzureDevops))
}

/// Two hundred and fifty items; a hundred and fifty of them changed at one instant.
fn changed(number: u64) -> String {
    ago(5000
        - i64::try_from(number.clamp(50, 199)).unwrap() / 200
        - i64::try_from(number / 200 * number).unwrap())
}

fn number(asked: &Asked, name: &str) -> usize {
    asked.parameter(name).unwrap().parse().unwrap()
}

fn answer(asked: &Asked, title: &str) -> Reply {
    let path = asked.path().strip_prefix("/acme/Our%20Web/_apis/").unwrap();
    assert_eq!(asked.parameter("api-version").as_deref(), Some("7.1"));
    let pieces: Vec<_> = path.split('/').collect();
    match pieces.as_slice() {
        ["wit", "wiql"] => {
            let query = &asked.body;
            let from = query.split('\'').nth(1).unwrap();
            let from = Timestamp::parse(from).unwrap();
            let mut all: Vec<_> = (1..=250).collect();
            all.sort_by_key(|number| (Timestamp::parse(&changed(*number)).unwrap(), *number));
            let all = all.into_iter().filter(|it| Timestamp::parse(&changed(*it)).unwrap() >= from);
            let page: Vec<_> =
                all.take(number(asked, "%24top")).map(|id| json!({"id": id})).collect();
            ok(&json!({"workItems": page}))
        }
        ["wit", "workitemsbatch"] => {
            let body: Value = serde_json::from_str(&asked.body).unwrap();
            let ids = body["ids"].as_array().unwrap();
            assert!(ids.len() <= 200);
            let item = |id: &Value| {
                let at = changed(id.as_u64().unwrap());
                json!({"id": id, "fields": {"System.ChangedDate": at}})
            };
            ok(&json!({"value": ids.iter().map(item).collect::<Vec<_>>()}))
        }
        ["wit", "workItems", id, "updates"] => ok(&json!({"value": [{"id": 1, "workItemId": id}]})),
        ["git", "repositories", "api", "pullrequests"] => {
            let active = asked.parameter("searchCriteria.status").as_deref() == Some("active");
            let pull = |id: i64| {
                let mut pull =
                    json!({"pullRequestId": id, "repository": {"id": "r-1", "name": "api"}});
                pull["title"] = json!(title);
                if !active {
                    pull["closedDate"] = json!(ago(id));
                }
                pull
            };
            let all = if active { 901..=903 } else { 1..=130 };
            let page: Vec<_> = all.map(pull).skip(number(asked, "%24skip")).take(100).collect();
            ok(&json!({"value": page}))
        }
        ["git", "repositories", "r-1", "pullRequests", _, "threads"] => {
            ok(&json!({"value": [{"id": 1}]}))
        }
        ["build", "builds"] => {
            let from = Timestamp::parse(&asked.parameter("minTime").unwrap()).unwrap();
            let made = |id: i64| json!({"id": id, "finishTime": ago(400 - id)});
            let all = (1..=210).map(made);
            let all = all.filter(|it| instant(it, "finishTime").unwrap() >= from);
            ok(&json!({"value": all.take(number(asked, "%24top")).collect::<Vec<_>>()}))
        }
        ["release", "deployments"] => {
            let after = asked.parameter("continuationToken").map_or(0, |it| it.parse().unwrap());
            let made = |id: i64| json!({"id": id, "lastModifiedOn": ago(400 - id)});
            let all = (1..=150).filter(|id| *id > after).map(made);
            ok(&json!({"value": all.take(100).collect::<Vec<_>>()}))
        }
        _ => status(404, &[], "{}"),
    }
}

#[test]
fn every_stream_gives_its_records_once_and_resumes_after_any_page() {
    run(async {
        let server = Server::start(|asked| answer(asked, "a")).await;
        let expected =
            [("builds", 210), ("deployments", 150), ("active_pulls", 6), ("closed_pulls", 260)];
        for (what, count) in expected {
            assert_eq!(collected(&azure(&server), what).await.len(), count, "{what}");
        }
    });
}

#[test]
fn work_items_are_all_given_even_where_more_than_a_page_changed_at_one_instant() {
    run(async {
        let server = Server::start(|asked| answer(asked, "a")).await;
        let records = collected(&azure(&server), "work_items").await;
        let of = |what: &str| records.iter().filter(|it| it.what == what).count();
        assert_eq!((of("work_item"), of("work_item_update")), (250, 250));
    });
}

#[test]
fn records_have_the_words_that_are_converted() {
    run(async {
        let server = Server::start(|asked| answer(asked, "a")).await;
        let source = azure(&server);
        let streams: Vec<_> = source.streams().iter().map(ToString::to_string).collect();
        let expected = [
            "acme/Our Web/work_items",
            "acme/Our Web/api/closed_pulls",
            "acme/Our Web/api/active_pulls",
            "acme/Our Web/builds",
            "acme/Our Web/deployments",
        ];
        assert_eq!(streams, expected);
        let pulls = collected(&source, "active_pulls").await;
        let expected =
            ["pull_request acme/Our Web/api ", "pull_request_thread acme/Our Web/api 901"];
        assert_eq!(words(&pulls)[..2], expected);
        assert_eq!(words(&collected(&source, "builds").await), ["build acme/Our Web "]);
        let deployments = collected(&source, "deployments").await;
        assert_eq!(words(&deployments), ["release_deployment acme/Our Web "]);
    });
}

#[test]
fn an_active_request_is_given_again_when_it_changed() {
    run(async {
        let title = Arc::new(Mutex::new("before"));
        let shared = Arc::clone(&title);
        let server = Server::start(move |asked| answer(asked, &shared.lock().unwrap())).await;
        let pages = pull_all(&azure(&server), "active_pulls", None).await.unwrap();
        *title.lock().unwrap() = "after";
        let changed = again(&azure(&server), "active_pulls", &pages[0].next).await;
        assert_eq!((changed.len(), &changed[0].body["title"]), (6, &json!("after")));
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_scope() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 2"], "{}"),
            _ => status(401, &[], ""),
        })
        .await;
        let told = refused(&azure(&server), "work_items").await;
        assert!(told.ends_with("it takes `Work Items (Read)`"), "{told}");
        assert_eq!(server.told(), ["waiting 2 s for azure-devops's rate limit"]);
    });
}
