//! What could be spared of CI's time.
//!
//! In: runs with their critical paths. Out: [`PipelineTime`]s and [`CiFinding`]s. Start at [`all`].
//! **Invariant:** seconds on the path were waited for by somebody, seconds off it only by a machine;
//! no second is in both.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::fact::Outcome;
use tl_core::time::Timestamp;

use super::path::Step;
use super::runs::{PipelineRun, Ran};
use super::slower::{LAST, percentile, slower};
use super::{CiFinding, OnPath, PipelineTime};

/// Jobs of a pipeline that are shown.
const SHOWN: usize = 10;

/// Share of the path above which waiting for runners is worth a word.
const MUCH_WAITING: f64 = 0.1;

/// Seconds above which the longest tenth of waits is worth a word.
const LONG_WAIT: f64 = 30.0;

/// Runs below which nothing is said of the job that takes the longest.
const FEW_RUNS: u64 = 5;

/// A run and its critical path.
type Pair<'a> = (&'a PipelineRun, &'a [Step]);

/// Runs by repository and pipeline.
fn by_pipeline<'a>(pairs: &[Pair<'a>]) -> BTreeMap<(&'a str, &'a str), Vec<Pair<'a>>> {
    let mut groups: BTreeMap<(&str, &str), Vec<Pair<'a>>> = BTreeMap::new();
    for (run, path) in pairs {
        if let Some(any) = run.any() {
            groups.entry((&any.repository, &any.pipeline)).or_default().push((*run, *path));
        }
    }
    groups
}

