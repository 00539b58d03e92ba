use super::super::Format;
use super::super::shown::shown;

use super::panicked;

/// As nextest 0.9 wrote it, with `--retries 1`: a suite that ends early, attempts in names.
const NEXTEST: &str = r#"{"type":"suite","event":"started","test_count":3,"nextest":{"crate":"sums","test_binary":"sums","kind":"lib"}}
{"type":"test","event":"started","name":"sums::sums$tests::flaky"}
{"type":"test","event":"started","name":"sums::sums$tests::slow"}
{"type":"test","event":"started","name":"sums::sums$tests::late"}
{"type":"test","event":"ok","name":"sums::sums$tests::flaky#2","exec_time":0.5}
{"type":"test","event":"ignored","name":"sums::sums$tests::slow"}
{"type":"suite","event":"ok","passed":1,"failed":0,"ignored":1,"nextest":{"crate":"sums","test_binary":"sums","kind":"lib"}}
{"type":"suite","event":"started","test_count":3,"nextest":{"crate":"sums","test_binary":"sums","kind":"lib"}}
{"type":"test","event":"ok","name":"sums::sums$tests::late","exec_time":0.5}
{"type":"suite","event":"ok","passed":1,"failed":0,"nextest":{"crate":"sums","test_binary":"sums","kind":"lib"}}
"#;

#[test]
fn an_attempt_of_nextest_tells_of_those_before() {
    assert_eq!(
        shown(Format::Libtest, NEXTEST),
        "Failed sums > tests::flaky [] \"it was run again; the report does not say why\"
Passed sums > tests::flaky (attempt 2) 500000 us
Skipped sums > tests::slow
Passed sums > tests::late 500000 us
"
    );
}

#[test]
fn a_process_that_died_leaves_tests_unfinished() {
    let text = "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":3}\n{\"type\":\"test\",\"event\":\"started\",\"name\":\"a\"}\n{\"type\":\"test\",\"event\":\"ok\",\"name\":\"b\"}\n";
    assert_eq!(
        shown(Format::Libtest, text),
        "Passed b
Unfinished a [] \"it never ended\"
! FewerThanSaid: a suite says that it has 3 cases, and has 2
! Truncated: a suite of the report has no end
"
    );
}

#[test]
fn the_words_of_a_panic_are_the_message() {
    let new = "note\n\nthread 'a' (12) panicked at src/lib.rs:8:44:\nleft != right\n  left: 3\nnote: run with\n";
    assert_eq!(panicked(new).message, "left != right\n  left: 3");
    let old = "thread 'a' panicked at 'it's over', src/lib.rs:1:2\n";
    assert_eq!(panicked(old).message, "it's over");
    assert_eq!(panicked("Error: \"bad\"\n").message, "Error: \"bad\"");
}
