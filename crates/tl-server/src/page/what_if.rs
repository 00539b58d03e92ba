//! `/what-if`: what the line would be if its stages took another time.
//!
//! In: the rows of a snapshot, and a share of each stage's time from the address. Out: HTML. Start at
//! [`what_if`]; the arithmetic is [`tl_map::what_if`]. **Invariants:** nothing is measured again; every
//! change keeps its own stages, so that what is slow together stays together; the answer says what it
//! leaves out.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
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

use super::{Asked, PageResult, Problem, Shell, measure, shown};
use crate::app::App;
use crate::chart::aging::stage_ms;
use crate::question::Question;
use crate::report::sections::{self, Headline, Section};

/// Changes times draws that one answer takes: about a tenth of a second.
const WORK: usize = 5_000_000;

/// Fewest and most draws of the bootstrap.
const DRAWS: (usize, usize) = (100, 1_000);

#[derive(Template)]
#[template(path = "what_if.html")]
struct WhatIf {
    shell: Shell,
    sentence: String,
    headlines: Vec<Headline>,
    kept: Vec<(String, String)>,
    sliders: Vec<Slider>,
    is_changed: bool,
    /// What is said beside the answer.
    says: Vec<String>,
    reset: String,
    how: String,
    sections: Vec<Section>,
}

/// The share of a stage's time that stays.
struct Slider {
    id: String,
    label: String,
    /// Per cent.
    share: u32,
    /// Its median today.
    today: String,
    /// What the data say against shortening it.
    guard: String,
}

/// `GET /what-if`
pub(crate) async fn what_if(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let measured = &asked.snapshot.measured;
    let report = &measured.report;
    let line = Line::of(&report.value_stream);
    let sliders = sliders(&uri, report)?;
    let stages: Vec<(&StageRow, f64)> = report
        .value_stream
        .stages
        .iter()
        .zip(&sliders)
        .map(|(stage, slider)| (stage, f64::from(slider.share) / 100.0))
        .collect();
    let is_changed = sliders.iter().any(|slider| slider.share != 100);
    let answer = answer(&measured.journeys, &stages);
    let query = asked.question.query();
    let page = WhatIf {
        shell: Shell::around(&app, "What if", &asked),
        sentence: sentence(report, &sliders, answer.as_ref(), line),
        headlines: answer.as_ref().map(|answer| headlines(answer, line)).unwrap_or_default(),
        kept: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        says: says(&sliders, answer.as_ref()),
        sliders,
        is_changed,
        reset: asked.question.address("/what-if"),
        how: measure::address(&asked.question, "invest-first"),
        sections: more(report, line, &asked.question)?,
    };
    shown(&page)
}

/// Reads the share of each stage of the line; those that the address does not name stay whole.
fn sliders(uri: &Uri, report: &Report) -> Result<Vec<Slider>, Problem> {
    let query = uri.query().unwrap_or_default();
    let mut shares: HashMap<String, u32> = HashMap::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(stage) = key.strip_prefix("stage-") else { continue };
        let share = value.parse::<u32>().ok().filter(|share| *share <= 100);
        let share = share.ok_or_else(|| {
            let value: String = value.chars().take(80).collect();
            Problem::wrong(format!(
                "`{key}` in the address is `{value}`: a share of a stage is 0 to 100 per cent."
            ))
        })?;
        shares.insert(stage.to_owned(), share);
    }
    let slider = |stage: &StageRow| {
        let ranked = report.invest_first.ranking.iter().find(|one| one.stage.id() == stage.id);
        Slider {
            share: shares.get(&stage.id).copied().unwrap_or(100),
            id: stage.id.clone(),
            label: stage.label.clone(),
            today: format::value(&stage.p50),
            guard: ranked.map_or_else(String::new, |one| one.guard.clone()),
        }
    };
    Ok(report.value_stream.stages.iter().map(slider).collect())
}

/// What would change.
struct Answer {
    effect: Effect,
    /// Changes behind it.
    n: u64,
    /// Whether the line is known to its end, and not to the merge alone.
    is_whole: bool,
}

/// Takes from each change its part of the stages that take less time. What is taken is one stage, and
/// what is left another: so it is the what-if of one stage that vanishes.
fn answer(journeys: &[JourneyRow], stages: &[(&StageRow, f64)]) -> Option<Answer> {
    let people = || journeys.iter().filter(|row| row.cohort != Cohort::Bot);
    let is_whole = people().any(|row| row.total_ms.is_some());
    let mut authors: HashMap<&str, u32> = HashMap::new();
    let (mut values, mut by) = (Vec::new(), Vec::new());
    for row in people() {
        let Some((taken, left)) = parts(row, stages, is_whole) else { continue };
        values.extend([Some(taken), Some(left)]);
        let next = authors.len() as u32;
        by.push(*authors.entry(&row.author_pseudonym).or_insert(next));
    }
    let n = by.len();
    let count = (WORK / n.max(1)).clamp(DRAWS.0, DRAWS.1);
    let matrix = StageMatrix::new(2, &values, &by);
    let draws = Draws { count: count as u32, seed: 20_260_301 };
    let effect = tl_map::what_if::what_if(&matrix, 0, Operator::Zero, &draws)?;
    Some(Answer { effect, n: n as u64, is_whole })
}

