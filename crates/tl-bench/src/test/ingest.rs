//! `ingest`: runs into history, and history read back.
//!
//! In: generated runs, the same on every machine: 5,000 tests, one in a hundred results red, with
//! messages that differ in their numbers, now and then retried. Out: results a CPU second, from cases
//! and from JUnit XML, into a SQLite file and a lake on disk, states included; and how long it
//! takes to read what is known of 50,000 tests. Start at [`measure`].

use std::fmt::Write as _;
use std::io::Cursor;

use tempfile::TempDir;
use tl_core::test::{Status, TestName};
use tl_core::time::{Millis, Timestamp};
use tl_lake::place::Place;
use tl_ledger::Ledger;
use tl_test::compact::compact;
use tl_test::read::{Case, Failure, Limits, Report};
use tl_test::record::{Beside, Gathered, LAKE, RunInfo, known, record};
use tl_test::state;

use super::{Figure, Options, Problem, cpu_seconds};

/// Runs, and results of each.
const RUNS: u32 = 2_000;
const TESTS: u32 = 5_000;

/// Different runs that are repeated: one is not like the next.
const KINDS: u32 = 20;

/// Tests of which all is read, and runs before that.
const ALL: u32 = 50_000;
const BEFORE: u32 = 60;

/// How often it is read.
const READINGS: u32 = 20;

/// Takes the measure.
pub(super) fn measure(_: &Options) -> Result<Vec<Figure>, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = Vec::new();
    let cases: Vec<Vec<Case>> = (0..KINDS).map(|kind| run(kind, TESTS)).collect();
    let results = f64::from(RUNS) * f64::from(TESTS);
    let home = Home::new()?;
    let (spent, tidying) = runtime.block_on(home.ingest(RUNS, |run, to| {
        cases[(run % KINDS) as usize].iter().for_each(|case| to.add(case));
        Ok(())
    }))?;
    let what = format!("{RUNS} runs of {TESTS} results, 1 % red, into SQLite and lake");
    let rate = Figure::new(format!("{what}, from cases"), results / spent, "results/CPU s");
    figures.push(rate.at_least(400_000.0));
    let what = "files of these put together, twice each, for all results";
    figures.push(Figure::new(what, tidying, "CPU s"));
    drop(home);

    let reports: Vec<String> = cases.iter().map(|cases| xml(cases)).collect();
    let home = Home::new()?;
    let (spent, _) = runtime.block_on(home.ingest(RUNS, |run, to| {
        let text = &reports[(run % KINDS) as usize];
        let limits = Limits::default();
        let mut report = Report::open("unit.xml", Cursor::new(text.as_bytes()), None, limits)?;
        while let Some(batch) = report.next_batch()? {
            batch.iter().for_each(|case| to.add(case));
        }
        if report.ending().complete { Ok(()) } else { Err("a report was not whole".into()) }
    }))?;
    let rate = Figure::new(format!("{what}, from JUnit XML"), results / spent, "results/CPU s");
    figures.push(rate.at_least(400_000.0));
    drop((home, cases, reports));
    figures.extend(runtime.block_on(readings())?);
    Ok(figures)
}

/// A ledger and a lake that are gone in the end.
struct Home {
    directory: TempDir,
}

impl Home {
    fn new() -> Result<Self, Problem> {
        Ok(Self { directory: TempDir::new()? })
    }

    async fn ledger(&self) -> Result<Ledger, Problem> {
        Ok(Ledger::open(&self.directory.path().join("ledger.db")).await?)
    }

    fn place(&self) -> Place {
        Place::Directory(self.directory.path().join("lake"))
    }

    /// Records runs one after another, nothing kept from one to the next but the ledger that is open,
    /// and puts files together now and then; gives the CPU seconds of the one and of the other.
    async fn ingest(
        &self,
        runs: u32,
        fill: impl Fn(u32, &mut Gathered) -> Result<(), Problem>,
    ) -> Result<(f64, f64), Problem> {
        let now = || cpu_seconds().ok_or("CPU seconds are not known here");
        let before = now()?;
        let mut tidying = 0.0;
        let place = self.place();
        let ledger = self.ledger().await?;
        for run in 0..runs {
            let mut gathered = Gathered::new(false);
            fill(run, &mut gathered)?;
            let at =
                Timestamp::from_seconds(1_750_000_000) + Millis::new(i64::from(run) * 3_600_000);
            let info = RunInfo {
                commit: format!("{run:040x}"),
                job: "unit".to_owned(),
                attempt: 1,
                at,
                complete: true,
                reports: 1,
                digest: format!("{run:064x}"),
                ..RunInfo::default()
            };
            let done =
                record(&ledger, &place, LAKE, &info, &gathered, &Beside::default(), at).await?;
            if done.already || done.segment.is_none() {
                return Err("a run was not recorded".into());
            }
            if run % 50 == 49 {
                let from = now()?;
                compact(&ledger, &place, LAKE, false, at).await?;
                tidying += now()? - from;
            }
        }
        ledger.close().await?;
        Ok((now()? - before - tidying, tidying))
    }
}

