//! Does the simulated line wait as the observed one did? Only then may it be asked what if.
//!
//! In: [`Observed`]. Out: [`Calibration`], station by station, each with the reason. Start at
//! `calibrate`. How much of their time reviewers give to reviews is logged nowhere: that one
//! number is fitted on changes that started in the first half of the window, and every check is
//! made on those of the second half.
//! **Definition:** a station holds when the simulated p50 and p90 of its waits lie within the
//! author-bootstrapped 95 % intervals of the observed ones, or the Kolmogorov-Smirnov distance
//! of the two is at most 0.15 (`docs/measures.md`); and when, before servers, waits grow with the
//! queue: else they may look alike and yet come from elsewhere.

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

use super::calendar::Group;
use super::line::Model;
use super::observed::{Merge, Observed, Waits};
use super::simulation::{Run, Seen, simulate};
use super::{IntervalParts, Settings};
use crate::stats::Interval;
use crate::stats::bootstrap::{Clusters, Draws};
use crate::stats::quantile::quantile;

/// Largest Kolmogorov-Smirnov distance at which two samples of waits count as alike.
pub const LARGEST_KS: f64 = 0.15;
/// By how much less the observed waits may follow the queue (rank correlation) than simulated ones.
pub const LARGEST_GAP_IN_RESPONSE: f64 = 0.25;
/// Fewest observed waits, in each half of the window, that can be compared.
pub const FEWEST_WAITS: usize = 20;
/// Waits are compared in whole minutes: what a runner needs to start is no queue.
const RESOLUTION: i64 = 60_000;
/// Shares of their time that reviewers may give to reviews: the ends of the search.
const SHARES: (f64, f64) = (0.01, 1.0);
/// Steps of the search, first coarse over all shares, then fine around the best.
const STEPS: u32 = 16;

/// What the comparison of simulated and observed waits showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Every station that was observed, in the order of the line.
    pub stations: Vec<StationCheck>,
    /// The one number that was fitted; `None` when it was known or there are no reviews.
    pub fitted: Option<Fitted>,
    /// Whether every station holds, and so the scenarios may be asked for.
    pub holds: bool,
    /// Why not, station by station; empty when it holds.
    pub why: Vec<String>,
}

/// The share of their open hours that reviewers give to reviews.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// The share, above 0 and up to 1.
    pub review_share: f64,
    /// Reviewers times share: reviewers who would do nothing else.
    pub effective_reviewers: f64,
    /// How many changes it was fitted on.
    pub changes: usize,
    /// Kolmogorov-Smirnov distance of the waits that it was fitted to.
    pub ks: f64,
}

/// One station, observed and simulated. Waits in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StationCheck {
    /// `review`, `ci`, `merge queue` or `release`.
    pub name: String,
    /// How many waits were observed.
    pub n: usize,
    /// Observed median with its 95 % interval.
    #[serde(with = "IntervalParts")]
    pub observed_p50: Interval,
    /// Observed 90 % quantile with its 95 % interval.
    #[serde(with = "IntervalParts")]
    pub observed_p90: Interval,
    /// Simulated median.
    pub simulated_p50: f64,
    /// Simulated 90 % quantile.
    pub simulated_p90: f64,
    /// Largest difference of the two distributions, 0 to 1.
    pub ks: f64,
    /// Rank correlation (Spearman) of waits with how many waited before; `None` without servers.
    pub observed_response: Option<f64>,
    /// The same of the simulated waits.
    pub simulated_response: Option<f64>,
    /// Simulated work that came per capacity of the station; 0 where trains have no capacity.
    pub load: f64,
    /// Whether the simulation may stand for this station.
    pub holds: bool,
    /// Why, or why not.
    pub why: String,
}

