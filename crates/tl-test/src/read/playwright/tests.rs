use super::super::shown::shown;
use super::super::{Format, Limits, Report, name};
use crate::record::Gathered;
use crate::reds::Reds;

fn text_with(tests: &str) -> String {
    let head = r#"{"config":{"metadata":{"gitCommit":{"hash":"3f1c9aa77"}}},"errors":[],"suites":[{"title":"a.spec.ts","file":"a.spec.ts","specs":[{"title":"adds","line":3,"tests":["#;
    format!("{head}{tests}]}}]}}]}}")
}

fn with(tests: &str) -> String {
    shown(Format::Playwright, &text_with(tests))
}

#[test]
fn attempts_are_those_that_the_report_says() {
    assert_eq!(
        with(
            r#"{"expectedStatus":"passed","projectName":"firefox","results":[
            {"status":"timedOut","retry":0,"duration":5,"errors":[{"message":"Error: late","stack":"Error: late\n    at a.ts:1"}]},
            {"status":"passed","retry":1,"duration":4}]}"#
        ),
        "Failed a.spec.ts > a.spec.ts > firefox > adds 5000 us [Error] \"late\"\nPassed a.spec.ts > a.spec.ts > firefox > adds (attempt 2) 4000 us\n"
    );
}

#[test]
fn a_test_in_two_projects_is_two_tests() {
    let of = |project: &str, results: &str| {
        format!(r#"{{"expectedStatus":"passed","projectName":"{project}","results":[{results}]}}"#)
    };
    let (passed, failed) = (r#"{"status":"passed","retry":0}"#, r#"{"status":"failed","retry":0}"#);
    let tests = [of("chromium", passed), of("webkit", failed)].join(",");
    let text = text_with(&tests);
    let mut report = Report::open("a.json", text.as_bytes(), None, Limits::default()).unwrap();
    let mut cases = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        cases.extend(batch);
    }
    let seen: Vec<_> = cases.iter().map(|case| (name::key(&case.test), case.attempt)).collect();
    assert_eq!((seen.len(), seen[0].1, seen[1].1), (2, 1, 1));
    assert_ne!(seen[0].0, seen[1].0);
    // Where a second result of a test is another attempt of it, these are none of one another.
    for retries in [false, true] {
        let (mut reds, mut gathered) = (Reds::new("", retries), Gathered::new(retries));
        cases.iter().for_each(|case| {
            reds.add(case);
            gathered.add(case);
        });
        assert_eq!(gathered.tests(), 2);
        let reds = reds.finish();
        assert_eq!((reds.len(), reds[0].passed_after), (1, 0));
    }
}

#[test]
fn what_is_expected_to_fail_passes_if_it_does_and_fails_if_not() {
    assert_eq!(
        with(
            r#"{"expectedStatus":"failed","results":[{"status":"failed","retry":0}]},
            {"expectedStatus":"failed","results":[{"status":"passed","retry":0}]},
            {"expectedStatus":"skipped","status":"skipped","results":[{"status":"skipped"}]},
            {"status":"skipped","results":[]}, {"status":"unexpected","results":[]},
            {"results":[{"status":"interrupted"}]}, {"results":[{"status":"odd"}]}"#
        ),
        "Passed a.spec.ts > a.spec.ts > adds
Failed a.spec.ts > a.spec.ts > adds [] \"it was expected to fail, and passed\"
Skipped a.spec.ts > a.spec.ts > adds
Skipped a.spec.ts > a.spec.ts > adds
Unfinished a.spec.ts > a.spec.ts > adds [] \"it was not run\"
Unfinished a.spec.ts > a.spec.ts > adds
Errored a.spec.ts > a.spec.ts > adds [] \"the report says `odd` of it, which is not known\"
"
    );
}

#[test]
fn an_error_of_the_global_setup_is_red_though_no_test_ran() {
    let text = r#"{"config":{},"suites":[],"errors":[{"message":"Error: no server"}],"stats":{"expected":0}}"#;
    assert_eq!(shown(Format::Playwright, text), "Errored [global] [Error] \"no server\"\n");
}

#[test]
fn fewer_tests_than_said_are_told() {
    let text = r#"{"config":{},"suites":[],"errors":[],"stats":{"expected":3,"flaky":1}}"#;
    assert_eq!(
        shown(Format::Playwright, text),
        "! FewerThanSaid: the report says that it has 4 cases, and has 0\nnote: the report holds no tests\n"
    );
}
