use tl_core::time::{Millis, Timestamp};

use super::*;
use crate::fixtures::on_both;

const EVERY: Millis = Millis::new(600_000);

fn at(minute: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_491_200 + minute * 60)
}

async fn one(ledger: &Ledger, now: Timestamp) -> Job {
    let mut jobs = ledger.jobs(now).await.unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

#[test]
fn of_two_servers_one_does_a_job_at_a_time() {
    on_both(async |home| {
        let (here, there) = (home.open().await, home.open().await);
        assert!(here.begin_job("forge", "here", at(0), EVERY).await.unwrap());
        assert!(!there.begin_job("forge", "there", at(0), EVERY).await.unwrap());
        assert!(one(&there, at(0)).await.is_running);
        assert!(!there.hold_job("forge", "there", at(0)).await.unwrap());
        let brought = Brought { new: 7, known: 2, ..Brought::default() };
        here.end_job("forge", "here", (at(1), at(11)), &brought).await.unwrap();
        assert!(!there.begin_job("forge", "there", at(10), EVERY).await.unwrap(), "not due yet");
        let job = one(&there, at(10)).await;
        assert_eq!((job.begun, job.ended, job.due), (Some(at(0)), Some(at(1)), Some(at(11))));
        assert_eq!((job.brought, job.is_running), (brought, false));
        assert!(there.begin_job("forge", "there", at(11), EVERY).await.unwrap());
    });
}

#[test]
fn a_job_whose_holder_fell_silent_is_done_by_another_and_the_first_changes_nothing_more() {
    on_both(async |home| {
        let ledger = home.open().await;
        assert!(ledger.begin_job("forge", "here", at(0), EVERY).await.unwrap());
        assert!(ledger.hold_job("forge", "here", at(5)).await.unwrap());
        assert!(!ledger.begin_job("forge", "there", at(5), EVERY).await.unwrap(), "it spoke");
        assert!(ledger.begin_job("forge", "there", at(7), EVERY).await.unwrap());
        assert!(!ledger.hold_job("forge", "here", at(7)).await.unwrap());
        let late = Brought { new: 1, ..Brought::default() };
        ledger.end_job("forge", "here", (at(8), at(9)), &late).await.unwrap();
        let job = one(&ledger, at(7)).await;
        assert!(job.is_running);
        assert_eq!(job.brought, Brought::default());
    });
}

#[test]
fn a_paused_job_rests_but_where_somebody_wants_it_now() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.pause_job("forge", true).await.unwrap();
        assert!(!ledger.begin_job("forge", "here", at(0), EVERY).await.unwrap());
        ledger.want_job("forge").await.unwrap();
        assert!(ledger.begin_job("forge", "here", at(0), EVERY).await.unwrap());
        let failed = Brought {
            problem: Some("the token is wrong\0".to_owned()),
            is_failed: true,
            ..Brought::default()
        };
        ledger.end_job("forge", "here", (at(0), at(1)), &failed).await.unwrap();
        let job = one(&ledger, at(0)).await;
        assert_eq!(job.brought.problem.as_deref(), Some("the token is wrong "));
        assert!(job.is_paused && !job.is_wanted && job.brought.is_failed);
        assert!(!ledger.begin_job("forge", "here", at(99), EVERY).await.unwrap());
        ledger.pause_job("forge", false).await.unwrap();
        assert!(ledger.begin_job("forge", "here", at(99), EVERY).await.unwrap());
    });
}

/// Set back by a day, a clock must neither keep a job from its time nor a dead holder in place.
#[test]
fn a_clock_that_is_set_back_stops_no_job() {
    on_both(async |home| {
        let ledger = home.open().await;
        let day = 24 * 60;
        assert!(ledger.begin_job("forge", "here", at(day), EVERY).await.unwrap());
        let done = Brought::default();
        ledger.end_job("forge", "here", (at(day), at(day + 10)), &done).await.unwrap();
        assert!(ledger.begin_job("forge", "here", at(0), EVERY).await.unwrap(), "not planned now");
        assert!(ledger.hold_job("forge", "here", at(day)).await.unwrap());
        ledger.want_job("forge").await.unwrap();
        assert!(!one(&ledger, at(0)).await.is_running);
        assert!(ledger.begin_job("forge", "there", at(0), EVERY).await.unwrap());
    });
}
