//! A scripted status page.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::testing::{Server, ago, ok, pull_all, run, status, wanted};
use crate::walk::law::{again, collected, words};

fn page(server: &Server) -> Statuspage {
    Statuspage::new(server.client(System::Statuspage), wanted("example"))
}

fn feed(from: i64, minutes: i64) -> Value {
    let one = |id: i64| json!({"id": format!("i{id}"), "updated_at": ago(minutes + id)});
    json!({"page": {"id": "p"}, "incidents": (from..from + 50).map(one).collect::<Vec<_>>()})
}

#[test]
fn an_incident_is_given_once_for_each_change() {
    run(async {
        let incidents = Arc::new(Mutex::new(feed(0, 100)));
        let shared = Arc::clone(&incidents);
        let server = Server::start(move |asked| {
            assert_eq!(asked.target, "/api/v2/incidents.json");
            ok(&shared.lock().unwrap())
        })
        .await;
        let records = collected(&page(&server), "incidents").await;
        assert_eq!((records.len(), words(&records)), (50, vec!["incident example ".to_owned()]));
        let end = pull_all(&page(&server), "incidents", None).await.unwrap().remove(0).next;
        incidents.lock().unwrap()["incidents"][7]["updated_at"] = json!(ago(1));
        let changed = again(&page(&server), "incidents", &end).await;
        assert_eq!(changed.iter().map(|it| &it.body["id"]).collect::<Vec<_>>(), ["i7"]);
    });
}

#[test]
fn a_feed_without_anything_known_says_that_something_may_be_lost() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => ok(&feed(0, 100)),
            1 => status(429, &["Retry-After: 2"], ""),
            _ => ok(&feed(100, 1)),
        })
        .await;
        let first = pull_all(&page(&server), "incidents", None).await.unwrap();
        let second = pull_all(&page(&server), "incidents", Some(&first[0].next)).await.unwrap();
        assert_eq!((first[0].notes.len(), second[0].notes.len()), (0, 1));
        assert_eq!(server.told(), ["waiting 2 s for statuspage's rate limit"]);
    });
}
