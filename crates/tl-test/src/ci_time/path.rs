//! What a run waited for: its jobs from the last end backwards.
//!
//! In: the jobs of one run. Out: [`Step`]s, the first first. Start at [`critical_path`].
//! **Invariant:** a job is on the path once at most, and each step ends before the next one does.

use tl_core::time::Timestamp;

use super::runs::Ran;

/// Milliseconds between the end of a job and the wait of the one that needs it.
const NEAR: i64 = 5_000;

/// Steps of one path.
const STEPS: usize = 1_000;

/// A job on the critical path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Its row among the jobs.
    pub row: usize,
    /// Seconds that it waited for a runner, where known.
    pub waited: Option<f64>,
    /// Seconds that it ran.
    pub took: f64,
}

/// The critical path of a run, inferred.
///
/// From the job that ended last: a job that began to wait (or, where that is not known, to run)
/// needed its own attempt before it, else the job that ended last before that, where this is at
/// most 5 s earlier. What began without such a job needed none.
pub fn critical_path(jobs: &[Ran]) -> Vec<Step> {
    // Jobs that ran, by their ends.
    let mut ended: Vec<(Timestamp, usize)> = jobs
        .iter()
        .enumerate()
        .filter(|(_, job)| job.took().is_some())
        .filter_map(|(row, job)| Some((job.finished?, row)))
        .collect();
    ended.sort_unstable();
    let mut path = Vec::new();
    let Some(mut place) = ended.len().checked_sub(1) else { return path };
    while path.len() < STEPS {
        let (_, row) = ended[place];
        let job = &jobs[row];
        let (Some(took), Some(ready)) = (job.took(), job.ready()) else { break };
        path.push(Step { row, waited: job.waited(), took });
        // Always further to the front: it ends.
        let earlier = &ended[..place];
        let again = earlier.iter().rposition(|(end, other)| {
            let other = &jobs[*other];
            other.job == job.job && *end <= job.started.unwrap_or(ready)
        });
        let near = || {
            let limit = Timestamp::from_millis(ready.as_millis().saturating_add(NEAR));
            let last = earlier.partition_point(|(end, _)| *end <= limit).checked_sub(1)?;
            ((ready - earlier[last].0).get() <= NEAR).then_some(last)
        };
        match again.or_else(near) {
            Some(before) => place = before,
            None => break,
        }
    }
    path.reverse();
    path
}
