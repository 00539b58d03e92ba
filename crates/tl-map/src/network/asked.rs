//! Any other line, asked of one whose simulation holds: other reviewers, runners, trains, arrivals.
//!
//! In: [`Asked`]. Out: an [`Outcome`]. Start at [`Simulator::ask`]. The scenarios of the report are five
//! of the lines that can be asked. **Invariants:** what is asked is within [`Knob::bounds`], so the work
//! of an answer is bounded: as many runs as the settings have replications, and once as many of the line as
//! it is; the same question has the same answer, and the line as it is differs from itself by exactly
//! nothing.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use tl_core::time::Millis;

use super::Settings;
use super::calendar::Group;
use super::line::Model;
use super::observed::{Observed, Release};
use super::scenarios::{Outcome, Replication, outcome, replications, stations};

/// Something of a line that can be another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Knob {
    /// Reviewers more or fewer, who give as much time to reviews as the others, at the same hours.
    Reviewers,
    /// CI runs that can go on at once, in per cent of today's.
    Runners,
    /// How often trains leave, in per cent of today.
    Trains,
    /// Changes that come, of the same kinds and at the same hours, in per cent of today's.
    Arrivals,
    /// Share of the changes of low risk that need no review, in per cent.
    Unreviewed,
}

/// What a line might be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asked {
    /// See [`Knob::Reviewers`].
    pub reviewers: i32,
    /// See [`Knob::Runners`].
    pub runners: i32,
    /// See [`Knob::Trains`].
    pub trains: i32,
    /// See [`Knob::Arrivals`].
    pub arrivals: i32,
    /// See [`Knob::Unreviewed`].
    pub unreviewed: i32,
}

impl Knob {
    /// All of them, in the order of the line.
    pub const ALL: [Self; 5] =
        [Self::Arrivals, Self::Reviewers, Self::Unreviewed, Self::Runners, Self::Trains];

    /// Name in addresses.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Reviewers => "reviewers",
            Self::Runners => "runners",
            Self::Trains => "trains",
            Self::Arrivals => "arrivals",
            Self::Unreviewed => "unreviewed",
        }
    }

    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reviewers => "reviewers",
            Self::Runners => "CI runners",
            Self::Trains => "release trains",
            Self::Arrivals => "changes that come",
            Self::Unreviewed => "low-risk changes without review",
        }
    }

    /// The least and the most that can be asked.
    pub const fn bounds(self) -> RangeInclusive<i32> {
        match self {
            Self::Reviewers => -5..=10,
            Self::Runners | Self::Trains => 25..=400,
            Self::Arrivals => 50..=200,
            Self::Unreviewed => 0..=100,
        }
    }

    /// Whether the line has what this changes.
    pub(crate) fn turns(self, line: &Model<'_>) -> bool {
        let is_low = || line.changes.iter().any(|change| change.low_risk == Some(true));
        match self {
            Self::Reviewers => line.has_review(),
            Self::Runners => line.has_ci(),
            Self::Trains => line.has_train(),
            Self::Arrivals => true,
            Self::Unreviewed => line.has_review() && is_low(),
        }
    }
}

impl Asked {
    /// The line as it is.
    pub const TODAY: Self =
        Self { reviewers: 0, runners: 100, trains: 100, arrivals: 100, unreviewed: 0 };

    /// What it says of one thing.
    pub const fn get(&self, knob: Knob) -> i32 {
        match knob {
            Knob::Reviewers => self.reviewers,
            Knob::Runners => self.runners,
            Knob::Trains => self.trains,
            Knob::Arrivals => self.arrivals,
            Knob::Unreviewed => self.unreviewed,
        }
    }

    /// The same with another value of one thing; `None` where that is out of bounds.
    pub fn with(mut self, knob: Knob, value: i32) -> Option<Self> {
        let place = match knob {
            Knob::Reviewers => &mut self.reviewers,
            Knob::Runners => &mut self.runners,
            Knob::Trains => &mut self.trains,
            Knob::Arrivals => &mut self.arrivals,
            Knob::Unreviewed => &mut self.unreviewed,
        };
        *place = value;
        knob.bounds().contains(&value).then_some(self)
    }

    /// Runners then, of so many today; one stays.
    pub fn runners_of(&self, today: u32) -> u32 {
        let runners = (i64::from(today) * i64::from(self.runners) + 50) / 100;
        u32::try_from(runners).unwrap_or(u32::MAX).max(today.min(1))
    }

    /// The line that is asked about.
    pub(crate) fn of<'o>(&self, line: &Model<'o>) -> Model<'o> {
        let mut other = line.clone();
        let reviewers: u32 = line.groups.iter().map(|group| group.reviewers).sum();
        other.staff(reviewers.saturating_add_signed(self.reviewers));
        other.runners = self.runners_of(line.runners);
        if self.trains != Self::TODAY.trains {
            other.scale_trains(self.trains.into());
        }
        other.growth = f64::from(self.arrivals) / 100.0;
        other.unreviewed = f64::from(self.unreviewed) / 100.0;
        other
    }
}

/// A line whose simulation holds, to be asked.
#[derive(Debug, Clone)]
pub struct Simulator {
    observed: Observed,
    groups: Vec<Group>,
    /// Share of their time that reviewers give to reviews.
    share: f64,
    settings: Settings,
    /// The line as it is.
    before: OnceLock<Vec<Option<Replication>>>,
}

impl Simulator {
    /// The line that was calibrated with this share of review time.
    pub fn new(observed: Observed, share: f64, settings: Settings) -> Self {
        let groups = Group::learned(&observed);
        Self { observed, groups, share, settings, before: OnceLock::new() }
    }

