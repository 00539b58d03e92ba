//! Limits, by the whole pipeline: who reaches one is told.

use crate::testing::scanned;

/// What GQ001 says of a repository of one file.
fn told(path: &str, text: &str) -> Vec<String> {
    let mut files = vec![(path, text)];
    if path.starts_with(".claude/skills") {
        let skill = "---\nname: a\ndescription: Adds numbers.\n---\n";
        files.push((".claude/skills/a/SKILL.md", skill));
    }
    let told = scanned(&files).findings.into_iter().filter(|finding| finding.rule.0 == "GQ001");
    told.map(|finding| finding.message).collect()
}

#[test]
fn more_allowances_than_count_are_told() {
    let line = "// guard:allow GC001 until=2027-01-31 owner=ana reason=\"pinned\"\n";
    let file = |lines: usize| format!("{}{{}}", line.repeat(lines));
    assert_eq!(told(".mcp.json", &file(200)), [""; 0]);
    let over = told(".mcp.json", &file(201));
    assert!(matches!(&over[..], [one] if one.contains("the first 200 allowances")), "{over:?}");
}

#[test]
fn more_settings_of_an_editor_than_are_looked_at_are_told() {
    let settings = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("\"a{n}.executable\": 1")).collect();
        format!("{{{}}}", all.join(","))
    };
    assert_eq!(told(".vscode/settings.json", &settings(4_000)), [""; 0]);
    assert_eq!(told(".vscode/settings.json", &settings(5_001)).len(), 1);
    let deep =
        format!("{}\"git.path\": \"./x\"{}", "{\"a\":".repeat(12) + "{", "}".repeat(12) + "}");
    assert_eq!(told(".vscode/settings.json", &deep).len(), 1, "{deep}");
}

#[test]
fn functions_in_functions_that_are_not_followed_are_told() {
    let nested = |depth: usize| -> String {
        (0..depth).map(|n| format!("{}def f{n}(a):\n", " ".repeat(n))).collect()
    };
    let skill = ".claude/skills/a/b.py";
    assert_eq!(told(skill, &nested(50)), [""; 0]);
    assert_eq!(told(skill, &nested(400)).len(), 1);
    let padded = format!("def go(a):\n    os.system({}a)\n", "'x' + ".repeat(20_000));
    assert_eq!(told(skill, &padded).len(), 1);
}
