use std::collections::BTreeSet;

use serde_json::Value;
use tl_core::time::Timestamp;
use tl_rules::baseline::Baseline;
use tl_rules::registry::Registry;
use tl_rules::sort::sort;

use super::{document, purl};
use crate::inventory::{Ecosystem, Package};
use crate::testing::scanned;

/// What the schema of CycloneDX 1.6 demands of the members that are used here.
fn faults(bill: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    must(bill["bomFormat"] == "CycloneDX" && bill["specVersion"] == "1.6", "format".to_owned());
    must(bill["version"].as_u64() == Some(1), "version".to_owned());
    let serial = bill["serialNumber"].as_str().unwrap_or_default();
    let digits: Vec<&str> = serial.strip_prefix("urn:uuid:").unwrap_or("").split('-').collect();
    let lengths: Vec<usize> = digits.iter().map(|part| part.len()).collect();
    must(lengths == [8, 4, 4, 4, 12], format!("serial number {serial}"));
    let known: BTreeSet<&str> = [
        "$schema",
        "bomFormat",
        "specVersion",
        "serialNumber",
        "version",
        "metadata",
        "components",
        "services",
        "vulnerabilities",
    ]
    .into();
    must(
        bill.as_object().unwrap().keys().all(|key| known.contains(key.as_str())),
        "a member too much".to_owned(),
    );
    let mut references = BTreeSet::new();
    let mut all: Vec<(&str, &Value)> = Vec::new();
    for kind in ["components", "services", "vulnerabilities"] {
        all.extend(bill[kind].as_array().unwrap().iter().map(|one| (kind, one)));
    }
    for (kind, one) in &all {
        must(references.insert(one["bom-ref"].as_str().unwrap()), format!("{one} is there twice"));
        for property in one["properties"].as_array().into_iter().flatten() {
            must(
                property["name"].is_string() && property["value"].is_string(),
                format!("{property}"),
            );
        }
        if *kind == "services" {
            must(one["name"].as_str().is_some_and(|name| !name.is_empty()), format!("{one}"));
            must(
                one["endpoints"].as_array().unwrap().iter().all(Value::is_string),
                format!("{one}"),
            );
        }
        if *kind == "components" {
            let parts = one["components"].as_array().into_iter().flatten().chain([*one]);
            for part in parts {
                must(part["name"].as_str().is_some_and(|name| !name.is_empty()), format!("{part}"));
                let kinds = ["application", "library", "file"];
                must(kinds.contains(&part["type"].as_str().unwrap_or_default()), format!("{part}"));
                for hash in part["hashes"].as_array().into_iter().flatten() {
                    let content = hash["content"].as_str().unwrap_or_default();
                    must(
                        hash["alg"] == "SHA-256"
                            && content.len() == 64
                            && content.bytes().all(|b| b.is_ascii_hexdigit()),
                        format!("{hash}"),
                    );
                }
            }
        }
    }
    for one in bill["vulnerabilities"].as_array().unwrap() {
        for affected in one["affects"].as_array().unwrap() {
            must(references.contains(affected["ref"].as_str().unwrap()), format!("{affected}"));
        }
        must(!one["affects"].as_array().unwrap().is_empty(), format!("{one}"));
        let severity = one["ratings"][0]["severity"].as_str().unwrap_or_default();
        must(["critical", "high", "medium", "info"].contains(&severity), severity.to_owned());
        must(one["cwes"].as_array().into_iter().flatten().all(Value::is_u64), format!("{one}"));
    }
    wrong
}

