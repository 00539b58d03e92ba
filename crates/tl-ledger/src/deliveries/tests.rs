use std::collections::BTreeSet;

use proptest::prelude::*;
use tl_core::time::{Millis, Timestamp};

use super::*;
use crate::Position;
use crate::fixtures::{event, on_both, run};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_491_200 + seconds)
}

fn delivery(number: u8) -> Delivery {
    Delivery {
        source: "forge".to_owned(),
        id: format!("id-{number}"),
        digest: [number; 16],
        received: at(number.into()),
        headers: vec![("x-github-event".to_owned(), "push".to_owned())],
        body: vec![number; usize::from(number) * 100],
    }
}

fn folded(number: i64, events: u64) -> Settled {
    Settled { number, events, problem: None, is_failed: false }
}

async fn claim(ledger: &Ledger) -> Vec<Claimed> {
    ledger.claim(at(1_000), 100, u64::MAX).await.unwrap()
}

#[test]
fn a_delivery_waits_until_its_events_are_in_the_ledger() {
    on_both(async |home| {
        let ledger = home.open().await;
        assert!(!ledger.has_waiting().await.unwrap());
        assert_eq!(ledger.accept(&[delivery(1), delivery(2)]).await.unwrap(), [true, true]);
        assert!(ledger.has_waiting().await.unwrap());
        let claimed = claim(&ledger).await;
        let Delivery { source, received, headers, body, .. } = delivery(2);
        let number = claimed[1].number;
        assert_eq!(claimed[1], Claimed { number, source, received, headers, body });
        assert!(claim(&ledger).await.is_empty(), "it is in somebody's hands");
        let settled = [folded(claimed[0].number, 0), folded(number, 2)];
        let events = [event("github", 1), event("github", 2)];
        let appended = ledger.settle(at(1_001), &settled, &events).await.unwrap();
        assert_eq!(appended.new, 2);
        assert_eq!(ledger.end().await.unwrap(), Position(2));
        assert!(!ledger.has_waiting().await.unwrap());
        let listed = ledger.deliveries(State::Folded, 10).await.unwrap();
        assert_eq!(listed[0].events, 2);
        assert_eq!((listed[0].bytes, listed[0].attempts), (200, 1));
        assert_eq!(ledger.last_delivery("forge").await.unwrap().unwrap().id, "id-2");
        ledger.check().await.unwrap();
    });
}

#[test]
fn what_comes_again_is_stored_once_also_within_a_batch_and_after_it_was_folded() {
    on_both(async |home| {
        let ledger = home.open().await;
        let twice = [delivery(1), delivery(2), delivery(1)];
        assert_eq!(ledger.accept(&twice).await.unwrap(), [true, true, false]);
        for one in claim(&ledger).await {
            ledger.settle(at(1_001), &[folded(one.number, 0)], &[]).await.unwrap();
        }
        assert_eq!(
            ledger.accept(&[delivery(2), delivery(3), delivery(1)]).await.unwrap(),
            [false, true, false]
        );
        assert_eq!(ledger.backlog().await.unwrap().waiting, 1);
        assert!(ledger.accept(&[]).await.unwrap().is_empty());
    });
}

#[test]
fn a_batch_is_bounded_in_bytes_and_the_first_is_always_in_it() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.accept(&[delivery(9), delivery(1), delivery(2)]).await.unwrap();
        let sizes = async || -> Vec<usize> {
            let claimed = ledger.claim(at(1_000), 100, 250).await.unwrap();
            claimed.iter().map(|one| one.body.len()).collect()
        };
        assert_eq!(
            [sizes().await, sizes().await, sizes().await],
            [vec![900], vec![100], vec![200]]
        );
    });
}

