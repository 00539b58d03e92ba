//! A server to ask in tests: a small made-up organisation, measured once, with its events in a ledger.
//!
//! Out: [`Site`]. Start at [`Site::sample`]; [`Site::empty`] has collected nothing, [`Site::showing`]
//! shows whatever a test measured. Handlers are called in process: nothing listens.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::handler::Handler as _;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::any_service;
use tempfile::TempDir;
use tl_collect::requested::{head_made, requested_history};
use tl_core::event::Event;
use tl_core::time::{Millis, Timestamp};
use tl_lake::place::Place;
use tl_ledger::Ledger;
use tl_map::collected::Collected;
use tl_map::dataset::{Dataset, Others};
use tl_map::fold::{self, Shelf};
use tl_map::measure::MEASURES;
use tl_map::options::{Only, Options, Team};
use tl_map::{deployment_row, explain, journey_row, open_row, path_row, weeks};
use tokio::runtime::{Builder, Runtime};

use crate::access::Door;
use crate::app::{App, Setup, router};
use crate::measured::{Choices, Measured};
use crate::organisation::Organisation;
use crate::question::{Period, Question};
use crate::reading::{OfRepository, Reading};
use crate::things::Things;
use crate::trail::Trails;

/// The largest answer that a test reads, bytes.
const MOST_BYTES: usize = 32 << 20;

/// A server that nobody listens for.
pub(crate) struct Site {
    /// What its handlers share.
    pub(crate) app: App,
    runtime: Runtime,
    _directory: TempDir,
}

/// What a handler answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Site {
    /// The organisation, measured for whatever is asked, with its events in the ledger.
    pub(crate) fn sample() -> Self {
        Self::new(|question| Ok(measured(question)), &EVENTS)
    }

    /// Nothing was collected.
    pub(crate) fn empty() -> Self {
        Self::new(|_| Ok(measure(&[], &Question::default())), &[])
    }

    /// Shows this, whatever is asked; its ledger is empty.
    pub(crate) fn showing(measured: Measured) -> Self {
        Self::new(move |_| Ok(measured.clone()), &[])
    }

    /// Nothing was collected, and one comes in by this door.
    pub(crate) fn behind(door: Door) -> Self {
        Self::made(|_| Ok(measure(&[], &Question::default())), &[], door, Vec::new())
    }

    /// Answers by `measure`; the ledger holds `events`.
    pub(crate) fn new(
        measure: impl FnMut(&Question) -> Result<Measured, String> + Send + 'static,
        events: &[Event],
    ) -> Self {
        Self::made(measure, events, Door::open(Vec::new()), Vec::new())
    }

    /// Nothing was collected, and these are in quarantine.
    pub(crate) fn with_quarantines(quarantines: Vec<OfRepository>) -> Self {
        let measure = |_: &Question| Ok(measure(&[], &Question::default()));
        Self::made(measure, &[], Door::open(Vec::new()), quarantines)
    }

    fn made(
        measure: impl FnMut(&Question) -> Result<Measured, String> + Send + 'static,
        events: &[Event],
        door: Door,
        quarantines: Vec<OfRepository>,
    ) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let directory = TempDir::new().unwrap();
        let app = runtime.block_on(async {
            let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
            for page in events.chunks(4_096) {
                ledger.append(page).await.unwrap();
            }
            ledger.catch_up_rows::<Things>(&mut |_| ()).await.unwrap();
            let reader = ledger.beside().await.unwrap().unwrap();
            let lake = directory.path().join("lake");
            let results = move |_: &str| Some(Place::Directory(lake.clone()));
            let reading = Reading {
                results: Box::new(results),
                quarantines: Box::new(move || quarantines.clone()),
                key: "a key of tests".to_owned(),
                ..Reading::default()
            };
            App::new(Setup { measure: Box::new(measure), door, reading, ..setup(ledger, reader) })
        });
        Self { app, runtime, _directory: directory }
    }

    /// The same with the trails of its events.
    pub(crate) fn with_trails(self) -> Self {
        self.wait(self.app.ledger.catch_up_rows::<Trails>(&mut |_| ())).unwrap();
        self
    }

    /// The answer to `GET path`.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
    }

    /// The page at `path`, which has to be there.
    #[track_caller]
    pub(crate) fn page(&self, path: &str) -> String {
        let Answer { status, body, .. } = self.get(path);
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// The answer to any request.
    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
        self.wait(async {
            let response = any_service(router(self.app.clone())).call(request, ()).await;
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, MOST_BYTES).await.unwrap();
            let body = String::from_utf8_lossy(&body).into_owned();
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }

    /// Waits for something that this server does.
    pub(crate) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }
}

