//! What goes wrong: the message, the hint, the exit code.

use crate::{env, env_with_empty_repository};

#[test]
fn an_unknown_flag_is_a_usage_error_with_a_suggestion() {
    insta::assert_snapshot!(env().run(&["doctor", "--jsn"]), @r"
    ------- stderr -------
    error: unexpected argument '--jsn' found

      tip: a similar argument exists: '--json'

    Usage: throughline doctor --json [REPO]

    For more information, try '--help'.
    [exit status: 2]
    ");
}

#[test]
fn outside_of_a_repository_the_error_says_what_to_do() {
    insta::assert_snapshot!(env().run(&["doctor"]), @r"
    ------- stderr -------
    error: `.` is not in a git repository
    hint: name a repository, such as `throughline map PATH`, or make one with `git init`
    [exit status: 3]
    ");
    insta::assert_snapshot!(env().run(&["doctor", "nowhere"]), @r"
    ------- stderr -------
    error: there is nothing at `nowhere`
    hint: check the path for a typing error
    [exit status: 3]
    ");
}

#[test]
fn output_that_is_not_read_to_its_end_is_no_error() {
    let line = r#"{ sleep 0.3; "$THROUGHLINE" config defaults; echo "exit $?" >&2; } | true"#;
    insta::assert_snapshot!(env().shell(line), @r"
    ------- stderr -------
    exit 0
    ");
}

#[test]
fn a_full_disk_under_stdout_is_an_error() {
    let line = r#""$THROUGHLINE" config defaults > /dev/full"#;
    insta::assert_snapshot!(env().shell(line), @r"
    ------- stderr -------
    error: failed to write to standard output
    caused by: No space left on device (os error 28)
    [exit status: 3]
    ");
}

#[test]
fn a_bad_instant_for_now_is_a_usage_error() {
    let env = env_with_empty_repository().var("TL_NOW", "yesterday");
    insta::assert_snapshot!(env.run(&["config", "show"]), @r"
    ------- stderr -------
    error: `yesterday` is not a date such as `2026-03-01` or `2026-03-01T12:00:00Z`
    hint: mend or unset the variable `TL_NOW`
    [exit status: 2]
    ");
}

#[test]
fn colours_come_only_when_asked_for() {
    let env = env();
    assert!(!env.run(&["doctor"]).contains('\u{1b}'));
    assert!(env.run(&["doctor", "--color", "always"]).contains("\u{1b}["));
}
