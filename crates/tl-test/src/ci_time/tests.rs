use proptest::prelude::*;
use tl_core::event::Event;
use tl_core::fact::{BuildLevel, BuildState, Outcome, kind, role};
use tl_core::time::Timestamp;

use super::path::critical_path;
use super::runs::{Ran, gather, grouped};
use super::*;

/// An instant, in seconds of a working day.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_258_000 + seconds)
}

/// `job id attempt: queued started finished`, of one commit; `-` where not known.
fn job(name: &str, id: &str, times: [i64; 3]) -> Ran {
    let known = |seconds: i64| (seconds >= 0).then(|| at(seconds));
    Ran {
        id: id.to_owned(),
        attempt: 1,
        repository: "acme/api".to_owned(),
        pipeline: "verify".to_owned(),
        job: name.to_owned(),
        commit: "c0ffee0123456789".to_owned(),
        trigger: "push".to_owned(),
        queued: known(times[0]),
        started: known(times[1]),
        finished: known(times[2]),
        outcome: Outcome::Success,
    }
}

fn run(id: &str, times: [i64; 3]) -> Ran {
    job("", id, times)
}

fn names(jobs: &[Ran]) -> Vec<&str> {
    critical_path(jobs).iter().map(|step| jobs[step.row].job.as_str()).collect()
}

fn found<'a>(time: &'a CiTime, rule: &str) -> Vec<&'a CiFinding> {
    time.findings.iter().filter(|finding| finding.rule == rule).collect()
}

#[test]
fn the_path_goes_back_from_the_last_end_to_what_ended_when_a_job_began_to_wait() {
    let jobs = [
        job("build", "1", [0, 10, 100]),
        job("lint", "2", [0, 5, 60]),
        job("unit", "3", [102, 110, 200]),
        job("slow", "4", [101, 150, 400]),
        job("deploy", "5", [403, 404, 420]),
    ];
    assert_eq!(names(&jobs), ["build", "slow", "deploy"]);
    let path = critical_path(&jobs);
    assert_eq!((path[1].waited, path[1].took), (Some(49.0), 250.0));
}

#[test]
fn a_job_that_waited_from_the_start_needed_nobody() {
    // Its runner was the one that the other had: that is waiting, not needing.
    let jobs = [job("first", "1", [0, 1, 100]), job("second", "2", [0, 101, 150])];
    assert_eq!(names(&jobs), ["second"]);
    // Where nobody says since when it waited, the nearest end is all there is.
    let jobs = [job("first", "1", [-1, 1, 100]), job("second", "2", [-1, 101, 150])];
    assert_eq!(names(&jobs), ["first", "second"]);
    assert_eq!(names(&[]), Vec::<&str>::new());
    assert_eq!(names(&[job("running", "1", [0, 1, -1])]), Vec::<&str>::new());
}

#[test]
fn a_job_needs_its_own_attempt_before() {
    let mut failed = job("unit", "1", [0, 0, 100]);
    failed.outcome = Outcome::Failure;
    let again = Ran { attempt: 2, ..job("unit", "1", [900, 910, 1_000]) };
    assert_eq!(names(&[failed, again, job("lint", "2", [0, 0, 899])]), ["unit", "unit"]);
}

#[test]
fn what_passed_when_tried_again_is_waste() {
    let mut failed = job("unit", "1/2", [0, 10, 100]);
    failed.outcome = Outcome::Failure;
    let again = Ran { attempt: 2, ..job("unit", "1/2", [160, 170, 250]) };
    let mut gone = job("lint", "1/3", [0, 1, 20]);
    gone.outcome = Outcome::Failure;
    let time = ci_time(&[run("1", [0, 0, 250]), failed, again, gone]);
    let waste = found(&time, "retry-waste");
    assert_eq!(waste.len(), 1, "{waste:?}");
    assert_eq!((waste[0].job.as_str(), waste[0].n), ("unit", 1));
    assert_eq!((waste[0].seconds_on_path, waste[0].seconds_off_path), (100.0, 0.0));
    assert!(waste[0].what.starts_with("1 of 2 attempts failed"), "{}", waste[0].what);
}

