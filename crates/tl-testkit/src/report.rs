//! Reports to draw in tests: one rich, one of a young repository, one from ticket to production.
//! Made of a seed alone.
//!
//! Out: [`sample`], [`sample_young`] and [`sample_collected`]. Figures are computed from the sample's own points where a
//! reader could compare them.

mod collected;

use tl_core::attribution::Cohort;
use tl_core::history::Gap;
use tl_core::time::{Millis, Timestamp};
use tl_map::journey::{Line, Shape, Stage, StageKind};
use tl_map::report::{
    BatchSize, Cadence, ChangePoint, CohortRow, CohortTable, Comparison, DoraRow, FailureExample,
    FailureTable, Figure, Funnel, FunnelRow, InvestFirst, Investment, Misclassification, OpenItem,
    ReleasePoint, Report, RepositorySummary, Rework, SCHEMA, Scenario, Series, StageRow, TeamRow,
    Unit, UsageRow, UsageTable, ValueStream, Visibility, WeekPoint,
};

pub use collected::sample_collected;

const WEEKS: i64 = 52;

/// Two repositories over a year: 300 changes, 20 releases, four cohorts of which one is hidden and
/// one too small, failures, gaps, teams.
pub fn sample() -> Report {
    let series = series(300, 20);
    Report {
        schema: SCHEMA.to_owned(),
        as_of: day(WEEKS * 7),
        since: day(0),
        until: day(WEEKS * 7),
        repositories: vec![repository("harbour"), repository("lantern/api")],
        gaps: gaps(),
        value_stream: value_stream(&series, Line::GIT, &[4, 9, 18]),
        cohorts: cohorts(),
        usage: usage(),
        teams: teams(),
        failures: failures(),
        dora: dora(),
        funnel: funnel(),
        batch_size: batch_size(),
        rework: Rework {
            window_days: 21,
            share: Figure::with_interval(0.142, 0.121, 0.168, 248, Unit::Share),
            added: 48_210,
            reworked: 6_846,
        },
        cadence: cadence(&series),
        invest_first: invest_first(),
        collected: None,
        series,
    }
}

/// A repository of three weeks: 40 direct commits by two people, no tag, no request head.
pub fn sample_young() -> Report {
    let mut report = sample();
    let none = |unit, why: &str| Figure::unknown(0, unit, why);
    let hours = |why: &str| none(Unit::Hours, why);
    report.since = day(0);
    report.until = day(21);
    report.as_of = report.until;
    report.repositories = vec![RepositorySummary {
        name: "seedling".to_owned(),
        commits: 40,
        commits_all: 40,
        last: Some(day(20)),
        merges: 0,
        tags: 0,
        releases: 0,
        people: 2,
        request_heads: 0,
        requests_merged: 0,
        ai_commits: 12,
        ai_by_tool: vec![("Claude".to_owned(), 12)],
        assist_commits: 0,
        bot_commits: 0,
        noted_commits: 0,
        revert_lines: 0,
        request_in_title: 0.0,
        shapes: vec![(Shape::Direct, 40)],
        ..repository("seedling")
    }];
    report.gaps = young_gaps();
    let why = "no release yet";
    empty_stream(&mut report.value_stream, why);
    report.cohorts.comparisons.clear();
    report.cohorts.misclassification = None;
    let hidden = "fewer than 5 people";
    report.cohorts.rows.retain(|row| row.cohort != Cohort::AgentAuthored);
    for row in &mut report.cohorts.rows {
        hide(row, hidden);
        (row.changes, row.people) = if row.cohort == Cohort::Bot { (0, 0) } else { (20, 2) };
    }
    report.cohorts.rows.retain(|row| row.changes > 0);
    report.usage.rows.clear();
    report.teams.clear();
    report.failures.latest.clear();
    report.failures.by_kind.clear();
    report.failures.eligible = 0;
    report.failures.strict = none(Unit::Share, "no change has 30 days of follow-up");
    report.failures.wide = report.failures.strict.clone();
    report.failures.time_to_failure = hours("no failed change");
    for row in &mut report.dora {
        row.figure = Figure::unknown(0, row.figure.unit, why);
    }
    report.funnel = Funnel {
        opened: 0,
        merged: 0,
        merged_elsewhere: 0,
        open: 0,
        abandoned: 0,
        merged_share: none(Unit::Share, "no request heads"),
        abandoned_commits: none(Unit::Share, "no request heads"),
        by_cohort: Vec::new(),
        ..report.funnel
    };
    report.batch_size = BatchSize {
        lines_p50: Figure::with_interval(61.0, 40.0, 99.0, 40, Unit::Lines),
        lines_p90: Figure::with_interval(380.0, 210.0, 700.0, 40, Unit::Lines),
        files_p50: Figure::with_interval(3.0, 2.0, 5.0, 40, Unit::Count),
        large: Figure::with_interval(0.1, 0.04, 0.23, 40, Unit::Share),
        to_merge_by_size: Vec::new(),
    };
    report.rework.share = none(Unit::Share, "no change has 21 days of follow-up");
    (report.rework.added, report.rework.reworked) = (0, 0);
    report.cadence = Cadence {
        releases: 0,
        prereleases: 0,
        per_week: none(Unit::PerWeek, why),
        gap_p50: hours(why),
        gap_p90: hours(why),
        changes_p50: none(Unit::Count, why),
        packages: Vec::new(),
    };
    report.invest_first = InvestFirst {
        sentence: "There is no release yet, so 40 changes wait for the first one; tag a release \
                   and this page says which wait to shorten first."
            .to_owned(),
        ranking: Vec::new(),
        scenarios: Vec::new(),
        n: 0,
        weekly_changes: 13.3,
    };
    young_series(&mut report.series);
    report
}

