//! What readers get while the ledger grows.

use std::sync::atomic::{AtomicUsize, Ordering as Order};

use tl_core::time::Timestamp;

use super::*;
use crate::question::Period;

fn clock() -> Timestamp {
    Timestamp::from_seconds(1_793_491_200)
}

/// A board that counts its measurements, and says in a note how many there were.
fn board(fails: bool) -> (Board, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let empty = crate::testing::empty_measured();
    let measure = move |_: &Question| {
        let number = seen.fetch_add(1, Order::SeqCst) + 1;
        if fails && number == 1 {
            return Err("the disk is full".to_owned());
        }
        assert!(number < 100, "this panic is part of a test");
        Ok(Measured { notes: vec![number.to_string()], ..empty.clone() })
    };
    (Board::new(Box::new(measure), clock), count)
}

async fn note(board: &Board, question: &Question) -> String {
    board.ask(question).await.unwrap().measured.notes[0].clone()
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_measurement() {
    let (board, count) = board(false);
    let question = Question::default();
    let asked = futures_util::future::join_all((0..50).map(|_| note(&board, &question))).await;
    assert!(asked.iter().all(|note| note == "1"), "{asked:?}");
    assert_eq!(count.load(Order::SeqCst), 1);
}

#[tokio::test]
async fn who_asks_while_the_ledger_grows_gets_the_last_answer_and_then_the_new_one() {
    let (board, _) = board(false);
    let question = Question::default();
    assert_eq!(note(&board, &question).await, "1");
    board.changed();
    assert!(board.is_stale(&board.ask(&question).await.unwrap()));
    // Not before four times as long has passed as the measurement took, which is next to nothing.
    while note(&board, &question).await == "1" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(note(&board, &question).await, "2");
    assert!(!board.is_stale(&board.ask(&question).await.unwrap()));
}

#[tokio::test]
async fn what_could_not_be_measured_is_tried_again_by_whoever_asks_next() {
    let (board, _) = board(true);
    let question = Question::default();
    assert_eq!(&*board.ask(&question).await.unwrap_err(), "the disk is full");
    assert_eq!(note(&board, &question).await, "2");
}

#[tokio::test]
async fn no_more_is_kept_than_there_is_room_for() {
    let (board, count) = board(false);
    let of = |days| Question { period: Period::Days(days), ..Question::default() };
    for days in 1..=u32::try_from(KEPT).unwrap() + 3 {
        board.ask(&of(days)).await.unwrap();
    }
    assert_eq!(board.known.lock().unwrap().entries.len(), KEPT);
    let before = count.load(Order::SeqCst);
    // The last one is kept, the first one is not.
    board.ask(&of(u32::try_from(KEPT).unwrap() + 3)).await.unwrap();
    assert_eq!(count.load(Order::SeqCst), before);
    board.ask(&of(1)).await.unwrap();
    assert_eq!(count.load(Order::SeqCst), before + 1);
}

#[tokio::test]
async fn a_measurement_that_breaks_off_is_said_and_ends_nothing() {
    let (board, count) = board(false);
    count.store(99, Order::SeqCst);
    let question = Question::default();
    let why = board.ask(&question).await.unwrap_err();
    assert!(why.contains("a bug of the program"), "{why}");
    count.store(0, Order::SeqCst);
    assert_eq!(note(&board, &question).await, "1");
}
