//! A ledger that cannot be kept, read or trusted: the default one costs time and a note, one that
//! was named is an error, and nothing recorded is ever overwritten.

use std::fs;
use std::path::PathBuf;

use tl_testkit::env::TestEnv;

use crate::fixture::{delivery, delivery_env, small_env};
use crate::nobody::Nobody;

/// Runs the program where no file may grow beyond so many blocks of 512 bytes.
fn with_files_up_to(env: &TestEnv, blocks: u32, args: &str) -> String {
    env.shell(&format!("trap '' XFSZ; ulimit -f {blocks}; \"$THROUGHLINE\" {args}"))
}

fn report(env: &TestEnv) -> String {
    env.run(&["map", "--ledger", "none"])
}

/// The ledger's file after a first run, with all that was written in it.
fn file(env: &TestEnv) -> PathBuf {
    env.run(&["map"]);
    let directory = env.repo().join(".throughline");
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        assert!(!directory.join(beside).exists(), "`{beside}` holds what the file does not");
    }
    directory.join("ledger.db")
}

/// Wherever the disk is full first, the report comes, and what is not kept is said.
#[test]
fn a_full_disk_never_costs_the_report() {
    let env = delivery_env();
    let expected = report(&env);
    let mut notes = Vec::new();
    for blocks in [2, 33, 300, 600, 900, 1_000, 1_100, 1_200, 1_300, 1_400, 1_600] {
        let _absent = fs::remove_dir_all(env.repo().join(".throughline"));
        let shown = with_files_up_to(&env, blocks, "map");
        let (out, err) = shown.split_once("------- stderr -------\n").unwrap_or((&shown, ""));
        assert_eq!(out, expected, "with {blocks} blocks: {err}");
        assert!(!err.contains("error:") && !err.contains("exit status"), "{err}");
        notes.push(err.split(':').next().unwrap_or_default().to_owned());
    }
    assert_eq!(notes[0], "note", "a ledger that cannot be made");
    assert!(notes.contains(&"warning".to_owned()), "a disk that fills up: {notes:?}");
    // What was half written is no hindrance when there is space again.
    assert_eq!(env.run(&["map"]), expected);
    assert_eq!(env.run(&["map"]), expected);
}

#[test]
fn a_full_disk_under_a_ledger_that_was_named_is_an_error() {
    let env = small_env();
    let shown = with_files_up_to(&env, 2, "map --ledger mine.db");
    assert!(shown.contains("error: failed to open ledger `$REPO/mine.db`"), "{shown}");
    assert!(shown.ends_with("[exit status: 3]\n"), "{shown}");
}