/// No change was ever pushed to a request or released: all 40 wait for a release.
fn empty_stream(stream: &mut ValueStream, why: &str) {
    let hours = |why: &str| Figure::unknown(0, Unit::Hours, why);
    let share = |why: &str| Figure::unknown(0, Unit::Share, why);
    for (stage, row) in stream.stages.iter_mut().enumerate() {
        let waits = stage == 2;
        row.n = 0;
        row.open = if waits { 40 } else { 0 };
        row.wip = row.open;
        row.oldest = waits.then(|| OpenItem { change: "1f3c9aa2".to_owned(), hours: 480.0 });
        let why = if waits { why } else { "no request heads" };
        (row.p50, row.p75, row.p90) = (hours(why), hours(why), hours(why));
        (row.mean, row.share) = (hours(why), share(why));
        row.total_hours = 0.0;
        row.arrivals_per_week = if waits { 13.3 } else { 0.0 };
        row.departures_per_week = 0.0;
        row.little_residual = None;
    }
    let total = &mut stream.total;
    (total.n, total.open, total.wip, total.oldest) = (0, 0, 0, None);
    (total.p50, total.p75, total.p90) = (hours(why), hours(why), hours(why));
    total.little_residual = None;
    (total.mean, total.share, total.total_hours) = (hours(why), share(why), 0.0);
    stream.flow_efficiency = share(why);
    stream.changes = 40;
    stream.unknown_start = 40;
    stream.unreleased = 40;
    stream.left_censored = 0;
    stream.clock_adjusted = 0;
    stream.bots = 0;
    stream.via_backport = 0;
}

fn young_series(series: &mut Series) {
    series.releases.clear();
    series.changes.truncate(40);
    for (number, point) in series.changes.iter_mut().enumerate() {
        point.merged = day(number as i64 / 2);
        point.stages = vec![None, None, None];
        point.total = None;
        point.failed = false;
    }
    series.weeks.truncate(3);
    for (week, point) in series.weeks.iter_mut().enumerate() {
        point.merged = 13 * (week as u64 + 1);
        (point.started, point.pushed, point.released) = (0, 0, 0);
    }
}

fn hide(row: &mut CohortRow, why: &str) {
    row.visibility = Visibility::Hidden;
    for figure in [
        &mut row.to_merge,
        &mut row.review_wait,
        &mut row.to_release,
        &mut row.size,
        &mut row.failed,
        &mut row.rework,
    ] {
        *figure = Figure::unknown(0, figure.unit, why);
    }
}

/// The instant `days` days after 2025-11-21.
pub fn day(days: i64) -> Timestamp {
    Timestamp::from_seconds(1_763_683_200) + Millis::days(days)
}

/// Numbers between 0 and 1 from a seed, by a linear congruential generator.
pub struct Dice(u64);

