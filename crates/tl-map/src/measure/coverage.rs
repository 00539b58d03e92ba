//! Coverage: how many changes have each boundary, and why the others lack it.
//!
//! In: the dataset. Out: one row per boundary. Start at [`coverage`].

use std::collections::BTreeMap;

use super::MeasureDoc;
use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, End, Shape};
use crate::report::collected::BoundaryCoverage;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "coverage",
    title: "Coverage of boundaries",
    what: "how many changes have each boundary from ticket to production, and why the others lack it",
    formula: "changes merged in the window whose boundary was seen; each other change counts under \
              the first reason that holds for it",
    unit: "changes",
    edge_cases: &[
        "a boundary that did not happen (a merge without review) lacks it for that reason, and the \
         stages beside it are zero and left out of their figures",
        "a boundary before the merge that was moved to keep time from running backwards was seen",
    ],
    source: "boundaries t0 to t9",
};

/// Counts what is known of the changes merged in the window, bots left out.
pub fn coverage(data: &Dataset<'_>) -> Vec<BoundaryCoverage> {
    let mut rows: Vec<(Boundary, u64, BTreeMap<&'static str, u64>)> = Boundary::ALL
        .into_iter()
        .filter(|boundary| is_shown(data, *boundary))
        .map(|boundary| (boundary, 0, BTreeMap::new()))
        .collect();
    for item in data.in_window() {
        for (boundary, known, lacking) in &mut rows {
            if item.journey.seen(*boundary).is_some() {
                *known += 1;
            } else {
                *lacking.entry(why(data, item, *boundary)).or_default() += 1;
            }
        }
    }
    rows.into_iter().map(|(boundary, known, lacking)| row(boundary, known, lacking)).collect()
}

fn row(boundary: Boundary, known: u64, lacking: BTreeMap<&'static str, u64>) -> BoundaryCoverage {
    let mut lacking: Vec<(String, u64)> =
        lacking.into_iter().map(|(why, count)| (why.to_owned(), count)).collect();
    lacking.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    BoundaryCoverage {
        boundary: boundary.number().to_owned(),
        label: boundary.label().to_owned(),
        known,
        lacking,
    }
}

/// Deployments are no boundary of a line that ends with releases.
fn is_shown(data: &Dataset<'_>, boundary: Boundary) -> bool {
    let deploys = matches!(boundary, Boundary::DeployStarted | Boundary::InProduction);
    data.line.end == End::Deployed || !deploys
}

/// Why a change lacks a boundary.
fn why(data: &Dataset<'_>, item: &Item, boundary: Boundary) -> &'static str {
    let is_direct = item.shape == Shape::Direct;
    match boundary {
        Boundary::TicketOpened | Boundary::WorkStarted
            if data.collected.tickets.is_empty() && item.journey.at(boundary).is_none() =>
        {
            "no tickets were collected"
        }
        Boundary::TicketOpened => "no collected ticket is linked to it",
        Boundary::Opened | Boundary::Ready | Boundary::FirstReview | Boundary::Approved => {
            match &item.told.request {
                _ if is_direct => "pushed without a request",
                None if !data.requests.any => "no requests were collected",
                None => "its request was not collected",
                Some(asked) if !asked.has_state => "its forge did not say",
                Some(_) => match boundary {
                    Boundary::FirstReview if item.told.course.reviews > 0 => {
                        "reviewed only as a draft"
                    }
                    Boundary::FirstReview => "merged without a review by another person",
                    Boundary::Approved => "merged without an approval",
                    _ => "its forge did not say",
                },
            }
        }
        Boundary::FirstCommit | Boundary::WorkStarted => "the commits of its request are unknown",
        Boundary::LastPush => "the head of its request is unknown",
        Boundary::Merged => "not merged",
        Boundary::Released if item.left_censored() => "in the earliest known release, or before",
        Boundary::Released if data.has_releases() => "not released",
        Boundary::Released => "no releases are known",
        Boundary::DeployStarted | Boundary::InProduction => {
            if item.left_censored() {
                "in the first known deployment of its service, or before"
            } else if item.is_waiting() {
                "not deployed yet"
            } else if item.deployment.is_some() {
                "the start of its deployment was not recorded"
            } else {
                "no deployment of its repository was collected"
            }
        }
    }
}
