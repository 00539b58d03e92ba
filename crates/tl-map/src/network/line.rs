//! The delivery line as a network of stations: what [`simulate`](super::simulation::simulate) runs.
//!
//! In: what was observed. Out: a [`Model`], and what a scenario does to it. Start at
//! [`Model::new`]. **Invariant:** no observed wait goes in, but for merges by hand
//! ([`Merge::ByHand`]) and deployments on demand ([`Change::on_demand`]).

use std::cmp::Ordering;

use tl_core::time::{Millis, Timestamp};

use super::calendar::{Group, HOUR, WEEK_HOURS, hour_of_week};
use super::observed::{Change, Merge, Observed, Release};

/// A week in milliseconds.
pub(crate) const WEEK: i64 = WEEK_HOURS * HOUR;

/// A line that can be simulated.
#[derive(Debug, Clone)]
pub(crate) struct Model<'o> {
    pub(crate) changes: &'o [Change],
    /// Which changes arrived in each observed hour, by hour of the week.
    pub(crate) arrivals: Vec<Vec<Vec<u32>>>,
    /// How long the runs of CI took that no change asked for, likewise.
    pub(crate) other_runs: Vec<Vec<Vec<i64>>>,
    /// Who reviews; [`Change::group`] is a row of it.
    pub(crate) groups: Vec<Group>,
    /// Share of open hours that reviewers give to reviews: service takes that much longer.
    pub(crate) share: f64,
    pub(crate) runners: u32,
    pub(crate) merge: &'o Merge,
    release: Release,
    pub(crate) deploys: Vec<i64>,
    from: i64,
    until: i64,
    /// Factor on arrivals.
    pub(crate) growth: f64,
    /// Share of the changes of low risk that need no review.
    pub(crate) unreviewed: f64,
    /// Simulated weeks whose changes count, after a quarter as many to warm up.
    pub(crate) weeks: i64,
}

impl<'o> Model<'o> {
    /// The line as observed, reviewed by `groups` who give a `share`, for about `changes` simulated changes a
    /// run: as many weeks as were observed, unless that would be more, but at least two.
    pub(crate) fn new(
        observed: &'o Observed,
        groups: &[Group],
        share: f64,
        changes: usize,
    ) -> Self {
        let (from, until) = (observed.from.as_millis(), observed.until.as_millis());
        let observed_weeks = ((until - from) / WEEK).max(1);
        let weekly = (observed.changes.len() as i64 / observed_weeks).max(1);
        Self {
            changes: &observed.changes,
            arrivals: by_hour(
                observed,
                (0..).zip(&observed.changes).map(|(row, change)| (change.started, row)),
            ),
            other_runs: by_hour(
                observed,
                observed.other_runs.iter().map(|run| (run.queued, run.service.get())),
            ),
            groups: groups.to_vec(),
            share,
            runners: observed.runners,
            merge: &observed.merge,
            release: observed.release.clone(),
            deploys: observed.deploys.iter().map(|time| time.get()).collect(),
            from,
            until,
            growth: 1.0,
            unreviewed: 0.0,
            weeks: observed_weeks.min(changes as i64 / weekly).max(2),
        }
    }

    /// So many trains, in per cent of those that leave: between two that left others leave evenly,
    /// or fewer do.
    pub(crate) fn scale_trains(&mut self, percent: i64) {
        let percent = percent.max(1);
        match &mut self.release {
            Release::OnDemand => (),
            Release::Every(period) => *period = Millis::new(period.get() * 100 / percent),
            Release::AsObserved(trains) => {
                trains.sort_unstable();
                let last = trains.len().saturating_sub(1) as i64;
                // Places among the observed ones, in hundredths of `percent`.
                let places = (0..).map(|n| n * 100).take_while(|place| *place <= last * percent);
                let scaled = places.filter_map(|place| {
                    let (row, beyond) = ((place / percent) as usize, place % percent);
                    let at = *trains.get(row)?;
                    let gap = trains.get(row + 1).map_or(0, |next| (*next - at).get());
                    Some(at + Millis::new(gap * beyond / percent))
                });
                *trains = scaled.collect();
            }
        }
    }

    /// Whether changes wait for a train.
    pub(crate) fn has_train(&self) -> bool {
        !matches!(self.release, Release::OnDemand)
    }

