//! A report with collected events: every stage from ticket to production, and all parts filled.

use tl_map::journey::{End, Front, Line, Stage};
use tl_map::network::scenarios::{Scenario as LineScenario, StationLoad};
use tl_map::report::collected::{
    AdjustedFailure, AfterHours, AfterHoursRow, AiUseTable, Apex, BeforeAfter, BoundaryCoverage,
    BusinessHours, BusinessHoursRow, Ci, CollectedReport, Compared, EvidenceRow, IterationRow,
    ManualStepRow, ManualSteps, MergeQueue, Network, NetworkScenario, NetworkStation, Paradox,
    ParadoxRow, Pillar, PipelineRow, Reviews, ServiceDora, StatusRow, SurveyRow, TimeInStatus,
};
use tl_map::report::{
    Cadence, ChangePoint, DoraRow, Figure, InvestFirst, Investment, Report, Scenario, Series, Unit,
    Visibility,
};

use super::{Dice, WEEKS, day, gap, sample, series, value_stream, week_point};

const LINE: Line = Line { front: Front::Requests, end: End::Deployed };

/// Median hours in each stage of the line.
const MEDIANS: [f64; 7] = [70.0, 9.0, 2.2, 4.0, 0.4, 8.0, 0.15];

/// The rich report, had its forge, tracker, CI and pager been collected too: 18 services, releases
/// by nobody, iterations, a survey, usage cohorts of which one is hidden.
pub fn sample_collected() -> Report {
    let series = whole_line(series(300, 0));
    let none = |unit| Figure::unknown(0, unit, "no release in the window");
    Report {
        value_stream: value_stream(&series, LINE, &[0, 2, 5, 3, 1, 6, 0]),
        gaps: vec![gap(
            "collected-only",
            "of lantern/api only requests were collected; no clone was read",
            "sizes and rework are unknown",
            Some("give the path of a clone to `throughline map` as well"),
        )],
        dora: dora(1.0),
        cadence: Cadence {
            releases: 0,
            prereleases: 0,
            per_week: Figure::with_interval(0.0, 0.0, 0.071, 0, Unit::PerWeek),
            gap_p50: none(Unit::Hours),
            gap_p90: none(Unit::Hours),
            changes_p50: none(Unit::Count),
            packages: Vec::new(),
        },
        invest_first: invest_first(),
        collected: Some(Box::new(collected())),
        series,
        ..sample()
    }
}

/// The same changes along the whole line; a third of them has no ticket.
fn whole_line(series: Series) -> Series {
    let mut dice = Dice::new(11);
    let changes: Vec<ChangePoint> = series
        .changes
        .into_iter()
        .map(|point| {
            let mut stages: Vec<Option<f64>> =
                MEDIANS.iter().map(|median| Some(dice.hours(*median))).collect();
            let has_ticket = dice.roll() > 0.33;
            stages[0] = stages[0].filter(|_| has_ticket);
            ChangePoint { total: Some(stages.iter().flatten().sum()), stages, ..point }
        })
        .collect();
    let weeks = (1..=WEEKS).map(|week| week_point(&changes, day(week * 7))).collect();
    Series { changes, every: 1, weeks, releases: Vec::new() }
}

fn hours(value: f64, n: u64) -> Figure {
    Figure::with_interval(value, value * 0.8, value * 1.3, n, Unit::Hours)
}

fn share(value: f64, n: u64) -> Figure {
    Figure::with_interval(value, value * 0.7, (value * 1.4).min(1.0), n, Unit::Share)
}

fn dora(scale: f64) -> Vec<DoraRow> {
    let row = |id: &str, label: &str, factor: &str, figure, basis: &str| DoraRow {
        id: id.to_owned(),
        label: label.to_owned(),
        factor: factor.to_owned(),
        figure,
        basis: basis.to_owned(),
        missing: None,
        also: (id == "change-fail-rate").then(|| {
            (
                "with hotfixes and the last deployment before an incident too (grades A to E)"
                    .to_owned(),
                share(0.078 * scale, 658),
            )
        }),
    };
    vec![
        row(
            "change-lead-time",
            "Change lead time",
            "throughput",
            hours(27.0 * scale, 300),
            "first commit to production, median change",
        ),
        row(
            "deployment-frequency",
            "Deployment frequency",
            "throughput",
            Figure::with_interval(13.7, 12.7, 14.7, 713, Unit::PerWeek),
            "deployments to production a week; on 250 days, 31 attempts did not succeed",
        ),
        row(
            "failed-deployment-recovery-time",
            "Failed deployment recovery time",
            "throughput",
            hours(10.0 * scale, 46),
            "failed deployment to its rollback, hotfix, or the end of its incident, median",
        ),
        row(
            "change-fail-rate",
            "Change fail rate",
            "instability",
            share(0.049 * scale, 658),
            "deployments that an incident names, or that were rolled back",
        ),
        row(
            "deployment-rework-rate",
            "Deployment rework rate",
            "instability",
            share(0.056 * scale, 713),
            "rollbacks and hotfixes among the deployments",
        ),
    ]
}