/// Calibrates; with the share of review time for the scenarios, fitted or known.
pub(crate) fn calibrate(observed: &Observed, settings: &Settings) -> (Calibration, f64) {
    let refused = |why: String| {
        let stations = Vec::new();
        (Calibration { stations, fitted: None, holds: false, why: vec![why] }, 1.0)
    };
    if let Err(why) = usable(observed) {
        return refused(why);
    }
    let groups = Group::learned(observed);
    let span = observed.until.as_millis() - observed.from.as_millis();
    let middle = Timestamp::from_millis(observed.from.as_millis() + span / 2);
    let first = observed.between(observed.from, middle);
    let rest = observed.between(middle, observed.until);
    if first.changes.len() < FEWEST_WAITS || rest.changes.len() < FEWEST_WAITS {
        return refused(format!(
            "{} and {} changes in the halves of the window: at least {FEWEST_WAITS} are needed in each",
            first.changes.len(),
            rest.changes.len()
        ));
    }
    let has_review = Model::new(&first, &groups, 1.0, 1).has_review();
    let fitted = match observed.review_share {
        None if has_review => Some(fit(&first, &groups, settings)),
        _ => None,
    };
    let share = fitted.map_or(observed.review_share.unwrap_or(1.0), |fitted| fitted.review_share);
    let stations = check(&rest, &groups, share, settings);
    let mut why: Vec<String> = stations
        .iter()
        .filter(|station| !station.holds)
        .map(|station| format!("{}: {}", station.name, station.why))
        .collect();
    if stations.is_empty() {
        why.push("no station with waits was observed".to_owned());
    }
    (Calibration { stations, fitted, holds: why.is_empty(), why }, share)
}

/// What no simulation can do without.
fn usable(observed: &Observed) -> Result<(), String> {
    let span = observed.until.as_millis().saturating_sub(observed.from.as_millis());
    let four_weeks = 4 * tl_core::time::Millis::WEEK.get();
    if span < four_weeks {
        return Err(
            "the window is shorter than four weeks: each half must show every hour of the \
                    week"
                .to_owned(),
        );
    }
    if observed.review_share.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
        return Err("the share of time given to reviews must be above 0 and at most 1".to_owned());
    }
    if let Merge::Batches { durations, .. } = &observed.merge
        && durations.is_empty()
    {
        return Err("no duration of a merge queue's batch is known".to_owned());
    }
    let negative = |change: &super::observed::Change| {
        let rounds = change.rounds.iter().flat_map(|r| [r.wait, r.service, r.rework]);
        let runs = change.runs.iter().flat_map(|run| [run.wait, run.service]);
        let own = [Some(change.coding), Some(change.merge_wait), change.release_wait];
        rounds.chain(runs).chain(own.into_iter().flatten()).any(|time| time.get() < 0)
    };
    match observed.changes.iter().filter(|change| negative(change)).count() {
        0 => Ok(()),
        n => Err(format!("{n} changes have a negative time")),
    }
}

/// The share whose simulated waits for reviewers are nearest to the observed ones.
fn fit(first: &Observed, groups: &[Group], settings: &Settings) -> Fitted {
    let waits = first.review_waits().waits;
    let waits = sorted(waits.into_iter().map(whole_minutes).collect());
    let distance = |share: f64| {
        let model = Model::new(first, groups, share, settings.changes / 4);
        ks(&waits, &pooled(&runs(&model, settings, 4), |run| &run.review).waits)
    };
    let search = |(low, high): (f64, f64)| {
        let ratio = (high / low).powf(1.0 / f64::from(STEPS));
        let shares = (0..=STEPS).map(|step| low * ratio.powi(step as i32));
        let tried = shares.map(|share| (distance(share), share.min(SHARES.1)));
        let best = tried.min_by(|one, other| one.0.total_cmp(&other.0));
        (best.unwrap_or((1.0, high)), ratio)
    };
    let ((_, share), ratio) = search(SHARES);
    let ((ks, share), _) = search(((share / ratio).max(SHARES.0), (share * ratio).min(SHARES.1)));
    Fitted {
        review_share: share,
        effective_reviewers: share * f64::from(first.all_reviewers()),
        changes: first.changes.len(),
        ks,
    }
}

