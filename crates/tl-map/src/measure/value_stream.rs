//! The value stream: the line from first commit to release, stage by stage.
//!
//! In: the dataset. Out: one row a stage and one for the whole line. Start at [`value_stream`].
//! **Invariant:** stages add up to the total for each change; open changes count in the
//! quantiles as long as they have waited so far, and never as finished.

use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::{Column, figure, with_open};
use super::review_wait::no_release;
use crate::dataset::{Dataset, Item, Window};
use crate::journey::{Boundary, End, Shape, Stage, StageKind};
use crate::measure::funnel;
use crate::report::{Figure, OpenItem, StageRow, Unit, ValueStream};
use crate::stats::bootstrap::Clusters;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "value-stream",
    title: "Value stream",
    what: "how long changes spend in each stage from first commit to release, and how many are in it now",
    formula: "stage = later boundary - earlier boundary, whole milliseconds; p50, p75, p90 by type-7 \
              quantiles, or by Kaplan-Meier where changes are still in the stage; share = summed stage \
              time / summed total; flow efficiency = summed active time / summed total; arrivals and \
              departures = boundaries crossed in the observed part of the window / its weeks; Little \
              residual = (mean WIP - departures per week x mean weeks in stage) / mean WIP",
    unit: "hours; shares between 0 and 1; changes per week",
    edge_cases: &[
        "a change is in the window if it was merged in it; changes by bots are left out",
        "coding starts at the earliest author date of the request's own commits; a squash's own \
         author date is never used, so without the request's head the start is unknown",
        "git cannot tell pickup, review and merge wait apart: review wait is last push to merge",
        "boundaries never run backwards: what would is moved to its neighbour and counted as \
         clock-adjusted; the merge, which the forge's clock wrote, stays",
        "a change contained in the earliest known release is left-censored: its wait is unknown",
        "in a repository of several packages a change is released with the first package that it \
         touched (a directory of that name), where its files are known; else with the first of any",
        "a merged change in no release is open: it counts with the time waited so far",
        "the observed part of the window begins with the first commit of the default branch, and is \
         at least a week, or the whole window where that is shorter",
        "in the whole line, WIP is the sum of the stages' and the quantiles are of released changes \
         only; arrivals, departures and the oldest item are of changes with a known first commit",
        "a direct push starts at its author date, which counts in the whole line; of coding and review \
         wait it says nothing",
    ],
    source: "Kim et al., Flow metrics; Little 1961; Kaplan & Meier 1958; Hyndman & Fan 1996, type 7",
};

/// Computes the value stream of the window.
pub fn value_stream(data: &Dataset<'_>) -> ValueStream {
    let items: Vec<&Item> = data.in_window().collect();
    let complete: Vec<&Item> =
        items.iter().copied().filter(|item| item.journey.total().is_some()).collect();
    let shares = shares(data, &complete);
    let stages: Vec<StageRow> = data
        .line
        .stages()
        .iter()
        .zip(shares)
        .map(|(stage, share)| stage_row(data, &items, *stage, share))
        .collect();
    let wip = stages.iter().map(|row| row.wip).sum();
    let shifts = items.iter().map(|item| item.journey.shift);
    ValueStream {
        stages,
        total: total_row(data, &complete, wip),
        flow_efficiency: flow_efficiency(data, &complete),
        changes: items.len() as u64,
        bots: data.merged_in_window().filter(|item| item.cohort == Cohort::Bot).count() as u64,
        unknown_start: count(&items, |item| item.journey.at(Boundary::FirstCommit).is_none()),
        left_censored: count(&items, |item| item.left_censored()),
        unreleased: count(&items, |item| item.is_waiting()),
        clock_adjusted: count(&items, |item| item.journey.shift > Millis::ZERO),
        max_shift_hours: shifts.max().unwrap_or_default().hours(),
        via_backport: count(&items, |item| item.backport && item.release.is_some()),
    }
}

