use super::super::Format;
use super::super::shown::shown;

fn with(elements: &str) -> String {
    shown(
        Format::Cucumber,
        &format!(r#"[{{"elements":[{elements}],"name":"sums","uri":"a.feature"}}]"#),
    )
}

#[test]
fn a_background_that_fails_fails_the_scenario_behind_it() {
    assert_eq!(
        with(
            r#"{"type":"background","steps":[{"name":"x","result":{"status":"failed","error_message":"no (RuntimeError)"}}]},
            {"type":"scenario","name":"adds","line":5,"steps":[{"name":"y","result":{"status":"skipped"}}]},
            {"type":"scenario","name":"other","line":9,"steps":[{"name":"y","result":{"status":"passed"}}]}"#
        ),
        "Failed a.feature > sums > adds 0 us [] \"no (RuntimeError)\"\nPassed a.feature > sums > other 0 us\n"
    );
}

#[test]
fn rows_of_an_outline_are_numbered_and_the_same_place_is_an_attempt() {
    let row = |line: u32, status: &str| {
        format!(
            r#"{{"type":"scenario","keyword":"Scenario Outline","name":"adds","line":{line},"steps":[{{"result":{{"status":"{status}"}}}}]}}"#
        )
    };
    assert_eq!(
        with(&[row(5, "passed"), row(6, "failed"), row(6, "passed")].join(",")),
        "Passed a.feature > sums > adds #1 0 us
Failed a.feature > sums > adds #2 0 us [] \"failed step: \"
Passed a.feature > sums > adds #2 (attempt 2) 0 us
"
    );
}

#[test]
fn hooks_count_and_what_ran_no_step_did_not_pass() {
    assert_eq!(
        with(
            r#"{"type":"scenario","name":"a","line":1,"steps":[{"result":{"status":"passed"}}],"after":[{"result":{"status":"failed","error_message":"no"}}]},
            {"type":"scenario","name":"b","line":2,"steps":[]},
            {"type":"scenario","name":"c","line":3,"steps":[{"name":"y","result":{"status":"undefined"}}]},
            {"type":"scenario","name":"d","line":4,"steps":[{"name":"y","result":{"status":"unknown"}}]}"#
        ),
        "Failed a.feature > sums > a 0 us [] \"no\"
Skipped a.feature > sums > b 0 us
Skipped a.feature > sums > c 0 us [] \"undefined step: y\"
Unfinished a.feature > sums > d 0 us [] \"failed step: y\"
"
    );
}

#[test]
fn behave_has_seconds_places_and_lists_of_lines() {
    let text = r#"[{"keyword":"Feature","location":"f/a.feature:1","name":"sums","elements":[{"keyword":"Scenario","location":"f/a.feature:3","name":"adds","type":"scenario","status":"failed","steps":[{"name":"x","result":{"status":"failed","duration":0.5,"error_message":["Assertion Failed: no","  File x"]}},{"name":"y"}]}]}]"#;
    assert_eq!(
        shown(Format::Cucumber, text),
        "Failed f/a.feature > sums > adds 500000 us [] \"Assertion Failed: no\\n  File x\"\n"
    );
}
