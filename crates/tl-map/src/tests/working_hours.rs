//! Stages in working hours, beside calendar time of the same changes.

use tl_core::delivery::{Delivery, Deployment};
use tl_core::fact::Outcome;
use tl_core::time::Millis;

use super::story::{START, history, id, instant};
use crate::dataset::Dataset;
use crate::options::Options;
use crate::report::Figure;
use crate::report::collected::BusinessHours;

/// Day 1 is a Thursday. One change is merged on Friday at 16:00 and its deployment goes on from
/// Monday 10:00 to 11:00; another is merged on Tuesday at 9:00 and deployed from 11:00 to 12:00.
fn measured(choose: fn(&mut Options)) -> Option<BusinessHours> {
    let mut history = history(
        r#"
        1 08:00 ana commits a1 "Start"
        2 16:00 bo  commits a2 "Add x"
        6 09:00 bo  commits a3 "Add y"
    "#,
    );
    history.repository = "acme/story".to_owned();
    let deployed = |commit: &str, day: &str, time: &str| {
        let finished = instant(day, time);
        Deployment {
            key: commit.to_owned(),
            repository: "acme/story".to_owned(),
            service: "api".to_owned(),
            environment: "production".to_owned(),
            commit: id(commit).to_string(),
            started: Some(finished - Millis::HOUR),
            finished: Some(finished),
            outcome: Outcome::Success,
            ..Deployment::default()
        }
    };
    let deployments = vec![
        deployed("a1", "1", "10:00"),
        deployed("a2", "5", "11:00"),
        deployed("a3", "6", "12:00"),
    ];
    let delivery = Delivery { deployments, ..Delivery::default() };
    let histories = [history];
    let mut options = Options {
        until: Some(START + Millis::days(60)),
        since: Some(START - Millis::days(1)),
        ..Options::at(START + Millis::days(60))
    };
    choose(&mut options);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    crate::map(&data).collected?.business_hours
}

/// Median and 90th percentile of a stage in working hours, then in calendar time.
fn stage(found: &BusinessHours, id: &str) -> (u64, [f64; 4]) {
    let row = found.rows.iter().find(|row| row.id == id).unwrap();
    let value = |figure: &Figure| figure.value.unwrap_or(f64::NAN);
    (row.n, [&row.p50, &row.p90, &row.calendar_p50, &row.calendar_p90].map(value))
}

#[track_caller]
fn assert_hours(found: [f64; 4], wanted: [f64; 4]) {
    let near = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-9);
    assert!(near, "{found:?}, wanted {wanted:?}");
}

#[test]
fn a_weekend_is_no_working_time_and_calendar_time_of_the_same_changes_stands_beside() {
    let found = measured(|options| options.collected.business_hours = true).unwrap();
    assert_eq!(found.calendar, "working hours");
    // 66 h over the weekend are 2 h of work, and the other change waited for 2 h.
    let (n, wait) = stage(&found, "release-wait");
    assert_eq!(n, 2);
    assert_hours(wait, [2.0, 2.0, 34.0, 59.6]);
    assert_hours(stage(&found, "deploy").1, [1.0; 4]);
    let (none, _) = stage(&found, "review-wait");
    assert_eq!(none, 0, "a direct push has no review");
    assert_eq!(found.rows.last().map(|row| row.id.as_str()), Some("total"));
}

#[test]
fn a_holiday_is_left_out_too_and_nothing_is_said_unless_asked() {
    let found = measured(|options| {
        options.collected.business_hours = true;
        options.collected.calendar.holidays.insert("2026-01-05".parse().unwrap());
    });
    // On that Monday nobody worked: 1 h of the one wait remains, and nothing of its deployment.
    let found = found.unwrap();
    assert_hours(stage(&found, "release-wait").1, [1.5, 1.9, 34.0, 59.6]);
    assert_hours(stage(&found, "deploy").1, [0.5, 0.9, 1.0, 1.0]);
    assert_eq!(measured(|_| {}), None);
}