fn count(items: &[&Item], holds: impl Fn(&Item) -> bool) -> u64 {
    items.iter().filter(|item| holds(item)).count() as u64
}

/// The time an item spent in a stage, if it went through it. A direct push has no review, and
/// its author date is when the commit was made, not when work began: it says nothing of coding.
pub fn spent(item: &Item, stage: Stage) -> Option<Millis> {
    let also_direct = matches!(stage, Stage::Backlog | Stage::ReleaseWait | Stage::Deploy);
    let applies = item.journey.applies(stage) && (also_direct || item.shape != Shape::Direct);
    item.journey.stage(stage).filter(|_| applies)
}

/// The time from when an item was ready to its merge: from ready for review where its forge told,
/// else from the last push.
pub fn waited_for_merge(item: &Item) -> Option<Millis> {
    let journey = &item.journey;
    let is_request = item.shape != Shape::Direct;
    let ready = [Boundary::Ready, Boundary::LastPush].iter().find_map(|at| journey.seen(*at));
    let waited = journey.at(Boundary::Merged)? - ready?;
    is_request.then(|| Millis::new(waited.get().max(0)))
}

/// When items entered and left a stage: ended ones, then those still in it.
#[derive(Default)]
struct Passage<'d> {
    ended: Vec<(Timestamp, Timestamp)>,
    open: Vec<(Timestamp, Traveller<'d>)>,
}

/// What is in a stage; named only when it is shown.
#[derive(Clone, Copy)]
enum Traveller<'d> {
    Change(&'d Item),
    Request(usize, u32),
}

impl Passage<'_> {
    /// What has been in the stage longest.
    fn oldest(&self, data: &Dataset<'_>) -> Option<OpenItem> {
        let (start, traveller) = self.open.iter().min_by_key(|(start, _)| *start)?;
        let change = match traveller {
            Traveller::Change(item) => data.change_name(item.repository(), item.change()),
            Traveller::Request(repository, number) => {
                funnel::request_name(data, *repository, *number)
            }
        };
        Some(OpenItem { change, hours: (data.window.until - *start).hours() })
    }
}

fn passage<'d>(data: &'d Dataset<'_>, stage: Stage) -> Passage<'d> {
    let mut passage = Passage::default();
    let Some((from, to)) = data.line.ends(stage) else { return passage };
    for item in data.items.iter().filter(|item| item.cohort != Cohort::Bot) {
        match (item.journey.at(from), item.journey.at(to)) {
            (Some(start), Some(end)) if spent(item, stage).is_some() => {
                passage.ended.push((start, end));
            }
            (Some(start), None) if stage == Stage::ReleaseWait && item.is_waiting() => {
                passage.open.push((start, Traveller::Change(item)));
            }
            _ => {}
        }
    }
    for request in &data.open {
        match (request.journey.at(from), request.journey.at(to)) {
            (Some(start), Some(end)) if request.journey.applies(stage) => {
                passage.ended.push((start, end));
            }
            _ => {}
        }
        if request.stage() == Some(stage)
            && let Some(start) = request.journey.at(from)
        {
            passage.open.push((start, Traveller::Request(request.repository, request.request)));
        }
    }
    passage
}

/// When changes with a known first commit entered and left the whole line.
fn whole_passage<'d>(data: &'d Dataset<'_>) -> Passage<'d> {
    let mut passage = Passage::default();
    for item in data.items.iter().filter(|item| item.cohort != Cohort::Bot) {
        let Some(start) = item.journey.at(data.line.first()) else { continue };
        match item.journey.at(data.line.last()) {
            Some(end) => passage.ended.push((start, end)),
            None if item.is_waiting() => passage.open.push((start, Traveller::Change(item))),
            None => {}
        }
    }
    for request in &data.open {
        if let Some(start) = request.journey.at(data.line.first()) {
            passage.open.push((start, Traveller::Request(request.repository, request.request)));
        }
    }
    passage
}

