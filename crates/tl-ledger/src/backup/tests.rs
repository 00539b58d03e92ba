use super::*;
use crate::Position;
use crate::deliveries::Delivery;
use crate::fixtures::{event, events};

fn made() -> Timestamp {
    Timestamp::from_seconds(1_793_491_200)
}

fn delivery() -> Delivery {
    Delivery {
        source: "forge".to_owned(),
        id: "1".to_owned(),
        digest: [1; 16],
        received: made(),
        headers: Vec::new(),
        body: b"{}".to_vec(),
    }
}

#[tokio::test]
async fn a_ledger_comes_back_as_it_was_when_it_was_copied() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("ledger.db"), directory.path().join("backup"));
    let ledger = Ledger::open(&from).await.unwrap();
    ledger.append(&events("github", 50)).await.unwrap();
    ledger.accept(&[delivery()]).await.unwrap();
    let mut copy = ledger.back_up(&to, made(), "test").await.unwrap();
    // While it is copied, others write.
    ledger.append(&[event("gitlab", 1)]).await.unwrap();
    let large = vec![7; PART + 1];
    copy.put("tests", "a/b.parquet", &large).await.unwrap();
    copy.put("tests", "empty.parquet", &[]).await.unwrap();
    assert!(!to.exists(), "it has its name when it is whole");
    let contents = copy.finish().await.unwrap();
    assert_eq!((contents.events, contents.deliveries), (50, 1));
    let back = directory.path().join("deep/er/ledger.db");
    let mut restored = Restored::begin(&to, &back).await.unwrap();
    assert_eq!(restored.file("tests", "a/b.parquet").await.unwrap(), large);
    assert!(restored.files().await.unwrap().is_empty(), "no segment of the ledger lists it");
    assert_eq!(restored.finish().await.unwrap(), contents);
    let ledger = Ledger::open(&back).await.unwrap();
    let read = ledger.read(Position::START, "", 100).await.unwrap();
    let read: Vec<_> = read.into_iter().map(|one| one.event).collect();
    assert_eq!(read, events("github", 50));
    assert!(ledger.has_waiting().await.unwrap());
    assert_eq!(ledger.append(&events("github", 51)).await.unwrap().new, 1);
    ledger.check().await.unwrap();
    let left = std::fs::read_dir(directory.path()).unwrap().flatten().map(|one| one.file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
}

#[tokio::test]
async fn what_is_no_backup_or_a_damaged_one_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("ledger.db"), directory.path().join("backup"));
    let ledger = Ledger::open(&from).await.unwrap();
    ledger.append(&events("github", 500)).await.unwrap();
    let back = directory.path().join("back.db");
    let plain = Restored::begin(&from, &back).await;
    assert!(matches!(plain, Err(BackupError::NoBackup { .. })), "{plain:?}");
    std::fs::write(&to, "text").unwrap();
    Restored::begin(&to, &back).await.unwrap_err();
    Restored::begin(&directory.path().join("none"), &back).await.unwrap_err();
    ledger.back_up(&to, made(), "test").await.unwrap().finish().await.unwrap();
    let bytes = std::fs::read(&to).unwrap();
    std::fs::write(&to, &bytes[..bytes.len() / 2]).unwrap();
    let cut = async { Restored::begin(&to, &back).await?.finish().await };
    cut.await.unwrap_err();
    assert!(!back.exists());
    let memory = Ledger::in_memory().await.unwrap();
    let none = memory.back_up(&to, made(), "test").await;
    assert!(matches!(none, Err(BackupError::NoFile { .. })), "{none:?}");
}

#[tokio::test]
async fn a_ledger_that_somebody_has_open_is_not_written_over_and_a_damaged_one_is() {
    let directory = tempfile::tempdir().unwrap();
    let (path, to) = (directory.path().join("ledger.db"), directory.path().join("backup"));
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.append(&events("github", 5)).await.unwrap();
    ledger.back_up(&to, made(), "test").await.unwrap().finish().await.unwrap();
    let used = Restored::begin(&to, &path).await;
    assert!(matches!(used, Err(BackupError::InUse { .. })), "{used:?}");
    ledger.append(&events("github", 7)).await.unwrap();
    ledger.close().await.unwrap();
    let restored = Restored::begin(&to, &path).await.unwrap();
    assert_eq!(restored.finish().await.unwrap().events, 5);
    std::fs::write(&path, "damaged").unwrap();
    let restored = Restored::begin(&to, &path).await.unwrap();
    assert_eq!(restored.finish().await.unwrap().events, 5);
    Ledger::open(&path).await.unwrap().check().await.unwrap();
}
