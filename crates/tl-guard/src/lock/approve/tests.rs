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
