//! Deployments where it is easy to count wrong: records that begin late, clocks that disagree,
//! trains, forks, services that share a repository.

use globset::{Glob, GlobSet};
use tl_core::delivery::{Delivery, Deployment, Request};
use tl_core::fact::{ChangeState, Outcome};
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};

use super::story::{START, history, id, instant};
use crate::dataset::Dataset;
use crate::deployment::Kind;
use crate::journey::{Boundary, Stage};
use crate::measure::deployments::{by_service, overall};
use crate::options::{Options, Service};
use crate::report::DoraRow;
use crate::row::RowIx;

fn named(name: &str, story: &str) -> History {
    let mut history = history(story);
    history.repository = name.to_owned();
    history
}

/// A deployment of a commit to production of a service, which ended then.
fn deployed(service: &str, commit: &str, at: Timestamp) -> Deployment {
    Deployment {
        key: format!("{service}/{}", at.as_millis()),
        service: service.to_owned(),
        environment: "production".to_owned(),
        commit: id(commit).to_string(),
        finished: Some(at),
        outcome: Outcome::Success,
        ..Deployment::default()
    }
}

fn delivery(deployments: Vec<Deployment>) -> Delivery {
    Delivery { deployments, ..Delivery::default() }
}

/// The window is the first `days` days of the story.
fn options(days: i64) -> Options {
    let (since, until) = (Some(START), Some(START + Millis::days(days)));
    Options { since, until, draws: 50, ..Options::at(START + Millis::days(400)) }
}

const ONE: &str = r#"2025-10-01 08:00 ana commits a1 "Start""#;

#[track_caller]
fn assert_a_week(rows: &[DoraRow], expected: f64) {
    let row = rows.iter().find(|row| row.id == "deployment-frequency").unwrap();
    let found = row.figure.value.unwrap();
    assert!((found - expected).abs() < 1e-9, "{found} a week, not {expected}");
}

#[test]
fn deployments_are_counted_by_the_weeks_since_the_first_record() {
    let at = |day: i64| START + Millis::days(day);
    // Of the ten weeks of the window api was recorded in the last four, web in all of it (and
    // before), job since yesterday.
    let api = [42, 49, 56, 63].map(|day| deployed("api", "a1", at(day)));
    let web = [-30, 7, 14, 21, 28, 35].map(|day| deployed("web", "a1", at(day)));
    let job = deployed("job", "a1", at(69));
    let delivery = delivery([&api[..], &web[..], &[job]].concat());
    let histories = [named("acme/api", ONE)];
    let options = options(70);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let services = by_service(&data);
    let of = |name: &str| &services.iter().find(|one| one.service == name).unwrap().rows;
    assert_a_week(of("api"), 1.0);
    assert_a_week(of("web"), 0.5);
    // A rate of less than a week would say nothing: one in a week.
    assert_a_week(of("job"), 1.0);
    assert_a_week(&overall(&data), 1.0);
}

#[test]
fn a_deployment_that_starts_after_its_end_took_no_time() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits a2 "Add x"
    "#;
    let wrong = |queued: Option<&str>| Deployment {
        started: Some(instant("2", "09:30")),
        queued: queued.map(|time| instant("2", time)),
        ..deployed("api", "a2", instant("2", "09:00"))
    };
    let histories = [named("acme/api", story)];
    for queued in [None, Some("08:30"), Some("10:00")] {
        let first = deployed("api", "a1", instant("1", "09:00"));
        let delivery = delivery(vec![first, wrong(queued)]);
        let options = options(10);
        let data = Dataset::with_delivery(&histories, &delivery, &options);
        let second = &data.deployments.list[1];
        assert_eq!(second.began(), instant("2", "09:00"), "queued {queued:?}");
        let journey = &data.items.iter().nth(1).unwrap().journey;
        assert_eq!(journey.at(Boundary::InProduction), Some(instant("2", "09:00")));
        assert_eq!(journey.stage(Stage::Deploy), Some(Millis::ZERO));
        assert_eq!(journey.stage(Stage::ReleaseWait), Some(Millis::HOUR));
    }
}

#[test]
fn a_deployment_that_knows_only_its_version_brings_what_the_tag_of_that_name_holds() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        2 08:00 bo  commits a2 "Add x"
        2 09:00 bo  tags v1.1.0 at a2
        3 08:00 bo  commits a3 "Add y"
        3 09:00 bo  tags v1.2.0 at a3
    "#;
    let version = |version: &str, day: &str| Deployment {
        version: version.to_owned(),
        commit: String::new(),
        ..deployed("api", "a1", instant(day, "10:00"))
    };
    let histories = [named("acme/api", story)];
    // 0.9 is of nobody knows which commit: it was there before, and is older than 1.1.
    let steps = [("0.9.0", "1"), ("1.0.0", "2"), ("1.1.0", "3"), ("0.9.0", "4"), ("1.2.0", "5")];
    let delivery = delivery(steps.map(|(name, day)| version(name, day)).into());
    let options = options(10);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let arrived =
        |row: usize| data.items.iter().nth(row).unwrap().journey.at(Boundary::InProduction);
    assert_eq!(arrived(1), Some(instant("3", "10:00")));
    assert_eq!(arrived(2), Some(instant("5", "10:00")));
    let back: Vec<bool> =
        data.deployments.list.iter().map(|one| matches!(one.kind, Kind::Rollback(_))).collect();
    assert_eq!(back, [false, false, false, true, false]);
}