impl Dice {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Hours around `median`, spread like waits are: many short, a few very long.
    pub fn hours(&mut self, median: f64) -> f64 {
        let bell: f64 = (0..6).map(|_| self.roll()).sum::<f64>() - 3.0;
        median * (bell * 2.6).exp()
    }
}

/// Points of `changes` changes and `releases` releases over a year.
pub fn series(changes: usize, releases: usize) -> Series {
    let mut dice = Dice::new(7);
    let span = (day(WEEKS * 7) - day(0)).get();
    let points: Vec<ChangePoint> = (0..changes)
        .map(|row| {
            let cohort = match dice.roll() {
                roll if roll < 0.06 => Cohort::AgentAuthored,
                roll if roll < 0.38 => Cohort::AiAssisted,
                _ => Cohort::NoEvidence,
            };
            let coding = if dice.roll() < 0.08 { 0.0 } else { dice.hours(5.0) };
            let review = dice.hours(19.0);
            let release = (dice.roll() > 0.06).then(|| dice.hours(160.0));
            ChangePoint {
                change: format!("#{}", 100 + row),
                merged: day(0) + Millis::new(span * row as i64 / changes as i64),
                cohort,
                stages: vec![Some(coding), Some(review), release],
                total: release.map(|release| coding + review + release),
                failed: dice.roll() < 0.07,
            }
        })
        .collect();
    let weeks = (1..=WEEKS).map(|week| week_point(&points, day(week * 7))).collect();
    let releases = (0..releases)
        .map(|row| ReleasePoint {
            name: format!("v1.{row}.0"),
            at: day(9 + row as i64 * WEEKS * 7 / releases as i64),
            changes: 4 + (dice.roll() * 22.0) as u64,
            failed: row % 6 == 4,
            hotfix: (row % 6 == 5).then(|| "patch release within 3 days".to_owned()),
        })
        .collect();
    Series { changes: points, every: 1, weeks, releases }
}

fn week_point(points: &[ChangePoint], end: Timestamp) -> WeekPoint {
    let by = |hours_from_merge: &dyn Fn(&ChangePoint) -> Option<f64>| {
        points
            .iter()
            .filter_map(|point| Some((point.merged, hours_from_merge(point)?)))
            .filter(|(merged, hours)| *merged + Millis::new((hours * 3.6e6) as i64) <= end)
            .count() as u64
    };
    WeekPoint {
        at: end,
        started: by(&|point| Some(-(point.stages[0]? + point.stages[1]?))),
        pushed: by(&|point| Some(-point.stages[1]?)),
        merged: by(&|_| Some(0.0)),
        released: by(&|point| point.stages[2]),
    }
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
}

fn stage_row(id: &str, label: &str, kind: StageKind, hours: &[f64], open: u64) -> StageRow {
    let n = hours.len() as u64;
    let at = |share| {
        let value = quantile(hours, share);
        Figure::with_interval(value, value * 0.83, value * 1.22, n, Unit::Hours)
    };
    let sum: f64 = hours.iter().sum();
    StageRow {
        id: id.to_owned(),
        label: label.to_owned(),
        kind,
        from: String::new(),
        to: String::new(),
        n,
        open,
        p50: at(0.5),
        p75: at(0.75),
        p90: at(0.9),
        mean: Figure::with_interval(
            sum / n as f64,
            sum / n as f64 * 0.8,
            sum / n as f64 * 1.3,
            n,
            Unit::Hours,
        ),
        share: Figure::plain(1.0, n, Unit::Share),
        total_hours: sum,
        wip: open,
        arrivals_per_week: 5.8,
        departures_per_week: 5.5,
        oldest: (open > 0).then(|| OpenItem { change: "harbour #391".to_owned(), hours: 1_930.0 }),
        little_residual: Some(0.08),
    }
}

