//! The laws of paging: everything is read, nothing twice, wherever it stops and whatever moves.

use std::sync::Mutex;

use serde_json::json;
use tl_core::record::System;

use super::*;
use crate::testing::{Asked, NOW, Reply, Server, ok, run, status};

/// Items with an id, and seconds before now at which they changed, sorted by change.
fn item(id: u64, seconds_ago: i64) -> Value {
    let at = Timestamp::from_millis(NOW.as_millis() - seconds_ago * 1000).to_string();
    json!({"id": id, "updated_at": at, "created_at": at})
}

fn key(item: &Value) -> Option<(Timestamp, String)> {
    Some((instant(item, "updated_at")?, id(item, "id")?))
}

fn updated(item: &Value) -> Timestamp {
    instant(item, "updated_at").unwrap()
}

const SIZE: usize = 3;

/// What a system with these items answers to a request of [`read_on`].
fn listed(items: &[Value], asked: &Asked) -> Reply {
    let from = Timestamp::parse(&asked.parameter("since").unwrap()).unwrap();
    let page: usize = asked.parameter("page").unwrap().parse().unwrap();
    let mut items: Vec<_> = items.iter().filter(|item| updated(item) >= from).cloned().collect();
    items.sort_by_key(updated);
    let body =
        Value::from(items.into_iter().skip((page - 1) * SIZE).take(SIZE).collect::<Vec<_>>());
    let etag = format!(
        "ETag: \"{:x}\"",
        body.to_string().len() + body.to_string().bytes().map(usize::from).sum::<usize>()
    );
    if asked.header("if-none-match").is_some_and(|known| etag.ends_with(known)) {
        return status(304, &[&etag], "");
    }
    status(200, &[&etag], &body.to_string())
}

async fn read_on(server: &Server, cursor: Option<&str>) -> Part {
    let client = server.client(System::Gitea);
    let first = Timestamp::from_millis(NOW.as_millis() - Millis::days(10).get());
    let list = List { client: &client, cursor, first, size: SIZE, field: "" };
    let page =
        |mark: &Watermark| Request::get("list").with("since", mark.from()).with("page", mark.page);
    ascending(list, key, page).await.unwrap()
}

