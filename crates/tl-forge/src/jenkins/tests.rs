//! Jobs of a scripted Jenkins.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tl_core::time::Millis;

use super::*;
use crate::testing::{Asked, NOW, Reply, Server, ok, pull_all, run, status, texts, wanted};

fn jenkins(server: &Server) -> Jenkins {
    Jenkins::new(server.client(System::Jenkins), wanted("acme/api"))
}

/// A build, `hours` before now.
fn build(number: u64, hours: i64, building: bool) -> Value {
    let timestamp = NOW.as_millis() - hours * Millis::HOUR.get();
    json!({
        "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
        "number": number, "building": building, "timestamp": timestamp,
        "url": format!("https://ci.example/job/acme/job/api/job/main/{number}/"),
        "actions": [{"parameters": [{"name": "PASSWORD", "value": "s3cr3t"},
                                    {"name": "GIT_COMMIT", "value": "aa"}]}],
    })
}

fn answer(builds: &[Value], asked: &Asked) -> Reply {
    let pieces: Vec<_> = asked.path().split('/').skip(1).collect();
    match pieces.as_slice() {
        ["job", "acme", "job", "api", "api", "json"] => {
            ok(&json!({"jobs": [{"name": "main"}, {"name": "feature%2Fx"}]}))
        }
        [.., "feature%252Fx", "api", "json"] => ok(&json!({"lastBuild": null})),
        [.., "main", "api", "json"] => {
            let tree = asked.parameter("tree").unwrap();
            let Some((_, range)) = tree.split_once("%7B") else {
                return ok(&json!({"lastBuild": {"number": builds.len()}}));
            };
            let (from, to) = range.trim_end_matches("%7D").split_once("%2C").unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            let page: Vec<_> = builds.iter().rev().skip(from).take(to - from).collect();
            ok(&json!({"allBuilds": page}))
        }
        [.., "main", number, "api", "json"] => match number.parse::<usize>() {
            Ok(number) if number <= builds.len() => ok(&builds[number - 1]),
            _ => status(404, &[], ""),
        },
        [.., "main", number, "wfapi", "describe"] => ok(&json!({"stages": [{
            "id": "7", "name": "Deploy",
            "_links": {"self": {"href": format!("/job/main/{number}/execution/node/7/wfapi/describe")}},
        }]})),
        _ => status(404, &[], ""),
    }
}

async fn collected(server: &Server, from: Option<&str>) -> (Vec<Record>, String) {
    let pages = pull_all(&jenkins(server), "builds", from).await.unwrap();
    let records = pages.iter().flat_map(|page| page.records.clone()).collect();
    (records, pages.last().unwrap().next.clone())
}

#[test]
fn builds_are_given_once_newest_first_and_running_ones_again_when_they_ended() {
    run(async {
        // The first ten are older than what is wanted; the last one runs.
        let mut all: Vec<_> = (1..=10).map(|number| build(number, 24 * 100, false)).collect();
        all.extend(
            (11..=74).map(|number| build(number, 100 - i64::try_from(number).unwrap(), false)),
        );
        all.push(build(75, 1, true));
        let builds = Arc::new(Mutex::new(all));
        let shared = Arc::clone(&builds);
        let server = Server::start(move |asked| answer(&shared.lock().unwrap(), asked)).await;
        let (records, cursor) = collected(&server, None).await;
        let of = |what: &str| records.iter().filter(|it| it.what == what).count();
        assert_eq!((of("build"), of("stage")), (65, 64));
        assert!(records.iter().all(|it| it.scope == "acme/api/main"));
        assert_eq!(
            (records[0].body["number"].as_u64(), records[2].parent.as_str()),
            (Some(75), "74")
        );
        let href = records[2].body["_links"]["self"]["href"].as_str().unwrap();
        assert_eq!(href, "https://ci.example/job/main/74/execution/node/7/wfapi/describe");

        let (nothing, cursor) = collected(&server, Some(&cursor)).await;
        assert_eq!(nothing, []);

        builds.lock().unwrap()[74] = build(75, 1, false);
        builds.lock().unwrap().push(build(76, 0, false));
        let (records, _) = collected(&server, Some(&cursor)).await;
        let numbers: Vec<_> = records
            .iter()
            .filter(|it| it.what == "build")
            .filter_map(|it| it.body["number"].as_u64())
            .collect();
        assert_eq!(numbers, [75, 76]);
    });
}

#[test]
fn a_stopped_collection_resumes_after_any_page_also_where_builds_were_made_meanwhile() {
    run(async {
        let all = (1..=70).map(|number| build(number, 80 - i64::try_from(number).unwrap(), false));
        let builds = Arc::new(Mutex::new(all.collect::<Vec<_>>()));
        let shared = Arc::clone(&builds);
        let server = Server::start(move |asked| answer(&shared.lock().unwrap(), asked)).await;
        let pages = pull_all(&jenkins(&server), "builds", None).await.unwrap();
        for stop in 1..pages.len() {
            let cursor = pages[stop - 1].next.as_str();
            assert_eq!(
                pull_all(&jenkins(&server), "builds", Some(cursor)).await.unwrap(),
                pages[stop..]
            );
        }
        // Two more move all others down while the job is read.
        let first = pages.iter().position(|page| !page.records.is_empty()).unwrap();
        builds.lock().unwrap().extend([build(71, 0, false), build(72, 0, false)]);
        let (rest, cursor) = collected(&server, Some(&pages[first].next)).await;
        let (later, _) = collected(&server, Some(&cursor)).await;
        let mut all = [texts(&pages[first].records), texts(&rest), texts(&later)].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), count), (72 * 2, 72 * 2));
    });
}

#[test]
fn parameters_are_left_out_but_those_that_name_the_commit() {
    run(async {
        let server = Server::start(|asked| answer(&[build(1, 1, false)], asked)).await;
        let (records, _) = collected(&server, None).await;
        let parameters = &records[0].body["actions"][0]["parameters"];
        assert_eq!(*parameters, json!([{"name": "GIT_COMMIT", "value": "aa"}]));
    });
}

#[test]
fn a_limit_is_waited_for_and_a_refusal_names_the_permission() {
    run(async {
        let server = Server::start(|asked| match asked.before {
            0 => status(429, &["Retry-After: 3"], ""),
            _ => status(403, &[], "<html>"),
        })
        .await;
        let err = pull_all(&jenkins(&server), "builds", None).await.unwrap_err();
        let expected = "jenkins refuses `/job/acme/job/api/api/json` with status 403: the token \
                        may not read it; it takes `Job/Read`";
        assert_eq!(err.to_string(), expected);
        assert_eq!(server.told(), ["waiting 3 s for jenkins's rate limit"]);
    });
}
