use std::sync::Mutex;

use axum::body::Body;
use axum::handler::Handler as _;
use axum::http::Request;
use axum::routing::any_service;
use tempfile::TempDir;
use tl_ledger::Ledger;

use super::*;
use crate::app::{Setup, router as all};
use crate::testing::{now, setup};

async fn app(directory: &TempDir, collect: Collect) -> App {
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    let reader = ledger.beside().await.unwrap().unwrap();
    let sources = vec!["forge".to_owned(), "tracker".to_owned()];
    let schedule = Schedule { sources, every: Millis::new(600_000), collect };
    App::new(Setup { schedule: Some(schedule), ..setup(ledger, reader) })
}

async fn post(app: &App, path: &str) -> u16 {
    let request = Request::post(path).body(Body::empty()).unwrap();
    any_service(all(app.clone())).call(request, ()).await.status().as_u16()
}

async fn both(app: &App) {
    let schedule = app.schedule.as_ref().unwrap();
    for name in &schedule.sources {
        once(app, schedule, name, "here").await.unwrap();
    }
}

#[tokio::test]
async fn each_source_is_collected_when_it_is_due_and_one_that_fails_stops_no_other() {
    let directory = TempDir::new().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&asked);
    let collect = move |name: &str| {
        told.lock().unwrap().push(name.to_owned());
        assert_ne!(name, "forge", "a bug");
        Brought { new: 3, ..Brought::default() }
    };
    let app = app(&directory, Arc::new(collect)).await;
    assert!(board(&app).await.unwrap().iter().all(|job| job.begun.is_none()));
    both(&app).await;
    both(&app).await;
    assert_eq!(*asked.lock().unwrap(), ["forge", "tracker"], "neither is due again");
    let jobs = board(&app).await.unwrap();
    assert!(jobs[0].brought.is_failed && !jobs[0].is_running);
    assert!(jobs[0].brought.problem.as_ref().unwrap().contains("bug"));
    assert_eq!((jobs[1].brought.new, jobs[1].ended), (3, Some(now())));
}

#[tokio::test]
async fn a_source_is_paused_resumed_and_wanted_by_post() {
    let directory = TempDir::new().unwrap();
    let app = app(&directory, Arc::new(|_| Brought::default())).await;
    assert_eq!(post(&app, "/v1/jobs/forge/pause").await, 204);
    assert_eq!(post(&app, "/settings/jobs/tracker/pause").await, 303);
    both(&app).await;
    let begun = async || -> Vec<bool> {
        board(&app).await.unwrap().iter().map(|job| job.begun.is_some()).collect()
    };
    assert_eq!(begun().await, [false, false]);
    assert_eq!(post(&app, "/v1/jobs/forge/run").await, 204);
    assert_eq!(post(&app, "/v1/jobs/tracker/resume").await, 204);
    both(&app).await;
    assert_eq!(begun().await, [true, true]);
    assert!(board(&app).await.unwrap()[0].is_paused);
    for path in ["/v1/jobs/none/pause", "/v1/jobs/forge/explode", "/settings/jobs/%2e%2e/run"] {
        assert_eq!(post(&app, path).await, 404, "{path}");
    }
}
