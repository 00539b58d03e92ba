use std::collections::BTreeMap;
use std::sync::Mutex;
use std::task::Poll;

use proptest::prelude::*;
use tl_core::event::Event;

use super::folding::Folding;
use super::*;
use crate::fixtures::{Home, event, on_both, run};

/// Which rows of a test's events: the change in table 0, and the kind in table 1.
fn push_keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
    let event = &recorded.event;
    keys.push(RowKey { table: 0, key: event.subject.clone() });
    keys.push(RowKey { table: 1, key: event.kind.clone() });
    // Twice is once.
    keys.push(RowKey { table: 1, key: event.kind.clone() });
}

/// The positions of all events of the row, so that a doubled or lost one shows.
fn push_positions(stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
    let mut value = stored.unwrap_or_default().to_vec();
    if value.first() == Some(&b'!') {
        return None;
    }
    for recorded in events {
        value.extend(recorded.position.0.to_be_bytes());
    }
    let at = events.iter().map(|recorded| recorded.event.at).max()?;
    Some(Row { at, series: None, value })
}

struct Seen;

impl RowProjection for Seen {
    const NAME: &'static str = "seen";
    const VERSION: u32 = 1;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        push_keys(recorded, keys);
    }

    fn fold(_key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        push_positions(stored, events)
    }
}

/// The next version of the same, without table 0.
struct SeenLater;

impl RowProjection for SeenLater {
    const NAME: &'static str = Seen::NAME;
    const VERSION: u32 = 2;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        push_keys(recorded, keys);
        keys.retain(|key| key.table == 1);
    }

    fn fold(_key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        push_positions(stored, events)
    }
}

type Table = BTreeMap<(u8, String), Vec<u8>>;

async fn all<P: RowProjection>(ledger: &Ledger) -> (Position, Table) {
    let wanted = [0, 1].map(|table| Wanted { table, since: None, sink: Kept::default() });
    let (kept, position) = ledger.rows::<P, Kept>(wanted.into()).await.unwrap();
    let numbered = |(number, Kept(rows)): (u8, Kept)| {
        rows.into_iter().map(move |(key, value)| ((number, key), value))
    };
    (position, (0..).zip(kept).flat_map(numbered).collect())
}

/// Rows by key.
#[derive(Default)]
struct Kept(BTreeMap<String, Vec<u8>>);

impl Sink for Kept {
    fn add(&mut self, key: &str, value: &[u8]) {
        let before = self.0.insert(key.to_owned(), value.to_vec());
        assert_eq!(before, None, "a row came twice");
    }
}

/// The keys of the rows of table 0 in a window.
async fn window<P: RowProjection>(ledger: &Ledger, since: i64) -> Vec<String> {
    let since = Some(Timestamp::from_millis(since));
    let wanted = vec![Wanted { table: 0, since, sink: Kept::default() }];
    let (mut kept, _) = ledger.rows::<P, Kept>(wanted).await.unwrap();
    kept.remove(0).0.into_keys().collect()
}

/// What the rows must be, folded here from all events.
async fn expected(ledger: &Ledger) -> Table {
    let mut table = Table::new();
    for recorded in ledger.read(Position::START, "", usize::MAX).await.unwrap() {
        let Recorded { position, event } = recorded;
        for key in [(0, event.subject), (1, event.kind)] {
            table.entry(key).or_default().extend(position.0.to_be_bytes());
        }
    }
    table
}

/// Events of `changes` changes, one after another; each of its own instant.
fn events(source: &str, numbers: impl Iterator<Item = u32>, changes: u32) -> Vec<Event> {
    let of_change = |n: u32| {
        let mut event = event(source, n);
        event.subject = format!("change:acme/api#{}", n % changes);
        event.at = Timestamp::from_millis(i64::from(n));
        event
    };
    numbers.map(of_change).collect()
}

