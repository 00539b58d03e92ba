//! APEX: AI leverage, predictability, flow efficiency, developer experience.
//!
//! In: the dataset. Out: [`Apex`], a north star for each pillar with its formula. Start at
//! [`apex`]. **Invariant:** developer experience is what people answered, never what their work
//! is thought to show.

use std::collections::BTreeMap;

use super::MeasureDoc;
use super::change_failure::failed_share;
use super::deployments::{has_failed, is_followed};
use super::figures::{figure, hidden, share};
use super::review_wait::to_release;
use crate::dataset::{Dataset, Narrowed};
use crate::failure::Grade;
use crate::journey::End;
use crate::options::Only;
use crate::report::collected::{AiUseTable, Apex, Pillar, SurveyRow};
use crate::report::{Figure, Unit};
use crate::stats::bootstrap::Clusters;
use predictability::{Iteration, Tally, iterations};

mod predictability;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "apex",
    title: "APEX",
    what: "four pillars with one north star each: AI leverage, predictability, flow efficiency, \
           developer experience",
    formula: "A = changes with evidence of AI use / changes; P = planning accuracy = completed planned \
              / planned, beside it capacity accuracy = (completed planned + completed unplanned) / \
              planned, summed over the iterations that ended in the window; E = 75th percentile of \
              first commit to production, with change failure as counterweight; X = mean survey \
              answer, from 0 for the lowest possible to 1 for the highest",
    unit: "shares; hours; ratio",
    edge_cases: &[
        "planned is what is in an iteration an hour after its start and was not done before it; \
         unplanned is what came later and stayed, or was done; done counts up to the end of the \
         iteration while the ticket is in it",
        "points where every ticket of these iterations has them, else tickets",
        "an iteration that was never closed ends when it was planned to end; one without a known start, \
         such as most milestones, is left out",
        "planning accuracy below 70 % is called over-committed, above 95 % under-committed",
        "bands of E are LinearB's of 2026: below 25 h elite, up to 72 h good, up to 161 h fair; the \
         bands count business as usual of others and are no target",
        "X comes from imported surveys alone; a question with fewer answers than the privacy floor \
         is hidden and in no mean",
        "intervals of P resample iterations, those of X answers: a survey that asks a person twice \
         makes them too narrow",
    ],
    source: "LinearB, APEX framework (April 2026), project delivery trackers and glossary of its \
             help pages; DORA change fail rate as the counterweight",
};

/// Most iterations that are listed.
const ITERATIONS: usize = 20;

/// Computes the four pillars of the window.
pub fn apex(data: &Dataset<'_>, ai_use: Option<&AiUseTable>) -> Apex {
    let ended = iterations(data);
    let (experience, survey) = survey(data);
    Apex {
        pillars: vec![leverage(ai_use), predictability(data, &ended), efficiency(data), experience],
        iterations: ended.iter().take(ITERATIONS).map(Iteration::row).collect(),
        survey,
    }
}

fn pillar(letter: &str, name: &str, north_star: &str, formula: &str, figure: Figure) -> Pillar {
    Pillar {
        letter: letter.to_owned(),
        name: name.to_owned(),
        north_star: north_star.to_owned(),
        formula: formula.to_owned(),
        figure,
        beside: Vec::new(),
        says: String::new(),
    }
}

fn leverage(ai_use: Option<&AiUseTable>) -> Pillar {
    let none = || Figure::unknown(0, Unit::Share, "no change was merged in the window");
    let beside = ai_use.into_iter().flat_map(|table| {
        let each = table.by_level.iter();
        each.map(|row| (format!("{}: {}", row.level, row.label), share(row.changes, table.changes)))
    });
    Pillar {
        beside: beside.collect(),
        ..pillar(
            "A",
            "AI leverage",
            "AI-assisted changes",
            "changes with evidence of AI use (E1 to E4) / changes",
            ai_use.map_or_else(none, |table| table.leverage.clone()),
        )
    }
}

