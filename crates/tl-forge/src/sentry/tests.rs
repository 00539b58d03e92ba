//! An organisation of a scripted Sentry.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, pull_all, run, status, wanted};
use crate::walk::law::{again, collected, refused, words};

fn sentry(server: &Server) -> Sentry {
    Sentry::new(server.client(System::Sentry), wanted("acme"))
}

/// Hundred and twenty releases; every page has a next one, as Sentry's have.
fn answer(asked: &Asked, deploys: u64) -> Reply {
    let host = asked.header("host").unwrap();
    if asked.path() == "/organizations/acme/releases/api@1%2F2/deploys/" {
        return ok(&json!([{"id": "d1", "dateFinished": ago(3)}]));
    }
    assert_eq!(asked.path(), "/organizations/acme/releases/");
    let from: i64 = asked.parameter("cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let made = |id: i64| {
        let version = if id == 5 { "api@1/2".to_owned() } else { id.to_string() };
        let deploys = if id == 5 { deploys } else { 0 };
        json!({"version": version, "dateCreated": ago(60 * id), "deployCount": deploys})
    };
    let all: Vec<_> = (from..(from + 100).min(120)).map(made).collect();
    let next = format!(
        "Link: <http://{host}/organizations/acme/releases/?cursor={}>; rel=\"next\"; results=\"{}\"",
        from + 100,
        from + 100 < 120
    );
    status(200, &[&next], &json!(all).to_string())
}

#[test]
fn releases_are_given_once_with_their_deploys_and_resume_after_any_page() {
    run(async {
        let server = Server::start(|asked| answer(asked, 1)).await;
        let records = collected(&sentry(&server), "releases").await;
        assert_eq!(records.len(), 121);
        assert_eq!(words(&records), ["release acme ", "deploy acme api@1/2"]);
    });
}

#[test]
fn a_release_is_given_again_when_it_was_deployed() {
    run(async {
        let count = Arc::new(Mutex::new(0));
        let shared = Arc::clone(&count);
        let server = Server::start(move |asked| answer(asked, *shared.lock().unwrap())).await;
        let pages = pull_all(&sentry(&server), "releases", None).await.unwrap();
        *count.lock().unwrap() = 1;
        let changed = again(&sentry(&server), "releases", &pages.last().unwrap().next).await;
        assert_eq!(words(&changed), ["release acme ", "deploy acme api@1/2"]);
        assert_eq!(changed.len(), 2);
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_scope() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 2"], "{}"),
            _ => status(403, &[], r#"{"detail":"You do not have permission"}"#),
        })
        .await;
        let told = refused(&sentry(&server), "releases").await;
        assert!(told.ends_with("it takes `project:releases`"), "{told}");
        assert_eq!(server.told(), ["waiting 2 s for sentry's rate limit"]);
    });
}
