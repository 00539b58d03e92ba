use super::super::Format;
use super::super::shown::shown;

#[test]
fn a_hook_that_fails_is_red_though_it_is_no_test() {
    let text = r#"{"stats":{"tests":1},"tests":[{"title":"b"}],"pending":[{"title":"b","fullTitle":"s b"}],"failures":[{"title":"\"before each\" hook for \"a\"","fullTitle":"s \"before each\" hook for \"a\"","err":{"stack":"TypeError: no\n    at x","message":"no"}}],"passes":[]}"#;
    assert_eq!(
        shown(Format::Mocha, text),
        "Skipped s > b\nErrored s > \"before each\" hook for \"a\" [TypeError] \"no\"\n"
    );
}

#[test]
fn tests_that_are_in_no_list_are_missed() {
    let text = r#"{"stats":{"tests":2},"tests":[{"title":"a"},{"title":"b"}],"pending":[],"failures":[],"passes":[{"title":"b","fullTitle":"b","currentRetry":1}]}"#;
    assert_eq!(
        shown(Format::Mocha, text),
        "Passed b (attempt 2)
note: mocha does not say why earlier attempts failed
! FewerThanSaid: the report says that it has 2 cases, and has 1
"
    );
}
