use super::super::shown::{read, read_with, shown};
use super::super::{Format, Gap, Limits};
use super::value;

#[test]
fn a_value_over_the_limit_is_skipped_and_told() {
    let many = r#"{"title":"a","status":"passed"},"#.repeat(100);
    let text = format!(
        r#"{{"testResults":[{{"assertionResults":[{many}{{}}],"name":"x"}},{{"assertionResults":[{{"title":"b","status":"passed"}}],"name":"y"}}]}}"#
    );
    let (cases, ending) =
        read_with(Format::Jest, &text, Limits { line: 1_000, ..Limits::default() });
    assert_eq!((cases.len(), cases[0].test.file.as_str()), (1, "y"));
    assert_eq!(ending.remarks[0].gap, Some(Gap::TooLarge));
}

#[test]
fn long_strings_are_cut_and_the_case_stays() {
    let text = format!(
        r#"{{"reportFormat":"CTRF","results":{{"tests":[{{"name":"a","status":"failed","message":"{}"}}]}}}}"#,
        "x".repeat(300_000)
    );
    let (cases, ending) = read(Format::Ctrf, &text);
    assert_eq!(cases[0].failure.as_ref().unwrap().message.len(), 65_536);
    assert_eq!((ending.complete, ending.cut), (true, 300_000 - 65_536));
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let text = r#"{"reportFormat":"CTRF","results":{"tests":[{"name":"a","status":"passed","status":"failed"}]}}"#;
    assert_eq!(shown(Format::Ctrf, text), "Failed a\n");
}

#[test]
fn what_stands_behind_a_report_is_told() {
    let one = r#"{"reportFormat":"CTRF","results":{"tests":[]}}"#;
    assert_eq!(
        shown(Format::Ctrf, &format!("{one}\nDone in 3 s\n")),
        "note: there is text behind the end of the report\n"
    );
    assert_eq!(
        shown(Format::Ctrf, &format!("{one}{one}")),
        "! Malformed: there is a second document behind the report\n"
    );
}

#[test]
fn brackets_that_do_not_fit_are_malformed() {
    let text = r#"{"reportFormat":"CTRF","results":{"tests":[{"name":"a","status":"passed"}}}"#;
    let (cases, ending) = read(Format::Ctrf, text);
    assert_eq!((cases.len(), ending.complete), (1, false));
}

#[test]
fn a_line_of_the_report_is_that_of_the_value() {
    let text = "{\"reportFormat\":\"CTRF\",\n\"results\":{\"tests\":[\n\n{\"name\":\"a\",\n\"status\":\"passed\"},\n{\"name\":\"b\",\"status\":\"passed\"}]}}";
    let lines: Vec<u64> = read(Format::Ctrf, text).0.iter().map(|case| case.at_line).collect();
    assert_eq!(lines, [4, 6]);
}

#[test]
fn types_of_errors_are_told_from_prose() {
    assert_eq!(value::class_of("TypeError: x"), ("TypeError", "x"));
    assert_eq!(value::class_of("AssertionError [ERR_ASSERTION]: x"), ("AssertionError", "x"));
    assert_eq!(value::class_of("java.io.IOException: x"), ("java.io.IOException", "x"));
    assert_eq!(value::class_of("this is no Error: x"), ("", "this is no Error: x"));
}

#[test]
fn times_that_are_nonsense_are_none() {
    let of = |text: &str| value::micros(&serde_json::from_str(text).unwrap(), 1.0);
    assert_eq!(of("1.5"), Some(1_500_000));
    assert_eq!(of("\"0.01s\""), Some(10_000));
    assert_eq!([of("-1"), of("1e300"), of("null"), of("\"soon\"")], [None; 4]);
}

#[test]
fn a_report_of_many_cases_comes_in_batches_and_ends() {
    let many = vec![r#"{"name":"a","status":"passed"}"#; 5_000].join(",");
    let text = format!(r#"{{"reportFormat":"CTRF","results":{{"tests":[{many}]}}}}"#);
    let (cases, ending) = read(Format::Ctrf, &text);
    assert_eq!((cases.len(), ending.complete), (5_000, true));
    // The limit may be reached within a turn.
    let limits = Limits { cases: 1_000, ..Limits::default() };
    let (cases, ending) = read_with(Format::Ctrf, &text, limits);
    assert_eq!((cases.len(), ending.complete), (1_000, false));
}