fn invest_first() -> InvestFirst {
    let hours = |value: f64| hours(value, 282);
    let one = |stage: Stage, saves: f64, best, recommended, guard: &str| Investment {
        stage,
        label: stage.label().to_owned(),
        median_without: hours(100.0 - saves),
        saves_p50: hours(saves),
        saves_p90: hours(saves * 3.1),
        saves_mean: hours(saves * 1.6),
        weekly_hours: hours(saves * 5.8),
        best,
        guard: guard.to_owned(),
        recommended,
    };
    let fine = "nothing in the data speaks against it";
    InvestFirst {
        sentence: "Shorten the backlog first: without it the median change would take 31 h from \
                   ticket to production instead of 4.2 d."
            .to_owned(),
        ranking: vec![
            one(Stage::Backlog, 70.0, 1.0, true, fine),
            one(Stage::Coding, 9.0, 0.0, false, "work, not a wait"),
            one(Stage::ReleaseWait, 5.0, 0.0, true, fine),
            one(Stage::Review, 4.0, 0.0, true, fine),
            one(Stage::Pickup, 2.2, 0.0, true, fine),
            one(Stage::MergeWait, 0.4, 0.0, true, fine),
            one(Stage::Deploy, 0.1, 0.0, false, "work, not a wait"),
        ],
        scenarios: vec![Scenario {
            stage: Stage::Backlog,
            what: "backlog halved".to_owned(),
            p50: Figure::with_interval(-23.0, -32.0, -16.0, 282, Unit::Hours),
            p90: Figure::with_interval(-118.0, -140.0, -80.0, 282, Unit::Hours),
        }],
        n: 282,
        weekly_changes: 5.8,
    }
}

fn collected() -> CollectedReport {
    CollectedReport {
        coverage: coverage(),
        services: (0..18u64).map(service).collect(),
        ci: Some(ci()),
        reviews: Some(reviews()),
        merge_queue: Some(merge_queue()),
        time_in_status: Some(time_in_status()),
        ai_use: Some(ai_use()),
        apex: apex(),
        after_hours: after_hours(),
        manual_steps: Some(manual_steps()),
        paradox: Some(paradox()),
        network: Some(network()),
        business_hours: Some(business_hours()),
    }
}

fn coverage() -> Vec<BoundaryCoverage> {
    let row = |boundary: &str, label: &str, known, lacking: &[(&str, u64)]| BoundaryCoverage {
        boundary: boundary.to_owned(),
        label: label.to_owned(),
        known,
        lacking: lacking.iter().map(|(why, n)| ((*why).to_owned(), *n)).collect(),
    };
    let direct = ("pushed without a request", 9);
    vec![
        row("t0", "ticket opened", 204, &[("no collected ticket is linked to it", 96)]),
        row("t1", "work started", 300, &[]),
        row("t2", "first commit", 300, &[]),
        row("t3", "request opened", 291, &[direct]),
        row("t3r", "ready for review", 291, &[direct]),
        row(
            "t4",
            "first review",
            280,
            &[("merged without a review by another person", 11), direct],
        ),
        row("t5", "approved", 277, &[("merged without an approval", 14), direct]),
        row("t6", "merge", 300, &[]),
        row("t8", "first release", 0, &[("no releases are known", 300)]),
        row("t9", "deployment started", 294, &[("not deployed yet", 6)]),
        row("t9", "in production", 294, &[("not deployed yet", 6)]),
    ]
}

