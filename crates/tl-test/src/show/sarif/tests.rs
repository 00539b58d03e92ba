//! Logs as code scanning reads them.

use super::super::fixture::{decision, hostile, judged};
use super::*;

#[test]
fn every_verdict_has_its_rule_and_place() {
    let log = sarif(&decision(), "0.1.0");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let found: Vec<(&str, &str, u64)> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let line = place["region"]["startLine"].as_u64().unwrap();
            (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap(), line)
        })
        .collect();
    // Worst first, then by place and name.
    assert_eq!(
        found,
        [
            ("TT001", "error", 41),
            ("TT003", "error", 41),
            ("TT002", "error", 41),
            ("TT005", "warning", 8),
            ("TT004", "warning", 41),
            ("TT004", "warning", 41),
        ]
    );
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 5);
    assert!(rules.iter().all(|rule| rule["properties"] == json!({"tags": ["test"]})));
}

#[test]
fn a_run_that_was_not_seen_whole_was_not_successful() {
    let log = sarif(&decision(), "0.1.0");
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"][0],
        json!({"level": "error", "message": {"text": "`out/a.xml` line 12: it breaks off: let the runner finish"}})
    );
    let whole = Decision { evidence: Vec::new(), ..decision() };
    let log = sarif(&whole, "0.1.0");
    assert_eq!(log["runs"][0]["invocations"][0], json!({"executionSuccessful": true}));
}

#[test]
fn a_failure_is_the_same_one_when_its_numbers_and_line_change() {
    let prints = |message: &str, line: u32| {
        let mut case = judged("adds", Verdict::Real);
        case.message = message.to_owned();
        case.line = Some(line);
        let log =
            sarif(&Decision { red: vec![case], quarantine: Vec::new(), ..decision() }, "0.1.0");
        log["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    assert_eq!(prints("expected 3 but was 4", 41), prints("expected 3 but was 5", 43));
}

#[test]
fn a_test_without_a_place_in_the_repository_has_its_name_alone() {
    let mut case = judged("adds", Verdict::Real);
    case.test.file = "/src/OrdersTest.java".to_owned();
    let log = sarif(&Decision { red: vec![case], quarantine: Vec::new(), ..decision() }, "0.1.0");
    assert_eq!(
        log["runs"][0]["results"][0]["locations"],
        json!([{"logicalLocations": [{"fullyQualifiedName": "acme.OrdersTest > adds"}]}])
    );
}

#[test]
fn rules_are_documented() {
    for doc in &RULES {
        // Tests are in no taxonomy of weaknesses.
        assert_eq!(doc.gaps(), ["no taxonomy"], "{}", doc.id);
    }
}

#[test]
fn a_log_of_any_run_has_its_bounds() {
    let text = sarif(&hostile(), "0.1.0").to_string();
    assert!(text.len() < 2_000_000, "{}", text.len());
    assert!(!text.contains("\\u001b") && !text.contains('\u{202e}'));
}
