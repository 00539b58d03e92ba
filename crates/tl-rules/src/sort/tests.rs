use tl_core::{
    finding::{Confidence, Evidence, Finding, Fix, Level, Location, Root, RuleId, State},
    time::Timestamp,
};

use super::{Sorted, fingerprint, sort};
use crate::{
    baseline::Baseline,
    registry::Registry,
    suppress::{Rules, Suppression},
};

fn finding(level: Level, path: &str, line: u32) -> Finding {
    Finding {
        rule: RuleId::new("GC001"),
        level,
        confidence: Confidence::High,
        at: Location {
            root: Root::Repository,
            path: path.to_owned(),
            line,
            column: 1,
            end_line: line,
            within: "mcpServers.a".to_owned(),
        },
        message: "no exact version".to_owned(),
        evidence: Evidence::of("npx -y x", "", Vec::new()),
        fix: Fix::default(),
        taxonomy: Vec::new(),
        fingerprint: String::new(),
        state: State::New,
    }
}

fn allow(path: &str, expires: &str) -> Suppression {
    Suppression {
        rule: Rules::one("GC001"),
        path: Some(path.to_owned()),
        within: None,
        fingerprint: None,
        owner: "ana".to_owned(),
        reason: "pinned by the image".to_owned(),
        expires: expires.to_owned(),
    }
}

fn sorted(findings: Vec<Finding>, allow: &[Suppression], baseline: &Baseline) -> Sorted {
    let today = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
    sort(findings, allow, baseline, today, &Registry::default())
}

#[test]
fn the_worst_comes_first_and_a_moved_line_keeps_its_fingerprint() {
    let found = vec![finding(Level::Warn, "a", 1), finding(Level::Block, "b", 9)];
    let sorted = sorted(found, &[], &Baseline::default());
    assert_eq!(sorted.findings[0].level, Level::Block);
    let (one, moved) = (finding(Level::High, "a", 1), finding(Level::High, "a", 7));
    assert_eq!(fingerprint(&one), fingerprint(&moved));
    assert_ne!(fingerprint(&one), fingerprint(&finding(Level::High, "b", 1)));
}

#[test]
fn a_second_copy_of_what_the_baseline_knows_is_new() {
    let baseline = Baseline::of(
        &sorted(vec![finding(Level::High, "a", 1)], &[], &Baseline::default()).findings,
    );
    let two = vec![finding(Level::High, "a", 1), finding(Level::High, "a", 5)];
    let sorted = sorted(two, &[], &baseline);
    assert_eq!(sorted.new_at(Level::High).count(), 1);
    let json = serde_json::to_string(&baseline).unwrap();
    assert_eq!(Baseline::parse(&json).unwrap(), baseline);
    assert!(Baseline::parse("{\"schema\":\"x\",\"findings\":{}}").is_err());
}

#[test]
fn an_allowance_counts_until_its_day_and_is_told_when_over_or_unused() {
    let found = vec![finding(Level::High, "a", 1), finding(Level::High, "b", 1)];
    let rules = [allow("a", "2027-01-31"), allow("b", "2026-01-31"), allow("c", "2027-01-31")];
    let sorted = sorted(found, &rules, &Baseline::default());
    assert_eq!(sorted.findings[0].state, State::Suppressed);
    assert_eq!(sorted.findings[1].state, State::New);
    assert_eq!(sorted.expired, [rules[1].clone()]);
    assert_eq!(sorted.unused, [rules[2].clone()]);
}