/// One with few deployments has no rate.
fn service(number: u64) -> ServiceDora {
    let deployments = 240 / (number + 1);
    let mut rows = dora(1.0 + number as f64 / 9.0);
    if number > 9 {
        let why = "no deployment failed";
        rows[2].figure = Figure::unknown(0, Unit::Hours, why);
        rows[3].figure =
            Figure::unknown(0, Unit::Share, "no deployment has 30 days of follow-up yet");
        rows[3].also = None;
    }
    ServiceDora {
        service: format!("service-{number:02}"),
        deployments,
        days: deployments - deployments / 8,
        rows,
    }
}

fn ci() -> Ci {
    let row = |pipeline: &str, runs, scale: f64| PipelineRow {
        pipeline: pipeline.to_owned(),
        runs,
        queue_p50: hours(0.02 * scale, runs),
        queue_p90: hours(0.3 * scale, runs),
        duration_p50: hours(0.2 * scale, runs),
        failed: share(0.12 * scale, runs),
        rerun: share(0.08, runs),
        flaky: share(0.031, runs),
    };
    Ci {
        whole: row("all", 2_410, 1.0),
        pipelines: vec![
            row("verify", 1_310, 0.8),
            row("end to end", 1_002, 2.1),
            row("nightly", 98, 3.0),
        ],
        to_green: hours(0.61, 288),
    }
}

fn reviews() -> Reviews {
    Reviews {
        reviews: 417,
        reviewers: 16,
        load: Figure {
            note: Some("the middle half of the reviewers gives 1.5 to 1.8 a week".to_owned()),
            ..Figure::plain(1.7, 16, Unit::PerWeek)
        },
        busiest_fifth: Figure {
            note: Some("no interval: reviews of one reviewer are not independent".to_owned()),
            ..Figure::plain(0.44, 417, Unit::Share)
        },
        reviewers_turn: hours(2.4, 280),
        authors_turn: hours(1.1, 280),
        rounds: Figure::with_interval(0.25, 0.21, 0.29, 280, Unit::Count),
        to_first_ai_review: Figure::unknown(0, Unit::Hours, "no program reviewed"),
        unreviewed: share(0.04, 291),
    }
}

/// Two thirds of the requests go through it; one in seven is removed once.
fn merge_queue() -> MergeQueue {
    MergeQueue {
        merged: 194,
        share: share(0.67, 291),
        approved_to_queued_p50: hours(0.2, 188),
        approved_to_queued_p90: hours(3.1, 188),
        in_queue_p50: hours(0.4, 194),
        in_queue_p90: hours(1.2, 194),
        in_all_p50: hours(0.4, 194),
        in_all_p90: hours(1.9, 194),
        entries: Figure::with_interval(1.12, 1.08, 1.17, 194, Unit::Count),
        removed: share(0.14, 201),
        removed_unmerged: 3,
        waiting: 2,
    }
}

fn time_in_status() -> TimeInStatus {
    let row = |status: &str, meaning: &str, median: f64, part: Option<f64>| StatusRow {
        status: status.to_owned(),
        meaning: meaning.to_owned(),
        tickets: 190,
        p50: hours(median, 190),
        p90: hours(median * 4.0, 190),
        total_hours: median * 300.0,
        share: part.map_or_else(
            || Figure::unknown(0, Unit::Share, "not part of the flow"),
            |part| Figure::plain(part, 190, Unit::Share),
        ),
    };
    TimeInStatus {
        tickets: 190,
        flow_efficiency: Figure::plain(0.52, 190, Unit::Share),
        statuses: vec![
            row("To Do", "backlog", 72.0, None),
            row("In Progress", "active", 21.0, Some(0.52)),
            row("Waiting for QA", "queue", 9.0, Some(0.31)),
            row("In Review", "queue", 3.6, Some(0.12)),
            row("On Hold", "blocked", 40.0, Some(0.05)),
        ],
    }
}

fn ai_use() -> AiUseTable {
    let row = |level: &str, label: &str, changes| EvidenceRow {
        level: level.to_owned(),
        label: label.to_owned(),
        changes,
    };
    AiUseTable {
        changes: 300,
        by_level: vec![
            row("E1", "line-level notes", 12),
            row("E3", "a trailer, author or branch that names the tool", 103),
            row("E2", "telemetry of its author while it was made", 31),
            row("E4", "its author used a tool within a day before the merge", 9),
        ],
        leverage: share(0.517, 300),
        people_told_of: 21,
        people_not_joined: 3,
    }
}

