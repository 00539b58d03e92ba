use crate::cedar;
use crate::engine::Engine;
use crate::file::PolicyFile;
use crate::policy::Policy;

/// Something in every list of every section.
const ALL: &str = r#"
[paths]
allow_read = ["./**"]
ask_read = ["**/.env*"]
deny_read = ["~/.ssh/**", "/a \"quoted\" \u00e9*"]
default_read = "note"
when_tainted_read = "ask"
deny_write = [".github/workflows/*.yml"]
[settings]
allow = ["**/a/**"]
deny = ["a/*/b"]
default = "ask"
[commands]
allow = ["cargo *"]
deny = ["git push * --force *"]
when_tainted = "ask"
[hosts]
allow = ["*.acme.example", "::1"]
deny = ["*.evil.example"]
[servers]
allow = ["github", "npm:@acme/*", "https://mcp.acme.example/*"]
[tools]
ask = ["*/send_*"]
[packages]
deny = ["*:left-*"]
[[role]]
name = "reviewer"
deny = ["read", "write", "run", "fetch", "call-tool", "install", "change-settings", "prompt"]
[[exception]]
policy = "role.reviewer"
tool = "github/get_*"
owner = "ana"
reason = "r"
expires = "2027-01-31"
"#;

fn engine() -> Engine {
    Engine::new(&Policy::from(PolicyFile::read(ALL).unwrap()), &[]).unwrap()
}

#[test]
fn what_is_compiled_reads_back_and_fits_the_schema_strictly() {
    let engine = engine();
    for clause in engine.clauses() {
        let text = clause.cedar();
        let mut read = cedar::read(&text).unwrap_or_else(|err| panic!("{text}\n{err}"));
        let written = read.forbids.remove(0);
        assert_eq!(written.id, clause.id);
        assert_eq!(written.text.as_deref(), Some(clause.text.as_str()));
        assert!(written.policy.same(&clause.policy), "{text}");
        assert_eq!(read.warnings, [], "{text}");
    }
    assert!(engine.clauses().len() > 20);
}

#[test]
fn a_policy_is_shown_in_cedar() {
    let engine = engine();
    let of = |id: &str| engine.clauses().iter().find(|clause| clause.id == id).unwrap().cedar();
    insta::assert_snapshot!(of("user:paths.deny_read[0]"), @r#"
@effect("deny")
@id("user:paths.deny_read[0]")
@text("policy denies reading `~/.ssh/**` (your own guard.toml, line 5)")
forbid(
  principal,
  action == Action::"read",
  resource
) when {
  (resource.text == "~/.ssh") || (resource.text like "~/.ssh/*")
};
"#);
    insta::assert_snapshot!(of("user:role.reviewer.deny[4]"), @r#"
@effect("deny")
@id("user:role.reviewer.deny[4]")
@text("policy denies `call-tool` for role `reviewer` (your own guard.toml, line 28)")
forbid(
  principal in Role::"reviewer",
  action == Action::"call-tool",
  resource
) when {
  !((20484 <= context.today) && (context.today <= 20849) && (resource.text like "github/get_*"))
};
"#);
    insta::assert_snapshot!(of("user:servers.default"), @r#"
@effect("ask")
@id("user:servers.default")
@text("policy asks before calling tools of what is in no list of `servers` (your own guard.toml, line 21)")
forbid(
  principal,
  action == Action::"call-tool",
  resource
) when {
  !((resource.server like "github") || (resource.origin like "npm:@acme/*") || (resource.origin like "https://mcp.acme.example/*"))
};
"#);
}
