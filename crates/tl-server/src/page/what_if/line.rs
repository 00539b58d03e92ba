//! What the line would be with other reviewers, runners, trains and arrivals, by its simulation.
//!
//! In: the simulator of a snapshot, and [`Asked`] from the address. Out: an [`Outcome`]. Start at [`asked`].
//! **Invariants:** a line whose simulation does not hold is asked nothing; what an address asks is within
//! bounds.

use axum::http::Uri;
use serde::Serialize;
use tl_map::format;
use tl_map::network::asked::{Asked, Knob, Simulator};
use tl_map::network::scenarios::Outcome;
use tl_map::report::{Figure, Unit};
use tl_map::stats::Interval;
use tl_map::words::capitalized;

use super::Slider;
use super::stages::hours;
use crate::page::Problem;
use crate::page::sheet::Own;
use crate::report::sections::{Headline, unbroken};

/// What an address asks of the line; what it does not name stays as it is.
pub(crate) fn asked(uri: &Uri) -> Result<Asked, Problem> {
    let own = Own::read(uri, &Knob::ALL.map(Knob::id))?;
    let mut asked = Asked::TODAY;
    for knob in Knob::ALL {
        let value = own.get(knob.id());
        if value.is_empty() {
            continue;
        }
        let other = value.parse().ok().and_then(|value| asked.with(knob, value));
        asked = other.ok_or_else(|| {
            let (least, most) = knob.bounds().into_inner();
            let value: String = value.chars().take(80).collect();
            let what = format!("{} is a whole number from {least} to {most}", knob.label());
            Problem::wrong(format!("`{}` in the address is `{value}`: {what}.", knob.id()))
        })?;
    }
    Ok(asked)
}

/// What is asked, as it stands in an address: only what differs from today.
pub(super) fn pairs(asked: &Asked) -> Vec<(String, String)> {
    let is_turned = |knob: &Knob| asked.get(*knob) != Asked::TODAY.get(*knob);
    let pair = |knob: Knob| (knob.id().to_owned(), asked.get(knob).to_string());
    Knob::ALL.into_iter().filter(is_turned).map(pair).collect()
}

/// A slider for each thing that the line has.
pub(super) fn sliders(simulator: &Simulator, asked: &Asked) -> Vec<Slider> {
    let knobs = Knob::ALL.into_iter().filter(|knob| simulator.has(*knob));
    let slider = |knob: Knob| {
        let (least, most) = knob.bounds().into_inner();
        Slider {
            name: knob.id().to_owned(),
            label: capitalized(knob.label()),
            small: today(simulator, knob),
            least: match knob {
                // One of each group stays.
                Knob::Reviewers => {
                    let fewest = Asked { reviewers: least, ..Asked::TODAY };
                    i64::from(simulator.reviewers_then(&fewest)) - i64::from(simulator.reviewers())
                }
                _ => least.into(),
            },
            most: most.into(),
            step: match knob {
                Knob::Reviewers => 1,
                Knob::Runners | Knob::Trains => 25,
                Knob::Arrivals | Knob::Unreviewed => 10,
            },
            value: asked.get(knob).into(),
            unit: match knob {
                Knob::Reviewers => "",
                _ => "%",
            },
        }
    };
    knobs.map(slider).collect()
}

/// How it is today.
fn today(simulator: &Simulator, knob: Knob) -> String {
    match knob {
        Knob::Reviewers => format!("{} people today", format::count(simulator.reviewers().into())),
        Knob::Runners => format!("{} at once today", format::count(simulator.runners().into())),
        Knob::Trains => simulator
            .trains_a_week()
            .map_or_else(String::new, |trains| format!("{} a week today", format::number(trains))),
        Knob::Arrivals => {
            format!("{} a week today", format::number(simulator.changes_a_week()))
        }
        Knob::Unreviewed => simulator.low_risk().map_or_else(String::new, |share| {
            let share = format::share(share);
            unbroken(&format!("{share} have at most 50 lines in at most 3 files"))
        }),
    }
}

