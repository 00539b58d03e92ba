//! What only single executions tell, and states made anew from them.

use tl_core::time::Millis;

use super::*;
use crate::order_dependence::{Effect, suspects};
use crate::state::TestState;
use crate::{compact, cost};

#[tokio::test]
async fn the_order_of_the_reports_names_the_test_before() {
    let home = Home::new();
    // `ships` is red whenever `pollutes` ran before it, whatever else did.
    for number in 0..8 {
        let other = case(&format!("other {number}"), Status::Passed);
        let pollutes = case("pollutes", Status::Passed);
        let cases = if number % 2 == 0 {
            [other, pollutes, case("ships", Status::Failed)]
        } else {
            [other, case("ships", Status::Passed), pollutes]
        };
        home.record(&info(number), &cases).await;
    }
    for number in 12..16 {
        let cases = [
            case("pollutes", Status::Passed),
            case("adds", Status::Passed),
            case("ships", Status::Failed),
        ];
        home.record(&info(number), &cases).await;
        // Skipped is not run.
        let alone = [case("pollutes", Status::Skipped), case("ships", Status::Passed)];
        home.record(&info(100 + number), &alone).await;
    }
    let history = home.known().await;
    let row = |name: &str| history.row(&name::key(&test(name))).unwrap();
    let ledger = home.ledger().await;
    let runs = orders(&ledger, &home.place(), LAKE, row("ships")).await.unwrap();
    assert_eq!((runs.len(), runs.iter().filter(|run| run.red).count()), (16, 8));
    let found = suspects(&runs);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].tests.as_slice(), found[0].effect),
        ([row("pollutes")].as_slice(), Effect::Pollutes)
    );
    // Nothing was before the first test of all.
    let first = orders(&ledger, &home.place(), LAKE, row("other 0")).await.unwrap();
    assert!(first.iter().all(|run| run.before.is_empty()));
}

#[tokio::test]
async fn attempts_that_only_flaky_tests_made_red_are_lost() {
    let home = Home::new();
    let both = |adds, ships| [case("adds", adds), case("ships", ships)];
    home.record(&info(1), &both(Status::Failed, Status::Passed)).await;
    let rerun = RunInfo { attempt: 2, digest: "b".repeat(64), ..info(1) };
    home.record(&rerun, &both(Status::Passed, Status::Passed)).await;
    // A retry within the run made it green: nothing was lost but the retry.
    home.record(&info(2), &retried("adds")).await;
    let rerun = RunInfo { attempt: 2, digest: "c".repeat(64), ..info(2) };
    home.record(&rerun, &both(Status::Passed, Status::Passed)).await;
    let history = home.known().await;
    let (ledger, place) = (home.ledger().await, home.place());
    let since = info(0).at;
    let told = attempts(&ledger, &place, LAKE, &history, since, |_| None).await.unwrap();
    assert_eq!(told.len(), 4);
    let minutes = told[0].minutes;
    assert!((minutes - 0.024 / 60.0).abs() < 1e-6, "{minutes}");
    let by_ci = attempts(&ledger, &place, LAKE, &history, since, |_| Some((10.0, 3.0)));
    let cost = cost::of(&by_ci.await.unwrap());
    assert_eq!((cost.attempts, cost.lost, cost.minutes), (4, 1, 13.0));
    assert_eq!(cost.tests[0].test, history.row(&name::key(&test("adds"))).unwrap());
}

#[tokio::test]
async fn states_follow_from_the_lake_alone() {
    let home = Home::new();
    for number in 0..70 {
        let mut cases = vec![case("adds", Status::Passed)];
        if number % 9 == 4 {
            cases.extend(retried("ships"));
        } else {
            let status = if number > 60 { Status::Failed } else { Status::Passed };
            cases.push(case("ships", status));
        }
        home.record(&info(number), &cases).await;
    }
    let (ledger, place) = (home.ledger().await, home.place());
    let now = info(70).at + Millis::days(3);
    compact::compact(&ledger, &place, LAKE, false, now).await.unwrap();
    let before = home.known().await;
    let whole = rebuild(&ledger, &place, LAKE, true, now).await.unwrap();
    assert_eq!(whole, Rebuilt { tests: 2, changed: 0, rows: 148 });
    assert_eq!(home.known().await.generation(), before.generation());

    // A state that somebody damaged is made anew.
    let value = crate::state::encode([(0, &TestState::default())]);
    let packs = [Pack { name: "state/0".to_owned(), block: 0, value }];
    let swap = Swap {
        lake: LAKE,
        expected: before.generation(),
        add: &[],
        remove: &[],
        packs: &packs,
        events: &[],
        at: now,
    };
    ledger.swap(&swap).await.unwrap();
    let compared = rebuild(&ledger, &place, LAKE, false, now).await.unwrap();
    assert_eq!((compared.tests, compared.changed), (2, 2));
    rebuild(&ledger, &place, LAKE, true, now).await.unwrap();
    let after = home.known().await;
    for name in ["adds", "ships"] {
        assert_eq!(state_of(&after, name), state_of(&before, name));
    }
}
