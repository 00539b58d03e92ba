//! Invest first: which wait, shortened, would save most.
//!
//! In: the dataset. Out: a sentence, the ranking, and other what-ifs. Start at [`invest_first`].
//! The arithmetic is in [`crate::what_if`]; here it is put into words.

use tl_core::time::Millis;

use super::MeasureDoc;
use super::change_failure::failed_strict;
use super::figures::{Column, figure};
use super::value_stream::spent;
use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, End, Front, Line, Shape, Stage, StageKind};
use crate::report::{Figure, InvestFirst, Investment, Scenario, Unit};
use crate::what_if::{self, Candidate, Guard, Operator, Slice, StageMatrix};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "invest-first",
    title: "Invest first",
    what: "which wait, if it vanished, would shorten the way of the median change most",
    formula: "each change keeps its own other stages and loses one; saved = median before - median \
              after; hours a week = saved median x changes a week; probability = share of \
              author-clustered bootstrap draws in which the stage saves most of the median; guard: \
              a wait is not recommended if changes that were quick in it (at most its median) \
              failed clearly more often (Newcombe interval above zero)",
    unit: "hours; hours a week",
    edge_cases: &[
        "only changes with every stage known take part; without releases the line ends at the merge",
        "where the start of more than three quarters of the changes is unknown, nothing is ranked: the \
         few others are not like them",
        "it ignores congestion: a shorter queue may fill up again",
        "median and mean can disagree: both are shown",
        "coding is work, not a wait: it is ranked beside the queues but never recommended",
    ],
    source: "what-if L1, a counterfactual on the observed stage vectors; Goldratt; Reinertsen 2009",
};

/// Ranks the stages of the window's changes.
pub fn invest_first(data: &Dataset<'_>) -> InvestFirst {
    let items: Vec<&Item> = data.in_window().collect();
    if let Some(sentence) = too_few_starts(data, &items) {
        let (ranking, scenarios) = (Vec::new(), Vec::new());
        return InvestFirst { sentence, ranking, scenarios, n: 0, weekly_changes: 0.0 };
    }
    let has_releases = items.iter().any(|item| item.journey.total().is_some());
    let stages = if has_releases { data.line.stages() } else { data.line.before_merge() };
    let line: Vec<&Item> = items
        .into_iter()
        .filter(|item| has_releases || item.shape != Shape::Direct)
        .filter(|item| stages.iter().all(|stage| item.journey.stage(*stage).is_some()))
        .collect();
    let times = |item: &&Item| {
        let journey = item.journey;
        (item.author, stages.iter().map(move |stage| journey.stage(*stage)))
    };
    let matrix = StageMatrix::new(stages.len(), line.iter().map(times));
    let candidates: Vec<Candidate> = stages
        .iter()
        .enumerate()
        .map(|(row, stage)| Candidate { stage: row, guard: guard(data, &line, *stage) })
        .collect();
    let weekly = line.len() as f64 / data.weeks();
    let draws = data.options.bootstrap();
    let slices = what_if::invest_first(&matrix, &candidates, Operator::Zero, weekly, &draws);
    let n = line.len() as u64;
    let ranking: Vec<Investment> =
        slices.iter().map(|slice| investment(slice, stages, n)).collect();
    InvestFirst {
        sentence: sentence(data.line, &ranking, has_releases),
        scenarios: scenarios(data, &matrix, &ranking, n),
        ranking,
        n,
        weekly_changes: weekly,
    }
}

/// The part of the changes whose start must be known for the others to be judged by them.
const KNOWN_STARTS: f64 = 0.25;

/// What can be said where most starts are unknown: a ranking of the few would be one of the odd.
fn too_few_starts(data: &Dataset<'_>, items: &[&Item]) -> Option<String> {
    let is_known = |item: &&&Item| item.journey.at(Boundary::FirstCommit).is_some();
    let known = items.iter().filter(is_known).count();
    if items.is_empty() || known as f64 >= KNOWN_STARTS * items.len() as f64 {
        return None;
    }
    let waits =
        Column::of(items.iter().copied(), |item| spent(item, Stage::ReleaseWait).map(Millis::get));
    let wait = waits.median(Unit::Hours, &data.options.bootstrap()).value;
    let wait = wait.map_or_else(String::new, |hours| {
        format!(
            " Known is the wait from merge to release: half of {} changes waited {} or less.",
            waits.len(),
            duration(hours)
        )
    });
    Some(format!(
        "The first commit of {} of {} changes is unknown, so the waits cannot be ranked; the heads of \
         their requests would tell.{wait}",
        items.len() - known,
        items.len()
    ))
}

/// Whether changes that were quick in a stage failed more often than the slow ones.
fn guard(data: &Dataset<'_>, line: &[&Item], stage: Stage) -> Guard {
    let followed = line.iter().filter(|item| data.is_followed(item));
    let (times, failed): (Vec<Millis>, Vec<bool>) = followed
        .map(|item| (item.journey.stage(stage).unwrap_or_default(), failed_strict(data, item)))
        .unzip();
    what_if::guard_at_median(&times, &failed)
}