#[test]
fn new_events_are_folded_into_the_rows_that_they_concern() {
    on_both(async |home| {
        let ledger = home.open().await;
        assert_eq!(all::<Seen>(&ledger).await, (Position::START, Table::new()));
        ledger.append(&events("github", 0..20, 7)).await.unwrap();
        let mut told = Vec::new();
        let position = ledger.catch_up_rows::<Seen>(&mut |progress| told.push(progress)).await;
        assert_eq!(position.unwrap(), Position(20));
        assert_eq!(told, [Progress { position: Position(20), end: Position(20) }]);
        ledger.append(&events("gitlab", 20..25, 7)).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await.0, Position(20), "rows are as of the last fold");
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        ledger.close().await.unwrap();
        let ledger = home.open().await;
        assert_eq!(all::<Seen>(&ledger).await, (Position(25), expected(&ledger).await));
        assert_eq!(ledger.rebuild_rows::<Seen>(&mut |_| ()).await.unwrap(), Position(25));
        assert_eq!(all::<Seen>(&ledger).await.1, expected(&ledger).await);
    });
}

#[test]
fn rows_are_folded_in_steps_and_read_by_their_keys() {
    on_both(async |home| {
        let ledger = home.open().await;
        let keys: Vec<RowKey> = [0, 1, 9]
            .map(|n| RowKey { table: 0, key: format!("change:acme/api#{n}") })
            .into_iter()
            .collect();
        let none = ledger.rows_of::<Seen>(&keys).await.unwrap();
        assert_eq!((none.0.len(), none.1), (0, Position::START));
        ledger.append(&events("github", 0..25, 7)).await.unwrap();
        for position in [10, 20, 25, 25] {
            let told = ledger.step_rows::<Seen>(&ledger, 10).await.unwrap();
            assert_eq!(told, Progress { position: Position(position), end: Position(25) });
            let (rows, upto) = ledger.rows_of::<Seen>(&keys).await.unwrap();
            // Events 1, 8, 15, 22 are of the first change; the last key has no row.
            assert_eq!((rows.len(), upto), (2, Position(position)));
            assert_eq!(rows[&keys[0].key].len(), (position as usize).div_ceil(7) * 8);
        }
        assert_eq!(all::<Seen>(&ledger).await, (Position(25), expected(&ledger).await));
    });
}

#[test]
fn a_window_holds_the_rows_that_were_active_in_it() {
    on_both(async |home| {
        let ledger = home.open().await;
        // 1,500 changes, the last ten of which were active at 3,000 or later.
        ledger.append(&events("github", 1490..3010, 1500)).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        for (since, wanted) in [(3000, 10), (3001, 9), (3010, 0), (-1, 1500), (1500, 1500)] {
            assert_eq!(window::<Seen>(&ledger, since).await.len(), wanted, "since {since}");
            let since = Some(Timestamp::from_millis(since));
            assert_eq!(ledger.count_rows::<Seen>(0, since).await.unwrap(), wanted);
        }
        for (until, wanted) in [(i64::MAX, Some(3009)), (3000, Some(3000)), (1000, None)] {
            let until = Timestamp::from_millis(until);
            let last = ledger.last_active::<Seen>(&[0, 1], until).await.unwrap();
            assert_eq!(last.map(Timestamp::as_millis), wanted);
        }
    });
}

#[test]
fn many_rows_of_one_instant_are_all_in_the_window() {
    on_both(async |home| {
        let ledger = home.open().await;
        let mut history = events("github", 0..1300, 1300);
        history.iter_mut().for_each(|event| event.at = Timestamp::from_millis(5));
        ledger.append(&history).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        assert_eq!(window::<Seen>(&ledger, 5).await.len(), 1300);
    });
}

#[test]
fn a_raised_version_drops_the_rows_and_an_older_program_still_has_its_answer() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 0..9, 3)).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        let old = all::<Seen>(&ledger).await;
        ledger.catch_up_rows::<SeenLater>(&mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, (Position::START, Table::new()), "dropped");
        let kinds: Table =
            old.1.clone().into_iter().filter(|((table, _), _)| *table == 1).collect();
        assert_eq!(all::<SeenLater>(&ledger).await.1, kinds);
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, old);
        assert_eq!(all::<SeenLater>(&ledger).await.1, kinds, "and takes nothing away");
    });
}

#[test]
fn what_is_folded_as_it_is_appended_gives_the_rows_that_reading_it_back_gives() {
    on_both(async |home| {
        let ledger = home.open().await;
        let mut folding = Folding::<Seen>::default();
        for part in [0..20, 20..1100, 1100..1105] {
            let batch = events("github", part, 7);
            let taken = ledger.append_and_fold(&mut folding, batch.clone()).await.unwrap();
            assert_eq!((taken.appended.new, &taken.events), (batch.len(), &batch));
            if !taken.folded {
                assert!(matches!(ledger.place, crate::Place::Server(_)));
                ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
            }
        }
        ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
        let rows = (Position(1105), expected(&ledger).await);
        assert_eq!(all::<Seen>(&ledger).await, rows);
        ledger.rebuild_rows::<Seen>(&mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, rows);
    });
}

