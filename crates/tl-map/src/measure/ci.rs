//! CI: how long changes wait for a runner, how long until they are green, how often runs are
//! repeated, and how often a repetition alone makes them green.
//!
//! In: the dataset with the builds that were collected. Out: [`Ci`]. Start at [`ci`].
//! **Invariant:** CI lies over the stages, it is none of them: a change is reviewed while it runs.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tl_core::fact::{BuildLevel, Outcome};
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::{Column, share};
use crate::dataset::{Dataset, Item};
use crate::fold::{Ci as Commit, Ran};
use crate::report::collected::{Ci, PipelineRow};
use crate::report::{Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "ci",
    title: "CI wait, time to green, reruns and flakes",
    what: "what changes wait for in CI, and how much of it is repetition",
    formula: "queue = started - queued, of jobs where they are known, else of runs; duration = finished \
              - started of runs; time to green = the head's last needed success - its first run \
              queued; failed share = failed / failed and succeeded runs; rerun share = pairs of commit \
              and pipeline with a second attempt or run / pairs; flake share = pairs in which a later \
              attempt or run made a failed one green / pairs; Wilson intervals",
    unit: "hours; shares of runs; shares of pairs of commit and pipeline",
    edge_cases: &[
        "a run is in the window if it ended in it",
        "cancelled and skipped runs say nothing of failure and are left out of the failed share; a \
         pair that has no others is left out of the shares of pairs",
        "runs of one pipeline on one commit that different things triggered (a push and its request) \
         are different pairs, none the repetition of the other",
        "where a pipeline's runs are not known, its jobs stand for them",
        "time to green is of requests whose head's every pipeline ended in success",
        "intervals of queue and duration take each run for itself: runs of one day hang together, so \
         they are too narrow",
    ],
    source: "OpenTelemetry semantic conventions for CI/CD 1.44; Luo et al. 2014 (flaky: same code, \
             other outcome)",
};

/// Runs of one pipeline on one commit, for one reason, in the order of their ends.
struct Tries<'d> {
    pipeline: &'d str,
    runs: Vec<&'d Ran<'d>>,
}

/// The builds of one pipeline on one commit, by level.
#[derive(Default)]
struct Levels<'d> {
    runs: Vec<&'d Ran<'d>>,
    jobs: Vec<&'d Ran<'d>>,
}

/// Measures CI in the window; `None` where no build was collected.
pub fn ci(data: &Dataset<'_>) -> Option<Ci> {
    let builds = &data.collected.builds;
    if builds.is_empty() {
        return None;
    }
    let mut pipelines: BTreeMap<String, Vec<Pipeline>> = BTreeMap::new();
    for (name, table) in builds.chunks(|commits| tables(data, commits)).into_iter().flatten() {
        pipelines.entry(name).or_default().push(table);
    }
    let whole = Pipeline::joined(pipelines.values().flatten()).row(data, "all");
    let row = |(name, parts): (String, Vec<Pipeline>)| Pipeline::joined(&parts).row(data, &name);
    let mut rows: Vec<PipelineRow> = pipelines.into_iter().map(row).collect();
    rows.sort_by(|a, b| b.runs.cmp(&a.runs).then_with(|| a.pipeline.cmp(&b.pipeline)));
    rows.truncate(20);
    Some(Ci { whole, pipelines: rows, to_green: to_green(data) })
}

/// What the builds of some commits say, by pipeline.
fn tables(data: &Dataset<'_>, commits: &[(u32, Commit<'_>)]) -> Vec<(String, Pipeline)> {
    let inside = |build: &&Ran<'_>| {
        build.finished.is_some_and(|at| at >= data.window.since && at <= data.window.until)
    };
    let mut pipelines: BTreeMap<&str, Pipeline> = BTreeMap::new();
    for (_, commit) in commits {
        let ended: Vec<&Ran<'_>> = commit.builds.iter().filter(inside).collect();
        let named = by_pipeline(&ended);
        for (name, levels) in &named {
            pipelines.entry(name).or_default().add(levels);
        }
        for tries in tries(&named) {
            pipelines.entry(tries.pipeline).or_default().judge(&tries.runs);
        }
    }
    let named = |(name, mut table): (&str, Pipeline)| {
        table.queue.shrink_to_fit();
        table.duration.shrink_to_fit();
        (name.to_owned(), table)
    };
    pipelines.into_iter().map(named).collect()
}