/// What a server is made of that measures nothing.
pub(crate) fn setup(ledger: Ledger, reader: Ledger) -> Setup {
    Setup {
        measure: Box::new(|_| Err("nothing is measured here".to_owned())),
        ledger,
        reader,
        clock: now,
        demo: None,
        door: Door::open(Vec::new()),
        inlet: Default::default(),
        schedule: None,
        reading: Default::default(),
    }
}

/// What is measured where nothing was collected.
pub(crate) fn empty_measured() -> Measured {
    measure(&[], &Question::default())
}

/// The instant at which tests happen.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(1_793_491_200) // 2026-11-01
}

/// Two teams of eight people, four services in two repositories.
fn organisation() -> Organisation {
    Organisation {
        seed: 7,
        changes: 2_000,
        events_per_change: 20.0,
        until: now(),
        since: Some(now() - Millis::days(200)),
    }
}

/// What happened in the organisation, the oldest first.
pub(crate) static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let mut events = Vec::new();
    organisation().generate(|event| {
        events.push(event);
        true
    });
    events
});

static SAMPLE: LazyLock<Measured> = LazyLock::new(|| measure(&EVENTS, &Question::default()));

/// What the organisation's page shows.
pub(crate) fn sample() -> Measured {
    SAMPLE.clone()
}

/// The organisation, measured for a question.
pub(crate) fn measured(question: &Question) -> Measured {
    match *question == Question::default() {
        true => sample(),
        false => measure(&EVENTS, question),
    }
}

/// Measures what events tell, as the binary does.
pub(crate) fn measure(events: &[Event], question: &Question) -> Measured {
    let delivery = fold::all(events);
    let options = options(question);
    let requests = Shelf::of(&delivery.requests);
    let mut names: Vec<String> = requests.repositories().map(str::to_owned).collect();
    names.sort_unstable();
    let make =
        |name: &str, requests: &[_]| requested_history(name, requests, &delivery.releases, None);
    let others = Others { names, make: &make, latest: &head_made };
    let collected = Collected::new(&delivery);
    let data = Dataset::gathered(&[], collected, requests, &others, &options).unwrap();
    let report = tl_map::map(&data);
    Measured {
        journeys: journey_row::rows(&data, false),
        open: open_row::rows(&data),
        paths: path_row::rows(&data),
        simulator: None,
        weeks: weeks::weeks(&data),
        forge_names: BTreeMap::new(),
        deployments: deployment_row::deployments(&data),
        incidents: deployment_row::incidents(&data),
        explained: MEASURES
            .iter()
            .filter_map(|doc| explain::explain(&data, doc.id, 200).ok())
            .collect(),
        choices: Choices {
            teams: options.teams.iter().map(|team| team.name.clone()).collect(),
            services: data.known.services.clone(),
            repositories: data.known.repositories.clone(),
        },
        notes: Vec::new(),
        report,
    }
}

fn options(question: &Question) -> Options {
    let mut options = Options::at(now());
    // Intervals are coarser, and a test is faster.
    options.draws = 50;
    options.collected.network = false;
    match question.period {
        Period::Days(days) => options.window_days = days,
        Period::Between(since, until) => {
            (options.since, options.until) = (Some(since), Some(until));
        }
    }
    options.teams = organisation().teams().into_iter().map(team).collect();
    options.only = Only {
        repositories: question.repository.iter().cloned().collect(),
        services: question.service.iter().cloned().collect(),
        teams: question.team.iter().cloned().collect(),
        cohort: question.cohort,
    };
    options
}

fn team((name, authors): (String, Vec<String>)) -> Team {
    Team { name, authors, paths: Default::default() }
}

#[test]
fn the_sample_has_what_pages_show() {
    let sample = sample();
    assert!(sample.journeys.len() > 80, "{}", sample.journeys.len());
    assert!(sample.open.len() > 2, "{}", sample.open.len());
    assert!(sample.report.collected.is_some());
    assert_eq!((sample.choices.teams.len(), sample.choices.services.len()), (2, 4));
    assert!(sample.report.teams.iter().all(|team| team.changes > 10), "{:?}", sample.report.teams);
    let site = Site::sample();
    assert!(site.page("/").contains("Overview"));
    assert_eq!(site.get("/none").status, StatusCode::NOT_FOUND);
    let end = site.wait(site.app.reader.end()).unwrap();
    assert_eq!(usize::try_from(end.0).unwrap(), EVENTS.len());
}
