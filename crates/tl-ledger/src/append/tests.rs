use std::task::Poll;

use proptest::prelude::*;

use super::*;
use crate::Position;
use crate::fixtures::{Home, event, events, on_both, run};

#[test]
fn events_come_back_as_they_were_in_the_order_of_appending() {
    on_both(async |home| {
        let ledger = home.open().await;
        let mut wanted = events("github", 1000);
        wanted[7].data = serde_json::Value::String("zero \0 and \u{1f6a2}".to_owned());
        let appended = ledger.append(&wanted).await.unwrap();
        assert_eq!(appended, Appended { new: 1000, known: 0, conflicting: vec![] });

        let read = ledger.read(Position::START, "", 2000).await.unwrap();
        let positions: Vec<i64> = read.iter().map(|recorded| recorded.position.0).collect();
        assert_eq!(positions, (1..=1000).collect::<Vec<_>>());
        assert_eq!(read.into_iter().map(|recorded| recorded.event).collect::<Vec<_>>(), wanted);
        assert_eq!(ledger.end().await.unwrap(), Position(1000));
    });
}

#[test]
fn pages_begin_after_the_position_and_hold_one_family_of_kinds() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 10)).await.unwrap();
        let page = ledger.read(Position(1), "change.", 2).await.unwrap();
        let places: Vec<i64> = page.iter().map(|recorded| recorded.position.0).collect();
        assert_eq!(places, [4, 7]);
        assert_eq!(ledger.read(Position::START, "nothing.", 9).await.unwrap(), []);
    });
}

#[test]
fn the_first_content_of_a_key_stays_and_another_is_reported() {
    on_both(async |home| {
        let ledger = home.open().await;
        // More than one statement's rows.
        ledger.append(&events("github", 1500)).await.unwrap();
        let mut again = events("github", 1501);
        again[1499].actor = Some("bo".to_owned());
        // The same key from another source is another event.
        again[1] = event("gitlab", 1);
        let appended = ledger.append(&again).await.unwrap();
        assert_eq!(appended, Appended { new: 2, known: 1498, conflicting: vec![1499] });
        let kept = ledger.read(Position(1499), "", 1).await.unwrap();
        assert_eq!(kept[0].event.actor.as_deref(), Some("ana"));
    });
}

#[test]
fn two_contents_of_one_key_in_one_batch_conflict_too() {
    on_both(async |home| {
        let ledger = home.open().await;
        let (first, mut second) = (event("github", 1), event("github", 1));
        second.subject = "change:acme/api#2".to_owned();
        let appended = ledger.append(&[first.clone(), first, second]).await.unwrap();
        assert_eq!(appended, Appended { new: 1, known: 1, conflicting: vec![2] });
    });
}

#[test]
fn a_wrong_event_keeps_the_whole_batch_out() {
    on_both(async |home| {
        let ledger = home.open().await;
        let mut batch = events("github", 3);
        batch[2].kind = "Merged".to_owned();
        let err = ledger.append(&batch).await.unwrap_err();
        assert_eq!(err.to_string(), "event `key-2` of `github` is not accepted");
        batch[2] = event("github", 2);
        batch[2].key = "zero\0".to_owned();
        assert!(matches!(ledger.append(&batch).await, Err(AppendError::Event { .. })));
        batch[2] = event("github", 2);
        batch[2].data = serde_json::Value::String("x".repeat(EVENT_LIMIT));
        let err = ledger.append(&batch).await.unwrap_err();
        assert!(matches!(err, AppendError::TooLarge { .. }), "{err}");
        assert_eq!(ledger.end().await.unwrap(), Position::START);
    });
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_was_there_stays() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    ledger.append(&events("github", 10)).await.unwrap();
    ledger.session().await.connection.run("PRAGMA max_page_count = 30").await.unwrap();
    let err = ledger.append(&events("gitlab", 5000)).await.unwrap_err();
    let AppendError::Store { source: source @ StoreError::Full(_), .. } = err else {
        panic!("not a full disk: {err:?}");
    };
    assert!(source.mend().unwrap().contains("free some space"));
    assert_eq!(ledger.end().await.unwrap(), Position(10));
    // There is still room for a little.
    assert_eq!(ledger.append(&events("gitlab", 1)).await.unwrap().new, 1);
    ledger.check().await.unwrap();
}

/// A server drops the future of a request whose client went away.
#[test]
fn an_append_that_is_dropped_half_way_leaves_all_or_nothing() {
    on_both(async |home| {
        let ledger = home.open().await;
        for polls in 0..12 {
            let batch = events(&format!("round-{polls}"), 2000);
            {
                let mut appending = std::pin::pin!(ledger.append(&batch));
                for _ in 0..polls {
                    let once = std::future::poll_fn(|cx| Poll::Ready(appending.as_mut().poll(cx)));
                    if once.await.is_ready() {
                        break;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
            }
            let there = ledger.end().await.unwrap().0 % 2000;
            assert_eq!(there, 0, "after {polls} polls a part of the batch is there");
            let again = ledger.append(&batch).await.unwrap();
            assert!(again.new == 2000 || again.known == 2000, "{again:?}");
        }
    });
}

#[test]
fn sql_cannot_change_an_event_either() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 1)).await.unwrap();
        for sql in ["UPDATE events SET kind = 'x.y'", "DELETE FROM events"] {
            assert!(ledger.session().await.connection.execute(sql, &[]).await.is_err(), "{sql}");
        }
        if let Home::Postgres(_) = home {
            let truncate = "TRUNCATE events";
            assert!(ledger.session().await.connection.execute(truncate, &[]).await.is_err());
        }
        assert_eq!(ledger.end().await.unwrap(), Position(1));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is repeated and however it is cut into batches: each event is there once.
    #[test]
    fn appending_is_idempotent(
        numbers in prop::collection::vec(0u32..40, 0..200),
        cuts in prop::collection::vec(1usize..50, 1..10),
    ) {
        let history: Vec<Event> = numbers.iter().map(|n| event("github", *n)).collect();
        let distinct: std::collections::BTreeSet<u32> = numbers.iter().copied().collect();
        run(async {
            let ledger = Ledger::in_memory().await.unwrap();
            let (mut new, mut known) = (0, 0);
            let (mut rest, mut sizes) = (history.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (batch, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                let appended = ledger.append(batch).await.unwrap();
                prop_assert!(appended.conflicting.is_empty());
                (new, known) = (new + appended.new, known + appended.known);
                rest = later;
            }
            prop_assert_eq!(new, distinct.len());
            prop_assert_eq!(new + known, history.len());
            let read = ledger.read(Position::START, "", 1000).await.unwrap();
            prop_assert_eq!(read.len(), distinct.len());
            Ok(())
        })?;
    }
}