fn apex() -> Apex {
    let pillar =
        |letter: &str, name: &str, north_star: &str, formula: &str, figure, says: &str| Pillar {
            letter: letter.to_owned(),
            name: name.to_owned(),
            north_star: north_star.to_owned(),
            formula: formula.to_owned(),
            figure,
            beside: Vec::new(),
            says: says.to_owned(),
        };
    let predictability = Pillar {
        beside: vec![("capacity accuracy".to_owned(), share(0.81, 12))],
        ..pillar(
            "P",
            "Predictability",
            "planning accuracy",
            "planned and done / planned",
            share(0.66, 12),
            "below 70 %: more is planned than is done",
        )
    };
    let experience = pillar(
        "X",
        "Developer experience",
        "developer satisfaction",
        "mean answer of the survey",
        Figure::unknown(0, Unit::Share, "no survey was collected"),
        "",
    );
    Apex {
        pillars: vec![
            pillar(
                "A",
                "AI leverage",
                "AI-assisted changes",
                "changes with evidence of AI use / changes",
                share(0.517, 300),
                "",
            ),
            predictability,
            pillar(
                "E",
                "Flow efficiency",
                "cycle time",
                "first commit to production, median",
                hours(27.0, 300),
                "",
            ),
            experience,
        ],
        iterations: (0..7).map(iteration).collect(),
        survey: vec![SurveyRow {
            question: "I can ship without waiting".to_owned(),
            answers: 31,
            mean: Figure::with_interval(0.62, 0.55, 0.7, 31, Unit::Share),
        }],
    }
}

fn iteration(number: i64) -> IterationRow {
    IterationRow {
        name: format!("Sprint {}", 40 - number),
        board: "payments".to_owned(),
        ended: day(WEEKS * 7 - 14 * number),
        in_points: number % 2 == 0,
        planned: 40.0,
        unplanned: 9.0,
        planned_done: 26.0 + number as f64,
        unplanned_done: 7.0,
        planning: Some((26.0 + number as f64) / 40.0),
        capacity: Some((33.0 + number as f64) / 40.0),
    }
}

fn after_hours() -> AfterHours {
    let row = |what: &str, n, outside: f64| AfterHoursRow {
        what: what.to_owned(),
        n,
        outside: share(outside, n),
        weekend: share(outside / 3.0, n),
    };
    AfterHours {
        calendar: "weekdays 9 to 18, UTC".to_owned(),
        rows: vec![
            row("merges", 300, 0.18),
            row("reviews", 417, 0.11),
            row("deployments", 713, 0.21),
            row("merges around releases", 44, 0.3),
            row("reviews around releases", 0, 0.0),
        ],
        deployments_by_hour: (0..24)
            .map(|hour: u64| 60_u64.saturating_sub(hour.abs_diff(14) * 7))
            .collect(),
        deployments_by_day: vec![130, 150, 148, 139, 101, 24, 21],
    }
}

fn manual_steps() -> ManualSteps {
    let row = |form: &str, done, open| ManualStepRow {
        form: form.to_owned(),
        done,
        open,
        waiting_p50: hours(1.4, done),
        waiting_p90: hours(21.0, done),
    };
    ManualSteps {
        forms: vec![row("approval", 214, 2), row("manual-job", 97, 0)],
        deployments_waited: share(0.42, 510),
        manual_runs: Figure::unknown(0, Unit::Share, "no source tells who started a run"),
    }
}