/// A process that is killed while rows wait, and one that reads them meanwhile.
#[test]
fn rows_that_wait_are_folded_by_whoever_comes_next() {
    on_both(async |home| {
        let (ledger, other) = (home.open().await, home.open().await);
        let mut killed = Folding::<Seen>::default();
        ledger.append_and_fold(&mut killed, events("github", 0..20, 7)).await.unwrap();
        drop(killed);
        other.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&other).await, (Position(20), expected(&other).await));

        let mut folding = Folding::<Seen>::default();
        ledger.append_and_fold(&mut folding, events("github", 20..30, 7)).await.unwrap();
        other.append(&events("gitlab", 0..5, 7)).await.unwrap();
        other.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        let late = ledger.append_and_fold(&mut folding, events("github", 30..40, 7)).await.unwrap();
        assert!(!late.folded);
        ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, (Position(45), expected(&ledger).await));
    });
}

/// More events than may wait: the rows are written in between, and go on from there.
#[test]
fn rows_are_written_when_too_much_waits() {
    run(async {
        let ledger = Ledger::in_memory().await.unwrap();
        let mut folding = Folding::<Seen>::default();
        for (nth, number) in (0..5).zip([0, 1_000, 2_000, 3_000, 4_000]) {
            let batch = events("github", number..number + 1_000, 500);
            let taken = ledger.append_and_fold(&mut folding, batch).await.unwrap();
            assert!(taken.folded);
            let written = if nth < 3 { 0 } else { 4_000 };
            assert_eq!(all::<Seen>(&ledger).await.0, Position(written), "after batch {nth}");
        }
        ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
        let rows = all::<Seen>(&ledger).await;
        assert_eq!(rows.0, Position(5_000));
        assert_eq!(rows.1[&(0, "change:acme/api#7".to_owned())].len(), 10 * 8);
    });
}

#[test]
fn a_batch_that_does_not_go_on_from_the_rows_is_appended_and_waits_to_be_folded() {
    on_both(async |home| {
        let ledger = home.open().await;
        let mut folding = Folding::<Seen>::default();
        ledger.append_and_fold(&mut folding, events("github", 0..20, 7)).await.unwrap();
        ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
        let batch = events("github", 10..30, 7);
        let known_in_part = ledger.append_and_fold(&mut folding, batch).await.unwrap();
        assert_eq!((known_in_part.appended.new, known_in_part.folded), (10, false));
        let batch = events("gitlab", 0..5, 7);
        let after_it = ledger.append_and_fold(&mut folding, batch).await.unwrap();
        assert_eq!((after_it.appended.new, after_it.folded), (5, false));
        assert_eq!(all::<Seen>(&ledger).await.0, Position(20));
        ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await.1, expected(&ledger).await);
    });
}

#[test]
fn a_row_that_cannot_be_read_does_not_keep_events_from_being_appended() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 0..9, 3)).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        let sql = "UPDATE things SET value = $1 WHERE tab = 0";
        ledger.session().await.connection.execute(sql, &[Arg::Bytes(b"!")]).await.unwrap();
        let mut folding = Folding::<Seen>::default();
        let batch = events("github", 9..12, 3);
        let taken = ledger.append_and_fold(&mut folding, batch).await.unwrap();
        assert_eq!((taken.appended.new, taken.folded), (3, false));
        ledger.catch_up_folding(&mut folding, &mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, (Position(12), expected(&ledger).await));
    });
}

/// Rows whose key is an instant, each the next one of the series that it names behind a `/`.
struct Steps;

impl RowProjection for Steps {
    const NAME: &'static str = "steps";
    const VERSION: u32 = 1;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        keys.push(RowKey { table: 0, key: recorded.event.subject.clone() });
    }

    fn fold(key: &RowKey, _: Option<&[u8]>, _: &[&Recorded]) -> Option<Row> {
        let (at, series) = key.key.split_once('/')?;
        let series = Some(series.to_owned()).filter(|series| !series.is_empty());
        Some(Row { at: Timestamp::from_millis(at.parse().ok()?), series, value: Vec::new() })
    }
}

