//! CI: runs of jobs that wait for a runner.

use std::cmp::Reverse;

use tl_core::fact::{BuildLevel, BuildState, Outcome, TestsFinished, kind, role};

use super::calendar::{MINUTE, SECOND, minutes};
use super::{Life, event};

/// Events that a change leaves when its runs have no jobs, counted over a whole organisation.
pub(super) const EVENTS_WITHOUT_JOBS: f64 = 19.5;

/// Events that a change leaves for each job of a run: three for each run.
pub(super) const EVENTS_PER_JOB: f64 = 4.85;

/// Runs of CI for each change, and minutes of a job, both on average.
const RUNS: f64 = 1.5;
const JOB_MINUTES: f64 = 7.0;

/// Share of attempts that fail for no reason and are run again.
const FLAKES: f64 = 0.06;

/// Share of runs whose tests are reported.
const REPORTS: f64 = 0.1;

/// As many runners as are busy for three quarters of the working day.
pub(super) fn runners(arrivals: f64, jobs: f64) -> usize {
    let busy = arrivals * RUNS * jobs.max(1.0) * JOB_MINUTES / (10.0 * 60.0);
    (busy / 0.75).ceil().max(2.0) as usize
}

impl Life {
    /// Runs CI for a commit, and says when it is green.
    pub(super) fn run_ci(&mut self, at: i64, change: &str, commit: &str, trigger: &str) -> i64 {
        self.next_build += 1;
        let run = self.next_build;
        let mut state = BuildState {
            pipeline: "verify".to_owned(),
            attempt: 1,
            trigger: trigger.to_owned(),
            ..BuildState::default()
        };
        let (mut first, mut last) = (i64::MAX, at);
        let jobs = self.chance.around(self.jobs);
        for job in 0..jobs {
            let (started, finished) = self.run_job(at, (run, job), change, commit, trigger);
            first = first.min(started);
            last = last.max(finished);
        }
        if jobs == 0 {
            // A system that does not tell of jobs: the run needs a runner all the same.
            (first, last) = self.runner(at);
        }
        let name = format!("ci/{run}");
        self.ci_event(kind::CI_QUEUED, at, &name, change, commit, &state);
        self.ci_event(kind::CI_STARTED, first, &name, change, commit, &state);
        state.outcome = Outcome::Success;
        self.ci_event(kind::CI_FINISHED, last, &name, change, commit, &state);
        let reports = self.chance.happens(REPORTS);
        if reports {
            let tests = TestsFinished {
                suite: "unit".to_owned(),
                tests: 900 + self.chance.below(200) as u64,
                seconds: ((last - first) / SECOND) as f64,
                ..TestsFinished::default()
            };
            let told = event(kind::TESTS_FINISHED, last, "ci", &format!("build:{name}"), "unit");
            self.tell(told.about(role::COMMIT, commit).with(&tests));
        }
        last
    }

    /// Runs one job until it is green; returns its first start and its last end.
    fn run_job(
        &mut self,
        at: i64,
        (run, job): (u64, usize),
        change: &str,
        commit: &str,
        trigger: &str,
    ) -> (i64, i64) {
        let name = format!("ci/{run}/{job}");
        let mut state = BuildState {
            level: BuildLevel::Job,
            pipeline: "verify".to_owned(),
            job: format!("part-{job}"),
            trigger: trigger.to_owned(),
            ..BuildState::default()
        };
        let (mut queued, mut first) = (at, None);
        loop {
            state.attempt += 1;
            state.outcome = Outcome::Unknown;
            self.ci_event(kind::CI_QUEUED, queued, &name, change, commit, &state);
            let (started, finished) = self.runner(queued);
            self.ci_event(kind::CI_STARTED, started, &name, change, commit, &state);
            let flaked = self.chance.happens(FLAKES) && state.attempt < 3;
            state.outcome = if flaked { Outcome::Failure } else { Outcome::Success };
            self.ci_event(kind::CI_FINISHED, finished, &name, change, commit, &state);
            let begun = *first.get_or_insert(started);
            if !flaked {
                return (begun, finished);
            }
            queued = finished + MINUTE;
        }
    }

    /// Work on the first runner that is free: when it begins and ends.
    fn runner(&mut self, queued: i64) -> (i64, i64) {
        let free = self.runners.pop().map_or(queued, |Reverse(free)| free);
        let started = free.max(queued + 2 * SECOND);
        let finished = started + minutes(self.chance.spread(JOB_MINUTES * 0.8, 0.6));
        self.runners.push(Reverse(finished));
        (started, finished)
    }

    fn ci_event(
        &mut self,
        kind: &str,
        at: i64,
        build: &str,
        change: &str,
        commit: &str,
        state: &BuildState,
    ) {
        let told = event(kind, at, "ci", &format!("build:{build}"), &state.attempt.to_string());
        let told = told.about(role::COMMIT, commit).about(role::CHANGE, change);
        self.tell(told.with(state));
    }
}
