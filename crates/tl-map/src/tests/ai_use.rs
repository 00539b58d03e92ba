//! Telemetry of AI tools joined to authors, and what is said of usage cohorts.

use std::fmt::Write as _;

use tl_core::attribution::EvidenceLevel;
use tl_core::delivery::{Delivery, Deployment, Merge, Request, Usage};
use tl_core::fact::{AiUsage, ChangeState, Outcome};
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};

use super::story::{START, history, id, instant};
use crate::dataset::Dataset;
use crate::measure::ai_use::{AiUse, ai_use};
use crate::measure::paradox::paradox;
use crate::options::Options;
use crate::report::Visibility;
use crate::report::collected::Paradox;

fn used(person: &str, at: Timestamp, level: &str) -> Usage {
    let what = AiUsage { level: level.to_owned(), sessions: 1, ..AiUsage::default() };
    let key = format!("{person}/{}", at.as_millis());
    Usage { key, at, person: person.to_owned(), what, session: level == "E2" }
}

fn request(number: u64, author: &str) -> Request {
    let state = ChangeState { number, author: author.to_owned(), ..ChangeState::default() };
    Request {
        key: format!("acme/story#{number}"),
        state: Some((START, state)),
        merged: Some(Merge::default()),
        ..Request::default()
    }
}

fn told(story: &str) -> [History; 1] {
    let mut history = history(story);
    history.repository = "acme/story".to_owned();
    [history]
}

fn days(until: i64) -> Options {
    let (since, until) = (Some(START), Some(START + Millis::days(until)));
    Options { since, until, draws: 50, ..Options::at(START + Millis::days(400)) }
}

#[test]
fn people_are_joined_by_login_and_address_and_never_by_name() {
    let histories = told(
        r#"
        2 12:00 ana commits a1 "Add x (#1)"
        2 13:00 bo  commits a2 "Add y (#2)"
        2 14:00 cy  commits a3 "Add z (#3)"
        2 15:00 cy  commits a4 "Add w (#4)" with claude
        2 16:00 copilot commits a5 "Add v (#5)"
        "#,
    );
    let at = instant("2", "11:30");
    let delivery = Delivery {
        requests: vec![request(1, "ana-acme"), request(2, "bo-acme"), request(3, "cy-acme")],
        usage: vec![
            used("ANA-acme", at, "E2"),
            used("bo@example.org", at, "E4"),
            // The same name as an author's, which proves nothing.
            used("cy", at, "E2"),
        ],
        ..Delivery::default()
    };
    let options = days(10);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    let uses = AiUse::new(&data);
    let levels: Vec<Option<EvidenceLevel>> =
        data.items.iter().map(|item| uses.evidence(item)).collect();
    let (e2, e3, e4) = (EvidenceLevel::E2, EvidenceLevel::E3, EvidenceLevel::E4);
    assert_eq!(levels, [Some(e2), Some(e4), None, Some(e3), Some(e3)]);
    let table = ai_use(&data, &uses).unwrap();
    let counts: Vec<u64> = table.by_level.iter().map(|row| row.changes).collect();
    assert_eq!(counts, [0, 2, 1, 1]);
    assert_eq!((table.leverage.value, table.changes), (Some(0.8), 5));
    assert_eq!((table.people_told_of, table.people_not_joined), (3, 1));
}

