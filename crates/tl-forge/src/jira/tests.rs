//! A scripted Jira, cloud and server.

use serde_json::json;

use super::*;
use crate::testing::{
    Asked, NOW, Reply, Server, ago, ok, pull_all, run, status, stream, texts, wanted,
};

fn jira(server: &Server) -> Jira {
    Jira::new(server.client(System::Jira), wanted("ABC"))
}

/// A hundred and twenty issues, changed a minute after one another; the last sixty at one instant.
fn issues() -> Vec<Value> {
    let issue = |number: i64| {
        let updated = ago(1000 - number.min(60)).replace('Z', ".417+0000");
        let histories = json!([{"id": format!("{number}9"), "created": updated, "items": []}]);
        let total = if number == 3 { 150 } else { 1 };
        json!({
            "id": number.to_string(), "key": format!("ABC-{number}"),
            "self": format!("https://jira.example/rest/api/2/issue/{number}"),
            "fields": {"updated": updated, "customfield_7": 5.0,
                       "customfield_8": if number == 1 { json!("{pullrequest={}}") } else { json!("{}") }},
            "changelog": {"startAt": 0, "maxResults": 1, "total": total, "histories": histories},
        })
    };
    (1..=120).map(issue).collect()
}

/// What a search gives: the query's issues from an offset on, which is also the cloud's token.
fn search(asked: &Asked, cloud: bool) -> Reply {
    let jql = asked.parameter("jql").unwrap();
    let from = jql.split("%3E%3D+").nth(1).or_else(|| jql.split("%3E=+").nth(1)).unwrap();
    let from: i64 = from.split('+').next().unwrap().parse().unwrap();
    assert!(jql.starts_with("project+%3D+%22ABC%22"), "{jql}");
    let at = |issue: &Value| instant(&issue["fields"], "updated").unwrap().as_millis();
    let all: Vec<_> = issues().into_iter().filter(|issue| at(issue) >= from).collect();
    let place = asked.parameter(if cloud { "nextPageToken" } else { "startAt" });
    let place: usize = place.map_or(0, |place| place.parse().unwrap());
    let page: Vec<_> = all.iter().skip(place).take(50).cloned().collect();
    let names = json!({"customfield_7": "Story Points", "customfield_8": "Development"});
    let mut body = json!({"issues": page, "names": names});
    if cloud {
        let last = place + 50 >= all.len();
        body["isLast"] = json!(last);
        if !last {
            body["nextPageToken"] = json!((place + 50).to_string());
        }
    } else {
        body["total"] = json!(all.len());
    }
    ok(&body)
}

fn answer(asked: &Asked, cloud: bool) -> Reply {
    let pieces: Vec<_> = asked.path().split('/').skip(1).collect();
    match pieces.as_slice() {
        [.., "serverInfo"] => {
            ok(&json!({"deploymentType": if cloud { "Cloud" } else { "Server" }}))
        }
        ["rest", "api", "3", "search", "jql"] if cloud => search(asked, true),
        ["rest", "api", "2", "search"] if !cloud => search(asked, false),
        [.., "remotelink"] => ok(&json!([{"id": 1, "object": {"url": "https://h/a/b/pull/3"}}])),
        [.., "ABC-3", "changelog"] => {
            let from: u64 = asked.parameter("startAt").unwrap().parse().unwrap();
            let some: Vec<_> = (from..150.min(from + 100)).map(|id| json!({"id": id})).collect();
            ok(&json!({"values": some, "isLast": from == 100, "total": 150}))
        }
        [.., "summary"] => {
            ok(&json!({"summary": {"pullrequest": {"byInstanceType": {"GitHub": {"count": 1}}}}}))
        }
        [.., "detail"] => {
            ok(&json!({"detail": [{"pullRequests": [{"url": "https://h/a/b/pull/3"}]}]}))
        }
        [.., "board"] => ok(&json!({"values": [{"id": 4}, {"id": 5}], "isLast": true})),
        [.., "5", "sprint"] => status(400, &[], r#"{"errorMessages":["no sprints here"]}"#),
        [.., "4", "sprint"] => ok(&json!({"isLast": true, "values": [
            {"id": 1, "state": "closed", "completeDate": "2001-01-01T00:00:00.000Z"},
            {"id": 2, "state": "active", "originBoardId": 4}]})),
        _ => status(404, &[], "{}"),
    }
}

#[test]
fn every_issue_is_given_once_and_any_stop_resumes_on_cloud_and_server() {
    for cloud in [true, false] {
        run(async {
            let server = Server::start(move |asked| answer(asked, cloud)).await;
            let pages = pull_all(&jira(&server), "issues", None).await.unwrap();
            let records: Vec<_> = pages.iter().flat_map(|page| page.records.clone()).collect();
            // Each has a remote link; one shows code in its panel.
            assert_eq!(records.len(), 120 * 2 + 1, "{cloud}");
            let mut unique = texts(&records);
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), records.len());
            for stop in 1..pages.len() {
                let cursor = pages[stop - 1].next.as_str();
                let rest = pull_all(&jira(&server), "issues", Some(cursor)).await.unwrap();
                assert_eq!(rest, pages[stop..], "{cloud}");
            }
            let end = pages.last().map(|page| page.next.as_str());
            let nothing = pull_all(&jira(&server), "issues", end).await.unwrap();
            assert!(nothing.iter().all(|page| page.records.is_empty()), "{cloud}");
        });
    }
}

