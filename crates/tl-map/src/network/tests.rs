//! A line whose parameters are known, made by Kiefer and Wolfowitz's recursion and not by the
//! engine under test: it must calibrate, and its scenarios must move as theory says.

use proptest::prelude::*;
use tl_core::time::{Millis, Timestamp};

use super::engine::{stream, unit};
use super::line::Model;
use super::observed::{Change, Merge, Release, Round, Run};
use super::scenarios::Scenario;
use super::simulation::simulate;
use super::*;
use crate::stats::random::SplitMix64;

const HOUR: f64 = 3_600_000.0;
/// A Thursday, 00:00: a whole number of weeks after 1970-01-01.
const FROM: i64 = 2_800 * 604_800_000;
const WEEKS: i64 = 40;

pub(super) const QUICK: Settings =
    Settings { replications: 4, seed: 5, changes: 5_000, draws: Draws { count: 200, seed: 1 } };

fn exponential(random: &mut SplitMix64, hours: f64) -> i64 {
    (-(1.0 - unit(random)).ln() * hours * HOUR).round() as i64
}

/// When each of `asked` is begun by `servers` who are busy for `services`, oldest first.
fn begun(asked: &[i64], services: &[i64], servers: usize) -> Vec<i64> {
    let mut free = vec![i64::MIN; servers];
    let mut begun = vec![0; asked.len()];
    let mut order: Vec<usize> = (0..asked.len()).collect();
    order.sort_by_key(|&index| asked[index]);
    for index in order {
        let server = (0..servers).min_by_key(|&server| free[server]).unwrap();
        begun[index] = asked[index].max(free[server]);
        free[server] = begun[index] + services[index];
    }
    begun
}

/// A change an hour, coded in 5 h; two reviewers who need 0.75 h of work and give half of their
/// time to it (load 0.75); one runner for half an hour; a train every day.
pub(super) fn line() -> Observed {
    let mut random = stream(3, 0, 0, 0);
    let mut at = FROM;
    let (mut started, mut asked) = (Vec::new(), Vec::new());
    while at < FROM + WEEKS * Millis::WEEK.get() {
        started.push(at);
        asked.push(at + exponential(&mut random, 5.0));
        at += exponential(&mut random, 1.0);
    }
    let work: Vec<i64> = started.iter().map(|_| exponential(&mut random, 0.75)).collect();
    let busy: Vec<i64> = work.iter().map(|work| work * 2).collect();
    let tests = vec![(0.5 * HOUR) as i64; work.len()];
    let (reviews, runs) = (begun(&asked, &busy, 2), begun(&asked, &tests, 1));
    let day = Millis::DAY.get();
    let changes = (0..started.len()).map(|index| {
        let merged = (reviews[index] + busy[index]).max(runs[index] + tests[index]);
        let asked_at = Timestamp::from_millis(asked[index]);
        Change {
            author: index as u32 % 40,
            group: 0,
            started: Timestamp::from_millis(started[index]),
            coding: Millis::new(asked[index] - started[index]),
            rounds: vec![Round {
                asked: asked_at,
                wait: Millis::new(reviews[index] + busy[index] - asked[index]),
                service: Millis::new(work[index]),
                rework: Millis::ZERO,
            }],
            runs: vec![Run {
                after_round: 0,
                queued: asked_at,
                wait: Millis::new(runs[index] - asked[index]),
                service: Millis::new(tests[index]),
            }],
            merge_wait: Millis::ZERO,
            release_wait: Some(Millis::new((merged / day + 1) * day - merged)),
            on_demand: false,
            low_risk: Some(index % 4 == 0),
        }
    });
    Observed {
        from: Timestamp::from_millis(FROM),
        until: Timestamp::from_millis(FROM + WEEKS * Millis::WEEK.get()),
        changes: changes.collect(),
        reviewers: vec![2],
        review_share: None,
        runners: 1,
        other_runs: Vec::new(),
        merge: Merge::ByHand,
        release: Release::Every(Millis::DAY),
        deploys: vec![Millis::new(600_000)],
    }
}

/// Asserts that a change of the mean is `wanted` hours, to `tolerance` hours.
#[track_caller]
fn assert_hours(change: Interval, wanted: f64, tolerance: f64) {
    let hours = change.scaled(1.0 / HOUR);
    assert!((hours.estimate - wanted).abs() <= tolerance, "{hours:?}, wanted {wanted}");
}