/// Its reader is killed each time; those beside it must not wait, nor share its fate.
#[test]
fn what_ends_its_reader_is_handled_alone_and_set_aside_in_the_end() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.accept(&[delivery(1), delivery(2), delivery(3)]).await.unwrap();
        let mut now = at(1_000);
        let claimed = ledger.claim(now, 100, u64::MAX).await.unwrap();
        let poisoned = claimed[1].number;
        assert_eq!(ledger.claim_again(now).await.unwrap(), None, "the lease holds");
        let mut attempts = 1;
        for _ in 0..100 {
            now = now + LEASE;
            match ledger.claim_again(now).await.unwrap() {
                Some(one) if one.number == poisoned => attempts += 1,
                Some(one) => {
                    ledger.settle(now, &[folded(one.number, 0)], &[]).await.unwrap();
                }
                None => break,
            }
        }
        assert_eq!(attempts, ATTEMPTS);
        let listed = ledger.deliveries(State::Failed, 10).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert!(listed[0].problem.as_ref().unwrap().contains("5 times"), "{listed:?}");
        let backlog = ledger.backlog().await.unwrap();
        assert_eq!((backlog.waiting, backlog.failed), (0, 1));
        assert!(ledger.try_again(poisoned).await.unwrap());
        assert_eq!(claim(&ledger).await[0].number, poisoned);
        assert!(!ledger.try_again(poisoned).await.unwrap(), "it waits already");
    });
}

#[test]
fn a_lease_from_a_clock_that_was_set_back_holds_nobody_up() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.accept(&[delivery(1)]).await.unwrap();
        let tomorrow = at(0) + Millis::DAY;
        assert_eq!(ledger.claim(tomorrow, 1, 1).await.unwrap().len(), 1);
        assert!(ledger.claim_again(at(0)).await.unwrap().is_some());
    });
}

#[test]
fn of_two_servers_each_takes_what_the_other_has_not_and_who_comes_late_changes_nothing() {
    on_both(async |home| {
        let (here, there) = (home.open().await, home.open().await);
        let all: Vec<Delivery> = (1..=6).map(delivery).collect();
        here.accept(&all).await.unwrap();
        let first = here.claim(at(1_000), 3, u64::MAX).await.unwrap();
        let second = there.claim(at(1_000), 100, u64::MAX).await.unwrap();
        let numbers: BTreeSet<i64> = first.iter().chain(&second).map(|one| one.number).collect();
        assert_eq!((first.len(), second.len(), numbers.len()), (3, 3, 6));
        // The lease of the first is over, and the other server is faster.
        let late = first[0].number;
        let again = there.claim_again(at(2_000)).await.unwrap().unwrap();
        assert_eq!(again.number, late);
        let events = [event("github", 1)];
        there.settle(at(2_000), &[folded(late, 1)], &events).await.unwrap();
        let failed =
            Settled { number: late, events: 0, problem: Some("late".to_owned()), is_failed: true };
        let appended = here.settle(at(2_001), &[failed], &events).await.unwrap();
        assert_eq!((appended.new, appended.known), (0, 1));
        let listed = here.deliveries(State::Folded, 10).await.unwrap();
        assert_eq!((listed[0].number, listed[0].problem.as_deref()), (late, None));
    });
}

#[test]
fn events_that_the_ledger_does_not_take_leave_the_delivery_waiting() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.accept(&[delivery(1)]).await.unwrap();
        let claimed = claim(&ledger).await;
        let mut wrong = event("github", 1);
        wrong.key = String::new();
        let settled = [folded(claimed[0].number, 2)];
        ledger.settle(at(1_001), &settled, &[event("github", 2), wrong]).await.unwrap_err();
        assert!(ledger.has_waiting().await.unwrap());
        assert_eq!(ledger.end().await.unwrap(), Position::START);
        ledger.settle(at(1_001), &settled, &[event("github", 2)]).await.unwrap();
        assert_eq!(ledger.end().await.unwrap(), Position(1));
    });
}

