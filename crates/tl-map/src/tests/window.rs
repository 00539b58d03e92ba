//! What is known at the end of a window, and what is not yet.

use super::shown::report;
use super::story::{START, history};
use crate::dataset::Dataset;
use crate::journey_row::{JourneyRow, rows};
use crate::options::Options;
use tl_core::time::Millis;

/// `change: release, failed` of each row, seen at the end of a day of the story.
fn seen(story: &str, day: i64) -> String {
    let histories = [history(story)];
    let mut options = Options::at(START + Millis::days(5_000));
    options.until = Some(START + Millis::days(day));
    options.draws = 10;
    let data = Dataset::new(&histories, &options);
    let line = |row: JourneyRow| {
        let change = row.change.trim_end_matches('0').to_owned();
        let release = row.release.unwrap_or_else(|| "not released".to_owned());
        let failed = match row.failed {
            Some(true) => "failed",
            Some(false) => "fine",
            None => "too young",
        };
        format!("{change} {}: {release}, {failed}\n", row.repository)
    };
    rows(&data, false).into_iter().map(line).collect()
}

const STORY: &str = r#"
    1 08:00 ana commits a1 "Start"
    1 09:00 ana tags v1.0.0 at a1
    2 09:00 bo  commits b1 "work" on topic from a1
    3 09:00 bo  pushes #12 at b1
    5 08:00 bo  commits a2 "Add x (#12)"
    9 08:00 ana commits a3 "Release"
    9 08:00 ana tags v1.1.0 at a3
    20 08:00 cy commits a4 "Revert x" reverts a2
    21 08:00 cy commits a5 "Something else"
    21 08:00 cy tags v1.2.0 at a5
"#;

#[test]
fn an_end_in_the_past_hides_what_came_later() {
    insta::assert_snapshot!(seen(STORY, 6), @r#"
    a1 story: not released, too young
    #12 story: not released, too young
    "#);
    insta::assert_snapshot!(seen(STORY, 10), @r#"
    a1 story: not released, too young
    #12 story: v1.1.0, too young
    a3 story: v1.1.0, too young
    "#);
    insta::assert_snapshot!(seen(STORY, 20), @r#"
    a1 story: not released, too young
    #12 story: v1.1.0, failed
    a3 story: v1.1.0, too young
    a4 story: not released, too young
    "#);
    insta::assert_snapshot!(seen(STORY, 40), @r#"
    a1 story: not released, fine
    #12 story: v1.1.0, failed
    a3 story: v1.1.0, fine
    a4 story: v1.2.0, too young
    a5 story: v1.2.0, too young
    "#);
}

#[test]
fn a_report_of_the_past_is_the_report_that_was_made_then() {
    let then = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        2 09:00 bo  commits b1 "work" on topic from a1
        3 09:00 bo  pushes #12 at b1
        5 08:00 bo  commits a2 "Add x (#12)"
        9 08:00 ana commits a3 "Release"
        9 08:00 ana tags v1.1.0 at a3
    "#;
    let at = |story| {
        let mut report = report(&[story], |options| options.until = Some(START + Millis::days(12)));
        report.repositories.clear();
        report
    };
    assert_eq!(at(STORY), at(then));
}

#[test]
fn a_request_merged_after_the_end_was_open_then() {
    let report = report(&[STORY], |options| options.until = Some(START + Millis::days(4)));
    assert_eq!((report.funnel.open, report.funnel.merged), (1, 0));
    let review = &report.value_stream.stages[1];
    assert_eq!(review.oldest.as_ref().map(|item| item.change.as_str()), Some("#12"));
    assert_eq!((review.wip, report.value_stream.total.wip), (1, 1));
}

#[test]
fn a_failure_counts_up_to_the_last_instant_of_the_failure_window() {
    let story = |hour: &str| {
        format!(
            r#"
            1 08:00 ana commits a1 "Add x"
            31 {hour} bo commits a2 "Revert x" reverts a1
            90 08:00 ana commits a3 "Later"
            "#
        )
    };
    let failed = |hour| {
        let report = report(&[&story(hour)], |_| {});
        (report.failures.eligible, report.failures.strict.value.map(|share| share > 0.0))
    };
    assert_eq!(failed("08:00"), (2, Some(true)));
    assert_eq!(failed("08:01"), (2, Some(false)));
}

#[test]
fn a_change_counts_once_it_was_followed_for_the_whole_window() {
    let story = r#"1 08:00 ana commits a1 "Add x""#;
    let eligible = |hours: i64| {
        let until = START + Millis::days(30) + Millis::new(hours * 3_600_000);
        let report = report(&[story], |options| options.until = Some(until));
        (report.failures.eligible, report.failures.strict.note)
    };
    let note = "no change has 30 days of follow-up yet".to_owned();
    assert_eq!(eligible(7), (0, Some(note)));
    assert_eq!(eligible(8), (1, None));
}

#[test]
fn two_repositories_share_their_people() {
    let one = r#"1 08:00 ana commits a1 "Start"
                 2 08:00 bo  commits a2 "More""#;
    let other = r#"1 08:00 bo  commits b1 "Start"
                   2 08:00 ana commits b2 "More""#;
    let report = report(&[one, other], |_| {});
    assert_eq!(report.cohorts.rows[0].people, 2);
    assert_eq!(report.usage.rows[0].people, 2);
    assert_eq!(report.cohorts.rows[0].changes, 4);
}

#[test]
fn a_change_belongs_to_the_first_team_that_has_its_author_or_a_path() {
    let story = r#"
        1 08:00 ana commits a1 "Start" edits api/main.rs 0,0,5
        2 08:00 bo  commits a2 "More" edits web/main.rs 0,0,5
        3 08:00 cy  commits a3 "Docs" edits README.md 0,0,5
    "#;
    let teams = |options: &mut Options| {
        let team = |name: &str, author: &str, path: &str| {
            let paths = globset::GlobSetBuilder::new()
                .add(globset::Glob::new(path).unwrap())
                .build()
                .unwrap();
            crate::options::Team { name: name.to_owned(), authors: vec![author.to_owned()], paths }
        };
        options.teams = vec![
            team("back", "bo@example.org", "api/**"),
            team("front", "nobody@example.org", "web/**"),
        ];
    };
    let report = report(&[story], teams);
    let rows: Vec<_> =
        report.teams.iter().map(|row| (row.team.as_str(), row.changes, row.people)).collect();
    assert_eq!(rows, [("back", 2, 2), ("front", 0, 0)]);
}

#[test]
fn an_empty_repository_still_has_a_report_that_says_why_it_is_empty() {
    let report = report(&[""], |_| {});
    assert_eq!(report.value_stream.changes, 0);
    let missing = |figure: &crate::report::Figure| figure.note.clone().unwrap_or_default();
    assert_eq!(missing(&report.value_stream.stages[2].p50), "no release yet");
    assert_eq!(missing(&report.value_stream.total.p50), "no release yet");
    assert!(report.invest_first.sentence.starts_with("No change has a known start"));
}
