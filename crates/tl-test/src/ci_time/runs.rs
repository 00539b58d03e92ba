//! Attempts of runs and jobs, and which job belongs to which run.
//!
//! In: `ci.queued`, `ci.started`, `ci.finished`. Out: [`Ran`], and [`PipelineRun`]s of them. Start at
//! [`gather`] and [`grouped`]. **Invariant:** every job is in exactly one run.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::event::Event;
use tl_core::fact::{BuildLevel, BuildState, Outcome, kind, role};
use tl_core::time::Timestamp;

/// Attempts that are looked at.
pub const LIMIT: usize = 1_000_000;

/// Letters of a name that are kept.
const LETTERS: usize = 300;

/// Milliseconds that a job may be older than its run: two clocks.
const SLACK: i64 = 60_000;

/// Milliseconds without a job after which the next one of a commit belongs to another run.
const LONG: i64 = 6 * 3_600_000;

/// One attempt of a run or a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// Its id, unique with the attempt.
    pub id: String,
    /// Attempt, 1 for the first.
    pub attempt: u32,
    /// Repository; empty where not known.
    pub repository: String,
    /// Name of its pipeline.
    pub pipeline: String,
    /// Name of the job; empty for a run.
    pub job: String,
    /// The commit; empty where not known.
    pub commit: String,
    /// What started it: `push`, `pull_request`.
    pub trigger: String,
    /// When it began to wait for a runner.
    pub queued: Option<Timestamp>,
    /// When it began to run.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Ran {
    /// Whether it is a part of a run.
    pub fn is_job(&self) -> bool {
        !self.job.is_empty()
    }

    /// When it could have begun: its wait, else its start.
    pub fn ready(&self) -> Option<Timestamp> {
        match (self.queued, self.started) {
            // A start before the wait is another clock's.
            (Some(queued), Some(started)) => Some(queued.min(started)),
            (queued, started) => queued.or(started),
        }
    }

    /// Seconds that it waited for a runner, where known.
    pub fn waited(&self) -> Option<f64> {
        let (queued, started) = self.queued.zip(self.started)?;
        Some(seconds(queued, started))
    }

    /// Seconds that it ran, where it began and ended.
    pub fn took(&self) -> Option<f64> {
        let (started, finished) = self.started.zip(self.finished)?;
        (finished >= started).then(|| seconds(started, finished))
    }

    /// Seconds from its wait to its end.
    pub fn wall(&self) -> Option<f64> {
        let (ready, finished) = self.ready().zip(self.finished)?;
        (finished >= ready).then(|| seconds(ready, finished))
    }

    /// Whether it failed, or took too long.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failure | Outcome::TimedOut)
    }
}

/// Seconds between two instants; 0 where the second is earlier.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    (to - from).get().max(0) as f64 / 1_000.0
}

/// A run, all its attempts, and its jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PipelineRun {
    /// Attempts of the run; empty where only its jobs are known.
    pub attempts: Vec<Ran>,
    /// Attempts of its jobs, by start.
    pub jobs: Vec<Ran>,
}

impl PipelineRun {
    /// Any part of it: for its repository, pipeline and commit.
    pub fn any(&self) -> Option<&Ran> {
        self.attempts.first().or(self.jobs.first())
    }
}

/// Attempts that events tell of, in order of their ids.
///
/// Events of other kinds, without a build or with an unknown payload, are left out, as are those
/// beyond [`LIMIT`] attempts; events may come in any order and more than once.
pub fn gather<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Ran> {
    let mut all: BTreeMap<(String, u32), Ran> = BTreeMap::new();
    for event in events {
        if ![kind::CI_QUEUED, kind::CI_STARTED, kind::CI_FINISHED].contains(&event.kind.as_str()) {
            continue;
        }
        let told = event.refs.get(role::BUILD);
        let Some(id) = told.or(event.subject.strip_prefix("build:")) else { continue };
        let Ok(state) = event.payload::<BuildState>() else { continue };
        let key = (short(id), state.attempt.max(1));
        if all.len() >= LIMIT && !all.contains_key(&key) {
            continue;
        }
        let ran = all.entry(key).or_insert_with_key(|(id, attempt)| Ran {
            id: id.clone(),
            attempt: *attempt,
            ..Ran::default()
        });
        add(ran, event, state);
    }
    all.into_values().collect()
}