fn value_stream(series: &Series, line: Line, open: &[u64]) -> ValueStream {
    let whole: Vec<_> = series.changes.iter().filter(|point| point.total.is_some()).collect();
    let spent = |stage: usize| -> Vec<f64> {
        whole.iter().filter_map(|point| point.stages[stage]).collect()
    };
    let totals: Vec<f64> = whole.iter().filter_map(|point| point.total).collect();
    let all: f64 = totals.iter().sum();
    let stages = line
        .stages()
        .iter()
        .zip(line.boundaries().windows(2))
        .zip(open)
        .enumerate()
        .map(|(row, ((stage, ends), open))| {
            let hours = spent(row);
            let share = hours.iter().sum::<f64>() / all;
            StageRow {
                from: ends[0].label().to_owned(),
                to: ends[1].label().to_owned(),
                share: Figure::with_interval(
                    share,
                    share * 0.9,
                    share * 1.1,
                    hours.len() as u64,
                    Unit::Share,
                ),
                ..stage_row(stage.id(), stage.label(), stage.kind(), &hours, *open)
            }
        })
        .collect();
    let total = StageRow {
        from: line.first().label().to_owned(),
        to: line.last().label().to_owned(),
        ..stage_row("total", "whole line", StageKind::Mixed, &totals, 0)
    };
    let n = totals.len() as u64;
    let works = |row: &usize| line.stages()[*row].kind() == StageKind::Active;
    let active = (0..line.stages().len()).filter(works).flat_map(spent).sum::<f64>() / all;
    ValueStream {
        stages,
        total,
        flow_efficiency: Figure::with_interval(active, active * 0.8, active * 1.3, n, Unit::Share),
        changes: 300,
        bots: 41,
        unknown_start: 23,
        left_censored: 6,
        unreleased: 18,
        clock_adjusted: 3,
        max_shift_hours: 0.4,
        via_backport: 11,
    }
}

fn repository(name: &str) -> RepositorySummary {
    RepositorySummary {
        name: name.to_owned(),
        branch: "main".to_owned(),
        head: Some("1f3c9aa2b4d5e6f708192a3b4c5d6e7f80912a3b".to_owned()),
        commits: 4_812,
        commits_all: 6_120,
        first: Some(day(-1_400)),
        last: Some(day(WEEKS * 7 - 1)),
        merges: 212,
        tags: 96,
        releases: 61,
        people: 47,
        request_heads: 1_911,
        requests_merged: 1_604,
        ai_commits: 803,
        ai_by_tool: vec![("Claude".to_owned(), 611), ("Copilot".to_owned(), 240)],
        assist_commits: 77,
        bot_commits: 390,
        noted_commits: 12,
        revert_lines: 38,
        request_in_title: 0.914,
        shapes: vec![(Shape::Squash, 241), (Shape::Merge, 18), (Shape::Direct, 41)],
    }
}

fn gap(id: &str, what: &str, consequence: &str, mend: Option<&str>) -> Gap {
    Gap {
        id: id.to_owned(),
        what: what.to_owned(),
        consequence: consequence.to_owned(),
        mend: mend.map(ToOwned::to_owned),
    }
}

fn gaps() -> Vec<Gap> {
    vec![
        gap(
            "no-line-notes",
            "no line-level notes of AI use (`refs/notes/ai`)",
            "the share of AI-written lines is unknown; only trailers, authors and \
             branches are evidence",
            Some("git fetch origin '+refs/notes/*:refs/notes/*'"),
        ),
        gap(
            "no-deployments",
            "git knows releases, not deployments",
            "failed deployment recovery time and deployment rework rate cannot be computed",
            None,
        ),
    ]
}

fn young_gaps() -> Vec<Gap> {
    vec![
        gap(
            "no-releases",
            "no tag reads as a release",
            "the wait from merge to release is unknown",
            Some("git fetch origin --tags"),
        ),
        gap(
            "no-request-heads",
            "no pull request heads",
            "first commit, last push and never-merged requests are unknown",
            Some("git fetch origin '+refs/pull/*/head:refs/pull/*/head'"),
        ),
    ]
}

fn cohort_row(cohort: Cohort, changes: u64, people: u64, scale: f64) -> CohortRow {
    let hours = |value: f64| {
        let value = value * scale;
        Figure::with_interval(value, value * 0.72, value * 1.41, changes, Unit::Hours)
    };
    let share = |value: f64| {
        let value = value * scale;
        Figure::with_interval(value, value * 0.55, value * 1.7, changes, Unit::Share)
    };
    CohortRow {
        cohort,
        changes,
        people,
        visibility: Visibility::Shown,
        to_merge: hours(26.0),
        review_wait: hours(19.0),
        to_release: hours(201.0),
        size: Figure::with_interval(74.0 * scale, 60.0 * scale, 96.0 * scale, changes, Unit::Lines),
        failed: share(0.061),
        rework: share(0.138),
    }
}

