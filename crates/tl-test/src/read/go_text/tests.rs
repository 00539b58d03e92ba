use super::super::Format;
use super::super::shown::shown;

#[test]
fn a_package_that_fails_around_its_tests_is_red() {
    let text = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\npanic: late\nFAIL\tacme\t0.005s\n";
    assert_eq!(
        shown(Format::GoText, text),
        "Passed acme > TestA 0 us\nErrored acme > Failure [] \"panic: late\"\n"
    );
}

#[test]
fn a_test_that_never_ends_is_red_and_says_why() {
    let text = "=== RUN   TestA\npanic: test timed out after 1s\nFAIL\tacme\t1.005s\n";
    assert_eq!(
        shown(Format::GoText, text),
        "Unfinished acme > TestA [] \"panic: test timed out after 1s\"\n"
    );
}

#[test]
fn without_v_only_what_failed_is_named_and_its_log_is_below() {
    let text = "--- FAIL: TestA (0.01s)\n    a_test.go:6: got 1, want 2\nFAIL\nFAIL\tacme\t0.1s\nok  \tacme/b\t0.1s\nFAIL\n";
    assert_eq!(shown(Format::GoText, text), "Failed acme > TestA 10000 us [] \"got 1, want 2\"\n");
}

#[test]
fn a_log_that_ends_before_its_package_is_truncated() {
    let text = "ok  \tacme/b\t0.1s\n=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\n";
    assert_eq!(
        shown(Format::GoText, text),
        "Passed TestA 0 us\n! Truncated: there are tests without the line about their package\n"
    );
    // The binary of a package's tests does not know its name, and ends so.
    let alone = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\n";
    assert_eq!(shown(Format::GoText, alone), "Passed TestA 0 us\n");
    let died = "=== RUN   TestA\n";
    assert_eq!(
        shown(Format::GoText, died),
        "Unfinished TestA [] \"it never ended\"\n! Truncated: there are tests without the line about their package\n"
    );
}

#[test]
fn what_testify_says_is_the_message() {
    let text = "=== RUN   TestA\n    a_test.go:6: \n        \tError Trace:\ta_test.go:6\n        \tError:      \tNot equal: 1 2\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tacme\t0.1s\n";
    assert_eq!(shown(Format::GoText, text), "Failed acme > TestA 0 us [] \"Not equal: 1 2\"\n");
}

#[test]
fn repetitions_are_cases_and_no_attempts() {
    let one = "=== RUN   TestA\n--- FAIL: TestA (0.00s)\n=== RUN   TestA\n--- PASS: TestA (0.00s)\nFAIL\nFAIL\tacme\t0.1s\n";
    assert_eq!(shown(Format::GoText, one), "Failed acme > TestA 0 us\nPassed acme > TestA 0 us\n");
}
