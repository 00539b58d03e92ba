use super::super::Format;
use super::super::shown::shown;

#[test]
fn json_report_tells_errors_from_failures() {
    let text = r#"{"created":1700000000.5,"exitcode":1,"root":"/src","summary":{"total":5},
      "collectors":[{"nodeid":"b.py","outcome":"failed","longrepr":"ImportError: no"}],
      "tests":[
        {"nodeid":"a.py::TestA::test_x[a::b]","lineno":2,"outcome":"passed","setup":{"duration":0.5},"call":{"duration":0.5}},
        {"nodeid":"a.py::test_y","outcome":"error","setup":{"outcome":"failed","crash":{"path":"/src/a.py","lineno":3,"message":"ValueError: no"},"longrepr":"def y"}},
        {"nodeid":"a.py::test_z","outcome":"xfailed"},{"nodeid":"a.py::test_w","outcome":"xpassed"},
        {"nodeid":"a.py::test_v","outcome":"odd"}]}"#;
    assert_eq!(
        shown(Format::PytestJson, text),
        "Errored b.py > [collect] [] \"ImportError: no\"
Passed a.py > TestA > test_x[a::b] 1000000 us
Errored a.py > test_y [ValueError] \"no\"
Skipped a.py > test_z
Passed a.py > test_w
Errored a.py > test_v [] \"the report says `odd` of it, which is not known\"
"
    );
}

#[test]
fn a_test_that_passed_when_it_was_repeated_has_two_attempts() {
    // As pytest-json-report 1.5 writes what pytest-rerunfailures does, and subtests of pytest 9.
    let text = r#"{"exitcode":0,"root":"/src","summary":{"rerun":1,"total":3},"tests":[
        {"nodeid":"a.py::test_x","outcome":"rerun","setup":{"outcome":"passed"},"call":{"outcome":"passed"}},
        {"nodeid":"a.py::test_y","outcome":"rerun","setup":{"outcome":"passed"},"call":{"outcome":"failed","longrepr":"no"}},
        {"nodeid":"a.py::test_z","outcome":"subtests passed","call":{"outcome":"passed"}}]}"#;
    assert_eq!(
        shown(Format::PytestJson, text),
        "Failed a.py > test_x
Passed a.py > test_x (attempt 2)
Failed a.py > test_y [] \"no\"
Errored a.py > test_z [] \"pytest-json-report does not say which subtests failed: `--junit-xml` does\"
note: pytest-json-report does not say why earlier attempts failed
"
    );
}

#[test]
fn an_interrupted_pytest_is_not_complete() {
    let text = r#"{"exitcode":2,"root":"/src","tests":[]}"#;
    assert_eq!(shown(Format::PytestJson, text), "! NeverFinished: pytest was interrupted\n");
}

fn log(reports: &[&str]) -> String {
    let lines: Vec<String> = reports
        .iter()
        .map(|report| {
            let words: Vec<&str> = report.split(' ').collect();
            match words[..] {
                [when, outcome] => serde_json::json!({
                    "$report_type": "TestReport", "nodeid": "a.py::test_x", "when": when,
                    "outcome": outcome, "longrepr": "no",
                }),
                _ => serde_json::json!({"$report_type": "SessionFinish", "exitstatus": 1}),
            }
            .to_string()
        })
        .collect();
    shown(Format::PytestLog, &lines.join("\n"))
}

#[test]
fn a_teardown_that_fails_is_an_error_of_a_test_that_passed() {
    assert_eq!(
        log(&["setup passed", "call passed", "teardown failed", "end"]),
        "Errored a.py > test_x 0 us [] \"no\"\n"
    );
    assert_eq!(
        log(&["setup skipped", "teardown passed", "end"]),
        "Skipped a.py > test_x 0 us [] \"no\"\n"
    );
}

#[test]
fn runs_that_are_repeated_are_attempts() {
    assert_eq!(
        log(&[
            "setup passed",
            "call rerun",
            "teardown passed",
            "setup passed",
            "call passed",
            "teardown passed",
            "end",
        ]),
        "Failed a.py > test_x 0 us [] \"no\"\nPassed a.py > test_x (attempt 2) 0 us\n"
    );
}

#[test]
fn a_worker_that_died_leaves_its_test_unfinished() {
    assert_eq!(
        log(&["setup passed", "call passed"]),
        "Unfinished a.py > test_x [] \"it never ended\"\n! Truncated: the log has no end of the session\n"
    );
}
