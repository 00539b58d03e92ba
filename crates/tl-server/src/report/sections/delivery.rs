//! Tables of the line itself: stages, what-if, cycle time by month, flow by week, distribution.

use tl_map::report::{Figure, InvestFirst, Report, StageRow, ValueStream};

use super::Block;
use crate::chart::distribution::spreads;
use crate::chart::scatter::{best_span, points, quantile};
use crate::chart::stage_map::kind_label;
use crate::chart::table::{Cell, Table, count, figure, prose, text};
use tl_map::format;
use tl_map::words::Line;

/// Changes named in the table of the slowest.
const SLOWEST: usize = 10;

pub(crate) fn value_stream(stream: &ValueStream, line: Line) -> Vec<Block> {
    let rows = || stream.stages.iter().chain(std::iter::once(&stream.total));
    let times = ["stage", "kind", "#n", "#p50", "#p75", "#p90", "#mean", "#share of time"];
    let queues =
        ["stage", "#in it now", "#in a week", "#out a week", "oldest in it", "#Little residual"];
    let [censored, waiting, backport] = match line.is_deployed {
        true => [
            "in the first known deployment, or before: wait not known",
            "not in production yet: counted as waiting (Kaplan-Meier)",
            "in production first through an equivalent commit",
        ],
        false => [
            "shipped by the earliest known release: wait not known",
            "in no release yet: counted as waiting (Kaplan-Meier)",
            "released first through an equivalent commit",
        ],
    };
    let counted = [
        ("merged in the window", stream.changes),
        ("left out: by bots", stream.bots),
        ("first commit not known to git", stream.unknown_start),
        (censored, stream.left_censored),
        (waiting, stream.unreleased),
        (backport, stream.via_backport),
        ("a boundary was moved, because clocks disagree", stream.clock_adjusted),
    ];
    let moved = (stream.clock_adjusted > 0)
        .then(|| format!("by at most {}", format::duration(stream.max_shift_hours)));
    let last = counted.len() - 1;
    let counted = counted.into_iter().enumerate().filter(|(row, (_, n))| *row == 0 || *n > 0);
    let counted = counted.map(|(row, (what, n))| {
        vec![prose(what), count(n).and(moved.clone().filter(|_| row == last))]
    });
    vec![
        Block::Table(Table::new("The value stream, stage by stage", &times).with(rows().map(time))),
        Block::Table(Table::new("What is in each stage", &queues).with(rows().map(queue))),
        Block::Table(Table::new("What was counted", &["changes", "#number"]).with(counted)),
    ]
}

fn time(row: &StageRow) -> Vec<Cell> {
    // Quantiles count those that are still in the stage too; the cell of n names both.
    let quantile = |one: &Figure| {
        let counted = [row.n, row.n + row.open].contains(&one.n);
        figure(one, if counted { Some(one.n) } else { None })
    };
    let open = (row.open > 0).then(|| format!("{} still open", format::count(row.open)));
    vec![
        text(row.label.clone()).under(format!("{} to {}", row.from, row.to)),
        text(kind_label(row.kind)),
        Cell { small: open, ..count(row.n) },
        quantile(&row.p50),
        quantile(&row.p75),
        quantile(&row.p90),
        figure(&row.mean, Some(row.n)),
        figure(&row.share, Some(row.n)),
    ]
}

fn queue(row: &StageRow) -> Vec<Cell> {
    let oldest = row.oldest.as_ref();
    vec![
        text(row.label.clone()),
        count(row.wip),
        text(format::number(row.arrivals_per_week)),
        text(format::number(row.departures_per_week)),
        oldest.map_or_else(
            || text(format::NOTHING),
            |item| text(item.change.clone()).under(format::duration(item.hours)),
        ),
        text(row.little_residual.map_or(format::NOTHING.to_owned(), format::number)),
    ]
}

