//! What reached production when, which deployments failed, and what mended them.

use std::fmt::Write as _;

use tl_core::delivery::{Delivery, Deployment, Incident};
use tl_core::fact::Outcome;
use tl_core::time::{Millis, Timestamp};

use super::story::{START, history, id, instant};
use crate::dataset::Dataset;
use crate::deployment::Kind;
use crate::journey::{Boundary, Stage};
use crate::options::Options;

/// A story of a repository and, in lines with `deploys`, `fails to deploy` and `incident`, of its
/// production: `3 09:00 ci deploys a2 to production of api`, `4 09:00 incident I1 of api until 5
/// 09:00 names a2`.
fn told(story: &str) -> String {
    let (facts, commits): (Vec<&str>, Vec<&str>) = story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .partition(|line| line.contains(" deploys ") || line.contains(" incident "));
    let mut history = history(&commits.join("\n"));
    history.repository = "acme/story".to_owned();
    let mut delivery = Delivery::default();
    for fact in facts {
        tell(&mut delivery, fact);
    }
    let histories = [history];
    let options = Options {
        until: Some(START + Millis::days(60)),
        since: Some(START - Millis::days(1)),
        ..Options::at(START + Millis::days(60))
    };
    let data = Dataset::with_delivery(&histories, &delivery, &options);
    shown(&data)
}

fn tell(delivery: &mut Delivery, fact: &str) {
    let words: Vec<&str> = fact.split_whitespace().collect();
    let at = instant(words[0], words[1]);
    let after = |word: &str| words.iter().position(|one| *one == word).map(|row| words[row + 1]);
    let service = after("of").unwrap_or_default().to_owned();
    if words[2] == "incident" {
        let until = words.iter().position(|one| *one == "until");
        let named = after("names").map(|commit| id(commit).to_string());
        let again = words.iter().position(|one| *one == "again");
        let instants = |from: usize| instant(words[from + 1], words[from + 2]);
        delivery.incidents.push(Incident {
            key: words[3].to_owned(),
            opened: Some(at),
            resolved: until.map(instants).into_iter().collect(),
            reopened: again.map(instants).into_iter().collect(),
            environment: after("in").unwrap_or_default().to_owned(),
            services: vec![service],
            commits: named.into_iter().collect(),
            ..Incident::default()
        });
        return;
    }
    delivery.deployments.push(Deployment {
        key: format!("d{}", delivery.deployments.len() + 1),
        repository: "acme/story".to_owned(),
        service,
        environment: after("to").unwrap_or("production").to_owned(),
        commit: after("deploys").map(|commit| id(commit).to_string()).unwrap_or_default(),
        branch: after("from").unwrap_or_default().to_owned(),
        started: Some(at - Millis::new(600_000)),
        finished: Some(at),
        outcome: if words.contains(&"badly") { Outcome::Failure } else { Outcome::Success },
        ..Deployment::default()
    });
}

fn shown(data: &Dataset<'_>) -> String {
    let when = |at: Timestamp| {
        let minutes = (at - START).get() / 60_000;
        format!("{} {:02}:{:02}", minutes / 1440 + 1, minutes / 60 % 24, minutes % 60)
    };
    let mut text = String::new();
    for item in data.items.iter() {
        let name = data.change_name(item.repository(), item.change());
        let name = name.trim_end_matches('0');
        write!(text, "{name} merged {}", when(item.merged)).unwrap();
        match item.journey.at(Boundary::InProduction) {
            Some(at) => {
                let wait = item.journey.stage(Stage::ReleaseWait).unwrap_or_default().hours();
                write!(text, ", in production {}, waited {wait:.1} h", when(at)).unwrap();
            }
            None if item.left_censored() => text.push_str(", left-censored"),
            None if item.is_waiting() => text.push_str(", waits"),
            None => text.push_str(", unknown"),
        }
        text.push('\n');
    }
    for one in &data.deployments.list {
        let what = one.what(&data.collected.records).to_string();
        let what = what.trim_end_matches('0');
        write!(text, "deployment of {what} {} {}", one.service, when(one.finished)).unwrap();
        if !one.is_success() {
            text.push_str(" failed to deploy");
        }
        match &one.kind {
            Kind::Planned => {}
            Kind::Rollback(why) => write!(text, ", rollback: {why}").unwrap(),
            Kind::Hotfix(why) => write!(text, ", hotfix: {why}").unwrap(),
        }
        write!(text, ", brings {}", one.shipped.len()).unwrap();
        for failure in &one.failures {
            write!(text, ", failed {:?}: {}", failure.grade, failure.why).unwrap();
        }
        if let Some(at) = one.recovered() {
            write!(text, ", recovered {}", when(at)).unwrap();
        }
        text.push('\n');
    }
    text.replace("00000000", "")
}

#[test]
fn what_the_first_known_deployment_holds_is_left_censored() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        3 08:00 bo  commits a3 "Add y"
        4 08:00 bo  commits a4 "Add z"
        5 08:00 ci  deploys a3 to staging of api
        5 09:00 ci  deploys a3 to production of api badly
        6 09:00 ci  deploys a3 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, left-censored
    a3 merged 3 08:00, in production 6 09:00, waited 72.8 h
    a4 merged 4 08:00, waits
    deployment of a2 api 2 09:00, brings 0
    deployment of a3 api 5 09:00 failed to deploy, brings 0
    deployment of a3 api 6 09:00, brings 1
    ");
}

#[test]
fn jobs_and_regions_of_one_commit_within_an_hour_are_one_deployment() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 ana commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 09:30 ci  deploys a2 to production of api
        2 09:40 ci  deploys a2 to production of web
        4 09:00 ci  deploys a2 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1
    deployment of a2 web 2 09:40, brings 0
    deployment of a2 api 4 09:00, brings 0
    ");
}

