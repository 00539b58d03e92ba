use proptest::prelude::*;

use super::*;
use crate::Position;
use crate::fixtures::{Home, event, events, on_both, run};

fn segment(id: u64) -> Segment {
    Segment {
        id,
        level: 0,
        rows: 10 * id,
        bytes: 1000 + id,
        first: Timestamp::from_seconds(-5),
        last: Timestamp::from_seconds(7),
        tests: (0, u32::MAX),
        sha256: format!("{id:064x}"),
        path: format!("results/L0/{id}-abc.parquet"),
    }
}

fn pack(name: &str, block: u32, value: &[u8]) -> Pack {
    Pack { name: name.to_owned(), block, value: value.to_vec() }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A swap of nothing; the tests say what else there is in it.
fn swap(expected: u64) -> Swap<'static> {
    Swap { lake: "results", expected, add: &[], remove: &[], packs: &[], events: &[], at: at(100) }
}

fn is_late(done: Result<Swapped, SwapError>, wanted: u64) -> bool {
    matches!(done, Err(SwapError::Late { found, .. }) if found == wanted)
}

fn standing(manifest: &Manifest) -> Standing {
    Standing { generation: manifest.generation, next: manifest.next }
}

#[test]
fn files_packs_and_events_of_a_swap_come_back_as_they_were() {
    on_both(async |home| {
        let ledger = home.open().await;
        assert_eq!(ledger.lake("results").await.unwrap(), Manifest::EMPTY);
        assert_eq!(ledger.packs("results", &["tests"]).await.unwrap(), (Standing::EMPTY, vec![]));
        let (add, told) = ([segment(1), segment(2)], events("throughline", 2));
        let packs = [pack("tests", 1, b"b"), pack("tests", 0, &[0, 255]), pack("state/7", 3, b"")];
        let first = Swap { add: &add, packs: &packs, events: &told, ..swap(0) };
        let done = ledger.swap(&first).await.unwrap();
        assert_eq!(done, Swapped::Done { generation: 1 });
        ledger.close().await.unwrap();

        let ledger = home.open().await;
        let manifest = ledger.lake("results").await.unwrap();
        let wanted = Manifest { generation: 1, next: 3, segments: add.to_vec() };
        assert_eq!(manifest, wanted);
        let (Standing { generation, .. }, read) =
            ledger.packs("results", &["tests", "nothing"]).await.unwrap();
        assert_eq!((generation, read), (1, vec![packs[1].clone(), packs[0].clone()]));
        assert_eq!(ledger.end().await.unwrap(), Position(2));
        assert_eq!(ledger.lake("another").await.unwrap(), Manifest::EMPTY);
    });
}

#[test]
fn packs_are_written_over_and_read_by_family_or_one_by_one() {
    on_both(async |home| {
        let ledger = home.open().await;
        let old = [pack("state/1", 0, b"old"), pack("state/10", 0, b"x"), pack("state0", 0, b"no")];
        ledger.swap(&Swap { packs: &old, ..swap(0) }).await.unwrap();
        let new = [pack("state/1", 0, b"new"), pack("state/1", 9, b"more")];
        ledger.swap(&Swap { packs: &new, ..swap(1) }).await.unwrap();
        let (Standing { generation, .. }, read) =
            ledger.packs("results", &["state/"]).await.unwrap();
        assert_eq!(generation, 2);
        assert_eq!(read, [new[0].clone(), new[1].clone(), old[1].clone()]);
        let wanted = [("state/1", 9), ("state/1", 8), ("state0", 0)];
        let (_, read) = ledger.blocks("results", &wanted).await.unwrap();
        assert_eq!(read, [new[1].clone(), old[2].clone()]);
    });
}

#[test]
fn who_saw_an_older_generation_changes_nothing_and_is_told() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.swap(&Swap { add: &[segment(1)], ..swap(0) }).await.unwrap();
        let before = ledger.lake("results").await.unwrap();
        for expected in [0, 2, u64::MAX] {
            let (told, add) = (events("throughline", 1), [segment(2)]);
            let late = Swap {
                add: &add,
                packs: &[pack("tests", 0, b"x")],
                events: &told,
                ..swap(expected)
            };
            assert!(is_late(ledger.swap(&late).await, 1));
        }
        assert_eq!(ledger.lake("results").await.unwrap(), before);
        assert_eq!(ledger.packs("results", &["tests"]).await.unwrap(), (standing(&before), vec![]));
        assert_eq!(ledger.end().await.unwrap(), Position(0));
        // A lake that nobody wrote to stays one when its first writer is late.
        assert!(is_late(ledger.swap(&Swap { lake: "new", ..swap(3) }).await, 0));
        assert_eq!(ledger.lake("new").await.unwrap(), Manifest::EMPTY);
    });
}