#[test]
fn one_hot_change_does_not_make_a_train_a_hotfix() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits a2 "Mend x (#2)"
        3 08:00 bo  commits a3 "Add y (#3)"
        4 08:00 bo  commits a4 "Mend y (#4)"
        5 08:00 bo  commits a5 "Add z (#5)"
        6 08:00 bo  commits a6 "Revert z" reverts a5
    "#;
    let request = |number: u64, label: &str| {
        let labels = vec![label.to_owned()];
        let state = ChangeState { number, labels, ..ChangeState::default() };
        Request {
            key: format!("acme/api#{number}"),
            state: Some((START, state)),
            ..Request::default()
        }
    };
    let labels = [(2, "Hotfix"), (3, "feature"), (4, "hotfix"), (5, "feature")];
    let requests = labels.map(|(number, label)| request(number, label)).to_vec();
    let kinds = |stops: &[&str]| {
        let deployments = stops
            .iter()
            .zip(10..)
            .map(|(commit, day)| deployed("api", commit, instant(&day.to_string(), "09:00")));
        let requests = requests.clone();
        let delivery = Delivery { requests, ..delivery(deployments.collect()) };
        let histories = [named("acme/api", story)];
        let options = options(60);
        let data = Dataset::with_delivery(&histories, &delivery, &options);
        let list = data.deployments.list.iter().skip(1);
        list.map(|one| (one.shipped.len(), one.kind.clone())).collect::<Vec<_>>()
    };
    let hot = |why: &str| Kind::Hotfix(why.into());
    // Each alone; then the hot one with the other; then the revert with what it reverts.
    assert_eq!(
        kinds(&["a1", "a2", "a3", "a4", "a6"]),
        [
            (1, hot("request #2 has the label Hotfix")),
            (1, Kind::Planned),
            (1, hot("request #4 has the label hotfix")),
            (2, Kind::Planned),
        ]
    );
    assert_eq!(kinds(&["a1", "a3", "a5", "a6"])[..2], [(2, Kind::Planned), (2, Kind::Planned)]);
    assert_eq!(kinds(&["a1", "a4", "a5"])[0], (3, Kind::Planned));
    assert_eq!(kinds(&["a5", "a6"]), [(1, hot("all that it brings are reverts"))]);
}

#[test]
fn of_forks_that_share_a_commit_the_one_is_meant_that_the_record_names() {
    let upstream = named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 ana commits a2 "Add x"
        "#,
    );
    let fork = named(
        "cy/api",
        r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 ana commits a2 "Add x"
        3 08:00 cy  commits c3 "Add y"
        "#,
    );
    let of = |repository: &str, commit: &str, time: &str| Deployment {
        repository: repository.to_owned(),
        ..deployed("api", commit, instant("4", time))
    };
    let delivery = delivery(vec![
        of("cy/api", "a2", "09:00"),
        of("acme/api", "a2", "11:00"),
        of("", "a2", "13:00"),
        // Only the fork has it, whatever the record says.
        of("acme/api", "c3", "15:00"),
        // Nobody has it: the name is all that is known.
        of("cy/api", "dd", "17:00"),
        of("", "dd", "19:00"),
    ]);
    let histories = [upstream, fork];
    let options = options(10);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let found: Vec<_> = data
        .deployments
        .list
        .iter()
        .map(|one| {
            (
                one.repository.map(|row| histories[row.index()].repository.as_str()),
                one.position.map(RowIx::number),
            )
        })
        .collect();
    let (own, fork) = (Some("acme/api"), Some("cy/api"));
    assert_eq!(
        found,
        [
            (fork, Some(1)),
            (own, Some(1)),
            (own, Some(1)),
            (fork, Some(2)),
            (fork, None),
            (None, None)
        ]
    );
    // What was deployed of the fork brought nothing of the other to production.
    let brought = &data.deployments.list[3].shipped;
    assert_eq!(brought[..], [(1, 2)]);
}

fn service(name: &str, repository: &str, paths: &str) -> Service {
    Service {
        name: name.to_owned(),
        repositories: vec![repository.to_owned()],
        paths: GlobSet::builder().add(Glob::new(paths).unwrap()).build().unwrap(),
        aliases: Vec::new(),
    }
}

#[test]
fn the_paths_of_a_service_count_in_its_own_repositories_alone() {
    let mono = |first: &str| {
        format!(
            r#"
            1 08:00 ana commits {first}1 "Start" edits README.md 0,0,1
            2 08:00 ana commits {first}2 "Add x" edits api/x.rs 0,0,3
            3 08:00 ana commits {first}3 "Add y" edits web/y.rs 0,0,3
            4 08:00 ana commits {first}4 "Add z" edits docs/z.md 0,0,3
            "#
        )
    };
    let histories = [named("acme/one", &mono("a")), named("acme/two", &mono("b"))];
    let mut deployments = Vec::new();
    for (name, service) in [("a", "api"), ("a", "web"), ("b", "job")] {
        let from = |commit: &str, day: &str| {
            deployed(service, &format!("{name}{commit}"), instant(day, "09:00"))
        };
        deployments.extend([from("1", "1"), from("4", "5")]);
    }
    let delivery = delivery(deployments);
    let mut options = options(10);
    options.collected.services = vec![
        service("api", "acme/one", "api/**"),
        service("web", "acme/one", "web/**"),
        service("job", "acme/two", "web/**"),
    ];
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let brought = |service: &str| {
        let list = data.deployments.list.iter();
        let of = list.filter(|one| *one.service == *service);
        of.flat_map(|one| one.shipped.iter().map(|(_, change)| change + 1)).collect::<Vec<_>>()
    };
    // The last change touches neither: it may concern both.
    assert_eq!(brought("api"), [2, 4]);
    assert_eq!(brought("web"), [3, 4]);
    // The paths of api are no service's in the other repository.
    assert_eq!(brought("job"), [2, 3, 4]);
}