#[test]
fn a_login_belongs_to_the_address_that_the_team_says() {
    let histories = told(r#"2 12:00 cy commits a1 "Add x""#);
    let usage = vec![used("CY-42", instant("2", "11:30"), "E2")];
    let delivery = Delivery { usage, ..Delivery::default() };
    let mut options = days(10);
    let level = |options: &Options| {
        let data = Dataset::with_delivery(&histories, &delivery, options);
        AiUse::new(&data).evidence(data.items.iter().next().unwrap())
    };
    assert_eq!(level(&options), None);
    options.collected.people.insert("cy-42".to_owned(), "CY@example.org".to_owned());
    assert_eq!(level(&options), Some(EvidenceLevel::E2));
}

/// Twelve weeks. On Mondays from eight o'clock `b0` to `b4` push a change each, on every working day
/// from noon `a5` to `a9`, forty minutes apart, and each change is deployed a minute later. Every
/// day the last one is rolled back after six hours, and on each fourth Monday the one of `b4` after
/// one hour.
fn twelve_weeks() -> (String, Vec<Deployment>) {
    let mut story = "1 00:00 z0 commits ff \"Start\"\n".to_owned();
    let mut deployments = Vec::new();
    let mut deploy = |commit: &str, at: Timestamp| {
        deployments.push(Deployment {
            key: deployments.len().to_string(),
            repository: "acme/story".to_owned(),
            service: "api".to_owned(),
            environment: "production".to_owned(),
            commit: id(commit).to_string(),
            finished: Some(at),
            outcome: Outcome::Success,
            ..Deployment::default()
        });
    };
    deploy("ff", instant("1", "00:10"));
    let mut before = "ff".to_owned();
    // Day 5 is a Monday.
    for day in (5..89).filter(|day| (day - 5) % 7 < 5) {
        let is_monday = (day - 5) % 7 == 0;
        for person in if is_monday { 0..10 } else { 5..10 } {
            let team = if person < 5 { 'b' } else { 'a' };
            let minutes = 8 * 60 + person * 40 + if person < 5 { 0 } else { 40 };
            let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let commit = format!("{day:03}{person}c");
            writeln!(story, "{day} {time} {team}{person} commits {commit} \"x\"").unwrap();
            let at = instant(&day.to_string(), &time) + Millis::new(60_000);
            deploy(&commit, at);
            if person == 9 {
                deploy(&before, at + Millis::new(6 * 3_600_000));
            } else if person == 4 && (day - 5) % 28 == 0 {
                deploy(&before, at + Millis::HOUR);
            }
            before = commit;
        }
    }
    (story, deployments)
}

fn measured(usage: Vec<Usage>) -> Paradox {
    let (story, deployments) = twelve_weeks();
    let histories = told(&story);
    let delivery = Delivery { deployments, usage, ..Delivery::default() };
    let options = days(130);
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    paradox(&data, &AiUse::new(&data)).unwrap()
}

#[test]
fn daily_users_who_deploy_daily_stand_beside_weekly_ones_with_the_surveys_figures() {
    let mut usage = Vec::new();
    for day in 5..89 {
        let morning = instant(&day.to_string(), "08:00");
        for person in 5..10 {
            let who = format!("a{person}@example.org");
            usage.push(used(&who, morning, "E2"));
            usage.push(used(&who, morning + Millis::HOUR, "E2"));
        }
    }
    let found = measured(usage);
    assert_eq!((found.by_telemetry, found.by_evidence), (5, 6));
    let [most, least] = &found.rows[..] else { panic!("{:?}", found.rows) };
    assert_eq!((most.usage.as_str(), most.people, most.changes), ("very frequent", 5, 300));
    assert_eq!((least.usage.as_str(), least.people, least.changes), ("none known", 6, 61));
    assert_eq!((most.production_days.value, most.daily.own.value), (Some(5.0), Some(1.0)));
    // Of the six, one committed once and its change was there before the first deployment ended.
    let weekly = least.production_days.value.unwrap();
    assert!((weekly - 60.0 / 61.0).abs() < 1e-9, "{weekly}");
    assert_eq!(least.daily.own.value, Some(0.0));
    let survey = |row: &crate::report::collected::ParadoxRow| {
        [row.daily.survey, row.failed.survey, row.recovery.survey]
    };
    assert_eq!(survey(most), [Some(0.45), Some(0.22), Some(7.6)]);
    assert_eq!(survey(least), [None; 3]);
    // Sixty of three hundred, and three of sixty-one.
    let failed = [most, least].map(|row| row.failed.own.value);
    assert_eq!(failed, [Some(0.2), Some(3.0 / 61.0)]);
    let recovery = [most, least].map(|row| row.recovery.own.value.map(f64::round));
    assert_eq!(recovery, [Some(6.0), Some(1.0)]);
    // Pushes at 8:00 and 8:40, and the first commit at midnight.
    assert_eq!(most.after_hours.value, Some(0.0));
    assert!((least.after_hours.value.unwrap() - 25.0 / 61.0).abs() < 1e-9);
    let crude = found.adjusted.crude.value.unwrap();
    assert!((crude - 0.2 / (3.0 / 61.0)).abs() < 1e-9, "{crude}");
    insta::assert_snapshot!(found.says.join("\n"), @r"
    Authors of very frequent use brought changes to production on more days than authors of no known use: 5.0 against 1.0 a week; an association, not a cause.
    Like with like, changes of frequent users failed 4.32 times as often as those of the others (1.34 to 13.98); an association, not a cause.
    Authors before and after their first known use: no author has 10 changes that tell before and after a first known use.
    ");
}

#[test]
fn without_telemetry_nobody_is_compared_and_it_says_why() {
    let found = measured(Vec::new());
    assert_eq!((found.by_telemetry, found.rows.len()), (0, 1));
    assert_eq!(found.adjusted.ratio.value, None);
    insta::assert_snapshot!(found.says.join("\n"), @r"
    Days in production: fewer than two usage cohorts can be shown, so nothing can be compared.
    Failures of frequent users against the others: there is nobody to compare with.
    Authors before and after their first known use: no author has 10 changes that tell before and after a first known use.
    ");
}

#[test]
fn a_cohort_of_four_is_hidden_in_every_column() {
    let usage =
        (5..9).map(|person| used(&format!("a{person}@example.org"), instant("9", "08:00"), "E2"));
    let found = measured(usage.collect());
    let row = &found.rows[0];
    assert_eq!((row.usage.as_str(), row.visibility), ("occasional", Visibility::Hidden));
    let figures = [
        &row.production_days,
        &row.daily.own,
        &row.failed.own,
        &row.recovery.own,
        &row.after_hours,
        &row.rework,
    ];
    assert!(figures.iter().all(|figure| figure.value.is_none()), "{row:?}");
    assert_eq!(found.before_after.failed.value, None, "nor are four compared with themselves");
}

#[test]
fn authors_are_compared_with_themselves_before_their_first_known_use() {
    // From day 47 on, after six of the twelve weeks.
    let usage =
        (5..10).map(|person| used(&format!("a{person}@example.org"), instant("47", "08:00"), "E2"));
    let Paradox { before_after: found, says, .. } = measured(usage.collect());
    // Thirty changes in six weeks before, and thirty in six weeks after.
    assert_eq!((found.people, found.changes_per_week.n), (5, 5));
    assert_eq!(found.changes_per_week.value, Some(0.0));
    // Of each side's thirty, `a9`'s failed, and that did not change either.
    assert_eq!((found.failed.value, found.failed.n), (Some(0.0), 5));
    assert_eq!(found.to_merge.value, None, "direct pushes have no way to their merge");
    insta::assert_snapshot!(says[2], @"Authors before and after their first known use, in the median: failures +0.0 points, no difference seen; changes a week +0.0, no difference seen. Other things changed over that time as well.");
}
