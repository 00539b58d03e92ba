//! DORA's five: by recorded deployments, or by releases as far as git alone allows.
//!
//! In: the dataset and the releases of the window. Out: five rows, each with what is missing.
//! Start at [`dora`]. git knows no deployments: here a release stands for one, which holds for
//! libraries and tools and is an assumption for services.

use super::MeasureDoc;
use super::cadence::{Shipped, rate, recovery};
use super::deployments;
use super::figures::{Column, share};
use super::review_wait::to_release;
use crate::dataset::Dataset;
use crate::journey::End;
use crate::report::{DoraRow, Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "dora",
    title: "DORA's five",
    what: "throughput and instability of delivery, by recorded deployments to production, or with \
           releases standing for them",
    formula: "change lead time = in production - first commit, median over changes; deployment \
              frequency = deployments to production / weeks (Garwood interval); failed deployment \
              recovery time = incident resolved, or rollback or hotfix deployed - failed deployment, \
              median; change fail rate = failed deployments (grades A to C; beside it A to E) / \
              deployments followed for the failure window; deployment rework rate = rollbacks and \
              hotfixes / deployments; Wilson intervals",
    unit: "hours; releases per week; shares of releases",
    edge_cases: &[
        "change fail rate counts deployments, not incidents: two incidents of one deployment are one",
        "records of one service, environment and commit within an hour are one deployment; one that \
         did not succeed is none, and is counted beside",
        "what the first known deployment of a service contains is left-censored: it has no lead time",
        "without recorded deployments a release is taken for one: failed is a release of which a change \
         failed (grades A to C) or that a hotfix followed",
        "recovery time belongs to throughput since 2024",
        "a hotfix is a patch release off the main line, at most 14 days after the release it \
         patches, that carries a revert or a cherry-pick",
        "a change that was taken back in the release that first shipped it, or before, made no \
         release fail",
        "without request heads the start of squashed changes is unknown, and so is their lead time",
    ],
    source: "DORA, software delivery performance metrics, five since 2024 (guide of 2026-01)",
};

/// Computes the five rows.
pub fn dora(data: &Dataset<'_>, shipped: &[Shipped<'_>]) -> Vec<DoraRow> {
    match data.line.end {
        End::Deployed => deployments::overall(data),
        End::Released => by_releases(data, shipped),
    }
}

fn by_releases(data: &Dataset<'_>, shipped: &[Shipped<'_>]) -> Vec<DoraRow> {
    let draws = data.options.bootstrap();
    let followed: Vec<_> = shipped
        .iter()
        .filter(|one| one.release.at + data.options.failure_window() <= data.window.until)
        .collect();
    let failed = followed.iter().filter(|one| one.failed).count() as u64;
    let hotfixes = shipped.iter().filter(|one| one.release.hotfix.is_some()).count() as u64;
    let spans = recovery(shipped).into_iter().map(|span| span.get()).collect();
    let recovered = Column::alone(spans).or("no failed release was mended by a later one");
    let none = |unit| Figure::unknown(0, unit, "no release in the window");
    let any = !shipped.is_empty();
    let of_releases = |events, trials: usize| match trials {
        0 if any => {
            let days = data.options.failure_window_days;
            let why = format!("no release has {days} days of follow-up yet");
            Figure::unknown(0, Unit::Share, why)
        }
        0 => none(Unit::Share),
        trials => share(events, trials as u64),
    };
    let deployments = "deployments, which git does not record";
    let incidents = "deployments and incidents, which git does not record";
    vec![
        dora_row(
            "change-lead-time",
            "Change lead time",
            "throughput",
            to_release(data, data.in_window()).median(Unit::Hours, &draws),
            "first commit to first release, median change",
            deployments,
        ),
        dora_row(
            "deployment-frequency",
            "Deployment frequency",
            "throughput",
            if any { rate(shipped.len() as u64, data.weeks()) } else { none(Unit::PerWeek) },
            "releases a week",
            deployments,
        ),
        dora_row(
            "failed-deployment-recovery-time",
            "Failed deployment recovery time",
            "throughput",
            recovered.median(Unit::Hours, &draws),
            "failed release to the release that mends it, median",
            incidents,
        ),
        dora_row(
            "change-fail-rate",
            "Change fail rate",
            "instability",
            of_releases(failed, followed.len()),
            "releases with a reverted change or a hotfix after them",
            incidents,
        ),
        dora_row(
            "deployment-rework-rate",
            "Deployment rework rate",
            "instability",
            of_releases(hotfixes, shipped.len()),
            "hotfix releases",
            incidents,
        ),
    ]
}

pub(super) fn dora_row(
    id: &str,
    label: &str,
    factor: &str,
    figure: Figure,
    basis: &str,
    missing: &str,
) -> DoraRow {
    DoraRow {
        id: id.to_owned(),
        label: label.to_owned(),
        factor: factor.to_owned(),
        figure,
        basis: basis.to_owned(),
        missing: (!missing.is_empty()).then(|| missing.to_owned()),
        also: None,
    }
}