/// The same reports may be handed in twice, by a job that is run again or by two at once.
#[test]
fn what_was_told_before_changes_nothing_a_second_time() {
    on_both(async |home| {
        let ledger = home.open().await;
        let told = [event("throughline", 1)];
        ledger.swap(&Swap { add: &[segment(1)], events: &told, ..swap(0) }).await.unwrap();
        let before = ledger.lake("results").await.unwrap();
        // With another event that is new, with other content, and under a path that is there.
        let mut other = told.clone();
        other[0].actor = Some("bo".to_owned());
        let more = [event("throughline", 2), told[0].clone()];
        let same = Segment { id: 2, ..segment(1) };
        for (events, add) in [(&more[..], segment(2)), (&other, segment(2)), (&told, same)] {
            let again = Swap { add: &[add], packs: &[pack("tests", 0, b"x")], events, ..swap(1) };
            assert_eq!(ledger.swap(&again).await.unwrap(), Swapped::AlreadyThere);
        }
        assert_eq!(ledger.lake("results").await.unwrap(), before);
        assert_eq!(ledger.packs("results", &["tests"]).await.unwrap(), (standing(&before), vec![]));
        assert_eq!(ledger.end().await.unwrap(), Position(1));
        // The names are known as they are on disk: what was undone can be told later.
        assert_eq!(ledger.append(&more).await.unwrap().new, 1);
        ledger.check().await.unwrap();
    });
}

#[test]
fn files_taken_out_are_named_until_they_are_forgotten() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.swap(&Swap { add: &[segment(1), segment(2)], ..swap(0) }).await.unwrap();
        let together = Segment { level: 1, ..segment(3) };
        let compacted =
            Swap { add: std::slice::from_ref(&together), remove: &[1, 2], at: at(200), ..swap(1) };
        ledger.swap(&compacted).await.unwrap();
        assert_eq!(ledger.lake("results").await.unwrap().segments, [together]);
        assert_eq!(ledger.doomed("results", at(200)).await.unwrap(), []);
        let doomed = ledger.doomed("results", at(201)).await.unwrap();
        assert_eq!(doomed, [segment(1), segment(2)]);
        // What is listed is not forgotten.
        ledger.forget("results", &[1, 3]).await.unwrap();
        assert_eq!(ledger.doomed("results", at(201)).await.unwrap(), [segment(2)]);
        assert_eq!(ledger.lake("results").await.unwrap().segments.len(), 1);
        // Numbers are never used again.
        assert_eq!(ledger.lake("results").await.unwrap().next, 4);
    });
}

#[test]
fn a_swap_that_contradicts_itself_changes_nothing() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.swap(&Swap { add: &[segment(1)], ..swap(0) }).await.unwrap();
        let twice = [event("throughline", 1), event("throughline", 1)];
        let same_path = [Segment { id: 2, ..segment(1) }];
        let turned = [Segment { first: at(9), last: at(8), ..segment(2) }];
        let empty = [Segment { rows: 0, ..segment(2) }];
        let wrong = [
            Swap { add: &[segment(3)], ..swap(1) },
            Swap { add: &[segment(1)], ..swap(1) },
            Swap { add: &[segment(2), segment(2)], ..swap(1) },
            Swap { add: &same_path, ..swap(1) },
            Swap { add: &turned, ..swap(1) },
            Swap { add: &empty, ..swap(1) },
            Swap { remove: &[7], ..swap(1) },
            Swap { remove: &[1, 1], ..swap(1) },
            Swap { events: &twice, ..swap(1) },
        ];
        for wrong in &wrong {
            let done = ledger.swap(wrong).await;
            assert!(matches!(done, Err(SwapError::Wrong { .. })), "{wrong:?}: {done:?}");
        }
        let listed = ledger.lake("results").await.unwrap();
        assert_eq!((listed.generation, listed.segments), (1, vec![segment(1)]));
    });
}

#[test]
fn where_an_event_cannot_be_written_the_file_is_not_listed_either() {
    on_both(async |home| {
        let ledger = home.open().await;
        let told = events("throughline", 1);
        ledger.session().await.connection.run("ALTER TABLE events RENAME TO away").await.unwrap();
        let add = [segment(1)];
        let done = ledger.swap(&Swap { add: &add, events: &told, ..swap(0) }).await;
        assert!(matches!(done, Err(SwapError::Store { .. })), "{done:?}");
        ledger.session().await.connection.run("ALTER TABLE away RENAME TO events").await.unwrap();
        assert_eq!(ledger.lake("results").await.unwrap(), Manifest::EMPTY);
        ledger.swap(&Swap { add: &add, events: &told, ..swap(0) }).await.unwrap();
        ledger.check().await.unwrap();
    });
}