fn stage_row(data: &Dataset<'_>, items: &[&Item], stage: Stage, share: Figure) -> StageRow {
    let missing = missing(data, stage);
    let before_merge = data.line.before_merge().contains(&stage);
    let column =
        Column::of(items.iter().copied(), |item| spent(item, stage).map(Millis::get)).or(missing);
    let passage = passage(data, stage);
    let until = data.window.until;
    let open: Vec<Millis> = passage
        .open
        .iter()
        .filter(|(start, _)| before_merge || *start >= data.window.since)
        .map(|(start, _)| until - *start)
        .collect();
    let at = [0.5, 0.75, 0.9];
    let draws = data.options.bootstrap();
    let mut quantiles = if open.is_empty() {
        column.quantiles(&at, Unit::Hours, &draws)
    } else {
        with_open(&column, &open, &at)
    }
    .into_iter();
    let mut next = || quantiles.next().unwrap_or_else(|| Figure::unknown(0, Unit::Hours, missing));
    let flow = flow(data, &passage);
    let ends = data.line.ends(stage);
    let label = |of: fn((Boundary, Boundary)) -> Boundary| {
        ends.map_or_else(String::new, |ends| of(ends).label().to_owned())
    };
    StageRow {
        id: stage.id().to_owned(),
        label: stage.label().to_owned(),
        kind: stage.kind(),
        from: label(|ends| ends.0),
        to: label(|ends| ends.1),
        n: column.len() as u64,
        open: open.len() as u64,
        p50: next(),
        p75: next(),
        p90: next(),
        mean: column.mean(Unit::Hours, &draws),
        share,
        total_hours: column.values.iter().copied().map(Millis::new).sum::<Millis>().hours(),
        wip: passage.open.len() as u64,
        arrivals_per_week: flow.arrivals,
        departures_per_week: flow.departures,
        oldest: passage.oldest(data),
        little_residual: flow.residual,
    }
}

