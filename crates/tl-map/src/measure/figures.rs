//! From values to [`Figure`]s: the few ways in which every measure summarises.
//!
//! In: values in milliseconds or counts, with their authors. Out: figures with intervals.
//! **Invariant:** no value without observations; intervals resample authors, not changes.

use rustc_hash::FxHashSet;
use tl_core::attribution::Cohort;
use tl_core::time::Millis;

use crate::dataset::Item;
use crate::report::{Figure, Unit, Visibility};
use crate::stats::Interval;
use crate::stats::bootstrap::{Clusters, Draws};
use crate::stats::kaplan_meier::{Observation, survival};
use crate::stats::minimum::MIN_COHORT;
use crate::stats::rates::{Count, wilson};

/// Milliseconds in an hour.
const HOUR: f64 = 3_600_000.0;

/// Values and the author of each.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Milliseconds, lines or files.
    pub values: Vec<i64>,
    /// The author of each value.
    pub authors: Vec<u32>,
    /// What to say where there is no value.
    missing: Option<&'static str>,
}

impl Column {
    /// The items that have a value.
    pub fn of<'a>(
        items: impl IntoIterator<Item = &'a Item>,
        value: impl Fn(&Item) -> Option<i64>,
    ) -> Self {
        let mut column = Self::default();
        for item in items {
            if let Some(value) = value(item) {
                column.values.push(value);
                column.authors.push(item.author);
            }
        }
        column
    }

    /// Numbers that belong to no author, each an observation of its own.
    pub fn alone(values: Vec<i64>) -> Self {
        let authors = (0..values.len() as u32).collect();
        Self { values, authors, missing: None }
    }

    /// A value for each of these authors.
    pub fn by_author(values: Vec<i64>, authors: Vec<u32>) -> Self {
        Self { values, authors, missing: None }
    }

    /// The same column, which says `missing` where it is empty.
    #[must_use]
    pub fn or(mut self, missing: &'static str) -> Self {
        self.missing = Some(missing);
        self
    }

    fn unknown(&self, unit: Unit) -> Figure {
        Figure::unknown(0, unit, self.missing.unwrap_or("no change to measure in the window"))
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Quantiles with author-clustered intervals; `unit` says how values are scaled.
    pub fn quantiles(&self, at: &[f64], unit: Unit, draws: &Draws) -> Vec<Figure> {
        let n = self.len() as u64;
        if n == 0 {
            return at.iter().map(|_| self.unknown(unit)).collect();
        }
        let intervals = Clusters::new(&self.authors).quantiles(&self.values, at, draws);
        intervals.into_iter().map(|interval| figure(interval, n, unit)).collect()
    }

    /// The median with its interval.
    pub fn median(&self, unit: Unit, draws: &Draws) -> Figure {
        self.quantiles(&[0.5], unit, draws).remove(0)
    }

    /// The mean with its interval.
    pub fn mean(&self, unit: Unit, draws: &Draws) -> Figure {
        let n = self.len() as u64;
        let mut means = Clusters::new(&self.authors).means(&[&self.values], draws);
        match means.pop() {
            Some(interval) => figure(interval, n, unit),
            None => self.unknown(unit),
        }
    }
}

/// An interval in milliseconds or plain numbers as a figure.
pub fn figure(interval: Interval, n: u64, unit: Unit) -> Figure {
    let scale = if unit == Unit::Hours { 1.0 / HOUR } else { 1.0 };
    let Interval { estimate, low, high } = interval.scaled(scale);
    Figure::with_interval(estimate, low, high, n, unit)
}

/// Quantiles of durations of which some are still running, by Kaplan-Meier, in hours.
pub fn with_open(ended: &Column, open: &[Millis], at: &[f64]) -> Vec<Figure> {
    let ended = ended.values.iter().map(|value| (Millis::new(*value), true));
    let open = open.iter().map(|value| (*value, false));
    let items: Vec<Observation> =
        ended.chain(open).map(|(length, ended)| Observation { length, ended }).collect();
    let n = items.len() as u64;
    let curve = survival(&items);
    at.iter()
        .map(|p| {
            let quantile = curve.quantile(*p);
            let hours = |span: Option<Millis>| span.map(Millis::hours);
            match quantile.estimate {
                None => Figure::unknown(n, Unit::Hours, "not reached: too many are still waiting"),
                Some(estimate) => Figure {
                    value: Some(estimate.hours()),
                    low: hours(quantile.low),
                    high: hours(quantile.high),
                    n,
                    unit: Unit::Hours,
                    note: None,
                },
            }
        })
        .collect()
}

/// A share with its Wilson interval.
pub fn share(events: u64, trials: u64) -> Figure {
    match wilson(Count { events, trials }) {
        Some(interval) => figure(interval, trials, Unit::Share),
        None => Figure::unknown(trials, Unit::Share, "nothing to count in the window"),
    }
}

/// How many people wrote these items: agents and bots are none.
pub fn people<'a>(items: impl IntoIterator<Item = &'a Item>) -> usize {
    let programs = [Cohort::AgentAuthored, Cohort::Bot];
    authors(items.into_iter().filter(|item| !programs.contains(&item.cohort)))
}

/// How many different authors these items have, of any kind.
pub fn authors<'a>(items: impl IntoIterator<Item = &'a Item>) -> usize {
    items.into_iter().map(|item| item.author).collect::<FxHashSet<u32>>().len()
}

/// Whether a cell of so many people and changes may be shown.
pub fn visibility(people: usize, changes: usize, floor: usize) -> Visibility {
    if people < floor {
        Visibility::Hidden
    } else if changes < MIN_COHORT {
        Visibility::TooFew
    } else {
        Visibility::Shown
    }
}

/// The figure, unless its cell is hidden.
pub fn unless_hidden(
    visibility: Visibility,
    figure: impl FnOnce() -> Figure,
    unit: Unit,
) -> Figure {
    match visibility {
        Visibility::Hidden => hidden(unit),
        Visibility::Shown | Visibility::TooFew => figure(),
    }
}

/// What stands in a cell of too few people.
pub fn hidden(unit: Unit) -> Figure {
    Figure::unknown(0, unit, "hidden: fewer people than the privacy floor")
}
