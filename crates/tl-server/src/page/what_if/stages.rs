//! What the line would be if its stages took another share of their time.
//!
//! In: finished journeys, and a share for each stage. Out: [`Answer`]. Start at [`answer`]; the arithmetic is
//! [`tl_map::what_if`]. **Invariant:** every change keeps its own stages, so that what is slow together stays
//! together.

use std::collections::HashMap;

use axum::http::Uri;
use tl_core::attribution::Cohort;
use tl_core::time::Millis;
use tl_map::format;
use tl_map::journey_row::JourneyRow;
use tl_map::report::{Figure, Report, StageRow, Unit};
use tl_map::stats::Interval;
use tl_map::stats::bootstrap::Draws;
use tl_map::what_if::{Effect, Operator, StageMatrix};
use tl_map::words::Line;
use url::form_urlencoded;

use super::{PREFIX, Slider};
use crate::chart::aging::stage_ms;
use crate::page::Problem;
use crate::report::sections::{Headline, unbroken};

/// Changes times draws that one answer takes: about a tenth of a second.
const WORK: usize = 5_000_000;

/// Fewest and most draws of the bootstrap.
const DRAWS: (usize, usize) = (100, 1_000);

/// The share of its time that a stage keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// Id of the stage.
    pub(crate) stage: String,
    /// Per cent.
    pub(crate) share: u32,
}

/// What would change.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) effect: Effect,
    /// Changes behind it.
    pub(crate) n: u64,
    /// Whether the line is known to its end, and not to the merge alone.
    pub(crate) is_whole: bool,
}

/// Reads the share of each stage of the line; those that the address does not name stay whole.
pub(crate) fn shares(uri: &Uri, report: &Report) -> Result<Vec<Share>, Problem> {
    let query = uri.query().unwrap_or_default();
    let mut said: HashMap<String, u32> = HashMap::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(stage) = key.strip_prefix(PREFIX) else { continue };
        let share = value.parse::<u32>().ok().filter(|share| *share <= 100);
        let share = share.ok_or_else(|| {
            let value: String = value.chars().take(80).collect();
            Problem::wrong(format!(
                "`{key}` in the address is `{value}`: a share of a stage is 0 to 100 per cent."
            ))
        })?;
        said.insert(stage.to_owned(), share);
    }
    let share = |stage: &StageRow| Share {
        share: said.get(&stage.id).copied().unwrap_or(100),
        stage: stage.id.clone(),
    };
    Ok(report.value_stream.stages.iter().map(share).collect())
}

/// A slider for each stage.
pub(super) fn sliders(report: &Report, shares: &[Share]) -> Vec<Slider> {
    let stages = report.value_stream.stages.iter().zip(shares);
    let slider = |(stage, share): (&StageRow, &Share)| Slider {
        name: format!("{PREFIX}{}", stage.id),
        label: stage.label.clone(),
        small: format!("median today {}", format::value(&stage.p50)),
        least: 0,
        most: 100,
        step: 5,
        value: i64::from(share.share),
        unit: "%",
    };
    stages.map(slider).collect()
}

/// Takes from each change its part of the stages that take less time. What is taken is one stage, and
/// what is left another: so it is the what-if of one stage that vanishes.
pub(crate) fn answer(journeys: &[JourneyRow], shares: &[Share]) -> Option<Answer> {
    let people = || journeys.iter().filter(|row| row.cohort != Cohort::Bot);
    let is_whole = people().any(|row| row.total_ms.is_some());
    let mut authors: HashMap<&str, u32> = HashMap::new();
    let mut rows = Vec::new();
    for row in people() {
        let Some((taken, left)) = parts(row, shares, is_whole) else { continue };
        let next = authors.len() as u32;
        let author = *authors.entry(&row.author_pseudonym).or_insert(next);
        rows.push((author, [Some(taken), Some(left)]));
    }
    let n = rows.len();
    let count = (WORK / n.max(1)).clamp(DRAWS.0, DRAWS.1);
    let matrix = StageMatrix::new(2, rows);
    let draws = Draws { count: count as u32, seed: 20_260_301 };
    let effect = tl_map::what_if::what_if(&matrix, 0, Operator::Zero, &draws)?;
    Some(Answer { effect, n: n as u64, is_whole })
}

