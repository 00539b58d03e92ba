//! Events for this crate's tests.

use std::path::Path;

use tempfile::TempDir;
use tl_core::event::Event;
use tl_core::time::Timestamp;
use tl_testkit::postgres::{Database, database};

use crate::Ledger;

const KINDS: [&str; 3] = ["change.merged", "deploy.finished", "gate.decided"];

/// The `n`-th event of `source`; its kind and its time depend on `n`.
pub(crate) fn event(source: &str, n: u32) -> Event {
    let kind = KINDS[n as usize % KINDS.len()];
    let at = Timestamp::from_seconds(1_750_000_000 + i64::from(n) * 977 % 10_000);
    let mut event = Event::new(kind, at, source, &format!("key-{n}"), "change:acme/api#1");
    event.actor = Some("ana".to_owned());
    event.data = serde_json::json!({ "n": n, "half": f64::from(n) / 2.0 });
    event
}

/// The first `count` events of `source`.
pub(crate) fn events(source: &str, count: u32) -> Vec<Event> {
    (0..count).map(|n| event(source, n)).collect()
}

/// Where a test keeps its ledger.
pub(crate) enum Home {
    Sqlite(TempDir),
    Postgres(Database),
}

impl Home {
    /// Opens the ledger; makes it when it is opened for the first time.
    pub(crate) async fn open(&self) -> Ledger {
        Self::open_at(&self.place()).await
    }

    /// The path or URL, for another process.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Sqlite(directory) => directory.path().join("ledger.db").display().to_string(),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }

    /// Opens what [`Home::place`] says.
    pub(crate) async fn open_at(place: &str) -> Ledger {
        let opened = if place.starts_with("postgres://") {
            Ledger::open_url(place).await
        } else {
            Ledger::open(Path::new(place)).await
        };
        opened.unwrap()
    }
}

/// Runs a test on a new ledger of each database: a SQLite file, and PostgreSQL where it is there.
pub(crate) fn on_both(test: impl AsyncFn(&Home)) {
    let sqlite = Home::Sqlite(tempfile::tempdir().unwrap());
    let homes = [Some(sqlite), database().map(Home::Postgres)];
    for home in homes.iter().flatten() {
        println!("on {}", home.place());
        run(test(home));
    }
}

/// Runs a future that uses a ledger.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
