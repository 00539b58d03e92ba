use std::collections::BTreeMap;
use std::fs;

use super::{Before, Mended, applied, mends};
use crate::host::{Host, Os};
use crate::inventory::Ecosystem;
use crate::scan::{Scan, scan};
use tl_core::finding::Finding;

/// What a scan of a repository with this one file finds.
fn findings(path: &str, bytes: &[u8]) -> Vec<Finding> {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, bytes).unwrap();
    let host = Host {
        os: Os::Linux,
        home: None,
        system: root.path().join("system"),
        variables: BTreeMap::new(),
        repositories: vec![root.path().to_owned()],
    };
    let ask = Scan {
        home: false,
        all: false,
        repositories: true,
        tools: Vec::new(),
        listeners: false,
        only: Vec::new(),
    };
    scan(&host, &ask, &mut |_| ()).unwrap().findings
}

fn versions(ecosystem: Ecosystem, name: &str) -> Vec<String> {
    match (ecosystem, name) {
        (Ecosystem::Npm, "@acme/mcp") | (Ecosystem::Pypi, "acme-mcp") => vec!["1.2.3".to_owned()],
        (Ecosystem::Npm, "twice") => vec!["1.0.0".to_owned(), "2.0.0".to_owned()],
        (Ecosystem::Docker, "acme/mcp") => vec![format!("sha256:{}", "a".repeat(64))],
        _ => Vec::new(),
    }
}

fn mended(path: &str, bytes: &[u8], rule: &str) -> (Mended, String) {
    let found = findings(path, bytes);
    let found: Vec<&Finding> = found.iter().filter(|one| one.rule.0 == rule).collect();
    assert!(!found.is_empty(), "{rule} is not found in {}", String::from_utf8_lossy(bytes));
    let mended = mends(Before { path, bytes }, &found, &versions);
    let after = applied(bytes, &mended.edits);
    (mended, String::from_utf8(after).unwrap())
}