/// What is taken of a change, and what is left; `None` where a stage is not known.
fn parts(row: &JourneyRow, shares: &[Share], is_whole: bool) -> Option<(Millis, Millis)> {
    let (mut taken, mut left) = (0, 0);
    for Share { stage, share } in shares {
        if !is_whole && matches!(stage.as_str(), "release-wait" | "deploy") {
            continue;
        }
        let spent = stage_ms(row, stage);
        // On a line that is whole, a stage without a time was skipped.
        let spent = spent.or(row.total_ms.map(|_| Millis::ZERO))?.get();
        let stays = (spent as f64 * f64::from(*share) / 100.0).round() as i64;
        taken += spent - stays;
        left += stays;
    }
    if is_whole {
        // What belongs to no stage, such as a direct push's time before it, stays as it is.
        left = row.total_ms?.get() - taken;
    }
    Some((Millis::new(taken), Millis::new(left.max(0))))
}

/// Words of which no line begins with the last.
fn whole_words(words: &str) -> String {
    words.replace(' ', "\u{a0}")
}

pub(crate) fn hours(ms: f64) -> f64 {
    ms / Millis::HOUR.get() as f64
}

/// An interval in milliseconds as a change in hours: less is negative.
pub(crate) fn change(saved: Interval, n: u64) -> Figure {
    let less = saved.scaled(-1.0 / Millis::HOUR.get() as f64);
    Figure::with_interval(less.estimate + 0.0, less.low + 0.0, less.high + 0.0, n, Unit::Hours)
}

/// What would be, in a sentence; `None` where nothing is changed.
pub(super) fn sentence(sliders: &[Slider], answer: &Answer, line: Line) -> Option<String> {
    let changed: Vec<String> = sliders
        .iter()
        .filter(|slider| slider.value != 100)
        .map(|slider| format!("{} at {} %", slider.label, slider.value))
        .collect();
    if changed.is_empty() {
        return None;
    }
    let Effect { before, after, .. } = answer.effect;
    let whole = if answer.is_whole { line.whole() } else { line.to_merge() };
    Some(unbroken(&format!(
        "With {} the median change would take {} from {whole} instead of {}.",
        changed.join(", "),
        whole_words(&format::duration(hours(after.p50))),
        whole_words(&format::duration(hours(before.p50)))
    )))
}

pub(super) fn headlines(answer: &Answer, line: Line) -> Vec<Headline> {
    let Effect { before, after, median_saved, p90_saved, mean_saved, .. } = answer.effect;
    let whole = if answer.is_whole { line.whole() } else { line.to_merge() };
    let headline = |label: String, before: f64, after: f64, saved: Interval| {
        let figure = change(saved, answer.n);
        let interval = format::interval(&figure);
        let same = saved.estimate == 0.0;
        Headline {
            label,
            value: format::duration(hours(after)),
            small: match (same, interval) {
                (true, _) => format!("as today, n {}", format::count(answer.n)),
                (false, Some(interval)) => format!(
                    "today {}; change {} ({interval})",
                    format::duration(hours(before)),
                    format::signed_duration(figure.value.unwrap_or_default())
                ),
                (false, None) => format!("today {}", format::duration(hours(before))),
            },
        }
    };
    vec![
        headline(format!("{whole}, median"), before.p50, after.p50, median_saved),
        headline("90th percentile".to_owned(), before.p90, after.p90, p90_saved),
        headline("mean".to_owned(), before.mean, after.mean, mean_saved),
    ]
}

/// What must be known to believe the answer.
pub(super) fn says(report: &Report, shares: &[Share], answer: Option<&Answer>) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(answer) = answer {
        let n = format::count(answer.n);
        says.push(format!(
            "Computed from {n} changes whose every stage is known: each keeps its own other stages."
        ));
        if !answer.is_whole {
            says.push(
                "No change is known to its end: the line stops at the merge here.".to_owned(),
            );
        }
    }
    for (stage, share) in report.value_stream.stages.iter().zip(shares) {
        let ranked = report.invest_first.ranking.iter().find(|one| one.stage.id() == stage.id);
        let guard = ranked.map_or("", |one| one.guard.as_str());
        if share.share < 100 && !guard.is_empty() {
            says.push(format!("{}: {guard}.", stage.label));
        }
    }
    says.push(
        "It ignores that a shorter queue may fill up again; a simulated line does not.".to_owned(),
    );
    says
}