/// What is asked, each in words.
fn changed(simulator: &Simulator, asked: &Asked) -> Vec<String> {
    let is_turned =
        |knob: &Knob| simulator.has(*knob) && asked.get(*knob) != Asked::TODAY.get(*knob);
    let words = |knob: Knob| {
        let value = asked.get(knob);
        match knob {
            Knob::Reviewers => {
                let (today, then) = (simulator.reviewers(), simulator.reviewers_then(asked));
                format!("{then} reviewers instead of {today}")
            }
            Knob::Runners => {
                let (today, then) = (simulator.runners(), asked.runners_of(simulator.runners()));
                format!("{then} CI runners instead of {today}")
            }
            Knob::Trains => {
                format!(
                    "release trains {} times as often",
                    format::number(f64::from(value) / 100.0)
                )
            }
            Knob::Arrivals => format!("{value} % of today’s changes"),
            Knob::Unreviewed => format!("{value} % of low-risk changes without review"),
        }
    };
    Knob::ALL.into_iter().filter(is_turned).map(words).collect()
}

/// What would be, in a sentence; `None` where nothing is changed.
pub(super) fn sentence(
    simulator: &Simulator,
    asked: &Asked,
    outcome: Option<&Outcome>,
) -> Option<String> {
    let changed = changed(simulator, asked);
    if changed.is_empty() {
        return None;
    }
    let changed = changed.join(", ");
    let Some(outcome) = outcome else {
        return Some(format!("With {changed} no simulated change would get through."));
    };
    let before = hours(outcome.median_before);
    let change = hours(outcome.median_change.estimate);
    let words = |hours: f64| format::duration(hours.max(0.0)).replace(' ', "\u{a0}");
    Some(unbroken(&format!(
        "Simulated with {changed}, the median change would take {} from start of work to production \
         instead of {}.",
        words(before + change),
        words(before)
    )))
}

/// An outcome in hours.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Median of the line as it is, simulated.
    pub(crate) median_before: f64,
    /// 90th percentile of the line as it is, simulated.
    pub(crate) p90_before: f64,
    /// Change of the median; negative is faster.
    pub(crate) median_change: Figure,
    /// Change of the 90th percentile.
    pub(crate) p90_change: Figure,
    /// Change of the mean.
    pub(crate) mean_change: Figure,
}

impl Figures {
    /// Those of an outcome.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let change = |change: Interval| {
            let Interval { estimate, low, high } = change.scaled(hours(1.0));
            Figure::with_interval(estimate, low, high, outcome.changes as u64, Unit::Hours)
        };
        Self {
            median_before: hours(outcome.median_before),
            p90_before: hours(outcome.p90_before),
            median_change: change(outcome.median_change),
            p90_change: change(outcome.p90_change),
            mean_change: change(outcome.mean_change),
        }
    }
}

pub(super) fn headlines(outcome: &Outcome) -> Vec<Headline> {
    let figures = Figures::of(outcome);
    let headline = |label: &str, before: Option<f64>, change: &Figure| {
        let estimate = change.value.unwrap_or_default();
        let interval = format::interval(change).unwrap_or_default();
        let signed = format::signed_duration(estimate);
        let label = label.to_owned();
        match before {
            Some(before) => Headline {
                label,
                value: format::duration((before + estimate).max(0.0)),
                small: format!("today {}; change {signed} ({interval})", format::duration(before)),
            },
            None => Headline {
                label,
                value: signed,
                small: format!("{interval}, n {}", format::count(change.n)),
            },
        }
    };
    vec![
        headline("work to production, median", Some(figures.median_before), &figures.median_change),
        headline("90th percentile", Some(figures.p90_before), &figures.p90_change),
        headline("change of the mean", None, &figures.mean_change),
    ]
}

/// How busy the stations are then, and what must be known to believe the answer.
pub(super) fn says(outcome: &Outcome) -> Vec<String> {
    let mut says: Vec<String> = outcome
        .stations
        .iter()
        .map(|load| {
            let (before, after) = (format::share(load.before), format::share(load.after));
            let name = if load.name == "ci" { "CI" } else { &load.name };
            match before == after {
                true => format!("{name} has {before} of the work that it can do, as today."),
                false => format!("{name} has {after} of the work that it can do; today {before}."),
            }
        })
        .map(|words| unbroken(&capitalized(&words)))
        .collect();
    if let Some(unstable) = &outcome.unstable {
        says.push(format!("{}.", capitalized(unstable)));
    }
    if outcome.unfinished > 0.005 {
        says.push(unbroken(&format!(
            "{} of the changes do not get through in twice the simulated time.",
            format::share(outcome.unfinished)
        )));
    }
    says
}