/// Compares the waits of every station that has any.
fn check(rest: &Observed, groups: &[Group], share: f64, settings: &Settings) -> Vec<StationCheck> {
    let model = Model::new(rest, groups, share, settings.changes);
    let runs = runs(&model, settings, settings.replications.max(1));
    let mut checks = Vec::new();
    let mut add = |name: &str, observed: Waits, of: fn(&Run) -> &Seen| {
        checks.push(station(name, &observed, &pooled(&runs, of), &settings.draws));
    };
    if model.has_review() {
        add("review", rest.review_waits(), |run| &run.review);
    }
    if model.has_ci() {
        add("ci", rest.ci_waits(), |run| &run.ci);
    }
    if matches!(rest.merge, Merge::Batches { .. }) {
        add("merge queue", rest.merge_waits(), |run| &run.merge);
    }
    let released = rest.release_waits();
    if !released.waits.is_empty() || model.has_train() {
        add("release", released, |run| &run.release);
    }
    checks
}

fn runs(model: &Model<'_>, settings: &Settings, count: u32) -> Vec<Run> {
    (0..count).map(|replication| simulate(model, settings.seed, replication.into())).collect()
}

/// The waits of all runs at one station; its load is their mean.
fn pooled(runs: &[Run], of: fn(&Run) -> &Seen) -> Simulated {
    let mut all = Simulated::default();
    for seen in runs.iter().map(of) {
        // Ranks are taken within a run: each has its own level.
        let waits: Vec<i64> = seen.waits.iter().map(|wait| whole_minutes(*wait)).collect();
        all.response += response(&waits, &seen.ahead).unwrap_or(0.0) / runs.len() as f64;
        all.waits.extend(waits);
        all.load += seen.load() / runs.len() as f64;
    }
    all.waits.sort_unstable();
    all
}

#[derive(Debug, Default)]
struct Simulated {
    waits: Vec<i64>,
    response: f64,
    load: f64,
}

fn station(name: &str, observed: &Waits, simulated: &Simulated, draws: &Draws) -> StationCheck {
    let n = observed.waits.len();
    let compared: Vec<i64> = observed.waits.iter().map(|wait| whole_minutes(*wait)).collect();
    let clusters = Clusters::new(&observed.authors);
    let found = clusters.quantiles(&compared, &[0.5, 0.9], draws);
    let none = Interval { estimate: 0.0, low: 0.0, high: 0.0 };
    let at = |index: usize| found.get(index).copied().unwrap_or(none);
    let waits = sorted(compared.clone());
    let has_servers = !observed.ahead.is_empty();
    let mut check = StationCheck {
        name: name.to_owned(),
        n,
        observed_p50: at(0),
        observed_p90: at(1),
        simulated_p50: quantile(&simulated.waits, 0.5).unwrap_or(0.0),
        simulated_p90: quantile(&simulated.waits, 0.9).unwrap_or(0.0),
        ks: ks(&waits, &simulated.waits),
        observed_response: response(&compared, &observed.ahead).filter(|_| has_servers),
        simulated_response: has_servers.then_some(simulated.response),
        load: simulated.load,
        holds: false,
        why: String::new(),
    };
    (check.holds, check.why) = judge(&check, simulated.waits.len());
    check
}

