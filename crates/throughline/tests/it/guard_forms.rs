//! Guard's output for programs, and what it takes from them.

use serde_json::{Value, json};

use crate::env;

fn ends_with(shown: &str, code: u8) -> bool {
    shown.ends_with(&format!("[exit status: {code}]\n"))
}

/// The document on stdout.
fn document(shown: &str) -> Value {
    let json: String =
        shown.lines().take_while(|line| *line == "{" || !line.starts_with(['[', '-'])).collect();
    serde_json::from_str(&json).unwrap_or_else(|err| panic!("{err}: {shown}"))
}

#[test]
fn a_bill_of_what_is_there_names_servers_files_and_findings() {
    let env = env();
    env.write(
        ".mcp.json",
        r#"{"mcpServers": {"mail": {"command": "npx", "args": ["-y", "@acme/mail@1.2.3"]}}}"#,
    );
    env.write("AGENTS.md", "Use tabs\u{202e}.\n");
    let shown = env.run(&["guard", "--format", "cyclonedx"]);
    let bill = document(&shown);
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&json!("CycloneDX"), &json!("1.6")));
    let purls: Vec<&Value> =
        bill["components"].as_array().unwrap().iter().map(|one| &one["purl"]).collect();
    assert!(purls.contains(&&json!("pkg:npm/%40acme/mail@1.2.3")), "{shown}");
    assert_eq!(bill["vulnerabilities"][0]["affects"][0]["ref"], "file:AGENTS.md#");
    assert_eq!(env.run(&["guard", "--format", "cyclonedx"]), shown, "the same bytes again");
}

#[test]
fn findings_of_another_scanner_are_judged_with_ours() {
    let env = env();
    let log = |level: &str| {
        json!({"version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": "Other Scanner"}},
            "results": [{
                "ruleId": "R1",
                "level": level,
                "message": {"text": "something is odd"},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": format!("file://{}/src/a.ts", env.repo().display())},
                    "region": {"startLine": 3},
                }}],
            }],
        }]}).to_string()
    };
    env.write("other.sarif", log("error"));
    let guard = ["guard", "--sarif-in", "other.sarif", "--fail-on", "high"];
    let shown = env.run(&guard);
    assert!(
        shown.contains("other-scanner/R1")
            && shown.contains("src/a.ts\n  high   other-scanner/R1 line 3"),
        "{shown}"
    );
    assert!(ends_with(&shown, 1), "{shown}");
    env.run(&["guard", "--sarif-in", "other.sarif", "--write-baseline"]);
    assert!(!ends_with(&env.run(&guard), 1), "the baseline knows it");
    std::fs::remove_file(env.repo().join(".throughline/guard-baseline.json")).unwrap();
    env.write(
        ".throughline/guard.toml",
        "[[allow]]\nrule = \"other-scanner/R1\"\npath = \"src/**\"\nowner = \"ana\"\nreason = \"known\"\nexpires = \"2026-06-01\"\n",
    );
    let shown = env.run(&guard);
    assert!(shown.contains("1 allowed") && !ends_with(&shown, 1), "{shown}");
    env.write("other.sarif", "{}");
    let shown = env.run(&guard);
    assert!(shown.contains("SARIF 2.1.0") && ends_with(&shown, 3), "{shown}");
}

#[test]
fn an_export_is_made_of_the_policy_and_the_lock_and_tells_what_is_left_out() {
    let env = env();
    env.write(
        ".mcp.json",
        r#"{"mcpServers": {"mail": {"command": "npx", "args": ["-y", "@acme/mail@1.2.3"]}}}"#,
    );
    env.run(&["guard", "lock", "--by", "ana"]);
    env.write(
        ".throughline/guard.toml",
        "schema = \"guard-policy/v1\"\n[paths]\ndeny_read = [\"~/.ssh/**\"]\n[tools]\ndeny = [\"mail/send_*\"]\n",
    );
    let shown = env.run(&["guard", "export", "claude-code", "--program", "/opt/throughline"]);
    let settings = document(&shown);
    assert_eq!(settings["permissions"]["deny"], json!(["Read(~/.ssh/**)"]));
    assert_eq!(
        settings["allowedMcpServers"],
        json!([{"serverCommand": ["npx", "-y", "@acme/mail@1.2.3"]}])
    );
    let hook = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"].as_str().unwrap();
    assert!(hook.contains("/opt/throughline") && hook.contains("hook claude-code"), "{hook}");
    assert!(shown.contains("note: by the hook alone: `tools.deny`: `mail/send_*`"), "{shown}");
    assert!(ends_with(&env.run(&["guard", "export", "emacs"]), 2));
    // What is approved no longer is not rolled out, and opens nothing.
    env.run(&["guard", "approve", "mail", "--by", "ana", "--until", "2026-03-31"]);
    let shown = env.shell(r#"TL_NOW=2026-04-01T00:00:00Z "$THROUGHLINE" guard export claude-code"#);
    assert!(shown.contains("`server:mail` is approved no longer, and is left out"), "{shown}");
    assert_eq!(document(&shown)["allowedMcpServers"], json!([]));
    assert_eq!(document(&shown)["allowManagedMcpServersOnly"], true);
}