#[test]
fn a_line_of_real_queues_calibrates_and_moves_as_theory_says() {
    let observed = line();
    let answer = answer(&observed, &QUICK);
    let names: Vec<&str> = answer.calibration.stations.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["review", "ci", "release"]);
    assert!(answer.calibration.holds, "{:#?}", answer.calibration);
    let fitted = answer.calibration.fitted.expect("the share is not known");
    assert!((fitted.review_share - 0.5).abs() < 0.05, "{fitted:?}");

    let outcome = |scenario: Scenario| {
        &answer.scenarios.iter().find(|(one, _)| *one == scenario).expect("asked").1
    };
    // Erlang C at 1.5 erlang, 1.5 h each: 1.93 h with two reviewers, 0.24 h with three.
    assert_hours(outcome(Scenario::OneMoreReviewer).mean_change, -1.69, 0.6);
    // The mean wait is half the period: 12 h becomes 6 h.
    assert_hours(outcome(Scenario::ReleaseTrainHalved).mean_change, -6.0, 0.4);
    // CI goes on beside a longer review: shortening it saves little, and never costs.
    let runners = outcome(Scenario::RunnersDoubled);
    assert_hours(runners.mean_change, -0.15, 0.15);
    // A quarter less review: 1.125 erlang wait 0.69 h, and the quarter saves its 1.5 h too.
    assert_hours(outcome(Scenario::LowRiskAutoApproved).mean_change, -1.6, 0.7);
    let more = outcome(Scenario::ArrivalsTimesOneAndAHalf);
    assert!(more.unstable.as_deref().is_some_and(|said| said.contains("review: 1.1")), "{more:?}");
    assert!(more.median_change.low > 0.0 && more.p90_change.low > 0.0, "{more:?}");
    assert!(runners.unstable.is_none() && runners.unfinished == 0.0, "{runners:?}");

    let written = serde_json::to_string(&answer).expect("an answer is plain data");
    let read: Answer = serde_json::from_str(&written).expect("as written");
    assert_eq!(read.calibration.stations[0].name, "review");
    assert_eq!(read.scenarios.len(), Scenario::ALL.len());
}

/// Why the line is refused: only its reviews are at fault, and nothing is answered.
fn review_refused(observed: &Observed) -> String {
    let answer = answer(observed, &QUICK);
    assert!(!answer.calibration.holds && answer.scenarios.is_empty());
    let why = &answer.calibration.why;
    assert!(why.len() == 1 && why[0].starts_with("review: "), "{why:?}");
    why[0].clone()
}

#[test]
fn waits_that_no_queue_makes_are_refused_with_figures() {
    // Every third change waits for two days, the others for nothing.
    let mut observed = line();
    observed.review_share = Some(0.5);
    for (index, change) in observed.changes.iter_mut().enumerate() {
        let hours = if index % 3 == 0 { 48.0 } else { 0.1 };
        change.rounds[0].wait = Millis::new((hours * HOUR) as i64);
    }
    let why = review_refused(&observed);
    assert!(why.contains("p50 simulated") && why.contains("distributions differ by"), "{why}");
}

#[test]
fn waits_as_long_as_a_queues_that_do_not_follow_the_queue_are_refused() {
    // The very waits of the queue, dealt to other changes: only what causes them is gone.
    let mut observed = line();
    observed.review_share = Some(0.5);
    let mut random = stream(9, 0, 0, 0);
    for last in (1..observed.changes.len()).rev() {
        let other = random.below(last as u32 + 1) as usize;
        let wait = observed.changes[last].rounds[0].wait;
        observed.changes[last].rounds[0].wait = observed.changes[other].rounds[0].wait;
        observed.changes[other].rounds[0].wait = wait;
    }
    let why = review_refused(&observed);
    assert!(why.contains("do not grow with the queue"), "{why}");
}

#[test]
fn a_release_wait_that_the_train_cannot_explain_is_refused_with_figures() {
    let mut observed = line();
    observed.review_share = Some(0.5);
    for change in &mut observed.changes {
        change.release_wait = change.release_wait.map(|wait| wait + Millis::days(2));
    }
    let answer = answer(&observed, &QUICK);
    let why = &answer.calibration.why;
    assert!(why.len() == 1 && why[0].starts_with("release: p50 simulated 1"), "{why:?}");
    assert!(why[0].contains("observed 6"), "{why:?}");
}

#[test]
fn a_known_review_share_is_not_fitted_and_a_wrong_one_is_refused() {
    let mut observed = line();
    observed.review_share = Some(0.9);
    let found = answer(&observed, &QUICK).calibration;
    assert!(found.fitted.is_none() && !found.holds);
    assert!(found.why[0].starts_with("review: "), "{:?}", found.why);
}

