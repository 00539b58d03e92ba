use crate::backend::{Arg, Connection};
use crate::fixtures::{event, events};
use crate::names::MANY;
use crate::{Ledger, Position};

async fn named(ledger: &Ledger) -> (i64, i64) {
    let sql = "SELECT position, (SELECT count(*) FROM names) FROM named";
    let get = |row: crate::backend::Row<'_>| Ok((row.integer(0)?, row.integer(1)?));
    ledger.session().await.connection.first(sql, &[], get).await.unwrap().unwrap()
}

async fn temporary() -> (tempfile::TempDir, Ledger) {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    (directory, ledger)
}

#[tokio::test]
async fn names_of_large_batches_wait_and_are_known_all_the_same() {
    let (_directory, ledger) = temporary().await;
    let all = events("github", 1000);
    for batch in all.chunks(MANY) {
        assert_eq!(ledger.append(batch).await.unwrap().new, MANY);
    }
    assert_eq!(named(&ledger).await, (0, 0), "they wait");
    assert_eq!(ledger.append(&all[150..450]).await.unwrap().known, 300);
    ledger.check().await.unwrap();
    // A small batch takes the waiting ones along.
    assert_eq!(ledger.append(&events("gitlab", 2)).await.unwrap().new, 2);
    assert_eq!(named(&ledger).await, (1002, 1002));
    assert_eq!(ledger.append(&all).await.unwrap().known, 1000);
    ledger.check().await.unwrap();
}

#[tokio::test]
async fn names_that_a_closed_ledger_has_are_in_its_table() {
    let (directory, ledger) = temporary().await;
    ledger.append(&events("github", 500)).await.unwrap();
    ledger.close().await.unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    assert_eq!(named(&ledger).await, (500, 500));
}

#[tokio::test]
async fn names_that_a_killed_process_did_not_write_are_read_from_its_events() {
    let (directory, ledger) = temporary().await;
    ledger.append(&events("github", 4000)).await.unwrap();
    ledger.append(&events("gitlab", 700)).await.unwrap();
    drop(ledger);
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    assert_eq!(named(&ledger).await.0, 4000, "the last ones waited");
    let mut again = events("gitlab", 701);
    again[3].actor = Some("bo".to_owned());
    let appended = ledger.append(&again).await.unwrap();
    assert_eq!((appended.new, appended.known, appended.conflicting), (1, 699, vec![3]));
    assert_eq!(ledger.append(&[event("github", 3999)]).await.unwrap().known, 1);
    assert_eq!(named(&ledger).await, (4701, 4701));
}

#[tokio::test]
async fn two_who_append_large_batches_in_turns_know_each_others_names() {
    let (directory, one) = temporary().await;
    let other = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    let shared = events("shared", 6000);
    let mut new = [0, 0];
    for (number, batch) in shared.chunks(300).enumerate() {
        // Each also offers what the other one appended before.
        let before = &shared[(number * 300).saturating_sub(900)..number * 300];
        let both = [before, batch].concat();
        for (at, ledger) in [&one, &other].into_iter().enumerate() {
            let appended = ledger.append(&both).await.unwrap();
            assert!(appended.conflicting.is_empty());
            new[at] += appended.new;
        }
    }
    assert_eq!(new, [6000, 0]);
    let few = events("few", 30);
    assert_eq!(other.append(&few).await.unwrap().new, 30);
    assert_eq!(one.append(&few).await.unwrap().known, 30);
    assert_eq!(one.append(&events("many", 200)).await.unwrap().new, 200);
    assert_eq!(other.append(&events("many", 200)).await.unwrap().known, 200);
    let read = one.read(Position::START, "", 10_000).await.unwrap();
    assert_eq!(read.len(), 6230);
    other.close().await.unwrap();
    one.close().await.unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    assert_eq!(named(&ledger).await, (6230, 6230));
    ledger.check().await.unwrap();
}

#[tokio::test]
async fn a_name_that_is_missing_is_found_by_the_check() {
    let (_directory, ledger) = temporary().await;
    ledger.append(&events("github", 20)).await.unwrap();
    let sql = "DELETE FROM names WHERE position = $1";
    let mut session = ledger.session().await;
    assert!(matches!(session.connection, Connection::Sqlite(_)));
    session.connection.execute(sql, &[Arg::Integer(7)]).await.unwrap();
    drop(session);
    let told = ledger.check().await.unwrap_err().to_string();
    assert!(told.ends_with("is damaged: names of events are missing"), "{told}");
}
