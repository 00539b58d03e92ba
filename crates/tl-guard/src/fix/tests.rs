use super::{Before, Mended, mends};
use crate::inventory::Ecosystem;
use crate::testing::scanned;
use tl_core::finding::Finding;

/// What a scan of a repository with this one file finds.
fn findings(path: &str, bytes: &[u8]) -> Vec<Finding> {
    scanned(&[(path, bytes)]).findings
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
    let after = mended.after.clone().unwrap_or_else(|| bytes.to_owned());
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
    assert!(done.after.is_none() && done.left[0].1.contains("changed"), "{done:?}");
}

/// Continue's and Goose's files, with comments, quotes and line ends that are not ours.
#[test]
fn yaml_is_mended_and_all_else_in_it_stays() {
    let servers = |inner: &str| {
        format!("# Überall\r\nname: x # y\r\nmcpServers:\r\n  - name: a\r\n{inner}\r\n  # end\r\n")
    };
    let yaml = |rule: &str, before: &str, after: &str| {
        becomes(".continue/mcpServers/a.yaml", rule, &servers(before), &servers(after));
    };
    yaml(
        "GC001",
        "    command: npx\r\n    args:\r\n    - -y\r\n    - '@acme/mcp' # latest",
        "    command: npx\r\n    args:\r\n    - -y\r\n    - '@acme/mcp@1.2.3' # latest",
    );
    yaml(
        "GC001",
        "    command: uvx\r\n    args: [--from, \"acme-mcp>=1\", mcp]",
        "    command: uvx\r\n    args: [--from, \"acme-mcp==1.2.3\", mcp]",
    );
    yaml(
        "GN001",
        "    command: node\r\n    args: [s.js, --host, 0.0.0.0]\r\n    env: {MODE: x, HOST: '0.0.0.0'}",
        "    command: node\r\n    args: [s.js, --host, 127.0.0.1]\r\n    env: {MODE: x, HOST: '127.0.0.1'}",
    );
    yaml(
        "GC009",
        "    command: claude\r\n    args:\r\n      - mcp # serves\r\n      - --dangerously-skip-permissions # all\r\n",
        "    command: claude\r\n    args:\r\n      - mcp # serves\r\n      # all\r\n",
    );
    yaml(
        "GC012",
        "    command: a\r\n    alwaysAllow:\r\n      - delete_all\r\n",
        "    command: a\r\n    alwaysAllow:\r\n       []\r\n",
    );
    becomes(
        ".goose/recipes/a.yaml",
        "GC001",
        "extensions:\n- type: stdio\n  name: a\n  cmd: npx\n  args: ['@acme/mcp']\n",
        "extensions:\n- type: stdio\n  name: a\n  cmd: npx\n  args: ['@acme/mcp@1.2.3']\n",
    );
}

#[test]
fn what_stands_for_two_places_of_yaml_is_mended_for_both_or_not_at_all() {
    let text = |argument: &str| {
        format!(
            "mcpServers:\n- &a\n  name: a\n  command: npx\n  args: &args ['{argument}']\n- name: b\n  command: npx\n  args: *args\n"
        )
    };
    becomes(".continue/mcpServers/a.yaml", "GC001", &text("@acme/mcp"), &text("@acme/mcp@1.2.3"));
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn utf_16_stays_utf_16() {
    let hidden: String =
        "send".chars().filter_map(|c| char::from_u32(u32::from(c) + 0xe0000)).collect();
    for big in [true, false] {
        let becomes = |path: &str, rule: &str, before: &str, after: &str| {
            let before = utf16(before, big);
            let found = findings(path, &before);
            let found: Vec<&Finding> = found.iter().filter(|one| one.rule.0 == rule).collect();
            let done = mends(Before { path, bytes: &before }, &found, &versions);
            assert_eq!(done.after, Some(utf16(after, big)), "{:?}", done.left);
        };
        let text = |hidden: &str| format!("# Rules 😀\r\n\r\nUse tabs.{hidden}\r\nÄ – ok\r\n");
        becomes("AGENTS.md", "GH001", &text(&hidden), &text(""));
        let json = |word: &str| servers(&format!(r#""command": "npx", "args": ["-y", "{word}"]"#));
        becomes(".mcp.json", "GC001", &json("@acme/mcp"), &json("@acme/mcp@1.2.3"));
    }
}

#[test]
fn a_file_that_is_neither_utf_8_nor_utf_16_is_left_with_the_reason() {
    let before =
        [servers(r#""command": "npx", "args": ["unknown-mcp"]"#).as_bytes(), b"// \xe4\n"].concat();
    let found = findings(".mcp.json", &before);
    let found: Vec<&Finding> = found.iter().filter(|one| one.rule.0 == "GC001").collect();
    let done = mends(Before { path: ".mcp.json", bytes: &before }, &found, &versions);
    assert_eq!(done.left, [(0, "the file is not UTF-8".to_owned())]);
}