fn bill() -> Value {
    let mut scanned = scanned(&[
        (
            ".mcp.json",
            r#"{"mcpServers": {
                "mail": {"command": "npx", "args": ["-y", "@acme/mail@1.2.3"], "env": {"MAIL_TOKEN": "hunter2hunter2"}},
                "loose": {"command": "npx", "args": ["loose@latest"]},
                "far": {"url": "https://ana:hunter3@far.example/mcp?token=hunter4", "headers": {"X-Key": "hunter5"}}
            }}"#,
        ),
        ("AGENTS.md", "Use tabs.\n"),
        ("README.md", "Hello\u{202e} there\n"),
        (".claude/skills/x/SKILL.md", "---\nname: x\ndescription: Does x.\n---\nDo x.\n"),
        (".claude/skills/x/run.py", "print(1)\n"),
    ]);
    let today = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
    let findings = std::mem::take(&mut scanned.findings);
    let sorted = sort(findings, &[], &Baseline::default(), today, &Registry::default());
    document(&scanned, &sorted, "0.1.0")
}

#[test]
fn a_bill_is_valid_has_all_kinds_and_no_secret() {
    let bill = bill();
    assert_eq!(faults(&bill), [""; 0]);
    assert_eq!(bill["services"][0]["endpoints"][0], "https://far.example/mcp?token=${token}");
    let text = bill.to_string();
    assert!(!text.contains("hunter"), "{text}");
    for there in [
        "pkg:npm/%40acme/mail@1.2.3",
        "pkg:npm/loose\"",
        "\"name\":\"AGENTS.md\"",
        "run.py",
        "MAIL_TOKEN",
        "X-Key",
    ] {
        assert!(text.contains(there), "{there} in {text}");
    }
    let readme =
        bill["vulnerabilities"].as_array().unwrap().iter().find(|one| one["id"] == "GH002");
    assert_eq!(readme.unwrap()["affects"][0]["ref"], "file:README.md#");
    let loose = bill["vulnerabilities"].as_array().unwrap().iter().find(|one| one["id"] == "GC001");
    assert!(loose.unwrap()["affects"].to_string().contains("server:.mcp.json#loose"), "{loose:?}");
}

#[test]
fn a_tag_is_no_version_and_a_finding_keeps_its_reference() {
    let bill = bill();
    let components = bill["components"].as_array().unwrap();
    let loose = components.iter().find(|one| one["name"] == "loose" && one["type"] == "library");
    let loose = loose.unwrap();
    assert!(loose["version"].is_null(), "{loose}");
    assert!(
        loose["properties"]
            .to_string()
            .contains("\"throughline:requested-version\",\"value\":\"latest\""),
        "{loose}"
    );
    for finding in bill["vulnerabilities"].as_array().unwrap() {
        let reference = finding["bom-ref"].as_str().unwrap();
        assert!(reference.len() >= "finding:".len() + 64, "{reference}");
    }
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let (one, two) = (bill(), bill());
    assert_eq!(one.to_string(), two.to_string());
    let mut other = one.clone();
    other["components"] = Value::Array(Vec::new());
    assert_ne!(super::serial(&other.to_string()), one["serialNumber"].as_str().unwrap());
}

#[test]
fn package_urls_are_as_their_specification_says() {
    let of = |ecosystem, name: &str, version: Option<&str>, pinned| {
        let at = crate::text::unit::tools_at("x");
        purl(&Package {
            ecosystem,
            name: name.to_owned(),
            version: version.map(str::to_owned),
            pinned,
            at,
            launcher: None,
        })
    };
    assert_eq!(of(Ecosystem::Npm, "@Acme/mcp", Some("^1.0"), false), "pkg:npm/%40acme/mcp");
    assert_eq!(of(Ecosystem::Pypi, "My_Server", Some("1.0"), true), "pkg:pypi/my-server@1.0");
    assert_eq!(
        of(Ecosystem::Go, "example.com/mcp", Some("v1.2.3"), true),
        "pkg:golang/example.com/mcp@v1.2.3"
    );
    assert_eq!(
        of(Ecosystem::Docker, "registry.example/acme/mcp", Some("1.2"), false),
        "pkg:docker/acme/mcp@1.2?repository_url=registry.example%2Facme%2Fmcp"
    );
    assert_eq!(
        of(Ecosystem::Git, "https://example.com/a/b.git", None, false),
        "pkg:generic/b?vcs_url=https:%2F%2Fexample.com%2Fa%2Fb.git"
    );
}