#[test]
fn a_run_that_failed_at_last_was_no_waste_and_a_rerun_of_a_run_is() {
    let fail = |ran: Ran| Ran { outcome: Outcome::Failure, ..ran };
    let time = ci_time(&[
        fail(run("1", [0, 0, 100])),
        fail(Ran { attempt: 2, ..run("1", [200, 200, 300]) }),
    ]);
    assert!(found(&time, "retry-waste").is_empty());
    let time =
        ci_time(&[fail(run("1", [0, 0, 100])), Ran { attempt: 2, ..run("1", [200, 200, 300]) }]);
    assert_eq!(found(&time, "retry-waste")[0].seconds_on_path, 100.0);
}

#[test]
fn waiting_for_runners_is_told_apart_by_who_waits() {
    let mut all = Vec::new();
    for number in 0..6 {
        let start = 1_000 * number;
        let id = |job: i64| format!("{number}/{job}");
        all.push(run(&number.to_string(), [start, start, start + 300]));
        all.push(job("unit", &id(1), [start, start + 100, start + 300]));
        all.push(job("lint", &id(2), [start, start + 40, start + 60]));
    }
    let time = ci_time(&all);
    let queue = found(&time, "queue");
    assert_eq!(
        (queue[0].seconds_on_path, queue[0].seconds_off_path, queue[0].n),
        (600.0, 240.0, 12)
    );
    assert_eq!(time.pipelines[0].queue_p50, Some(100.0));
    assert_eq!((time.pipelines[0].runs, time.pipelines[0].wall_p50), (6, 300.0));
    let slowest = found(&time, "slowest-job");
    assert_eq!((slowest[0].job.as_str(), slowest[0].seconds_on_path), ("unit", 1_200.0));
    assert!(time.notes.iter().any(|note| note.contains("inferred")), "{:?}", time.notes);
}

#[test]
fn a_commit_that_is_built_twice_is_told_with_the_cheaper_of_the_two() {
    let request = |ran: Ran| Ran { trigger: "pull_request".to_owned(), ..ran };
    let time = ci_time(&[
        run("1", [0, 0, 300]),
        job("unit", "1/1", [0, 0, 300]),
        request(run("2", [0, 0, 200])),
        request(job("unit", "2/1", [0, 0, 200])),
        Ran { commit: "badc0de".to_owned(), ..run("3", [0, 0, 100]) },
        Ran { commit: "badc0de".to_owned(), trigger: "schedule".to_owned(), ..run("4", [0, 0, 9]) },
    ]);
    let twice = found(&time, "duplicated-push-and-request");
    assert_eq!((twice[0].n, twice[0].seconds_off_path, twice[0].seconds_on_path), (1, 200.0, 0.0));
}

#[test]
fn a_push_and_a_request_that_begin_together_have_jobs_of_their_own() {
    // GitHub's ids do not say which job belongs to which run.
    let request = |ran: Ran| Ran { trigger: "pull_request".to_owned(), ..ran };
    let own = |ran: Ran| Ran { trigger: String::new(), ..ran };
    let all = [
        run("run/1", [0, 1, 301]),
        request(run("run/2", [0, 1, 201])),
        own(job("unit", "job/3", [2, 4, 300])),
        own(job("unit", "job/4", [2, 5, 200])),
        own(job("lint", "job/5", [2, 4, 30])),
        own(job("lint", "job/6", [2, 5, 31])),
    ];
    let (runs, orphans) = grouped(&all);
    for run in &runs {
        let mut names: Vec<&str> = run.jobs.iter().map(|job| job.job.as_str()).collect();
        names.sort_unstable();
        assert_eq!((names, orphans), (vec!["lint", "unit"], 0));
    }
    let time = ci_time(&all);
    let twice = found(&time, "duplicated-push-and-request");
    assert_eq!((twice.len(), twice[0].n), (1, 1));
    assert!(twice[0].seconds_off_path < 330.0, "{twice:?}");
}