#[test]
fn an_older_commit_deployed_again_is_a_rollback_and_what_ran_before_it_failed() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 10:00 ci  deploys a1 to production of api
        3 08:00 bo  commits a3 "Mend x"
        3 09:00 ci  deploys a3 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    a3 merged 3 08:00, in production 3 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1, failed B: a1 is an ancestor of a2, which was running, recovered 2 10:00
    deployment of a1 api 2 10:00, rollback: a1 is an ancestor of a2, which was running, brings 0
    deployment of a3 api 3 09:00, brings 1
    ");
}

#[test]
fn a_revert_deployed_alone_is_a_hotfix() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 10:00 bo  commits a3 "Revert x" reverts a2
        2 11:00 ci  deploys a3 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    a3 merged 2 10:00, in production 2 11:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1, failed C: revert that names commit a2, failed D: all that it brings are reverts, recovered 2 11:00
    deployment of a3 api 2 11:00, hotfix: all that it brings are reverts, brings 1
    ");
}

#[test]
fn an_incident_names_a_deployment_or_else_the_last_one_is_a_guess() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        3 08:00 bo  commits a3 "Add y"
        3 09:00 ci  deploys a3 to production of api
        3 12:00 incident I1 of api until 3 14:00 names a2
        3 13:00 incident I2 of api until 3 15:00
        3 13:00 incident I3 of web until 3 15:00
        9 13:00 incident I4 of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    a3 merged 3 08:00, in production 3 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1, failed A: incident I1 names a change that it brought, recovered 3 14:00
    deployment of a3 api 3 09:00, brings 1, failed E: the last deployment before incident I2, 4.0 h earlier, recovered 3 15:00
    ");
}

#[test]
fn a_cherry_pick_on_a_release_branch_brings_its_origin_to_production() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        3 08:00 bo  commits a3 "Mend a1"
        3 09:00 bo  commits b1 "Mend a1" on release from a1 picks a3
        3 10:00 ci  deploys b1 to production of api
        9 10:00 ci  deploys a3 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 9 10:00, waited 169.8 h
    a3 merged 3 08:00, in production 3 10:00, waited 1.8 h
    deployment of a1 api 1 09:00, brings 0, failed D: brings cherry-picks on a branch of its own, recovered 3 10:00
    deployment of b1 api 3 10:00, hotfix: brings cherry-picks on a branch of its own, brings 1
    deployment of a3 api 9 10:00, brings 1
    ");
}

#[test]
fn a_rollback_within_the_hour_is_a_deployment_of_its_own() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 08:30 bo  commits a3 "Add y"
        2 09:00 ci  deploys a2 to production of api
        2 09:15 ci  deploys a3 to production of api
        2 09:30 ci  deploys a2 to production of api
        2 10:00 bo  commits a4 "Revert y" reverts a3
        2 11:00 ci  deploys a4 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    a3 merged 2 08:30, in production 2 09:15, waited 0.6 h
    a4 merged 2 10:00, in production 2 11:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1
    deployment of a3 api 2 09:15, brings 1, failed B: a2 is an ancestor of a3, which was running, failed C: revert that names commit a3, recovered 2 09:30
    deployment of a2 api 2 09:30, rollback: a2 is an ancestor of a3, which was running, brings 0
    deployment of a4 api 2 11:00, hotfix: all that it brings are reverts, brings 1
    ");
}

#[test]
fn a_job_that_fails_beside_one_that_succeeded_takes_nothing_back() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 09:20 ci  deploys a2 to production of api badly
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1
    ");
}

#[test]
fn what_mends_an_incident_is_not_blamed_for_it() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 10:00 incident I1 of api until 2 13:00 names a3
        2 11:00 bo  commits a3 "Mend x"
        2 12:00 ci  deploys a3 to production of api
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    a3 merged 2 11:00, in production 2 12:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1, failed E: the last deployment before incident I1, 1.0 h earlier, recovered 2 13:00
    deployment of a3 api 2 12:00, brings 1
    ");
}

#[test]
fn each_service_brings_a_change_with_its_own_deployment() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        1 09:10 ci  deploys a1 to production of web
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 09:10 ci  deploys a2 to production of web
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a1 web 1 09:10, brings 0
    deployment of a2 api 2 09:00, brings 1
    deployment of a2 web 2 09:10, brings 1
    ");
}

#[test]
fn an_incident_of_staging_fails_nothing_and_one_that_came_back_is_not_over() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api
        2 10:00 incident I1 of api until 2 11:00 in staging
        3 08:00 bo  commits a3 "Add y"
        3 09:00 ci  deploys a3 to production of api
        3 10:00 incident I2 of api until 3 11:00 again 3 12:00
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    a3 merged 3 08:00, in production 3 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0
    deployment of a2 api 2 09:00, brings 1
    deployment of a3 api 3 09:00, brings 1, failed E: the last deployment before incident I2, 1.0 h earlier
    ");
}

#[test]
fn what_was_deployed_again_within_the_day_mends_nothing() {
    let story = r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ci  deploys a1 to production of api
        2 08:00 bo  commits a2 "Add x"
        2 09:00 ci  deploys a2 to production of api from hotfix/x
        2 12:00 ci  deploys a2 to production of api from hotfix/x
    "#;
    insta::assert_snapshot!(told(story), @r"
    a1 merged 1 08:00, left-censored
    a2 merged 2 08:00, in production 2 09:00, waited 0.8 h
    deployment of a1 api 1 09:00, brings 0, failed D: deployed from branch hotfix/x, recovered 2 09:00
    deployment of a2 api 2 09:00, hotfix: deployed from branch hotfix/x, brings 1
    deployment of a2 api 2 12:00, brings 0
    ");
}