fn investment(slice: &Slice, stages: &[Stage], n: u64) -> Investment {
    let stage = stages[slice.effect.stage];
    let effect = &slice.effect;
    let hours = |interval| figure(interval, n, Unit::Hours);
    let median_without = effect.after.p50 / Millis::HOUR.get() as f64;
    Investment {
        stage,
        label: stage.label().to_owned(),
        median_without: Figure::plain(median_without, n, Unit::Hours),
        saves_p50: hours(effect.median_saved),
        saves_p90: hours(effect.p90_saved),
        saves_mean: hours(effect.mean_saved),
        weekly_hours: Figure::with_interval(
            slice.hours_a_week.estimate,
            slice.hours_a_week.low,
            slice.hours_a_week.high,
            n,
            Unit::Hours,
        ),
        best: slice.best,
        guard: guard_in_words(stage, slice.guard),
        recommended: stage.kind() != StageKind::Active && slice.is_recommendable(),
    }
}

fn guard_in_words(stage: Stage, guard: Guard) -> String {
    let points = |share: f64| format!("{:+.1}", share * 100.0);
    match guard {
        _ if stage.kind() == StageKind::Active => "work, not a wait".to_owned(),
        Guard::Ok { difference } => format!(
            "quick ones do not clearly fail more often ({} points, {} to {})",
            points(difference.estimate),
            points(difference.low),
            points(difference.high)
        ),
        Guard::Raises { difference } => format!(
            "not recommended: quick ones fail more often ({} points, {} to {})",
            points(difference.estimate),
            points(difference.low),
            points(difference.high)
        ),
        Guard::TooFew => "too few failures to say whether quick ones fail more often".to_owned(),
    }
}

fn sentence(line: Line, ranking: &[Investment], has_releases: bool) -> String {
    let Some(first) = ranking.iter().find(|one| one.recommended) else {
        return match ranking.first() {
            None => "No change has a known start and end yet, so no wait can be ranked; see what \
                     is missing below."
                .to_owned(),
            Some(_) => {
                "No wait stands out: none would shorten the way of the median change without \
                        the data speaking against it."
                    .to_owned()
            }
        };
    };
    let end = match line.end {
        _ if !has_releases => "merge",
        End::Released => "first release",
        End::Deployed => "production",
    };
    let start = match line.front {
        Front::Git => "first commit",
        Front::Tickets | Front::Requests => "ticket",
    };
    let saved = first.saves_p50.value.unwrap_or_default();
    let without = first.median_without.value.unwrap_or_default();
    let sure = match first.best {
        best if best >= 0.95 => "this is the best wait to shorten in nearly every resample",
        best if best >= 0.5 => "this is probably the best wait to shorten",
        _ => "other stages could be as good",
    };
    format!(
        "Shorten the {} first: without it the median change would take {} from {start} to \
         {end} instead of {}; {sure} ({:.0} %).",
        first.label,
        duration(without),
        duration(without + saved),
        first.best * 100.0
    )
}

/// Hours as the tables say them: minutes up to an hour, hours up to two days, then days.
fn duration(hours: f64) -> String {
    let figures = |size: f64, unit: &str| {
        if size >= 9.95 { format!("{size:.0} {unit}") } else { format!("{size:.1} {unit}") }
    };
    match hours {
        hours if hours < 59.5 / 60.0 => format!("{:.0} min", hours * 60.0),
        hours if hours < 47.5 => figures(hours, "h"),
        hours => figures(hours / 24.0, "d"),
    }
}

/// Half, and at most its own median, for each queue; the best to shorten first.
fn scenarios(
    data: &Dataset<'_>,
    matrix: &StageMatrix,
    ranking: &[Investment],
    n: u64,
) -> Vec<Scenario> {
    let draws = data.options.bootstrap();
    let queues = ranking.iter().map(|one| one.stage);
    let queues = queues.filter(|stage| stage.kind() != StageKind::Active);
    let operators = [
        (Operator::Scale(0.5), "halved"),
        (Operator::CapAtOwnMedian, "never longer than its median today"),
        (Operator::Cap(Millis::WEEK), "never longer than a week"),
    ];
    let planned: Vec<(usize, Operator, Stage, &str)> = queues
        .flat_map(|stage| operators.map(|(operator, words)| (stage, operator, words)))
        .filter_map(|(stage, operator, words)| {
            Some((data.line.place(stage)?, operator, stage, words))
        })
        .collect();
    let changes: Vec<(usize, Operator)> =
        planned.iter().map(|(place, operator, ..)| (*place, *operator)).collect();
    planned
        .iter()
        .zip(what_if::what_ifs(matrix, &changes, &draws))
        .filter_map(|((_, _, stage, words), effect)| {
            let effect = effect?;
            let change = |saved: crate::stats::Interval| {
                let Figure { value, low, high, n, unit, note } = figure(saved, n, Unit::Hours);
                let negative = |hours: Option<f64>| hours.map(|hours| 0.0 - hours);
                Figure {
                    value: negative(value),
                    low: negative(high),
                    high: negative(low),
                    n,
                    unit,
                    note,
                }
            };
            Some(Scenario {
                stage: *stage,
                what: format!("{} {words}", stage.label()),
                p50: change(effect.median_saved),
                p90: change(effect.p90_saved),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_read_as_in_the_tables() {
        let read: Vec<String> =
            [0.0, 0.4, 0.995, 4.16, 14.2, 47.8, 76.0, 768.0].into_iter().map(duration).collect();
        assert_eq!(read, ["0 min", "24 min", "1.0 h", "4.2 h", "14 h", "2.0 d", "3.2 d", "32 d"]);
    }
}
