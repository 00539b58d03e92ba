//! Manual steps: what pipelines and deployments wait for a person to do.
//!
//! In: the dataset with the steps, deployments and builds that were collected. Out:
//! [`ManualSteps`]. Start at [`manual_steps`]. **Invariant:** who acted is never told.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::delivery::ManualStep;
use tl_core::fact::BuildLevel;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::{Column, share};
use crate::dataset::Dataset;
use crate::deployment::{Deployment, is_production};
use crate::fold::{Ran, What};
use crate::report::collected::{ManualStepRow, ManualSteps};
use crate::report::{Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "manual-steps",
    title: "Manual steps",
    what: "how often pipelines and deployments wait for a person, and for how long",
    formula: "a step is an approval or a job that a person starts; waiting = done - waiting since; \
              median and 90th percentile over steps that were done in the window; deployments that \
              waited = production deployments with a step of their own, or of a build of their commit \
              done by their end / deployments; manual runs = CI runs that a person started / runs; \
              Wilson intervals",
    unit: "steps; hours; shares",
    edge_cases: &[
        "only where the sources tell: the share of deployments is over services of which any \
         deployment has a step, since a source that does not tell looks as if nobody waited",
        "a step is in the window if it was done in it; one that nobody acted on yet is counted as \
         open, and is in no quantile",
        "a step whose wait has no recorded start is counted and has no waiting time",
        "quantiles take each step for itself: steps of one day hang together, so the intervals are \
         too narrow",
        "a run that a person repeated is no manual run unless its source says so",
    ],
    source: "ours; Harness, State of DevOps Modernization 2026, asks for time on manual tasks",
};

/// Measures manual steps of the window; `None` where no source tells of any.
pub fn manual_steps(data: &Dataset<'_>) -> Option<ManualSteps> {
    let OfCommits { with_steps: of_commits, runs, manual_runs } = of_commits(data);
    let of_builds = of_commits.iter().flat_map(|commit| &commit.steps);
    let is_shown = data.is_record_shown();
    let of_deployments = data
        .collected
        .records
        .iter()
        .enumerate()
        .filter(|(row, one)| is_production(one, &data.options.collected) && is_shown(*row, one))
        .flat_map(|(_, one)| one.steps());
    let steps: Vec<&ManualStep> = of_builds.chain(of_deployments).collect();
    if steps.is_empty() && manual_runs == 0 {
        return None;
    }
    let mut by_form: BTreeMap<&str, Vec<&ManualStep>> = BTreeMap::new();
    for step in steps {
        by_form.entry(&step.form).or_default().push(step);
    }
    let rows: Vec<ManualStepRow> =
        by_form.into_iter().map(|(form, steps)| row(data, form, &steps)).collect();
    Some(ManualSteps {
        forms: rows.into_iter().filter(|row| row.done + row.open > 0).collect(),
        deployments_waited: deployments_waited(data, &of_commits),
        manual_runs: share(manual_runs, runs),
    })
}

/// What is asked of the CI of all commits.
#[derive(Default)]
struct OfCommits {
    with_steps: Vec<OfCommit>,
    /// CI runs that ended in the window; jobs of what has no runs.
    runs: u64,
    /// Those of them that a person started.
    manual_runs: u64,
}

/// The steps of a commit.
struct OfCommit {
    commit: String,
    steps: Vec<ManualStep>,
}

fn of_commits(data: &Dataset<'_>) -> OfCommits {
    let parts = data.collected.builds.chunks(|commits| {
        let mut part = OfCommits::default();
        for (row, one) in commits {
            let has_runs = one.builds.iter().any(|build| build.level == BuildLevel::Run);
            let level = if has_runs { BuildLevel::Run } else { BuildLevel::Job };
            let inside = |build: &&Ran<'_>| build.finished.is_some_and(|at| is_inside(data, at));
            let runs = || one.builds.iter().filter(|build| build.level == level).filter(inside);
            part.runs += runs().count() as u64;
            part.manual_runs += runs().filter(|build| build.manual).count() as u64;
            if !one.steps.is_empty() {
                let (commit, steps) = (data.collected.builds.commit(*row), one.steps.clone());
                part.with_steps.push(OfCommit { commit, steps });
            }
        }
        part
    });
    let mut all = OfCommits::default();
    for part in parts {
        all.with_steps.extend(part.with_steps);
        all.runs += part.runs;
        all.manual_runs += part.manual_runs;
    }
    all
}

fn is_inside(data: &Dataset<'_>, at: Timestamp) -> bool {
    at >= data.window.since && at <= data.window.until
}

