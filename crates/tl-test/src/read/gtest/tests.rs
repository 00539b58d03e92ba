use super::super::Format;
use super::super::shown::shown;

#[test]
fn parameters_disabled_and_skipped_tests_are_told_apart() {
    let text = r#"{"tests":4,"testsuites":[{"name":"P/Sums","tests":4,"testsuite":[
      {"name":"Adds/0","value_param":"(1, 2)","status":"RUN","result":"COMPLETED","time":"0.5s","classname":"P/Sums"},
      {"name":"Off","status":"NOTRUN","result":"SUPPRESSED","time":"0s"},
      {"name":"Skips","status":"RUN","result":"SKIPPED","skipped":[{"message":"a.cc:3\nno net\n"}]},
      {"name":"Fails","status":"RUN","result":"COMPLETED","failures":[{"failure":"a.cc:9\nExpected 1","type":""}]}]}]}"#;
    assert_eq!(
        shown(Format::GtestJson, text),
        "Passed P/Sums > Adds/0 ((1, 2)) 500000 us
Skipped P/Sums > Off 0 us
Skipped P/Sums > Skips [] \"no net\\n\"
Failed P/Sums > Fails [] \"Expected 1\"
"
    );
}
