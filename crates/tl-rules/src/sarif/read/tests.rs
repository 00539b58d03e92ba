use serde_json::json;
use tl_core::finding::{Confidence, Finding, Level, Root, State};

use super::super::RESULTS;
use super::{ReadError, read};

fn one(rules: &serde_json::Value, result: &serde_json::Value) -> Finding {
    let log = json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "Some MCP Scanner", "rules": rules}},
        "artifacts": [{"location": {"uri": "a%20b/tools.json"}}],
        "results": [result],
    }]});
    read(log.to_string().as_bytes()).unwrap().findings.remove(0)
}

#[test]
fn a_result_keeps_its_tool_rule_place_and_words() {
    let rules = json!([{
        "id": "PROMPT_INJECTION",
        "help": {"text": "Take it out."},
        "properties": {"precision": "high", "tags": ["external/cwe/cwe-077"]},
    }]);
    let found = one(
        &rules,
        &json!({
            "ruleId": "PROMPT_INJECTION",
            "level": "error",
            "message": {"text": "a tool\nspeaks to the model"},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "src/../tools/list.json"},
                "region": {"startLine": 3, "startColumn": 5, "snippet": {"text": "x \u{202e}"}},
            }}],
        }),
    );
    assert_eq!(found.rule.0, "some-mcp-scanner/PROMPT_INJECTION");
    assert_eq!((found.level, found.confidence), (Level::High, Confidence::High));
    assert_eq!((found.at.root, found.at.path.as_str()), (Root::Repository, "tools/list.json"));
    assert_eq!((found.at.line, found.at.column), (3, 5));
    assert_eq!(found.message, "a tool speaks to the model");
    assert_eq!(found.evidence.raw, r"x \u{202e}");
    assert_eq!((found.fix.text.as_str(), &*found.taxonomy[0].0), ("Take it out.", "cwe:CWE-77"));
}

#[test]
fn what_producers_leave_out_is_found_elsewhere() {
    let rules = json!([{
        "id": "R1",
        "defaultConfiguration": {"level": "note"},
        "messageStrings": {"default": {"text": "`{0}` is bad"}},
    }]);
    let found = one(
        &rules,
        &json!({
            "ruleIndex": 0,
            "message": {"id": "default", "arguments": ["x"]},
            "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}],
        }),
    );
    assert_eq!(found.rule.0, "some-mcp-scanner/R1");
    assert_eq!((found.level, found.message.as_str()), (Level::Info, "`x` is bad"));
    assert_eq!((found.at.path.as_str(), found.at.line), ("a b/tools.json", 0));
    let bare = one(&json!(null), &json!({}));
    assert_eq!((&*bare.rule.0, bare.level), ("some-mcp-scanner/unnamed", Level::Warn));
    assert_eq!(bare.message, "no message");
}

#[test]
fn a_score_tells_the_level_and_no_log_names_our_rules() {
    let rules = |score: serde_json::Value| json!([{"id": "GH001", "properties": {"security-severity": score}}]);
    for (score, level) in [
        (json!("9.1"), Level::Block),
        (json!(7), Level::High),
        (json!("4.0"), Level::Warn),
        (json!("0.1"), Level::Info),
    ] {
        let found = one(&rules(score), &json!({"ruleId": "GH001", "level": "error"}));
        assert_eq!(found.level, level);
        assert_eq!(found.rule.0, "some-mcp-scanner/GH001");
    }
}

#[test]
fn what_is_fine_is_no_finding_and_what_was_accepted_is_suppressed() {
    let log = |result: &serde_json::Value| json!({"runs": [{"results": [result]}]}).to_string();
    for fine in [json!({"kind": "pass"}), json!({"baselineState": "absent"}), json!(7)] {
        assert!(read(log(&fine).as_bytes()).unwrap().findings.is_empty());
    }
    let state = |suppressions: &serde_json::Value| {
        one(&json!([]), &json!({"suppressions": suppressions})).state
    };
    assert_eq!(state(&json!([{"kind": "inSource"}])), State::Suppressed);
    assert_eq!(state(&json!([{"kind": "external", "status": "rejected"}])), State::New);
    assert_eq!(state(&json!([])), State::New);
}

#[test]
fn absolute_places_are_told_apart() {
    let at = |uri: &str| {
        let found = one(
            &json!([]),
            &json!({"locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}]}),
        );
        (found.at.root, found.at.path)
    };
    assert_eq!(at("file:///srv/a%2Fb.json"), (Root::System, "srv/a/b.json".to_owned()));
    assert_eq!(at("../../etc/passwd"), (Root::Repository, "etc/passwd".to_owned()));
    assert_eq!(at("file://host"), (Root::System, String::new()));
    assert_eq!(at(r"src\a.ts"), (Root::Repository, "src/a.ts".to_owned()));
}

#[test]
fn a_log_is_bounded_and_what_is_none_is_told() {
    let many = json!({"runs": [{"results": vec![json!({}); RESULTS + 3]}]}).to_string();
    let log = read(many.as_bytes()).unwrap();
    assert_eq!((log.findings.len(), log.left_out), (RESULTS, 3));
    let long = one(
        &json!([]),
        &json!({"ruleId": "r".repeat(9_000), "message": {"text": "m ".repeat(9_000)}}),
    );
    assert!(long.rule.0.chars().count() < 200 && long.message.chars().count() < 1_100);
    assert!(matches!(read(b"{\"runs\": 1}"), Err(ReadError::NoRuns)));
    assert!(matches!(read(b"<x>"), Err(ReadError::Json(_))));
    assert!(matches!(read(&vec![b' '; super::BYTES + 1]), Err(ReadError::TooLarge)));
}

#[test]
fn our_own_log_is_read_again() {
    use crate::{registry::Registry, sort::Sorted};
    let mut found = one(
        &json!([]),
        &json!({"message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a b"}}}]}),
    );
    found.level = Level::Block;
    let sorted = Sorted { findings: vec![found.clone()], ..Sorted::default() };
    let log = super::super::write(&sorted, &Registry::default(), "1.0.0");
    let again = read(log.to_string().as_bytes()).unwrap().findings.remove(0);
    assert_eq!((again.level, &again.at), (Level::Block, &found.at));
    assert_eq!(again.rule.0, "throughline/some-mcp-scanner/unnamed");
}

/// What broke the reader once, and shapes to begin a search with, stays mended without a fuzzer.
#[test]
fn the_seeds_of_the_fuzz_target_are_read() {
    let seed = include_bytes!("../../../../../fuzz/seeds/guard_sarif/shapes.sarif");
    let log = read(seed).unwrap();
    assert_eq!(log.findings.len(), 1);
    let found = &log.findings[0];
    assert_eq!((&*found.rule.0, found.message.as_str()), ("x/a", "y"));
    assert_eq!((found.at.root, found.at.path.as_str()), (Root::System, "b"));
}
