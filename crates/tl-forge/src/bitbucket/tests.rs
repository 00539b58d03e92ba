//! A repository of a scripted Bitbucket.

use serde_json::json;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, run, status, wanted};
use crate::walk::law::{collected, refused, words};

fn bitbucket(server: &Server) -> Bitbucket {
    Bitbucket::new(server.client(System::Bitbucket), wanted("acme/api"))
}

fn page_of(asked: &Asked, items: Vec<Value>) -> Reply {
    let page: usize = asked.parameter("page").unwrap().parse().unwrap();
    let values: Vec<_> = items.into_iter().skip((page - 1) * 30).take(30).collect();
    ok(&json!({"values": values, "page": page}))
}

/// Forty-five requests, changed a minute after one another.
fn listed(asked: &Asked) -> Reply {
    let query = asked.parameter("q").unwrap();
    let from = Timestamp::parse(query.strip_prefix("updated_on+%3E%3D+").unwrap()).unwrap();
    assert_eq!(asked.target.matches("state=").count(), 4);
    let items = (1..=45).map(|number| json!({"id": number, "updated_on": ago(1000 - number)}));
    page_of(asked, items.filter(|it| instant(it, "updated_on").unwrap() >= from).collect())
}

fn answer(asked: &Asked, base: &str) -> Reply {
    let path = asked.path().strip_prefix("/repositories/acme/api/").unwrap();
    let pieces: Vec<_> = path.trim_end_matches('/').split('/').collect();
    match pieces.as_slice() {
        ["pullrequests"] => listed(asked),
        ["pullrequests", "7", "activity"] if asked.parameter("page").is_none() => {
            let next = format!("{base}repositories/acme/api/pullrequests/7/activity?page=2");
            ok(&json!({"values": [{"approval": {}}], "next": next}))
        }
        ["pullrequests", "9", "commits"] => status(404, &[], "{}"),
        ["pullrequests", _, what] => ok(&json!({"values": [{"of": what}]})),
        ["pipelines"] => {
            let made = |id: i64| json!({"uuid": id, "created_on": ago(10 + id), "state": {"name": "COMPLETED"}});
            page_of(asked, (1..=40).map(made).collect())
        }
        ["deployments"] => {
            assert!(asked.parameter("fields").unwrap().starts_with("%2Bvalues.environment.name"));
            page_of(
                asked,
                vec![json!({"uuid": 1, "state": {"name": "COMPLETED", "started_on": ago(9)}})],
            )
        }
        _ => status(404, &[], "{}"),
    }
}

async fn server() -> Server {
    Server::start(|asked| {
        let base = format!("http://{}/", asked.header("host").unwrap());
        answer(asked, &base)
    })
    .await
}

#[test]
fn every_stream_gives_its_records_once_and_resumes_after_any_page() {
    run(async {
        let server = server().await;
        // One activity goes on at another page; the commits of one request are gone.
        let expected = [("pulls", 45 * 3), ("pipelines", 40), ("deployments", 1), ("issues", 0)];
        for (what, count) in expected {
            assert_eq!(collected(&bitbucket(&server), what).await.len(), count, "{what}");
        }
    });
}

#[test]
fn records_have_the_words_that_are_converted() {
    run(async {
        let server = server().await;
        let pulls = collected(&bitbucket(&server), "pulls").await;
        let expected = [
            "pull_request acme/api ",
            "pull_request_activity acme/api 1",
            "pull_request_commit acme/api 1",
        ];
        assert_eq!(words(&pulls)[..3], expected);
        assert_eq!(
            words(&collected(&bitbucket(&server), "pipelines").await),
            ["pipeline acme/api "]
        );
        let deployments = collected(&bitbucket(&server), "deployments").await;
        assert_eq!(words(&deployments), ["deployment acme/api "]);
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_scope() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 2"], "{}"),
            _ => status(403, &[], r#"{"type":"error","error":{"message":"lacks privileges"}}"#),
        })
        .await;
        let expected = "it says: lacks privileges); it takes `read:pullrequest:bitbucket`";
        assert!(refused(&bitbucket(&server), "pulls").await.ends_with(expected));
        assert_eq!(server.told(), ["waiting 2 s for bitbucket's rate limit"]);
    });
}