fn predictability(data: &Dataset<'_>, ended: &[Iteration<'_>]) -> Pillar {
    let in_points = ended.iter().all(|one| one.has_points);
    let tallies: Vec<Tally> =
        ended.iter().map(|one| if in_points { one.points } else { one.tickets }).collect();
    let ratio = |unit, done: fn(&Tally) -> f64| {
        // Thousandths: points come in halves.
        let column = |of: &dyn Fn(&Tally) -> f64| -> Vec<i64> {
            tallies.iter().map(|tally| (of(tally) * 1000.0).round() as i64).collect()
        };
        let (done, planned) = (column(&done), column(&|tally| tally.planned));
        let each: Vec<u32> = (0..tallies.len() as u32).collect();
        let found = Clusters::new(&each).ratio(&done, &planned, &data.options.bootstrap());
        match found {
            Some(interval) => figure(interval, tallies.len() as u64, unit),
            None if data.is_narrowed() => {
                Figure::unknown(0, unit, "iterations are planned for the whole, not for a part")
            }
            None if data.collected.delivery.iterations.is_empty() => {
                Figure::unknown(0, unit, "no iterations were collected")
            }
            None => Figure::unknown(0, unit, "nothing was planned for an iteration of the window"),
        }
    };
    let planning = ratio(Unit::Share, |tally| tally.planned_done);
    let capacity = ratio(Unit::Ratio, |tally| tally.planned_done + tally.unplanned_done);
    let unit = if in_points { "points" } else { "tickets" };
    let says = planning.value.map(|value| {
        let means = commitment(value);
        format!("{:.0} % of the {unit} that were planned were done: {means}.", value * 100.0)
    });
    Pillar {
        beside: vec![("capacity accuracy".to_owned(), capacity)],
        says: says.unwrap_or_default(),
        ..pillar(
            "P",
            "predictability",
            "planning accuracy",
            "completed planned / planned; capacity accuracy: (completed planned + completed \
             unplanned) / planned",
            planning,
        )
    }
}

/// What a planning accuracy means, in LinearB's words.
fn commitment(planning: f64) -> &'static str {
    match planning {
        low if low < 0.70 => "over-committed (below 70 %)",
        high if high > 0.95 => "under-committed (above 95 %)",
        _ => "neither over- nor under-committed (70 to 95 %)",
    }
}

fn efficiency(data: &Dataset<'_>) -> Pillar {
    let draws = data.options.bootstrap();
    let cycle = to_release(data, data.in_window());
    let mut quantiles = cycle.quantiles(&[0.5, 0.75], Unit::Hours, &draws);
    let p75 = quantiles.pop().unwrap_or_else(|| Figure::unknown(0, Unit::Hours, "no change"));
    let end = match data.line.end {
        End::Deployed => "production",
        End::Released => "the first release, which stands for production",
    };
    let says = p75.value.map(|hours| {
        format!("Three of four changes took {hours:.0} h or less to {end}: {}.", band(hours))
    });
    let mut beside: Vec<(String, Figure)> =
        quantiles.pop().map(|median| ("median".to_owned(), median)).into_iter().collect();
    beside.push(counterweight(data));
    Pillar {
        beside,
        says: says.unwrap_or_default(),
        ..pillar(
            "E",
            "flow efficiency",
            "cycle time, with change failure as its counterweight",
            "75th percentile of first commit to production",
            p75,
        )
    }
}

/// The band of a cycle time, as its 75th percentile.
fn band(hours: f64) -> &'static str {
    match hours {
        hours if hours < 25.0 => "elite in LinearB's bands of 2026 (below 25 h)",
        hours if hours < 73.0 => "good in LinearB's bands of 2026 (25 to 72 h)",
        hours if hours <= 161.0 => "fair in LinearB's bands of 2026 (73 to 161 h)",
        _ => "beyond LinearB's bands of 2026 (more than 161 h)",
    }
}

/// The share of deployments that failed, or of changes where no deployment is recorded.
fn counterweight(data: &Dataset<'_>) -> (String, Figure) {
    if data.deployments.list.is_empty() {
        return ("changes that failed".to_owned(), failed_share(data, data.in_window()));
    }
    let followed = data.deployments.list.iter().filter(|one| {
        one.is_success() && one.finished >= data.window.since && is_followed(data, one)
    });
    let (mut all, mut failed) = (0, 0);
    for one in followed {
        all += 1;
        failed += u64::from(has_failed(data, one, Grade::C));
    }
    let days = data.options.failure_window_days;
    let why = || format!("no deployment has {days} days of follow-up yet");
    let figure = match all {
        0 => Figure::unknown(0, Unit::Share, why()),
        all => share(failed, all),
    };
    ("deployments that failed".to_owned(), figure)
}

/// Whether the answers of a team belong to what is shown: those of the teams asked for, where nothing
/// but teams was chosen.
fn is_asked(data: &Dataset<'_>, team: &str) -> bool {
    match data.narrowed {
        Narrowed::Whole => true,
        Narrowed::ToRepositories | Narrowed::Hidden => false,
        Narrowed::ToChanges => {
            let Only { repositories, services, teams, cohort } = &data.options.only;
            repositories.is_empty()
                && services.is_empty()
                && cohort.is_none()
                && teams.iter().any(|one| one == team)
        }
    }
}

