use crate::read::Gap;
use crate::read::tests::{gaps, lines, read};

fn module(attributes: &str, tests: &str) -> String {
    format!(
        "<Result suite_plan='cts'><Module name='Sums' abi='x86' {attributes}><TestCase name='acme.Sums'>\
         {tests}</TestCase></Module></Result>"
    )
}

#[test]
fn every_result_has_its_status_and_an_unknown_one_is_red() {
    let results = ["pass", "fail", "ASSUMPTION_FAILURE", "IGNORED", "not_executed", "odd"];
    let tests: String =
        results.map(|result| format!("<Test name='{result}' result='{result}'/>")).concat();
    let found = lines(&read(&module("", &tests)).0).join("\n");
    let wanted = ["Passed", "Failed", "Skipped", "Skipped", "Skipped", "Failed"];
    let wanted: Vec<String> = std::iter::zip(results, wanted)
        .map(|(name, status)| format!("Sums (x86) | acme.Sums | {name}: {status}"))
        .collect();
    assert_eq!(found, wanted.join("\n"));
}

#[test]
fn a_module_that_was_not_done_is_not_complete() {
    let test = "<Test name='a' result='pass'/>";
    assert_eq!(gaps(&read(&module("done='false'", test)).1), [Gap::NeverFinished]);
    assert_eq!(gaps(&read(&module("done='true' total_tests='2'", test)).1), [Gap::FewerThanSaid]);
}