#[test]
fn too_little_data_is_refused_and_not_simulated() {
    let mut observed = line();
    observed.changes.truncate(30);
    assert!(answer(&observed, &QUICK).calibration.why[0].contains("at least 20"));
    observed.until = observed.from + Millis::days(20);
    assert!(answer(&observed, &QUICK).calibration.why[0].contains("four weeks"));
    observed.changes.clear();
    observed.until = observed.from;
    assert!(!answer(&observed, &QUICK).calibration.holds);
}

#[test]
fn trains_that_were_observed_keep_their_hours_and_are_halved_in_the_middle() {
    let mut observed = line();
    let days = (0..7 * WEEKS).map(|day| observed.from + Millis::days(day));
    observed.release = Release::AsObserved(days.collect());
    observed.review_share = Some(0.5);
    let groups = Group::learned(&observed);
    let mut model = Model::new(&observed, &groups, 0.5, 4_000);
    let mean = |model: &Model<'_>| {
        let waits = simulate(model, 1, 0).release.waits;
        waits.iter().map(|&wait| wait as f64 / HOUR).sum::<f64>() / waits.len() as f64
    };
    assert!((mean(&model) - 12.0).abs() < 0.6, "{}", mean(&model));
    model.scale_trains(200);
    assert!((mean(&model) - 6.0).abs() < 0.4, "{}", mean(&model));
    model.scale_trains(25);
    assert!((mean(&model) - 24.0).abs() < 1.2, "{}", mean(&model));
}

#[test]
fn a_merge_that_deploys_takes_along_what_waits_for_a_train() {
    let mut observed = line();
    observed.review_share = Some(0.5);
    // A train a week, and every second merge deploys within half an hour.
    observed.release = Release::Every(Millis::WEEK);
    for change in observed.changes.iter_mut().step_by(2) {
        change.on_demand = true;
        change.release_wait = Some(Millis::new((0.5 * HOUR) as i64));
    }
    let groups = Group::learned(&observed);
    let run = simulate(&Model::new(&observed, &groups, 0.5, 4_000), 1, 0);
    let waits: Vec<f64> = run.release.waits.iter().map(|&wait| wait as f64 / HOUR).collect();
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    // Half of one merge an hour deploys: two hours until the next, and the half hour that it takes,
    // of which those merged meanwhile wait for a part only.
    assert!((1.2..2.6).contains(&mean), "{mean}");
    assert!((0.45..0.55).contains(&(waits.len() as f64 / run.totals.len() as f64)));
}

#[test]
fn runs_that_no_change_asked_for_keep_runners_busy() {
    let mut observed = line();
    let groups = Group::learned(&observed);
    let seen = |observed: &Observed| {
        let run = simulate(&Model::new(observed, &groups, 0.5, 4_000), 1, 0);
        (run.ci.load(), run.ci.waits.iter().sum::<i64>() / run.ci.waits.len() as i64)
    };
    let (alone, waited) = seen(&observed);
    let others = observed.changes.iter().step_by(2).map(|change| change.runs[0]);
    observed.other_runs = others.collect();
    let (beside, waited_beside) = seen(&observed);
    assert!((beside - 1.5 * alone).abs() < 0.03, "{alone} and {beside}");
    assert!(waited_beside > waited * 3 / 2, "{waited} and {waited_beside} ms");
}

#[test]
fn a_merge_queue_takes_batches_and_reviews_come_in_rounds() {
    let mut observed = line();
    observed.merge = Merge::Batches { limit: 4, durations: vec![Millis::new((1.5 * HOUR) as i64)] };
    observed.release = Release::OnDemand;
    for change in &mut observed.changes {
        let mut again = change.rounds[0];
        change.rounds[0].rework = Millis::HOUR;
        again.service = Millis::ZERO;
        change.rounds.push(again);
    }
    let groups = Group::learned(&observed);
    let run = simulate(&Model::new(&observed, &groups, 0.5, 4_000), 1, 0);
    assert_eq!(run.unfinished, 0);
    assert_eq!(run.review.waits.len(), 2 * run.totals.len());
    // A quarter of 1.5 h for each of one change an hour.
    assert!((run.merge.load() - 0.375).abs() < 0.05, "{}", run.merge.load());
    assert!(run.merge.waits.iter().any(|&wait| wait > 0));
    assert!(run.release.waits.iter().all(|&wait| wait == 0));
}

