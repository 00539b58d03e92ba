use std::process::Stdio;

use super::*;
use crate::fixtures::{Home, event, run};
use crate::{Ledger, Position};

/// `directory|process|lines`
const TASK: &str = "TL_INBOX_TEST_TASK";
const KINDS: &[&str] = &["change.merged", "deploy.finished", "gate.decided"];

/// Writes lines to an inbox; the test binary starts itself with this.
#[test]
fn child() {
    #[expect(clippy::disallowed_methods, reason = "the test talks to itself")]
    let Ok(task) = std::env::var(TASK) else { return };
    let mut parts = task.split('|');
    let (inbox, process) = (Path::new(parts.next().unwrap()), parts.next().unwrap());
    for n in 0..parts.next().unwrap().parse().unwrap() {
        let mut event = event(process, n);
        // Lines of many lengths, some longer than a pipe or a page holds.
        let length = if n % 50 == 0 { 20_000 } else { n as usize % 300 };
        event.data = serde_json::json!({"text": "x".repeat(length)});
        put(inbox, "session", &event).unwrap();
    }
}

#[test]
fn of_eight_processes_no_line_is_lost_or_torn() {
    let home = Home::Sqlite(tempfile::tempdir().unwrap());
    let inbox = beside(Path::new(&home.place()));
    #[expect(
        clippy::disallowed_methods,
        reason = "processes that write at once are what is tested"
    )]
    let mut children: Vec<_> = (0..8)
        .map(|n| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["inbox::tests::child", "--exact"])
                .env(TASK, format!("{}|p{n}|1000", inbox.display()))
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    run(async {
        let ledger = home.open().await;
        let taken = ledger.take_inbox(&inbox, KINDS).await.unwrap();
        assert_eq!(taken, TakenIn { new: 8_000, ..TakenIn::default() });
        assert_eq!(ledger.take_inbox(&inbox, KINDS).await.unwrap(), TakenIn::default());
        ledger.close().await.unwrap();
    });
}

async fn stored(ledger: &Ledger) -> usize {
    ledger.read(Position::START, "", usize::MAX).await.unwrap().len()
}

#[test]
fn a_line_that_is_not_whole_waits_and_a_foreign_one_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = dir.path().join("ledger.db-inbox");
    run(async {
        let ledger = Ledger::in_memory().await.unwrap();
        assert_eq!(ledger.take_inbox(&inbox, KINDS).await.unwrap(), TakenIn::default());
        put(&inbox, "a", &event("s", 0)).unwrap();
        let whole = serde_json::to_string(&event("s", 1)).unwrap();
        let other =
            serde_json::to_string(&Event { kind: "ai.usage".to_owned(), ..event("s", 2) }).unwrap();
        fs::write(inbox.join("b.ndjson"), format!("no event\n{other}\n{whole}")).unwrap();
        fs::write(inbox.join("c.txt"), format!("{whole}\n")).unwrap();
        let taken = ledger.take_inbox(&inbox, KINDS).await.unwrap();
        assert_eq!(taken, TakenIn { new: 1, left_out: 2, unreadable: 0 });
        let mut file = OpenOptions::new().append(true).open(inbox.join("b.ndjson")).unwrap();
        file.write_all(b"\n").unwrap();
        assert_eq!(ledger.take_inbox(&inbox, KINDS).await.unwrap().new, 1);
        assert_eq!(stored(&ledger).await, 2);
    });
}

#[test]
fn a_line_that_is_too_long_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut event = event("s", 0);
    event.data = "x".repeat(LINE).into();
    assert!(matches!(put(dir.path(), "a", &event), Err(PutError::TooLarge { .. })));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_the_file_is_for_its_owner() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    fs::create_dir(place("elsewhere")).unwrap();
    symlink(place("elsewhere"), place("inbox")).unwrap();
    assert!(put(&place("inbox"), "a", &event("s", 0)).is_err());
    fs::create_dir(place("real")).unwrap();
    symlink(place("elsewhere/file"), place("real/a.ndjson")).unwrap();
    assert!(put(&place("real"), "a", &event("s", 0)).is_err());
    assert!(!place("elsewhere/file").exists());
    put(&place("real"), "b", &event("s", 0)).unwrap();
    let mode = fs::metadata(place("real/b.ndjson")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_old_file_is_taken_away_once_its_events_are_in_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = dir.path().join("inbox");
    put(&inbox, "old", &event("s", 0)).unwrap();
    put(&inbox, "new", &event("s", 1)).unwrap();
    let week = std::time::Duration::from_secs(8 * 86_400);
    let file = OpenOptions::new().append(true).open(inbox.join("old.ndjson")).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(modified - week).unwrap();
    run(async {
        let ledger = Ledger::in_memory().await.unwrap();
        assert_eq!(ledger.take_inbox(&inbox, KINDS).await.unwrap().new, 2);
    });
    assert!(!inbox.join("old.ndjson").exists() && inbox.join("new.ndjson").exists());
}