/// How long each pipeline takes.
pub(super) fn pipelines(pairs: &[Pair<'_>]) -> Vec<PipelineTime> {
    let mut times: Vec<(f64, PipelineTime)> = Vec::new();
    for ((repository, pipeline), group) in by_pipeline(pairs) {
        let walls: Vec<f64> = group.iter().flat_map(|pair| walls(pair.0)).collect();
        let waits: Vec<f64> = group.iter().filter_map(|pair| waited(pair.1)).collect();
        let (Some(wall_p50), Some(wall_p90)) = (percentile(&walls, 0.5), percentile(&walls, 0.9))
        else {
            continue;
        };
        let mut path = on_path(&group);
        path.truncate(SHOWN);
        let time = PipelineTime {
            repository: repository.to_owned(),
            pipeline: pipeline.to_owned(),
            runs: walls.len() as u64,
            wall_p50,
            wall_p90,
            queue_p50: percentile(&waits, 0.5),
            queue_p90: percentile(&waits, 0.9),
            path,
        };
        times.push((walls.iter().sum(), time));
    }
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    times.into_iter().map(|(_, time)| time).collect()
}

/// How long the attempts of a run took; of a run that only its jobs tell of, from first to last.
fn walls(run: &PipelineRun) -> Vec<f64> {
    if !run.attempts.is_empty() {
        return run.attempts.iter().filter(|ran| executed(ran)).filter_map(Ran::wall).collect();
    }
    let first = run.jobs.iter().filter_map(Ran::ready).min();
    let last = run.jobs.iter().filter_map(|job| job.finished).max();
    let span = first.zip(last).map(|(first, last)| (last - first).get() as f64 / 1_000.0);
    span.filter(|span| *span >= 0.0).into_iter().collect()
}

/// What was not run at all took no time.
fn executed(ran: &Ran) -> bool {
    ran.outcome != Outcome::Skipped
}

/// Waits on a path, where any is known.
fn waited(path: &[Step]) -> Option<f64> {
    let known = path.iter().filter_map(|step| step.waited);
    known.clone().next().map(|_| known.sum())
}

/// Jobs on the paths of a pipeline, the one that takes the most first.
fn on_path(group: &[Pair<'_>]) -> Vec<OnPath> {
    let mut jobs: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    let mut runs = 0_u64;
    for (run, path) in group {
        runs += u64::from(!path.is_empty());
        let mut met: FxHashSet<&str> = FxHashSet::default();
        for step in *path {
            let name = run.jobs[step.row].job.as_str();
            let entry = jobs.entry(name).or_default();
            entry.0 += u64::from(met.insert(name));
            entry.1 += step.took;
        }
    }
    let mut jobs: Vec<OnPath> = jobs
        .into_iter()
        .map(|(job, (on, seconds))| OnPath {
            job: job.to_owned(),
            share: on as f64 / runs.max(1) as f64,
            seconds,
        })
        .collect();
    jobs.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    jobs
}

/// All findings, the longest waits first.
pub(super) fn all(pairs: &[Pair<'_>]) -> Vec<CiFinding> {
    let mut findings = Vec::new();
    for ((repository, pipeline), group) in by_pipeline(pairs) {
        let mut found = Vec::new();
        found.extend(retries(&group));
        found.extend(queue(&group));
        found.extend(never_began(&group));
        found.extend(duplicated(&group));
        found.extend(slowest(&group));
        found.extend(got_slower(&group));
        for mut finding in found {
            finding.repository = repository.to_owned();
            finding.pipeline = pipeline.to_owned();
            findings.push(finding);
        }
    }
    findings.sort_by(|a, b| {
        let key = |finding: &CiFinding| (finding.seconds_on_path, finding.seconds_off_path);
        let ((on, off), (other_on, other_off)) = (key(a), key(b));
        other_on.total_cmp(&on).then_with(|| other_off.total_cmp(&off))
    });
    findings
}

fn finding(rule: &str, job: &str, (on, off): (f64, f64), n: u64, what: String) -> CiFinding {
    CiFinding {
        rule: rule.to_owned(),
        job: job.to_owned(),
        seconds_on_path: on,
        seconds_off_path: off,
        n,
        what,
        ..CiFinding::default()
    }
}

/// Attempts that failed and passed when they were tried again on the same commit.
fn retries(group: &[Pair<'_>]) -> Vec<CiFinding> {
    let mut wasted: BTreeMap<&str, (u64, f64, f64)> = BTreeMap::new();
    let mut tried: FxHashMap<&str, u64> = FxHashMap::default();
    for (run, path) in group {
        let on: FxHashSet<usize> = path.iter().map(|step| step.row).collect();
        // Of a run without jobs its own attempts are all that is known.
        let whole = run.jobs.is_empty();
        let attempts = if whole { &run.attempts } else { &run.jobs };
        let mut passed: FxHashMap<&str, Timestamp> = FxHashMap::default();
        for attempt in attempts.iter().filter(|one| one.outcome == Outcome::Success) {
            let Some(started) = attempt.started.or(attempt.queued) else { continue };
            let last = passed.entry(&attempt.job).or_insert(started);
            *last = (*last).max(started);
        }
        for (row, attempt) in attempts.iter().enumerate() {
            *tried.entry(&attempt.job).or_default() += 1;
            let later = passed.get(attempt.job.as_str()).zip(attempt.finished);
            if !attempt.failed() || later.is_none_or(|(passed, ended)| *passed < ended) {
                continue;
            }
            let Some(took) = attempt.took() else { continue };
            let entry = wasted.entry(&attempt.job).or_default();
            entry.0 += 1;
            if whole || on.contains(&row) {
                entry.1 += took + attempt.waited().unwrap_or_default();
            } else {
                entry.2 += took;
            }
        }
    }
    wasted
        .into_iter()
        .map(|(job, (n, on, off))| {
            let all = tried.get(job).copied().unwrap_or_default();
            let time = span(on + off);
            let what = format!(
                "{n} of {all} attempts failed and passed on the same commit when tried again: {time} \
                 of runners"
            );
            finding("retry-waste", job, (on, off), n, what)
        })
        .collect()
}

/// Waits for runners.
fn queue(group: &[Pair<'_>]) -> Option<CiFinding> {
    let (mut on, mut off, mut path_seconds) = (0.0, 0.0, 0.0);
    let mut waits = Vec::new();
    for (run, path) in group {
        let mut rest: Vec<Option<f64>> = run.jobs.iter().map(Ran::waited).collect();
        for step in *path {
            rest[step.row] = None;
            let waited = step.waited.unwrap_or_default();
            on += waited;
            path_seconds += waited + step.took;
            waits.extend(step.waited);
        }
        off += rest.iter().flatten().sum::<f64>();
        waits.extend(rest.into_iter().flatten());
    }
    let (p50, p90) = (percentile(&waits, 0.5)?, percentile(&waits, 0.9)?);
    if on < MUCH_WAITING * path_seconds || p90 < LONG_WAIT {
        return None;
    }
    let percent = (100.0 * on / path_seconds).round();
    let what = format!(
        "jobs wait {} for a runner (median; a tenth waits {} or longer): {percent} % of the \
         critical paths",
        span(p50),
        span(p90)
    );
    Some(finding("queue", "", (on, off), waits.len() as u64, what))
}

/// Jobs that no runner ever took, and that failed for it.
fn never_began(group: &[Pair<'_>]) -> Vec<CiFinding> {
    let mut waited: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for job in group.iter().flat_map(|(run, _)| &run.jobs) {
        if job.failed() && job.started.is_none() {
            waited.entry(&job.job).or_default().extend(job.wall());
        }
    }
    waited.retain(|_, waits| !waits.is_empty());
    let told = waited.into_iter().filter_map(|(job, waits)| {
        let (sum, median) = (waits.iter().sum(), span(percentile(&waits, 0.5)?));
        let what = format!(
            "{} failed without ever having begun: no runner took them for {median} (median)",
            if waits.len() == 1 { "1 job".to_owned() } else { format!("{} jobs", waits.len()) }
        );
        // Whoever reads the result of a run waits for it, and no machine is busy.
        Some(finding("never-began", job, (sum, 0.0), waits.len() as u64, what))
    });
    told.collect()
}

/// Runs of one commit that a push and a request both started.
fn duplicated(group: &[Pair<'_>]) -> Option<CiFinding> {
    let mut of_commit: BTreeMap<&str, [Option<f64>; 2]> = BTreeMap::new();
    for (run, _) in group {
        let Some(first) = run.attempts.iter().find(|ran| executed(ran)) else { continue };
        let by = match first.trigger.to_ascii_lowercase().as_str() {
            "push" => 0,
            "pull_request"
            | "pull-request"
            | "pullrequest"
            | "merge_request"
            | "merge_request_event"
            | "pullrequest:created"
            | "pullrequest:updated" => 1,
            _ => continue,
        };
        let jobs: Vec<f64> = run.jobs.iter().filter_map(Ran::took).collect();
        let cost = if jobs.is_empty() { first.took() } else { Some(jobs.iter().sum()) };
        if first.commit.is_empty() {
            continue;
        }
        if let Some(cost) = cost {
            let known = &mut of_commit.entry(&first.commit).or_default()[by];
            *known = Some(known.map_or(cost, |known| known.min(cost)));
        }
    }
    // The cheaper of the two could have been spared.
    let spare = of_commit
        .values()
        .filter_map(|[push, request]| Some(push.as_ref()?.min(*request.as_ref()?)));
    let spare: Vec<f64> = spare.collect();
    let (n, all) = (spare.len(), of_commit.len());
    let off: f64 = spare.iter().sum();
    let what = format!(
        "{n} of {all} commits are built for a push and again for a request: {} of runners",
        span(off)
    );
    (n > 0).then(|| finding("duplicated-push-and-request", "", (0.0, off), n as u64, what))
}

/// The job that people wait for the longest.
fn slowest(group: &[Pair<'_>]) -> Option<CiFinding> {
    let runs = group.iter().filter(|pair| !pair.1.is_empty()).count() as u64;
    let names: FxHashSet<&str> =
        group.iter().flat_map(|pair| pair.0.jobs.iter().map(|job| job.job.as_str())).collect();
    let path = on_path(group);
    let job = path.first().filter(|_| runs >= FEW_RUNS && names.len() > 1)?;
    let all: f64 = path.iter().map(|job| job.seconds).sum();
    let mut off = 0.0;
    let mut took = Vec::new();
    for (run, path) in group {
        let on: FxHashSet<usize> = path.iter().map(|step| step.row).collect();
        for (row, attempt) in run.jobs.iter().enumerate().filter(|(_, one)| one.job == job.job) {
            let Some(seconds) = attempt.took() else { continue };
            took.push(seconds);
            off += if on.contains(&row) { 0.0 } else { seconds };
        }
    }
    let percent = |share: f64| (100.0 * share).round();
    let what = format!(
        "it takes {} (median) and is {} % of the critical paths of {runs} runs, on {} % of them",
        span(percentile(&took, 0.5)?),
        percent(job.seconds / all.max(f64::MIN_POSITIVE)),
        percent(job.share)
    );
    Some(finding("slowest-job", &job.job, (job.seconds, off), took.len() as u64, what))
}

/// A job that passed: when, how long it took, and on which path.
struct Sample<'a> {
    at: Timestamp,
    seconds: f64,
    on_path: bool,
    commit: &'a str,
}

/// Jobs that take longer than they did.
fn got_slower(group: &[Pair<'_>]) -> Vec<CiFinding> {
    let mut jobs: BTreeMap<&str, Vec<Sample<'_>>> = BTreeMap::new();
    for (run, path) in group {
        let on: FxHashSet<usize> = path.iter().map(|step| step.row).collect();
        // Of a run without jobs its own attempts are all that is known.
        let whole = run.jobs.is_empty();
        let attempts = if whole { &run.attempts } else { &run.jobs };
        for (row, one) in attempts.iter().enumerate() {
            // What failed ended early, or late.
            let passed = one.outcome == Outcome::Success;
            if let (Some(at), Some(seconds), true) = (one.started, one.took(), passed) {
                let on_path = whole || on.contains(&row);
                let sample = Sample { at, seconds, on_path, commit: &one.commit };
                jobs.entry(&one.job).or_default().push(sample);
            }
        }
    }
    let findings = jobs.into_iter().filter_map(|(job, mut samples)| {
        samples.sort_by_key(|sample| Reverse(sample.at));
        samples.truncate(LAST);
        samples.reverse();
        let seconds: Vec<f64> = samples.iter().map(|sample| sample.seconds).collect();
        let found = slower(&seconds)?;
        let since = &samples[found.from..];
        let longer = found.after - found.before;
        let on = since.iter().filter(|sample| sample.on_path).count() as f64;
        let off = since.len() as f64 - on;
        let percent = (100.0 * longer / found.before).round();
        let commit = match since[0].commit.get(..10) {
            Some(commit) => format!(" (commit {commit})"),
            None => String::new(),
        };
        let what = format!(
            "since {}{commit} it takes {}, {percent} % longer than {} before (n = {} and {}, p = {:.1e})",
            since[0].at.date(),
            span(found.after),
            span(found.before),
            found.from,
            since.len(),
            found.p
        );
        let n = samples.len() as u64;
        Some(finding("job-got-slower", job, (on * longer, off * longer), n, what))
    });
    findings.collect()
}

/// Seconds for people: `42 s`, `3.5 min`, `1.4 h`.
fn span(seconds: f64) -> String {
    match seconds {
        short if short < 90.0 => format!("{short:.0} s"),
        minutes if minutes < 5_400.0 => format!("{:.1} min", minutes / 60.0),
        hours => format!("{:.1} h", hours / 3_600.0),
    }
}
