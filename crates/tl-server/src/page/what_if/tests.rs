//! What if, in numbers and on the page.

use axum::http::StatusCode;
use tl_core::time::{Millis, Timestamp};
use tl_map::network::Settings;
use tl_map::network::asked::Simulator;
use tl_map::network::observed::{Change, Merge, Observed, Release, Round};
use tl_map::report::collected::Network;
use tl_map::stats::bootstrap::Draws;

use super::stages::{Share, answer, hours};
use crate::measured::Measured;
use crate::testing::{Site, now, sample};

fn shares(measured: &Measured, share: impl Fn(&str) -> u32) -> Vec<Share> {
    let stages = measured.report.value_stream.stages.iter();
    stages.map(|stage| Share { stage: stage.id.clone(), share: share(&stage.id) }).collect()
}

#[test]
fn nothing_changed_changes_nothing_and_everything_gone_leaves_nothing() {
    let sample = sample();
    let same = answer(&sample.journeys, &shares(&sample, |_| 100)).unwrap();
    assert_eq!(same.effect.median_saved.estimate, 0.0);
    let none = answer(&sample.journeys, &shares(&sample, |_| 0)).unwrap();
    assert_eq!(none.effect.after.p50, 0.0);
}

#[test]
fn one_wait_gone_is_what_the_report_says_of_it() {
    let sample = sample();
    let first = &sample.report.invest_first.ranking[0];
    let gone = shares(&sample, |id| if id == first.stage.id() { 0 } else { 100 });
    let found = answer(&sample.journeys, &gone).unwrap();
    let saved = hours(found.effect.median_saved.estimate);
    assert!((saved - first.saves_p50.value.unwrap()).abs() < 1e-6, "{saved} {first:?}");
    assert_eq!(found.n, sample.report.invest_first.n);
}

#[test]
fn the_page_keeps_filters_and_sliders_and_says_what_cannot_be() {
    let site = Site::showing(sample());
    let page = site.page("/what-if?days=30&stage-pickup=50&stage-review=0");
    assert!(page.contains("pickup at 50\u{a0}%"), "{page}");
    assert!(page.contains("name=\"days\" value=\"30\""));
    assert!(page.contains("name=\"stage-pickup\" min=\"0\" max=\"100\" step=\"5\" value=\"50\""));
    for wrong in ["-1", "101", "half", "1e9"] {
        let answer = site.get(&format!("/what-if?stage-pickup={wrong}"));
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let page = Site::empty().page("/what-if?stage-pickup=50");
    assert!(page.contains("No change has a known start and end yet"), "{page}");
}

/// A change every two hours, reviewed by two people who give it an hour, and a train a day.
fn simulated() -> Measured {
    let from = now() - Millis::days(84);
    let at = |hour: i64| Timestamp::from_millis(from.as_millis() + hour * Millis::HOUR.get());
    let change = |row: i64| Change {
        author: (row % 8) as u32,
        group: 0,
        started: at(2 * row),
        coding: Millis::HOUR,
        rounds: vec![Round {
            asked: at(2 * row + 1),
            wait: Millis::HOUR,
            service: Millis::HOUR,
            rework: Millis::ZERO,
        }],
        runs: Vec::new(),
        merge_wait: Millis::ZERO,
        release_wait: Some(Millis::HOUR),
        on_demand: false,
        low_risk: Some(row % 2 == 0),
    };
    let observed = Observed {
        from,
        until: now(),
        changes: (0..1_000).map(change).collect(),
        reviewers: vec![2],
        review_share: None,
        runners: 0,
        other_runs: Vec::new(),
        merge: Merge::ByHand,
        release: Release::Every(Millis::DAY),
        deploys: vec![Millis::new(600_000)],
    };
    let settings = Settings {
        replications: 2,
        changes: 300,
        draws: Draws { count: 20, seed: 1 },
        ..Settings::default()
    };
    let mut measured = sample();
    let collected = measured.report.collected.as_mut().unwrap();
    collected.network = Some(Network {
        repository: "acme/api".to_owned(),
        changes: 1_000,
        since: from,
        until: now(),
        reviewers: 2,
        effective_reviewers: Some(1.0),
        runners: 0,
        trains: 84,
        left_out: Vec::new(),
        stations: Vec::new(),
        refused: None,
        scenarios: Vec::new(),
    });
    measured.simulator = Some(Simulator::new(observed, 0.5, settings).into());
    measured
}

#[test]
fn a_line_that_holds_is_asked_what_it_might_be() {
    let site = Site::showing(simulated());
    let today = site.page("/what-if");
    assert!(today.contains("name=\"reviewers\" min=\"-1\" max=\"10\" step=\"1\" value=\"0\""));
    assert!(today.contains("data-unit=\"%\">100 %</output>"), "{today}");
    assert!(!today.contains("name=\"runners\""), "the line has none: {today}");
    assert!(!today.contains("Simulated with"));
    let page = site.page("/what-if?days=30&reviewers=1&trains=200&stage-pickup=50");
    assert!(
        page.contains("Simulated with 3 reviewers instead of 2, release trains 2 times as often")
    );
    assert!(page.contains(">+1</output>") && page.contains("pickup at 50\u{a0}%"), "{page}");
    // Each form keeps what the other says, and the filters.
    for kept in ["name=\"stage-pickup\" value=\"50\"", "name=\"trains\" value=\"200\""] {
        assert!(page.contains(&format!("<input type=\"hidden\" {kept}>")), "{kept}: {page}");
    }
    assert!(page.contains("href=\"/what-if?days=30&#38;stage-pickup=50\">As today"), "{page}");
    // Computed once: the time that it took is that of the first.
    assert_eq!(page, site.page("/what-if?days=30&reviewers=1&trains=200&stage-pickup=50"));
}

#[test]
fn what_no_line_can_be_is_refused() {
    let site = Site::showing(simulated());
    for wrong in ["reviewers=11", "trains=0", "arrivals=1e9", "unreviewed=-1", "runners=many"] {
        for path in ["/what-if", "/v1/what-if"] {
            let answer = site.get(&format!("{path}?{wrong}"));
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}?{wrong}");
        }
    }
}

#[test]
fn a_line_whose_simulation_does_not_hold_is_asked_nothing_and_says_why() {
    let mut measured = simulated();
    measured.simulator = None;
    let collected = measured.report.collected.as_mut().unwrap();
    let network = collected.network.as_mut().unwrap();
    network.refused = Some(
        "not answered, because the simulated line does not wait as the real one did at: review"
            .to_owned(),
    );
    let site = Site::showing(measured);
    let page = site.page("/what-if?reviewers=1");
    assert!(page.contains("does not wait as the real one did at: review"), "{page}");
    assert!(!page.contains("name=\"reviewers\"") && !page.contains("Simulated with"));
    let call = site.get("/v1/what-if?reviewers=1").body;
    assert!(call.contains("\"line\":null") && call.contains("at: review"), "{call}");
}