#[tokio::test]
async fn several_readers_see_one_moment_while_others_fold() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let ledger = Ledger::open(&path).await.unwrap();
    let others = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ledger = Ledger::open(&path).await.unwrap();
            for batch in 0..60 {
                let numbers = batch * 5..batch * 5 + 5;
                ledger.append(&events("github", numbers, 40)).await.unwrap();
                ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
            }
        });
    });
    let mut last = Position::START;
    while last < Position(300) {
        let (position, table) = all::<Seen>(&ledger).await;
        for wanted in [0, 1] {
            let rows = table.iter().filter(|((number, _), _)| *number == wanted);
            let numbers = rows.flat_map(|(_, value)| value.chunks_exact(8));
            let mut numbers: Vec<i64> =
                numbers.map(|bytes| i64::from_be_bytes(bytes.try_into().unwrap())).collect();
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(1..=position.0), "table {wanted} at {position:?}");
        }
        assert!(position >= last);
        last = position;
    }
    others.join().unwrap();
}

#[tokio::test]
async fn memory_has_the_rows_that_a_file_has() {
    let directory = tempfile::tempdir().unwrap();
    let file = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    let memory = Ledger::in_memory().await.unwrap();
    for ledger in [&file, &memory] {
        ledger.append(&events("github", 0..700, 90)).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
    }
    assert_eq!(all::<Seen>(&file).await, all::<Seen>(&memory).await);
    assert_eq!(window::<Seen>(&file, 690).await, window::<Seen>(&memory, 690).await);
    assert_eq!(window::<Seen>(&file, 690).await.len(), 10);
}

#[test]
fn a_window_also_holds_the_last_row_of_each_series_before_it() {
    on_both(async |home| {
        let ledger = home.open().await;
        let steps = ["10/api", "20/api", "30/api", "20/web", "30/", "10/", "15/jobs", "25/new"];
        let mut history = events("github", 0..8, 8);
        for (event, step) in history.iter_mut().zip(steps) {
            step.clone_into(&mut event.subject);
        }
        ledger.append(&history).await.unwrap();
        ledger.catch_up_rows::<Steps>(&mut |_| ()).await.unwrap();
        let window = async |since: i64| window::<Steps>(&ledger, since).await.join(" ");
        assert_eq!(window(30).await, "15/jobs 20/api 20/web 25/new 30/ 30/api");
        assert_eq!(window(20).await, "10/api 15/jobs 20/api 20/web 25/new 30/ 30/api");
        assert_eq!(window(40).await, "15/jobs 20/web 25/new 30/api");
        assert_eq!(window(0).await.split(' ').count(), steps.len());
    });
}

#[test]
fn a_row_that_cannot_be_read_has_all_folded_anew() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 0..9, 3)).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        let sql = "UPDATE things SET value = $1 WHERE tab = 0";
        ledger.session().await.connection.execute(sql, &[Arg::Bytes(b"!")]).await.unwrap();
        ledger.append(&events("github", 9..10, 3)).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, (Position(10), expected(&ledger).await));
    });
}

#[test]
fn a_key_that_no_database_takes_gets_no_row() {
    on_both(async |home| {
        let ledger = home.open().await;
        let mut history = events("github", 0..4, 4);
        history[0].subject = String::new();
        history[1].subject = "x".repeat(KEY_LIMIT + 1);
        history[2].subject = "change:\0".to_owned();
        ledger.append(&history).await.unwrap();
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        let keys: Vec<String> = all::<Seen>(&ledger).await.1.into_keys().map(|key| key.1).collect();
        assert_eq!(keys[0], "change:acme/api#3");
        assert_eq!(keys.len(), 1 + 3);
    });
}

