//! Folding beside what goes wrong: see also `intake/tests.rs`.

use tl_core::event::Event;
use tl_ledger::deliveries::{LEASE, State};

use super::*;
use crate::intake::Options;
use crate::intake::tests::{Server, opened, senders};

fn server() -> Server {
    Server::start(Options { senders: senders(), unsigned: false })
}

/// An event that no ledger takes.
fn impossible() -> Event {
    let at = crate::testing::now();
    Event::new("change.merged", at, "github", "", "change:acme/api#1")
}

#[test]
fn events_that_the_ledger_does_not_take_set_their_delivery_aside_alone() {
    let server = server();
    let numbers: Vec<i64> = (1..=3)
        .map(|number| {
            server.github("pull_request", &format!("id-{number}"), &opened(number));
            let claimed = server.wait(server.app.ledger.claim(crate::testing::now(), 9, 1));
            claimed.unwrap()[0].number
        })
        .collect();
    let told = |number: i64, events: Vec<Event>| Told {
        settled: Settled { number, events: 1, problem: None, is_failed: false },
        events,
    };
    let good = |key: &str| {
        let at = crate::testing::now();
        vec![Event::new("change.merged", at, "github", key, "change:acme/api#1")]
    };
    let all = vec![
        told(numbers[0], good("1")),
        told(numbers[1], vec![impossible()]),
        told(numbers[2], good("3")),
    ];
    server.wait(async {
        settle(&server.app, &all).await.unwrap_err();
        for one in all {
            settle_alone(&server.app, one).await;
        }
        let failed = server.app.ledger.deliveries(State::Failed, 9).await.unwrap();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].number, numbers[1]);
        assert!(failed[0].problem.as_ref().unwrap().contains("not accepted"), "{failed:?}");
        assert_eq!(server.app.ledger.deliveries(State::Folded, 9).await.unwrap().len(), 2);
        assert_eq!(server.app.ledger.end().await.unwrap().0, 2);
    });
}

#[test]
fn what_a_killed_server_had_in_hand_is_folded_when_its_lease_is_over() {
    let server = server();
    server.github("pull_request", "id-1", &opened(1));
    // One that was claimed by somebody who is gone, at the latest instant that is over now.
    let then = crate::testing::now() - LEASE;
    assert_eq!(server.wait(server.app.ledger.claim(then, 9, 1)).unwrap().len(), 1);
    server.github("pull_request", "id-2", &opened(2));
    server.fold();
    assert_eq!(server.wait(server.app.ledger.deliveries(State::Folded, 9)).unwrap().len(), 2);
}

#[test]
fn a_long_ledger_is_folded_in_slices_between_which_deliveries_are_taken() {
    let server = server();
    let merged = |number: usize| {
        let (key, subject) = (number.to_string(), format!("change:acme/api#{number}"));
        Event::new("change.merged", crate::testing::now(), "github", &key, &subject)
    };
    let old: Vec<Event> = (0..300).map(merged).collect();
    server.wait(async {
        let ledger = &server.app.ledger;
        ledger.append(&old).await.unwrap();
        assert_eq!(rows(&server.app, ledger, Duration::ZERO).await, Rows::More);
        assert_eq!(server.app.inlet.folded().0, 128);
        while rows(&server.app, ledger, Duration::ZERO).await == Rows::More {}
        assert_eq!(server.app.inlet.folded().0, 300);
    });
}

#[test]
fn rows_hold_what_came_before_anybody_asks() {
    let server = server();
    server.github("pull_request", "id-1", &opened(1));
    server.fold();
    server.wait(async {
        let found = rows(&server.app, &server.app.ledger, SLICE).await;
        assert_eq!(found, Rows::Folded);
        let (end, folded) = (server.app.ledger.end().await.unwrap(), server.app.inlet.folded());
        assert_eq!(end, folded);
        let table = tl_map::fold::Table::Request.number();
        assert_eq!(server.app.ledger.count_rows::<Things>(table, None).await.unwrap(), 1);
    });
}
