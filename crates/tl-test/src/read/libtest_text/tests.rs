use super::super::Format;
use super::super::shown::shown;

#[test]
fn binaries_and_examples_lose_what_changes_with_every_build() {
    let text = "     Running unittests src/lib.rs (target/debug/deps/sums-0123456789abcdef)\n\nrunning 2 tests\ntest a ... ok\ntest b - should panic ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\n   Doc-tests sums\n\nrunning 1 test\ntest src/lib.rs - add (line 12) ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
    assert_eq!(
        shown(Format::LibtestText, text),
        "Passed sums > a\nPassed sums > b\nPassed doc sums > src/lib.rs - add\n"
    );
}

#[test]
fn why_a_test_failed_stands_behind_all_of_them() {
    let text = "running 3 tests\ntest a ... FAILED\ntest b ... ignored, slow\ntest c ... ok\n\nfailures:\n\n---- a stdout ----\n\nthread 'a' panicked at src/lib.rs:8:44:\nnot four\nnote: run\n\nfailures:\n    a\n\ntest result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
    assert_eq!(
        shown(Format::LibtestText, text),
        "Skipped b [] \"slow\"\nPassed c\nFailed a [] \"not four\"\n"
    );
}

#[test]
fn output_may_tear_a_result_from_its_test() {
    let with = |tests: &str, failed: u32| {
        let text = format!(
            "running 2 tests\n{tests}\ntest result: x. {} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n",
            2 - failed
        );
        shown(Format::LibtestText, &text)
    };
    let torn = "test a ... said something\nand more\nok\ntest b ... hello FAILED\n";
    assert_eq!(with(torn, 1), "Passed a\nFailed b\n");
    // What a test writes may look like a result: the counts at the end decide.
    assert_eq!(with("test a ... looks ok\ntest b ... ok\n", 0), "Passed b\nPassed a\n");
    assert_eq!(
        with("test a ... looks ok\ntest b ... ok\n", 1),
        "Passed b\nUnfinished a [] \"it never ended\"\n"
    );
    let lying = with("test a ... \nok\nFAILED\ntest b ... ok\n", 1);
    assert!(lying.contains("! FewerThanSaid"), "{lying}");
}

#[test]
fn a_binary_that_died_is_not_complete() {
    let text = "running 3 tests\ntest a ... ok\nerror: test failed\n\nCaused by:\n  process didn't exit successfully (signal: 6, SIGABRT)\n";
    assert_eq!(
        shown(Format::LibtestText, text),
        "Passed a
! NeverFinished: the tests of `` have no result
! FewerThanSaid: the result of `` says that it has 3 cases, and has 1
! Truncated: there is no `test result`
"
    );
}