    /// Whether reviews or CI runs were observed, and so are stations of the line.
    pub(crate) fn has_review(&self) -> bool {
        self.changes.iter().any(|change| !change.rounds.is_empty() && self.is_reviewed(change))
    }

    /// Whether a change has somebody who reviews it.
    pub(crate) fn is_reviewed(&self, change: &Change) -> bool {
        self.groups.get(change.group as usize).is_some_and(|group| group.reviewers > 0)
    }

    /// So many reviewers: each one more goes to the group with most work a reviewer, each one fewer
    /// leaves the one with least; one of each group stays.
    pub(crate) fn staff(&mut self, reviewers: u32) {
        let mut work = vec![0.0; self.groups.len()];
        for change in self.changes {
            if let Some(work) = work.get_mut(change.group as usize) {
                *work += change.rounds.iter().map(|round| round.service.get() as f64).sum::<f64>();
            }
        }
        let rows = || (0..work.len()).filter(|row| work[*row] > 0.0);
        loop {
            let now: u32 = self.groups.iter().map(|group| group.reviewers).sum();
            let busy = |row: &usize| work[*row] / self.groups[*row].hours();
            let by_busy = |one: &usize, other: &usize| busy(one).total_cmp(&busy(other));
            match now.cmp(&reviewers) {
                Ordering::Equal => return,
                Ordering::Less => match rows().max_by(by_busy) {
                    Some(row) => self.groups[row].reviewers += 1,
                    None => return,
                },
                Ordering::Greater => {
                    let can = rows().filter(|row| self.groups[*row].reviewers > 1);
                    match can.min_by(by_busy) {
                        Some(row) => self.groups[row].reviewers -= 1,
                        None => return,
                    }
                }
            }
        }
    }

    pub(crate) fn has_ci(&self) -> bool {
        self.runners > 0 && self.changes.iter().any(|change| !change.runs.is_empty())
    }

    /// Instants of trains in simulated time, rotated by whole weeks so that runs differ.
    pub(crate) fn trains(&self, rotation: u64, end: i64) -> Vec<i64> {
        let origin = self.from.rem_euclid(WEEK);
        let weeks = |cycle: i64| (rotation % (cycle / WEEK).max(1) as u64) as i64 * WEEK;
        match &self.release {
            Release::OnDemand => Vec::new(),
            Release::Every(period) => {
                let period = period.get().max(1);
                let first = (origin + (rotation % 1_000) as i64 * WEEK).rem_euclid(period);
                (0..).map(|n| first + n * period).take_while(|&at| at < end).collect()
            }
            Release::AsObserved(trains) => {
                let cycle = ((self.until - self.from) / WEEK).max(1) * WEEK;
                let within = |at: &i64| self.from <= *at && *at < self.from + cycle;
                let observed = trains.iter().map(|train| train.as_millis()).filter(within);
                let mut phases: Vec<i64> = observed
                    .map(|at| (at - self.from + origin + weeks(cycle)).rem_euclid(cycle))
                    .collect();
                phases.sort_unstable();
                let cycles = (0..=end / cycle).map(|n| n * cycle);
                cycles.flat_map(|start| phases.iter().map(move |phase| start + phase)).collect()
            }
        }
    }
}

/// What happened in each whole hour of the window, by hour of the week.
fn by_hour<T: Clone>(
    observed: &Observed,
    happened: impl Iterator<Item = (Timestamp, T)>,
) -> Vec<Vec<Vec<T>>> {
    let first = (observed.from.as_millis() + HOUR - 1).div_euclid(HOUR);
    let hours = (observed.until.as_millis().div_euclid(HOUR) - first).max(0);
    let mut found = vec![Vec::new(); hours as usize];
    for (at, what) in happened {
        let hour = at.as_millis().div_euclid(HOUR) - first;
        if let Some(hour) = usize::try_from(hour).ok().and_then(|hour| found.get_mut(hour)) {
            hour.push(what);
        }
    }
    let mut by_hour = vec![Vec::new(); WEEK_HOURS as usize];
    for (hour, found) in (first..).zip(found) {
        by_hour[hour_of_week(hour * HOUR)].push(found);
    }
    by_hour
}