fn paradox() -> Paradox {
    let row = |usage: &str, people, changes, scale: f64, survey: [Option<f64>; 3]| ParadoxRow {
        usage: usage.to_owned(),
        people,
        changes,
        visibility: Visibility::Shown,
        production_days: Figure::with_interval(
            2.1 * scale,
            1.8 * scale,
            2.6 * scale,
            people,
            Unit::Count,
        ),
        daily: Compared { own: share(0.28 * scale, people), survey: survey[0] },
        failed: Compared { own: share(0.06 * scale, changes), survey: survey[1] },
        recovery: Compared { own: hours(8.0 * scale, 14), survey: survey[2] },
        after_hours: share(0.17 * scale, changes),
        rework: share(0.13 * scale, 9_000),
    };
    let mut hidden = row("frequent", 3, 19, 1.0, [Some(0.32), Some(0.15), None]);
    hidden.visibility = Visibility::Hidden;
    for figure in [
        &mut hidden.production_days,
        &mut hidden.daily.own,
        &mut hidden.failed.own,
        &mut hidden.recovery.own,
        &mut hidden.after_hours,
        &mut hidden.rework,
    ] {
        *figure = Figure::unknown(0, figure.unit, "fewer than 5 people");
    }
    Paradox {
        by_telemetry: 18,
        by_evidence: 29,
        rows: vec![
            row("very frequent", 7, 71, 1.3, [Some(0.45), Some(0.22), Some(7.6)]),
            hidden,
            row("occasional", 9, 60, 1.0, [Some(0.15), None, Some(6.3)]),
            row("none known", 28, 150, 0.9, [None; 3]),
        ],
        survey: "Harness, State of DevOps Modernization 2026, 700 answers".to_owned(),
        adjusted: AdjustedFailure {
            exposed: share(0.075, 90),
            reference: share(0.057, 210),
            crude: Figure::with_interval(1.3, 0.6, 2.8, 300, Unit::Ratio),
            ratio: Figure::with_interval(1.2, 0.5, 2.9, 300, Unit::Ratio),
            e_value: Some(1.69),
        },
        before_after: BeforeAfter {
            people: 8,
            failed: Figure::with_interval(0.01, -0.02, 0.04, 8, Unit::Share),
            to_merge: Figure::with_interval(-1.5, -6.0, 2.0, 8, Unit::Hours),
            changes_per_week: Figure::with_interval(0.3, -0.1, 0.8, 8, Unit::PerWeek),
        },
        says: vec![
            "More use comes with more deliveries here; a difference in failures was not found."
                .to_owned(),
        ],
    }
}

fn network() -> Network {
    let station = |name: &str, observed: f64, simulated: f64, holds, why: &str| NetworkStation {
        station: name.to_owned(),
        observed_p50: hours(observed, 140),
        observed_p90: hours(observed * 5.0, 140),
        simulated_p50: simulated,
        simulated_p90: simulated * 5.2,
        ks: 0.09,
        load: 0.71,
        holds,
        why: why.to_owned(),
    };
    let scenario = |scenario: LineScenario, change: f64| NetworkScenario {
        scenario,
        label: scenario.label().to_owned(),
        median_before: 31.0,
        p90_before: 160.0,
        median_change: Figure::with_interval(change, change - 1.0, change + 1.0, 20, Unit::Hours),
        p90_change: Figure::with_interval(
            change * 3.0,
            change * 3.0 - 4.0,
            change * 3.0 + 4.0,
            20,
            Unit::Hours,
        ),
        mean_change: Figure::with_interval(change, change - 1.0, change + 1.0, 20, Unit::Hours),
        loads: vec![StationLoad { name: "review".to_owned(), before: 0.71, after: 0.66 }],
        unstable: (change > 0.0)
            .then(|| "review cannot keep up: it grows without bound".to_owned()),
        unfinished: 0.0,
    };
    Network {
        repository: "harbour".to_owned(),
        changes: 241,
        since: day(100),
        until: day(WEEKS * 7),
        reviewers: 14,
        effective_reviewers: Some(2.3),
        runners: 6,
        trains: 40,
        left_out: vec!["merge queue: no change waited in one".to_owned()],
        stations: vec![
            station("review", 2.2, 2.4, true, "simulated p50 and p90 lie in the intervals"),
            station("release", 8.0, 7.1, true, "distance 0.09 is at most 0.15"),
        ],
        refused: None,
        scenarios: vec![
            scenario(LineScenario::OneMoreReviewer, -0.8),
            scenario(LineScenario::ReleaseTrainHalved, -3.6),
            scenario(LineScenario::ArrivalsTimesOneAndAHalf, 9.5),
        ],
    }
}

fn business_hours() -> BusinessHours {
    let row = |id: &str, label: &str, median: f64| BusinessHoursRow {
        id: id.to_owned(),
        label: label.to_owned(),
        n: 280,
        p50: hours(median / 3.0, 280),
        p90: hours(median, 280),
        calendar_p50: hours(median, 280),
        calendar_p90: hours(median * 4.0, 280),
    };
    BusinessHours {
        calendar: "weekdays 9 to 18, UTC".to_owned(),
        rows: vec![
            row("pickup", "pickup", 2.2),
            row("review", "review", 4.0),
            row("total", "whole line", 100.0),
        ],
    }
}