#[test]
fn jobs_that_no_runner_took_are_told_with_their_wait() {
    let stuck = |id: &str, from: i64| Ran {
        outcome: Outcome::Failure,
        ..job("format", id, [from, -1, from + 6_000])
    };
    let time = ci_time(&[
        stuck("1", 0),
        Ran { commit: "badc0de".to_owned(), ..stuck("2", 90_000) },
        Ran { outcome: Outcome::Cancelled, ..stuck("3", 10) },
        job("unit", "4", [0, 3, 60]),
    ]);
    let stuck = found(&time, "never-began");
    assert_eq!((stuck.len(), stuck[0].job.as_str(), stuck[0].n), (1, "format", 2));
    assert_eq!((stuck[0].seconds_on_path, stuck[0].seconds_off_path), (12_000.0, 0.0));
    assert!(stuck[0].what.starts_with("2 jobs failed without"), "{}", stuck[0].what);
}

#[test]
fn a_job_that_got_slower_is_named_with_its_day() {
    let mut all = Vec::new();
    for number in 0..60_i64 {
        let start = 86_400 * number;
        let took = if number < 40 { 100 } else { 150 } + number * 37 % 11;
        let mut ran = job("unit", &format!("{number}/1"), [start, start + 2, start + 2 + took]);
        ran.commit = format!("{number:040}");
        all.push(Ran { id: number.to_string(), job: String::new(), ..ran.clone() });
        all.push(ran);
    }
    let time = ci_time(&all);
    let slower = found(&time, "job-got-slower");
    assert_eq!((slower.len(), slower[0].job.as_str(), slower[0].n), (1, "unit", 60));
    assert!(slower[0].what.contains("since 2026-02-10 (commit 0000000000)"), "{}", slower[0].what);
    assert!(slower[0].seconds_on_path > 900.0 && slower[0].seconds_off_path == 0.0);
}

fn event(kind: &str, seconds: i64, build: &str, state: &BuildState) -> Event {
    let key = format!("{build}/{kind}/{seconds}");
    Event::new(kind, at(seconds), "our-ci", &key, &format!("build:{build}"))
        .about(role::COMMIT, "c0ffee")
        .with(state)
}

#[test]
fn events_become_attempts_in_any_order() {
    let state = BuildState {
        level: BuildLevel::Job,
        pipeline: "verify".to_owned(),
        job: "unit".to_owned(),
        attempt: 1,
        ..BuildState::default()
    };
    let done = BuildState { outcome: Outcome::Success, ..state.clone() };
    let mut events = vec![
        event(kind::CI_QUEUED, 0, "ci/5/1", &state),
        event(kind::CI_STARTED, 30, "ci/5/1", &state),
        event(kind::CI_FINISHED, 90, "ci/5/1", &done),
        Event::new(kind::CHANGE_MERGED, at(0), "our-ci", "x", "change:acme/api#1"),
        Event::new(kind::CI_QUEUED, at(0), "our-ci", "y", "nothing"),
    ];
    let there = gather(&events);
    events.reverse();
    assert_eq!(there, gather(&events));
    assert_eq!(there.len(), 1);
    assert_eq!((there[0].waited(), there[0].took()), (Some(30.0), Some(60.0)));
    assert_eq!((there[0].commit.as_str(), there[0].outcome), ("c0ffee", Outcome::Success));
}

