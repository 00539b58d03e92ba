//! CI: how long changes wait for a runner, how long until they are green, how often runs are
//! repeated, and how often a repetition alone makes them green.
//!
//! In: the dataset with the builds that were collected. Out: [`Ci`]. Start at [`ci`].
//! **Invariant:** CI lies over the stages, it is none of them: a change is reviewed while it runs.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tl_core::delivery::{Build, CommitBuilds};
use tl_core::fact::{BuildLevel, Outcome};
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::{Column, share};
use crate::dataset::{Dataset, Item};
use crate::report::collected::{Ci, PipelineRow};
use crate::report::{Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "ci",
    title: "CI wait, time to green, reruns and flakes",
    what: "what changes wait for in CI, and how much of it is repetition",
    formula: "queue = started - queued, of jobs where they are known, else of runs; duration = finished \
              - started of runs; time to green = the head's last needed success - its first run \
              queued; rerun share = runs with a second attempt, or a second run of the same pipeline \
              on the same commit / runs; flake share = of those with a failed attempt, the ones that \
              a later attempt on the same commit made green / runs; Wilson intervals",
    unit: "hours; shares of runs",
    edge_cases: &[
        "a run is in the window if it ended in it",
        "cancelled and skipped runs say nothing of failure and count in neither share",
        "time to green is of requests whose head's every pipeline ended in success",
        "intervals of queue and duration take each run for itself: runs of one day hang together, so \
         they are too narrow",
    ],
    source: "OpenTelemetry semantic conventions for CI/CD 1.44; Luo et al. 2014 (flaky: same code, \
             other outcome)",
};

/// Runs of one pipeline on one commit, in the order of their ends.
type Tries<'d> = Vec<&'d Build>;

/// Measures CI in the window; `None` where no build was collected.
pub fn ci(data: &Dataset<'_>) -> Option<Ci> {
    let builds = &data.collected.delivery.builds;
    if builds.is_empty() {
        return None;
    }
    let inside = |build: &&Build| {
        build.finished.is_some_and(|at| at >= data.window.since && at <= data.window.until)
    };
    let mut pipelines: BTreeMap<&str, Pipeline> = BTreeMap::new();
    let mut whole = Pipeline::default();
    for commit in builds {
        let ended: Vec<&Build> = commit.builds.iter().filter(inside).collect();
        let has_jobs = ended.iter().any(|build| build.level == BuildLevel::Job);
        for build in &ended {
            let waits = !has_jobs || build.level == BuildLevel::Job;
            let name = pipeline(build);
            for table in [&mut whole, pipelines.entry(name).or_default()] {
                table.add(build, waits);
            }
        }
        for (name, tries) in tries(&ended) {
            for table in [&mut whole, pipelines.entry(name).or_default()] {
                table.judge(&tries);
            }
        }
    }
    let mut rows: Vec<PipelineRow> =
        pipelines.into_iter().map(|(name, table)| table.row(data, name)).collect();
    rows.sort_by(|a, b| b.runs.cmp(&a.runs).then_with(|| a.pipeline.cmp(&b.pipeline)));
    rows.truncate(20);
    Some(Ci { whole: whole.row(data, "all"), pipelines: rows, to_green: to_green(data) })
}

/// The pipeline of a run or job.
fn pipeline(build: &Build) -> &str {
    match build.level {
        BuildLevel::Run => &build.name,
        BuildLevel::Job => build.name.split('/').next().unwrap_or(&build.name),
    }
}

/// Runs by pipeline; jobs where there are no runs.
fn tries<'d>(ended: &[&'d Build]) -> BTreeMap<&'d str, Tries<'d>> {
    let has_runs = ended.iter().any(|build| build.level == BuildLevel::Run);
    let mut tries: BTreeMap<&str, Tries<'d>> = BTreeMap::new();
    for build in ended {
        match build.level {
            BuildLevel::Run => tries.entry(&build.name).or_default().push(build),
            BuildLevel::Job if has_runs => {}
            BuildLevel::Job => tries.entry(&build.name).or_default().push(build),
        }
    }
    tries.values_mut().for_each(|tries| tries.sort_by_key(|build| (build.finished, build.attempt)));
    tries
}

#[derive(Default)]
struct Pipeline {
    queue: Vec<i64>,
    duration: Vec<i64>,
    runs: u64,
    failed: u64,
    judged: u64,
    rerun: u64,
    flaky: u64,
}

impl Pipeline {
    fn add(&mut self, build: &Build, waits: bool) {
        let queued = build.queued.zip(build.started).map(|(queued, started)| started - queued);
        if let Some(span) = queued.filter(|span| waits && *span >= Millis::ZERO) {
            self.queue.push(span.get());
        }
        let ran = build.started.zip(build.finished).map(|(started, finished)| finished - started);
        if let Some(span) =
            ran.filter(|span| build.level == BuildLevel::Run && *span >= Millis::ZERO)
        {
            self.duration.push(span.get());
        }
    }