pub(crate) fn invest_first(invest: &InvestFirst) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !invest.ranking.is_empty() {
        let columns = [
            "stage",
            "#saved a week",
            "#median without it",
            "#less in p50",
            "#less in p90",
            "#less in mean",
            "#best in draws",
            "guard",
        ];
        let rows = invest.ranking.iter().map(|row| {
            let weekly = row.weekly_hours.value.map_or(format::NOTHING.to_owned(), format::hours);
            let interval = row.weekly_hours.low.zip(row.weekly_hours.high);
            let small = interval
                .map(|(low, high)| {
                    format!("{} to {}", format::number(low), format::hours(high))
                        .replace(' ', "\u{a0}")
                })
                .or_else(|| row.weekly_hours.note.clone());
            let verdict = if row.recommended { "may be recommended" } else { "not recommended" };
            vec![
                text(row.label.clone()),
                Cell { small, ..text(weekly) },
                figure(&row.median_without, Some(invest.n)),
                figure(&row.saves_p50, Some(invest.n)),
                figure(&row.saves_p90, Some(invest.n)),
                figure(&row.saves_mean, Some(invest.n)),
                text(format::share(row.best)),
                prose(row.guard.clone()).under(verdict),
            ]
        });
        blocks.push(Block::Table(Table::new("What each stage costs", &columns).with(rows)));
    }
    if !invest.scenarios.is_empty() {
        let change = |change: &Figure| {
            let signed = change.value.map(format::signed_duration);
            let cell = figure(change, Some(invest.n));
            Cell { text: signed.unwrap_or(cell.text), ..cell }
        };
        let rows = invest.scenarios.iter().map(|scenario| {
            vec![prose(scenario.what.clone()), change(&scenario.p50), change(&scenario.p90)]
        });
        let columns = ["what if", "#change of p50", "#change of p90"];
        blocks.push(Block::Table(Table::new("What-if: other scenarios", &columns).with(rows)));
    }
    blocks
}

pub(crate) fn cycle_time(report: &Report) -> Vec<Block> {
    let Some(span) = best_span(report) else { return Vec::new() };
    let points = points(&report.series.changes, &span);
    let mut months: Vec<(String, Vec<f64>, u64)> = Vec::new();
    for point in &points {
        let mut month = point.change.merged.date();
        month.truncate(7);
        if months.last().is_none_or(|last| last.0 != month) {
            months.push((month, Vec::new(), 0));
        }
        if let Some((_, hours, failed)) = months.last_mut() {
            hours.push(point.hours);
            *failed += u64::from(point.change.failed);
        }
    }
    let rows = months.iter().map(|(month, hours, failed)| {
        let at = |share| {
            quantile(hours.iter().copied(), share)
                .map_or(format::NOTHING.to_owned(), format::duration)
        };
        vec![
            text(month.clone()),
            count(hours.len() as u64),
            text(at(0.5)),
            text(at(0.85)),
            text(at(1.0)),
            count(*failed),
        ]
    });
    let columns = ["month of merge", "#changes", "#p50", "#p85", "#longest", "#failed"];
    let caption = format!("By month: {}", span.label);
    let mut slowest: Vec<_> = points.iter().collect();
    slowest.sort_by(|a, b| b.hours.total_cmp(&a.hours));
    let slow = slowest.into_iter().take(SLOWEST).map(|point| {
        vec![
            text(point.change.change.clone()),
            text(point.change.merged.date()),
            text(point.change.cohort.label()),
            text(format::duration(point.hours)),
            text(if point.change.failed { "failed" } else { "" }),
        ]
    });
    vec![
        Block::Table(Table::new(caption, &columns).with(rows).folded()),
        Block::Table(
            Table::new("The slowest changes", &["change", "merged", "cohort", "#time", "outcome"])
                .with(slow)
                .folded(),
        ),
    ]
}

pub(crate) fn flow(report: &Report, line: Line) -> Vec<Block> {
    if report.series.weeks.is_empty() {
        return Vec::new();
    }
    let rows = report.series.weeks.iter().map(|week| {
        vec![
            text(week.at.date()),
            count(week.started),
            count(week.pushed),
            count(week.merged),
            count(week.released),
        ]
    });
    let pushed = if line.has_reviews { "#ready" } else { "#pushed" };
    let done = if line.is_deployed { "#in production" } else { "#released" };
    let columns = ["week until", "#begun", pushed, "#merged", done];
    vec![Block::Table(Table::new("Running totals by week", &columns).with(rows).folded())]
}

pub(crate) fn distribution(report: &Report) -> Vec<Block> {
    let spreads = spreads(report);
    if spreads.is_empty() {
        return Vec::new();
    }
    let rows = spreads.iter().map(|spread| {
        let n = spread.hours.len();
        let within = |limit: f64| {
            let within = spread.hours.iter().filter(|hours| **hours <= limit).count();
            text(format::share(within as f64 / n as f64))
        };
        let at = |share| {
            let hours = quantile(spread.hours.iter().copied(), share);
            text(hours.map_or(format::NOTHING.to_owned(), format::duration))
        };
        vec![
            text(spread.label),
            count(n as u64),
            at(0.1),
            at(0.5),
            at(0.9),
            within(1.0),
            within(24.0),
            within(168.0),
            within(720.0),
        ]
    });
    let columns = ["stage", "#n", "#p10", "#p50", "#p90", "#within 1 h", "#1 d", "#1 wk", "#30 d"];
    vec![Block::Table(Table::new("Shares of changes within a time", &columns).with(rows))]
}
