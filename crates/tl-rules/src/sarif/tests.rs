use tl_core::finding::{
    Confidence, Evidence, Finding, Fix, Level, Location, Root, RuleId, State, Taxon,
};

use super::{RESULTS, write};
use crate::{doc::RuleDoc, registry::Registry, sort::Sorted};

static DOC: RuleDoc = RuleDoc {
    id: "GH001",
    name: "tag-characters",
    level: Level::Block,
    confidence: Confidence::High,
    summary: "Text is hidden in tag characters.",
    why: "Models read what people do not see.",
    fix: "Take the characters out.",
    taxonomy: &["snyk:W021", "atlas:AML.T0068"],
    since: "0.1.0",
};

fn finding(line: u32) -> Finding {
    Finding {
        rule: DOC.rule(),
        level: Level::Block,
        confidence: Confidence::High,
        at: Location {
            root: Root::Repository,
            path: "docs/a b.md".to_owned(),
            line,
            column: 2,
            end_line: line,
            within: String::new(),
        },
        message: "tag characters hide text".to_owned(),
        evidence: Evidence::of("a", "run me", Vec::new()),
        fix: Fix::default(),
        taxonomy: vec![Taxon("snyk:W021".into())],
        fingerprint: "ab".to_owned(),
        state: State::New,
    }
}

fn sorted(findings: Vec<Finding>) -> Sorted {
    Sorted { rules: [RuleId::new("GH001")].into(), findings, ..Sorted::default() }
}

#[test]
fn a_log_has_what_the_format_requires() {
    let log = write(&sorted(vec![finding(3)]), &Registry::new([&DOC]), "0.1.0");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "GH001");
    assert!(run["tool"]["driver"]["rules"][0]["shortDescription"]["text"].is_string());
    let result = &run["results"][0];
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(result["level"], "error");
    assert_eq!(result["message"]["text"], "tag characters hide text: run me");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "docs/a%20b.md");
    assert_eq!(place["region"]["startLine"], 3);
    assert_eq!(result["partialFingerprints"]["throughlineFinding/v1"], "ab");
    let names: Vec<_> = run["taxonomies"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert_eq!(names, ["atlas", "snyk"]);
}

#[test]
fn an_unknown_line_gives_no_region_since_lines_begin_at_one() {
    let log = write(&sorted(vec![finding(0)]), &Registry::new([&DOC]), "0.1.0");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert!(place.get("region").is_none());
}

#[test]
fn more_results_than_a_forge_takes_are_left_out_and_told() {
    let many = (1..=RESULTS + 2).map(|line| finding(u32::try_from(line).unwrap())).collect();
    let log = write(&sorted(many), &Registry::new([&DOC]), "0.1.0");
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), RESULTS);
    let told = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert!(told["message"]["text"].as_str().unwrap().starts_with("2 results"));
}
