use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::counts::EventCounts;
use crate::fixtures::{event, events, on_both, run};

/// The same name as version 1 below, with another shape.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kinds(Vec<String>);

impl Projection for Kinds {
    const NAME: &'static str = EventCounts::NAME;
    const VERSION: u32 = 2;

    fn apply(&mut self, recorded: &Recorded) {
        self.0.push(recorded.event.kind.clone());
    }
}

#[test]
fn a_raised_version_is_folded_from_the_first_event() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 5)).await.unwrap();
        let old = ledger.catch_up::<EventCounts>().await.unwrap();
        let new = ledger.catch_up::<Kinds>().await.unwrap();
        assert_eq!(new.state.0.len(), 5);
        // An older program beside a newer one still has its answer, and takes nothing away.
        assert_eq!(ledger.catch_up::<EventCounts>().await.unwrap(), old);
        assert_eq!(ledger.stored::<Kinds>().await.unwrap().unwrap(), new);
    });
}

#[test]
fn a_stored_state_is_used_and_one_that_cannot_be_read_is_folded_anew() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 5)).await.unwrap();
        let right = ledger.catch_up::<EventCounts>().await.unwrap();
        let tamper = async |state: &str| {
            let mut session = ledger.session().await;
            let sql = "UPDATE projections SET state = $1";
            session.connection.execute(sql, &[Arg::Text(state)]).await.unwrap();
        };
        tamper(r#"{"sources":{}}"#).await;
        let stored = ledger.catch_up::<EventCounts>().await.unwrap();
        assert_eq!(stored.state, EventCounts::default());
        tamper("{").await;
        assert_eq!(ledger.catch_up::<EventCounts>().await.unwrap(), right);
    });
}

#[test]
fn a_slower_process_does_not_take_a_projection_back() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 3)).await.unwrap();
        let slow = ledger.catch_up::<EventCounts>().await.unwrap();
        ledger.append(&events("gitlab", 3)).await.unwrap();
        let fast = ledger.catch_up::<EventCounts>().await.unwrap();
        ledger.store(&slow).await.unwrap();
        assert_eq!(ledger.stored::<EventCounts>().await.unwrap().unwrap(), fast);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A projection may stop after any event, also in another process's life, and resume later
    /// with the same result; a rebuild gives that result too.
    #[test]
    fn a_projection_resumes_anywhere(
        numbers in prop::collection::vec(0u32..1000, 0..60),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        run(async {
            let history: Vec<_> = numbers.iter().map(|n| event("github", *n)).collect();
            let mut stops: Vec<usize> =
                cuts.iter().map(|cut| cut.index(history.len() + 1)).collect();
            stops.push(history.len());
            stops.sort_unstable();
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("ledger.db");
            let mut begin = 0;
            let mut resumed = Projected::<EventCounts>::default();
            for stop in stops {
                let ledger = Ledger::open(&path).await.unwrap();
                ledger.append(&history[begin..stop]).await.unwrap();
                resumed = ledger.catch_up().await.unwrap();
                ledger.close().await.unwrap();
                begin = stop;
            }
            let at_once = Ledger::in_memory().await.unwrap();
            at_once.append(&history).await.unwrap();
            prop_assert_eq!(&at_once.catch_up::<EventCounts>().await.unwrap(), &resumed);
            let ledger = Ledger::open(&path).await.unwrap();
            prop_assert_eq!(&ledger.rebuild::<EventCounts>().await.unwrap(), &resumed);
            Ok(())
        })?;
    }

    /// The order of appending changes nothing.
    #[test]
    fn shuffled_events_count_the_same(
        (ordered, shuffled) in prop::collection::vec(0u32..1000, 0..60)
            .prop_flat_map(|numbers| (Just(numbers.clone()), Just(numbers).prop_shuffle())),
    ) {
        let counts = |numbers: Vec<u32>| run(async move {
            let ledger = Ledger::in_memory().await.unwrap();
            let history: Vec<_> = numbers.iter().map(|n| event("github", *n)).collect();
            ledger.append(&history).await.unwrap();
            ledger.catch_up::<EventCounts>().await.unwrap()
        });
        prop_assert_eq!(counts(ordered), counts(shuffled));
    }
}

#[tokio::test]
async fn more_than_a_page_of_events_is_folded_whole() {
    let ledger = Ledger::in_memory().await.unwrap();
    let count = u32::try_from(PAGE).unwrap() * 2 + 1;
    ledger.append(&events("github", count)).await.unwrap();
    let counted = ledger.catch_up::<EventCounts>().await.unwrap();
    let kinds = &counted.state.sources["github"];
    assert_eq!(kinds.values().map(|count| count.events).sum::<u64>(), u64::from(count));
    assert_eq!(counted.position, Position(i64::from(count)));
}