/// A command that is interrupted, or a server whose client went away, drops the future.
#[test]
fn folding_that_is_dropped_half_way_goes_on_where_it_was() {
    on_both(async |home| {
        let ledger = home.open().await;
        for polls in 0..8u32 {
            let numbers = polls * 300..(polls + 1) * 300;
            ledger.append(&events("github", numbers, 50)).await.unwrap();
            let mut progress = |_| ();
            let mut folding = std::pin::pin!(ledger.catch_up_rows::<Seen>(&mut progress));
            for _ in 0..polls {
                let once = std::future::poll_fn(|cx| Poll::Ready(folding.as_mut().poll(cx)));
                if once.await.is_ready() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
        ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
        assert_eq!(all::<Seen>(&ledger).await, (Position(2400), expected(&ledger).await));
    });
}

/// The same as [`Seen`]; another process folds everything while a row is in hand.
struct Overtaken;

/// Where the ledger is that somebody else folds next.
static OVERTAKE: Mutex<Option<String>> = Mutex::new(None);

impl RowProjection for Overtaken {
    const NAME: &'static str = "overtaken";
    const VERSION: u32 = 1;

    fn keys(recorded: &Recorded, keys: &mut Vec<RowKey>) {
        push_keys(recorded, keys);
    }

    fn fold(_key: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        let place = OVERTAKE.lock().unwrap().take();
        if let Some(place) = place {
            let overtakes = async move {
                let other = Home::open_at(&place).await;
                other.catch_up_rows::<Self>(&mut |_| ()).await.unwrap();
            };
            std::thread::spawn(move || run(overtakes)).join().unwrap();
        }
        push_positions(stored, events)
    }
}

#[test]
fn who_is_overtaken_between_reading_rows_and_writing_them_changes_nothing() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 0..12, 5)).await.unwrap();
        ledger.catch_up_rows::<Overtaken>(&mut |_| ()).await.unwrap();
        let own = ledger.again().await.unwrap();
        for (from, reader) in [(12, Some(&ledger)), (20, own.as_ref())] {
            let Some(reader) = reader else { continue };
            let end = i64::from(from) + 8;
            ledger.append(&events("github", from..from + 8, 5)).await.unwrap();
            let set = ledger.row_set::<Overtaken>().await.unwrap();
            let page = ledger.read_page(set.position, 8, PAGE_BYTES).await.unwrap();
            *OVERTAKE.lock().unwrap() = Some(home.place());
            let folded = ledger.fold_page::<Overtaken>(reader, set, &page).await.unwrap();
            assert_eq!(*OVERTAKE.lock().unwrap(), None, "nobody overtook");
            assert!(matches!(folded, Folded::Late), "the other one had folded them");
            assert_eq!(all::<Overtaken>(&ledger).await, (Position(end), expected(&ledger).await));
        }
    });
}

/// Two connections fold the same events at the same time, while they come.
#[test]
fn two_that_fold_at_once_neither_skip_nor_double_an_event() {
    on_both(async |home| {
        home.open().await.close().await.unwrap();
        let place = home.place();
        let threads: Vec<_> = ["github", "gitlab"]
            .map(|source| {
                let place = place.clone();
                std::thread::spawn(move || {
                    run(async {
                        let ledger = Home::open_at(&place).await;
                        for batch in 0..30 {
                            let numbers = batch * 20..(batch + 1) * 20;
                            ledger.append(&events(source, numbers, 11)).await.unwrap();
                            ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
                        }
                        ledger.close().await.unwrap();
                    });
                })
            })
            .into();
        for thread in threads {
            thread.join().unwrap();
        }
        let ledger = home.open().await;
        assert_eq!(all::<Seen>(&ledger).await, (Position(1200), expected(&ledger).await));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Folding may stop after any event and go on later, and any bytes may be in keys and values.
    #[test]
    fn rows_resume_anywhere(
        subjects in prop::collection::vec("[\\PC\u{1}a]{0,9}", 1..60),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        run(async {
            let ledger = Ledger::in_memory().await.unwrap();
            let mut history = events("github", 0..u32::try_from(subjects.len()).unwrap(), 1);
            for (event, subject) in history.iter_mut().zip(&subjects) {
                event.subject = format!(":{subject}");
            }
            let mut stops: Vec<usize> = cuts.iter().map(|cut| cut.index(history.len())).collect();
            stops.push(history.len());
            stops.sort_unstable();
            let mut begin = 0;
            for stop in stops {
                ledger.append(&history[begin..stop]).await.unwrap();
                ledger.catch_up_rows::<Seen>(&mut |_| ()).await.unwrap();
                begin = stop;
            }
            let resumed = all::<Seen>(&ledger).await.1;
            prop_assert_eq!(&resumed, &expected(&ledger).await);
            ledger.rebuild_rows::<Seen>(&mut |_| ()).await.unwrap();
            prop_assert_eq!(&all::<Seen>(&ledger).await.1, &resumed);
            Ok(())
        })?;
    }
}