    /// Counts what the tries of one pipeline on one commit say.
    fn judge(&mut self, tries: &Tries<'_>) {
        let outcomes: Vec<bool> = tries.iter().filter_map(|build| is_red(build.outcome)).collect();
        self.runs += tries.len() as u64;
        self.failed += outcomes.iter().filter(|red| **red).count() as u64;
        if outcomes.is_empty() {
            return;
        }
        self.judged += 1;
        self.rerun += u64::from(tries.len() > 1 || tries.iter().any(|build| build.attempt > 1));
        let red = outcomes.iter().position(|red| *red);
        self.flaky += u64::from(red.is_some_and(|at| outcomes[at..].iter().any(|red| !red)));
    }

    fn row(self, data: &Dataset<'_>, name: &str) -> PipelineRow {
        let draws = data.options.bootstrap();
        let column = |values: Vec<i64>, missing| Column::alone(values).or(missing);
        let queue = column(self.queue, "no run whose wait was recorded");
        let mut waits = queue.quantiles(&[0.5, 0.9], Unit::Hours, &draws);
        let none = || Figure::unknown(0, Unit::Hours, "no run whose wait was recorded");
        let queue_p90 = waits.pop().unwrap_or_else(none);
        PipelineRow {
            pipeline: name.to_owned(),
            runs: self.runs,
            queue_p50: waits.pop().unwrap_or_else(none),
            queue_p90,
            duration_p50: column(self.duration, "no run whose start and end were recorded")
                .median(Unit::Hours, &draws),
            failed: share(self.failed, self.runs),
            rerun: share(self.rerun, self.judged),
            flaky: share(self.flaky, self.judged),
        }
    }
}

/// Whether an outcome is a failure; `None` where it says nothing.
const fn is_red(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Success => Some(false),
        Outcome::Failure | Outcome::TimedOut => Some(true),
        Outcome::Unknown | Outcome::Cancelled | Outcome::Skipped => None,
    }
}

/// From the first run of a request's head to the success of every pipeline on it, median.
fn to_green(data: &Dataset<'_>) -> Figure {
    let by_commit: FxHashMap<&str, &CommitBuilds> =
        data.collected.delivery.builds.iter().map(|one| (one.commit.as_str(), one)).collect();
    let span = |item: &Item| {
        let request = &data.collected.delivery.requests[item.told.request?];
        let head = request.state.as_ref().map(|(_, state)| state.head.as_str())?;
        green(by_commit.get(head)?).map(Millis::get)
    };
    Column::of(data.in_window(), span)
        .or("no request whose head was built")
        .median(Unit::Hours, &data.options.bootstrap())
}

/// From the first queued run to the last first success of a pipeline, where each succeeded.
fn green(commit: &CommitBuilds) -> Option<Millis> {
    let all: Vec<&Build> = commit.builds.iter().collect();
    let begun = all.iter().filter_map(|build| build.queued.or(build.started)).min()?;
    let mut last: Option<Timestamp> = None;
    for tries in tries(&all).into_values() {
        let said: Vec<&&Build> =
            tries.iter().filter(|build| is_red(build.outcome).is_some()).collect();
        if said.is_empty() {
            continue;
        }
        let success = said.iter().find(|build| build.outcome == Outcome::Success)?;
        last = last.max(success.finished);
    }
    last.map(|at| at - begun).filter(|span| *span >= Millis::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, attempt: u32, hours: [i64; 3], outcome: Outcome) -> Build {
        let at = |hour| Some(Timestamp::from_seconds(hour * 3600));
        Build {
            id: id.to_owned(),
            attempt,
            name: "test".to_owned(),
            queued: at(hours[0]),
            started: at(hours[1]),
            finished: at(hours[2]),
            outcome,
            ..Build::default()
        }
    }

    #[test]
    fn a_failure_that_a_repetition_made_green_is_a_flake_and_one_that_stayed_red_is_not() {
        let judged = |runs: &[Build]| {
            let ended: Vec<&Build> = runs.iter().collect();
            let mut table = Pipeline::default();
            tries(&ended).values().for_each(|tries| table.judge(tries));
            (table.rerun, table.flaky, table.failed)
        };
        let red = run("1", 1, [0, 1, 2], Outcome::Failure);
        let green = run("1", 2, [2, 3, 4], Outcome::Success);
        let red_again = run("1", 2, [2, 3, 4], Outcome::Failure);
        let cancelled = run("1", 2, [2, 3, 4], Outcome::Cancelled);
        assert_eq!(judged(&[red.clone(), green.clone()]), (1, 1, 1));
        assert_eq!(judged(&[red.clone(), red_again]), (1, 0, 2));
        assert_eq!(judged(&[red, cancelled]), (1, 0, 1));
        assert_eq!(judged(&[green]), (1, 0, 0));
    }

    #[test]
    fn time_to_green_ends_with_the_slowest_pipeline_and_is_unknown_while_one_is_red() {
        let lint = Build { name: "lint".to_owned(), ..run("2", 1, [0, 1, 9], Outcome::Success) };
        let test = run("1", 1, [0, 1, 2], Outcome::Success);
        let green = |builds: Vec<Build>| {
            green(&CommitBuilds { builds, ..CommitBuilds::default() }).map(|span| span.hours())
        };
        assert_eq!(green(vec![test.clone(), lint]), Some(9.0));
        let red = Build { name: "lint".to_owned(), ..run("2", 1, [0, 1, 9], Outcome::Failure) };
        assert_eq!(green(vec![test, red]), None);
    }
}
