//! Children that behave, and children that do not. What they may reach is the sandbox's business
//! and tested through the program itself (`throughline/tests/it/guard_servers.rs`).

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use super::*;

fn limits() -> Limits {
    Limits {
        first: Duration::from_millis(700),
        all: Duration::from_millis(1500),
        ..Limits::default()
    }
}

/// Talks with a script until it says `done`; whatever else it says is answered by `ok`, but for `x`.
fn talk(script: &str, limits: &Limits) -> (Result<(), DialogueError>, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "beside `process`, the place the ban points at")]
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(directory.path()).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut heard = Vec::new();
    let result = converse(
        command.spawn().unwrap(),
        directory.path(),
        limits,
        b"hello\n".to_vec(),
        &mut |line| {
            let line = String::from_utf8_lossy(line).trim_end().to_owned();
            heard.push(line);
            match heard.last().map(String::as_str) {
                Some("done") => Next::Done,
                Some("x") => Next::Send(Vec::new()),
                _ => Next::Send(b"ok\n".to_vec()),
            }
        },
    );
    (result, heard)
}

fn why(script: &str, limits: &Limits) -> String {
    talk(script, limits).0.unwrap_err().to_string()
}

#[test]
fn lines_are_answered_until_that_was_all() {
    let (result, heard) = talk("read a; echo $a; read b; echo $b; echo done", &limits());
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(heard, ["hello", "ok", "done"]);
}

#[test]
fn a_child_that_says_nothing_is_given_up() {
    assert_eq!(why("sleep 30", &limits()), "said nothing in 0.7 s");
}

#[test]
fn a_child_that_goes_on_for_ever_is_given_up() {
    assert_eq!(why("while :; do echo more; sleep 0.01; done", &limits()), "was not ready in 1.5 s");
}

#[test]
fn a_child_that_floods_is_stopped_by_line_and_by_sum() {
    let limits = Limits { line: 1 << 20, bytes: 4 << 20, all: Duration::from_secs(20), ..limits() };
    assert_eq!(why("yes x | tr -d '\\n'", &limits), "sent a line of more than 1 MiB");
    assert_eq!(why("yes x", &limits), "sent more than 4 MiB");
}

#[test]
fn a_child_that_ends_early_is_told_with_its_last_words() {
    let ended = |script: &str| {
        let err = talk(script, &limits()).0.unwrap_err();
        format!("{err}: {}", err.said())
    };
    assert_eq!(
        ended("echo starting >&2; echo 'Error: no key' >&2; echo bye >&2; exit 3"),
        "ended before it had answered (exit status: 3): Error: no key"
    );
    let own = |code: u8| ended(&format!("echo why >&2; exit {code}"));
    assert_eq!(own(NOT_CONFINED), "could not be confined, and so was not started: why");
    assert_eq!(own(NOT_STARTED), "could not be started: why");
}

#[test]
fn nothing_of_the_group_is_left_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("alive");
    let script =
        format!("(while :; do sleep 0.2; date >> {}; done) & echo done; wait", mark.display());
    assert!(talk(&script, &limits()).0.is_ok());
    thread::sleep(Duration::from_millis(600));
    assert!(!mark.exists());
}

#[test]
fn a_child_that_multiplies_is_stopped() {
    let limits = Limits { processes: 10, first: Duration::from_secs(10), ..limits() };
    assert_eq!(
        why("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 30 & done; wait", &limits),
        "started more than 10 processes"
    );
}

#[test]
fn a_child_that_takes_all_memory_is_stopped() {
    let limits = Limits { memory: 64 << 20, first: Duration::from_secs(10), ..limits() };
    // `dd` holds a block of that size.
    let script = "dd if=/dev/zero of=/dev/null bs=256M count=100 2>/dev/null";
    assert_eq!(why(script, &limits), "took more than 64 MiB of memory");
}

#[test]
fn a_child_that_fills_the_disk_is_stopped() {
    let limits = Limits { written: 1 << 20, first: Duration::from_secs(10), ..limits() };
    let script = "while :; do head -c 300000 /dev/zero >> big; sleep 0.01; done";
    assert_eq!(why(script, &limits), "wrote more than 1 MiB of files");
}

#[test]
fn the_line_that_names_the_error_is_the_one_that_tells() {
    assert_eq!(telling("a\n  TypeError: x\nNode.js v1\n"), "TypeError: x");
    assert_eq!(telling("raise KeyError(x)\nKeyError: x\nbye"), "KeyError: x");
    assert_eq!(telling("some error\nb"), "some error");
    assert_eq!(telling("a\nb\n\n"), "b");
    assert_eq!(telling(""), "");
    assert_eq!(telling(&"x".repeat(1_000)).len(), 300);
}