/// The builds of one commit by pipeline. A job belongs to the run whose name its own begins with,
/// for a pipeline's name may hold a `/` itself; where no run is known, to what is before the `/`.
fn by_pipeline<'d>(builds: &[&'d Ran<'d>]) -> BTreeMap<&'d str, Levels<'d>> {
    let mut named: BTreeMap<&str, Levels<'d>> = BTreeMap::new();
    let (runs, jobs): (Vec<&Ran<'_>>, Vec<&Ran<'_>>) =
        builds.iter().partition(|build| build.level == BuildLevel::Run);
    for run in runs {
        named.entry(run.name).or_default().runs.push(run);
    }
    let of_run = |job: &Ran<'_>, run: &str| {
        job.name.strip_prefix(run).is_some_and(|rest| rest.starts_with('/'))
    };
    for job in jobs {
        let owners = named.keys().copied().filter(|run| of_run(job, run));
        let before = || job.name.split('/').next().unwrap_or(job.name);
        let name = owners.max_by_key(|run| run.len()).unwrap_or_else(before);
        named.entry(name).or_default().jobs.push(job);
    }
    named
}

/// Runs by pipeline and by what triggered them; each job by itself where a pipeline has no runs.
fn tries<'d>(named: &BTreeMap<&'d str, Levels<'d>>) -> Vec<Tries<'d>> {
    let mut found = Vec::new();
    for (&pipeline, levels) in named {
        let told = if levels.runs.is_empty() { &levels.jobs } else { &levels.runs };
        let mut apart: BTreeMap<(&str, &str), Vec<&'d Ran<'d>>> = BTreeMap::new();
        for build in told {
            apart.entry((build.name, build.trigger)).or_default().push(build);
        }
        found.extend(apart.into_values().map(|mut runs| {
            runs.sort_by_key(|build| (build.finished, build.attempt));
            Tries { pipeline, runs }
        }));
    }
    found
}

#[derive(Default)]
struct Pipeline {
    queue: Vec<i64>,
    duration: Vec<i64>,
    runs: u64,
    /// Runs that failed or succeeded.
    decided: u64,
    failed: u64,
    /// Pairs of commit and pipeline with such a run.
    judged: u64,
    rerun: u64,
    flaky: u64,
}

