//! Several processes that change one lake, and processes that are killed while they do.
//!
//! The child is this test binary, told by an environment variable what to add.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use super::tests::{add_until_done, agreed_count};
use crate::fixtures::{Home, on_both, run};

/// `place|source|rounds`
const TASK: &str = "TL_LEDGER_TEST_LAKE";

/// Adds a file a round, and says so after each.
#[test]
fn child() {
    #[expect(clippy::disallowed_methods, reason = "the test talks to itself")]
    let Ok(task) = std::env::var(TASK) else { return };
    let parts: Vec<&str> = task.split('|').collect();
    let rounds: u32 = parts[2].parse().unwrap();
    run(async {
        let ledger = Home::open_at(parts[0]).await;
        for round in 0..rounds {
            add_until_done(&ledger, parts[1], round..round + 1).await;
            println!("\nacknowledged {round}");
        }
        ledger.close().await.unwrap();
    });
}

#[expect(clippy::disallowed_methods, reason = "killing a child that writes is what is tested")]
fn spawn(home: &Home, source: &str, rounds: u32) -> Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["lake::race_tests::child", "--exact", "--nocapture"])
        .env(TASK, format!("{}|{source}|{rounds}", home.place()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How many rounds the child said are done; a line cut off does not count.
fn acknowledged(output: &str) -> u32 {
    let whole = output.split_inclusive('\n');
    let count = whole.filter(|line| line.starts_with("acknowledged ") && line.ends_with('\n'));
    u32::try_from(count.count()).unwrap()
}

#[test]
fn eight_processes_change_a_lake_at_once_and_nothing_is_lost_or_doubled() {
    on_both(async |home| {
        let sources = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let children = sources.map(|source| spawn(home, source, 12));
        for mut child in children {
            let mut output = String::new();
            child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
            assert!(child.wait().unwrap().success(), "{output}");
            assert_eq!(acknowledged(&output), 12);
        }
        let ledger = home.open().await;
        assert_eq!(agreed_count(&ledger).await, 96);
        ledger.check().await.unwrap();
    });
}

#[test]
fn a_killed_process_leaves_files_packs_and_events_that_agree() {
    on_both(async |home| {
        let mut sum = 0;
        for round in 0..8_u32 {
            let mut child = spawn(home, &format!("round-{round}"), 10_000);
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            let mut output = String::new();
            while acknowledged(&output) < round % 4 + 1 {
                assert_ne!(stdout.read_line(&mut output).unwrap(), 0, "the child ended: {output}");
            }
            child.kill().unwrap(); // SIGKILL: no destructor, no flush.
            stdout.read_to_string(&mut output).unwrap();
            assert!(!child.wait().unwrap().success());
            sum += acknowledged(&output);
            let ledger = home.open().await;
            ledger.check().await.unwrap();
            let count = agreed_count(&ledger).await;
            // One more than was said may be there: the child was killed before it could say so.
            assert!((sum..=sum + 1).contains(&count), "{count} of {sum}");
            sum = count;
            ledger.close().await.unwrap();
        }
    });
}
