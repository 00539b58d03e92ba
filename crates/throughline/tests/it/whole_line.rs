//! The whole line: a repository, and what its tracker, forge, CI, deployer and pager say of it.
//!
//! In: [`story`]. Four requests, each the same ten hours: ticket at 08:00, work begun 09:00, first
//! commit 10:00, opened 12:00, sent back 13:00, approved 14:00, merged 15:00, deployment begun
//! 17:00, in production 18:00. What the third brought failed at 19:00 and was rolled back at 20:00.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tl_testkit::env::TestEnv;
use tl_testkit::repo::TestRepo;

use crate::env;

/// The repository, and the events about it, one a line.
struct Story {
    repo: TestRepo,
    events: String,
}

fn story() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(|| {
        let repo = TestRepo::new();
        repo.git(&["remote", "add", "origin", "https://git.example.com/acme/api.git"]);
        let begin = repo.commit("ana", "2026-01-01T08:00:00Z", &[("base", "base\n")], "Begin");
        let mut events = String::new();
        deployed(&mut events, "d0", 1, [9, 10], &begin);
        let mut merged = vec![begin];
        for number in 1..=4 {
            let (head, landed) = request(&repo, number);
            told(&mut events, number, &head, &landed);
            deployed(&mut events, &format!("d{number}"), number * 2, [17, 18], &landed);
            merged.push(landed);
        }
        failed(&mut events, &merged[2]);
        Story { repo, events }
    })
}

/// Instant of the story.
fn at(day: u32, hour: u32) -> String {
    format!("2026-01-{day:02}T{hour:02}:00:00Z")
}

/// Request `number` in git: a branch with one commit, and its merge. Both ids.
fn request(repo: &TestRepo, number: u32) -> (String, String) {
    let (day, branch) = (number * 2, format!("abc-{number}"));
    let (file, title) = (format!("part-{number}"), format!("Part {number}"));
    repo.branch(&branch);
    let head = repo.commit("bo", &at(day, 10), &[(file.as_str(), "one\ntwo\n")], &title);
    repo.checkout("main");
    let message = format!("Merge pull request #{number} from acme/{branch}\n\n{title}");
    let landed = repo.merge("ana", &at(day, 15), &branch, &message);
    repo.request_head(number, &head);
    (head, landed)
}

fn event(events: &mut String, mut fields: Value) {
    fields["v"] = json!(1);
    let said = format!("{} {} {}", fields["type"], fields["subject"]["key"], fields["at"]);
    fields["id"] = json!(said);
    writeln!(events, "{fields}").expect("text takes any text");
}

/// What tracker, forge and CI say of a request.
fn told(events: &mut String, number: u32, head: &str, landed: &str) {
    let day = number * 2;
    let ticket = json!({"kind": "ticket", "key": format!("ABC-{number}")});
    let change = json!({"kind": "change", "key": format!("acme/api#{number}")});
    let build = json!({"kind": "build", "key": format!("ci/{number}")});
    let text = json!({"number": number, "title": format!("ABC-{number}: part {number}"),
        "branch": format!("abc-{number}"), "head": head, "base": "main", "author": "bo",
        "author_class": "human", "mentions": [{"form": "title", "ticket": format!("ABC-{number}")}]});
    let run = json!({"level": "run", "pipeline": "test", "attempt": 1, "outcome": "success"});
    let tested = json!({"commit": head, "repository": "acme/api"});
    for fields in [
        json!({"type": "ticket.opened", "at": at(day, 8), "source": "tracker", "subject": ticket}),
        json!({"type": "ticket.status", "at": at(day, 9), "source": "tracker", "subject": ticket,
            "data": {"from": "Open", "to": "Doing", "from_category": "todo", "to_category": "doing"}}),
        json!({"type": "change.opened", "at": at(day, 12), "source": "forge", "subject": change,
            "actor": "bo", "refs": {"repository": "acme/api"}, "data": text}),
        json!({"type": "change.commit", "at": at(day, 10), "source": "forge", "subject": change,
            "actor": "bo", "refs": {"commit": head}, "data": {"email": "bo@example.com"}}),
        json!({"type": "change.review", "at": at(day, 13), "source": "forge", "subject": change,
            "actor": "cy", "refs": {"commit": head},
            "data": {"verdict": "changes-requested", "reviewer_class": "human"}}),
        json!({"type": "change.review", "at": at(day, 14), "source": "forge", "subject": change,
            "actor": "ana", "refs": {"commit": head},
            "data": {"verdict": "approved", "reviewer_class": "human"}}),
        json!({"type": "change.merged", "at": at(day, 15), "source": "forge", "subject": change,
            "actor": "ana", "refs": {"commit": landed, "repository": "acme/api"},
            "data": {"base": "main"}}),
        json!({"type": "ci.queued", "at": at(day, 12), "source": "ci", "subject": build,
            "refs": tested, "data": run}),
        json!({"type": "ci.started", "at": at(day, 13), "source": "ci", "subject": build,
            "refs": tested, "data": run}),
        json!({"type": "ci.finished", "at": at(day, 14), "source": "ci", "subject": build,
            "refs": tested, "data": run}),
        json!({"type": "ticket.closed", "at": at(day, 18), "source": "tracker", "subject": ticket,
            "data": {"resolution": "Done"}}),
    ] {
        event(events, fields);
    }
}

