//! A scripted Opsgenie.

use serde_json::json;

use super::*;
use crate::testing::{Asked, Reply, Server, ago, ok, run, status, wanted};
use crate::walk::law::{collected, refused, words};

fn opsgenie(server: &Server) -> Opsgenie {
    let mut wanted = wanted("incidents");
    wanted.scopes.push("alerts".to_owned());
    Opsgenie::new(server.client(System::Opsgenie), wanted)
}

fn answer(asked: &Asked) -> Reply {
    let offset: usize = asked.parameter("offset").unwrap().parse().unwrap();
    let made = |id: i64| json!({"id": id, "createdAt": ago(9 * id), "updatedAt": ago(8 * id), "status": "closed"});
    let mut all: Vec<_> = (1..=230).map(made).collect();
    if asked.path() == "/v2/alerts" {
        let query = asked.parameter("query").unwrap();
        let from: i64 = query.strip_prefix("updatedAt+%3E%3D+").unwrap().parse().unwrap();
        all.reverse();
        all.retain(|it| instant(it, "updatedAt").unwrap().as_millis() >= from);
    } else {
        assert_eq!(asked.path(), "/v1/incidents");
    }
    ok(&json!({"data": all.into_iter().skip(offset).take(100).collect::<Vec<_>>()}))
}

#[test]
fn both_lists_give_their_records_once_and_resume_after_any_page() {
    run(async {
        let server = Server::start(answer).await;
        for (list, what) in [("incidents", "incident  "), ("alerts", "alert  ")] {
            let records = collected(&opsgenie(&server), list).await;
            assert_eq!((records.len(), words(&records)), (230, vec![what.to_owned()]));
        }
    });
}

#[test]
fn alerts_are_collected_where_they_are_asked_for_only() {
    run(async {
        let server = Server::start(answer).await;
        let mut wanted = wanted("");
        wanted.scopes.clear();
        let source = Opsgenie::new(server.client(System::Opsgenie), wanted);
        let streams: Vec<_> = source.streams().iter().map(ToString::to_string).collect();
        assert_eq!(streams, ["incidents"]);
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_right() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 2"], "{}"),
            _ => status(403, &[], r#"{"message":"You are not authorized"}"#),
        })
        .await;
        let told = refused(&opsgenie(&server), "incidents").await;
        assert!(told.ends_with("authorized); it takes `Read access`"), "{told}");
        assert_eq!(server.told(), ["waiting 2 s for opsgenie's rate limit"]);
    });
}