/// Why a stage has no figures.
fn missing(data: &Dataset<'_>, stage: Stage) -> &'static str {
    match stage {
        Stage::Backlog => "no change with a known ticket",
        Stage::Coding => "no request with a known first commit",
        Stage::Pickup => "no request with a known review",
        Stage::Review => "no reviewed request",
        Stage::MergeWait => "no request that waited for its merge",
        Stage::ReviewWait => "no request with a known last push",
        Stage::ReleaseWait | Stage::Deploy if data.line.end == End::Deployed => {
            "no change was deployed"
        }
        Stage::ReleaseWait | Stage::Deploy if data.has_releases() => "no change was released",
        Stage::ReleaseWait | Stage::Deploy => "no release yet",
    }
}

struct Flow {
    arrivals: f64,
    departures: f64,
    residual: Option<f64>,
}

/// Rates of arrival and departure, and how far Little's law is from holding.
fn flow(data: &Dataset<'_>, passage: &Passage<'_>) -> Flow {
    let Window { since, until } = data.observed();
    let weeks = data.weeks();
    let inside = |at: Timestamp| at >= since && at <= until;
    let open = passage.open.iter().map(|(start, _)| (*start, until));
    let all = passage.ended.iter().copied().chain(open);
    let mut present = Millis::ZERO;
    let mut arrived = 0_u64;
    for (start, end) in all {
        present = present + Millis::new((end.min(until) - start.max(since)).get().max(0));
        arrived += u64::from(inside(start));
    }
    let left: Vec<Millis> = passage
        .ended
        .iter()
        .filter(|(_, end)| inside(*end))
        .map(|(start, end)| *end - *start)
        .collect();
    let span = (until - since).get().max(1) as f64;
    let mean_wip = present.get() as f64 / span;
    let by_law = left.iter().copied().sum::<Millis>().get() as f64 / span;
    Flow {
        arrivals: arrived as f64 / weeks,
        departures: left.len() as f64 / weeks,
        residual: (mean_wip > 0.0).then(|| (mean_wip - by_law) / mean_wip),
    }
}

/// The share of each stage in the summed time of complete journeys.
fn shares(data: &Dataset<'_>, complete: &[&Item]) -> Vec<Figure> {
    let authors: Vec<u32> = complete.iter().map(|item| item.author).collect();
    let columns: Vec<Vec<i64>> = data
        .line
        .stages()
        .iter()
        .map(|stage| {
            let spent = |item: &&Item| item.journey.stage(*stage).unwrap_or_default().get();
            complete.iter().map(spent).collect()
        })
        .collect();
    let columns: Vec<&[i64]> = columns.iter().map(Vec::as_slice).collect();
    let shares = Clusters::new(&authors).shares(&columns, &data.options.bootstrap());
    let n = complete.len() as u64;
    if shares.is_empty() {
        let why = no_release(data);
        let unknown = data.line.stages().iter().map(|_| Figure::unknown(n, Unit::Share, why));
        return unknown.collect();
    }
    shares.into_iter().map(|share| figure(share, n, Unit::Share)).collect()
}

/// The share of the time in which somebody worked: coding, the author's turns in review, and the
/// deployment itself.
fn flow_efficiency(data: &Dataset<'_>, complete: &[&Item]) -> Figure {
    let authors: Vec<u32> = complete.iter().map(|item| item.author).collect();
    let active: Vec<i64> = complete.iter().map(|item| active(item).get()).collect();
    let rest: Vec<i64> = complete
        .iter()
        .zip(&active)
        .map(|(item, active)| item.journey.total().unwrap_or_default().get() - active)
        .collect();
    let columns = [active.as_slice(), rest.as_slice()];
    let shares = Clusters::new(&authors).shares(&columns, &data.options.bootstrap());
    let n = complete.len() as u64;
    match shares.into_iter().next() {
        Some(share) => figure(share, n, Unit::Share),
        None => Figure::unknown(n, Unit::Share, no_release(data)),
    }
}

/// Time in which somebody worked on a change; never more than its total.
fn active(item: &Item) -> Millis {
    let in_stage = |stage| item.journey.stage(stage).unwrap_or_default();
    let in_review = item.told.course.authors_turn.get().min(in_stage(Stage::Review).get());
    in_stage(Stage::Coding) + in_stage(Stage::Deploy) + Millis::new(in_review)
}

fn total_row(data: &Dataset<'_>, complete: &[&Item], wip: u64) -> StageRow {
    let draws = data.options.bootstrap();
    let missing = no_release(data);
    let column = Column::of(complete.iter().copied(), |item| item.journey.total().map(Millis::get))
        .or(missing);
    let passage = whole_passage(data);
    let flow = flow(data, &passage);
    let [p50, p75, p90] =
        <[Figure; 3]>::try_from(column.quantiles(&[0.5, 0.75, 0.9], Unit::Hours, &draws))
            .unwrap_or_else(|_| [0, 1, 2].map(|_| Figure::unknown(0, Unit::Hours, missing)));
    let n = complete.len() as u64;
    StageRow {
        id: "total".to_owned(),
        label: "whole line".to_owned(),
        kind: StageKind::Mixed,
        from: data.line.first().label().to_owned(),
        to: data.line.last().label().to_owned(),
        n,
        open: 0,
        p50,
        p75,
        p90,
        mean: column.mean(Unit::Hours, &draws),
        share: if n > 0 {
            Figure::plain(1.0, n, Unit::Share)
        } else {
            Figure::unknown(0, Unit::Share, missing)
        },
        total_hours: column.values.iter().copied().map(Millis::new).sum::<Millis>().hours(),
        wip,
        arrivals_per_week: flow.arrivals,
        departures_per_week: flow.departures,
        oldest: passage.oldest(data),
        little_residual: flow.residual,
    }
}