fn cohorts() -> CohortTable {
    let mut agent = cohort_row(Cohort::AgentAuthored, 17, 2, 0.6);
    hide(&mut agent, "fewer than 5 people");
    let mut bot = cohort_row(Cohort::Bot, 8, 6, 0.2);
    bot.visibility = Visibility::TooFew;
    CohortTable {
        rows: vec![
            agent,
            cohort_row(Cohort::AiAssisted, 98, 14, 1.24),
            cohort_row(Cohort::NoEvidence, 185, 31, 1.0),
            bot,
        ],
        comparisons: comparisons(),
        misclassification: Some(Misclassification {
            sensitivity: 0.52,
            precision: 0.97,
            source: "git-ai-project/git-ai, notes against trailers, 2026-08".to_owned(),
            corrected_share: Figure::with_interval(0.61, 0.54, 0.69, 300, Unit::Share),
            difference_bounds: Some((-0.021, 0.064)),
        }),
    }
}

fn comparisons() -> Vec<Comparison> {
    let base = Comparison {
        measure: "first commit to merge".to_owned(),
        exposed: "AI-assisted or agent-authored".to_owned(),
        reference: "no evidence".to_owned(),
        a: Figure::with_interval(32.0, 24.0, 45.0, 115, Unit::Hours),
        b: Figure::with_interval(26.0, 19.0, 36.0, 185, Unit::Hours),
        effect: Figure::with_interval(0.19, 0.05, 0.32, 300, Unit::Ratio),
        magnitude: "small".to_owned(),
        shift: Figure::with_interval(4.1, 0.8, 8.9, 300, Unit::Hours),
        p: Some(0.0071),
        p_adjusted: Some(0.021),
        detectable: Some(0.18),
        e_value: None,
        says: "Changes with evidence of AI use took longer from first commit to merge \
               (32 h against 26 h, a small difference): an association, not a cause."
            .to_owned(),
    };
    let failed = Comparison {
        measure: "failed within 30 days".to_owned(),
        a: Figure::with_interval(0.075, 0.038, 0.141, 106, Unit::Share),
        b: Figure::with_interval(0.061, 0.035, 0.105, 179, Unit::Share),
        effect: Figure::with_interval(0.014, -0.045, 0.085, 285, Unit::Share),
        magnitude: String::new(),
        shift: Figure::with_interval(1.2, 0.5, 2.9, 285, Unit::Ratio),
        p: Some(0.64),
        p_adjusted: Some(0.71),
        detectable: Some(0.089),
        e_value: Some(1.69),
        says: "No difference in failures was found; one smaller than 8.9 points would not show \
               with this many changes."
            .to_owned(),
        ..base.clone()
    };
    let size = Comparison {
        measure: "first commit to release".to_owned(),
        a: Figure::unknown(4, Unit::Hours, "fewer than 30 released changes"),
        effect: Figure::unknown(4, Unit::Ratio, "fewer than 30 released changes"),
        shift: Figure::unknown(4, Unit::Hours, "fewer than 30 released changes"),
        magnitude: String::new(),
        p: None,
        p_adjusted: None,
        says: "Too few released changes with evidence to compare.".to_owned(),
        ..base.clone()
    };
    vec![base, failed, size]
}

fn usage() -> UsageTable {
    let row = |usage: &str, people, changes, scale: f64, visibility| UsageRow {
        usage: usage.to_owned(),
        people,
        changes,
        visibility,
        to_merge: Figure::with_interval(
            26.0 * scale,
            18.0 * scale,
            39.0 * scale,
            changes,
            Unit::Hours,
        ),
        to_release: Figure::with_interval(
            201.0 * scale,
            160.0 * scale,
            260.0 * scale,
            changes,
            Unit::Hours,
        ),
        failed: Figure::with_interval(
            0.06 * scale,
            0.03 * scale,
            0.12 * scale,
            changes,
            Unit::Share,
        ),
        throughput: Figure::with_interval(
            0.4 * scale,
            0.3 * scale,
            0.6 * scale,
            changes,
            Unit::PerWeek,
        ),
    };
    let mut hidden = row("frequent", 3, 19, 1.0, Visibility::Hidden);
    for figure in
        [&mut hidden.to_merge, &mut hidden.to_release, &mut hidden.failed, &mut hidden.throughput]
    {
        *figure = Figure::unknown(0, figure.unit, "fewer than 5 people");
    }
    UsageTable {
        very_frequent_share: 0.5,
        frequent_share: 0.2,
        rows: vec![
            row("very frequent", 7, 71, 1.3, Visibility::Shown),
            hidden,
            row("occasional", 9, 60, 1.1, Visibility::Shown),
            row("none known", 28, 150, 0.9, Visibility::Shown),
        ],
    }
}

