//! The whole line under other circumstances, where its simulation is calibrated.
//!
//! In: the dataset. Out: [`Network`]: the calibration and, if it holds, the scenarios. Start at
//! [`what_if_network`]; `observe` maps journeys to the line that
//! [`network`](crate::network) simulates. **Invariant:** what is refused says why; the work is
//! bounded, whatever the size of the dataset.

mod groups;
mod observe;
mod releases;

use super::figures::figure;
use crate::dataset::Dataset;
use crate::network::asked::Simulator;
use crate::network::calibrate::{Calibration, StationCheck};
use crate::network::observed::{Observed, Release};
use crate::network::scenarios::{Outcome, Scenario};
use crate::network::{Settings, answer};
use crate::report::Unit;
use crate::report::collected::{Network, NetworkScenario, NetworkStation};
use crate::stats::bootstrap::Draws;

/// Simulates the line of the repository with most changes; `None` where no request was collected
/// or the caller did not ask.
pub fn what_if_network(data: &Dataset<'_>) -> Option<Network> {
    if !data.options.collected.network {
        return None;
    }
    let busiest = data.busiest.as_ref()?;
    let line = observe::observe(data, busiest);
    let observed = &line.observed;
    let answer = answer(observed, &settings(data, observed));
    Some(Network {
        repository: data.repositories[busiest.repository].history.name.clone(),
        changes: observed.changes.len() as u64,
        since: observed.from,
        until: observed.until,
        reviewers: u64::from(observed.all_reviewers()),
        runners: u64::from(observed.runners),
        trains: match &observed.release {
            Release::AsObserved(trains) => trains.len() as u64,
            Release::OnDemand | Release::Every(_) => 0,
        },
        left_out: line.left_out,
        effective_reviewers: answer.calibration.fitted.map(|fitted| fitted.effective_reviewers),
        stations: answer.calibration.stations.iter().map(station).collect(),
        refused: refused(&answer.calibration, data.options.teams.is_empty()),
        scenarios: answer.scenarios.into_iter().map(scenario).collect(),
    })
}

/// The line that `found` is about, to be asked what else it might be; `None` where its simulation does
/// not hold. It is not calibrated again: observing the line once more is the work of this.
pub fn simulator(data: &Dataset<'_>, found: &Network) -> Option<Simulator> {
    if found.refused.is_some() {
        return None;
    }
    let observed = observe::observe(data, data.busiest.as_ref()?).observed;
    let settings = settings(data, &observed);
    let reviewers = f64::from(observed.all_reviewers().max(1));
    let share = found.effective_reviewers.map_or(1.0, |effective| effective / reviewers);
    Some(Simulator::new(observed, share, settings))
}

fn settings(data: &Dataset<'_>, observed: &Observed) -> Settings {
    Settings {
        replications: 8,
        seed: data.options.seed,
        changes: changes_of_a_run(observed),
        draws: Draws { count: data.options.draws.min(500), seed: data.options.seed },
    }
}

/// Happenings of one simulated run: so many that a whole answer takes about half a second.
const MOST_STEPS: usize = 20_000;

/// How many changes a run has, by how much happens to each.
fn changes_of_a_run(observed: &Observed) -> usize {
    let own =
        observed.changes.iter().map(|change| 4 + 2 * (change.rounds.len() + change.runs.len()));
    let steps = own.sum::<usize>() + 2 * observed.other_runs.len();
    MOST_STEPS * observed.changes.len() / steps.max(1)
}

/// Why nothing is answered, in one sentence; and what may mend it, where no team is configured.
fn refused(calibration: &Calibration, no_teams: bool) -> Option<String> {
    let failed: Vec<&str> = calibration
        .stations
        .iter()
        .filter(|station| !station.holds)
        .map(|station| station.name.as_str())
        .collect();
    match (calibration.holds, failed.is_empty()) {
        (true, _) => None,
        (false, true) => Some(format!("not simulated: {}", calibration.why.join("; "))),
        (false, false) => {
            let mend = match no_teams && failed.contains(&"review") {
                true => {
                    "; where teams review at hours of their own, [map.teams] in the configuration says who they are"
                }
                false => "",
            };
            let failed = failed.join(", ");
            Some(format!(
                "not answered, because the simulated line does not wait as the real one did at: {failed}{mend}"
            ))
        }
    }
}

fn hours(ms: f64) -> f64 {
    ms / 3_600_000.0
}

fn station(check: &StationCheck) -> NetworkStation {
    let n = check.n as u64;
    NetworkStation {
        station: check.name.clone(),
        observed_p50: figure(check.observed_p50, n, Unit::Hours),
        observed_p90: figure(check.observed_p90, n, Unit::Hours),
        simulated_p50: hours(check.simulated_p50),
        simulated_p90: hours(check.simulated_p90),
        ks: check.ks,
        load: check.load,
        holds: check.holds,
        why: check.why.clone(),
    }
}

fn scenario((scenario, outcome): (Scenario, Outcome)) -> NetworkScenario {
    let n = outcome.changes as u64;
    NetworkScenario {
        scenario,
        label: scenario.label().to_owned(),
        median_before: hours(outcome.median_before),
        p90_before: hours(outcome.p90_before),
        median_change: figure(outcome.median_change, n, Unit::Hours),
        p90_change: figure(outcome.p90_change, n, Unit::Hours),
        mean_change: figure(outcome.mean_change, n, Unit::Hours),
        loads: outcome.stations,
        unstable: outcome.unstable,
        unfinished: outcome.unfinished,
    }
}