/// The mended text is exactly this, and the finding is gone.
fn becomes(path: &str, rule: &str, before: &str, after: &str) {
    let (done, text) = mended(path, before.as_bytes(), rule);
    assert_eq!(text, after, "{:?}", done.left);
    let left: Vec<Finding> =
        findings(path, text.as_bytes()).into_iter().filter(|one| one.rule.0 == rule).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Nothing is done, and this is said.
fn stays(path: &str, rule: &str, before: &str, why: &str) {
    let (done, text) = mended(path, before.as_bytes(), rule);
    assert_eq!(text, before);
    assert!(done.left.iter().any(|(_, told)| told.contains(why)), "{:?}", done.left);
}

fn servers(inner: &str) -> String {
    format!("{{\r\n\t// servers of all\r\n\t\"mcpServers\": {{ \"a\": {{ {inner} }}, }}\r\n}}\r\n")
}

#[test]
fn a_package_is_pinned_to_the_version_that_is_known() {
    let json = |before: &str, after: &str| {
        becomes(".mcp.json", "GC001", &servers(before), &servers(after));
    };
    json(
        r#""command": "npx", "args": ["-y", "@acme/mcp@latest", "--port", "3"]"#,
        r#""command": "npx", "args": ["-y", "@acme/mcp@1.2.3", "--port", "3"]"#,
    );
    json(r#""command": "npx -y @acme/mcp""#, r#""command": "npx -y @acme/mcp@1.2.3""#);
    json(
        r#""command": "npx", "args": ["--package=@acme/mcp", "run-it"]"#,
        r#""command": "npx", "args": ["--package=@acme/mcp@1.2.3", "run-it"]"#,
    );
    json(
        r#""command": "uvx", "args": ["--from", "acme-mcp[cli]>=1", "mcp"]"#,
        r#""command": "uvx", "args": ["--from", "acme-mcp[cli]==1.2.3", "mcp"]"#,
    );
    let digest = format!("sha256:{}", "a".repeat(64));
    json(
        r#""command": "docker", "args": ["run", "-i", "acme/mcp:1.2"]"#,
        &format!(r#""command": "docker", "args": ["run", "-i", "acme/mcp@{digest}"]"#),
    );
    becomes(
        ".codex/config.toml",
        "GC001",
        "[mcp_servers.a] # of all\ncommand = 'npx'\nargs = ['-y', '@acme/mcp'] # here\n",
        "[mcp_servers.a] # of all\ncommand = 'npx'\nargs = ['-y', '@acme/mcp@1.2.3'] # here\n",
    );
}

#[test]
fn no_version_is_made_up() {
    let npx = |package: &str| servers(&format!(r#""command": "npx", "args": ["-y", "{package}"]"#));
    stays(".mcp.json", "GC001", &npx("unknown-mcp"), "no version of `unknown-mcp`");
    stays(".mcp.json", "GC001", &npx("twice"), "1.0.0, 2.0.0");
    let docker = servers(r#""command": "docker", "args": ["run", "acme/other"]"#);
    stays(".mcp.json", "GC001", &docker, "digest");
    let escaped = servers(r#""command": "npx", "args": ["-y", "@\u0061cme/mcp"]"#);
    stays(".mcp.json", "GC001", &escaped, "not written plainly");
}

#[test]
fn a_server_is_bound_to_this_machine_alone() {
    let json = |before: &str, after: &str| {
        becomes(".mcp.json", "GN001", &servers(before), &servers(after));
    };
    json(
        r#""command": "node", "args": ["s.js", "--host", "0.0.0.0", "--bind=0.0.0.0:80"]"#,
        r#""command": "node", "args": ["s.js", "--host", "127.0.0.1", "--bind=127.0.0.1:80"]"#,
    );
    json(
        r#""command": "node", "env": {"HOST": "::", "A": "0.0.0.0"}"#,
        r#""command": "node", "env": {"HOST": "::1", "A": "0.0.0.0"}"#,
    );
    json(
        r#""command": "docker", "args": ["run", "-p", "8080:80", "a@sha256:0"]"#,
        r#""command": "docker", "args": ["run", "-p", "127.0.0.1:8080:80", "a@sha256:0"]"#,
    );
}

#[test]
fn a_permission_is_narrowed() {
    let settings = |allow: &str| {
        format!(
            "{{\r\n  \"permissions\": {{\r\n    // ours\r\n    \"allow\": [{allow}]\r\n  }}\r\n}}"
        )
    };
    becomes(
        ".claude/settings.json",
        "GC008",
        &settings("\r\n      \"Read\", // reads\r\n      \"Bash(*)\",\r\n      \"*\"\r\n    "),
        &settings("\r\n      \"Read\" // reads\r\n    "),
    );
    becomes(
        "opencode.json",
        "GC008",
        r#"{"permission": {"bash": "allow", "edit": "allow"}}"#,
        r#"{"permission": {"bash": "ask", "edit": "allow"}}"#,
    );
}

#[test]
fn questions_are_asked_again() {
    for (path, before, after) in [
        (
            ".claude/settings.json",
            r#"{"permissions": {"defaultMode": "bypassPermissions"}} // x"#,
            r#"{"permissions": {"defaultMode": "default"}} // x"#,
        ),
        (
            ".vscode/settings.json",
            r#"{"chat.tools.autoApprove": true}"#,
            r#"{"chat.tools.autoApprove": false}"#,
        ),
        (
            ".codex/config.toml",
            "approval_policy = \"never\" # no\nsandbox_mode = 'danger-full-access'\n",
            "approval_policy = \"on-request\" # no\nsandbox_mode = 'workspace-write'\n",
        ),
        (
            ".mcp.json",
            r#"{"mcpServers": {"a": {"command": "claude", "args": ["mcp", "serve", "--dangerously-skip-permissions"]}}}"#,
            r#"{"mcpServers": {"a": {"command": "claude", "args": ["mcp", "serve"]}}}"#,
        ),
    ] {
        becomes(path, "GC009", before, after);
    }
}

#[test]
fn tools_that_act_are_no_longer_approved() {
    becomes(
        ".mcp.json",
        "GC012",
        &servers(r#""command": "a", "alwaysAllow": ["delete_all", "run"]"#),
        &servers(r#""command": "a", "alwaysAllow": []"#),
    );
    becomes(
        ".gemini/settings.json",
        "GC012",
        r#"{"mcpServers": {"a": {"command": "a", "trust": true}}}"#,
        r#"{"mcpServers": {"a": {"command": "a", "trust": false}}}"#,
    );
    stays(
        ".mcp.json",
        "GC012",
        &servers(r#""command": "a", "autoApprove": ["list"]"#),
        "only read",
    );
}

#[test]
fn hidden_characters_are_stripped_and_nothing_else() {
    let hidden: String =
        "send".chars().filter_map(|c| char::from_u32(u32::from(c) + 0xe0000)).collect();
    let text = |hidden: &str| format!("\u{feff}# Rules\r\n\r\nUse tabs.{hidden}\r\nÄ – ok\r\n");
    becomes("AGENTS.md", "GH001", &text(&hidden), &text(""));
    let bidi = |mark: &str| format!("access = \"user\"{mark} # x\n");
    becomes("a.py", "GH002", &bidi("\u{202e}"), &bidi(""));
    let word = |inside: &str| format!("def is{inside}admin():\n    pass\n");
    becomes("a.py", "GH004", &word("\u{200b}"), &word(""));
}

#[test]
fn what_changed_since_the_scan_is_left_alone() {
    let found = findings("AGENTS.md", "a\u{e0073}\u{e0065}\u{e006e}\u{e0064}b".as_bytes());
    let found: Vec<&Finding> = found.iter().filter(|one| one.rule.0 == "GH001").collect();
    let before = Before { path: "AGENTS.md", bytes: "Something else stands here now.".as_bytes() };
    let done = mends(before, &found, &versions);
    assert!(done.edits.is_empty() && done.left[0].1.contains("changed"), "{done:?}");
}
