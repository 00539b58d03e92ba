//! DORA's five by recorded deployments, overall and per service.
//!
//! In: the dataset with its deployments. Out: five rows. Start at [`overall`] and [`by_service`];
//! the definition is in [`super::dora`]. **Invariant:** change fail rate counts deployments, never
//! incidents, and only those that could be followed for the failure window.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};

use super::cadence::rate;
use super::dora::dora_row;
use super::figures::{Column, share};
use super::review_wait::to_release;
use crate::dataset::{Dataset, Window};
use crate::deployment::Deployment;
use crate::failure::Grade;
use crate::journey::Boundary;
use crate::report::collected::ServiceDora;
use crate::report::{DoraRow, Figure, Unit};

/// The five over all services.
pub fn overall(data: &Dataset<'_>) -> Vec<DoraRow> {
    let all: Vec<&Deployment> = in_window(data).collect();
    let services: BTreeSet<&str> = all.iter().map(|one| &*one.service).collect();
    let firsts = firsts(data);
    let first = services.iter().filter_map(|service| firsts.get(service)).min();
    rows(data, &all, first.copied(), &to_release(data, data.in_window()))
}

/// When the first known deployment of each service ended.
fn firsts<'d>(data: &'d Dataset<'_>) -> FxHashMap<&'d str, Timestamp> {
    let mut firsts: FxHashMap<&str, Timestamp> = FxHashMap::default();
    for one in &data.deployments.list {
        let first = firsts.entry(&one.service).or_insert(one.finished);
        *first = one.finished.min(*first);
    }
    firsts
}

/// The five of each service that was deployed in the window.
pub fn by_service(data: &Dataset<'_>) -> Vec<ServiceDora> {
    let mut services: BTreeMap<&str, Vec<&Deployment>> = BTreeMap::new();
    for one in in_window(data) {
        services.entry(&one.service).or_default().push(one);
    }
    let firsts = firsts(data);
    let services: Vec<(&str, Vec<&Deployment>)> = services.into_iter().collect();
    services
        .into_par_iter()
        .map(|(service, own)| {
            let first = firsts.get(service).copied();
            let done = own.iter().filter(|one| one.is_success());
            let days: BTreeSet<i64> = done.clone().map(|one| one.finished.day()).collect();
            ServiceDora {
                service: service.to_owned(),
                deployments: done.count() as u64,
                days: days.len() as u64,
                rows: rows(data, &own, first, &lead_times(data, &own)),
            }
        })
        .collect()
}

/// From first commit to the deployment that brought each change with this service first: another
/// service of the repository may have had it before.
fn lead_times(data: &Dataset<'_>, own: &[&Deployment]) -> Column {
    let (mut spans, mut authors) = (Vec::new(), Vec::new());
    for deployment in own {
        let brought = deployment.shipped.iter().filter_map(|at| data.items.get(*at));
        for item in brought.filter(|item| data.is_in_window(item) && item.cohort != Cohort::Bot) {
            if let Some(first) = item.journey.at(Boundary::FirstCommit) {
                spans.push((deployment.finished - first).get().max(0));
                authors.push(item.author);
            }
        }
    }
    Column::by_author(spans, authors).or("no change with a known first commit was deployed")
}

/// Deployments to production that ended in the window, also those that did not succeed.
fn in_window<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = &'d Deployment> {
    data.deployments.list.iter().filter(|one| one.finished >= data.window.since)
}

/// Whether a deployment failed within the failure window, at a grade or surer.
pub fn has_failed(data: &Dataset<'_>, deployment: &Deployment, grade: Grade) -> bool {
    let window = data.options.failure_window();
    deployment.failures.iter().any(|one| {
        one.grade <= grade && one.at >= deployment.began() && one.at - deployment.finished <= window
    })
}

/// Whether a deployment can be judged: followed for the whole failure window.
pub fn is_followed(data: &Dataset<'_>, deployment: &Deployment) -> bool {
    deployment.finished + data.options.failure_window() <= data.window.until
}

/// The five of some deployments, the first of whose services ended at an instant.
fn rows(
    data: &Dataset<'_>,
    own: &[&Deployment],
    first: Option<Timestamp>,
    lead: &Column,
) -> Vec<DoraRow> {
    let draws = data.options.bootstrap();
    let done: Vec<&Deployment> = own.iter().copied().filter(|one| one.is_success()).collect();
    let n = done.len() as u64;
    let failed_ones = done.iter().filter(|one| has_failed(data, one, Grade::C));
    let spans = failed_ones.filter_map(|one| recovery(one)).map(Millis::get).collect();
    let recovered = Column::alone(spans).or("no failed deployment was mended by something known");
    let reworked = done.iter().filter(|one| one.kind.is_rework()).count() as u64;
    let days: BTreeSet<i64> = done.iter().map(|one| one.finished.day()).collect();
    let frequency = format!(
        "deployments to production a week; on {} days, {} attempts did not succeed",
        days.len(),
        own.len() - done.len()
    );
    let followed: Vec<&Deployment> =
        done.iter().copied().filter(|one| is_followed(data, one)).collect();
    let failed = |grade| {
        let failed = followed.iter().filter(|one| has_failed(data, one, grade)).count() as u64;
        match followed.len() {
            0 => {
                let days = data.options.failure_window_days;
                let why = format!("no deployment has {days} days of follow-up yet");
                Figure::unknown(0, Unit::Share, why)
            }
            all => share(failed, all as u64),
        }
    };
    let incidents = match data.collected.delivery.incidents.is_empty() {
        true => "incidents: none were collected",
        false => "",
    };
    let mut fail_rate = dora_row(
        "change-fail-rate",
        "Change fail rate",
        "instability",
        failed(Grade::C),
        "deployments that an incident names, that were rolled back, or of which a change was reverted",
        incidents,
    );
    fail_rate.also = Some((
        "with hotfixes and the last deployment before an incident too (grades A to E)".to_owned(),
        failed(Grade::E),
    ));
    vec![
        dora_row(
            "change-lead-time",
            "Change lead time",
            "throughput",
            lead.median(Unit::Hours, &draws),
            "first commit to production, median change",
            "",
        ),
        dora_row(
            "deployment-frequency",
            "Deployment frequency",
            "throughput",
            rate(n, known_weeks(data, first)),
            &frequency,
            "",
        ),
        dora_row(
            "failed-deployment-recovery-time",
            "Failed deployment recovery time",
            "throughput",
            recovered.median(Unit::Hours, &draws),
            "failed deployment to its rollback, hotfix, or the end of its incident, median",
            incidents,
        ),
        fail_rate,
        dora_row(
            "deployment-rework-rate",
            "Deployment rework rate",
            "instability",
            if n > 0 {
                share(reworked, n)
            } else {
                Figure::unknown(0, Unit::Share, "no deployment in the window")
            },
            "rollbacks and hotfixes among the deployments",
            "",
        ),
    ]
}

/// Weeks of the window since the first known deployment of some services: before it nobody
/// recorded, and nobody knows whether there were any.
fn known_weeks(data: &Dataset<'_>, first: Option<Timestamp>) -> f64 {
    let Window { since, until } = data.observed();
    let since = first.map_or(since, |first| first.max(since));
    let span = (until - since).max(Millis::WEEK.min(until - data.window.since));
    span.get().max(1) as f64 / Millis::WEEK.get() as f64
}

/// From the end of a failed deployment to when users were served again.
pub fn recovery(deployment: &Deployment) -> Option<Millis> {
    let spent = deployment.recovered()? - deployment.finished;
    (spent >= Millis::ZERO).then_some(spent)
}
