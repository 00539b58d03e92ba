//! One scheduler and two executors on this machine.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener as Probe};
use std::path::Path;
use std::time::Duration;

use tl_lake::rows::Row;
use tokio::net::TcpListener;

use super::lakes::lake_of;
use super::{FLIPS, LIMITS, MEMORY, named, run, tables, text};
use crate::answer::{AskError, ask, named_tables};
use crate::cluster::{ClusterError, Executor, connect, executor, scheduler};
use crate::session::{Lake, session};

/// All of it, at most.
const TIME: Duration = Duration::from_secs(50);

/// 24 runs of 40 tests, a file each.
fn lake(root: &Path) -> Lake {
    let row = |run: u32, test: u32| Row {
        test,
        variant: test % 2,
        run,
        at: i64::from(run) * 1_000,
        status: [0, 2, 0, 0, 1, 3][((run * 7 + test * test) % 6) as usize],
        attempt: 1,
        ..Row::default()
    };
    let rows = |run| (0..40).map(|test| row(run, test)).collect();
    let files: Vec<(u8, Vec<Row>)> = (0..24).map(|run| (0, rows(run))).collect();
    lake_of(root, &files)
}

/// An address that nobody listens on. Below the ports that the system gives to connections, or the
/// one that an executor makes could take it before the other listens.
fn free(start: u16) -> SocketAddr {
    let first = 20_000 + start + (std::process::id() % 10_000) as u16;
    let probe = (first..first + 100).find_map(|port| Probe::bind(("127.0.0.1", port)).ok());
    probe.expect("one of a hundred ports").local_addr().expect("its address")
}

/// Files below a folder.
fn files(folder: &Path) -> usize {
    let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

/// Asks until both executors have computed something: one of them may come late.
async fn wait_for_both(root: &Path, lake: &Lake, address: SocketAddr) {
    let url = format!("df://{address}");
    let query = connect(&url, lake, &tables(), &BTreeSet::new(), root, MEMORY).await;
    let query = query.expect("a session on the cluster");
    while files(&root.join("one")) == 0 || files(&root.join("two")) == 0 {
        ask(&query, FLIPS, LIMITS).await.expect("an answer");
    }
}

/// Starts the machines and answers `statements`, twice each: here and there.
async fn both(root: &Path, statements: &[&str]) -> Vec<(String, String)> {
    let lake = lake(&root.join("lake"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut nodes = tokio::task::JoinSet::new();
    nodes.spawn(async { scheduler(listener).await });
    for (name, start) in [("one", 0), ("two", 100)] {
        let work = root.join(name);
        std::fs::create_dir(&work).expect("a folder");
        let node =
            Executor { scheduler: address, listen: free(start), work, slots: 1, memory: 256 << 20 };
        nodes.spawn(async move { executor(&node).await });
    }
    wait_for_both(root, &lake, address).await;
    let here = session(&lake, &tables(), &named(), MEMORY).expect("a session");
    let mut answers = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let folder = root.join(format!("tables{index}"));
        std::fs::create_dir(&folder).expect("a folder");
        let read = named_tables(statement).expect("a statement");
        let url = format!("df://{address}");
        let there = connect(&url, &lake, &tables(), &read, &folder, MEMORY).await;
        let there = there.expect("a session on the cluster");
        let answer = ask(&there, statement, LIMITS).await;
        let answer = answer.unwrap_or_else(|err| panic!("{statement}: {err:?}"));
        let local = ask(&here, statement, LIMITS).await.expect("an answer");
        answers.push((text(&local), text(&answer)));
    }
    let ended = nodes.try_join_next();
    assert!(ended.is_none(), "a machine ended by itself: {ended:?}");
    nodes.shutdown().await;
    answers
}

#[test]
fn two_executors_say_what_one_process_says() {
    let root = tempfile::tempdir().expect("a folder");
    let statements = [
        FLIPS,
        "select count(*), sum(ms), min(at), max(at), count(distinct test) from results",
        "select t.title, s.class, count(*), sum(case when r.status >= 2 then 1 else 0 end) as red \
         from results r join tests t on t.id = r.test join test_state s on s.test = t.id \
         group by t.title, s.class order by t.title",
        "select kind, data from events",
    ];
    let answers = run(async {
        let answers = tokio::time::timeout(TIME, both(root.path(), &statements)).await;
        answers.expect("both executors compute something, and all is answered in time")
    });
    for (statement, (here, there)) in statements.iter().zip(&answers) {
        assert!(!here.is_empty(), "{statement}");
        assert_eq!(here, there, "{statement}");
    }
    assert!(answers[0].0.lines().all(|line| line.ends_with(" true")), "{}", answers[0].0);
}

#[test]
fn an_address_that_is_none_is_refused_and_one_where_nobody_listens_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = Lake { root: folder.path().to_path_buf(), segments: Vec::new() };
    let asked = |url: String| {
        run(async {
            let named = BTreeSet::new();
            connect(&url, &lake, &tables(), &named, folder.path(), MEMORY).await
        })
    };
    for url in ["127.0.0.1:50050", "http://127.0.0.1:50050", "df://", "df://:1", "df://a:b"] {
        assert!(matches!(asked(url.to_owned()), Err(ClusterError::Address { .. })), "{url}");
    }
    let session = asked(format!("df://{}", free(200))).expect("no connection is made yet");
    let answer = run(ask(&session, "select 1 as one from (values (1)) v", LIMITS));
    assert!(matches!(answer, Err(AskError::Failed { .. })), "{answer:?}");
}
