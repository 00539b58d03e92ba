//! The log of a scripted PagerDuty.

use serde_json::json;
use tl_core::time::Timestamp;

use super::*;
use crate::testing::{Asked, NOW, Reply, Server, ago, ok, pull_all, run, status, texts, wanted};

fn pagerduty(server: &Server, scopes: &[&str]) -> Pagerduty {
    let mut wanted = wanted("");
    wanted.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Pagerduty::new(server.client(System::Pagerduty), wanted)
}

/// An entry every two hours over seventy days; one of five is about a notification.
fn entries() -> Vec<Value> {
    let entry = |number: i64| {
        let kind = if number % 5 == 0 { "notify_log_entry" } else { "acknowledge_log_entry" };
        let (at, service) = (ago(number * 120 + 1), if number % 2 == 0 { "S2" } else { "S1" });
        let incident = json!({"id": format!("P{}", number / 4), "type": "incident",
                              "created_at": at, "service": {"id": service}});
        json!({"id": format!("R{number}"), "type": kind, "created_at": at, "incident": incident})
    };
    (0..840).map(entry).collect()
}

fn answer(asked: &Asked, total: u64) -> Reply {
    assert_eq!(asked.path(), "/log_entries");
    assert_eq!(asked.header("accept"), Some("application/vnd.pagerduty+json;version=2"));
    let at = |name| Timestamp::parse(&asked.parameter(name).unwrap()).unwrap();
    let (since, until) = (at("since"), at("until"));
    assert!(until - since <= Millis::days(180));
    let offset: usize = asked.parameter("offset").unwrap().parse().unwrap();
    let within =
        |it: &Value| instant(it, "created_at").is_some_and(|at| at >= since && at <= until);
    let all: Vec<_> = entries().into_iter().filter(within).collect();
    let page: Vec<_> = all.iter().skip(offset).take(100).collect();
    let total = if until - since > Millis::days(2) { total } else { all.len() as u64 };
    ok(&json!({"log_entries": page, "more": offset + 100 < all.len(), "total": total}))
}

#[test]
fn what_happened_is_given_once_with_its_incidents_and_any_stop_resumes() {
    run(async {
        let server = Server::start(|asked| answer(asked, 0)).await;
        let source = pagerduty(&server, &[]);
        let pages = pull_all(&source, "log_entries", None).await.unwrap();
        let records: Vec<_> = pages.iter().flat_map(|page| page.records.clone()).collect();
        let entries = records.iter().filter(|it| it.what == "log_entry");
        let mut unique = texts(&entries.clone().cloned().collect::<Vec<_>>());
        unique.sort_unstable();
        unique.dedup();
        assert_eq!((entries.count(), unique.len()), (672, 672));
        let first = &pages.iter().find(|page| !page.records.is_empty()).unwrap().records;
        assert_eq!((first[0].what.as_str(), first[0].parent.as_str()), ("incident", ""));
        let entry = first.iter().find(|it| it.what == "log_entry").unwrap();
        assert_eq!(entry.body["incident"]["id"], json!(entry.parent));
        for stop in 1..pages.len() {
            let cursor = pages[stop - 1].next.as_str();
            let rest = pull_all(&source, "log_entries", Some(cursor)).await.unwrap();
            assert_eq!(rest, pages[stop..]);
        }
        let end = pages.last().map(|page| page.next.as_str());
        let nothing = pull_all(&source, "log_entries", end).await.unwrap();
        assert!(nothing.iter().all(|page| page.records.is_empty()));
        assert_eq!(nothing.len(), 1);
    });
}

#[test]
fn a_month_with_more_than_can_be_paged_through_is_asked_for_in_shorter_periods() {
    run(async {
        let server = Server::start(|asked| answer(asked, 10_001)).await;
        let pages = pull_all(&pagerduty(&server, &[]), "log_entries", None).await.unwrap();
        let entries =
            pages.iter().flat_map(|page| &page.records).filter(|it| it.what == "log_entry");
        assert_eq!(entries.count(), 672);
        assert!(pages.iter().all(|page| page.notes.is_empty()));
    });
}

#[test]
fn only_incidents_of_the_services_that_are_wanted_are_given() {
    run(async {
        let server = Server::start(|asked| answer(asked, 0)).await;
        let pages = pull_all(&pagerduty(&server, &["S1"]), "log_entries", None).await.unwrap();
        let mut records = pages.iter().flat_map(|page| &page.records);
        let service = |it: &Record| {
            let of = if it.what == "incident" { &it.body } else { &it.body["incident"] };
            of["service"]["id"] == json!("S1")
        };
        assert!(records.clone().count() > 300 && records.all(service));
    });
}

#[test]
fn an_incident_that_is_only_referred_to_is_asked_for() {
    run(async {
        let server = Server::start(|asked| match asked.path() {
            "/incidents/P1" => ok(&json!({"incident": {"id": "P1", "created_at": ago(9)}})),
            _ => ok(&json!({"more": false, "log_entries": [
                {"id": "R1", "type": "resolve_log_entry", "created_at": NOW.to_string(),
                 "incident": {"id": "P1", "type": "incident_reference"}}]})),
        })
        .await;
        let pages = pull_all(&pagerduty(&server, &[]), "log_entries", None).await.unwrap();
        let told: Vec<_> =
            pages.iter().flat_map(|page| &page.records).map(|it| &*it.what).collect();
        assert_eq!(told, ["incident", "log_entry"]);
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_scope() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["ratelimit-remaining: 0", "ratelimit-reset: 4"], "{}"),
            _ => status(403, &[], r#"{"error":{"message":"Access Denied","code":2010}}"#),
        })
        .await;
        let err = pull_all(&pagerduty(&server, &[]), "log_entries", None).await.unwrap_err();
        let expected = "pagerduty refuses `/log_entries` with status 403: the token may not read \
                        it (it says: Access Denied); it takes `incidents.read`";
        assert_eq!(err.to_string(), expected);
        assert_eq!(server.told(), ["waiting 5 s for pagerduty's rate limit"]);
    });
}
