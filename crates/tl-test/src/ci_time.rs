//! Where the time of CI goes: waiting, trying again, running twice, jobs that got slower.
//!
//! In: attempts of runs and jobs, as [`runs::gather`] finds them in events. Out: [`CiTime`]. Start at
//! [`ci_time`]. **Invariants:** what a run waited for is inferred from instants, since no event says
//! which job needs which, and it is said so; a time that is not known is left out, never zero.
//! **Definition:** `docs/test.md`, "CI time".

mod findings;
pub mod path;
pub mod runs;
mod slower;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use runs::{PipelineRun, Ran};

/// Where the time of CI goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CiTime {
    /// Attempts of runs that were looked at.
    pub runs: u64,
    /// Attempts of jobs.
    pub jobs: u64,
    /// Pipelines, the one that people waited for the longest first.
    pub pipelines: Vec<PipelineTime>,
    /// What could be spared, the longest waits first.
    pub findings: Vec<CiFinding>,
    /// What is not known, and what is only inferred.
    pub notes: Vec<String>,
}

/// How long one pipeline takes, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PipelineTime {
    /// Repository; empty where the events do not say.
    pub repository: String,
    /// Its name.
    pub pipeline: String,
    /// Attempts of runs that ended.
    pub runs: u64,
    /// Median from the first wait to the last end.
    pub wall_p50: f64,
    /// The same, 90th percentile.
    pub wall_p90: f64,
    /// Median of the waits for a runner on the inferred critical path of a run, where it has jobs
    /// whose waits are known.
    pub queue_p50: Option<f64>,
    /// The same, 90th percentile.
    pub queue_p90: Option<f64>,
    /// Jobs on inferred critical paths, the one that takes the most there first; ten at most.
    pub path: Vec<OnPath>,
}

/// A job on critical paths.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OnPath {
    /// Its name.
    pub job: String,
    /// Share of the runs whose critical path it is on.
    pub share: f64,
    /// How long it took on these paths, seconds, all together.
    pub seconds: f64,
}

/// Something that could be spared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CiFinding {
    /// Its id: `retry-waste`, `queue`, `never-began`, `duplicated-push-and-request`, `slowest-job`,
    /// `job-got-slower`.
    pub rule: String,
    /// Repository; empty where the events do not say.
    pub repository: String,
    /// Pipeline.
    pub pipeline: String,
    /// Job; empty where it is about the whole pipeline.
    pub job: String,
    /// Seconds that somebody waited for: on the inferred critical path.
    pub seconds_on_path: f64,
    /// Seconds of runners that nobody waited for.
    pub seconds_off_path: f64,
    /// How many it was counted on.
    pub n: u64,
    /// In words, with its numbers.
    pub what: String,
}

/// Looks at attempts of runs and jobs.
pub fn ci_time(ran: &[Ran]) -> CiTime {
    let (grouped, orphans) = runs::grouped(ran);
    let paths: Vec<Vec<path::Step>> =
        grouped.iter().map(|run| path::critical_path(&run.jobs)).collect();
    let pairs: Vec<(&PipelineRun, &[path::Step])> =
        grouped.iter().zip(&paths).map(|(run, path)| (run, path.as_slice())).collect();
    let jobs = ran.iter().filter(|ran| ran.is_job()).count() as u64;
    CiTime {
        runs: ran.len() as u64 - jobs,
        jobs,
        pipelines: findings::pipelines(&pairs),
        findings: findings::all(&pairs),
        notes: notes(ran, jobs, orphans),
    }
}

fn notes(ran: &[Ran], jobs: u64, orphans: u64) -> Vec<String> {
    let mut notes = Vec::new();
    if ran.is_empty() {
        return vec!["no event of CI is there".to_owned()];
    }
    if jobs == 0 {
        notes.push("no event tells of jobs: nothing is known of what a run waits for".to_owned());
    } else {
        notes.push(
            "critical paths are inferred: a job that began to wait at most 5 s after another \
             ended is taken to have needed it"
                .to_owned(),
        );
    }
    if orphans > 0 {
        notes.push(format!(
            "{orphans} of {jobs} jobs belong to no run that is known: they are put together by \
             pipeline and commit"
        ));
    }
    let waits = |ran: &&Ran| ran.is_job() && ran.queued.is_some() && ran.started.is_some();
    if jobs > 0 && !ran.iter().any(|ran| waits(&ran)) {
        notes.push("no event tells when a job began to wait for its runner".to_owned());
    }
    notes.push("slow setups are not looked for: no event tells of steps".to_owned());
    notes
}
