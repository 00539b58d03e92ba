//! What the ledger costs: appending, catching up, rows, caching, loading tables for SQL.
//!
//! In: generated events and values of fixed sizes. Out: time per item; `cargo bench -p tl-bench
//! --bench ledger`. The time is wall time, so it includes what the disk takes to sync.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tempfile::TempDir;
use tl_core::event::Event;
use tl_core::time::Timestamp;
use tl_ledger::Ledger;
use tl_ledger::cache::CacheEntry;
use tl_ledger::counts::EventCounts;
use tl_ledger::read::Recorded;
use tl_ledger::rows::{Row, RowKey, RowProjection, Sink, Wanted};
use tl_ledger::scratch::{Column, ColumnType, Scratch};
use tl_ledger::sql::SqlValue;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// Events of one forge, as a back-fill brings them: about 330 bytes of JSON each.
fn events(count: usize) -> Vec<Event> {
    (0..count)
        .map(|n| {
            let at = Timestamp::from_seconds(1_750_000_000 + n as i64);
            // A multiplication by an odd number visits every key once, in no order.
            let number = n.wrapping_mul(2_654_435_761) % (1 << 24);
            let key = format!("pull/{number}/merged");
            let subject = format!("change:acme/api#{number}");
            let mut event = Event::new("change.merged", at, "github", &key, &subject);
            event.actor = Some("ana".to_owned());
            event.refs.insert("commit", format!("{number:040x}"));
            event.data = serde_json::json!({ "additions": n % 500, "deletions": n % 90 });
            event
        })
        .collect()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts")
}

/// Cost of appending 100,000 events to a new ledger file, `batch` of them at a time.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 5, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>, batch: usize) {
    let runtime = runtime();
    let events = events(100_000);
    bencher
        .counter(ItemsCount::new(events.len()))
        .with_inputs(|| {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let path = directory.path().join("ledger.db");
            let ledger = runtime.block_on(Ledger::open(&path)).expect("a new ledger opens");
            (directory, ledger)
        })
        .bench_local_refs(|(_directory, ledger)| {
            runtime.block_on(async {
                for chunk in events.chunks(batch) {
                    ledger.append(chunk).await.expect("the disk has room");
                }
            });
        });
}

/// Cost of appending 10,000 events that are all there already.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn append_again(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let events = events(10_000);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("ledger.db");
    let ledger = runtime.block_on(Ledger::open(&path)).expect("a new ledger opens");
    runtime.block_on(ledger.append(&events)).expect("the disk has room");
    bencher
        .counter(ItemsCount::new(events.len()))
        .bench_local(|| runtime.block_on(ledger.append(&events)).expect("nothing is written"));
}

/// Cost of folding 100,000 events.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn rebuild(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let events = events(100_000);
    let ledger = runtime.block_on(Ledger::in_memory()).expect("memory opens");
    runtime.block_on(ledger.append(&events)).expect("memory has room");
    bencher.counter(ItemsCount::new(events.len())).bench_local(|| {
        runtime.block_on(ledger.rebuild::<EventCounts>()).expect("the events are there")
    });
}

/// A row per change: when each of its events happened.
struct Instants;

impl RowProjection for Instants {
    const NAME: &'static str = "instants";
    const VERSION: u32 = 1;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        keys.push(RowKey { table: 0, key: recorded.event.subject.clone() });
    }

    fn fold(_key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        let mut value = stored.unwrap_or_default().to_vec();
        for recorded in events {
            value.extend(recorded.event.at.as_millis().to_le_bytes());
        }
        let at = events.iter().map(|recorded| recorded.event.at).max()?;
        Some(Row { at, series: None, value })
    }
}

/// A new ledger file with 100,000 events of so many changes, and its directory.
fn ledger_of(runtime: &Runtime, changes: usize) -> (TempDir, Ledger) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("ledger.db");
    let ledger = runtime.block_on(Ledger::open(&path)).expect("a new ledger opens");
    let mut events = events(100_000);
    for (number, event) in events.iter_mut().enumerate() {
        event.subject = format!("change:acme/api#{}", number % changes);
    }
    for chunk in events.chunks(10_000) {
        runtime.block_on(ledger.append(chunk)).expect("the disk has room");
    }
    (directory, ledger)
}

