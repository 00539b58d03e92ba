//! DORA's five by recorded deployments, overall and per service.
//!
//! In: the dataset with its deployments. Out: five rows. Start at [`overall`] and [`by_service`];
//! the definition is in [`super::dora`]. **Invariant:** change fail rate counts deployments, never
//! incidents, and only those that could be followed for the failure window.

use std::collections::BTreeSet;

use tl_core::time::Millis;

use super::cadence::rate;
use super::dora::dora_row;
use super::figures::{Column, share};
use super::review_wait::to_release;
use crate::dataset::{Dataset, Item};
use crate::deployment::Deployment;
use crate::failure::Grade;
use crate::report::collected::ServiceDora;
use crate::report::{DoraRow, Figure, Unit};

/// The five over all services.
pub fn overall(data: &Dataset<'_>) -> Vec<DoraRow> {
    let all: Vec<&Deployment> = in_window(data).collect();
    rows(data, &all, |_| true)
}

/// The five of each service that was deployed in the window.
pub fn by_service(data: &Dataset<'_>) -> Vec<ServiceDora> {
    let names: BTreeSet<&str> = in_window(data).map(|one| one.service.as_str()).collect();
    names
        .into_iter()
        .map(|service| {
            let own: Vec<&Deployment> =
                in_window(data).filter(|one| one.service == service).collect();
            let done = own.iter().filter(|one| one.is_success());
            let days: BTreeSet<i64> = done.clone().map(|one| one.finished.day()).collect();
            ServiceDora {
                service: service.to_owned(),
                deployments: done.count() as u64,
                days: days.len() as u64,
                rows: rows(data, &own, |item| {
                    let by = item.deployment.map(|row| &data.deployments.list[row]);
                    by.is_some_and(|by| by.service == service)
                }),
            }
        })
        .collect()
}

/// Deployments to production that ended in the window, also those that did not succeed.
fn in_window<'d>(data: &'d Dataset<'_>) -> impl Iterator<Item = &'d Deployment> {
    data.deployments.list.iter().filter(|one| one.finished >= data.window.since)
}

/// Whether a deployment failed within the failure window, at a grade or surer.
pub fn has_failed(data: &Dataset<'_>, deployment: &Deployment, grade: Grade) -> bool {
    let window = data.options.failure_window();
    deployment.failures.iter().any(|one| {
        one.grade <= grade
            && one.at >= deployment.finished
            && one.at - deployment.finished <= window
    })
}

/// Whether a deployment can be judged: followed for the failure window, or failed already.
pub fn is_followed(data: &Dataset<'_>, deployment: &Deployment) -> bool {
    deployment.finished + data.options.failure_window() <= data.window.until
}

fn rows(data: &Dataset<'_>, own: &[&Deployment], is_own: impl Fn(&Item) -> bool) -> Vec<DoraRow> {
    let draws = data.options.bootstrap();
    let done: Vec<&Deployment> = own.iter().copied().filter(|one| one.is_success()).collect();
    let n = done.len() as u64;
    let lead = to_release(data, data.in_window().filter(|item| is_own(item)));
    let spans = done.iter().filter_map(|one| recovery(one)).map(Millis::get).collect();
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
            rate(n, data.weeks()),
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

/// From the end of a failed deployment to when users were served again.
pub fn recovery(deployment: &Deployment) -> Option<Millis> {
    let spent = deployment.recovered? - deployment.finished;
    (spent >= Millis::ZERO).then_some(spent)
}
