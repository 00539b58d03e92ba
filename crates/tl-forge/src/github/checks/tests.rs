//! Checks of a scripted GitHub.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tl_core::record::System;

use crate::client::{Auth, Limits};
use crate::github::Github;
use crate::source::Source as _;
use crate::testing::{Asked, Reply, Server, TOKEN, ago, ok, pull_all, run, status, wanted};
use crate::walk::law::{again, collected, words};

fn github(server: &Server) -> Github {
    Github::new(server.client(System::Github), wanted("acme/api"))
}

fn check(id: u64, app: &str, status: &str) -> Value {
    json!({"__typename": "CheckRun", "databaseId": id, "name": "build", "status": status,
        "checkSuite": {"app": {"slug": app}}})
}

/// A commit with a check of Actions, one of another system, and a status of a third.
fn commit(number: u64, status: &str, more: bool) -> Value {
    // What the token may not read has no members.
    let unreadable = json!({"__typename": "CheckRun"});
    let nodes = [
        check(1000 + number, "github-actions", "COMPLETED"),
        check(2000 + number, "elsewhere-ci", status),
        unreadable,
    ];
    json!({"oid": format!("sha{number}"), "statusCheckRollup": {"state": "PENDING", "contexts": {
        "totalCount": 3, "pageInfo": {"hasNextPage": more}, "nodes": nodes}}})
}

/// Forty-five items, the newest first and an hour after the one before it, in pages of twenty.
fn answer(asked: &Asked, item: impl Fn(u64) -> Value) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let (query, variables) = (body["query"].as_str().unwrap(), &body["variables"]);
    assert_eq!((&variables["owner"], &variables["name"]), (&json!("acme"), &json!("api")));
    let after = variables["after"].as_str().map_or(0, |after| after.parse().unwrap());
    let is_mainline = query.contains("history(first: 20");
    let since = variables["since"].as_str().unwrap_or_default().to_owned();
    assert_eq!(is_mainline, since.len() == "2026-01-01T00:00:00Z".len(), "{since}");
    // Instants are written the same way.
    let numbers = (0..45).filter(|number| ago(*number * 60) >= since);
    let nodes = numbers.clone().skip(after).take(20).map(|number| {
        let mut node = item(number.unsigned_abs());
        if !is_mainline {
            node = json!({"commits": {"nodes": [{"commit": node}]}});
        }
        node["at"] = json!(ago(number * 60));
        node
    });
    let end = after + 20;
    let page = json!({"hasNextPage": end < numbers.count(), "endCursor": end.to_string()});
    let list = json!({"pageInfo": page, "nodes": nodes.collect::<Vec<_>>()});
    ok(&match is_mainline {
        true => json!({"data": {"repository": {"defaultBranchRef": {"target": {"list": list}}}}}),
        false => json!({"data": {"repository": {"list": list}}}),
    })
}

#[test]
fn checks_of_other_systems_are_given_once_and_resume_after_any_page() {
    run(async {
        let server = Server::start(|asked| {
            assert_eq!(asked.path(), "/graphql");
            answer(asked, |number| commit(number, "COMPLETED", false))
        })
        .await;
        for list in ["checks", "pull-checks"] {
            let records = collected(&github(&server), list).await;
            assert_eq!(records.len(), 45, "{list}");
            assert_eq!(words(&records)[0], "graphql_check_run acme/api sha0");
            assert_eq!(records[0].body, check(2000, "elsewhere-ci", "COMPLETED"));
        }
    });
}

#[test]
fn a_check_that_ended_later_is_given_again_though_its_commit_did_not_change() {
    run(async {
        let now = Arc::new(Mutex::new("IN_PROGRESS"));
        let shared = Arc::clone(&now);
        let server = Server::start(move |asked| {
            let state = *shared.lock().unwrap();
            answer(asked, |number| {
                commit(number, if number == 7 { state } else { "COMPLETED" }, false)
            })
        })
        .await;
        for list in ["checks", "pull-checks"] {
            *now.lock().unwrap() = "IN_PROGRESS";
            let pages = pull_all(&github(&server), list, None).await.unwrap();
            *now.lock().unwrap() = "COMPLETED";
            let changed = again(&github(&server), list, &pages.last().unwrap().next).await;
            assert_eq!(words(&changed), ["graphql_check_run acme/api sha7"], "{list}");
        }
    });
}

#[test]
fn a_commit_status_is_given_beside_the_checks_and_again_when_it_ends() {
    run(async {
        let now = Arc::new(Mutex::new("PENDING"));
        let shared = Arc::clone(&now);
        let server = Server::start(move |asked| {
            let state = *shared.lock().unwrap();
            let query = asked.body.contains("StatusContext { context state createdAt");
            assert!(query, "{}", asked.body);
            answer(asked, |number| {
                let mut commit = commit(number, "COMPLETED", false);
                if number == 7 {
                    let nodes = commit.pointer_mut("/statusCheckRollup/contexts/nodes").unwrap();
                    nodes.as_array_mut().unwrap().push(json!({
                        "__typename": "StatusContext", "context": "old-ci", "state": state,
                        "createdAt": ago(7 * 60),
                    }));
                }
                commit
            })
        })
        .await;
        let pages = pull_all(&github(&server), "checks", None).await.unwrap();
        let all: Vec<_> = pages.iter().flat_map(|page| page.records.clone()).collect();
        let statuses: Vec<_> = all.iter().filter(|record| record.what == "status").collect();
        assert_eq!((all.len(), statuses.len()), (46, 1));
        assert_eq!(
            (statuses[0].parent.as_str(), &statuses[0].body["state"]),
            ("sha7", &json!("PENDING"))
        );
        *now.lock().unwrap() = "SUCCESS";
        let changed = again(&github(&server), "checks", &pages.last().unwrap().next).await;
        assert_eq!(words(&changed), ["graphql_check_run acme/api sha7", "status acme/api sha7"]);
    });
}