#[test]
fn numbers_that_no_lake_has_are_an_error_and_no_panic() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.swap(&Swap { add: &[segment(1)], ..swap(0) }).await.unwrap();
        let spoil = "UPDATE segments SET level = 256";
        ledger.session().await.connection.run(spoil).await.unwrap();
        let err = ledger.lake("results").await.unwrap_err();
        assert!(format!("{:?}", err.source).contains("holds 256"), "{err:?}");
    });
}

/// What the process tests do: each writer adds one file a round, and tries again when it was late.
pub(super) async fn add_until_done(ledger: &Ledger, source: &str, rounds: std::ops::Range<u32>) {
    for round in rounds {
        loop {
            let manifest = ledger.lake("results").await.unwrap();
            let (Standing { generation, .. }, packs) =
                ledger.packs("results", &["count"]).await.unwrap();
            let count = packs
                .first()
                .map_or(0, |pack| u32::from_le_bytes(pack.value.as_slice().try_into().unwrap()));
            let path = format!("{}-{source}-{round}", manifest.next);
            let add = [Segment { path, ..segment(manifest.next) }];
            let packs = [pack("count", 0, &(count + 1).to_le_bytes())];
            let told = [event(source, round)];
            let swap = Swap { add: &add, packs: &packs, events: &told, ..swap(generation) };
            match ledger.swap(&swap).await {
                Ok(Swapped::Done { .. } | Swapped::AlreadyThere) => break,
                Err(SwapError::Late { .. }) => {}
                // Manifest and packs were read one after the other.
                Err(SwapError::Wrong { .. }) if manifest.generation != generation => {}
                Err(err) => panic!("{err:?}"),
            }
        }
    }
}

/// Files, events and what is counted in a pack are one number, or a swap was torn.
pub(super) async fn agreed_count(ledger: &Ledger) -> u32 {
    let manifest = ledger.lake("results").await.unwrap();
    let (Standing { generation, .. }, packs) = ledger.packs("results", &["count"]).await.unwrap();
    let end = u32::try_from(ledger.end().await.unwrap().0).unwrap();
    let count = packs
        .first()
        .map_or(0, |pack| u32::from_le_bytes(pack.value.as_slice().try_into().unwrap()));
    assert_eq!(manifest.segments.len(), count as usize);
    assert_eq!((end, generation, manifest.next), (count, u64::from(count), u64::from(count) + 1));
    count
}

#[test]
fn writers_that_are_late_try_again_and_nothing_is_lost_or_doubled() {
    on_both(async |home| {
        let (one, two) = (home.open().await, home.open().await);
        let both = futures_util::future::join(
            add_until_done(&one, "a", 0..20),
            add_until_done(&two, "b", 0..20),
        );
        both.await;
        assert_eq!(agreed_count(&one).await, 40);
    });
}

/// One step of a history of swaps.
#[derive(Debug, Clone)]
enum Step {
    Add(u8),
    Remove(prop::sample::Index),
    Late(u64),
    Again,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..4u8).prop_map(Step::Add),
        any::<prop::sample::Index>().prop_map(Step::Remove),
        (1..3u64).prop_map(Step::Late),
        Just(Step::Again),
    ];
    prop::collection::vec(step, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The manifest is what the swaps that were done say, in their order, and nothing else.
    #[test]
    fn the_manifest_is_the_sum_of_the_swaps_that_were_done(steps in steps()) {
        run(async {
            let ledger = Home::open_at(&Home::Sqlite(tempfile::tempdir().unwrap()).place()).await;
            let mut wanted = Manifest::EMPTY;
            for (number, step) in (0..).zip(steps) {
                let told = [event("throughline", number)];
                let base = Swap { events: &told, ..swap(wanted.generation) };
                match step {
                    Step::Add(count) => {
                        let add: Vec<Segment> =
                            (wanted.next..).take(count.into()).map(segment).collect();
                        ledger.swap(&Swap { add: &add, ..base }).await.unwrap();
                        wanted.next += u64::from(count);
                        wanted.segments.extend(add);
                        wanted.generation += 1;
                    }
                    Step::Remove(which) if !wanted.segments.is_empty() => {
                        let gone = wanted.segments.remove(which.index(wanted.segments.len()));
                        ledger.swap(&Swap { remove: &[gone.id], ..base }).await.unwrap();
                        wanted.generation += 1;
                    }
                    Step::Late(by) => {
                        let late = Swap { expected: wanted.generation + by, ..base };
                        let add = [segment(wanted.next)];
                        let done = ledger.swap(&Swap { add: &add, ..late }).await;
                        prop_assert!(done.is_err());
                    }
                    Step::Remove(_) | Step::Again => {
                        ledger.append(&told).await.unwrap();
                        let done = ledger.swap(&Swap { add: &[segment(wanted.next)], ..base }).await;
                        prop_assert_eq!(done.unwrap(), Swapped::AlreadyThere);
                    }
                }
                prop_assert_eq!(&ledger.lake("results").await.unwrap(), &wanted);
            }
            Ok(())
        })?;
    }
}