#[test]
fn old_deliveries_are_forgotten_a_few_at_a_time_and_what_waits_never_is() {
    on_both(async |home| {
        let ledger = home.open().await;
        let all: Vec<Delivery> = (1..=5).map(delivery).collect();
        ledger.accept(&all).await.unwrap();
        for (place, one) in claim(&ledger).await.into_iter().enumerate() {
            if place == 4 {
                break;
            }
            let settled = Settled { is_failed: place == 3, ..folded(one.number, 0) };
            ledger.settle(at(0) + Millis::days(place as i64), &[settled], &[]).await.unwrap();
        }
        let later = at(0) + Millis::days(30);
        assert_eq!(ledger.forget_deliveries(later, at(0), 2).await.unwrap(), 2);
        assert_eq!(ledger.forget_deliveries(later, at(0), 2).await.unwrap(), 1);
        assert_eq!(ledger.forget_deliveries(later, at(0), 2).await.unwrap(), 0);
        let backlog = ledger.backlog().await.unwrap();
        assert_eq!((backlog.waiting, backlog.failed), (1, 1));
        assert_eq!(ledger.forget_deliveries(later, later, 2).await.unwrap(), 1);
        assert_eq!(ledger.accept(&[delivery(1)]).await.unwrap(), [true], "as if it were new");
    });
}

#[test]
fn a_problem_may_be_long_and_of_any_characters() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.accept(&[delivery(1)]).await.unwrap();
        let number = claim(&ledger).await[0].number;
        let problem = Some(format!("\0{}", "ä".repeat(5_000)));
        let settled = Settled { number, events: 0, problem, is_failed: true };
        ledger.settle(at(1), &[settled], &[]).await.unwrap();
        let listed = ledger.deliveries(State::Failed, 1).await.unwrap();
        let problem = listed[0].problem.as_deref().unwrap();
        assert!(problem.starts_with(" ä") && problem.len() <= 2_000);
    });
}

/// What may happen to a ledger with deliveries.
#[derive(Debug, Clone)]
enum Step {
    /// These come, as often as they stand there.
    Come(Vec<u8>),
    /// Some are claimed and settled; each tells the event of its number.
    Fold(usize),
    /// Some are claimed, and their reader is killed.
    Lose(usize),
    /// The lease of whoever was killed is over.
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        proptest::collection::vec(1..12_u8, 0..6).prop_map(Step::Come),
        (1..5_usize).prop_map(Step::Fold),
        (1..5_usize).prop_map(Step::Lose),
        Just(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In whatever order deliveries come, come again, are folded and lost by their readers: in the end
    /// each that was acknowledged told its event once.
    #[test]
    fn what_was_acknowledged_tells_its_events_once(steps in proptest::collection::vec(step(), 0..20)) {
        run(async {
            let ledger = Ledger::in_memory().await.unwrap();
            let (mut now, mut came) = (at(0), BTreeSet::new());
            let settle = async |now, claimed: Vec<Claimed>| {
                for one in claimed {
                    let events = [event("github", one.body[0].into())];
                    ledger.settle(now, &[folded(one.number, 1)], &events).await.unwrap();
                }
            };
            for step in steps {
                match step {
                    Step::Come(numbers) => {
                        let all: Vec<Delivery> = numbers.iter().copied().map(delivery).collect();
                        let new = ledger.accept(&all).await.unwrap();
                        for (number, is_new) in numbers.into_iter().zip(new) {
                            assert_eq!(came.insert(number), is_new);
                        }
                    }
                    Step::Fold(most) => {
                        let claimed = ledger.claim(now, most, u64::MAX).await.unwrap();
                        settle(now, claimed).await;
                    }
                    Step::Lose(most) => {
                        ledger.claim(now, most, u64::MAX).await.unwrap();
                    }
                    Step::Wait => now = now + LEASE,
                }
            }
            loop {
                now = now + LEASE;
                let claimed = ledger.claim(now, 100, u64::MAX).await.unwrap();
                let again = ledger.claim_again(now).await.unwrap();
                if claimed.is_empty() && again.is_none() {
                    break;
                }
                settle(now, claimed.into_iter().chain(again).collect()).await;
            }
            let told = ledger.read(Position::START, "", 1_000).await.unwrap();
            let keys: BTreeSet<String> = told.iter().map(|one| one.event.key.clone()).collect();
            assert_eq!(told.len(), came.len());
            assert_eq!(keys, came.iter().map(|number| format!("key-{number}")).collect());
        });
    }
}