/// Reading all that is known of many tests.
async fn readings() -> Result<Vec<Figure>, Problem> {
    let home = Home::new()?;
    let cases: Vec<Vec<Case>> = (0..KINDS).map(|kind| run(kind, ALL)).collect();
    home.ingest(BEFORE, |run, to| {
        cases[(run % KINDS) as usize].iter().for_each(|case| to.add(case));
        Ok(())
    })
    .await?;
    drop(cases);
    let ledger = home.ledger().await?;
    let now = || cpu_seconds().ok_or("CPU seconds are not known here");
    let (mut bytes, mut count) = (0, 0);
    let before = now()?;
    for _ in 0..READINGS {
        let (_, packs) = ledger.packs(LAKE, &["state/"]).await?;
        bytes = packs.iter().map(|pack| pack.value.len()).sum();
        count = 0;
        for pack in &packs {
            count += state::decode(&pack.value)?.len();
        }
    }
    let states = (now()? - before) / f64::from(READINGS) * 1_000.0;
    let before = now()?;
    for _ in 0..READINGS {
        count = count.min(known(&ledger, LAKE).await?.tests().len());
    }
    let all = (now()? - before) / f64::from(READINGS) * 1_000.0;
    let what = format!("of {count} tests after {BEFORE} runs, from the ledger");
    Ok(vec![
        Figure::new(format!("all states {what}"), states, "CPU ms").at_most(50.0),
        Figure::new(format!("states, names, runs and reasons {what}"), all, "CPU ms"),
        Figure::new("bytes of a state", bytes as f64 / count.max(1) as f64, "bytes"),
    ])
}

/// One run of so many tests.
pub(super) fn run(kind: u32, tests: u32) -> Vec<Case> {
    let mut cases = Vec::with_capacity(tests as usize + tests as usize / 50);
    for test in 0..tests {
        let dice = (u64::from(test) * 2_654_435_761 + u64::from(kind) * 40_503) % 10_007;
        let name = TestName {
            suite: vec!["acme".to_owned()],
            class: format!("acme.module{}.Class{}Test", test / 400, test / 20),
            name: format!("does what it should in case {}", test % 20),
            file: String::new(),
        };
        let case = |status: Status, attempt: u32| Case {
            test: name.clone(),
            status,
            micros: Some(800 + u64::from(test % 97) * 1_300 + dice),
            started: None,
            failure: status.is_red().then(|| Failure {
                class: "java.lang.AssertionError".to_owned(),
                message: format!("expected {dice} but was {kind} in step {}", test % 7),
                text: format!(
                    "java.lang.AssertionError: expected {dice}\n\
                     \tat acme.module{}.Class{}Test.check(Class{}Test.java:{})\n",
                    test / 400,
                    test / 20,
                    test / 20,
                    test % 200
                ),
                cut: 0,
            }),
            attempt,
            line: None,
            at_line: 1,
            order: test,
        };
        // One in a hundred is red, and half of these pass when they are tried again.
        match dice % 200 {
            0 => cases.push(case(Status::Failed, 1)),
            1 => cases.extend([case(Status::Failed, 1), case(Status::Passed, 2)]),
            _ => cases.push(case(Status::Passed, 1)),
        }
    }
    cases
}

/// The same as a report of Surefire.
pub(super) fn xml(cases: &[Case]) -> String {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<testsuite name=\"acme\">\n");
    let mut cases = cases.iter().peekable();
    while let Some(case) = cases.next() {
        let (class, name) = (&case.test.class, &case.test.name);
        let seconds = case.micros.unwrap_or(0) as f64 / 1e6;
        // Writing to text cannot fail.
        write!(text, "  <testcase classname=\"{class}\" name=\"{name}\" time=\"{seconds:.6}\"")
            .ok();
        let Some(failure) = &case.failure else {
            text.push_str("/>\n");
            continue;
        };
        let is_retried = cases.next_if(|next| next.attempt == 2).is_some();
        let element = if is_retried { "flakyFailure" } else { "failure" };
        let Failure { class, message, text: stack, .. } = failure;
        write!(text, ">\n    <{element} type=\"{class}\" message=\"{message}\">").ok();
        if is_retried {
            write!(text, "<stackTrace>{stack}</stackTrace>").ok();
        } else {
            text.push_str(stack);
        }
        write!(text, "</{element}>\n  </testcase>\n").ok();
    }
    text.push_str("</testsuite>\n");
    text
}
