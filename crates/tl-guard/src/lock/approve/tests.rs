use super::*;
use crate::lock::file;
use crate::lock::sample::{approval, inventory};

#[test]
fn what_is_not_there_cannot_be_approved_and_the_rest_is_named() {
    let mut lock = entries::of(&inventory(), &approval());
    let err = approve(&mut lock, &inventory(), "file:NONE.md", &approval()).unwrap_err();
    assert!(err.known.contains(&"tool:mail/send_mail".to_owned()), "{err:?}");
}

#[test]
fn a_first_lock_holds_all_but_what_is_held_back() {
    let mut lock = Lock::empty();
    let held = BTreeSet::from(["server:mail".to_owned()]);
    let added = add_new(&mut lock, &inventory(), &approval(), &held);
    assert_eq!(added.held, ["server:mail"]);
    assert_eq!(added.added.len(), 5);
    let err = approve(&mut lock, &inventory(), "tool:mail/send_mail", &approval()).unwrap_err();
    assert!(err.known.contains(&"server:mail".to_owned()), "first its server: {err:?}");
    approve(&mut lock, &inventory(), "mail", &approval()).unwrap();
    assert_eq!(file::write(&lock), file::write(&entries::of(&inventory(), &approval())));
}

#[test]
fn a_change_is_never_approved_on_the_way() {
    let mut lock = entries::of(&inventory(), &approval());
    let before = file::write(&lock);
    let mut now = inventory();
    now.rule_files[0].sha256 = "99".to_owned();
    now.servers[0].tools[1].description = Some("Deletes all".to_owned());
    assert_eq!(add_new(&mut lock, &now, &approval(), &BTreeSet::new()), Added::default());
    assert_eq!(file::write(&lock), before);
    now.rule_files.clear();
    let added = add_new(&mut lock, &now, &approval(), &BTreeSet::new());
    assert_eq!(added.gone, ["file:AGENTS.md", "file:CLAUDE.md"]);
    assert!(lock.file.is_empty());
}

#[test]
fn a_hook_that_is_gone_is_forgotten_but_for_the_guards_own() {
    let mut now = inventory();
    let mut other = now.hooks[0].clone();
    other.event = "SessionStart".to_owned();
    other.command = "./hello.sh".to_owned();
    now.hooks.push(other);
    let mut lock = entries::of(&now, &approval());
    now.hooks.clear();
    let added = add_new(&mut lock, &now, &approval(), &BTreeSet::new());
    assert_eq!(added.gone, ["hook:.claude/settings.json#SessionStart"]);
    let left: Vec<&str> = lock.hook.iter().map(|hook| hook.event.as_str()).collect();
    assert_eq!(left, ["PreToolUse"], "it would be approved again without a look");
}

#[test]
fn what_a_server_said_stays_approved_when_it_is_not_asked() {
    let mut now = inventory();
    now.servers[0].instructions = Some("Be brief.".to_owned());
    let mut lock = entries::of(&now, &approval());
    let asked = now.clone();
    (now.servers[0].tools, now.servers[0].instructions) = (Vec::new(), None);
    approve(&mut lock, &now, "server:mail", &approval()).unwrap();
    let today = tl_core::time::Timestamp::parse("2026-11-21").unwrap();
    assert_eq!(compare::compare(&asked, &lock, today), []);
}

#[test]
fn a_tool_of_two_servers_of_one_name_is_approved_for_both() {
    let mut now = inventory();
    let mut other = now.servers[0].clone();
    if let crate::inventory::Launch::Stdio { args, .. } = &mut other.launch {
        args.push("--verbose".to_owned());
    }
    now.servers.push(other);
    let mut lock = entries::of(&now, &approval());
    for server in now.servers.iter_mut().filter(|server| server.name == "mail") {
        server.tools[1].description = Some("Lists all".to_owned());
    }
    approve(&mut lock, &now, "tool:mail/list_mail", &approval()).unwrap();
    let today = tl_core::time::Timestamp::parse("2026-11-21").unwrap();
    assert_eq!(compare::compare(&now, &lock, today), []);
}