fn teams() -> Vec<TeamRow> {
    let from = |team: &str, cohort: CohortRow| TeamRow {
        team: team.to_owned(),
        changes: cohort.changes,
        people: cohort.people,
        visibility: cohort.visibility,
        to_merge: cohort.to_merge,
        review_wait: cohort.review_wait,
        to_release: cohort.to_release,
        failed: cohort.failed,
    };
    let mut small = cohort_row(Cohort::NoEvidence, 9, 3, 1.0);
    hide(&mut small, "fewer than 5 people");
    vec![
        from("platform", cohort_row(Cohort::NoEvidence, 172, 21, 0.8)),
        from("payments", cohort_row(Cohort::NoEvidence, 119, 12, 1.5)),
        from("docs", small),
    ]
}

fn failures() -> FailureTable {
    let example = |change: &str, by: &str, grade: &str, why: &str, hours| FailureExample {
        change: change.to_owned(),
        by: by.to_owned(),
        grade: grade.to_owned(),
        why: why.to_owned(),
        hours,
    };
    FailureTable {
        window_days: 30,
        eligible: 285,
        strict: Figure::with_interval(0.067, 0.043, 0.102, 285, Unit::Share),
        wide: Figure::with_interval(0.119, 0.087, 0.162, 285, Unit::Share),
        by_kind: vec![
            ("reverted".to_owned(), 9),
            ("hot-fixed".to_owned(), 6),
            ("fixed up".to_owned(), 4),
        ],
        time_to_failure: Figure::with_interval(31.0, 12.0, 77.0, 19, Unit::Hours),
        latest: vec![
            example("harbour #388", "harbour #390", "A", "`This reverts commit` names it", 3.2),
            example(
                "lantern/api #71",
                "lantern/api v1.17.1",
                "B",
                "patch release within 3 days touches the same files",
                51.0,
            ),
            example(
                "harbour #342",
                "harbour #351",
                "C",
                "title says `Revert \"cache <tokens>\"`",
                190.0,
            ),
        ],
    }
}

fn dora() -> Vec<DoraRow> {
    let row =
        |id: &str, label: &str, factor: &str, figure, basis: &str, missing: Option<&str>| DoraRow {
            id: id.to_owned(),
            label: label.to_owned(),
            factor: factor.to_owned(),
            figure,
            basis: basis.to_owned(),
            missing: missing.map(ToOwned::to_owned),
            also: None,
        };
    let lacks = "deployments: import them from the CI system";
    vec![
        row(
            "change-lead-time",
            "change lead time",
            "throughput",
            Figure::with_interval(8.6 * 24.0, 170.0, 251.0, 282, Unit::Hours),
            "first commit to first release, median",
            Some(lacks),
        ),
        row(
            "deployment-frequency",
            "deployment frequency",
            "throughput",
            Figure::with_interval(0.38, 0.24, 0.59, 20, Unit::PerWeek),
            "stable releases a week",
            Some(lacks),
        ),
        row(
            "recovery-time",
            "failed deployment recovery time",
            "throughput",
            Figure::with_interval(40.0, 11.0, 92.0, 6, Unit::Hours),
            "failed release to the next release that mends it, median",
            Some(lacks),
        ),
        row(
            "change-fail-rate",
            "change fail rate",
            "instability",
            Figure::with_interval(0.15, 0.05, 0.36, 20, Unit::Share),
            "releases with a failed change or a hotfix after them",
            Some(lacks),
        ),
        row(
            "deployment-rework-rate",
            "deployment rework rate",
            "instability",
            Figure::unknown(20, Unit::Share, "git knows no incident"),
            "hotfix releases over releases",
            Some("incidents: import them from the pager"),
        ),
    ]
}

