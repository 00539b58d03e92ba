use crate::read::tests::{lines, read};

fn suite(body: &str, status: &str) -> Vec<String> {
    let text = format!(
        "<robot><suite name='s'>{body}<status status='{status}'>why\nmore</status></suite></robot>"
    );
    lines(&read(&text).0)
}

#[test]
fn only_its_own_status_is_a_tests() {
    let body = "<test name='a'><kw name='x'><kw name='y'><status status='FAIL'>no</status></kw>\
                <status status='PASS'/></kw><for><iter><status status='FAIL'/></iter></for>\
                <status status='PASS'/></test>";
    assert_eq!(suite(body, "PASS"), ["s |  | a: Passed"]);
}

#[test]
fn a_dry_run_has_passed_nothing() {
    let body = "<test name='a'><kw name='x'><status status='NOT RUN'/></kw><status status='PASS'/></test>\
                <test name='b'><kw name='x'><status status='PASS'/></kw><if><branch><status \
                status='NOT RUN'/></branch><status status='PASS'/></if><status status='PASS'/></test>\
                <test name='c'><status status='PASS'/></test>";
    assert_eq!(suite(body, "PASS"), ["s |  | a: Skipped", "s |  | b: Passed", "s |  | c: Passed"]);
}

#[test]
fn a_suite_that_failed_while_its_tests_passed_is_a_case() {
    let body = "<test name='a'><status status='PASS'/></test>";
    assert_eq!(
        suite(body, "FAIL"),
        ["s |  | a: Passed", "s |  | [setup or teardown]: Errored (, why, more)"]
    );
    let body = "<test name='a'><status status='FAIL'/></test>";
    assert_eq!(suite(body, "FAIL"), ["s |  | a: Failed"]);
}

#[test]
fn a_test_without_a_status_never_finished() {
    assert_eq!(suite("<test name='a'><kw name='x'/></test>", "PASS"), ["s |  | a: Unfinished"]);
}