/// Open time between the line's start and `at`, where every day is open for the twelve hours from
/// `opens` on.
fn open_time(at: i64, opens: i64) -> i64 {
    let (day, half) = (Millis::DAY.get(), Millis::DAY.get() / 2);
    let since = at - FROM - opens;
    since.div_euclid(day) * half + since.rem_euclid(day).min(half)
}

/// The instant at which so much open time is over.
fn when_open(open: i64, opens: i64) -> i64 {
    let (day, half) = (Millis::DAY.get(), Millis::DAY.get() / 2);
    FROM + opens + open.div_euclid(half) * day + open.rem_euclid(half)
}

/// The line, reviewed by two groups of two: one by day and one by night, every second change each.
fn shifts() -> Observed {
    let mut observed = line();
    observed.reviewers = vec![2, 2];
    observed.runners = 0;
    observed.release = Release::OnDemand;
    for (row, change) in observed.changes.iter_mut().enumerate() {
        change.group = row as u32 % 2;
        change.runs.clear();
        change.release_wait = None;
    }
    for group in 0..2 {
        let opens = i64::from(group) * Millis::DAY.get() / 2;
        let mut own: Vec<&mut Change> =
            observed.changes.iter_mut().filter(|change| change.group == group).collect();
        let asked: Vec<i64> =
            own.iter().map(|one| open_time(one.rounds[0].asked.as_millis(), opens)).collect();
        let busy: Vec<i64> = own.iter().map(|one| 2 * one.rounds[0].service.get()).collect();
        for (row, began) in begun(&asked, &busy, 2).into_iter().enumerate() {
            let given = Timestamp::from_millis(when_open(began + busy[row], opens));
            own[row].rounds[0].wait = given - own[row].rounds[0].asked;
        }
    }
    observed
}

#[test]
fn two_groups_that_review_at_their_own_hours_are_not_one() {
    let mut observed = shifts();
    let (found, _) = calibrate(&observed, &QUICK);
    assert!(found.holds, "{found:#?}");
    let share = found.fitted.expect("the share is not known").review_share;
    assert!((share - 0.5).abs() < 0.06, "{share}");

    observed.changes.iter_mut().for_each(|change| change.group = 0);
    observed.reviewers = vec![4];
    let (found, _) = calibrate(&observed, &QUICK);
    assert!(!found.holds && found.why[0].starts_with("review: "), "{found:#?}");
}

#[test]
fn one_more_reviewer_goes_to_the_group_with_most_work_and_one_of_each_stays() {
    let mut observed = shifts();
    for change in observed.changes.iter_mut().filter(|change| change.group == 1) {
        change.rounds[0].service = change.rounds[0].service + change.rounds[0].service;
    }
    let groups = Group::learned(&observed);
    let staffed = |reviewers| {
        let mut model = Model::new(&observed, &groups, 0.5, 4_000);
        model.staff(reviewers);
        model.groups.iter().map(|group| group.reviewers).collect::<Vec<_>>()
    };
    assert_eq!([2, 3, 5, 6].map(staffed), [vec![1, 1], vec![1, 2], vec![2, 3], vec![2, 4]]);
    assert_eq!(staffed(0), [1, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Little's law holds at every station, whatever the line; and a seed is one run.
    #[test]
    fn littles_law_holds_on_every_run_of_the_line(
        seed in any::<u64>(),
        (reviewers, others) in (0..4_u32, 0..3_u32),
        runners in 0..3_u32,
        share in 0.1..1.0_f64,
        growth in 0.5..2.0_f64,
        unreviewed in 0.0..1.0_f64,
        (batch, on_demand) in any::<(bool, bool)>(),
    ) {
        let mut observed = line();
        observed.changes.truncate(400);
        observed.until = observed.from + Millis::days(17);
        (observed.reviewers, observed.runners) = (vec![reviewers, others], runners);
        for (row, change) in observed.changes.iter_mut().enumerate() {
            change.group = row as u32 % 2;
        }
        if batch {
            observed.merge = Merge::Batches { limit: 2, durations: vec![Millis::HOUR] };
        }
        if on_demand {
            observed.release = Release::OnDemand;
        }
        let groups = Group::learned(&observed);
        let mut model = Model::new(&observed, &groups, share, 300);
        (model.growth, model.unreviewed) = (growth, unreviewed);
        let run = simulate(&model, seed, 0);
        prop_assert!(run.balanced);
        prop_assert!(run.simulated > 100);
        prop_assert_eq!(run.totals, simulate(&model, seed, 0).totals);
    }
}
