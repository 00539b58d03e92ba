//! Events of CI, by commit.

use tl_core::delivery::{Build, CommitBuilds, ManualStep, SuiteRun};
use tl_core::event::Event;
use tl_core::fact::{BuildState, StepState, TestsFinished, kind, role};
use tl_core::time::Timestamp;

use super::join::{earliest, latest, text};
use super::name;

/// Adds what an event says of the commit that it concerns.
pub(super) fn apply(builds: &mut CommitBuilds, event: &Event) -> Result<(), serde_json::Error> {
    match event.kind.as_str() {
        kind::TESTS_FINISHED => ended(&mut builds.tests, event, event.payload()?),
        kind::STEP_WAITING | kind::STEP_DONE => step(&mut builds.steps, event, event.payload()?),
        _ => attempted(&mut builds.builds, event, event.payload()?),
    }
    Ok(())
}

/// One attempt of a run or job went on.
fn attempted(builds: &mut Vec<Build>, event: &Event, told: BuildState) {
    let id = name(event, role::BUILD).unwrap_or_default();
    // Who does not count attempts sees the first.
    let attempt = told.attempt.max(1);
    let place = builds
        .binary_search_by(|build| (build.id.as_str(), build.attempt).cmp(&(id, attempt)))
        .unwrap_or_else(|place| {
            builds.insert(place, Build { id: id.to_owned(), attempt, ..Build::default() });
            place
        });
    let build = &mut builds[place];
    build.level = build.level.max(told.level);
    build.manual |= told.manual;
    text(&mut build.trigger, &told.trigger);
    if told.job.is_empty() {
        text(&mut build.name, &told.pipeline);
    } else {
        text(&mut build.name, &format!("{}/{}", told.pipeline, told.job));
    }
    match event.kind.as_str() {
        kind::CI_QUEUED => earliest(&mut build.queued, event.at),
        kind::CI_STARTED => earliest(&mut build.started, event.at),
        kind::CI_FINISHED => {
            let end = (Some(event.at), told.outcome);
            (build.finished, build.outcome) = end.max((build.finished, build.outcome));
        }
        _ => {}
    }
}

/// A suite of tests ended.
fn ended(suites: &mut Vec<SuiteRun>, event: &Event, told: TestsFinished) {
    let suite = SuiteRun {
        at: event.at,
        build: name(event, role::BUILD).unwrap_or_default().to_owned(),
        suite: told.suite,
        tests: told.tests,
        failures: told.failures.saturating_add(told.errors),
        seconds: told.seconds,
    };
    let order = |a: &SuiteRun, b: &SuiteRun| {
        let key = |run: &SuiteRun| (run.at, run.tests, run.failures);
        let names = |run: &SuiteRun| (run.build.clone(), run.suite.clone());
        let same = key(a).cmp(&key(b)).then(a.seconds.total_cmp(&b.seconds));
        same.then_with(|| names(a).cmp(&names(b)))
    };
    if let Err(place) = suites.binary_search_by(|known| order(known, &suite)) {
        suites.insert(place, suite);
    }
}

/// A step waited for a person, or the person acted: since the first wait, until the last act.
pub(super) fn step(steps: &mut Vec<ManualStep>, event: &Event, told: StepState) {
    let build = name(event, role::BUILD).unwrap_or_default();
    let place = steps
        .binary_search_by(|step| {
            let known = (step.build.as_str(), &step.name, &step.form);
            known.cmp(&(build, &told.name, &told.form))
        })
        .unwrap_or_else(|place| {
            let StepState { name, form, .. } = told.clone();
            let step = ManualStep { build: build.to_owned(), name, form, ..ManualStep::default() };
            steps.insert(place, step);
            place
        });
    if event.kind == kind::STEP_WAITING {
        earliest(&mut steps[place].waiting, event.at);
    } else {
        latest(&mut steps[place].done, event.at);
    }
}

/// The latest instant that it tells of.
pub(super) fn activity(builds: &CommitBuilds) -> Option<Timestamp> {
    let runs = builds.builds.iter().flat_map(|build| [build.queued, build.started, build.finished]);
    let steps = builds.steps.iter().flat_map(|step| [step.waiting, step.done]);
    let tests = builds.tests.last().map(|suite| suite.at);
    runs.chain(steps).chain([tests]).flatten().max()
}