/// A deployment of a commit to production, from one hour of a day to another.
fn deployed(events: &mut String, name: &str, day: u32, [begun, ended]: [u32; 2], commit: &str) {
    let subject = json!({"kind": "deployment", "key": format!("deployer/{name}")});
    let refs = json!({"service": "api", "env": "production", "repository": "acme/api",
        "sha": commit});
    for (kind, hour) in [("deploy.started", begun), ("deploy.finished", ended)] {
        event(
            events,
            json!({"type": kind, "at": at(day, hour), "source": "deployer", "subject": subject,
                "refs": refs, "data": {"outcome": "success"}}),
        );
    }
}

/// The third deployment breaks; what ran before it is deployed again.
fn failed(events: &mut String, before: &str) {
    let subject = json!({"kind": "incident", "key": "pager/Q1"});
    let refs = json!({"service": "api", "deployment": "deployer/d3"});
    for (kind, hour) in [("incident.opened", 19), ("incident.resolved", 21)] {
        event(
            events,
            json!({"type": kind, "at": at(6, hour), "source": "pager", "subject": subject,
                "refs": refs, "data": {}}),
        );
    }
    deployed(events, "d3-back", 6, [19, 20], before);
}

/// A copy of the repository, with nothing collected.
fn git_only() -> TestEnv {
    env().with_copy_of(story().repo.path())
}

/// The same with all that was told of it.
fn collected() -> TestEnv {
    let env = git_only();
    env.write("../home/events.ndjson", &story().events);
    let shown = env.run(&["collect", "--from", "../home/events.ndjson"]);
    assert!(!shown.contains("stderr") && !shown.contains("exit status"), "{shown}");
    env
}

fn report(env: &TestEnv, args: &[&str]) -> Value {
    let shown = env.run(&[&["map", "--json"], args].concat());
    serde_json::from_str(&shown).unwrap_or_else(|err| panic!("{err}: {shown}"))
}

/// Stages with how many changes went through them, and their median in hours.
fn stages(report: &Value) -> String {
    let stage = |stage: &Value| format!("{} {} {}", stage["id"], stage["n"], stage["p50"]["value"]);
    let rows =
        report["value_stream"]["stages"].as_array().expect("there are stages").iter().map(stage);
    let total = stage(&report["value_stream"]["total"]);
    rows.chain([total]).collect::<Vec<_>>().join("\n").replace('"', "")
}

