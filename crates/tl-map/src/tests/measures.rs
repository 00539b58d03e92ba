//! What the report says of groups: who is hidden, what is compared, how much flows.

use std::fmt::Write as _;

use super::shown::report;
use crate::report::{Report, Visibility};

/// `changes` direct pushes, one an hour, by `people` people in turn, with what `more` says.
fn pushes(day: i64, first: char, people: usize, changes: usize, more: &str) -> String {
    let mut story = String::new();
    for change in 0..changes {
        let (hour, minute) = (change / 60 % 24, change % 60);
        let who = format!("{first}{}", change % people.max(1));
        let id = format!("{:04x}{:02x}{change:04x}", u32::from(first), day);
        writeln!(story, "{day} {hour:02}:{minute:02} {who} commits {id} \"x\" {more}").unwrap();
    }
    story
}

fn cohort(report: &Report, label: &str) -> (u64, u64, Visibility) {
    let row = report.cohorts.rows.iter().find(|row| row.cohort.label() == label).unwrap();
    (row.changes, row.people, row.visibility)
}

#[test]
fn a_cohort_of_fewer_than_five_people_is_hidden_before_it_is_too_few() {
    let story = pushes(1, 'p', 8, 40, "") + &pushes(2, 'q', 4, 12, "with claude");
    let report = report(&[&story], |_| {});
    assert_eq!(cohort(&report, "AI-assisted"), (12, 4, Visibility::Hidden));
    assert_eq!(cohort(&report, "no evidence"), (40, 8, Visibility::Shown));
    assert_eq!(report.cohorts.rows[0].to_release.value, None);
    assert!(report.cohorts.comparisons.is_empty(), "the hidden cohort is not compared either");
    let bounds = report.cohorts.misclassification.and_then(|found| found.difference_bounds);
    assert_eq!(bounds, None, "nor do its failures stand in the bounds");
    assert!(report.usage.rows.iter().any(|row| row.visibility == Visibility::Hidden));
}

#[test]
fn a_cohort_of_five_people_with_few_changes_is_too_few() {
    let story = pushes(1, 'p', 8, 40, "") + &pushes(2, 'q', 5, 12, "with claude");
    let report = report(&[&story], |_| {});
    assert_eq!(cohort(&report, "AI-assisted"), (12, 5, Visibility::TooFew));
}

#[test]
fn agents_and_bots_are_not_people_and_are_never_hidden() {
    let story = pushes(1, 'p', 8, 40, "")
        + &pushes(2, 'q', 1, 30, "by copilot")
        + &pushes(3, 'r', 1, 30, "by dependabot");
    let report = report(&[&story], |_| {});
    assert_eq!(cohort(&report, "agent-authored"), (30, 1, Visibility::Shown));
    assert_eq!(cohort(&report, "bot"), (30, 1, Visibility::Shown));
}

#[test]
fn an_agent_makes_no_crowd_of_four_people() {
    let story = pushes(1, 'p', 4, 40, "") + &pushes(2, 'q', 1, 30, "by copilot");
    let report = report(&[&story], |_| {});
    assert_eq!(cohort(&report, "no evidence"), (40, 4, Visibility::Shown), "all there are");
    let story = story + &pushes(3, 'r', 1, 20, "");
    let report = self::report(&[&story], |_| {});
    assert_eq!(cohort(&report, "no evidence"), (60, 5, Visibility::Shown));
}

#[test]
fn in_a_repository_of_fewer_than_five_people_a_cell_needs_everybody() {
    let alone = pushes(1, 'p', 1, 30, "") + &pushes(2, 'p', 1, 30, "with claude");
    let report = report(&[&alone], |_| {});
    assert_eq!(cohort(&report, "AI-assisted"), (30, 1, Visibility::Shown));
    assert!(report.usage.rows.iter().all(|row| row.visibility == Visibility::Shown));
    let three = pushes(1, 'p', 2, 30, "") + &pushes(2, 'q', 1, 30, "with claude");
    let report = self::report(&[&three], |_| {});
    assert_eq!(cohort(&report, "AI-assisted"), (30, 1, Visibility::Hidden));
    assert!(report.usage.rows.iter().all(|row| row.visibility == Visibility::Hidden));
    assert!(report.value_stream.changes > 0, "the whole stays readable");
}

#[test]
fn the_few_people_beside_agents_are_left_out_of_the_comparison() {
    let story = pushes(1, 'p', 8, 40, "edits a 0,0,9")
        + &pushes(2, 'q', 1, 30, "by copilot edits a 0,0,5")
        + &pushes(3, 'r', 2, 20, "with claude edits a 0,0,5");
    let report = report(&[&story], |_| {});
    let lines = report.cohorts.comparisons.iter().find(|row| row.measure == "lines changed");
    assert_eq!(lines.map(|row| row.a.n), Some(30));
}

#[test]
fn rates_are_of_the_part_of_the_window_that_the_repository_has() {
    let story = pushes(1, 'p', 8, 40, "") + &pushes(30, 'q', 8, 40, "");
    let report = report(&[&story], |options| {
        options.until = Some(super::story::START + tl_core::time::Millis::days(28));
    });
    let weekly = 40.0 / 4.0;
    let arrivals = report.usage.rows[0].throughput.value.unwrap_or_default();
    assert!((arrivals * 8.0 - weekly).abs() < 1e-9, "{arrivals} a week and author");
}