/// Answers in millionths of their scale, by question.
fn survey(data: &Dataset<'_>) -> (Pillar, Vec<SurveyRow>) {
    let mut questions: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for answer in &data.collected.delivery.answers {
        let scale = answer.what.max - answer.what.min;
        let inside = answer.at >= data.window.since && answer.at <= data.window.until;
        let part = (answer.what.score - answer.what.min) / scale;
        if inside && is_asked(data, &answer.what.team) && scale > 0.0 && (0.0..=1.0).contains(&part)
        {
            let millionths = (part * 1e6).round() as i64;
            questions.entry(&answer.what.question).or_default().push(millionths);
        }
    }
    let mut shown = Vec::new();
    let mut rows = Vec::new();
    for (question, answers) in questions {
        let n = answers.len();
        let is_shown = n >= data.options.privacy_floor;
        let mean = if is_shown { mean(data, &answers) } else { hidden(Unit::Share) };
        rows.push(SurveyRow { question: question.to_owned(), answers: n as u64, mean });
        if is_shown {
            shown.extend(answers);
        }
    }
    let figure = if rows.is_empty() && data.is_narrowed() {
        Figure::unknown(0, Unit::Share, "surveys are answered for the whole, or for teams")
    } else if rows.is_empty() {
        Figure::unknown(0, Unit::Share, "no answers in the window: import a survey")
    } else if shown.is_empty() {
        hidden(Unit::Share)
    } else {
        mean(data, &shown)
    };
    let formula = "mean of (answer - lowest possible) / (highest - lowest), survey answers only";
    let pillar =
        pillar("X", "developer experience", "developer satisfaction, by survey", formula, figure);
    (pillar, rows)
}

fn mean(data: &Dataset<'_>, millionths: &[i64]) -> Figure {
    let each: Vec<u32> = (0..millionths.len() as u32).collect();
    let means = Clusters::new(&each).means(&[millionths], &data.options.bootstrap());
    match means.first() {
        Some(mean) => figure(mean.scaled(1e-6), millionths.len() as u64, Unit::Share),
        None => Figure::unknown(0, Unit::Share, "no answers"),
    }
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::{Answer, Delivery};
    use tl_core::fact::SurveyAnswer;
    use tl_core::time::Timestamp;

    use super::*;
    use crate::options::Options;

    fn asked(question: &str, score: f64) -> Answer {
        let what = SurveyAnswer {
            question: question.to_owned(),
            score,
            min: 1.0,
            max: 5.0,
            team: String::new(),
        };
        Answer { key: format!("{question}{score}"), at: Timestamp::from_seconds(10), what }
    }

    #[test]
    fn a_question_with_fewer_than_five_answers_is_hidden_and_in_no_mean() {
        let mut answers: Vec<Answer> =
            [1.0, 2.0, 3.0, 4.0, 5.0].iter().map(|score| asked("Focus", *score)).collect();
        answers.extend([5.0, 4.0].iter().map(|score| asked("Tools", *score)));
        // Out of its scale: an error of the import, not an answer.
        answers.push(asked("Focus", 50.0));
        let delivery = Delivery { answers, ..Delivery::default() };
        let now = Timestamp::from_seconds(100);
        let options = Options { draws: 50, until: Some(now), ..Options::at(now) };
        let (pillar, rows) = survey(&Dataset::with_delivery(&[], &delivery, &options));
        let told: Vec<(&str, u64, Option<f64>)> =
            rows.iter().map(|row| (row.question.as_str(), row.answers, row.mean.value)).collect();
        assert_eq!(told, [("Focus", 5, Some(0.5)), ("Tools", 2, None)]);
        assert_eq!((pillar.figure.value, pillar.figure.n), (Some(0.5), 5));
    }

    #[test]
    fn without_a_survey_experience_is_not_guessed() {
        let delivery = Delivery::default();
        let options = Options::at(Timestamp::from_seconds(100));
        let (pillar, rows) = survey(&Dataset::with_delivery(&[], &delivery, &options));
        assert_eq!((pillar.figure.value, rows.len()), (None, 0));
        assert!(pillar.figure.note.is_some_and(|why| why.contains("import a survey")));
    }

    #[test]
    fn bands_and_commitments_have_no_gaps() {
        assert!(band(24.9).starts_with("elite") && band(25.0).starts_with("good"));
        assert!(band(72.5).starts_with("good") && band(73.0).starts_with("fair"));
        assert!(band(161.0).starts_with("fair") && band(161.1).starts_with("beyond"));
        assert!(commitment(0.69).starts_with("over"), "more was promised than was done");
        assert!(commitment(0.7).starts_with("neither") && commitment(0.95).starts_with("neither"));
        assert!(commitment(0.951).starts_with("under"));
    }
}