fn add(ran: &mut Ran, event: &Event, state: BuildState) {
    let text = |known: &mut String, told: &str| {
        if known.is_empty() {
            *known = short(told);
        }
    };
    let said = |role| event.refs.get(role).unwrap_or_default();
    text(&mut ran.repository, said(role::REPOSITORY));
    text(&mut ran.commit, said(role::COMMIT));
    text(&mut ran.pipeline, &state.pipeline);
    text(&mut ran.trigger, &state.trigger);
    if state.level == BuildLevel::Job {
        // A job without a name is one all the same.
        text(&mut ran.job, if state.job.is_empty() { "job" } else { &state.job });
    }
    let earliest = |known: &mut Option<Timestamp>| {
        *known = Some(known.map_or(event.at, |known| known.min(event.at)));
    };
    match event.kind.as_str() {
        kind::CI_QUEUED => earliest(&mut ran.queued),
        kind::CI_STARTED => earliest(&mut ran.started),
        _ => {
            let end = (Some(event.at), state.outcome);
            (ran.finished, ran.outcome) = end.max((ran.finished, ran.outcome));
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(LETTERS).collect()
}

/// Runs with their jobs, and how many jobs belong to no run that is known.
///
/// A job belongs to the run whose id its own begins with; else to the last run of its commit that
/// was there when it began and has no such job, of its pipeline before others; else to the other such jobs of its
/// pipeline and commit, until none runs for six hours.
pub fn grouped(ran: &[Ran]) -> (Vec<PipelineRun>, u64) {
    let mut runs: Vec<PipelineRun> = Vec::new();
    let mut rows: FxHashMap<&str, usize> = FxHashMap::default();
    let mut of_commit: FxHashMap<(&str, &str), Vec<usize>> = FxHashMap::default();
    for one in ran.iter().filter(|one| !one.is_job()) {
        let row = *rows.entry(&one.id).or_insert_with(|| {
            runs.push(PipelineRun::default());
            let row = runs.len() - 1;
            if !one.commit.is_empty() {
                of_commit.entry((&one.repository, &one.commit)).or_default().push(row);
            }
            row
        });
        runs[row].attempts.push(one.clone());
    }
    let mut orphans: Vec<&Ran> = Vec::new();
    let mut taken: FxHashSet<(usize, &str, u32)> = FxHashSet::default();
    for job in ran.iter().filter(|one| one.is_job()) {
        let named = above(&job.id).find_map(|id| rows.get(id).copied());
        let known = of_commit.get(&(job.repository.as_str(), job.commit.as_str()));
        match named.or_else(|| last_there(&runs, known?, job, &taken)) {
            Some(row) => {
                taken.insert((row, &job.job, job.attempt));
                runs[row].jobs.push(job.clone());
            }
            None => orphans.push(job),
        }
    }
    runs.extend(put_together(&mut orphans));
    for run in &mut runs {
        run.attempts.sort_by_key(|run| run.attempt);
        run.jobs.sort_by(|a, b| {
            let order = |job: &Ran| (job.started.or(job.queued), job.attempt);
            order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id))
        });
        // GitHub repeats, under a new id, the jobs that another attempt of a run did not repeat.
        let mut seen: FxHashSet<(String, Timestamp, Timestamp)> = FxHashSet::default();
        run.jobs.retain(|job| match job.started.zip(job.finished) {
            Some((started, finished)) => seen.insert((job.job.clone(), started, finished)),
            None => true,
        });
    }
    (runs, orphans.len() as u64)
}

/// Jobs without a run: those of a pipeline and a commit, until for long none runs.
fn put_together(orphans: &mut [&Ran]) -> Vec<PipelineRun> {
    orphans.sort_by(|a, b| a.ready().cmp(&b.ready()).then_with(|| a.id.cmp(&b.id)));
    let mut runs: Vec<PipelineRun> = Vec::new();
    // The row of each, and until when a job of it ran.
    let mut open: FxHashMap<(&str, &str, &str), (usize, Option<Timestamp>)> = FxHashMap::default();
    for job in orphans.iter() {
        // Without a commit it is known to belong to nothing else.
        let commit = if job.commit.is_empty() { &job.id } else { &job.commit };
        let known =
            open.entry((&job.repository, &job.pipeline, commit)).or_insert((usize::MAX, None));
        let long = job.ready().zip(known.1).is_some_and(|(ready, end)| (ready - end).get() > LONG);
        if known.0 == usize::MAX || long {
            known.0 = runs.len();
            runs.push(PipelineRun::default());
        }
        known.1 = known.1.max(job.finished.or(job.ready()));
        runs[known.0].jobs.push((*job).clone());
    }
    runs
}

/// Ids that an id begins with: `ci/5` and `ci` of `ci/5/2`.
fn above(id: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(id.rsplit_once('/'), |(rest, _)| rest.rsplit_once('/'))
        .map(|(rest, _)| rest)
        .take(8)
}

/// The last of these runs that was there when a job began, and has no such job yet: a push and a
/// request begin at the same moment, each with its own.
fn last_there(
    runs: &[PipelineRun],
    rows: &[usize],
    job: &Ran,
    taken: &FxHashSet<(usize, &str, u32)>,
) -> Option<usize> {
    let begun = |row: usize| runs[row].attempts.iter().filter_map(Ran::ready).min();
    let same = |row: &usize| runs[*row].attempts.iter().any(|run| run.pipeline == job.pipeline);
    let of_pipeline: Vec<usize> = rows.iter().copied().filter(same).collect();
    let rows = if of_pipeline.is_empty() { rows } else { &of_pipeline };
    let there = |row: &&usize| match (begun(**row), job.ready()) {
        (Some(run), Some(job)) => run.as_millis() <= job.as_millis().saturating_add(SLACK),
        _ => false,
    };
    let has_none = |row: usize| !taken.contains(&(row, job.job.as_str(), job.attempt));
    let last = rows.iter().filter(there).max_by_key(|row| (has_none(**row), begun(**row)));
    last.or(rows.first()).copied()
}
