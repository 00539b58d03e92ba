use super::super::Format;
use super::super::shown::shown;

fn with(file: &str) -> String {
    shown(Format::Jest, &format!(r#"{{"numTotalTests":1,"testResults":[{file}]}}"#))
}

#[test]
fn a_file_that_cannot_be_run_is_red() {
    let text = r#"{"numTotalTests":0,"testResults":[{"assertionResults":[],"message":"SyntaxError: no\n\n    at x","name":"/src/a.test.js","status":"failed"}]}"#;
    assert_eq!(shown(Format::Jest, text), "Errored /src/a.test.js > [file] [SyntaxError] \"no\"\n");
    // Passed tests of it, and an error after all of them.
    assert_eq!(
        with(
            r#"{"assertionResults":[{"title":"a","status":"passed"}],"message":"","name":"x","status":"failed"}"#
        ),
        "Passed x > a\nErrored x > [file] [] \"the file could not be run\"\n"
    );
}

#[test]
fn reasons_to_run_again_are_red_attempts() {
    assert_eq!(
        with(
            r#"{"assertionResults":[{"ancestorTitles":["s"],"title":"a","status":"passed","invocations":2,"retryReasons":["Error: no"],"duration":3}],"name":"x","status":"passed"}"#
        ),
        "Failed x > s > a [Error] \"no\"\nPassed x > s > a (attempt 2) 3000 us\n"
    );
    assert_eq!(
        with(
            r#"{"assertionResults":[{"title":"a","status":"passed","invocations":2}],"name":"x","status":"passed"}"#
        ),
        "Failed x > a [] \"it was run again; the report does not say why\"\nPassed x > a (attempt 2)\n"
    );
}

#[test]
fn a_file_that_breaks_off_keeps_its_whole_tests() {
    let text = r#"{"numTotalTests":3,"testResults":[{"name":"x","assertionResults":[{"title":"a","status":"failed","failureMessages":["Error: no"]},{"title":"b","status":"pas"#;
    assert_eq!(
        shown(Format::Jest, text),
        "Failed x > a [Error] \"no\"\n! Truncated: the report breaks off\n"
    );
}

#[test]
fn words_that_json_does_not_have_do_not_lose_a_file() {
    assert_eq!(
        with(
            r#"{"assertionResults":[{"title":"a \ud83e","status":"passed","duration":NaN,"x":1e400}],"name":"x"}"#
        ),
        "Passed x > a \u{fffd}\n"
    );
}

#[test]
fn an_interrupted_run_is_not_complete() {
    let text = r#"{"numTotalTests":0,"testResults":[],"wasInterrupted":true}"#;
    assert_eq!(
        shown(Format::Jest, text),
        "! NeverFinished: the runner says that it was interrupted\n"
    );
}

#[test]
fn every_status_but_passed_has_to_be_known() {
    assert_eq!(
        with(
            r#"{"assertionResults":[{"title":"a","status":"todo"},{"title":"b","status":"odd"},{"title":"c"}],"name":"x"}"#
        ),
        "Skipped x > a
Errored x > b [] \"the report says `odd` of it, which is not known\"
Unfinished x > c [] \"the report does not say what became of it\"
note: the report says that it has 1 cases, and has 3
"
    );
}
