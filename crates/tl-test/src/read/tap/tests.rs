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
