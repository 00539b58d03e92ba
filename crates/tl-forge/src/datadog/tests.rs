//! A scripted Datadog.

use std::sync::{Arc, Mutex};

use super::*;
use crate::client::Limits;
use crate::testing::{Asked, NOW, Reply, Server, ok, pull_all, run, status, wanted};
use crate::walk::law::{again, collected, refused, words};

fn datadog(server: &Server) -> Datadog {
    let mut wanted = wanted("");
    wanted.scopes.clear();
    Datadog::new(server.client(System::Datadog), wanted)
}

/// Twelve hundred events, a minute after one another, with nanoseconds.
fn answer(asked: &Asked, name: &str) -> Reply {
    let kind = asked.path().strip_prefix("/api/v2/dora/").unwrap();
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["data"]["type"], json!(format!("dora_{kind}_list_request")));
    let asked = &body["data"]["attributes"];
    let at = |name: &str| Timestamp::parse(asked[name].as_str().unwrap()).unwrap().as_millis();
    let start = |id: i64| NOW.as_millis() - (1300 - id) * 60_000;
    let all = (1..=1200).filter(|id| start(*id) >= at("from") && start(*id) <= at("to"));
    let event = |id: i64| {
        let attributes =
            json!({"started_at": start(id) * 1_000_000, "name": if id == 900 { name } else { "" }});
        json!({"id": format!("e{id}"), "attributes": attributes})
    };
    let limit = usize::try_from(asked["limit"].as_u64().unwrap()).unwrap();
    ok(&json!({"data": all.map(event).take(limit).collect::<Vec<_>>()}))
}

#[test]
fn both_lists_give_their_records_once_and_resume_after_any_page() {
    run(async {
        let server = Server::start(|asked| answer(asked, "")).await;
        for (list, what) in [("deployments", "deployment  "), ("failures", "failure  ")] {
            let records = collected(&datadog(&server), list).await;
            assert_eq!((records.len(), words(&records)), (1200, vec![what.to_owned()]));
            assert_eq!(records[0].body["data"]["id"], json!("e1"));
        }
    });
}

#[test]
fn a_failure_that_was_sent_again_is_given_again() {
    run(async {
        let name = Arc::new(Mutex::new("begun"));
        let shared = Arc::clone(&name);
        let server = Server::start(move |asked| answer(asked, &shared.lock().unwrap())).await;
        let pages = pull_all(&datadog(&server), "failures", None).await.unwrap();
        *name.lock().unwrap() = "over";
        let changed = again(&datadog(&server), "failures", &pages.last().unwrap().next).await;
        assert_eq!(changed.len(), 1);
    });
}

#[test]
fn the_key_of_the_api_goes_with_the_application_key_and_neither_is_shown() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => ok(&json!({"data": []})),
            _ => status(403, &[], r#"{"errors":["keys 4p1-k3y and 4pp-k3y may not"]}"#),
        })
        .await;
        let auth = keys(Secret::new("4p1-k3y\n"), Secret::new("4pp-k3y"));
        assert!(!format!("{auth:?}").contains("k3y"));
        let client = server.client_of(System::Datadog, auth, Limits::default());
        let datadog = Datadog::new(client, wanted("deployments"));
        pull_all(&datadog, "deployments", None).await.unwrap();
        let asked = &server.asked()[0];
        assert_eq!(asked.header("dd-api-key"), Some("4p1-k3y"));
        assert_eq!(asked.header("dd-application-key"), Some("4pp-k3y"));
        assert_eq!(asked.header("authorization"), None);
        let told = refused(&datadog, "deployments").await;
        assert!(told.contains("keys *** and *** may not"), "{told}");
    });
}

#[test]
fn instants_are_read_in_all_units() {
    let told = |number: i64| started(&json!({"attributes": {"started_at": number}}));
    let expected = Some(Timestamp::from_seconds(1_780_000_000));
    let units = [1_780_000_000, 1_780_000_000_000, 1_780_000_000_000_000_000];
    assert_eq!(units.map(told), [expected; 3]);
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_permission() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 5"], "{}"),
            _ => status(403, &[], r#"{"errors":["Forbidden"]}"#),
        })
        .await;
        let told = refused(&datadog(&server), "deployments").await;
        assert!(told.ends_with("Forbidden); it takes `dora_metrics_read`"), "{told}");
        assert_eq!(server.told(), ["waiting 6 s for datadog's rate limit"]);
    });
}
