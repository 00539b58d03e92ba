//! The pages of tests, over runs that were recorded.

use axum::http::StatusCode;
use serde_json::Value;
use tl_core::test::{Status, TestName};
use tl_core::time::Millis;
use tl_test::read::{Case, Failure};
use tl_test::record::{Beside, Gathered, RunInfo, record};

use crate::testing::{Site, now};

fn case(name: &str, status: Status, attempt: u32) -> Case {
    let failure = Failure { message: format!("{name} went <b>wrong</b>"), ..Failure::default() };
    Case {
        test: TestName {
            class: "acme.Orders".to_owned(),
            name: name.to_owned(),
            ..TestName::default()
        },
        status,
        micros: Some(12_000),
        started: None,
        failure: status.is_red().then_some(failure),
        attempt,
        line: None,
        at_line: 1,
        order: 0,
    }
}

/// Thirty runs: one test always passes, one fails now and then and passes when it is tried again, one is
/// broken since the twentieth.
fn recorded() -> Site {
    let site = Site::empty();
    let place = (site.app.reading.results)("acme/api").unwrap();
    for number in 0..30_u32 {
        let red = |is_red: bool| if is_red { Status::Failed } else { Status::Passed };
        let mut cases = vec![
            case("adds", Status::Passed, 1),
            case("ships <fast>", red(number % 9 == 4), 1),
            case("bills", red(number >= 20), 1),
        ];
        if number % 9 == 4 {
            cases.push(case("ships <fast>", Status::Passed, 2));
        }
        let mut gathered = Gathered::new(false);
        cases.iter().for_each(|case| gathered.add(case));
        let info = RunInfo {
            commit: format!("{number:040x}"),
            job: "unit".to_owned(),
            attempt: 1,
            at: now() - Millis::days(30 - i64::from(number)),
            complete: true,
            reports: 1,
            digest: format!("{number:064x}"),
            ..RunInfo::default()
        };
        let beside = Beside::default();
        let recorded =
            record(&site.app.ledger, &place, "acme/api", &info, &gathered, &beside, now());
        site.wait(recorded).unwrap();
    }
    site
}

#[test]
fn what_needs_somebody_is_shown_with_its_evidence() {
    let site = recorded();
    let page = site.page("/tests");
    assert!(
        page.contains("acme.Orders &gt; bills") || page.contains("acme.Orders &#62; bills"),
        "{page}"
    );
    assert!(page.contains("flaky") && !page.contains("> adds"));
    assert!(page.contains("both results on 3 commits"), "{page}");
    let all = site.page("/tests?class=any");
    assert!(all.contains("adds"));
    let named = site.page("/tests?class=any&name=BILLS");
    assert!(named.contains("bills") && !named.contains("adds"));
    assert!(site.page("/tests?class=infra").contains("No test is one of these."));
}

#[test]
fn a_test_opens_with_its_executions_and_what_to_do() {
    let site = recorded();
    let list: Value = serde_json::from_str(&site.get("/v1/tests?class=any").body).unwrap();
    assert_eq!(list["total"], 3);
    for test in list["items"].as_array().unwrap() {
        let id = test["id"].as_str().unwrap();
        let page = site.page(&format!("/tests/{id}?suite=acme%2Fapi"));
        assert!(page.contains("Its last executions") && page.contains("unit"), "{page}");
        let advice = match test["class"].as_str().unwrap() {
            "regressed" | "broken" => "It fails whatever a change does, since commit",
            _ => "A failure is none of the change’s doing",
        };
        assert!(page.contains(advice), "{page}");
        assert!(!page.contains("<fast>") && !page.contains("<b>wrong"), "{page}");
        let one: Value = serde_json::from_str(&site.get(&format!("/v1/tests/{id}")).body).unwrap();
        assert_eq!(one["variants"][0]["suite"], "acme/api");
        assert!(one["executions"].as_array().unwrap().len() >= 30);
    }
    let id = list["items"][0]["id"].as_str().unwrap();
    let other = site.get(&format!("/tests/{id}?suite=other"));
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let lines = site.get("/v1/tests.ndjson?class=any").body;
    assert_eq!(lines.lines().count(), 3);
}

/// The fields of a test are those that the OpenAPI document names.
#[test]
fn a_test_has_the_fields_that_are_described() {
    let site = recorded();
    let document: Value = serde_json::from_str(&site.get("/v1/openapi.json").body).unwrap();
    let schema = &document["components"]["schemas"]["Test"];
    let list: Value = serde_json::from_str(&site.get("/v1/tests?class=any").body).unwrap();
    for test in list["items"].as_array().unwrap() {
        for field in test.as_object().unwrap().keys() {
            assert!(schema["properties"].get(field).is_some(), "{field}");
        }
        for field in schema["required"].as_array().unwrap() {
            assert!(test.get(field.as_str().unwrap()).is_some(), "{field}");
        }
    }
}

#[test]
fn the_overview_s_summary_is_of_what_was_recorded_last() {
    let site = recorded();
    let summary = site.wait(super::summary(&site.app)).unwrap().unwrap();
    assert_eq!((summary.value.as_str(), summary.what.as_str()), ("2", "tests need somebody, of 3"));
    assert!(summary.first[0].1.starts_with("/tests/"), "{summary:?}");
    let empty = Site::empty();
    assert!(empty.wait(super::summary(&empty.app)).unwrap().is_none());
}