/// Whether a station holds, and why.
fn judge(check: &StationCheck, simulated: usize) -> (bool, String) {
    let hours = |ms: f64| ms / tl_core::time::Millis::HOUR.get() as f64;
    if check.n < FEWEST_WAITS {
        return (false, format!("{} waits observed, at least {FEWEST_WAITS} needed", check.n));
    }
    if simulated == 0 {
        return (false, "no simulated change got through".to_owned());
    }
    let inside = check.observed_p50.contains(check.simulated_p50)
        && check.observed_p90.contains(check.simulated_p90);
    if !inside && check.ks > LARGEST_KS {
        let part = |name: &str, simulated: f64, observed: Interval| {
            format!(
                "{name} simulated {:.1} h, observed {:.1} h ({:.1} to {:.1})",
                hours(simulated),
                hours(observed.estimate),
                hours(observed.low),
                hours(observed.high)
            )
        };
        let why = format!(
            "{}; {}; distributions differ by {:.2}, more than {LARGEST_KS}",
            part("p50", check.simulated_p50, check.observed_p50),
            part("p90", check.simulated_p90, check.observed_p90),
            check.ks
        );
        return (false, why);
    }
    if check.observed_p90.estimate == 0.0 && check.simulated_p90 == 0.0 {
        return (
            true,
            "nine of ten wait for less than a minute, and so they do simulated".to_owned(),
        );
    }
    if let Some(simulated) = check.simulated_response {
        // Waits that are all equal do not respond at all.
        let observed = check.observed_response.unwrap_or(0.0);
        if simulated - observed > LARGEST_GAP_IN_RESPONSE {
            let why = format!(
                "waits do not grow with the queue as they would if it caused them: rank \
                 correlation with how many waited before {observed:.2}, simulated {simulated:.2}"
            );
            return (false, why);
        }
    }
    match inside {
        true => (true, "p50 and p90 lie within the observed intervals".to_owned()),
        false => (true, format!("distributions differ by {:.2} at most", check.ks)),
    }
}

const fn whole_minutes(wait: i64) -> i64 {
    wait / RESOLUTION * RESOLUTION
}

fn sorted(mut values: Vec<i64>) -> Vec<i64> {
    values.sort_unstable();
    values
}

/// Kolmogorov-Smirnov distance of two sorted samples; 1 when one of them is empty.
fn ks(one: &[i64], other: &[i64]) -> f64 {
    if one.is_empty() || other.is_empty() {
        return 1.0;
    }
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < one.len() && j < other.len() {
        let value = one[i].min(other[j]);
        // Equal values are passed together: the distributions are compared after them.
        while i < one.len() && one[i] == value {
            i += 1;
        }
        while j < other.len() && other[j] == value {
            j += 1;
        }
        let (at, there) = (i as f64 / one.len() as f64, j as f64 / other.len() as f64);
        largest = largest.max((at - there).abs());
    }
    largest
}

/// Spearman's rank correlation of waits with how many waited before; `None` when one is constant.
fn response(waits: &[i64], ahead: &[i64]) -> Option<f64> {
    if waits.len() != ahead.len() || waits.is_empty() {
        return None;
    }
    let (one, other) = (ranks(waits), ranks(ahead));
    let mean = (waits.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let scale = (product(&one, &one) * product(&other, &other)).sqrt();
    (scale > 0.0).then(|| product(&one, &other) / scale)
}

/// Ranks from 1, ties share the mean of theirs.
fn ranks(values: &[i64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by_key(|&index| values[index]);
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|&one, &other| values[one] == values[other]) {
        let rank = start as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&index| ranks[index] = rank);
        start += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_distributions_agrees_with_scipy() {
        // scipy.stats.ks_2samp([1,2,2,3,9],[2,2,4,5,6,7]).statistic is 0.46666...
        let distance = ks(&[1, 2, 2, 3, 9], &[2, 2, 4, 5, 6, 7]);
        assert!((distance - (0.8 - 2.0 / 6.0)).abs() < 1e-12, "{distance}");
        assert_eq!(ks(&[0, 0, 0], &[0]), 0.0);
        assert_eq!(ks(&[], &[1]), 1.0);
    }

    #[test]
    fn ties_share_their_rank_and_a_constant_has_no_correlation() {
        assert_eq!(ranks(&[5, 1, 5, 9]), [2.5, 1.0, 2.5, 4.0]);
        assert_eq!(response(&[1, 2, 3], &[10, 20, 30]), Some(1.0));
        assert_eq!(response(&[1, 2, 3], &[7, 7, 7]), None);
    }
}
