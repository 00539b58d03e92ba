use tl_core::attribution::Cohort;
use tl_core::history::History;
use tl_core::time::Timestamp;

use super::story::history;
use crate::dataset::{Dataset, Narrowed};
use crate::options::{Only, Options, Team};
use crate::report::Report;
use crate::{explain, journey_row, map};

/// Two repositories: ana, bo and cy in one, ana and di in the other.
fn two() -> [History; 2] {
    let mut harbour = history(
        "1 09:00 ana commits a1 \"Start\"
         2 09:00 bo  commits a2 \"Second\" with claude
         3 09:00 cy  commits a3 \"Third\"
         4 09:00 ana tags v1.0.0 at a3
         5 09:00 bo  commits a4 \"Revert\" reverts a2
         9 09:00 ana tags v1.1.0 at a4",
    );
    harbour.name = "harbour".to_owned();
    let mut lantern = history(
        "1 10:00 ana commits b1 \"Start\"
         2 10:00 di  commits b2 \"Second\"
         3 10:00 di  tags v0.1.0 at b2
         8 10:00 ana commits b3 \"Third\" with claude",
    );
    lantern.name = "lantern".to_owned();
    [harbour, lantern]
}

fn options(only: Only) -> Options {
    let team = |name: &str, authors: &[&str]| Team {
        name: name.to_owned(),
        authors: authors.iter().map(|one| format!("{one}@example.org")).collect(),
        paths: Default::default(),
    };
    Options {
        draws: 20,
        privacy_floor: 1,
        teams: vec![team("docks", &["ana", "bo"]), team("lamps", &["cy", "di"])],
        only,
        ..Options::at(Timestamp::parse("2026-02-01").unwrap())
    }
}

/// Changes, failed changes and releases of a part, with its rows.
fn counts(only: Only) -> (Report, Vec<String>) {
    let (histories, options) = (two(), options(only));
    let data = Dataset::new(&histories, &options);
    let rows = journey_row::rows(&data, false);
    (map(&data), rows.into_iter().map(|row| row.change).collect())
}

fn repository(name: &str) -> Only {
    Only { repositories: vec![name.to_owned()], ..Only::default() }
}

fn team(name: &str) -> Only {
    Only { teams: vec![name.to_owned()], ..Only::default() }
}

#[test]
fn parts_add_up_to_the_whole() {
    let (whole, all) = counts(Only::default());
    assert_eq!(whole.value_stream.changes, 7);
    let cohort = |cohort| Only { cohort: Some(cohort), ..Only::default() };
    let ways = [
        vec![repository("harbour"), repository("lantern")],
        vec![team("docks"), team("lamps")],
        vec![cohort(Cohort::AiAssisted), cohort(Cohort::NoEvidence)],
    ];
    for way in ways {
        let parts: Vec<_> = way.into_iter().map(counts).collect();
        let sum = |of: fn(&Report) -> u64| parts.iter().map(|(report, _)| of(report)).sum::<u64>();
        assert_eq!(sum(|report| report.value_stream.changes), whole.value_stream.changes);
        assert_eq!(sum(|report| report.series.changes.len() as u64), 7);
        assert_eq!(sum(|report| report.batch_size.lines_p50.n), whole.batch_size.lines_p50.n);
        assert!(parts.iter().all(|(report, _)| report.since == whole.since));
        let mut rows: Vec<String> = parts.into_iter().flat_map(|(_, rows)| rows).collect();
        let mut all = all.clone();
        rows.sort();
        all.sort();
        assert_eq!(rows, all, "a change is called the same in a part");
    }
}

#[test]
fn what_a_change_met_elsewhere_stays() {
    // The change of bo was reverted by bo; that of ana is its only neighbour in the team.
    let (histories, options) =
        (two(), options(Only { cohort: Some(Cohort::AiAssisted), ..Only::default() }));
    let data = Dataset::new(&histories, &options);
    let failed = data.items.iter().find(|item| item.failed_strict.is_some()).unwrap();
    assert_eq!(
        data.signs(failed)[0].by,
        data.change_name(0, 3),
        "the revert is not of this cohort"
    );
}

#[test]
fn the_other_repositories_are_gone_and_can_still_be_chosen() {
    let (histories, options) = (two(), options(repository("lantern")));
    let data = Dataset::new(&histories, &options);
    assert_eq!(data.known.repositories, ["harbour", "lantern"]);
    let report = map(&data);
    let names: Vec<&str> = report.repositories.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["lantern"]);
    assert_eq!(report.cadence.releases, 1);
    let explained = explain::explain(&data, "cadence", 10).unwrap();
    assert_eq!(explained.rows[0].item, "v0.1.0");
}

#[test]
fn a_name_that_nothing_has_is_an_empty_report() {
    for only in [
        repository("nowhere"),
        team("nobody"),
        Only { services: vec!["none".to_owned()], ..Only::default() },
        Only { cohort: Some(Cohort::Bot), ..Only::default() },
    ] {
        let (report, rows) = counts(only.clone());
        assert_eq!((report.value_stream.changes, rows.len()), (0, 0), "{only:?}");
        assert_eq!(report.cadence.releases, 0, "{only:?}");
    }
}

#[test]
fn a_part_of_fewer_people_than_the_floor_is_not_shown_apart_from_the_whole() {
    let histories = two();
    let hidden = |only: Only| {
        let options = Options { privacy_floor: 3, ..options(only) };
        let data = Dataset::new(&histories, &options);
        let gaps = map(&data).gaps;
        let says = gaps.iter().any(|gap| gap.id == "privacy-floor");
        assert_eq!(says, data.narrowed == Narrowed::Hidden);
        (says, data.items.len())
    };
    assert_eq!(hidden(repository("lantern")), (true, 0));
    assert_eq!(hidden(team("lamps")), (true, 0));
    assert!(!hidden(repository("harbour")).0, "three people");
    assert!(!hidden(Only::default()).0);
}

#[test]
fn a_login_belongs_to_the_team_of_its_address() {
    let mut histories = two();
    for person in &mut histories[0].people {
        person.email = person.name.to_lowercase();
    }
    let mut options = options(team("docks"));
    let changes = |options: &Options| map(&Dataset::new(&histories, options)).value_stream.changes;
    let before = changes(&options);
    let address = |login: &str| (login.to_owned(), format!("{login}@example.org"));
    options.collected.people = ["ana", "bo", "cy"].map(address).into();
    assert_eq!((before, changes(&options)), (2, 5));
}
