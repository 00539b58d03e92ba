//! `throughline guard policy`: what is written is checked with its line, shown, and tried out.

use tl_testkit::env::TestEnv;

use crate::env;

const POLICY: &str = r#"schema = "guard-policy/v1"
[paths]
deny_read = ["~/.ssh/**", "**/.env"]
deny_write = [".github/workflows/**"]
[commands]
deny = ["git push * --force *"]
[hosts]
allow = ["*.acme.example"]
when_tainted = "ask"
[[exception]]
policy = "paths.deny_write"
path = ".github/workflows/docs.yml"
owner = "ana"
expires = "2026-12-31"
reason = "docs are built there"
"#;

fn with(policy: &str) -> TestEnv {
    let env = env();
    env.write(".throughline/guard.toml", policy);
    env
}

#[test]
fn a_policy_is_checked_and_its_mistake_named_with_its_line() {
    let shown = with(POLICY).run(&["guard", "policy", "check"]);
    insta::assert_snapshot!(shown, @r"
------- stderr -------
read $REPO/.throughline/guard.toml
5 policies
");
    let wrong = with("[paths]\ndeny_raed = [\"**/.env\"]\n").run(&["guard", "policy", "check"]);
    assert!(wrong.contains("line 2, column 1: unknown field `deny_raed`"), "{wrong}");
    assert!(wrong.contains("did you mean `deny_read`?"), "{wrong}");
    assert!(wrong.ends_with("[exit status: 2]\n"), "{wrong}");
}

#[test]
fn every_file_that_cannot_be_read_is_named() {
    let env = with("[paths]\ndeny_read = [\".env\"]\n");
    env.write(".throughline/policy/a.cedar", "forbid (principal,");
    env.write(".throughline/policy/b.cedar", "forbid (principal, action, resource);");
    env.write(".throughline/policy/c.cedar", "permit (principal, action, resource) when { x };");
    let shown = env.run(&["guard", "policy", "check"]);
    for part in ["line 2, column 14: `.env` could be meant", "a.cedar: line 1", "c.cedar: line 1"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("b.cedar"), "{shown}");
    assert!(shown.ends_with("[exit status: 2]\n"), "{shown}");
}

#[test]
fn what_a_repository_may_not_loosen_is_told_and_fails_a_strict_check() {
    let env = with("on_error = \"neutral\"\n[mode]\nGA001 = \"off\"\n");
    insta::assert_snapshot!(env.run(&["guard", "policy", "check", "--strict"]), @r#"
------- stderr -------
warning: the repository's guard.toml: `on_error = "neutral"` does not count: only a file of a repository that you `trust` can loosen
warning: the repository's guard.toml: `mode.GA001 = "off"` does not count: only a file of a repository that you `trust` can loosen
read $REPO/.throughline/guard.toml
no policies: nothing is objected to
[exit status: 1]
"#);
}

#[test]
fn a_request_is_decided_from_the_command_line() {
    let env = with(POLICY);
    let test = |rest: &[&str]| env.run(&[&["guard", "policy", "test"], rest].concat());
    insta::assert_snapshot!(test(&["write", ".github/workflows/ci.yml"]), @r"
deny
      deny repository:paths.deny_write[0]: policy denies writing `.github/workflows/**` (the repository's guard.toml, line 4)
");
    insta::assert_snapshot!(test(&["write", "src/../.github/workflows/ci.yml", "--expect", "deny"]), @r"
deny
      deny repository:paths.deny_write[0]: policy denies writing `.github/workflows/**` (the repository's guard.toml, line 4)
");
    insta::assert_snapshot!(test(&["write", ".github/workflows/docs.yml"]), @"neutral");
    insta::assert_snapshot!(test(&["read", "~/.ssh/id_rsa", "--expect", "neutral"]), @r"
deny, expected neutral
      deny repository:paths.deny_read[0]: policy denies reading `~/.ssh/**` (the repository's guard.toml, line 3)
[exit status: 1]
");
    insta::assert_snapshot!(test(&["run", "cd x && sudo sh -c 'git push origin --force'"]), @r"
deny
      deny repository:commands.deny[0]: policy denies running `git push * --force *` (the repository's guard.toml, line 6)
");
    insta::assert_snapshot!(test(&["run", "--", "git", "push", "--force", "a b"]), @r"
deny
      deny repository:commands.deny[0]: policy denies running `git push * --force *` (the repository's guard.toml, line 6)
");
    insta::assert_snapshot!(test(&["--tainted", "fetch", "https://acme.example.evil.example/"]), @r"
ask
      ask repository:hosts.when_tainted: this session has read what nobody vouches for: policy asks before reaching what is not in `hosts.allow` (the repository's guard.toml, line 9)
");
    insta::assert_snapshot!(test(&["write", "--on", "2027-01-01", "--json", ".github/workflows/docs.yml"]), @r#"
{
  "schema": "guard-policy-test/v1",
  "cases": [
    {
      "name": "write .github/workflows/docs.yml",
      "ok": true,
      "verdict": {
        "effect": "deny",
        "reasons": [
          {
            "effect": "deny",
            "policy": "repository:paths.deny_write[0]",
            "text": "policy denies writing `.github/workflows/**` (the repository's guard.toml, line 4)"
          }
        ]
      }
    }
  ]
}
"#);
    insta::assert_snapshot!(test(&["read", "a", "b"]), @r"
------- stderr -------
error: `read` has one resource, not 2
hint: put quotes around it
[exit status: 2]
");
    insta::assert_snapshot!(test(&["wriet", "x"]), @r"
------- stderr -------
error: invalid value 'wriet' for '[VERB]': known are read, write, run, fetch, call-tool, install, change-settings, prompt

For more information, try '--help'.
[exit status: 2]
");
}

#[test]
fn cases_pass_or_are_exit_code_1() {
    let env = with(POLICY);
    env.write(
        ".throughline/policy/tests.toml",
        r#"
[[case]]
name = "keys are not read"
verb = "read"
resource = "~/.ssh/id_rsa"
expect = "deny"
policy = "paths.deny_read"

[[case]]
verb = "write"
resource = "README.md"
expect = "neutral"
"#,
    );
    env.write(
        "more.toml",
        "[[case]]\nverb = \"run\"\nresource = \"git push\"\nexpect = \"deny\"\n\
         [[case]]\nverb = \"read\"\nresource = \"~/.ssh/x\"\nexpect = \"deny\"\npolicy = \"hosts\"\n",
    );
    insta::assert_snapshot!(env.run(&["guard", "policy", "test"]), @r"
ok    keys are not read
ok    write README.md
2 passed, 0 failed
");
    insta::assert_snapshot!(env.run(&["guard", "policy", "test", "--cases", "more.toml"]), @r"
FAIL  run git push: neutral, expected deny
FAIL  read ~/.ssh/x: deny, expected deny, but of another policy
      deny repository:paths.deny_read[0]: policy denies reading `~/.ssh/**` (the repository's guard.toml, line 3)
0 passed, 2 failed
[exit status: 1]
");
    env.write("broken.toml", "[[case]]\nverb = \"read\"\nresource = \"a\"\nexpected = \"deny\"\n");
    insta::assert_snapshot!(env.run(&["guard", "policy", "test", "--cases", "broken.toml"]), @r"
------- stderr -------
error: `broken.toml` cannot be read: line 4, column 1: unknown field `expected`, expected one of `name`, `verb`, `resource`, `expect`, `policy`, `agent`, `client`, `role`, `origin`, `marks`, `tainted`, `on`; did you mean `expect`?
hint: what a case is made of is in docs/guard-policy.md
[exit status: 2]
");
    let none = with("").run(&["guard", "policy", "test"]);
    assert!(none.contains("there is no file"), "{none}");
    assert!(none.ends_with("[exit status: 2]\n"), "{none}");
}

#[test]
fn policies_are_shown_in_cedar_with_their_place() {
    let shown = with(POLICY).run(&["guard", "policy", "show"]);
    let first: String = shown.split_inclusive('\n').take(12).collect();
    insta::assert_snapshot!(first, @r#"
// Where policy cannot be asked: ask. Where nobody can be asked, "ask" is deny.

// the repository's guard.toml, line 3
@effect("deny")
@id("repository:paths.deny_read[0]")
@text("policy denies reading `~/.ssh/**` (the repository\'s guard.toml, line 3)")
forbid(
  principal,
  action == Action::"read",
  resource
) when {
  (resource.text == "~/.ssh") || (resource.text like "~/.ssh/*")
"#);
    let schema = with("").run(&["guard", "policy", "show", "--schema"]);
    assert!(schema.contains("entity Agent in [Role]"), "{schema}");
}

#[test]
fn what_a_person_wrote_holds_over_the_repository() {
    let env = with(
        "on_error = \"neutral\"\n[[exception]]\npolicy = \"paths\"\npath = \"**/.env\"\nowner = \"bo\"\nreason = \"r\"\nexpires = \"2026-12-31\"\n",
    );
    env.write("home/.config/throughline/guard.toml", "[paths]\ndeny_read = [\"**/.env\"]\n");
    let shown = env.run(&["guard", "policy", "test", "--home", "home", "read", ".env"]);
    insta::assert_snapshot!(shown, @r#"
deny
      deny user:paths.deny_read[0]: policy denies reading `**/.env` (your own guard.toml, line 2)
------- stderr -------
warning: the repository's guard.toml: `on_error = "neutral"` does not count: only a file of a repository that you `trust` can loosen
warning: the repository's guard.toml, line 3: the exception does not count: `paths` stands in a file with more say
"#);
}

#[test]
fn a_server_that_the_policy_does_not_want_is_found_before_anybody_starts_it() {
    let env = with("[servers]\nallow = [\"npm:@acme/*\"]\ndeny = [\"docker:*\"]\n");
    env.write(
        ".mcp.json",
        r#"{"mcpServers": {
            "ours": {"command": "npx", "args": ["-y", "@acme/mail@1.2.3"]},
            "box": {"command": "docker", "args": ["run", "-i", "acme/box@sha256:1111111111111111111111111111111111111111111111111111111111111111"]},
            "new": {"command": "new"}
        }}"#,
    );
    let shown = env.run(&["guard"]);
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("GI001 line")).collect();
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(lines[0].contains("high ") && lines[0].contains("forbids server `box`"), "{shown}");
    assert!(lines[1].contains("does not know server `new`"), "{shown}");
}
