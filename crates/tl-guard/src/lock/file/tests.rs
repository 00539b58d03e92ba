use super::*;
use crate::lock::entries;
use crate::lock::sample::{approval, inventory};

fn lock() -> Lock {
    entries::of(&inventory(), &approval())
}

#[test]
fn what_is_written_is_read_back_and_written_the_same() {
    let lock = lock();
    let text = write(&lock);
    let read = read(&text).unwrap();
    assert_eq!(read.server[1], lock.server[0]);
    assert_eq!((&read.skill, &read.hook), (&lock.skill, &lock.hook));
    assert_eq!(write(&read), text);
    assert_eq!(faults(&read), []);
}

#[test]
fn order_does_not_matter() {
    let mut other = lock();
    other.server.reverse();
    other.server.iter_mut().for_each(|server| server.tool.reverse());
    other.file.reverse();
    assert_eq!(write(&other), write(&lock()));
    assert_eq!(faults(&other), []);
}

#[test]
fn an_edit_by_hand_and_an_entry_twice_are_faults() {
    let text = write(&lock()).replace("mail-server@1.2.3", "mail-server@6.6.6");
    let edited = faults(&read(&text).unwrap());
    assert_eq!(edited.len(), 1, "{edited:?}");
    assert_eq!(edited[0].item, "server:mail");
    let mut twice = lock();
    twice.hook.push(twice.hook[0].clone());
    assert_eq!(faults(&twice).len(), 1);
}

#[test]
fn a_lock_of_another_program_or_with_other_keys_is_not_read() {
    assert!(matches!(read("schema = \"guard-lock/v9\""), Err(ReadError::Schema { .. })));
    assert!(matches!(
        read("schema = \"guard-lock/v1\"\ntrust_all = true"),
        Err(ReadError::Syntax(_))
    ));
    assert!(matches!(
        read("schema = \"guard-lock/v1\"\nschema = \"guard-lock/v1\""),
        Err(ReadError::Syntax(_))
    ));
}

#[test]
fn nothing_hidden_stands_in_a_lock() {
    let mut lock = lock();
    lock.file[0].path = "a\u{202e}\u{e0041}\"\\\n.md".to_owned();
    let text = write(&lock);
    assert!(!text.contains(|c| super::super::diff::is_hidden(c) && c != '\n'), "{text:?}");
    assert!(read(&text).unwrap().file.iter().any(|file| file.path == lock.file[0].path));
}