#[test]
fn what_belongs_to_an_issue_names_it_and_its_history_is_whole() {
    run(async {
        let server = Server::start(|asked| answer(asked, true)).await;
        let pages = pull_all(&jira(&server), "issues", None).await.unwrap();
        let records = &pages[0].records;
        let told: Vec<_> = records[..4]
            .iter()
            .map(|it| (it.what.as_str(), it.scope.as_str(), it.parent.as_str()))
            .collect();
        let expected = [
            ("issue", "ABC", ""),
            ("remotelink", "ABC", "ABC-1"),
            ("dev_status", "ABC", "ABC-1"),
            ("issue", "ABC", ""),
        ];
        assert_eq!(told, expected);
        assert_eq!(records[2].body["self"], records[0].body["self"]);
        assert_eq!(records[0].body["names"], json!({"customfield_7": "Story Points"}));
        let long = records.iter().find(|it| it.body["key"] == json!("ABC-3")).unwrap();
        let histories = long.body["changelog"]["histories"].as_array().unwrap();
        assert_eq!((histories.len(), &long.body["changelog"]["total"]), (150, &json!(150)));
    });
}

#[test]
fn a_token_that_expired_goes_on_from_the_last_instant_and_says_so() {
    run(async {
        // The third page is within one instant: the only one that needs a token.
        let server = Server::start(|asked| match asked.parameter("nextPageToken") {
            Some(_) => status(400, &[], r#"{"errorMessages":["nextPageToken is invalid"]}"#),
            None => answer(asked, true),
        })
        .await;
        let source = jira(&server);
        let mut cursor: Option<String> = None;
        let mut notes = Vec::new();
        for _ in 0..4 {
            let page = source.pull(&stream(&source, "issues"), cursor.as_deref()).await.unwrap();
            notes.extend(page.notes);
            cursor = Some(page.next);
        }
        assert!(notes.iter().any(|note| note.contains("expired")), "{notes:?}");
    });
}

#[test]
fn a_sprint_is_given_when_it_changed_and_boards_without_sprints_are_passed() {
    run(async {
        let server = Server::start(|asked| answer(asked, true)).await;
        let pages = pull_all(&jira(&server), "sprints", None).await.unwrap();
        let records: Vec<_> = pages.iter().flat_map(|page| page.records.clone()).collect();
        let expected = ["ABC sprint  {\"id\":2,\"originBoardId\":4,\"state\":\"active\"}"];
        assert_eq!((texts(&records), pages.len()), (expected.map(str::to_owned).to_vec(), 2));
        let end = pages.last().map(|page| page.next.as_str());
        let again = pull_all(&jira(&server), "sprints", end).await.unwrap();
        assert!(again.iter().all(|page| page.records.is_empty()));
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_permission() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 7"], "{}"),
            1 => ok(&json!({"deploymentType": "Cloud"})),
            _ => status(403, &[], r#"{"errorMessages":["Forbidden"]}"#),
        })
        .await;
        let err = pull_all(&jira(&server), "issues", None).await.unwrap_err();
        let expected = "jira refuses `/rest/api/3/search/jql` with status 403: the token may not \
                        read it (it says: Forbidden); it takes `Browse projects`";
        assert_eq!(err.to_string(), expected);
        assert_eq!(server.told(), ["waiting 7 s for jira's rate limit"]);
    });
}

#[test]
fn the_first_collection_reaches_back_as_far_as_wanted_in_milliseconds() {
    let from = Timestamp::from_millis(NOW.as_millis() - 5);
    let expected = format!(
        "project = \"ABC\" AND updated >= {} ORDER BY updated ASC, key ASC",
        from.as_millis()
    );
    assert_eq!(issue::query("ABC\"", from), expected);
}