impl Pipeline {
    /// What the builds of several parts say together.
    fn joined<'p>(parts: impl IntoIterator<Item = &'p Self, IntoIter: Clone>) -> Self {
        let parts = parts.into_iter();
        let mut all = Self::default();
        all.queue.reserve_exact(parts.clone().map(|part| part.queue.len()).sum());
        all.duration.reserve_exact(parts.clone().map(|part| part.duration.len()).sum());
        for part in parts {
            all.queue.extend_from_slice(&part.queue);
            all.duration.extend_from_slice(&part.duration);
            all.runs += part.runs;
            all.decided += part.decided;
            all.failed += part.failed;
            all.judged += part.judged;
            all.rerun += part.rerun;
            all.flaky += part.flaky;
        }
        all
    }

    /// Adds waits and durations: who waits for a runner is the job, as far as jobs are known.
    fn add(&mut self, levels: &Levels<'_>) {
        let span = |from: Option<Timestamp>, to: Option<Timestamp>| {
            from.zip(to).map(|(from, to)| to - from).filter(|span| *span >= Millis::ZERO)
        };
        let waiting = if levels.jobs.is_empty() { &levels.runs } else { &levels.jobs };
        let waits = waiting.iter().filter_map(|build| span(build.queued, build.started));
        self.queue.extend(waits.map(Millis::get));
        let ran = levels.runs.iter().filter_map(|build| span(build.started, build.finished));
        self.duration.extend(ran.map(Millis::get));
    }

    /// Counts what the tries of one pipeline on one commit say.
    fn judge(&mut self, tries: &[&Ran<'_>]) {
        let outcomes: Vec<bool> = tries.iter().filter_map(|build| is_red(build.outcome)).collect();
        self.runs += tries.len() as u64;
        self.decided += outcomes.len() as u64;
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
            failed: share(self.failed, self.decided),
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
    let builds = &data.collected.builds;
    let span = |item: &&Item| {
        let head = item.told.request.as_ref()?.head?;
        let span = green(&builds.get(head.number()), data.window.until)?;
        Some((span.get(), item.author))
    };
    let items: Vec<&Item> = data.in_window().collect();
    let (values, authors) = items.par_iter().filter_map(span).unzip();
    Column::by_author(values, authors)
        .or("no request whose head was built")
        .median(Unit::Hours, &data.options.bootstrap())
}

/// From the first queued run to the last first success of a pipeline, where each succeeded. What
/// ended after `until` is not known.
fn green(commit: &Commit<'_>, until: Timestamp) -> Option<Millis> {
    let known: Vec<&Ran<'_>> = commit
        .builds
        .iter()
        .filter(|build| build.finished.is_none_or(|finished| finished <= until))
        .collect();
    let begun = known.iter().filter_map(|build| build.queued.or(build.started)).min()?;
    let mut last: Option<Timestamp> = None;
    for tries in tries(&by_pipeline(&known)) {
        let said: Vec<&&Ran<'_>> =
            tries.runs.iter().filter(|build| is_red(build.outcome).is_some()).collect();
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
    use tl_core::delivery::{Build, CommitBuilds};

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

    fn table(builds: &[Build]) -> Pipeline {
        let ran: Vec<Ran<'_>> = builds.iter().map(Ran::of).collect();
        let ended: Vec<&Ran<'_>> = ran.iter().collect();
        let mut table = Pipeline::default();
        tries(&by_pipeline(&ended)).iter().for_each(|tries| table.judge(&tries.runs));
        table
    }

    #[test]
    fn a_push_and_its_request_run_the_same_pipeline_without_repeating_it() {
        let by = |trigger: &str, id: &str, outcome| Build {
            trigger: trigger.to_owned(),
            ..run(id, 1, [0, 1, 2], outcome)
        };
        let push = by("push", "1", Outcome::Failure);
        let request = by("pull_request", "2", Outcome::Success);
        let again = by("push", "3", Outcome::Success);
        let told = table(&[push.clone(), request.clone()]);
        assert_eq!((told.judged, told.rerun, told.flaky), (2, 0, 0));
        let told = table(&[push, request, again]);
        assert_eq!((told.judged, told.rerun), (2, 1));
    }

    #[test]
    fn a_pipeline_of_jobs_alone_counts_beside_one_with_runs() {
        let job = |name: &str, outcome| Build {
            level: BuildLevel::Job,
            name: name.to_owned(),
            ..run(name, 1, [0, 1, 2], outcome)
        };
        let builds = [
            run("1", 1, [0, 1, 2], Outcome::Success),
            job("test/unit", Outcome::Success),
            job("scanner/check", Outcome::Failure),
        ];
        let told = table(&builds);
        assert_eq!((told.runs, told.failed), (2, 1));
        let ran = builds.each_ref().map(Ran::of);
        let named = by_pipeline(&ran.each_ref());
        let jobs: Vec<(&str, usize)> =
            named.iter().map(|(name, levels)| (*name, levels.jobs.len())).collect();
        assert_eq!(jobs, [("scanner", 1), ("test", 1)]);
    }

    #[test]
    fn the_failed_share_is_of_the_runs_that_failed_or_succeeded() {
        let of = |id: &str, outcome| run(id, 1, [0, 1, 2], outcome);
        let told = table(&[
            of("1", Outcome::Failure),
            of("2", Outcome::Success),
            of("3", Outcome::Cancelled),
            of("4", Outcome::Skipped),
        ]);
        assert_eq!((told.runs, told.decided, told.failed), (4, 2, 1));
    }

    #[test]
    fn a_run_that_ended_after_the_window_is_not_known_in_it() {
        let red = run("1", 1, [0, 1, 2], Outcome::Failure);
        let repaired = run("1", 2, [2, 3, 9], Outcome::Success);
        let commit = CommitBuilds { builds: vec![red, repaired], ..CommitBuilds::default() };
        let seen = |hour: i64| {
            green(&Commit::of(&commit), Timestamp::from_seconds(hour * 3600))
                .map(|span| span.hours())
        };
        assert_eq!((seen(8), seen(9)), (None, Some(9.0)));
    }

    #[test]
    fn a_failure_that_a_repetition_made_green_is_a_flake_and_one_that_stayed_red_is_not() {
        let judged = |runs: &[Build]| {
            let table = table(runs);
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
            let commit = CommitBuilds { builds, ..CommitBuilds::default() };
            green(&Commit::of(&commit), Timestamp::from_seconds(360_000)).map(|span| span.hours())
        };
        assert_eq!(green(vec![test.clone(), lint]), Some(9.0));
        let red = Build { name: "lint".to_owned(), ..run("2", 1, [0, 1, 9], Outcome::Failure) };
        assert_eq!(green(vec![test, red]), None);
    }
}
