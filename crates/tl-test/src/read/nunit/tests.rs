use crate::read::Gap;
use crate::read::tests::{gaps, lines, read};

#[test]
fn a_suite_whose_setup_failed_is_a_case() {
    let (cases, _) = read(
        "<test-run><test-suite name='a.dll' result='Failed' site='Child'><test-suite name='Sums' \
         fullname='Acme.Sums' result='Failed' label='Error' site='SetUp'><failure><message>no database\
         </message><stack-trace>at a</stack-trace></failure></test-suite></test-suite></test-run>",
    );
    assert_eq!(
        lines(&cases),
        ["a.dll / Sums | Acme.Sums | [setup]: Errored (, no database, at a)"]
    );
}

#[test]
fn a_teardown_that_failed_is_a_case_even_where_all_tests_passed() {
    let suite = |site: &str, result: &str| {
        let text = format!(
            "<test-run><test-suite name='Sums' fullname='Acme.Sums' result='Failed' site='{site}'>\
             <test-case name='Adds' fullname='Acme.Sums.Adds' result='{result}'/></test-suite></test-run>"
        );
        lines(&read(&text).0).len()
    };
    assert_eq!((suite("TearDown", "Passed"), suite("TearDown", "Failed")), (2, 2));
    assert_eq!((suite("Child", "Failed"), suite("Parent", "Passed")), (1, 1));
    assert_eq!((suite("SetUp", "Failed"), suite("Test", "Passed")), (1, 2));
}

#[test]
fn every_result_has_its_status_and_an_unknown_one_is_red() {
    let case = |result: &str, label: &str| {
        let text =
            format!("<test-run><test-case name='a' result='{result}' label='{label}'/></test-run>");
        format!("{:?}", read(&text).0[0].status)
    };
    for (result, label, status) in [
        ("Passed", "", "Passed"),
        ("Warning", "", "Passed"),
        ("Inconclusive", "", "Skipped"),
        ("Skipped", "Ignored", "Skipped"),
        ("Skipped", "Explicit", "Skipped"),
        ("Failed", "", "Failed"),
        ("Failed", "Error", "Errored"),
        ("Failed", "Invalid", "Errored"),
        ("Failed", "Cancelled", "Errored"),
        ("Odd", "", "Failed"),
    ] {
        assert_eq!(case(result, label), status, "{result} {label}");
    }
}

#[test]
fn a_case_that_was_executed_passed_unless_a_failure_stands_in_it() {
    let (cases, _) = read(
        "<test-results><test-suite><results><test-case name='a' executed='True'/><test-case name='b' \
         executed='True'><failure><message>m</message></failure></test-case><test-case name='c' \
         executed='False'/></results></test-suite></test-results>",
    );
    let found = [" |  | a: Passed", " |  | b: Failed (, m, )", " |  | c: Skipped"];
    assert_eq!(lines(&cases), found);
}

#[test]
fn a_suite_without_its_run_is_read() {
    let (cases, ending) = read(
        "<test-suite result='Passed' name='s'><test-case name='a' result='Passed'/></test-suite>",
    );
    assert_eq!((lines(&cases), ending.complete), (vec!["s |  | a: Passed".to_owned()], true));
}

#[test]
fn a_list_of_tests_is_no_report() {
    let (cases, ending) =
        read("<test-run testcasecount='2'><test-case name='a'/><test-case name='b'/></test-run>");
    assert_eq!((cases.len(), gaps(&ending)), (0, vec![Gap::NoReport]));
}

#[test]
fn the_class_is_taken_from_the_full_name() {
    let (cases, _) = read(
        "<test-run><test-case name='The.Test(\"a.b\")' methodname='Outer+Inner.The' classname='Sums' \
         fullname='Acme.Sums.Outer+Inner.The.Test(\"a.b\")' result='Passed' duration='1.6E-05'/></test-run>"
            .replace("(\"a.b\")", "(&quot;a.b&quot;)")
            .as_str(),
    );
    assert_eq!(lines(&cases), [" | Acme.Sums.Outer+Inner | The.Test(\"a.b\"): Passed"]);
    assert_eq!(cases[0].micros, Some(16));
}
