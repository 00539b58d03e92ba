//! Events for this crate's tests.

use tl_core::event::Event;
use tl_core::time::Timestamp;

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

/// Runs a future that uses a ledger.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}