/// What is taken of a change, and what is left; `None` where a stage is not known.
fn parts(
    row: &JourneyRow,
    stages: &[(&StageRow, f64)],
    is_whole: bool,
) -> Option<(Millis, Millis)> {
    let (mut taken, mut left) = (0, 0);
    for (stage, share) in stages {
        if !is_whole && matches!(stage.id.as_str(), "release-wait" | "deploy") {
            continue;
        }
        let spent = stage_ms(row, &stage.id);
        // On a line that is whole, a stage without a time was skipped.
        let spent = spent.or(row.total_ms.map(|_| Millis::ZERO))?.get();
        let stays = (spent as f64 * share).round() as i64;
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

fn hours(ms: f64) -> f64 {
    ms / Millis::HOUR.get() as f64
}

/// An interval in milliseconds as a change in hours: less is negative.
fn change(saved: Interval, n: u64) -> Figure {
    let less = saved.scaled(-1.0 / Millis::HOUR.get() as f64);
    Figure::with_interval(less.estimate + 0.0, less.low + 0.0, less.high + 0.0, n, Unit::Hours)
}

fn sentence(report: &Report, sliders: &[Slider], answer: Option<&Answer>, line: Line) -> String {
    let Some(answer) = answer else { return sections::unbroken(&report.invest_first.sentence) };
    let changed: Vec<String> = sliders
        .iter()
        .filter(|slider| slider.share != 100)
        .map(|slider| format!("{} at {} %", slider.label, slider.share))
        .collect();
    if changed.is_empty() {
        return sections::unbroken(&report.invest_first.sentence);
    }
    let Effect { before, after, .. } = answer.effect;
    let whole = if answer.is_whole { line.whole() } else { line.to_merge() };
    sections::unbroken(&format!(
        "With {} the median change would take {} from {whole} instead of {}.",
        changed.join(", "),
        whole_words(&format::duration(hours(after.p50))),
        whole_words(&format::duration(hours(before.p50)))
    ))
}

fn headlines(answer: &Answer, line: Line) -> Vec<Headline> {
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
fn says(sliders: &[Slider], answer: Option<&Answer>) -> Vec<String> {
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
    let shortened = sliders.iter().filter(|slider| slider.share < 100);
    says.extend(
        shortened
            .filter(|slider| !slider.guard.is_empty())
            .map(|slider| format!("{}: {}.", slider.label, slider.guard)),
    );
    says.push(
        "It ignores that a shorter queue may fill up again; the simulated line below does not."
            .to_owned(),
    );
    says
}

/// Which wait to shorten, and the simulated line where there is one.
fn more(report: &Report, line: Line, question: &Question) -> Result<Vec<Section>, Problem> {
    let time = sections::time(report, line).map_err(Problem::bug)?;
    let mut found: Vec<Section> = time.into_iter().filter(|one| one.id == "invest-first").collect();
    let collected = report.collected.as_ref();
    let simulated = collected.filter(|found| found.network.is_some()).map(|found| {
        sections::collected::flow_of_work(found).into_iter().filter(|one| one.id == "network")
    });
    found.extend(simulated.into_iter().flatten());
    if collected.is_some_and(|found| found.network.is_none()) && *question != Question::default() {
        found.push(Section {
            id: "network",
            title: "Another reviewer, another runner, another train",
            lead: "The line is simulated for a whole repository: choose one, or all.".to_owned(),
            blocks: Vec::new(),
        });
    }
    found.retain(|section| !section.blocks.is_empty() || !section.lead.is_empty());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::testing::{Site, sample};

    fn stages(report: &Report, share: impl Fn(&str) -> f64) -> Vec<(&StageRow, f64)> {
        report.value_stream.stages.iter().map(|stage| (stage, share(&stage.id))).collect()
    }

    #[test]
    fn nothing_changed_changes_nothing_and_everything_gone_leaves_nothing() {
        let sample = sample();
        let same = answer(&sample.journeys, &stages(&sample.report, |_| 1.0)).unwrap();
        assert_eq!(same.effect.median_saved.estimate, 0.0);
        let none = answer(&sample.journeys, &stages(&sample.report, |_| 0.0)).unwrap();
        assert_eq!(none.effect.after.p50, 0.0);
    }

    #[test]
    fn one_wait_gone_is_what_the_report_says_of_it() {
        let sample = sample();
        let first = &sample.report.invest_first.ranking[0];
        let gone = stages(&sample.report, |id| if id == first.stage.id() { 0.0 } else { 1.0 });
        let found = answer(&sample.journeys, &gone).unwrap();
        let saved = hours(found.effect.median_saved.estimate);
        assert!((saved - first.saves_p50.value.unwrap()).abs() < 1e-6, "{saved} {first:?}");
        assert_eq!(found.n, sample.report.invest_first.n);
    }

    #[test]
    fn the_page_keeps_filters_and_sliders_and_says_what_cannot_be() {
        let site = Site::showing(sample());
        let page = site.page("/what-if?days=30&stage-pickup=50&stage-review=0");
        assert!(page.contains("pickup at 50\u{a0}%"), "{page}");
        assert!(page.contains("name=\"days\" value=\"30\""));
        assert!(
            page.contains("name=\"stage-pickup\" min=\"0\" max=\"100\" step=\"5\" value=\"50\"")
        );
        for wrong in ["-1", "101", "half", "1e9"] {
            let answer = site.get(&format!("/what-if?stage-pickup={wrong}"));
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        let page = Site::empty().page("/what-if?stage-pickup=50");
        assert!(page.contains("No change has a known start and end yet"), "{page}");
    }
}
