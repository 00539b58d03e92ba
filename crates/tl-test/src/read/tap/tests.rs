use super::super::Format;
use super::super::shown::shown;

#[test]
fn directives_plans_and_details_are_read() {
    let text = "TAP version 14\n1..5\nok 1 - adds # time=12.5ms\nnot ok 2 fails\n  ---\n  message: 'no'\n  name: AssertionError\n  duration_ms: 3\n  ...\nok 3 - later # SKIP no net\nnot ok 4 - soon # TODO not yet\nok\n";
    assert_eq!(
        shown(Format::Tap, text),
        "Passed adds 12500 us
Failed fails 3000 us [AssertionError] \"no\"
Skipped later [] \"SKIP no net\"
Skipped soon [] \"TODO not yet\"
Passed test 5
"
    );
}

#[test]
fn a_subtest_stands_for_its_parts() {
    let text = "TAP version 13\n# Subtest: sums\n    ok 1 - adds\n    not ok 2 - fails\n    1..2\nnot ok 1 - sums\n# Subtest: odd\n    ok 1 - fine\n    1..1\nnot ok 2 - odd\n1..2\n";
    assert_eq!(
        shown(Format::Tap, text),
        "Passed sums > adds\nFailed sums > fails\nPassed odd > fine\nFailed odd\n"
    );
}

#[test]
fn what_is_missing_is_told() {
    assert_eq!(shown(Format::Tap, "ok 1 a\n"), "Passed a\n! Truncated: the report has no plan\n");
    assert_eq!(
        shown(Format::Tap, "1..3\nok 1 a\n"),
        "Passed a\n! FewerThanSaid: the report says that it has 3 cases, and has 1\n"
    );
    assert_eq!(
        shown(Format::Tap, "1..3\nok 1 a\nBail out! no disk\n"),
        "Passed a\n! NeverFinished: the run was given up: Bail out! no disk\n"
    );
}

#[test]
fn comments_below_a_red_point_say_why() {
    let text = "1..1\nnot ok 1 - a \\# 1\n#   Failed test 'a'\n#   at a.t line 3.\n";
    assert_eq!(shown(Format::Tap, text), "Failed a # 1 [] \"Failed test 'a'\"\n");
}

#[test]
fn node_names_every_test_in_a_comment_of_its_own_depth() {
    // As node 20 writes it: `node --test --test-reporter=tap`.
    let text = "TAP version 13\n# Subtest: sums\n    # Subtest: adds\n    ok 1 - adds\n      ---\n      duration_ms: 1.5\n      ...\n    # Subtest: parts\n        # Subtest: deep\n        not ok 1 - deep\n          ---\n          error: '1 == 2'\n          ...\n        1..1\n    not ok 2 - parts\n      ---\n      failureType: 'subtestsFailed'\n      ...\n    # Subtest: last\n    ok 3 - last\n    1..3\nnot ok 1 - sums\n  ---\n  failureType: 'subtestsFailed'\n  ...\n# Subtest: soon\nnot ok 2 - soon # TODO\n1..2\n# tests 6\n# fail 3\n";
    assert_eq!(
        shown(Format::Tap, text),
        "Passed sums > adds 1500 us
Failed sums > parts > deep [] \"1 == 2\"
Passed sums > last
Skipped soon [] \"TODO\"
"
    );
}

#[test]
fn a_comment_within_a_subtest_names_it() {
    let text = "1..2\n    # Subtest: sums\n    1..2\n    ok 1 - adds\n        # Subtest: parts\n        ok 1 - deep\n        1..1\n    ok 2 - parts\nok 1 - sums\n    # Subtest: odd\n    ok 1 - fine\n    1..1\nok 2 - odd\n";
    assert_eq!(
        shown(Format::Tap, text),
        "Passed sums > adds\nPassed sums > parts > deep\nPassed odd > fine\n"
    );
}

#[test]
fn a_red_point_beside_a_subtest_is_not_one_of_its_parts() {
    let text = "1..2\nnot ok 1 - alone\n    ok 1 - fine\n    1..1\nnot ok 2 - odd\n";
    let read = shown(Format::Tap, text);
    assert!(read.contains("Failed alone") && read.contains("Failed odd"), "{read}");
}