#[test]
fn a_commit_with_more_checks_than_an_answer_holds_is_read_whole_over_rest() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/graphql" => answer(asked, |number| commit(number, "COMPLETED", number == 3)),
            "/repos/acme/api/commits/sha3/check-runs" => {
                let run = |id: u64, app: &str| json!({"id": id, "app": {"slug": app}});
                ok(&json!({"total_count": 3, "check_runs":
                    [run(1, "github-actions"), run(2, "elsewhere-ci"), run(3, "a-third")]}))
            }
            "/repos/acme/api/commits/sha3/status" => {
                ok(&json!({"state": "success", "statuses": [{"id": 5, "context": "old-ci"}]}))
            }
            path => panic!("{path}"),
        })
        .await;
        let records = collected(&github(&server), "checks").await;
        let of = |what: &str| records.iter().filter(|record| record.what == what).count();
        assert_eq!((of("check_run"), of("status")), (2, 1));
        assert_eq!(records.len(), 44 + 3);
    });
}

#[test]
fn a_token_that_may_not_read_checks_is_noted_and_one_that_may_later_misses_nothing() {
    run(async {
        let said = "Resource not accessible by personal access token";
        let may = Arc::new(Mutex::new(false));
        let shared = Arc::clone(&may);
        let server = Server::start(move |asked| match *shared.lock().unwrap() {
            true => answer(asked, |number| commit(number, "COMPLETED", false)),
            false => ok(&json!({"data": {"repository": {"list": {"nodes": [null]}}},
                "errors": [{"type": "FORBIDDEN", "message": said}]})),
        })
        .await;
        let pages = pull_all(&github(&server), "pull-checks", None).await.unwrap();
        assert!(pages[0].notes[0].contains(&format!("may not read them ({said})")), "{pages:?}");
        *may.lock().unwrap() = true;
        assert_eq!(again(&github(&server), "pull-checks", &pages[0].next).await.len(), 45);
    });
}

#[test]
fn an_error_beside_an_answer_is_an_error_and_an_expired_place_begins_anew() {
    run(async {
        let failing = json!({"data": {"repository": null}, "errors": [{"message": format!("Something\nbroke at {TOKEN}")}]});
        let server = Server::start(move |_| ok(&failing)).await;
        let err = pull_all(&github(&server), "checks", None).await.unwrap_err();
        assert_eq!(
            err.to_string(),
            "github answers `/graphql` with an error: Something broke at ***"
        );

        let expired = Arc::new(Mutex::new(true));
        let server = Server::start(move |asked| {
            if asked.body.contains("\"after\":\"20\"")
                && std::mem::take(&mut *expired.lock().unwrap())
            {
                let message = "`20` does not appear to be a valid cursor.";
                return ok(&json!({"errors": [{"message": message}]}));
            }
            answer(asked, |number| commit(number, "COMPLETED", false))
        })
        .await;
        let pages = pull_all(&github(&server), "checks", None).await.unwrap();
        assert_eq!(pages.iter().map(|page| page.records.len()).sum::<usize>(), 45);
        assert_eq!(pages.iter().filter(|page| !page.notes.is_empty()).count(), 1);
    });
}

#[test]
fn a_repository_without_commits_has_no_checks_and_nobody_is_asked_without_a_token() {
    run(async {
        let empty = json!({"data": {"repository": {"defaultBranchRef": null}}});
        let server = Server::start(move |_| ok(&empty)).await;
        assert!(collected(&github(&server), "checks").await.is_empty());
        let client = server.client_of(System::Github, Auth::None, Limits::default());
        let streams = Github::new(client, wanted("acme/api")).streams();
        assert!(streams.iter().all(|stream| !stream.what.contains("checks")), "{streams:?}");
    });
}

#[test]
fn where_graphql_is_refused_checks_are_left_out_and_a_wrong_token_is_an_error() {
    run(async {
        let server = Server::start(|_| status(403, &[], r#"{"message":"GraphQL is off"}"#)).await;
        let pages = pull_all(&github(&server), "checks", None).await.unwrap();
        assert!(pages[0].notes[0].contains("left out: github refuses `/graphql`"), "{pages:?}");
        let server = Server::start(|_| status(401, &[], r#"{"message":"Bad credentials"}"#)).await;
        let err = pull_all(&github(&server), "checks", None).await.unwrap_err();
        assert!(err.to_string().starts_with("github refuses `/graphql` with status 401"), "{err}");
    });
}