    fn line(&self) -> Model<'_> {
        Model::new(&self.observed, &self.groups, self.share, self.settings.changes)
    }

    /// Whether the line has what a knob changes.
    pub fn has(&self, knob: Knob) -> bool {
        knob.turns(&self.line())
    }

    /// People who reviewed.
    pub fn reviewers(&self) -> u32 {
        self.observed.all_reviewers()
    }

    /// Reviewers of the line that is asked about: one of each group stays.
    pub fn reviewers_then(&self, asked: &Asked) -> u32 {
        let groups = self.observed.reviewers.iter().filter(|one| **one > 0).count();
        self.reviewers().saturating_add_signed(asked.reviewers).max(groups as u32)
    }

    /// CI runs that went on at once.
    pub const fn runners(&self) -> u32 {
        self.observed.runners
    }

    fn weeks(&self) -> f64 {
        let span = (self.observed.until - self.observed.from).get().max(1) as f64;
        span / Millis::WEEK.get() as f64
    }

    /// Changes that came in a week, on average.
    pub fn changes_a_week(&self) -> f64 {
        self.observed.changes.len() as f64 / self.weeks()
    }

    /// Trains that leave in a week; `None` where each change leaves by itself.
    pub fn trains_a_week(&self) -> Option<f64> {
        match &self.observed.release {
            Release::OnDemand => None,
            Release::Every(period) => Some(Millis::WEEK.get() as f64 / period.get().max(1) as f64),
            Release::AsObserved(trains) => Some(trains.len() as f64 / self.weeks()),
        }
    }

    /// Share of the changes, of those whose size is known, that are of low risk.
    pub fn low_risk(&self) -> Option<f64> {
        let known: Vec<bool> =
            self.observed.changes.iter().filter_map(|change| change.low_risk).collect();
        let low = known.iter().filter(|is_low| **is_low).count();
        (!known.is_empty()).then(|| low as f64 / known.len() as f64)
    }

    /// Simulated runs of each line.
    pub const fn replications(&self) -> u32 {
        self.settings.replications
    }

    /// The line as it might be, against the line as it is; `None` where nothing gets through.
    ///
    /// As much work as one scenario of the report: below a tenth of a second, twice that the first time.
    pub fn ask(&self, asked: &Asked) -> Option<Outcome> {
        let line = self.line();
        let before = self.before.get_or_init(|| replications(&line, &self.settings));
        let after = replications(&asked.of(&line), &self.settings);
        outcome(before, &after, &stations(&line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::scenarios::{Scenario, scenarios};
    use crate::network::tests::{QUICK, line};

    const SMALL: Settings = Settings { replications: 2, changes: 1_000, ..QUICK };

    /// Reviewers of the line give half of their time.
    fn simulator() -> Simulator {
        Simulator::new(line(), 0.5, SMALL)
    }

    fn with(knob: Knob, value: i32) -> Asked {
        Asked::TODAY.with(knob, value).unwrap()
    }

    #[test]
    fn what_a_scenario_says_is_what_is_said_to_who_asks_the_same() {
        let simulator = simulator();
        let said = scenarios(&simulator.observed, &simulator.groups, 0.5, &SMALL);
        assert_eq!(said.len(), Scenario::ALL.len());
        for (scenario, outcome) in &said {
            assert_eq!(simulator.ask(&scenario.asked()).as_ref(), Some(outcome), "{scenario:?}");
        }
    }

    #[test]
    fn nothing_asked_changes_nothing_at_all() {
        let outcome = simulator().ask(&Asked::TODAY).unwrap();
        for change in [outcome.median_change, outcome.p90_change, outcome.mean_change] {
            assert_eq!((change.low, change.estimate, change.high), (0.0, 0.0, 0.0));
        }
    }

    #[test]
    fn each_knob_moves_the_line_the_way_it_is_turned() {
        let simulator = simulator();
        let mean = |knob, value| simulator.ask(&with(knob, value)).unwrap().mean_change.estimate;
        assert!(mean(Knob::Reviewers, 2) < mean(Knob::Reviewers, 1));
        assert!(mean(Knob::Reviewers, -1) > 0.0);
        assert!(mean(Knob::Runners, 25) >= 0.0, "one runner stays");
        assert!(mean(Knob::Trains, 50) > 0.0 && mean(Knob::Trains, 150) < 0.0);
        assert!(mean(Knob::Arrivals, 120) > 0.0 && mean(Knob::Arrivals, 50) < 0.0);
        let (half, all) = (mean(Knob::Unreviewed, 50), mean(Knob::Unreviewed, 100));
        assert!(all < half && half < 0.0, "{half} {all}");
    }

    #[test]
    fn half_the_arrivals_are_half_the_changes() {
        let simulator = simulator();
        let all = simulator.ask(&Asked::TODAY).unwrap().changes as f64;
        let half = simulator.ask(&with(Knob::Arrivals, 50)).unwrap().changes as f64;
        assert!((half / all - 0.5).abs() < 0.03, "{half} of {all}");
    }

    #[test]
    fn what_is_out_of_bounds_cannot_be_asked() {
        for (knob, value) in [(Knob::Reviewers, 11), (Knob::Trains, 0), (Knob::Arrivals, 201)] {
            assert_eq!(Asked::TODAY.with(knob, value), None, "{knob:?}");
        }
        assert_eq!(simulator().reviewers_then(&with(Knob::Reviewers, -5)), 1);
        assert_eq!(with(Knob::Runners, 25).runners_of(1), 1);
        assert_eq!(with(Knob::Runners, 150).runners_of(5), 8);
    }
}