#[test]
fn a_job_belongs_to_the_run_that_was_there_when_it_began() {
    let on = |ran: Ran, pipeline: &str| Ran { pipeline: pipeline.to_owned(), ..ran };
    let (runs, orphans) = grouped(&[
        run("run/1", [0, 0, 100]),
        run("run/2", [1_000, 1_000, 1_100]),
        on(run("run/3", [990, 990, 1_100]), "deploy"),
        job("unit", "job/7", [1_001, 1_010, 1_090]),
        on(job("ship", "job/8", [1_001, 1_010, 1_090]), "deploy"),
        job("unit", "job/9", [1, 10, 90]),
    ]);
    let jobs: Vec<Vec<&str>> =
        runs.iter().map(|run| run.jobs.iter().map(|job| job.id.as_str()).collect()).collect();
    assert_eq!(jobs, [["job/9"], ["job/7"], ["job/8"]]);
    assert_eq!(orphans, 0);
    let (runs, orphans) = grouped(&[job("unit", "7", [0, 1, 2]), job("lint", "8", [0, 1, 2])]);
    assert_eq!((runs.len(), orphans), (1, 2));
    let next_day = job("unit", "9", [86_400, 86_401, 86_402]);
    let (runs, orphans) = grouped(&[job("unit", "7", [0, 1, 2]), next_day]);
    assert_eq!((runs.len(), orphans), (2, 2));
}

#[test]
fn jobs_that_github_repeats_under_a_new_id_count_once() {
    let copy = Ran { id: "job/9".to_owned(), attempt: 2, ..job("lint", "job/8", [0, 1, 20]) };
    let (runs, _) = grouped(&[run("run/1", [0, 0, 100]), job("lint", "job/8", [0, 1, 20]), copy]);
    assert_eq!(runs[0].jobs.len(), 1);
}

#[test]
fn nothing_at_all_is_said_to_be_so() {
    let time = ci_time(&[]);
    assert_eq!(time.notes, ["no event of CI is there"]);
}

fn any_ran() -> impl Strategy<Value = Ran> {
    let time = prop::option::of(prop_oneof![4 => -50_i64..4_000, 1 => any::<i64>()]);
    let outcome = prop::sample::select(vec![
        Outcome::Success,
        Outcome::Failure,
        Outcome::Unknown,
        Outcome::Skipped,
    ]);
    (0_u8..12, 0_u8..4, 0_u8..3, 0_u8..3, [time.clone(), time.clone(), time], outcome).prop_map(
        |(id, job, commit, attempt, times, outcome)| {
            let known = |seconds: Option<i64>| seconds.map(Timestamp::from_seconds);
            Ran {
                id: if job == 0 { id.to_string() } else { format!("{}/{id}", id % 4) },
                attempt: attempt.into(),
                job: if job == 0 { String::new() } else { job.to_string() },
                commit: if commit == 0 { String::new() } else { commit.to_string() },
                trigger: if id % 2 == 0 { "push" } else { "pull_request" }.to_owned(),
                queued: known(times[0]),
                started: known(times[1]),
                finished: known(times[2]),
                outcome,
                ..Ran::default()
            }
        },
    )
}

proptest! {
    /// Whatever instants others write: no panic, every job in one run, every second a number.
    #[test]
    fn any_attempts_are_looked_at(all in prop::collection::vec(any_ran(), 0..60)) {
        let time = ci_time(&all);
        prop_assert_eq!((time.runs + time.jobs) as usize, all.len());
        for finding in &time.findings {
            prop_assert!(finding.seconds_on_path.is_finite() && finding.seconds_on_path >= 0.0);
            prop_assert!(finding.seconds_off_path.is_finite() && finding.seconds_off_path >= 0.0);
            prop_assert!(finding.n > 0 && !finding.what.is_empty());
        }
        let (runs, _) = grouped(&all);
        for run in &runs {
            let path = critical_path(&run.jobs);
            let ends: Vec<_> = path.iter().map(|step| run.jobs[step.row].finished).collect();
            prop_assert!(ends.is_sorted());
            let mut rows: Vec<usize> = path.iter().map(|step| step.row).collect();
            rows.sort_unstable();
            rows.dedup();
            prop_assert_eq!(rows.len(), path.len());
        }
    }
}