/// Cost of folding 100,000 events into 10,000 rows of a ledger file.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn rebuild_rows(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let (_directory, ledger) = ledger_of(&runtime, 10_000);
    bencher.counter(ItemsCount::new(100_000u32)).bench_local(|| {
        let mut progress = |_| ();
        let rebuilt = ledger.rebuild_rows::<Instants>(&mut progress);
        runtime.block_on(rebuilt).expect("the events are there")
    });
}

/// Counts the bytes of rows.
struct Bytes(usize);

impl Sink for Bytes {
    fn add(&mut self, key: &str, value: &[u8]) {
        self.0 += key.len() + value.len();
    }
}

/// Cost of reading 50,000 rows of a ledger file.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn read_rows(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let (_directory, ledger) = ledger_of(&runtime, 50_000);
    let mut progress = |_| ();
    let folded = ledger.catch_up_rows::<Instants>(&mut progress);
    runtime.block_on(folded).expect("the events are there");
    bencher.counter(ItemsCount::new(50_000u32)).bench_local(|| {
        let wanted = vec![Wanted { table: 0, since: None, sink: Bytes(0) }];
        let read = runtime.block_on(ledger.rows::<Instants, Bytes>(wanted));
        read.expect("the rows are there").0.first().map(|bytes| bytes.0)
    });
}

/// Cost of opening a ledger that exists, and closing it.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn open_and_close(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("ledger.db");
    bencher.bench_local(|| {
        runtime.block_on(async {
            let ledger = Ledger::open(&path).await.expect("the ledger opens");
            ledger.close().await.expect("the ledger closes");
        });
    });
}

/// 100 values of 500 kB, as the cache of a large history has them.
fn values() -> Vec<CacheEntry> {
    (0..100u8).map(|n| CacheEntry { key: vec![n], value: vec![n; 500_000] }).collect()
}

/// Cost of reading 50 MB from the cache of a ledger file.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn cache_read(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("ledger.db");
    let ledger = runtime.block_on(Ledger::open(&path)).expect("a new ledger opens");
    runtime.block_on(ledger.cache_write("commits", values(), true)).expect("the disk has room");
    runtime.block_on(ledger.close()).expect("the ledger closes");
    let ledger = runtime.block_on(Ledger::open(&path)).expect("the ledger opens");
    bencher.counter(BytesCount::new(50_000_000u64)).bench_local(|| {
        runtime.block_on(ledger.cache_read("commits")).expect("the entries are there")
    });
}

/// Cost of writing 50 MB to the cache of a ledger file.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn cache_write(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("ledger.db");
    let ledger = runtime.block_on(Ledger::open(&path)).expect("a new ledger opens");
    bencher.counter(BytesCount::new(50_000_000u64)).with_inputs(values).bench_local_values(
        |values| {
            runtime
                .block_on(ledger.cache_write("commits", values, true))
                .expect("the disk has room");
        },
    );
}

/// Cost of loading 500,000 rows of 12 columns for `throughline sql`.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn load_table(bencher: Bencher<'_, '_>) {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let runtime = runtime();
    let columns = NAMES.map(|name| {
        let kind = if name < "d" { ColumnType::Text } else { ColumnType::Integer };
        Column { name, kind }
    });
    let row = |n: i64| {
        let text = |of: i64| SqlValue::Text(format!("{of:040x}"));
        let mut row = vec![text(n), text(n + 1), text(n + 2)];
        row.extend((3..12).map(|column| SqlValue::Integer(n * column)));
        row
    };
    bencher.counter(ItemsCount::new(500_000u32)).bench_local(|| {
        runtime.block_on(async {
            let mut scratch = Scratch::open(None).await.expect("memory opens");
            let rows = (0..500_000).map(row);
            scratch.load("journeys", &columns, rows).await.expect("memory has room");
        });
    });
}
