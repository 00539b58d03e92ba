//! 100,000 changes through the simulated line, the size that the target "about a second" is
//! stated for, and a whole answer for a team of one change an hour.
//!
//! Run with `cargo bench -p tl-bench --bench network`. Two rounds of review, two CI runs, a merge
//! by hand and a daily train for each change; everything drawn from a fixed seed.

use std::collections::BTreeSet;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tl_collect::requested::requested_history;
use tl_core::delivery::numbered;
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};
use tl_map::dataset::Dataset;
use tl_map::fold;
use tl_map::measure::what_if_network::what_if_network;
use tl_map::network::observed::{Change, Merge, Observed, Release, Round, Run};
use tl_map::network::{Settings, answer, simulated_changes};
use tl_map::options::Options;
use tl_map::stats::random::SplitMix64;
use tl_server::organisation::Organisation;

const MINUTE: i64 = 60_000;

fn main() {
    divan::main();
}

/// A line with a change every `gap` minutes on average over `weeks` weeks, at loads of about 0.7.
fn line(gap: u32, weeks: i64) -> Observed {
    let mut random = SplitMix64::new(7);
    let mut minutes = |most: u32| Millis::new(i64::from(random.below(most) + 1) * MINUTE);
    let from = Timestamp::from_millis(2_800 * Millis::WEEK.get());
    let until = from + Millis::days(7 * weeks);
    let (mut at, mut changes) = (from, Vec::new());
    while at < until {
        let coding = minutes(600);
        let asked = at + coding;
        let mut round =
            || Round { asked, wait: minutes(60), service: minutes(40), rework: minutes(120) };
        let rounds = vec![round(), round()];
        let mut run = |after_round| Run {
            after_round,
            queued: asked,
            wait: minutes(5),
            service: minutes(20),
        };
        let runs = vec![run(0), run(1)];
        changes.push(Change {
            author: changes.len() as u32 % 50,
            group: 0,
            started: at,
            coding,
            rounds,
            runs,
            merge_wait: minutes(60),
            release_wait: Some(minutes(24 * 60)),
            on_demand: false,
            low_risk: Some(changes.len() % 4 == 0),
        });
        at = at + minutes(2 * gap);
    }
    Observed {
        from,
        until,
        changes,
        reviewers: vec![60 / gap + 1],
        review_share: None,
        runners: 30 / gap + 1,
        other_runs: Vec::new(),
        merge: Merge::ByHand,
        release: Release::Every(Millis::DAY),
        deploys: vec![Millis::new(10 * MINUTE)],
    }
}

#[divan::bench(sample_count = 10)]
fn simulate_100_000_changes(bencher: Bencher<'_, '_>) {
    // A change every 4.5 minutes: 36 weeks, and 9 to warm up, are 100,000 changes.
    let observed = line(4, 36);
    let changes = simulated_changes(&observed, 100_000, 1);
    assert!((95_000..105_000).contains(&changes), "{changes}");
    bencher
        .counter(ItemsCount::new(changes))
        .bench_local(|| simulated_changes(black_box(&observed), 100_000, 1));
}

#[divan::bench(sample_count = 3)]
fn calibrate_a_team_of_26_weeks(bencher: Bencher<'_, '_>) {
    let observed = line(60, 26);
    bencher.bench_local(|| answer(black_box(&observed), &Settings::default()));
}

/// The mapping and the answer for the busiest repository of a small synthetic organisation.
#[divan::bench(sample_count = 5)]
fn ask_a_synthetic_organisation(bencher: Bencher<'_, '_>) {
    let until = Timestamp::parse("2026-11-01").expect("a date");
    let organisation =
        Organisation { seed: 1, changes: 6_000, events_per_change: 20.0, until, since: None };
    let mut events = Vec::new();
    organisation.generate(|event| {
        events.push(event);
        true
    });
    let delivery = fold::all(&events);
    let names: BTreeSet<&str> =
        delivery.requests.iter().filter_map(|request| Some(numbered(&request.key)?.0)).collect();
    let histories: Vec<History> = names
        .into_iter()
        .map(|name| {
            let mut history = requested_history(name, &delivery.requests, &delivery.releases, None);
            name.clone_into(&mut history.repository);
            history
        })
        .collect();
    let mut options = Options::at(until);
    options.collected.network = true;
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    bencher.bench_local(|| what_if_network(black_box(&data)));
}
