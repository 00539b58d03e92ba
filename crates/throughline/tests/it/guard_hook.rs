//! `throughline hook`: an agent's question in, an answer out; and whatever goes wrong is an objection.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tl_testkit::env::TestEnv;

use crate::env_with_empty_repository;

/// Asks as a client does; returns what was shown, both streams and the exit status.
fn ask(env: &TestEnv, client: &str, document: &str) -> String {
    env.write("document.json", document);
    env.shell(&format!("\"$THROUGHLINE\" hook {client} < document.json"))
}

fn bash(env: &TestEnv, command: &str) -> String {
    let document = json!({
        "session_id": "s", "cwd": env.repo(), "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_use_id": command,
        "tool_input": {"command": command},
    });
    ask(env, "claude-code PreToolUse", &document.to_string())
}

fn decision(shown: &str) -> String {
    let line = shown.lines().next().unwrap_or_default();
    let answer: Value = serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {shown}"));
    let said = &answer["hookSpecificOutput"]["permissionDecision"];
    said.as_str().unwrap_or("neutral").to_owned()
}

fn inbox(env: &TestEnv) -> Vec<PathBuf> {
    let own = env.home().join(".local/state/throughline/guard/inbox");
    let directories = fs::read_dir(own).into_iter().flatten().flatten().map(|entry| entry.path());
    let beside = env.repo().join(".throughline/ledger.db-inbox");
    directories
        .chain([beside])
        .flat_map(fs::read_dir)
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn an_agent_is_answered_and_the_decision_is_in_the_ledger() {
    let env = env_with_empty_repository();
    fs::create_dir(env.repo().join(".throughline")).unwrap();
    assert_eq!(bash(&env, "ls"), "{}\n");
    assert_eq!(decision(&bash(&env, "git reset --hard")), "ask");
    let denied = bash(&env, "cat ~/.ssh/id_rsa");
    assert_eq!(decision(&denied), "deny");
    assert!(denied.contains("[GA001]"), "{denied}");
    assert_eq!(inbox(&env).len(), 1);
    env.write("none.ndjson", "");
    env.run(&["collect", "--from", "none.ndjson"]);
    let events = env.run(&["events", "--kind", "agent."]);
    let effects: Vec<String> = events
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|event| event["data"]["verdict"]["effect"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(effects, ["neutral", "ask", "deny"], "{events}");
    assert!(
        !env.repo().join(".throughline/.gitignore").metadata().unwrap().permissions().readonly()
    );
}

#[test]
fn what_was_read_is_remembered_by_the_next_hook() {
    let env = env_with_empty_repository();
    assert_eq!(decision(&bash(&env, "curl https://b.example/x")), "neutral");
    let page = json!({
        "session_id": "s", "cwd": env.repo(), "hook_event_name": "PostToolUse", "tool_name": "WebFetch",
        "tool_input": {"url": "https://a.example"}, "tool_response": "A page.",
    });
    assert_eq!(ask(&env, "claude-code", &page.to_string()), "{}\n");
    assert_eq!(decision(&bash(&env, "curl https://b.example/x")), "ask");
    let own = env.home().join(".config/throughline");
    fs::create_dir_all(&own).unwrap();
    fs::write(
        own.join("guard.toml"),
        "schema = \"guard-policy/v1\"\n[hosts]\nallow = [\"b.example\"]\n",
    )
    .unwrap();
    assert_eq!(decision(&bash(&env, "curl https://b.example/x")), "neutral");
    assert_eq!(decision(&bash(&env, "curl https://c.example/x")), "ask");
}

#[test]
fn the_policy_of_the_repository_objects_and_cannot_loosen() {
    let env = env_with_empty_repository();
    let policy = "schema = \"guard-policy/v1\"\n[mode]\nGA003 = \"off\"\n[commands]\ndeny = [\"make deploy *\"]\n";
    env.write(".throughline/guard.toml", policy);
    let denied = bash(&env, "cd x && make deploy now");
    assert_eq!(decision(&denied), "deny");
    assert_eq!(decision(&bash(&env, "git reset --hard")), "ask");
    let own = env.home().join(".config/throughline");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("guard.toml"), "schema = \"guard-policy/v1\"\n[mode]\nGA003 = \"off\"\n")
        .unwrap();
    assert_eq!(decision(&bash(&env, "git reset --hard")), "neutral");
}

#[test]
fn a_policy_or_a_lock_that_cannot_be_read_is_an_objection() {
    for (file, text) in [
        (".throughline/guard.toml", "schema = "),
        (".throughline/guard.toml", "schema = \"guard-policy/v1\"\nno_such_key = 1\n"),
        (".throughline/guard.lock", "schema = \"guard-lock/v9\"\n"),
        (".throughline/guard.lock", "\u{1}"),
    ] {
        let env = env_with_empty_repository();
        env.write(file, text);
        let shown = bash(&env, "ls");
        assert_eq!(decision(&shown), "ask", "{text}");
        assert!(shown.contains("could not be checked"), "{shown}");
        assert_eq!(inbox(&env).len(), 1, "{shown}");
    }
}

#[test]
fn input_that_cannot_be_understood_is_an_objection() {
    let env = env_with_empty_repository();
    for document in ["", "{", "[]", "{}", "\u{0}", r#"{"hook_event_name": "PreToolUse"}"#] {
        assert_eq!(decision(&ask(&env, "claude-code PreToolUse", document)), "ask", "{document:?}");
        let shown = ask(&env, "windsurf", document);
        assert!(shown.contains("[exit status: 2]"), "{shown}");
        assert!(ask(&env, "cline PreToolUse", document).contains("\"cancel\":true"));
    }
    // A hundred megabytes, of which sixteen are read.
    let shown =
        env.shell("head -c 100000000 /dev/zero | \"$THROUGHLINE\" hook claude-code PreToolUse");
    assert_eq!(decision(&shown), "ask");
    assert!(shown.contains("larger than 16 MiB"), "{shown}");
    // A client that never ends its document.
    let shown = env.shell("sleep 4 | \"$THROUGHLINE\" hook codex PreToolUse");
    assert_eq!(decision(&shown), "deny");
    // No input at all.
    let shown = env.shell("\"$THROUGHLINE\" hook gemini BeforeTool <&-");
    assert!(shown.contains(r#"{"decision":"deny""#), "{shown}");
}

#[test]
fn a_client_that_is_not_known_is_refused_with_the_usage() {
    let env = env_with_empty_repository();
    let shown = env.run(&["hook", "vim"]);
    assert!(
        shown.contains("usage: throughline hook CLIENT") && shown.contains("[exit status: 2]"),
        "{shown}"
    );
}

#[cfg(unix)]
#[test]
fn where_nothing_can_be_written_down_somebody_is_asked() {
    let env = env_with_empty_repository();
    // A file where the directory of sessions would be: also root cannot write below it.
    fs::create_dir_all(env.home().join(".local/state/throughline/guard")).unwrap();
    fs::write(env.home().join(".local/state/throughline/guard/sessions"), "").unwrap();
    let shown = bash(&env, "ls");
    assert_eq!(decision(&shown), "ask");
    assert!(shown.contains("session cannot be remembered"), "{shown}");
    let env = env_with_empty_repository();
    fs::create_dir_all(env.home().join(".local/state/throughline/guard")).unwrap();
    fs::write(env.home().join(".local/state/throughline/guard/inbox"), "").unwrap();
    let shown = bash(&env, "ls");
    assert_eq!(decision(&shown), "ask");
    assert!(shown.contains("cannot be written down"), "{shown}");
    // Where nothing is to be kept, nothing is missing.
    let env = env.var("TL_LEDGER", "none");
    assert_eq!(decision(&bash(&env, "ls")), "neutral");
}

#[test]
fn a_disk_without_space_is_an_objection() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let env = env_with_empty_repository();
    // The answer itself cannot be written: the exit code stops the tool.
    env.write("document.json", r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}}"#);
    let shown = env.shell("\"$THROUGHLINE\" hook claude-code < document.json > /dev/full");
    assert!(shown.contains("[exit status: 2]"), "{shown}");
}

#[test]
fn hooks_are_shown_then_written_and_taken_out_to_the_byte() {
    let env = env_with_empty_repository();
    let path = env.home().join(".claude/settings.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let before = "{\n    \"model\": \"x\", // mine\n    \"hooks\": {}\n}\n";
    fs::write(&path, before).unwrap();
    let shown = env.run(&["guard", "install-hooks", "claude-code"]);
    assert!(
        shown.contains("+")
            && shown.contains("hook claude-code PreToolUse")
            && shown.contains("--yes"),
        "{shown}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    env.run(&["guard", "install-hooks", "claude-code", "--yes"]);
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.contains("// mine") && after.contains("\"onFailure\": \"block\""), "{after}");
    assert_eq!(fs::read_to_string(path.with_file_name("settings.json.bak")).unwrap(), before);
    let again = env.run(&["guard", "install-hooks", "claude-code", "--yes"]);
    assert!(again.contains("nothing to change"), "{again}");
    env.run(&["guard", "uninstall-hooks", "claude-code", "--yes"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert!(!path.with_file_name("settings.json.bak").exists());
}

#[test]
fn a_hook_file_of_somebody_else_is_refused_and_a_new_one_goes_again() {
    let env = env_with_empty_repository();
    let mine = env.repo().join(".clinerules/hooks/PostToolUse");
    env.write(".clinerules/hooks/PostToolUse", "#!/bin/sh\necho mine\n");
    let shown = env.run(&["guard", "install-hooks", "cline", "--project", "--yes"]);
    assert!(shown.contains("not one of this program"), "{shown}");
    assert!(!env.repo().join(".clinerules/hooks/PreToolUse").exists());
    fs::remove_file(&mine).unwrap();
    env.run(&["guard", "install-hooks", "cline", "--project", "--yes"]);
    let made = fs::read_to_string(env.repo().join(".clinerules/hooks/PreToolUse")).unwrap();
    assert_eq!(made, "#!/bin/sh\nexec throughline hook cline PreToolUse\n");
    env.run(&["guard", "uninstall-hooks", "cline", "--project", "--yes"]);
    assert!(!env.repo().join(".clinerules/hooks/PreToolUse").exists());
    env.run(&["guard", "install-hooks", "cursor", "--yes"]);
    assert!(env.home().join(".cursor/hooks.json").exists());
    env.run(&["guard", "uninstall-hooks", "cursor", "--yes"]);
    assert!(!env.home().join(".cursor/hooks.json").exists());
}
