//! Repositories of a scripted GitHub.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, pull_all, run, shown, status, texts, wanted};

fn github(server: &Server) -> Github {
    Github::new(server.client(System::Github), wanted("acme/api"))
}

/// Forty-five issues and requests, changed a minute after one another; every third is a request.
fn listed(asked: &Asked) -> Reply {
    let since = Timestamp::parse(&asked.parameter("since").unwrap()).unwrap();
    let size: usize = asked.parameter("per_page").unwrap().parse().unwrap();
    let page: usize = asked.parameter("page").unwrap().parse().unwrap();
    let items = (1..=45).map(|number| {
        let mut item =
            json!({"number": number, "updated_at": ago(1000 - number), "user": {"login": "ana"}});
        if number % 3 == 0 {
            item["pull_request"] = json!({"url": "x"});
        }
        item
    });
    let items = items.filter(|item| instant(item, "updated_at").unwrap() >= since);
    ok(&items.skip((page - 1) * size).take(size).collect())
}

/// Everything below a request or an issue, one of each.
fn belongings(asked: &Asked) -> Reply {
    let path = asked.path().trim_start_matches("/repos/acme/api/");
    let (_, last) = path.rsplit_once('/').unwrap();
    match last {
        "timeline" => ok(&json!([{"event": "ready_for_review", "created_at": ago(5)}])),
        "reviews" | "comments" => ok(&json!([{"id": 7, "user": {"login": "bo"}}])),
        "commits" => ok(&json!([{"sha": "a"}])),
        number => ok(&json!({"number": number.parse::<u64>().unwrap(), "user": {"login": "ana"}})),
    }
}

/// Answers a question about requests: each with its number and whether there is more of it.
fn graphql(asked: &Asked, more: u64) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let query = body["query"].as_str().unwrap();
    let numbers = query.split("pullRequest(number: ").skip(1);
    let numbers = numbers.map(|rest| rest.split(')').next().unwrap().parse::<u64>().unwrap());
    let pulls = numbers.map(|number| {
        let commits = json!({"pageInfo": {"hasNextPage": number == more}, "nodes": []});
        (format!("p{number}"), json!({"number": number, "commits": commits}))
    });
    ok(&json!({"data": {"repository": pulls.collect::<serde_json::Map<_, _>>()}}))
}

fn whats(pages: &[Page], what: &str) -> usize {
    pages.iter().flat_map(|page| &page.records).filter(|record| record.what == what).count()
}

#[test]
fn requests_come_ten_at_a_time_and_what_does_not_fit_comes_by_rest() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/graphql" => graphql(asked, 12),
            "/repos/acme/api/issues" => listed(asked),
            _ => belongings(asked),
        })
        .await;
        let pages = pull_all(&github(&server), "pulls", None).await.unwrap();
        assert_eq!(whats(&pages, "graphql_pull_request"), 15);
        assert_eq!(whats(&pages, "commit"), 1);
        assert_eq!(whats(&pages, "timeline"), 1);
        let parents: Vec<_> = pages.iter().flat_map(|page| &page.records).collect();
        let parents = parents.iter().filter(|record| !record.parent.is_empty());
        let parents: Vec<_> = parents.map(|it| (it.what.as_str(), it.parent.as_str())).collect();
        let expected =
            [("review", "12"), ("review_comment", "12"), ("commit", "12"), ("timeline", "pull/12")];
        assert_eq!(parents, expected);
        let questions = server.asked().iter().filter(|it| it.path() == "/graphql").count();
        assert_eq!(questions, 2);
    });
}

#[test]
fn rest_takes_the_place_of_graphql_where_that_is_refused_or_knows_less() {
    run(async {
        for refused in [true, false] {
            let server = Server::start(move |asked| match asked.path() {
                "/graphql" if refused => status(403, &[], r#"{"message":"GraphQL is off"}"#),
                "/graphql" => ok(&json!({"errors": [{"message": "Field 'x' doesn't exist"}]})),
                "/repos/acme/api/issues" => listed(asked),
                _ => belongings(asked),
            })
            .await;
            let pages = pull_all(&github(&server), "pulls", None).await.unwrap();
            for what in ["pull_request", "review", "review_comment", "commit", "timeline"] {
                assert_eq!(whats(&pages, what), 15, "{what}");
            }
            assert!(pages[0].notes[0].contains("by REST"), "{:?}", pages[0].notes);
        }
    });
}

#[test]
fn a_collection_that_stops_after_any_page_resumes_to_the_same_records() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/graphql" => graphql(asked, 12),
            "/repos/acme/api/issues" => listed(asked),
            _ => belongings(asked),
        })
        .await;
        for what in ["issues", "pulls"] {
            let pages = pull_all(&github(&server), what, None).await.unwrap();
            assert!(pages.len() > 1);
            let twice = pull_all(&github(&server), what, None).await.unwrap();
            assert_eq!(pages, twice);
            for stop in 1..pages.len() {
                let cursor = pages[stop - 1].next.as_str();
                let rest = pull_all(&github(&server), what, Some(cursor)).await.unwrap();
                assert_eq!(rest, pages[stop..]);
            }
            let end = pages.last().map(|page| page.next.as_str());
            let nothing = pull_all(&github(&server), what, end).await.unwrap();
            assert!(nothing.iter().all(|page| page.records.is_empty()));
        }
    });
}

