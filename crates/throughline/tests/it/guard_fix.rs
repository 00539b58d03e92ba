//! `throughline guard fix`: what is shown is what is done, and nothing else.

use std::fs;
use std::path::Path;

use crate::env;

const SETTINGS: &str = "{\r\n  // ours\r\n  \"permissions\": {\r\n    \"allow\": [\"Read\", \"Bash(*)\"]\r\n  }\r\n}\r\n";

const SERVERS: &str = r#"{
  "mcpServers": {
    "mail": {"command": "npx", "args": ["-y", "@acme/mail@latest"]},
    "other": {"command": "npx", "args": ["-y", "other"]}
  }
}
"#;

fn ends_with(shown: &str, code: u8) -> bool {
    shown.ends_with(&format!("[exit status: {code}]\n"))
}

#[test]
fn a_mend_is_shown_first_and_made_when_asked_to() {
    let env = env();
    env.write(".claude/settings.json", SETTINGS);
    env.write(".mcp.json", SERVERS);
    env.write(
        "node_modules/@acme/mail/package.json",
        r#"{"name": "@acme/mail", "version": "1.4.2"}"#,
    );
    let shown = env.run(&["guard", "fix"]);
    insta::assert_snapshot!(shown.replace('\r', "^M"), @r#"
    --- a/.claude/settings.json
    +++ b/.claude/settings.json
    @@ -1,6 +1,6 @@
     {^M
       // ours^M
       "permissions": {^M
    -    "allow": ["Read", "Bash(*)"]^M
    +    "allow": ["Read"]^M
       }^M
     }^M
    --- a/.mcp.json
    +++ b/.mcp.json
    @@ -1,6 +1,6 @@
     {
       "mcpServers": {
    -    "mail": {"command": "npx", "args": ["-y", "@acme/mail@latest"]},
    +    "mail": {"command": "npx", "args": ["-y", "@acme/mail@1.4.2"]},
         "other": {"command": "npx", "args": ["-y", "other"]}
       }
     }
    ------- stderr -------
    mend     GC008 .claude/settings.json:4 permissions.allow: `Bash(*)` is taken out: it is asked about again
    by hand  GC001 .mcp.json:4 mcpServers.other: no version of `other` is installed or approved here: name one
    mend     GC001 .mcp.json:3 mcpServers.mail: `@acme/mail` is pinned to 1.4.2
    note: nothing was changed: `throughline guard fix --apply` makes these mends
    "#);
    let read = |path: &str| fs::read_to_string(env.repo().join(path)).unwrap();
    assert_eq!(
        (read(".claude/settings.json").as_str(), read(".mcp.json").as_str()),
        (SETTINGS, SERVERS)
    );

    // The patch is one for git, and the program does the same.
    env.shell(r#"git init -q . && "$THROUGHLINE" guard fix > ../fix.patch && git apply --whitespace=nowarn ../fix.patch"#);
    let patched = (read(".claude/settings.json"), read(".mcp.json"));
    env.write(".claude/settings.json", SETTINGS);
    env.write(".mcp.json", SERVERS);
    let applied = env.run(&["guard", "fix", "--apply"]);
    assert!(applied.contains("written: $REPO/.mcp.json"), "{applied}");
    assert_eq!((read(".claude/settings.json"), read(".mcp.json")), patched);
    assert_eq!(patched.0, SETTINGS.replace(", \"Bash(*)\"", ""));
    assert_eq!(patched.1, SERVERS.replace("mail@latest", "mail@1.4.2"));
    let after = env.run(&["guard"]);
    assert!(!after.contains("GC008") && !after.contains("`@acme/mail`"), "{after}");
    assert!(env.run(&["guard", "fix", "--apply"]).contains("nothing that can be mended"));
}

#[test]
fn only_the_rules_that_are_named_are_mended_and_a_slip_is_told() {
    let env = env();
    env.write(".claude/settings.json", SETTINGS);
    assert!(!env.run(&["guard", "fix", "GC001"]).contains("Bash"));
    assert!(env.run(&["guard", "fix", "allow-all"]).contains("-    \"allow\""));
    let slip = env.run(&["guard", "fix", "allow-any"]);
    assert!(slip.contains("did you mean `allow-all`?") && ends_with(&slip, 2), "{slip}");
}

#[test]
fn a_secret_beside_what_is_mended_is_not_shown() {
    let env = env();
    let key = format!("sk-ant-api03-{}AA", "x7Qp2Lm9".repeat(11));
    let servers = format!(
        r#"{{"mcpServers": {{"mail": {{"command": "npx", "args": ["@acme/mail@latest"], "env": {{"API_KEY": "{key}"}}}}}}}}"#
    );
    env.write(".mcp.json", &servers);
    env.write(
        "node_modules/@acme/mail/package.json",
        r#"{"name": "@acme/mail", "version": "1.4.2"}"#,
    );
    let shown = env.run(&["guard", "fix"]);
    assert!(!shown.contains("x7Qp") && shown.contains(r#""API_KEY": "***""#), "{shown}");
    assert!(shown.contains("`git apply` does not take that"), "{shown}");
    assert!(!env.run(&["guard", "fix", "--apply"]).contains("x7Qp"));
    let mended = fs::read_to_string(env.repo().join(".mcp.json")).unwrap();
    assert_eq!(mended, servers.replace("latest", "1.4.2"));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let env = env();
    env.write("real/settings.json", SETTINGS);
    std::os::unix::fs::symlink("real", env.repo().join(".claude")).unwrap();
    let shown = env.run(&["guard", "fix", "--apply"]);
    assert_eq!(fs::read_to_string(env.repo().join("real/settings.json")).unwrap(), SETTINGS);
    assert!(!shown.contains("written"), "{shown}");
}

#[test]
fn a_home_is_mended_only_when_asked_to() {
    let env = env();
    env.write("../home/.claude/settings.json", SETTINGS);
    assert!(!env.run(&["guard", "fix", "--apply"]).contains("written"));
    let shown = env.run(&["guard", "fix", "--user", "--apply"]);
    assert!(shown.contains("written: $HOME/.claude/settings.json"), "{shown}");
}

/// The project's own repository, as whoever clones it sees it.
#[test]
fn our_own_repository_is_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let env = env().var("TL_NOW", "2026-11-21T12:00:00Z");
    let shown = env.run_in(&root, &["guard", "--fail-on", "info"]);
    assert!(!shown.contains("exit status") && shown.contains("found: nothing new"), "{shown}");
}