fn row(data: &Dataset<'_>, form: &str, steps: &[&ManualStep]) -> ManualStepRow {
    let done: Vec<&&ManualStep> =
        steps.iter().filter(|step| step.done.is_some_and(|at| is_inside(data, at))).collect();
    let until = data.window.until;
    let is_open = |step: &&&ManualStep| {
        step.waiting.is_some_and(|at| at <= until) && step.done.is_none_or(|at| at > until)
    };
    let waits = done.iter().filter_map(|step| waited(step)).map(Millis::get).collect();
    let column = Column::alone(waits).or("no step whose wait was recorded");
    let mut quantiles =
        column.quantiles(&[0.5, 0.9], Unit::Hours, &data.options.bootstrap()).into_iter();
    let mut next =
        || quantiles.next().unwrap_or_else(|| Figure::unknown(0, Unit::Hours, "no step"));
    ManualStepRow {
        form: form.to_owned(),
        done: done.len() as u64,
        open: steps.iter().filter(is_open).count() as u64,
        waiting_p50: next(),
        waiting_p90: next(),
    }
}

/// How long a step waited for a person.
fn waited(step: &ManualStep) -> Option<Millis> {
    let spent = step.done? - step.waiting?;
    (spent >= Millis::ZERO).then_some(spent)
}

/// The share of deployments of the window that waited for a person.
fn deployments_waited(data: &Dataset<'_>, of_commits: &[OfCommit]) -> Figure {
    let records = &data.collected.records;
    let mut by_commit: FxHashMap<What<'_>, Timestamp> = FxHashMap::default();
    for commit in of_commits {
        if let Some(first) = commit.steps.iter().filter_map(|step| step.done).min() {
            by_commit.insert(What::of(&commit.commit), first);
        }
    }
    let waited = |one: &Deployment| {
        one.records.iter().any(|row| !records.get(*row as usize).steps().is_empty())
            || by_commit.get(&one.what(records)).is_some_and(|done| *done <= one.finished)
    };
    let list = &data.deployments.list;
    let telling: FxHashSet<&str> =
        list.iter().filter(|one| waited(one)).map(|one| &*one.service).collect();
    let told = list
        .iter()
        .filter(|one| one.finished >= data.window.since && telling.contains(&*one.service));
    let (mut all, mut events) = (0, 0);
    for one in told {
        all += 1;
        events += u64::from(waited(one));
    }
    match all {
        0 => Figure::unknown(0, Unit::Share, "no source tells of manual steps of a deployment"),
        all => share(events, all),
    }
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::{CommitBuilds, Delivery, Deployment as Record};
    use tl_core::fact::Outcome;

    use super::*;
    use crate::options::Options;

    fn hour(hour: i64) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(1_700_000_000 + hour * 3600))
    }

    fn step(waiting: i64, done: Option<i64>) -> ManualStep {
        let done = done.and_then(hour);
        let form = "approval".to_owned();
        ManualStep { form, waiting: hour(waiting), done, ..ManualStep::default() }
    }

    fn deployed(service: &str, commit: &str, at: i64, steps: Vec<ManualStep>) -> Record {
        Record {
            key: format!("{service}/{at}"),
            service: service.to_owned(),
            environment: "production".to_owned(),
            commit: commit.to_owned(),
            finished: hour(at),
            outcome: Outcome::Success,
            steps,
            ..Record::default()
        }
    }

    fn measured(delivery: &Delivery) -> Option<ManualSteps> {
        let now = hour(200).unwrap();
        let options = Options { draws: 50, ..Options::at(now) };
        let options = Options { until: Some(now), since: hour(0), ..options };
        manual_steps(&Dataset::with_delivery(&[], delivery, &options))
    }

    #[test]
    fn a_service_whose_source_is_silent_is_not_counted_as_one_that_nobody_waits_for() {
        let delivery = Delivery {
            deployments: vec![
                deployed("api", "a", 10, vec![step(4, Some(8))]),
                deployed("api", "b", 20, Vec::new()),
                deployed("api", "c", 30, Vec::new()),
                deployed("web", "d", 40, Vec::new()),
            ],
            builds: vec![CommitBuilds {
                commit: "b".to_owned(),
                steps: vec![step(12, Some(18)), step(190, None)],
                ..CommitBuilds::default()
            }],
            ..Delivery::default()
        };
        let found = measured(&delivery).unwrap();
        // Of three deployments of api, one waited itself and one by its commit's job; of web nobody
        // tells. Waits of 4 and 6 hours: median 5, 90th percentile 5.8; one still waits.
        assert_eq!(
            (found.deployments_waited.value, found.deployments_waited.n),
            (Some(2.0 / 3.0), 3)
        );
        let [row] = &found.forms[..] else { panic!("{found:?}") };
        assert_eq!((row.done, row.open), (2, 1));
        assert_eq!(row.waiting_p50.value, Some(5.0));
        assert!((row.waiting_p90.value.unwrap() - 5.8).abs() < 1e-9);
        assert_eq!(found.manual_runs.value, None, "no run was collected");
    }

    #[test]
    fn where_no_source_tells_nothing_is_said() {
        let delivery = Delivery {
            deployments: vec![deployed("api", "a", 10, Vec::new())],
            ..Delivery::default()
        };
        assert_eq!(measured(&delivery), None);
    }
}