#[test]
fn every_stage_from_ticket_to_production_is_as_long_as_it_was() {
    let report = report(&collected(), &[]);
    assert_eq!(report["repositories"].as_array().unwrap().len(), 1, "the remote names it");
    insta::assert_snapshot!(stages(&report), @r"
    backlog 4 1.0
    coding 4 3.0
    pickup 4 1.0
    review 4 1.0
    merge-wait 4 1.0
    release-wait 4 2.0
    deploy 4 1.0
    total 4 10.0
    ");
    let coverage = report["collected"]["coverage"].as_array().unwrap();
    let known = |row: &Value| {
        format!("{} {}: {} {}", row["boundary"], row["label"], row["known"], row["lacking"])
    };
    let known = coverage.iter().map(known).collect::<Vec<_>>().join("\n").replace('"', "");
    insta::assert_snapshot!(known, @r"
    t0 ticket opened: 4 [[no collected ticket is linked to it,1]]
    t1 work started: 5 []
    t2 first commit: 5 []
    t3 request opened: 4 [[pushed without a request,1]]
    t3r last push: 5 []
    t3r ready for review: 4 [[pushed without a request,1]]
    t4 first review: 4 [[pushed without a request,1]]
    t5 approved: 4 [[pushed without a request,1]]
    t6 merge: 5 []
    t8 first release: 0 [[no releases are known,4],[in the earliest known release, or before,1]]
    t9 deployment started: 4 [[in the first known deployment of its service, or before,1]]
    t9 in production: 4 [[in the first known deployment of its service, or before,1]]
    ");
}

#[test]
fn dora_counts_deployments_and_not_incidents() {
    let report = report(&collected(), &["--until", "2026-03-01"]);
    let row = |row: &Value| {
        let value = &row["figure"];
        let said = value["value"].as_f64().map_or_else(
            || value["note"].to_string(),
            |number| format!("{number:.3} {}", value["unit"]),
        );
        format!("{} {said} n={}", row["id"], value["n"])
    };
    let services = report["collected"]["services"].as_array().unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!((&services[0]["service"], &services[0]["deployments"]), (&json!("api"), &json!(6)));
    let rows = services[0]["rows"].as_array().unwrap();
    let rows = rows.iter().map(row).collect::<Vec<_>>().join("\n").replace('"', "");
    insta::assert_snapshot!(rows, @r"
    change-lead-time 8.000 hours n=4
    deployment-frequency 0.717 per-week n=6
    failed-deployment-recovery-time 2.000 hours n=1
    change-fail-rate 0.167 share n=6
    deployment-rework-rate 0.167 share n=6
    ");
}

/// In the table of changes the stages of each add up to its total, to the millisecond.
#[test]
fn the_stages_of_each_change_add_up() {
    let env = collected();
    let query = "select j.change, ticket, backlog_ms + coding_ms + pickup_ms + review_ms + \
                 merge_wait_ms + release_wait_ms + deploy_ms = total_ms as adds_up, \
                 total_ms / 3600000 as hours, first_review, in_production, service, c.failed \
                 from journeys j join changes c using (repository, change) \
                 where ticket is not null order by j.change";
    insta::assert_snapshot!(env.run(&["sql", query]).replace('\t', " | "), @r"
    change | ticket | adds_up | hours | first_review | in_production | service | failed
    #1 | ABC-1 | 1 | 10 | 2026-01-02T13:00:00Z | 2026-01-02T18:00:00Z | api | 
    #2 | ABC-2 | 1 | 10 | 2026-01-04T13:00:00Z | 2026-01-04T18:00:00Z | api | 
    #3 | ABC-3 | 1 | 10 | 2026-01-06T13:00:00Z | 2026-01-06T18:00:00Z | api | 1
    #4 | ABC-4 | 1 | 10 | 2026-01-08T13:00:00Z | 2026-01-08T18:00:00Z | api |
    ");
    let query = "select d.finished, d.service, d.changes, d.rollback, d.failed, d.recovered, \
                 j.change from deployments d left join journeys j on d.finished = j.in_production \
                 order by 1";
    insta::assert_snapshot!(env.run(&["sql", query]).replace('\t', " | "), @r"
    finished | service | changes | rollback | failed | recovered | change
    2026-01-01T10:00:00Z | api | 0 | 0 |  |  | 
    2026-01-02T18:00:00Z | api | 1 | 0 |  |  | #1
    2026-01-04T18:00:00Z | api | 1 | 0 |  |  | #2
    2026-01-06T18:00:00Z | api | 1 | 0 | A | 2026-01-06T20:00:00Z | #3
    2026-01-06T20:00:00Z | api | 0 | 1 |  |  | 
    2026-01-08T18:00:00Z | api | 1 | 0 |  |  | #4
    ");
}

#[test]
fn without_what_was_collected_the_report_is_that_of_git_alone() {
    let env = git_only();
    let expected = env.run(&["map"]);
    insta::assert_snapshot!(stages(&report(&env, &[])), @r"
    coding 4 0.0
    review-wait 4 5.0
    release-wait 0 null
    total 0 null
    ");
    let whole = collected();
    assert_ne!(whole.run(&["map"]), expected);
    assert_eq!(whole.run(&["map", "--ledger", "none"]), expected);
}

#[test]
fn what_comes_later_changes_the_map_as_if_it_had_always_been_there() {
    let env = git_only();
    let lines: Vec<&str> = story().events.lines().collect();
    for part in lines.chunks(20).rev() {
        env.write("../home/part.ndjson", part.join("\n"));
        env.run(&["collect", "--from", "../home/part.ndjson"]);
        // A report in between folds what is there.
        env.run(&["map"]);
    }
    assert_eq!(report(&env, &[]), report(&collected(), &[]));
}