fn funnel() -> Funnel {
    let row = |cohort, opened, merged, share: f64| FunnelRow {
        cohort,
        opened,
        merged,
        merged_share: Figure::with_interval(share, share - 0.07, share + 0.06, opened, Unit::Share),
    };
    Funnel {
        opened: 402,
        merged: 300,
        merged_elsewhere: 12,
        open: 31,
        abandoned: 59,
        open_days: 90,
        merged_share: Figure::with_interval(0.836, 0.795, 0.87, 359, Unit::Share),
        abandoned_commits: Figure::with_interval(0.171, 0.15, 0.194, 1_904, Unit::Share),
        by_cohort: vec![
            row(Cohort::AgentAuthored, 41, 17, 0.47),
            row(Cohort::AiAssisted, 130, 98, 0.83),
            row(Cohort::NoEvidence, 231, 185, 0.89),
        ],
    }
}

fn batch_size() -> BatchSize {
    let hours =
        |value: f64, n| Figure::with_interval(value, value * 0.7, value * 1.5, n, Unit::Hours);
    BatchSize {
        lines_p50: Figure::with_interval(74.0, 61.0, 92.0, 300, Unit::Lines),
        lines_p90: Figure::with_interval(611.0, 470.0, 850.0, 300, Unit::Lines),
        files_p50: Figure::with_interval(4.0, 3.0, 5.0, 300, Unit::Count),
        large: Figure::with_interval(0.16, 0.123, 0.206, 300, Unit::Share),
        to_merge_by_size: vec![
            ("up to 10".to_owned(), hours(4.2, 41)),
            ("up to 50".to_owned(), hours(16.0, 84)),
            ("up to 200".to_owned(), hours(29.0, 91)),
            ("up to 400".to_owned(), hours(51.0, 36)),
            ("more".to_owned(), hours(97.0, 48)),
        ],
    }
}

fn cadence(series: &Series) -> Cadence {
    let n = series.releases.len() as u64;
    Cadence {
        releases: n,
        prereleases: 7,
        per_week: Figure::with_interval(0.38, 0.24, 0.59, n, Unit::PerWeek),
        gap_p50: Figure::with_interval(18.0 * 24.0, 380.0, 470.0, n - 1, Unit::Hours),
        gap_p90: Figure::with_interval(31.0 * 24.0, 600.0, 900.0, n - 1, Unit::Hours),
        changes_p50: Figure::with_interval(14.0, 9.0, 18.0, n, Unit::Count),
        packages: vec![("api".to_owned(), 12), ("web".to_owned(), 8)],
    }
}

fn invest_first() -> InvestFirst {
    let hours = |value: f64, low, high| Figure::with_interval(value, low, high, 282, Unit::Hours);
    let one = |stage: Stage, saves: f64, best, recommended, guard: &str| Investment {
        stage,
        label: stage.label().to_owned(),
        median_without: hours(221.0 - saves, 200.0 - saves, 250.0 - saves),
        saves_p50: hours(saves, saves * 0.8, saves * 1.2),
        saves_p90: hours(saves * 3.1, saves * 2.2, saves * 4.0),
        saves_mean: hours(saves * 1.6, saves * 1.3, saves * 2.0),
        weekly_hours: hours(saves * 5.8, saves * 4.6, saves * 7.0),
        best,
        guard: guard.to_owned(),
        recommended,
    };
    let what = |stage, what: &str, p50: f64, p90: f64| Scenario {
        stage,
        what: what.to_owned(),
        p50: hours(p50, p50 * 1.2, p50 * 0.8),
        p90: hours(p90, p90 * 1.3, p90 * 0.7),
    };
    InvestFirst {
        sentence: "Shorten the release wait first: without it, half of all changes would be out \
                   in 32 h instead of 9.2 d (99 % sure that it is the best of the three)."
            .to_owned(),
        ranking: vec![
            one(Stage::ReleaseWait, 188.0, 0.99, true, "nothing in the data speaks against it"),
            one(Stage::ReviewWait, 24.0, 0.01, true, "nothing in the data speaks against it"),
            one(Stage::Coding, 6.0, 0.0, false, "work, not waiting: never recommended for removal"),
        ],
        scenarios: vec![
            what(Stage::ReleaseWait, "release wait halved", -81.0, -310.0),
            what(Stage::ReleaseWait, "release wait at most its own median", -12.0, -402.0),
            what(Stage::ReviewWait, "review wait halved", -11.0, -42.0),
        ],
        n: 282,
        weekly_changes: 5.8,
    }
}