#[test]
fn a_run_comes_with_its_earlier_attempts_and_the_jobs_of_all() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/repos/acme/api/actions/runs" => {
                let run = json!({"id": 5, "run_attempt": 3, "status": "completed",
                    "created_at": ago(90), "updated_at": ago(30)});
                ok(&json!({"total_count": 1, "workflow_runs": [run]}))
            }
            "/repos/acme/api/actions/runs/5/jobs" => ok(&json!({"jobs": [{"id": 6}, {"id": 7}]})),
            path => ok(&json!({"id": 5, "run_attempt": path.rsplit('/').next().unwrap()})),
        })
        .await;
        let pages = pull_all(&github(&server), "runs", None).await.unwrap();
        assert_eq!((whats(&pages, "workflow_run"), whats(&pages, "workflow_job")), (3, 2));
        let again = pull_all(&github(&server), "runs", Some(&pages[0].next)).await.unwrap();
        assert!(again[0].records.is_empty());
        let asked = server.targets();
        assert_eq!(asked.iter().filter(|it| it.contains("/jobs")).count(), 1);
    });
}

#[test]
fn deployments_come_with_their_statuses_and_releases_once() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/repos/acme/api/deployments" => {
                ok(&json!([{"id": 9, "created_at": ago(90), "updated_at": ago(80)}]))
            }
            "/repos/acme/api/deployments/9/statuses" => ok(&json!([{"id": 1}, {"id": 2}])),
            _ => ok(&json!([{"id": 3, "created_at": ago(900), "published_at": ago(70)}])),
        })
        .await;
        let pages = pull_all(&github(&server), "deployments", None).await.unwrap();
        assert_eq!(texts(&pages[0].records)[1], r#"acme/api deployment_status 9 {"id":1}"#);
        assert_eq!(whats(&pages, "deployment_status"), 2);
        let pages = pull_all(&github(&server), "releases", None).await.unwrap();
        assert_eq!(whats(&pages, "release"), 1);
        let again = pull_all(&github(&server), "releases", Some(&pages[0].next)).await.unwrap();
        assert_eq!(whats(&again, "release"), 0);
    });
}

#[test]
fn a_page_that_fails_in_the_middle_is_not_skipped() {
    run(async {
        let failed = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let server = Server::start(move |asked| {
            let fails = asked.path().ends_with("/issues/31/timeline")
                && failed.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2;
            match asked.path() {
                _ if fails => status(502, &[], ""),
                "/repos/acme/api/issues" => listed(asked),
                _ => belongings(asked),
            }
        })
        .await;
        let pages = pull_all(&github(&server), "issues", None).await.unwrap();
        assert_eq!(whats(&pages, "issue"), 30);
        assert_eq!(whats(&pages, "timeline"), 30);
        assert_eq!(server.told().len(), 2);
    });
}

#[test]
fn a_token_without_the_permission_for_runs_is_told_which() {
    run(async {
        let headers = ["X-Accepted-GitHub-Permissions: actions=read"];
        let body = r#"{"message":"Resource not accessible by personal access token"}"#;
        let server = Server::start(move |_| status(403, &headers, body)).await;
        let err = pull_all(&github(&server), "runs", None).await.unwrap_err();
        let expected = "github refuses `/repos/acme/api/actions/runs` with status 403: the token \
                        lacks scope `actions=read`";
        assert!(shown(&err).starts_with(expected), "{err}");
    });
}

#[test]
fn every_way_to_write_the_address_leads_to_the_api() {
    assert_eq!(api_address("https://github.com"), PUBLIC);
    assert_eq!(api_address("https://api.github.com/"), PUBLIC);
    assert_eq!(api_address("https://git.example"), "https://git.example/api/v3/");
    assert_eq!(api_address("https://git.example/api/v3"), "https://git.example/api/v3/");
    assert_eq!(api_address("https://acme.ghe.com"), "https://api.acme.ghe.com/");
}

#[test]
fn graphql_of_an_enterprise_server_stands_beside_rest() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/api/graphql" => graphql(asked, 0),
            "/api/v3/repos/acme/api/issues" => listed(asked),
            path => panic!("{path}"),
        })
        .await;
        let server = server.below("api/v3");
        let pages = pull_all(&github(&server), "pulls", None).await.unwrap();
        assert_eq!(whats(&pages, "graphql_pull_request"), 15);
    });
}
