use std::collections::{BTreeMap, BTreeSet};

use tl_collect::requested::requested_history;
use tl_core::delivery::Delivery;
use tl_map::dataset::Dataset;
use tl_map::fold::{self, Concern, concern};
use tl_map::measure::merge_queue::merge_queue;
use tl_map::options::Options;

use super::*;

fn small() -> Organisation {
    Organisation {
        seed: 7,
        changes: 2_000,
        events_per_change: 20.0,
        until: Timestamp::parse("2026-11-01").unwrap(),
        since: None,
    }
}

fn events(organisation: &Organisation) -> Vec<Event> {
    let mut events = Vec::new();
    organisation.generate(|event| {
        events.push(event);
        true
    });
    events
}

fn delivery() -> Delivery {
    fold::all(&events(&small()))
}

#[test]
fn the_same_seed_gives_the_same_events_in_the_order_of_time() {
    let told = events(&small());
    assert_eq!(told, events(&small()));
    assert!(told.is_sorted_by_key(|event| event.at));
    assert_ne!(told, events(&Organisation { seed: 8, ..small() }));
}

#[test]
fn a_part_of_its_life_is_the_part_of_the_whole() {
    let since = Timestamp::parse("2026-10-25").unwrap();
    let part = events(&Organisation { since: Some(since), ..small() });
    let whole: Vec<Event> =
        events(&small()).into_iter().filter(|event| event.at >= since).collect();
    assert!(!part.is_empty());
    assert_eq!(part, whole);
}

#[test]
fn the_ledger_would_keep_every_event() {
    let mut keys = BTreeSet::new();
    for event in events(&small()) {
        assert_eq!(event.check(), Ok(()));
        assert!(matches!(concern(&event), Concern::Thing(..)), "{event:?}");
        assert!(keys.insert((event.source.clone(), event.key.clone())), "twice: {event:?}");
    }
}

#[test]
fn there_are_about_as_many_events_as_were_asked_for() {
    // Of a small organisation some more: its people use tools and answer surveys, too.
    let Organisation { changes, events_per_change, .. } = small();
    let expected = changes as f64 * events_per_change;
    let count = events(&small()).len() as f64;
    assert!((0.8..1.4).contains(&(count / expected)), "{count} of {expected}");
}

#[test]
fn every_kind_of_event_that_a_team_has_is_there() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for event in events(&small()) {
        *kinds.entry(event.kind).or_default() += 1;
    }
    let missing: Vec<_> =
        tl_core::fact::kind::ALL.iter().filter(|kind| !kinds.contains_key(**kind)).collect();
    // Nobody takes these back here, agents are not watched, and tests have no history.
    let never = [
        "ticket.updated",
        "ticket.reopened",
        "change.drafted",
        "change.reopened",
        "deploy.queued",
        "incident.updated",
        "incident.reopened",
        "ai.session",
        "agent.decided",
        "guard.scanned",
        "guard.approved",
        "tests.recorded",
        "gate.decided",
        "server.audit",
    ];
    assert_eq!(missing, never.iter().collect::<Vec<_>>());
}

/// What makes it an organisation and not a table of random numbers.
#[test]
fn a_review_is_given_in_working_hours_and_most_of_the_wait_is_waiting() {
    let delivery = delivery();
    let mut waits: Vec<f64> = delivery
        .requests
        .iter()
        .filter_map(|request| {
            let by_people =
                |review: &&tl_core::delivery::Review| review.reviewer.starts_with("dev");
            let first = request.reviews.iter().find(by_people)?;
            Some((first.at - request.opened?).hours())
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    let median = waits[waits.len() / 2];
    assert!(
        (1.0..48.0).contains(&median),
        "{median} h to the first review, for 20 minutes of work"
    );
    assert!(waits[0] >= 0.0);
}

/// The map of what only requests tell: every merged request is a change.
#[test]
fn the_requests_of_a_repository_become_its_changes() {
    let delivery = delivery();
    let name = "acme/repo-000";
    let history = requested_history(name, &delivery.requests, &delivery.releases, None);
    let own = delivery.requests.iter().filter(|request| request.key.starts_with("acme/repo-000#"));
    let (merged, other): (Vec<_>, Vec<_>) = own.partition(|request| request.merged.is_some());
    assert!(merged.len() > 100 && other.len() > 5, "{} {}", merged.len(), other.len());
    let histories = [history];
    let mut options = Options::at(small().until);
    options.since = Some(Timestamp::from_millis(0));
    options.draws = 200;
    let data = Dataset::new(&histories, &options);
    let changes = &data.repositories[0].changes;
    assert_eq!(changes.delivered.len(), merged.len());
    assert_eq!(changes.pending.len(), other.len());
    assert!(changes.delivered.iter().all(|change| change.request().is_some()));
    let report = tl_map::map(&data);
    assert_eq!(
        report.funnel.merged + report.funnel.abandoned + report.funnel.open,
        (merged.len() + other.len()) as u64
    );
}

#[test]
fn of_the_requests_in_a_merge_queue_one_in_twelve_is_removed_and_put_back() {
    let delivery = delivery();
    let name = "acme/repo-000";
    let histories = [requested_history(name, &delivery.requests, &delivery.releases, None)];
    let mut options = Options::at(small().until);
    (options.since, options.draws) = (Some(Timestamp::from_millis(0)), 200);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let queue = merge_queue(&data).unwrap();
    let share = queue.share.value.unwrap();
    assert!(queue.merged > 100 && share > 0.8, "{} {share}: all but hotfixes", queue.merged);
    let removed = queue.removed.value.unwrap();
    assert!((removed - 1.0 / 12.0).abs() < 0.02, "{removed}");
    let [once, in_all] = [queue.in_queue_p90, queue.in_all_p90].map(|one| one.value.unwrap());
    assert!(once < 2.0 && in_all >= once, "{once} h at last, {in_all} h in all");
}
