//! A project of a scripted CircleCI.

use std::sync::{Arc, Mutex};

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, pull_all, run, status, wanted};
use crate::walk::law::{again, collected, refused, words};

fn circleci(server: &Server) -> Circleci {
    Circleci::new(server.client(System::Circleci), wanted("gh/acme/api"))
}

/// Fifty pipelines, one an hour; page by page.
fn answer(asked: &Asked, first_status: &str) -> Reply {
    let pieces: Vec<_> = asked.path().split('/').skip(1).collect();
    let token = asked.parameter("page-token");
    match pieces.as_slice() {
        ["project", "gh", "acme", "api", "pipeline"] => {
            let from: i64 = token.map_or(0, |token| token.parse().unwrap());
            let vcs = json!({"revision": "aa", "branch": "main"});
            let made =
                |id: i64| json!({"id": id.to_string(), "created_at": ago(60 * id + 1), "vcs": vcs});
            let page: Vec<_> = (from..(from + 20).min(50)).map(made).collect();
            let next = if from + 20 < 50 { json!((from + 20).to_string()) } else { Value::Null };
            ok(&json!({"items": page, "next_page_token": next}))
        }
        ["pipeline", "40"] => ok(&json!({"id": "40", "created_at": ago(60 * 40 + 1), "vcs": {}})),
        ["pipeline", id, "workflow"] => {
            let told = if *id == "40" { first_status } else { "success" };
            ok(
                &json!({"items": [{"id": format!("w{id}"), "status": told}], "next_page_token": null}),
            )
        }
        ["workflow", _, "job"] if token.is_none() => {
            ok(&json!({"items": [{"id": "j1"}], "next_page_token": "2"}))
        }
        ["workflow", _, "job"] => ok(&json!({"items": [{"id": "j2"}], "next_page_token": null})),
        _ => status(404, &[], "{}"),
    }
}

#[test]
fn every_stream_gives_its_records_once_and_resumes_after_any_page() {
    run(async {
        let server = Server::start(|asked| answer(asked, "success")).await;
        let records = collected(&circleci(&server), "pipelines").await;
        assert_eq!(records.len(), 50 * 4);
        let expected = ["pipeline gh/acme/api ", "workflow gh/acme/api ", "job gh/acme/api w0"];
        assert_eq!(words(&records)[..3], expected);
        assert_eq!(records[2].body["pipeline"]["vcs"]["revision"], json!("aa"));
    });
}

#[test]
fn a_workflow_that_ran_is_given_again_when_it_ended() {
    run(async {
        let told = Arc::new(Mutex::new("running"));
        let shared = Arc::clone(&told);
        let server = Server::start(move |asked| answer(asked, &shared.lock().unwrap())).await;
        let pages = pull_all(&circleci(&server), "pipelines", None).await.unwrap();
        *told.lock().unwrap() = "success";
        let changed = again(&circleci(&server), "pipelines", &pages.last().unwrap().next).await;
        let changed: Vec<_> = changed.iter().map(|it| (&*it.what, it.body["id"].clone())).collect();
        assert_eq!(
            changed,
            [("workflow", json!("w40")), ("job", json!("j1")), ("job", json!("j2"))]
        );
    });
}

#[test]
fn a_token_that_expired_begins_anew_and_says_so() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            41.. if asked.parameter("page-token").as_deref() == Some("20") => {
                status(400, &[], r#"{"message":"bad page token"}"#)
            }
            _ => answer(asked, "success"),
        })
        .await;
        let source = circleci(&server);
        let stream = crate::testing::stream(&source, "pipelines");
        let first = source.pull(&stream, None).await.unwrap();
        let expired = source.pull(&stream, Some(&first.next)).await.unwrap();
        assert_eq!(expired.notes.len(), 1);
        assert_eq!(expired.records, []);
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_token() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 2"], "{}"),
            _ => status(401, &[], r#"{"message":"You must log in first."}"#),
        })
        .await;
        let told = refused(&circleci(&server), "pipelines").await;
        assert!(told.ends_with("it takes `personal API token`"), "{told}");
        assert_eq!(server.told(), ["waiting 2 s for circleci's rate limit"]);
    });
}
