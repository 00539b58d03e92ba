//! Several processes with one ledger, and processes that are killed.
//!
//! The child is this test binary, told by an environment variable what to append.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use crate::fixtures::{Home, event, on_both, run};
use crate::{Ledger, Position};

/// `place|source|batches`
const TASK: &str = "TL_LEDGER_TEST_TASK";
const BATCH: u32 = 5;

/// Appends batches of [`BATCH`] events, and says so after each. Every event is also offered under
/// the source `shared`, by all children.
#[test]
fn child() {
    #[expect(clippy::disallowed_methods, reason = "the test talks to itself")]
    let Ok(task) = std::env::var(TASK) else { return };
    let mut parts = task.split('|');
    let (path, source) = (parts.next().unwrap(), parts.next().unwrap());
    let batches: u32 = parts.next().unwrap().parse().unwrap();
    run(async {
        let ledger = Home::open_at(path).await;
        for batch in 0..batches {
            let numbers = batch * BATCH..(batch + 1) * BATCH;
            let events: Vec<_> =
                numbers.flat_map(|n| [event(source, n), event("shared", n)]).collect();
            ledger.append(&events).await.unwrap();
            println!("\nacknowledged {batch}");
        }
        ledger.close().await.unwrap();
    });
}

#[expect(clippy::disallowed_methods, reason = "killing a child that writes is what is tested")]
fn spawn(home: &Home, source: &str, batches: u32) -> Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["process_tests::child", "--exact", "--nocapture"])
        .env(TASK, format!("{}|{source}|{batches}", home.place()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The numbers of the batches that the child said are appended; a line cut off does not count.
fn acknowledged(output: &str) -> BTreeSet<u32> {
    output
        .split_inclusive('\n')
        .filter_map(|line| line.strip_prefix("acknowledged ")?.strip_suffix('\n')?.parse().ok())
        .collect()
}

/// Keys of one source, checked for order and doubles.
async fn keys(ledger: &Ledger, source: &str) -> BTreeSet<String> {
    let all = ledger.read(Position::START, "", usize::MAX).await.unwrap();
    let found: Vec<String> = all
        .into_iter()
        .filter(|recorded| recorded.event.source == source)
        .map(|recorded| recorded.event.key)
        .collect();
    let distinct: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!(distinct.len(), found.len(), "an event is there twice");
    distinct
}

#[test]
fn two_processes_append_at_once_and_nothing_is_lost_or_doubled() {
    on_both(async |home| {
        // Both also race to make the tables.
        let children = ["github", "gitlab"].map(|source| spawn(home, source, 60));
        for mut child in children {
            let mut output = String::new();
            child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
            assert!(child.wait().unwrap().success(), "{output}");
            assert_eq!(acknowledged(&output).len(), 60);
        }
        let ledger = home.open().await;
        for source in ["github", "gitlab", "shared"] {
            assert_eq!(keys(&ledger, source).await.len(), 300, "{source}");
        }
        assert_eq!(ledger.end().await.unwrap(), Position(900));
        ledger.check().await.unwrap();
    });
}

/// Who has read up to a position never misses an event that appears before it later.
#[test]
fn a_reader_beside_two_writers_sees_every_position_once_and_in_order() {
    on_both(async |home| {
        let mut children = ["github", "gitlab"].map(|source| spawn(home, source, 100));
        let ledger = home.open().await;
        let mut position = Position::START;
        let mut running = true;
        loop {
            for recorded in ledger.read(position, "", 7).await.unwrap() {
                assert_eq!(recorded.position.0, position.0 + 1, "a position was passed over");
                position = recorded.position;
            }
            if !running && position == ledger.end().await.unwrap() {
                break;
            }
            running = children.iter_mut().any(|child| child.try_wait().unwrap().is_none());
        }
        assert_eq!(position, Position(1500));
    });
}

#[test]
fn a_killed_process_loses_nothing_that_was_acknowledged() {
    on_both(async |home| {
        let mut killed_before_the_end = 0;
        for round in 0..12u32 {
            let source = format!("round-{round}");
            let mut child = spawn(home, &source, 10_000);
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            let mut output = String::new();
            let wanted = round as usize % 7 + 1;
            while acknowledged(&output).len() < wanted {
                assert_ne!(stdout.read_line(&mut output).unwrap(), 0, "the child ended: {output}");
            }
            child.kill().unwrap(); // SIGKILL: no destructor, no flush.
            stdout.read_to_string(&mut output).unwrap();
            killed_before_the_end += u32::from(!child.wait().unwrap().success());

            let acknowledged = acknowledged(&output);
            let ledger = home.open().await;
            ledger.check().await.unwrap();
            let keys = keys(&ledger, &source).await;
            for n in acknowledged.iter().flat_map(|batch| batch * BATCH..(batch + 1) * BATCH) {
                assert!(keys.contains(&format!("key-{n}")), "round {round} lost key-{n}");
            }
            assert_eq!(keys.len() % BATCH as usize, 0, "half a batch is there");
            ledger.close().await.unwrap();
        }
        assert_eq!(killed_before_the_end, 12);
    });
}
