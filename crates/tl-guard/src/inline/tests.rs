use tl_core::finding::{Finding, Level, Location, State};
use tl_core::time::Timestamp;

use super::{apply, find};
use crate::inventory::Scope;
use crate::rules::{all, finding};
use crate::text::unit::{Artifact, Role};

const SAID: &str = r#"guard:allow GC001 until=2027-01-31 owner=ana reason="pinned by the image""#;

fn file(role: Role, scope: Scope, text: &str) -> Artifact {
    Artifact { scope, ..crate::testing::artifact(role, "a", text) }
}

/// A finding of a rule on a line of that file.
fn found(rule: &str, line: u32, level: Level) -> Finding {
    let doc = all().find(|known| known.doc.id == rule).unwrap().doc;
    let at = Location { line, ..file(Role::Other, Scope::Project, "").at };
    Finding { level, ..finding(doc, at, "something") }
}

/// State of a finding in a file with this text, and why an allowance is idle.
fn judged(text: &str, finding: Finding) -> (State, Vec<&'static str>) {
    let inline = find(&file(Role::Config, Scope::Project, text)).0;
    let mut findings = [finding];
    let today = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
    let name = |id: &str| all().find(|rule| rule.doc.id == id).map_or("", |rule| rule.doc.name);
    let idle = apply(&mut findings, &inline, today, &name);
    (findings[0].state, idle.into_iter().map(|(_, why)| why).collect())
}

#[test]
fn a_comment_allows_its_line_and_the_next() {
    let text = format!("{{\n// {SAID}\n\"a\": 1\n}}");
    for (line, state) in
        [(1, State::New), (2, State::Suppressed), (3, State::Suppressed), (4, State::New)]
    {
        assert_eq!(judged(&text, found("GC001", line, Level::High)).0, state, "{line}");
    }
    let by_name = text.replace("GC001", "unpinned-launcher");
    assert_eq!(judged(&by_name, found("GC001", 3, Level::Block)).0, State::Suppressed);
    assert_eq!(judged(&text, found("GC002", 3, Level::High)).0, State::New);
}

#[test]
fn without_owner_reason_or_day_it_does_not_count() {
    for (from, to) in [
        ("owner=ana", ""),
        ("reason=\"pinned by the image\"", ""),
        ("until=2027-01-31", ""),
        ("until=2027-01-31", "until=2026-11-20"),
        ("until=2027-01-31", "until=2029-01-01"),
        ("GC001", "GC"),
    ] {
        let text = format!("// {}\n", SAID.replace(from, to));
        let (state, idle) = judged(&text, found("GC001", 1, Level::High));
        assert_eq!((state, idle.len()), (State::New, 1), "{text}");
    }
}

#[test]
fn a_file_cannot_allow_what_an_attacker_would_allow_himself() {
    for (rule, level, state) in [
        ("GH001", Level::Block, State::New),
        ("GP002", Level::Block, State::New),
        ("GC003", Level::Block, State::New),
        ("GH004", Level::High, State::Suppressed),
    ] {
        let text = format!("# {}\n", SAID.replace("GC001", rule));
        let (now, idle) = judged(&text, found(rule, 1, level));
        assert_eq!(now, state, "{rule}");
        assert_eq!(idle.is_empty(), state == State::Suppressed, "{rule}");
    }
}

#[test]
fn a_tool_list_a_skill_and_a_dependency_cannot_allow_themselves() {
    let text = format!("# {SAID}\n");
    for role in [Role::Config, Role::Settings, Role::Source, Role::Other] {
        assert_eq!(find(&file(role, Scope::Project, &text)).0.len(), 1);
        for scope in [Scope::Dependency, Scope::Plugin, Scope::User, Scope::Managed] {
            assert!(find(&file(role, scope, &text)).0.is_empty(), "{role:?} {scope:?}");
        }
    }
    for role in [Role::ToolList, Role::ToolResult, Role::SkillDoc, Role::SkillFile, Role::Lockfile]
    {
        assert!(find(&file(role, Scope::Project, &text)).0.is_empty(), "{role:?}");
    }
}

#[test]
fn only_a_comment_counts() {
    let count = |role, text: &str| find(&file(role, Scope::Project, text)).0.len();
    assert_eq!(count(Role::Config, &format!("{{\"a\": \"// {SAID}\"}}")), 0);
    assert_eq!(count(Role::Config, &format!("{{\"a\": \"b\"}} // {SAID}")), 1);
    assert_eq!(count(Role::Source, SAID), 0);
    assert_eq!(count(Role::RuleFile, &format!("# {SAID}")), 0);
    assert_eq!(count(Role::RuleFile, &format!("<!-- {SAID} -->")), 1);
    assert_eq!(count(Role::Document, &format!("Write `// {SAID}` there")), 0);
}