/// The same with a disk that is really full, where the system lets us make one.
#[test]
fn no_space_left_is_said_in_plain_words() {
    let env = small_env();
    let line = "unshare --mount sh -c 'mkdir ../small && mount -t tmpfs -o size=80k none ../small \
        && \"$THROUGHLINE\" map --ledger ../small/l.db' 2>&1";
    let shown = env.shell(line);
    if !shown.contains("ledger") {
        eprintln!("skipped: no file system of our own: {shown}");
        return;
    }
    insta::assert_snapshot!(shown, @r"
    error: failed to open ledger `$REPO/../small/l.db`
    caused by: the disk is full
    caused by: error returned from database: (code: 13) database or disk is full
    hint: free some space on the disk of the ledger and run it again
    [exit status: 3]
    ");
}

#[test]
fn a_checkout_that_may_only_be_read_is_measured_all_the_same() {
    let Some(nobody) = Nobody::new() else { return };
    let env = nobody.env().with_copy_of(crate::fixture::small().path());
    let expected = report(&env);
    let note = "------- stderr -------\nnote: nothing is kept for the next run: ";
    let shown = nobody.run(&env, "chmod 555 .", "map");
    assert!(
        shown.starts_with(&format!("{expected}{note}`$REPO/.throughline` cannot be made")),
        "{shown}"
    );
    env.shell("chmod 755 .; \"$THROUGHLINE\" map > /dev/null; chmod 555 . .throughline");
    let shown = nobody.run(&env, "", "map");
    let (out, err) =
        shown.split_once("------- stderr -------\n").unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(out, expected);
    assert!(err.contains(" kept ") && !err.contains("exit status"), "{err}");
    let doctor = nobody.run(&env, "", "doctor");
    assert!(!doctor.contains("exit status"), "{doctor}");
    let shown = nobody.run(&env, "", "map --ledger mine.db");
    assert!(
        shown.contains("error: failed to open ledger") && shown.ends_with("[exit status: 3]\n"),
        "{shown}"
    );
    env.shell("chmod 755 . .throughline");
}

#[test]
fn a_ledger_of_a_newer_program_is_left_alone() {
    let env = small_env();
    let path = file(&env);
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()); // SQLite's `user_version`.
    fs::write(&path, &bytes).unwrap();
    insta::assert_snapshot!(env.run(&["map"]), @r"
    ------- stderr -------
    error: ledger `$REPO/.throughline/ledger.db` has version 99; this program reads up to version 6
    hint: update `throughline`, or name another ledger with `--ledger PATH`
    [exit status: 3]
    ");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert!(report(&env).contains("3 changes merged"));
}

#[test]
fn a_damaged_ledger_is_named_and_moved_away_by_its_owner() {
    let env = small_env();
    let path = file(&env);
    let bytes = fs::read(&path).unwrap();
    let garbage = b"this is no database, however long it may be read".repeat(40);
    for damaged in [garbage.as_slice(), &bytes[..100], &bytes[..20_000]] {
        fs::write(&path, damaged).unwrap();
        insta::allow_duplicates! {
            let shown = env.run(&["map"]).replace("(code: 26) file is not a database", "(code)");
            let shown = shown.replace("(code: 11) database disk image is malformed", "(code)");
            insta::assert_snapshot!(shown, @r"
            ------- stderr -------
            error: failed to open ledger `$REPO/.throughline/ledger.db`
            caused by: the file is damaged
            caused by: error returned from database: (code)
            hint: move the file away: what was read from git is read again, recorded events are not
            [exit status: 3]
            ");
        }
        assert_eq!(fs::read(&path).unwrap(), damaged, "nothing is overwritten");
    }
    let expected = report(&env);
    fs::rename(&path, env.repo().join("away")).unwrap();
    assert_eq!(env.run(&["map"]), expected);
}

/// Whatever bytes change, the answer is an error or the report, and never a wrong report.
#[test]
fn flipped_bytes_never_make_another_report() {
    let env = delivery_env();
    let path = file(&env);
    let bytes = fs::read(&path).unwrap();
    let expected = report(&env);
    let used: Vec<usize> = (0..bytes.len()).step_by(64).filter(|at| bytes[*at] != 0).collect();
    let mut refused = 0;
    for at in used.iter().step_by(used.len().div_ceil(40)) {
        let mut damaged = bytes.clone();
        damaged[*at] ^= 0x15;
        for beside in ["ledger.db-wal", "ledger.db-shm"] {
            let _absent = fs::remove_file(path.with_file_name(beside));
        }
        fs::write(&path, &damaged).unwrap();
        let shown = env.run(&["map"]);
        if shown.ends_with("[exit status: 3]\n") {
            assert!(shown.contains("hint: "), "{shown}");
            refused += 1;
        } else {
            let out = shown.split("------- stderr -------").next();
            assert_eq!(out, Some(expected.as_str()), "byte {at} was changed");
        }
    }
    assert!(refused > 0, "nothing that was damaged is ever read");
}

#[test]
fn one_ledger_can_serve_several_repositories() {
    let env = delivery_env();
    let clone = format!("git clone -q --bare {} ../home/other", delivery().path().display());
    assert_eq!(env.shell(&clone), "");
    let expected = report(&env);
    let other = env.run(&["map", "--ledger", "none", "../home/other"]);
    assert_ne!(other, expected);
    for _ in 0..2 {
        assert_eq!(env.run(&["map", "--ledger", "../l.db"]), expected);
        assert_eq!(env.run(&["map", "--ledger", "../l.db", "../home/other"]), other);
    }
    assert!(!env.repo().join(".throughline").exists());
}