#[test]
fn the_wip_of_the_whole_line_is_the_sum_of_its_stages() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        2 09:00 bo  commits b1 "work" on topic from a1
        2 09:00 bo  pushes #12 at b1
        3 09:00 bo  commits c1 "open" on other from a1
        3 09:00 bo  pushes #13 at c1
        5 08:00 bo  commits a2 "Add x (#12)"
        6 08:00 cy  commits a3 "Add y (#14)"
    "#;
    let stream = report(&[story], |_| {}).value_stream;
    let wip: Vec<u64> = stream.stages.iter().map(|stage| stage.wip).collect();
    assert_eq!((wip, stream.total.wip), (vec![0, 1, 2], 3));
    let oldest = stream.total.oldest.unwrap();
    assert_eq!((oldest.change.as_str(), oldest.hours), ("#12", 95.0));
}

#[test]
fn each_week_of_the_window_has_one_point() {
    let story = pushes(1, 'p', 2, 4, "") + &pushes(20, 'q', 2, 4, "");
    let report = report(&[&story], |options| {
        options.since = Some(super::story::START);
        options.until = Some(super::story::START + tl_core::time::Millis::days(28));
    });
    let merged: Vec<u64> = report.series.weeks.iter().map(|week| week.merged).collect();
    assert_eq!(merged, [4, 4, 8, 8]);
}

#[test]
fn a_wait_for_release_that_goes_on_is_not_forgotten() {
    let mut story = pushes(1, 'a', 6, 1, "") + "1 09:00 a0 tags v1.0.0 at 0061010000\n";
    story += &pushes(2, 'b', 6, 10, "");
    story += "3 00:00 b0 annotates v1.1.0 at 0062020009\n";
    story += &pushes(4, 'c', 6, 30, "");
    story += "60 00:00 c0 commits 0063ff \"Much later\"\n";
    let stage = &report(&[&story], |_| {}).value_stream.stages[2];
    assert_eq!((stage.n, stage.open), (10, 31));
    assert_eq!(stage.p50.value, None, "half of them have not been released: {:?}", stage.p50);
    assert!(stage.p50.note.as_deref().is_some_and(|why| why.contains("still waiting")));
}

#[test]
fn a_change_taken_back_before_its_release_makes_no_release_fail() {
    let story = |revert: &str| {
        format!(
            r#"
            1 08:00 ana commits a1 "Start"
            1 08:00 ana tags v1.0.0 at a1
            2 08:00 ana commits a2 "Add x"
            {revert}
            4 08:00 ana commits a4 "Release"
            4 08:00 ana tags v1.1.0 at a4
            6 08:00 ana commits a5 "Add y" reverts a300000
            9 08:00 ana tags v1.2.0 at a5
            60 08:00 ana commits a6 "Later"
            "#
        )
    };
    let dora = |revert: &str| {
        let report = report(&[&story(revert)], |_| {});
        let figure = |id: &str| {
            let row = report.dora.iter().find(|row| row.id == id);
            row.and_then(|row| row.figure.value)
        };
        (figure("change-fail-rate"), figure("failed-deployment-recovery-time"))
    };
    let before = r#"3 08:00 bo commits a3 "Revert x" reverts a2"#;
    assert_eq!(dora(before), (Some(0.0), None));
    let after = r#"3 08:00 bo commits a3 "Add z""#;
    assert_eq!(dora(after), (Some(1.0 / 3.0), Some(48.0)));
}

#[test]
fn packages_released_at_one_commit_are_one_release_event() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 08:00 ana tags api@1.0.0 at a1
        8 08:00 ana commits a2 "Release"
        8 08:00 ana tags api@1.1.0 at a2
        8 08:00 ana tags web@1.1.0 at a2
    "#;
    let report = report(&[story], |_| {});
    assert_eq!(report.cadence.releases, 2);
    assert_eq!(report.cadence.packages, [("api".to_owned(), 2), ("web".to_owned(), 1)]);
    assert_eq!(report.cadence.gap_p50.value, Some(168.0));
}

/// A clone without request heads, of a repository that squashes: only three direct pushes have a
/// start.
#[test]
fn where_nearly_every_start_is_unknown_nothing_is_ranked() {
    let squashes: String = (1..=20)
        .map(|day| format!("{day} 09:00 p{} commits {day:06x}aa \"x (#{day})\"\n", day % 6))
        .collect();
    let pushes = pushes(21, 'q', 3, 3, "");
    let tags = "1 10:00 ci tags v1.0.0 at 000001aa\n22 10:00 ci tags v1.1.0 at 000014aa\n";
    let report = report(&[&(squashes + &pushes + tags)], |_| {});
    assert_eq!(report.value_stream.unknown_start, 20);
    assert!(report.invest_first.ranking.is_empty());
    assert_eq!(
        report.invest_first.sentence,
        "The first commit of 20 of 23 changes is unknown, so the waits cannot be ranked; the heads \
         of their requests would tell. Known is the wait from merge to release: half of 19 changes \
         waited 9.0 d or less."
    );
}
