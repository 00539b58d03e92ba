use super::super::Format;
use super::super::shown::shown;

#[test]
fn earlier_attempts_stand_before_the_last() {
    let text = r#"{"reportFormat":"CTRF","specVersion":"0.0.0","results":{"environment":{"commit":"3f1c9aa"},"summary":{"tests":3,"passed":2,"failed":0,"skipped":1,"pending":0,"other":0,"start":1700000000000,"stop":1700000001000},
      "tests":[
        {"name":"a","status":"passed","duration":5,"suite":["s","t"],"retries":1,"flaky":true,"retryAttempts":[{"attempt":1,"status":"failed","duration":7,"message":"no","trace":"at x"}]},
        {"name":"b","status":"passed","suite":"s > t","flaky":true},
        {"name":"c","status":"pending","filePath":"c.ts","line":3,"browser":"firefox"}]}}"#;
    assert_eq!(
        shown(Format::Ctrf, text),
        "Failed s > t > a 7000 us [] \"no\"
Passed s > t > a (attempt 2) 5000 us
Failed s > t > b [] \"it was run again; the report does not say why\"
Passed s > t > b (attempt 2)
Skipped c.ts > firefox > c
"
    );
}

#[test]
fn another_version_is_read_and_told() {
    let text = r#"{"reportFormat":"CTRF","specVersion":"9.0.0","results":{"tests":[{"name":"a","status":"other"}]}}"#;
    assert_eq!(
        shown(Format::Ctrf, text),
        "Errored a\nnote: version `9.0.0` of CTRF is not known, and is read as 1.0\n"
    );
}

#[test]
fn the_last_attempt_may_be_listed_too_and_is_one() {
    let with = |rest: &str| {
        let test = format!(r#"{{"name":"a","status":"passed","duration":5,{rest}}}"#);
        shown(Format::Ctrf, &format!(r#"{{"reportFormat":"CTRF","results":{{"tests":[{test}]}}}}"#))
    };
    let two = "Failed a 7000 us [] \"no\"\nPassed a (attempt 2) 5000 us\n";
    let first = r#"{"attempt":1,"status":"failed","duration":7,"message":"no"}"#;
    let last = r#"{"attempt":2,"status":"passed","duration":5}"#;
    assert_eq!(with(&format!(r#""retries":1,"retryAttempts":[{first},{last}]"#)), two);
    assert_eq!(with(&format!(r#""retries":1,"retryAttempts":[{first}]"#)), two);
    assert_eq!(with(&format!(r#""flaky":true,"retryAttempts":[{first},{last}]"#)), two);
}
