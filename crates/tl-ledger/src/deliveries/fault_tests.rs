//! Deliveries beside what goes wrong: killed processes, a full disk, a server that cuts connections off.
//!
//! The child is this test binary, told by an environment variable where the ledger is.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use tl_core::time::Timestamp;
use tl_testkit::postgres::database;

use super::*;
use crate::Position;
use crate::fixtures::{Home, event, on_both, run};
use crate::sql::{Limits, SqlValue};

const TASK: &str = "TL_LEDGER_TEST_DELIVERIES";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_491_200 + seconds)
}

fn delivery(number: u32) -> Delivery {
    let mut digest = [0; 16];
    digest[..4].copy_from_slice(&number.to_le_bytes());
    Delivery {
        source: "forge".to_owned(),
        id: number.to_string(),
        digest,
        received: at(number.into()),
        headers: Vec::new(),
        body: number.to_le_bytes().to_vec(),
    }
}

async fn settle(ledger: &Ledger, now: Timestamp, claimed: &[Claimed]) {
    let number = |one: &Claimed| u32::from_le_bytes(one.body[..4].try_into().unwrap());
    let events: Vec<_> = claimed.iter().map(|one| event("github", number(one))).collect();
    let folded =
        |one: &Claimed| Settled { number: one.number, events: 1, problem: None, is_failed: false };
    let settled: Vec<Settled> = claimed.iter().map(folded).collect();
    ledger.settle(now, &settled, &events).await.unwrap();
}

/// Takes deliveries in and settles most of them, without end; says what it acknowledged.
#[test]
fn child() {
    #[expect(clippy::disallowed_methods, reason = "the test talks to itself")]
    let Ok(task) = std::env::var(TASK) else { return };
    let (place, first) = task.split_once('|').unwrap();
    let first: u32 = first.parse().unwrap();
    run(async {
        let ledger = Home::open_at(place).await;
        for batch in 0..100_000 {
            let numbers = first + batch * 3..first + batch * 3 + 3;
            let deliveries: Vec<_> = numbers.clone().map(delivery).collect();
            ledger.accept(&deliveries).await.unwrap();
            println!("\nacknowledged {} {}", numbers.start, numbers.end);
            let claimed = ledger.claim(at(0), 2, u64::MAX).await.unwrap();
            settle(&ledger, at(0), &claimed).await;
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "killing a child that writes is what is tested")]
fn spawn(home: &Home, first: u32) -> Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["deliveries::fault_tests::child", "--exact", "--nocapture"])
        .env(TASK, format!("{}|{first}", home.place()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the child said it has; a line that was cut off does not count.
fn acknowledged(output: &str) -> Vec<u32> {
    let read = |line: &str| {
        let (start, end) =
            line.strip_prefix("acknowledged ")?.strip_suffix('\n')?.split_once(' ')?;
        Some(start.parse().ok()?..end.parse().ok()?)
    };
    output.split_inclusive('\n').filter_map(read).flatten().collect()
}

#[test]
fn whoever_is_killed_between_acknowledging_and_settling_loses_and_doubles_nothing() {
    on_both(async |home| {
        let mut all: BTreeSet<u32> = BTreeSet::new();
        for round in 0..6_u32 {
            let mut child = spawn(home, round * 1_000_000);
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            let mut output = String::new();
            while acknowledged(&output).len() < 10 + 7 * round as usize {
                assert_ne!(stdout.read_line(&mut output).unwrap(), 0, "the child ended: {output}");
            }
            child.kill().unwrap();
            stdout.read_to_string(&mut output).unwrap();
            child.wait().unwrap();
            all.extend(acknowledged(&output));
        }
        let ledger = home.open().await;
        let mut now = at(0);
        loop {
            now = now + LEASE;
            let claimed = ledger.claim(now, 1_000, u64::MAX).await.unwrap();
            settle(&ledger, now, &claimed).await;
            let again = ledger.claim_again(now).await.unwrap();
            settle(&ledger, now, again.as_slice()).await;
            if claimed.is_empty() && again.is_none() {
                break;
            }
        }
        let told = ledger.read(Position::START, "", 1_000_000).await.unwrap();
        let keys: BTreeSet<String> = told.iter().map(|one| one.event.key.clone()).collect();
        assert_eq!(keys.len(), told.len(), "an event is there twice");
        let backlog = ledger.backlog().await.unwrap();
        assert_eq!((backlog.waiting, backlog.failed), (0, 0));
        assert!(all.iter().all(|number| keys.contains(&format!("key-{number}"))));
        ledger.check().await.unwrap();
    });
}

#[test]
fn on_a_full_disk_nothing_of_a_batch_is_taken_and_later_all_of_it() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
        ledger.accept(&[delivery(1)]).await.unwrap();
        let large = |number| Delivery { body: vec![7; 200_000], ..delivery(number) };
        // What the disk has no room for, SQLite is not allowed: the same error, by the same way.
        ledger.session().await.connection.run("PRAGMA max_page_count = 1").await.unwrap();
        let err = ledger.accept(&[delivery(2), large(3)]).await.unwrap_err();
        assert!(matches!(err.source, StoreError::Full(_)), "{err:?}");
        let claimed = ledger.claim(at(0), 9, u64::MAX).await.unwrap();
        assert_eq!(claimed.len(), 1, "what was acknowledged is there, and nothing else");
        ledger.session().await.connection.run("PRAGMA max_page_count = 100000").await.unwrap();
        settle(&ledger, at(0), &claimed).await;
        let all = [delivery(2), large(3), delivery(1)];
        assert_eq!(ledger.accept(&all).await.unwrap(), [true, true, false]);
        ledger.check().await.unwrap();
    });
}

#[test]
fn a_ledger_whose_server_cuts_its_connections_off_goes_on() {
    let Some(database) = database() else { return };
    run(async {
        let ledger = Ledger::open_url(database.url()).await.unwrap();
        ledger.accept(&[delivery(1)]).await.unwrap();
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid != pg_backend_pid()";
        let limits = Limits { rows: 1, time: std::time::Duration::from_secs(20) };
        for number in 2..6 {
            let answer = ledger.sql(cut, limits).await.unwrap();
            assert_eq!(answer.rows[0][0], SqlValue::Integer(1), "its one connection was cut");
            assert_eq!(ledger.accept(&[delivery(number)]).await.unwrap(), [true]);
        }
        let claimed = ledger.claim(at(0), 9, u64::MAX).await.unwrap();
        ledger.sql(cut, limits).await.unwrap();
        settle(&ledger, at(0), &claimed).await;
        assert_eq!(ledger.end().await.unwrap(), Position(5));
    });
}