fn ids(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

/// Reads to the end; the ids in order, and the last cursor.
async fn read_all(server: &Server, mut cursor: Option<String>) -> (Vec<u64>, String) {
    let mut all = Vec::new();
    for _ in 0..100 {
        let part = read_on(server, cursor.as_deref()).await;
        all.extend(ids(&part.items));
        if part.done {
            return (all, part.next);
        }
        cursor = Some(part.next);
    }
    panic!("it never ends")
}

#[test]
fn each_item_is_read_once_even_where_more_than_a_page_changed_at_one_instant() {
    run(async {
        let mut items: Vec<_> = (0..8).map(|id| item(id, 5000)).collect();
        items.extend((8..20).map(|id| item(id, 4000 - i64::try_from(id).unwrap() / 2)));
        let server = Server::start(move |asked| listed(&items, asked)).await;
        let (mut all, _) = read_all(&server, None).await;
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
    });
}

#[test]
fn one_cursor_has_one_answer_and_any_stop_resumes_to_the_same_set() {
    run(async {
        let items: Vec<_> = (0..10).map(|id| item(id, 9000 - i64::try_from(id).unwrap())).collect();
        let server = Server::start(move |asked| listed(&items, asked)).await;
        let mut cursor = None;
        let mut before = Vec::new();
        loop {
            let part = read_on(&server, cursor.as_deref()).await;
            assert_eq!(part, read_on(&server, cursor.as_deref()).await);
            let rest = read_all(&server, cursor.clone()).await.0;
            assert_eq!([before.clone(), rest].concat(), (0..10).collect::<Vec<_>>());
            before.extend(ids(&part.items));
            if part.done {
                break;
            }
            cursor = Some(part.next);
        }
    });
}

#[test]
fn a_later_collection_reads_what_changed_and_what_became_visible_late() {
    run(async {
        let items = std::sync::Arc::new(Mutex::new(vec![item(1, 500), item(2, 400)]));
        let shared = std::sync::Arc::clone(&items);
        let server = Server::start(move |asked| listed(&shared.lock().unwrap(), asked)).await;
        let (all, cursor) = read_all(&server, None).await;
        assert_eq!(all, [1, 2]);
        // 1 changed again; 3 changed before 2 and was not shown then.
        *items.lock().unwrap() = vec![item(1, 300), item(2, 400), item(3, 405)];
        let (all, cursor) = read_all(&server, Some(cursor)).await;
        assert_eq!(all, [3, 1]);
        assert_eq!(read_all(&server, Some(cursor)).await.0, [0; 0]);
    });
}

#[test]
fn what_did_not_change_is_answered_by_its_validator() {
    run(async {
        let items = vec![item(1, 500), item(2, 400)];
        let server = Server::start(move |asked| listed(&items, asked)).await;
        let (_, cursor) = read_all(&server, None).await;
        let (_, cursor) = read_all(&server, Some(cursor)).await;
        let part = read_on(&server, Some(&cursor)).await;
        assert!(part.done && part.items.is_empty());
        assert!(server.asked().last().unwrap().header("if-none-match").is_some());
        assert_eq!(part.next, cursor);
    });
}

#[test]
fn a_page_that_expired_goes_on_from_the_last_instant_and_says_so() {
    run(async {
        // Six of one instant: the second page is asked for by its number.
        let items: Vec<_> = (0..6).map(|id| item(id, 100)).collect();
        let server =
            Server::start(move |asked| match (asked.before, asked.parameter("page").as_deref()) {
                (2, Some("2")) => status(400, &[], r#"{"message":"the cursor expired"}"#),
                _ => listed(&items, asked),
            })
            .await;
        let first = read_on(&server, None).await;
        let again = read_on(&server, Some(&first.next)).await;
        let expired = read_on(&server, Some(&again.next)).await;
        assert_eq!(
            expired.notes,
            ["the place in the list expired; going on from the last instant"]
        );
        let (rest, _) = read_all(&server, Some(expired.next.clone())).await;
        let mut all = [ids(&first.items), ids(&again.items), ids(&expired.items), rest].concat();
        all.sort_unstable();
        assert_eq!(all, (0..6).collect::<Vec<_>>());
    });
}

#[test]
fn a_cursor_that_cannot_be_read_begins_anew_and_says_so() {
    run(async {
        let server = Server::start(|asked| listed(&[item(1, 5)], asked)).await;
        let part = read_on(&server, Some("{\"of\": \"another version\"}")).await;
        assert_eq!(ids(&part.items), [1]);
        assert_eq!(part.notes.len(), 1);
    });
}

#[test]
fn an_answer_that_is_no_list_is_an_error_and_not_an_empty_list() {
    run(async {
        let server = Server::start(|_| ok(&json!({"message": "welcome"}))).await;
        let client = server.client(System::Gitea);
        let list = List { client: &client, cursor: None, first: NOW, size: SIZE, field: "" };
        let err = ascending(list, key, |_| Request::get("list")).await.unwrap_err();
        assert_eq!(err.to_string(), "gitea answered `/list` without a list");
    });
}

/// A run: made so long ago, changed so long ago, in minutes.
fn made(id: u64, created: i64, updated: i64, open: bool) -> Value {
    let (created, updated) = (crate::testing::ago(created), crate::testing::ago(updated));
    json!({"id": id, "created_at": created, "updated_at": updated, "open": open})
}

fn age(item: &Value) -> Option<Age> {
    let (created, updated) = (instant(item, "created_at")?, instant(item, "updated_at")?);
    Some(Age { created, updated, open: item["open"] == json!(true) })
}

fn swept(items: &[Value], asked: &Asked) -> Reply {
    let page: usize = asked.parameter("page").unwrap().parse().unwrap();
    let mut items = items.to_vec();
    items.sort_by_key(|item| std::cmp::Reverse(instant(item, "created_at")));
    let items: Vec<_> = items.into_iter().skip((page - 1) * SIZE).take(SIZE).collect();
    let body = Value::from(items).to_string();
    let etag = format!("\"{}\"", body.bytes().map(u64::from).sum::<u64>());
    if asked.header("if-none-match") == Some(&etag) {
        return status(304, &[], "");
    }
    status(200, &[&format!("ETag: {etag}")], &body)
}

async fn sweep(server: &Server, mut cursor: Option<String>) -> (Vec<u64>, String) {
    let client = server.client(System::Gitea);
    let first = Timestamp::from_millis(NOW.as_millis() - Millis::days(30).get());
    let mut all = Vec::new();
    for _ in 0..50 {
        let at = cursor.as_deref();
        let list = List { client: &client, cursor: at, first, size: SIZE, field: "" };
        let page = |page| Request::get("list").with("page", page);
        let part = descending(list, Millis::days(2), age, page).await.unwrap();
        all.extend(ids(&part.items));
        if part.done {
            return (all, part.next);
        }
        cursor = Some(part.next);
    }
    panic!("it never ends")
}

#[test]
fn a_sweep_reads_what_changed_even_of_an_old_run_that_was_not_finished() {
    run(async {
        let day = 24 * 60;
        let old = |open, updated| made(1, 20 * day, updated, open);
        let mut items = vec![old(true, 20 * day), made(2, 40 * day, 40 * day, false)];
        items.extend((3..12).map(|id| made(id, 60 * 20 - i64::try_from(id).unwrap(), 300, false)));
        let shared = std::sync::Arc::new(Mutex::new(items));
        let server_items = std::sync::Arc::clone(&shared);
        let server = Server::start(move |asked| swept(&server_items.lock().unwrap(), asked)).await;
        let (mut all, cursor) = sweep(&server, None).await;
        all.sort_unstable();
        assert_eq!(all, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

        let (again, cursor) = sweep(&server, Some(cursor)).await;
        assert_eq!(again, [0; 0]);
        assert!(server.asked().last().unwrap().header("if-none-match").is_some());

        // The old one ends, one is made, one is run again.
        {
            let mut items = shared.lock().unwrap();
            items[0] = old(false, 1);
            items[5] = made(6, 60 * 20 - 6, 2, false);
            items.push(made(12, 3, 3, false));
        }
        let (mut all, _) = sweep(&server, Some(cursor)).await;
        all.sort_unstable();
        assert_eq!(all, [1, 6, 12]);
    });
}
