//! What is found is what stands in the ledger, however much of it was folded, in either database.

use proptest::prelude::*;
use tl_core::time::Timestamp;
use tl_testkit::postgres::database;
use tokio::runtime::Builder;

use super::*;
use crate::testing::EVENTS;

fn run<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs a test on an empty ledger of each database.
fn on_both(test: impl AsyncFn(&Ledger)) {
    let directory = tempfile::tempdir().unwrap();
    let database = database();
    run(async {
        let path = directory.path().join("ledger.db");
        test(&Ledger::open(&path).await.unwrap()).await;
        if let Some(database) = &database {
            test(&Ledger::open_url(database.url()).await.unwrap()).await;
        }
    });
}

/// Positions of the events that concern some of these things, by looking at each.
fn looked_for(events: &[Event], things: &[Thing]) -> Vec<i64> {
    let of = |event: &Event| {
        let mut is_of = false;
        told(event, |table, key| is_of |= things.iter().any(|thing| thing.is(table, key)));
        is_of
    };
    (1..).zip(events).filter(|(_, event)| of(event)).map(|(position, _)| position).collect()
}

fn positions(trail: &Trail) -> Vec<i64> {
    trail.events.iter().map(|(_, one)| one.position.0).collect()
}

/// Some things of every kind that the made-up organisation has.
fn things(events: &[Event]) -> Vec<Thing> {
    let mut all: Vec<Thing> = Vec::new();
    for event in events.iter().step_by(7) {
        told(event, |table, key| {
            let n = all.iter().filter(|thing| thing.table == table).count();
            if n < 4 && all.iter().all(|thing| thing.key != key) {
                all.push(Thing::new(table, key));
            }
        });
    }
    all
}

#[test]
fn a_look_finds_what_reading_everything_finds_however_much_is_folded() {
    let events = &EVENTS[..];
    assert!(events.len() as i64 > TAIL + 100, "{}", events.len());
    let things = things(events);
    let expected = looked_for(events, &things);
    assert!(
        things.len() >= 20 && expected.len() > things.len(),
        "{} of {}",
        expected.len(),
        things.len()
    );
    on_both(async |ledger| {
        for page in events.chunks(4_096) {
            ledger.append(page).await.unwrap();
        }
        let mut folded = 0;
        // In odd steps: a block is begun in one and ended in another.
        for step in [0, 1, 700, 3_000, 2_000, events.len()] {
            folded = events.len().min(folded + step);
            if step > 0 {
                ledger.step_rows::<Trails>(ledger, step).await.unwrap();
            }
            let (_, upto) = ledger.rows_of::<Trails>(&[]).await.unwrap();
            assert_eq!(upto.0, folded as i64);
            let all = events.len() as i64;
            let known = if all - upto.0 > TAIL { upto.0 } else { all };
            let trail = found(ledger, &things).await.unwrap();
            let seen: Vec<i64> = expected.iter().copied().filter(|one| *one <= known).collect();
            assert_eq!(positions(&trail), seen, "{upto:?}");
            assert_eq!(trail.not_yet, all - known);
            for (thing, one) in &trail.events {
                let of = looked_for(std::slice::from_ref(&one.event), std::slice::from_ref(thing));
                assert_eq!(of, [1]);
            }
        }
        for thing in &things {
            let trail = found(ledger, std::slice::from_ref(thing)).await.unwrap();
            assert_eq!(positions(&trail), looked_for(events, std::slice::from_ref(thing)));
        }
    });
}

#[test]
fn the_beginning_of_a_commit_finds_its_builds_and_what_was_deployed_of_it() {
    let commit = "3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9";
    // The same beginning, another commit.
    let other = "3f1c9aa3f1000000000000000000000000000000";
    let event = |kind: &str, key: &str, subject: &str, commit: &str| {
        Event::new(kind, Timestamp::from_seconds(1), "s", key, subject).about(role::COMMIT, commit)
    };
    let events = [
        event(kind::CI_FINISHED, "1", "build:b/1", commit),
        event(kind::CI_FINISHED, "2", "build:b/2", other),
        event(kind::DEPLOY_FINISHED, "3", "deployment:d/1", commit),
        event(kind::GATE_DECIDED, "4", "build:b/1", commit),
        event(kind::TESTS_RECORDED, "5", "build:b/1", "3f1c"),
        event(kind::CI_FINISHED, "6", "build:b/3", "not hexadecimal"),
        event("coffee.brewed", "7", "x", commit),
    ];
    run(async {
        let ledger = Ledger::in_memory().await.unwrap();
        ledger.append(&events).await.unwrap();
        for folded in [false, true] {
            if folded {
                ledger.catch_up_rows::<Trails>(&mut |_| ()).await.unwrap();
            }
            let by = async |table, key: &str| {
                positions(&found(&ledger, &[Thing::new(table, key)]).await.unwrap())
            };
            assert_eq!(by(Table::Builds, commit).await, [1, 3, 4]);
            assert_eq!(by(Table::Builds, &commit[..SHORT]).await, [1, 2, 3, 4]);
            assert_eq!(by(Table::Deployment, "d/1").await, [3]);
        }
    });
}

#[test]
fn what_no_event_names_is_found_nowhere() {
    run(async {
        let ledger = Ledger::in_memory().await.unwrap();
        let odd = ["", "\0", "a'; DROP TABLE things; --", &"x".repeat(100_000), "ä\u{202e}"];
        let odd: Vec<Thing> =
            odd.iter().flat_map(|key| Table::ALL.map(|table| Thing::new(table, *key))).collect();
        for _ in 0..2 {
            let trail = found(&ledger, &odd).await.unwrap();
            assert_eq!((trail.events.len(), trail.not_yet, trail.is_cut), (0, 0, false));
            ledger.append(&EVENTS[..50]).await.unwrap();
            ledger.catch_up_rows::<Trails>(&mut |_| ()).await.unwrap();
        }
    });
}

proptest! {
    /// An entry gives back its place, and no entry of another number stands in its way.
    #[test]
    fn entries_give_back_their_places(
        entries in prop::collection::vec((any::<u64>(), 0..BLOCK), 0..40),
        block in 0_i64..1_000,
    ) {
        let mut row = Vec::new();
        for (number, place) in &entries {
            row.extend(mark(*number));
            row.extend(&place.to_be_bytes()[5..]);
        }
        for (number, _) in &entries {
            let same = entries.iter().filter(|(other, _)| mark(*other) == mark(*number));
            let expected: Vec<_> =
                same.map(|(_, place)| Position(block * BLOCK + place)).collect();
            prop_assert_eq!(places(&row, *number, block).collect::<Vec<_>>(), expected);
        }
    }
}
